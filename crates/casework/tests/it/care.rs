//! With how much care a finding is to be dealt with: what its own rows say, and the day of the match.

use crate::common::*;
use hefu_casework::{
    AidRecord, Care, Feedback, Hex, Known, Place, Protection, ReferralState, RuleSet, findings, label_bytes,
    local_findings, review::basis,
};
use hefu_identity::{AliasTable, Kind, PersonKey, parse};
use jiff::civil::{Date, date};

fn key(number: &str) -> PersonKey {
    parse(Kind::Resident, number).unwrap().key
}

/// Born on 29 February 2008.
const OF_2008: &str = "290101200802290014";

fn said(record: AidRecord, protection: Protection, disabled: Known) -> AidRecord {
    AidRecord {
        protection,
        disabled,
        ..record
    }
}

/// What an agency with these rows learns of the one person in them, on this day.
fn care_of(own: &[AidRecord], on: Date) -> Care {
    let agreement = agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]);
    let theirs = own.first().map(|first| AidRecord {
        person: first.person.clone(),
        ..record(9, 1, "extreme_poverty", "2026-07..2026-10")
    });
    let own = set(&agreement, 0, 0, own).unwrap();
    let theirs = set(&agreement, 1, 0, theirs.as_slice()).unwrap();
    let found = findings(&agreement, 0, &own, &matched(&own, &theirs), &[], on).unwrap();
    let [finding] = &found.findings[..] else {
        panic!("one finding")
    };
    finding.care
}

#[test]
fn a_person_is_protected_unless_every_row_says_no_and_disabled_where_one_says_yes() {
    use Protection as P;
    let rows = |sayings: &[(P, Known)]| -> Vec<AidRecord> {
        let row = |(n, (protection, disabled)): (u64, &(P, Known))| {
            let month = ["2026-07", "2026-08", "2026-09"][n as usize];
            said(record(2 + n, 1, "minimum_living", month), *protection, *disabled)
        };
        (0..).zip(sayings).map(row).collect()
    };
    for (sayings, protected, disabled) in [
        (&[(P::No, Known::No)][..], false, Known::No),
        (&[(P::Yes, Known::Yes)], true, Known::Yes),
        (&[(P::Unknown, Known::Unknown)], true, Known::Unknown),
        (&[(P::No, Known::No), (P::No, Known::No)], false, Known::No),
        (
            &[(P::No, Known::No), (P::Unknown, Known::Unknown)],
            true,
            Known::Unknown,
        ),
        (
            &[(P::No, Known::Unknown), (P::Yes, Known::Yes), (P::No, Known::No)],
            true,
            Known::Yes,
        ),
    ] {
        let care = care_of(&rows(sayings), MATCHED);
        assert_eq!(
            (care.protected, care.disabled),
            (protected, disabled),
            "{sayings:?}"
        );
        assert_eq!(care.minor, Known::No, "born in 1980");
    }
    // Rows that are not behind the finding say nothing of it.
    let mut mixed = rows(&[(P::No, Known::No)]);
    mixed.push(said(
        record(7, 2, "minimum_living", "2026-07"),
        P::Yes,
        Known::Yes,
    ));
    mixed.push(said(
        record(8, 1, "minimum_living", "2026-04"),
        P::Yes,
        Known::Yes,
    ));
    assert!(care_of(&mixed, MATCHED).may_tell_place());
}

/// 民法典 arts. 201 to 203: eighteen from the day after the birthday.
#[test]
fn who_is_a_minor_is_asked_on_the_day_of_the_match() {
    let of = |person: PersonKey| {
        [AidRecord {
            person,
            ..record(2, 1, "minimum_living", "2026-07")
        }]
    };
    let child = of(key(OF_2008));
    assert_eq!(care_of(&child, date(2026, 2, 28)).minor, Known::Yes);
    assert_eq!(care_of(&child, date(2026, 3, 1)).minor, Known::No);
    let permit = parse(Kind::TaiwanPermit, "12345678").unwrap().key;
    assert_eq!(care_of(&of(permit), MATCHED).minor, Known::Unknown);
}

#[test]
fn findings_of_every_kind_say_with_how_much_care() {
    let care = Care {
        protected: false,
        minor: Known::No,
        disabled: Known::Yes,
    };
    let own = |record| said(record, Protection::No, Known::Yes);
    let local = [
        own(record(2, 1, "minimum_living", "2026-07")),
        own(record(3, 1, "extreme_poverty", "2026-07")),
    ];
    let found = local_findings(
        &RuleSet::national(),
        &Place::new("290101").unwrap(),
        months("2026-07", "2026-10"),
        &AliasTable::new(),
        &mut local.iter().cloned(),
        MATCHED,
    )
    .unwrap()
    .findings;
    let [finding] = &found[..] else {
        panic!("one finding")
    };
    assert_eq!(finding.care, care);

    let agreement = referrals();
    let letter = own(sent(2, 1, "某检救助移〔2026〕1号"));
    let own = set(&agreement, 0, 0, &[letter]).unwrap();
    let feedback = Feedback {
        state: ReferralState::Helped,
        date: None,
        reason: None,
    };
    let label = label_bytes(agreement.label.as_ref().unwrap(), &feedback);
    for (positions, labels) in [(&[0][..], &label[..]), (&[], &[])] {
        let found = findings(&agreement, 0, &own, positions, labels, MATCHED).unwrap();
        assert_eq!(found.findings[0].care, care);
    }
}

/// Two numbers of one person may state two dates of birth: one that is a minor's is enough.
#[test]
fn each_number_of_a_person_is_asked() {
    let (mut aliases, adult) = (AliasTable::new(), person(1));
    aliases.add(&adult, &key(OF_2008));
    let rows = [
        record(2, 1, "minimum_living", "2026-07"),
        AidRecord {
            person: key(OF_2008),
            ..record(3, 1, "extreme_poverty", "2026-07")
        },
    ];
    let found = local_findings(
        &RuleSet::national(),
        &Place::new("290101").unwrap(),
        months("2026-07", "2026-10"),
        &aliases,
        &mut rows.iter().cloned(),
        date(2026, 2, 28),
    )
    .unwrap()
    .findings;
    assert_eq!(found[0].care.minor, Known::Yes);
}

/// A corrected finding does not come back because the person has had a birthday, or a register says more.
#[test]
fn care_is_no_part_of_what_a_finding_rests_on() {
    let records = [
        said(
            record(2, 1, "minimum_living", "2026-07"),
            Protection::No,
            Known::No,
        ),
        record(3, 1, "extreme_poverty", "2026-07"),
    ];
    let found = local_findings(
        &RuleSet::national(),
        &Place::new("290101").unwrap(),
        months("2026-07", "2026-10"),
        &AliasTable::new(),
        &mut records.iter().cloned(),
        MATCHED,
    )
    .unwrap()
    .findings;
    let mut other = found[0].clone();
    other.care = Care {
        protected: false,
        minor: Known::Yes,
        disabled: Known::Yes,
    };
    assert!(other != found[0]);
    assert_eq!(basis(&other, &Hex([1; 16])), basis(&found[0], &Hex([1; 16])));
}
