//! What a second review with hostile eyes found in budgets, backups and agreements, each as a test that once failed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, Agreement, Dossier, DossierState, Hex, Purpose, canonical};
use hefu_link::{Card, Keys, dial};
use hefu_node::Node;
use hefu_psi::SessionSeed;
use hefu_psi::wire::{Abort, Kind};
use hefu_store::AgreementState;
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude_with, draft, opening, party};
use hefu_tests::bureau::{Bureau, files, hand_over, introduce, proposal, sha256, surroundings};
use hefu_tests::rogue::{Rogue, hear, set};
use hefu_tests::search::Searcher;
use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use zeroize::Zeroizing;

const GREETING: u8 = 1;
const AGREEMENT: u8 = 2;

/// An agency that answers, and a party that learns under an agreement and keeps to nothing.
struct Asked {
    agency: Agency,
    rogue: Rogue,
    agreement: Agreement,
    dir: TempDir,
}

impl Asked {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let federation = AgencyRole::DisabledFederation;
        let agency = Agency::start(
            dir.path(),
            "县残联",
            federation,
            DISABLED_LIVING,
            0..9,
            surroundings(),
        )
        .await;
        let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[]).await;
        agency.knows(&rogue.card);
        let agreement = draft(party(&rogue.card, EXTREME_POVERTY), agency.party());
        conclude_with(&agreement, &agency, &rogue);
        Self {
            agency,
            rogue,
            agreement,
            dir,
        }
    }
}

/// What was debited is in the ledger, and what it was debited for is gone: the same opening again would be answered
/// under another key, and cost nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_restored_sender_has_forgotten_is_not_answered_for_nothing() {
    let Asked {
        agency,
        rogue,
        agreement,
        dir,
    } = Asked::start().await;
    let backup = dir.path().join("backup");
    agency.node.backup(&backup, "管理员").unwrap();
    let (rogue, agreement) = (&rogue, &agreement);
    let call = async |card: &Card| {
        let seed = SessionSeed::from_bytes(Zeroizing::new([5; 32]));
        let own = set(agreement, 0, 0..3);
        rogue.receive(card, agreement, own, seed, None).await
    };
    call(&agency.card).await.unwrap();
    agency.ended_rounds().await;
    let stopped = agency.stop().await;
    assert!(!stopped.restore(&backup).budgets_locked);
    let agency = stopped.start().await;
    let debits = agency.node.store().debits(0, 9).unwrap();
    assert_eq!(debits.len(), 1, "taken over from the folder that was replaced");

    let refused = call(&agency.card)
        .await
        .err()
        .expect("a second set for one debit");
    assert!(
        matches!(
            &refused,
            hefu_node::Error::Link(hefu_link::Error::PeerAborted {
                abort: Abort::Voided,
                ..
            })
        ),
        "{refused}"
    );
    assert_eq!(agency.node.store().debits(0, 9).unwrap(), debits);
    assert!(agency.node.store().rounds().unwrap().is_empty());
}

/// A manifest names the key under which it is signed, so that alone it proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_a_key_that_is_not_the_nodes_is_refused() {
    let Asked { agency, dir, .. } = Asked::start().await;
    let (backup, folder) = (dir.path().join("backup"), dir.path().join("anew"));
    agency.node.backup(&backup, "管理员").unwrap();
    let stopped = agency.stop().await;
    Connection::open(backup.join("hefu.db"))
        .unwrap()
        .execute_batch("UPDATE peers SET name = '他局'")
        .unwrap();

    let thief = Keys::generate().unwrap();
    let signed: Value =
        serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).unwrap()).unwrap();
    let mut manifest = signed["manifest"].clone();
    manifest["files"]["hefu.db"] = json!(sha256(&std::fs::read(backup.join("hefu.db")).unwrap()));
    manifest["node_key"] = json!(Hex(thief.node_key()));
    let message = [
        b"hefu/2 backup\0".as_slice(),
        &sha256(&canonical::to_vec(&manifest)).0,
    ]
    .concat();
    let signature: [u8; 64] = thief.signing_key().sign(&message).as_ref().try_into().unwrap();
    let forged = json!({ "manifest": manifest, "signature": Hex(signature) });
    std::fs::write(backup.join("manifest.json"), canonical::to_vec(&forged)).unwrap();

    let key_file = dir.path().join("县残联.key");
    for target in [folder.as_path(), stopped.folder()] {
        let unlock = hefu_store::Unlock::KeyFile(key_file.clone());
        let refused = Node::restore(&backup, target, &unlock, "管理员").expect_err("a forged backup");
        assert_eq!(refused.code(), "node_foreign_backup");
    }
    assert!(!folder.exists());
    let beside = std::fs::read_dir(dir.path()).unwrap();
    let names = beside.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names
        .filter(|name| name.contains("partial") || name.contains("before"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The seed of a session that was under way opens what was exchanged in it; a restore voids the session.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_restored_over_keeps_no_session() {
    let Asked {
        agency,
        rogue,
        agreement,
        dir,
    } = Asked::start().await;
    let backup = dir.path().join("backup");
    agency.node.backup(&backup, "管理员").unwrap();
    let (sender, mut receiver) = rogue.open(&agency.card, &opening(&agreement)).await;
    hear(&mut receiver, Kind::Accept).await;
    drop((sender, receiver));
    let stopped = agency.stop().await;
    let waiting = stopped.folder().join("spool").join("waiting");
    std::fs::create_dir_all(&waiting).unwrap();
    std::fs::write(waiting.join("chunk"), b"what went over the wire").unwrap();

    let secrets = |folder: &Path| -> Vec<Vec<u8>> {
        let database = Connection::open(folder.join("hefu.db")).unwrap();
        let mut query = database.prepare("SELECT key, seed FROM session_keys").unwrap();
        let rows = query.query_map([], |row| Ok([row.get(0)?, row.get(1)?])).unwrap();
        rows.flat_map(Result::unwrap).collect()
    };
    let sealed = secrets(stopped.folder());
    assert_eq!(sealed.len(), 2);
    let mut searcher = Searcher::default();
    for bytes in &sealed {
        searcher.add("a session's secret", bytes);
    }
    let found = |folder: &Path| {
        files(folder)
            .iter()
            .any(|(_, bytes)| searcher.find(bytes).is_some())
    };
    assert!(found(stopped.folder()), "the search works");

    let aside = stopped.restore(&backup).replaced.unwrap();
    assert!(aside.join("hefu.db").exists());
    assert!(secrets(&aside).is_empty() && !found(&aside));
    assert_eq!(std::fs::read_dir(aside.join("spool")).unwrap().count(), 0);
    assert!(!found(stopped.folder()));
}

/// A bureau and a party that hands it papers as it likes.
struct Pestered {
    civil: Bureau,
    rogue: Rogue,
    _dir: TempDir,
}

impl Pestered {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
        let rogue = Rogue::start("县残联", AgencyRole::DisabledFederation, &[&civil.card]).await;
        civil.node.add_peer(&rogue.card).unwrap();
        Self {
            civil,
            rogue,
            _dir: dir,
        }
    }

    fn text(&self, number: usize) -> Dossier {
        let parties = [
            self.civil.party(EXTREME_POVERTY),
            party(&self.rogue.card, DISABLED_LIVING),
        ];
        Dossier::draft(proposal(Purpose::Duplicates, &format!("{number}号"), parties)).unwrap()
    }

    fn refused(&self, dossier: &Dossier, at: Timestamp) -> Dossier {
        let mut refused = dossier.clone();
        refused
            .refuse(self.rogue.keys.signing_key(), "范围过宽", at)
            .unwrap();
        refused
    }

    async fn hand(&self, kind: u8, bytes: &[u8]) -> Result<Vec<u8>, Abort> {
        let line = dial(&self.rogue.keys, &self.civil.card, &surroundings().limits, None)
            .await
            .unwrap();
        let (mut sender, mut receiver) = line.split();
        match hand_over(&mut sender, &mut receiver, kind, bytes).await {
            Ok((answered, bytes)) => {
                assert_eq!(answered, kind);
                Ok(bytes)
            }
            Err(hefu_link::Error::PeerAborted { abort, .. }) => Err(abort),
            Err(other) => panic!("{other}"),
        }
    }

    async fn give(&self, dossier: &Dossier) -> Result<Dossier, Abort> {
        let answer = self.hand(AGREEMENT, &dossier.to_bytes()).await?;
        Ok(Dossier::parse(&answer).unwrap())
    }

    fn state(&self, digest: &[u8; 32]) -> DossierState {
        self.civil.node.agreement(digest).unwrap().state()
    }
}

/// A person here was shown that it is refused; nobody here is asked again before it comes into force.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_has_refused_it_can_not_put_in_force_alone() {
    let pestered = Pestered::start().await;
    let text = pestered.text(1).agreement().clone();
    let digest = pestered.civil.node.draft(text, "经办").unwrap();
    pestered.civil.node.sign_agreement(&digest, "主任").unwrap();
    let signed_here = pestered.civil.node.agreement(&digest).unwrap();
    pestered
        .give(&pestered.refused(&signed_here, Timestamp::now()))
        .await
        .unwrap();
    let refused = pestered.state(&digest);
    assert!(matches!(refused, DossierState::Refused { by: 1, .. }));

    let mut signed_by_both = signed_here.clone();
    signed_by_both.sign(pestered.rogue.keys.signing_key()).unwrap();
    assert_eq!(signed_by_both.state(), DossierState::Signed);
    let answer = pestered.give(&signed_by_both).await.unwrap();
    assert_eq!(answer.state(), refused);
    assert_eq!(pestered.state(&digest), refused);
    let stored = pestered.civil.node.store().agreement(&digest).unwrap().unwrap();
    assert!(matches!(stored.state, AgreementState::Refused { .. }));
    // Nor by a file that a person was handed.
    pestered
        .civil
        .node
        .receive_dossier(&signed_by_both.to_bytes())
        .unwrap();
    assert_eq!(pestered.state(&digest), refused);
}

/// Nor the other way: what all have signed is not refused any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_force_a_peer_does_not_end_by_refusing_it() {
    let pestered = Pestered::start().await;
    let draft = pestered.text(1);
    let digest = pestered
        .civil
        .node
        .draft(draft.agreement().clone(), "经办")
        .unwrap();
    pestered.civil.node.sign_agreement(&digest, "主任").unwrap();
    let mut signed = pestered.civil.node.agreement(&digest).unwrap();
    signed.sign(pestered.rogue.keys.signing_key()).unwrap();
    pestered.give(&signed).await.unwrap();
    let before = pestered.civil.log_after(0);
    let answer = pestered
        .give(&pestered.refused(&draft, Timestamp::now()))
        .await
        .unwrap();
    assert_eq!(answer, signed);
    assert_eq!(pestered.state(&digest), DossierState::Signed);
    assert!(pestered.civil.log_after(0) == before);
}

/// The log only grows: a peer must not be able to make it grow by saying the same thing in other bytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_refused_ever_earlier_is_one_entry() {
    let pestered = Pestered::start().await;
    let draft = pestered.text(1);
    let digest = draft.agreement().digest();
    let now = Timestamp::now();
    let first = pestered.refused(&draft, now);
    pestered.give(&first).await.unwrap();
    let before = pestered.civil.log_after(0).len();
    for hours in 1..10 {
        let earlier = pestered.refused(&draft, now - hours.hours());
        assert_eq!(
            pestered.give(&earlier).await.unwrap(),
            first,
            "the first one stays"
        );
    }
    assert_eq!(pestered.civil.log_after(0).len(), before);
    assert_eq!(pestered.civil.node.agreement(&digest).unwrap(), first);
}

/// A peer can leave so many texts here, and refusing its own makes no room for others.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_does_not_bury_a_node_in_drafts() {
    let pestered = Pestered::start().await;
    let mut kept = Vec::new();
    for number in 0..40 {
        let text = pestered.text(number);
        let given = if number % 2 == 0 {
            text.clone()
        } else {
            pestered.refused(&text, Timestamp::now())
        };
        match pestered.give(&given).await {
            Ok(_) => kept.push(text),
            Err(abort) => assert_eq!(abort, Abort::Policy),
        }
    }
    assert_eq!(kept.len(), 32);
    assert_eq!(pestered.civil.node.agreements().unwrap().len(), 32);
    // What is there already goes on.
    let mut signed = kept[0].clone();
    signed.sign(pestered.rogue.keys.signing_key()).unwrap();
    assert_eq!(pestered.give(&signed).await.unwrap(), signed);
    // Whoever decides makes room.
    let decided = kept[2].agreement().digest();
    pestered
        .civil
        .node
        .refuse_agreement(&decided, "不必", "主任")
        .unwrap();
    pestered.give(&pestered.text(100)).await.unwrap();
    assert_eq!(
        pestered.give(&pestered.text(101)).await.unwrap_err(),
        Abort::Policy
    );
}

/// What a peer calls its program is shown on a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn a_programs_version_is_short_and_plain() {
    let pestered = Pestered::start().await;
    let greeting = |program: &str| {
        canonical::to_vec(
            &json!({ "program": program, "protocol": 2, "at": Timestamp::now(), "agreements": {} }),
        )
    };
    for honest in ["0.1.0", "1.0.0-rc.1+20261125"] {
        pestered.hand(GREETING, &greeting(honest)).await.unwrap();
    }
    for program in [
        "\u{1b}[2J",
        "",
        "对方已确认",
        "0.1.0\n",
        "0.1.0 (see",
        &"9".repeat(33),
    ] {
        let refused = pestered.hand(GREETING, &greeting(program)).await;
        assert!(
            matches!(refused, Err(Abort::Malformed { .. })),
            "{program:?}: {refused:?}"
        );
    }
}

/// Whoever comes second must find what the first has written.
#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_comes_while_a_person_signs_undoes_nothing() {
    let pestered = Pestered::start().await;
    let node = &pestered.civil.node;
    for number in 0..30 {
        let mut theirs = pestered.text(number);
        let digest = node.draft(theirs.agreement().clone(), "经办").unwrap();
        theirs.sign(pestered.rogue.keys.signing_key()).unwrap();
        let bytes = theirs.to_bytes();
        let both = Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                both.wait();
                node.receive_dossier(&bytes).unwrap();
            });
            both.wait();
            node.sign_agreement(&digest, "主任").unwrap();
        });
        assert_eq!(pestered.state(&digest), DossierState::Signed, "{number}");
    }
}

/// A peer that takes a call and says nothing keeps nobody waiting but itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_peer_holds_up_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let civil = start("县民政局", AgencyRole::CivilAffairs).await;
    let court = start("丙法院", AgencyRole::Court).await;
    introduce(&civil, &court);
    let mut listening = tokio::task::JoinSet::new();
    for name in ["丁局", "丘局"] {
        let rogue = Rogue::start(name, AgencyRole::Court, &[&civil.card]).await;
        civil.node.add_peer(&rogue.card).unwrap();
        listening.spawn(async move {
            let _silent = rogue.listener.accept().await;
            std::future::pending::<()>().await;
        });
    }
    // Peers are called by name: the honest one comes last.
    let last = civil.node.peers().pop().unwrap();
    assert_eq!(last.name(), "丙法院");
    let parties = [civil.party(EXTREME_POVERTY), court.party(DISABLED_LIVING)];
    let text = proposal(Purpose::Duplicates, "1号", parties);
    let digest = civil.node.draft(text, "经办").unwrap();
    let keeper = tokio::spawn(Arc::clone(&civil.node).keep());
    let begun = Instant::now();
    while court.node.agreement(&digest).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "still waiting for the silent ones"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    keeper.abort();
}
