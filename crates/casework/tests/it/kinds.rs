//! Rules that are not of two aids in one month: windows, causes, events, choices, reasons to look, what was taken back. What
//! is expected comes from the wording of each rule in data/rules.toml.

use crate::cases::{SCHEME, aid};
use crate::common::*;
use hefu_casework::{
    Agreement, AidRecord, CannotFindReason, CauseCode, Circumstances, Error, Fen, Finding, FindingKind,
    Place, RuleId, RuleSet, Wrong,
};

fn at(place: &str, agreement: Agreement) -> Agreement {
    Agreement {
        place: Place::new(place).unwrap(),
        ..agreement
    }
}

pub(crate) fn told(record: AidRecord, change: impl FnOnce(&mut Circumstances)) -> AidRecord {
    let mut record = record;
    change(&mut record.circumstances);
    record
}

fn temporary(row: u64, who: u32, day: &str, cause: Option<CauseCode>) -> AidRecord {
    told(record(row, who, "temporary", day), |c| c.cause = cause).fen(100_000)
}

fn rows(findings: &[Finding]) -> Vec<u64> {
    let rows = findings.iter().flat_map(|finding| &finding.rows);
    rows.map(|row| row.row).collect()
}

/// What each party learns of one record at either side, which must be the same.
pub(crate) fn both(agreement: &Agreement, a: &AidRecord, b: &AidRecord) -> Vec<Finding> {
    let records = [std::slice::from_ref(a), std::slice::from_ref(b)];
    let [one, other] = [0, 1].map(|receiver| learn(agreement, receiver, records).findings);
    assert_eq!(one.len(), other.len(), "both sides see it or neither does");
    one
}

/// X7: 同一学年内. 2025-09 to 2026-08 is one school year.
#[test]
fn both_scholarships_in_one_school_year_meet_and_in_two_they_do_not() {
    let mut agreement = agreement(&["national_scholarship"], &["encouragement_scholarship"], &["X7"]);
    agreement.selection.months = months("2025-07", "2027-07");
    let national = |day| record(2, 1, "national_scholarship", day).fen(1_000_000);
    for (one, other, meet) in [
        ("2025-12-01", "2025-12-01", true),
        ("2025-11-20", "2026-03-01", true),
        ("2025-09-01", "2026-08-31", true),
        ("2026-08-31", "2026-09-01", false),
        ("2025-12-01", "2026-12-01", false),
    ] {
        let found = both(
            &agreement,
            &national(one),
            &record(5, 1, "encouragement_scholarship", other),
        );
        assert_eq!(!found.is_empty(), meet, "{one} {other}");
        if meet {
            // The receiver's own month, and not the year's first.
            assert_eq!(found[0].months, [month(&one[..7])]);
            assert_eq!(
                (found[0].kind, found[0].to_verify),
                (FindingKind::Duplicate, Some(Fen(1_000_000)))
            );
        }
    }
    let another = record(5, 2, "encouragement_scholarship", "2025-12-01");
    assert!(both(&agreement, &national("2025-12-01"), &another).is_empty());
}

/// X9: 一事一救, fewer than twelve months apart.
#[test]
fn temporary_aid_for_one_cause_meets_within_the_window_only() {
    let mut agreement = agreement(&["temporary"], &["temporary"], &["X9"]);
    agreement.selection.months = months("2025-01", "2027-01");
    let (illness, accident) = (Some(CauseCode::Illness), Some(CauseCode::Accident));
    let ours = temporary(2, 1, "2026-02-10", illness);
    for (who, day, cause, meet) in [
        (1, "2026-02-20", illness, true),
        (1, "2025-03-01", illness, true),
        (1, "2027-01-01", illness, false),
        (1, "2026-12-31", illness, true),
        (1, "2025-02-28", illness, false),
        (1, "2026-02-20", accident, false),
        (2, "2026-02-20", illness, false),
    ] {
        let found = both(&agreement, &ours, &temporary(7, who, day, cause));
        assert_eq!(!found.is_empty(), meet, "{who} {day} {cause:?}");
        if let [found] = found.as_slice() {
            assert_eq!(
                (found.months.as_slice(), found.to_verify),
                (&[month("2026-02")][..], Some(Fen(100_000)))
            );
        }
    }
}

#[test]
fn without_a_cause_nothing_is_compared_and_that_is_said() {
    let agreement = agreement(&["temporary"], &["temporary"], &["X9"]);
    for cause in [None, Some(CauseCode::Other)] {
        let ours = [temporary(2, 1, "2026-07-10", cause)];
        let outcome = learn(&agreement, 0, [&ours, &[temporary(7, 1, "2026-07-20", cause)]]);
        assert!(outcome.findings.is_empty());
        let [cannot] = outcome.cannot_find.as_slice() else {
            panic!("{:?}", outcome.cannot_find)
        };
        assert_eq!((cannot.reason, cannot.rows), (CannotFindReason::CauseMissing, 1));
    }
}

/// X10: the months after that of the event. The event lies before the selection, in it, or is over.
#[test]
fn support_after_death_or_in_prison_should_have_ended() {
    let agreement = agreement(&["extreme_poverty"], &["deceased", "in_custody"], &["X10"]);
    let support = record(2, 1, "extreme_poverty", "2026-01..2027-01").fen(90_000);
    for (event, when, expected) in [
        ("deceased", "2025-03-04", vec!["2026-07", "2026-08", "2026-09"]),
        ("deceased", "2026-07-31", vec!["2026-08", "2026-09"]),
        ("deceased", "2026-09-01", vec![]),
        ("in_custody", "2026-07..2026-09", vec!["2026-08"]),
        ("in_custody", "2026-07", vec![]),
        ("in_custody", "2024-01..2026-07", vec![]),
        (
            "in_custody",
            "2026-05..2027-01",
            vec!["2026-07", "2026-08", "2026-09"],
        ),
    ] {
        let event = record(9, 1, event, when);
        let found = both(&agreement, &support, &event);
        let months: Vec<_> = expected.iter().map(|text| month(text)).collect();
        assert_eq!(
            found.first().map_or(vec![], |found| found.months.clone()),
            months,
            "{when}"
        );
        if let [found] = found.as_slice() {
            assert_eq!(found.kind, FindingKind::ShouldEnd);
            assert_eq!(
                found.to_verify,
                Some(Fen(90_000 * i64::try_from(months.len()).unwrap()))
            );
            assert!(
                found.changeover.is_empty(),
                "the month of the event is not in question"
            );
        }
    }
    // The end came in time.
    let ended = record(2, 1, "extreme_poverty", "2026-01..2026-08");
    assert!(both(&agreement, &ended, &record(9, 1, "deceased", "2026-07-31")).is_empty());
}

/// X11 holds in Hunan; who is under community correction may be helped (社区矫正法 art. 43), so the rule does not name it.
#[test]
fn a_member_in_custody_is_found_where_the_rule_holds() {
    let living = record(2, 1, "minimum_living", "2026-01..2027-01");
    let events = ["in_custody", "compulsory_rehab", "community_correction"];
    let in_hunan = at("430102", agreement(&["minimum_living"], &events, &["X11"]));
    for (event, expected) in events.into_iter().zip([1, 1, 0]) {
        let event = record(9, 1, event, "2026-07..2027-01");
        assert_eq!(both(&in_hunan, &living, &event).len(), expected, "{event:?}");
    }
    let elsewhere = at("290101", in_hunan);
    let refused = set(&elsewhere, 0, 0, &[living]).err().unwrap();
    assert!(matches!(
        refused,
        Error::RuleUnusable {
            wrong: Wrong::OutOfRange,
            ..
        }
    ));
}

/// C1, and C3 in Guangzhou; C2 of Gansu is lawful in Guangzhou.
#[test]
fn one_of_two_is_a_finding_where_the_place_says_so() {
    let when = "2026-07..2026-09";
    let pair = |left, right, rule, place| {
        let agreement = at(place, agreement(&[left], &[right], &[rule]));
        both(&agreement, &record(2, 1, left, when), &record(3, 1, right, when))
    };
    for (left, right, rule, place) in [
        ("extreme_poverty", "orphan", "C1", "290101"),
        ("extreme_poverty", "de_facto_unsupported", "C1", "290101"),
        ("elderly_care", "disabled_care", "C3", "440104"),
        ("elderly_allowance", "disabled_living", "C2-gansu", "620102"),
        ("duty_disability_care", "disabled_care", "C2-care", "361102"),
        ("retired_cadre_living", "disabled_living", "C2-living", "361102"),
        ("extreme_poverty", "elderly_service", "L1", "330782"),
        ("de_facto_unsupported_full", "disabled_living", "X6", "440104"),
    ] {
        let found = pair(left, right, rule, place);
        assert_eq!(found.len(), 1, "{rule} {left} {right}");
        assert_eq!(
            (found[0].kind, found[0].months.len()),
            (FindingKind::Duplicate, 2)
        );
    }
    for (rule, place, why) in [
        // Guangzhou: lawful, and so never compared.
        ("A12-guangzhou", "440104", Wrong::Unsupported),
        ("C2-gansu", "440104", Wrong::OutOfRange),
        ("C2-gansu", "290101", Wrong::OutOfRange),
        ("L2-longyan", "350802", Wrong::Unsupported),
    ] {
        let agreement = at(
            place,
            agreement(&["elderly_allowance"], &["disabled_care"], &[rule]),
        );
        let error = agreement
            .check_against(&RuleSet::national(), agreement.valid_from)
            .unwrap_err();
        assert!(
            matches!(error, Error::RuleUnusable { wrong, .. } if wrong == why),
            "{rule} {place}"
        );
        assert!(set(&agreement, 0, 0, &[]).is_err(), "{rule} {place}");
    }
}

/// F1: art. 37 names families on 低保 and those supported at home.
#[test]
fn a_reason_to_look_puts_no_money_in_doubt() {
    let agreement = agreement(
        &["extreme_poverty", "extreme_poverty_institutional"],
        &["housing_aid", "rent_subsidy"],
        &["F1"],
    );
    let housing = record(3, 1, "housing_aid", "2026-08-03").fen(2_000_000);
    for (support, expected) in [("extreme_poverty_institutional", 1), ("extreme_poverty", 0)] {
        let support = record(2, 1, support, "2026-07..2026-10").fen(90_000);
        let found = both(&agreement, &support, &housing);
        assert_eq!(found.len(), expected);
        for found in found {
            assert_eq!(
                (found.kind, found.to_verify, found.payments.len()),
                (FindingKind::LookOnly, None, 0)
            );
            assert_eq!(found.months, [month("2026-08")]);
        }
    }
}

/// A month in which one aid ends and the other begins is told apart in the finding, on both sides.
#[test]
fn a_changeover_month_is_a_warning_in_the_finding() {
    let agreement = agreement(&["orphan"], &["disabled_living"], &["X5"]);
    for (orphan, subsidy, months, changeover, what) in [
        (
            "2026-01..2026-09",
            "2026-08..2027-01",
            vec!["2026-08"],
            vec!["2026-08"],
            "ends and begins",
        ),
        (
            "2026-08..2027-01",
            "2026-01..2026-09",
            vec!["2026-08"],
            vec!["2026-08"],
            "begins and ends",
        ),
        (
            "2026-01..2026-10",
            "2026-08..2027-01",
            vec!["2026-08", "2026-09"],
            vec![],
            "two months are no changeover",
        ),
        (
            "2026-01..2026-08",
            "2026-08..2027-01",
            vec![],
            vec![],
            "a month apart",
        ),
        (
            "2026-08",
            "2026-01..2027-01",
            vec!["2026-08"],
            vec![],
            "one month within the other's time",
        ),
        // What lies outside the selection is not known.
        (
            "2026-01..2026-08",
            "2026-07..2027-01",
            vec!["2026-07"],
            vec![],
            "at the selection's beginning",
        ),
        (
            "2026-01..2026-10",
            "2026-09..2027-01",
            vec!["2026-09"],
            vec![],
            "at the selection's end",
        ),
    ] {
        let found = both(
            &agreement,
            &record(2, 1, "orphan", orphan),
            &record(3, 1, "disabled_living", subsidy),
        );
        let shown = |texts: &[&str]| texts.iter().map(|text| month(text)).collect::<Vec<_>>();
        let first = found.first();
        assert_eq!(
            first.map_or(vec![], |found| found.months.clone()),
            shown(&months),
            "{what}"
        );
        assert_eq!(
            first.map_or(vec![], |found| found.changeover.clone()),
            shown(&changeover),
            "{what}"
        );
        let (ours, theirs) = (
            [record(2, 1, "orphan", orphan)],
            [record(3, 1, "disabled_living", subsidy)],
        );
        let other = learn(&agreement, 1, [&ours, &theirs]).findings;
        assert_eq!(
            other.first().map_or(vec![], |found| found.changeover.clone()),
            shown(&changeover),
            "{what}"
        );
    }
}

/// 追缴, 追偿: negative entries lessen what is to be verified, and are no payments that could be met.
#[test]
fn what_was_taken_back_lessens_the_sum_and_meets_nothing() {
    let agreement = agreement(&["orphan"], &["disabled_living"], &["X5"]);
    let theirs = [record(9, 1, "disabled_living", "2026-07..2026-10")];
    let paid = record(2, 1, "orphan", "2026-07..2026-09").fen(140_000);
    let back = |row, who, when| record(row, who, "orphan", when).fen(-140_000);
    for (more, expected) in [
        (vec![], 280_000),
        (vec![back(3, 1, "2026-08")], 140_000),
        (vec![back(3, 1, "2026-07..2026-09")], 0),
        (vec![back(3, 1, "2026-09")], 280_000),
        (vec![back(3, 2, "2026-08")], 280_000),
    ] {
        let own = [vec![paid.clone()], more].concat();
        let found = learn(&agreement, 0, [&own, &theirs]).findings;
        assert_eq!(rows(&found), [2], "what was taken back is no row of the finding");
        assert_eq!(found[0].to_verify, Some(Fen(expected)));
    }
    assert!(
        learn(&agreement, 0, [&[back(3, 1, "2026-07")], &theirs])
            .findings
            .is_empty()
    );
    assert!(
        learn(&agreement, 1, [&[back(3, 1, "2026-07")], &theirs])
            .findings
            .is_empty()
    );

    // A household's money is one, and so is what it gave back.
    let household = |row, who, fen| record(row, who, "minimum_living", "2026-07").household("D-1", fen);
    let roll = [
        household(2, 1, 100_000),
        household(3, 2, 100_000),
        household(4, 1, -40_000),
        household(5, 2, -40_000),
    ];
    let supports = [
        record(8, 1, "extreme_poverty", "2026-07"),
        record(9, 2, "extreme_poverty", "2026-07"),
    ];
    let agreement = crate::common::agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]);
    let found = learn(&agreement, 0, [&roll, &supports]).findings;
    assert_eq!(
        found.iter().map(|f| f.to_verify.unwrap().0).collect::<Vec<_>>(),
        [60_000, 60_000]
    );
    assert_eq!(hefu_casework::total_to_verify(&found).unwrap(), Fen(60_000));
}

/// The rule of a wider place does not hold where a narrower one has replaced it, and holds around it.
#[test]
fn the_agreed_places_rule_wins() {
    let local = r#"
[[rule]]
id = "X5-290101"
name = "名"
text = "文"
kind = "lawful"
left = ["orphan"]
right = ["disabled_living"]
symmetric = false
basis = "month"
replaces = ["X5"]
level = "county"
place = "290101"
from = "2026-08-01"
source = "某县文件"
evidence = "secondary"
"#;
    let rules = RuleSet::national().with_local(local).unwrap();
    for (place, expected) in [
        ("290101", vec!["2026-07"]),
        ("290102", vec!["2026-07", "2026-08", "2026-09"]),
    ] {
        let agreement = at(place, agreement(&["orphan"], &["disabled_living"], &["X5"]));
        let sets = [(0, "orphan"), (1, "disabled_living")].map(|(me, programme)| {
            let records = [record(2, 1, programme, "2026-07..2026-10")];
            let aliases = hefu_identity::AliasTable::new();
            hefu_casework::elements(&agreement, &rules, me, 0, &aliases, &mut records.into_iter()).unwrap()
        });
        let found = hefu_casework::findings(
            &agreement,
            0,
            &sets[0],
            &matched(&sets[0], &sets[1]),
            &[],
            MATCHED,
        )
        .unwrap();
        let months: Vec<_> = found.findings[0].months.iter().map(ToString::to_string).collect();
        assert_eq!(months, expected, "{place}");
    }
}

/// Lawful pairs, links, other causes and other victims: the sets match in the same places with them as with strangers.
#[test]
fn what_is_lawful_leaves_no_trace_in_what_the_receiver_sees() {
    let mut agreement = agreement(
        &[
            "extreme_poverty",
            "minimum_living",
            "orphan",
            "temporary",
            "judicial_procuratorate",
        ],
        &[
            "disabled_care",
            "temporary",
            "judicial_court",
            "in_custody",
            "community_correction",
        ],
        &["X3", "X8", "X9", "X10"],
    );
    for party in &mut agreement.parties {
        party.case_scheme = SCHEME.map(str::to_owned);
    }
    let (illness, accident) = (Some(CauseCode::Illness), Some(CauseCode::Accident));
    let own = [
        record(2, 1, "extreme_poverty", "2026-07..2026-10"),
        record(3, 2, "minimum_living", "2026-07..2026-10"),
        record(4, 3, "orphan", "2026-07..2026-10"),
        temporary(5, 4, "2026-07-03", illness),
        aid(6, 5, "judicial_procuratorate", "甲1"),
        aid(7, 6, "judicial_procuratorate", "甲2"),
        record(8, 7, "extreme_poverty", "2026-07..2026-09"),
    ];
    let unlawful = [record(2, 1, "disabled_care", "2026-09")];
    let linked = agreement.parties[0].role;
    let lawful = |stranger: u32| {
        vec![
            record(11, 2 + stranger, "disabled_care", "2026-07..2026-10"),
            record(12, 3 + stranger, "disabled_care", "2026-07..2026-10"),
            temporary(13, 4 + stranger, "2026-07-20", accident),
            told(aid(14, 5 + stranger, "judicial_court", "甲1"), |c| {
                c.linked_with = Some(linked)
            }),
            told(aid(15, 9 + stranger, "judicial_court", "甲2"), |c| {
                c.victim = Some(person(8 + stranger))
            }),
            record(16, 2 + stranger, "community_correction", "2026-07..2026-10"),
            record(17, 7 + stranger, "disabled_care", "2026-09"),
            record(18, 7 + stranger, "in_custody", "2026-09..2027-01"),
        ]
    };
    let view = |stranger: u32| {
        let theirs = [unlawful.to_vec(), lawful(stranger)].concat();
        let sets = [
            set(&agreement, 0, 0, &own).unwrap(),
            set(&agreement, 1, 0, &theirs).unwrap(),
        ];
        let matched = matched(&sets[0], &sets[1]);
        let found = hefu_casework::findings(&agreement, 0, &sets[0], &matched, &[], MATCHED).unwrap();
        (matched, sets[1].len(), found)
    };
    assert!(view(0) == view(100));
    assert_eq!(rows(&view(0).2.findings), [2]);
}

#[test]
fn a_draft_takes_rules_to_look_only_where_they_are_asked_for() {
    let looks = RuleId::new("F1").unwrap();
    let rules = RuleSet::national();
    let agreement = agreement(&["extreme_poverty_institutional"], &["housing_aid"], &["F1"]);
    agreement.check_against(&rules, agreement.valid_from).unwrap();
    let request = |rules| hefu_casework::DraftRequest {
        number: agreement.number.clone(),
        parties: agreement.parties.clone(),
        receivers: None,
        place: agreement.place.clone(),
        months: agreement.selection.months,
        suite: agreement.suite.clone(),
        rules,
        legal_basis: None,
        rounds_a_month: None,
        resume_hours: None,
        valid_from: agreement.valid_from,
        expires: agreement.expires,
        retention_days: None,
    };
    let draft = |asked| {
        hefu_casework::Template::for_purpose(agreement.purpose)
            .unwrap()
            .draft(request(asked), &rules)
    };
    assert_eq!(draft(None).unwrap_err().code(), "agreement");
    assert_eq!(draft(Some(vec![looks.clone()])).unwrap().rules, [looks]);
}
