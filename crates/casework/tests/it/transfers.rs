//! People sent on between judicial and social assistance: every step in its place, and what is late.

use hefu_casework::{
    AgencyRole, Error, Event as Recorded, Place, ReasonCode, Text, Wrong,
    calendar::{Calendar, DayUnit, Deadline},
    transfer::{
        Act, Answer, Awaited, Awaiting, Came, Event, Lead, LeadAct, LeadOpening, Notice, NoticeAct,
        NoticeOpening, Office, Opening, Overdue, Paper, Transfer, Trigger, overdue,
    },
};
use jiff::civil::{Date, date};

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

/// Everything is of September 2026, and recorded at noon in Beijing.
fn on(day: i8) -> Date {
    date(2026, 9, day)
}

fn event<A>(day: i8, act: A) -> Recorded<A> {
    Recorded {
        at: format!("2026-09-{day:02}T04:00:00Z").parse().unwrap(),
        by: text("甲"),
        on: on(day),
        act,
    }
}

/// Five working days from that day of September.
fn five(day: i8) -> Deadline {
    Calendar::national()
        .deadline(on(day), 5, DayUnit::Working)
        .unwrap()
}

fn office(name: &str, place: &str) -> Office {
    Office {
        name: text(name),
        role: if name.ends_with("检察院") {
            AgencyRole::Procuratorate
        } else {
            AgencyRole::CivilAffairs
        },
        place: Place::new(place).unwrap(),
    }
}

/// The person applies where the case is, or in another city.
fn opening(number: &str, elsewhere: bool) -> Opening {
    let procuratorate = office("某县人民检察院", "290101");
    let (to, via) = if elsewhere {
        (
            office("外县民政局", "290201"),
            Some(office("外县人民检察院", "290201")),
        )
    } else {
        (office("某县民政局", "290101"), None)
    };
    Opening {
        number: text(number),
        on: on(1),
        trigger: Trigger::StillPoor,
        from: procuratorate,
        to,
        via,
    }
}

fn filed(paper: Paper) -> Act {
    Act::Filed {
        paper,
        document: text("附件"),
    }
}

fn helped_first(day: i8) -> Act {
    Act::HelpedFirst {
        help: text("临时救助"),
        papers: five(day),
    }
}

fn passed_on(day: i8) -> Act {
    Act::PassedOn {
        document: text("某检转〔2026〕1号"),
        due: five(day),
    }
}

fn sent(day: i8) -> Act {
    Act::Sent {
        letter: text("某检救助移〔2026〕1号"),
        due: five(day),
    }
}

fn answered(day: i8, answer: Answer) -> Act {
    Act::Answered {
        answer,
        due: five(day),
    }
}

fn fed_back(day: i8, came: Option<Came>) -> Act {
    Act::FedBack {
        document: text("某民反〔2026〕1号"),
        came,
        result: text("纳入低保"),
        due: five(day),
    }
}

fn visited() -> Act {
    Act::Visited {
        result: text("生活已有着落"),
    }
}

const HELPED: Option<Came> = Some(Came::Helped {});

const REFUSED: Answer = Answer::Refused {
    reason: ReasonCode::Income,
};

/// The ways to each stage, each act on 1 September. `bare` has no papers, and all behind it have them.
fn path(stage: &str) -> Vec<Event> {
    let papers = [Paper::CaseFacts, Paper::AidGiven, Paper::Recommendation].map(filed);
    let mut acts: Vec<Act> = match stage {
        "bare" => vec![],
        "owing" => vec![helped_first(1)],
        _ => papers.to_vec(),
    };
    let more: &[Act] = &[
        sent(1),
        Act::Acknowledged { due: five(1) },
        answered(
            1,
            match stage {
                "refused" => REFUSED,
                "already" => Answer::AlreadyHelped {},
                "not_found" => Answer::NotFound {},
                _ => Answer::Accepted {},
            },
        ),
        fed_back(1, HELPED),
        visited(),
    ];
    let steps = match stage {
        "bare" | "owing" | "ready" => 0,
        "sent" => 1,
        "acknowledged" => 2,
        "accepted" | "refused" | "already" | "not_found" => 3,
        "fed_back" => 4,
        "visited" => 5,
        other => panic!("{other}"),
    };
    acts.extend_from_slice(&more[..steps]);
    acts.into_iter().map(|act| event(1, act)).collect()
}

fn stage_after(transfer: &mut Transfer, event: &Event) -> String {
    match transfer.record(event) {
        Ok(()) => transfer
            .stage()
            .code()
            .trim_start_matches("transfer_stage_")
            .to_owned(),
        Err(Error::OutOfTurn { .. }) => "-".to_owned(),
        Err(Error::Papers { wrong } | Error::Came { wrong }) => format!("!{}", wrong.code()),
        Err(other) => panic!("{other}"),
    }
}

/// Written down from the way of a transfer where the person applies in the same place: 移送 → 签收 → 办理结果 → 反馈 → 回访.
/// `bare` is decided without papers, `owing` with emergency help before the papers, `ready` with all three on file.
#[test]
fn each_step_of_a_transfer_is_legal_in_its_place_and_nowhere_else() {
    let stages = [
        "bare",
        "owing",
        "ready",
        "sent",
        "acknowledged",
        "accepted",
        "refused",
        "already",
        "not_found",
        "fed_back",
        "visited",
    ];
    #[rustfmt::skip]
    let table: [(&str, Act, [&str; 11]); 12] = [
        //                              bare    owing   ready   sent    acknowl. accepted refused already not found fed back visited
        ("a paper", filed(Paper::AidGiven),
                                       ["open", "open", "!repeated", "!repeated", "!repeated", "!repeated", "!repeated", "!repeated", "!repeated", "!repeated", "-"]),
        ("emergency", helped_first(2), ["open", "-",    "open", "-",    "-",     "-",     "-",     "-",     "-",      "-",      "-"]),
        ("passed on", passed_on(2),    ["-",    "-",    "-",    "-",    "-",     "-",     "-",     "-",     "-",      "-",      "-"]),
        ("sent", sent(2),              ["!missing", "sent", "sent", "-", "-",    "-",     "-",     "-",     "-",      "-",      "-"]),
        ("acknowledged", Act::Acknowledged { due: five(2) },
                                       ["-",    "-",    "-",    "acknowledged", "-", "-", "-",     "-",     "-",      "-",      "-"]),
        ("accepted", answered(2, Answer::Accepted {}),
                                       ["-",    "-",    "-",    "-",    "accepted", "-",  "-",     "-",     "-",      "-",      "-"]),
        ("refused", answered(2, REFUSED),
                                       ["-",    "-",    "-",    "-",    "refused", "-",   "-",     "-",     "-",      "-",      "-"]),
        ("already", answered(2, Answer::AlreadyHelped {}),
                                       ["-",    "-",    "-",    "-",    "already_helped", "-", "-", "-",    "-",      "-",      "-"]),
        ("not found", answered(2, Answer::NotFound {}),
                                       ["-",    "-",    "-",    "-",    "not_found", "-", "-",     "-",     "-",      "-",      "-"]),
        ("helped", fed_back(2, HELPED),
                                       ["-",    "-",    "-",    "-",    "-",     "fed_back", "!not_allowed", "!not_allowed", "!not_allowed", "-", "-"]),
        ("fed back", fed_back(2, None),
                                       ["-",    "-",    "-",    "-",    "-",     "!missing", "fed_back", "fed_back", "fed_back", "-", "-"]),
        ("visited", visited(),         ["-",    "-",    "-",    "-",    "-",     "-",     "-",     "-",     "-",      "visited", "-"]),
    ];
    for (name, act, expected) in &table {
        for (stage, expected) in stages.iter().zip(expected) {
            let mut transfer = Transfer::from_events(opening("1", false), &path(stage)).unwrap();
            let before = transfer.stage();
            let found = stage_after(&mut transfer, &event(2, act.clone()));
            assert_eq!(found, *expected, "{name} at {stage}");
            if expected.starts_with(['-', '!']) {
                assert_eq!(transfer.stage(), before, "{name} left a trace at {stage}");
            }
        }
    }
}

/// Where the person applies elsewhere, the first procuratorate passes it on and the one there sends it.
#[test]
fn another_place_is_reached_through_its_procuratorate() {
    let table: [(&str, Act, [&str; 4]); 3] = [
        //                           bare        owing        ready        passed on
        (
            "passed on",
            passed_on(2),
            ["!missing", "passed_on", "passed_on", "-"],
        ),
        ("sent", sent(2), ["-", "-", "-", "sent"]),
        ("emergency", helped_first(2), ["open", "-", "open", "-"]),
    ];
    let mut paths = ["bare", "owing", "ready", "ready"].map(path);
    paths[3].push(event(1, passed_on(1)));
    for (name, act, expected) in table {
        for (path, expected) in paths.iter().zip(expected) {
            let mut transfer = Transfer::from_events(opening("1", true), path).unwrap();
            let found = stage_after(&mut transfer, &event(2, act.clone()));
            assert_eq!(found, expected, "{name} after {} acts", path.len());
        }
    }
}

#[test]
fn a_procuratorate_of_the_place_is_named_where_it_is_needed_and_only_there() {
    let routed = |from: &str, to: &str, via: Option<&str>| {
        let route = Transfer::new(Opening {
            from: office("检察院", from),
            to: office("民政局", to),
            via: via.map(|place| office("当地检察院", place)),
            ..opening("1", false)
        });
        match route {
            Ok(_) => None,
            Err(Error::Route { wrong }) => Some(wrong),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(routed("290101", "290101", None), None);
    // A city's procuratorate and a county of that city; a province's.
    assert_eq!(routed("290100", "290101", None), None);
    assert_eq!(routed("290000", "290101", None), None);
    assert_eq!(routed("290101", "290201", Some("290201")), None);
    assert_eq!(routed("290101", "290201", Some("290200")), None);
    assert_eq!(routed("290101", "290201", None), Some(Wrong::Missing));
    assert_eq!(routed("290101", "290102", None), Some(Wrong::Missing));
    assert_eq!(
        routed("290101", "290201", Some("290202")),
        Some(Wrong::OutOfRange)
    );
    assert_eq!(
        routed("290101", "290201", Some("290101")),
        Some(Wrong::OutOfRange)
    );
    assert_eq!(
        routed("290101", "290101", Some("290101")),
        Some(Wrong::NotAllowed)
    );
}

/// Served before the papers: they are owed, they are late after their day, and the matter does not end without them.
#[test]
fn emergency_help_comes_first_and_the_papers_are_owed() {
    // 1 September is a Tuesday: Wed 2, Thu 3, Fri 4, Mon 7, Tue 8.
    let mut transfer = Transfer::from_events(opening("急1", false), &path("owing")).unwrap();
    assert_eq!(transfer.awaited(), [(Awaited::Papers, on(8))]);
    let late = |transfer: &Transfer, day| overdue([transfer as &dyn Awaiting], on(day)).len();
    assert_eq!((late(&transfer, 8), late(&transfer, 9)), (0, 1));
    for act in [
        sent(1),
        Act::Acknowledged { due: five(1) },
        answered(1, Answer::Accepted {}),
        fed_back(1, HELPED),
    ] {
        transfer.record(&event(1, act)).unwrap();
    }
    let missing = |refused| {
        matches!(
            refused,
            Err(Error::Papers {
                wrong: Wrong::Missing
            })
        )
    };
    assert!(missing(transfer.record(&event(2, visited()))));
    transfer.record(&event(2, filed(Paper::CaseFacts))).unwrap();
    transfer.record(&event(2, filed(Paper::AidGiven))).unwrap();
    assert!(missing(transfer.record(&event(2, visited()))));
    transfer.record(&event(2, filed(Paper::Recommendation))).unwrap();
    assert_eq!(transfer.awaited(), [(Awaited::Visit, on(8))]);
    transfer.record(&event(2, visited())).unwrap();
    assert!(transfer.awaited().is_empty());
}

#[test]
fn dates_follow_each_other_and_periods_begin_with_their_act() {
    let mut transfer = Transfer::from_events(opening("1", false), &path("ready")).unwrap();
    transfer.record(&event(3, sent(3))).unwrap();
    let mut early = event(4, Act::Acknowledged { due: five(2) });
    early.on = on(2);
    match transfer.record(&early).unwrap_err() {
        Error::OutOfOrder {
            date,
            earliest,
            latest,
        } => assert_eq!((date, earliest, latest), (on(2), on(3), on(4))),
        other => panic!("{other}"),
    }
    // Five days from the 1st end on the 8th, which is less than five days after the 4th.
    let short = event(4, Act::Acknowledged { due: five(1) });
    assert!(matches!(transfer.record(&short), Err(Error::Deadline { .. })));
    let mut opened = Lead::new(lead("1", 3)).unwrap();
    let short = event(4, LeadAct::Acknowledged { due: five(1) });
    assert!(matches!(opened.record(&short), Err(Error::Deadline { .. })));
    let of_lead = LeadOpening {
        on: on(4),
        ..lead("1", 1)
    };
    assert!(matches!(Lead::new(of_lead), Err(Error::Deadline { .. })));
    let of_notice = NoticeOpening {
        on: on(4),
        ..notice("1", 1)
    };
    assert!(matches!(Notice::new(of_notice), Err(Error::Deadline { .. })));
    let mut before = event(1, sent(1));
    before.on = date(2026, 8, 31);
    let mut transfer = Transfer::from_events(opening("1", false), &path("ready")).unwrap();
    assert!(matches!(transfer.record(&before), Err(Error::OutOfOrder { .. })));
}

fn notice(number: &str, day: i8) -> NoticeOpening {
    NoticeOpening {
        number: text(number),
        on: on(day),
        from: office("某县民政局", "290101"),
        to: office("某县人民检察院", "290101"),
        due: five(day),
    }
}

fn lead(number: &str, day: i8) -> LeadOpening {
    LeadOpening {
        number: text(number),
        on: on(day),
        from: office("某县民政局", "290101"),
        to: office("某县人民检察院", "290101"),
        letter: text("某民线〔2026〕1号"),
        due: five(day),
    }
}

#[test]
fn a_person_who_was_informed_applies_or_does_not() {
    let applied = || NoticeAct::Applied {
        document: text("受理1号"),
    };
    let not_applied = || NoticeAct::NotApplied {
        reason: text("本人不愿申请"),
    };
    #[rustfmt::skip]
    let table = [
        //                          informed       applied  not applied
        (applied as fn() -> NoticeAct, ["applied",     "-", "-"]),
        (not_applied,                  ["not_applied", "-", "-"]),
    ];
    let paths = [vec![], vec![applied()], vec![not_applied()]];
    for (act, expected) in table {
        for (path, expected) in paths.iter().zip(expected) {
            let past: Vec<_> = path.iter().map(|act| event(1, act.clone())).collect();
            let mut notice = Notice::from_events(notice("1", 1), &past).unwrap();
            let found = match notice.record(&event(2, act())) {
                Ok(()) => notice.stage().code().trim_start_matches("notice_stage_"),
                Err(Error::OutOfTurn { .. }) => "-",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn each_step_of_a_lead_is_legal_in_its_place_and_nowhere_else() {
    let acknowledged = |day| LeadAct::Acknowledged { due: five(day) };
    let taken_up = |day| LeadAct::TakenUp { due: five(day) };
    let rejected = |day| LeadAct::Rejected {
        reason: text("不属于司法救助范围"),
        due: five(day),
    };
    let fed_back = |_| LeadAct::FedBack {
        document: text("某检反〔2026〕1号"),
        result: text("已启动救助"),
    };
    let paths = [
        vec![],
        vec![acknowledged(1)],
        vec![acknowledged(1), taken_up(1)],
        vec![acknowledged(1), rejected(1)],
        vec![acknowledged(1), taken_up(1), fed_back(1)],
    ];
    #[rustfmt::skip]
    let table = [
        //                sent            acknowledged taken up    rejected    fed back
        (acknowledged(2), ["acknowledged", "-",        "-",        "-",        "-"]),
        (taken_up(2),     ["-",            "taken_up", "-",        "-",        "-"]),
        (rejected(2),     ["-",            "rejected", "-",        "-",        "-"]),
        (fed_back(2),     ["-",            "-",        "fed_back", "fed_back", "-"]),
    ];
    for (act, expected) in table {
        for (path, expected) in paths.iter().zip(expected) {
            let past: Vec<_> = path.iter().map(|act| event(1, act.clone())).collect();
            let mut lead = Lead::from_events(lead("1", 1), &past).unwrap();
            let found = match lead.record(&event(2, act.clone())) {
                Ok(()) => lead.stage().code().trim_start_matches("lead_stage_"),
                Err(Error::OutOfTurn { .. }) => "-",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, expected, "{act:?} after {} acts", path.len());
        }
    }
}

/// Friday 18 September and five working days: Sun 20 (exchanged), Mon 21, Tue 22, Wed 23, Thu 24. Wednesday 30 September
/// and five: Thu 8 October, Fri 9, Sat 10 (exchanged), Mon 12, Tue 13.
#[test]
fn what_is_late_is_listed_across_a_holiday() {
    let ready = path("ready");
    let transfer = |number: &str, day: i8| {
        let mut transfer = Transfer::from_events(opening(number, false), &ready).unwrap();
        transfer.record(&event(day, sent(day))).unwrap();
        transfer
    };
    let before = transfer("移1", 18);
    let over = transfer("移2", 30);
    let mut answered_in_time = transfer("移3", 18);
    answered_in_time
        .record(&event(24, Act::Acknowledged { due: five(24) }))
        .unwrap();
    let notice = Notice::new(notice("告1", 30)).unwrap();
    let lead = Lead::new(lead("线1", 18)).unwrap();
    let all: [&dyn Awaiting; 5] = [&over, &before, &lead, &notice, &answered_in_time];
    let late = |number, awaited, until| Overdue {
        number,
        awaited,
        until,
    };
    let of_september = [
        late("移1", Awaited::Acknowledgement, on(24)),
        late("线1", Awaited::Acknowledgement, on(24)),
    ];
    assert_eq!(overdue(all, on(24)), []);
    assert_eq!(overdue(all, date(2026, 9, 25)), of_september);
    // 24 September and five: Mon 28, Tue 29, Wed 30, Thu 8 October, Fri 9. Nothing more is late in the holiday.
    assert_eq!(overdue(all, date(2026, 10, 9)), of_september);
    assert_eq!(
        overdue(all, date(2026, 10, 10))[2..],
        [late("移3", Awaited::Answer, date(2026, 10, 9))]
    );
    assert_eq!(
        overdue(all, date(2026, 10, 14))[3..],
        [
            late("告1", Awaited::Application, date(2026, 10, 13)),
            late("移2", Awaited::Acknowledgement, date(2026, 10, 13)),
        ]
    );
}

#[test]
fn an_act_has_one_written_form() {
    let stages = ["owing", "visited", "refused", "already", "not_found"];
    for event in stages.into_iter().flat_map(path) {
        assert_eq!(Event::parse(&event.to_bytes()).unwrap(), event);
    }
    let written = String::from_utf8(event(1, answered(1, REFUSED)).to_bytes()).unwrap();
    assert_eq!(
        written,
        r#"{"act":{"answered":{"answer":{"refused":{"reason":"income"}},"due":{"days":5,"unit":"working","until":"2026-09-08"}}},"at":"2026-09-01T04:00:00Z","by":"甲","on":"2026-09-01"}"#
    );
    for (from, to) in [
        (r#"{"reason":"income"}"#, "{}"),
        (r#""days":5"#, r#""colour":1,"days":5"#),
        (r#"{"refused""#, r#"{"colour":1,"refused""#),
        ("income", "money"),
    ] {
        let changed = written.replacen(from, to, 1);
        assert!(Event::parse(changed.as_bytes()).is_err(), "{changed}");
    }
    let act: Recorded<LeadAct> = event(1, LeadAct::Acknowledged { due: five(1) });
    assert_eq!(Recorded::parse(&act.to_bytes()).unwrap(), act);
}
