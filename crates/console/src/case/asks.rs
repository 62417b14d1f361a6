//! What each act in a matter asks for: one table, from which the forms are made and what was filled in is read.

use hefu_node::api::view::ActView;
use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::fault::{Fault, Result};
use crate::page::Page;

/// One thing that is asked. The name is that of the interface's field, and of the form's.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// A text.
    Text(&'static str),
    /// Somebody here, by the name under which they sign in.
    Person(&'static str),
    /// A text that may be left empty.
    Maybe(&'static str),
    /// A period within which what comes next is due.
    Due,
    /// One of these codes, which have words behind a prefix.
    Code(&'static str, &'static str, &'static [&'static str]),
    /// One of these cases. `refused` needs a reason, which is chosen with it; what leads on names where to.
    Case(&'static str, &'static str, &'static [&'static str]),
}

/// An act: its name in the interface, and what it asks for.
pub(super) type Act = (&'static str, &'static [Ask]);

const REASONS: [&str; 9] = [
    "income",
    "property",
    "supporter",
    "not_here",
    "not_eligible",
    "documents",
    "declined",
    "deceased",
    "other",
];

const PAPERS: &[&str] = &["case_facts", "aid_given", "recommendation"];
const ANSWERS: &[&str] = &["accepted", "refused", "already_helped", "not_found"];
const CAME: &[&str] = &["helped", "refused"];
const REJECTED: &[&str] = &[
    "already_helped",
    "not_eligible",
    "no_hardship",
    "declined",
    "gone",
    "other",
];
const CHECKED: &[&str] = &[
    "not_eligible",
    "informed",
    "referred",
    "helped_elsewhere",
    "declined",
];

const FILED: Act = (
    "filed",
    &[Ask::Code("paper", "case.paper_", PAPERS), Ask::Text("document")],
);
const FED_BACK: Act = (
    "fed_back",
    &[Ask::Text("document"), Ask::Text("result"), Ask::Due],
);
const FED_BACK_ACCEPTED: Act = (
    "fed_back",
    &[
        Ask::Text("document"),
        Ask::Case("came", "case.came_", CAME),
        Ask::Text("result"),
        Ask::Due,
    ],
);
const REOPENED: Act = ("reopened", &[Ask::Text("reason")]);
const REJECTED_CLUE: Act = (
    "rejected",
    &[
        Ask::Code("reason", "case.clue_reason_", REJECTED),
        Ask::Text("text"),
    ],
);

/// What can be done in a matter of this kind that is so far, the usual first; what of it does not fit after all, the
/// interface refuses.
pub(super) fn acts(stage: &str) -> &'static [Act] {
    match stage {
        "transfer_stage_open" => &[
            FILED,
            ("sent", &[Ask::Text("letter"), Ask::Due]),
            ("helped_first", &[Ask::Text("help"), Ask::Due]),
            ("passed_on", &[Ask::Text("document"), Ask::Due]),
        ],
        "transfer_stage_passed_on" => &[("sent", &[Ask::Text("letter"), Ask::Due]), FILED],
        "transfer_stage_sent" => &[("acknowledged", &[Ask::Due]), FILED],
        "transfer_stage_acknowledged" => &[
            (
                "answered",
                &[Ask::Case("answer", "case.answer_", ANSWERS), Ask::Due],
            ),
            FILED,
        ],
        "transfer_stage_accepted" => &[FED_BACK_ACCEPTED, FILED],
        "transfer_stage_refused" | "transfer_stage_already_helped" | "transfer_stage_not_found" => {
            &[FED_BACK, FILED]
        }
        "transfer_stage_fed_back" => &[("visited", &[Ask::Text("result")]), FILED],
        "notice_stage_informed" => &[
            ("applied", &[Ask::Text("document")]),
            ("not_applied", &[Ask::Text("reason")]),
        ],
        "lead_stage_sent" => &[("acknowledged", &[Ask::Due])],
        "lead_stage_acknowledged" => &[
            ("taken_up", &[Ask::Due]),
            ("rejected", &[Ask::Text("reason"), Ask::Due]),
        ],
        "lead_stage_taken_up" | "lead_stage_rejected" => {
            &[("fed_back", &[Ask::Text("document"), Ask::Text("result")])]
        }
        "clue_stage_found" => &[("taken", &[])],
        "clue_stage_taken" => &[
            ("handed_over", &[Ask::Person("to"), Ask::Due]),
            (
                "checked",
                &[
                    Ask::Case("result", "case.checked_", CHECKED),
                    Ask::Maybe("reference"),
                    Ask::Text("text"),
                ],
            ),
            REJECTED_CLUE,
            ("taken", &[]),
        ],
        "clue_stage_handed_over" => &[("accepted", &[Ask::Text("case")]), REJECTED_CLUE],
        "clue_stage_rejected" | "clue_stage_settled" => &[REOPENED],
        _ => &[],
    }
}

/// Every field that such a form may show again.
pub(super) const SHOWN: &[&str] = &[
    "on",
    "act",
    "document",
    "letter",
    "help",
    "result",
    "reason",
    "text",
    "case",
    "to",
    "answer",
    "came",
    "paper",
    "reference",
    "days",
    "unit",
    "period_until",
];

/// What a select offers: values and words.
pub(super) fn options(p: &Page, ask: &Ask) -> Vec<(String, String)> {
    match ask {
        Ask::Code(_, prefix, codes) => codes
            .iter()
            .map(|code| ((*code).to_owned(), p.wx(prefix, code)))
            .collect(),
        Ask::Case(_, prefix, codes) => codes
            .iter()
            .flat_map(|code| match *code {
                "refused" => REASONS
                    .iter()
                    .map(|reason| {
                        let words = format!("{}：{}", p.wx(prefix, code), p.said("feedback_reason_", reason));
                        (format!("refused.{reason}"), words)
                    })
                    .collect(),
                code => vec![(code.to_owned(), p.wx(prefix, code))],
            })
            .collect(),
        Ask::Text(_) | Ask::Person(_) | Ask::Maybe(_) | Ask::Due => Vec::new(),
    }
}

/// Reads what an act asks for, as the interface takes it.
pub(super) fn read(entry: &mut Entry<'_>, asks: &[Ask]) -> Result<Value> {
    let mut fields = Map::new();
    for ask in asks {
        match *ask {
            Ask::Text(name) | Ask::Person(name) => {
                fields.insert(name.to_owned(), entry.text(name).into());
            }
            Ask::Due => {
                let due = serde_json::to_value(entry.period()?).map_err(|_| Fault::Form)?;
                fields.insert("due".to_owned(), due);
            }
            Ask::Code(name, _, codes) => {
                let chosen = entry.text(name);
                if !codes.contains(&chosen.as_str()) {
                    return Err(Fault::Form);
                }
                fields.insert(name.to_owned(), chosen.into());
            }
            Ask::Case(name, _, codes) => {
                let chosen = entry.text(name);
                let (code, reason) = chosen.split_once('.').unwrap_or((&chosen, ""));
                if !codes.contains(&code) {
                    return Err(Fault::Form);
                }
                let inside = match code {
                    "refused" => json!({ "reason": reason }),
                    "informed" => json!({ "notice": entry.text("reference") }),
                    "referred" => json!({ "transfer": entry.text("reference") }),
                    _ => json!({}),
                };
                fields.insert(name.to_owned(), json!({ code: inside }));
            }
            // Read with the case that needs it.
            Ask::Maybe(_) => {}
        }
    }
    Ok(Value::Object(fields))
}

/// What was recorded in an act of a matter, in the words in which it was asked for: labels and values.
pub(super) fn details(p: &Page, act: &ActView) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for (kind, acts) in act.act.as_object().into_iter().flatten() {
        for (name, fields) in acts.as_object().into_iter().flatten() {
            for (field, value) in fields.as_object().into_iter().flatten() {
                detail(p, (kind, name, field), value, &mut said);
            }
        }
    }
    said
}

fn detail(p: &Page, at: (&str, &str, &str), value: &Value, said: &mut Vec<(String, String)>) {
    let label = p.wx("case.field_", at.2);
    match (value, value["until"].as_str()) {
        (Value::Null, _) => {}
        (Value::String(text), _) if text == "*" => said.push((label, p.w("case.withheld"))),
        (Value::String(reason), _) if at == ("transfer", "refused", "reason") => {
            said.push((label, p.said("feedback_reason_", reason)));
        }
        (Value::String(text), _) => {
            let words = prefix(at).map(|prefix| p.wx(prefix, text));
            said.push((label, words.unwrap_or_else(|| text.clone())));
        }
        (_, Some(until)) => {
            let unit = p.wx("case.unit_", value["unit"].as_str().unwrap_or_default());
            let days = format!("{} {unit}", value["days"]);
            said.push((label, p.w2("case.due_until", until, days)));
        }
        // One of several cases, with what belongs to it.
        (Value::Object(cases), _) => {
            for (code, inside) in cases {
                let words = prefix(at).map_or_else(|| code.clone(), |prefix| p.wx(prefix, code));
                said.push((label.clone(), words));
                for (field, value) in inside.as_object().into_iter().flatten() {
                    detail(p, (at.0, code, field), value, said);
                }
            }
        }
        (other, _) => said.push((label, other.to_string())),
    }
}

/// Behind which words a code stands, by the kind of the matter, the act or case, and the field; nothing where a field is
/// written freely.
fn prefix(at: (&str, &str, &str)) -> Option<&'static str> {
    Some(match at {
        ("transfer", "filed", "paper") => "case.paper_",
        ("transfer", "answered", "answer") => "case.answer_",
        ("transfer", "fed_back", "came") => "case.came_",
        ("clue", "rejected", "reason") => "case.clue_reason_",
        ("clue", "checked", "result") => "case.checked_",
        _ => return None,
    })
}
