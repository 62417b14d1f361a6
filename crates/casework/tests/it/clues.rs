//! What an agency makes inside of people whom a comparison shows to be perhaps without help: every step in its place,
//! by whom it may be taken.

use hefu_casework::{
    Error, Event, FindingKind, Hex, Text,
    calendar::{Calendar, DayUnit, Deadline},
    clue::{Checked, Clue, ClueAct, ClueEvent, ClueKind, ClueOpening, ClueReason, ClueStage},
    matter,
    transfer::{Awaited, Awaiting},
};
use jiff::civil::{Date, date};

const HANDLER: &str = "经办人";
const COMPLAINTS: &str = "控申检察官";
const OTHER: &str = "第三人";

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn on(day: i8) -> Date {
    date(2026, 9, day)
}

fn event(by: &str, day: i8, act: ClueAct) -> ClueEvent {
    Event {
        at: format!("2026-09-{day:02}T04:00:00Z").parse().unwrap(),
        by: text(by),
        on: on(day),
        act,
    }
}

fn opening(kind: ClueKind) -> ClueOpening {
    ClueOpening {
        number: text("线1"),
        on: on(1),
        kind,
        round: Hex([7; 32]),
        finding: 3,
    }
}

fn due(day: i8) -> Deadline {
    Calendar::national()
        .deadline(on(day), 5, DayUnit::Working)
        .unwrap()
}

fn taken() -> ClueAct {
    ClueAct::Taken {}
}

fn handed_over(day: i8) -> ClueAct {
    ClueAct::HandedOver {
        to: text(COMPLAINTS),
        due: due(day),
    }
}

fn accepted() -> ClueAct {
    ClueAct::Accepted {
        case: text("合检司救〔2026〕9号"),
    }
}

fn rejected() -> ClueAct {
    ClueAct::Rejected {
        reason: ClueReason::NoHardship,
        text: text("走访，生活无困难"),
    }
}

fn checked(result: Checked) -> ClueAct {
    ClueAct::Checked {
        result,
        text: text("查对方条件"),
    }
}

fn reopened() -> ClueAct {
    ClueAct::Reopened {
        reason: text("情况有变"),
    }
}

/// The ways to each stage, everything on 1 September. A clue that is reopened was closed by its handler.
fn path(stage: &str) -> (ClueKind, Vec<ClueEvent>) {
    let (kind, acts) = match stage {
        "found" => (ClueKind::Lead, vec![]),
        "taken" => (ClueKind::Lead, vec![(HANDLER, taken())]),
        "handed" => (
            ClueKind::Lead,
            vec![(HANDLER, taken()), (HANDLER, handed_over(1))],
        ),
        "accepted" => (
            ClueKind::Lead,
            vec![
                (HANDLER, taken()),
                (HANDLER, handed_over(1)),
                (COMPLAINTS, accepted()),
            ],
        ),
        "rejected" => (ClueKind::Lead, vec![(HANDLER, taken()), (HANDLER, rejected())]),
        "unseen" => (ClueKind::Omission, vec![]),
        "looked" => (ClueKind::Omission, vec![(HANDLER, taken())]),
        "led on" => (
            ClueKind::Omission,
            vec![
                (HANDLER, taken()),
                (HANDLER, checked(Checked::Informed { notice: text("告1") })),
            ],
        ),
        "settled" => (
            ClueKind::Omission,
            vec![(HANDLER, taken()), (HANDLER, checked(Checked::NotEligible {}))],
        ),
        other => panic!("{other}"),
    };
    let events = acts.into_iter().map(|(by, act)| event(by, 1, act)).collect();
    (kind, events)
}

fn stage_after(clue: &mut Clue, event: &ClueEvent) -> &'static str {
    match clue.record(event) {
        Ok(()) => clue.stage().code().trim_start_matches("clue_stage_"),
        Err(Error::OutOfTurn { .. }) => "-",
        Err(Error::OtherClue) => "kind",
        Err(Error::NotInCharge) => "charge",
        Err(Error::SameRejecter) => "same",
        Err(other) => panic!("{other}"),
    }
}

/// Written down from the way of a clue. The first five columns are a lead, the others an omission.
#[test]
fn each_step_of_a_clue_is_legal_in_its_place_and_by_whom_it_may_be_taken() {
    let stages = [
        "found", "taken", "handed", "accepted", "rejected", "unseen", "looked", "led on", "settled",
    ];
    let informed = || checked(Checked::Informed { notice: text("告1") });
    let referred = || {
        checked(Checked::Referred {
            transfer: text("移1"),
        })
    };
    #[rustfmt::skip]
    let table: [(&str, &str, ClueAct, [&str; 9]); 18] = [
        //                                        found    taken      handed      accepted rejected unseen   looked     led on settled
        ("taken", HANDLER, taken(),              ["taken", "-",        "-",        "-",    "-",     "taken", "-",       "-",    "-"]),
        ("taken over", OTHER, taken(),           ["taken", "taken",    "-",        "-",    "-",     "taken", "taken",   "-",    "-"]),
        ("handed over", HANDLER, handed_over(2), ["-",     "handed_over", "-",     "-",    "-",     "kind",  "kind",    "kind", "kind"]),
        ("by another", OTHER, handed_over(2),    ["-",     "charge",   "-",        "-",    "-",     "kind",  "kind",    "kind", "kind"]),
        ("accepted", COMPLAINTS, accepted(),     ["-",     "-",        "accepted", "-",    "-",     "kind",  "kind",    "kind", "kind"]),
        ("by the handler", HANDLER, accepted(),  ["-",     "-",        "charge",   "-",    "-",     "kind",  "kind",    "kind", "kind"]),
        ("rejected", HANDLER, rejected(),        ["-",     "rejected", "charge",   "-",    "-",     "kind",  "kind",    "kind", "kind"]),
        ("rejected there", COMPLAINTS, rejected(), ["-",   "charge",   "rejected", "-",    "-",     "kind",  "kind",    "kind", "kind"]),
        ("reopened", OTHER, reopened(),          ["-",     "-",        "-",        "-",    "taken", "-",     "-",       "-",    "taken"]),
        ("by who rejected", HANDLER, reopened(), ["-",     "-",        "-",        "-",    "same",  "-",     "-",       "-",    "same"]),
        ("informed", HANDLER, informed(),        ["kind",  "kind",     "kind",     "kind", "kind",  "-",     "led_on",  "-",    "-"]),
        ("referred", HANDLER, referred(),        ["kind",  "kind",     "kind",     "kind", "kind",  "-",     "led_on",  "-",    "-"]),
        ("not eligible", HANDLER, checked(Checked::NotEligible {}),
                                                 ["kind",  "kind",     "kind",     "kind", "kind",  "-",     "settled", "-",    "-"]),
        ("elsewhere", HANDLER, checked(Checked::HelpedElsewhere {}),
                                                 ["kind",  "kind",     "kind",     "kind", "kind",  "-",     "settled", "-",    "-"]),
        ("declined", HANDLER, checked(Checked::Declined {}),
                                                 ["kind",  "kind",     "kind",     "kind", "kind",  "-",     "settled", "-",    "-"]),
        ("checked by another", OTHER, informed(), ["kind", "kind",     "kind",     "kind", "kind",  "-",     "charge",  "-",    "-"]),
        ("settled by another", OTHER, checked(Checked::Declined {}),
                                                 ["kind",  "kind",     "kind",     "kind", "kind",  "-",     "charge",  "-",    "-"]),
        ("reopened by another", COMPLAINTS, reopened(),
                                                 ["-",     "-",        "-",        "-",    "taken", "-",     "-",       "-",    "taken"]),
    ];
    for (name, by, act, expected) in table {
        for (stage, expected) in stages.into_iter().zip(expected) {
            let (kind, events) = path(stage);
            let mut clue = Clue::from_events(opening(kind), &events).unwrap();
            let before = clue.stage();
            let found = stage_after(&mut clue, &event(by, 2, act.clone()));
            assert_eq!(found, expected, "{name} at {stage}");
            if ["-", "kind", "charge", "same"].contains(&found) {
                assert_eq!(clue.stage(), before, "{name} at {stage} left a trace");
            }
        }
    }
}

#[test]
fn a_rejected_clue_goes_on_in_other_hands() {
    let (kind, mut events) = path("rejected");
    events.push(event(OTHER, 2, reopened()));
    let mut clue = Clue::from_events(opening(kind), &events).unwrap();
    assert_eq!(clue.owner(), Some(OTHER));
    assert!(matches!(
        clue.record(&event(HANDLER, 2, handed_over(2))),
        Err(Error::NotInCharge)
    ));
    clue.record(&event(OTHER, 2, handed_over(2))).unwrap();
    clue.record(&event(COMPLAINTS, 3, rejected())).unwrap();
    // Of several who rejected it, it is the last one's word that another has to lift.
    assert!(matches!(
        clue.record(&event(COMPLAINTS, 3, reopened())),
        Err(Error::SameRejecter)
    ));
    clue.record(&event(HANDLER, 3, reopened())).unwrap();
    assert_eq!((clue.stage(), clue.owner()), (ClueStage::Taken, Some(HANDLER)));
}

/// 1 September 2026 is a Tuesday: Wed 2, Thu 3, Fri 4, Mon 7, Tue 8.
#[test]
fn only_what_was_handed_over_is_awaited() {
    for stage in ["found", "taken", "accepted", "rejected", "looked", "settled"] {
        let (kind, events) = path(stage);
        let clue = Clue::from_events(opening(kind), &events).unwrap();
        assert!(clue.awaited().is_empty(), "{stage}");
    }
    let (kind, events) = path("handed");
    let clue = Clue::from_events(opening(kind), &events).unwrap();
    assert_eq!(clue.awaited(), [(Awaited::Answer, on(8))]);
    let (kind, events) = path("taken");
    let mut clue = Clue::from_events(opening(kind), &events).unwrap();
    let other_day = clue.record(&event(HANDLER, 3, handed_over(1)));
    assert!(
        other_day.is_ok(),
        "a last day that is later than it need be is allowed"
    );
    let (kind, events) = path("taken");
    let mut clue = Clue::from_events(opening(kind), &events).unwrap();
    let early = ClueAct::HandedOver {
        to: text(COMPLAINTS),
        due: Deadline::stated(5, DayUnit::Working, on(6)),
    };
    assert!(matches!(
        clue.record(&event(HANDLER, 3, early)),
        Err(Error::Deadline { .. })
    ));
}

#[test]
fn who_closed_a_clue_does_not_reopen_it_under_a_wider_name() {
    for again in ["经办人 ", "经办人\u{3000}"] {
        let mut clue = Clue::new(opening(ClueKind::Omission));
        clue.record(&event(HANDLER, 2, taken())).unwrap();
        clue.record(&event(again, 2, checked(Checked::NotEligible {})))
            .unwrap();
        for by in [HANDLER, again] {
            let own = clue.record(&event(by, 3, reopened()));
            assert!(matches!(own, Err(Error::SameRejecter)), "{by:?}: {own:?}");
        }
        clue.record(&event(OTHER, 3, reopened())).unwrap();
        // Nor does anybody take over from themselves.
        let wider = format!("{OTHER}\u{3000}");
        assert!(matches!(
            clue.record(&event(&wider, 3, taken())),
            Err(Error::OutOfTurn { .. })
        ));
    }
}

/// As in a finding, the case number of a protected person is for whoever is in charge.
#[test]
fn a_case_number_is_withheld_in_a_clue_as_in_a_finding() {
    let act = matter::Act::Clue(accepted());
    let number = "合检司救〔2026〕9号";
    assert!(serde_json::to_string(&act).unwrap().contains(number));
    let shown = serde_json::to_string(&act.without_free_text()).unwrap();
    assert!(!shown.contains(number), "{shown}");
}

#[test]
fn only_leads_and_omissions_are_clues() {
    let clues: Vec<_> = FindingKind::ALL
        .iter()
        .filter_map(|kind| Some((*kind, ClueKind::of(*kind)?)))
        .collect();
    assert_eq!(
        clues,
        [
            (FindingKind::NoCounterpart, ClueKind::Omission),
            (FindingKind::Lead, ClueKind::Lead),
        ]
    );
}

#[test]
fn acts_are_read_as_they_were_written() {
    let acts = [
        taken(),
        handed_over(1),
        accepted(),
        rejected(),
        checked(Checked::Referred {
            transfer: text("移1"),
        }),
        reopened(),
    ];
    for act in acts {
        let written = event(HANDLER, 1, act);
        assert_eq!(ClueEvent::parse(&written.to_bytes()).unwrap(), written);
    }
}
