//! A member that is away, and one that reads late.

use hefu_casework::conference::{Fault, NotRun, RoundEnd};

use super::*;

/// Its legs come to nothing, for a reason that all see; the others are done, and the round can be closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_goes_down_takes_its_own_legs_along() {
    let mut table = Table::laid(three()).await;
    let round = table.announce(30, 25);
    table.freeze(0, round).await;
    table.freeze(1, round).await;
    let key = table.members[1].key();
    until("the office knows", || {
        table.round(&table.office, round).unwrap().parties[&key]
            .frozen
            .is_some()
    })
    .await;
    let closed = table.members.remove(1).close().await;
    table.freeze(1, round).await;
    let (lost, other) = (table.leg_of(0, 0), table.leg_of(1, 0));
    table
        .everywhere(round, "the others are done", |round| is_done(round, other))
        .await;
    // A receiver that waits for one peer does not wait for the other, and gives up when the time is over.
    table
        .everywhere(round, "the leg is given up", |round| {
            round.legs[&lost].state == LegState::Failed("abort_expired".to_owned())
        })
        .await;
    assert_eq!(table.found(&table.members[0], round, lost), None);
    // It has not reported, and the time for reviews is not over.
    let office = &table.office.bureau.node;
    let early = office.close_round(&table.id, round, RoundEnd::Completed, "办公室");
    assert_eq!(early.unwrap_err().code(), Fault::OutOfTime.code());
    office
        .close_round(&table.id, round, RoundEnd::CalledOff, "办公室")
        .unwrap();
    // It comes back, and sees what all see.
    table
        .members
        .insert(1, Kept::of(closed.open(around(settings())).await));
    table.introduce();
    let board = table.one_board(round).await;
    let of = |receiver: u8| {
        let fits = |leg: &&hefu_node::conference::BoardLeg| {
            (leg.annex.as_str(), leg.receiver) == ("附件1", receiver)
        };
        let leg = board.legs.iter().find(fits).unwrap();
        (leg.state, leg.reason.clone())
    };
    assert_eq!(board.stage, "closed");
    assert_eq!(of(0), ("failed", Some("abort_expired".to_owned())));
    assert_eq!(of(1), ("not_run", Some(NotRun::CalledOff.code().to_owned())));
}

/// A member that reads the record late is called again until it has read it.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_reads_late_is_called_again() {
    let mut table = Table::laid(three()).await;
    let round = table.announce(60, 120);
    // The second has frozen before the first has joined, and reads nothing more from then on.
    let first = table.members.remove(0).close().await;
    for member in 0..2 {
        table.freeze(member, round).await;
    }
    let key = table.members[0].key();
    until("the office knows", || {
        table.round(&table.office, round).unwrap().parties[&key]
            .frozen
            .is_some()
    })
    .await;
    let seldom = ConferenceConfig {
        pace_seconds: 3600,
        running_pace_seconds: 3600,
        ..settings()
    };
    table.reopen(0, seldom).await;
    table
        .members
        .insert(0, Kept::of(first.open(around(settings())).await));
    table.introduce();
    table.freeze(0, round).await;
    let leg = table.leg_of(0, 0);
    let waits = || {
        let node = &table.members[0].bureau.node;
        let rounds = node.store().rounds().unwrap();
        rounds.iter().any(|round| {
            round.state == hefu_store::RoundState::Running && node.interruption(&round.id).is_some()
        })
    };
    until("it is told to wait", waits).await;
    // Nothing is said of that: it is nobody's failure.
    assert!(!table.leg(&table.office, round, leg).has_ended());
    let late = &table.members[1].bureau.node;
    late.sync_conference(&table.id).await.unwrap();
    table
        .everywhere_but(1, round, "the leg is done at the first", |round| {
            let said = round.legs[&leg].said.get(&round.legs[&leg].receiver);
            said.is_some_and(|said| said.end.is_some())
        })
        .await;
    let lists = three().lists;
    until("the late one says so too", || {
        is_done(&table.round(&table.office, round).unwrap(), leg)
    })
    .await;
    until("it counts", || {
        table.found(&table.members[0], round, leg) == Some(both(&lists[0].1, &lists[1].1))
    })
    .await;
}

/// A member whose session is under way leaves: the sessions of others are told of, and whoever stays reports.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_within_a_session_keeps_nobody_from_saying_what_became_of_others() {
    let mut table = Table::laid(three()).await;
    let round = table.announce(60, 240);
    let first = table.members.remove(0).close().await;
    for member in 0..2 {
        table.freeze(member, round).await;
    }
    let keys = [table.members[0].key(), table.members[1].key()];
    until("the office knows", || {
        let round = table.round(&table.office, round).unwrap();
        keys.iter().all(|key| round.parties[key].frozen.is_some())
    })
    .await;
    // Both others read nothing more: the first is told by each to wait.
    let seldom = ConferenceConfig {
        pace_seconds: 3600,
        running_pace_seconds: 3600,
        ..settings()
    };
    for key in &keys {
        table.reopen(0, seldom.clone()).await;
        let other = table.members.remove(0);
        table.members.push(other);
        assert_eq!(table.members[1].key(), *key);
    }
    table
        .members
        .insert(0, Kept::of(first.open(around(settings())).await));
    table.introduce();
    table.freeze(0, round).await;
    let (lost, other) = (table.leg_of(0, 0), table.leg_of(1, 0));
    let wait = || {
        let node = &table.members[0].bureau.node;
        let rounds = node.store().rounds().unwrap();
        let waiting = rounds.iter().filter(|round| {
            round.state == hefu_store::RoundState::Running && node.interruption(&round.id).is_some()
        });
        waiting.count() == 2
    };
    until("it waits for both", wait).await;
    let leaving = &table.members[1];
    let node = &leaving.bureau.node;
    let reason = Text::new("机构改革").unwrap();
    node.leave_conference(&table.id, &leaving.key(), reason, "主任")
        .unwrap();
    node.sync_conference(&table.id).await.unwrap();
    let gone = LegState::NotRun(NotRun::Left);
    until("the first sees that it left", || {
        table.leg(&table.members[0], round, lost) == gone
    })
    .await;
    let third = &table.members[2].bureau.node;
    third.sync_conference(&table.id).await.unwrap();
    until("the other leg is done, and the first has reported", || {
        let key = table.members[0].key();
        let known = table.round(&table.office, round).unwrap();
        let said = known.legs[&other].said.get(&key);
        said.is_some_and(|said| said.end.is_some()) && known.parties[&key].reported
    })
    .await;
}

impl Table {
    async fn everywhere_but(&self, but: usize, number: u32, what: &str, fits: impl Fn(&Round) -> bool) {
        let key = self.members[but].key();
        for at in self.everybody().filter(|at| at.key() != key) {
            until(what, || self.round(at, number).is_some_and(|round| fits(&round))).await;
        }
    }
}
