//! Nodes that renew their TLS key, and peers that are withdrawn: what a card is good for, and for how long.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, DossierState, Purpose};
use hefu_link::{Card, Keys, Limits, dial};
use hefu_node::Node;
use hefu_store::{LogEntry, RoundState, Vault};
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, Closed, agree, introduce, proposal, surroundings};
use tempfile::TempDir;

/// Two bureaus with an agreement under which both may ask.
struct Two {
    civil: Bureau,
    disabled: Bureau,
    agreement: [u8; 32],
    _dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
        let civil = start("县民政局", AgencyRole::CivilAffairs).await;
        let disabled = start("县残联", AgencyRole::DisabledFederation).await;
        civil.pays(EXTREME_POVERTY, 0..4);
        disabled.pays(DISABLED_LIVING, 2..6);
        introduce(&civil, &disabled);
        let parties = [civil.party(EXTREME_POVERTY), disabled.party(DISABLED_LIVING)];
        let mut text = proposal(Purpose::Duplicates, "1号", parties);
        text.receivers = vec![0, 1];
        let agreement = agree(&civil, &disabled, text).await;
        Self {
            civil,
            disabled,
            agreement,
            _dir: dir,
        }
    }
}

/// What two people on both registers come to.
async fn runs(asks: &Bureau, agreement: &[u8; 32]) {
    let learned = asks.node.run_round(agreement).await.unwrap();
    assert_eq!(learned.outcome.findings.len(), 2);
}

/// The first entry of this kind after `seq`, once it is there.
async fn entry(bureau: &Bureau, seq: u64, kind: &str) -> LogEntry {
    let patience = Instant::now();
    loop {
        let found = bureau.log_after(seq).into_iter().find(|entry| entry.kind == kind);
        if let Some(entry) = found {
            return entry;
        }
        assert!(patience.elapsed() < Duration::from_secs(20), "no {kind}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn head(bureau: &Bureau) -> u64 {
    bureau.node.store().head().unwrap().seq
}

/// The keys that a node has at present, as whoever has stolen them.
fn keys(closed: &Closed) -> Keys {
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let part = |name: &str| {
        let path = closed.folder.join(format!("keys/{name}.sealed"));
        vault.open_file(&path, &format!("{name} key")).unwrap()
    };
    Keys::from_parts(part("node"), part("tls"), part("seal")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_key_needs_a_new_card_and_no_new_agreement() {
    let two = Two::start().await;
    runs(&two.civil, &two.agreement).await;
    let old_card = two.disabled.card.clone();
    let Two {
        civil,
        disabled,
        agreement,
        _dir,
    } = two;
    let closed = disabled.close().await;
    let old_keys = keys(&closed);
    Node::renew_tls_key(&closed.folder, &closed.unlock, "管理员").unwrap();
    let disabled = closed.open(surroundings()).await;
    let renewed = disabled.log_after(0);
    let renewed = renewed.iter().find(|entry| entry.kind == "tls_key_renewed");
    assert_eq!(renewed.unwrap().actor, "管理员");
    assert_eq!(disabled.card.node_key(), old_card.node_key());
    assert_ne!(disabled.card.tls_key(), old_card.tls_key());

    // Who calls by the old card, at the new place, is not answered by the key that stands on it.
    let moved = Card::new(
        &old_keys,
        old_card.name(),
        old_card.role(),
        disabled.card.address(),
    )
    .unwrap();
    civil.node.add_peer(&moved).unwrap();
    let before = (head(&disabled), head(&civil));
    let refused = civil.node.run_round(&agreement).await.err().unwrap();
    assert_eq!(refused.code(), "peer_wrong_key");
    let params = refused.params();
    assert!(params.contains(&("peer", "县残联".to_owned())), "{params:?}");
    assert_eq!(civil.ended_round().await.error.as_deref(), Some("peer_wrong_key"));
    let told = entry(&civil, before.1, "round_failed").await;
    assert_eq!(told.body["code"], "peer_wrong_key");
    // Who calls with the new key is a stranger where only the old card is known; both sides say so.
    let before = (head(&disabled), head(&civil));
    let refused = disabled.node.run_round(&agreement).await.err().unwrap();
    assert_eq!(refused.code(), "peer_refuses_us");
    let told = entry(&civil, before.1, "call_refused").await;
    assert_eq!(told.body["code"], "peer_unknown");
    let told = entry(&disabled, before.0, "round_failed").await;
    assert_eq!(told.body["code"], "peer_refuses_us");
    assert!(
        disabled
            .node
            .store()
            .findings(&disabled.ended_round().await.id)
            .unwrap()
            .is_empty()
    );

    // With the new card the agreement is good as it was signed.
    civil.node.add_peer(&disabled.card).unwrap();
    runs(&civil, &agreement).await;
    runs(&disabled, &agreement).await;
    assert_eq!(civil.node.peers().len(), 1);
    assert_eq!(
        civil.node.agreement(&agreement).unwrap().state(),
        DossierState::Signed
    );
}

/// A card is replaced by an act of a person, and comes back by one: not by whoever still has the old key.
#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_card_does_not_come_back_by_itself() {
    let two = Two::start().await;
    let Two {
        civil,
        disabled,
        agreement,
        _dir,
    } = two;
    let old_card = disabled.card.clone();
    let closed = disabled.close().await;
    let old_keys = keys(&closed);
    Node::renew_tls_key(&closed.folder, &closed.unlock, "管理员").unwrap();
    let disabled = closed.open(surroundings()).await;
    civil.node.add_peer(&disabled.card).unwrap();

    let rejected = |card: Card| {
        let keys = &old_keys;
        async move {
            match dial(keys, &card, &Limits::default(), None).await {
                Ok(_) => panic!("the old key is let in"),
                Err(error) => assert_eq!(error.code(), "peer_refuses_us"),
            }
        }
    };
    rejected(civil.card.clone()).await;
    // Nor does it by all that two nodes say to each other, nor by a restart.
    civil.node.exchange(&disabled.node.node_key()).await.unwrap();
    disabled.node.exchange(&civil.node.node_key()).await.unwrap();
    runs(&civil, &agreement).await;
    rejected(civil.card.clone()).await;
    let civil = civil.close().await.open(surroundings()).await;
    disabled.node.add_peer(&civil.card).unwrap();
    rejected(civil.card.clone()).await;
    assert!(civil.node.peers().iter().eq([&disabled.card]));
    let past = civil.node.store().past_cards(&old_card.node_key()).unwrap();
    assert_eq!(past.len(), 1);
    assert_eq!(past[0].card, old_card.to_bytes(), "kept on record");
    runs(&civil, &agreement).await;

    // A person may take an old card again, as when a node came back from a backup: that is on record, and then the
    // newer key is the stranger.
    let before = head(&civil);
    civil.node.add_peer(&old_card).unwrap();
    let added = entry(&civil, before, "peer_added").await;
    assert_eq!(added.body["fingerprint"], old_card.fingerprint());
    assert_eq!(civil.node.peers(), [old_card]);
    assert!(
        dial(&old_keys, &civil.card, &Limits::default(), None)
            .await
            .is_ok()
    );
    let refused = disabled.node.run_round(&agreement).await.err().unwrap();
    assert_eq!(refused.code(), "peer_refuses_us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_was_withdrawn_is_not_heard_and_not_called() {
    let two = Two::start().await;
    runs(&two.civil, &two.agreement).await;
    let Two {
        civil,
        disabled,
        agreement,
        _dir,
    } = two;
    disabled.ended_round().await;
    civil
        .node
        .remove_peer(&disabled.node.node_key(), "管理员")
        .unwrap();
    assert!(civil.node.peers().is_empty());
    assert!(
        civil
            .node
            .remove_peer(&disabled.node.node_key(), "管理员")
            .is_err(),
        "once"
    );
    let before = (head(&disabled), head(&civil));
    // It calls and is refused, for a round and for papers.
    let refused = disabled.node.run_round(&agreement).await.err().unwrap();
    assert_eq!(refused.code(), "peer_refuses_us");
    let refused = disabled
        .node
        .exchange(&civil.node.node_key())
        .await
        .err()
        .unwrap();
    assert_eq!(refused.code(), "peer_refuses_us");
    let told = entry(&civil, before.1, "call_refused").await;
    assert_eq!(told.body["code"], "peer_unknown");
    // It is not called.
    let calls = head(&disabled);
    let rounds = civil.node.store().rounds().unwrap();
    for refused in [
        civil.node.run_round(&agreement).await.err().unwrap(),
        civil
            .node
            .exchange(&disabled.node.node_key())
            .await
            .err()
            .unwrap(),
    ] {
        assert_eq!(refused.code(), "node_missing");
        assert!(refused.params().contains(&("what", "peer".to_owned())));
    }
    let text = civil.node.agreement(&agreement).unwrap().agreement().clone();
    let other = hefu_casework::Agreement {
        number: "2号".into(),
        ..text
    };
    assert_eq!(
        civil.node.draft(other, "经办").unwrap_err().code(),
        "node_missing"
    );
    assert_eq!(head(&disabled), calls);
    // What there was stays on record, also after a restart.
    let civil = civil.close().await.open(surroundings()).await;
    assert!(civil.node.peers().is_empty());
    let listed = civil.node.agreements().unwrap();
    assert_eq!((listed.len(), listed[0].0), (1, agreement));
    assert_eq!(listed[0].1.state(), DossierState::Signed);
    assert!(civil.node.store().rounds().unwrap() == rounds);
    let done = rounds.iter().find(|round| round.state == RoundState::Done);
    let done = done.unwrap().id;
    assert_eq!(civil.node.store().findings(&done).unwrap().len(), 2);
    assert_eq!(civil.node.prove_finding(&done, 0).unwrap(), 3);
    // Taken in again, everything goes on as it was.
    disabled.node.add_peer(&civil.card).unwrap();
    civil.node.add_peer(&disabled.card).unwrap();
    runs(&disabled, &agreement).await;
    runs(&civil, &agreement).await;
}

/// A round that was cut off when its peer was withdrawn comes to an end that says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_with_a_peer_that_was_withdrawn_ends() {
    let two = Two::start().await;
    let round = two.civil.node.begin_round(&two.agreement, "经办").await.unwrap();
    two.civil
        .node
        .remove_peer(&two.disabled.node.node_key(), "管理员")
        .unwrap();
    let ended = two.civil.node.go_on(&round).await.err().unwrap();
    assert_eq!(ended.code(), "node_missing");
    let record = two.civil.ended_round().await;
    assert_eq!((record.id, record.state), (round, RoundState::Failed));
    assert_eq!(record.error.as_deref(), Some("node_missing"));
    assert!(two.civil.node.store().open_sessions().unwrap().is_empty());
    assert_eq!(
        std::fs::read_dir(two.civil.folder().join("spool"))
            .unwrap()
            .count(),
        0
    );
}
