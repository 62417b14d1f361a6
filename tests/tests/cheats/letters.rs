//! Letters that crowd others out, are settled too early, or stand in another's place.

use std::sync::Arc;

use hefu_casework::{AgencyRole, Hex};
use hefu_link::ferry::{Cut, Form};
use hefu_node::Carrier;
use hefu_psi::wire::{Abort, Kind};
use hefu_store::{Matter, RoundState};
use hefu_tests::bureau::{Bureau, surroundings};
use hefu_tests::ferry::{Two, carry, forged, frame, letter, logged, out, parts, refusals, take};
use hefu_tests::rogue::Rogue;

use crate::{ended, header, sends, third};

/// Small letters that are never acknowledged push every new one out, and sets are made without end.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_acknowledges_nothing_makes_no_sets_without_end() {
    let two = Two::start().await;
    let at = &two.sender;
    let third = third(at).await;
    let peer = third.card.node_key();
    let before = at.log_after(0).len();
    for some in 0..2_u8 {
        let many = if some == 0 { 1024_u16 } else { 1 };
        let letters: Vec<_> = (0..many)
            .map(|number| {
                let mut call = [some; 32];
                call[..2].copy_from_slice(&number.to_be_bytes());
                let mut id = [some; 16];
                id[..2].copy_from_slice(&number.to_be_bytes());
                letter(
                    &header("ended", id, &call),
                    &[(
                        Kind::Document as u8,
                        &ended(&third, &at.card, &call, &Abort::Cancelled),
                    )],
                )
            })
            .collect();
        sends(&third, at, &[], &letters).await;
    }
    println!("log entries for 1025 letters: {}", at.log_after(0).len() - before);
    let cut = Cut::new(Form::Binary, None).unwrap();
    let mut made = 0;
    while let Some(set) = at.node.ferry_out(&peer, cut, "经办").await.unwrap() {
        made += 1;
        println!("set {made}: {} letters, {} bytes", set.letters.len(), set.bytes);
        if made == 6 {
            break;
        }
    }
    let log = logged(at, "set_made").pop().unwrap();
    println!("its log entry has {} bytes", log.body.to_string().len());
    assert!(
        made < 6,
        "as many sets as one asks for, and the newest letter is in none"
    );
}

/// Files of two rounds that arrive in another order accuse an honest peer of a log that went back.
#[tokio::test(flavor = "multi_thread")]
async fn sets_in_another_order_accuse_nobody() {
    let (two, one) = Two::agreed("1号").await;
    let other = two.agree("2号").await;
    let Two { receiver, sender, .. } = &two;
    let mut answers = Vec::new();
    for agreement in [one, other] {
        receiver.node.begin_round(&agreement, "经办").await.unwrap();
        carry(receiver, sender).await;
        let set = out(sender, receiver).await.unwrap();
        answers.push(parts(sender, &set));
    }
    for files in answers.iter().rev() {
        take(receiver, files).await;
    }
    let done = receiver.node.store().rounds().unwrap();
    assert!(done.iter().all(|round| round.state == RoundState::Done));
    assert_eq!(logged(receiver, "peer_log_went_back"), []);
}

/// A draft that found no room is acknowledged, and never comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_without_room_comes_when_there_is_room() {
    let two = Two::start().await;
    let Two { receiver, sender, .. } = &two;
    let parties = [
        receiver.party(hefu_tests::agency::EXTREME_POVERTY),
        sender.party(hefu_tests::agency::DISABLED_LIVING),
    ];
    let mut digests = Vec::new();
    for number in 0..33 {
        let text = hefu_tests::bureau::proposal(
            hefu_casework::Purpose::Duplicates,
            &format!("{number}号"),
            parties.clone(),
        );
        digests.push(receiver.node.draft(text, "经办").unwrap());
    }
    carry(receiver, sender).await;
    assert_eq!(sender.node.agreements().unwrap().len(), 32);
    // A person decides on all of them, and there is room.
    for (digest, _) in sender.node.agreements().unwrap() {
        sender.node.refuse_agreement(&digest, "重拟", "主任").unwrap();
    }
    for _ in 0..5 {
        carry(sender, receiver).await;
        carry(receiver, sender).await;
    }
    assert_eq!(sender.node.agreements().unwrap().len(), 33, "one is lost");
}

/// What a restored node has lost of an agreement, its peer holds for told.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_node_hears_again_that_an_agreement_is_signed() {
    let two = Two::start().await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let parties = [
        receiver.party(hefu_tests::agency::EXTREME_POVERTY),
        sender.party(hefu_tests::agency::DISABLED_LIVING),
    ];
    let text = hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, "1号", parties);
    let digest = receiver.node.draft(text, "经办").unwrap();
    receiver.node.sign_agreement(&digest, "主任").unwrap();
    carry(&receiver, &sender).await;
    let backup = dir.path().join("backup");
    receiver.node.backup(&backup, "经办").unwrap();
    sender.node.sign_agreement(&digest, "主任").unwrap();
    carry(&sender, &receiver).await;
    receiver.node.begin_round(&digest, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    let closed = receiver.close().await;
    hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    let receiver = closed.open(surroundings()).await;
    for _ in 0..5 {
        carry(&sender, &receiver).await;
        carry(&receiver, &sender).await;
    }
    let states = [&receiver, &sender].map(|at| at.node.agreement(&digest).unwrap().state());
    assert_eq!(states[0], states[1], "they differ for ever");
}

/// A set sealed to a key that is gone takes its opening along.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_outlives_the_seal_key_it_was_sealed_to() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir: _dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let lost = parts(&receiver, &out(&receiver, &sender).await.unwrap());
    let closed = sender.close().await;
    std::fs::remove_file(closed.folder.join("keys/seal.sealed")).unwrap();
    let sender = closed.open(surroundings()).await;
    receiver.node.add_peer(&sender.card).unwrap();
    take(&sender, &lost).await;
    for _ in 0..3 {
        carry(&receiver, &sender).await;
        carry(&sender, &receiver).await;
    }
    let rounds = sender.node.store().rounds().unwrap();
    assert_eq!(rounds.len(), 1, "the opening never comes: nothing seals it again");
}

/// Two peers that give their openings one letter id share one answer, and the other one's is lost.
#[tokio::test(flavor = "multi_thread")]
async fn each_peer_has_its_own_answers() {
    use hefu_node::runner::{Forgetful, Runner};
    use hefu_psi::{Ristretto255, SessionSeed};
    use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, draft, party};
    use hefu_tests::rogue::{set, terms};
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        "县残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    at.pays(DISABLED_LIVING, 0..40);
    let mut asked = Vec::new();
    for name in ["县民政局", "县法院"] {
        let rogue = Rogue::start(name, AgencyRole::CivilAffairs, &[&at.card]).await;
        at.node.add_peer(&rogue.card).unwrap();
        at.node
            .set_carrier(&rogue.card.node_key(), Carrier::Files, "经办")
            .unwrap();
        let agreement = draft(party(&rogue.card, EXTREME_POVERTY), at.party(DISABLED_LIVING));
        hefu_tests::bureau::agree_with_rogue(&at, &rogue, &agreement);
        let path = dir.path().join(name);
        let runner = Runner::new(
            hefu_tests::ends::POOL.clone(),
            dir.path().to_owned(),
            Arc::clone(&rogue.keys),
        );
        runner
            .ask_by_file::<Ristretto255>(
                terms(&agreement),
                set(&agreement, 0, 4..16),
                SessionSeed::from_bytes(zeroize::Zeroizing::new([7; 32])),
                Arc::new(Forgetful::new(dir.path())),
                std::fs::File::create(&path).unwrap(),
                (),
            )
            .await
            .unwrap();
        let frames = std::fs::read(&path).unwrap();
        let open = &frames[5..5 + 219];
        let call = hefu_tests::bureau::sha256(open).0;
        let head = format!(
            r#"{{"about":"{}","agreement":"{}","id":"{}","matter":"opening"}}"#,
            Hex(call),
            Hex(agreement.digest()),
            Hex([5; 16])
        );
        let content = [frame(0x81, b""), frame(0x80, head.as_bytes()), frames].concat();
        take(&at, &[forged(&rogue, &at.card, &content)]).await;
        asked.push((rogue.card.node_key(), call));
    }
    assert_eq!(
        logged(&at, "session_answered").len(),
        2,
        "{:?}",
        hefu_tests::ferry::refusals(&at)
    );
    for (peer, call) in asked {
        let answer = at
            .node
            .store()
            .newest_letter(&peer, Matter::Answer, &call)
            .unwrap();
        assert!(
            answer.is_some(),
            "answered and its secrets gone, and no letter goes"
        );
    }
}

/// A receipt that was acknowledged before a restore never comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_sender_gets_a_receipt_that_it_had_acknowledged() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    let backup = dir.path().join("backup");
    sender.node.backup(&backup, "经办").unwrap();
    carry(&sender, &receiver).await;
    carry(&receiver, &sender).await;
    let parties = [
        receiver.party(hefu_tests::agency::EXTREME_POVERTY),
        sender.party(hefu_tests::agency::DISABLED_LIVING),
    ];
    let text = |number: &str| {
        hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, number, parties.clone())
    };
    // Something new goes back, and the acknowledgement with it.
    sender.node.draft(text("2号"), "经办").unwrap();
    carry(&sender, &receiver).await;
    let closed = sender.close().await;
    hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    let sender = closed.open(surroundings()).await;
    receiver.node.draft(text("3号"), "经办").unwrap();
    for _ in 0..5 {
        carry(&receiver, &sender).await;
        carry(&sender, &receiver).await;
    }
    let states = [&receiver, &sender].map(|at| at.node.store().rounds().unwrap()[0].state);
    assert_eq!(
        states,
        [RoundState::Done; 2],
        "one is done, the other waits for ever"
    );
}

/// Whoever wants the same once more, again and again, has it written into the records each time.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wanted_once_more_is_bounded() {
    let two = Two::start().await;
    let at = &two.sender;
    let third = third(at).await;
    let letters: Vec<_> = (0..130_u8)
        .map(|number| letter(&header("wanted", [number; 16], &[9; 32]), &[]))
        .collect();
    sends(&third, at, &[], &letters).await;
    assert_eq!(refusals(at), ["wanted_too_often"; 2]);
}
