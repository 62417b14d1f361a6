use serde_json::json;

use super::*;
use crate::finding::tests::ended;
use crate::samples::{self, ENTRY, finding};
use crate::store::tests::{found, fresh, passphrase};

const WHY: &str = "当事人到窗口核对身份";

fn at(minute: u8) -> Timestamp {
    format!("2026-11-02T08:{minute:02}:00Z").parse().unwrap()
}

fn ask(store: &Store, round: &[u8; 32], finding: u64) -> Result<u64, Error> {
    let new = NewUnmasking {
        round,
        finding,
        by: "王科长",
        reason: WHY,
        at: at(0),
    };
    store.ask_unmasking(&new, |n| json!({ "unmasking": n }))
}

fn decided(granted: bool) -> UnmaskingDecision {
    UnmaskingDecision {
        granted,
        by: "李主任".to_owned(),
        at: at(1),
    }
}

#[test]
fn what_was_asked_granted_and_seen_comes_back() {
    let (dir, store) = fresh();
    let round = ended(&store, [samples::dataset(&store, [])], &[finding(1), finding(2)]).id;
    assert_eq!(ask(&store, &round, 1).unwrap(), 1);
    assert_eq!(ask(&store, &round, 1).unwrap(), 2);
    store.decide_unmasking(1, &decided(true), &ENTRY).unwrap();
    for minute in [2, 3] {
        store.look(1, at(minute), &ENTRY).unwrap();
    }
    store.decide_unmasking(2, &decided(false), &ENTRY).unwrap();
    store.checkpoint().unwrap();
    assert_eq!(found(dir.path(), &[WHY.as_bytes().to_vec()]), 0);
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let all = store.unmaskings_of(&round, 1).unwrap();
    let [first, second] = &all[..] else { panic!() };
    assert_eq!(
        (first.n, first.asked_by.as_str(), first.reason.as_str()),
        (1, "王科长", WHY)
    );
    assert_eq!((first.finding, first.asked_at), (1, at(0)));
    assert_eq!(first.decision, Some(decided(true)));
    assert_eq!(first.looks, [at(2), at(3)]);
    assert_eq!(
        (second.decision.clone(), second.looks.len()),
        (Some(decided(false)), 0)
    );
    assert!(store.unmaskings_of(&round, 0).unwrap().is_empty());
    let numbers = |before, limit| -> Vec<u64> {
        store
            .unmaskings(before, limit)
            .unwrap()
            .iter()
            .map(|each| each.n)
            .collect()
    };
    assert_eq!(numbers(None, 9), [2, 1]);
    assert_eq!(numbers(None, 1), [2]);
    assert_eq!(numbers(Some(2), 9), [1]);
    for unknown in [0, 3, u64::MAX] {
        assert!(store.unmasking(unknown).unwrap().is_none());
    }
}

#[test]
fn nobody_looks_without_a_grant_and_nothing_is_decided_twice() {
    let (_dir, store) = fresh();
    let round = ended(&store, [samples::dataset(&store, [])], &[finding(1)]).id;
    assert!(matches!(
        ask(&store, &round, 7),
        Err(Error::Unknown { what: "finding", .. })
    ));
    ask(&store, &round, 0).unwrap();
    assert!(matches!(
        store.look(1, at(1), &ENTRY),
        Err(Error::Immutable { .. })
    ));
    store.decide_unmasking(1, &decided(false), &ENTRY).unwrap();
    let again = store.decide_unmasking(1, &decided(true), &ENTRY);
    assert!(matches!(again, Err(Error::ActedMeanwhile)));
    assert!(matches!(
        store.look(1, at(2), &ENTRY),
        Err(Error::Immutable { .. })
    ));
    let missing = store.decide_unmasking(2, &decided(true), &ENTRY);
    assert!(matches!(
        missing,
        Err(Error::Unknown {
            what: "unmasking",
            ..
        })
    ));
    ask(&store, &round, 0).unwrap();
    store.decide_unmasking(2, &decided(true), &ENTRY).unwrap();
    store.look(2, at(2), &ENTRY).unwrap();
    for sql in [
        "UPDATE unmaskings SET decision = 'granted' WHERE n = 1",
        "UPDATE unmaskings SET asked_by = '某人' WHERE n = 2",
        "DELETE FROM unmaskings",
        "UPDATE unmasking_looks SET at = '2026-11-01T00:00:00Z'",
        "DELETE FROM unmasking_looks",
        "INSERT INTO unmasking_looks VALUES (2, 9, '2026-11-01T00:00:00Z')",
        "INSERT INTO unmaskings SELECT 9, round, seq, asked_by, asked_at, reason, decision, decided_by, decided_at
         FROM unmaskings WHERE n = 2",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
}

/// The reason may speak of the person, whose finding is gone; no later one takes its number, which the log names.
#[test]
fn it_goes_with_the_finding_and_its_number_is_not_given_again() {
    let (_dir, store) = fresh();
    let dataset = samples::dataset(&store, []);
    let round = ended(&store, [dataset], &[finding(1)]).id;
    ask(&store, &round, 0).unwrap();
    store.decide_unmasking(1, &decided(true), &ENTRY).unwrap();
    store.look(1, at(2), &ENTRY).unwrap();
    store.delete_findings(&round, b"signed", &ENTRY).unwrap();
    assert!(store.unmasking(1).unwrap().is_none());
    assert!(matches!(
        store.unmaskings_of(&round, 0),
        Err(Error::Deleted { .. })
    ));
    assert!(matches!(ask(&store, &round, 0), Err(Error::Deleted { .. })));
    assert_eq!(
        store.column::<i64>("SELECT seq FROM sqlite_sequence WHERE name = 'unmaskings'"),
        [1]
    );
}
