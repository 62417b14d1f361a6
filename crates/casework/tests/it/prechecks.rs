//! Checks before a payment: what is entered has one size, and what comes of it is what a join says.

use std::collections::BTreeSet;

use crate::common::*;
use hefu_casework::precheck::{
    Authority, Checked, Intended, Mistake, NotCompared, Request, Verdict, When, check_elements, checked,
};
use hefu_casework::{
    Agreement, CaseNumber, CauseCode, Error, KeyKind, Purpose, RuleId, RuleSet, Text, Wrong,
};
use hefu_identity::AliasTable;
use jiff::civil::date;

const BATCH: u64 = 64;

/// Civil affairs asks before it pays; the federation answers.
fn checks(own: &[&str], peer: &[&str], rules: &[&str]) -> Agreement {
    let mut agreement = agreement(own, peer, rules);
    agreement.purpose = Purpose::Precheck;
    agreement.receivers = vec![0];
    agreement.checks_a_day = Some(20);
    agreement.parties[0].max_elements = BATCH;
    agreement
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn request(people: Vec<Intended>) -> Result<Request, Error> {
    let authority = Authority::Consent {
        document: text("授权书〔2026〕1号"),
    };
    Request::new(people, authority, text("申请〔2026〕1号"))
}

/// `when` is `2026-07`, `2026-07..2026-08` with the last month included, or a day.
fn intended(who: u32, programme: &str, when: &str) -> Intended {
    let when = match (when.split_once(".."), when.len()) {
        (Some((from, until)), _) => When::Months {
            from: month(from),
            until: month(until),
        },
        (None, 7) => When::Months {
            from: month(when),
            until: month(when),
        },
        _ => When::Day {
            day: when.parse().unwrap(),
        },
    };
    Intended {
        person: person(who),
        programme: code(programme),
        when,
        case: None,
        cause: None,
    }
}

/// Bytes that no other seed gives.
fn drawn(seed: u8) -> impl FnOnce(&mut [u8]) {
    move |bytes: &mut [u8]| {
        for (block, index) in bytes.chunks_mut(32).zip(0u16..) {
            let [high, low] = index.to_be_bytes();
            let digest = ring::digest::digest(&ring::digest::SHA256, &[seed, high, low]);
            block.copy_from_slice(&digest.as_ref()[..block.len()]);
        }
    }
}

/// What the receiver learns where the sender has these records.
fn learned(agreement: &Agreement, request: &Request, theirs: &[hefu_casework::AidRecord]) -> Vec<Checked> {
    agreement.validate().unwrap();
    let (rules, none) = (RuleSet::national(), AliasTable::new());
    let own = check_elements(agreement, &rules, 0, &none, request, drawn(1)).unwrap();
    assert_eq!(own.len() as u64, agreement.parties[0].max_elements);
    let other = set(agreement, 1, 0, theirs).unwrap();
    let matched = matched(&own, &other);
    checked(agreement, &rules, 0, &none, request, &own, &matched).unwrap()
}

fn verdicts(checked: &[Checked]) -> Vec<Verdict> {
    checked.iter().map(|each| each.verdict).collect()
}

#[test]
fn a_check_of_any_number_of_people_enters_as_many_elements() {
    let agreement = checks(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    let (rules, none) = (RuleSet::national(), AliasTable::new());
    for people in [1, 2, 20] {
        let people = (1..=people).map(|who| intended(who, "extreme_poverty", "2026-07..2026-09"));
        let request = request(people.collect()).unwrap();
        let set = check_elements(&agreement, &rules, 0, &none, &request, drawn(1)).unwrap();
        assert_eq!((set.len() as u64, set.bytes().len()), (BATCH, 64 * 96));
        let all: BTreeSet<Vec<u8>> = set.bytes().chunks(96).map(<[u8]>::to_vec).collect();
        assert_eq!(all.len() as u64, BATCH, "no element twice");
        // A real one says how long it is; none is as long as the others say.
        let nobody = all.iter().filter(|element| element[0] == 0xFF).count();
        assert_eq!(nobody, 64 - 3 * request.people());
        assert!(all.iter().all(|element| element[0] == 0xFF || element[0] < 96));
        // Any part of the set is that part of the whole.
        for part in [0..5, 0..64, 3..61, 60..64, 60..99, 64..70] {
            let whole = set.bytes();
            let expected = &whole[part.start.min(64) * 96..part.end.min(64) * 96];
            assert_eq!(*set.chunk(part), expected);
        }
    }
    // Three months each: 21 people and a month would not fit either, were they let in.
    let people: Vec<_> = (1..=20)
        .map(|who| intended(who, "extreme_poverty", "2026-07..2026-09"))
        .collect();
    let mut small = agreement;
    small.parties[0].max_elements = 59;
    let error = check_elements(&small, &rules, 0, &none, &request(people).unwrap(), drawn(1)).err();
    assert!(matches!(
        error,
        Some(Error::TooManyElements {
            elements: 60,
            max: 59
        })
    ));
}

#[test]
fn what_stands_for_nobody_meets_nobody() {
    let agreement = checks(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    let (rules, none) = (RuleSet::national(), AliasTable::new());
    let request = request(vec![intended(1, "extreme_poverty", "2026-07")]).unwrap();
    let own = check_elements(&agreement, &rules, 0, &none, &request, drawn(1)).unwrap();
    // A roll of everybody that there is.
    let roll: Vec<_> = (1..1000)
        .map(|who| record(who.into(), who, "disabled_care", "2026-07..2026-10"))
        .collect();
    let other = set(&agreement, 1, 0, &roll).unwrap();
    assert_eq!(matched(&own, &other), [0]);
    // Another draw is another set: whoever has one of them has not come by it honestly.
    let again = check_elements(&agreement, &rules, 0, &none, &request, drawn(2)).unwrap();
    assert_eq!(matched(&own, &again), [0]);
    let error = checked(&agreement, &rules, 0, &none, &request, &own, &[0, 1]).unwrap_err();
    assert!(matches!(
        error,
        Error::NoSuchElement {
            position: 1,
            elements: 1
        }
    ));
}

#[test]
fn only_what_would_break_a_rule_in_that_month_shows() {
    let agreement = checks(
        &["extreme_poverty", "orphan"],
        &["disabled_care", "disabled_living"],
        &["X3", "X5"],
    );
    let people = vec![
        // Beside the care subsidy: X3.
        intended(1, "extreme_poverty", "2026-08..2026-09"),
        // An orphan's care subsidy is lawful, and must not show.
        intended(2, "orphan", "2026-07"),
        // The same person in another month.
        intended(3, "extreme_poverty", "2026-07"),
        // On no roll.
        intended(4, "extreme_poverty", "2026-07"),
        // The living subsidy with an orphan's: X5.
        intended(5, "orphan", "2026-09"),
        // Outside the months agreed on.
        intended(1, "extreme_poverty", "2026-12"),
    ];
    let roll = [
        record(2, 1, "disabled_care", "2026-09..2026-10"),
        record(3, 2, "disabled_care", "2026-07..2026-10"),
        record(4, 3, "disabled_care", "2026-08..2026-10"),
        record(5, 5, "disabled_living", "2026-07..2026-10"),
    ];
    let learned = learned(&agreement, &request(people).unwrap(), &roll);
    assert_eq!(
        verdicts(&learned),
        [
            Verdict::WouldBreak,
            Verdict::NoRecord,
            Verdict::NoRecord,
            Verdict::NoRecord,
            Verdict::WouldBreak,
            Verdict::CannotFind,
        ]
    );
    let hits: Vec<_> = learned
        .iter()
        .flat_map(|each| each.hits.iter().map(|hit| (each.person, hit)))
        .map(|(person, hit)| {
            (
                person,
                hit.rule.as_ref().map(ToString::to_string),
                hit.months.clone(),
            )
        })
        .collect();
    assert_eq!(
        hits,
        [
            (1, Some("X3".to_owned()), vec![month("2026-09")]),
            (5, Some("X5".to_owned()), vec![month("2026-09")]),
        ]
    );
    assert_eq!(
        learned[5].cannot_find,
        [NotCompared {
            rule: None,
            reason: "not_covered".to_owned()
        }]
    );
    assert!(learned[..5].iter().all(|each| each.cannot_find.is_empty()));
}

#[test]
fn what_could_not_be_compared_is_not_said_to_be_absent() {
    // Case numbers in two forms never meet.
    let mut agreement = judicial([Some("a"), Some("b")]);
    agreement.purpose = Purpose::Precheck;
    agreement.receivers = vec![0];
    agreement.checks_a_day = Some(20);
    agreement.parties[0].max_elements = BATCH;
    let meant = Intended {
        case: CaseNumber::new("(2026)某刑初1号"),
        ..intended(1, "judicial_procuratorate", "2026-07-15")
    };
    let theirs = [record(2, 1, "judicial_court", "2026-07-01").case("(2026)某刑初1号")];
    let reason = |learned: &[Checked]| {
        let [checked] = learned else { panic!("one person") };
        assert!(checked.hits.is_empty());
        (checked.verdict, checked.cannot_find[0].reason.clone())
    };
    let request = request(vec![meant.clone()]).unwrap();
    assert_eq!(
        reason(&learned(&agreement, &request, &theirs)),
        (Verdict::CannotFind, "case_schemes_differ".to_owned())
    );
    // In one form they do; without one there is nothing to meet by.
    agreement.parties[1].case_scheme = Some("a".to_owned());
    let met = learned(&agreement, &request, &theirs);
    assert_eq!(verdicts(&met), [Verdict::WouldBreak]);
    let without = Request::new(
        vec![Intended { case: None, ..meant }],
        request.about().authority,
        text("申请〔2026〕2号"),
    )
    .unwrap();
    assert_eq!(
        reason(&learned(&agreement, &without, &theirs)),
        (Verdict::CannotFind, "case_missing".to_owned())
    );
}

#[test]
fn with_person_keys_it_says_who_is_listed_and_no_more() {
    let mut agreement = checks(&["minimum_living"], &["disability_holder"], &[]);
    agreement.key_kind = KeyKind::Person;
    let people = vec![
        intended(1, "minimum_living", "2026-07"),
        intended(2, "minimum_living", "2026-07"),
    ];
    let roll = [record(2, 2, "disability_holder", "2026-09")];
    let learned = learned(&agreement, &request(people).unwrap(), &roll);
    assert_eq!(verdicts(&learned), [Verdict::NoRecord, Verdict::Listed]);
    assert_eq!(learned[1].hits[0].rule, None);
}

#[test]
fn a_person_with_two_numbers_is_asked_after_under_both() {
    let agreement = checks(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    let mut aliases = AliasTable::new();
    aliases.add(&person(1), &person(901));
    let rules = RuleSet::national();
    let request = request(vec![intended(901, "extreme_poverty", "2026-07")]).unwrap();
    let own = check_elements(&agreement, &rules, 0, &aliases, &request, drawn(1)).unwrap();
    let other = set(&agreement, 1, 0, &[record(2, 1, "disabled_care", "2026-07")]).unwrap();
    let matched = matched(&own, &other);
    let learned = checked(&agreement, &rules, 0, &aliases, &request, &own, &matched).unwrap();
    assert_eq!(verdicts(&learned), [Verdict::WouldBreak]);
    // What was asked is what stays on record, masked.
    assert_eq!(request.about().people[0].person, person(901).masked());
}

#[test]
fn a_request_is_of_one_to_twenty_people() {
    let people = |count: u32| -> Vec<_> {
        (1..=count)
            .map(|who| intended(who, "orphan", "2026-07"))
            .collect()
    };
    for count in [0, 21] {
        let Err(Error::Precheck(mistake)) = request(people(count)) else {
            panic!("{count} people are refused")
        };
        assert_eq!(
            mistake,
            Mistake::People {
                people: count as usize,
                max: 20
            }
        );
    }
    assert!(request(people(1)).is_ok() && request(people(20)).is_ok());
    let wrong = |people| match request(people) {
        Err(Error::Precheck(Mistake::Person { person, field, wrong })) => (person, field, wrong),
        _ => panic!("it is refused for a person"),
    };
    assert_eq!(
        wrong(vec![
            intended(1, "orphan", "2026-07"),
            intended(1, "orphan", "2026-07")
        ]),
        (2, "number", Wrong::Repeated)
    );
    assert_eq!(
        wrong(vec![intended(1, "orphan", "2026-08..2026-07")]),
        (1, "until", Wrong::OutOfRange)
    );
    let long = Intended {
        case: CaseNumber::new(&"案".repeat(101)),
        ..intended(1, "orphan", "2026-07")
    };
    assert_eq!(wrong(vec![long]), (1, "case", Wrong::TooLong));
}

#[test]
fn a_request_comes_back_as_it_was_kept_and_nothing_else_does() {
    let people = vec![
        Intended {
            case: CaseNumber::new("(2026)某刑初1号"),
            cause: Some(CauseCode::Illness),
            ..intended(1, "temporary", "2026-07-15")
        },
        intended(2, "orphan", "2026-07..2026-09"),
    ];
    let authority = Authority::Duty {
        law: text("社会救助暂行办法"),
        article: text("第五十八条"),
        document: text("申请〔2026〕1号"),
    };
    let request = Request::new(people, authority, text("档〔2026〕1号")).unwrap();
    let mut aliases = AliasTable::new();
    aliases.add(&person(2), &person(902));
    aliases.add(&person(3), &person(903));
    let bytes = request.to_bytes(&aliases);
    let (again, known) = Request::from_bytes(&bytes).unwrap();
    assert!(again == request);
    // Who is not asked after is nobody's business here.
    let groups: Vec<Vec<_>> = known.groups().map(<[_]>::to_vec).collect();
    assert!(groups == [vec![person(2), person(902)]]);
    assert!(*again.to_bytes(&known) == *bytes);
    assert!(Request::from_bytes(&bytes[1..]).is_none());
    assert!(Request::from_bytes(b"[]").is_none());
    // What stays has no number in it.
    let about = serde_json::to_string(&request.about()).unwrap();
    for who in [1, 2] {
        let number = String::from_utf8(person(who).canonical().to_vec()).unwrap();
        assert!(!about.contains(&number) && about.contains(&person(who).masked()));
    }
    assert_eq!(request.about().people[0].when.to_string(), "2026-07-15");
    assert_eq!(request.about().people[1].when.to_string(), "2026-07..2026-09");
}

#[test]
fn an_agreement_on_checks_fits_together_in_every_part() {
    let right = checks(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    right
        .check_against(&RuleSet::national(), date(2026, 10, 1))
        .unwrap();
    let text = String::from_utf8(right.canonical_bytes()).unwrap();
    assert!(text.contains("\"checks_a_day\":20"));
    assert!(Agreement::parse(text.as_bytes()).unwrap() == right);
    type Change = fn(&mut Agreement);
    let changes: &[(&str, Wrong, Change)] = &[
        ("checks_a_day", Wrong::Missing, |a| a.checks_a_day = None),
        ("checks_a_day", Wrong::OutOfRange, |a| a.checks_a_day = Some(0)),
        ("checks_a_day", Wrong::OutOfRange, |a| a.checks_a_day = Some(1001)),
        ("checks_a_day", Wrong::NotAllowed, |a| {
            a.purpose = Purpose::Duplicates
        }),
        ("receivers", Wrong::NotAllowed, |a| a.receivers = vec![0, 1]),
        ("parties.max_elements", Wrong::OutOfRange, |a| {
            a.parties[0].max_elements = 4097
        }),
        ("key_kind", Wrong::NotAllowed, |a| a.key_kind = KeyKind::Referral),
        ("rules", Wrong::NotAllowed, |a| a.key_kind = KeyKind::Person),
    ];
    for (field, wrong, change) in changes {
        let mut agreement = right.clone();
        change(&mut agreement);
        match agreement.validate().unwrap_err() {
            Error::Agreement { field: f, wrong: w } => assert_eq!((f, w), (*field, *wrong)),
            other => panic!("{other}"),
        }
    }
    // An agreement of before says nothing of checks, and its digest stays.
    let before = agreement(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    let text = String::from_utf8(before.canonical_bytes()).unwrap();
    assert!(!text.contains("checks_a_day"));
    assert_eq!(right.rules, [RuleId::new("X3").unwrap()]);
}
