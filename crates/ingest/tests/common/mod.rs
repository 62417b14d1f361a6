//! One dirty table, and the forms in which agencies write it.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as they do")]

pub(crate) mod biff;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hefu_ingest::{Error, Quarantine, ReadOptions, Reading, Wording};

/// A citizen number of the unassigned province 29, its check digit by GB 11643-1999.
pub(crate) fn citizen(birth: &str, sequence: u32) -> String {
    let body = format!("290101{birth}{sequence:03}");
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[(sum % 11) as usize];
    format!("{body}{}", char::from(check))
}

/// The first sequence number whose check digit is X.
pub(crate) fn citizen_with_x(birth: &str) -> String {
    (1..999)
        .map(|sequence| citizen(birth, sequence))
        .find(|number| number.ends_with('X'))
        .unwrap()
}

/// A row of the dirty table: number, note, and the reason for which it is refused, if it is.
pub(crate) struct DirtyRow {
    pub(crate) number: String,
    pub(crate) note: &'static str,
    pub(crate) reason: Option<&'static str>,
}

/// Rows with each kind of dirt; an empty `reason` with everything empty is a blank row.
pub(crate) fn dirty_rows() -> Vec<DirtyRow> {
    let row = |number: String, note, reason| DirtyRow { number, note, reason };
    let valid = citizen("19800101", 12);
    let full_width: String = citizen("19810203", 5)
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
        .collect();
    let old = format!("{}{}", &valid[..6], &valid[8..17]);
    let x = citizen_with_x("19900505");
    let mut wrong = citizen("19700707", 33).into_bytes();
    wrong[16] = if wrong[16] == b'9' { b'0' } else { wrong[16] + 1 };
    let several = format!("{} {}", citizen("19650101", 1), citizen("19660101", 1));
    vec![
        row(valid.clone(), "", None),
        row(old, "旧证", None),
        row(x.to_lowercase(), "逗号,在内;还有\"引号\"", None),
        row(full_width, "", None),
        row(format!(" {}\u{200b} ", citizen("19820304", 7)), "", None),
        row(format!("'{}", citizen("19830405", 9)), "", None),
        row(String::from_utf8(wrong).unwrap(), "", Some("wrong_check_digit")),
        row(citizen("19990230", 1), "", Some("impossible_date")),
        row("4.40981E+17".to_owned(), "", Some("scientific_notation")),
        row(several, "", Some("several_numbers")),
        row(valid[..17].to_owned(), "", Some("wrong_length")),
        row(x.replace('X', "Х"), "", Some("lookalike_letter")),
        row(String::new(), "合计", Some("missing")),
        row(String::new(), "", None),
        row(citizen("19840506", 11), "第一行\n第二行", None),
        row("12440600MB2C07549J".to_owned(), "", Some("credit_code")),
    ]
}

pub(crate) const ACCEPTED: u64 = 7;
pub(crate) const REJECTED: u64 = 8;
pub(crate) const BLANK: u64 = 1;
/// The second row is the first one's person.
pub(crate) const DUPLICATES: u64 = 1;

pub(crate) const HEADINGS: [&str; 4] = ["序号", "姓 名", "身份证号", "备注"];

/// The cells of each row; a blank row has none.
pub(crate) fn cells(rows: &[DirtyRow]) -> Vec<Option<[String; 4]>> {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let blank = row.number.is_empty() && row.note.is_empty();
            let name = if row.number.is_empty() { "" } else { "某人" };
            (!blank).then(|| {
                [
                    (index + 1).to_string(),
                    name.to_owned(),
                    row.number.clone(),
                    row.note.to_owned(),
                ]
            })
        })
        .collect()
}

/// The table as delimited text, and the line at which each row begins.
pub(crate) fn delimited(rows: &[DirtyRow], delimiter: char, line_end: &str) -> (String, Vec<u64>) {
    let quoted = |field: &str| {
        let needs = field.contains([delimiter, '"', '\n', '\r']);
        if needs {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    };
    let line = |fields: &[String]| {
        let fields: Vec<_> = fields.iter().map(|field| quoted(field)).collect();
        fields.join(&delimiter.to_string())
    };
    // A heading within quotation marks, as spreadsheets write those with white space.
    let mut text = format!("序号{delimiter}\"姓 名\"{delimiter}\"身份证号\"{delimiter}备注{line_end}");
    let mut starts = Vec::new();
    for row in cells(rows) {
        starts.push(text.matches('\n').count() as u64 + 1);
        text.push_str(&row.map(|fields| line(&fields)).unwrap_or_default());
        text.push_str(line_end);
    }
    (text, starts)
}

/// Row number to reason, as the file must give them.
pub(crate) fn expected(rows: &[DirtyRow], starts: &[u64]) -> BTreeMap<u64, String> {
    rows.iter()
        .zip(starts)
        .filter_map(|(row, start)| Some((*start, row.reason?.to_owned())))
        .collect()
}

/// Reads the file, and the reasons by row from its quarantine file.
pub(crate) fn check(file: &Path, options: &ReadOptions) -> Result<(Reading, BTreeMap<u64, String>), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quarantine.csv");
    let mut quarantine = Quarantine::create(&path, wording()).unwrap();
    let reading = hefu_ingest::check_numbers(&[file.to_owned()], options, &mut quarantine)?;
    quarantine.finish().unwrap();
    let reasons = csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(|record| {
            let record = record.unwrap();
            (record[2].parse().unwrap(), record[3].to_owned())
        })
        .collect();
    Ok((reading, reasons))
}

pub(crate) fn wording() -> Wording {
    let headings = ["file", "sheet", "row", "code", "reason", "number"].map(str::to_owned);
    Wording {
        headings,
        reason: Box::new(str::to_owned),
    }
}

pub(crate) fn write(folder: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The dirty table's account, whatever the form.
pub(crate) fn assert_account(reading: &Reading, form: &str) {
    let account = &reading.reconciliation;
    assert_eq!(account.rows_read, ACCEPTED + REJECTED + BLANK, "{form}");
    assert_eq!(account.accepted, ACCEPTED, "{form}");
    assert_eq!(account.rejected_total(), REJECTED, "{form}");
    assert_eq!(account.blank, BLANK, "{form}");
    assert_eq!(account.duplicates, DUPLICATES, "{form}");
    assert_eq!(account.warnings.get("test_region"), Some(&ACCEPTED), "{form}");
    for (code, count) in [
        ("full_width", 1),
        ("lower_case", 1),
        ("zero_width", 1),
        ("leading_apostrophe", 1),
    ] {
        assert_eq!(account.cleaned.get(code), Some(&count), "{form} {code}");
    }
    assert_eq!(reading.column, "身份证号", "{form}");
}
