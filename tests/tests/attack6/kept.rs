//! What is kept too short.

use hefu_casework::Text;
use hefu_casework::review::{Act, Event, Stage};
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::Two;

/// Finding K1 (a retention that is over ends a case that is not). The person was told that they may make a statement until a
/// day that is still to come; then the finding, the notice and the decision to come are gone, and the next round finds the
/// same person as if nothing had been.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_is_being_heard_about_is_not_deleted_meanwhile() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let ended = two.receiver.ended_round().await.ended_at.unwrap();
    let days = node.agreement(&two.agreement).unwrap().agreement().retention_days;
    let over = ended.checked_add((24 * i64::from(days)).hours()).unwrap();
    let today = jiff::tz::offset(8).to_datetime(Timestamp::now()).date();
    let until = jiff::tz::offset(8).to_datetime(over).date().tomorrow().unwrap();
    for act in [
        json!({ "taken": {} }),
        json!({ "verified": { "result": "confirmed", "reason": "核实" } }),
        json!({ "told": { "document": "告1号", "hearing": { "days": 1, "unit": "natural", "until": until } } }),
    ] {
        let event = Event {
            at: Timestamp::now(),
            by: Text::new("王科长").unwrap(),
            on: today,
            act: serde_json::from_value::<Act>(act).unwrap(),
        };
        node.record_review(&round, 1, &event).unwrap();
    }
    node.delete_expired(over).unwrap();
    let review = node.review(&round, 1);
    assert!(
        review.as_ref().is_ok_and(|review| review.stage() == Stage::Told),
        "{:?}",
        review.err()
    );
}

/// Finding K2 (an act that is not liked is taken off the record). Whoever can write to the database, and has no key, takes the
/// last acts of a finding away: that verification did not confirm it, here. The log has them still, and nobody compares: the
/// finding is verified once more, and goes its way to a decision against the person.
#[tokio::test(flavor = "multi_thread")]
async fn acts_that_the_log_has_and_the_record_has_not_are_missed() {
    let two = Two::start().await;
    let round = two.round().await;
    let act = |act: serde_json::Value| Event {
        at: Timestamp::now(),
        by: Text::new("王科长").unwrap(),
        on: jiff::tz::offset(8).to_datetime(Timestamp::now()).date(),
        act: serde_json::from_value::<Act>(act).unwrap(),
    };
    let verified = |result: &str| act(json!({ "verified": { "result": result, "reason": "查发放台账" } }));
    let node = &two.receiver.node;
    node.record_review(&round, 1, &act(json!({ "taken": {} })))
        .unwrap();
    node.record_review(&round, 1, &verified("refuted")).unwrap();
    let Two { receiver, _dir, .. } = two;
    let closed = receiver.close().await;
    let database = rusqlite::Connection::open(closed.folder.join("hefu.db")).unwrap();
    database
        .execute_batch("DROP TRIGGER finding_events_stay")
        .unwrap();
    let gone = database.execute("DELETE FROM finding_events WHERE number = 2", []);
    assert_eq!(gone.unwrap(), 1);
    drop(database);
    let receiver = closed.open(hefu_tests::bureau::surroundings()).await;
    let node = &receiver.node;
    let standing = node.standing(&round, 1).map(|standing| standing.review.stage());
    let again = node.record_review(&round, 1, &verified("confirmed"));
    assert!(
        standing.is_err() && again.is_err(),
        "{standing:?}, and confirmed: {}",
        again.is_ok()
    );
}
