//! Who reviews and who corrects: somebody else than who decided.

use hefu_casework::{
    Error, Hex, Text,
    review::{
        Act, Corrected, Decided, Decision, Event, Review, ReviewResult, Reviewed, Stage, Surroundings,
        Verdict, Verified,
    },
};
use jiff::civil::date;

fn event(by: &str, act: Act) -> Event {
    Event {
        at: "2026-11-03T04:00:00Z".parse().unwrap(),
        by: text(by),
        on: date(2026, 11, 3),
        act,
    }
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn decided() -> Act {
    Act::Decided(Decided {
        decision: Decision::Lawful {},
        authority: text("某县民政局"),
        document: text("1号"),
        reason: text("核实"),
    })
}

fn reviewed(result: ReviewResult) -> Act {
    Act::Reviewed(Reviewed {
        result,
        authority: text("某县民政局"),
        document: text("2号"),
        reason: text("核实"),
    })
}

fn corrected() -> Act {
    Act::Corrected(Corrected {
        basis: BASIS,
        authority: text("某县民政局"),
        document: text("3号"),
        reason: text("核实"),
    })
}

const BASIS: Hex<32> = Hex([7; 32]);

/// A review that `decider` has brought to a decision.
fn decided_by(decider: &str) -> Review {
    let verified = Act::Verified(Verified {
        result: Verdict::Unclear,
        reason: text("核实"),
    });
    let acts = [
        event(decider, Act::Taken {}),
        event(decider, verified),
        event(decider, decided()),
    ];
    Review::from_events(BASIS, date(2026, 11, 2), Surroundings::default(), &acts).unwrap()
}

/// One actor under two spellings is one person.
#[test]
fn a_second_review_is_not_by_the_same_name_written_otherwise() {
    let names = [
        ("王科长", "王科长 "),
        ("王科长", "王科长\u{3000}"),
        ("王科长", "\u{a0}王科长"),
        ("王科长", "王\u{3000}科长"),
        // CJK COMPATIBILITY IDEOGRAPH-F9E1 and U+674E: one glyph.
        ("李科长", "\u{f9e1}科长"),
        ("Wang1", "Ｗａｎｇ１"),
        ("wang", "Wang"),
    ];
    let upheld = || reviewed(ReviewResult::Upheld {});
    let refused = |(decider, reviewer): &(&str, &str)| {
        [upheld(), corrected()].into_iter().all(|act| {
            matches!(
                decided_by(decider).record(&event(reviewer, act)),
                Err(Error::SamePerson)
            )
        })
    };
    let passed: Vec<_> = names.into_iter().filter(|names| !refused(names)).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[test]
fn whoever_is_in_charge_is_so_under_the_same_name_written_otherwise() {
    let mut review = Review::new(BASIS, date(2026, 11, 2), Surroundings::default());
    review.record(&event("王科长", Act::Taken {})).unwrap();
    let verified = Act::Verified(Verified {
        result: Verdict::Unclear,
        reason: text("核实"),
    });
    review.record(&event("王科长\u{3000}", verified)).unwrap();
    assert_eq!(review.stage(), Stage::Verified);
    assert!(matches!(
        review.record(&event("王科员", decided())),
        Err(Error::NotInCharge)
    ));
}

/// One officer alone would bury a finding for ever. After a second review it is the decision that stands that counts.
#[test]
fn a_correction_is_by_somebody_else_than_whose_decision_stands() {
    let upheld = reviewed(ReviewResult::Upheld {});
    let changed = reviewed(ReviewResult::Changed {
        to: Decision::DataError {},
    });
    for (second, same, another) in [
        (None, "甲", "乙"),
        (Some(upheld), "甲", "乙"),
        (Some(changed), "乙", "甲"),
    ] {
        let mut review = decided_by("甲");
        if let Some(second) = second {
            review.record(&event("乙", second)).unwrap();
        }
        let before = review.stage();
        assert!(matches!(
            review.record(&event(same, corrected())),
            Err(Error::SamePerson)
        ));
        assert_eq!(review.stage(), before);
        review.record(&event(another, corrected())).unwrap();
        assert_eq!(review.stage(), Stage::Corrected);
    }
}
