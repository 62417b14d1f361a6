use hefu_casework::calendar::{Calendar, DayUnit};
use hefu_casework::inquiry::Term;
use hefu_casework::note::{Answered, Found};
use hefu_casework::text::same_person;
use hefu_casework::{Agreement, AidRecord, Event, Hex, Period, Text};
use hefu_store::Dataset;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::review::{BeforeView, ThereView, UnitRequest, WITHHELD, told};
use super::{ActView, Hex16, Hex32, RowView};
use crate::inquiry::{Draft, Inquiry, Records, Way};
use crate::{Error, Result};

/// Inquiries of either side: what is late first, within that key groups first, then by the day on which an answer is due.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InquiryList {
    /// What stands over every list of findings.
    pub notice: String,
    /// In that order; what is over comes last.
    pub inquiries: Vec<InquiryView>,
}

/// 协查: a question about one person between the two agencies.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InquiryView {
    /// Its number, the same on both sides: 32 hexadecimal digits.
    #[schema(value_type = String)]
    pub item: Hex16,
    /// `asks` where this agency asks, `answers` where it is asked.
    pub side: String,
    /// How far it is, a code of the table of words.
    pub stage: String,
    /// Whether an answer is late.
    pub overdue: bool,
    /// Until when an answer is asked for; nothing before the question is released.
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// The day on which the question was released, or came.
    #[schema(value_type = Option<String>, format = Date)]
    pub released_on: Option<Date>,
    /// The other agency's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// The other agency.
    pub peer_name: String,
    /// The digest of the agreement.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// The agreement's number in the parties' files.
    pub agreement_number: String,
    /// The number of the letter in which it is asked.
    pub document: String,
    /// The rule of the finding behind it, where it has one.
    pub rule: Option<String>,
    /// The months asked about.
    pub months: Vec<String>,
    /// The person's number, masked.
    pub person: String,
    /// Whether the person is of a key group, as this agency's own rows say: `yes`, `no` or `unknown`.
    pub key_group: String,
    /// Whether words about the person may cross; `false` where the person is protected, or may be.
    pub words_may_cross: bool,
    /// When it was drafted, or came.
    pub opened_at: Timestamp,
    /// Who drafted it, or who took it.
    pub owner: Option<String>,
    /// Who approved, in order; nobody where this agency is asked.
    pub approved_by: Vec<String>,
    /// The finding of this agency that is asked about.
    pub finding: Option<BeforeView>,
    /// What is asked, in words; `*` where it is withheld from whoever asks, as in the answer.
    pub question: Option<String>,
    /// The answer.
    pub answer: Option<AnswerView>,
}

/// The answer to an inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerView {
    /// What was found, a code: `paid_then`, `not_paid_then`, `other_person`, `no_record` or `unclear`.
    pub answer: String,
    /// The number of the letter.
    pub document: String,
    /// More of it, in words.
    pub text: Option<String>,
}

/// One inquiry with what was done about it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InquiryDetail {
    /// What stands over every list of findings.
    pub notice: String,
    /// As in the list; where this agency is asked, with its own finding on the same person and rule, if it has one.
    pub inquiry: InquiryView,
    /// The line of the disclosure ledger, once the number was released.
    pub disclosure: Option<u64>,
    /// The code of why the other node does not take what was sent.
    pub refused_there: Option<String>,
    /// What this agency's own snapshots have of the person, where it is asked.
    pub records: Option<RecordsView>,
    /// What the other agency told of the matter, in the order in which it was recorded there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub there: Vec<ThereView>,
    /// The acts, in order.
    pub acts: Vec<ActView>,
}

/// What the asked agency's own snapshots have.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordsView {
    /// The snapshots that were compared were deleted: from them nobody can tell.
    pub cannot_find: bool,
    /// The rows, as they were compared.
    pub rows: Vec<RecordView>,
    /// What the rows suggest, a code as in the answer. Whoever answers decides.
    pub suggested: Option<String>,
}

/// One row of the asked agency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordView {
    /// Where it stands.
    pub row: RowView,
    /// The programme.
    pub programme: String,
    /// The first month, or the day of a payment that was made once.
    pub from: String,
    /// The month after the last; nothing for a payment that was made once.
    pub until: Option<String>,
    /// Whether it was being paid: `paid`, `suspended`, `stopped` or `cancelled`.
    pub status: String,
    /// How much, in fen.
    pub fen: Option<i64>,
}

/// A question to be drafted. Nothing leaves by it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InquiryRequest {
    /// The number of the letter; up to 100 characters.
    pub document: String,
    /// What is asked, in up to 500 characters; not about a person who is protected, or may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// How long the other agency has, from 1 to 366; the period begins on the day of release.
    pub days: u16,
    /// In which days that is counted.
    pub unit: UnitRequest,
    /// The last day, where somebody has reckoned it; otherwise the node does, as far as it knows the holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
}

/// Why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// In up to 500 characters; stays at this agency.
    pub reason: String,
}

/// The answer to a question.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// What was found.
    pub answer: FoundRequest,
    /// The number of the letter; up to 100 characters.
    pub document: String,
    /// More of it, in up to 500 characters; not about a person who is protected, or may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundRequest {
    /// 确有发放
    PaidThen,
    /// 当期未发放
    NotPaidThen,
    /// 并非同一人
    OtherPerson,
    /// 未见对应记录
    NoRecord,
    /// 无法查清
    Unclear,
}

impl InquiryRequest {
    pub(crate) fn draft(self, today: Date) -> Result<Draft> {
        let term = Term {
            days: self.days,
            unit: DayUnit::from(self.unit),
            until: self.until,
        };
        // A period that nobody can reckon is said now, and not to the second who approves.
        term.from(today, &Calendar::national())?;
        Ok(Draft {
            document: Text::new(self.document)?,
            question: self.question.map(Text::new).transpose()?,
            term,
        })
    }
}

impl ReasonRequest {
    pub(crate) fn text(self) -> Result<Text<500>> {
        Text::new(self.reason).map_err(Error::from)
    }
}

impl AnswerRequest {
    pub(crate) fn answered(self) -> Result<Answered> {
        Ok(Answered {
            answer: match self.answer {
                FoundRequest::PaidThen => Found::PaidThen,
                FoundRequest::NotPaidThen => Found::NotPaidThen,
                FoundRequest::OtherPerson => Found::OtherPerson,
                FoundRequest::NoRecord => Found::NoRecord,
                FoundRequest::Unclear => Found::Unclear,
            },
            document: Text::new(self.document)?,
            text: self.text.map(Text::new).transpose()?,
        })
    }
}

impl InquiryView {
    pub(crate) fn of(inquiry: &Inquiry, agreement: &Agreement, on: Date) -> Self {
        let peer = agreement.index_of(&inquiry.peer);
        let peer = peer.and_then(|index| agreement.parties.get(index));
        let (side, stage, owner, answer) = match &inquiry.way {
            Way::Asks { inquiry, .. } => (
                "asks",
                inquiry.stage().code(),
                Some(inquiry.opening().by.as_str()),
                inquiry.answer(),
            ),
            Way::Answers { reply, .. } => ("answers", reply.stage().code(), reply.owner(), reply.answer()),
        };
        let (document, rule, months, question) = match &inquiry.way {
            Way::Asks { inquiry, .. } => {
                let opening = inquiry.opening();
                (
                    &opening.document,
                    &opening.rule,
                    &opening.months,
                    &opening.question,
                )
            }
            Way::Answers { asked, .. } => (&asked.document, &asked.rule, &asked.months, &asked.question),
        };
        let care = inquiry.care();
        Self {
            item: inquiry.item,
            side: side.to_owned(),
            stage: stage.to_owned(),
            overdue: inquiry.is_overdue(on),
            due: inquiry.due().map(|due| due.until()),
            released_on: inquiry.released_on(),
            peer: Hex(inquiry.peer),
            peer_name: peer.map(|party| party.name.clone()).unwrap_or_default(),
            agreement: inquiry.agreement,
            agreement_number: agreement.number.clone(),
            document: document.as_str().to_owned(),
            rule: rule.as_ref().map(ToString::to_string),
            months: months.iter().map(ToString::to_string).collect(),
            person: inquiry.person.masked(),
            key_group: care.key_group().code().to_owned(),
            words_may_cross: care.may_tell_place(),
            opened_at: inquiry.opened_at,
            owner: owner.map(str::to_owned),
            approved_by: match &inquiry.way {
                Way::Asks { inquiry, .. } => inquiry.approvers().map(str::to_owned).collect(),
                Way::Answers { .. } => Vec::new(),
            },
            finding: match &inquiry.way {
                Way::Asks { about, .. } => Some((*about).into()),
                Way::Answers { .. } => None,
            },
            question: question.as_ref().map(|text| text.as_str().to_owned()),
            answer: answer.map(AnswerView::of),
        }
    }
}

impl InquiryView {
    /// Puts a mark in the place of what was written of the person here and there.
    pub(crate) fn withhold_words(&mut self) {
        let answered = self.answer.as_mut().and_then(|answer| answer.text.as_mut());
        for words in self.question.as_mut().into_iter().chain(answered) {
            WITHHELD.clone_into(words);
        }
    }
}

impl AnswerView {
    fn of(answer: &Answered) -> Self {
        Self {
            answer: answer.answer.code().to_owned(),
            document: answer.document.as_str().to_owned(),
            text: answer.text.as_ref().map(|text| text.as_str().to_owned()),
        }
    }
}

impl RecordsView {
    pub(crate) fn of(records: &Records, inquiry: &Inquiry, datasets: &[Dataset]) -> Self {
        let (cannot_find, rows) = match records {
            Records::CannotFind => (true, &[][..]),
            Records::Kept(rows) => (false, &rows[..]),
        };
        let suggested = match &inquiry.way {
            Way::Answers { asked, .. } => records.suggested(asked),
            Way::Asks { .. } => None,
        };
        Self {
            cannot_find,
            rows: rows.iter().map(|row| RecordView::of(row, datasets)).collect(),
            suggested: suggested.map(|found| found.code().to_owned()),
        }
    }
}

impl RecordView {
    fn of(record: &AidRecord, datasets: &[Dataset]) -> Self {
        let (from, until) = match record.period {
            Period::Months(months) => (months.from.to_string(), Some(months.to.to_string())),
            Period::OneOff(day) => (day.to_string(), None),
        };
        Self {
            row: RowView::of(&record.row, datasets),
            programme: record.programme.to_string(),
            from,
            until,
            status: record.status.code().to_owned(),
            fen: record.amount.map(|amount| amount.fen.0),
        }
    }
}

/// The acts of an inquiry, of either side; where words are withheld, only those that `asks` wrote are told.
pub(crate) fn acts(inquiry: &Inquiry, asks: Option<&str>, withheld: bool) -> Vec<ActView> {
    fn all<A: Serialize>(
        events: &[Event<A>],
        withheld: impl Fn(&Event<A>) -> bool,
        code: impl Fn(&A) -> &'static str,
    ) -> Vec<ActView> {
        let act = |(number, event): (u64, &Event<A>)| ActView {
            number,
            at: event.at,
            by: event.by.as_str().to_owned(),
            on: event.on,
            code: code(&event.act).to_owned(),
            act: told(&event.act, withheld(event)),
        };
        (1..).zip(events).map(act).collect()
    }
    let wrote = |by: &str| asks.is_some_and(|asks| same_person(asks, by));
    match &inquiry.way {
        Way::Asks { events, .. } => all(
            events,
            |event| withheld && !wrote(event.by.as_str()),
            |act| act.code(),
        ),
        Way::Answers { events, .. } => all(
            events,
            |event| withheld && !wrote(event.by.as_str()),
            |act| act.code(),
        ),
    }
}
