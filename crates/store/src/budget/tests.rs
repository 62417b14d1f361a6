use super::*;
use crate::samples::{self, unput_round};
use crate::store::tests::{fresh, passphrase};
use crate::{AgreementState, Role, Round};

/// A test's ledger: calls are numbered, the dataset and the agreements are there.
struct Ledger {
    dir: tempfile::TempDir,
    store: Store,
    round: Round,
}

impl Ledger {
    fn new() -> Self {
        let (dir, store) = fresh();
        store
            .put_agreement(&[33; 32], b"another", &AgreementState::Signed)
            .unwrap();
        let round = Round {
            role: Role::Sender,
            ..unput_round(&store, [samples::dataset(&store, [])])
        };
        Self { dir, store, round }
    }

    /// Call `n` of a peer under an agreement.
    fn call(&self, n: u8, peer: u8, agreement: u8, debit: Debit<'_>) -> Result<(), Error> {
        let round = Round {
            id: [100 + n; 32],
            peer: [peer; 32],
            agreement: [agreement; 32],
            ..self.round.clone()
        };
        let mut session = samples::session(&round, &[], &[0; 32]);
        let open = [n];
        session.open = &open;
        session.debit = Some(debit);
        self.store.begin_session(&session)
    }

    fn spent(&self, peer: u8, month: &str) -> u64 {
        self.store.debited(&[peer; 32], month.parse().unwrap()).unwrap()
    }
}

fn debit(elements: u64) -> Debit<'static> {
    Debit {
        month: "2026-10".parse().unwrap(),
        purpose: "duplicates",
        elements,
        limit: 100,
        rounds_limit: 3,
        kin: &[],
        checks: None,
    }
}

#[test]
fn a_budget_is_spent_to_its_last_element_over_all_purposes() {
    let ledger = Ledger::new();
    ledger.call(1, 5, 3, debit(60)).unwrap();
    let omissions = Debit {
        purpose: "omissions",
        ..debit(41)
    };
    assert!(matches!(
        ledger.call(2, 5, 33, omissions),
        Err(Error::BudgetSpent {
            limit: 100,
            spent: 60
        })
    ));
    assert!(matches!(
        ledger.call(2, 5, 33, debit(u64::MAX)),
        Err(Error::BudgetSpent { .. })
    ));
    assert_eq!(
        (ledger.spent(5, "2026-10"), ledger.store.head().unwrap().seq),
        (60, 1),
        "what is refused leaves nothing"
    );
    assert_eq!(ledger.store.elements_debited().unwrap(), 60);
    assert_eq!(ledger.store.round(&[102; 32]).unwrap(), None);
    ledger
        .call(
            2,
            5,
            33,
            Debit {
                elements: 40,
                ..omissions
            },
        )
        .unwrap();
    assert!(matches!(
        ledger.call(3, 5, 3, debit(1)),
        Err(Error::BudgetSpent { spent: 100, .. })
    ));
    // Another peer, another month.
    ledger.call(4, 6, 33, debit(100)).unwrap();
    let november = Debit {
        month: "2026-11".parse().unwrap(),
        ..debit(100)
    };
    ledger.call(5, 5, 3, november).unwrap();
    assert_eq!(
        ["2026-10", "2026-11"].map(|month| ledger.spent(5, month)),
        [100, 100]
    );

    drop(ledger.store);
    let store = Store::open(ledger.dir.path(), &passphrase("合符")).unwrap();
    let lines = store.debits(0, 10).unwrap();
    assert_eq!(lines.len(), 4);
    assert_eq!(store.elements_debited().unwrap(), 300);
    assert_eq!((lines[1].seq, lines[1].purpose.as_str()), (2, "omissions"));
    assert_eq!((lines[1].peer, lines[1].agreement), ([5; 32], [33; 32]));
    assert_eq!((lines[1].elements, lines[1].month), (40, omissions.month));
    assert_eq!(store.debits(1, 2).unwrap(), lines[1..3]);
}

#[test]
fn rounds_are_counted_by_agreement_and_month() {
    let ledger = Ledger::new();
    for n in 0..3 {
        ledger.call(n, 5, 3, debit(0)).unwrap();
    }
    assert!(matches!(
        ledger.call(3, 5, 3, debit(0)),
        Err(Error::RoundsSpent { limit: 3 })
    ));
    ledger.call(3, 5, 33, debit(0)).unwrap();
    let november = Debit {
        month: "2026-11".parse().unwrap(),
        ..debit(0)
    };
    ledger.call(4, 5, 3, november).unwrap();
    let none = Debit {
        rounds_limit: 0,
        checks: None,
        ..november
    };
    assert!(matches!(
        ledger.call(5, 5, 33, none),
        Err(Error::RoundsSpent { limit: 0 })
    ));
}

#[test]
fn rounds_of_kin_are_counted_together() {
    let ledger = Ledger::new();
    ledger.call(0, 5, 3, debit(0)).unwrap();
    ledger.call(1, 5, 3, debit(0)).unwrap();
    // Itself is no kin of its own, should it be named.
    let kin = [[3; 32], [33; 32]];
    let debit = Debit {
        kin: &kin,
        ..debit(0)
    };
    ledger.call(2, 5, 33, debit).unwrap();
    for agreement in [3, 33] {
        assert!(matches!(
            ledger.call(3, 5, agreement, debit),
            Err(Error::RoundsSpent { limit: 3 })
        ));
    }
}

#[test]
fn a_call_is_debited_once_whatever_becomes_of_its_session() {
    let ledger = Ledger::new();
    ledger.call(1, 5, 3, debit(60)).unwrap();
    ledger.call(1, 5, 3, debit(60)).unwrap();
    assert_eq!(ledger.spent(5, "2026-10"), 60);
    let failed = Round {
        state: crate::RoundState::Failed,
        ..ledger.store.round(&[101; 32]).unwrap().unwrap()
    };
    ledger.store.end_session(&samples::outcome(&failed)).unwrap();
    assert_eq!(ledger.spent(5, "2026-10"), 60, "never given back");
    for sql in [
        "UPDATE debits SET elements = 0",
        "DELETE FROM debits",
        "INSERT OR REPLACE INTO debits SELECT seq, at, peer, month, agreement, purpose, 0, call FROM debits",
    ] {
        assert!(
            matches!(ledger.store.raw(sql), Err(Error::Immutable { .. })),
            "{sql}"
        );
    }
}

/// A session that went with a replaced database is not begun a second time under the debit of the first.
#[test]
fn a_call_that_was_debited_and_has_no_session_is_void() {
    let ledger = Ledger::new();
    let call = ring::digest::digest(&ring::digest::SHA256, &[1]);
    let line = Debited {
        seq: 9,
        at: Timestamp::UNIX_EPOCH,
        peer: [5; 32],
        month: "2026-10".parse().unwrap(),
        agreement: [3; 32],
        purpose: "duplicates".to_owned(),
        elements: 60,
        call: call.as_ref().try_into().unwrap(),
    };
    assert!(ledger.store.write(|connection| put(connection, &line)).unwrap());
    assert!(!ledger.store.write(|connection| put(connection, &line)).unwrap());
    let november = Debit {
        month: "2026-11".parse().unwrap(),
        ..debit(60)
    };
    for (peer, debit) in [(5, debit(60)), (5, debit(0)), (6, debit(60)), (5, november)] {
        assert!(matches!(
            ledger.call(1, peer, 3, debit),
            Err(Error::SessionVoided)
        ));
    }
    assert_eq!(ledger.store.round(&[101; 32]).unwrap(), None);
    assert_eq!(ledger.spent(5, "2026-10"), 60);
    ledger.call(2, 5, 3, debit(40)).unwrap();
}

#[test]
fn a_locked_month_is_spent_for_everybody_until_the_lock_is_lifted() {
    let ledger = Ledger::new();
    let (october, november) = ("2026-10".parse().unwrap(), "2026-11".parse().unwrap());
    ledger
        .store
        .lock_budgets(october, "restored without the old folder")
        .unwrap();
    for peer in [5, 6] {
        assert!(matches!(
            ledger.call(1, peer, 3, debit(1)),
            Err(Error::BudgetLocked { month }) if month == october
        ));
    }
    ledger
        .call(
            1,
            5,
            3,
            Debit {
                month: november,
                ..debit(1)
            },
        )
        .unwrap();
    drop(ledger.store);
    let store = Store::open(ledger.dir.path(), &passphrase("合符")).unwrap();
    let ledger = Ledger { store, ..ledger };
    assert!(matches!(
        ledger.call(2, 5, 3, debit(1)),
        Err(Error::BudgetLocked { .. })
    ));
    ledger
        .store
        .unlock_budgets(october, "the office decided")
        .unwrap();
    ledger.call(2, 5, 3, debit(1)).unwrap();
    ledger.store.lock_budgets(october, "again").unwrap();
    assert!(matches!(
        ledger.call(3, 5, 3, debit(1)),
        Err(Error::BudgetLocked { .. })
    ));
    let locks = ledger.store.budget_locks().unwrap();
    assert_eq!(
        locks.iter().map(|lock| lock.locked).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(locks[1].reason, "the office decided");
    for sql in ["UPDATE budget_locks SET locked = 0", "DELETE FROM budget_locks"] {
        assert!(
            matches!(ledger.store.raw(sql), Err(Error::Immutable { .. })),
            "{sql}"
        );
    }
}
