//! What is to be verified: of which payments, of which months, and less what was taken back of them.

use hefu_casework::{
    AidRecord, CauseCode, Fen, Finding, Place, RuleId, RuleSet, elements, findings, local_findings,
    total_to_verify,
};
use hefu_identity::AliasTable;

use crate::common::*;

#[test]
fn what_was_taken_back_of_another_year_lessens_nothing() {
    let mut agreement = agreement(&["national_scholarship"], &["encouragement_scholarship"], &["X7"]);
    agreement.selection.months = months("2025-09", "2027-01");
    let own = [
        // The school year 2025: granted and taken back.
        record(2, 1, "national_scholarship", "2025-12-10").fen(800_000),
        record(3, 1, "national_scholarship", "2025-12-20").fen(-800_000),
        // The school year 2026: granted, and nothing was taken back.
        record(4, 1, "national_scholarship", "2026-10-15").fen(800_000),
    ];
    let other = [record(2, 1, "encouragement_scholarship", "2026-11-15")];
    let found = learn(&agreement, 0, [&own, &other]).findings;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rows, [own[2].row]);
    assert_eq!(found[0].to_verify, Some(Fen(800_000)));
}

fn windowed(window: &str, from: &str) -> RuleSet {
    let toml = format!(
        r#"
[[rule]]
id = "29-W"
name = "名"
text = "文"
kind = "exclusive"
left = ["elderly_allowance"]
right = ["disabled_care"]
symmetric = false
basis = "month"
window = {window}
level = "county"
place = "290101"
from = "{from}"
source = "某县文件"
evidence = "full_text"
"#
    );
    RuleSet::parse(&toml).unwrap()
}

fn local(rules: &RuleSet, records: &[AidRecord]) -> Vec<Finding> {
    local_findings(
        rules,
        &Place::new("290101").unwrap(),
        months("2026-01", "2027-01"),
        &AliasTable::new(),
        &mut records.iter().cloned(),
        MATCHED,
    )
    .unwrap()
    .findings
}

/// Under a window, months that are not in question are taken back from one that is, down to
/// less than nothing.
#[test]
fn what_was_taken_back_of_other_months_lessens_nothing() {
    let paid = (1..7).map(|m| record(1 + m, 1, "elderly_allowance", &format!("2026-0{m}")).fen(100));
    let mut records: Vec<_> = paid.collect();
    records.push(record(8, 1, "disabled_care", "2026-07").fen(50));
    let rules = windowed("{ months = 2 }", "2020-01-01");
    let without = local(&rules, &records);
    assert_eq!(without[0].months, [month("2026-06"), month("2026-07")]);
    assert_eq!(without[0].to_verify, Some(Fen(150)));
    // All six months of the one were taken back: of what is in question, that is June.
    records.push(record(9, 1, "elderly_allowance", "2026-01..2026-07").fen(-100));
    assert_eq!(local(&rules, &records)[0].to_verify, Some(Fen(50)));
}

/// More was taken back than was paid, as where an export states a whole debt in one month. Of this
/// payment nothing is to be verified; of another person's, all of it still is.
#[test]
fn what_was_taken_back_beyond_what_was_paid_lessens_nothing() {
    let rules = windowed("\"month\"", "2020-01-01");
    let both = |row, who| {
        [
            record(row, who, "elderly_allowance", "2026-07").fen(100),
            record(row + 1, who, "disabled_care", "2026-07").fen(50),
        ]
    };
    let mut records = [both(2, 1), both(4, 2)].concat();
    assert_eq!(total_to_verify(&local(&rules, &records)).unwrap(), Fen(300));
    records.push(record(6, 1, "elderly_allowance", "2026-07").fen(-1_000_000));
    let found = local(&rules, &records);
    assert_eq!(found.len(), 2);
    let least = found.iter().filter_map(|finding| finding.to_verify).min();
    assert!(least >= Some(Fen(0)), "{least:?}");
    let total = total_to_verify(&found).unwrap();
    assert!(total >= Fen(150), "{total}");
}

/// Under a window a row has other months than those that meet.
#[test]
fn months_before_a_rule_came_into_force_are_not_in_question() {
    let records = [
        record(2, 1, "elderly_allowance", "2026-01..2027-01").fen(100),
        record(3, 1, "disabled_care", "2026-08").fen(50),
    ];
    let found = local(&windowed("\"calendar_year\"", "2026-07-01"), &records);
    let [found] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(
        found.months.iter().all(|each| month("2026-07") <= *each),
        "{:?}",
        found.months
    );
    // Six months of the one, one of the other.
    assert_eq!(found.to_verify, Some(Fen(650)));
}

fn temporary(row: u64, day: &str, cause: CauseCode, fen: i64) -> AidRecord {
    let mut temporary = record(row, 1, "temporary", day).fen(fen);
    temporary.circumstances.cause = Some(cause);
    temporary
}

/// X9: two grants for one cause within twelve months. What was taken back of a one-off payment is of the last one before.
#[test]
fn what_was_taken_back_of_a_grant_is_of_the_last_one_before() {
    let (ill, fire) = (CauseCode::Illness, CauseCode::Accident);
    let granted = [
        temporary(2, "2026-02-10", ill, 50_000),
        temporary(3, "2026-05-10", ill, 30_000),
    ];
    for (back, expected, what) in [
        (vec![], 80_000, "nothing"),
        (vec![("2026-03-01", ill, -50_000)], 30_000, "the first"),
        (vec![("2026-06-01", ill, -10_000)], 70_000, "a part of the second"),
        (
            vec![("2026-06-01", ill, -10_000), ("2026-07-01", ill, -10_000)],
            60_000,
            "two parts of the second, of one amount",
        ),
        (
            vec![("2026-06-01", ill, -10_000), ("2026-06-01", ill, -10_000)],
            70_000,
            "one part, listed twice",
        ),
        (vec![("2026-06-01", ill, -70_000)], 50_000, "more than the second"),
        (vec![("2026-02-09", ill, -50_000)], 80_000, "before the first"),
        (vec![("2026-06-01", fire, -30_000)], 80_000, "of another grant"),
        (
            vec![("2026-03-01", ill, -50_000), ("2026-05-10", ill, -30_000)],
            0,
            "both",
        ),
    ] {
        let backs = back.iter().zip(4..);
        let backs = backs.map(|((day, cause, fen), row)| temporary(row, day, *cause, *fen));
        let records: Vec<_> = granted.iter().cloned().chain(backs).collect();
        let found = local(&RuleSet::national(), &records);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_verify, Some(Fen(expected)), "{what}");
        assert_eq!(total_to_verify(&found).unwrap(), Fen(expected), "{what}");
    }
    // A later grant that is not in question, and was taken back: nothing of it lessens those that are.
    let later = [
        temporary(4, "2026-08-10", fire, 90_000),
        temporary(5, "2026-09-10", fire, -90_000),
    ];
    let found = local(&RuleSet::national(), &[&granted[..], &later].concat());
    assert_eq!(found[0].to_verify, Some(Fen(80_000)));
}

/// Where no amount is stated of what was paid, none is to be verified, whatever was taken back.
#[test]
fn what_was_taken_back_is_no_amount_of_its_own() {
    let records = [
        record(2, 1, "elderly_allowance", "2026-07"),
        record(3, 1, "disabled_care", "2026-07"),
        record(4, 1, "elderly_allowance", "2026-07").fen(-100),
    ];
    let found = local(&windowed("\"month\"", "2020-01-01"), &records);
    assert_eq!((found.len(), found[0].to_verify), (1, None));
}

/// As inside one agency, so between two.
#[test]
fn in_a_round_too_months_before_a_rule_came_into_force_are_not_in_question() {
    let rules = windowed("\"calendar_year\"", "2026-07-01");
    let mut agreement = agreement(&["elderly_allowance"], &["disabled_care"], &[]);
    agreement.rules = vec![RuleId::new("29-W").unwrap()];
    agreement.selection.months = months("2026-01", "2027-01");
    let own = [record(2, 1, "elderly_allowance", "2026-01..2027-01").fen(100)];
    let other = [record(2, 1, "disabled_care", "2026-08").fen(50)];
    let [own, other] = [(0, &own), (1, &other)].map(|(me, records)| {
        let records = &mut records.iter().cloned();
        elements(&agreement, &rules, me, 0, &AliasTable::new(), records).unwrap()
    });
    let found = findings(&agreement, 0, &own, &matched(&own, &other), &[], MATCHED).unwrap();
    let [found] = found.findings.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (found.months.first(), found.months.len()),
        (Some(&month("2026-07")), 6)
    );
    assert_eq!(found.to_verify, Some(Fen(600)));
}

/// A ceiling counts what is left of each grant, and what was taken back of one beyond it makes no room for another.
#[test]
fn what_was_taken_back_beyond_a_grant_makes_no_room_below_a_ceiling() {
    let toml = r#"
[[rule]]
id = "29-L"
name = "名"
text = "文"
kind = "limit"
left = ["temporary"]
right = ["temporary"]
symmetric = true
basis = "month"
window = "calendar_year"
limit = { fen = 300000 }
reach = "local"
why_local = "金额不能相加"
level = "county"
place = "290101"
from = "2020-01-01"
source = "某县文件"
evidence = "secondary"
"#;
    let rules = RuleSet::parse(toml).unwrap();
    let (ill, fire, costs) = (CauseCode::Illness, CauseCode::Accident, CauseCode::LivingCosts);
    let granted = [
        temporary(2, "2026-02-10", ill, 100_000),
        temporary(3, "2026-03-10", fire, 160_000),
        temporary(4, "2026-04-10", costs, 150_000),
    ];
    for (back, above, what) in [
        (vec![], true, "4,100 yuan"),
        (vec![(ill, -100_000)], true, "3,100 yuan"),
        (vec![(ill, -1_000_000)], true, "3,100 yuan all the same"),
        (vec![(ill, -100_000), (fire, -10_000)], false, "3,000 yuan"),
    ] {
        let backs = back.iter().zip(5..);
        let backs = backs.map(|((cause, fen), row)| temporary(row, "2026-05-10", *cause, *fen));
        let records: Vec<_> = granted.iter().cloned().chain(backs).collect();
        assert_eq!(local(&rules, &records).len(), usize::from(above), "{what}");
    }
}
