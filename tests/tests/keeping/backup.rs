//! Backups, and their return.

use super::*;

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
                "keys/seal.sealed",
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

/// As a node, and its backup, were before there were seal keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_before_gets_a_seal_key_and_keeps_it() {
    let two = Two::start().await;
    std::fs::remove_file(two.sender.folder().join("keys/seal.sealed")).unwrap();
    let before = two.sender.card.clone();
    two.sender.node.backup(&two.path("backup"), "管理员").unwrap();
    let (backup, anew) = (two.path("backup"), two.path("anew"));
    let Two {
        sender, dir: _dir, ..
    } = two;
    let made = |bureau: &Bureau| {
        let log = bureau.log_after(0);
        log.iter().filter(|entry| entry.kind == "seal_key_made").count()
    };
    assert_eq!(made(&sender), 0);

    let upgraded = sender.close().await.open(surroundings()).await;
    let card = upgraded.card.clone();
    assert_eq!(card.node_key(), before.node_key());
    assert!(card.seal_key().is_some());
    assert_ne!(card.seal_key(), before.seal_key());
    assert_eq!(made(&upgraded), 1);
    let closed = upgraded.close().await;
    let again = closed.clone().open(surroundings()).await;
    assert_eq!(again.card.seal_key(), card.seal_key());
    assert_eq!(made(&again), 1);
    again.close().await;

    Node::restore(&backup, &anew, &closed.unlock, "管理员").unwrap();
    let restored = closed.moved_to(anew).open(surroundings()).await;
    assert!(restored.card.seal_key().is_some());
    assert_eq!(made(&restored), 1);
}
