use serde_json::{Value, json};

use super::*;
use crate::RoundState;
use crate::samples::{self, ENTRY, done, finding, outcome, unput_round};
use crate::store::tests::{found, fresh, passphrase};

const SEED: &[u8; 32] = b"the seed of a session in a test.";

/// A round's session under way.
fn begun(store: &Store) -> Round {
    let round = unput_round(store, [samples::dataset(store, [])]);
    store
        .begin_session(&samples::session(&round, b"open", SEED))
        .unwrap();
    round
}

fn call(open: &[u8]) -> [u8; 32] {
    digest(&SHA256, open).as_ref().try_into().unwrap()
}

fn bad(reason: &[u8]) -> SessionEnd {
    SessionEnd {
        reason: reason.to_vec(),
        told: false,
    }
}

#[test]
fn a_session_goes_on_after_a_restart() {
    let (dir, store) = fresh();
    let round = begun(&store);
    assert!(store.note_accept(&round.id, b"accept", None).unwrap());
    store.note_commit(&round.id, b"commit").unwrap();
    store.note_tags_root(&round.id, &[7; 32]).unwrap();
    store
        .note_chunk(&round.id, Direction::Blinded, 0, &[8; 32])
        .unwrap();
    store
        .note_chunk(&round.id, Direction::Blinded, 1, &[9; 32])
        .unwrap();
    store
        .note_chunk(&round.id, Direction::Evaluated, 0, &[10; 32])
        .unwrap();
    store.note_receipt(&round.id, b"own receipt").unwrap();
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let expected = Session {
        round: round.id,
        role: Role::Receiver,
        call: call(b"open"),
        open: b"open".to_vec(),
        accept: Some(b"accept".to_vec()),
        commit: Some(b"commit".to_vec()),
        tags_root: Some([7; 32]),
        receipt: Some(b"own receipt".to_vec()),
        peer_receipt: None,
        expires_at: "2026-10-09T01:02:03Z".parse().unwrap(),
        by_files: false,
        answered_at: None,
        due: None,
        end: None,
    };
    assert_eq!(store.open_sessions().unwrap(), std::slice::from_ref(&expected));
    assert_eq!(store.session(&round.id).unwrap(), Some(expected.clone()));
    let by_call = |role| store.session_by_call(role, &call(b"open")).unwrap();
    assert_eq!(by_call(Role::Receiver), Some(expected));
    assert_eq!(by_call(Role::Sender), None);
    assert_eq!(*store.session_seed(&round.id).unwrap().unwrap(), *SEED);
    assert_eq!(
        store.chunks(&round.id, Direction::Blinded).unwrap(),
        [[8; 32], [9; 32]]
    );
    assert_eq!(store.chunks(&round.id, Direction::Evaluated).unwrap(), [[10; 32]]);
    assert_eq!(
        store.round(&round.id).unwrap(),
        Some(round),
        "a session to resume keeps its round running"
    );
}

#[test]
fn the_same_again_is_no_change_and_another_value_is_refused() {
    let (_dir, store) = fresh();
    let round = begun(&store);
    let new = samples::session(&round, b"open", SEED);
    store.begin_session(&new).unwrap();
    let begin = |new: NewSession<'_>| match store.begin_session(&new) {
        Err(Error::SessionChanged { part }) => part,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        begin(NewSession {
            open: b"other",
            ..new
        }),
        "open"
    );
    assert_eq!(
        begin(NewSession {
            seed: &[1; 32],
            ..new
        }),
        "seed"
    );
    assert_eq!(
        begin(NewSession {
            expires_at: Timestamp::UNIX_EPOCH,
            ..new
        }),
        "expiry"
    );
    let elsewhere = Round {
        id: [6; 32],
        ..round.clone()
    };
    assert_eq!(
        begin(NewSession {
            round: &elsewhere,
            ..new
        }),
        "round"
    );

    type Note = fn(&Store, &[u8; 32], u8) -> Result<(), Error>;
    let notes: [(&str, Note); 4] = [
        ("accept", |store, round, byte| {
            store.note_accept(round, &[byte], Some(&[byte; 32])).map(|_| ())
        }),
        ("commit", |store, round, byte| store.note_commit(round, &[byte])),
        ("tags_root", |store, round, byte| {
            store.note_tags_root(round, &[byte; 32])
        }),
        ("receipt", |store, round, byte| store.note_receipt(round, &[byte])),
    ];
    for (part, note) in notes {
        note(&store, &round.id, 1).unwrap();
        let before = store.session(&round.id).unwrap();
        note(&store, &round.id, 1).unwrap();
        assert!(
            matches!(note(&store, &round.id, 2), Err(Error::SessionChanged { part: changed }) if changed == part),
            "{part}"
        );
        assert_eq!(store.session(&round.id).unwrap(), before, "{part}");
        assert!(
            matches!(note(&store, &[9; 32], 1), Err(Error::Unknown { .. })),
            "{part}"
        );
    }
    assert_eq!(store.entries(0, 10).unwrap().len(), 1, "one beginning");
}

#[test]
fn a_receiver_and_a_sender_may_share_a_call() {
    let (_dir, store) = fresh();
    let round = begun(&store);
    let sender = Round {
        id: [6; 32],
        role: Role::Sender,
        ..round
    };
    store
        .begin_session(&samples::session(&sender, b"open", SEED))
        .unwrap();
    assert_eq!(store.open_sessions().unwrap().len(), 2);
}

#[test]
fn a_session_that_cannot_begin_leaves_nothing() {
    let (_dir, store) = fresh();
    let round = unput_round(&store, [samples::dataset(&store, [])]);
    let new = samples::session(&round, b"open", SEED);
    let debit = Debit {
        month: "2026-10".parse().unwrap(),
        purpose: "duplicates",
        elements: 20,
        limit: 100,
        rounds_limit: 9,
        kin: &[],
        checks: None,
    };
    let unfit = json!(0.5);
    let ended = done(&round);
    let no_agreement = Round {
        agreement: [7; 32],
        ..round.clone()
    };
    for broken in [
        NewSession {
            entry: Entry {
                body: &unfit,
                ..ENTRY
            },
            ..new
        },
        NewSession { round: &ended, ..new },
        NewSession {
            round: &no_agreement,
            ..new
        },
    ] {
        let broken = NewSession {
            debit: Some(debit),
            ..broken
        };
        store.begin_session(&broken).unwrap_err();
        assert_eq!(store.session(&round.id).unwrap(), None);
        assert_eq!(store.round(&round.id).unwrap(), None);
        assert!(store.session_seed(&round.id).unwrap().is_none());
        assert_eq!(store.debited(&round.peer, debit.month).unwrap(), 0);
        assert_eq!(store.head().unwrap().seq, 0);
    }
}

#[test]
fn chunks_come_in_order_and_stay() {
    let (_dir, store) = fresh();
    let round = begun(&store);
    let note = |chunk, byte| store.note_chunk(&round.id, Direction::Evaluated, chunk, &[byte; 32]);
    assert!(matches!(
        note(1, 1),
        Err(Error::ChunkGap {
            expected: 0,
            chunk: 1
        })
    ));
    note(0, 0).unwrap();
    note(1, 1).unwrap();
    note(0, 0).unwrap();
    assert!(matches!(note(0, 9), Err(Error::ChunkChanged { chunk: 0 })));
    assert!(matches!(
        note(3, 3),
        Err(Error::ChunkGap {
            expected: 2,
            chunk: 3
        })
    ));
    let chunks = || store.chunks(&round.id, Direction::Evaluated);
    assert_eq!(chunks().unwrap(), [[0; 32], [1; 32]]);
    assert!(
        store.chunks(&round.id, Direction::Blinded).unwrap().is_empty(),
        "each direction counts for itself"
    );
    assert!(matches!(
        store.note_chunk(&[9; 32], Direction::Blinded, 0, &[0; 32]),
        Err(Error::Unknown { .. })
    ));
    assert!(matches!(
        store.raw("UPDATE session_chunks SET root = zeroblob(32)"),
        Err(Error::Immutable { .. })
    ));
    store.raw("DELETE FROM session_chunks WHERE chunk = 0").unwrap();
    assert!(matches!(chunks(), Err(Error::Damaged { .. })));
}

#[test]
fn an_end_is_whole_and_is_told_once() {
    let (dir, store) = fresh();
    let round = begun(&store);
    let ended = done(&round);
    let findings = [finding(1), finding(2), finding(3)];
    let evidence = [b"proof".to_vec(), vec![]].map(Zeroizing::new);
    let whole = SessionOutcome {
        findings: &findings,
        evidence: &evidence,
        ..outcome(&ended)
    };

    // What cannot end whole does not end at all.
    let unfit = json!(0.5);
    let too_many = vec![evidence[0].clone(); 4];
    for broken in [
        SessionOutcome {
            entry: Entry {
                body: &unfit,
                ..ENTRY
            },
            ..whole.clone()
        },
        SessionOutcome {
            evidence: &too_many,
            ..whole.clone()
        },
        SessionOutcome {
            round: &round,
            ..whole.clone()
        },
    ] {
        store.end_session(&broken).unwrap_err();
        assert_eq!(store.round(&round.id).unwrap(), Some(round.clone()));
        assert_eq!(store.open_sessions().unwrap().len(), 1);
        assert!(store.findings(&round.id).unwrap().is_empty());
        assert!(store.session_seed(&round.id).unwrap().is_some());
        assert_eq!(store.head().unwrap().seq, 1);
    }

    store.note_receipt(&round.id, b"own receipt").unwrap();
    store.end_session(&whole).unwrap();
    store.end_session(&whole).unwrap();
    for other in [
        SessionOutcome {
            end: bad(b"abort"),
            ..whole.clone()
        },
        SessionOutcome {
            own_receipt: Some(b"another"),
            ..whole.clone()
        },
        SessionOutcome {
            peer_receipt: None,
            ..whole
        },
    ] {
        assert!(matches!(
            store.end_session(&other),
            Err(Error::SessionChanged { part: "end" })
        ));
    }
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.round(&round.id).unwrap(), Some(ended));
    assert!(store.findings(&round.id).unwrap() == findings);
    let proof = |seq| {
        store
            .evidence(&round.id, seq)
            .unwrap()
            .map(|proof| proof.to_vec())
    };
    assert_eq!(
        [proof(0), proof(1), proof(2)],
        [Some(b"proof".to_vec()), None, None]
    );
    assert_eq!(store.head().unwrap().seq, 2, "a beginning and an end");
    let session = store.session(&round.id).unwrap().unwrap();
    assert_eq!(session.receipt.as_deref(), Some(b"own receipt".as_slice()));
    assert_eq!(session.peer_receipt.as_deref(), Some(b"peer receipt".as_slice()));
    assert!(store.open_sessions().unwrap().is_empty());
    assert!(store.untold_sessions().unwrap().is_empty());
}

#[test]
fn an_ended_session_takes_nothing_more_but_what_it_has() {
    let (_dir, store) = fresh();
    let round = begun(&store);
    assert!(store.note_accept(&round.id, b"accept", None).unwrap());
    store.end_session(&outcome(&done(&round))).unwrap();
    let before = store.session(&round.id).unwrap();
    assert!(store.session_seed(&round.id).unwrap().is_none());
    for refused in [
        store.note_commit(&round.id, b"commit"),
        store.note_tags_root(&round.id, &[1; 32]),
        store.note_chunk(&round.id, Direction::Blinded, 0, &[1; 32]),
        store.begin_session(&samples::session(&round, b"open", SEED)),
    ] {
        assert!(matches!(refused, Err(Error::SessionEnded)), "{refused:?}");
    }
    assert!(store.note_accept(&round.id, b"accept", None).unwrap());
    store.note_receipt(&round.id, b"own receipt").unwrap();
    for sql in [
        "UPDATE sessions SET end_reason = x'01'",
        "UPDATE sessions SET end_reason = NULL, told = NULL",
        "UPDATE sessions SET told = 0",
        "UPDATE sessions SET \"commit\" = x'01'",
        "UPDATE sessions SET accept = x'01'",
        "UPDATE sessions SET accept = NULL",
        "UPDATE sessions SET open = x'01'",
        "DELETE FROM sessions",
        "INSERT INTO session_keys SELECT round, x'01', x'01' FROM sessions",
        "INSERT OR REPLACE INTO sessions SELECT * FROM sessions",
        "UPDATE rounds SET state = 'running'",
        "UPDATE rounds SET state = 'failed'",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    assert_eq!(store.session(&round.id).unwrap(), before);
}

#[test]
fn a_round_does_not_end_past_its_session() {
    let (_dir, store) = fresh();
    let round = begun(&store);
    for refused in [
        store.put_round(&done(&round)),
        store.end_round(&done(&round), &[]),
    ] {
        assert!(matches!(refused, Err(Error::Immutable { .. })));
    }
    store
        .put_round(&Round {
            bytes_in: 77,
            ..round
        })
        .unwrap();
}

#[test]
fn a_sender_that_does_not_know_of_a_bad_end_is_to_be_told() {
    let (_dir, store) = fresh();
    let round = begun(&store);
    let sender = Round {
        id: [6; 32],
        role: Role::Sender,
        ..round.clone()
    };
    store
        .begin_session(&samples::session(&sender, b"call", SEED))
        .unwrap();
    assert!(matches!(store.mark_told(&round.id), Err(Error::Immutable { .. })));
    assert!(matches!(store.mark_told(&[9; 32]), Err(Error::Unknown { .. })));
    for round in [&round, &sender] {
        let failed = Round {
            state: RoundState::Failed,
            reason: Some("cancelled".to_owned()),
            ..done(round)
        };
        let cancelled = SessionOutcome {
            end: bad(b"abort"),
            own_receipt: None,
            peer_receipt: None,
            ..outcome(&failed)
        };
        store.end_session(&cancelled).unwrap();
    }
    let untold: Vec<_> = store.untold_sessions().unwrap();
    assert_eq!(untold.len(), 1);
    assert_eq!(
        (untold[0].round, &untold[0].end),
        (round.id, &Some(bad(b"abort")))
    );
    store.mark_told(&round.id).unwrap();
    store.mark_told(&round.id).unwrap();
    assert!(store.untold_sessions().unwrap().is_empty());
}

/// Sessions enough to fill many pages, so that SQLite moves rows between them.
fn many(store: &Store) -> Vec<Round> {
    // Nobody pulls the plug here.
    store.raw("PRAGMA synchronous = OFF").unwrap();
    let first = unput_round(store, [samples::dataset(store, [])]);
    (0..200_u8)
        .map(|n| {
            let round = Round {
                id: digest(&SHA256, &[n]).as_ref().try_into().unwrap(),
                ..first.clone()
            };
            store
                .begin_session(&samples::session(&round, &[n; 40], &[n; 32]))
                .unwrap();
            for chunk in 0..5 {
                let root = call(&[n, 1, chunk as u8]);
                store
                    .note_chunk(&round.id, Direction::Blinded, chunk, &root)
                    .unwrap();
            }
            round
        })
        .collect()
}

fn sealed(store: &Store) -> Vec<Vec<u8>> {
    let columns = [
        "key FROM session_keys",
        "seed FROM session_keys",
        "root FROM session_chunks",
    ];
    columns
        .iter()
        .flat_map(|column| store.column::<Vec<u8>>(&format!("SELECT {column}")))
        .collect()
}

#[test]
fn no_file_holds_a_secret_of_an_ended_session() {
    let (dir, store) = fresh();
    let rounds = many(&store);
    let needles = sealed(&store);
    assert!(found(dir.path(), &needles) >= needles.len(), "the search works");
    // Not in the order of their keys.
    for round in rounds.iter().rev() {
        store.end_session(&outcome(&done(round))).unwrap();
    }
    assert_eq!(found(dir.path(), &needles), 0);
    drop(store);
    assert_eq!(found(dir.path(), &needles), 0);
}

#[test]
fn what_a_killed_process_had_still_to_erase_is_erased_at_the_next_opening() {
    let (dir, store) = fresh();
    let rounds = many(&store);
    let needles = sealed(&store);
    store
        .write(|connection| {
            rounds
                .iter()
                .try_for_each(|round| store.end(connection, &outcome(&done(round))).map(drop))
        })
        .unwrap();
    // The files as a kill just after the transaction leaves them.
    let after = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), after.path().join(file.file_name())).unwrap();
    }
    assert_ne!(found(after.path(), &needles), 0);
    let again = Store::open(after.path(), &passphrase("合符")).unwrap();
    assert_eq!(found(after.path(), &needles), 0);
    assert!(again.open_sessions().unwrap().is_empty());
}

#[test]
fn nothing_in_the_folder_gives_a_seed_or_a_proof_away() {
    let (dir, store) = fresh();
    let round = begun(&store);
    let needles = [SEED.as_slice(), b"the proof of a finding"].map(<[u8]>::to_vec);
    assert_eq!(found(dir.path(), &needles), 0);
    let evidence = [Zeroizing::new(needles[1].clone())];
    let ended = done(&round);
    let whole = SessionOutcome {
        findings: &[finding(1)],
        evidence: &evidence,
        ..outcome(&ended)
    };
    store.end_session(&whole).unwrap();
    assert_eq!(found(dir.path(), &needles), 0);
    drop(store);
    assert_eq!(found(dir.path(), &needles), 0);
}

#[test]
fn secrets_of_another_session_do_not_open() {
    let (_dir, store) = fresh();
    let one = begun(&store);
    let two = Round {
        id: [6; 32],
        ..one.clone()
    };
    store
        .begin_session(&samples::session(&two, b"two", &[1; 32]))
        .unwrap();
    let stands = store.raw("UPDATE session_keys SET seed = x'00'");
    assert!(matches!(stands, Err(Error::Immutable { .. })));
    store.raw("DROP TRIGGER session_keys_stand").unwrap();
    let other = "(SELECT max(round) FROM sessions)";
    store
        .raw(&format!(
            "UPDATE session_keys SET (key, seed) = (SELECT key, seed FROM session_keys WHERE round = {other})"
        ))
        .unwrap();
    assert!(matches!(store.session_seed(&one.id), Err(Error::Sealed { .. })));
    assert!(store.session_seed(&two.id).is_ok());
}

#[test]
fn a_round_that_never_came_to_a_session_ends_at_the_next_opening() {
    let (dir, store) = fresh();
    let with_session = begun(&store);
    let without = Round {
        id: [6; 32],
        ..with_session.clone()
    };
    store.put_round(&without).unwrap();
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.round(&with_session.id).unwrap(), Some(with_session));
    let swept = store.round(&without.id).unwrap().unwrap();
    assert_eq!(swept.state, RoundState::Failed);
    assert_eq!(swept.error.as_deref(), Some("round_interrupted"));
    assert!(swept.ended_at.is_some());
    let log = store.entries(0, 10).unwrap();
    assert_eq!(log.last().unwrap().kind, "round_interrupted");
    assert_eq!(log.last().unwrap().body, json!({ "round": Hex(without.id) }));
    let head = store.verify().unwrap();
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.head().unwrap(), head, "once");
    assert_eq!(log[0].body, Value::Null);
}
