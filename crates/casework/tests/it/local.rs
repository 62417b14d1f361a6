//! Breaches inside one agency, without a peer.

use crate::common::*;
use hefu_casework::{AidRecord, Fen, Finding, FindingKind, Place, RuleSet, local_findings};
use hefu_identity::AliasTable;

fn local(aliases: &AliasTable, records: &[AidRecord]) -> Vec<Finding> {
    let place = Place::new("290101").unwrap();
    let records = &mut records.iter().cloned();
    local_findings(
        &RuleSet::national(),
        &place,
        months("2026-07", "2026-10"),
        aliases,
        records,
    )
    .unwrap()
}

#[test]
fn both_sides_of_a_rule_in_one_month_are_found() {
    let records = [
        record(2, 1, "minimum_living", "2026-01..2026-09").household("D-1", 60_000),
        record(3, 1, "extreme_poverty", "2026-08..2026-12").fen(90_000),
        record(4, 2, "minimum_living", "2026-07"),
        record(5, 2, "extreme_poverty", "2026-08"),
        record(6, 3, "minimum_living", "2026-07"),
        record(7, 3, "minimum_living", "2026-07"),
        record(8, 4, "orphan", "2026-07"),
        record(9, 4, "disabled_care", "2026-07"),
    ];
    let found = local(&AliasTable::new(), &records);
    let [found] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((found.kind, found.peer.as_ref()), (FindingKind::Local, None));
    assert_eq!(found.rule.as_ref().unwrap().as_str(), "X1");
    assert_eq!(found.rows, [records[0].row, records[1].row]);
    assert_eq!(found.months, [month("2026-08")]);
    assert_eq!(found.to_verify, Some(Fen(150_000)));
}

#[test]
fn two_numbers_of_one_person_are_one_person() {
    let records = [
        record(2, 1, "minimum_living", "2026-07"),
        record(3, 2, "extreme_poverty", "2026-07"),
    ];
    assert!(local(&AliasTable::new(), &records).is_empty());
    let mut aliases = AliasTable::new();
    aliases.add(&person(1), &person(2));
    assert_eq!(local(&aliases, &records).len(), 1);
}

#[test]
fn two_payments_in_one_case_are_found_and_one_that_is_listed_twice_is_not() {
    let paid = |row, who, day: &str, case: &str| record(row, who, "judicial_court", day).case(case).fen(100);
    let records = [
        paid(2, 1, "2026-07-01", "甲1"),
        paid(3, 1, "2026-08-01", "甲1"),
        paid(4, 2, "2026-07-01", "甲2"),
        paid(5, 2, "2026-07-01", "甲2"),
        paid(6, 3, "2026-07-01", "甲3"),
        paid(7, 3, "2026-08-01", "甲4"),
    ];
    let found = local(&AliasTable::new(), &records);
    let [found] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(found.rows, [records[0].row, records[1].row]);
    assert_eq!(found.to_verify, Some(Fen(200)));
}

#[test]
fn a_rule_of_another_place_is_not_applied() {
    let toml = r#"
[[rule]]
id = "L1"
name = "名"
text = "文"
left = ["extreme_poverty"]
right = ["elderly_service"]
symmetric = false
basis = "month"
level = "city"
place = "290200"
from = "2020-01-01"
source = "某市文件"
evidence = "full_text"
"#;
    let rules = RuleSet::parse(toml).unwrap();
    let records = [
        record(2, 1, "extreme_poverty", "2026-07"),
        record(3, 1, "elderly_service", "2026-07"),
    ];
    for (place, expected) in [("290201", 1), ("290101", 0)] {
        let place = Place::new(place).unwrap();
        let records = &mut records.iter().cloned();
        let found = local_findings(
            &rules,
            &place,
            months("2026-07", "2026-10"),
            &AliasTable::new(),
            records,
        )
        .unwrap();
        assert_eq!(found.len(), expected);
    }
}
