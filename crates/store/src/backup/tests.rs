use super::*;
use crate::budget::Debit;
use crate::samples::{self, done, finding, outcome, record, shown, unput_round};
use crate::session::{Direction, NewSession, SessionOutcome};
use crate::store::tests::{found, fresh, passphrase};
use crate::{LegSession, Role, Round, RoundState};

const ABORT: &[u8] = b"voided, as bytes";

/// A node with an ended round and an open session that was debited.
struct Node {
    dir: tempfile::TempDir,
    store: Store,
    dataset: crate::DatasetId,
    ended: Round,
    open: Round,
}

impl Node {
    fn new() -> Self {
        let (dir, store) = fresh();
        let dataset = samples::dataset(&store, (0..3).map(record));
        let one = unput_round(&store, [dataset]);
        let open = Round {
            id: [6; 32],
            role: Role::Sender,
            ..one.clone()
        };
        let ended = done(&one);
        let node = Self {
            dir,
            store,
            dataset,
            ended,
            open,
        };
        node.begin(&one, b"one", None);
        let outcome = SessionOutcome {
            findings: &[finding(1)],
            ..outcome(&node.ended)
        };
        node.store.end_session(&outcome).unwrap();
        node.begin(&node.open, b"two", Some(debit(20)));
        for chunk in 0..3 {
            node.store
                .note_chunk(&node.open.id, Direction::Blinded, chunk, &[chunk as u8 + 70; 32])
                .unwrap();
        }
        node
    }

    fn begin(&self, round: &Round, open: &[u8], debit: Option<Debit<'_>>) {
        let session = NewSession {
            debit,
            ..samples::session(round, open, &[55; 32])
        };
        self.store.begin_session(&session).unwrap();
    }

    /// What a person does after a disk died: vault and copy in a new folder.
    fn restored(&self, copy: &Path) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        fs::copy(self.dir.path().join(HEADER), dir.path().join(HEADER)).unwrap();
        fs::copy(copy, dir.path().join(DATABASE)).unwrap();
        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        (dir, store)
    }
}

fn debit(elements: u64) -> Debit<'static> {
    Debit {
        month: "2026-10".parse().unwrap(),
        purpose: "duplicates",
        elements,
        limit: 100,
        rounds_limit: 9,
        kin: &[],
        checks: None,
    }
}

#[test]
fn a_copy_is_whole_private_and_without_sessions_secrets() {
    let node = Node::new();
    let away = tempfile::tempdir().unwrap();
    let copy = away.path().join("节点.backup");
    let sealed: Vec<Vec<u8>> = [
        "key FROM session_keys",
        "seed FROM session_keys",
        "root FROM session_chunks",
    ]
    .iter()
    .flat_map(|column| node.store.column(&format!("SELECT {column}")))
    .collect();
    node.store.backup(&copy).unwrap();

    assert_ne!(found(node.dir.path(), &sealed), 0, "the node itself goes on");
    assert_eq!(found(away.path(), &sealed), 0);
    assert_eq!(fs::read_dir(away.path()).unwrap().count(), 1);
    assert!(!node.dir.path().join(DRAFT).exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let (_dir, store) = node.restored(&copy);
    let mut records = Vec::new();
    store
        .records(node.dataset, &mut |record| {
            records.push(shown(&record));
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(
        records,
        (0..3).map(record).map(|each| shown(&each)).collect::<Vec<_>>()
    );
    assert_eq!(
        store.round(&node.ended.id).unwrap(),
        node.store.round(&node.ended.id).unwrap()
    );
    assert!(store.findings(&node.ended.id).unwrap() == [finding(1)]);
    assert_eq!(store.verify().unwrap(), node.store.head().unwrap());
    assert_eq!(store.debits(0, 9).unwrap(), node.store.debits(0, 9).unwrap());
    assert!(store.session_seed(&node.open.id).unwrap().is_none());
    assert!(node.store.session_seed(&node.open.id).unwrap().is_some());
}

#[test]
fn a_copy_replaces_nothing_and_leaves_nothing_half_done() {
    let node = Node::new();
    let away = tempfile::tempdir().unwrap();
    let copy = away.path().join("copy");
    fs::write(&copy, b"an older copy").unwrap();
    assert!(matches!(node.store.backup(&copy), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&copy).unwrap(), b"an older copy");
    let nowhere = away.path().join("none").join("copy");
    assert!(matches!(node.store.backup(&nowhere), Err(Error::Io { .. })));
    assert!(!node.dir.path().join(DRAFT).exists());
    assert_eq!(fs::read_dir(away.path()).unwrap().count(), 1);

    // A killed process leaves its draft.
    fs::write(node.dir.path().join(DRAFT), b"half a copy").unwrap();
    node.store.backup(&away.path().join("second")).unwrap();
    fs::write(node.dir.path().join(DRAFT), b"half a copy").unwrap();
    drop(node.store);
    Store::open(node.dir.path(), &passphrase("合符")).unwrap();
    assert!(!node.dir.path().join(DRAFT).exists());
}

#[test]
fn a_restored_store_voids_what_was_open_and_says_so() {
    let node = Node::new();
    let copy = node.dir.path().join("copy");
    node.store.backup(&copy).unwrap();
    let (_dir, store) = node.restored(&copy);
    let before = store.head().unwrap();
    assert_eq!(store.restore_marks(ABORT, "voided").unwrap(), 1);

    assert!(store.open_sessions().unwrap().is_empty());
    let session = store.session(&node.open.id).unwrap().unwrap();
    let end = session.end.unwrap();
    assert_eq!((end.reason.as_slice(), end.told), (ABORT, false));
    let round = store.round(&node.open.id).unwrap().unwrap();
    assert_eq!(round.state, RoundState::Failed);
    assert_eq!(
        (round.error.as_deref(), round.reason.as_deref()),
        (Some("round_voided"), Some("voided"))
    );
    assert_eq!(
        store.round(&node.ended.id).unwrap(),
        node.store.round(&node.ended.id).unwrap()
    );
    let log = store.entries(before.seq, 9).unwrap();
    assert_eq!(log[0].previous, before.hash, "the log goes on from the copy's");
    assert_eq!(
        log.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(),
        ["round_voided", "restored"]
    );
    assert_eq!(log[1].body, json!({ "voided": 1 }));
    store.verify().unwrap();
    assert_eq!(store.debited(&node.open.peer, debit(0).month).unwrap(), 20);
}

#[test]
fn what_was_spent_after_the_copy_is_taken_from_the_old_folder() {
    let node = Node::new();
    let copy = node.dir.path().join("copy");
    node.store.backup(&copy).unwrap();
    // Then, after the copy:
    let november = "2026-11".parse().unwrap();
    for n in 1..=3 {
        let round = Round {
            id: [60 + n; 32],
            ..node.open.clone()
        };
        node.begin(&round, &[n], Some(debit(u64::from(n))));
    }
    node.store.lock_budgets(november, "there").unwrap();
    let (ledger, head) = (node.store.debits(0, 9).unwrap(), node.store.head().unwrap());

    let (dir, store) = node.restored(&copy);
    let unlock = passphrase("合符");
    assert!(matches!(
        store.merge_ledger(node.dir.path(), &unlock),
        Err(Error::InUse { .. })
    ));
    let Node {
        dir: old,
        store: other,
        open,
        ..
    } = node;
    drop(other);
    store.restore_marks(ABORT, "voided").unwrap();
    let merged = store.merge_ledger(old.path(), &unlock).unwrap();
    assert_eq!(
        merged,
        Merged {
            debits: 3,
            locks: 1,
            disclosures: 0,
            outcomes: 0,
            legs: 0,
            lost: Some(head)
        }
    );
    assert_eq!(store.debits(0, 9).unwrap(), ledger);
    assert_eq!(store.debited(&open.peer, debit(0).month).unwrap(), 26);
    let entry = store.entries(store.head().unwrap().seq - 1, 1).unwrap();
    assert_eq!(entry[0].kind, "ledger_merged");
    let lost = json!({ "seq": head.seq, "hash": Hex(head.hash) });
    assert_eq!(
        entry[0].body,
        json!({ "debits": 3, "locks": 1, "disclosures": 0, "outcomes": 0, "legs": 0, "lost_log": lost })
    );

    // Lifted here, it stays so; and nothing is taken twice.
    store.unlock_budgets(november, "decided").unwrap();
    let again = store.merge_ledger(old.path(), &unlock).unwrap();
    assert_eq!((again.debits, again.locks), (0, 0));
    assert_eq!(
        store
            .budget_locks()
            .unwrap()
            .iter()
            .map(|lock| lock.locked)
            .collect::<Vec<_>>(),
        [true, false]
    );
    drop(store);
    // The other way round, the old folder lacks nothing but entries of the log.
    let store = Store::open(old.path(), &unlock).unwrap();
    assert_eq!(store.head().unwrap(), head, "merging from it changed nothing");
    let back = store.merge_ledger(dir.path(), &unlock).unwrap();
    assert_eq!((back.debits, back.locks), (0, 0));
    assert!(back.lost.is_some());
}

/// Of a run of a leg one session is answered, also where the store does not know it any more.
#[test]
fn which_runs_of_legs_had_their_session_is_taken_from_the_old_folder() {
    let node = Node::new();
    let copy = node.dir.path().join("copy");
    node.store.backup(&copy).unwrap();
    let round = Round {
        id: [61; 32],
        ..node.open.clone()
    };
    let leg = |session| LegSession {
        session,
        conference: [2; 32],
        round: 3,
        annex: [4; 32],
        receiver: 0,
        run: 1,
    };
    let (begun, never) = (leg(round.id), leg([99; 32]));
    node.store.put_leg_session(&begun).unwrap();
    node.store.put_leg_session(&never).unwrap();
    node.begin(&round, b"three", Some(debit(1)));
    let called = |store: &Store| store.has_lost_call(&round.peer, &round.agreement).unwrap();
    assert!(!called(&node.store));

    let (_dir, store) = node.restored(&copy);
    let Node {
        dir: old,
        store: other,
        ..
    } = node;
    drop(other);
    let merge = || store.merge_ledger(old.path(), &passphrase("合符")).unwrap().legs;
    assert_eq!((merge(), merge()), (1, 0));
    assert_eq!(store.leg_sessions(&[2; 32], 3).unwrap(), [begun]);
    assert!(called(&store));
    assert!(!store.has_lost_call(&[8; 32], &round.agreement).unwrap());
    assert!(!store.has_lost_call(&round.peer, &[8; 32]).unwrap());
}

#[test]
fn an_older_folder_has_lost_nothing() {
    let node = Node::new();
    let copy = node.dir.path().join("copy");
    node.store.backup(&copy).unwrap();
    let (dir, older) = node.restored(&copy);
    drop(older);
    let merged = node.store.merge_ledger(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(
        merged,
        Merged {
            debits: 0,
            locks: 0,
            disclosures: 0,
            outcomes: 0,
            legs: 0,
            lost: None
        }
    );
}

#[test]
fn a_ledger_is_taken_from_the_same_vault_only() {
    let node = Node::new();
    let merge = |path: &Path| node.store.merge_ledger(path, &passphrase("合符"));
    let (stranger, other) = fresh();
    drop(other);
    assert!(matches!(merge(stranger.path()), Err(Error::OtherVault { .. })));
    assert!(matches!(
        merge(&stranger.path().join("none")),
        Err(Error::NotAStore { .. })
    ));
    let copy = node.dir.path().join("copy");
    node.store.backup(&copy).unwrap();
    let (dir, old) = node.restored(&copy);
    old.raw("PRAGMA user_version = 99").unwrap();
    drop(old);
    assert!(matches!(
        merge(dir.path()),
        Err(Error::NewerSchema { found: 99, .. })
    ));
    fs::remove_file(dir.path().join(DATABASE)).unwrap();
    assert!(matches!(merge(dir.path()), Err(Error::NotAStore { .. })));
    assert!(matches!(
        node.store.merge_ledger(dir.path(), &passphrase("another")),
        Err(Error::WrongKey { .. })
    ));
    assert_eq!(node.store.debits(0, 9).unwrap().len(), 1);
}

#[test]
fn a_first_schema_has_no_ledger_to_give() {
    let node = Node::new();
    let dir = tempfile::tempdir().unwrap();
    fs::copy(node.dir.path().join(HEADER), dir.path().join(HEADER)).unwrap();
    let path = dir.path().join(DATABASE);
    let mut first = Connection::open(&path).unwrap();
    migrate::apply(&mut first, &migrate::MIGRATIONS[..1]).unwrap();
    drop(first);
    let merged = node.store.merge_ledger(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!((merged.debits, merged.locks, merged.lost), (0, 0, None));
    let first = Connection::open(&path).unwrap();
    assert_eq!(migrate::known_version(&first).unwrap(), 1, "it is not migrated");
}

#[test]
fn a_replaced_folder_forgets_its_sessions_and_keeps_the_rest() {
    let node = Node::new();
    let sealed: Vec<Vec<u8>> = [
        "key FROM session_keys",
        "seed FROM session_keys",
        "root FROM session_chunks",
    ]
    .iter()
    .flat_map(|column| node.store.column(&format!("SELECT {column}")))
    .collect();
    assert_eq!(sealed.len(), 5);
    let path = node.dir.path();
    assert!(matches!(forget_sessions(path), Err(Error::InUse { .. })));
    let (head, debits) = (node.store.head().unwrap(), node.store.debits(0, 9).unwrap());
    drop(node.store);
    // A process that was killed in a backup leaves all of it a second time.
    fs::copy(path.join(DATABASE), path.join(DRAFT)).unwrap();
    assert_ne!(found(path, &sealed), 0, "the search works");
    forget_sessions(path).unwrap();
    assert_eq!(found(path, &sealed), 0);
    assert!(!path.join(DRAFT).exists());
    forget_sessions(path).unwrap();

    let store = Store::open(path, &passphrase("合符")).unwrap();
    assert_eq!(store.head().unwrap(), head);
    assert_eq!(store.debits(0, 9).unwrap(), debits);
    assert!(store.findings(&node.ended.id).unwrap() == [finding(1)]);
    assert!(store.session_seed(&node.open.id).unwrap().is_none());
    assert!(store.session(&node.open.id).unwrap().unwrap().end.is_none());

    let empty = tempfile::tempdir().unwrap();
    for folder in [empty.path(), &path.join("none")] {
        assert!(matches!(forget_sessions(folder), Err(Error::NotAStore { .. })));
    }
    let mut first = Connection::open(empty.path().join(DATABASE)).unwrap();
    migrate::apply(&mut first, &migrate::MIGRATIONS[..1]).unwrap();
    drop(first);
    forget_sessions(empty.path()).unwrap();
}
