//! What the other agency withdraws binds the same finding of every round, once, and never what is on record already.

use hefu_casework::note::{Outcome, OutcomeCode, Withdrawn};
use hefu_casework::review::Act;
use hefu_node::outcome::There;
use hefu_store::{Deleted, Error};
use jiff::{Timestamp, ToSpan};

use super::outcomes::{Side, both, decided, excepted, verified};
use super::*;

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

fn outcome(two: &Two, item: Item, decision: OutcomeCode, at: Timestamp) -> Note {
    let document = text("决1号");
    let told = Outcome {
        decision,
        document,
        at,
    };
    note(two, item, Word::Outcome(told))
}

/// Another question of the asking agency about the person, under a number of its own.
fn asked_again(two: &Two, item: u8) -> Item {
    let mut note = question(two, PERSON);
    note.item = Hex([item; 16]);
    two.answers.node.hear_note(&two.asks.card, &note).unwrap();
    note.item
}

impl Side<'_> {
    fn acts<const N: usize>(&self, acts: [Act; N]) {
        for act in acts {
            self.record("经办", act).unwrap();
        }
    }

    fn codes(&self) -> Vec<&'static str> {
        self.told().iter().map(There::code).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_correction_leaves_the_finding_readable() {
    let two = Two::start().await;
    let [_, victim] = both(&two).await;
    let item = two.delivered().await;
    let hear = |note: &Note| victim.at.node.hear_note(&two.asks.card, note);
    victim.acts([Act::Taken {}, verified()]);
    let now = Timestamp::now();
    hear(&correction(&two, item, now)).unwrap();
    victim.acts([verified()]);
    // Of another matter, after it was decided there once more.
    hear(&outcome(&two, item, OutcomeCode::Lawful, now)).unwrap_err();
    hear(&outcome(&two, item, OutcomeCode::Lawful, now + 1.second())).unwrap();
    let other = asked_again(&two, 7);
    hear(&correction(&two, other, now + 2.seconds())).unwrap();
    assert!(victim.at.node.standing(&victim.round, victim.seq).is_ok());
    assert_eq!(victim.at.node.reviews(&victim.round).unwrap().begun.len(), 1);
    // It counts like the first.
    victim.acts([excepted()]);
    assert_eq!(
        code(victim.record("经办", decided("stopped", "决2号"))),
        "corrected_there"
    );
    victim.acts([verified(), excepted(), decided("stopped", "决2号")]);
    assert!(victim.at.node.reviews(&victim.round).is_ok());
}

/// What is said of a time that has not come would stand over all that is said after that.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_of_a_time_that_has_not_come() {
    let two = Two::start().await;
    let [_, victim] = both(&two).await;
    let item = two.delivered().await;
    let hear = |note: &Note| victim.at.node.hear_note(&two.asks.card, note);
    let now = Timestamp::now();
    for at in ["9999-01-01T00:00:00Z".parse().unwrap(), now + 310.seconds()] {
        assert_eq!(
            code(hear(&outcome(&two, item, OutcomeCode::Lawful, at))),
            "outcome_ahead"
        );
        assert_eq!(code(hear(&correction(&two, item, at))), "outcome_ahead");
    }
    let of_another_day = Note {
        on: days_from_today(2),
        ..outcome(&two, item, OutcomeCode::Lawful, now)
    };
    assert_eq!(code(hear(&of_another_day)), "outcome_ahead");
    hear(&outcome(&two, item, OutcomeCode::Stopped, now)).unwrap();
    // Two clocks may differ by what a greeting allows.
    hear(&outcome(&two, item, OutcomeCode::Recovered, now + 240.seconds())).unwrap();
    assert_eq!(victim.codes(), ["decision_stopped", "decision_recovered"]);
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
    let round = asks.node.run_round(&two.agreement).await.unwrap().round;
    let again = Side {
        at: asks,
        round,
        seq: of_person(asks, &round, PERSON),
    };
    assert_eq!(again.codes(), ["stage_corrected"]);
    let reviews = asks.node.reviews(&round).unwrap();
    let told: Vec<_> = reviews.told.keys().copied().collect();
    assert_eq!(told, [again.seq], "and nobody else's");
    again.acts([Act::Taken {}]);
}

/// A finding under way in one round, corrected there, and the same finding of a round that ran before the correction.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_finding_of_another_round_is_corrected_too() {
    let two = Two::start().await;
    let asks = &two.asks;
    let round = asks.node.run_round(&two.agreement).await.unwrap().round;
    let side = |person| Side {
        at: asks,
        round,
        seq: of_person(asks, &round, person),
    };
    let [again, other] = [side(PERSON), side(PERSON + 1)];
    for side in [&again, &other] {
        side.acts([Act::Taken {}, verified(), excepted()]);
    }
    // The question was about the first round's finding.
    let item = two.delivered().await;
    asks.node
        .hear_note(&two.answers.card, &correction(&two, item, Timestamp::now()))
        .unwrap();
    assert_eq!(
        code(again.record("经办", decided("stopped", "决2号"))),
        "corrected_there"
    );
    other.acts([decided("stopped", "决2号")]);

    // What was asked about goes with its retention; that it was withdrawn does not.
    asks.node
        .store()
        .delete_findings(&two.round, b"signed", &deletion())
        .unwrap();
    let gone = asks.node.store().findings(&two.round);
    assert!(matches!(gone, Err(Error::Deleted { .. })));
    assert!(again.told().is_empty());
    assert_eq!(
        code(again.record("经办", decided("stopped", "决2号"))),
        "corrected_there"
    );
    again.acts([verified(), excepted(), decided("stopped", "决2号")]);
    assert_eq!(asks.node.reviews(&round).unwrap().begun.len(), 2);
    let deletions = asks.node.store().deletions().unwrap();
    assert_eq!(
        deletions.first().map(|one| one.of),
        Some(Deleted::Findings(two.round))
    );
}

fn deletion() -> hefu_store::Entry<'static> {
    hefu_store::Entry {
        actor: "node",
        kind: "deleted",
        body: &serde_json::Value::Null,
    }
}

/// Whoever may write one question may write a correction for each: an officer would verify and hear anew each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_does_not_hold_a_decision_up_for_ever() {
    let two = Two::start().await;
    let [_, victim] = both(&two).await;
    let item = two.delivered().await;
    let now = Timestamp::now();
    let hear = |item: Item, seconds: i64| {
        let said = correction(&two, item, now + seconds.seconds());
        victim.at.node.hear_note(&two.asks.card, &said)
    };
    victim.acts([Act::Taken {}, verified()]);
    hear(item, 0).unwrap();
    // One matter is withdrawn once; the same note once more is the same.
    hear(item, 0).unwrap();
    for seconds in [1, 2] {
        assert_eq!(code(hear(item, seconds)), "outcome_changed");
    }
    victim.acts([verified(), excepted()]);
    // The same person and rule under other numbers, with nothing decided there in between.
    for (number, seconds) in [(7, 3), (8, 4)] {
        hear(asked_again(&two, number), seconds).unwrap();
    }
    assert_eq!(victim.codes(), ["stage_corrected"; 3]);
    victim.acts([decided("stopped", "决2号")]);
    assert!(victim.at.node.reviews(&victim.round).is_ok());
}
