//! How a file was read, as JSON and as text.

use std::collections::BTreeMap;

use hefu_ingest::Reading;
use serde_json::{Value, json};

use crate::printer::{grouped, table};
use crate::words::Lang;

/// The reconciliation and how the file was understood.
pub(super) fn to_json(reading: &Reading) -> Value {
    let sum = &reading.reconciliation;
    json!({
        "rows_read": sum.rows_read,
        "accepted": sum.accepted,
        "rejected": sum.rejected,
        "blank": sum.blank,
        "duplicates": sum.duplicates,
        "warnings": sum.warnings,
        "cleaned": sum.cleaned,
        "encoding": reading.encoding(),
        "format": reading.files.first().map(|file| file.format.code()),
        "column": reading.column,
        "column_chosen": reading.chosen.code(),
        "kind": reading.kind.code(),
    })
}

pub(super) fn to_text(reading: &Reading, lang: Lang) -> String {
    let sum = &reading.reconciliation;
    let column = [
        ("column", reading.column.clone()),
        ("chosen", reading.chosen.code().to_string()),
    ];
    let mut rows = vec![
        vec![lang.word("read_column"), lang.say("read_column_chosen", &column)],
        vec![
            lang.word("read_kind"),
            lang.word(&format!("kind_{}", reading.kind.code())),
        ],
    ];
    for file in &reading.files {
        let encoding = file.encoding.as_deref().unwrap_or_default();
        rows.push(vec![
            lang.word("read_format"),
            format!("{} {encoding}", lang.word(file.format.code())),
        ]);
    }
    rows.push(vec![lang.word("read_rows"), grouped(sum.rows_read)]);
    rows.push(vec![lang.word("read_accepted"), grouped(sum.accepted)]);
    rows.push(vec![lang.word("read_rejected"), grouped(sum.rejected_total())]);
    rows.extend(by_reason(&sum.rejected, lang));
    rows.push(vec![lang.word("read_blank"), grouped(sum.blank)]);
    rows.push(vec![lang.word("read_duplicates"), grouped(sum.duplicates)]);
    if !sum.warnings.is_empty() {
        rows.push(vec![lang.word("read_warnings")]);
        rows.extend(by_reason(&sum.warnings, lang));
    }
    if !sum.cleaned.is_empty() {
        rows.push(vec![lang.word("read_cleaned")]);
        rows.extend(by_reason(&sum.cleaned, lang));
    }
    table(&rows)
}

fn by_reason<'a>(
    counts: &'a BTreeMap<&'static str, u64>,
    lang: Lang,
) -> impl Iterator<Item = Vec<String>> + 'a {
    counts
        .iter()
        .map(move |(code, count)| vec![format!("  {}", lang.word(code)), grouped(*count)])
}
