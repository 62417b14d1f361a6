use serde_json::json;

use super::*;
use crate::finding::tests::ended;
use crate::samples::{self, ENTRY, finding, number, person};
use crate::store::tests::{found, fresh, passphrase};

const ITEM: [u8; 16] = [6; 16];
const PEER: [u8; 32] = [5; 32];
const AGREEMENT: [u8; 32] = [3; 32];

fn opened<'a>(round: &'a [u8; 32], person: &'a PersonKey) -> NewInquiry<'a> {
    NewInquiry {
        item: &ITEM,
        peer: &PEER,
        agreement: &AGREEMENT,
        round,
        finding: Some(1),
        after: 0,
        opened_at: "2026-11-02T04:00:00Z".parse().unwrap(),
        opening: "what somebody asks".as_bytes(),
        person,
        entry: ENTRY,
    }
}

fn act(after: u64, event: &[u8]) -> NewInquiryEvent<'_> {
    NewInquiryEvent {
        item: &ITEM,
        after,
        event,
        entry: ENTRY,
        discloses: None,
    }
}

fn disclosing(person: &PersonKey) -> NewDisclosure<'_> {
    NewDisclosure {
        at: "2026-11-03T04:00:00Z".parse().unwrap(),
        peer: &PEER,
        agreement: &AGREEMENT,
        purpose: "duplicates",
        fields: &["number", "months"],
        approved_by: "甲",
        released_by: "乙",
        person,
        entry: ENTRY,
    }
}

fn round(store: &Store) -> [u8; 32] {
    ended(store, [samples::dataset(store, [])], &[finding(1), finding(2)]).id
}

#[test]
fn an_inquiry_and_its_acts_come_back_and_stand_sealed() {
    let (dir, store) = fresh();
    let round = round(&store);
    let whose = person(2);
    let head = store.head().unwrap().seq;
    store.open_inquiry(&opened(&round, &whose)).unwrap();
    store.append_inquiry_event(&act(0, b"approved")).unwrap();
    let release = NewInquiryEvent {
        discloses: Some(disclosing(&whose)),
        ..act(1, b"let it go")
    };
    store.append_inquiry_event(&release).unwrap();
    assert_eq!(
        store.head().unwrap().seq,
        head + 4,
        "one entry each, and the line's"
    );
    store.checkpoint().unwrap();
    let clear = [
        b"what somebody asks".to_vec(),
        b"let it go".to_vec(),
        number(2).into_bytes(),
    ];
    assert_eq!(found(dir.path(), &clear), 0);
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let inquiry = store.inquiry(&ITEM).unwrap().unwrap();
    assert_eq!(
        (inquiry.peer, inquiry.agreement, inquiry.round, inquiry.finding),
        (PEER, AGREEMENT, round, Some(1))
    );
    assert_eq!(&*inquiry.opening, b"what somebody asks");
    assert!(inquiry.person == whose);
    let events: Vec<_> = inquiry.events.iter().map(|event| event.to_vec()).collect();
    assert_eq!(events, [b"approved".to_vec(), b"let it go".to_vec()]);
    assert_eq!(store.inquiries().unwrap().len(), 1);
    assert_eq!(store.inquiries_about(&round, 1).unwrap().len(), 1);
    assert!(store.inquiries_about(&round, 0).unwrap().is_empty());
    assert!(store.inquiry(&[7; 16]).unwrap().is_none());

    let ledger = store.disclosures(0, 9).unwrap();
    let [line] = &ledger[..] else {
        panic!("{}", ledger.len())
    };
    assert_eq!((line.seq, line.item, line.peer, line.persons), (1, ITEM, PEER, 1));
    assert_eq!(line.fields, ["number", "months"]);
    assert_eq!((&*line.approved_by, &*line.released_by), ("甲", "乙"));
    assert!(line.person == whose);
    assert!(store.disclosures(1, 9).unwrap().is_empty());
    assert_eq!(store.disclosure_in(&ITEM).unwrap().map(|line| line.seq), Some(1));
    assert!(store.disclosure_in(&[7; 16]).unwrap().is_none());
    for sql in [
        "UPDATE inquiries SET seq = 0",
        "DELETE FROM inquiries",
        "UPDATE inquiry_events SET number = 9",
        "DELETE FROM inquiry_events",
        "INSERT INTO inquiry_events SELECT item, 4, event FROM inquiry_events WHERE number = 1",
        "UPDATE disclosures SET persons = 1",
        "DELETE FROM disclosures",
        "INSERT OR REPLACE INTO disclosures SELECT * FROM disclosures",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
}

#[test]
fn of_two_who_act_on_the_same_state_one_does() {
    let (_dir, store) = fresh();
    let round = round(&store);
    let whose = person(2);
    store.open_inquiry(&opened(&round, &whose)).unwrap();
    // The same number for another question, and another question about a finding of which none was read.
    let again = store.open_inquiry(&NewInquiry {
        after: 1,
        ..opened(&round, &whose)
    });
    assert!(matches!(again, Err(Error::Immutable { .. })));
    let other = store.open_inquiry(&NewInquiry {
        item: &[7; 16],
        ..opened(&round, &whose)
    });
    assert!(matches!(other, Err(Error::ActedMeanwhile)));
    store.append_inquiry_event(&act(0, b"approved")).unwrap();
    let head = store.head().unwrap();
    for after in [0, 2] {
        let late = NewInquiryEvent {
            discloses: Some(disclosing(&whose)),
            ..act(after, b"let it go")
        };
        let refused = store.append_inquiry_event(&late);
        assert!(matches!(refused, Err(Error::ActedMeanwhile)), "{after}");
    }
    // One person for both is refused by the ledger itself, and the act with it.
    for (approved_by, released_by) in [("甲", "甲"), ("甲", "甲\u{3000}"), ("李科长", "\u{f9e1}科长")]
    {
        let release = NewInquiryEvent {
            discloses: Some(NewDisclosure {
                approved_by,
                released_by,
                ..disclosing(&whose)
            }),
            ..act(1, b"let it go")
        };
        let refused = store.append_inquiry_event(&release);
        assert!(matches!(refused, Err(Error::Immutable { .. })), "{released_by:?}");
    }
    let unknown = NewInquiryEvent {
        item: &[7; 16],
        ..act(0, b"approved")
    };
    assert!(matches!(
        store.append_inquiry_event(&unknown),
        Err(Error::Unknown { what: "inquiry", .. })
    ));
    assert_eq!(store.head().unwrap(), head);
    assert_eq!(store.inquiry(&ITEM).unwrap().unwrap().events.len(), 1);
    assert!(store.disclosures(0, 9).unwrap().is_empty());
}

#[test]
fn an_inquiry_goes_with_its_findings_and_the_ledger_stays() {
    let (dir, store) = fresh();
    let round = round(&store);
    let whose = person(2);
    store.open_inquiry(&opened(&round, &whose)).unwrap();
    let peers = NewInquiry {
        item: &[7; 16],
        finding: None,
        ..opened(&round, &whose)
    };
    store.open_inquiry(&peers).unwrap();
    let release = NewInquiryEvent {
        discloses: Some(disclosing(&whose)),
        ..act(0, b"let it go")
    };
    store.append_inquiry_event(&release).unwrap();
    let sealed = store.column::<Vec<u8>>("SELECT event FROM inquiry_events");
    assert_eq!(found(dir.path(), &sealed), 1, "the search works");
    store.delete_findings(&round, b"signed", &ENTRY).unwrap();
    assert_eq!(found(dir.path(), &sealed), 0);
    assert!(store.inquiries().unwrap().is_empty());
    assert!(matches!(
        store.open_inquiry(&NewInquiry {
            item: &[8; 16],
            finding: None,
            ..opened(&round, &whose)
        }),
        Err(Error::Immutable { .. })
    ));
    assert!(store.disclosures(0, 9).unwrap()[0].person == whose);
}

#[test]
fn what_was_moved_does_not_open() {
    let (_dir, store) = fresh();
    let round = round(&store);
    store.open_inquiry(&opened(&round, &person(2))).unwrap();
    store.raw("DROP TRIGGER inquiries_stand").unwrap();
    store.raw("UPDATE inquiries SET person = opening").unwrap();
    assert!(matches!(store.inquiry(&ITEM), Err(Error::Sealed { .. })));
}

#[test]
fn a_restored_node_takes_the_ledger_from_its_old_folder() {
    let (dir, store) = fresh();
    let round = round(&store);
    let copy = dir.path().join("copy");
    let whose = person(2);
    store.open_inquiry(&opened(&round, &whose)).unwrap();
    store.backup(&copy).unwrap();
    let release = NewInquiryEvent {
        discloses: Some(disclosing(&whose)),
        ..act(0, b"let it go")
    };
    store.append_inquiry_event(&release).unwrap();
    drop(store);

    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&copy, restored.path().join("hefu.db")).unwrap();
    std::fs::copy(dir.path().join("vault.json"), restored.path().join("vault.json")).unwrap();
    let store = Store::open(restored.path(), &passphrase("合符")).unwrap();
    assert!(store.disclosures(0, 9).unwrap().is_empty());
    for expected in [1, 0] {
        let merged = store.merge_ledger(dir.path(), &passphrase("合符")).unwrap();
        assert_eq!(merged.disclosures, expected);
    }
    assert!(store.disclosures(0, 9).unwrap()[0].person == person(2));
    let entry = store.entries(0, 99).unwrap().pop().unwrap();
    assert_eq!(
        (entry.kind.as_str(), &entry.body["disclosures"]),
        ("ledger_merged", &json!(0))
    );
}
