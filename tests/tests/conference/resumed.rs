//! An office that was restored and does not wait for what it had lost, and one that is slow to answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, Hex};
use hefu_node::Node;
use hefu_store::Said;
use hefu_tests::agency::Rogue;
use hefu_tests::conference::Table;

/// An office was restored, and its people said not to wait any longer. One member that kept a head from before comes
/// afterwards: it follows no more. All others should.
#[tokio::test(flavor = "multi_thread")]
async fn one_member_does_not_end_a_conference_that_was_resumed() {
    let mut table = Table::start(3).await;
    let backup = table.dir.path().join("backup");
    table.office().node.backup(&backup, "主任").unwrap();
    table.says(0, 1, "只有一家知道");
    table.members[0].node.sync_conference(&table.id).await.unwrap();
    let closed = table.closes_office().await;
    Node::restore(&backup, &closed.folder, &closed.unlock, "主任").unwrap();
    table.opens_office(closed).await;
    for member in &table.members[1..] {
        member.node.sync_conference(&table.id).await.unwrap();
    }
    table.office().node.resume_conference(&table.id, "主任").unwrap();
    table.says(1, 2, "之后");
    for _ in 0..2 {
        for member in &table.members[1..] {
            member.node.sync_conference(&table.id).await.unwrap();
        }
    }
    // The first comes back.
    let refused = table.members[0].node.sync_conference(&table.id).await;
    assert_eq!(refused.unwrap_err().code(), "conference_forked");
    table.says(2, 1, "再之后");
    let goes_on = table.members[2].node.sync_conference(&table.id).await;
    assert!(
        goes_on.is_ok() && !table.office().node.conference(&table.id).unwrap().is_alarming(),
        "the others are cut off: {:?}, the office stands as {}",
        goes_on.map_err(|error| error.code()),
        table.office().node.conference(&table.id).unwrap().standing
    );
}

/// As before, and the first knows further than the office has come since: the office goes on.
#[tokio::test(flavor = "multi_thread")]
async fn one_member_does_not_halt_an_office_that_was_resumed() {
    let mut table = Table::start(3).await;
    let backup = table.dir.path().join("backup");
    table.office().node.backup(&backup, "主任").unwrap();
    for letter in ["一", "二", "三"] {
        table.says(0, 1, letter);
    }
    table.members[0].node.sync_conference(&table.id).await.unwrap();
    let closed = table.closes_office().await;
    Node::restore(&backup, &closed.folder, &closed.unlock, "主任").unwrap();
    table.opens_office(closed).await;
    for member in &table.members[1..] {
        member.node.sync_conference(&table.id).await.unwrap();
    }
    table.office().node.resume_conference(&table.id, "主任").unwrap();
    table.says(1, 2, "之后");
    for _ in 0..2 {
        for member in &table.members[1..] {
            member.node.sync_conference(&table.id).await.unwrap();
        }
    }
    for _ in 0..3 {
        let refused = table.members[0].node.sync_conference(&table.id).await;
        assert_eq!(refused.unwrap_err().code(), "conference_forked");
    }
    let (said, _) = table.says(2, 1, "再之后");
    for _ in 0..2 {
        for member in &table.members[1..] {
            member.node.sync_conference(&table.id).await.unwrap();
        }
    }
    let standing = table.office().node.conference(&table.id).unwrap().standing;
    let said = table.members[2].node.said(&table.id, &said).unwrap();
    assert!(
        matches!(said, Said::Placed(_)),
        "{said:?}; the office stands as {standing}"
    );
}

/// The office of another conference that lets a visit hang keeps none of the others waiting.
#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_says_nothing_keeps_no_other_waiting() {
    let table = Table::start(2).await;
    let member = &table.members[0];
    let office = Rogue::start("邻县联席办", AgencyRole::ConferenceOffice, &[&member.card]).await;
    member.node.add_peer(&office.card).unwrap();
    member
        .node
        .follow(&Hex([9; 32]), &office.card.node_key(), "经办")
        .unwrap();
    let keeper = tokio::spawn(Arc::clone(&member.node).keep());
    // It is called, and says nothing.
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(office.listener.accept().await);
        }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (said, _) = table.says(0, 1, "函");
    let since = Instant::now();
    while !matches!(member.node.said(&table.id, &said).unwrap(), Said::Placed(_)) {
        assert!(
            since.elapsed() < Duration::from_secs(12),
            "another office has kept this one waiting for twelve seconds"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    silent.abort();
    keeper.abort();
}
