//! What comes again to a node that was restored.

use hefu_node::Node;
use jiff::Timestamp;

use super::*;

/// A correction was heard and acknowledged; then the node is restored from a backup of before.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_comes_again_to_a_node_that_was_restored() {
    let two = Two::start().await;
    let round = two.answers.node.run_round(&two.agreement).await.unwrap().round;
    two.asks
        .newest_round(|round| round.id != two.round && round.state == RoundState::Done)
        .await;
    let seq = of_person(&two.answers, &round, PERSON);
    let item = two.delivered().await;
    let (backup, folder) = (two._dir.path().join("backup"), two._dir.path().join("anew"));
    two.answers.node.backup(&backup, "管理员").unwrap();
    // As the node itself writes it, of an act on record.
    corrected(&two);
    deliver(&two.asks, &two.answers).await;
    let told = |at: &Bureau| at.node.standing(&round, seq).unwrap().told.all().len();
    assert!(told(&two.answers) > 0);
    let Two {
        asks, answers, _dir, ..
    } = two;
    let closed = answers.close().await;
    Node::restore(&backup, &folder, &closed.unlock, "管理员").unwrap();
    let answers = closed.moved_to(folder).open(surroundings()).await;
    introduce(&asks, &answers);
    asks.node.exchange(&answers.node.node_key()).await.unwrap();
    let _ = answers.node.exchange(&asks.node.node_key()).await;
    asks.node.send_outcomes().unwrap();
    let _ = asks.node.deliver_notes(&answers.node.node_key()).await;
    assert!(
        answers.node.inquiry(&item).is_ok(),
        "the question was there before the backup"
    );
    assert!(
        told(&answers) > 0,
        "nothing is known of the correction any more, and nobody will tell again"
    );
}

fn corrected(two: &Two) {
    use hefu_casework::review::{Act, Event};
    use serde_json::json;
    let node = &two.asks.node;
    let seq = of_person(&two.asks, &two.round, PERSON);
    let basis = node.basis(&node.store().findings(&two.round).unwrap()[seq as usize - 1]);
    for (by, act) in [
        ("甲", json!({ "taken": {} })),
        (
            "甲",
            json!({ "verified": { "result": "refuted", "reason": "登记有误" } }),
        ),
        (
            "甲",
            json!({ "decided": { "decision": { "data_error": {} }, "authority": "县民政局", "document": "1号", "reason": "登记有误" } }),
        ),
        (
            "乙",
            json!({ "corrected": { "basis": basis, "authority": "县民政局", "document": "2号", "reason": "登记有误" } }),
        ),
    ] {
        let act: Act = serde_json::from_value(act).unwrap();
        let event = Event {
            at: Timestamp::now(),
            by: text(by),
            on: days_from_today(0),
            act,
        };
        node.record_review(&two.round, seq, &event).unwrap();
    }
}
