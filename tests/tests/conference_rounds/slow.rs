//! A line on which nothing arrives, a member that leaves meanwhile, and a framework that wants all or nothing.

use hefu_casework::conference::{NotRun, RoundEnd};
use hefu_tests::proxy::Proxy;

use super::*;

/// The first calls the second over a line that can fall silent.
async fn behind_a_line(table: &Table) -> Proxy {
    let second = &table.members[1].bureau;
    let line = Proxy::to(second.card.address().to_owned()).await;
    let first = &table.members[0].bureau.node;
    first
        .add_peer(&second.card_at(&line.address.to_string()))
        .unwrap();
    line
}

/// Waits until the first has called over the line, and heard nothing.
async fn calls_in_vain(table: &Table, round: u32) {
    let first = &table.members[0].bureau.node;
    let called = || {
        let sessions = first.store().leg_sessions(&table.id.0, round).unwrap();
        let (annex, receiver) = (table.annexes[0].0, 0);
        sessions
            .iter()
            .any(|session| (session.annex, session.receiver) == (annex, receiver))
    };
    until("it calls", called).await;
}

/// Pairs beside it go on, nothing is released of it, and it is done once the line holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_falls_silent_delays_its_own_leg_alone() {
    let table = Table::laid(three()).await;
    let line = behind_a_line(&table).await;
    let round = table.announce(60, 240);
    line.fall_silent();
    table.freeze_all(round).await;
    let (slow, back, other) = (table.leg_of(0, 0), table.leg_of(0, 1), table.leg_of(1, 0));
    calls_in_vain(&table, round).await;
    table
        .everywhere(round, "the others are done", |round| {
            is_done(round, back) && is_done(round, other)
        })
        .await;
    for at in table.everybody() {
        assert!(!table.leg(at, round, slow).has_ended());
    }
    assert_eq!(table.found(&table.members[0], round, slow), None);
    let early = table
        .office
        .bureau
        .node
        .close_round(&table.id, round, RoundEnd::Completed, "办公室");
    assert!(early.is_err());
    // What was sent into the silence is lost; lines hold from now on.
    line.tear();
    line.mend();
    table.everywhere(round, "all report", all_reported).await;
    let lists = three().lists;
    for (at, leg, with) in [(0, slow, 1), (1, back, 0), (0, other, 2)] {
        let expected = both(&lists[at].1, &lists[with].1);
        assert_eq!(table.found(&table.members[at], round, leg), Some(expected));
    }
    table.one_board(round).await;
}

/// Its leg that has not ended is not run, all see why, and the others' results stand.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_half_way_takes_what_is_under_way_along() {
    let mut table = Table::laid(three()).await;
    let line = behind_a_line(&table).await;
    let round = table.announce(60, 240);
    line.fall_silent();
    table.freeze_all(round).await;
    let (slow, other) = (table.leg_of(0, 0), table.leg_of(1, 0));
    calls_in_vain(&table, round).await;
    table
        .everywhere(round, "the others are done", |round| is_done(round, other))
        .await;
    let leaving = &table.members[1];
    let reason = Text::new("机构改革").unwrap();
    let node = &leaving.bureau.node;
    node.leave_conference(&table.id, &leaving.key(), reason, "主任")
        .unwrap();
    let gone = LegState::NotRun(NotRun::Left);
    table
        .everywhere(round, "all see that it left", |round| {
            round.legs[&slow].state == gone
        })
        .await;
    // Bytes that come after all change nothing of it.
    line.tear();
    line.mend();
    // Who has left reads the record no further; those who stay see one board.
    let left = table.members.remove(1);
    table
        .everywhere(round, "those who stay report", all_reported)
        .await;
    let board = table.one_board(round).await;
    let of = |name: &str| board.parties.iter().find(|party| party.name == name).unwrap();
    assert_eq!((of(NAMES[1]).state, of(NAMES[2]).state), ("left", "reported"));
    let lists = three().lists;
    for at in [&table.members[0], &left] {
        assert_eq!(table.found(at, round, slow), None);
    }
    assert_eq!(
        table.found(&table.members[0], round, other),
        Some(both(&lists[0].1, &lists[2].1))
    );
    let office = &table.office.bureau.node;
    office
        .close_round(&table.id, round, RoundEnd::Completed, "办公室")
        .unwrap();
}

/// All or nothing: with one absent no pair begins, and all see the same end.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_framework_wants_all_an_absent_member_ends_the_round() {
    let table = Table::laid(Laid {
        absent: Absent::NotAtAll,
        ..three()
    })
    .await;
    let round = table.announce(8, 30);
    table.freeze(0, round).await;
    table.freeze(1, round).await;
    table
        .everywhere(round, "it is not held", |round| round.stage() == Stage::Closed)
        .await;
    let board = table.one_board(round).await;
    assert_eq!(board.legs.len(), 3);
    for leg in &board.legs {
        assert_eq!(
            (leg.state, leg.reason.as_deref()),
            ("not_run", Some(NotRun::NotHeld.code()))
        );
    }
    let third = board.parties.iter().find(|party| party.name == NAMES[2]).unwrap();
    assert_eq!(third.state, "absent");
    for at in &table.members {
        let store = at.bureau.node.store();
        assert!(store.leg_sessions(&table.id.0, round).unwrap().is_empty());
        assert!(store.rounds().unwrap().is_empty());
    }
}
