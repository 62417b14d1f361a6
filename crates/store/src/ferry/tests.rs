use hefu_casework::Hex;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::samples::{self, ENTRY, done, outcome, unput_round};
use crate::store::tests::{found, fresh, passphrase};
use crate::{
    Answered, Carrier, Direction, Error, NewSession, Peer, Role, Round, SessionEnd, SessionOutcome, Store,
};

mod anew;
mod coming;

const PEER: [u8; 32] = [5; 32];
const CALL: [u8; 32] = [6; 32];
const SEED: &[u8; 32] = b"the seed of a session in a test.";
const LIMITS: IncomingLimits = IncomingLimits { sets: 2, bytes: 100 };

fn letter<'a>(id: &'a [u8; 16], matter: Matter, body: Option<&'a [u8]>) -> NewLetter<'a> {
    NewLetter {
        id,
        peer: &PEER,
        matter,
        about: Some(&CALL),
        agreement: None,
        detail: None,
        body,
    }
}

fn set<'a>(id: &'a [u8; 16], letters: &'a [[u8; 16]]) -> NewSet<'a> {
    NewSet {
        id,
        peer: &PEER,
        bytes: 70,
        digest: &[8; 32],
        head: b"{}",
        form: "binary",
        max_file_bytes: 4096,
        letters,
    }
}

fn coming(id: &[u8; 16], bytes: u64) -> Coming<'_> {
    Coming {
        peer: &PEER,
        id,
        bytes,
        digest: &[8; 32],
        parts: 3,
    }
}

fn taken(id: [u8; 16], matter: Option<Matter>) -> TakenLetter {
    TakenLetter {
        peer: PEER,
        id,
        set: [1; 16],
        matter,
        about: Some(CALL),
        agreement: None,
        detail: None,
        refused: None,
        taken_at: "2026-10-08T01:02:03Z".parse().unwrap(),
    }
}

fn due(store: &Store) -> Vec<[u8; 16]> {
    let due = store.letters_due(Some(&PEER)).unwrap();
    due.iter().map(|letter| letter.id).collect()
}

fn needed(store: &Store) -> Vec<[u8; 16]> {
    store.sets_needed().unwrap().iter().map(|set| set.id).collect()
}

/// The session of a sender that answers by files.
fn answering(store: &Store) -> Round {
    let round = Round {
        role: Role::Sender,
        ..unput_round(store, [samples::dataset(store, [])])
    };
    let session = NewSession {
        by_files: true,
        ..samples::session(&round, b"open", SEED)
    };
    store.begin_session(&session).unwrap();
    round
}

fn answered<'a>(round: &'a Round, own_receipt: &'a [u8]) -> Answered<'a> {
    Answered {
        round: &round.id,
        own_receipt,
        due: b"due",
        letter: letter(&[2; 16], Matter::Answer, None),
        entry: ENTRY,
    }
}

#[test]
fn a_peer_is_reached_over_a_line_until_it_is_said_otherwise() {
    let (dir, store) = fresh();
    assert!(matches!(store.carrier(&PEER), Err(Error::Unknown { .. })));
    let peer = Peer {
        node_key: PEER,
        name: "县法院".to_owned(),
        fingerprint: String::new(),
        card: b"{}".to_vec(),
        pinned: true,
        added_at: Timestamp::UNIX_EPOCH,
    };
    assert!(matches!(
        store.set_carrier(&PEER, Carrier::Files, &ENTRY),
        Err(Error::Unknown { .. })
    ));
    store.put_peer(&peer).unwrap();
    assert_eq!(store.carrier(&PEER).unwrap(), Carrier::Line);
    for carrier in [Carrier::Files, Carrier::FilesOut, Carrier::Line, Carrier::FilesIn] {
        store.set_carrier(&PEER, carrier, &ENTRY).unwrap();
        assert_eq!(store.carrier(&PEER).unwrap(), carrier);
    }
    // Another card of it changes nothing of that.
    store
        .put_peer(&Peer {
            card: b"{\"a\":1}".to_vec(),
            ..peer
        })
        .unwrap();
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.carrier(&PEER).unwrap(), Carrier::FilesIn);
    assert!(Carrier::FilesIn.comes_in() && !Carrier::FilesIn.goes_out() && Carrier::FilesIn.by_files());
    assert!(Carrier::FilesOut.goes_out() && !Carrier::FilesOut.comes_in());
    assert!(!Carrier::Line.by_files() && Carrier::from_code("files_in") == Some(Carrier::FilesIn));
    assert_eq!(Carrier::from_code("pigeon"), None);
}

#[test]
fn a_letter_is_due_until_it_is_acknowledged_or_overtaken() {
    let (dir, store) = fresh();
    let ids = [[1; 16], [2; 16], [3; 16]];
    store
        .put_letter(&letter(&ids[0], Matter::Agreement, Some(b"1")), Some(&ENTRY))
        .unwrap();
    let logged = store.head().unwrap().seq;
    // The same id again, whatever it says: the first stands, and nothing is logged.
    store
        .put_letter(&letter(&ids[0], Matter::Ended, Some(b"other")), Some(&ENTRY))
        .unwrap();
    assert_eq!(store.head().unwrap().seq, logged);
    store
        .put_letter(&letter(&ids[1], Matter::Opening, None), None)
        .unwrap();
    store
        .put_letter(&letter(&ids[2], Matter::Agreement, Some(b"3")), None)
        .unwrap();
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(due(&store), ids);
    assert_eq!(store.letters_due(Some(&[9; 32])).unwrap(), []);
    assert_eq!(store.letters_due(None).unwrap().len(), 3);
    let newest = |matter| store.newest_letter(&PEER, matter, &CALL).unwrap();
    assert_eq!(
        newest(Matter::Agreement).unwrap().body.as_deref(),
        Some(b"3".as_slice())
    );
    assert_eq!(newest(Matter::Answer), None);

    store
        .overtake_letters(&PEER, Matter::Agreement, &CALL, Some(&ids[2]))
        .unwrap();
    assert_eq!(due(&store), [ids[1], ids[2]]);
    // What never went out can't have come.
    store.acknowledge_letters(&PEER, &ids).unwrap();
    assert_eq!(due(&store), [ids[1], ids[2]]);
    store.put_set(&set(&[7; 16], &ids[1..]), &ENTRY).unwrap();
    // Nor does another peer speak for this one.
    store.acknowledge_letters(&[9; 32], &ids).unwrap();
    assert_eq!(due(&store), [ids[1], ids[2]]);
    store.acknowledge_letters(&PEER, &[ids[2], [99; 16]]).unwrap();
    store.acknowledge_letters(&PEER, &[ids[2]]).unwrap();
    assert_eq!(due(&store), [ids[1]]);
    let letter = store.letter(&ids[2]).unwrap().unwrap();
    assert!(letter.is_settled() && letter.sent_at.is_some() && letter.overtaken_at.is_none());
    for sql in [
        "UPDATE letters SET body = x'00'",
        "UPDATE letters SET sent_at = NULL",
        "UPDATE letters SET acknowledged_at = '2026'",
        "DELETE FROM letters",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
}

#[test]
fn a_set_is_needed_until_each_of_its_letters_is_settled() {
    let (_dir, store) = fresh();
    let (one, two) = ([1; 16], [2; 16]);
    for id in [&one, &two] {
        store
            .put_letter(&letter(id, Matter::Receipt, Some(b"r")), None)
            .unwrap();
    }
    store.put_set(&set(&[7; 16], &[one]), &ENTRY).unwrap();
    let first = store.letter(&one).unwrap().unwrap().sent_at;
    store.put_set(&set(&[3; 16], &[one, two]), &ENTRY).unwrap();
    assert_eq!(
        store.letter(&one).unwrap().unwrap().sent_at,
        first,
        "it went out once"
    );
    assert!(
        store.put_set(&set(&[3; 16], &[one]), &ENTRY).is_err(),
        "an id is used once"
    );
    assert!(
        store.put_set(&set(&[4; 16], &[[77; 16]]), &ENTRY).is_err(),
        "of no letter"
    );
    assert_eq!(needed(&store), [[7; 16], [3; 16]]);
    let letters: Vec<_> = store
        .letters_in(&[3; 16])
        .unwrap()
        .iter()
        .map(|letter| letter.id)
        .collect();
    assert_eq!(letters, [one, two]);
    store.acknowledge_letters(&PEER, &[one]).unwrap();
    assert_eq!(needed(&store), [[3; 16]]);

    store.mark_written(&[3; 16]).unwrap();
    assert!(store.set_out(&[3; 16]).unwrap().unwrap().written_at.is_some());
    store.recut_set(&[3; 16], "text", 5000).unwrap();
    let cut = store.set_out(&[3; 16]).unwrap().unwrap();
    assert_eq!(
        (cut.form.as_str(), cut.max_file_bytes, cut.written_at),
        ("text", 5000, None)
    );
    assert!(matches!(
        store.recut_set(&[4; 16], "text", 5000),
        Err(Error::Unknown { .. })
    ));
    assert!(matches!(store.mark_written(&[4; 16]), Err(Error::Unknown { .. })));
    let newest_first: Vec<_> = store.sets_out().unwrap().iter().map(|set| set.id).collect();
    assert_eq!(newest_first, [[3; 16], [7; 16]]);
    for sql in [
        "UPDATE sets_out SET digest = zeroblob(32)",
        "DELETE FROM sets_out",
        "DELETE FROM set_letters",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
}

#[test]
fn an_answered_session_has_no_secrets_and_waits() {
    let (dir, store) = fresh();
    let round = answering(&store);
    store
        .note_chunk(&round.id, Direction::Blinded, 0, &[8; 32])
        .unwrap();
    let sealed: Vec<Vec<u8>> = store.column("SELECT seed FROM session_keys");
    let key: Vec<Vec<u8>> = store.column("SELECT key FROM session_keys");
    assert!(found(dir.path(), &[sealed.clone(), key.clone()].concat()) > 0);

    store.answer_session(&answered(&round, b"own receipt")).unwrap();
    assert_eq!(found(dir.path(), &[sealed, key].concat()), 0);
    assert_eq!(store.session_seed(&round.id).unwrap(), None);
    assert_eq!(store.chunks(&round.id, Direction::Blinded).unwrap(), [[0; 32]; 0]);
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let session = store.session(&round.id).unwrap().unwrap();
    assert!(session.by_files && session.answered_at.is_some() && session.end.is_none());
    assert_eq!(session.receipt.as_deref(), Some(b"own receipt".as_slice()));
    assert_eq!(session.due.as_deref(), Some(b"due".as_slice()));
    assert_eq!(due(&store), [[2; 16]]);
    assert_eq!(store.sessions_by_files().unwrap(), [session]);

    // The same again is no change; another answer is refused, and no secret comes back.
    let logged = store.head().unwrap();
    store.answer_session(&answered(&round, b"own receipt")).unwrap();
    assert_eq!(store.head().unwrap(), logged);
    assert!(matches!(
        store.answer_session(&answered(&round, b"another receipt")),
        Err(Error::SessionChanged { .. })
    ));
    let keys = format!(
        "INSERT INTO session_keys VALUES (x'{}', x'00', x'00')",
        Hex(round.id)
    );
    for sql in [
        keys.as_str(),
        "UPDATE sessions SET due = x'00'",
        "UPDATE sessions SET by_files = 0",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }

    // A receipt that comes late ends it as agreed.
    let ended = done(&round);
    store
        .end_session(&SessionOutcome {
            own_receipt: None,
            ..outcome(&ended)
        })
        .unwrap();
    let session = store.session(&round.id).unwrap().unwrap();
    assert_eq!(session.peer_receipt.as_deref(), Some(b"peer receipt".as_slice()));
    assert!(session.end.is_some_and(|end| end.reason.is_empty()));
    store.overtake_ended().unwrap();
    assert!(matches!(
        store.answer_session(&answered(&round, b"own receipt")),
        Err(Error::SessionEnded)
    ));
}

#[test]
fn only_a_sender_by_files_is_answered_ahead() {
    let (_dir, store) = fresh();
    let round = Round {
        role: Role::Sender,
        ..unput_round(&store, [samples::dataset(&store, [])])
    };
    store
        .begin_session(&samples::session(&round, b"open", SEED))
        .unwrap();
    assert!(matches!(
        store.answer_session(&answered(&round, b"own receipt")),
        Err(Error::Immutable { .. })
    ));
    assert_eq!(due(&store), [[0; 16]; 0]);
    assert!(store.session_seed(&round.id).unwrap().is_some());
    let other = NewSession {
        by_files: true,
        ..samples::session(&round, b"open", SEED)
    };
    assert!(matches!(
        store.begin_session(&other),
        Err(Error::SessionChanged { part: "carrier" })
    ));
}

#[test]
fn the_end_of_a_session_overtakes_what_is_due_of_it_but_not_the_end_itself() {
    let (_dir, store) = fresh();
    let round = answering(&store);
    let call = store.session(&round.id).unwrap().unwrap().call;
    let about = |id, matter, body| NewLetter {
        about: Some(&call),
        ..letter(id, matter, body)
    };
    store
        .put_letter(&about(&[1; 16], Matter::Answer, None), None)
        .unwrap();
    let words: [([u8; 16], _, &[u8]); 3] = [
        ([3; 16], PEER, b"cancelled"),
        ([4; 16], PEER, b"voided"), // another reason
        ([5; 16], [9; 32], b"cancelled"),
    ];
    for (id, peer, reason) in &words {
        let word = NewLetter {
            peer,
            detail: Some(reason),
            ..about(id, Matter::Ended, Some(b"e"))
        };
        store.put_letter(&word, None).unwrap();
    }
    store.overtake_ended().unwrap();
    assert_eq!(due(&store), [[1; 16], [3; 16], [4; 16]], "it runs still");
    let failed = Round {
        state: crate::RoundState::Failed,
        ..done(&round)
    };
    let end = SessionEnd {
        reason: b"cancelled".to_vec(),
        told: false,
    };
    store
        .end_session(&SessionOutcome {
            end,
            own_receipt: None,
            peer_receipt: None,
            ..outcome(&failed)
        })
        .unwrap();
    store.overtake_ended().unwrap();
    assert_eq!(due(&store), [[3; 16], [4; 16]]);
    let told = || store.session(&round.id).unwrap().unwrap().end.unwrap().told;
    store
        .put_set(&set(&[7; 16], &[[3; 16], [4; 16], [5; 16]]), &ENTRY)
        .unwrap();
    store.acknowledge_letters(&PEER, &[[4; 16]]).unwrap();
    store.acknowledge_letters(&[9; 32], &[[5; 16]]).unwrap();
    assert_eq!(due(&store), [[3; 16]]);
    assert!(!told());
    store.acknowledge_letters(&PEER, &[[3; 16]]).unwrap();
    assert!(told(), "who has the letter knows");
    assert_eq!(store.untold_sessions().unwrap(), []);
}

#[test]
fn a_card_waits_until_its_node_is_a_peer() {
    let (_dir, store) = fresh();
    assert!(store.put_waiting_card(&[1; 32], b"one", 2).unwrap());
    assert!(store.put_waiting_card(&[2; 32], b"two", 2).unwrap());
    assert!(!store.put_waiting_card(&[3; 32], b"three", 2).unwrap());
    assert!(store.put_waiting_card(&[1; 32], b"one, later", 2).unwrap());
    let cards = store.waiting_cards().unwrap();
    assert!(cards.iter().any(|card| card.card == b"one, later") && cards.len() == 2);
    store
        .put_peer(&Peer {
            node_key: [1; 32],
            name: "县法院".to_owned(),
            fingerprint: String::new(),
            card: b"one, later".to_vec(),
            pinned: true,
            added_at: Timestamp::UNIX_EPOCH,
        })
        .unwrap();
    let left: Vec<_> = store
        .waiting_cards()
        .unwrap()
        .iter()
        .map(|card| card.node_key)
        .collect();
    assert_eq!(left, [[2; 32]]);
}

#[test]
fn a_restored_node_keeps_what_is_answered_and_drops_what_lay_in_files() {
    let (dir, store) = fresh();
    let round = answering(&store);
    store.answer_session(&answered(&round, b"own receipt")).unwrap();
    let open = Round {
        id: [14; 32],
        agreement: [13; 32],
        ..unput_round(&store, [samples::dataset(&store, [])])
    };
    store
        .put_agreement(&[13; 32], b"signed", &crate::AgreementState::Signed)
        .unwrap();
    let session = NewSession {
        by_files: true,
        ..samples::session(&open, b"another", SEED)
    };
    store.begin_session(&session).unwrap();
    store
        .put_letter(&letter(&[1; 16], Matter::Opening, None), None)
        .unwrap();
    store
        .put_letter(&letter(&[4; 16], Matter::Agreement, Some(b"a")), None)
        .unwrap();
    store.put_set(&set(&[3; 16], &[[4; 16]]), &ENTRY).unwrap();
    assert!(store.letter(&[4; 16]).unwrap().unwrap().sent_at.is_some());
    store.begin_set(&coming(&[1; 16], 60), LIMITS).unwrap();
    store.begin_set(&coming(&[2; 16], 40), LIMITS).unwrap();
    store.end_set(&PEER, &[2; 16], &[], None, &ENTRY).unwrap();

    let copy = dir.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    store.backup(&copy.join("hefu.db")).unwrap();
    std::fs::copy(dir.path().join("vault.json"), copy.join("vault.json")).unwrap();
    let restored = Store::open(&copy, &passphrase("合符")).unwrap();
    assert_eq!(restored.restore_marks(b"voided", "abort_voided").unwrap(), 1);
    assert!(restored.session(&open.id).unwrap().unwrap().end.is_some());
    assert!(restored.session(&round.id).unwrap().unwrap().end.is_none());
    assert_eq!(due(&restored), [[4; 16]]);
    assert_eq!(
        restored.letter(&[4; 16]).unwrap().unwrap().sent_at,
        None,
        "it goes again"
    );
    let made = restored.set_out(&[3; 16]).unwrap().unwrap();
    assert!(
        made.written_at.is_some(),
        "nobody waits for files that are not here"
    );
    let coming: Vec<_> = restored.sets_in().unwrap().iter().map(|set| set.id).collect();
    assert_eq!(coming, [[2; 16]], "what is unfinished may come again");
    let last = restored.entries(0, 1000).unwrap().pop().unwrap();
    assert_eq!(last.body, json!({ "voided": 1 }));
}
