//! The normalisation vectors: what every node must make of the same cell.
//!
//! `vectors.json` is meant for other implementations too. Each entry names its source: a standard, or a
//! public report of a fault in software that reads such numbers.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use hefu_identity::{Cleaning, Kind, Refusal, Warning, parse};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Vector {
    Read {
        source: String,
        kind: String,
        raw: String,
        canonical: String,
        class: String,
        cleaned: Vec<String>,
        warnings: Vec<String>,
    },
    Refused {
        source: String,
        kind: String,
        raw: String,
        refused: String,
    },
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

#[test]
fn every_vector_is_read_as_it_says() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        let (source, kind, raw, expected) = match vector {
            Vector::Read {
                source,
                kind,
                raw,
                canonical,
                class,
                cleaned,
                warnings,
            } => (
                source,
                kind,
                raw,
                format!("{class} {canonical} {cleaned:?} {warnings:?}"),
            ),
            Vector::Refused {
                source,
                kind,
                raw,
                refused,
            } => (source, kind, raw, refused),
        };
        let got = match parse(kind.parse().unwrap(), &raw) {
            Ok(parsed) => format!(
                "{} {} {:?} {:?}",
                parsed.key.class().code(),
                str::from_utf8(parsed.key.canonical()).unwrap(),
                parsed.cleaned.iter().map(|c| c.code()).collect::<Vec<_>>(),
                parsed.warnings.iter().map(|w| w.code()).collect::<Vec<_>>(),
            ),
            Err(refusal) => refusal.code().to_owned(),
        };
        if got != expected {
            wrong.push(format!(
                "{kind} {raw:?} ({source})\n    expected {expected}\n    got      {got}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_vectors_leave_out_no_kind_refusal_cleaning_or_warning() {
    let mut seen = BTreeSet::new();
    for vector in vectors() {
        match vector {
            Vector::Read {
                kind,
                cleaned,
                warnings,
                ..
            } => seen.extend([vec![kind], cleaned, warnings].concat()),
            Vector::Refused { refused, .. } => seen.extend([refused]),
        }
    }
    let kinds = Kind::ALL.iter().map(|k| k.code());
    let refusals = Refusal::ALL.iter().map(|r| r.code());
    let cleanings = Cleaning::ALL.iter().map(|c| c.code());
    let warnings = Warning::ALL.iter().map(|w| w.code());
    for code in kinds.chain(refusals).chain(cleanings).chain(warnings) {
        assert!(seen.contains(code), "no vector for {code}");
    }
}
