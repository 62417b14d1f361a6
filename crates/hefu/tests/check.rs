//! `hefu check`: the right reason for every line of a dirty file, in each encoding and form, and files that are unfit
//! as a whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod common;

use std::io::{Cursor, Write};
use std::path::Path;

use common::{hefu, number, write};
use hefu_fixtures::dirty::{self, COLUMN, Form, Verdict};
use serde_json::{Value, json};

fn check(path: &Path, options: &[&str]) -> common::Run {
    let mut args = vec!["check".as_ref(), path.as_os_str()];
    args.extend(options.iter().map(|option| std::ffi::OsStr::new(*option)));
    hefu(args)
}

#[test]
fn every_line_in_every_form_has_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    for form in Form::ALL {
        let file = dirty::write(form, dir.path()).unwrap();
        let (read_as, encoding) = match form {
            Form::Utf8 | Form::Utf8WithMark | Form::Semicolons | Form::Tabs => ("text", Some("utf-8")),
            Form::Gb18030 | Form::TabsXls => ("text", Some("gb18030")),
            Form::Utf16Le => ("text", Some("utf-16le")),
            Form::Utf16Be => ("text", Some("utf-16be")),
            Form::HtmlXls => ("markup", Some("utf-8")),
            Form::Book => ("xlsx", None),
        };
        let run = check(&file.path, &["--json"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{form:?}");
        let json = run.json();
        assert_eq!(
            (json["format"].as_str(), json["encoding"].as_str()),
            (Some(read_as), encoding),
            "{form:?}"
        );
        assert_eq!(
            (json["column"].as_str(), json["kind"].as_str()),
            (Some(COLUMN), Some("resident")),
            "{form:?}"
        );

        let refused: Vec<(u64, &str)> = json["refused"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["row"].as_u64().unwrap(), row["reason"].as_str().unwrap()))
            .collect();
        let expected: Vec<(u64, &str)> = file
            .rows
            .iter()
            .filter_map(|(row, verdict)| match verdict {
                Verdict::Rejected(reason) => Some((*row, *reason)),
                Verdict::Accepted | Verdict::Blank => None,
            })
            .collect();
        assert_eq!(refused, expected, "{form:?}");

        let account = &file.account;
        assert_eq!(account.rows_read, file.rows.len() as u64);
        let sums = json!([
            json["rows_read"],
            json["accepted"],
            json["rejected"],
            json["blank"],
            json["duplicates"]
        ]);
        let expected = json!([
            account.rows_read,
            account.accepted,
            account.rejected,
            account.blank,
            account.duplicates
        ]);
        assert_eq!(sums, expected, "{form:?}");
        // All invented numbers are of province 29.
        assert_eq!(
            json["warnings"]["test_region"],
            json!(account.accepted),
            "{form:?}"
        );
    }
}

#[test]
fn an_encoding_can_be_named_and_must_be_known() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("姓名,{COLUMN}\n某人,{}\n", number(1));
    // Without a byte order mark nothing else says which of the two it is.
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let file = write(dir.path(), "a.csv", bytes);
    let json = check(&file, &["--encoding", "utf-16be", "--json"]).json();
    assert_eq!(
        (json["accepted"].as_u64(), json["encoding"].as_str()),
        (Some(1), Some("utf-16be"))
    );
    for form in [Form::Gb18030, Form::TabsXls] {
        let file = dirty::write(form, dir.path()).unwrap();
        let json = check(&file.path, &["--encoding", "gb18030", "--json"]).json();
        assert_eq!(json["accepted"].as_u64(), Some(file.account.accepted));
    }
    let run = check(&file, &["--encoding", "koi-99", "--json"]);
    assert_eq!(run.failure(), (3, "encoding_unknown".to_owned()));
}

#[test]
fn a_book_with_a_password_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (stream, bytes) in [
        ("/EncryptionInfo", [2; 300].as_slice()),
        ("/EncryptedPackage", &[1; 5_000]),
    ] {
        book.create_stream(stream).unwrap().write_all(bytes).unwrap();
    }
    let file = write(dir.path(), "名单.xlsx", book.into_inner().into_inner());
    let run = check(&file, &["--json", "--lang", "zh"]);
    assert_eq!(run.failure(), (3, "file_password_protected".to_owned()));
    assert_eq!(run.json()["error"]["file"].as_str(), file.to_str());
    assert!(
        run.stderr.contains("名单.xlsx") && run.stderr.contains("密码"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_missing_column_is_answered_with_those_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(
        dir.path(),
        "a.csv",
        format!("姓名,{COLUMN},户号\n某人,{},1\n", number(1)),
    );
    let run = check(&file, &["--column", "公民号", "--json"]);
    assert_eq!(run.failure(), (3, "column_missing".to_owned()));
    for heading in ["公民号", "姓名", COLUMN, "户号"] {
        assert!(run.stderr.contains(heading), "{}", run.stderr);
    }
    let run = check(&write(dir.path(), "b.csv", "姓名,户号\n某人,1\n"), &["--json"]);
    assert_eq!(run.code, 3, "{}", run.stdout);
}

#[test]
fn a_file_without_rows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (content, code) in [
        ("", "file_empty"),
        ("\r\n\r\n", "file_empty"),
        ("姓名,身份证号\r\n", "file_no_rows"),
        ("\u{feff}身份证号", "file_no_rows"),
    ] {
        let run = check(&write(dir.path(), "a.csv", content), &["--json"]);
        assert_eq!(run.failure(), (3, code.to_owned()), "{content:?}");
    }
    assert_eq!(
        check(&dir.path().join("none.csv"), &["--json"]).failure(),
        (3, "file_io".to_owned())
    );
}

#[test]
fn a_failure_says_where_in_fields_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let error = check(&dir.path().join("none.csv"), &["--json"]).json()["error"].clone();
    let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "field", "file", "hint", "row", "step"]);
    assert!(error["row"].is_null() && error["hint"].as_str().unwrap().contains("none.csv"));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for args in [
        vec!["check"],
        vec!["check", "a.csv", "--colum", "x"],
        vec!["--lang", "fr", "bench"],
        vec![],
    ] {
        let run = hefu(&args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains("--help"), "{args:?}");
    }
}

/// Nine digits of a number are more than any mask lets through.
#[test]
fn no_number_is_shown_in_full() {
    let dir = tempfile::tempdir().unwrap();
    for form in [Form::Utf8, Form::Book] {
        let file = dirty::write(form, dir.path()).unwrap();
        for options in [["--lang", "zh"].as_slice(), &["--lang", "en"], &["--json"]] {
            let run = check(&file.path, options);
            assert_eq!(run.code, 0);
            let longest = run.stdout.split(|c: char| !c.is_numeric()).map(str::len).max();
            assert!(longest < Some(9), "{options:?}: {}", run.stdout);
        }
        let (zh, en) = (
            check(&file.path, &["--lang", "zh"]),
            check(&file.path, &["--lang", "en"]),
        );
        assert!(zh.stdout.contains("校验码不符") && en.stdout.contains("the check digit does not fit"));
    }
}

#[test]
fn the_json_has_the_sums_that_a_program_reads() {
    let dir = tempfile::tempdir().unwrap();
    let good = number(1);
    let text = format!("{COLUMN}\n{good}\n{}\n\n29012\n", good.replace("29", " 29"));
    let json = check(&write(dir.path(), "a.csv", text), &["--json"]).json();
    let expected = [
        ("rows_read", json!(4)),
        ("accepted", json!(2)),
        ("rejected", json!({ "wrong_length": 1 })),
        ("blank", json!(1)),
        ("duplicates", json!(1)),
        ("warnings", json!({ "test_region": 2 })),
        ("encoding", json!("utf-8")),
        ("cleaned", json!({ "white_space": 1 })),
    ];
    for (key, value) in expected {
        assert_eq!(json.get(key).unwrap_or(&Value::Null), &value, "{key}");
    }
}
