use std::collections::BTreeSet;

use rusqlite::Connection;

use super::*;
use crate::samples::{self, dataset, feedback, record, referral, shown};
use crate::store::tests::{fresh, passphrase};
use crate::{DatasetId, RoundState, Store};

const LETTERS: u32 = 40;

fn all(store: &Store, id: DatasetId) -> Result<Vec<String>, Error> {
    let mut read = Vec::new();
    store.records(id, &mut |record| {
        read.push(shown(&record));
        Ok::<_, Error>(())
    })?;
    Ok(read)
}

#[test]
fn referrals_come_back_as_they_went_in() {
    let (dir, store) = fresh();
    let records = || (0..LETTERS).flat_map(|n| [referral(n), record(n)]);
    let id = dataset(&store, records());
    let expected: Vec<_> = records().map(|record| shown(&record)).collect();
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(all(&store, id).unwrap(), expected);
}

#[test]
fn what_became_of_people_is_told_neither_by_content_nor_by_length() {
    let (dir, store) = fresh();
    dataset(&store, (0..LETTERS).map(referral));
    drop(store);
    let database = Connection::open(dir.path().join("hefu.db")).unwrap();
    let mut rows = database
        .prepare("SELECT letter, feedback FROM records ORDER BY seq")
        .unwrap();
    let sealed: Vec<(Vec<u8>, Vec<u8>)> = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(sealed.len(), LETTERS as usize);
    let lengths: BTreeSet<_> = sealed.iter().map(|(_, feedback)| feedback.len()).collect();
    assert_eq!(lengths.len(), 1);
    for ((letter, feedback), n) in sealed.iter().zip(0..) {
        let plain = referral(n).referral.unwrap();
        assert!(!contains(letter, samples::letter(n).as_bytes()));
        assert!(!contains(feedback, &plain.stored()));
    }
}

#[test]
fn who_is_protected_or_disabled_is_told_neither_by_content_nor_by_length() {
    let (dir, store) = fresh();
    let id = dataset(&store, (0..LETTERS).map(record));
    let read = all(&store, id).unwrap().join("\n");
    for said in ["Yes Yes", "No Yes", "Unknown Unknown", "Yes No"] {
        assert!(read.contains(said), "{said}");
    }
    drop(store);
    let database = Connection::open(dir.path().join("hefu.db")).unwrap();
    let lengths: i64 = database
        .query_row(
            "SELECT count(DISTINCT length(people)) + count(*) - count(people) FROM records",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(lengths, 1, "one length, and none is missing");
}

#[test]
fn what_is_said_of_a_person_changed_past_the_schema_does_not_open() {
    for sql in [
        "UPDATE records SET people = (SELECT people FROM records WHERE seq = 1) WHERE seq = 3",
        "UPDATE records SET people = zeroblob(2) WHERE seq = 3",
        "UPDATE records SET people = NULL WHERE seq = 3",
    ] {
        let (_dir, store) = fresh();
        let id = dataset(&store, (0..5).map(record));
        store.raw("DROP TRIGGER records_stand").unwrap();
        store.raw(sql).unwrap();
        assert!(
            matches!(all(&store, id), Err(Error::Sealed { .. } | Error::Damaged { .. })),
            "{sql}"
        );
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_referral_changed_past_the_schema_does_not_open() {
    for (sql, sealed) in [
        (
            "UPDATE records SET feedback = (SELECT feedback FROM records WHERE seq = 1) WHERE seq = 3",
            true,
        ),
        (
            "UPDATE records SET letter = (SELECT letter FROM records WHERE seq = 1) WHERE seq = 3",
            true,
        ),
        ("UPDATE records SET feedback = letter WHERE seq = 3", true),
        ("UPDATE records SET feedback = NULL WHERE seq = 3", false),
        (
            "UPDATE records SET feedback = NULL, letter = NULL WHERE seq = 3",
            false,
        ),
        ("UPDATE records SET letter_other = 'court' WHERE seq = 3", false),
        ("UPDATE records SET letter_other = 'nobody' WHERE seq = 3", false),
        ("UPDATE records SET letter_other = NULL WHERE seq = 3", false),
    ] {
        let (_dir, store) = fresh();
        let id = dataset(&store, (0..5).map(referral));
        store.raw("DROP TRIGGER records_stand").unwrap();
        store.raw(sql).unwrap();
        match all(&store, id) {
            Err(Error::Sealed { .. }) if sealed => {}
            Err(Error::Damaged { .. }) if !sealed => {}
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// The digest of a dataset that was imported before there were referrals must not change.
#[test]
fn a_record_without_a_letter_feeds_what_it_always_fed() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"any");
    let person = samples::person(0).stored();
    let household = samples::household(0);
    let fields: [&[u8]; 12] = [
        &1u32.to_be_bytes(),
        &2u32.to_be_bytes(),
        &3u64.to_be_bytes(),
        &person,
        b"minimum_living",
        b"2026-07",
        b"2026-10",
        &65_050i64.to_be_bytes(),
        b"household",
        household.as_bytes(),
        b"",
        b"paid",
    ];
    let behind_lengths = |field: &&[u8]| [&(field.len() as u64).to_be_bytes(), *field].concat();
    let expected: Vec<u8> = fields.iter().flat_map(behind_lengths).collect();
    let mut digest = hmac::Context::with_key(&key);
    feed(&mut digest, &record(0));
    assert_eq!(digest.sign().as_ref(), hmac::sign(&key, &expected).as_ref());
}

#[test]
fn findings_keep_letter_and_feedback_sealed() {
    let (dir, store) = fresh();
    let round = samples::round(&store, [dataset(&store, [])]);
    let round = crate::Round {
        state: RoundState::Done,
        ended_at: Some(jiff::Timestamp::UNIX_EPOCH),
        ..round
    };
    let findings: Vec<_> = (0..6).map(feedback).collect();
    store.end_round(&round, &findings).unwrap();
    assert!(store.findings(&round.id).unwrap() == findings);
    drop(store);
    let database = Connection::open(dir.path().join("hefu.db")).unwrap();
    let clear: String = database
        .query_row("SELECT group_concat(shown) FROM findings", [], |row| row.get(0))
        .unwrap();
    assert!(clear.contains("no_feedback") && clear.contains("referral_sent"));
    for secret in ["移", "helped", "2026-08-20"] {
        assert!(!clear.contains(secret), "{secret} stands in clear");
    }
}
