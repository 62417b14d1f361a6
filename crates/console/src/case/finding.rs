//! One finding: what is known of it, how far it is, and the next steps of the law as forms.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{
    ActRequest, ActView, DecisionRequest, EventRequest, FindingDetail, FindingView, Hex32, HistoryView,
    InquiryView, ResultRequest, ReviewView, UnmaskingList, VerdictRequest,
};

use super::entry::{Entry, UNITS, yuan};
use crate::Paper;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, Result};
use crate::findings::after;
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, paper, refused};
use crate::show::today;

const VERDICTS: [(&str, VerdictRequest); 4] = [
    ("verdict_confirmed", VerdictRequest::Confirmed),
    ("verdict_refuted", VerdictRequest::Refuted),
    ("verdict_other_person", VerdictRequest::OtherPerson),
    ("verdict_unclear", VerdictRequest::Unclear),
];

/// Decisions, as codes of the table of words.
const DECISIONS: [&str; 5] = [
    "decision_lawful",
    "decision_data_error",
    "decision_stopped",
    "decision_recovered",
    "decision_referred",
];

const RESULTS: [&str; 3] = ["result_upheld", "result_changed", "result_returned"];

/// Acts that come next in the usual way, by the stage; then those that may stand beside them.
const STEPS: [(&str, &[&str], &[&str]); 9] = [
    ("stage_open", &["taken"], &[]),
    ("stage_taken", &["verified"], &["handed_over"]),
    (
        "stage_verified",
        &["told", "decided"],
        &["excepted", "handed_over"],
    ),
    ("stage_excepted", &["decided"], &["handed_over"]),
    ("stage_told", &["heard"], &["decided", "excepted", "handed_over"]),
    ("stage_heard", &["decided"], &["handed_over"]),
    (
        "stage_decided",
        &["reviewed"],
        &["objected", "corrected", "handed_over"],
    ),
    ("stage_reviewed", &["corrected"], &["objected", "handed_over"]),
    ("stage_corrected", &[], &[]),
];

type Options = Vec<(&'static str, String)>;

#[derive(Template)]
#[template(path = "case/finding.html")]
pub(super) struct One {
    p: Page,
    f: Form,
    /// What stands in the forms that were not sent.
    blank: Form,
    catalogue: Catalogue,
    round: Hex32,
    detail: FindingDetail,
    history: HistoryView,
    unmaskings: UnmaskingList,
    next: Vec<&'static str>,
    beside: Vec<&'static str>,
    units: Options,
    verdicts: Options,
    decisions: Options,
    results: Options,
    changed: Options,
}

impl One {
    pub(super) async fn of(who: &Who, round: Hex32, seq: u64, f: Form) -> Result<Self> {
        let path = format!("/api/v1/rounds/{round}/findings/{seq}");
        let detail: FindingDetail = who.api().get(&path).await?;
        let history: HistoryView = who.api().get(&format!("{path}/history")).await?;
        let unmaskings: UnmaskingList = who.api().get(&format!("{path}/unmaskings")).await?;
        let p = who
            .page("case.finding")
            .with_findings()
            .at(&address(&round, seq))
            .wrong(f.problems());
        let title = p.w2("shell.finding_no", p.short(round), seq);
        let p = p.titled(title);
        let review = detail.finding.review.as_ref();
        let open = review.filter(|review| review.corrected_before.is_none());
        let (next, beside) = open.map(steps).unwrap_or_default();
        let said = |code: &'static str| (code, p.said("", code));
        Ok(Self {
            blank: blank(&detail.finding),
            catalogue: Catalogue::of(who).await?,
            units: UNITS.map(|(code, _)| (code, p.wx("case.unit_", code))).into(),
            verdicts: VERDICTS.map(|(code, _)| said(code)).into(),
            decisions: DECISIONS.map(said).into(),
            results: RESULTS.map(said).into(),
            changed: std::iter::once(("", p.w("case.not_changed")))
                .chain(DECISIONS.map(said))
                .collect(),
            round,
            detail,
            history,
            unmaskings,
            next,
            beside,
            p,
            f,
        })
    }

    /// What stands in the form of an act.
    fn of_act(&self, act: &str) -> &Form {
        match self.f.is("act", act) {
            true => &self.f,
            false => &self.blank,
        }
    }

    /// Whether a form stands open: the next step, or what was refused.
    fn is_open(&self, act: &str) -> bool {
        self.f.is("act", act) || self.next.contains(&act) && self.f.is("act", "")
    }

    fn finding(&self) -> &FindingView {
        &self.detail.finding
    }

    /// Every act that may be done now, the usual ones first.
    fn acts(&self) -> Vec<&'static str> {
        self.next.iter().chain(&self.beside).copied().collect()
    }

    fn inquiries(&self) -> &[InquiryView] {
        &self.detail.inquiries
    }

    /// Whether whoever looks is in charge.
    fn is_mine(&self) -> bool {
        let owner = self
            .finding()
            .review
            .as_ref()
            .and_then(|review| review.owner.as_deref());
        owner.is_some_and(|owner| self.is_me(owner))
    }

    fn is_me(&self, name: &str) -> bool {
        self.p.who.as_ref().is_some_and(|who| who.name == name)
    }

    /// Whether a case worker may ask for the number: of a protected person, or one who may be of a key group, compliance
    /// alone asks.
    fn can_ask_number(&self) -> bool {
        let care = &self.finding().care;
        !care.protected && care.key_group == "no"
    }

    /// Whether whoever looks has asked for the number, and that waits or holds.
    fn has_asked_number(&self) -> bool {
        let asked = self.unmaskings.unmaskings.iter();
        asked
            .filter(|asked| matches!(asked.state.as_str(), "unmasking_asked" | "unmasking_granted"))
            .any(|asked| self.is_me(&asked.asked_by))
    }
}

pub(super) async fn show(Path((round, seq)): Path<(String, u64)>, who: Who) -> Result<Response> {
    html(&One::of(&who, id(&round)?, seq, Form::new()).await?)
}

/// Records an act.
pub(super) async fn act(
    Path((round, seq)): Path<(String, u64)>,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let round = id(&round)?;
    let name = *STEPS
        .iter()
        .flat_map(|(_, next, beside)| next.iter().chain(*beside))
        .find(|name| **name == fields.text("act"))
        .ok_or(Fault::Form)?;
    let mut entry = Entry::new(&who, &fields, SHOWN);
    let request = EventRequest {
        on: entry.day(on_of(name)),
        after: after(&fields)?,
        act: request(name, &mut entry, &fields)?,
    };
    let mut f = entry.f;
    if f.is_fine() {
        let path = format!("/api/v1/rounds/{round}/findings/{seq}/events");
        match who.api().order(&path, &request).await {
            Ok(()) => return Ok(done(&address(&round, seq), "case.done_act")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&One::of(&who, round, seq, f).await?)
}

/// The explanation of a finding, derived once more.
pub(super) async fn explanation(
    Path((round, seq)): Path<(String, u64)>,
    Sent { who, .. }: Sent,
) -> Result<Response> {
    print(&who, &round, seq, "explanation", Paper::Explanation).await
}

/// The record for the person concerned.
pub(super) async fn record(
    Path((round, seq)): Path<(String, u64)>,
    Sent { who, .. }: Sent,
) -> Result<Response> {
    print(&who, &round, seq, "record", Paper::PersonRecord).await
}

async fn print(who: &Who, round: &str, seq: u64, what: &str, kind: Paper) -> Result<Response> {
    let path = format!("/api/v1/rounds/{}/findings/{seq}/{what}", id(round)?);
    let view = who.api().bytes(Method::POST, &path).await?;
    paper(who, kind, view).await
}

/// What an officer wrote is shown again beside what is wrong with it. Each act has fields of its own, so that no two of one
/// page have the same name.
const SHOWN: &[&str] = &[
    "act",
    "taken_on",
    "handed_over_on",
    "handed_over_to",
    "handed_over_reason",
    "verified_on",
    "verified_result",
    "verified_reason",
    "told_on",
    "told_document",
    "days",
    "unit",
    "period_until",
    "heard_on",
    "heard_document",
    "heard_none",
    "excepted_on",
    "excepted_basis",
    "excepted_reason",
    "decided_on",
    "decided_decision",
    "decided_yuan",
    "decided_to",
    "decided_authority",
    "decided_document",
    "decided_reason",
    "objected_on",
    "objected_document",
    "objected_reason",
    "objected_received",
    "reviewed_on",
    "reviewed_result",
    "reviewed_authority",
    "reviewed_document",
    "reviewed_reason",
    "reviewed_decision",
    "reviewed_yuan",
    "reviewed_to",
    "corrected_on",
    "corrected_authority",
    "corrected_document",
    "corrected_reason",
];

fn on_of(act: &str) -> &'static str {
    match act {
        "taken" => "taken_on",
        "handed_over" => "handed_over_on",
        "verified" => "verified_on",
        "told" => "told_on",
        "heard" => "heard_on",
        "excepted" => "excepted_on",
        "decided" => "decided_on",
        "objected" => "objected_on",
        "reviewed" => "reviewed_on",
        _ => "corrected_on",
    }
}

fn request(act: &str, entry: &mut Entry<'_>, fields: &Fields) -> Result<ActRequest> {
    Ok(match act {
        "taken" => ActRequest::Taken {},
        "handed_over" => ActRequest::HandedOver {
            to: entry.text("handed_over_to"),
            reason: entry.text("handed_over_reason"),
        },
        "verified" => ActRequest::Verified {
            result: entry.one_of("verified_result", &VERDICTS)?,
            reason: entry.text("verified_reason"),
        },
        "told" => ActRequest::Told {
            document: entry.text("told_document"),
            days: entry.number("days"),
            unit: entry.unit()?,
            until: entry.day("period_until"),
        },
        "heard" => ActRequest::Heard {
            document: match fields.ticked("heard_none") {
                true => None,
                false => Some(entry.text("heard_document")),
            },
        },
        "excepted" => ActRequest::Excepted {
            legal_basis: entry.text("excepted_basis"),
            reason: entry.text("excepted_reason"),
        },
        "decided" => ActRequest::Decided {
            decision: decision(entry, "decided_decision", "decided_yuan", "decided_to")?,
            authority: entry.text("decided_authority"),
            document: entry.text("decided_document"),
            reason: entry.text("decided_reason"),
        },
        "objected" => ActRequest::Objected {
            document: entry.text("objected_document"),
            reason: entry.text("objected_reason"),
            received: entry.day("objected_received"),
        },
        "reviewed" => ActRequest::Reviewed {
            result: match fields.text("reviewed_result") {
                "result_upheld" | "" => ResultRequest::Upheld {},
                "result_changed" => ResultRequest::Changed {
                    to: decision(entry, "reviewed_decision", "reviewed_yuan", "reviewed_to")?,
                },
                "result_returned" => ResultRequest::Returned {},
                _ => return Err(Fault::Form),
            },
            authority: entry.text("reviewed_authority"),
            document: entry.text("reviewed_document"),
            reason: entry.text("reviewed_reason"),
        },
        "corrected" => ActRequest::Corrected {
            authority: entry.text("corrected_authority"),
            document: entry.text("corrected_document"),
            reason: entry.text("corrected_reason"),
        },
        _ => return Err(Fault::Form),
    })
}

fn decision(
    entry: &mut Entry<'_>,
    name: &'static str,
    fen: &'static str,
    to: &'static str,
) -> Result<DecisionRequest> {
    let chosen = DECISIONS.map(|code| (code, code));
    Ok(match entry.one_of(name, &chosen)? {
        "decision_lawful" => DecisionRequest::Lawful {},
        "decision_data_error" => DecisionRequest::DataError {},
        "decision_stopped" => DecisionRequest::Stopped {},
        "decision_recovered" => DecisionRequest::Recovered { fen: entry.yuan(fen) },
        _ => DecisionRequest::Referred { to: entry.text(to) },
    })
}

/// What comes next, and what may stand beside it.
fn steps(review: &ReviewView) -> (Vec<&'static str>, Vec<&'static str>) {
    let found = STEPS.iter().find(|(at, ..)| *at == review.stage);
    let (next, beside) = found.map_or((&[][..], &[][..]), |(_, next, beside)| (*next, *beside));
    if review.verify_again {
        // Before anything is taken. What takes nothing needs no more, so that the other steps stay.
        return (vec!["verified"], [next, beside].concat());
    }
    if review.objected_on.is_some() {
        // Either answers the person; what was reviewed is reviewed once more.
        return (vec!["reviewed", "corrected"], vec!["objected", "handed_over"]);
    }
    (next.to_vec(), beside.to_vec())
}

/// The usual values: what was done was done today.
fn blank(finding: &FindingView) -> Form {
    let today = today().to_string();
    let mut f = Form::new().with("days", "5").with("unit", "working");
    for (_, next, beside) in STEPS {
        for act in next.iter().chain(beside) {
            f = f.with(on_of(act), today.clone());
        }
    }
    match finding.to_verify_fen {
        Some(fen) => f.with("decided_yuan", yuan(fen)).with("reviewed_yuan", yuan(fen)),
        None => f,
    }
}

/// What was recorded in an act, by the words of its fields. Codes have words; a kept-back text is said to be.
pub(super) fn details(p: &Page, act: &ActView) -> Vec<(String, String)> {
    let mut said = Vec::new();
    let inside = act.act.as_object().into_iter().flat_map(|act| act.values());
    for fields in inside.filter_map(|fields| fields.as_object()) {
        for (name, value) in fields {
            collect(p, name, value, &mut said);
        }
    }
    said
}

fn collect(p: &Page, name: &str, value: &serde_json::Value, said: &mut Vec<(String, String)>) {
    use serde_json::Value;
    let label = p.wx("case.field_", name);
    match value {
        // A digest says nothing to a person.
        Value::Null => {}
        _ if name == "basis" => {}
        Value::String(text) if text == "*" => said.push((label, p.w("case.withheld"))),
        Value::String(text) if name == "answer" => said.push((label, p.said("answer_", text))),
        Value::String(text) => said.push((label, p.wx("case.value_", text))),
        Value::Number(fen) if name == "fen" => {
            said.push((label, p.yuan(&fen.as_i64().unwrap_or_default())));
        }
        Value::Object(inner) => {
            for (inner_name, value) in inner {
                match value {
                    Value::Object(fields) if fields.is_empty() => {
                        said.push((label.clone(), p.wx("case.value_", inner_name)));
                    }
                    Value::Object(fields) => {
                        said.push((label.clone(), p.wx("case.value_", inner_name)));
                        for (name, value) in fields {
                            collect(p, name, value, said);
                        }
                    }
                    value => collect(p, inner_name, value, said),
                }
            }
        }
        other => said.push((label, other.to_string())),
    }
}

/// The day of an act, and the day on which it was recorded where that is another.
pub(super) fn recorded(p: &Page, act: &ActView) -> String {
    let at = p.time(&act.at);
    match at.starts_with(&act.on.to_string()) {
        true => act.on.to_string(),
        false => p.w2("case.recorded_later", act.on, at),
    }
}

pub(super) fn address(round: &Hex32, seq: u64) -> String {
    format!("/case/findings/{round}/{seq}")
}

pub(super) fn id(round: &str) -> Result<Hex32> {
    Hex32::parse(round).ok_or(Fault::NoPage)
}
