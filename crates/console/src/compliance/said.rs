//! How findings, acts and people are said on these pages: codes of the node's with what belongs to them.

use std::collections::BTreeMap;

use hefu_node::api::view::{ActView, AwaitedView, CareView, FeedbackView, FindingView};
use serde_json::Value;

use crate::page::Page;
use crate::show;

/// A rule's short name and its title.
pub(super) fn rule(p: &Page, rule: &str) -> String {
    let title = p.said("rule_", rule);
    match title.is_empty() || title == rule {
        true => rule.to_owned(),
        false => format!("{rule} {title}"),
    }
}

/// How far a finding is: the class of its badge, and words. What is on no way to a decision has none.
pub(super) fn standing(p: &Page, finding: &FindingView) -> Option<(&'static str, String)> {
    let review = finding.review.as_ref()?;
    if review.corrected_before.is_some() {
        return Some(("good", p.said("", "stage_corrected_before")));
    }
    let class = match review.stage.as_str() {
        "stage_open" => "warn",
        "stage_corrected" => "good",
        _ => "calm",
    };
    let stage = p.said("", &review.stage);
    let said = match &review.decision {
        Some(decision) if review.stage != "stage_corrected" => format!("{stage} · {}", p.said("", decision)),
        _ => stage,
    };
    Some((class, said))
}

/// With how much care the person is to be dealt with; what is not known is a question.
pub(super) fn care(p: &Page, care: &CareView) -> Vec<(&'static str, String)> {
    let said = [
        (care.minor == "yes", "warn", "care_minor"),
        (care.disabled == "yes", "warn", "care_disabled"),
        (care.key_group == "unknown", "calm", "care_ask_key_group"),
        (care.protected, "warn", "care_protected"),
    ];
    said.into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, class, code)| (class, p.said("", code)))
        .collect()
}

/// What is awaited and until when: the class of the badge and words.
pub(super) fn due(p: &Page, due: &AwaitedView) -> (&'static str, String) {
    let awaited = p.said("", &due.awaited);
    match due.until {
        Some(until) => {
            let (class, left) = p.deadline(&until, &show::today());
            (class, format!("{awaited} {until} {left}"))
        }
        None => {
            let params = [("days", due.days.to_string()), ("since", due.since.to_string())];
            let params = params.map(|(name, value)| (name.to_owned(), value));
            (
                "warn",
                format!("{awaited} {}", p.said_with("", "due_cannot_tell", &params.into())),
            )
        }
    }
}

/// What the other agency says of a referred person.
pub(super) fn feedback(p: &Page, feedback: Option<&FeedbackView>) -> String {
    let Some(feedback) = feedback else {
        return String::new();
    };
    let date = feedback.date.map(|date| date.to_string());
    let reason = feedback.reason.as_ref();
    let reason = reason.map(|reason| p.said("feedback_reason_", reason));
    let said = [Some(p.said("feedback_", &feedback.state)), date, reason];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What was recorded with an act, field by field: labels and values.
pub(super) fn details(p: &Page, act: &ActView) -> Vec<(String, String)> {
    let mut said = Vec::new();
    // An act is written as one name with its fields; the name is its code.
    for fields in act.act.as_object().into_iter().flat_map(serde_json::Map::values) {
        fields_of(p, fields, &mut said);
    }
    said
}

fn fields_of(p: &Page, fields: &Value, said: &mut Vec<(String, String)>) {
    for (name, value) in fields.as_object().into_iter().flatten() {
        let label = p.wx("compliance.act_", name);
        match (name.as_str(), value) {
            // What a correction rests on is a digest, which tells a reader nothing.
            ("basis", _) | (_, Value::Null) => {}
            ("fen", Value::Number(fen)) => {
                said.push((label, fen.as_i64().map(|fen| p.yuan(&fen)).unwrap_or_default()));
            }
            ("result", Value::String(code)) => said.push((label, p.said("verdict_", code))),
            ("answer", Value::String(code)) => said.push((label, p.said("answer_", code))),
            ("unit", Value::String(code)) => said.push((label, p.wx("compliance.unit_", code))),
            ("reason" | "text", Value::String(text)) => said.push((label, written(p, text))),
            (_, Value::String(text)) => said.push((label, text.clone())),
            ("result" | "decision" | "to", Value::Object(chosen)) => {
                let prefix = if name == "result" { "result_" } else { "decision_" };
                for (code, more) in chosen {
                    said.push((label.clone(), p.said(prefix, code)));
                    fields_of(p, more, said);
                }
            }
            (_, Value::Object(_)) => fields_of(p, value, said),
            (_, other) => said.push((label, other.to_string())),
        }
    }
}

/// Words of the node's with a count in them.
pub(super) fn counted(p: &Page, code: &str, count: &u64) -> String {
    let params = BTreeMap::from([("count".to_owned(), p.count(count))]);
    p.said_with("", code, &params)
}

/// What somebody wrote freely, or that it is withheld.
pub(super) fn written(p: &Page, text: &str) -> String {
    match text {
        "*" => p.w("compliance.withheld"),
        text => text.to_owned(),
    }
}

/// A table of a page that has several.
pub(super) struct Listed<T> {
    /// By which its filter finds it.
    pub(super) id: &'static str,
    pub(super) caption: String,
    pub(super) all: Vec<T>,
}

impl<T> Listed<T> {
    /// What waits for somebody, and the rest; without those that have nothing.
    pub(super) fn both(waiting: (String, Vec<T>), others: (String, Vec<T>)) -> Vec<Self> {
        [("waiting", waiting), ("others", others)]
            .into_iter()
            .map(|(id, (caption, all))| Self { id, caption, all })
            .filter(|list| !list.all.is_empty())
            .collect()
    }
}

/// Fen of an amount in yuan as people type it: `1,234.5`. Nothing where it is none.
pub(super) fn fen(text: &str) -> Option<i64> {
    let text = text.replace([',', '，'], "");
    let (yuan, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if yuan.is_empty() || yuan.len() > 12 || part.len() > 2 || !digits(yuan) || !digits(part) {
        return None;
    }
    format!("{yuan}{part:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (typed, read) in [
            ("650.5", Some(65_050)),
            ("1,234", Some(123_400)),
            ("0.05", Some(5)),
            ("0", Some(0)),
            ("", None),
            ("-1", None),
            ("1.234", None),
            ("一百", None),
            ("9999999999999", None),
        ] {
            assert_eq!(fen(typed), read, "{typed}");
        }
    }
}
