//! Judicial aid, once for one person in one case: parts of one aid, relatives of one victim, one case under several numbers.

use crate::common::*;
use crate::kinds::{both, told};
use hefu_casework::{AgencyRole, AidRecord, CannotFindReason, Outcome};

pub(crate) const SCHEME: Option<&str> = Some("criminal_case");

pub(crate) fn aid(row: u64, who: u32, programme: &str, case: &str) -> AidRecord {
    record(row, who, programme, "2026-07-03")
        .case(case)
        .fen(1_000_000)
}

/// 法发〔2019〕2号 art. 1: what was decided together is one aid in parts. What a third agency paid beside it is not.
#[test]
fn a_declared_link_makes_the_overlap_lawful_with_that_agency_alone() {
    let agreement = judicial([SCHEME, SCHEME]);
    let roles = [agreement.parties[0].role, agreement.parties[1].role];
    let (ours, theirs) = (
        aid(2, 1, "judicial_procuratorate", "甲1"),
        aid(3, 1, "judicial_court", "甲1"),
    );
    let linked = |record: &AidRecord, with| told(record.clone(), |c| c.linked_with = Some(with));
    assert_eq!(both(&agreement, &ours, &theirs).len(), 1);
    assert!(both(&agreement, &linked(&ours, roles[1]), &theirs).is_empty());
    assert!(both(&agreement, &ours, &linked(&theirs, roles[0])).is_empty());
    let elsewhere = AgencyRole::Police;
    assert_eq!(both(&agreement, &linked(&ours, elsewhere), &theirs).len(), 1);
}

/// 法发〔2019〕2号 art. 4: all relatives of a victim who died are one case; several victims of one case are not.
#[test]
fn relatives_meet_by_their_victim_and_other_victims_of_the_case_do_not() {
    let agreement = judicial([SCHEME, SCHEME]);
    let (victim, father, mother, other) = (1, 2, 3, 4);
    let of = |record, who| told(record, |c| c.victim = Some(person(who)));
    let ours = of(aid(2, father, "judicial_procuratorate", "甲1"), victim);
    for (theirs, meet, what) in [
        (
            of(aid(3, mother, "judicial_court", "甲1"), victim),
            true,
            "another relative",
        ),
        (
            aid(3, victim, "judicial_court", "甲1"),
            true,
            "the victim, before the death",
        ),
        (
            aid(3, other, "judicial_court", "甲1"),
            false,
            "another victim of the case",
        ),
        (
            of(aid(3, mother, "judicial_court", "甲1"), other),
            false,
            "a relative of another victim",
        ),
        (
            of(aid(3, mother, "judicial_court", "甲2"), victim),
            false,
            "another case",
        ),
    ] {
        let found = both(&agreement, &ours, &theirs);
        assert_eq!(!found.is_empty(), meet, "{what}");
        // The finding is of whom the receiver aided.
        assert!(found.iter().all(|found| found.person == person(father)), "{what}");
    }
}

/// PROTOCOLS: one case with three numbers, of the investigation, of the prosecution and of the court. They can never be
/// equal, and the outcome says so where the forms are declared.
#[test]
fn one_case_with_three_numbers_cannot_be_found_by_its_number() {
    let numbers = [
        "某公刑立字〔2026〕15号",
        "某检刑诉〔2026〕88号",
        "（2026）某0101刑初31号",
    ];
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let schemes = ["police_case", "prosecution_case", "criminal_case"];
        let agreement = judicial([Some(schemes[one]), Some(schemes[other])]);
        let ours = [aid(2, 1, "judicial_procuratorate", numbers[one])];
        let theirs = [aid(3, 1, "judicial_court", numbers[other])];
        let outcome: Outcome = learn(&agreement, 0, [&ours, &theirs]);
        assert!(outcome.findings.is_empty());
        assert_eq!(
            (outcome.cannot_find[0].reason, outcome.cannot_find[0].rows),
            (CannotFindReason::CaseSchemesDiffer, 1)
        );
    }
}
