use std::path::Path;

use hefu_casework::Hex;
use rusqlite::params;
use serde_json::json;

use super::*;
use crate::samples::{ENTRY, person, record, shown};
use crate::store::tests::{LOW, passphrase};
use crate::vault::Vault;
use crate::{AgreementState, Counts, DatasetId, Role, RoundState, Store, record as stored_record};

fn schema(connection: &Connection) -> Vec<(String, String)> {
    connection
        .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn every_older_schema_becomes_the_fresh_one() {
    let mut fresh = Connection::open_in_memory().unwrap();
    migrate(&mut fresh).unwrap();
    assert!(schema(&fresh).iter().any(|(name, _)| name == "records"));
    for version in 1..=MIGRATIONS.len() {
        let mut old = Connection::open_in_memory().unwrap();
        apply(&mut old, &MIGRATIONS[..version]).unwrap();
        migrate(&mut old).unwrap();
        assert_eq!(schema(&old), schema(&fresh), "from version {version}");
    }
}

#[test]
fn steps_run_once_each_and_in_order() {
    let mut connection = Connection::open_in_memory().unwrap();
    let steps = [
        "CREATE TABLE a (x)",
        "INSERT INTO a VALUES (1)",
        "INSERT INTO a VALUES (2)",
    ];
    apply(&mut connection, &steps[..2]).unwrap();
    apply(&mut connection, &steps).unwrap();
    apply(&mut connection, &steps).unwrap();
    let found: (i64, i64) = connection
        .query_row("SELECT count(*), sum(x) FROM a", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(found, (2, 3));
}

#[test]
fn a_step_that_fails_leaves_the_version_before_it() {
    let mut connection = Connection::open_in_memory().unwrap();
    assert!(
        apply(
            &mut connection,
            &["CREATE TABLE a (x)", "CREATE TABLE b (x); nonsense"]
        )
        .is_err()
    );
    assert_eq!(schema(&connection).len(), 1);
    apply(&mut connection, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
    assert_eq!(schema(&connection).len(), 2);
}

#[test]
fn a_newer_schema_is_refused_untouched() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let refused = migrate(&mut connection);
    assert!(matches!(refused, Err(Error::NewerSchema { found: 99, .. })));
    assert!(schema(&connection).is_empty());
}

/// What the first version wrote, by hand: one of each, a record and a finding sealed.
fn first_version(folder: &Path) {
    let vault = Vault::create(&folder.join("vault.json"), &passphrase("合符"), LOW).unwrap();
    let mut database = Connection::open(folder.join("hefu.db")).unwrap();
    apply(&mut database, &MIGRATIONS[..1]).unwrap();
    let place = [1_i64.to_be_bytes(), 0_i64.to_be_bytes()].concat();
    let stored = person(0).stored();
    let mut digest = vault.keyed_digest("dataset");
    digest.update(&1_i64.to_be_bytes());
    stored_record::feed(&mut digest, &record(0));
    let digest: [u8; 32] = digest.sign().as_ref().try_into().unwrap();

    database
        .execute_batch(
            "INSERT INTO peers VALUES (x'0505050505050505050505050505050505050505050505050505050505050505',
                '县法院', '0101 0101', x'7b7d', 1, '2026-09-01T00:00:00Z');
             INSERT INTO agreements VALUES (x'0303030303030303030303030303030303030303030303030303030303030303',
                x'7b7d', 'signed', NULL, '2026-09-02T00:00:00Z');
             INSERT INTO datasets (id, name, files, first_file, mapping_digest, kind, started_at)
             VALUES (1, '低保', '[\"低保.csv\"]', 1, zeroblob(32), 'resident', '2026-09-03T00:00:00Z');
             INSERT INTO seen_keys VALUES (zeroblob(32));",
        )
        .unwrap();
    database
        .execute(
            "INSERT INTO records VALUES (1, 0, 1, 2, 3, ?1, ?2, 'minimum_living', '2026-07', '2026-10', 65050,
             'household', ?3, NULL, 'paid')",
            params![
                vault.lookup("person", &stored),
                vault.seal("records.person", &place, &stored).unwrap(),
                vault
                    .seal("records.household", &place, b"HOUSEHOLD-00000000")
                    .unwrap(),
            ],
        )
        .unwrap();
    database
        .execute(
            "UPDATE datasets SET finished_at = '2026-09-03T00:00:01Z', reconciliation = '{}', rows = 1, persons = 1,
             digest = ?1",
            [digest],
        )
        .unwrap();
    for (id, state) in [([1_u8; 32], "done"), ([2; 32], "running")] {
        database
            .execute_batch(&format!(
                "BEGIN;
                 INSERT INTO round_datasets VALUES (x'{id}', 1);
                 INSERT INTO rounds VALUES (x'{id}', x'{agreement}', x'{peer}', 'receiver', '{state}',
                    '2026-09-04T00:00:00Z', NULL, 20, 30000, 1, 1280, 481280, NULL);
                 COMMIT",
                id = Hex(id),
                agreement = Hex([3; 32]),
                peer = Hex([5; 32]),
            ))
            .unwrap();
    }
    let finding = r#"{"kind":"lead","rule":null,"peer":"县法院","rows":[],"months":[],"programmes":[],"to_verify":null,"payments":[]}"#;
    let secrets = [
        (stored.len() as u32).to_be_bytes().as_slice(),
        &stored,
        &0_u32.to_be_bytes(),
    ]
    .concat();
    let place = [[1; 32].as_slice(), &0_u64.to_be_bytes(), finding.as_bytes()].concat();
    database
        .execute(
            "INSERT INTO findings VALUES (?1, 0, ?2, ?3)",
            params![
                [1_u8; 32],
                finding,
                vault.seal("findings.secrets", &place, &secrets).unwrap()
            ],
        )
        .unwrap();
    let chained = br#"{"actor":"node","at":"2026-09-04T00:00:00Z","body":{"n":1},"kind":"started","seq":1}"#;
    let chained = [b"hefu/1 log\0".as_slice(), &[0; 32], chained].concat();
    database
        .execute(
            "INSERT INTO log VALUES (1, '2026-09-04T00:00:00Z', 'node', 'started', '{\"n\":1}', ?1, ?2)",
            params![
                [0_u8; 32],
                ring::digest::digest(&ring::digest::SHA256, &chained).as_ref()
            ],
        )
        .unwrap();
}

#[test]
fn what_the_first_version_wrote_is_read_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    first_version(dir.path());
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();

    let mut records = Vec::new();
    let id = DatasetId(1);
    store
        .records(id, &mut |record| {
            records.push(shown(&record));
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(records, [shown(&record(0))]);
    assert_eq!(store.records_of(id, &person(0)).unwrap().len(), 1);
    let dataset = store.dataset(id).unwrap();
    assert_eq!(dataset.counts, Counts { rows: 1, persons: 1 });
    assert_eq!((dataset.used, dataset.deleted_at), (true, None));
    assert_eq!(store.next_file().unwrap(), 2);

    let done = store.round(&[1; 32]).unwrap().unwrap();
    assert_eq!((done.role, done.state), (Role::Receiver, RoundState::Done));
    assert_eq!(
        (done.datasets.as_slice(), done.matched),
        ([id].as_slice(), Some(1))
    );
    assert_eq!((done.error, done.reason), (None, None));
    let cut = store.round(&[2; 32]).unwrap().unwrap();
    assert_eq!(cut.state, RoundState::Failed);
    assert_eq!(cut.error.as_deref(), Some("round_interrupted"));
    let findings = store.findings(&[1; 32]).unwrap();
    assert_eq!(findings.len(), 1);
    assert!(findings[0].person == person(0));
    assert_eq!(
        findings[0].care,
        hefu_casework::Care::default(),
        "of before: protected, unknown"
    );
    assert!(store.evidence(&[1; 32], 0).unwrap().is_none());

    assert_eq!(store.peers().unwrap()[0].name, "县法院");
    assert_eq!(store.all_peers().unwrap()[0].1, None);
    let agreement = store.agreement(&[3; 32]).unwrap().unwrap();
    assert_eq!(agreement.state, AgreementState::Signed);
    assert!(
        !store
            .write(|connection| crate::key_memory::remember(connection, &[0; 32]))
            .unwrap()
    );
    assert_eq!(store.verify().unwrap().seq, 2, "and the sweep's entry");
    assert_eq!(store.entries(0, 1).unwrap()[0].body, json!({ "n": 1 }));

    // The new rules hold for the old rows.
    assert!(matches!(
        store.put_agreement(&[3; 32], b"{}", &AgreementState::Draft),
        Err(Error::Immutable { .. })
    ));
    assert!(matches!(
        store.raw("DELETE FROM records"),
        Err(Error::Immutable { .. })
    ));
    store.delete_findings(&[1; 32], b"record", &ENTRY).unwrap();
    store.delete_dataset(id, b"record", &ENTRY).unwrap();
    assert!(store.datasets().unwrap().is_empty());
}
