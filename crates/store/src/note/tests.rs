use jiff::SignedDuration;

use super::*;
use crate::NewLetter;
use crate::samples::{ENTRY, number};
use crate::store::tests::{found, fresh, passphrase};

const PEER: [u8; 32] = [5; 32];
const ITEM: [u8; 16] = [6; 16];
const ANSWER: NoteAnswer<'_> = NoteAnswer {
    signature: &[9; 64],
    refused: None,
};

fn signed() -> SignedNote {
    SignedNote {
        digest: *b"a digest of 32 bytes, of a note.",
        signature: [8; 64],
    }
}

fn quota(most: u64) -> Quota {
    Quota {
        most,
        since: Timestamp::now() - SignedDuration::from_hours(24),
    }
}

fn put(store: &Store, id: u8, most: u64) -> Put {
    let body = format!("a question about {}", number(u32::from(id)));
    let note = NewNote {
        id: &[id; 16],
        peer: &PEER,
        agreement: &[7; 32],
        item: &ITEM,
        word: "note_inquiry",
        body: body.as_bytes(),
        signed: &signed(),
    };
    store.put_note(&note, quota(most), &ENTRY).unwrap()
}

fn due(store: &Store) -> Vec<[u8; 16]> {
    let due = store.notes_due(&PEER, 9).unwrap();
    due.iter().map(|note| note.id).collect()
}

#[test]
fn a_note_stands_sealed_until_it_is_answered_and_is_wiped_then() {
    let (dir, store) = fresh();
    assert_eq!(put(&store, 1, 9), Put::New);
    assert_eq!(put(&store, 2, 9), Put::New);
    let head = store.head().unwrap();
    assert_eq!(put(&store, 1, 0), Put::Known, "a quota is for new ones");
    assert_eq!(
        store.head().unwrap(),
        head,
        "and what is known is not logged again"
    );
    store.checkpoint().unwrap();
    let plain = [
        number(1).into_bytes(),
        signed().digest.to_vec(),
        signed().signature.to_vec(),
    ];
    assert_eq!(found(dir.path(), &plain), 0);
    let sealed =
        store.column::<Vec<u8>>("SELECT body FROM notes_out WHERE id = x'01010101010101010101010101010101'");
    assert_eq!(found(dir.path(), &sealed), 1, "the search works");
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(due(&store), [[1; 16], [2; 16]]);
    assert_eq!(store.peers_with_notes_due().unwrap(), [PEER]);
    let first = store.note_due(&[1; 16]).unwrap().unwrap();
    assert_eq!(
        *first.body,
        format!("a question about {}", number(1)).into_bytes()
    );
    assert!(first.signed == signed());
    assert_eq!((first.peer, first.agreement, first.item), (PEER, [7; 32], ITEM));

    assert!(store.answer_note(&[1; 16], ANSWER, &ENTRY).unwrap());
    let refused = NoteAnswer {
        signature: &[3; 64],
        refused: Some("note_agreement"),
    };
    assert!(
        !store.answer_note(&[1; 16], refused, &ENTRY).unwrap(),
        "the first answer stands"
    );
    assert_eq!(found(dir.path(), &sealed), 0);
    assert!(store.note_due(&[1; 16]).unwrap().is_none());
    assert!(store.answer_note(&[2; 16], refused, &ENTRY).unwrap());
    assert!(due(&store).is_empty() && store.peers_with_notes_due().unwrap().is_empty());
    assert!(store.has_note(&PEER, &[1; 16]).unwrap());
    assert!(!store.has_note(&[4; 32], &[1; 16]).unwrap());
    let facts = store.notes_of(&ITEM).unwrap();
    let refusals: Vec<_> = facts.iter().map(|note| note.refused.as_deref()).collect();
    assert_eq!(refusals, [None, Some("note_agreement")]);
    assert!(facts.iter().all(|note| note.out && note.answered_at.is_some()));
    for sql in [
        "UPDATE notes_out SET refused = NULL",
        "DELETE FROM notes_out",
        "INSERT OR REPLACE INTO notes_out SELECT * FROM notes_out",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    put(&store, 3, 9);
    for sql in [
        "UPDATE notes_out SET body = x'00' WHERE answered_at IS NULL",
        "UPDATE notes_out SET peer = zeroblob(32) WHERE answered_at IS NULL",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
}

/// A peer that has had it may yet say so.
#[test]
fn a_note_that_may_not_go_any_more_is_wiped_before_it_is_answered() {
    let (dir, store) = fresh();
    put(&store, 1, 9);
    put(&store, 2, 9);
    let sealed =
        store.column::<Vec<u8>>("SELECT body FROM notes_out WHERE id = x'01010101010101010101010101010101'");
    assert!(store.withdraw_note(&[1; 16], &ENTRY).unwrap());
    assert!(!store.withdraw_note(&[1; 16], &ENTRY).unwrap());
    assert_eq!(found(dir.path(), &sealed), 0);
    assert_eq!(due(&store), [[2; 16]]);
    assert!(store.note_due(&[1; 16]).unwrap().is_none());
    let facts = store.notes_of(&ITEM).unwrap().swap_remove(0);
    assert_eq!(
        (facts.answered_at, facts.refused.as_deref()),
        (None, Some("note_withdrawn"))
    );
    assert!(store.note_unanswered(&[1; 16]).unwrap().unwrap().signed == signed());
    assert!(store.answer_note(&[1; 16], ANSWER, &ENTRY).unwrap());
    assert!(store.note_unanswered(&[1; 16]).unwrap().is_none());
    assert!(store.notes_of(&ITEM).unwrap()[0].answered_at.is_some());
    assert!(store.answer_note(&[2; 16], ANSWER, &ENTRY).unwrap());
    assert!(!store.withdraw_note(&[2; 16], &ENTRY).unwrap());
}

#[test]
fn there_are_so_many_a_day() {
    let (_dir, store) = fresh();
    assert_eq!(put(&store, 1, 2), Put::New);
    assert_eq!(put(&store, 2, 2), Put::New);
    assert_eq!(put(&store, 3, 2), Put::TooMany);
    assert_eq!(due(&store).len(), 2);
}

#[test]
fn what_became_of_a_peers_note_stands() {
    let (dir, store) = fresh();
    let about = Some((&ITEM, "note_answer"));
    let taken = NewTaken {
        peer: &PEER,
        id: &[1; 16],
        about,
        signed: &signed(),
        answer: ANSWER,
    };
    let head = store.head().unwrap().seq;
    store.take_note(&taken, Some(&ENTRY)).unwrap();
    let refused = NewTaken {
        id: &[2; 16],
        about: None,
        answer: NoteAnswer {
            refused: Some("note_unreadable"),
            ..ANSWER
        },
        ..taken
    };
    store.take_note(&refused, None).unwrap();
    assert_eq!(store.head().unwrap().seq, head + 1);
    assert!(store.take_note(&taken, None).is_err(), "once");
    let known = store.note_taken(&PEER, &[1; 16]).unwrap().unwrap();
    assert!(known.signed == signed() && known.signature == [9; 64] && known.refused.is_none());
    let known = store.note_taken(&PEER, &[2; 16]).unwrap().unwrap();
    assert_eq!(known.refused.as_deref(), Some("note_unreadable"));
    // Two peers may give their notes one id.
    assert!(store.note_taken(&[4; 32], &[1; 16]).unwrap().is_none());
    assert_eq!(store.notes_taken_since(&PEER, quota(0).since).unwrap(), 2);
    assert_eq!(store.notes_taken_since(&PEER, Timestamp::now()).unwrap(), 0);
    let facts = store.notes_of(&ITEM).unwrap();
    assert!(matches!(&facts[..], [one] if one.id == [1; 16] && !one.out && one.word == "note_answer"));
    store.checkpoint().unwrap();
    assert_eq!(found(dir.path(), &[signed().signature.to_vec(), vec![9; 64]]), 0);
    for sql in ["UPDATE notes_in SET refused = NULL", "DELETE FROM notes_in"] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    // Moved to another row, it does not open.
    store.raw("DROP TRIGGER notes_in_stand").unwrap();
    store
        .raw("UPDATE notes_in SET id = zeroblob(16) WHERE seq = 1")
        .unwrap();
    assert!(matches!(
        store.note_taken(&PEER, &[0; 16]),
        Err(Error::Sealed { .. })
    ));
}

#[test]
fn a_letter_brings_a_note_until_it_is_answered() {
    let (_dir, store) = fresh();
    put(&store, 1, 9);
    let since = Timestamp::now();
    assert!(!store.note_has_letter(&[1; 16], since).unwrap());
    let letter = |id: u8| {
        store
            .put_letter(
                &NewLetter {
                    id: &[id; 16],
                    peer: &PEER,
                    matter: Matter::Note,
                    about: None,
                    agreement: Some(&[7; 32]),
                    detail: Some(&[1; 16]),
                    body: None,
                },
                None,
            )
            .unwrap();
    };
    letter(11);
    assert!(store.note_has_letter(&[1; 16], since).unwrap());
    store.raw("UPDATE letters SET sent_at = made_at").unwrap();
    store.acknowledge_letters(&PEER, &[[11; 16]]).unwrap();
    assert!(
        store.note_has_letter(&[1; 16], since).unwrap(),
        "it may be about to be answered"
    );
    assert!(
        !store.note_has_letter(&[1; 16], Timestamp::now()).unwrap(),
        "and was not"
    );
    letter(12);
    assert_eq!(store.letters_due(Some(&PEER)).unwrap().len(), 1);
    store.answer_note(&[1; 16], ANSWER, &ENTRY).unwrap();
    assert!(store.letters_due(Some(&PEER)).unwrap().is_empty());
}
