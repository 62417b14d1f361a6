//! Corrections and outcomes of a hostile peer.

use hefu_casework::note::{Outcome, OutcomeCode, Withdrawn};
use hefu_casework::review::{Act, Event};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::*;

fn act(value: Value) -> Act {
    serde_json::from_value(value).unwrap()
}

fn verified() -> Act {
    act(json!({ "verified": { "result": "confirmed", "reason": "账目" } }))
}

fn excepted() -> Act {
    act(json!({ "excepted": { "legal_basis": "某法", "reason": "理由" } }))
}

fn decided(decision: &str) -> Act {
    act(json!({ "decided": {
        "decision": { decision: {} }, "authority": "县局", "document": "1号", "reason": "理由",
    } }))
}

fn record(at: &Bureau, round: &[u8; 32], seq: u64, act: Act) -> hefu_node::Result<()> {
    let now = Timestamp::now();
    let event = Event {
        at: now,
        by: text("经办"),
        on: jiff::tz::offset(8).to_datetime(now).date(),
        act,
    };
    at.node.record_review(round, seq, &event).map(drop)
}

fn note(two: &Two, item: Item, word: Word) -> Note {
    Note {
        agreement: Hex(two.agreement),
        item,
        on: days_from_today(0),
        word,
    }
}

fn correction(two: &Two, item: Item, at: Timestamp) -> Note {
    let document = text("更1号");
    note(two, item, Word::Correction(Withdrawn { document, at }))
}

/// The answering agency's own round, and its finding on the person.
async fn theirs(two: &Two) -> ([u8; 32], u64) {
    let round = two.answers.node.run_round(&two.agreement).await.unwrap().round;
    two.asks
        .newest_round(|round| round.id != two.round && round.state == RoundState::Done)
        .await;
    let seq = of_person(&two.answers, &round, PERSON);
    (round, seq)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_correction_leaves_the_finding_readable() {
    let two = Two::start().await;
    let (round, seq) = theirs(&two).await;
    let item = two.delivered().await;
    let (victim, from) = (&two.answers, two.asks.card.clone());
    record(victim, &round, seq, Act::Taken {}).unwrap();
    record(victim, &round, seq, verified()).unwrap();
    let now = Timestamp::now();
    victim
        .node
        .hear_note(&from, &correction(&two, item, now))
        .unwrap();
    record(victim, &round, seq, verified()).unwrap();
    let later = correction(&two, item, now + 1.second());
    // Taken or refused: it must not make what is on record unreadable.
    let _ = victim.node.hear_note(&from, &later);
    assert!(
        victim.node.standing(&round, seq).is_ok(),
        "{:?}",
        victim.node.standing(&round, seq).err()
    );
    assert!(victim.node.reviews(&round).is_ok());
}

/// What a peer says of a time that has not come would stand over all that it says after that.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_of_a_time_that_has_not_come() {
    let two = Two::start().await;
    let (round, seq) = theirs(&two).await;
    let item = two.delivered().await;
    let (victim, from) = (&two.answers, two.asks.card.clone());
    let outcome = |decision, at| {
        let document = text("决1号");
        note(
            &two,
            item,
            Word::Outcome(Outcome {
                decision,
                document,
                at,
            }),
        )
    };
    let future = "9999-01-01T00:00:00Z".parse().unwrap();
    let _ = victim
        .node
        .hear_note(&from, &outcome(OutcomeCode::Lawful, future));
    victim
        .node
        .hear_note(&from, &outcome(OutcomeCode::Stopped, Timestamp::now()))
        .unwrap();
    let told = victim.node.standing(&round, seq).unwrap().told;
    assert_eq!(told.last().map(|there| there.code()), Some("decision_stopped"));
}

/// The agency that was asked has withdrawn its finding; the one that asked runs the round again.
#[tokio::test(flavor = "multi_thread")]
async fn another_round_does_not_get_around_a_correction() {
    let two = Two::start().await;
    let item = two.delivered().await;
    let (asks, from) = (&two.asks, two.answers.card.clone());
    asks.node
        .hear_note(&from, &correction(&two, item, Timestamp::now()))
        .unwrap();
    // In place of the finding that is blocked, the same of the next round; before anybody verified anything.
    let again = asks.node.run_round(&two.agreement).await.unwrap().round;
    let seq = of_person(asks, &again, PERSON);
    let standing = asks.node.standing(&again, seq).unwrap();
    assert!(
        !standing.told.all().is_empty(),
        "the correction is not shown with the same finding of the next round"
    );
    record(asks, &again, seq, Act::Taken {}).unwrap();
}

/// A finding under way in one round, corrected there, and the same finding of a round that ran before the correction.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_finding_of_another_round_is_corrected_too() {
    let two = Two::start().await;
    let asks = &two.asks;
    let again = asks.node.run_round(&two.agreement).await.unwrap().round;
    let seq = of_person(asks, &again, PERSON);
    for act in [Act::Taken {}, verified(), excepted()] {
        record(asks, &again, seq, act).unwrap();
    }
    // The question was about the first round's finding.
    let item = two.delivered().await;
    let from = two.answers.card.clone();
    asks.node
        .hear_note(&from, &correction(&two, item, Timestamp::now()))
        .unwrap();
    let refused = record(asks, &again, seq, decided("stopped"));
    assert_eq!(refused.err().map(|error| error.code()), Some("corrected_there"));
}

/// Whoever may write one question may write a correction for each: an officer verifies and hears anew each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_does_not_hold_a_decision_up_for_ever() {
    let two = Two::start().await;
    let (round, seq) = theirs(&two).await;
    let item = two.delivered().await;
    let (victim, from) = (&two.answers, two.asks.card.clone());
    record(victim, &round, seq, Act::Taken {}).unwrap();
    record(victim, &round, seq, verified()).unwrap();
    let now = Timestamp::now();
    let heard = |seconds: i64| {
        let said = correction(&two, item, now + seconds.seconds());
        victim.node.hear_note(&from, &said)
    };
    heard(0).unwrap();
    // One matter is withdrawn once.
    assert!(
        (1..5).any(|seconds| heard(seconds).is_err()),
        "five corrections of one matter"
    );
}
