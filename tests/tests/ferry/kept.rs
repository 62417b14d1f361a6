//! Backups and their return, where rounds go by files.

use hefu_store::RoundState;
use hefu_tests::bureau::surroundings;
use hefu_tests::ferry::{Two, carry, files_under, logged, out, parts, refusals, take};

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_receiver_voids_its_round_and_the_sender_hears_of_it() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = parts(&receiver, &out(&receiver, &sender).await.unwrap());
    let backup = dir.path().join("backup");
    receiver.node.backup(&backup, "经办").unwrap();
    take(&sender, &opening).await;
    let answer = parts(&sender, &out(&sender, &receiver).await.unwrap());
    let closed = receiver.close().await;
    let restored = hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    assert_eq!(restored.voided, 1);
    let receiver = closed.open(surroundings()).await;
    assert_eq!(files_under(receiver.folder(), "ferry"), 0);
    take(&receiver, &answer).await;
    assert_eq!(refusals(&receiver), ["session_ended"]);
    let two = Two {
        receiver,
        sender,
        dir,
    };
    // The end, and that it wants to hear again how the agreement stands.
    assert_eq!(carry(&two.receiver, &two.sender).await, 2);
    for round in two.rounds() {
        assert_eq!(
            (round.state, round.reason.as_deref()),
            (RoundState::Failed, Some("abort_voided"))
        );
    }
    carry(&two.sender, &two.receiver).await;
    for at in [&two.receiver, &two.sender] {
        assert_eq!(logged(at, "end_exchanged").len(), 1);
        at.node.store().verify().unwrap();
    }
    // And a new round runs.
    two.receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&two.receiver, &two.sender).await;
    carry(&two.sender, &two.receiver).await;
    carry(&two.receiver, &two.sender).await;
    for at in [&two.receiver, &two.sender] {
        assert_eq!(at.node.store().rounds().unwrap()[0].state, RoundState::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_restored_to_before_it_asked_says_so_when_the_answer_comes() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let backup = dir.path().join("backup");
    receiver.node.backup(&backup, "经办").unwrap();
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    let closed = receiver.close().await;
    let restored = hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    assert_eq!(restored.voided, 0);
    let receiver = closed.open(surroundings()).await;
    carry(&sender, &receiver).await;
    assert_eq!(refusals(&receiver), ["node_missing"]);
    assert_eq!(carry(&receiver, &sender).await, 2);
    let round = sender.node.store().rounds().unwrap().remove(0);
    assert_eq!(
        (round.state, round.reason.as_deref()),
        (RoundState::Failed, Some("abort_voided"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_sender_takes_the_receipt_of_what_it_had_answered() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    let answer = parts(&sender, &out(&sender, &receiver).await.unwrap());
    let backup = dir.path().join("backup");
    sender.node.backup(&backup, "经办").unwrap();
    let closed = sender.close().await;
    let restored = hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    assert_eq!(restored.voided, 0);
    let sender = closed.open(surroundings()).await;
    take(&receiver, &answer).await;
    assert_eq!(carry(&receiver, &sender).await, 1);
    let two = Two {
        receiver,
        sender,
        dir,
    };
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_no_letter_and_no_set() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    out(receiver, sender).await.unwrap();
    assert_ne!(files_under(receiver.folder(), "ferry/out"), 0);
    let backup = dir.path().join("backup");
    receiver.node.backup(&backup, "经办").unwrap();
    let names: Vec<_> = hefu_tests::bureau::files(&backup)
        .into_iter()
        .map(|(path, _)| path.strip_prefix(&backup).unwrap().display().to_string())
        .collect();
    assert_eq!(
        names,
        [
            "hefu.db",
            "keys/node.sealed",
            "keys/seal.sealed",
            "keys/tls.sealed",
            "manifest.json",
            "vault.json"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_needed_until_the_answer_and_not_until_the_receipt() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let register = |at: &hefu_tests::bureau::Bureau| at.node.store().datasets().unwrap()[0].id;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    let needed = receiver
        .node
        .delete_dataset(register(receiver), "经办")
        .unwrap_err();
    assert_eq!(needed.code(), "node_missing");
    sender.node.delete_dataset(register(sender), "经办").unwrap();
    carry(sender, receiver).await;
    receiver.node.delete_dataset(register(receiver), "经办").unwrap();
    carry(receiver, sender).await;
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    assert!(!two.found().is_empty());
}
