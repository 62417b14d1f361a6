//! Referrals: letters that were sent meet letters that arrived, and every person in them gets one answer or none.

use std::collections::BTreeMap;

use crate::common::*;
use hefu_casework::{
    AgencyRole, Agreement, AidRecord, Error, Feedback, FindingKind, LabelField, LetterNo, Outcome,
    ReasonCode, Referral, ReferralState, RowId, RuleSet, Status, elements, findings,
};
use hefu_identity::AliasTable;
use jiff::civil::date;
use proptest::prelude::*;

const LETTER: &str = "某检救助移〔2026〕17号";
const OTHER: &str = "某检救助移〔2026〕18号";

/// What the referrer learns, by way of elements, the intersection in clear, and labels.
fn ask(agreement: &Agreement, sent: &[AidRecord], received: &[AidRecord]) -> Result<Outcome, Error> {
    let (own, theirs) = (set(agreement, 0, 0, sent)?, set(agreement, 1, 0, received)?);
    let matched = matched(&own, &theirs);
    let width = usize::from(agreement.label_width());
    let (elements, labels) = (theirs.bytes(), theirs.labels());
    assert_eq!(labels.len(), theirs.len() * width, "a label for each element");
    assert!(own.labels().is_empty(), "who asks answers nothing");
    let answers: BTreeMap<_, _> = elements
        .chunks(theirs.width())
        .zip(labels.chunks(width))
        .collect();
    let own_elements = own.bytes();
    let labels: Vec<u8> = matched
        .iter()
        .flat_map(|position| answers[own_elements.chunks(own.width()).nth(*position as usize).unwrap()])
        .copied()
        .collect();
    findings(agreement, 0, &own, &matched, &labels, MATCHED)
}

fn shown(outcome: &Outcome) -> Vec<(u64, Option<Feedback>)> {
    let findings = outcome.findings.iter();
    findings
        .map(|finding| {
            let kind = match finding.feedback {
                Some(_) => FindingKind::Referral,
                None => FindingKind::NoFeedback,
            };
            assert_eq!(finding.kind, kind);
            assert!(finding.payments.is_empty() && finding.to_verify.is_none() && finding.rule.is_none());
            (finding.rows[0].row, finding.feedback)
        })
        .collect()
}

fn answer(state: ReferralState, day: i8) -> Option<Feedback> {
    Some(Feedback {
        date: Some(date(2026, 8, day)),
        state,
        reason: (state == ReferralState::Refused).then_some(ReasonCode::Income),
    })
}

#[test]
fn each_row_gets_its_answer_or_none() {
    let own = [
        sent(2, 1, LETTER),
        sent(3, 2, LETTER),
        sent(4, 3, LETTER),
        // The same person in another letter, of which the other agency knows nothing.
        sent(5, 1, OTHER),
        sent(6, 4, "某检救助移〔2026〕19号"),
    ];
    let theirs = [
        received(2, 1, "某检救助移(2026)17号", ReferralState::Helped, Some(3)),
        received(
            3,
            2,
            "某检救助移［２０２６］17 号",
            ReferralState::Refused,
            Some(4),
        ),
        // A letter that the procuratorate did not write so, and a person whom it did not refer.
        received(4, 4, "某检救助移2026-19号", ReferralState::Accepted, Some(5)),
        received(5, 9, LETTER, ReferralState::NotFound, Some(6)),
    ];
    let outcome = ask(&referrals(), &own, &theirs).unwrap();
    assert_eq!(
        shown(&outcome),
        [
            (2, answer(ReferralState::Helped, 3)),
            (3, answer(ReferralState::Refused, 4)),
            (4, None),
            (5, None),
            (6, None),
        ]
    );
    let first = &outcome.findings[0];
    assert_eq!(first.letter.as_ref().unwrap().as_str(), LETTER);
    assert_eq!(first.peer.as_deref(), Some("某县民政局"));
    assert_eq!(first.months, [month("2026-07")]);
}

#[test]
fn only_agreed_fields_are_told() {
    let mut agreement = referrals();
    agreement.label.as_mut().unwrap().fields = vec![LabelField::State];
    let own = [sent(2, 1, LETTER)];
    let theirs = [received(2, 1, LETTER, ReferralState::Refused, Some(3))];
    let told = shown(&ask(&agreement, &own, &theirs).unwrap());
    let state = Feedback {
        date: None,
        state: ReferralState::Refused,
        reason: None,
    };
    assert_eq!(told, [(2, Some(state))]);
}

#[test]
fn the_latest_step_is_told() {
    let own = [sent(2, 1, LETTER)];
    let steps = [
        received(2, 1, LETTER, ReferralState::Helped, Some(9)),
        received(3, 1, LETTER, ReferralState::Acknowledged, None),
        received(4, 1, LETTER, ReferralState::Accepted, Some(2)),
        // The same row twice, as exports have it.
        received(5, 1, LETTER, ReferralState::Helped, Some(9)),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2]] {
        let theirs = order.map(|index: usize| steps[index].clone());
        let told = shown(&ask(&referrals(), &own, &theirs).unwrap());
        assert_eq!(told, [(2, answer(ReferralState::Helped, 9))]);
    }
}

#[test]
fn two_answers_of_one_day_are_refused_with_their_rows() {
    for (day, other) in [(Some(9), ReferralState::Helped), (None, ReferralState::NotFound)] {
        let theirs = [
            received(7, 1, LETTER, other, day),
            received(4, 1, LETTER, ReferralState::Refused, day),
            received(2, 2, LETTER, ReferralState::Refused, day),
        ];
        match ask(&referrals(), &[sent(2, 1, LETTER)], &theirs).unwrap_err() {
            error @ Error::ReferralContradiction { .. } => {
                assert_eq!(error.params(), [("rows", "1/1/4, 1/1/7".to_owned())])
            }
            other => panic!("{other}"),
        }
    }
    // Two reasons on one day are two answers as well.
    let mut theirs = [4, 5].map(|row| received(row, 1, LETTER, ReferralState::Refused, Some(9)));
    theirs[1].referral.as_mut().unwrap().reason = Some(ReasonCode::Other);
    assert!(matches!(
        ask(&referrals(), &[], &theirs),
        Err(Error::ReferralContradiction { .. })
    ));
}

#[test]
fn a_register_of_letters_is_complete() {
    let incomplete = |record: AidRecord, me: usize| match set(&referrals(), me, 0, &[record]).err().unwrap() {
        Error::ReferralIncomplete { row, field } => (row.row, field),
        other => panic!("{other}"),
    };
    let bare = |record: AidRecord| AidRecord {
        referral: None,
        ..record
    };
    assert_eq!(incomplete(bare(sent(3, 1, LETTER)), 0), (3, "letter"));
    let arrived = || received(4, 1, LETTER, ReferralState::Refused, None);
    assert_eq!(incomplete(bare(arrived()), 1), (4, "letter"));
    let with = |change: fn(&mut Referral)| {
        let mut record = arrived();
        change(record.referral.as_mut().unwrap());
        record
    };
    assert_eq!(incomplete(with(|r| r.state = None), 1), (4, "state"));
    assert_eq!(incomplete(with(|r| r.reason = None), 1), (4, "reason"));
}

/// Letters of others are nobody's business, and rows of other programmes are no letters.
#[test]
fn only_letters_between_the_two_are_entered() {
    let with_other = |record: AidRecord, other| {
        let referral = Referral {
            other,
            ..record.referral.clone().unwrap()
        };
        AidRecord {
            referral: Some(referral),
            ..record
        }
    };
    let roles = [
        None,
        Some(AgencyRole::Procuratorate),
        Some(AgencyRole::CivilAffairs),
        Some(AgencyRole::Court),
    ];
    let entered = |me: usize, record: &AidRecord| {
        roles.map(|other| {
            set(&referrals(), me, 0, &[with_other(record.clone(), other)])
                .unwrap()
                .len()
        })
    };
    let arrived = received(2, 1, LETTER, ReferralState::Helped, Some(1));
    assert_eq!(entered(0, &sent(2, 1, LETTER)), [1, 0, 1, 0]);
    assert_eq!(entered(1, &arrived), [1, 1, 0, 0]);
    // Each side's own programme only.
    assert_eq!(entered(1, &sent(2, 1, LETTER)), [0; 4]);
    assert_eq!(entered(0, &arrived), [0; 4]);
    let withdrawn = sent(2, 1, LETTER).status(Status::Cancelled);
    assert_eq!(set(&referrals(), 0, 0, &[withdrawn]).unwrap().len(), 0);
    let roll = AidRecord {
        referral: arrived.referral,
        ..record(2, 1, "minimum_living", "2026-07")
    };
    assert_eq!(set(&referrals(), 1, 0, &[roll]).unwrap().len(), 0);
}

/// The referrer asks about letters of the selected months; one sent on the last day may arrive after them.
#[test]
fn a_letter_may_arrive_in_a_later_month() {
    let on = |record: AidRecord, day: &str| {
        let period = hefu_casework::Period::OneOff(day.parse().unwrap());
        AidRecord { period, ..record }
    };
    let arrived = received(2, 1, LETTER, ReferralState::Helped, Some(1));
    for (day, own, theirs) in [
        ("2026-06-30", 0, 0),
        ("2026-07-01", 1, 1),
        ("2026-09-30", 1, 1),
        ("2026-10-04", 0, 1),
        ("2027-02-01", 0, 1),
    ] {
        let count = |me, record| set(&referrals(), me, 0, &[record]).unwrap().len();
        assert_eq!(count(0, on(sent(2, 1, LETTER), day)), own, "{day}");
        assert_eq!(count(1, on(arrived.clone(), day)), theirs, "{day}");
    }
}

#[test]
fn elements_are_those_of_the_protocol() {
    let own = set(&referrals(), 0, 0, &[sent(2, 1, "〔2026〕a 1号")]).unwrap();
    let element = own.bytes();
    let letter = ring::digest::digest(&ring::digest::SHA256, "(2026)A1号".as_bytes());
    let person = person(1).stored();
    let expected = [&[58, 3, 22][..], &person, &[6, 32], letter.as_ref(), &[0; 37]].concat();
    assert_eq!(element.as_slice(), expected);
}

/// The other agency may know a person by the one number or the other, or by both as if they were two people.
#[test]
fn a_person_with_two_numbers_gets_the_latest_answer() {
    let mut aliases = AliasTable::new();
    aliases.add(&person(1), &person(5));
    let agreement = referrals();
    let own = |records: &[AidRecord]| {
        let records = &mut records.iter().cloned();
        elements(&agreement, &RuleSet::national(), 0, 0, &aliases, records).unwrap()
    };
    let own = own(&[sent(2, 1, LETTER), sent(3, 5, LETTER)]);
    assert_eq!(own.len(), 2);
    let terms = agreement.label.as_ref().unwrap();
    let label = |state, day| hefu_casework::label_bytes(terms, &answer(state, day).unwrap());
    let (early, late) = (label(ReferralState::Accepted, 2), label(ReferralState::Helped, 9));
    for (matched, labels, expected) in [
        (vec![], vec![], None),
        (vec![0], early.clone(), answer(ReferralState::Accepted, 2)),
        (vec![1], late.clone(), answer(ReferralState::Helped, 9)),
        (
            vec![0, 1],
            [early.clone(), late.clone()].concat(),
            answer(ReferralState::Helped, 9),
        ),
        (
            vec![0, 1],
            [late, early].concat(),
            answer(ReferralState::Helped, 9),
        ),
    ] {
        let outcome = findings(&agreement, 0, &own, &matched, &labels, MATCHED).unwrap();
        assert_eq!(shown(&outcome), [(2, expected)]);
        let rows: Vec<_> = outcome.findings[0]
            .rows
            .iter()
            .map(|row: &RowId| row.row)
            .collect();
        assert_eq!(rows, [2, 3], "one person in one letter is one finding");
    }
}

#[test]
fn labels_belong_to_their_matches() {
    let agreement = referrals();
    let own = set(&agreement, 0, 0, &[sent(2, 1, LETTER)]).unwrap();
    let learn = |matched: &[u32], labels: &[u8]| {
        findings(&agreement, 0, &own, matched, labels, MATCHED)
            .err()
            .unwrap()
            .code()
    };
    for bytes in [0, 31, 33, 64] {
        assert_eq!(learn(&[0], &vec![0; bytes]), "label_count");
    }
    assert_eq!(learn(&[], &[0; 32]), "label_count");
    assert_eq!(learn(&[0], &[0; 32]), "label");
    let answer = hefu_casework::label_bytes(
        agreement.label.as_ref().unwrap(),
        &answer(ReferralState::Helped, 1).unwrap(),
    );
    assert_eq!(learn(&[1], &answer), "no_such_element");
    // And where none were agreed there are none.
    let agreement = by_person(
        hefu_casework::Purpose::Leads,
        &["case_victim"],
        &["disability_holder"],
    );
    let own = set(&agreement, 0, 0, &[record(2, 1, "case_victim", "2026-07")]).unwrap();
    assert!(own.labels().is_empty());
    let error = findings(&agreement, 0, &own, &[0], &[0; 32], MATCHED)
        .err()
        .unwrap();
    assert_eq!(error.code(), "label_count");
}

/// Letter and person by small numbers, so that they meet, repeat and miss.
fn letter(n: u32) -> String {
    format!("某检移〔2026〕{n}号")
}

proptest! {
    /// Against a plain join by letter and person, the latest day winning.
    #[test]
    fn every_row_is_told_what_a_plain_join_finds(
        own in prop::collection::vec((0u32..4, 0u32..5), 0..20),
        theirs in prop::collection::vec((0u32..4, 0u32..5, 0usize..6, prop::option::of(1i8..28)), 0..20),
    ) {
        let mut latest: BTreeMap<(u32, u32), Option<Feedback>> = BTreeMap::new();
        let mut contradicts = false;
        for (l, p, state, day) in &theirs {
            let feedback = Feedback {
                date: day.map(|day| date(2026, 8, day)),
                ..answer(ReferralState::ALL[*state], 1).unwrap()
            };
            let of_pair = || theirs.iter().filter(|(m, q, ..)| (m, q) == (l, p));
            let last = of_pair().map(|(.., day)| day).max().unwrap();
            contradicts |= of_pair().filter(|(.., d)| d == last).any(|(_, _, s, _)| {
                of_pair().any(|(_, _, other, d)| d == last && s != other)
            });
            if day == last {
                latest.insert((*l, *p), Some(feedback));
            }
        }
        let sent: Vec<_> = (2..).zip(&own).map(|(row, (l, p))| sent(row, *p, &letter(*l))).collect();
        let arrived: Vec<_> = (2..)
            .zip(&theirs)
            .map(|(row, (l, p, state, day))| received(row, *p, &letter(*l), ReferralState::ALL[*state], *day))
            .collect();
        let outcome = ask(&referrals(), &sent, &arrived);
        if contradicts {
            let refused = matches!(outcome, Err(Error::ReferralContradiction { .. }));
            prop_assert!(refused);
            return Ok(());
        }
        let outcome = outcome.unwrap();
        let mut told = 0;
        for finding in &outcome.findings {
            for row in &finding.rows {
                let (l, p) = own[row.row as usize - 2];
                prop_assert_eq!(finding.feedback, latest.get(&(l, p)).copied().flatten());
                prop_assert_eq!(finding.letter.clone(), LetterNo::new(&letter(l)));
                prop_assert_eq!(&finding.person, &person(p));
                told += 1;
            }
        }
        prop_assert_eq!(told, own.len(), "every row once");
    }
}
