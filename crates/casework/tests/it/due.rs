//! Until when a finding waits for what. Days are counted by hand from the State Council's notice for 2026: 1 to 7 October
//! are free, Saturday the 10th is worked (国办发明电〔2025〕7号).

use hefu_casework::{
    Care, Hex, Known, Text,
    calendar::Calendar,
    review::{
        Act, Awaited, Decided, Decision, Due, Event, HandedOver, Late, Periods, Review, ReviewResult,
        Reviewed, Surroundings, Verdict, Verified,
    },
};
use jiff::civil::{Date, date};

const MATCHED: Date = date(2026, 9, 28);

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn event(on: Date, by: &str, act: Act) -> Event {
    Event {
        at: format!("{on}T04:00:00Z").parse().unwrap(),
        by: text(by),
        on,
        act,
    }
}

fn taken() -> Event {
    event(date(2026, 10, 8), "甲", Act::Taken {})
}

fn verified() -> Event {
    let act = Act::Verified(Verified {
        result: Verdict::Confirmed,
        reason: text("核对了发放台账"),
    });
    event(date(2026, 10, 12), "甲", act)
}

fn decided() -> Event {
    let act = Act::Decided(Decided {
        decision: Decision::Lawful {},
        authority: text("某县民政局"),
        document: text("某民决〔2026〕1号"),
        reason: text("两项可以同时享受"),
    });
    event(date(2026, 10, 13), "甲", act)
}

fn of_key_group(minor: Known, disabled: Known) -> Care {
    Care {
        minor,
        disabled,
        ..Care::default()
    }
}

fn due(events: &[Event], care: Care) -> Option<Due> {
    Review::from_events(Hex([7; 32]), MATCHED, Surroundings::default(), events)
        .unwrap()
        .due(&care, &Periods::default(), &Calendar::national())
}

#[test]
fn each_step_has_its_period_and_key_groups_a_shorter_one() {
    let usual = of_key_group(Known::No, Known::No);
    let key = of_key_group(Known::Yes, Known::No);
    let (first, second, third) = (vec![], vec![taken()], vec![taken(), verified()]);
    for (events, awaited, days, key_days) in [
        (
            first,
            Awaited::Taking,
            (5, Some(date(2026, 10, 10))),
            (2, Some(date(2026, 9, 30))),
        ),
        (
            second,
            Awaited::Verification,
            (20, Some(date(2026, 11, 4))),
            (10, Some(date(2026, 10, 21))),
        ),
        // 53 days are worked until 24 December; from the 25th on the notice for 2027 may change what is.
        (
            third,
            Awaited::Decision,
            (60, None),
            (30, Some(date(2026, 11, 23))),
        ),
    ] {
        for (care, (days, until)) in [(usual, days), (key, key_days)] {
            let due = due(&events, care).unwrap();
            assert_eq!((due.awaited, due.days, due.until), (awaited, days, until));
        }
    }
    // Not known is asked, and has the usual period.
    assert_eq!(due(&[], Care::default()), due(&[], usual));
    assert_eq!(due(&[], of_key_group(Known::No, Known::Yes)), due(&[], key));
}

#[test]
fn what_is_decided_waits_for_nothing_and_handing_over_gives_no_new_period() {
    let usual = Care::default();
    assert_eq!(due(&[taken(), verified(), decided()], usual), None);
    let handed = Act::HandedOver(HandedOver {
        to: text("乙"),
        reason: text("轮岗"),
    });
    let handed = event(date(2026, 10, 9), "甲", handed);
    assert_eq!(due(&[taken(), handed], usual), due(&[taken()], usual));
    let returned = Act::Reviewed(Reviewed {
        result: ReviewResult::Returned {},
        authority: text("某市民政局"),
        document: text("某民复〔2026〕1号"),
        reason: text("事实不清"),
    });
    let returned = event(date(2026, 10, 14), "乙", returned);
    let again = due(&[taken(), verified(), decided(), returned], usual).unwrap();
    assert_eq!(
        (again.awaited, again.since),
        (Awaited::Verification, date(2026, 10, 14))
    );
}

#[test]
fn the_last_day_is_in_time_and_an_unknown_calendar_is_said() {
    let calendar = Calendar::national();
    let late = |due: Due, day| due.late_on(day, &calendar);
    let taking = due(&[], Care::default()).unwrap();
    assert_eq!(late(taking, date(2026, 10, 10)), Late::No);
    assert_eq!(late(taking, date(2026, 10, 11)), Late::Yes);
    // Known to be in time, though its last day is not known.
    let decision = due(&[taken(), verified()], Care::default()).unwrap();
    assert_eq!(late(decision, date(2026, 12, 24)), Late::No);
    assert_eq!(late(decision, date(2027, 3, 1)), Late::CannotTell);
    // Five days cannot be over within five days.
    let next = Due {
        since: date(2027, 1, 11),
        until: None,
        ..taking
    };
    assert_eq!(late(next, date(2027, 1, 16)), Late::No);
    assert_eq!(late(next, date(2027, 1, 17)), Late::CannotTell);
}

#[test]
fn periods_are_periods_and_those_of_key_groups_shorter() {
    let usual = Periods::default();
    assert_eq!(usual.wrong(), None);
    for (wrong, field) in [
        (
            Periods {
                take_days: 0,
                ..usual
            },
            "take_days",
        ),
        (
            Periods {
                decide_days: 367,
                ..usual
            },
            "decide_days",
        ),
        (
            Periods {
                key_take_days: 0,
                ..usual
            },
            "key_take_days",
        ),
        (
            Periods {
                key_take_days: 5,
                ..usual
            },
            "key_take_days",
        ),
        (
            Periods {
                take_days: 2,
                ..usual
            },
            "key_take_days",
        ),
        (
            Periods {
                key_verify_days: 21,
                ..usual
            },
            "key_verify_days",
        ),
        (
            Periods {
                key_decide_days: 60,
                ..usual
            },
            "key_decide_days",
        ),
    ] {
        assert_eq!(wrong.wrong(), Some(field));
    }
}
