//! `hefu match`: the real protocol gives what a plain join gives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod common;

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{Run, hefu, number, old_number, write};
use hefu_curve::Pool;
use hefu_ingest::ReadOptions;
use hefu_node::matching::{Matched, Matching, Side, match_files};
use proptest::prelude::*;

fn match_lists(left: &Path, right: &Path, options: &[&str]) -> Run {
    let mut args: Vec<&OsStr> = vec!["match".as_ref(), left.as_os_str(), right.as_os_str()];
    args.extend(options.iter().map(OsStr::new));
    hefu(args)
}

/// A list under the heading 身份证号.
fn list(dir: &Path, name: &str, people: impl IntoIterator<Item = u64>) -> PathBuf {
    let rows: String = people
        .into_iter()
        .map(|person| format!("{}\n", number(person)))
        .collect();
    write(dir, name, format!("身份证号\n{rows}"))
}

fn keys(value: &serde_json::Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_json_has_the_figures_that_a_program_reads() {
    let dir = tempfile::tempdir().unwrap();
    let (left, right) = (
        list(dir.path(), "left.csv", [1, 2, 2, 3]),
        list(dir.path(), "right.csv", [9, 3, 2]),
    );
    let run = match_lists(&left, &right, &["--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let json = run.json();
    let wanted = [
        "left",
        "right",
        "matched",
        "bytes_left_to_right",
        "bytes_right_to_left",
        "seconds",
        "peak_rss_bytes",
    ];
    assert!(keys(&json).is_superset(&wanted.into()));
    let side = [
        "rows_read",
        "accepted",
        "rejected",
        "blank",
        "duplicates",
        "warnings",
        "encoding",
        "elements",
    ];
    assert!(keys(&json["left"]).is_superset(&side.into()) && keys(&json["right"]).is_superset(&side.into()));

    assert_eq!(json["matched"], 2);
    assert_eq!(
        (&json["left"]["rows_read"], &json["left"]["elements"]),
        (&4.into(), &3.into())
    );
    assert_eq!(
        (&json["left"]["duplicates"], &json["right"]["elements"]),
        (&1.into(), &3.into())
    );
    // At least an element of 32 bytes a person each way, and a tag more for each on the right.
    assert!(json["bytes_left_to_right"].as_u64() > Some(3 * 32));
    assert!(json["bytes_right_to_left"].as_u64() > Some(3 * 32));
    assert!(json["seconds"].as_f64() > Some(0.0) && json["peak_rss_bytes"].as_u64() > Some(1 << 20));
}

#[test]
fn the_rows_written_are_the_matched_ones_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let left = format!(
        "姓名,身份证号,备注\n甲,{},\"两行\n备注\"\n乙,{},\n,,\n丙, {} ,\"逗号,引号\"\"\"\n甲,{},又一行\n丁,29012,\n",
        number(1),
        number(2),
        number(3),
        old_number(&number(1)),
    );
    let left = write(dir.path(), "left.csv", left);
    let right = list(dir.path(), "right.csv", [3, 1, 7]);
    let out = dir.path().join("out.csv");
    let run = match_lists(&left, &right, &["--json", "--out", out.to_str().unwrap()]);
    assert_eq!(
        (run.code, &run.json()["matched"]),
        (0, &2.into()),
        "{}",
        run.stderr
    );

    let written = std::fs::read_to_string(&out).unwrap();
    let written = written.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(written.as_bytes());
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let expected = [
        ["姓名", "身份证号", "备注"].map(str::to_owned),
        ["甲".into(), number(1), "两行\n备注".into()],
        ["丙".into(), format!(" {} ", number(3)), "逗号,引号\"".into()],
        ["甲".into(), old_number(&number(1)), "又一行".into()],
    ];
    assert_eq!(rows, expected);
}

#[test]
fn nobody_in_common_is_a_result() {
    let dir = tempfile::tempdir().unwrap();
    let (left, right) = (
        list(dir.path(), "left.csv", 1..20),
        list(dir.path(), "right.csv", 20..50),
    );
    let out = dir.path().join("out.csv");
    let run = match_lists(&left, &right, &["--json", "--out", out.to_str().unwrap()]);
    assert_eq!((run.code, &run.json()["matched"]), (0, &0.into()));
    assert_eq!(
        std::fs::read_to_string(out).unwrap().trim_end(),
        "\u{feff}身份证号"
    );
}

#[test]
fn everybody_in_common() {
    let dir = tempfile::tempdir().unwrap();
    let (left, right) = (
        list(dir.path(), "left.csv", 0..300),
        list(dir.path(), "right.csv", (0..300).rev()),
    );
    assert_eq!(match_lists(&left, &right, &["--json"]).json()["matched"], 300);
}

#[test]
fn an_empty_list_needs_leave() {
    let dir = tempfile::tempdir().unwrap();
    let full = list(dir.path(), "full.csv", 1..5);
    let header = write(dir.path(), "header.csv", "身份证号\n");
    let refused = write(dir.path(), "refused.csv", "身份证号\n29012\n");
    for (empty, code) in [(&header, "file_no_rows"), (&refused, "node_empty_side")] {
        for (left, right) in [(empty, &full), (&full, empty), (empty, empty)] {
            let run = match_lists(left, right, &["--json"]);
            assert_eq!(run.failure(), (3, code.to_owned()), "{left:?} {right:?}");

            let out = dir.path().join("out.csv");
            let run = match_lists(
                left,
                right,
                &["--json", "--allow-empty", "--out", out.to_str().unwrap()],
            );
            assert_eq!(
                (run.code, &run.json()["matched"]),
                (0, &0.into()),
                "{left:?} {right:?} {}",
                run.stderr
            );
            assert_eq!(
                std::fs::read_to_string(out).unwrap().trim_end(),
                "\u{feff}身份证号"
            );
        }
    }
    assert!(
        match_lists(&refused, &full, &["--lang", "zh"])
            .stderr
            .contains("左侧名单")
    );
    // A file of no bytes is no list, whatever is allowed.
    let nothing = write(dir.path(), "nothing.csv", "");
    let run = match_lists(&nothing, &full, &["--json", "--allow-empty"]);
    assert_eq!(run.failure(), (3, "file_empty".to_owned()));
}

#[test]
fn certificates_of_disability_meet_their_holders() {
    let dir = tempfile::tempdir().unwrap();
    // Category and grade follow the holder's number; they change and are no part of the person.
    let certificates = write(
        dir.path(),
        "left.csv",
        format!("证号\n{}43\n{}11\n{}13\n", number(1), number(2), number(1)),
    );
    let people = list(dir.path(), "right.csv", [1, 5]);
    let options = [
        "--left-kind",
        "disability_certificate",
        "--left-column",
        "证号",
        "--json",
    ];
    let json = match_lists(&certificates, &people, &options).json();
    assert_eq!((&json["matched"], &json["matched_rows"]), (&1.into(), &2.into()));
    assert_eq!(json["left"]["kind"], "disability_certificate");
    // The same the other way round.
    let options = [
        "--right-kind",
        "disability_certificate",
        "--right-column",
        "证号",
        "--json",
    ];
    let json = match_lists(&people, &certificates, &options).json();
    assert_eq!((&json["matched"], &json["matched_rows"]), (&1.into(), &1.into()));
    // A kind that does not exist is wrong usage.
    assert_eq!(match_lists(&people, &people, &["--left-kind", "card"]).code, 2);
}

#[test]
fn one_person_against_half_a_million() {
    let dir = tempfile::tempdir().unwrap();
    let pair = hefu_fixtures::write_pair(dir.path(), 1, 500_000, 1, 3).unwrap();
    let json = match_lists(&pair.left, &pair.right, &["--json"]).json();
    assert_eq!(
        (&json["matched"], &json["right"]["elements"]),
        (&1.into(), &500_000.into())
    );
}

/// One row of a list.
#[derive(Clone, Debug)]
enum Line {
    /// A person, their number written in one of several ways, with or without a line break in the remark.
    Person(u64, u8, bool),
    /// A number that is refused.
    Refused(u64),
    Blank,
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    // Few people, so that they repeat and meet.
    let person = (0..500u64, 0..5u8, any::<bool>()).prop_map(|(who, how, long)| Line::Person(who, how, long));
    let line = prop_oneof![8 => person, 1 => (0..500u64).prop_map(Line::Refused), 1 => Just(Line::Blank)];
    prop::collection::vec(line, 0..400)
}

fn written(lines: &[Line]) -> String {
    let mut text = "序号,身份证号,备注\r\n".to_owned();
    for line in lines {
        text.push_str(&match line {
            Line::Person(who, how, long) => {
                let number = number(*who);
                let number = match how {
                    0 if number[6..].starts_with("19") => old_number(&number),
                    1 => number.to_lowercase(),
                    2 => format!(" {number}\t"),
                    3 => format!("'{number}"),
                    _ => number,
                };
                format!("1,{number},{}\r\n", if *long { "\"两行\n备注\"" } else { "无" })
            }
            // One digit less.
            Line::Refused(who) => format!("1,{},无\r\n", &number(*who)[..17]),
            Line::Blank => ",,\r\n".to_owned(),
        });
    }
    text
}

fn people(lines: &[Line]) -> HashSet<u64> {
    lines
        .iter()
        .filter_map(|line| {
            if let Line::Person(who, ..) = line {
                Some(*who)
            } else {
                None
            }
        })
        .collect()
}

/// The rows of the one whose person stands in the other. A row is the line of the text at which it begins, so a line
/// break inside a field counts.
fn joined(of: &[Line], with: &[Line]) -> Vec<u64> {
    let with = people(with);
    let mut at = 2;
    let mut rows = Vec::new();
    for line in of {
        if let Line::Person(who, ..) = line
            && with.contains(who)
        {
            rows.push(at);
        }
        at += if matches!(line, Line::Person(_, _, true)) {
            2
        } else {
            1
        };
    }
    rows
}

fn run(left: &Path, right: &Path, spool: &Path) -> Matched {
    let side = |file: &Path| Side {
        files: vec![file.to_path_buf()],
        options: ReadOptions {
            allow_empty: true,
            ..ReadOptions::default()
        },
    };
    let matching = Matching {
        pool: Pool::new(0).unwrap(),
        spool: spool.to_path_buf(),
        watcher: Arc::new(|_| ()),
        tap: None,
        randomness: Arc::new(hefu_node::runner::system_randomness),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(match_files(side(left), side(right), &matching))
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_is_a_plain_join(left in lines(), right in lines()) {
        let dir = tempfile::tempdir().unwrap();
        let one = write(dir.path(), "one.csv", written(&left));
        let two = write(dir.path(), "two.csv", written(&right));
        let common = people(&left).intersection(&people(&right)).count() as u64;
        for (receiver, sender, rows) in [(&one, &two, joined(&left, &right)), (&two, &one, joined(&right, &left))] {
            let matched = run(receiver, sender, dir.path());
            prop_assert_eq!(matched.matched, common);
            let found: Vec<u64> = matched.rows.iter().map(|id| id.row).collect();
            prop_assert_eq!(found, rows);
        }
    }
}
