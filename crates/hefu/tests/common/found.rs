//! Findings as the expected files write them: by rows, never by number.

use hefu_fixtures::expected;
use serde_json::Value;

/// A finding that the command line printed.
pub(crate) fn finding(json: &Value) -> expected::Finding {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| value.as_u64().unwrap();
    let mut rows: Vec<_> = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| expected::Row {
            dataset: text(&row["dataset"]).unwrap(),
            file: u32::try_from(number(&row["file"])).unwrap(),
            sheet: u32::try_from(number(&row["sheet"])).unwrap(),
            row: number(&row["row"]),
        })
        .collect();
    rows.sort();
    let feedback = json["feedback"].as_object().map(|feedback| expected::Feedback {
        state: text(&feedback["state"]).unwrap(),
        date: text(&feedback["date"]),
        reason: text(&feedback["reason"]),
    });
    expected::Finding {
        rows,
        rule: text(&json["rule"]),
        kind: text(&json["kind"]).unwrap(),
        months: json["months"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(text)
            .collect(),
        changeover: json["changeover"]
            .as_array()
            .map_or(vec![], |months| months.iter().filter_map(text).collect()),
        to_verify_fen: json["to_verify_fen"].as_i64(),
        feedback,
        care: expected::Care {
            protected: json["care"]["protected"].as_bool().unwrap(),
            minor: text(&json["care"]["minor"]).unwrap(),
            disabled: text(&json["care"]["disabled"]).unwrap(),
        },
        name: text(&json["name"]),
    }
}
