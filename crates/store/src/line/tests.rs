use serde_json::json;

use super::*;
use crate::samples;
use crate::store::tests::{found, fresh, passphrase};

const CONFERENCE: [u8; 32] = [9; 32];
const BASIS: &[u8] = b"what a finding rests on, by person";
const SUBJECT_OF: &[u8] = b"who it is, and under which rule";
const BEGUN_WITH: &[u8] = b"with what the line began";
const PLACES: [&[u8]; 2] = [b"where it stands in one round", b"where it stands in another"];

fn line(place: &'static [u8]) -> NewLine<'static> {
    NewLine {
        known_by: BASIS,
        subject: SUBJECT_OF,
        item: None,
        begun: BEGUN_WITH,
        place,
    }
}

fn put(store: &Store, conference: &[u8; 32], lines: &[NewLine<'_>]) -> usize {
    let body = json!({});
    let entry = Entry {
        actor: "node",
        kind: "lines_opened",
        body: &body,
    };
    store.put_lines(conference, None, lines, &entry).unwrap()
}

fn only(store: &Store) -> StoredLine {
    let mut all = store.lines(&CONFERENCE).unwrap();
    assert_eq!(all.len(), 1);
    all.pop_first().unwrap().1
}

#[test]
fn what_is_known_by_the_same_is_one_line() {
    let (_dir, store) = fresh();
    assert_eq!(put(&store, &CONFERENCE, &[line(PLACES[0])]), 1);
    let first = only(&store);
    assert_eq!(*first.begun, BEGUN_WITH);
    assert_eq!(first.said, None);
    let logged = store.head().unwrap().seq;

    // Again, and from another round, in which it began with something else.
    assert_eq!(put(&store, &CONFERENCE, &[line(PLACES[0])]), 0);
    let later = NewLine {
        begun: b"something else",
        ..line(PLACES[1])
    };
    assert_eq!(put(&store, &CONFERENCE, &[later]), 0);
    assert_eq!(store.head().unwrap().seq, logged, "nothing new, nothing to tell");
    let second = only(&store);
    assert_eq!((second.item, second.subject), (first.item, first.subject));
    assert_eq!(*second.begun, BEGUN_WITH);
    let places: std::collections::BTreeSet<_> = second.places.iter().map(|place| place.to_vec()).collect();
    assert_eq!(places, PLACES.map(<[u8]>::to_vec).into());
    assert_eq!(store.line_known_by(&CONFERENCE, BASIS).unwrap(), Some(first.item));
    assert_eq!(store.line_known_by(&CONFERENCE, b"another").unwrap(), None);
}

/// To whoever lacks the vault numbers are random; a restored store gives the same ones again.
#[test]
fn numbers_follow_from_the_vault_s_key_and_the_conference() {
    let (dir, store) = fresh();
    put(&store, &CONFERENCE, &[line(PLACES[0])]);
    put(&store, &[8; 32], &[line(PLACES[0])]);
    let item = only(&store).item;
    let elsewhere = store.lines(&[8; 32]).unwrap().pop_first().unwrap().0;
    assert_ne!(item, elsewhere);
    let (_other_dir, other) = fresh();
    put(&other, &CONFERENCE, &[line(PLACES[0])]);
    assert_ne!(only(&other).item, item);
    assert_ne!(only(&other).subject, only(&store).subject);

    drop(store);
    let connection = rusqlite::Connection::open(dir.path().join(crate::store::DATABASE)).unwrap();
    let forget = "DROP TRIGGER conference_lines_stay; DROP TRIGGER conference_places_stay;
                  DELETE FROM conference_places; DELETE FROM conference_lines;";
    connection.execute_batch(forget).unwrap();
    drop(connection);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    put(&store, &CONFERENCE, &[line(PLACES[0])]);
    assert_eq!(only(&store).item, item);

    // Two agencies have a number for it already.
    let agreed = NewLine {
        known_by: b"a question",
        item: Some(&[5; 16]),
        ..line(PLACES[0])
    };
    put(&store, &CONFERENCE, &[agreed]);
    assert!(store.lines(&CONFERENCE).unwrap().contains_key(&[5; 16]));
}

#[test]
fn what_there_was_to_say_is_kept_until_there_may_be_more() {
    let (_dir, store) = fresh();
    put(&store, &CONFERENCE, &[line(PLACES[0])]);
    let item = only(&store).item;
    store
        .put_line_said(&CONFERENCE, &[(item, b"under way".to_vec())])
        .unwrap();
    put(&store, &CONFERENCE, &[line(PLACES[0])]);
    assert_eq!(only(&store).said.unwrap().as_slice(), b"under way");
    put(&store, &CONFERENCE, &[line(PLACES[1])]);
    assert_eq!(only(&store).said, None);
}

#[test]
fn revisits_follow_each_other_and_stay() {
    let (_dir, store) = fresh();
    put(&store, &CONFERENCE, &[line(PLACES[0])]);
    let item = only(&store).item;
    let body = json!({});
    let entry = Entry {
        actor: "somebody",
        kind: "line_revisited",
        body: &body,
    };
    for seen in [&b"seen by somebody"[..], b"not seen by another"] {
        store.append_revisit(&CONFERENCE, &item, seen, &entry).unwrap();
    }
    let all = store.revisits(&CONFERENCE).unwrap();
    let of_item: Vec<_> = all[&item].iter().map(|one| one.as_slice()).collect();
    assert_eq!(of_item, [&b"seen by somebody"[..], b"not seen by another"]);
    let unknown = store.append_revisit(&CONFERENCE, &[1; 16], b"seen", &entry);
    assert!(matches!(unknown, Err(Error::Unknown { what: "line", .. })));
}

#[test]
fn lines_stand_and_nothing_of_them_is_read_without_the_vault() {
    let (dir, store) = fresh();
    let round = samples::done(&samples::round(&store, [samples::dataset(&store, [])]));
    let body = json!({});
    let entry = Entry {
        actor: "node",
        kind: "lines_opened",
        body: &body,
    };
    store
        .put_lines(&CONFERENCE, Some(&round.id), &[line(PLACES[0])], &entry)
        .unwrap();
    assert_eq!(store.lined(&CONFERENCE).unwrap(), [round.id]);
    let item = only(&store).item;
    store
        .put_line_said(&CONFERENCE, &[(item, b"what there was to say".to_vec())])
        .unwrap();
    store
        .append_revisit(&CONFERENCE, &item, b"seen by somebody", &entry)
        .unwrap();
    for sql in [
        "UPDATE conference_lines SET subject = zeroblob(16)",
        "UPDATE conference_lines SET begun = zeroblob(16)",
        "DELETE FROM conference_lines",
        "UPDATE conference_places SET place = zeroblob(16)",
        "DELETE FROM conference_places",
        "UPDATE conference_revisits SET revisit = zeroblob(16)",
        "DELETE FROM conference_revisits",
    ] {
        let refused = store.write(|connection| Ok(connection.execute(sql, [])?));
        assert!(
            matches!(refused, Err(Error::Immutable { .. })),
            "{sql}: {refused:?}"
        );
    }
    drop(store);
    let sealed = [
        BASIS,
        SUBJECT_OF,
        BEGUN_WITH,
        PLACES[0],
        b"what there was to say",
        b"seen by somebody",
    ];
    assert_eq!(found(dir.path(), &sealed.map(<[u8]>::to_vec)), 0);
    assert_ne!(found(dir.path(), &[item.to_vec()]), 0, "the number is no secret");
}
