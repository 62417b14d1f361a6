//! None of the words that the field may not use stands in anything that a person sees: the table of words, letters, rules,
//! texts in the program, help, guides, and the description of the interface. What the demonstration writes is looked
//! through by the test of its papers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::forbidden::{ALLOWED, forbidden_in};
use hefu_casework::letter::LetterKind;

#[test]
fn what_a_person_sees_gives_reasons_to_look_and_no_results() {
    let seen = seen();
    let mut wrong = Vec::new();
    for (place, text) in &seen {
        for (word, instead) in forbidden_in(text) {
            wrong.push(format!("{place}: {word} (rather {instead})"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // An exception that nobody needs any more is none.
    for (allowed, why) in ALLOWED {
        let stands = seen.iter().any(|(_, text)| text.to_lowercase().contains(allowed));
        assert!(stands, "{allowed} ({why}) stands nowhere");
    }
}

/// The test finds a word wherever one is put in.
#[test]
fn a_forbidden_word_would_be_found_in_each_place() {
    for (place, text) in seen() {
        let middle = text
            .char_indices()
            .map(|(at, _)| at)
            .nth(text.chars().count() / 2);
        for label in ["重复救助名单", "风险金额", "救助遗漏", "0 found"] {
            let mut text = text.clone();
            text.insert_str(middle.unwrap_or(0), &format!(" {label} "));
            assert!(!forbidden_in(&text).is_empty(), "{label} in {place}");
        }
    }
    for label in [
        "重复人员",
        "重复救助：3",
        "Risk amount",
        "未发现",
        "Duplicate payments",
    ] {
        assert!(!forbidden_in(label).is_empty(), "{label}");
    }
    for label in [
        "疑似重复",
        "待核实金额",
        "未见对应记录",
        "cannot find",
        "共 10 条",
    ] {
        assert!(forbidden_in(label).is_empty(), "{label}");
    }
}

/// Every text by where it stands.
fn seen() -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let table: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(include_str!("../words.toml")).unwrap();
    for (code, words) in table {
        for (lang, text) in words {
            seen.push((format!("words.toml {code} {lang}"), text));
        }
    }
    for kind in LetterKind::ALL {
        let code = kind.code();
        seen.push((format!("wording of {code}"), spoken(kind.wording())));
        seen.push((format!("facts of {code}"), kind.template()));
        seen.push((format!("sample of {code}"), kind.sample().to_owned()));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let whole = |seen: &mut Vec<(String, String)>, path: &Path| {
        seen.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
    };
    for file in [
        "README.md",
        "SECURITY.md",
        "crates/casework/data/rules.toml",
        "crates/casework/data/programmes.toml",
        "fixtures/county/rules.toml",
        "crates/node/openapi.json",
        // Comments there are the help of commands.
        "crates/hefu/src/args.rs",
    ] {
        whole(&mut seen, &root.join(file));
    }
    for (folder, extension) in [
        ("packaging", "md"),
        ("packaging", "toml"),
        ("protocol-docs", "md"),
        ("crates/hefu/samples", "toml"),
        ("crates/node/samples", "toml"),
        ("crates/hefu/src/args", "rs"),
        ("crates/hefu/tests/cli", "trycmd"),
    ] {
        for path in files(&root.join(folder), extension) {
            whole(&mut seen, &path);
        }
    }
    for of in ["casework", "hefu", "ingest", "link", "node", "store"] {
        for path in files(&root.join("crates").join(of).join("src"), "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            seen.push((path.display().to_string(), spoken(source)));
        }
    }
    assert!(seen.len() > 1_500, "{}", seen.len());
    seen
}

/// Without comments, which no person sees.
fn spoken(source: &str) -> String {
    let comment = |line: &&str| ["//", "#"].iter().any(|mark| line.trim_start().starts_with(mark));
    let lines: Vec<_> = source.lines().filter(|line| !comment(line)).collect();
    lines.join("\n")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|of| of == extension) {
            found.push(path);
        }
    }
    found
}
