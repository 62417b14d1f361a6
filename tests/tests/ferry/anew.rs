//! What a node lacks though it has acknowledged it, or can't open any more, is said once more.

use hefu_casework::{Hex, Purpose};
use hefu_store::{Matter, RoundState};
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, proposal, surroundings};
use hefu_tests::ferry::{Two, carry, logged, out, parts, refusals, take};

/// There and back until nothing is new.
async fn settle(one: &Bureau, other: &Bureau) {
    for _ in 0..10 {
        if carry(one, other).await + carry(other, one).await == 0 {
            return;
        }
    }
    panic!("they go on for ever");
}

async fn restored(at: Bureau, two: &std::path::Path) -> Bureau {
    let closed = at.close().await;
    hefu_node::Node::restore(&two.join("backup"), &closed.folder, &closed.unlock, "经办").unwrap();
    closed.open(surroundings()).await
}

/// The same node with another seal key, whose card its peer takes.
async fn sealed_otherwise(at: Bureau, peer: &Bureau) -> Bureau {
    let closed = at.close().await;
    std::fs::remove_file(closed.folder.join("keys/seal.sealed")).unwrap();
    let at = closed.open(surroundings()).await;
    peer.node.add_peer(&at.card).unwrap();
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_sender_hears_again_that_a_round_was_given_up() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    sender.node.backup(&dir.path().join("backup"), "经办").unwrap();
    receiver.node.cancel_round(&round, "经办").await.unwrap();
    settle(&receiver, &sender).await;
    let sender = restored(sender, dir.path()).await;
    assert_eq!(
        sender.node.store().rounds().unwrap()[0].state,
        RoundState::Running
    );
    settle(&sender, &receiver).await;
    let ended = sender.node.store().rounds().unwrap().remove(0);
    assert_eq!(
        (ended.state, ended.reason.as_deref()),
        (RoundState::Failed, Some("abort_cancelled"))
    );
    assert_eq!(refusals(&sender), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_a_restored_node_has_never_seen_comes_again() {
    let Two {
        receiver,
        sender,
        dir,
    } = Two::start().await;
    sender.node.backup(&dir.path().join("backup"), "经办").unwrap();
    let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
    let text = |number| proposal(Purpose::Duplicates, number, parties.clone());
    let digest = receiver.node.draft(text("1号"), "经办").unwrap();
    carry(&receiver, &sender).await;
    sender.node.draft(text("2号"), "经办").unwrap();
    carry(&sender, &receiver).await;
    let sender = restored(sender, dir.path()).await;
    settle(&sender, &receiver).await;
    assert!(sender.node.agreement(&digest).is_ok());
    assert_eq!(sender.node.agreements().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_and_a_receipt_outlive_the_keys_they_were_sealed_to() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    let lost = parts(&sender, &out(&sender, &receiver).await.unwrap());
    let receiver = sealed_otherwise(receiver, &sender).await;
    take(&receiver, &lost).await;
    assert_eq!(
        receiver.node.store().rounds().unwrap()[0].state,
        RoundState::Running
    );
    carry(&sender, &receiver).await;
    let lost = parts(&receiver, &out(&receiver, &sender).await.unwrap());
    let sender = sealed_otherwise(sender, &receiver).await;
    take(&sender, &lost).await;
    settle(&receiver, &sender).await;
    let two = Two {
        receiver,
        sender,
        dir,
    };
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    assert_eq!(two.found().len(), 50);
    assert_eq!(two.debited(), two.rounds()[0].own_elements.unwrap(), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_with_the_same_seal_key_makes_nothing_new() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    out(receiver, sender).await.unwrap();
    let other = sender.node.card("10.9.9.9:7423").unwrap();
    receiver.node.add_peer(&other).unwrap();
    assert!(out(receiver, sender).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_told_also_when_its_opening_is_to_be_sealed_anew() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    // Its acknowledgement is on its way still.
    let sender = sealed_otherwise(sender, &receiver).await;
    receiver.node.cancel_round(&round, "经办").await.unwrap();
    settle(&receiver, &sender).await;
    let two = Two {
        receiver,
        sender,
        dir,
    };
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Failed; 2]);
    for at in [&two.receiver, &two.sender] {
        assert_eq!(logged(at, "end_exchanged").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_the_same_again_and_again_gets_it_once_a_set() {
    use hefu_casework::AgencyRole;
    use hefu_node::Carrier;
    use hefu_tests::ferry::{forged, frame, letter};
    use hefu_tests::rogue::Rogue;
    let two = Two::start().await;
    let at = &two.sender;
    let rogue = Rogue::start("县工会", AgencyRole::TradeUnion, &[&at.card]).await;
    at.node.add_peer(&rogue.card).unwrap();
    let peer = rogue.card.node_key();
    at.node.set_carrier(&peer, Carrier::Files, "经办").unwrap();
    let agreement = proposal(
        Purpose::Duplicates,
        "1号",
        [
            hefu_tests::agency::party(&rogue.card, EXTREME_POVERTY),
            at.party(DISABLED_LIVING),
        ],
    );
    let digest = at.node.draft(agreement, "经办").unwrap();
    let cut = hefu_tests::ferry::small();
    assert_eq!(
        at.node
            .ferry_out(&peer, cut, "经办")
            .await
            .unwrap()
            .unwrap()
            .letters
            .len(),
        1
    );
    let wants = |about: Option<[u8; 32]>, id: u8, frames: &[(u8, &[u8])]| {
        let about = about.map_or(String::new(), |about| format!(r#""about":"{}","#, Hex(about)));
        let header = format!(r#"{{{about}"id":"{}","matter":"wanted"}}"#, Hex([id; 16]));
        letter(&header, frames)
    };
    let letters = [
        frame(0x81, b""),
        wants(None, 1, &[]),
        wants(Some(digest), 2, &[]),
        wants(Some(digest), 3, &[]),
        // Of what nobody has said anything, and with a frame that nothing is said in.
        wants(Some([9; 32]), 4, &[]),
        wants(None, 5, &[(1, b"x")]),
    ];
    take(at, &[forged(&rogue, &at.card, &letters.concat())]).await;
    assert_eq!(refusals(at), ["abort_malformed"]);
    let set = at.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
    let matters: Vec<_> = set.letters.iter().map(|letter| letter.letter.matter).collect();
    assert_eq!(matters, [Matter::Agreement]);
    assert!(at.node.ferry_out(&peer, cut, "经办").await.unwrap().is_none());
}
