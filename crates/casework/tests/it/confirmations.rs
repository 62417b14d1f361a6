//! What a register's answers mean for transfers: the whole table of how far a transfer is and what is said of it.

use hefu_casework::{
    AgencyRole, Event, Feedback, Place, ReasonCode, ReferralState, Text,
    calendar::{Calendar, DayUnit},
    transfer::{Act, Answer, Came, Confirmed, Office, Opening, Paper, Transfer, Trigger, confirm},
};
use jiff::civil::{Date, date};

const DAYS: u16 = 5;

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn on(day: i8) -> Date {
    date(2026, 9, day)
}

fn event(day: i8, act: Act) -> Event<Act> {
    Event {
        at: format!("2026-09-{day:02}T04:00:00Z").parse().unwrap(),
        by: text("甲"),
        on: on(day),
        act,
    }
}

fn office(name: &str, role: AgencyRole) -> Office {
    Office {
        name: text(name),
        role,
        place: Place::new("290101").unwrap(),
    }
}

/// A transfer that is so far, every act on 1 September.
fn transfer(stage: &str) -> Transfer {
    let due = Calendar::national()
        .deadline(on(1), DAYS, DayUnit::Working)
        .unwrap();
    let papers = [Paper::CaseFacts, Paper::AidGiven, Paper::Recommendation];
    let mut acts: Vec<Act> = papers
        .map(|paper| Act::Filed {
            paper,
            document: text("附件"),
        })
        .to_vec();
    let answer = |answer| Act::Answered { answer, due };
    let fed_back = |came| Act::FedBack {
        document: text("反1"),
        came,
        result: text("说明"),
        due,
    };
    let sent = [Act::Sent {
        letter: text("移1"),
        due,
    }];
    let acknowledged = [sent[0].clone(), Act::Acknowledged { due }];
    let income = ReasonCode::Income;
    let more: Vec<Act> = match stage {
        "open" => vec![],
        "sent" => sent.to_vec(),
        "acknowledged" => acknowledged.to_vec(),
        "accepted" => vec![answer(Answer::Accepted {})],
        "helped" => vec![answer(Answer::Accepted {}), fed_back(Some(Came::Helped {}))],
        "accepted, refused" => vec![
            answer(Answer::Accepted {}),
            fed_back(Some(Came::Refused { reason: income })),
        ],
        "refused" => vec![answer(Answer::Refused { reason: income })],
        "refused, fed back" => vec![answer(Answer::Refused { reason: income }), fed_back(None)],
        "already" => vec![answer(Answer::AlreadyHelped {})],
        "not found" => vec![answer(Answer::NotFound {})],
        other => panic!("{other}"),
    };
    if !["open", "sent", "acknowledged"].contains(&stage) {
        acts.extend_from_slice(&acknowledged);
    }
    acts.extend(more);
    let events: Vec<_> = acts.into_iter().map(|act| event(1, act)).collect();
    let opening = Opening {
        number: text("1"),
        on: on(1),
        trigger: Trigger::StillPoor,
        from: office("某县人民检察院", AgencyRole::Procuratorate),
        to: office("某县民政局", AgencyRole::CivilAffairs),
        via: None,
    };
    Transfer::from_events(opening, &events).unwrap()
}

fn said(state: ReferralState, reason: Option<ReasonCode>) -> Feedback {
    Feedback {
        date: Some(on(8)),
        state,
        reason,
    }
}

fn shown(confirmed: &Confirmed) -> String {
    match confirmed {
        Confirmed::Acts(acts) if acts.is_empty() => "=".to_owned(),
        Confirmed::Acts(acts) => acts
            .iter()
            .map(|act| match act {
                Act::Acknowledged { .. } => "ack",
                Act::Answered { answer, .. } => match answer {
                    Answer::Accepted {} => "acc",
                    Answer::Refused { .. } => "ref",
                    Answer::AlreadyHelped {} => "alr",
                    Answer::NotFound {} => "not",
                },
                Act::FedBack { came, .. } => match came {
                    Some(Came::Helped {}) => "helped",
                    Some(Came::Refused { .. }) => "nothing",
                    None => "back",
                },
                other => panic!("{}", other.code()),
            })
            .collect::<Vec<_>>()
            .join(" "),
        Confirmed::Contradicts => "!".to_owned(),
        Confirmed::NoReason => "?".to_owned(),
    }
}

/// Thought through column by column: 签收 comes before 受理, 受理 before 已救助 or 不予救助; a register that is behind says
/// nothing against a transfer, and no answer is replaced by another.
#[test]
fn what_is_said_of_a_transfer_completes_it_or_contradicts_it() {
    let income = Some(ReasonCode::Income);
    let says = [
        said(ReferralState::Acknowledged, None),
        said(ReferralState::Accepted, None),
        said(ReferralState::Helped, None),
        said(ReferralState::Refused, income),
        said(ReferralState::Refused, Some(ReasonCode::Property)),
        said(ReferralState::Refused, None),
        said(ReferralState::AlreadyHelped, None),
        said(ReferralState::NotFound, None),
    ];
    #[rustfmt::skip]
    let table = [
        //                      acknowl. accepted   helped           income     property   no reason already    not found
        ("open",              ["!",     "!",       "!",             "!",       "!",       "?",      "!",       "!"]),
        ("sent",              ["ack",   "ack acc", "ack acc helped", "ack ref", "ack ref", "?",     "ack alr", "ack not"]),
        ("acknowledged",      ["=",     "acc",     "acc helped",    "ref",     "ref",     "?",      "alr",     "not"]),
        ("accepted",          ["=",     "=",       "helped",        "nothing", "nothing", "?",      "!",       "!"]),
        ("helped",            ["=",     "=",       "=",             "!",       "!",       "?",      "!",       "!"]),
        ("accepted, refused", ["=",     "=",       "!",             "=",       "!",       "?",      "!",       "!"]),
        ("refused",           ["=",     "!",       "!",             "=",       "!",       "?",      "!",       "!"]),
        ("refused, fed back", ["=",     "!",       "!",             "=",       "!",       "?",      "!",       "!"]),
        ("already",           ["=",     "!",       "!",             "!",       "!",       "?",      "=",       "!"]),
        ("not found",         ["=",     "!",       "!",             "!",       "!",       "?",      "!",       "="]),
    ];
    let calendar = Calendar::national();
    for (stage, row) in table {
        for (feedback, expected) in says.iter().zip(row) {
            let transfer = transfer(stage);
            let confirmed = confirm(&transfer, feedback, on(8), &text("轮次"), DAYS, &calendar).unwrap();
            let told = feedback.state.code();
            assert_eq!(shown(&confirmed), expected, "{stage}, told {told}");
            let Confirmed::Acts(acts) = confirmed else {
                continue;
            };
            let mut after = transfer.clone();
            for act in acts {
                // Five working days from Tuesday the 8th of September 2026: 9, 10, 11, 14, 15.
                let due = Calendar::national()
                    .deadline(on(8), DAYS, DayUnit::Working)
                    .unwrap();
                assert_eq!(due.until(), on(15));
                after.record(&event(8, act)).unwrap();
            }
            // Said again, it says nothing new, and what is known here is at least what was told.
            let again = confirm(&after, feedback, on(9), &text("轮次"), DAYS, &calendar).unwrap();
            assert_eq!(shown(&again), "=", "{stage}, told {told} twice");
        }
    }
}

#[test]
fn a_register_has_of_a_transfer_what_was_done_last() {
    let state = |stage: &str| transfer(stage).state().map(|said| (said.state, said.reason));
    let income = Some(ReasonCode::Income);
    for (stage, expected) in [
        ("open", None),
        ("sent", None),
        ("acknowledged", Some((ReferralState::Acknowledged, None))),
        ("accepted", Some((ReferralState::Accepted, None))),
        ("helped", Some((ReferralState::Helped, None))),
        ("accepted, refused", Some((ReferralState::Refused, income))),
        ("refused, fed back", Some((ReferralState::Refused, income))),
        ("already", Some((ReferralState::AlreadyHelped, None))),
        ("not found", Some((ReferralState::NotFound, None))),
    ] {
        assert_eq!(state(stage), expected, "{stage}");
    }
}
