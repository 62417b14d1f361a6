//! What a hostile officer or peer must not reach.

use hefu_casework::{
    Care, Error, Event, Hex, Known, Month, RuleId, Text,
    calendar::{DayUnit, Deadline},
    clue::{Checked, Clue, ClueAct, ClueKind, ClueOpening},
    inquiry::{Act, Inquiry, Opening, Term},
};
use jiff::{Timestamp, civil::date};

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn event<A>(minute: i64, by: &str, act: A) -> Event<A> {
    let at = "2026-11-02T04:00:00Z".parse::<Timestamp>().unwrap();
    Event {
        at: Timestamp::from_second(at.as_second() + 60 * minute).unwrap(),
        by: text(by),
        on: date(2026, 11, 2),
        act,
    }
}

fn drafted() -> Inquiry {
    let care = Care {
        protected: true,
        minor: Known::No,
        disabled: Known::No,
    };
    Inquiry::new(Opening {
        on: date(2026, 11, 2),
        by: text("丙"),
        care: Hex(care.stored()),
        rule: Some(RuleId::new("X1").unwrap()),
        months: vec![Month::new(2026, 7).unwrap()],
        document: text("某民协查〔2026〕1号"),
        question: None,
        term: Term {
            days: 5,
            unit: DayUnit::Natural,
            until: Some(date(2026, 12, 2)),
        },
    })
    .unwrap()
}

/// A number leaves only after two different people: not after one who types a compatibility ideograph.
#[test]
fn one_officer_is_one_however_the_name_is_encoded() {
    for (once, again) in [
        ("李科长", "\u{f9e1}科长"),
        ("你", "\u{2f804}"),
        ("王科长", "王科长\u{2800}"),
        ("STRASSE", "straße"),
    ] {
        assert!(text::<64>(once).is_same_person(&text(again)), "{once}");
        let mut inquiry = drafted();
        inquiry.record(&event(1, once, Act::Approved {})).unwrap();
        let due = Deadline::stated(5, DayUnit::Natural, date(2026, 12, 2));
        let released = inquiry.record(&event(2, again, Act::Released { due }));
        assert!(
            matches!(released, Err(Error::SameApprover)),
            "{once}: {released:?}"
        );
    }
}

#[test]
fn who_closed_a_clue_does_not_reopen_it_under_a_wider_name() {
    for again in ["王科长 ", "王科长\u{3000}"] {
        let mut clue = Clue::new(ClueOpening {
            number: text("线索1号"),
            on: date(2026, 11, 2),
            kind: ClueKind::Omission,
            round: Hex([1; 32]),
            finding: 1,
        });
        clue.record(&event(1, "王科长", ClueAct::Taken {})).unwrap();
        let checked = ClueAct::Checked {
            result: Checked::NotEligible {},
            text: text("已查"),
        };
        clue.record(&event(2, "王科长", checked)).unwrap();
        let reopened = clue.record(&event(
            3,
            again,
            ClueAct::Reopened {
                reason: text("理由")
            },
        ));
        assert!(
            matches!(reopened, Err(Error::SameRejecter)),
            "{again:?}: {reopened:?}"
        );
    }
}

/// Five days do not end in the year 9999: a notice that says so keeps the person's case open for ever, and a question that
/// says so is never late, never closed, and keeps every other question about the finding away.
#[test]
fn a_stated_last_day_is_near_the_period() {
    let mut inquiry = drafted();
    inquiry.record(&event(1, "甲", Act::Approved {})).unwrap();
    let due = Deadline::stated(5, DayUnit::Working, date(9999, 12, 31));
    let released = inquiry.record(&event(2, "乙", Act::Released { due }));
    assert!(matches!(released, Err(Error::Deadline { .. })), "{released:?}");
}

/// The case number of a protected person is for whoever is in charge (protocol-docs/reviews.md).
#[test]
fn a_case_number_is_withheld_in_a_clue_as_in_a_finding() {
    use hefu_casework::matter;
    let case = text("（2026）某检救助7号");
    let act = matter::Act::Clue(ClueAct::Accepted { case });
    let shown = serde_json::to_string(&act.without_free_text()).unwrap();
    assert!(!shown.contains("某检救助7号"), "{shown}");
}
