use hefu_casework::calendar::{DayUnit, Deadline};
use hefu_casework::conference::ItemOutcome;
use hefu_casework::inquiry::Term;
use hefu_casework::matter::{self, Direction, Opening};
use hefu_casework::note::{Answered, Found};
use hefu_casework::transfer::{self, Answer, Came, Office, Paper, Trigger};
use hefu_casework::{Place, ReasonCode};
use hefu_node::inquiry::Draft;
use hefu_node::matter::Person;

use super::*;

const LETTER: &str = "某检移〔2026〕12号";

/// The addressed agency's own acts answer a question, under the number that both have for it; the line is the asking
/// agency's.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_s_line_has_the_number_of_its_notes_and_is_answered_there() {
    let meeting = Meeting::begin().await;
    let [round, _] = meeting.round([7, 10], |receipt| receipt).await;
    meeting.follow().await;
    let (asks, asked) = (&meeting.poor, &meeting.disabled);
    let seq = seq_of(asks, &round, 15);
    let draft = Draft {
        document: text("某民协〔2026〕5号"),
        question: None,
        term: Term {
            days: 10,
            unit: DayUnit::Natural,
            until: Some(days_from_today(12)),
        },
    };
    let item = asks.node.draft_inquiry(&round, seq, draft, "甲").unwrap().item;
    asks.node.approve_inquiry(&item, "甲").unwrap();
    assert_eq!(meeting.follow().await, 0, "nothing has left");
    asks.node.approve_inquiry(&item, "乙").unwrap();
    asks.node.deliver_notes(&asked.node.node_key()).await.unwrap();
    assert_eq!(meeting.follow().await, 1);
    let line = || meeting.lines(&meeting.office)[&item].clone();
    let first = line();
    assert_eq!(first.kind, ItemKind::Inquiry);
    assert_eq!(
        (first.from, first.to),
        (Hex(asks.node.node_key()), Hex(asked.node.node_key()))
    );
    assert_eq!(first.letter, Some(text("某民协〔2026〕5号")));
    assert_eq!(
        (first.state, first.due),
        (ItemState::Open, Some(days_from_today(12)))
    );

    asked.node.take_inquiry(&item, "丙").unwrap();
    assert_eq!(meeting.follow().await, 1);
    assert_eq!((line().state, line().revision), (ItemState::UnderWay, 2));
    let answer = Answered {
        answer: Found::NoRecord,
        document: text("某残复〔2026〕1号"),
        text: None,
    };
    asked.node.answer_inquiry(&item, answer, "丙").unwrap();
    // Before the answer is here, there it is given.
    assert_eq!(meeting.follow().await, 1);
    assert_eq!(
        (line().state, line().outcome),
        (ItemState::Answered, Some(ItemOutcome::NotFound))
    );
    asked.node.deliver_notes(&asks.node.node_key()).await.unwrap();
    assert_eq!(meeting.follow().await, 0, "the answer says nothing new");
    asks.node.close_inquiry(&item, text("已阅"), "甲").unwrap();
    assert_eq!(meeting.follow().await, 1);
    let last = line();
    assert_eq!(
        (last.state, last.outcome),
        (ItemState::Settled, Some(ItemOutcome::NotFound))
    );
    assert_eq!((last.closed, last.revision), (Some(days_from_today(0)), 4));

    // It is no line of the third agency's, and none of its finding's.
    assert!(meeting.lines(&meeting.refers).is_empty());
    assert_eq!(meeting.line_of(asks, 15).kind, ItemKind::Finding);
}

fn office(bureau: &Bureau) -> Office {
    Office {
        name: text(bureau.card.name()),
        role: bureau.card.role(),
        place: Place::new("290101").unwrap(),
    }
}

/// Acts of today in a transfer.
fn acts(acts: impl IntoIterator<Item = transfer::Act>) -> Vec<matter::Event> {
    let event = |act| matter::Event {
        at: Timestamp::now(),
        by: text("经办"),
        on: days_from_today(0),
        act: matter::Act::Transfer(act),
    };
    acts.into_iter().map(event).collect()
}

fn due(days: i32) -> Deadline {
    Deadline::stated(5, DayUnit::Natural, days_from_today(days))
}

/// What goes before the letter, and the letter.
fn sent() -> Vec<transfer::Act> {
    let paper = |paper| transfer::Act::Filed {
        paper,
        document: text("1号"),
    };
    vec![
        paper(Paper::CaseFacts),
        paper(Paper::AidGiven),
        paper(Paper::Recommendation),
        transfer::Act::Sent {
            letter: text(LETTER),
            due: due(6),
        },
    ]
}

/// A person whom the procuratorate refers to civil affairs, as each of them keeps it.
pub(super) fn referred(meeting: &Meeting, person: u64) -> [u64; 2] {
    let (from, to) = (&meeting.refers, &meeting.poor);
    [(from, Direction::Own, "移1"), (to, Direction::Received, "收1")].map(|(at, direction, number)| {
        let opening = transfer::Opening {
            number: text(number),
            on: days_from_today(0),
            trigger: Trigger::StillPoor,
            from: office(from),
            to: office(to),
            via: None,
        };
        let person = Person::of_number(key(person));
        let opened = at.node.open_matter(
            &person,
            direction,
            Opening::Transfer(opening),
            acts(sent()),
            "经办",
        );
        opened.unwrap().id
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_outside_of_rounds_is_answered_by_the_agency_to_which_it_went() {
    let meeting = Meeting::begin().await;
    let [own, received] = referred(&meeting, 40);
    assert_eq!(meeting.follow().await, 1);
    let lines = meeting.lines(&meeting.office);
    let (item, first) = lines.first_key_value().unwrap();
    assert_eq!(
        (first.kind, first.state, first.round),
        (ItemKind::Referral, ItemState::Open, None)
    );
    assert_eq!(first.letter, Some(text(LETTER)));
    assert_eq!(first.due, Some(days_from_today(6)));
    assert_eq!(first.from, Hex(meeting.refers.node.node_key()));
    let line = || meeting.lines(&meeting.office)[item].clone();
    let there = |act| {
        for event in acts([act]) {
            meeting.poor.node.record_matter(received, &event).unwrap();
        }
    };
    there(transfer::Act::Acknowledged { due: due(7) });
    assert_eq!(meeting.follow().await, 1);
    assert_eq!(
        (line().state, line().due),
        (ItemState::UnderWay, Some(days_from_today(6)))
    );
    there(transfer::Act::Answered {
        answer: Answer::Accepted {},
        due: due(8),
    });
    assert_eq!(meeting.follow().await, 0, "it is still at work");
    there(transfer::Act::FedBack {
        document: text("某民复〔2026〕3号"),
        came: Some(Came::Helped {}),
        result: text("低保"),
        due: due(9),
    });
    assert_eq!(meeting.follow().await, 1);
    assert_eq!(
        (line().state, line().outcome, line().closed),
        (ItemState::Answered, Some(ItemOutcome::Aided), None)
    );

    // The agency that referred has read the letters one after another: what was answered stays so.
    for act in [
        transfer::Act::Acknowledged { due: due(7) },
        transfer::Act::Answered {
            answer: Answer::Accepted {},
            due: due(8),
        },
    ] {
        let [event] = acts([act]).try_into().unwrap();
        meeting.refers.node.record_matter(own, &event).unwrap();
        meeting.follow().await;
        assert_eq!(
            (line().state, line().outcome),
            (ItemState::Answered, Some(ItemOutcome::Aided))
        );
    }
    let fed_back = transfer::Act::FedBack {
        document: text("某民复〔2026〕3号"),
        came: Some(Came::Refused {
            reason: ReasonCode::Income,
        }),
        result: text("收入超过标准"),
        due: due(9),
    };
    for event in acts([fed_back]) {
        meeting.refers.node.record_matter(own, &event).unwrap();
    }
    assert_eq!(meeting.follow().await, 1);
    assert_eq!(
        (line().state, line().outcome),
        (ItemState::Settled, Some(ItemOutcome::NotEligible))
    );

    let own = meeting.own(&meeting.refers);
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].number.as_deref(), Some("移1"));
    assert_eq!(own[0].person, Some(key(40)));
    assert!(meeting.own(&meeting.poor).is_empty());
}
