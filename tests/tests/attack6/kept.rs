//! What is kept too short, and what is told too far.

use hefu_casework::Text;
use hefu_casework::review::{Act, Event, Stage};
use hefu_node::report::Form;
use hefu_store::RoundState;
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

/// A report for submission does not name the officer who deleted a register, as it does not name those who made reports.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_submission_names_no_officer() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    two.receiver
        .newest_round(|round| round.state == RoundState::Done)
        .await;
    let dataset = node.store().datasets().unwrap()[0].id;
    node.delete_dataset(dataset, "欧阳经办员").unwrap();
    let report = node.report(&round, Form::Submission, "欧阳经办员").unwrap();
    let report = String::from_utf8(report).unwrap();
    assert!(!report.contains("欧阳经办员"));
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

/// Whoever can write to the database, and has no key, lays the signed deletion of a register on a round. The node does not
/// say "deleted" of findings that are all there, and signs no report that says so.
#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_of_something_else_hides_no_finding() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let dataset = node.store().datasets().unwrap()[0].id;
    node.delete_dataset(dataset, "主任").unwrap();
    let Two { receiver, _dir, .. } = two;
    let closed = receiver.close().await;
    let database = rusqlite::Connection::open(closed.folder.join("hefu.db")).unwrap();
    let laid = database.execute(
        "INSERT INTO deletions (at, round, record) SELECT at, ?1, record FROM deletions",
        [round],
    );
    assert_eq!(laid.unwrap(), 1);
    drop(database);
    let receiver = closed.open(hefu_tests::bureau::surroundings()).await;
    let findings = receiver
        .node
        .store()
        .findings(&round)
        .map(|findings| findings.len());
    let report = receiver.node.report(&round, Form::Internal, "经办");
    let told = report.map(|report| {
        let report = hefu_node::report::verify(&report, &[]).map(|verified| verified.report);
        report.map(|report| report.sections.results)
    });
    assert!(
        !matches!(told, Ok(Ok(hefu_node::report::Results::Deleted {}))),
        "{findings:?}, and the report holds: {told:?}"
    );
    // What it says is that the record of a deletion is damaged, wherever the findings are asked for, and without being asked.
    let damaged = "store_damaged";
    let node = &receiver.node;
    assert_eq!(node.review(&round, 1).err().unwrap().code(), damaged);
    assert_eq!(node.delete_expired(Timestamp::now()).unwrap_err().code(), damaged);
    let checks = node.doctor(None).await;
    assert_eq!((checks[0].step, checks[0].code), ("log", damaged));
}
