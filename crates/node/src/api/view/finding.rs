use hefu_casework::clue::ClueKind;
use hefu_casework::{CannotFind, Finding, RowId, When};
use hefu_store::Dataset;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AwaitedView, CareView, Hex32, InquiryView, MatterView, ReviewView, may_tell};
pub use crate::NOTICE;

/// Findings of a round: those on key groups first, then those of whose persons it must be asked whether they are of one;
/// within, the earliest due.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingPage {
    /// What stands over every list of findings.
    pub notice: String,
    /// The findings of this page.
    pub findings: Vec<FindingView>,
    /// How many there are in all, of those asked for.
    pub total: u64,
    /// Of how many of them it must be asked whether the person is of a key group.
    pub to_ask: u64,
    /// How many findings of the round count no more: corrected, here or when the same was found before.
    pub corrected: u64,
    /// Rules under which nothing could be found among the agency's own records, or not all: never "none".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot_find: Vec<CannotFindView>,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// A rule under which nothing could be found, or not all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CannotFindView {
    /// The rule.
    pub rule: String,
    /// Why, a code of the table of words.
    pub reason: String,
    /// How many of the agency's own rows it concerns.
    pub rows: u64,
}

/// Findings of all rounds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingList {
    /// What stands over every list of findings.
    pub notice: String,
    /// The findings of this page.
    pub findings: Vec<ListedView>,
    /// How many there are in all, of those asked for.
    pub total: u64,
    /// Of how many of them it must be asked whether the person is of a key group.
    pub to_ask: u64,
    /// In how many of them something is late, or that cannot be told.
    pub late: u64,
    /// The rules under which there are findings, to choose from.
    pub rules: Vec<String>,
    /// The agencies with which there are findings.
    pub peers: Vec<String>,
    /// The day on which it is told what is late.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// A finding and its round.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ListedView {
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// As in the list of its round.
    pub finding: FindingView,
    /// What was made of a lead or an omission; nothing where nobody has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clue: Option<MatterView>,
}

/// 疑点: to be verified before anything follows from it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    /// Its number in the round, from 1.
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// The rule that would be broken.
    pub rule: Option<String>,
    /// The other party's name.
    pub peer: Option<String>,
    /// The person's number, masked.
    pub person: String,
    /// The agency's own rows behind it.
    pub rows: Vec<RowView>,
    /// The months in question.
    pub months: Vec<String>,
    /// Those of them in which one aid ended and the other began, as far as can be told: perhaps days only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changeover: Vec<String>,
    /// The agency's own programmes concerned.
    pub programmes: Vec<String>,
    /// 待核实金额, in fen.
    pub to_verify_fen: Option<i64>,
    /// The letter by which this agency referred the person, where that is what was asked.
    pub letter: Option<String>,
    /// What the other agency says of it; nothing where it has said nothing.
    pub feedback: Option<FeedbackView>,
    /// Whether the other agency knows the number under the same name: `same`, `differs`, `unknown`; nothing where names
    /// are not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How far it is; nothing for what no round found, and for leads and omissions, which are taken up as clues.
    pub review: Option<ReviewView>,
    /// With how much care the person is to be dealt with.
    pub care: CareView,
    /// What it waits for; nothing where it waits for nothing.
    pub due: Option<AwaitedView>,
}

/// 反馈: what has become of a referred person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackView {
    /// The state, a code of the table of words.
    pub state: String,
    /// Of which day.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Date>,
    /// Why the agency does not help, where it says so.
    pub reason: Option<String>,
}

/// Where a row stands in the agency's own files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowView {
    /// The snapshot's register.
    pub dataset: String,
    /// The file within the snapshot, from 1.
    pub file: u32,
    /// The sheet, from 1.
    pub sheet: u32,
    /// The row.
    pub row: u64,
}

/// One finding, with what the agency itself paid.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingDetail {
    /// What stands over every list of findings.
    pub notice: String,
    /// As in the list.
    pub finding: FindingView,
    /// Whether the case number is kept from whoever asks: the person is protected, and another is in charge, or nobody.
    pub withheld: bool,
    /// The agency's own case, where the rule counts by case.
    pub case: Option<String>,
    /// What the agency paid in those months or that case.
    pub payments: Vec<PaymentView>,
    /// What was asked of the other agency about it, and what that asks about the same person and rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inquiries: Vec<InquiryView>,
}

/// One payment in question.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PaymentView {
    /// Under which programme.
    pub programme: String,
    /// The month or the day.
    pub when: String,
    /// Whether it went to the person's household: then findings on other members show the same money.
    pub to_household: bool,
    /// How much, in fen.
    pub fen: i64,
}

impl FindingView {
    pub(crate) fn of(
        seq: u64,
        finding: &Finding,
        review: Option<ReviewView>,
        due: Option<AwaitedView>,
        datasets: &[Dataset],
    ) -> Self {
        Self {
            seq,
            kind: finding.kind.code().to_owned(),
            rule: finding.rule.as_ref().map(ToString::to_string),
            peer: finding.peer.clone(),
            person: finding.person.masked(),
            rows: finding
                .rows
                .iter()
                .map(|row| RowView::of(row, datasets))
                .collect(),
            months: finding.months.iter().map(ToString::to_string).collect(),
            changeover: finding.changeover.iter().map(ToString::to_string).collect(),
            programmes: finding
                .programmes
                .iter()
                .map(|programme| programme.as_str().to_owned())
                .collect(),
            to_verify_fen: finding.to_verify.map(|fen| fen.0),
            letter: finding.letter.as_ref().map(|letter| letter.as_str().to_owned()),
            feedback: finding.feedback.map(|feedback| FeedbackView {
                state: feedback.state.code().to_owned(),
                date: feedback.date,
                reason: feedback.reason.map(|reason| reason.code().to_owned()),
            }),
            name: finding.name.map(|name| name.code().to_owned()),
            review,
            care: (&finding.care).into(),
            due,
        }
    }
}

impl FindingDetail {
    pub(crate) fn of(
        seq: u64,
        finding: &Finding,
        review: ReviewView,
        due: Option<AwaitedView>,
        datasets: &[Dataset],
        asks: Option<&str>,
    ) -> Self {
        let tell = may_tell(finding, review.owner.as_deref(), asks);
        let payments = finding.payments.iter().map(|payment| PaymentView {
            programme: payment.programme.as_str().to_owned(),
            when: match payment.when {
                When::Month(month) => month.to_string(),
                When::Day(day) => day.to_string(),
            },
            to_household: matches!(payment.payee, hefu_casework::Payee::Household(_)),
            fen: payment.fen.0,
        });
        Self {
            notice: NOTICE.to_owned(),
            // What says nothing against anybody is on no way to a decision.
            finding: FindingView::of(
                seq,
                finding,
                Some(review).filter(|_| ClueKind::of(finding.kind).is_none()),
                due,
                datasets,
            ),
            withheld: !tell && finding.case.is_some(),
            case: finding
                .case
                .as_ref()
                .filter(|_| tell)
                .map(|case| case.as_str().to_owned()),
            payments: payments.collect(),
            inquiries: Vec::new(),
        }
    }
}

impl From<&CannotFind> for CannotFindView {
    fn from(unfound: &CannotFind) -> Self {
        Self {
            rule: unfound.rule.to_string(),
            reason: unfound.reason.code().to_owned(),
            rows: unfound.rows,
        }
    }
}

impl RowView {
    /// Files are numbered through all imports; each snapshot knows its first.
    pub(crate) fn of(row: &RowId, datasets: &[Dataset]) -> Self {
        let dataset = datasets
            .iter()
            .filter(|dataset| dataset.info.first_file <= row.file)
            .max_by_key(|dataset| dataset.info.first_file);
        let (name, first) = dataset.map_or(("", 1), |dataset| {
            (dataset.info.name.as_str(), dataset.info.first_file)
        });
        Self {
            dataset: name.to_owned(),
            file: row.file.saturating_sub(first) + 1,
            sheet: row.sheet,
            row: row.row,
        }
    }
}
