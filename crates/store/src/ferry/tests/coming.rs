//! Sets and letters that come: known from the first part on, bounded, worked through once.

use super::*;

#[test]
fn a_set_that_comes_is_known_from_its_first_part_on_and_worked_through_once() {
    let (dir, store) = fresh();
    let known = store.begin_set(&coming(&[1; 16], 60), LIMITS).unwrap();
    assert_eq!(store.begin_set(&coming(&[1; 16], 60), LIMITS).unwrap(), known);
    assert_eq!(known.done_at, None);
    assert!(matches!(
        store.begin_set(&coming(&[1; 16], 61), LIMITS),
        Err(Error::SessionChanged { part: "set" })
    ));
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.set_in(&PEER, &[1; 16]).unwrap(), Some(known));
    assert_eq!(store.set_in(&[9; 32], &[1; 16]).unwrap(), None);
    store.end_set(&PEER, &[1; 16], &[], Some("why"), &ENTRY).unwrap();
    assert_eq!(
        store.sets_in().unwrap()[0].refused.as_deref(),
        Some("why"),
        "the reason is kept"
    );
    for change in [
        store.end_set(&PEER, &[1; 16], &[], None, &ENTRY),
        store.drop_set(&PEER, &[1; 16], None),
        store.raw("UPDATE sets_in SET refused = NULL"),
    ] {
        assert!(matches!(change, Err(Error::Immutable { .. })));
    }
}

#[test]
fn a_peer_can_not_fill_the_disk() {
    let (_dir, store) = fresh();
    store.begin_set(&coming(&[1; 16], 60), LIMITS).unwrap();
    assert!(matches!(
        store.begin_set(&coming(&[2; 16], 41), LIMITS),
        Err(Error::TooMuchComing { limit: 100 })
    ));
    assert!(matches!(
        store.begin_set(&coming(&[2; 16], u64::MAX >> 1), LIMITS),
        Err(Error::TooMuchComing { .. })
    ));
    store.begin_set(&coming(&[2; 16], 40), LIMITS).unwrap();
    assert!(matches!(
        store.begin_set(&coming(&[3; 16], 0), LIMITS),
        Err(Error::TooManySets { limit: 2 })
    ));
    // Another peer has room of its own, and what is worked through or dropped makes room.
    let other = Coming {
        peer: &[9; 32],
        ..coming(&[3; 16], 100)
    };
    store.begin_set(&other, LIMITS).unwrap();
    store.end_set(&PEER, &[1; 16], &[], None, &ENTRY).unwrap();
    store.drop_set(&PEER, &[2; 16], None).unwrap();
    store.begin_set(&coming(&[3; 16], 100), LIMITS).unwrap();
}

/// A slip tells of all that a set held, though some of it had come before.
#[test]
fn a_set_that_came_knows_its_letters() {
    let (_dir, store) = fresh();
    let (first, second) = (
        taken([1; 16], Some(Matter::Receipt)),
        taken([2; 16], Some(Matter::Opening)),
    );
    for (set, letters) in [(1, vec![&first]), (2, vec![&second, &first])] {
        store.begin_set(&coming(&[set; 16], 40), LIMITS).unwrap();
        let ids: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        for letter in &letters {
            store.put_taken(letter, None).unwrap();
        }
        assert_eq!(store.taken_in(&PEER, &[set; 16]).unwrap(), []);
        store.end_set(&PEER, &[set; 16], &ids, None, &ENTRY).unwrap();
        let held = store.taken_in(&PEER, &[set; 16]).unwrap();
        assert_eq!(held.iter().collect::<Vec<_>>(), letters);
    }
    assert_eq!(store.taken_in(&[9; 32], &[2; 16]).unwrap(), []);
}

#[test]
fn what_became_of_a_letter_stands() {
    let (_dir, store) = fresh();
    assert!(
        store
            .put_taken(&taken([1; 16], Some(Matter::Answer)), Some(&ENTRY))
            .unwrap()
    );
    let logged = store.head().unwrap();
    let refused = TakenLetter {
        refused: Some("abort_policy".to_owned()),
        ..taken([1; 16], Some(Matter::Answer))
    };
    assert!(!store.put_taken(&refused, Some(&ENTRY)).unwrap());
    assert_eq!(store.head().unwrap(), logged);
    assert_eq!(
        store.taken(&PEER, &[1; 16]).unwrap(),
        Some(taken([1; 16], Some(Matter::Answer)))
    );
    let of_another = TakenLetter {
        peer: [9; 32],
        ..refused.clone()
    };
    assert!(
        store.put_taken(&of_another, None).unwrap(),
        "ids are each peer's own"
    );

    store.put_taken(&taken([2; 16], None), None).unwrap();
    store
        .put_taken(
            &TakenLetter {
                id: [3; 16],
                ..refused
            },
            None,
        )
        .unwrap();
    let newest = store.newest_taken(&PEER, Matter::Answer, &CALL).unwrap().unwrap();
    assert_eq!(newest.id, [1; 16], "a refused one says nothing");
    assert_eq!(store.newest_taken(&PEER, Matter::Receipt, &CALL).unwrap(), None);
    for sql in [
        "UPDATE letters_taken SET refused = NULL",
        "DELETE FROM letters_taken",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
}
