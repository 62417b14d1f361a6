//! What an attacker with fresh eyes found: each test says what should hold, and fails as long as it does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, Hex};
use hefu_link::Card;
use hefu_link::ferry::{Cut, Form};
use hefu_node::Carrier;
use hefu_node::ferry::Folders;
use hefu_psi::wire::{Abort, Kind, encode_abort};
use hefu_store::{Matter, RoundState};
use hefu_tests::bureau::{Bureau, files, surroundings};
use hefu_tests::ferry::{Two, carry, forged, frame, letter, logged, out, parts, take};
use hefu_tests::rogue::Rogue;
use ring::signature::{ED25519, UnparsedPublicKey};

fn header(matter: &str, id: [u8; 16], about: &[u8; 32]) -> String {
    format!(
        r#"{{"about":"{}","id":"{}","matter":"{matter}"}}"#,
        Hex(*about),
        Hex(id)
    )
}

/// A third agency that is a peer by files of this node.
async fn third(at: &Bureau) -> Rogue {
    let third = Rogue::start("县工会", AgencyRole::TradeUnion, &[&at.card]).await;
    at.node.add_peer(&third.card).unwrap();
    at.node
        .set_carrier(&third.card.node_key(), Carrier::Files, "经办")
        .unwrap();
    third
}

async fn sends(rogue: &Rogue, at: &Bureau, taken: &[[u8; 16]], letters: &[Vec<u8>]) {
    let content = [frame(0x81, taken.as_flattened()), letters.concat()].concat();
    take(at, &[forged(rogue, &at.card, &content)]).await;
}

fn ended(by: &Rogue, call: &[u8; 32], reason: &Abort) -> Vec<u8> {
    let reason = encode_abort(reason);
    let signed = [b"hefu/3 ended\0".as_slice(), call, &reason].concat();
    let signature = by.keys.signing_key().sign(&signed);
    [&[4], call.as_slice(), signature.as_ref(), &reason].concat()
}

/// Reasons that `by` has signed about this call under this label in letters that are due to a peer.
fn signed_words(at: &Bureau, peer: &Card, kind: u8, label: &[u8], call: &[u8; 32]) -> Vec<Vec<u8>> {
    let due = at.node.store().letters_due(Some(&peer.node_key())).unwrap();
    due.iter()
        .filter_map(|letter| {
            let body = letter.body.as_ref()?;
            let paper = body.get(5..)?;
            let (first, rest) = paper.split_first()?;
            let (about, rest) = rest.split_first_chunk::<32>()?;
            let (signature, reason) = rest.split_first_chunk::<64>()?;
            if *first != kind || about != call {
                return None;
            }
            UnparsedPublicKey::new(&ED25519, at.card.node_key())
                .verify(&[label, call, reason].concat(), signature)
                .ok()
                .map(|()| reason.to_vec())
        })
        .collect()
}

/// A sender has answered a round, and waits for the receipt: gives the call.
async fn answered() -> (Two, [u8; 32], [u8; 32]) {
    let (two, agreement) = Two::agreed("1号").await;
    two.receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&two.receiver, &two.sender).await;
    let session = two.sender.node.store().sessions_by_files().unwrap().remove(0);
    assert!(session.answered_at.is_some());
    (two, session.call, session.round)
}

/// Cheat 1: an `answer` to nobody makes the sender of a session sign that it gave that session up.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_sender_does_not_sign_that_it_voided_what_it_has_answered() {
    let (two, call, round) = answered().await;
    let third = third(&two.sender).await;
    let lie = letter(
        &header("answer", [1; 16], &call),
        &[(255, &encode_abort(&Abort::Cancelled))],
    );
    sends(&third, &two.sender, &[], &[lie]).await;
    let state = two.sender.node.store().session(&round).unwrap().unwrap();
    assert!(state.end.is_none(), "its session stands");
    let words = signed_words(&two.sender, &third.card, 4, b"hefu/3 ended\0", &call);
    assert_eq!(
        words,
        Vec::<Vec<u8>>::new(),
        "the sender has signed \"hefu/3 ended\" about a session that it has not ended"
    );
}

/// Cheat 2: a third's acknowledgement silences the true word of a cancellation.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_third_does_not_keep_a_cancellation_from_being_told() {
    let (two, call, round) = answered().await;
    let Two { receiver, sender, .. } = &two;
    let third = third(sender).await;
    let lie = letter(
        &header("answer", [1; 16], &call),
        &[(255, &encode_abort(&Abort::Cancelled))],
    );
    sends(&third, sender, &[], &[lie]).await;
    sender
        .node
        .ferry_out(
            &third.card.node_key(),
            Cut::new(Form::Binary, None).unwrap(),
            "经办",
        )
        .await
        .unwrap()
        .unwrap();
    let ours = sender
        .node
        .store()
        .newest_letter(&third.card.node_key(), Matter::Ended, &call)
        .unwrap()
        .unwrap();
    // The third acknowledges as soon as the sender has given the round up.
    let content = frame(0x81, [ours.id].as_flattened());
    let file = forged(&third, &sender.card, &content);
    sender.node.ferry_take(file.bytes).await.unwrap();
    sender.node.cancel_round(&round, "经办").await.unwrap();
    while carry(sender, receiver).await + carry(receiver, sender).await > 0 {}
    assert_eq!(
        logged(receiver, "end_exchanged").len() + logged(sender, "end_exchanged").len(),
        2,
        "neither log proves the cancellation"
    );
}

/// Cheat 3: whoever asks gets a signed word that a session of others ended as he says.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_nobody_hears_of_a_session_that_is_not_his() {
    let (two, call, _) = answered().await;
    carry(&two.sender, &two.receiver).await;
    carry(&two.receiver, &two.sender).await;
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    for at in [&two.sender, &two.receiver] {
        let third = third(at).await;
        let lie = letter(
            &header("ended", [2; 16], &call),
            &[(Kind::Document as u8, &ended(&third, &call, &Abort::Cancelled))],
        );
        sends(&third, at, &[], &[lie]).await;
        let words = signed_words(at, &third.card, 5, b"hefu/3 heard\0", &call);
        assert_ne!(
            words,
            [encode_abort(&Abort::Cancelled)],
            "both have signed for this round, and now it is signed that it was cancelled"
        );
    }
}

/// Cheat 4: small letters that are never acknowledged push every new one out, and sets are made without end.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_peer_that_acknowledges_nothing_makes_no_sets_without_end() {
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
                    &[(Kind::Document as u8, &ended(&third, &call, &Abort::Cancelled))],
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

/// Cheat 5: files of two rounds that arrive in another order accuse an honest peer of a log that went back.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_sets_in_another_order_accuse_nobody() {
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

fn folders(at: &Bureau) -> Folders {
    let beside = |name: &str| PathBuf::from(format!("{}.{name}", at.folder().display()));
    Folders {
        outbox: beside("out"),
        inbox: beside("in"),
        slips: beside("slips"),
        cut: Cut::new(Form::Binary, None).unwrap(),
    }
}

/// Cheat 6: who can write into the outbox has the node overwrite any file of its own.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_the_outbox_follows_no_links() {
    let (two, _) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = &two;
    two.receiver
        .node
        .begin_round(&two.agree("2号").await, "经办")
        .await
        .unwrap();
    let set = out(receiver, sender).await.unwrap();
    let name = receiver.node.ferry_part(&set.set, 1).unwrap().name;
    let folders = folders(receiver);
    std::fs::create_dir_all(&folders.outbox).unwrap();
    let victim = dir.path().join("a file of the node");
    std::fs::write(&victim, "precious").unwrap();
    symlink(&victim, folders.outbox.join(format!(".{name}"))).unwrap();
    let watching = tokio::spawn(Arc::clone(&receiver.node).watch_folders(folders, None));
    tokio::time::sleep(Duration::from_secs(3)).await;
    watching.abort();
    assert_eq!(std::fs::read(&victim).unwrap(), b"precious", "overwritten");
}

/// Cheat 7: after a restore, a set that had not been written yet keeps all others out of the outbox.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_set_that_a_backup_lacks_keeps_no_other() {
    let (two, _) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let parties = [
        receiver.party(hefu_tests::agency::EXTREME_POVERTY),
        sender.party(hefu_tests::agency::DISABLED_LIVING),
    ];
    let propose = |number: &str| {
        hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, number, parties.clone())
    };
    receiver.node.draft(propose("2号"), "经办").unwrap();
    out(&receiver, &sender).await.unwrap();
    let backup = dir.path().join("backup");
    receiver.node.backup(&backup, "经办").unwrap();
    let closed = receiver.close().await;
    hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    let receiver = closed.open(surroundings()).await;
    receiver.node.draft(propose("3号"), "经办").unwrap();
    let folders = folders(&receiver);
    std::fs::create_dir_all(&folders.outbox).unwrap();
    let watching = tokio::spawn(Arc::clone(&receiver.node).watch_folders(folders.clone(), None));
    tokio::time::sleep(Duration::from_secs(6)).await;
    watching.abort();
    let _ = watching.await;
    assert_eq!(
        receiver.node.store().sets_out().unwrap().len(),
        3,
        "the new set is made"
    );
    assert_ne!(
        files(&folders.outbox).len(),
        0,
        "nothing leaves this node any more"
    );
}

/// Cheat 8: rubbish in the inbox costs its square, with every look into it.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_rubbish_in_the_inbox_costs_no_square() {
    let mut took = Vec::new();
    for many in [2_000, 16_000] {
        let two = Two::start().await;
        let folders = folders(&two.receiver);
        std::fs::create_dir_all(&folders.inbox).unwrap();
        for number in 0..many {
            std::fs::write(folders.inbox.join(format!("{number:06}")), "x").unwrap();
        }
        let watching = tokio::spawn(Arc::clone(&two.receiver.node).watch_folders(folders, None));
        while two.receiver.node.ferry_status().unwrap().refused.len() < many {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (began, before) = (Instant::now(), processor_seconds());
        tokio::time::sleep(Duration::from_secs(8)).await;
        took.push(processor_seconds() - before);
        watching.abort();
        println!(
            "{many} files: {:.2} s of {:?}",
            took.last().unwrap(),
            began.elapsed()
        );
    }
    assert!(took[1] < 16.0 * took[0].max(0.05), "{took:?}");
}

/// What this process has used of the processor.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = [11, 12]
        .iter()
        .map(|at| fields[*at].parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}

/// Cheat 9: a few bytes of rubbish in a set cost an entry of the log each, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_rubbish_letters_cost_no_entry_each() {
    let two = Two::start().await;
    let at = &two.sender;
    let third = third(at).await;
    let before = at.log_after(0).len();
    let rubbish = vec![frame(0x80, b""); 1_000];
    let began = Instant::now();
    sends(&third, at, &[], &rubbish).await;
    let entries = at.log_after(0).split_off(before);
    let bytes: usize = entries.iter().map(|entry| entry.body.to_string().len()).sum();
    println!(
        "5,000 bytes: {} entries, {bytes} bytes of bodies, {:?}",
        entries.len(),
        began.elapsed()
    );
    assert!(entries.len() < 100);
}

/// Cheat 10: a receiver has it signed that its round was cancelled, and then runs it to its end.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_what_was_heard_to_be_given_up_is_not_begun() {
    use hefu_psi::{Blinding, Ristretto255, SessionSeed};
    use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, draft, party};
    use hefu_tests::rogue::{hear, set, terms};
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        "县残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    at.pays(DISABLED_LIVING, 0..40);
    let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&at.card]).await;
    at.node.add_peer(&rogue.card).unwrap();
    let agreement = draft(party(&rogue.card, EXTREME_POVERTY), at.party(DISABLED_LIVING));
    hefu_tests::bureau::agree_with_rogue(&at, &rogue, &agreement);
    let seed = || SessionSeed::from_bytes(zeroize::Zeroizing::new([7; 32]));
    let (_, opening) =
        Blinding::<Ristretto255>::open(terms(&agreement), set(&agreement, 0, 4..16), &seed()).unwrap();
    let call = opening.call().0;
    let said = ended(&rogue, &call, &Abort::Cancelled);
    let (_writing, mut reading) = rogue.hand(&at.card, 4, &said[1..]).await;
    let heard = hear(&mut reading, Kind::Document).await;
    let (signature, reason) = heard[33..].split_first_chunk::<64>().unwrap();
    UnparsedPublicKey::new(&ED25519, at.card.node_key())
        .verify(&[b"hefu/3 heard\0".as_slice(), &call, reason].concat(), signature)
        .unwrap();
    assert_eq!(reason, encode_abort(&Abort::Cancelled));
    assert_eq!(
        logged(&at, "end_exchanged"),
        [],
        "and its own log knows nothing of that word"
    );
    let received = rogue
        .receive(&at.card, &agreement, set(&agreement, 0, 4..16), seed(), None)
        .await;
    let matched = received.map(|received| received.concluded.matches().unwrap().indices.len());
    assert!(
        matched.is_err(),
        "the node has signed that this round was cancelled; {matched:?} matches, both receipts"
    );
}

/// Cheat 11: a draft that found no room is acknowledged, and never comes again.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_draft_without_room_comes_when_there_is_room() {
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

/// Cheat 12: a sender whose disk was put back gives evaluations of other elements under the same key, for one debit.
#[test]
fn cheat_one_key_serves_one_list_of_blinded_elements() {
    use hefu_psi::wire::{Blinded, Commit};
    use hefu_psi::{
        Blinding, Elements, Incoming, InputCommitter, KeyKind, Ristretto255, SessionSeed, element_root,
    };
    let [receiver, sender] = [(), ()].map(|()| hefu_link::Keys::generate().unwrap());
    let terms = hefu_psi::Terms {
        receiver: receiver.node_key(),
        sender: sender.node_key(),
        ..hefu_tests::ends::terms(KeyKind::Person, 32)
    };
    let set = |from: u8| {
        let bytes = (from..from + 20).flat_map(|person| [person; 32]).collect();
        Elements::new(32, bytes).unwrap()
    };
    let seed = |byte| SessionSeed::from_bytes(zeroize::Zeroizing::new([byte; 32]));
    let (mut first, opening) = Blinding::<Ristretto255>::open(terms.clone(), set(0), &seed(1)).unwrap();
    let (mut second, _) = Blinding::<Ristretto255>::open(terms.clone(), set(100), &seed(2)).unwrap();
    let pool = &hefu_tests::ends::POOL;
    let mut keys = Vec::new();
    for blinding in [&mut first, &mut second] {
        let mut bytes = Vec::new();
        blinding.next(pool, &mut bytes).unwrap();
        let own = set(0);
        let mut input = InputCommitter::for_sender(&terms, &seed(3));
        own.chunks(hefu_psi::CHUNK)
            .for_each(|chunk| input.update(chunk, &[]));
        let (mut collecting, _, accept) =
            Incoming::new::<Ristretto255>(terms.clone(), opening.message().clone())
                .unwrap()
                .accept::<Ristretto255>(input.finish(), &seed(3), sender.signing_key())
                .unwrap();
        collecting
            .blinded(&Blinded {
                chunk: 0,
                elements: &bytes,
            })
            .unwrap();
        let root = element_root(&bytes, 32);
        let signed = [
            b"hefu/3 blinded\0".as_slice(),
            &opening.call().0,
            &root,
            &20_u64.to_be_bytes(),
        ]
        .concat();
        let commit = Commit {
            root,
            elements: 20,
            signature: receiver.signing_key().sign(&signed).as_ref().to_vec(),
        };
        let mut replying = collecting.commit(&commit).unwrap();
        let mut answer = Vec::new();
        replying
            .evaluate(
                pool,
                &bytes,
                &mut *hefu_node::runner::system_randomness(),
                &mut answer,
            )
            .unwrap();
        keys.push(accept.public);
    }
    assert_ne!(
        keys[0], keys[1],
        "two lists of 20 elements under one key and one debit"
    );
}

/// Cheat 13: what a restored node has lost of an agreement, its peer holds for told.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_restored_node_hears_again_that_an_agreement_is_signed() {
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

/// Cheat 14: a set sealed to a key that is gone takes its opening along.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_an_opening_outlives_the_seal_key_it_was_sealed_to() {
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

/// Cheat 15: by files the receipt leaves after the result was made, so that when it comes tells how much matched; over a
/// line it leaves before.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_when_the_receipt_comes_does_not_tell_how_much_matched() {
    const MANY: u64 = 3_000;
    let mut lasted = Vec::new();
    for first in [MANY, 0, MANY, 0] {
        let two = Two::start().await;
        let Two { receiver, sender, .. } = &two;
        let parties = [
            receiver.party(hefu_tests::agency::EXTREME_POVERTY),
            sender.party(hefu_tests::agency::DISABLED_LIVING),
        ]
        .map(|party| hefu_casework::Party {
            max_elements: 50_000,
            ..party
        });
        let text = hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, "1号", parties);
        let agreement = receiver.node.draft(text, "经办").unwrap();
        receiver.node.sign_agreement(&agreement, "主任").unwrap();
        carry(receiver, sender).await;
        sender.node.sign_agreement(&agreement, "主任").unwrap();
        carry(sender, receiver).await;
        receiver.pays(hefu_tests::agency::EXTREME_POVERTY, 0..MANY);
        sender.pays(hefu_tests::agency::DISABLED_LIVING, first..first + MANY);
        receiver.node.begin_round(&agreement, "经办").await.unwrap();
        carry(receiver, sender).await;
        let cut = Cut::new(Form::Binary, None).unwrap();
        let peer = receiver.node.node_key();
        let set = sender.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
        for file in parts(sender, &set) {
            receiver.node.ferry_take(file.bytes).await.unwrap();
        }
        // What a gateway sees: the answer is fetched from the inbox, and then the receipt lies in the outbox.
        let began = Instant::now();
        let peer = sender.node.node_key();
        receiver
            .node
            .ferry_out(&peer, cut, "经办")
            .await
            .unwrap()
            .unwrap();
        lasted.push(began.elapsed());
        println!(
            "{:?} matched: {:?}",
            two.rounds()[0].matched,
            lasted.last().unwrap()
        );
    }
    let none = lasted[0].min(lasted[2]);
    let all = lasted[1].min(lasted[3]);
    assert!(all < none * 5 / 4, "nobody matched: {none:?}; everybody: {all:?}");
}

/// Cheat 16: two peers that give their openings one letter id share one answer, and the other one's is lost.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_each_peer_has_its_own_answers() {
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

/// Cheat 17: one folder of one peer that can't be read keeps the sets of all others.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_one_damaged_folder_keeps_nobody_elses_sets() {
    let (two, _) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let third = third(sender).await;
    let cut = Cut::new(Form::Binary, Some(4_096)).unwrap();
    let (head, files) = hefu_tests::ferry::forged_in(&third, &sender.card, &[0; 20_000], cut);
    sender.node.ferry_take(files[0].bytes.clone()).await.unwrap();
    // A sector is lost.
    let folder = sender.folder().join("ferry/in").join(head.folder_name());
    std::fs::write(folder.join("head.json"), "\0\0\0").unwrap();
    let text = hefu_tests::bureau::proposal(
        hefu_casework::Purpose::Duplicates,
        "2号",
        [
            receiver.party(hefu_tests::agency::EXTREME_POVERTY),
            sender.party(hefu_tests::agency::DISABLED_LIVING),
        ],
    );
    sender.node.draft(text, "经办").unwrap();
    let peer = receiver.node.node_key();
    let made = sender.node.ferry_out(&peer, cut, "经办").await;
    assert!(
        made.is_ok(),
        "{:?}",
        made.map(|_| ()).map_err(|error| error.code())
    );
}

/// Cheat 18: an outsider whose card nobody has taken makes the log grow with each file.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_strangers_cards_cost_no_entry_each() {
    let two = Two::start().await;
    let keys = hefu_link::Keys::generate().unwrap();
    let cut = Cut::new(Form::Binary, None).unwrap();
    for number in 0..50_u8 {
        let name = format!("生人{}", number % 2);
        let card = Card::new(&keys, &name, AgencyRole::Court, "10.0.0.1:1").unwrap();
        let (head, bytes) =
            hefu_link::ferry::enclose_card(&keys, hefu_link::ferry::SetId::from([number; 16]), &card)
                .unwrap();
        let mut file = Vec::new();
        cut.of(&head)
            .unwrap()
            .write(&keys, 1, &mut std::io::Cursor::new(bytes), &mut file)
            .unwrap();
        two.receiver.node.ferry_take(file).await.unwrap();
    }
    let entries = logged(&two.receiver, "card_came").len();
    assert!(entries < 10, "{entries}");
}

/// Cheat 19: a receipt that was acknowledged before a restore never comes again.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_a_restored_sender_gets_a_receipt_that_it_had_acknowledged() {
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

/// Cheat 20: a sender writes nonsense into the label of one person; by files the receipt comes sooner if that person is
/// on the receiver's list, for then nothing is found and nothing proven before it is made.
#[tokio::test(flavor = "multi_thread")]
async fn cheat_when_the_receipt_comes_does_not_tell_of_one_person() {
    let mut lasted = Vec::new();
    // Person 7 was referred, and person MANY was not.
    for spoilt in [7, MANY, 7, MANY] {
        lasted.push(until_the_receipt(spoilt).await);
        println!("person {spoilt}: {:?}", lasted.last().unwrap());
    }
    let referred = lasted[0].max(lasted[2]);
    let stranger = lasted[1].min(lasted[3]);
    assert!(
        stranger < referred * 5 / 4,
        "the person is on the list: {referred:?}; is not: {stranger:?}"
    );
}

const MANY: u64 = 3_000;

async fn until_the_receipt(spoilt: u64) -> Duration {
    use hefu_casework::{
        AidRecord, LetterNo, Period, ProgrammeCode, Purpose, Referral, ReferralState, RowId, RuleSet, Status,
        elements,
    };
    use hefu_identity::{AliasTable, Kind as Paper, parse};
    use hefu_node::runner::{Forgetful, Own, Runner, system_randomness};
    use hefu_psi::wire::Open;
    use hefu_psi::{Elements, Ristretto255, SessionSeed};
    use hefu_tests::agency::party;
    use hefu_tests::bureau::{agree_with_rogue, number, proposal};
    use jiff::civil::date;

    const SENT: &str = include_str!("../../fixtures/mappings/referrals.toml");
    let letter_no = |person: u64| format!("合检救助移〔2026〕{}号", person + 1);
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        "县人民检察院",
        AgencyRole::Procuratorate,
        surroundings(),
    )
    .await;
    let rows = (0..MANY).map(|person| {
        let (number, letter) = (number(person), letter_no(person));
        format!("{letter},某某某,{number},2026-08-03,县民政局,已移送\n")
    });
    let heading = std::iter::once("移送函号,被救助人,身份证号码,移送日期,接收单位,状态\n".to_owned());
    at.import("移送台账", SENT, &heading.chain(rows).collect::<String>());
    let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&at.card]).await;
    at.node.add_peer(&rogue.card).unwrap();
    let peer = rogue.card.node_key();
    at.node.set_carrier(&peer, Carrier::Files, "经办").unwrap();
    let parties = [at.party("referral_sent"), party(&rogue.card, "referral_received")].map(|party| {
        hefu_casework::Party {
            max_elements: 50_000,
            ..party
        }
    });
    let agreement = proposal(Purpose::Referrals, "1号", parties);
    let digest = agree_with_rogue(&at, &rogue, &agreement);
    at.node.begin_round(&digest, "经办").await.unwrap();
    let cut = Cut::new(Form::Binary, None).unwrap();
    at.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
    // The rogue need not open the set: what it holds lies beside.
    let frames = std::fs::read_dir(at.folder().join("ferry/letters"))
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .find(|frames| frames[0] == Kind::Open as u8)
        .unwrap();
    let length = u32::from_be_bytes(frames[1..5].try_into().unwrap()) as usize;
    let (open, behind) = (frames[5..5 + length].to_vec(), frames[5 + length..].to_vec());
    let call = hefu_tests::bureau::sha256(&open).0;

    let record = |person: u64| AidRecord {
        row: RowId {
            file: 1,
            sheet: 1,
            row: person + 2,
        },
        person: parse(Paper::Resident, &number(person)).unwrap().key,
        programme: ProgrammeCode::new("referral_received").unwrap(),
        period: Period::OneOff(date(2026, 8, 5)),
        amount: None,
        household: None,
        case: None,
        referral: Some(Referral {
            letter: LetterNo::new(&letter_no(person)).unwrap(),
            other: Some(AgencyRole::Procuratorate),
            state: Some(ReferralState::Helped),
            date: Some(date(2026, 9, 1)),
            reason: None,
        }),
        status: Status::Paid,
        circumstances: hefu_casework::Circumstances::default(),
    };
    let (rules, aliases) = (RuleSet::national(), AliasTable::new());
    let set = |people: std::ops::RangeInclusive<u64>| {
        elements(&agreement, &rules, 1, 0, &aliases, &mut people.map(record)).unwrap()
    };
    let (all, his) = (set(0..=MANY), set(spoilt..=spoilt));
    let mut labels = all.labels();
    let place = all
        .bytes()
        .chunks(all.width())
        .position(|element| element == &his.bytes()[..]);
    labels[place.unwrap() * usize::from(agreement.label.as_ref().unwrap().max_bytes)] = 99;
    let own = Own {
        elements: Elements::new(all.width(), all.bytes().to_vec()).unwrap(),
        labels,
    };
    let path = dir.path().join("answer");
    Runner::new(
        hefu_tests::ends::POOL.clone(),
        dir.path().to_owned(),
        Arc::clone(&rogue.keys),
    )
    .answer_by_file::<Ristretto255>(
        Open::decode(&open).unwrap(),
        std::io::Cursor::new(behind),
        hefu_tests::rogue::terms(&agreement),
        own,
        SessionSeed::from_bytes(zeroize::Zeroizing::new([3; 32])),
        system_randomness(),
        Arc::new(Forgetful::new(dir.path())),
        std::fs::File::create(&path).unwrap(),
        (),
    )
    .await
    .unwrap();
    let answer = [
        frame(0x81, b""),
        frame(0x80, header("answer", [6; 16], &call).as_bytes()),
        std::fs::read(&path).unwrap(),
    ]
    .concat();
    at.node
        .ferry_take(forged(&rogue, &at.card, &answer).bytes)
        .await
        .unwrap();
    // From the time at which the gateway sees the answer go to that at which it sees the receipt come.
    let began = Instant::now();
    let set = at.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
    let lasted = began.elapsed();
    assert!(
        set.letters
            .iter()
            .any(|letter| letter.letter.matter == Matter::Receipt)
    );
    lasted
}
