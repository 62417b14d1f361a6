//! How findings, acts and people are said on these pages: codes of the node's with what belongs to them.

use std::collections::BTreeMap;

use hefu_node::api::view::{ActView, FeedbackView};
use serde_json::Value;

use crate::page::Page;

/// A rule's short name and its title.
pub(super) fn rule(p: &Page, rule: &str) -> String {
    let title = p.said("rule_", rule);
    match title.is_empty() || title == rule {
        true => rule.to_owned(),
        false => format!("{rule} {title}"),
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
