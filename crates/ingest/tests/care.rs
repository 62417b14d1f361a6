//! What exports say of the people in them: who is protected, who is disabled, and who is not known to be.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeMap;

use hefu_casework::{Known, Protection};
use hefu_ingest::{Declared, Error, Mapping, OfAll, read_records};

/// The published example of GB 11643-1999.
const NUMBER: &str = "11010519491231002X";

fn mapping(programme: &str, care: &str) -> Mapping {
    let text = format!(
        "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\nperiod = \"日期\"\n[programme]\nconstant = \
         \"{programme}\"\n{care}"
    );
    Mapping::parse(&text).unwrap()
}

/// What the rows say, whose two cells these are, and how many were refused for which reason.
fn said(
    programme: &str,
    care: &str,
    rows: &[[&str; 2]],
) -> (Vec<(Protection, Known)>, BTreeMap<String, u64>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let rows: String = rows
        .iter()
        .map(|[a, b]| format!("{NUMBER},2026-07-03,{a},{b}\n"))
        .collect();
    std::fs::write(&file, format!("身份证号,日期,保护,残疾\n{rows}")).unwrap();
    let mut found = Vec::new();
    let mut sink = |record: hefu_casework::AidRecord| {
        found.push((record.protection, record.disabled));
        Ok(())
    };
    let reading = read_records(&[file], &mapping(programme, care), &mut sink, None).unwrap();
    let rejected = reading.reconciliation.rejected.iter();
    (
        found,
        rejected
            .map(|(reason, rows)| ((*reason).to_owned(), *rows))
            .collect(),
    )
}

#[test]
fn what_is_not_declared_is_not_known() {
    use Protection as P;
    for (care, expected) in [
        ("", (P::Unknown, Known::Unknown)),
        ("[care]\n", (P::Unknown, Known::Unknown)),
        (
            "[care]\nprotected = \"unknown\"\ndisabled = \"unknown\"\n",
            (P::Unknown, Known::Unknown),
        ),
        ("[care]\nprotected = \"none\"\n", (P::No, Known::Unknown)),
        ("[care]\ndisabled = \"none\"\n", (P::Unknown, Known::No)),
    ] {
        let (found, rejected) = said("temporary", care, &[["是", "是"]]);
        assert_eq!((&found[..], rejected.len()), (&[expected][..], 0), "{care}");
    }
}

#[test]
fn a_column_says_it_row_by_row_and_what_is_not_understood_is_refused() {
    use Protection as P;
    let care = "[care]\nprotected = { column = \"保护\", values = { \"是\" = \"yes\", \"否\" = \"no\", \"不详\" = \"unknown\" } }\n\
                disabled = { column = \"残疾\", values = { \"有\" = \"yes\", \"无\" = \"no\" } }\n";
    let (found, rejected) = said(
        "temporary",
        care,
        &[
            ["是", "无"],
            ["否", " 有 "],
            ["", ""],
            ["不详", "无"],
            ["也许", "有"],
            ["否", "二级"],
        ],
    );
    let expected = [
        (P::Yes, Known::No),
        (P::No, Known::Yes),
        (P::Unknown, Known::Unknown),
        (P::Unknown, Known::No),
    ];
    assert_eq!(found, expected);
    let refused = [("disabled_unknown", 1), ("protected_unknown", 1)];
    assert_eq!(
        rejected,
        refused.map(|(reason, rows)| (reason.to_owned(), rows)).into()
    );
}

#[test]
fn a_programme_for_disabled_people_says_so_by_itself() {
    for (programme, expected) in [
        ("disabled_care", Known::Yes),
        ("disabled_living", Known::Yes),
        ("disability_holder", Known::Yes),
        ("minimum_living", Known::No),
    ] {
        let (found, _) = said(programme, "[care]\ndisabled = \"none\"\n", &[["", ""]]);
        assert_eq!(found[0].1, expected, "{programme}");
    }
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let base = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\nperiod = \"日期\"\n[programme]\nconstant = \
                \"temporary\"\n[care]\n";
    for care in [
        "protected = \"no\"",
        "protected = true",
        "protected = { column = \"保护\" }",
        "protected = { column = \"保护\", values = { \"是\" = \"maybe\" } }",
        "protected = { column = \"保护\", values = { \"是\" = \"yes\" }, empty = \"no\" }",
        "minor = \"none\"",
    ] {
        let error = Mapping::parse(&format!("{base}{care}\n")).unwrap_err();
        assert!(matches!(error, Error::MappingSyntax(_)), "{care}: {error}");
    }
    let empty = format!("{base}disabled = {{ column = \"残疾\", values = {{}} }}\n");
    assert!(matches!(
        Mapping::parse(&empty),
        Err(Error::Mapping {
            field: "care.disabled",
            ..
        })
    ));
}

/// The digest of a mapping that says nothing of care is what it was.
#[test]
fn a_mapping_without_care_is_written_as_before() {
    let written = toml::to_string(&mapping("temporary", "")).unwrap();
    assert!(!written.contains("care"), "{written}");
    let care =
        "[care]\nprotected = \"none\"\ndisabled = { column = \"残疾\", values = { \"有\" = \"yes\" } }\n";
    let mapping = mapping("temporary", care);
    let again = Mapping::parse(&toml::to_string(&mapping).unwrap()).unwrap();
    assert_eq!(again, mapping);
}

#[test]
fn the_sample_in_the_documentation_is_one() {
    let source = include_str!("../src/care.rs");
    let sample: String = source
        .split("/// ```toml")
        .nth(1)
        .and_then(|rest| rest.split("/// ```").next())
        .unwrap()
        .lines()
        .map(|line| format!("{}\n", line.trim_start_matches("///")))
        .collect();
    let care = mapping("temporary", &sample).care;
    assert_eq!(care.protected, Declared::All(OfAll::None));
    assert!(matches!(care.disabled, Declared::Column(_)));
}
