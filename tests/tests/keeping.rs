//! What a node keeps and what it lets go: backups and their return, deletion, reports, and proofs of findings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hefu_casework::{AgencyRole, Hex, Month, Purpose, canonical};
use hefu_node::Node;
use hefu_store::{Deleted, RoundState, Store, Vault};
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, days_from_today};
use hefu_tests::bureau::{
    Bureau, Closed, agree, files, introduce, mapping, number, proposal, sha256, surroundings,
};
use hefu_tests::proxy::Proxy;
use hefu_tests::search::{SHORTEST, Searcher, forms_of_number};
use jiff::{Timestamp, ToSpan};
use ring::signature::{ED25519, UnparsedPublicKey};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// People of each side, of whom half are on both registers.
const PEOPLE: u64 = 40;

/// A receiver, a sender whose line can be cut, and an agreement.
struct Two {
    receiver: Bureau,
    sender: Bureau,
    proxy: Proxy,
    agreement: [u8; 32],
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
        let receiver = start("县民政局", AgencyRole::CivilAffairs).await;
        let sender = start("县残联", AgencyRole::DisabledFederation).await;
        receiver.pays(EXTREME_POVERTY, 0..PEOPLE);
        sender.pays(DISABLED_LIVING, PEOPLE / 2..PEOPLE / 2 + PEOPLE);
        introduce(&receiver, &sender);
        let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
        let text = proposal(Purpose::Duplicates, "1号", parties);
        let agreement = agree(&receiver, &sender, text).await;
        let proxy = Proxy::to(sender.card.address().to_owned()).await;
        receiver
            .node
            .add_peer(&sender.card_at(&proxy.address.to_string()))
            .unwrap();
        Self {
            receiver,
            sender,
            proxy,
            agreement,
            dir,
        }
    }

    /// A round that has come to its end on both sides.
    async fn round(&self) -> [u8; 32] {
        let learned = self.receiver.node.run_round(&self.agreement).await.unwrap();
        assert_eq!(learned.outcome.findings.len() as u64, PEOPLE / 2);
        self.sender
            .newest_round(|round| round.state == RoundState::Done)
            .await;
        learned.round
    }

    /// A round whose line was cut in its middle: open on both sides.
    async fn open_round(&self) -> [u8; 32] {
        let before = self.proxy.passed();
        self.round().await;
        self.proxy.cut_after((self.proxy.passed() - before) / 2);
        let round = self
            .receiver
            .node
            .begin_round(&self.agreement, "经办")
            .await
            .unwrap();
        let interrupted = self.receiver.node.go_on(&round).await.err().unwrap();
        assert!(interrupted.can_go_on(), "{interrupted}");
        self.sender
            .newest_round(|round| round.state == RoundState::Running)
            .await;
        for bureau in [&self.receiver, &self.sender] {
            assert_eq!(bureau.node.store().open_sessions().unwrap().len(), 1);
        }
        round
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

fn this_month() -> Month {
    Month::of(days_from_today(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_was_restored_gives_its_open_sessions_up_on_both_sides() {
    let two = Two::start().await;
    let round = two.open_round().await;
    two.receiver.node.backup(&two.path("backup"), "管理员").unwrap();
    let (backup, folder) = (two.path("backup"), two.path("anew"));
    let Two {
        receiver,
        sender,
        dir: _dir,
        ..
    } = two;
    let closed = receiver.close().await;
    let restored = Node::restore(&backup, &folder, &closed.unlock, "管理员").unwrap();
    assert_eq!((restored.voided, restored.replaced), (1, None));
    let receiver = closed.moved_to(folder).open(surroundings()).await;
    receiver.node.add_peer(&sender.card).unwrap();

    let voided = receiver.node.store().round(&round).unwrap().unwrap();
    assert_eq!(voided.state, RoundState::Failed);
    assert!(receiver.node.go_on(&round).await.is_err(), "it is over");
    assert_eq!(
        sender.node.store().open_sessions().unwrap().len(),
        1,
        "they have not met yet"
    );
    let keeper = tokio::spawn(Arc::clone(&receiver.node).keep());
    let there = sender.ended_round().await;
    keeper.abort();
    assert_eq!(there.state, RoundState::Failed);
    assert_eq!(there.reason, voided.reason);
    assert_eq!(there.reason.as_deref(), Some("abort_voided"));
    for bureau in [&receiver, &sender] {
        bureau.node.store().verify().unwrap();
        assert!(bureau.node.store().open_sessions().unwrap().is_empty());
    }
    // What it asks is not bounded by its own ledger.
    let learned = receiver.node.run_round(&there.agreement).await.unwrap();
    assert_eq!(learned.outcome.findings.len() as u64, PEOPLE / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_was_restored_gives_its_open_sessions_up_and_its_budgets_are_locked() {
    let two = Two::start().await;
    let round = two.open_round().await;
    two.sender.node.backup(&two.path("backup"), "管理员").unwrap();
    let (backup, folder, agreement) = (two.path("backup"), two.path("anew"), two.agreement);
    let Two {
        receiver,
        sender,
        dir: _dir,
        ..
    } = two;
    let closed = sender.close().await;
    let restored = Node::restore(&backup, &folder, &closed.unlock, "管理员").unwrap();
    assert!(restored.budgets_locked);
    assert_eq!((restored.voided, restored.replaced), (1, None));
    let sender = closed.moved_to(folder).open(surroundings()).await;
    receiver.node.add_peer(&sender.card).unwrap();

    let error = receiver.node.go_on(&round).await.err().unwrap();
    assert!(!error.can_go_on());
    let (here, there) = (receiver.ended_round().await, sender.ended_round().await);
    assert_eq!(
        (here.state, there.state),
        (RoundState::Failed, RoundState::Failed)
    );
    assert_eq!(here.reason.as_deref(), Some("abort_voided"));
    assert_eq!(there.reason, here.reason);

    // What peers have spent since the backup nobody knows.
    let rounds = sender.node.store().rounds().unwrap().len();
    let refused = receiver.node.run_round(&agreement).await.err().unwrap();
    assert_eq!(refused.code(), "peer_aborted");
    let here = receiver.ended_round().await;
    assert_eq!(here.state, RoundState::Refused);
    assert_eq!(here.reason.as_deref(), Some("abort_budget_spent"));
    assert_eq!(sender.node.store().rounds().unwrap().len(), rounds);
    let log = sender.log_after(0);
    let failed = log.iter().rfind(|entry| entry.kind == "call_failed").unwrap();
    assert_eq!(failed.body["code"], "budget_locked");

    let store = sender.node.store();
    store.unlock_budgets(this_month(), "已与县民政局核对").unwrap();
    let learned = receiver.node.run_round(&agreement).await.unwrap();
    assert_eq!(learned.outcome.findings.len() as u64, PEOPLE / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_over_a_folder_keeps_what_was_spent_since() {
    let two = Two::start().await;
    two.round().await;
    two.sender.node.backup(&two.path("backup"), "管理员").unwrap();
    // Two more of the four that the agreement allows, and one under way.
    two.round().await;
    let open = two.open_round().await;
    let (backup, agreement) = (two.path("backup"), two.agreement);
    let Two {
        receiver,
        sender,
        dir: _dir,
        ..
    } = two;
    let spent = sender.node.store().debits(0, 100).unwrap();
    assert_eq!(spent.len(), 4);
    let closed = sender.close().await;
    let before = files(&closed.folder);
    let restored = Node::restore(&backup, &closed.folder, &closed.unlock, "管理员").unwrap();
    assert!(!restored.budgets_locked);
    let aside = restored.replaced.unwrap();
    let kept: Vec<_> = files(&aside).into_iter().map(|(path, _)| path).collect();
    for (path, _) in &before {
        let path = path.strip_prefix(&closed.folder).unwrap();
        let stays = !path.starts_with("spool");
        assert_eq!(kept.contains(&aside.join(path)), stays, "{}", path.display());
    }
    let sender = closed.open(surroundings()).await;
    receiver.node.add_peer(&sender.card).unwrap();
    assert_eq!(sender.node.store().rounds().unwrap().len(), 1, "as backed up");
    let lines = |debits: &[hefu_store::Debited]| {
        let mut lines: Vec<_> = debits.iter().map(|debit| (debit.call, debit.elements)).collect();
        lines.sort_unstable();
        lines
    };
    let merged = sender.node.store().debits(0, 100).unwrap();
    assert_eq!(lines(&merged), lines(&spent), "as spent");
    let log = sender.log_after(0);
    let entry = log.iter().find(|entry| entry.kind == "ledger_merged").unwrap();
    assert_eq!(entry.body["debits"], 3);
    assert!(
        entry.body["lost_log"]["seq"].as_u64().is_some(),
        "that log entries are lost is said"
    );
    sender.node.store().verify().unwrap();

    // The session that is under way is lost to the sender, which answers it no more: it was debited once.
    let error = receiver.node.go_on(&open).await.err().unwrap();
    assert!(!error.can_go_on(), "{error}");
    let here = receiver.ended_round().await;
    assert_eq!(here.reason.as_deref(), Some("abort_voided"));
    assert_eq!(
        sender.node.store().rounds().unwrap().len(),
        1,
        "nothing was begun"
    );
    assert_eq!(lines(&sender.node.store().debits(0, 100).unwrap()), lines(&spent));
    let refused = receiver.node.run_round(&agreement).await.err().unwrap();
    assert_eq!(refused.code(), "peer_aborted");
    assert_eq!(
        receiver.ended_round().await.reason.as_deref(),
        Some("abort_rounds_spent")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_changes_nothing() {
    let two = Two::start().await;
    two.round().await;
    let (good, other) = (two.path("backup"), two.path("other"));
    two.sender.node.backup(&good, "管理员").unwrap();
    two.receiver.node.backup(&other, "管理员").unwrap();
    assert!(
        two.sender.node.backup(&good, "管理员").is_err(),
        "a backup is never written over"
    );
    let Two {
        receiver,
        sender,
        dir,
        ..
    } = two;
    let (closed, stranger) = (sender.close().await, receiver.close().await);
    let folder = closed.folder.clone();
    let target = files(&folder);
    let names: Vec<PathBuf> = files(&good)
        .into_iter()
        .map(|(path, _)| path.strip_prefix(&good).unwrap().to_owned())
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    let refused = |backup: &Path, closed: &Closed, what: &str| {
        let error = Node::restore(backup, &folder, &closed.unlock, "管理员").unwrap_err();
        assert!(files(&folder) == target, "{what}: the target is touched");
        let beside: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("partial") || name.contains("before"))
            .collect();
        assert!(beside.is_empty(), "{what}: {beside:?} is left");
        assert!(!dir.path().join("nowhere").exists());
        error.code().to_owned()
    };
    let damaged = dir.path().join("damaged");
    let fresh = || {
        let _ = std::fs::remove_dir_all(&damaged);
        copy(&good, &damaged);
    };
    for name in &names {
        let bytes = std::fs::read(good.join(name)).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            fresh();
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(damaged.join(name), &changed).unwrap();
            let what = format!("byte {at} of {}", name.display());
            assert_eq!(refused(&damaged, &closed, &what), "node_missing", "{what}");
        }
        fresh();
        std::fs::remove_file(damaged.join(name)).unwrap();
        assert_eq!(
            refused(&damaged, &closed, "missing"),
            "node_missing",
            "{}",
            name.display()
        );
        fresh();
        std::fs::copy(other.join(name), damaged.join(name)).unwrap();
        assert_eq!(
            refused(&damaged, &closed, "of another node"),
            "node_missing",
            "{}",
            name.display()
        );
    }
    // A whole backup of another node, with that node's key and with this one's.
    refused(&other, &stranger, "another node's");
    refused(&other, &closed, "another node's, with this one's key");
    refused(&good, &stranger, "with another node's key");
    // The good one is good.
    Node::restore(&good, &folder, &closed.unlock, "管理员").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_runs_is_not_restored_over() {
    let two = Two::start().await;
    two.sender.node.backup(&two.path("backup"), "管理员").unwrap();
    let unlock = hefu_store::Unlock::KeyFile(two.path("县残联.key"));
    let folder = two.sender.folder();
    let error = Node::restore(&two.path("backup"), folder, &unlock, "管理员").unwrap_err();
    assert_eq!(error.code(), "store_in_use");
    two.round().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_no_secret_of_a_session() {
    let two = Two::start().await;
    let round = two.open_round().await;
    for bureau in [&two.receiver, &two.sender] {
        let backup = two.path(&format!("backup of {}", bureau.node.name()));
        let store = bureau.node.store();
        let open = store.open_sessions().unwrap().remove(0);
        let round = open.round;
        assert!(store.session_seed(&round).unwrap().is_some());
        bureau.node.backup(&backup, "管理员").unwrap();
        let names: Vec<_> = files(&backup)
            .into_iter()
            .map(|(path, _)| path.strip_prefix(&backup).unwrap().display().to_string())
            .collect();
        assert_eq!(
            names,
            [
                "hefu.db",
                "keys/node.sealed",
                "keys/tls.sealed",
                "manifest.json",
                "vault.json"
            ],
            "no chunks, no quarantine, and no key file"
        );
        let copied = Connection::open(backup.join("hefu.db")).unwrap();
        let count = |table: &str| -> u64 {
            let sql = format!("SELECT count(*) FROM {table}");
            copied.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        for table in ["session_keys", "session_chunks"] {
            assert_eq!(count(table), 0, "{table}");
        }
        assert_eq!(count("sessions"), 2, "the sessions themselves are on record");
    }
    // The seed is erased, not only out of sight.
    let Two { receiver, dir, .. } = two;
    let name = receiver.node.name().to_owned();
    let closed = receiver.close().await;
    let seeds = blobs(&closed.folder, "SELECT key, seed FROM session_keys");
    assert_eq!(seeds.len(), 2);
    assert_ne!(found(&closed.folder, &seeds), 0, "the search works");
    assert_eq!(found(&dir.path().join(format!("backup of {name}")), &seeds), 0);
    // The node itself goes on.
    let store = Store::open(&closed.folder, &closed.unlock).unwrap();
    assert!(store.session_seed(&round).unwrap().is_some());
}

/// People with two numbers, a row that is refused, and a column that tells the second number.
fn register_with_aliases(people: std::ops::Range<u64>) -> (String, String) {
    let mapping =
        mapping(EXTREME_POVERTY).replace("kind = \"resident\"", "kind = \"resident\"\nalias = \"原号码\"");
    let rows = people.map(|person| {
        let (now, before) = (number(person), number(person + 10_000));
        format!("{now},{before},2026-07,2026-09,100\n")
    });
    let refused = std::iter::once("290121200107040030,,2026-07,2026-09,100\n".to_owned());
    let heading = std::iter::once("身份证号,原号码,起,止,金额\n".to_owned());
    (mapping, heading.chain(rows).chain(refused).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_dataset_leaves_a_signed_record_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let key = civil.node.node_key();
    let (mapping, register) = register_with_aliases(0..PEOPLE);
    let imported = civil.import("旧名册", &mapping, &register);
    let quarantine = imported.quarantine.unwrap();
    assert!(quarantine.starts_with(civil.folder()) && quarantine.exists());
    let (mapping, register) = register_with_aliases(100..100 + PEOPLE);
    let kept = civil.import("新名册", &mapping, &register);

    let closed = civil.close().await;
    let sealed = format!(
        "SELECT person, lookup FROM records WHERE dataset = {}",
        imported.dataset
    );
    let sealed = blobs(&closed.folder, &sealed);
    assert_eq!(sealed.len() as u64, 2 * PEOPLE);
    assert_ne!(found(&closed.folder, &sealed), 0, "the search works");
    assert_eq!(unsealed_numbers(&closed, 0..PEOPLE), 2 * PEOPLE as usize);
    let civil = closed.open(surroundings()).await;

    civil.node.delete_dataset(imported.dataset, "主任").unwrap();
    assert!(!quarantine.exists());
    assert!(kept.quarantine.unwrap().exists());
    let deletion = civil.node.store().deletions().unwrap().pop().unwrap();
    assert_eq!(deletion.of, Deleted::Dataset(imported.dataset));
    let record = verified(&deletion.record, "deletion", b"hefu/2 deletion\0", &key);
    assert_eq!(record["deleted"]["dataset"], imported.dataset.0);
    assert_eq!(record["deleted"]["quarantine_files"], 1);
    assert_eq!(record["by"], "主任");
    let covers = record["covers"].as_array().unwrap();
    for place in ["records", "aliases", "quarantine", "spool"] {
        assert!(covers.iter().any(|covered| covered == place), "{place}");
    }
    let entry = civil.log_after(0).pop().unwrap();
    assert_eq!((entry.kind.as_str(), entry.actor.as_str()), ("deleted", "主任"));
    civil.node.store().verify().unwrap();
    // Once more is told that it is gone.
    assert!(civil.node.delete_dataset(imported.dataset, "主任").is_err());

    // Not in the running node's files, and not in those of one that was closed.
    assert_eq!(found(civil.folder(), &sealed), 0);
    let closed = civil.close().await;
    assert_eq!(found(&closed.folder, &sealed), 0);
    assert_eq!(unsealed_numbers(&closed, 0..PEOPLE), 0);
    assert_eq!(unsealed_numbers(&closed, 100..100 + PEOPLE), 2 * PEOPLE as usize);
    let mut searcher = Searcher::default();
    for person in (0..PEOPLE).chain(10_000..10_000 + PEOPLE) {
        let forms = forms_of_number(&number(person)).into_iter();
        for (what, bytes) in forms.filter(|(_, bytes)| bytes.len() >= SHORTEST) {
            searcher.add(what, &bytes);
        }
    }
    for (path, bytes) in files(&closed.folder) {
        assert_eq!(searcher.find(&bytes), None, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_still_needs_is_not_deleted() {
    let two = Two::start().await;
    let round = two.open_round().await;
    for bureau in [&two.receiver, &two.sender] {
        let dataset = bureau.node.store().datasets().unwrap()[0].id;
        let refused = bureau.node.delete_dataset(dataset, "主任").unwrap_err();
        assert_eq!(refused.code(), "node_missing");
        assert!(bureau.node.store().deletions().unwrap().is_empty());
    }
    let learned = two.receiver.node.go_on(&round).await.unwrap();
    assert_eq!(learned.outcome.findings.len() as u64, PEOPLE / 2);
    two.sender.ended_round().await;
    for bureau in [&two.receiver, &two.sender] {
        let dataset = bureau.node.store().datasets().unwrap()[0].id;
        bureau.node.delete_dataset(dataset, "主任").unwrap();
    }
    // Findings have a retention of their own, and what proves them needs no record.
    assert_eq!(two.receiver.node.prove_finding(&round, 0).unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_go_when_their_retention_is_over() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let ended = two.receiver.ended_round().await.ended_at.unwrap();
    let days = node.agreement(&two.agreement).unwrap().agreement().retention_days;
    let over = ended.checked_add((24 * i64::from(days)).hours()).unwrap();
    let just_before = over.checked_sub(1.second()).unwrap();
    assert_eq!(node.delete_expired(just_before).unwrap(), 0);
    assert_eq!(node.store().findings(&round).unwrap().len() as u64, PEOPLE / 2);
    let report = node.report(&round, "经办").unwrap();

    let key = node.node_key();
    let Two {
        receiver,
        sender,
        dir: _dir,
        ..
    } = two;
    let closed = receiver.close().await;
    let needles = [
        blobs(&closed.folder, "SELECT secrets FROM findings"),
        blobs(&closed.folder, "SELECT proof FROM evidence"),
    ]
    .concat();
    assert_eq!(needles.len() as u64, PEOPLE);
    assert_ne!(found(&closed.folder, &needles), 0, "the search works");
    let receiver = closed.open(surroundings()).await;
    let node = &receiver.node;
    assert_eq!(node.delete_expired(over).unwrap(), 1);
    assert_eq!(node.delete_expired(over).unwrap(), 0, "once");
    assert_eq!(found(receiver.folder(), &needles), 0);
    let deletion = node.store().deletions().unwrap().pop().unwrap();
    assert_eq!(deletion.of, Deleted::Findings(round));
    let record = verified(&deletion.record, "deletion", b"hefu/2 deletion\0", &key);
    assert_eq!(record["deleted"]["round"], Hex(round).to_string());
    assert_eq!(record["deleted"]["retention_days"], days);
    // What was deleted does not pass for nothing found.
    assert!(node.store().findings(&round).is_err());
    assert!(node.report(&round, "经办").is_err());
    assert!(node.prove_finding(&round, 0).is_err());
    // The fact of the round stays, and so does whatever was given out.
    let kept = node.store().round(&round).unwrap().unwrap();
    assert_eq!(
        (kept.state, kept.matched),
        (RoundState::Done, Some(3 * PEOPLE / 2))
    );
    verified(&report, "report", b"hefu/2 report\0", &key);
    // A sender has no findings to delete.
    assert_eq!(sender.node.delete_expired(Timestamp::MAX).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_can_be_verified_without_the_node() {
    let two = Two::start().await;
    let round = two.round().await;
    let key = two.receiver.node.node_key();
    let bytes = two.receiver.node.report(&round, "经办").unwrap();
    let report = verified(&bytes, "report", b"hefu/2 report\0", &key);
    assert_eq!(report["findings"].as_array().unwrap().len() as u64, PEOPLE / 2);
    assert_eq!(report["notice"], hefu_node::NOTICE);
    assert_eq!(report["node_key"], Hex(key).to_string());
    assert_eq!(report["agreement"]["digest"], Hex(two.agreement).to_string());
    // It refers to the receipt that the sender has signed as well.
    let log = two.sender.log_after(0);
    let done = log.iter().find(|entry| entry.kind == "round_done").unwrap();
    assert_eq!(report["receipt"]["by_sender"], done.body["by_sender"]);
    assert_eq!(report["receipt"]["session"], done.body["session"]);

    let mut searcher = Searcher::default();
    for person in 0..2 * PEOPLE {
        for (what, form) in forms_of_number(&number(person)) {
            searcher.add(what, &form);
        }
    }
    assert_eq!(searcher.find(&bytes), None, "numbers are masked");
    // Every byte of the beginning and of the end, and every so many between.
    let (few, length) = (400, bytes.len());
    for at in (0..few)
        .chain((few..length - few).step_by(17))
        .chain(length - few..length)
    {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(
            verify(&changed, "report", b"hefu/2 report\0", &key).is_none(),
            "byte {at}"
        );
    }
    let other = two.sender.node.node_key();
    assert!(verify(&bytes, "report", b"hefu/2 report\0", &other).is_none());
    assert!(verify(&bytes, "report", b"hefu/2 deletion\0", &key).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_can_be_proven_for_as_long_as_it_is_kept() {
    let two = Two::start().await;
    let round = two.round().await;
    let another = two.round().await;
    // Three months each.
    for finding in 0..PEOPLE / 2 {
        assert_eq!(two.receiver.node.prove_finding(&round, finding).unwrap(), 3);
    }
    assert_eq!(
        two.receiver.node.prove_finding(&round, PEOPLE).unwrap(),
        0,
        "there is no such finding"
    );
    let closed = two.receiver.close().await;
    let proven = |receiver: &Bureau, finding| receiver.node.prove_finding(&round, finding);
    let receiver = closed.open(surroundings()).await;
    assert_eq!(proven(&receiver, 0).unwrap(), 3);

    // Whoever has the file puts one finding's proof under another, in this round and from another.
    let swap = "UPDATE evidence SET proof = (SELECT proof FROM evidence WHERE round = ?3 AND seq = ?4)
         WHERE round = ?1 AND seq = ?2";
    let closed = receiver.close().await;
    for (seq, from, of) in [(0, round, 1), (2, another, 2)] {
        let params = rusqlite::params![round, seq, from, of];
        intrude(&closed.folder, "evidence", swap, params);
    }
    let receiver = closed.open(surroundings()).await;
    for finding in [0, 2] {
        assert_eq!(proven(&receiver, finding).unwrap_err().code(), "vault_sealed");
    }
    assert_eq!(proven(&receiver, 1).unwrap(), 3);

    // Or changes one digit of what both sides signed.
    let id = Hex(round).to_string();
    let digit = |body: &str, field: &str| {
        let at = body.find(&format!("\"{field}\":\"")).unwrap() + field.len() + 4;
        let other = if body.as_bytes()[at] == b'0' { "1" } else { "0" };
        [&body[..at], other, &body[at + 1..]].concat()
    };
    let closed = receiver.close().await;
    for (kind, field) in [
        ("round_done", "blinded"),
        ("round_done", "evaluated"),
        ("round_done", "tags"),
        ("round_done", "by_sender"),
        ("round_done", "by_receiver"),
        ("session_committed", "open"),
        ("session_committed", "accept"),
    ] {
        let stolen = closed.moved_to(two.dir.path().join(format!("{kind} {field}")));
        copy(&closed.folder, &stolen.folder);
        let (seq, body) = logged(&stolen.folder, kind, &id);
        let sql = "UPDATE log SET body = ?1 WHERE seq = ?2";
        intrude(
            &stolen.folder,
            "log",
            sql,
            rusqlite::params![digit(&body, field), seq],
        );
        let stolen = stolen.open(surroundings()).await;
        assert!(proven(&stolen, 1).is_err(), "{kind} {field}");
        assert!(stolen.node.store().verify().is_err());
    }
    let receiver = closed.open(surroundings()).await;
    assert_eq!(proven(&receiver, 1).unwrap(), 3);
}

/// The number and the body of a round's log entry.
fn logged(folder: &Path, kind: &str, round: &str) -> (i64, String) {
    let connection = Connection::open(folder.join("hefu.db")).unwrap();
    let sql = "SELECT seq, body FROM log WHERE kind = ?1 AND body LIKE '%' || ?2 || '%'";
    let entry = connection.query_row(sql, [kind, round], |row| Ok((row.get(0)?, row.get(1)?)));
    entry.unwrap()
}

/// SQL past the node, with the triggers of the table gone.
fn intrude(folder: &Path, table: &str, sql: &str, params: impl rusqlite::Params) {
    let connection = Connection::open(folder.join("hefu.db")).unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1")
        .unwrap()
        .query_map([table], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for trigger in triggers {
        connection
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    assert_eq!(connection.execute(sql, params).unwrap(), 1);
}

/// Every value of the query's columns.
fn blobs(folder: &Path, sql: &str) -> Vec<Vec<u8>> {
    let connection = Connection::open(folder.join("hefu.db")).unwrap();
    let mut query = connection.prepare(sql).unwrap();
    let columns = query.column_count();
    let mut rows = query.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.extend((0..columns).map(|column| row.get::<_, Vec<u8>>(column).unwrap()));
    }
    all
}

/// How many of the files have one of the byte strings, or of a longer one its beginning or its end.
fn found(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let mut searcher = Searcher::default();
    for needle in needles {
        searcher.add("a beginning", &needle[..16]);
        searcher.add("an end", &needle[needle.len() - 16..]);
    }
    let files = files(folder);
    files
        .iter()
        .filter(|(_, bytes)| searcher.find(bytes).is_some())
        .count()
}

/// How many numbers of these people, present and former, stand in the sealed file of people with two numbers.
fn unsealed_numbers(closed: &Closed, people: std::ops::Range<u64>) -> usize {
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let bytes = vault
        .open_file(&closed.folder.join("aliases.sealed"), "aliases")
        .unwrap();
    let both = people.flat_map(|person| [number(person), number(person + 10_000)]);
    both.filter(|number| {
        bytes
            .windows(number.len())
            .any(|window| window == number.as_bytes())
    })
    .count()
}

/// What stands under `name`, if the node with this key has signed it: Ed25519 over the label and SHA-256 of the
/// canonical JSON.
fn verify(bytes: &[u8], name: &str, label: &[u8], key: &[u8; 32]) -> Option<Value> {
    let mut document: Value = canonical::from_slice(bytes).ok()?;
    let signature: Hex<64> = serde_json::from_value(document.get("signature")?.clone()).ok()?;
    let body = document.get_mut(name)?.take();
    let message = [label, &sha256(&canonical::to_vec(&body)).0].concat();
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(&message, &signature.0).ok().map(|()| body)
}

fn verified(bytes: &[u8], name: &str, label: &[u8], key: &[u8; 32]) -> Value {
    verify(bytes, name, label, key).expect("signed by the node")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
