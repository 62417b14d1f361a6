//! What comes again to a node that was restored.

use hefu_node::Node;

use super::*;

/// A correction was heard and acknowledged; then the node is restored from a backup of before, in the place of the folder
/// that has it. Whoever told does not tell again what was acknowledged, so it has to come out of that folder: where there is
/// none, it is lost, as the threat model says.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_comes_again_to_a_node_that_was_restored() {
    let two = Two::start().await;
    let round = two.answers.node.run_round(&two.agreement).await.unwrap().round;
    two.asks
        .newest_round(|round| round.id != two.round && round.state == RoundState::Done)
        .await;
    let seq = of_person(&two.answers, &round, PERSON);
    let item = two.delivered().await;
    let backup = two._dir.path().join("backup");
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
    Node::restore(&backup, &closed.folder, &closed.unlock, "管理员").unwrap();
    let answers = closed.open(surroundings()).await;
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
