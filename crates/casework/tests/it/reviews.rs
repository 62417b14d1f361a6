//! The path from a finding to a decision, step by step as the law has it.

use hefu_casework::{
    Error, Fen, Hex, MAX_ACTS, Text,
    calendar::{Calendar, DayUnit},
    review::{
        Act, Contradiction, Corrected, Decided, Decision, Event, Excepted, HandedOver, Objected, Review,
        ReviewResult, Reviewed, Statement, Surroundings, Told, Verdict, Verified, contradicts,
    },
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};

const BASIS: Hex<32> = Hex([7; 32]);

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

/// The match is of Monday 2 November 2026; everything is of November, and recorded at noon in Beijing.
const MATCHED: Date = date(2026, 11, 2);

fn on(day: i8) -> Date {
    date(2026, 11, day)
}

fn noon(day: i8) -> Timestamp {
    format!("2026-11-{day:02}T04:00:00Z").parse().unwrap()
}

fn event(day: i8, by: &str, act: Act) -> Event {
    Event {
        at: noon(day),
        by: text(by),
        on: on(day),
        act,
    }
}

fn verified(result: Verdict) -> Act {
    Act::Verified(Verified {
        result,
        reason: text("核对了发放台账"),
    })
}

/// Served on the 4th with 3 working days: Thu 5, Fri 6, Mon 9.
fn told() -> Act {
    Act::Told(Told {
        document: text("某民告〔2026〕1号"),
        hearing: Calendar::national().deadline(on(4), 3, DayUnit::Working).unwrap(),
    })
}

fn given() -> Act {
    Act::Heard(Statement::Given {
        document: text("笔录1号"),
    })
}

fn excepted() -> Act {
    Act::Excepted(Excepted {
        legal_basis: text("某法第某条"),
        reason: text("当事人已死亡"),
    })
}

fn decided(decision: Decision) -> Act {
    Act::Decided(Decided {
        decision,
        authority: text("某县民政局"),
        document: text("某民决〔2026〕1号"),
        reason: text("两项不得同时享受"),
    })
}

fn objected(received: i8) -> Act {
    Act::Objected(Objected {
        document: text("异议书1号"),
        reason: text("本人八月未领取"),
        received: on(received),
    })
}

fn reviewed(result: ReviewResult) -> Act {
    Act::Reviewed(Reviewed {
        result,
        authority: text("某市民政局"),
        document: text("某民复〔2026〕1号"),
        reason: text("事实清楚"),
    })
}

fn corrected(basis: Hex<32>) -> Act {
    Act::Corrected(Corrected {
        basis,
        authority: text("某县民政局"),
        document: text("某民更〔2026〕1号"),
        reason: text("对方登记有误"),
    })
}

fn recovered(fen: i64) -> Decision {
    Decision::Recovered { fen: Fen(fen) }
}

const STAGES: [&str; 9] = [
    "open",
    "taken",
    "verified",
    "excepted",
    "told",
    "heard",
    "decided",
    "reviewed",
    "corrected",
];

/// The acts that lead to each stage, in the order of `STAGES`. The decision is to stop.
fn path(stage: &str) -> Vec<Event> {
    let taken = event(2, "甲", Act::Taken {});
    let verified = event(3, "甲", verified(Verdict::Confirmed));
    let told = event(4, "甲", told());
    let heard = event(5, "甲", given());
    let decided = event(5, "甲", decided(Decision::Stopped {}));
    let reviewed = event(5, "乙", reviewed(ReviewResult::Upheld {}));
    let corrected = event(5, "乙", corrected(BASIS));
    match stage {
        "open" => vec![],
        "taken" => vec![taken],
        "verified" => vec![taken, verified],
        "excepted" => vec![taken, verified, event(4, "甲", excepted())],
        "told" => vec![taken, verified, told],
        "heard" => vec![taken, verified, told, heard],
        "decided" => vec![taken, verified, told, heard, decided],
        "reviewed" => vec![taken, verified, told, heard, decided, reviewed],
        "corrected" => vec![taken, verified, told, heard, decided, corrected],
        other => panic!("{other}"),
    }
}

fn replay(events: &[Event]) -> Result<Review, Error> {
    Review::from_events(BASIS, MATCHED, Surroundings::default(), events)
}

fn stage_after(review: &mut Review, event: &Event) -> String {
    match review.record(event) {
        Ok(()) => review.stage().code().trim_start_matches("stage_").to_owned(),
        Err(Error::OutOfTurn { .. }) => "-".to_owned(),
        Err(other) => format!("!{}", other.code()),
    }
}

/// Written down from the law's path: 认领 → 核实 → 告知 → 陈述申辩 → 决定 → 复核/更正. `-` is a step that the path does not
/// have there; `!` is one that it has, and that this case is not ready for.
#[test]
fn each_step_is_legal_in_its_place_and_nowhere_else() {
    let late = || event(10, "甲", Act::Heard(Statement::NoneInTime {}));
    let early = || event(9, "甲", Act::Heard(Statement::NoneInTime {}));
    let decide = |decision| event(10, "甲", decided(decision));
    let refer = || Decision::Referred {
        to: text("某县纪委监委"),
    };
    let review = |result| event(10, "乙", reviewed(result));
    let changed = |to| review(ReviewResult::Changed { to });
    // The notice is served on the day of the act, so it is reckoned from there.
    let tell = event(
        10,
        "甲",
        Act::Told(Told {
            document: text("某民告〔2026〕2号"),
            hearing: Calendar::national()
                .deadline(on(10), 3, DayUnit::Working)
                .unwrap(),
        }),
    );
    let hand_over = Act::HandedOver(HandedOver {
        to: text("丙"),
        reason: text("轮岗"),
    });
    #[rustfmt::skip]
    let table: [(&str, Event, [&str; 9]); 21] = [
        //                                    open     taken       verified    excepted    told        heard      decided     reviewed     corrected
        ("taken", event(10, "甲", Act::Taken {}),
                                             ["taken", "-",        "-",        "-",        "-",        "-",       "-",        "-",         "-"]),
        ("handed over", event(10, "丁", hand_over),
                                             ["-",     "taken",    "verified", "excepted", "told",     "heard",   "decided",  "reviewed",  "-"]),
        ("verified", event(10, "甲", verified(Verdict::Confirmed)),
                                             ["-",     "verified", "-",        "-",        "-",        "-",       "-",        "-",         "-"]),
        ("told", tell,                       ["-",     "-",        "told",     "-",        "-",        "-",       "-",        "-",         "-"]),
        ("excepted", event(10, "甲", excepted()),
                                             ["-",     "-",        "excepted", "-",        "excepted", "-",       "-",        "-",         "-"]),
        ("heard", event(10, "甲", given()),  ["-",     "-",        "-",        "-",        "heard",    "-",       "-",        "-",         "-"]),
        ("silent, period over", late(),      ["-",     "-",        "-",        "-",        "heard",    "-",       "-",        "-",         "-"]),
        ("silent, last day", early(),        ["-",     "-",        "-",        "-",        "!hearing_open", "-",  "-",        "-",         "-"]),
        ("lawful", decide(Decision::Lawful {}),
                                             ["-",     "-",        "decided",  "decided",  "decided",  "decided", "-",        "-",         "-"]),
        ("error in data", decide(Decision::DataError {}),
                                             ["-",     "-",        "decided",  "decided",  "decided",  "decided", "-",        "-",         "-"]),
        ("referred", decide(refer()),        ["-",     "-",        "decided",  "decided",  "decided",  "decided", "-",        "-",         "-"]),
        ("stopped", decide(Decision::Stopped {}),
                                             ["-",     "-",        "!not_heard", "decided", "!not_heard", "decided", "-",     "-",         "-"]),
        ("recovered", decide(recovered(100)),
                                             ["-",     "-",        "!not_heard", "decided", "!not_heard", "decided", "-",     "-",         "-"]),
        ("objected", event(10, "丁", objected(9)),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "decided",  "reviewed",  "-"]),
        ("upheld", review(ReviewResult::Upheld {}),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "reviewed", "-",         "-"]),
        ("changed to lawful", changed(Decision::Lawful {}),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "reviewed", "-",         "-"]),
        ("changed to recovered", changed(recovered(100)),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "reviewed", "-",         "-"]),
        ("returned", review(ReviewResult::Returned {}),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "taken",    "-",         "-"]),
        ("corrected", event(10, "乙", corrected(BASIS)),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "corrected", "corrected", "-"]),
        ("corrected by who decided", event(10, "甲", corrected(BASIS)),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "!same_person", "!same_person", "-"]),
        ("corrected on another basis", event(10, "乙", corrected(Hex([8; 32]))),
                                             ["-",     "-",        "-",        "-",        "-",        "-",       "!other_basis", "!other_basis", "-"]),
    ];
    for (name, event, expected) in &table {
        for (stage, expected) in STAGES.iter().zip(expected) {
            let mut review = replay(&path(stage)).unwrap();
            assert_eq!(review.stage().code(), format!("stage_{stage}"));
            assert_eq!(stage_after(&mut review, event), *expected, "{name} at {stage}");
            if expected.starts_with(['-', '!']) {
                assert_eq!(
                    review.stage().code(),
                    format!("stage_{stage}"),
                    "{name} left a trace"
                );
            }
        }
    }
}

#[test]
fn nothing_is_taken_from_a_person_whom_verification_did_not_confirm() {
    for verdict in [Verdict::Refuted, Verdict::OtherPerson, Verdict::Unclear] {
        let start = [event(2, "甲", Act::Taken {}), event(3, "甲", verified(verdict))];
        let heard = [&start[..], &[event(4, "甲", told()), event(5, "甲", given())]].concat();
        let excused = [&start[..], &[event(4, "甲", excepted())]].concat();
        for ready in [heard, excused] {
            for decision in [Decision::Stopped {}, recovered(1)] {
                let mut review = replay(&ready).unwrap();
                let refused = review.record(&event(10, "甲", decided(decision)));
                assert!(matches!(refused, Err(Error::NotConfirmed)), "{verdict:?}");
            }
            let lawful = [&ready[..], &[event(10, "甲", decided(Decision::Lawful {}))]].concat();
            assert_eq!(replay(&lawful).unwrap().decision(), Some(&Decision::Lawful {}));
        }
    }
}

/// Two people with one number exist: whatever verification and hearing showed, nobody loses anything by this finding.
#[test]
fn nothing_is_taken_from_anybody_while_the_names_differ() {
    let differ = Surroundings {
        names_differ: true,
        ..Surroundings::default()
    };
    let at = |events: &[Event]| Review::from_events(BASIS, MATCHED, differ.clone(), events).unwrap();
    let refused = |review: &mut Review, by, act| {
        let stage = review.stage();
        let refused = review.record(&event(10, by, act));
        assert!(matches!(refused, Err(Error::NamesDiffer)), "{refused:?}");
        assert_eq!(review.stage(), stage);
    };
    for stage in ["verified", "told", "heard", "excepted"] {
        for decision in [Decision::Stopped {}, recovered(1)] {
            refused(&mut at(&path(stage)), "甲", decided(decision));
        }
        for decision in [
            Decision::Lawful {},
            Decision::DataError {},
            Decision::Referred {
                to: text("某县公安局"),
            },
        ] {
            let acts = [&path(stage)[..], &[event(10, "甲", decided(decision.clone()))]].concat();
            let mut review = at(&acts);
            assert_eq!(review.decision(), Some(&decision));
            for to in [Decision::Stopped {}, recovered(1)] {
                refused(&mut review, "乙", reviewed(ReviewResult::Changed { to }));
            }
            review
                .record(&event(10, "乙", reviewed(ReviewResult::Upheld {})))
                .unwrap();
        }
    }
}

/// What was decided for a person without hearing them is not turned against them in the second review.
#[test]
fn a_second_review_does_not_leave_out_the_hearing() {
    let start = path("verified");
    let mut review = replay(&start).unwrap();
    review
        .record(&event(4, "甲", decided(Decision::Lawful {})))
        .unwrap();
    let against = reviewed(ReviewResult::Changed {
        to: Decision::Stopped {},
    });
    assert!(matches!(
        review.record(&event(5, "乙", against)),
        Err(Error::NotHeard)
    ));
    // The way there is to begin again, and then every step is needed anew.
    review
        .record(&event(5, "乙", reviewed(ReviewResult::Returned {})))
        .unwrap();
    assert_eq!(review.decision(), None);
    let stop = || event(6, "甲", decided(Decision::Stopped {}));
    assert!(matches!(review.record(&stop()), Err(Error::OutOfTurn { .. })));
    review
        .record(&event(6, "甲", verified(Verdict::Confirmed)))
        .unwrap();
    assert!(matches!(review.record(&stop()), Err(Error::NotHeard)));
}

/// 异议: open until somebody else than who decided has answered it by a further review, or by a correction.
#[test]
fn an_objection_is_open_until_another_person_answers_it() {
    for stage in ["decided", "reviewed"] {
        for (answer, after) in [
            (reviewed(ReviewResult::Upheld {}), "reviewed"),
            (
                reviewed(ReviewResult::Changed {
                    to: Decision::Lawful {},
                }),
                "reviewed",
            ),
            (reviewed(ReviewResult::Returned {}), "taken"),
            (corrected(BASIS), "corrected"),
        ] {
            let mut review = replay(&path(stage)).unwrap();
            assert_eq!(review.objected(), None);
            review.record(&event(7, "甲", objected(6))).unwrap();
            // Another one on top of it does not make the first younger.
            review.record(&event(7, "丁", objected(7))).unwrap();
            assert_eq!(review.objected(), Some(on(6)));
            assert_eq!(
                review.decision(),
                Some(&Decision::Stopped {}),
                "it changes nothing by itself"
            );
            assert!(matches!(
                review.record(&event(8, "甲", answer.clone())),
                Err(Error::SamePerson)
            ));
            assert_eq!(review.objected(), Some(on(6)));
            assert_eq!(stage_after(&mut review, &event(8, "乙", answer.clone())), after);
            assert_eq!(review.objected(), None);
        }
    }
    // Once answered, a decision is not reviewed again and again.
    let mut review = replay(&path("reviewed")).unwrap();
    review.record(&event(6, "丁", objected(6))).unwrap();
    let upheld = || reviewed(ReviewResult::Upheld {});
    review.record(&event(7, "乙", upheld())).unwrap();
    assert_eq!(stage_after(&mut review, &event(8, "乙", upheld())), "-");
}

/// 行政复议法 art. 63, in its kind. Whoever invents an objection gets back nothing that another undid.
#[test]
fn an_objection_makes_nothing_worse_for_the_person() {
    let changed = |to| reviewed(ReviewResult::Changed { to });
    let with = |decision: Decision, answered: &[(&str, Act)]| {
        let mut acts = path("heard");
        acts.push(event(5, "甲", decided(decision)));
        let mut review = replay(&acts).unwrap();
        for (by, act) in answered {
            review.record(&event(6, by, act.clone())).unwrap();
        }
        review.record(&event(6, "丁", objected(5))).unwrap();
        review
    };
    let stopped = || Decision::Stopped {};
    let lawful = || Decision::Lawful {};
    for (stands, to, expected) in [
        (recovered(100), recovered(101), "!takes_more"),
        (recovered(100), stopped(), "!takes_more"),
        (stopped(), recovered(1), "!takes_more"),
        (lawful(), stopped(), "!takes_more"),
        (lawful(), recovered(1), "!takes_more"),
        (recovered(100), recovered(100), "reviewed"),
        (recovered(100), recovered(99), "reviewed"),
        (recovered(100), lawful(), "reviewed"),
        (stopped(), stopped(), "reviewed"),
        (stopped(), Decision::DataError {}, "reviewed"),
    ] {
        let mut review = with(stands.clone(), &[]);
        let got = stage_after(&mut review, &event(7, "乙", changed(to.clone())));
        assert_eq!(got, expected, "{stands:?} {to:?}");
    }
    // Who decided is not the judge of it again, also where another's decision stands now.
    let undone = [("乙", changed(lawful()))];
    for answer in [
        changed(stopped()),
        reviewed(ReviewResult::Upheld {}),
        reviewed(ReviewResult::Returned {}),
    ] {
        for by in ["甲", "乙"] {
            let mut review = with(stopped(), &undone);
            let got = stage_after(&mut review, &event(7, by, answer.clone()));
            assert_eq!(got, "!same_person", "{by}");
        }
    }
    let mut review = with(stopped(), &undone);
    let upheld = event(7, "丙", reviewed(ReviewResult::Upheld {}));
    assert_eq!(stage_after(&mut review, &upheld), "reviewed");
    // Once it was verified anew, who decided then is who decides now.
    let mut review = with(stopped(), &undone);
    for act in [
        ("丙", reviewed(ReviewResult::Returned {})),
        ("甲", verified(Verdict::Confirmed)),
        ("甲", decided(lawful())),
        ("乙", reviewed(ReviewResult::Upheld {})),
    ] {
        review.record(&event(8, act.0, act.1)).unwrap();
    }
}

/// It may be registered on a later day than it came, and came after what it is against.
#[test]
fn an_objection_has_the_day_on_which_it_came() {
    for (received, fits) in [(4, false), (5, true), (8, true), (9, true), (10, false)] {
        let mut review = replay(&path("reviewed")).unwrap();
        let outcome = review.record(&event(9, "丁", objected(received)));
        match fits {
            true => assert_eq!(review.objected(), Some(on(received))),
            false => assert!(matches!(outcome, Err(Error::OutOfOrder { date, .. }) if date == on(received))),
        }
    }
}

#[test]
fn one_person_is_in_charge_and_another_reviews() {
    let mut review = replay(&path("taken")).unwrap();
    assert_eq!(review.owner(), Some("甲"));
    let verify = |day, by| event(day, by, verified(Verdict::Confirmed));
    assert!(matches!(review.record(&verify(3, "乙")), Err(Error::NotInCharge)));
    let hand_over = HandedOver {
        to: text("乙"),
        reason: text("轮岗"),
    };
    review
        .record(&event(3, "丁", Act::HandedOver(hand_over)))
        .unwrap();
    assert_eq!(review.owner(), Some("乙"));
    assert!(matches!(review.record(&verify(3, "甲")), Err(Error::NotInCharge)));
    review.record(&verify(3, "乙")).unwrap();
    for act in [told(), excepted(), decided(Decision::Lawful {})] {
        assert!(matches!(
            review.record(&event(4, "甲", act)),
            Err(Error::NotInCharge)
        ));
    }
    review.record(&event(4, "乙", told())).unwrap();
    assert!(matches!(
        review.record(&event(5, "甲", given())),
        Err(Error::NotInCharge)
    ));

    let mut review = replay(&path("decided")).unwrap();
    let upheld = |by| event(6, by, reviewed(ReviewResult::Upheld {}));
    assert!(matches!(review.record(&upheld("甲")), Err(Error::SamePerson)));
    review.record(&upheld("乙")).unwrap();
}

#[test]
fn no_step_is_before_the_match_or_before_the_step_it_needs() {
    let out_of_order = |events: &[Event]| match replay(events).unwrap_err() {
        Error::OutOfOrder {
            date,
            earliest,
            latest,
        } => (date, earliest, latest),
        other => panic!("{other}"),
    };
    // Before the match, though recorded after it.
    let mut taken = event(2, "甲", Act::Taken {});
    taken.on = on(1);
    assert_eq!(out_of_order(&[taken]), (on(1), on(2), on(2)));
    // Every step on the day before the one it follows.
    let whole = path("reviewed");
    for index in 1..whole.len() {
        let mut events = whole[..=index].to_vec();
        let needed = events[index - 1].on;
        events[index].on = needed.yesterday().unwrap();
        if let Act::Told(told) = &mut events[index].act {
            told.hearing = Calendar::national()
                .deadline(needed.yesterday().unwrap(), 3, DayUnit::Working)
                .unwrap();
        }
        let (date, earliest, _) = out_of_order(&events);
        assert_eq!(
            (date, earliest),
            (needed.yesterday().unwrap(), needed),
            "act {index}"
        );
    }
    // In the future. At 16:00 UTC it is the next day in Beijing.
    let mut taken = event(2, "甲", Act::Taken {});
    taken.on = on(3);
    assert_eq!(out_of_order(std::slice::from_ref(&taken)), (on(3), on(2), on(2)));
    taken.at = "2026-11-02T16:00:00Z".parse().unwrap();
    replay(&[taken]).unwrap();
    // Recorded in another order than written down.
    let mut events = path("verified");
    events[0].at = noon(4);
    assert!(matches!(replay(&events), Err(Error::RecordOrder)));
}

#[test]
fn the_period_for_a_statement_is_one_that_a_calendar_gives() {
    let serve = |json: &str| {
        let written = format!(
            r#"{{"act":{{"told":{{"document":"某民告〔2026〕1号","hearing":{json}}}}},"at":"2026-11-04T04:00:00Z","by":"甲","on":"2026-11-04"}}"#
        );
        let event = Event::parse(written.as_bytes()).unwrap();
        replay(&path("verified")).unwrap().record(&event)
    };
    let mut review = replay(&path("verified")).unwrap();
    review.record(&event(4, "甲", told())).unwrap();
    assert_eq!(review.hearing_until(), Some(on(9)));
    serve(r#"{"days":3,"unit":"working","until":"2026-11-09"}"#).unwrap();
    for wrong in [
        // Three days end on the 7th at the earliest, whatever is worked.
        r#"{"days":3,"unit":"working","until":"2026-11-06"}"#,
        r#"{"days":0,"unit":"working","until":"2026-11-09"}"#,
        r#"{"days":367,"unit":"natural","until":"2028-11-09"}"#,
    ] {
        assert!(matches!(serve(wrong), Err(Error::Deadline { .. })), "{wrong}");
    }
    // A period that began before the notice was served.
    let before = Act::Told(Told {
        document: text("某民告〔2026〕1号"),
        hearing: Calendar::national().deadline(on(3), 3, DayUnit::Natural).unwrap(),
    });
    let mut review = replay(&path("verified")).unwrap();
    assert!(matches!(
        review.record(&event(4, "甲", before)),
        Err(Error::Deadline { .. })
    ));
}

#[test]
fn a_recovery_has_an_amount() {
    for fen in [0, -1] {
        let mut review = replay(&path("heard")).unwrap();
        let refused = review.record(&event(6, "甲", decided(recovered(fen))));
        assert!(matches!(refused, Err(Error::RecoveredNothing)));
    }
}

#[test]
fn a_correction_takes_the_finding_out_and_keeps_it_out() {
    let review = replay(&path("decided")).unwrap();
    assert!(review.counts() && !review.keeps_away(&BASIS));
    assert_eq!(review.decision(), Some(&Decision::Stopped {}));
    let review = replay(&path("corrected")).unwrap();
    assert!(!review.counts() && review.keeps_away(&BASIS));
    assert!(!review.keeps_away(&Hex([8; 32])));
    assert_eq!(review.decision(), None);
}

#[test]
fn a_matter_does_not_grow_without_end() {
    let mut review = replay(&path("taken")).unwrap();
    let hand_over = || {
        Act::HandedOver(HandedOver {
            to: text("乙"),
            reason: text("轮岗"),
        })
    };
    for _ in 1..MAX_ACTS {
        review.record(&event(3, "甲", hand_over())).unwrap();
    }
    assert!(matches!(
        review.record(&event(3, "甲", hand_over())),
        Err(Error::TooManyActs { max: 1_000 })
    ));
}

#[test]
fn an_act_has_one_written_form() {
    let events = [
        path("reviewed"),
        vec![
            event(3, "甲", excepted()),
            event(5, "乙", corrected(BASIS)),
            event(5, "甲", decided(recovered(45_600))),
            event(5, "甲", Act::Heard(Statement::NoneInTime {})),
        ],
    ]
    .concat();
    for event in &events {
        assert_eq!(Event::parse(&event.to_bytes()).unwrap(), *event);
    }
    assert_eq!(
        String::from_utf8(events[0].to_bytes()).unwrap(),
        r#"{"act":{"taken":{}},"at":"2026-11-02T04:00:00Z","by":"甲","on":"2026-11-02"}"#
    );
    let written = String::from_utf8(event(5, "甲", decided(recovered(45_600))).to_bytes()).unwrap();
    assert_eq!(
        written,
        r#"{"act":{"decided":{"authority":"某县民政局","decision":{"recovered":{"fen":45600}},"document":"某民决〔2026〕1号","reason":"两项不得同时享受"}},"at":"2026-11-05T04:00:00Z","by":"甲","on":"2026-11-05"}"#
    );
    for (from, to) in [
        (r#""by""#, r#""also":1,"by""#),
        (r#""fen":45600"#, r#""fen":45600,"yuan":456"#),
        (r#","document""#, r#","colour":1,"document""#),
        ("recovered", "recouped"),
        (r#""on":"2026-11-05""#, r#""on":"2026-11-31""#),
        (r#""by":"甲""#, r#""by":"""#),
        ("45600", "45600.0"),
        (",\"on\"", ", \"on\""),
        ("两项不得同时享受", &"长".repeat(501)),
        ("两项不得同时享受", "\\n"),
    ] {
        let changed = written.replacen(from, to, 1);
        assert_ne!(changed, written);
        assert!(Event::parse(changed.as_bytes()).is_err(), "{changed}");
    }
}

/// Of two payments that may not stand together one may: both agencies taking is as wrong as one taking for nothing.
#[test]
fn agencies_that_contradict_each_other_are_flagged() {
    use Contradiction::{BothTake, OneSaysLawful};
    let referred = Decision::Referred {
        to: text("某县纪委监委"),
    };
    let all = [
        Decision::Lawful {},
        Decision::DataError {},
        Decision::Stopped {},
        recovered(1),
        referred,
    ];
    let one = Some(OneSaysLawful);
    let both = Some(BothTake);
    #[rustfmt::skip]
    let table = [
        //  lawful error  stopped recovered referred
        [None, None, one,  one,  None], // lawful
        [None, None, one,  one,  None], // error in data
        [one,  one,  both, both, None], // stopped
        [one,  one,  both, both, None], // recovered
        [None, None, None, None, None], // referred
    ];
    for (a, row) in all.iter().zip(table) {
        for (b, expected) in all.iter().zip(row) {
            assert_eq!(contradicts(a.outcome(), b.outcome()), expected, "{a:?} {b:?}");
        }
    }
}

#[test]
fn what_verification_showed_is_told_until_the_finding_is_corrected() {
    for stage in STAGES {
        let verdict = replay(&path(stage)).unwrap().verdict();
        let expected = match stage {
            "open" | "taken" | "corrected" => None,
            _ => Some(Verdict::Confirmed),
        };
        assert_eq!(verdict, expected, "{stage}");
    }
    for result in [Verdict::Refuted, Verdict::OtherPerson, Verdict::Unclear] {
        let events = [event(2, "甲", Act::Taken {}), event(3, "甲", verified(result))];
        assert_eq!(replay(&events).unwrap().verdict(), Some(result));
    }
}
