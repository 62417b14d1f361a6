use hefu_casework::calendar::{Calendar, DayUnit};
use hefu_casework::review::{
    Act, Corrected, Decided, Decision, Event, Excepted, HandedOver, Objected, Review, ReviewResult, Reviewed,
    Statement, Told, Verdict, Verified,
};
use hefu_casework::text::same_person;
use hefu_casework::{Fen, Finding, Hex, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Hex16, Hex32, InquiryView, may_tell};
use crate::outcome::{Outcomes, There};
use crate::report::Export;
use crate::review::{Before, Standing};
use crate::{Error, Result};

/// In the place of what is kept from whoever asks.
pub(super) const WITHHELD: &str = "*";

/// How far a finding is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewView {
    /// The stage, a code of the table of words; `stage_open` where nobody has begun.
    pub stage: String,
    /// Who is in charge.
    pub owner: Option<String>,
    /// 核实结果, a code of the table of words; nothing before verification.
    pub verdict: Option<String>,
    /// The decision that stands, a code of the table of words.
    pub decision: Option<String>,
    /// Until when the person may make a statement, while that is awaited.
    #[schema(value_type = Option<String>, format = Date)]
    pub hearing_until: Option<Date>,
    /// The same was found before and corrected there: nobody has to look at it again.
    pub corrected_before: Option<BeforeView>,
    /// 须重新核实: nothing is decided yet, and the other agency has withdrawn its finding on the same matter since this one was
    /// verified. Whoever is in charge may verify it once more then, and at these stages not otherwise.
    #[serde(default)]
    pub verify_again: bool,
    /// 异议: since which day the person objects to what was decided, where no second review or correction has answered that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub objected_on: Option<Date>,
    /// 对方的处理: what stands at the other agency, where it has told of the same matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<ThereView>,
}

/// What the other agency told of a matter that both have part in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThereView {
    /// The matter's number, the same on both sides.
    #[schema(value_type = String)]
    pub item: Hex16,
    /// What it decided, a code of the table of words; `result_returned` where its decision is void again,
    /// `stage_corrected` where it has withdrawn its finding.
    pub outcome: String,
    /// The number of its paper.
    pub document: String,
    /// The day of that.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// When this node heard of it.
    pub heard_at: Timestamp,
    /// In what it does not go together with what stands here, a code of the table of words.
    pub contradiction: Option<String>,
}

/// A copy of an internal report that carried a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CopyView {
    /// Which copy of the round's internal report.
    pub copy: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Who had it made.
    pub by: String,
}

/// A finding of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BeforeView {
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// The finding's number in it, from 1.
    pub seq: u64,
}

/// What was done about a finding.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HistoryView {
    /// What stands over every finding.
    pub notice: String,
    /// The finding's number in its round, from 1.
    pub seq: u64,
    /// How far it is.
    pub review: ReviewView,
    /// Whether reasons are kept from whoever asks.
    pub withheld: bool,
    /// The acts, in order.
    pub acts: Vec<ActView>,
    /// What was asked of the other agency about it, and what that asks about the same person and rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inquiries: Vec<InquiryView>,
    /// What the other agency told of the same matter, in the order in which it was recorded there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub there: Vec<ThereView>,
    /// Of a finding that is corrected: the copies that said otherwise, whose holders have to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_recall: Vec<CopyView>,
}

/// One act.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ActView {
    /// Its number, from 1.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: String,
    /// The day on which it was done.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// What it is, a code of the table of words.
    pub code: String,
    /// What was recorded, by the names of its fields. A reason that is kept from whoever asks, since the person is
    /// protected and another is in charge, is `*`; whoever wrote it is shown it.
    #[schema(value_type = Object)]
    pub act: Value,
}

/// An act to be recorded. Who acts is whom the header names.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventRequest {
    /// The day on which it was done; today in Beijing where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// How many acts whoever asks has seen; where there are others by now, it is refused (`acted_meanwhile`). Not looked at
    /// where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// What was done.
    pub act: ActRequest,
}

/// What can be done about a finding. Texts are not blank and of one line: reasons of up to 500 characters, numbers of
/// papers and names of authorities of up to 100.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ActRequest {
    /// 认领: whoever asks is in charge from now on.
    Taken {},
    /// 移交经办
    HandedOver {
        /// Who is in charge from now on, as they name themselves in the header; up to 64 characters.
        to: String,
        /// Why.
        reason: String,
    },
    /// 核实
    Verified {
        /// The result.
        result: VerdictRequest,
        /// What was looked at, and what it showed.
        reason: String,
    },
    /// 告知: on the day of the act the notice was served on the person.
    Told {
        /// The number of the notice.
        document: String,
        /// How long the person has for a statement, from 1 to 366.
        days: u16,
        /// In which days that is counted.
        unit: UnitRequest,
        /// The last day, where somebody has reckoned it, and not before that which the holidays give where the node
        /// knows them; otherwise the node reckons it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = Date)]
        until: Option<Date>,
    },
    /// 陈述申辩
    Heard {
        /// The number of the statement; nothing where the period passed without one.
        document: Option<String>,
    },
    /// 法定例外: the law excuses telling and hearing.
    Excepted {
        /// The law and its article; up to 200 characters.
        legal_basis: String,
        /// Why it applies.
        reason: String,
    },
    /// 决定
    Decided {
        /// What is decided.
        decision: DecisionRequest,
        /// The authority that decides.
        authority: String,
        /// The number of the decision.
        document: String,
        /// On what it rests.
        reason: String,
    },
    /// 异议: the person objects to what was decided. A second review or a correction, by somebody else than who decided,
    /// answers it.
    Objected {
        /// The number of the record or of the paper handed in.
        document: String,
        /// What the person says.
        reason: String,
        /// The day on which it came, where that is not the day of the act.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = Date)]
        received: Option<Date>,
    },
    /// 复核, by somebody else than who decided.
    Reviewed {
        /// Its result.
        result: ResultRequest,
        /// The authority that reviews.
        authority: String,
        /// The number of its paper.
        document: String,
        /// On what it rests.
        reason: String,
    },
    /// 更正: the finding was wrong. It does not come back unless what it rests on changes.
    Corrected {
        /// The authority that corrects.
        authority: String,
        /// The number of its paper.
        document: String,
        /// What was wrong.
        reason: String,
    },
}

/// The result of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictRequest {
    /// 属实
    Confirmed,
    /// 不属实
    Refuted,
    /// 并非同一人: two people have one number.
    OtherPerson,
    /// 无法查清
    Unclear,
}

/// In which days a period is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitRequest {
    /// 工作日
    Working,
    /// 日: every day counts.
    Natural,
}

/// What an agency decides on its own payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionRequest {
    /// 合规: the payment stands.
    Lawful {},
    /// 数据有误: the payment stands, and the record is put right.
    DataError {},
    /// 停发
    Stopped {},
    /// 追缴
    Recovered {
        /// How much is to be paid back, in fen.
        fen: i64,
    },
    /// 移送
    Referred {
        /// To which authority.
        to: String,
    },
}

/// The result of a second review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ResultRequest {
    /// 维持
    Upheld {},
    /// 变更
    Changed {
        /// The decision that stands now.
        to: DecisionRequest,
    },
    /// 重新核实: the decision is void.
    Returned {},
}

impl EventRequest {
    /// The act, recorded now by `by`. `rests_on` is what the finding rests on: a correction names it.
    pub(crate) fn event(self, by: &str, today: Date, rests_on: Hex<32>) -> Result<Event> {
        let on = self.on.unwrap_or(today);
        Ok(Event {
            at: Timestamp::now(),
            by: text(by)?,
            on,
            act: self.act.act(on, rests_on)?,
        })
    }
}

impl ActRequest {
    fn act(self, on: Date, basis: Hex<32>) -> Result<Act> {
        Ok(match self {
            ActRequest::Taken {} => Act::Taken {},
            ActRequest::HandedOver { to, reason } => Act::HandedOver(HandedOver {
                to: text(to)?,
                reason: text(reason)?,
            }),
            ActRequest::Verified { result, reason } => Act::Verified(Verified {
                result: result.into(),
                reason: text(reason)?,
            }),
            ActRequest::Told {
                document,
                days,
                unit,
                until,
            } => Act::Told(Told {
                document: text(document)?,
                hearing: match until {
                    Some(until) => Calendar::national().stated(on, days, unit.into(), until)?,
                    None => Calendar::national().deadline(on, days, unit.into())?,
                },
            }),
            ActRequest::Heard { document: None } => Act::Heard(Statement::NoneInTime {}),
            ActRequest::Heard {
                document: Some(document),
            } => Act::Heard(Statement::Given {
                document: text(document)?,
            }),
            ActRequest::Excepted { legal_basis, reason } => Act::Excepted(Excepted {
                legal_basis: text(legal_basis)?,
                reason: text(reason)?,
            }),
            ActRequest::Decided {
                decision,
                authority,
                document,
                reason,
            } => Act::Decided(Decided {
                decision: decision.decision()?,
                authority: text(authority)?,
                document: text(document)?,
                reason: text(reason)?,
            }),
            ActRequest::Objected {
                document,
                reason,
                received,
            } => Act::Objected(Objected {
                document: text(document)?,
                reason: text(reason)?,
                received: received.unwrap_or(on),
            }),
            ActRequest::Reviewed {
                result,
                authority,
                document,
                reason,
            } => Act::Reviewed(Reviewed {
                result: match result {
                    ResultRequest::Upheld {} => ReviewResult::Upheld {},
                    ResultRequest::Changed { to } => ReviewResult::Changed { to: to.decision()? },
                    ResultRequest::Returned {} => ReviewResult::Returned {},
                },
                authority: text(authority)?,
                document: text(document)?,
                reason: text(reason)?,
            }),
            ActRequest::Corrected {
                authority,
                document,
                reason,
            } => Act::Corrected(Corrected {
                basis,
                authority: text(authority)?,
                document: text(document)?,
                reason: text(reason)?,
            }),
        })
    }
}

impl DecisionRequest {
    fn decision(self) -> Result<Decision> {
        Ok(match self {
            DecisionRequest::Lawful {} => Decision::Lawful {},
            DecisionRequest::DataError {} => Decision::DataError {},
            DecisionRequest::Stopped {} => Decision::Stopped {},
            DecisionRequest::Recovered { fen } => Decision::Recovered { fen: Fen(fen) },
            DecisionRequest::Referred { to } => Decision::Referred { to: text(to)? },
        })
    }
}

impl From<VerdictRequest> for Verdict {
    fn from(verdict: VerdictRequest) -> Self {
        match verdict {
            VerdictRequest::Confirmed => Verdict::Confirmed,
            VerdictRequest::Refuted => Verdict::Refuted,
            VerdictRequest::OtherPerson => Verdict::OtherPerson,
            VerdictRequest::Unclear => Verdict::Unclear,
        }
    }
}

impl From<UnitRequest> for DayUnit {
    fn from(unit: UnitRequest) -> Self {
        match unit {
            UnitRequest::Working => DayUnit::Working,
            UnitRequest::Natural => DayUnit::Natural,
        }
    }
}

fn text<const MAX: usize>(text: impl Into<String>) -> Result<Text<MAX>> {
    Text::new(text).map_err(Error::from)
}

impl ReviewView {
    pub(crate) fn of(review: &Review, corrected_before: Option<Before>, told: Option<&Outcomes>) -> Self {
        Self {
            stage: review.stage().code().to_owned(),
            owner: review.owner().map(str::to_owned),
            verdict: review.verdict().map(|verdict| verdict.code().to_owned()),
            decision: review.decision().map(|decision| decision.code().to_owned()),
            hearing_until: review.hearing_until(),
            verify_again: review.must_verify_again(Timestamp::now()),
            objected_on: review.objected(),
            corrected_before: corrected_before.map(Into::into),
            there: told
                .and_then(Outcomes::last)
                .map(|there| ThereView::of(there, Some(review))),
        }
    }

    /// Nobody has begun.
    pub(crate) fn open(corrected_before: Option<Before>, told: Option<&Outcomes>) -> Self {
        Self {
            stage: hefu_casework::review::Stage::Open.code().to_owned(),
            owner: None,
            verdict: None,
            decision: None,
            hearing_until: None,
            verify_again: false,
            objected_on: None,
            corrected_before: corrected_before.map(Into::into),
            there: told
                .and_then(Outcomes::last)
                .map(|there| ThereView::of(there, None)),
        }
    }
}

impl ThereView {
    /// Beside what stands here.
    pub(crate) fn of(there: &There, own: Option<&Review>) -> Self {
        let contradiction = own.and_then(|own| there.contradicts(own));
        Self {
            item: there.item,
            outcome: there.code().to_owned(),
            document: there.document.clone(),
            on: there.on,
            heard_at: there.heard_at,
            contradiction: contradiction.map(|how| how.code().to_owned()),
        }
    }
}

impl CopyView {
    pub(crate) fn of(export: Export) -> Self {
        Self {
            copy: export.copy,
            at: export.at,
            by: export.actor.unwrap_or_default(),
        }
    }
}

impl From<Before> for BeforeView {
    fn from(before: Before) -> Self {
        Self {
            round: before.round,
            seq: before.seq,
        }
    }
}

impl From<&Standing> for ReviewView {
    fn from(standing: &Standing) -> Self {
        ReviewView::of(&standing.review, standing.corrected_before, Some(&standing.told))
    }
}

impl HistoryView {
    pub(crate) fn of(seq: u64, finding: &Finding, standing: &Standing, asks: Option<&str>) -> Self {
        let withheld = !may_tell(finding, standing.review.owner(), asks);
        Self {
            notice: crate::NOTICE.to_owned(),
            seq,
            review: standing.into(),
            withheld,
            acts: ActView::all(standing, withheld, asks),
            inquiries: Vec::new(),
            there: there_of(standing),
            to_recall: Vec::new(),
        }
    }
}

/// All that was told; only what stands there now can contradict what stands here.
fn there_of(standing: &Standing) -> Vec<ThereView> {
    let all = standing.told.all();
    let last = all.len().saturating_sub(1);
    let own = |index| (index == last).then_some(&standing.review);
    all.iter()
        .enumerate()
        .map(|(index, there)| ThereView::of(there, own(index)))
        .collect()
}

impl ActView {
    /// Every act; where reasons are withheld, only those that `asks` wrote are told.
    pub(crate) fn all(standing: &Standing, withheld: bool, asks: Option<&str>) -> Vec<Self> {
        let wrote = |event: &Event| asks.is_some_and(|asks| same_person(asks, event.by.as_str()));
        let act = |(number, event): (u64, &Event)| Self {
            number,
            at: event.at,
            by: event.by.as_str().to_owned(),
            on: event.on,
            code: event.act.code().to_owned(),
            act: told(&event.act, withheld && !wrote(event)),
        };
        (1..).zip(&standing.events).map(act).collect()
    }
}

/// An act by the names of its fields. What officers write freely stands in reasons, and in the text of an answer.
pub(super) fn told<A: Serialize>(act: &A, withheld: bool) -> Value {
    let mut told = serde_json::to_value(act).unwrap_or_default();
    if withheld {
        let fields = told.as_object_mut().into_iter().flat_map(|act| act.values_mut());
        for fields in fields.filter_map(Value::as_object_mut) {
            for words in ["reason", "text"] {
                if let Some(written) = fields.get_mut(words).filter(|written| !written.is_null()) {
                    *written = Value::from(WITHHELD);
                }
            }
        }
    }
    told
}
