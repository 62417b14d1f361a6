use ring::digest;

use super::*;
use crate::samples::{self, dataset, info, number, person, record, shown};
use crate::store::tests::{found, fresh, passphrase};

const MORE_THAN_A_BATCH: u32 = BATCH as u32 + 5;

fn all(store: &Store, id: DatasetId) -> Result<Vec<String>, Error> {
    let mut read = Vec::new();
    store.records(id, &mut |record| {
        read.push(shown(&record));
        Ok::<_, Error>(())
    })?;
    Ok(read)
}

fn raw_rows(store: &Store, table: &str) -> u64 {
    store
        .read(|connection| {
            Ok(connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
        })
        .unwrap()
}

#[test]
fn records_come_back_as_they_went_in() {
    let (dir, store) = fresh();
    let count = MORE_THAN_A_BATCH;
    let id = dataset(&store, (0..count).map(record));
    let expected: Vec<_> = (0..count).map(|n| shown(&record(n))).collect();
    assert_eq!(all(&store, id).unwrap(), expected);
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(all(&store, id).unwrap(), expected);
    let known = store.dataset(id).unwrap();
    assert_eq!((known.info, known.used), (info(1), false));
    assert_eq!(
        known.counts,
        Counts {
            rows: u64::from(count),
            persons: u64::from(count)
        }
    );
    assert_eq!(store.datasets().unwrap().len(), 1);
}

#[test]
fn a_person_counts_once_and_is_found_by_number() {
    let (_dir, store) = fresh();
    let id = dataset(&store, [1, 2, 1, 3, 1, 2].map(record));
    assert_eq!(store.counts(id).unwrap(), Counts { rows: 6, persons: 3 });
    assert_eq!(store.records_of(id, &person(1)).unwrap().len(), 3);
    assert!(store.records_of(id, &person(4)).unwrap().is_empty());
}

/// The third of the samples stands in the place of the fourth.
#[test]
fn who_stands_in_a_victims_place_is_found_by_the_victim() {
    let (_dir, store) = fresh();
    let id = dataset(&store, [1, 2, 3, 4].map(record));
    let found = store.records_in_place_of(id, &person(4)).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].person == person(3));
    assert!(store.records_in_place_of(id, &person(3)).unwrap().is_empty());
}

#[test]
fn an_empty_dataset_is_one() {
    let (_dir, store) = fresh();
    let id = dataset(&store, []);
    assert_eq!(store.counts(id).unwrap(), Counts { rows: 0, persons: 0 });
    assert!(all(&store, id).unwrap().is_empty());
}

#[test]
fn a_dropped_import_leaves_nothing() {
    let (_dir, store) = fresh();
    let mut import = store.begin_dataset(&info(store.next_file().unwrap())).unwrap();
    for n in 0..MORE_THAN_A_BATCH {
        import.add(record(n)).unwrap();
    }
    let id = import.id();
    assert!(raw_rows(&store, "records") > 0);
    assert!(store.datasets().unwrap().is_empty());
    assert!(matches!(store.dataset(id), Err(Error::Unknown { .. })));
    drop(import);
    assert_eq!(
        (raw_rows(&store, "records"), raw_rows(&store, "datasets")),
        (0, 0)
    );
}

#[test]
fn a_killed_import_leaves_nothing_after_the_next_opening() {
    let (dir, store) = fresh();
    let whole = dataset(&store, (0..3).map(record));
    let mut import = store.begin_dataset(&info(store.next_file().unwrap())).unwrap();
    for n in 0..MORE_THAN_A_BATCH {
        import.add(record(n)).unwrap();
    }
    // A killed process runs no destructor.
    std::mem::forget(import);
    assert!(raw_rows(&store, "records") > 3);
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(
        (raw_rows(&store, "records"), raw_rows(&store, "datasets")),
        (3, 1)
    );
    assert_eq!(all(&store, whole).unwrap().len(), 3);
}

#[test]
fn others_use_the_store_during_an_import_and_a_read() {
    let (_dir, store) = fresh();
    let mut import = store.begin_dataset(&info(store.next_file().unwrap())).unwrap();
    for n in 0..10 {
        import.add(record(n)).unwrap();
        store.append("node", "row", &n).unwrap();
    }
    let id = import.finish("{}").unwrap();
    store
        .records(id, &mut |_| store.append("node", "read", &1).map(drop))
        .unwrap();
    assert_eq!(store.verify().unwrap().seq, 20);
}

#[test]
fn what_a_round_uses_is_refused_change_by_the_schema() {
    let (_dir, store) = fresh();
    let id = dataset(&store, (0..3).map(record));
    let free = dataset(&store, (0..3).map(record));
    let beside = dataset(&store, []);
    samples::round(&store, [id, beside]);
    let used = |id| store.dataset(id).unwrap().used;
    assert!(used(id) && used(beside) && !used(free));
    let insert = "INSERT INTO records SELECT dataset, seq + 9, file, sheet, row, lookup, person, programme, period_from,
        period_to, amount_fen, amount_per, household, case_number, status, letter, letter_other, feedback, circumstances,
        people, name FROM records WHERE dataset = 1";
    let replace = "INSERT OR REPLACE INTO datasets SELECT id, name, files, first_file + 99, mapping_digest, kind,
        case_scheme, started_at, finished_at, reconciliation, rows, persons, digest FROM datasets WHERE id = 1";
    for sql in [
        "UPDATE records SET amount_fen = 1 WHERE dataset = 1",
        "UPDATE records SET dataset = 2, seq = seq + 9 WHERE dataset = 1",
        "DELETE FROM records WHERE dataset = 1",
        "INSERT OR REPLACE INTO records SELECT * FROM records WHERE dataset = 1",
        "UPDATE datasets SET name = 'other' WHERE id = 1",
        "UPDATE datasets SET finished_at = NULL WHERE id = 1",
        "DELETE FROM datasets WHERE id = 1",
        "DELETE FROM rounds",
        "INSERT OR REPLACE INTO rounds SELECT * FROM rounds",
        "UPDATE round_datasets SET dataset = 2 WHERE dataset = 1",
        "DELETE FROM round_datasets WHERE dataset = 1",
        "INSERT INTO round_datasets SELECT id, 2 FROM rounds",
        "INSERT OR REPLACE INTO round_datasets SELECT * FROM round_datasets",
        insert,
        replace,
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    assert_eq!(id, DatasetId(1));
    for id in [id, beside] {
        assert!(matches!(store.remove_dataset(id), Err(Error::Immutable { .. })));
    }
    assert_eq!(all(&store, id).unwrap().len(), 3);

    store.remove_dataset(free).unwrap();
    assert!(matches!(store.remove_dataset(free), Err(Error::Unknown { .. })));
    assert_eq!(raw_rows(&store, "records"), 3);
}

#[test]
fn a_file_number_is_used_once() {
    let (dir, store) = fresh();
    assert_eq!(store.next_file().unwrap(), 1);
    let one = dataset(&store, []);
    let two = dataset(&store, []);
    let first = |id| store.dataset(id).unwrap().info.first_file;
    // Two files each.
    assert_eq!((first(one), first(two), store.next_file().unwrap()), (1, 3, 5));
    store.remove_dataset(two).unwrap();
    drop(store.begin_dataset(&info(5)).unwrap());
    assert_eq!(store.next_file().unwrap(), 7);
    for used in [1, 4, 6] {
        assert!(matches!(
            store.begin_dataset(&info(used)),
            Err(Error::Immutable { .. })
        ));
    }
    let import = store.begin_dataset(&info(7)).unwrap();
    for sql in [
        "UPDATE datasets SET first_file = 1 WHERE finished_at IS NULL",
        "UPDATE datasets SET files = '[1]' WHERE finished_at IS NULL",
        "UPDATE file_numbers SET last = 1",
        "DELETE FROM file_numbers",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    drop(import);
    drop(store);
    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.next_file().unwrap(), 9);
}

#[test]
fn a_dataset_has_files_with_numbers_in_range() {
    let (_dir, store) = fresh();
    let none = DatasetInfo {
        files: vec![],
        ..info(1)
    };
    for refused in [none, info(0), info(u32::MAX - 1)] {
        assert!(matches!(store.begin_dataset(&refused), Err(Error::Database(_))));
    }
    drop(store.begin_dataset(&info(u32::MAX - 2)).unwrap());
    assert_eq!(store.next_file().unwrap(), u32::MAX);
}

#[test]
fn changes_past_the_schema_are_refused_on_reading() {
    for (sql, sealed) in [
        (
            "UPDATE records SET person = (SELECT person FROM records WHERE seq = 2) WHERE seq = 0",
            true,
        ),
        (
            "UPDATE records SET household = (SELECT household FROM records WHERE seq = 2) WHERE seq = 0",
            true,
        ),
        (
            "UPDATE records SET case_number = zeroblob(40) WHERE seq = 1",
            true,
        ),
        (
            "UPDATE records SET person = CAST(substr(person, 1, 40) || x'0000000000000000000000' AS BLOB) WHERE seq = 0",
            true,
        ),
        ("UPDATE records SET household = NULL WHERE seq = 0", false),
        (
            "UPDATE records SET amount_fen = amount_fen + 1 WHERE seq = 0",
            false,
        ),
        ("UPDATE records SET status = 'paid' WHERE seq = 1", false),
        ("UPDATE records SET period_to = '2027-01' WHERE seq = 2", false),
        ("UPDATE records SET period_from = 'never' WHERE seq = 2", false),
        ("DELETE FROM records WHERE seq = 2", false),
        ("DELETE FROM records WHERE seq = 3", false),
    ] {
        let (_dir, store) = fresh();
        let id = dataset(&store, (0..4).map(record));
        store
            .raw("DROP TRIGGER records_stand; DROP TRIGGER records_used_stay")
            .unwrap();
        store.raw(sql).unwrap();
        match all(&store, id) {
            Err(Error::Sealed { .. }) if sealed => {}
            Err(Error::Damaged { .. }) if !sealed => {}
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn nothing_in_the_folder_gives_a_number_away() {
    let (dir, store) = fresh();
    const PEOPLE: u32 = 200;
    dataset(&store, (0..PEOPLE).map(record));
    let removed = dataset(&store, (PEOPLE..2 * PEOPLE).map(record));
    store.remove_dataset(removed).unwrap();
    let used = dataset(&store, []);
    let round = samples::round(&store, [used]);
    let found_there: Vec<_> = (0..PEOPLE).map(samples::finding).collect();
    store.end_round(&round, &found_there).unwrap();

    let mut needles = Vec::new();
    for n in 0..2 * PEOPLE {
        let number = number(n);
        for bytes in [number.as_bytes(), &person(n).stored(), &person(n).stored()[2..20]] {
            for algorithm in [
                &digest::SHA256,
                &digest::SHA512,
                &digest::SHA1_FOR_LEGACY_USE_ONLY,
            ] {
                needles.push(digest::digest(algorithm, bytes).as_ref().to_vec());
            }
        }
        for sensitive in [number.clone(), samples::household(n), samples::case(n)] {
            needles.push(sensitive.into_bytes());
        }
    }
    let hex = |bytes: &Vec<u8>| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into_bytes()
    };
    needles.extend(needles.iter().map(hex).collect::<Vec<_>>());

    assert_eq!(found(dir.path(), &needles), 0);
    // The search itself works: this stands in clear.
    assert_ne!(found(dir.path(), &[b"minimum_living".to_vec()]), 0);
    assert_ne!(found(dir.path(), &["低保 2026 年第三季度".into()]), 0);
    drop(store);
    assert_eq!(found(dir.path(), &needles), 0);
    assert_ne!(found(dir.path(), &[b"minimum_living".to_vec()]), 0);
}
