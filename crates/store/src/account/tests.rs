use super::*;
use crate::samples::ENTRY;
use crate::store::tests::{LOW, found, fresh, passphrase};

const PASSWORD: &str = "松下问童子言师采药去";
const NOW: &str = "2026-11-02T08:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn add(store: &Store, account: &str, person: &str) -> Result<(), AccountTaken> {
    let hash = PasswordHash::new(PASSWORD, LOW).unwrap();
    let new = NewAccount {
        account,
        person,
        role: AccountRole::CaseWorker,
        hash: &hash,
    };
    store.add_account(&new, now(), &ENTRY).unwrap()
}

/// A lock of an hour from the second failure on.
fn lock(failures: u32) -> Option<SignedDuration> {
    (failures >= 2).then(|| SignedDuration::from_hours(1))
}

fn shown(store: &Store, account: &str, password: &str, at: Timestamp) -> Option<bool> {
    match store.attempt(account, at, lock).unwrap() {
        Attempt::Against(_, hash) => {
            let right = hash.is_of(password).unwrap();
            if right {
                store.password_was_right(account, &hash, &ENTRY).unwrap();
            }
            Some(right)
        }
        Attempt::Unknown | Attempt::Locked { .. } => None,
    }
}

#[test]
fn an_account_comes_back_and_its_password_stands_nowhere() {
    let (dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    store.checkpoint().unwrap();
    let hash = match store.attempt("wang", now(), lock).unwrap() {
        Attempt::Against(_, hash) => hash,
        other => panic!("{other:?}"),
    };
    let secrets = [PASSWORD.as_bytes().to_vec(), hash.hash.to_vec()];
    store.checkpoint().unwrap();
    assert_eq!(found(dir.path(), &secrets), 0);
    assert_eq!(format!("{hash:?}"), "PasswordHash(****)");
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let account = store.account("wang").unwrap().unwrap();
    assert_eq!(
        (account.person.as_str(), account.role, account.failures),
        ("王科长", AccountRole::CaseWorker, 1)
    );
    assert_eq!(account.created_at, now());
    assert_eq!(shown(&store, "wang", PASSWORD, now()), Some(true));
    assert_eq!(store.account("wang").unwrap().unwrap().failures, 0);
    assert!(store.account("wan").unwrap().is_none());
}

#[test]
fn one_person_has_one_account() {
    let (_dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    assert_eq!(add(&store, "wang", "李科员"), Err(AccountTaken::Account));
    assert_eq!(add(&store, "wang2", "王 科长"), Err(AccountTaken::Person));
    add(&store, "lin", "李科员").unwrap();
    store.remove_account("wang", &ENTRY).unwrap();
    add(&store, "wang2", "王 科长").unwrap();
    let names: Vec<_> = store
        .accounts()
        .unwrap()
        .into_iter()
        .map(|each| each.account)
        .collect();
    assert_eq!(names, ["lin", "wang2"]);
}

#[test]
fn failures_lock_and_time_or_the_right_password_forgets_them() {
    let (_dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    assert_eq!(shown(&store, "wang", "another", now()), Some(false));
    assert_eq!(shown(&store, "wang", PASSWORD, now()), Some(true));
    for _ in 0..2 {
        assert_eq!(shown(&store, "wang", "another", now()), Some(false));
    }
    // Not even the right one is looked at.
    assert_eq!(shown(&store, "wang", PASSWORD, now()), None);
    let until = now() + SignedDuration::from_hours(1);
    let locked = store.attempt("wang", now(), lock).unwrap();
    assert!(
        matches!(locked, Attempt::Locked { until: Some(at) } if at == until),
        "{locked:?}"
    );
    assert_eq!(shown(&store, "wang", PASSWORD, until), Some(true));
    assert!(matches!(
        store.attempt("nobody", now(), lock).unwrap(),
        Attempt::Unknown
    ));
}

#[test]
fn a_lock_by_somebody_lasts_until_it_is_lifted() {
    let (_dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    store.lock_account("wang", true, &ENTRY).unwrap();
    let much_later = now() + SignedDuration::from_hours(24 * 365);
    assert!(matches!(
        store.attempt("wang", much_later, lock).unwrap(),
        Attempt::Locked { until: None }
    ));
    // Another password does not lift it.
    let other = PasswordHash::new("another", LOW).unwrap();
    store.set_password("wang", &other, now(), &ENTRY).unwrap();
    assert_eq!(shown(&store, "wang", "another", now()), None);
    store.lock_account("wang", false, &ENTRY).unwrap();
    assert_eq!(shown(&store, "wang", PASSWORD, now()), Some(false));
    assert_eq!(shown(&store, "wang", "another", now()), Some(true));
}

/// Somebody signs in while somebody else locks the account, or changes its password.
#[test]
fn what_changed_while_a_password_was_looked_at_counts() {
    let (_dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    let Attempt::Against(_, hash) = store.attempt("wang", now(), lock).unwrap() else {
        panic!()
    };
    let late = |store: &Store| store.password_was_right("wang", &hash, &ENTRY);
    store.lock_account("wang", true, &ENTRY).unwrap();
    assert!(matches!(late(&store), Err(Error::ActedMeanwhile)));
    store.lock_account("wang", false, &ENTRY).unwrap();
    let other = PasswordHash::new(PASSWORD, LOW).unwrap();
    store.set_password("wang", &other, now(), &ENTRY).unwrap();
    assert!(matches!(late(&store), Err(Error::ActedMeanwhile)));
}

/// Somebody changes the own password while somebody else resets it.
#[test]
fn a_password_takes_the_place_of_the_one_it_was_asked_for_and_of_no_other() {
    let (_dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    let Attempt::Against(_, before) = store.attempt("wang", now(), lock).unwrap() else {
        panic!()
    };
    let [reset, own] = ["reset", "own"].map(|password| PasswordHash::new(password, LOW).unwrap());
    let late = |before: &PasswordHash| store.replace_password("wang", before, &own, now(), &ENTRY);
    store.set_password("wang", &reset, now(), &ENTRY).unwrap();
    assert!(matches!(late(&before), Err(Error::ActedMeanwhile)));
    assert_eq!(shown(&store, "wang", "reset", now()), Some(true));
    store.lock_account("wang", true, &ENTRY).unwrap();
    assert!(matches!(late(&reset), Err(Error::ActedMeanwhile)));
    store.lock_account("wang", false, &ENTRY).unwrap();
    late(&reset).unwrap();
    assert_eq!(shown(&store, "wang", "own", now()), Some(true));
}

#[test]
fn whose_an_account_is_never_changes_and_no_hash_is_another_accounts() {
    let (_dir, store) = fresh();
    add(&store, "wang", "王科长").unwrap();
    add(&store, "lin", "林科员").unwrap();
    for sql in [
        "UPDATE accounts SET person = '某人'",
        "UPDATE accounts SET role = 'it'",
        "UPDATE accounts SET account = 'other' WHERE account = 'lin'",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    let moved = "UPDATE accounts SET (salt, hash) = (SELECT salt, hash FROM accounts WHERE account = 'lin')
                 WHERE account = 'wang'";
    store.raw(moved).unwrap();
    assert!(matches!(
        store.attempt("wang", now(), lock),
        Err(Error::Sealed { .. })
    ));
    let greedy = "UPDATE accounts SET memory_kib = 4294967295 WHERE account = 'lin'";
    store.raw(greedy).unwrap();
    let Attempt::Against(_, hash) = store.attempt("lin", now(), lock).unwrap() else {
        panic!()
    };
    assert!(matches!(hash.is_of(PASSWORD), Err(Error::Costs { .. })));
}

#[test]
fn what_is_not_there_can_not_be_changed() {
    let (_dir, store) = fresh();
    let hash = PasswordHash::new(PASSWORD, LOW).unwrap();
    let head = store.head().unwrap();
    for done in [
        store.set_password("wang", &hash, now(), &ENTRY),
        store.lock_account("wang", true, &ENTRY),
        store.remove_account("wang", &ENTRY),
    ] {
        assert!(matches!(done, Err(Error::Unknown { what: "account", .. })));
    }
    assert_eq!(
        store.head().unwrap(),
        head,
        "nothing was done, and nothing logged"
    );
}
