//! Files beside lines on one node, folders that a gateway watches, and what stands on the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, Purpose};
use hefu_link::ferry::{Cut, Form};
use hefu_node::ferry::{Folders, PartNews};
use hefu_node::{Carrier, Surroundings};
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, agree, files, number, proposal, surroundings};
use hefu_tests::ferry::{PEOPLE, Two, again_in, carry, logged, out, parts, small, take};
use hefu_tests::gateway::Gateway;
use hefu_tests::search::{Searcher, forms_of_number, forms_of_secret};
use hefu_tests::secrets::of_seed;
use hefu_tests::watch::Draws;

#[tokio::test(flavor = "multi_thread")]
async fn one_pair_by_files_and_one_over_a_line_on_the_same_node() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = &two;
    let third = Bureau::start(dir.path(), "县工会", AgencyRole::TradeUnion, surroundings()).await;
    third.pays(DISABLED_LIVING, PEOPLE / 4..PEOPLE);
    receiver.node.add_peer(&third.card).unwrap();
    third.node.add_peer(&receiver.card).unwrap();
    let parties = [receiver.party(EXTREME_POVERTY), third.party(DISABLED_LIVING)];
    let line = agree(receiver, &third, proposal(Purpose::Duplicates, "2号", parties)).await;
    // A keeper that calls whom it may call, while letters go about.
    let keeper = tokio::spawn(Arc::clone(&receiver.node).keep());
    let by_files = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let over_line = receiver.node.begin_round(&line, "经办").await.unwrap();
    let patience = Instant::now();
    let state = |round| receiver.node.store().round(round).unwrap().unwrap().state;
    while state(&over_line) == RoundState::Running {
        assert!(patience.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(state(&over_line), RoundState::Done);
    assert_eq!(state(&by_files), RoundState::Running);
    for (from, to) in [(receiver, sender), (sender, receiver), (receiver, sender)] {
        // The keeper may work through it first.
        let set = out(from, to).await.unwrap();
        take(to, &parts(from, &set)).await;
    }
    assert_eq!(
        two.sender.node.store().rounds().unwrap()[0].state,
        RoundState::Done
    );
    assert_eq!(state(&by_files), RoundState::Done);
    keeper.abort();
    let findings = |round| receiver.node.store().findings(round).unwrap().len() as u64;
    assert_eq!(findings(&by_files), PEOPLE / 2);
    assert_eq!(findings(&over_line), PEOPLE - PEOPLE / 4);
    // Nobody called the node that is reached by files.
    for kind in ["call_failed", "call_refused"] {
        assert_eq!(logged(sender, kind), []);
    }
    assert_eq!(receiver.node.interruption(&by_files), None);
    assert_eq!(
        receiver.node.go_on(&by_files).await.map(drop).unwrap_err().code(),
        "node_missing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_comes_as_a_file_and_waits_for_its_fingerprint() {
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let receiver = start("县民政局", AgencyRole::CivilAffairs).await;
    let sender = start("县残联", AgencyRole::DisabledFederation).await;
    let cut = Cut::new(Form::Text, None).unwrap();
    let file = sender.node.ferry_card(sender.card.address(), cut).unwrap();
    assert_eq!(sender.node.ferry_card(sender.card.address(), cut).unwrap(), file);
    for _ in 0..2 {
        let taken = receiver.node.ferry_take(file.bytes.clone()).await.unwrap();
        assert_eq!((taken.news, taken.from_name.as_str()), (PartNews::Card, "县残联"));
    }
    assert_eq!(logged(&receiver, "card_came").len(), 1);
    let waiting = receiver.node.ferry_status().unwrap().cards;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].fingerprint, sender.card.fingerprint());
    assert_eq!(waiting[0].card, sender.card.to_bytes());
    assert_eq!(receiver.node.peers(), [], "nobody compared it");
    receiver.node.add_peer(&sender.card).unwrap();
    assert_eq!(receiver.node.ferry_status().unwrap().cards, []);
    let taken = receiver.node.ferry_take(file.bytes.clone()).await.unwrap();
    assert_eq!(taken.news, PartNews::Already);
    let own = sender.node.ferry_take(file.bytes).await.unwrap();
    assert_eq!(own.news, PartNews::Already);
    assert_eq!(sender.node.ferry_status().unwrap().cards, []);
    // The carrier is the peer's, and not the card's.
    let peer = sender.node.node_key();
    assert_eq!(receiver.node.carrier(&peer).unwrap(), Carrier::Line);
    assert_eq!(
        receiver.node.carrier(&[7; 32]).unwrap_err().code(),
        "node_missing"
    );
}

fn folders(at: &Bureau, form: Form) -> Folders {
    let beside = |name: &str| PathBuf::from(format!("{}.{name}", at.folder().display()));
    Folders {
        outbox: beside("out"),
        inbox: beside("in"),
        slips: beside("slips"),
        cut: Cut::new(form, Some(4_500)).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_late_and_careless_carries_a_whole_round() {
    for (form, seed) in [(Form::Binary, 7), (Form::Text, 8)] {
        println!("seed {seed}");
        let two = Two::start().await;
        let Two { receiver, sender, .. } = &two;
        let mut gateway = Gateway::new(seed);
        let mut tasks = Vec::new();
        for at in [receiver, sender] {
            let folders = folders(at, form);
            std::fs::create_dir_all(&folders.outbox).unwrap();
            std::fs::create_dir_all(&folders.inbox).unwrap();
            gateway.connect(&at.node.node_key(), &folders.outbox, &folders.inbox);
            tasks.push(tokio::spawn(Arc::clone(&at.node).watch_folders(folders, None)));
            tasks.push(tokio::spawn(Arc::clone(&at.node).keep()));
        }
        let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
        let text = proposal(Purpose::Duplicates, "1号", parties);
        let digest = receiver.node.draft(text, "经办").unwrap();
        receiver.node.sign_agreement(&digest, "主任").unwrap();
        let (patience, mut begun, mut signed) = (Instant::now(), false, false);
        loop {
            gateway.trip();
            if !signed && sender.node.agreement(&digest).is_ok() {
                sender.node.sign_agreement(&digest, "主任").unwrap();
                signed = true;
            }
            if !begun && receiver.node.begin_round(&digest, "经办").await.is_ok() {
                begun = true;
            }
            let done = [receiver, sender].map(|at| at.node.store().rounds().unwrap());
            if done
                .iter()
                .all(|rounds| rounds.iter().any(|round| round.state == RoundState::Done))
            {
                break;
            }
            assert!(
                patience.elapsed() < Duration::from_secs(90),
                "the round does not end"
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        for task in tasks {
            task.abort();
        }
        assert_eq!(two.found().len() as u64, PEOPLE / 2);
        assert!(gateway.seen.len() > 6);
        for (name, bytes) in &gateway.seen {
            assert!(bytes.len() <= 4_500, "{name}");
            assert!(form == Form::Binary || bytes.is_ascii(), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_stays_and_is_tried_again_when_it_changes() {
    let (two, _) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let folders = folders(receiver, Form::Binary);
    std::fs::create_dir_all(&folders.inbox).unwrap();
    let digest = sender.node.agreements().unwrap()[0].0;
    receiver.node.begin_round(&digest, "经办").await.unwrap();
    carry(receiver, sender).await;
    let set = sender
        .node
        .ferry_out(
            &receiver.node.node_key(),
            Cut::new(Form::Binary, None).unwrap(),
            "经办",
        )
        .await
        .unwrap()
        .unwrap();
    let part = sender.node.ferry_part(&set.set, 1).unwrap();
    let path = folders.inbox.join("拷贝.hefu");
    std::fs::write(&path, &part.bytes[..part.bytes.len() / 2]).unwrap();
    std::fs::write(folders.inbox.join(".being-written"), b"").unwrap();
    let watching = tokio::spawn(Arc::clone(&receiver.node).watch_folders(folders.clone(), None));
    let patience = Instant::now();
    let refused = loop {
        if let [refused] = receiver.node.ferry_status().unwrap().refused.as_slice() {
            break refused.clone();
        }
        assert!(patience.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        (refused.path.as_path(), refused.code),
        (path.as_path(), "ferry_truncated")
    );
    assert!(path.exists());
    std::fs::write(&path, &part.bytes).unwrap();
    let round = receiver.node.store().rounds().unwrap()[0].id;
    let state = || receiver.node.store().round(&round).unwrap().unwrap().state;
    while state() != RoundState::Done {
        assert!(patience.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    watching.abort();
    assert!(!path.exists());
    assert_eq!(receiver.node.ferry_status().unwrap().refused, []);
    // What is due has been put out, whole, and once.
    let out = files(&folders.outbox);
    assert!(
        out.iter()
            .all(|(path, _)| !path.file_name().unwrap().to_str().unwrap().starts_with('.'))
    );
    assert!(folders.inbox.join(".being-written").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_or_seed_stands_in_any_file_of_a_round_by_files() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let draws = Arc::new(Draws::new(7));
    let drawing = Arc::clone(&draws);
    let drawn = Surroundings {
        randomness: Arc::new(move || drawing.next_session()),
        ..surroundings()
    };
    let sender = again_in(sender, drawn).await;
    let two = Two {
        receiver,
        sender,
        dir,
    };
    let Two { receiver, sender, .. } = &two;
    let mut searcher = Searcher::default();
    for person in 0..PEOPLE * 2 {
        for (what, form) in forms_of_number(&number(person)) {
            searcher.add(what, &form);
        }
    }
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let seed = receiver.node.store().session_seed(&round).unwrap().unwrap();
    for secret in std::iter::once(seed.to_vec()).chain(of_seed(&*seed)) {
        for (what, form) in forms_of_secret(&secret) {
            searcher.add(what, &form);
        }
    }
    let nothing = |what: &str| {
        for at in [receiver, sender] {
            let ferry = files(&at.folder().join("ferry"));
            for (path, bytes) in ferry {
                assert_eq!(searcher.find(&bytes), None, "{what}: {}", path.display());
            }
        }
    };
    receiver.node.ferry_work().await.unwrap();
    nothing("the opening");
    let mut seen = Vec::new();
    for (from, to) in [(receiver, sender), (sender, receiver), (receiver, sender)] {
        let set = from
            .node
            .ferry_out(&to.node.node_key(), small(), "经办")
            .await
            .unwrap()
            .unwrap();
        nothing("a set");
        seen.extend(
            files(&from.folder().join("ferry"))
                .into_iter()
                .map(|(_, bytes)| bytes),
        );
        for part in 1..=set.parts {
            let file = from.node.ferry_part(&set.set, part).unwrap();
            assert_eq!(searcher.find(&file.bytes), None);
            to.node.ferry_take(file.bytes).await.unwrap();
        }
        nothing("parts");
        to.node.ferry_work().await.unwrap();
        nothing("after work");
    }
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    // The first that the sender drew is the seed of its session.
    let seed = draws.taken()[0][0].clone();
    assert_eq!(seed.len(), 32);
    let mut searcher = Searcher::default();
    for secret in std::iter::once(seed.clone()).chain(of_seed(&seed)) {
        for (what, form) in forms_of_secret(&secret) {
            searcher.add(what, &form);
        }
    }
    assert!(!seen.is_empty());
    for bytes in seen {
        assert_eq!(searcher.find(&bytes), None);
    }
}
