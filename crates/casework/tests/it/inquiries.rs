//! 协查 on both sides, step by step.

use hefu_casework::{
    AidRecord, Care, Error, Event, Hex, Known, Month, Protection, RuleId, Status, Text,
    calendar::{Calendar, DayUnit, Deadline},
    inquiry::{self, Act, Inquiry, Opening, Reply, ReplyAct, Term},
    note::{Answered, Found},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};

use crate::common::{With, month, person, record};

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

/// Everything is of November 2026, and recorded at noon in Beijing.
fn on(day: i8) -> Date {
    date(2026, 11, day)
}

fn noon(day: i8) -> Timestamp {
    format!("2026-11-{day:02}T04:00:00Z").parse().unwrap()
}

fn event<A>(day: i8, by: &str, act: A) -> Event<A> {
    Event {
        at: noon(day),
        by: text(by),
        on: on(day),
        act,
    }
}

fn care(protected: bool) -> Care {
    Care {
        protected,
        minor: Known::No,
        disabled: Known::Unknown,
    }
}

/// Drafted by 甲 on Monday 2 November.
fn opening() -> Opening {
    Opening {
        on: on(2),
        by: text("甲"),
        care: Hex(care(true).stored()),
        rule: Some(RuleId::new("X1").unwrap()),
        months: vec![month("2026-07")],
        document: text("某民协查〔2026〕1号"),
        question: None,
        term: Term {
            days: 5,
            unit: DayUnit::Working,
            until: None,
        },
    }
}

/// Released on Wednesday the 4th with 5 working days: Thu 5, Fri 6, Mon 9, Tue 10, Wed 11.
fn released() -> Act {
    Act::Released {
        due: opening().term.from(on(4), &Calendar::national()).unwrap(),
    }
}

fn answered(answer: Found) -> Answered {
    Answered {
        answer,
        document: text("某检复〔2026〕1号"),
        text: None,
    }
}

fn closed() -> Act {
    Act::Closed {
        reason: text("据此核实"),
    }
}

const STAGES: [&str; 8] = [
    "drafted",
    "approved",
    "released",
    "sent",
    "answered",
    "closed",
    "refused",
    "withdrawn",
];

fn path(stage: &str) -> Vec<inquiry::Event> {
    let approved = event(3, "甲", Act::Approved {});
    let released = event(4, "乙", released());
    let sent = event(4, "node", Act::Sent {});
    let answer = event(9, "node", Act::Answered(answered(Found::PaidThen)));
    let refused = Act::Refused {
        reason: text("理由不足"),
    };
    let withdrawn = Act::Withdrawn {
        reason: text("已电话核实"),
    };
    match stage {
        "drafted" => vec![],
        "approved" => vec![approved],
        "released" => vec![approved, released],
        "sent" => vec![approved, released, sent],
        "answered" => vec![approved, released, sent, answer],
        // Closed without an answer, after the last day for one.
        "closed" => vec![approved, released, sent, event(12, "甲", closed())],
        "refused" => vec![event(3, "乙", refused)],
        "withdrawn" => vec![event(3, "甲", withdrawn)],
        other => panic!("{other}"),
    }
}

fn replay(events: &[inquiry::Event]) -> Result<Inquiry, Error> {
    Inquiry::from_events(opening(), events)
}

/// `-` is a step that the path does not have there; `!` is one that it has, and that is not allowed to this person or
/// on this day.
#[test]
fn each_step_of_a_question_is_legal_in_its_place_and_nowhere_else() {
    let release = |by: &str| {
        let due = opening().term.from(on(12), &Calendar::national()).unwrap();
        event(12, by, Act::Released { due })
    };
    let refuse = |by: &str| {
        let reason = text("理由不足");
        event(12, by, Act::Refused { reason })
    };
    let withdraw = |by: &str| {
        let reason = text("已电话核实");
        event(12, by, Act::Withdrawn { reason })
    };
    let answer = Act::Answered(answered(Found::OtherPerson));
    #[rustfmt::skip]
    let table: [(&str, inquiry::Event, [&str; 8]); 10] = [
        //                                                 drafted      approved          released     sent         answered  closed      refused withdrawn
        ("approved", event(12, "甲", Act::Approved {}),   ["approved",  "-",              "-",         "-",         "-",      "-",        "-",    "-"]),
        ("released", release("乙"),                        ["-",         "released",       "-",         "-",         "-",      "-",        "-",    "-"]),
        ("released by the same", release("甲"),            ["-",         "!same_approver", "-",         "-",         "-",      "-",        "-",    "-"]),
        ("refused", refuse("丙"),                          ["refused",   "refused",        "-",         "-",         "-",      "-",        "-",    "-"]),
        ("refused by the drafter", refuse("甲"),           ["!own_draft", "!own_draft",    "-",         "-",         "-",      "-",        "-",    "-"]),
        ("withdrawn", withdraw("甲"),                      ["withdrawn", "withdrawn",      "-",         "-",         "-",      "-",        "-",    "-"]),
        ("withdrawn by another", withdraw("乙"),           ["!not_in_charge", "!not_in_charge", "-",    "-",         "-",      "-",        "-",    "-"]),
        ("sent", event(12, "node", Act::Sent {}),          ["-",         "-",              "sent",      "-",         "-",      "-",        "-",    "-"]),
        ("answered", event(12, "node", answer),            ["-",         "-",              "answered",  "answered",  "-",      "answered", "-",    "-"]),
        ("closed", event(12, "丙", closed()),              ["-",         "-",              "closed",    "closed",    "closed", "-",        "-",    "-"]),
    ];
    for (name, event, expected) in &table {
        for (stage, expected) in STAGES.iter().zip(expected) {
            let mut inquiry = replay(&path(stage)).unwrap();
            assert_eq!(inquiry.stage().code(), format!("inquiry_stage_{stage}"));
            let found = match inquiry.record(event) {
                Ok(()) => inquiry
                    .stage()
                    .code()
                    .trim_start_matches("inquiry_stage_")
                    .to_owned(),
                Err(Error::OutOfTurn { .. }) => "-".to_owned(),
                Err(other) => format!("!{}", other.code()),
            };
            assert_eq!(found, *expected, "{name} at {stage}");
            if expected.starts_with(['-', '!']) {
                assert_eq!(
                    inquiry.stage().code(),
                    format!("inquiry_stage_{stage}"),
                    "{name} left a trace"
                );
            }
        }
    }
}

#[test]
fn no_one_person_releases_a_number() {
    let mut inquiry = replay(&path("approved")).unwrap();
    assert_eq!(inquiry.approvers().collect::<Vec<_>>(), ["甲"]);
    assert!(matches!(
        inquiry.record(&event(4, "甲", released())),
        Err(Error::SameApprover)
    ));
    // However the name is typed.
    for same in [" 甲", "甲\u{3000}"] {
        assert!(matches!(
            inquiry.record(&event(4, same, released())),
            Err(Error::SameApprover)
        ));
    }
    inquiry.record(&event(4, "乙", released())).unwrap();
    assert_eq!(inquiry.approvers().collect::<Vec<_>>(), ["甲", "乙"]);
    // Who drafted it may be one of the two, first or second.
    let others = [event(3, "乙", Act::Approved {}), event(4, "甲", released())];
    assert_eq!(
        replay(&others).unwrap().approvers().collect::<Vec<_>>(),
        ["乙", "甲"]
    );
}

/// One officer who types the name otherwise is not another: with a compatibility ideograph, a blank that is not seen, in
/// another case.
#[test]
fn one_officer_is_one_however_the_name_is_encoded() {
    for (once, again) in [
        ("李科长", "\u{f9e1}科长"),
        ("你", "\u{2f804}"),
        ("王科长", "王科长\u{2800}"),
        ("STRASSE", "straße"),
    ] {
        assert!(text::<64>(once).is_same_person(&text(again)), "{once}");
        let mut inquiry = Inquiry::new(opening()).unwrap();
        inquiry.record(&event(2, once, Act::Approved {})).unwrap();
        let second = inquiry.record(&event(2, again, released()));
        assert!(matches!(second, Err(Error::SameApprover)), "{once}: {second:?}");

        let drafted = Opening {
            by: text(once),
            ..opening()
        };
        let reason = || text("理由");
        let mut inquiry = Inquiry::new(drafted).unwrap();
        let own = inquiry.record(&event(2, again, Act::Refused { reason: reason() }));
        assert!(matches!(own, Err(Error::OwnDraft)), "{once}: {own:?}");
        inquiry
            .record(&event(2, again, Act::Withdrawn { reason: reason() }))
            .unwrap();

        let mut reply = Reply::new(on(2), on(9), care(true));
        reply.record(&event(2, once, ReplyAct::Taken {})).unwrap();
        let answer = ReplyAct::Answered(answered(Found::NoRecord));
        reply.record(&event(2, again, answer)).unwrap();
    }
}

#[test]
fn an_answer_is_awaited_until_its_day_and_heard_after_it() {
    let inquiry = replay(&path("sent")).unwrap();
    assert_eq!(inquiry.due().unwrap().until(), on(11));
    assert!(!inquiry.is_overdue(on(11)) && inquiry.is_overdue(on(12)) && inquiry.is_open());
    for (stage, by) in [("released", "乙"), ("sent", "丙")] {
        let mut early = replay(&path(stage)).unwrap();
        assert!(matches!(
            early.record(&event(11, by, closed())),
            Err(Error::AnswerAwaited { until }) if until == on(11)
        ));
    }
    let answered_in_time = replay(&path("answered")).unwrap();
    assert!(!answered_in_time.is_overdue(on(30)));
    assert!(replay(&path("drafted")).unwrap().due().is_none());

    // One that comes after all is read, and then there is no second.
    let late = event(13, "node", Act::Answered(answered(Found::OtherPerson)));
    let mut closed_late = replay(&path("closed")).unwrap();
    assert!(!closed_late.is_open());
    closed_late.record(&late).unwrap();
    assert!(closed_late.is_open());
    assert_eq!(closed_late.answer().unwrap().answer, Found::OtherPerson);
    closed_late.record(&event(14, "甲", closed())).unwrap();
    assert!(matches!(
        closed_late.record(&event(14, "node", Act::Answered(answered(Found::PaidThen)))),
        Err(Error::OutOfTurn { .. })
    ));
}

#[test]
fn a_period_is_one_that_a_calendar_gives() {
    let mut inquiry = replay(&path("approved")).unwrap();
    let short = Deadline::stated(5, DayUnit::Working, on(8));
    assert!(matches!(
        inquiry.record(&event(4, "乙", Act::Released { due: short })),
        Err(Error::Deadline { .. })
    ));
    let stated = |until| {
        let mut opening = opening();
        opening.term.until = Some(until);
        Inquiry::new(opening)
    };
    assert!(stated(on(9)).is_ok());
    assert!(matches!(stated(on(6)), Err(Error::Deadline { .. })));
}

/// Five days do not end in the year 9999: a notice that says so keeps the person's case open for ever, and a question that
/// says so is never late, never closed, and keeps every other question about the finding away.
#[test]
fn a_stated_last_day_is_near_the_period() {
    // Twice 5 days and 30 are 40: 3 and 40 is 13 December.
    for (until, taken) in [
        (date(2026, 12, 13), true),
        (date(2026, 12, 14), false),
        (date(9999, 12, 31), false),
    ] {
        let mut inquiry = replay(&path("approved")).unwrap();
        let due = Deadline::stated(5, DayUnit::Working, until);
        let released = inquiry.record(&event(3, "乙", Act::Released { due }));
        assert_eq!(released.is_ok(), taken, "{until}: {released:?}");
        assert!(taken || matches!(released, Err(Error::Deadline { .. })));
    }
}

#[test]
fn words_cross_only_of_whom_is_known_not_to_be_protected() {
    let asks = |protected| {
        let mut opening = opening();
        opening.care = Hex(care(protected).stored());
        opening.question = Some(text("请核对发放对象"));
        opening
    };
    assert!(Inquiry::new(asks(false)).is_ok());
    assert!(matches!(Inquiry::new(asks(true)), Err(Error::KeptBack)));
    assert!(Inquiry::new(opening()).is_ok());
    // What does not read protects.
    let mut unread = asks(false);
    unread.care = Hex([9; 3]);
    assert!(matches!(Inquiry::new(unread), Err(Error::KeptBack)));

    let with_text = ReplyAct::Answered(Answered {
        text: Some(text("银行流水可见")),
        ..answered(Found::PaidThen)
    });
    let taken = event(5, "丁", ReplyAct::Taken {});
    for (protected, answer, expected) in [
        (true, with_text.clone(), Some("kept_back")),
        (true, ReplyAct::Answered(answered(Found::PaidThen)), None),
        (false, with_text, None),
    ] {
        let mut reply = Reply::from_events(on(5), on(11), care(protected), [&taken]).unwrap();
        let found = reply.record(&event(6, "丁", answer));
        assert_eq!(found.err().map(|error| error.code()), expected);
    }
}

#[test]
fn each_step_of_an_answer_is_legal_in_its_place_and_nowhere_else() {
    let taken = event(5, "丁", ReplyAct::Taken {});
    let answer = |by| event(6, by, ReplyAct::Answered(answered(Found::NoRecord)));
    let sent = event(6, "node", ReplyAct::Sent {});
    let paths = [
        ("received", vec![]),
        ("taken", vec![taken.clone()]),
        ("answered", vec![taken.clone(), answer("丁")]),
        ("sent", vec![taken.clone(), answer("丁"), sent.clone()]),
    ];
    #[rustfmt::skip]
    let table = [
        ("taken", event(6, "戊", ReplyAct::Taken {}), ["taken", "taken", "-", "-"]),
        ("answered", answer("丁"), ["-", "answered", "-", "-"]),
        ("answered by another", answer("戊"), ["-", "!not_in_charge", "-", "-"]),
        ("sent", sent, ["-", "-", "sent", "-"]),
    ];
    for (name, event, expected) in &table {
        for ((stage, path), expected) in paths.iter().zip(expected) {
            let mut reply = Reply::from_events(on(5), on(11), care(true), path).unwrap();
            assert_eq!(reply.stage().code(), format!("reply_stage_{stage}"));
            let found = match reply.record(event) {
                Ok(()) => reply.stage().code().trim_start_matches("reply_stage_").to_owned(),
                Err(Error::OutOfTurn { .. }) => "-".to_owned(),
                Err(other) => format!("!{}", other.code()),
            };
            assert_eq!(found, *expected, "{name} at {stage}");
        }
    }
    let reply = Reply::from_events(on(5), on(11), care(true), &paths[1].1).unwrap();
    assert_eq!(reply.owner(), Some("丁"));
    assert!(!reply.is_overdue(on(11)) && reply.is_overdue(on(12)));
    let over = Reply::from_events(on(5), on(11), care(true), &paths[3].1).unwrap();
    assert!(!over.is_overdue(on(12)) && !over.is_open());
}

#[test]
fn rows_suggest_an_answer_and_none_is_invented() {
    let months: Vec<Month> = ["2026-07", "2026-08"].map(month).to_vec();
    let rows = |rows: &[AidRecord]| Found::suggested(rows, &months);
    let paid = record(1, 1, "minimum_living", "2026-08..2026-10");
    let before = record(2, 1, "minimum_living", "2026-01..2026-07");
    let stopped = paid.clone().status(Status::Stopped);
    assert_eq!(rows(&[]), Found::NoRecord);
    assert_eq!(rows(&[before.clone(), stopped]), Found::NotPaidThen);
    assert_eq!(rows(&[before, paid]), Found::PaidThen);
    let once = record(3, 1, "temporary_assistance", "2026-07-15");
    assert_eq!(rows(&[once]), Found::PaidThen);
}

#[test]
fn rows_that_do_not_say_no_protect() {
    let row = |protection, disabled| AidRecord {
        protection,
        disabled,
        ..record(1, 1, "minimum_living", "2026-07")
    };
    let care = |rows: &[AidRecord]| {
        let care = Care::of_rows(rows, &person(1), on(2));
        (care.protected, care.disabled)
    };
    let free = || row(Protection::No, Known::No);
    assert_eq!(care(&[]), (true, Known::Unknown));
    assert_eq!(care(&[free()]), (false, Known::No));
    assert_eq!(
        care(&[free(), row(Protection::Unknown, Known::Yes)]),
        (true, Known::Yes)
    );
    // Born on 1 January 1980.
    assert_eq!(Care::of_rows(&[], &person(1), on(2)).minor, Known::No);
}

#[test]
fn an_act_is_read_back_and_shows_nothing() {
    let event = event(4, "乙", released());
    assert_eq!(
        String::from_utf8(event.to_bytes()).unwrap(),
        r#"{"act":{"released":{"due":{"days":5,"unit":"working","until":"2026-11-11"}}},"at":"2026-11-04T04:00:00Z","by":"乙","on":"2026-11-04"}"#
    );
    assert_eq!(inquiry::Event::parse(&event.to_bytes()).unwrap(), event);
    assert!(!format!("{:?}", opening()).contains("协查"));
}
