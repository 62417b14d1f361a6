//! What is told too far, and what is hidden.

use hefu_node::report::Form;
use hefu_store::RoundState;

use crate::Two;

/// Finding S3 (a report for submission names the officer who deleted a register; those who made reports it leaves out).
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

/// Finding K3 (findings are hidden behind the deletion of something else). Whoever can write to the database, and has no key,
/// lays the signed deletion of a register on a round. The node says "deleted" of findings that are all there, signs a report
/// that says so, and an auditor is told that it holds.
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
}
