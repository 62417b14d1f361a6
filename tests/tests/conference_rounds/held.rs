//! What the record says holds for sessions too: one a run, of the sizes and data that were frozen, and nothing gets out of
//! one whose leg is not done.

use hefu_store::Entry;
use serde_json::json;

use super::*;

/// A round that has begun, with the first member at rest from before: it has read all, and nothing runs by itself.
async fn begun_without_the_first(table: &Table) -> (u32, Agreement) {
    let round = table.announce(60, 240);
    table.freeze(0, round).await;
    table.freeze(1, round).await;
    let first = &table.members[0];
    let narrowed = first
        .bureau
        .node
        .with_conference(&table.id, |state| {
            state.narrowed(round, &table.annexes[0]).unwrap()
        })
        .unwrap();
    let digest = narrowed.digest();
    let kept = |at: &Kept| at.bureau.node.store().agreement(&digest).unwrap().is_some();
    until("both keep what both have signed", || {
        kept(first) && kept(&table.members[1])
    })
    .await;
    first.keeper.abort();
    table.freeze(2, round).await;
    let second = &table.members[1];
    until("it begins", || {
        table
            .round(second, round)
            .is_some_and(|round| round.begun.is_some())
    })
    .await;
    first.bureau.node.sync_conference(&table.id).await.unwrap();
    (round, narrowed)
}

/// A record that is not followed any more: nothing runs by it either.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_runs_on_a_record_that_was_forked() {
    let table = Table::laid(three()).await;
    let (_, narrowed) = begun_without_the_first(&table).await;
    let second = &table.members[1].bureau.node;
    let entry = Entry {
        actor: "node",
        kind: "conference_alarm",
        body: &json!({}),
    };
    second
        .store()
        .raise_alarm(&table.id.0, "conference_forked", None, &entry)
        .unwrap();
    assert!(second.conference(&table.id).unwrap().is_alarming());
    let first = &table.members[0].bureau.node;
    let learned = first.run_round(&narrowed.digest()).await;
    let learned = learned.map(|learned| learned.outcome.findings.len());
    assert_eq!(learned.map_err(|error| error.code()), Err("peer_aborted"));
}
