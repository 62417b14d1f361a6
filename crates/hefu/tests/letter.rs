//! `hefu letter`: offline, from a file of facts to a file, with a reason for whatever is wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{hefu, write};

const KINDS: [&str; 7] = [
    "transfer",
    "recommendation",
    "inquiry",
    "acknowledgement",
    "feedback",
    "notice",
    "visit",
];

fn sample(kind: &str) -> PathBuf {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../casework/data/letters/samples");
    samples.join(format!("{kind}.toml"))
}

fn letter(kind: &str, facts: &Path, out: &Path, more: &[&str]) -> common::Run {
    let [facts, out] = [facts, out].map(|path| path.to_str().unwrap());
    let mut args = vec!["--lang", "zh", "letter", kind, "--facts", facts, "--out", out];
    args.extend(more);
    hefu(args)
}

#[test]
fn each_kind_is_written_in_both_forms_and_never_over_another_file() {
    let dir = tempfile::tempdir().unwrap();
    for kind in KINDS {
        for (extension, begins) in [("docx", &b"PK\x03\x04"[..]), ("html", b"<!DOCTYPE html>")] {
            let out = dir.path().join(format!("{kind}.{extension}"));
            let run = letter(kind, &sample(kind), &out, &[]);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{kind}");
            assert!(fs::read(&out).unwrap().starts_with(begins), "{kind}");
        }
    }
    let there = write(dir.path(), "there.docx", "kept");
    let run = letter("notice", &sample("notice"), &there, &[]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("there.docx：文件已存在，不予覆盖"),
        "{}",
        run.stderr
    );
    assert_eq!(fs::read_to_string(&there).unwrap(), "kept");
    let run = letter("notice", &sample("notice"), &dir.path().join("notice.pdf"), &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(".docx"), "{}", run.stderr);
}

#[test]
fn a_mistake_is_shown_where_it_is_and_nothing_of_the_person_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.docx");
    let facts = fs::read_to_string(sample("transfer")).unwrap();
    let wrong = facts.replace("290101198001010019", "290101198001010018");
    let wrong = write(dir.path(), "facts.toml", wrong);
    let run = letter("transfer", &wrong, &out, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(
        run.stderr
            .contains("facts.toml，第 7 行，person_number：校验码不符"),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("29010119") && !run.stderr.contains("林样例"),
        "{}",
        run.stderr
    );
    let gbk = [b"from = \"".as_slice(), &[0xBA, 0xCC], b"\"\n"].concat();
    let gbk = write(dir.path(), "gbk.toml", gbk);
    let run = letter("transfer", &gbk, &out, &[]);
    assert!(run.code == 3 && run.stderr.contains("UTF-8"), "{}", run.stderr);
    assert!(!out.exists());
    // What an editor on Windows writes.
    let windows = format!("\u{FEFF}{}", facts.replace('\n', "\r\n"));
    let windows = write(dir.path(), "windows.toml", windows);
    let run = letter("transfer", &windows, &out, &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn local_wording_is_used_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.html");
    let wording = hefu(["letter", "notice", "--wording-template"]).stdout;
    let without = wording.replace("{hearing_until}", "规定期限");
    assert_ne!(without, wording);
    let without = write(dir.path(), "wording.toml", without);
    let run = letter(
        "notice",
        &sample("notice"),
        &out,
        &["--wording", without.to_str().unwrap()],
    );
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("wording.toml，第 9 行"), "{}", run.stderr);
    assert!(run.stderr.contains("hearing_until"), "{}", run.stderr);
    assert!(!out.exists());

    let local = write(dir.path(), "local.toml", "title = \"救助事项告知书\"\n");
    let run = letter(
        "notice",
        &sample("notice"),
        &out,
        &["--wording", local.to_str().unwrap()],
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let html = fs::read_to_string(&out).unwrap();
    assert!(html.contains("<h1>救助事项告知书</h1>") && html.contains("2026年7月30日前（含当日）"));
}

#[test]
fn the_empty_file_is_printed_for_each_kind() {
    for kind in KINDS {
        let run = hefu(["letter", kind, "--template"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(
            run.stdout.starts_with("# ") && run.stdout.contains("\nfrom = \"\"\n"),
            "{kind}"
        );
    }
    let run = hefu(["letter", "notice", "--template", "--facts", "x"]);
    assert_eq!(run.code, 2);
    assert_eq!(hefu(["letter", "notice"]).code, 2);
    assert_eq!(hefu(["letter", "notice", "--facts", "x"]).code, 2);
}
