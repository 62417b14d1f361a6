//! Sessions run when the round has it, and never else.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn no_session_runs_before_the_round_or_after_it() {
    let table = Table::laid(three()).await;
    let round = table.announce(20, 40);
    table.freeze(0, round).await;
    table.freeze(1, round).await;
    let (first, second, third) = (
        &table.members[0].bureau.node,
        &table.members[1].bureau.node,
        &table.members[2].bureau.node,
    );
    let narrowed = |annex: usize| {
        let annex = table.annexes[annex];
        let narrowed = first.with_conference(&table.id, |state| state.narrowed(round, &annex));
        narrowed.unwrap().unwrap().digest()
    };
    let [with_second, with_third] = [0, 1].map(narrowed);
    // All have signed, and pairs have not begun: nobody keeps an agreement yet that a session could run under.
    let has_joined = |member: &Kept| {
        let round = table.round(&table.members[0], round).unwrap();
        round.parties[&member.key()].joined.is_some()
    };
    until("all have signed", || table.members.iter().all(has_joined)).await;
    assert!(table.round(&table.office, round).unwrap().begun.is_none());
    let early = first.begin_round(&with_second, "经办").await.unwrap_err();
    assert_eq!(early.code(), "agreement_unknown");
    let legs = [table.leg_of(0, 0), table.leg_of(0, 1)];
    table
        .everywhere(round, "who is there is done", |round| {
            legs.iter().all(|leg| is_done(round, *leg))
        })
        .await;
    // The third has signed and never froze: there is no agreement with it.
    let absent = first.begin_round(&with_third, "经办").await.unwrap_err();
    assert_eq!(absent.code(), "agreement_unknown");
    // A person can't refuse what stands signed on the record, nor run it once more.
    let refused = first
        .refuse_agreement(&with_second, "另有考虑", "主任")
        .unwrap_err();
    assert_eq!(refused.code(), "agreement_of_a_conference");
    let again = first.begin_round(&with_second, "经办").await.unwrap_err();
    assert_eq!(again.code(), "conference_leg_not_open");
    let over = table.round(&table.office, round).unwrap().announced.run_until;
    until("the time is over", || Timestamp::now() > over).await;
    let late = first.begin_round(&with_second, "经办").await.unwrap_err();
    assert_eq!(late.code(), "conference_run_over");
    let refused = third.freeze_round(&table.id, round, "经办").unwrap_err();
    assert_eq!(refused.code(), "conference_run_over");
    // Each leg was one session, and nothing else is on record.
    for at in [first, second] {
        let sessions = at.store().leg_sessions(&table.id.0, round).unwrap();
        assert_eq!((sessions.len(), at.store().rounds().unwrap().len()), (2, 2));
    }
    assert!(third.store().rounds().unwrap().is_empty());
}
