//! `hefu check`: what is wrong with a file, before anything is imported.

use hefu_ingest::{Quarantine, ReadOptions, check_numbers};
use serde_json::{Value, json};

use super::{reading, wording};
use crate::args::CheckArgs;
use crate::failure::Failure;
use crate::printer::{Printer, table};

/// Refused rows shown on a terminal; `--json` shows up to the second number.
const SHOWN: usize = 50;
const SHOWN_JSON: usize = 100_000;

pub(crate) fn run(args: CheckArgs, printer: &Printer) -> Result<(), Failure> {
    let options = ReadOptions {
        column: args.column,
        sheet: args.sheet,
        encoding: args.encoding,
        ..ReadOptions::default()
    };
    let folder = tempfile::tempdir().map_err(|error| Failure::internal("temporary folder", &error))?;
    let lang = printer.lang();
    let mut quarantine = Quarantine::create(&folder.path().join("refused.csv"), wording(lang))?;
    let reading = check_numbers(&[args.file], &options, &mut quarantine)?;
    let limit = if printer.json() { SHOWN_JSON } else { SHOWN };
    let refused =
        read_back(&quarantine.finish()?, limit).map_err(|error| Failure::internal("refused rows", &error))?;

    let mut value = reading::to_json(&reading);
    value["refused"] = refused.iter().map(to_json).collect();
    printer.result(&value, |lang| {
        let mut text = reading::to_text(&reading, lang);
        if !refused.is_empty() {
            let headings =
                ["sheet", "row", "reason", "number"].map(|name| lang.word(&format!("quarantine_{name}")));
            let rows: Vec<Vec<String>> = std::iter::once(headings.to_vec())
                .chain(
                    refused
                        .iter()
                        .map(|row| [1, 2, 4, 5].map(|c| row[c].clone()).to_vec()),
                )
                .collect();
            text.push('\n');
            text.push_str(&table(&rows));
            let left = reading
                .reconciliation
                .rejected_total()
                .saturating_sub(refused.len() as u64);
            if left > 0 {
                text.push_str(&lang.say("check_more", &[("count", left.to_string())]));
            }
        }
        text
    });
    Ok(())
}

/// The refused rows as the quarantine file has them: file, sheet, row, code, reason, masked number.
fn read_back(path: &std::path::Path, limit: usize) -> Result<Vec<[String; 6]>, csv::Error> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut rows = Vec::new();
    for record in reader.records().take(limit) {
        let record = record?;
        rows.push(std::array::from_fn(|c| {
            record.get(c).unwrap_or_default().to_string()
        }));
    }
    Ok(rows)
}

fn to_json([file, sheet, row, code, _, number]: &[String; 6]) -> Value {
    json!({ "file": file, "sheet": sheet, "row": row.parse::<u64>().ok(), "reason": code, "number": number })
}
