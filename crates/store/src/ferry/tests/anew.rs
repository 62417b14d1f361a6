//! What is acknowledged, wanted and said once more.

use super::*;

#[test]
fn what_came_last_is_acknowledged_also_where_it_had_come_before() {
    let (_dir, store) = fresh();
    let limits = IncomingLimits { sets: 9, bytes: 1000 };
    for (set, ids) in [
        ([1; 16], vec![[1; 16], [2; 16], [3; 16]]),
        ([2; 16], vec![[4; 16]]),
        ([3; 16], vec![[2; 16], [9; 16]]),
    ] {
        store.begin_set(&coming(&set, 40), limits).unwrap();
        for id in &ids {
            // Also a refused letter was taken; one that can't be read has no id to tell.
            let matter = (*id != [9; 16]).then_some(Matter::Agreement);
            let refused = (*id == [1; 16]).then(|| "abort_policy".to_owned());
            let letter = TakenLetter {
                refused,
                ..taken(*id, matter)
            };
            store.put_taken(&letter, None).unwrap();
        }
        store.end_set(&PEER, &set, &ids, None, &ENTRY).unwrap();
    }
    let latest = |limit| store.latest_taken(&PEER, limit).unwrap();
    assert_eq!(latest(9), [[2; 16], [4; 16], [1; 16], [3; 16]]);
    assert_eq!(latest(2), [[2; 16], [4; 16]]);
    assert_eq!(store.latest_taken(&[9; 32], 9).unwrap(), [[0; 16]; 0]);
}

#[test]
fn a_letter_is_repeated_under_another_id_once_it_was_in_a_set() {
    let (_dir, store) = fresh();
    let body = Some(b"r".as_slice());
    for id in 1..4 {
        store
            .put_letter(&letter(&[id; 16], Matter::Receipt, body), None)
            .unwrap();
    }
    store
        .put_set(&set(&[7; 16], &[[1; 16], [2; 16]]), &ENTRY)
        .unwrap();
    store.acknowledge_letters(&PEER, &[[2; 16]]).unwrap();
    for id in [1, 2, 3, 8] {
        store.repeat_letter(&[id; 16], &[id + 10; 16]).unwrap();
    }
    assert_eq!(due(&store), [[3; 16], [11; 16], [12; 16]]);
    let anew = store.letter(&[11; 16]).unwrap().unwrap();
    assert_eq!(
        (anew.body.as_deref(), anew.about, anew.sent_at),
        (body, Some(CALL), None)
    );
    assert_eq!(anew.file(), [11; 16]);
    let acknowledged = store.letter(&[2; 16]).unwrap().unwrap();
    assert!(acknowledged.overtaken_at.is_none());
    assert!(store.was_sent(&PEER, Matter::Receipt, &CALL).unwrap());
    for (peer, matter, about) in [
        (&[9; 32], Matter::Receipt, &CALL),
        (&PEER, Matter::Opening, &CALL),
        (&PEER, Matter::Receipt, &[9; 32]),
    ] {
        assert!(!store.was_sent(peer, matter, about).unwrap());
    }
}

#[test]
fn a_repeated_letter_has_its_frames_where_they_were() {
    let (_dir, store) = fresh();
    store
        .put_letter(&letter(&[1; 16], Matter::Opening, None), None)
        .unwrap();
    for id in 1..4 {
        store.put_set(&set(&[id; 16], &[[id; 16]]), &ENTRY).unwrap();
        store.repeat_letter(&[id; 16], &[id + 1; 16]).unwrap();
        assert_eq!(due(&store), [[id + 1; 16]]);
        assert_eq!(store.letter(&[id + 1; 16]).unwrap().unwrap().file(), [1; 16]);
    }
}

#[test]
fn a_wanted_agreement_counts_as_not_told_and_not_heard() {
    let (_dir, store) = fresh();
    let heard = |id: u8, matter, about, detail: &[u8]| TakenLetter {
        about,
        detail: Some(detail.to_vec()),
        ..taken([id; 16], Some(matter))
    };
    let last = || store.last_standing(&PEER, &CALL).unwrap();
    let take = |letter: &TakenLetter| assert!(store.put_taken(letter, None).unwrap());
    assert_eq!(last(), None);
    take(&heard(1, Matter::Agreement, Some(CALL), b"a"));
    take(&heard(2, Matter::Agreement, Some([9; 32]), b"b"));
    take(&heard(3, Matter::Wanted, Some([9; 32]), b""));
    assert_eq!(last().as_deref(), Some(b"a".as_slice()));
    for (id, about) in [(4, Some(CALL)), (6, None)] {
        take(&heard(id, Matter::Wanted, about, b""));
        assert_eq!(last(), None);
        take(&heard(id + 1, Matter::Agreement, Some(CALL), b"c"));
        assert_eq!(last().as_deref(), Some(b"c".as_slice()));
    }

    let told = |id| letter(id, Matter::Agreement, Some(b"w"));
    let other = NewLetter {
        about: Some(&[9; 32]),
        ..told(&[2; 16])
    };
    for new in [
        told(&[1; 16]),
        other,
        letter(&[3; 16], Matter::Receipt, Some(b"r")),
    ] {
        store.put_letter(&new, None).unwrap();
    }
    store.want_agreements(&PEER, Some(&CALL)).unwrap();
    assert_eq!(due(&store), [[2; 16], [3; 16]]);
    store.want_agreements(&[9; 32], None).unwrap();
    assert_eq!(due(&store), [[2; 16], [3; 16]]);
    store.want_agreements(&PEER, None).unwrap();
    assert_eq!(due(&store), [[3; 16]]);
}

#[test]
fn what_found_no_room_is_asked_for_once_a_refusal() {
    let (_dir, store) = fresh();
    let refused = |id: u8, digest: u8, code: &str| {
        let letter = TakenLetter {
            about: Some([digest; 32]),
            refused: Some(code.to_owned()),
            ..taken([id; 16], Some(Matter::Agreement))
        };
        store.put_taken(&letter, None).unwrap();
    };
    let asked = |id: u8, digest: u8| {
        let (id, digest) = ([id; 16], [digest; 32]);
        let new = NewLetter {
            about: Some(&digest),
            ..letter(&id, Matter::Wanted, Some(b""))
        };
        store.put_letter(&new, None).unwrap();
    };
    let lacking = |limit| store.agreements_refused(&PEER, "no_room", limit).unwrap();
    refused(1, 1, "no_room");
    refused(2, 2, "no_room");
    refused(3, 3, "malformed");
    assert_eq!(lacking(9), [[1; 32], [2; 32]]);
    assert_eq!(lacking(1), [[1; 32]]);
    asked(1, 1);
    assert_eq!(lacking(9), [[2; 32]]);
    refused(4, 1, "no_room");
    assert_eq!(lacking(9), [[1; 32], [2; 32]], "refused once more");
    let state = crate::AgreementState::Draft;
    store.put_agreement(&[2; 32], b"draft", &state).unwrap();
    assert_eq!(lacking(9), [[1; 32]], "it is here");
}
