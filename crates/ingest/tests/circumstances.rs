//! What exports tell of grants beside when and how much.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use hefu_casework::{AgencyRole, CauseCode, Circumstances};
use hefu_identity::Kind;
use hefu_ingest::{Mapping, read_records};

const MAPPING: &str = r#"
[columns]
number = "身份证号"
kind = "resident"
period = "日期"
cause = "事由"
linked = "联动"
victim = "受害人"

[programme]
constant = "temporary"

[cause]
values = { "火灾" = "accident", "重病" = "illness" }

[linked]
values = { "上级法院" = "court" }
"#;

/// 11010519491231002X and 440524188001010014 are the published examples of GB 11643-1999.
#[test]
fn causes_links_and_victims_are_read_and_what_is_not_understood_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let rows = [
        "11010519491231002X,2026-07-03,火灾,,",
        "11010519491231002X,2026-07-03,,上级法院,440524188001010014",
        "11010519491231002X,2026-07-03,,,",
        "11010519491231002X,2026-07-03,水灾,,",
        "11010519491231002X,2026-07-03,,某院,",
        "11010519491231002X,2026-07-03,,,440524188001010015",
    ];
    std::fs::write(
        &file,
        format!("身份证号,日期,事由,联动,受害人\n{}\n", rows.join("\n")),
    )
    .unwrap();
    let mut found = Vec::new();
    let mut sink = |record: hefu_casework::AidRecord| {
        found.push(record.circumstances);
        Ok(())
    };
    let mapping = Mapping::parse(MAPPING).unwrap();
    let reading = read_records(&[file], &mapping, &mut sink, None).unwrap();
    let victim = hefu_identity::parse(Kind::Resident, "440524188001010014")
        .unwrap()
        .key;
    let expected = [
        Circumstances {
            cause: Some(CauseCode::Accident),
            ..Circumstances::default()
        },
        Circumstances {
            linked_with: Some(AgencyRole::Court),
            victim: Some(victim),
            ..Circumstances::default()
        },
        Circumstances::default(),
    ];
    assert!(found == expected);
    let rejected = &reading.reconciliation.rejected;
    for reason in ["cause_unknown", "linked_unknown", "victim_refused"] {
        assert_eq!(rejected.get(reason), Some(&1), "{reason}");
    }
}

#[test]
fn a_column_of_words_needs_its_words() {
    Mapping::parse(MAPPING).unwrap();
    for (from, to) in [
        ("cause = \"事由\"\n", ""),
        ("linked = \"联动\"\n", ""),
        ("values = { \"上级法院\" = \"court\" }", "values = {}"),
        ("\"accident\"", "\"misfortune\""),
    ] {
        assert!(Mapping::parse(&MAPPING.replace(from, to)).is_err(), "{to}");
    }
}
