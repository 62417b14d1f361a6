use hefu_casework::Known;

use super::*;
use crate::samples;
use crate::store::tests::{found, fresh, passphrase};

const BASIS: [u8; 32] = [8; 32];
const CARE: Care = Care {
    protected: false,
    minor: Known::Yes,
    disabled: Known::Unknown,
};
const OPENINGS: [&str; 2] = [
    "what somebody wrote of the one",
    "what somebody wrote of the other",
];
const ACTS: [&str; 2] = ["sent by somebody", "answered by somebody"];

fn acts(texts: &[&str]) -> Vec<(Zeroizing<Vec<u8>>, &'static str)> {
    let act = |text: &&str| (Zeroizing::new(text.as_bytes().to_vec()), "transfer_sent");
    texts.iter().map(act).collect()
}

fn new<'a>(
    number: &'a str,
    person: &'a PersonKey,
    opening: &'a str,
    acts: &'a [(Zeroizing<Vec<u8>>, &'static str)],
) -> NewMatter<'a> {
    NewMatter {
        kind: "transfer",
        direction: "own",
        number,
        person,
        care: &CARE,
        opening: opening.as_bytes(),
        basis: None,
        acts,
    }
}

fn act(matter: u64, after: u64, event: &str) -> MatterAct<'_> {
    MatterAct {
        matter,
        after,
        event: event.as_bytes(),
        code: "transfer_answered",
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_kept_comes_back_and_stands_sealed() {
    let (dir, store) = fresh();
    let (one, other) = (samples::person(1), samples::person(2));
    let begun = acts(&ACTS[..1]);
    let opened = [
        MatterChange::Opened(new("合移〔2026〕1号", &one, OPENINGS[0], &[])),
        MatterChange::Opened(new("合移〔2026〕2号", &other, OPENINGS[1], &begun)),
    ];
    let head = store.head().unwrap().seq;
    assert_eq!(store.change_matters(&opened, "王科长").unwrap(), [1, 2]);
    let acted = MatterChange::Acted(act(2, 1, ACTS[1]));
    assert_eq!(store.change_matters(&[acted], "王科长").unwrap(), [2]);
    assert_eq!(store.head().unwrap().seq, head + 4, "one entry each");
    store.checkpoint().unwrap();
    let numbers = ["合移〔2026〕1号", "合移(2026)1号"];
    let written = [&OPENINGS[..], &ACTS[..], &numbers[..]].concat();
    let mut secrets: Vec<Vec<u8>> = written.iter().map(|text| text.as_bytes().to_vec()).collect();
    secrets.extend([one.canonical().to_vec(), other.canonical().to_vec()]);
    assert_eq!(found(dir.path(), &secrets), 0);
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let all = store.matters().unwrap();
    assert_eq!(all.iter().map(|each| each.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(text(&all[0].opening), OPENINGS[0]);
    assert!(all[0].person == one && all[0].events.is_empty());
    assert_eq!(all[0].care, CARE);
    let events: Vec<_> = all[1].events.iter().map(|event| text(event)).collect();
    assert_eq!(events, ACTS);
    assert_eq!(all[1].direction, "own");
    assert_eq!(store.matters_of(&other).unwrap().len(), 1);
    assert!(store.matters_of(&samples::person(3)).unwrap().is_empty());
    assert_eq!(text(&store.matter(2).unwrap().opening), OPENINGS[1]);
    assert!(matches!(
        store.matter(3).err(),
        Some(Error::Unknown { what: "matter", .. })
    ));
    // Written another way, it is the same number.
    assert_eq!(store.matter_numbered("合移［2026］ 2号").unwrap(), Some(2));
    assert_eq!(store.matter_numbered("合移〔2026〕3号").unwrap(), None);
}

#[test]
fn nothing_is_opened_twice_and_nobody_acts_on_what_he_has_not_seen() {
    let (_dir, store) = fresh();
    let person = samples::person(1);
    let first = NewMatter {
        basis: Some(&BASIS),
        ..new("线1", &person, OPENINGS[0], &[])
    };
    store
        .change_matters(&[MatterChange::Opened(first)], "甲")
        .unwrap();
    assert_eq!(store.matter_resting_on(&BASIS).unwrap(), Some(1));
    assert_eq!(store.matter_resting_on(&[9; 32]).unwrap(), None);
    let head = store.head().unwrap();
    let second = new("线２", &person, OPENINGS[1], &[]);
    let again = [
        new("线１", &person, OPENINGS[1], &[]),
        NewMatter {
            basis: Some(&BASIS),
            ..second
        },
    ];
    for each in again {
        let refused = store.change_matters(&[MatterChange::Opened(each)], "甲");
        assert!(matches!(refused, Err(Error::MatterExists { matter: 1 })));
    }
    // The second of two changes is refused, and the first is undone.
    let both = |act| [MatterChange::Opened(second), MatterChange::Acted(act)];
    for late in [act(1, 1, "late"), act(2, 1, "late")] {
        let refused = store.change_matters(&both(late), "甲");
        assert!(matches!(refused, Err(Error::ActedMeanwhile)));
    }
    let nowhere = store.change_matters(&both(act(7, 0, "late")), "甲");
    assert!(matches!(nowhere, Err(Error::Unknown { what: "matter", .. })));
    assert_eq!(store.head().unwrap(), head);
    assert_eq!(store.matters().unwrap().len(), 1);
}

#[test]
fn the_ledger_is_never_changed() {
    let (_dir, store) = fresh();
    let person = samples::person(1);
    let begun = acts(&ACTS);
    let opened = MatterChange::Opened(new("1", &person, OPENINGS[0], &begun));
    store.change_matters(&[opened], "甲").unwrap();
    for sql in [
        "UPDATE matters SET direction = 'received'",
        "DELETE FROM matters",
        "INSERT OR REPLACE INTO matters SELECT * FROM matters",
        "UPDATE matter_events SET number = 9",
        "DELETE FROM matter_events",
        "INSERT OR REPLACE INTO matter_events SELECT * FROM matter_events",
        "INSERT INTO matter_events SELECT matter, 4, event FROM matter_events WHERE number = 1",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    // An act in another place is no act.
    store.raw("DROP TRIGGER matter_events_stand").unwrap();
    store
        .raw("UPDATE matter_events SET event = (SELECT event FROM matter_events WHERE number = 1)")
        .unwrap();
    assert!(matches!(store.matter(1).err(), Some(Error::Sealed { .. })));
}
