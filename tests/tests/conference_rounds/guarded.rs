//! Sessions run when the round has it, and never else.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn no_session_runs_before_the_round_or_after_it() {
    let table = Table::laid(three()).await;
    let round = table.announce(20, 20);
    table.freeze(0, round).await;
    let (first, second) = (&table.members[0].bureau.node, &table.members[1].bureau.node);
    let digest = first
        .with_conference(&table.id, |state| {
            state.narrowed(round, &table.annexes[0]).unwrap().digest()
        })
        .unwrap();
    let concluded = |node: &hefu_node::Node| node.store().agreement(&digest).unwrap().is_some();
    until("both keep what both have signed", || {
        concluded(first) && concluded(second)
    })
    .await;
    let early = first.begin_round(&digest, "经办").await.unwrap_err();
    assert_eq!(early.code(), "conference_not_begun");
    // A person can't refuse what stands signed on the record.
    let refused = first.refuse_agreement(&digest, "另有考虑", "主任").unwrap_err();
    assert_eq!(refused.code(), "agreement_of_a_conference");
    // The second never freezes: the leg does not run.
    table
        .everywhere(round, "it begins", |round| round.begun.is_some())
        .await;
    let closed = first.begin_round(&digest, "经办").await.unwrap_err();
    assert_eq!(closed.code(), "conference_leg_not_open");
    let over = table.round(&table.office, round).unwrap().announced.run_until;
    until("the time is over", || Timestamp::now() > over).await;
    let late = first.begin_round(&digest, "经办").await.unwrap_err();
    assert_eq!(late.code(), "conference_run_over");
    // Nothing of all that is on record as a session.
    for at in [first, second] {
        assert!(at.store().rounds().unwrap().is_empty());
        assert!(at.store().leg_sessions(&table.id.0, round).unwrap().is_empty());
    }
    let refused = second.freeze_round(&table.id, round, "经办").unwrap_err();
    assert_eq!(refused.code(), "conference_run_over");
}
