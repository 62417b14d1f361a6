//! The text, what it comes to in a round, and when rounds are.

use hefu_casework::conference::{Framework, Schedule, Times, Under, narrow};
use hefu_casework::{Agreement, Error, Purpose, Wrong, canonical};
use jiff::civil::date;

use super::*;
use crate::common::months;

#[test]
fn a_text_that_holds_is_read_as_it_was_written() {
    let bytes = framework().canonical_bytes();
    assert_eq!(Framework::parse(&bytes).unwrap(), framework());
    assert_eq!(
        framework().annex(&Hex(pair(1, 2).digest())).unwrap().code,
        text("附件1")
    );
    assert!(framework().annex(&Hex([0; 32])).is_none());
    let other = Framework {
        smallest: 6,
        ..framework()
    };
    assert_ne!(other.digest(), framework().digest());
}

#[test]
fn a_text_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Framework);
    let wrong: [(Change, &str, Wrong); 27] = [
        (|f| f.version = 2, "version", Wrong::Unsupported),
        (|f| f.edition = 0, "edition", Wrong::OutOfRange),
        (|f| f.edition = 2, "edition", Wrong::OutOfRange),
        (|f| f.amends = Some(Hex([0; 32])), "edition", Wrong::OutOfRange),
        (
            |f| f.office.role = AgencyRole::Court,
            "office.role",
            Wrong::NotAllowed,
        ),
        (|f| f.office.name = " ".into(), "office.name", Wrong::Missing),
        (|f| f.members.truncate(1), "members", Wrong::OutOfRange),
        (
            |f| f.members = (10..27).map(seat).collect(),
            "members",
            Wrong::OutOfRange,
        ),
        (
            |f| f.members[0].role = AgencyRole::ConferenceOffice,
            "members.role",
            Wrong::NotAllowed,
        ),
        (
            |f| f.members[0].name = "甲\n乙".into(),
            "members.name",
            Wrong::NotAllowed,
        ),
        (
            |f| f.members[0].name = f.members[1].name.clone(),
            "members.name",
            Wrong::Repeated,
        ),
        (
            |f| f.members[0].node_key = f.members[1].node_key,
            "members.node_key",
            Wrong::Repeated,
        ),
        (
            |f| f.members[0].node_key = node(OFFICE),
            "members.node_key",
            Wrong::Repeated,
        ),
        (|f| f.annexes.clear(), "annexes", Wrong::OutOfRange),
        (
            |f| f.annexes[0].code = f.annexes[1].code.clone(),
            "annexes.code",
            Wrong::Repeated,
        ),
        (
            |f| f.annexes[0].agreement = f.annexes[1].agreement.clone(),
            "annexes.agreement",
            Wrong::Repeated,
        ),
        (
            |f| drop(f.members.remove(0)),
            "annexes.agreement.parties",
            Wrong::Unknown,
        ),
        (
            |f| f.members[0].role = AgencyRole::Court,
            "annexes.agreement.parties",
            Wrong::Unknown,
        ),
        (
            |f| f.valid_from = date(2026, 10, 2),
            "annexes.agreement.expires",
            Wrong::OutOfRange,
        ),
        (
            |f| f.expires = date(2027, 9, 29),
            "annexes.agreement.expires",
            Wrong::OutOfRange,
        ),
        (
            |f| f.annexes[0].agreement.number = "号".repeat(241),
            "annexes.agreement.number",
            Wrong::TooLong,
        ),
        (|f| f.schedule.day = 29, "schedule.day", Wrong::OutOfRange),
        (
            |f| f.schedule.freeze_hours = 0,
            "schedule.freeze_hours",
            Wrong::OutOfRange,
        ),
        (
            |f| f.schedule.run_hours = 721,
            "schedule.run_hours",
            Wrong::OutOfRange,
        ),
        (
            |f| f.schedule.review_days = 181,
            "schedule.review_days",
            Wrong::OutOfRange,
        ),
        (|f| f.smallest = 2, "smallest", Wrong::OutOfRange),
        // Thirteen months after 2026-10-01 is 2027-11-01.
        (|f| f.expires = date(2027, 11, 2), "expires", Wrong::OutOfRange),
    ];
    for (change, field, way) in wrong {
        let mut framework = framework();
        change(&mut framework);
        match framework.validate().unwrap_err() {
            Error::Framework { field: f, wrong: w } => assert_eq!((f, w), (field, way)),
            other => panic!("{field}: {other}"),
        }
    }
    let mut longest = framework();
    longest.expires = date(2027, 11, 1);
    longest.validate().unwrap();
}

#[test]
fn an_annex_is_an_agreement_that_can_be_narrowed() {
    let with = |change: &dyn Fn(&mut Agreement)| {
        let mut framework = framework();
        change(&mut framework.annexes[0].agreement);
        framework.validate()
    };
    assert!(matches!(
        with(&|agreement| agreement.retention_days = 0),
        Err(Error::Agreement {
            field: "retention_days",
            ..
        })
    ));
    let checks = with(&|agreement| {
        agreement.purpose = Purpose::Precheck;
        agreement.receivers = vec![0];
        agreement.checks_a_day = Some(5);
        agreement.parties[0].max_elements = 240;
    });
    assert!(matches!(
        checks,
        Err(Error::Framework {
            field: "annexes.agreement.purpose",
            ..
        })
    ));
    let narrowed_before = with(&|agreement| {
        agreement.under = Some(Under {
            framework: Hex([0; 32]),
            annex: Hex([0; 32]),
            round: 1,
            announced: Hex([0; 32]),
            run_until: at("2026-10-20T00:00:00Z"),
        });
    });
    assert!(matches!(
        narrowed_before,
        Err(Error::Framework {
            field: "annexes.agreement.under",
            ..
        })
    ));
}

fn announced(from: &str, to: &str) -> Announced {
    Announced {
        round: 12,
        framework: framework().digest(),
        months: months(from, to),
        annexes: vec![annex(&framework(), 0)],
        freeze_by: at("2026-10-11T01:00:00Z"),
        // In Beijing it is the 14th already.
        run_until: at("2026-10-13T17:00:00Z"),
        review_until: date(2026, 11, 3),
    }
}

#[test]
fn a_round_narrows_months_and_days_and_nothing_else() {
    let of = framework();
    let on = date(2026, 10, 8);
    let narrowed = |from, to| {
        narrow(
            &of.digest(),
            &of.annexes[0],
            &announced(from, to),
            Hex([4; 32]),
            on,
        )
    };
    let expected = Agreement {
        number: "某协〔2026〕1号·第12轮".into(),
        selection: hefu_casework::Selection {
            months: months("2026-08", "2026-10"),
        },
        valid_from: date(2026, 10, 8),
        expires: date(2026, 10, 14),
        under: Some(Under {
            framework: of.digest(),
            annex: Hex(pair(1, 2).digest()),
            round: 12,
            announced: Hex([4; 32]),
            run_until: at("2026-10-13T17:00:00Z"),
        }),
        ..pair(1, 2)
    };
    // The annex has July to September.
    assert_eq!(narrowed("2026-08", "2027-03").unwrap(), expected);
    let spelled = String::from_utf8(canonical::to_vec(&expected)).unwrap();
    assert!(
        spelled.contains(r#""run_until":"2026-10-13T17:00:00Z""#),
        "{spelled}"
    );
    assert_eq!(Agreement::parse(spelled.as_bytes()).unwrap(), expected);
    assert_eq!(expected.lineage(), Hex(pair(1, 2).digest()));
    for (from, to) in [
        ("2026-10", "2027-01"),
        ("2026-01", "2026-07"),
        ("2026-09", "2026-08"),
    ] {
        assert!(
            matches!(
                narrowed(from, to),
                Err(Error::Agreement {
                    field: "selection.months",
                    wrong: Wrong::Missing
                })
            ),
            "{from} {to}"
        );
    }
}

#[test]
fn a_round_lies_within_the_days_of_its_annex() {
    let mut of = framework();
    let tried = |of: &Framework, day| {
        let announced = announced("2026-07", "2026-10");
        narrow(&of.digest(), &of.annexes[0], &announced, Hex([4; 32]), day).is_ok()
    };
    assert!(tried(&of, date(2026, 10, 1)));
    assert!(!tried(&of, date(2026, 9, 30)));
    of.annexes[0].agreement.expires = date(2026, 10, 14);
    assert!(tried(&of, date(2026, 10, 8)));
    of.annexes[0].agreement.expires = date(2026, 10, 13);
    assert!(!tried(&of, date(2026, 10, 8)));
}

/// Reckoned by hand: Beijing is eight hours ahead, so the 8th begins there at 16:00 on the 7th.
#[test]
fn rounds_are_on_their_day_in_beijing() {
    let mut of = framework();
    let next = |of: &Framework, now: &str| {
        of.next_round(at(now)).map(|times| {
            (
                times.announce.to_string(),
                times.freeze_by.to_string(),
                times.run_until.to_string(),
                times.review_until.to_string(),
            )
        })
    };
    let expected = |announce: &str, freeze: &str, run: &str, review: &str| {
        Some((
            announce.to_owned(),
            freeze.to_owned(),
            run.to_owned(),
            review.to_owned(),
        ))
    };
    let october = expected(
        "2026-10-07T16:00:00Z",
        "2026-10-10T16:00:00Z",
        "2026-10-12T16:00:00Z",
        "2026-11-02",
    );
    assert_eq!(next(&of, "2026-10-05T03:00:00Z"), october);
    assert_eq!(next(&of, "2026-10-07T15:59:59Z"), october);
    // The text is not valid before October.
    assert_eq!(next(&of, "2026-08-20T00:00:00Z"), october);
    // On the day itself at once, and to the end of the minute.
    assert_eq!(
        next(&of, "2026-10-08T01:30:00.5Z"),
        expected(
            "2026-10-08T01:30:00.5Z",
            "2026-10-11T01:31:00Z",
            "2026-10-13T01:31:00Z",
            "2026-11-02"
        )
    );
    assert_eq!(
        next(&of, "2026-10-08T15:59:59Z").unwrap().0,
        "2026-10-08T15:59:59Z"
    );
    // The 9th has begun in Beijing: next month, and over the year's end.
    assert_eq!(
        next(&of, "2026-10-08T16:00:00Z").unwrap().0,
        "2026-11-07T16:00:00Z"
    );
    assert_eq!(
        next(&of, "2026-12-09T00:00:00Z"),
        expected(
            "2027-01-07T16:00:00Z",
            "2027-01-10T16:00:00Z",
            "2027-01-12T16:00:00Z",
            "2027-02-02"
        )
    );
    // The 28th is in every month.
    of.schedule.day = 28;
    assert_eq!(
        next(&of, "2027-01-29T00:00:00Z"),
        expected(
            "2027-02-27T16:00:00Z",
            "2027-03-02T16:00:00Z",
            "2027-03-04T16:00:00Z",
            "2027-03-25"
        )
    );
    // From the 28th of September it would run into October, when the text is not valid any more.
    assert_eq!(next(&of, "2027-09-01T00:00:00Z"), None);
}

#[test]
fn times_do_not_run_out_of_the_calendar() {
    let schedule = framework().schedule;
    assert!(schedule.times(Timestamp::MAX).is_none());
    let Times { run_until, .. } = Schedule {
        freeze_hours: 1,
        run_hours: 1,
        ..schedule
    }
    .times(at("2026-12-31T23:59:59Z"))
    .unwrap();
    assert_eq!(run_until, at("2027-01-01T02:00:00Z"));
}

#[test]
fn a_text_and_its_annexes_go_as_other_papers_do() {
    // 64 articles of 256 characters: of three bytes each they are 48 KiB, of four 64 KiB.
    let articles = |c: &str| -> Vec<String> { (0..64).map(|n| format!("{n:02}{}", c.repeat(254))).collect() };
    let refused = |framework: &Framework| match framework.validate() {
        Err(Error::Framework { field, wrong }) => Some((field, wrong)),
        Ok(()) => None,
        Err(other) => panic!("{other}"),
    };
    let mut long = framework();
    long.annexes[0].agreement.legal_basis = articles("𠀀");
    assert_eq!(refused(&long), Some(("annexes.agreement", Wrong::TooLong)));
    let with = |annexes: usize| {
        let mut framework = framework();
        framework.annexes = (0..annexes)
            .map(|n| Annex {
                code: text(&format!("附件{n}")),
                agreement: Agreement {
                    number: format!("某协〔2026〕{n}号"),
                    legal_basis: articles("第"),
                    ..pair(1, 2)
                },
            })
            .collect();
        framework
    };
    assert_eq!(refused(&with(10)), None);
    assert_eq!(refused(&with(11)), Some(("annexes", Wrong::TooLong)));
}
