use serde_json::json;

use super::*;
use crate::store::tests::{found, fresh, passphrase};

const ID: [u8; 32] = [1; 32];
const SIGNED: HeadSignature = HeadSignature {
    bytes: [9; 64],
    at: 7,
};
const OFFICE: [u8; 32] = [2; 32];
const MEMBER: [u8; 32] = [3; 32];
const OTHER: [u8; 32] = [4; 32];
const WRITTEN: [&str; 3] = [
    "why somebody refused a text",
    "a line of the ledger",
    "said and on its way",
];

fn logged(body: &serde_json::Value) -> Entry<'_> {
    Entry {
        actor: "node",
        kind: "conference_grown",
        body,
    }
}

fn followed(store: &Store) {
    let body = json!({});
    assert!(
        store
            .begin_conference(&ID, &OFFICE, None, &logged(&body))
            .unwrap()
    );
}

fn entry(seq: u64, author: [u8; 32], number: u64, text: &str) -> NewConferenceEntry {
    NewConferenceEntry {
        seq,
        author,
        number,
        digest: [seq as u8 + 100; 32],
        hash: [seq as u8; 32],
        bytes: text.as_bytes().to_vec(),
        opened: None,
        enclosures: Vec::new(),
    }
}

fn enclosure(recipient: [u8; 32], sealed: &[u8]) -> Enclosure {
    Enclosure {
        recipient,
        sealed: sealed.to_vec(),
    }
}

fn said<'a>(id: &'a [u8; 32], number: u64, enclosures: &'a [Enclosure]) -> NewSaid<'a> {
    NewSaid {
        id,
        number,
        bytes: WRITTEN[2].as_bytes(),
        opened: Some(WRITTEN[1].as_bytes()),
        enclosures,
    }
}

#[test]
fn a_record_comes_back_and_stands_sealed() {
    let (dir, store) = fresh();
    followed(&store);
    let body = json!({});
    assert!(!store.begin_conference(&ID, &OTHER, None, &logged(&body)).unwrap());
    let second = NewConferenceEntry {
        opened: Some(Zeroizing::new(WRITTEN[1].as_bytes().to_vec())),
        enclosures: vec![
            enclosure(MEMBER, b"to the member"),
            enclosure(OTHER, b"to the other"),
        ],
        ..entry(2, MEMBER, 1, WRITTEN[0])
    };
    let signed = ConferenceHead {
        seq: 2,
        hash: [2; 32],
        signature: Some(SIGNED),
        heard_at: Timestamp::now(),
    };
    let placed = [entry(1, OFFICE, 1, WRITTEN[0]), second];
    store
        .place_entries(&ID, &placed, Some((&OFFICE, &signed)), &[logged(&body)])
        .unwrap();
    store.checkpoint().unwrap();
    let secrets: Vec<_> = WRITTEN[..2].iter().map(|text| text.as_bytes().to_vec()).collect();
    assert_eq!(found(dir.path(), &secrets), 0);
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let [known] = store.conferences().unwrap().try_into().unwrap();
    assert_eq!((known.id, known.office, known.founded), (ID, OFFICE, false));
    let entries = store.conference_entries(&ID, 0, 10).unwrap();
    assert_eq!(entries.iter().map(|each| each.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(*entries[1].bytes, WRITTEN[0].as_bytes());
    assert_eq!(entries[1].opened.as_deref().unwrap(), WRITTEN[1].as_bytes());
    assert_eq!(store.conference_entries(&ID, 1, 10).unwrap().len(), 1);
    assert_eq!(store.conference_entries(&ID, 0, 1).unwrap().len(), 1);
    assert_eq!(store.conference_hash(&ID, 2).unwrap(), Some([2; 32]));
    assert_eq!(store.conference_hash(&ID, 0).unwrap(), Some([0; 32]));
    assert_eq!(store.conference_hash(&ID, 3).unwrap(), None);
    assert_eq!(store.conference_place(&ID, &[102; 32]).unwrap(), Some(2));
    let own = store.conference_enclosures(&ID, 2, Some(&MEMBER)).unwrap();
    assert_eq!(own, [enclosure(MEMBER, b"to the member")]);
    assert_eq!(store.conference_enclosures(&ID, 2, None).unwrap().len(), 2);
    let head = store.conference_head(&ID, &OFFICE).unwrap().unwrap();
    assert_eq!((head.seq, head.signature), (2, Some(SIGNED)));
}

#[test]
fn entries_follow_each_other_and_never_change() {
    let (_dir, store) = fresh();
    followed(&store);
    let place = |entries: &[NewConferenceEntry]| store.place_entries(&ID, entries, None, &[]);
    place(&[entry(1, OFFICE, 1, "one")]).unwrap();
    let gap = [entry(2, OFFICE, 2, "two"), entry(4, OFFICE, 3, "four")];
    assert!(matches!(place(&gap), Err(Error::Immutable { .. })));
    assert_eq!(store.conference_hash(&ID, 2).unwrap(), None, "all or none");
    let twice = NewConferenceEntry {
        digest: [101; 32],
        ..entry(2, OFFICE, 2, "the same digest")
    };
    assert!(place(&[twice]).is_err());
    assert!(place(&[entry(2, OFFICE, 1, "the same number")]).is_err());
    for change in [
        "UPDATE conference_entries SET bytes = x'00'",
        "UPDATE conference_entries SET hash = zeroblob(32)",
        "DELETE FROM conference_entries",
        "UPDATE conferences SET office = zeroblob(32)",
        "DELETE FROM conferences",
    ] {
        assert!(store.raw(change).is_err(), "{change}");
    }
    let body = json!({});
    assert!(
        store
            .raise_alarm(&ID, "conference_forked", Some(b"signed"), &logged(&body))
            .unwrap()
    );
    assert!(
        !store
            .raise_alarm(&ID, "conference_unsound", None, &logged(&body))
            .unwrap()
    );
    assert!(
        store
            .raw("UPDATE conferences SET alarm = NULL, proof = NULL")
            .is_err()
    );
    let stored = store.conference(&ID).unwrap().unwrap();
    assert_eq!(stored.alarm.as_deref(), Some("conference_forked"));
    assert_eq!(stored.proof.as_deref(), Some(&b"signed"[..]));
}

#[test]
fn what_was_said_waits_until_it_is_on_record_or_refused() {
    let (dir, store) = fresh();
    followed(&store);
    let body = json!({});
    let sealed = [enclosure(MEMBER, b"to itself"), enclosure(OTHER, b"to the other")];
    for (id, number) in [([101; 32], 1), ([7; 32], 2), ([8; 32], 3)] {
        store
            .put_said(&ID, &said(&id, number, &sealed), &logged(&body))
            .unwrap();
    }
    store.checkpoint().unwrap();
    assert_eq!(found(dir.path(), &[WRITTEN[2].as_bytes().to_vec()]), 0);
    let ids = || -> Vec<[u8; 32]> {
        let waiting = store.said_waiting(&ID).unwrap();
        waiting.iter().map(|said| said.id).collect()
    };
    assert_eq!(ids(), [[101; 32], [7; 32], [8; 32]]);
    store
        .place_entries(&ID, &[entry(1, MEMBER, 1, WRITTEN[2])], None, &[])
        .unwrap();
    assert_eq!(store.said(&ID, &[101; 32]).unwrap(), Some(Said::Placed(1)));
    assert_eq!(store.conference_enclosures(&ID, 1, None).unwrap(), sealed);
    assert!(store.said_enclosures(&ID, &[101; 32]).unwrap().is_empty());

    assert!(
        store
            .refuse_said(&ID, &[7; 32], "conference_line_wrong", &logged(&body))
            .unwrap()
    );
    assert!(
        !store
            .refuse_said(&ID, &[7; 32], "conference_too_many", &logged(&body))
            .unwrap()
    );
    let code = "conference_line_wrong".to_owned();
    assert_eq!(store.said(&ID, &[7; 32]).unwrap(), Some(Said::Refused(code)));
    let anew = |id| SignedAnew {
        id,
        digest: &[102; 32],
        number: 2,
        bytes: b"signed anew",
    };
    store.sign_said_anew(&ID, &[anew(&[8; 32])]).unwrap();
    assert!(store.sign_said_anew(&ID, &[anew(&[7; 32])]).is_err());
    assert!(store.sign_said_anew(&ID, &[anew(&[101; 32])]).is_err());
    let [waits] = store.said_waiting(&ID).unwrap().try_into().ok().unwrap();
    assert_eq!((waits.id, waits.digest, waits.number), ([8; 32], [102; 32], 2));
    assert_eq!(*waits.bytes, b"signed anew");
    store
        .place_entries(&ID, &[entry(2, MEMBER, 2, "signed anew")], None, &[])
        .unwrap();
    assert_eq!(
        store.said(&ID, &[8; 32]).unwrap(),
        Some(Said::Placed(2)),
        "by its first digest"
    );
    assert!(ids().is_empty());
    assert_eq!(store.said(&ID, &[9; 32]).unwrap(), None);
}

#[test]
fn a_copy_has_the_record_and_says_that_it_may_lack() {
    let (dir, store) = fresh();
    followed(&store);
    let body = json!({});
    store
        .put_said(&ID, &said(&[7; 32], 1, &[]), &logged(&body))
        .unwrap();
    store
        .place_entries(&ID, &[entry(1, OFFICE, 1, "one")], None, &[])
        .unwrap();
    let copy = dir.path().join("copy");
    store.backup(&copy).unwrap();
    let away = tempfile::tempdir().unwrap();
    for (from, to) in [(copy, "hefu.db"), (dir.path().join("vault.json"), "vault.json")] {
        std::fs::copy(from, away.path().join(to)).unwrap();
    }
    let restored = Store::open(away.path(), &passphrase("合符")).unwrap();
    assert_eq!(restored.conference(&ID).unwrap().unwrap().restored, None);
    restored.restore_marks(b"voided", "voided").unwrap();
    assert_eq!(restored.conference(&ID).unwrap().unwrap().restored, Some(1));
    assert_eq!(restored.said_waiting(&ID).unwrap().len(), 1);
    restored
        .set_conference_restored(&ID, None, &logged(&body))
        .unwrap();
    assert_eq!(restored.conference(&ID).unwrap().unwrap().restored, None);
}
