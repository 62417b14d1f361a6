//! Breaches inside one agency, without a peer.

use crate::common::*;
use hefu_casework::{
    AgencyRole, AidRecord, CannotFindReason, CauseCode, Fen, Finding, FindingKind, Outcome, Place, RuleSet,
    local_findings,
};
use hefu_identity::AliasTable;

fn local(aliases: &AliasTable, records: &[AidRecord]) -> Vec<Finding> {
    at("290101", &RuleSet::national(), aliases, records)
}

fn at(place: &str, rules: &RuleSet, aliases: &AliasTable, records: &[AidRecord]) -> Vec<Finding> {
    outcome_at(place, rules, aliases, records).findings
}

fn outcome_at(place: &str, rules: &RuleSet, aliases: &AliasTable, records: &[AidRecord]) -> Outcome {
    let place = Place::new(place).unwrap();
    let records = &mut records.iter().cloned();
    local_findings(
        rules,
        &place,
        months("2026-01", "2027-01"),
        aliases,
        records,
        MATCHED,
    )
    .unwrap()
}

fn rows(found: &[Finding]) -> Vec<(&str, Vec<u64>)> {
    let each = |finding: &Finding| finding.rows.iter().map(|row| row.row).collect();
    found
        .iter()
        .map(|finding| (finding.rule.as_ref().unwrap().as_str(), each(finding)))
        .collect()
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
kind = "exclusive"
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
            MATCHED,
        )
        .unwrap();
        assert_eq!(found.findings.len(), expected);
    }
}

fn temporary(row: u64, day: &str, cause: CauseCode, fen: i64) -> AidRecord {
    let mut temporary = record(row, 1, "temporary", day).fen(fen);
    temporary.circumstances.cause = Some(cause);
    temporary
}

/// L2: 本溪 once a calendar year for one cause; 龙岩 twice a calendar year and 3,000 yuan; X9 elsewhere.
#[test]
fn limits_count_grants_and_add_up_amounts_as_the_place_has_them() {
    let (ill, fire) = (CauseCode::Illness, CauseCode::Accident);
    let national = RuleSet::national();
    let found = |place: &str, records: &[AidRecord]| -> Vec<(String, Vec<u64>)> {
        let found = at(place, &national, &AliasTable::new(), records);
        rows(&found)
            .into_iter()
            .map(|(rule, rows)| (rule.to_owned(), rows))
            .collect()
    };
    let two = [
        temporary(2, "2026-01-10", ill, 100_000),
        temporary(3, "2026-12-20", ill, 100_000),
    ];
    assert_eq!(found("210502", &two), [("L2-benxi".to_owned(), vec![2, 3])]);
    assert_eq!(found("290101", &two), [("X9".to_owned(), vec![2, 3])]);
    let other = [two[0].clone(), temporary(3, "2026-02-20", fire, 100_000)];
    assert!(found("210502", &other).is_empty() && found("290101", &other).is_empty());
    // Listed twice is paid once.
    let listed = [two[0].clone(), temporary(3, "2026-01-10", ill, 100_000)];
    assert!(found("210502", &listed).is_empty());

    let longyan = |amounts: &[i64]| {
        let records: Vec<_> = amounts
            .iter()
            .zip(2..)
            .map(|(fen, row)| {
                temporary(
                    row,
                    &format!("2026-0{}-10", row),
                    if row == 2 { ill } else { fire },
                    *fen,
                )
            })
            .collect();
        found("350802", &records)
            .into_iter()
            .filter(|(rule, _)| rule == "L2-longyan")
            .map(|(_, rows)| rows)
            .collect::<Vec<_>>()
    };
    assert!(longyan(&[150_000, 150_000]).is_empty());
    assert_eq!(longyan(&[150_000, 150_100]), [vec![2, 3]], "more than 3,000 yuan");
    assert_eq!(longyan(&[1_000, 1_000, 1_000]), [vec![2, 3, 4]], "a third time");
    assert!(
        longyan(&[150_000, 160_000, -20_000]).is_empty(),
        "some was taken back"
    );
}

/// L3: twelve standards at most; each place states its own standard.
#[test]
fn a_ceiling_in_standards_needs_the_standard_of_the_place() {
    let records = [
        temporary(2, "2026-03-10", CauseCode::Illness, 700_000),
        temporary(3, "2026-09-10", CauseCode::Accident, 600_000),
    ];
    assert!(at("330101", &RuleSet::national(), &AliasTable::new(), &records).is_empty());
    let toml = r#"
[[rule]]
id = "L3-330100"
name = "名"
text = "文"
kind = "limit"
left = ["temporary"]
right = ["temporary"]
symmetric = true
basis = "month"
window = "calendar_year"
limit = { standards = 12, standard_fen = 100000 }
reach = "local"
why_local = "金额不能相加"
replaces = ["L3-zhejiang"]
level = "city"
place = "330100"
from = "2026-01-01"
source = "某市文件"
evidence = "secondary"
"#;
    let rules = RuleSet::national().with_local(toml).unwrap();
    let found = at("330101", &rules, &AliasTable::new(), &records);
    assert_eq!(rows(&found), [("L3-330100", vec![2, 3])]);
    assert_eq!(found[0].to_verify, Some(Fen(1_300_000)));
    assert!(at("330101", &rules, &AliasTable::new(), &records[..1]).is_empty());
}

#[test]
fn within_one_agency_a_changeover_month_and_an_event_are_seen() {
    let found = local(
        &AliasTable::new(),
        &[
            record(2, 1, "extreme_poverty", "2026-01..2026-09"),
            record(3, 1, "orphan", "2026-08..2027-01"),
            record(4, 2, "extreme_poverty", "2026-01..2026-08"),
            record(5, 2, "orphan", "2026-08..2027-01"),
            record(6, 3, "extreme_poverty", "2026-01..2026-09"),
            record(7, 3, "deceased", "2026-06-30"),
        ],
    );
    assert_eq!(rows(&found), [("C1", vec![2, 3]), ("X10", vec![6, 7])]);
    assert_eq!(
        (found[0].kind, &found[0].changeover),
        (FindingKind::Local, &vec![month("2026-08")])
    );
    assert_eq!(found[1].kind, FindingKind::ShouldEnd);
    assert_eq!(found[1].months, ["2026-07", "2026-08"].map(month));
}

#[test]
fn parts_of_one_aid_in_the_register_of_one_agency_are_no_repetition() {
    let paid = |row, day: &str, linked: bool| {
        let mut paid = record(row, 1, "judicial_court", day).case("甲1");
        paid.circumstances.linked_with = linked.then_some(AgencyRole::Court);
        paid
    };
    let both = [paid(2, "2026-07-01", true), paid(3, "2026-08-01", true)];
    assert!(local(&AliasTable::new(), &both).is_empty());
    let beside = [both[0].clone(), both[1].clone(), paid(4, "2026-09-01", false)];
    assert_eq!(rows(&local(&AliasTable::new(), &beside)), [("X8", vec![2, 3, 4])]);
}

/// A place that allows a month after that of the event.
#[test]
fn months_of_grace_are_not_in_question() {
    let toml = r#"
[[rule]]
id = "X10-290101"
name = "名"
text = "文"
kind = "ends"
left = ["extreme_poverty", "extreme_poverty_institutional"]
right = ["deceased", "in_custody"]
symmetric = false
basis = "month"
grace_months = 1
replaces = ["X10"]
level = "county"
place = "290101"
from = "2026-01-01"
source = "某县文件"
evidence = "secondary"
"#;
    let rules = RuleSet::national().with_local(toml).unwrap();
    for (event, when, expected) in [
        ("deceased", "2026-06-30", vec!["2026-08"]),
        ("deceased", "2026-07-01", vec![]),
        ("in_custody", "2026-05..2026-08", vec!["2026-07"]),
    ] {
        let records = [
            record(2, 1, "extreme_poverty", "2026-01..2026-09"),
            record(3, 1, event, when),
        ];
        let found = at("290101", &rules, &AliasTable::new(), &records);
        let months: Vec<_> = found
            .iter()
            .flat_map(|f| &f.months)
            .map(ToString::to_string)
            .collect();
        assert_eq!(months, expected, "{event} {when}");
    }
}

/// Silence would pass for nothing found.
#[test]
fn what_the_rows_or_the_rule_lack_is_said() {
    let unfound = |place: &str, rules: &RuleSet, records: &[AidRecord]| {
        let outcome = outcome_at(place, rules, &AliasTable::new(), records);
        assert!(outcome.findings.is_empty());
        let each = outcome.cannot_find.into_iter();
        each.map(|cannot| (cannot.rule.to_string(), cannot.reason, cannot.rows))
            .collect::<Vec<_>>()
    };
    let national = RuleSet::national();
    let (ill, other) = (Some(CauseCode::Illness), Some(CauseCode::Other));
    let grant = |row, cause| {
        let mut grant = record(row, 1, "temporary", "2026-03-10").fen(100_000);
        grant.circumstances.cause = cause;
        grant
    };
    let of_cause = |rows: u64| vec![("X9".to_owned(), CannotFindReason::CauseMissing, rows)];
    assert_eq!(unfound("290101", &national, &[grant(2, ill)]), []);
    let causes = [grant(2, ill), grant(3, None), grant(4, other), grant(5, None)];
    assert_eq!(unfound("290101", &national, &causes), of_cause(3));

    let paid = |row, case: Option<&str>| {
        let paid = record(row, 1, "judicial_court", "2026-07-01").fen(100);
        case.map_or(paid.clone(), |case| paid.case(case))
    };
    let of_case = [("X8".to_owned(), CannotFindReason::CaseMissing, 2)];
    let cases = [paid(2, Some("甲1")), paid(3, None), paid(4, None)];
    assert_eq!(unfound("290101", &national, &cases), of_case);
    assert_eq!(unfound("290101", &national, &cases[..1]), []);

    // 浙江 counts in standards, and each place states its own.
    let standards = [("L3-zhejiang".to_owned(), CannotFindReason::StandardMissing, 1)];
    assert_eq!(unfound("330101", &national, &[grant(2, ill)]), standards);
    // 龙岩 adds amounts up.
    let unsaid = AidRecord {
        amount: None,
        ..grant(2, ill)
    };
    let sums = [("L2-longyan".to_owned(), CannotFindReason::SumMissing, 1)];
    assert_eq!(unfound("350802", &national, &[unsaid]), sums);
    // What was taken back, or never paid, is nothing that could be found.
    let back = record(6, 1, "temporary", "2026-04-10").fen(-100);
    assert_eq!(unfound("290101", &national, &[back]), []);
}
