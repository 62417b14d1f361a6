//! A member that enters another list than it froze.

use hefu_casework::conference::Difference;
use hefu_casework::review::{Act, Event};
use rusqlite::Connection;
use serde_json::json;

use super::*;

/// Past the node: what it entered in a round is another dataset now.
pub(super) fn enter_instead(closed: &Closed, dataset: i64) {
    let database = Connection::open(closed.folder.join("hefu.db")).unwrap();
    let trigger: String = database
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'frozen_datasets_stand'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    database
        .execute_batch("DROP TRIGGER frozen_datasets_stand")
        .unwrap();
    database
        .execute("UPDATE frozen_datasets SET dataset = ?1", [dataset])
        .unwrap();
    database.execute_batch(&trigger).unwrap();
}

fn record(node: &hefu_node::Node, round: &[u8; 32], act: serde_json::Value) -> hefu_node::Result<()> {
    let act: Act = serde_json::from_value(act).unwrap();
    let event = Event {
        at: Timestamp::now(),
        by: Text::new("经办").unwrap(),
        on: days_from_today(0),
        act,
    };
    node.record_review(round, 1, &event).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_list_than_was_frozen_is_flagged_and_held_back() {
    let mut table = Table::laid(three()).await;
    let leg = table.leg_of(0, 0);
    let round = table.announce(90, 150);
    table.freeze(1, round).await;
    let store = table.members[1].bureau.node.store();
    let own = store.frozen(&table.id.0, round).unwrap().unwrap().datasets[0];
    // Ten people fewer than it has committed to.
    let other = table.members[1].bureau.pays(DISABLED_LIVING, 20..50).dataset;
    let closed = table.members.remove(1).close().await;
    enter_instead(&closed, other.0);
    table
        .members
        .insert(1, Kept::of(closed.open(around(settings())).await));
    table.introduce();
    table.freeze(0, round).await;
    table.freeze(2, round).await;
    let differs = |round: &Round| round.legs[&leg].state == LegState::Differs(Difference::Frozen);
    table.everywhere(round, "the leg is flagged", differs).await;
    table
        .everywhere(round, "the others are done", |round| {
            is_done(round, table.leg_of(1, 0))
        })
        .await;
    let board = table.one_board(round).await;
    let flagged = board
        .legs
        .iter()
        .find(|each| each.annex_digest == leg.annex && each.receiver == 0);
    let flagged = flagged.unwrap();
    assert_eq!(
        (flagged.state, flagged.reason.as_deref(), flagged.receipt),
        ("differs", Some(Difference::Frozen.code()), None)
    );

    // What it found stays out of everything that counts, and takes nothing from anybody.
    let node = Arc::clone(&table.members[0].bureau.node);
    assert_eq!(table.found(&table.members[0], round, leg), None);
    let sessions = node.store().leg_sessions(&table.id.0, round).unwrap();
    let of_leg = |run: u32| {
        let fits = |session: &&hefu_store::LegSession| {
            (session.annex, session.receiver, session.run) == (leg.annex.0, leg.receiver, run)
        };
        sessions.iter().find(fits).map(|session| session.session)
    };
    let held = of_leg(1).unwrap();
    assert!(!node.leg_of_round(&held).unwrap().unwrap().holds());
    assert!(!node.store().findings(&held).unwrap().is_empty());
    let stopped = json!({ "decided": {
        "decision": { "stopped": {} },
        "authority": "县民政局", "document": "1号", "reason": "重复领取",
    } });
    for act in [
        json!({ "taken": {} }),
        json!({ "verified": { "result": "confirmed", "reason": "核对属实" } }),
        json!({ "excepted": { "legal_basis": "某法", "reason": "下落不明" } }),
    ] {
        record(&node, &held, act).unwrap();
    }
    let refused = record(&node, &held, stopped.clone()).unwrap_err();
    assert_eq!(refused.code(), "node_leg_unsettled");

    // It mends what it enters, and the office has the leg run again.
    let closed = table.members.remove(1).close().await;
    enter_instead(&closed, own.0);
    table
        .members
        .insert(1, Kept::of(closed.open(around(settings())).await));
    table.introduce();
    let office = &table.office.bureau.node;
    for leg in [leg, table.leg_of(0, 1)] {
        let reason = Text::new("提交数据与固定数据不一致").unwrap();
        office.rerun_leg(&table.id, round, leg, reason, "办公室").unwrap();
    }
    table
        .everywhere(round, "all report", |round| {
            all_reported(round) && round.legs[&leg].run == 2
        })
        .await;
    let lists = three().lists;
    assert_eq!(
        table.found(&table.members[0], round, leg),
        Some(both(&lists[0].1, &lists[1].1))
    );
    // What the first run found does not come to count by that.
    assert!(!node.leg_of_round(&held).unwrap().unwrap().holds());
    assert_eq!(
        record(&node, &held, stopped).unwrap_err().code(),
        "node_leg_unsettled"
    );
}
