//! What an office makes of its ledger: an agenda, whether time is kept, and what is drawn to be looked at.

use std::collections::{BTreeMap, BTreeSet};

use hefu_casework::Hex;
use hefu_casework::calendar::Calendar;
use hefu_casework::conference::{
    Draw, Escalation, Head, ItemKind, ItemOutcome, ItemState, Kept, Line, Past, Timed, TimedStep, Why,
    agenda, kept, steps_of,
};
use jiff::civil::{Date, date};

const ON: Date = date(2026, 11, 30);

fn line(item: u8, from: u8, to: u8) -> Line {
    Line {
        item: Hex([item; 16]),
        kind: ItemKind::Finding,
        from: Hex([from; 32]),
        to: Hex([to; 32]),
        letter: None,
        round: Some(1),
        opened: date(2026, 11, 2),
        due: None,
        state: ItemState::Open,
        outcome: None,
        closed: None,
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    }
}

fn settled(line: Line, outcome: ItemOutcome, closed: Date) -> Line {
    Line {
        state: ItemState::Settled,
        outcome: Some(outcome),
        closed: Some(closed),
        ..line
    }
}

fn answered(outcome: ItemOutcome) -> Past {
    Past {
        answered: Some(outcome),
        ..Past::default()
    }
}

#[test]
fn pairs_speak_about_what_is_late_contradictory_or_submitted() {
    let due = |line: Line, due| Line {
        due: Some(due),
        ..line
    };
    let escalated = |line: Line, escalation| Line { escalation, ..line };
    let none = Past::default();
    let all = [
        // Nothing to speak about: open, due on the day itself, settled alike at both, or long over.
        (line(1, 1, 2), none.clone()),
        (due(line(2, 1, 2), ON), none.clone()),
        (
            settled(line(3, 1, 2), ItemOutcome::Stopped, ON),
            answered(ItemOutcome::Referred),
        ),
        (
            due(settled(line(4, 1, 2), ItemOutcome::Lawful, ON), date(2026, 11, 3)),
            none.clone(),
        ),
        // The second pair, of whom the one began this and the other that.
        (due(line(5, 3, 2), date(2026, 11, 20)), none.clone()),
        (due(line(6, 2, 3), date(2026, 11, 10)), none.clone()),
        (
            settled(line(7, 2, 3), ItemOutcome::Lawful, ON),
            answered(ItemOutcome::Recovered),
        ),
        (escalated(line(8, 3, 2), Escalation::Consultation), none.clone()),
        // The first pair: reminded, and late besides; decided, and late again.
        (
            escalated(due(line(9, 1, 2), date(2026, 11, 29)), Escalation::Reminded),
            none.clone(),
        ),
        (
            escalated(due(line(10, 1, 2), date(2026, 11, 28)), Escalation::Decided),
            none.clone(),
        ),
        (escalated(line(11, 1, 2), Escalation::Reminded), none),
        // Both take something, and what was withdrawn the other goes on with; once decided, that is over.
        (
            settled(line(12, 1, 2), ItemOutcome::Stopped, ON),
            answered(ItemOutcome::Stopped),
        ),
        (
            Line {
                state: ItemState::Corrected,
                ..settled(line(13, 1, 2), ItemOutcome::DataError, ON)
            },
            answered(ItemOutcome::Stopped),
        ),
        (
            escalated(
                settled(line(14, 1, 2), ItemOutcome::Stopped, ON),
                Escalation::Decided,
            ),
            answered(ItemOutcome::Stopped),
        ),
    ];
    let topics = agenda(all.iter().map(|(line, past)| (line, past)), ON);
    let told: Vec<_> = topics
        .iter()
        .map(|topic| (topic.line.item.0[0], topic.why.clone(), topic.days_late))
        .collect();
    assert_eq!(
        told,
        [
            (12, vec![Why::Contradictory], 0),
            (13, vec![Why::Contradictory], 0),
            (10, vec![Why::Overdue], 2),
            (9, vec![Why::Overdue, Why::Reminded], 1),
            (11, vec![Why::Reminded], 0),
            (8, vec![Why::Submitted], 0),
            (7, vec![Why::Contradictory], 0),
            (6, vec![Why::Overdue], 20),
            (5, vec![Why::Overdue], 10),
        ]
    );
}

/// By hand. 6 November 2026 is a Friday; five working days after Monday 2 November is Monday 9.
#[test]
fn a_referral_is_acknowledged_and_answered_in_time() {
    let calendar = Calendar::national();
    let due = |from, days| calendar.due(from, days).ok();
    let referral = Line {
        kind: ItemKind::Referral,
        state: ItemState::Answered,
        ..line(1, 1, 2)
    };
    let past = Past {
        reached: BTreeMap::from([
            (ItemState::Open, date(2026, 11, 2)),
            (ItemState::UnderWay, date(2026, 11, 10)),
            (ItemState::Answered, date(2026, 11, 20)),
        ]),
        due: Some(date(2026, 11, 20)),
        answered: None,
    };
    let steps = steps_of(&referral, &past, due);
    let timed = |step, due, done| Timed {
        pair: [referral.from, referral.to],
        step,
        from: date(2026, 11, 2),
        due: Some(due),
        done: Some(done),
    };
    assert_eq!(
        steps,
        [
            timed(TimedStep::Acknowledgement, date(2026, 11, 9), date(2026, 11, 10)),
            timed(TimedStep::Feedback, date(2026, 11, 20), date(2026, 11, 20)),
        ]
    );
    let of = kept(steps, ON);
    assert!(matches!(&of[..], [first, second] if first.late == 1 && second.in_time == 1));
}

#[test]
fn time_is_kept_by_pair_and_step() {
    let step = |from: &'static str, due: Option<i8>, done: Option<i8>| Timed {
        pair: [from, "乙"],
        step: TimedStep::Answer,
        from: date(2026, 11, 1),
        due: due.map(|day| date(2026, 11, day)),
        done: done.map(|day| date(2026, 11, day)),
    };
    let steps = [
        step("甲", Some(10), Some(10)),
        step("甲", Some(10), Some(11)),
        step("甲", None, Some(4)),
        step("甲", None, Some(30)),
        step("甲", Some(30), None),
        step("甲", Some(29), None),
        step("甲", None, None),
        step("丙", Some(29), None),
    ];
    let all = kept(steps, ON);
    let one = |pair, in_time, late, open, overdue, median_days| Kept {
        pair,
        step: TimedStep::Answer,
        in_time,
        late,
        open,
        overdue,
        median_days,
    };
    // Of 3, 9, 10 and 29 days, half take 9 at most.
    assert_eq!(
        all,
        [
            one(["丙", "乙"], 0, 0, 0, 1, None),
            one(["甲", "乙"], 3, 1, 2, 1, Some(9)),
        ]
    );
}

fn head(seq: u64) -> Head {
    Head {
        seq,
        hash: Hex([7; 32]),
    }
}

#[test]
fn nobody_chooses_what_is_drawn() {
    let items: Vec<Hex<16>> = (0..2_000_u16)
        .map(|at| {
            let mut item = [0; 16];
            item[..2].copy_from_slice(&at.to_be_bytes());
            Hex(item)
        })
        .collect();
    let draw = Draw::new(&head(90), &Hex([9; 32]));
    let drawn = |draw: &Draw| -> BTreeSet<Hex<16>> {
        items.iter().copied().filter(|item| draw.takes(item, 5)).collect()
    };
    let first = drawn(&draw);
    // 100 are expected of 2000; four standard deviations are 39.
    assert!((61..=139).contains(&first.len()), "{}", first.len());
    assert!(
        items
            .iter()
            .all(|item| draw.takes(item, 100) && !draw.takes(item, 0))
    );
    // Each by itself: whoever knows few of them draws the same of those.
    assert_eq!(first, drawn(&Draw::new(&head(90), &Hex([9; 32]))));
    for other in [
        Draw::new(&head(91), &Hex([9; 32])),
        Draw::new(&head(90), &Hex([8; 32])),
    ] {
        assert!(drawn(&other).intersection(&first).count() < 40);
    }
    // The lowest lots, whatever the order in which they are known.
    let lowest = draw.lowest(items.iter().copied(), 50);
    assert_eq!(lowest, draw.lowest(items.iter().rev().copied(), 50));
    assert!(lowest.is_sorted_by_key(|item| draw.lot(item)));
    let most = draw.lot(lowest.last().unwrap());
    assert_eq!(items.iter().filter(|item| draw.lot(item) <= most).count(), 50);
}
