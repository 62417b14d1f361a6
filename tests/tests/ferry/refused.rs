//! What must not be taken is refused with its reason, on both sides alike, and changes nothing else.

use hefu_casework::{AgencyRole, Hex, LocalPolicy};
use hefu_link::ferry::{Cut, Form};
use hefu_node::{Carrier, Surroundings};
use hefu_psi::wire::Kind;
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, surroundings};
use hefu_tests::ferry::{
    PEOPLE, Two, again_in, carry, forged, forged_in, header, letter, logged, out, parts, refusals, take,
    taken,
};
use hefu_tests::rogue::Rogue;

/// The only round at a node: its state, and the reason that both sides show.
fn ended(at: &Bureau) -> (RoundState, Option<String>) {
    let round = at.node.store().rounds().unwrap().remove(0);
    (round.state, round.reason)
}

async fn refused_for(two: &Two, reason: &str) {
    let Two { receiver, sender, .. } = two;
    assert_eq!(carry(receiver, sender).await, 1);
    let last = logged(sender, "call_failed").pop().unwrap();
    assert_eq!(carry(sender, receiver).await, 1);
    assert_eq!(
        ended(receiver),
        (RoundState::Refused, Some(reason.to_owned())),
        "{last:?}"
    );
    let failed = logged(receiver, "round_failed").pop().unwrap();
    assert_eq!(failed.body["params"]["abort"], reason);
    assert_eq!(sender.node.store().rounds().unwrap(), []);
    assert_eq!(two.debited(), 0);
    // Both know, and nothing more is due.
    assert_eq!(carry(receiver, sender).await, 0);
    assert_eq!(carry(sender, receiver).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_beyond_the_budget_is_refused_as_on_a_line() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let sender = again_in(
        sender,
        Surroundings {
            policy: LocalPolicy {
                max_elements_a_month_from_peer: PEOPLE,
                ..LocalPolicy::default()
            },
            ..surroundings()
        },
    )
    .await;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let two = Two {
        receiver,
        sender,
        dir,
    };
    refused_for(&two, "abort_budget_spent").await;
    assert_eq!(refusals(&two.sender), ["budget_spent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_under_an_agreement_that_is_not_in_force_is_refused() {
    let two = Two::start().await;
    let Two { receiver, sender, .. } = &two;
    // The sender's signature reaches the receiver; the receiver's way back is lost.
    let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
    let text = hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, "1号", parties);
    let digest = sender.node.draft(text, "经办").unwrap();
    sender.node.sign_agreement(&digest, "主任").unwrap();
    carry(sender, receiver).await;
    receiver.node.sign_agreement(&digest, "主任").unwrap();
    let signature = out(receiver, sender).await.unwrap();
    receiver.node.begin_round(&digest, "经办").await.unwrap();
    let set = out(receiver, sender).await.unwrap();
    let matters: Vec<_> = set
        .letters
        .iter()
        .map(|letter| letter.letter.matter.code())
        .collect();
    assert_eq!(
        matters,
        ["agreement", "opening"],
        "what may be lost goes again, and first"
    );
    take(sender, &parts(receiver, &set)).await;
    assert_eq!(refusals(sender), [""; 0]);
    take(sender, &parts(receiver, &signature)).await;
    assert_eq!(carry(sender, receiver).await, 1);
    assert_eq!(ended(receiver).0, RoundState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_by_files_is_not_answered_over_a_line_nor_the_other_way_round() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    // Neither calls.
    for error in [
        receiver.node.run_round(&agreement).await.map(drop).unwrap_err(),
        receiver
            .node
            .exchange(&sender.node.node_key())
            .await
            .map(drop)
            .unwrap_err(),
    ] {
        assert_eq!(error.code(), "node_other_carrier");
    }
    assert_eq!(receiver.node.store().rounds().unwrap(), []);
    // One side thinks of a line.
    let peer = sender.node.node_key();
    receiver.node.set_carrier(&peer, Carrier::Line, "经办").unwrap();
    receiver.node.add_peer(&sender.card).unwrap();
    let refused = receiver.node.run_round(&agreement).await.map(drop).unwrap_err();
    assert_eq!(refused.params().pop().unwrap().1, "abort_policy");
    assert_eq!(
        ended(receiver),
        (RoundState::Refused, Some("abort_policy".to_owned()))
    );
    assert_eq!(
        logged(sender, "call_failed").pop().unwrap().body["code"],
        "node_other_carrier"
    );
    assert_eq!(two.debited(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_by_files_from_a_peer_on_the_line_is_refused() {
    let (two, agreement) = Two::agreed("1号").await;
    let peer = two.receiver.node.node_key();
    two.receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = out(&two.receiver, &two.sender).await.unwrap();
    two.sender.node.set_carrier(&peer, Carrier::Line, "经办").unwrap();
    take(&two.sender, &parts(&two.receiver, &opening)).await;
    assert_eq!(refusals(&two.sender), ["node_other_carrier"]);
    two.sender
        .node
        .set_carrier(&peer, Carrier::Files, "经办")
        .unwrap();
    assert_eq!(carry(&two.sender, &two.receiver).await, 1);
    assert_eq!(
        ended(&two.receiver),
        (RoundState::Refused, Some("abort_policy".to_owned()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_way_is_refused_before_anything_is_made() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let peer = sender.node.node_key();
    let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
    let other = hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, "2号", parties);
    let third = hefu_casework::Agreement {
        number: "3号".to_owned(),
        ..other.clone()
    };
    let drafted = receiver.node.draft(third, "经办").unwrap();
    let letters = receiver.node.ferry_status().unwrap().due.len();
    for (carrier, missing) in [(Carrier::FilesOut, "in"), (Carrier::FilesIn, "out")] {
        receiver.node.set_carrier(&peer, carrier, "经办").unwrap();
        let refused = [
            receiver
                .node
                .begin_round(&agreement, "经办")
                .await
                .map(drop)
                .unwrap_err(),
            receiver.node.draft(other.clone(), "经办").map(drop).unwrap_err(),
            receiver
                .node
                .sign_agreement(&drafted, "主任")
                .map(drop)
                .unwrap_err(),
        ];
        for error in refused {
            assert_eq!(error.code(), "node_one_way");
            assert_eq!(error.params()[1], ("missing", missing.to_owned()));
        }
        assert_eq!(receiver.node.store().rounds().unwrap(), []);
        assert_eq!(receiver.node.agreements().unwrap().len(), 2);
    }
    assert_eq!(receiver.node.ferry_status().unwrap().due.len(), letters);
    let refused = receiver
        .node
        .ferry_out(&peer, Cut::new(Form::Binary, None).unwrap(), "经办")
        .await;
    assert_eq!(refused.unwrap_err().code(), "node_one_way");
    // Nothing comes from a peer to which files only go.
    receiver
        .node
        .set_carrier(&peer, Carrier::FilesOut, "经办")
        .unwrap();
    receiver.node.set_carrier(&peer, Carrier::Files, "经办").unwrap();
    carry(receiver, sender).await;
    sender.node.refuse_agreement(&drafted, "无依据", "主任").unwrap();
    let set = out(sender, receiver).await.unwrap();
    receiver
        .node
        .set_carrier(&peer, Carrier::FilesOut, "经办")
        .unwrap();
    let file = parts(sender, &set).remove(0);
    let refused = receiver.node.ferry_take(file.bytes).await.unwrap_err();
    assert_eq!(refused.code(), "node_one_way");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_could_not_be_answered_is_not_debited() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let peer = receiver.node.node_key();
    sender.node.set_carrier(&peer, Carrier::FilesIn, "经办").unwrap();
    let opening = out(receiver, sender).await.unwrap();
    take(sender, &parts(receiver, &opening)).await;
    assert_eq!(refusals(sender), ["node_one_way"]);
    assert_eq!(two.debited(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_by_the_carrier_it_began_with() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    // From now on there is a line between them.
    for (at, other) in [(receiver, sender), (sender, receiver)] {
        let peer = other.node.node_key();
        at.node.set_carrier(&peer, Carrier::Line, "经办").unwrap();
    }
    let [asked, _] = two.rounds();
    let refused = receiver.node.go_on(&asked.id).await.map(drop).unwrap_err();
    assert_eq!(refused.code(), "node_other_carrier");
    carry(sender, receiver).await;
    carry(receiver, sender).await;
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    receiver.node.run_round(&agreement).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_another_session_or_by_another_peer_is_refused() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    let call = receiver.node.store().sessions_by_files().unwrap()[0].call;
    // Somebody else who is a peer too answers in the sender's place, and sends a receipt about it.
    let rogue = Rogue::start("县工会", AgencyRole::TradeUnion, &[&receiver.card]).await;
    for at in [receiver, sender] {
        at.node.add_peer(&rogue.card).unwrap();
        at.node
            .set_carrier(&rogue.card.node_key(), Carrier::Files, "经办")
            .unwrap();
    }
    let taken = hefu_tests::ferry::frame(0x81, &[]);
    let answer = letter(
        &header("answer", 1, &call, &agreement),
        &[(
            255,
            &hefu_psi::wire::encode_abort(&hefu_psi::wire::Abort::Cancelled),
        )],
    );
    take(
        receiver,
        &[forged(&rogue, &receiver.card, &[taken.clone(), answer].concat())],
    )
    .await;
    let receipt = letter(
        &header("receipt", 1, &call, &agreement),
        &[(Kind::Receipt as u8, b"")],
    );
    take(
        sender,
        &[forged(&rogue, &sender.card, &[taken, receipt].concat())],
    )
    .await;
    assert_eq!(refusals(receiver), ["node_missing"]);
    assert_eq!(refusals(sender), ["node_missing"]);
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Running; 2]);
    // The true one is taken all the same.
    carry(sender, receiver).await;
    carry(receiver, sender).await;
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_for_others_of_strangers_and_in_excess_are_refused() {
    let (two, _) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let other = Bureau::start(dir.path(), "县工会", AgencyRole::TradeUnion, surroundings()).await;
    let refused = |at: &Bureau, bytes: Vec<u8>| {
        let node = at.node.clone();
        async move { node.ferry_take(bytes).await.unwrap_err().code() }
    };
    let stranger = Rogue::start("生人", AgencyRole::TradeUnion, &[]).await;
    let file = forged(&stranger, &receiver.card, b"");
    assert_eq!(
        refused(&receiver, file.bytes.clone()).await,
        "node_unknown_sender"
    );
    assert_eq!(refused(&other, file.bytes.clone()).await, "ferry_recipient");
    assert_eq!(
        refused(&receiver, file.bytes[..300].to_vec()).await,
        "ferry_truncated"
    );
    assert_eq!(refused(&receiver, b"hello".to_vec()).await, "ferry_foreign");
    assert_eq!(
        receiver.node.ferry_status().unwrap().coming.len(),
        1,
        "the agreement's"
    );

    // A peer that begins set upon set.
    receiver.node.add_peer(&stranger.card).unwrap();
    let cut = Cut::new(Form::Binary, Some(4_096)).unwrap();
    let content = vec![0; 20_000];
    for _ in 0..64 {
        let (_, files) = forged_in(&stranger, &receiver.card, &content, cut);
        taken(&receiver, &files[0]).await;
    }
    let (_, files) = forged_in(&stranger, &receiver.card, &content, cut);
    assert_eq!(
        refused(&receiver, files[0].bytes.clone()).await,
        "ferry_too_many_sets"
    );
    // Another peer's files are not kept out.
    sender.node.ferry_work().await.unwrap();

    let receiver = again_in(
        receiver,
        Surroundings {
            max_incoming_bytes: 50_000,
            ..surroundings()
        },
    )
    .await;
    let second = Rogue::start("生人二", AgencyRole::TradeUnion, &[]).await;
    receiver.node.add_peer(&second.card).unwrap();
    for _ in 0..2 {
        let (_, files) = forged_in(&second, &receiver.card, &content, cut);
        taken(&receiver, &files[0]).await;
    }
    let (_, files) = forged_in(&second, &receiver.card, &content, cut);
    assert_eq!(
        refused(&receiver, files[0].bytes.clone()).await,
        "ferry_too_much_coming"
    );
    // One set in more and more cuts takes no more than a few sets' room.
    let third = Rogue::start("生人三", AgencyRole::TradeUnion, &[]).await;
    receiver.node.add_peer(&third.card).unwrap();
    let mut sealed = Vec::new();
    let mut randomness = hefu_node::runner::system_randomness();
    let head = hefu_link::ferry::seal(
        &third.keys,
        &receiver.card,
        hefu_link::ferry::SetId::from([7; 16]),
        &[hefu_link::ferry::Matter::Ended],
        &mut vec![0; 45_000].as_slice(),
        &mut sealed,
        &mut *randomness,
    )
    .unwrap();
    let mut codes = Vec::new();
    for max in (4_096..20_000).step_by(100) {
        let cutting = Cut::new(Form::Binary, Some(max)).unwrap().of(&head).unwrap();
        for part in 1..cutting.parts() {
            let mut bytes = Vec::new();
            cutting
                .write(&third.keys, part, &mut std::io::Cursor::new(&sealed), &mut bytes)
                .unwrap();
            if let Err(error) = receiver.node.ferry_take(bytes).await {
                codes.push(error.code());
            }
        }
    }
    assert!(
        !codes.is_empty() && codes.iter().all(|code| *code == "ferry_too_much_coming"),
        "{codes:?}"
    );
    let kept: u64 = hefu_tests::bureau::files(&receiver.folder().join("ferry/in"))
        .iter()
        .filter(|(path, _)| {
            path.display()
                .to_string()
                .contains(&Hex(third.card.node_key()).to_string())
        })
        .map(|(_, bytes)| bytes.len() as u64)
        .sum();
    assert!(kept <= 3 * head.bytes() + 65_536, "{kept} of {}", head.bytes());
}
