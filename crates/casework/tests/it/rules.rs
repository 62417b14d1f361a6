//! Each rule: what breaks it meets, and what does not break it does not. DOMAIN: X1, X3, X4, X5 by month, X8 by case.

use crate::common::*;
use hefu_casework::{
    AidRecord, CannotFindReason, Fen, FindingKind, Purpose, RuleId, RuleSet, Status, elements, findings,
    total_to_verify,
};
use hefu_identity::AliasTable;

fn meets(rule: &str, left: &AidRecord, right: &AidRecord) -> bool {
    let agreement = agreement(&[left.programme.as_str()], &[right.programme.as_str()], &[rule]);
    let records = [std::slice::from_ref(left), std::slice::from_ref(right)];
    let [a, b] = [0, 1].map(|receiver| learn(&agreement, receiver, records).findings);
    assert_eq!(a.len(), b.len(), "both sides see it or neither does");
    !a.is_empty()
}

#[test]
fn each_pair_of_programmes_in_one_month_meets_and_its_near_misses_do_not() {
    for (rule, left, right) in [
        ("X1", "minimum_living", "extreme_poverty"),
        ("X3", "extreme_poverty", "disabled_living"),
        ("X3", "extreme_poverty", "disabled_care"),
        ("X4", "injury_care", "disabled_living"),
        ("X4", "injury_care", "disabled_care"),
        ("X5", "orphan", "disabled_living"),
    ] {
        let (l, r) = (record(2, 1, left, "2026-05..2026-09"), |who, when: &str| {
            record(9, who, right, when)
        });
        for (right_record, expected, what) in [
            (r(1, "2026-08"), true, "same person, same month"),
            (r(1, "2026-08..2026-12"), true, "overlap of one month"),
            (r(1, "2026-09..2026-12"), false, "begins when the other ends"),
            (r(1, "2026-05..2026-07"), false, "overlap before the selection"),
            (r(2, "2026-08"), false, "another person"),
            (r(1, "2026-08").status(Status::Stopped), false, "stopped"),
            (r(1, "2026-08").status(Status::Suspended), false, "suspended"),
            (r(1, "2026-08").status(Status::Cancelled), false, "cancelled"),
        ] {
            assert_eq!(
                meets(rule, &l, &right_record),
                expected,
                "{rule} {left} {right}: {what}"
            );
            assert_eq!(
                meets(rule, &right_record, &l),
                expected,
                "{rule} {right} {left}: {what}"
            );
        }
    }
}

#[test]
fn lawful_combinations_never_meet() {
    let when = "2026-07..2026-10";
    for (left, right) in [
        ("orphan", "disabled_care"),
        ("minimum_living", "disabled_living"),
        ("minimum_living", "disabled_care"),
        ("minimum_living", "orphan"),
        ("minimum_living", "temporary"),
        ("minimum_living", "minimum_living"),
        ("disabled_living", "disabled_care"),
        ("injury_care", "extreme_poverty"),
    ] {
        let left_programmes = &[left, "extreme_poverty", "injury_care", "orphan", "minimum_living"];
        let right_programmes = &[
            right,
            "disabled_living",
            "disabled_care",
            "extreme_poverty",
            "minimum_living",
        ];
        let mut agreement = agreement(&[], &[], &["X1", "X3", "X4", "X5"]);
        agreement.parties[0].programmes = left_programmes.iter().map(|programme| code(programme)).collect();
        agreement.parties[1].programmes = right_programmes.iter().map(|programme| code(programme)).collect();
        for party in &mut agreement.parties {
            party.programmes.sort();
            party.programmes.dedup();
        }
        let outcome = learn(
            &agreement,
            0,
            [&[record(2, 1, left, when)], &[record(2, 1, right, when)]],
        );
        assert!(outcome.findings.is_empty(), "{left} {right}");
    }
}

#[test]
fn where_both_run_both_programmes_each_orientation_is_found_and_equal_programmes_are_not() {
    let both = ["minimum_living", "extreme_poverty"];
    let agreement = agreement(&both, &both, &["X1"]);
    let here = [
        record(2, 1, "minimum_living", "2026-07"),
        record(3, 2, "extreme_poverty", "2026-07"),
        record(4, 3, "minimum_living", "2026-07"),
        record(5, 4, "extreme_poverty", "2026-07"),
        // Inside one agency: no matter of the other's.
        record(6, 5, "minimum_living", "2026-07"),
        record(7, 5, "extreme_poverty", "2026-07"),
    ];
    let there = [
        record(2, 1, "extreme_poverty", "2026-07"),
        record(3, 2, "minimum_living", "2026-07"),
        record(4, 3, "minimum_living", "2026-07"),
        record(5, 4, "extreme_poverty", "2026-07"),
    ];
    for receiver in [0, 1] {
        let found = learn(&agreement, receiver, [&here, &there]).findings;
        let rows: Vec<_> = found.iter().map(|finding| finding.rows[0].row).collect();
        assert_eq!(rows, [2, 3], "receiver {receiver}");
    }
}

#[test]
fn nothing_is_entered_under_a_rule_whose_other_side_the_other_party_does_not_run() {
    let agreement = agreement(
        &["minimum_living", "extreme_poverty"],
        &["disabled_care"],
        &["X1", "X3"],
    );
    let own = [
        record(2, 1, "minimum_living", "2026-07"),
        record(3, 2, "extreme_poverty", "2026-07"),
    ];
    assert_eq!(set(&agreement, 0, 1, &own).unwrap().len(), 1);
    // Nor a programme that was not agreed.
    assert!(
        set(&agreement, 1, 0, &[record(2, 1, "disabled_living", "2026-07")])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_finding_says_what_the_receiver_itself_paid_in_the_months_that_matched() {
    let agreement = agreement(
        &["extreme_poverty"],
        &["disabled_living", "disabled_care"],
        &["X3"],
    );
    let civil_affairs = [record(5, 1, "extreme_poverty", "2026-01..2027-01").fen(90_000)];
    let federation = [
        record(7, 1, "disabled_living", "2026-08").fen(8_000),
        record(8, 1, "disabled_care", "2026-08..2026-10").fen(9_000),
        record(9, 2, "disabled_care", "2026-08").fen(9_000),
    ];
    let found = learn(&agreement, 0, [&civil_affairs, &federation]).findings;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].kind, found[0].rule.as_ref()),
        (FindingKind::Duplicate, RuleId::new("X3").ok().as_ref())
    );
    assert_eq!(found[0].peer.as_deref(), Some("某县残联"));
    assert!(found[0].person == person(1) && found[0].rows == [civil_affairs[0].row]);
    assert_eq!(found[0].months, [month("2026-08"), month("2026-09")]);
    assert_eq!(found[0].programmes, [code("extreme_poverty")]);
    assert_eq!(found[0].to_verify, Some(Fen(180_000)));

    let found = learn(&agreement, 1, [&civil_affairs, &federation]).findings;
    assert_eq!(found.len(), 1, "one finding a rule and person");
    assert_eq!(found[0].rows, [federation[0].row, federation[1].row]);
    assert_eq!(
        found[0].programmes,
        [code("disabled_care"), code("disabled_living")]
    );
    assert_eq!(found[0].to_verify, Some(Fen(8_000 + 2 * 9_000)));
}

#[test]
fn a_row_that_is_listed_twice_is_paid_once() {
    let agreement = agreement(&["orphan"], &["disabled_living"], &["X5"]);
    let orphans = [
        record(2, 1, "orphan", "2026-07").fen(120_000),
        record(3, 1, "orphan", "2026-07").fen(120_000),
    ];
    let found = learn(
        &agreement,
        0,
        [&orphans, &[record(2, 1, "disabled_living", "2026-07")]],
    )
    .findings;
    assert_eq!((found[0].rows.len(), found[0].to_verify), (2, Some(Fen(120_000))));
}

#[test]
fn a_households_amount_counts_once_though_each_member_shows_it() {
    let agreement = agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]);
    let roll = [
        record(2, 1, "minimum_living", "2026-07..2026-09").household("D-1", 100_000),
        record(3, 2, "minimum_living", "2026-07..2026-09").household("Ｄ-1 ", 100_000),
        record(4, 3, "minimum_living", "2026-07").household("D-2", 70_000),
    ];
    let other: Vec<_> = [1, 2, 3]
        .map(|who| record(9, who, "extreme_poverty", "2026-07..2026-09"))
        .into();
    let found = learn(&agreement, 0, [&roll, &other]).findings;
    let shown: Vec<_> = found.iter().map(|finding| finding.to_verify.unwrap().0).collect();
    assert_eq!(shown, [200_000, 200_000, 70_000]);
    assert_eq!(total_to_verify(&found).unwrap(), Fen(270_000));
}

#[test]
fn money_that_breaks_two_rules_counts_once() {
    let agreement = agreement(
        &["orphan", "extreme_poverty", "injury_care"],
        &["disabled_living"],
        &["X3", "X4", "X5"],
    );
    let own: Vec<_> = ["orphan", "extreme_poverty", "injury_care"]
        .iter()
        .zip(2..)
        .map(|(p, row)| record(row, 1, p, "2026-07"))
        .collect();
    let theirs = [record(2, 1, "disabled_living", "2026-07").fen(8_000)];
    let found = learn(&agreement, 1, [&own, &theirs]).findings;
    assert_eq!(found.len(), 3);
    assert_eq!(total_to_verify(&found).unwrap(), Fen(8_000));
}

#[test]
fn amounts_that_do_not_add_up_are_an_error() {
    let agreement = agreement(&["orphan"], &["disabled_living"], &["X5"]);
    let own = [record(2, 1, "orphan", "2026-07..2026-09").fen(i64::MAX)];
    let theirs = [record(2, 1, "disabled_living", "2026-07..2026-09")];
    let (a, b) = (
        set(&agreement, 0, 0, &own).unwrap(),
        set(&agreement, 1, 0, &theirs).unwrap(),
    );
    assert_eq!(
        findings(&agreement, 0, &a, &matched(&a, &b), &[], MATCHED)
            .unwrap_err()
            .code(),
        "amount_overflow"
    );
}

const SCHEME: Option<&str> = Some("criminal_case");

#[test]
fn judicial_aid_twice_in_one_case_meets_by_person_and_case() {
    let agreement = judicial([SCHEME, SCHEME]);
    let ours = [
        record(4, 1, "judicial_procuratorate", "2026-07-03")
            .case("（2026）某0101刑初1号")
            .fen(2_000_000),
        record(5, 2, "judicial_procuratorate", "2026-08-03")
            .case("（2026）某0101刑初2号")
            .fen(1_000_000),
        record(6, 3, "judicial_procuratorate", "2026-08-04").case("（2026）某0101刑初3号"),
        record(7, 4, "judicial_procuratorate", "2026-08-05").case("（2026）某0101刑初4号"),
    ];
    let courts = [
        record(2, 1, "judicial_court", "2026-09-30").case("(2026) 某0101刑初1号"),
        record(3, 2, "judicial_court", "2026-08-03").case("（2026）某0101刑初22号"), // other case
        record(4, 9, "judicial_court", "2026-08-04").case("（2026）某0101刑初3号"), // other person: a relative
        record(5, 4, "judicial_court", "2026-06-30").case("（2026）某0101刑初4号"), // before the selection
    ];
    let outcome = learn(&agreement, 0, [&ours, &courts]);
    assert!(outcome.cannot_find.is_empty());
    let [found] = outcome.findings.as_slice() else {
        panic!("{:?}", outcome.findings)
    };
    assert_eq!(
        (found.kind, found.rows[0].row, found.to_verify),
        (FindingKind::Duplicate, 4, Some(Fen(2_000_000)))
    );
    assert_eq!(found.case.as_ref().unwrap().as_str(), "（2026）某0101刑初1号");
    assert_eq!(found.months, [month("2026-07")]);
}

#[test]
fn records_without_a_case_number_cannot_be_found_and_that_is_said() {
    let agreement = judicial([SCHEME, SCHEME]);
    let ours = [record(4, 1, "judicial_procuratorate", "2026-07-03")];
    let courts = [record(2, 1, "judicial_court", "2026-07-03").case("1")];
    let outcome = learn(&agreement, 0, [&ours, &courts]);
    assert!(outcome.findings.is_empty());
    assert_eq!(
        (outcome.cannot_find[0].reason, outcome.cannot_find[0].rows),
        (CannotFindReason::CaseMissing, 1)
    );
}

#[test]
fn without_a_common_case_number_one_may_only_look() {
    for schemes in [[None, None], [SCHEME, None], [None, SCHEME]] {
        let agreement = judicial(schemes);
        let ours = [record(4, 1, "judicial_procuratorate", "2026-07-03")
            .case("甲1")
            .fen(5)];
        let courts = [
            record(2, 1, "judicial_court", "2026-09-30").case("乙2"),
            record(3, 2, "judicial_court", "2026-09-30"),
        ];
        let found = learn(&agreement, 0, [&ours, &courts]).findings;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].to_verify), (FindingKind::LookOnly, None));
        assert_eq!(found[0].rule, RuleId::new("X8").ok());
    }
}

#[test]
fn case_numbers_of_different_forms_cannot_be_found_and_that_is_said() {
    let agreement = judicial([SCHEME, Some("aid_decision")]);
    let ours = [record(4, 1, "judicial_procuratorate", "2026-07-03").case("1")];
    let courts = [record(2, 1, "judicial_court", "2026-07-03").case("1")];
    let outcome = learn(&agreement, 0, [&ours, &courts]);
    assert!(outcome.findings.is_empty());
    assert_eq!(
        (outcome.cannot_find[0].reason, outcome.cannot_find[0].rows),
        (CannotFindReason::CaseSchemesDiffer, 1)
    );
    // Even where there is no record at all.
    assert_eq!(learn(&agreement, 0, [&[], &courts]).cannot_find.len(), 1);
}

#[test]
fn omissions_are_own_people_without_a_counterpart_and_leads_those_with_one() {
    let own = [
        record(2, 1, "judicial_procuratorate", "2026-07-03").fen(7),
        record(3, 1, "judicial_procuratorate", "2026-08-03").fen(7),
        record(4, 2, "judicial_procuratorate", "2026-07-03"),
        record(5, 3, "judicial_procuratorate", "2026-01-03"),
    ];
    let roll = [
        record(2, 2, "minimum_living", "2026-01..2026-08"),
        record(3, 4, "minimum_living", "2026-07"),
    ];
    let learned = |purpose| {
        let agreement = by_person(purpose, &["judicial_procuratorate"], &["minimum_living"]);
        let found = learn(&agreement, 0, [&own, &roll]).findings;
        found
            .iter()
            .map(|f| (f.kind, f.rows.iter().map(|row| row.row).collect(), f.to_verify))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        learned(Purpose::Omissions),
        [(FindingKind::NoCounterpart, vec![2, 3], None)]
    );
    assert_eq!(learned(Purpose::Leads), [(FindingKind::Lead, vec![4], None)]);
}

#[test]
fn a_person_with_two_numbers_is_met_by_either_and_is_one_person() {
    let mut aliases = AliasTable::new();
    aliases.add(&person(1), &person(2));
    let own = [
        record(2, 1, "judicial_procuratorate", "2026-07-03"),
        record(3, 2, "judicial_procuratorate", "2026-08-03"),
    ];
    for known_to_them in [1, 2] {
        for (purpose, expected) in [(Purpose::Leads, 1), (Purpose::Omissions, 0)] {
            let agreement = by_person(purpose, &["judicial_procuratorate"], &["minimum_living"]);
            let ours = elements(
                &agreement,
                &RuleSet::national(),
                0,
                0,
                &aliases,
                &mut own.iter().cloned(),
            )
            .unwrap();
            assert_eq!(ours.len(), 2);
            let theirs = set(
                &agreement,
                1,
                0,
                &[record(2, known_to_them, "minimum_living", "2026-07")],
            )
            .unwrap();
            let found = findings(&agreement, 0, &ours, &matched(&ours, &theirs), &[], MATCHED)
                .unwrap()
                .findings;
            assert_eq!(found.len(), expected);
            assert!(found.iter().all(|finding| finding.rows.len() == 2));
        }
    }
}

#[test]
fn one_who_may_not_learn_learns_nothing() {
    let agreement = by_person(Purpose::Leads, &["judicial_procuratorate"], &["minimum_living"]);
    let roll = [record(2, 1, "minimum_living", "2026-07")];
    assert_eq!(
        set(&agreement, 1, 1, &roll).err().unwrap().code(),
        "not_a_receiver"
    );
    let theirs = set(&agreement, 1, 0, &roll).unwrap();
    assert_eq!(
        findings(&agreement, 1, &theirs, &[0], &[], MATCHED)
            .unwrap_err()
            .code(),
        "not_a_receiver"
    );
    let own = set(
        &agreement,
        0,
        0,
        &[record(2, 1, "judicial_procuratorate", "2026-07-03")],
    )
    .unwrap();
    assert_eq!(
        findings(&agreement, 0, &own, &[1], &[], MATCHED)
            .unwrap_err()
            .code(),
        "no_such_element"
    );
    assert_eq!(set(&agreement, 2, 0, &roll).err().unwrap().code(), "not_a_party");
}

#[test]
fn a_set_larger_than_agreed_is_refused() {
    let mut agreement = by_person(Purpose::Leads, &["judicial_procuratorate"], &["minimum_living"]);
    agreement.parties[1].max_elements = 2;
    let roll = |people| {
        (0..people)
            .map(|who| record(2, who, "minimum_living", "2026-07"))
            .collect::<Vec<_>>()
    };
    assert_eq!(set(&agreement, 1, 0, &roll(2)).unwrap().len(), 2);
    assert_eq!(
        set(&agreement, 1, 0, &roll(3)).err().unwrap().code(),
        "too_many_elements"
    );
}
