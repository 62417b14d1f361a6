use zeroize::Zeroizing;

use super::*;
use crate::Round;
use crate::finding::tests::ended;
use crate::samples::{self, ENTRY, done, finding, info, outcome, person, record, unput_round};
use crate::session::SessionOutcome;
use crate::store::tests::{found, fresh, passphrase};

const RECORD: &[u8] = b"signed: deleted under article 5 of the agreement";

fn sealed_records(store: &Store, id: DatasetId) -> Vec<Vec<u8>> {
    let columns = ["person", "household", "case_number"];
    columns
        .iter()
        .flat_map(|column| {
            let sql = format!("SELECT {column} FROM records WHERE dataset = {id} AND {column} IS NOT NULL");
            store.column(&sql)
        })
        .collect()
}

#[test]
fn a_used_dataset_goes_with_a_record_and_its_round_keeps_the_counts() {
    let (dir, store) = fresh();
    let kept = samples::dataset(&store, (0..50).map(record));
    let gone = samples::dataset(&store, (0..400).map(record));
    let round = ended(&store, [kept, gone], &[finding(1)]);
    let (needles, others) = (sealed_records(&store, gone), sealed_records(&store, kept));
    assert!(found(dir.path(), &needles) >= needles.len(), "the search works");
    let before = store.dataset(gone).unwrap();
    let head = store.head().unwrap().seq;

    store.delete_dataset(gone, RECORD, &ENTRY).unwrap();
    store.delete_dataset(gone, RECORD, &ENTRY).unwrap();
    assert_eq!(found(dir.path(), &needles), 0);
    assert!(
        found(dir.path(), &others) >= others.len(),
        "and no other dataset's rows"
    );
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    assert_eq!(store.head().unwrap().seq, head + 1, "one entry");
    assert_eq!(store.round(&round.id).unwrap(), Some(round.clone()));
    let after = store.dataset(gone).unwrap();
    assert_eq!((after.counts, after.used), (before.counts, true));
    assert!(after.deleted_at.is_some());
    assert_eq!(store.counts(gone).unwrap(), before.counts);
    assert_eq!(
        store
            .datasets()
            .unwrap()
            .iter()
            .map(|each| each.id)
            .collect::<Vec<_>>(),
        [kept]
    );
    let read = store.records::<Error>(gone, &mut |_| Ok(()));
    assert!(matches!(read, Err(Error::Deleted { what: "dataset", .. })));
    assert!(matches!(
        store.records_of(gone, &person(1)),
        Err(Error::Deleted { .. })
    ));
    store.records::<Error>(kept, &mut |_| Ok(())).unwrap();
    assert_eq!(store.findings(&round.id).unwrap().len(), 1);

    let deletions = store.deletions().unwrap();
    assert_eq!(deletions.len(), 1);
    assert_eq!(
        (deletions[0].of, deletions[0].record.as_slice()),
        (Deleted::Dataset(gone), RECORD)
    );
    // It is used by no further round, and not removed without a trace.
    let next = Round {
        id: [7; 32],
        ..unput_round(&store, [gone])
    };
    assert!(matches!(store.put_round(&next), Err(Error::Immutable { .. })));
    assert!(matches!(store.remove_dataset(gone), Err(Error::Immutable { .. })));
    assert_eq!(store.next_file().unwrap(), 5, "its numbers stay used");
}

#[test]
fn findings_go_with_their_evidence_and_do_not_come_again() {
    let (dir, store) = fresh();
    let round = unput_round(&store, [samples::dataset(&store, [])]);
    store
        .begin_session(&samples::session(&round, b"open", &[1; 32]))
        .unwrap();
    let findings: Vec<_> = (0..200).map(finding).collect();
    let evidence: Vec<_> = (0..200_u8).map(|n| Zeroizing::new(vec![n; 64])).collect();
    let ended = done(&round);
    store
        .end_session(&SessionOutcome {
            findings: &findings,
            evidence: &evidence,
            ..outcome(&ended)
        })
        .unwrap();
    let needles: Vec<Vec<u8>> = ["secrets FROM findings", "proof FROM evidence"]
        .iter()
        .flat_map(|column| store.column(&format!("SELECT {column}")))
        .collect();
    assert!(found(dir.path(), &needles) >= needles.len());

    store.delete_findings(&round.id, RECORD, &ENTRY).unwrap();
    store.delete_findings(&round.id, RECORD, &ENTRY).unwrap();
    assert_eq!(found(dir.path(), &needles), 0);
    // Deleted is not "nothing was found".
    assert!(matches!(
        store.findings(&round.id),
        Err(Error::Deleted { what: "findings", .. })
    ));
    assert!(matches!(store.evidence(&round.id, 0), Err(Error::Deleted { .. })));
    assert!(matches!(
        store.end_round(&ended, &findings),
        Err(Error::Immutable { .. })
    ));
    assert_eq!(store.round(&round.id).unwrap(), Some(ended));
    assert!(store.session(&round.id).unwrap().unwrap().receipt.is_some());
    assert_eq!(store.deletions().unwrap()[0].of, Deleted::Findings(round.id));
    assert_eq!(store.head().unwrap().seq, 3);
    store.verify().unwrap();
}

#[test]
fn nothing_goes_from_under_a_running_round() {
    let (_dir, store) = fresh();
    let dataset = samples::dataset(&store, (0..3).map(record));
    let round = samples::round(&store, [dataset]);
    for refused in [
        store.delete_dataset(dataset, RECORD, &ENTRY),
        store.delete_findings(&round.id, RECORD, &ENTRY),
    ] {
        assert!(matches!(refused, Err(Error::Immutable { .. })));
    }
    store.records::<Error>(dataset, &mut |_| Ok(())).unwrap();
    store.end_round(&done(&round), &[]).unwrap();
    store.delete_dataset(dataset, RECORD, &ENTRY).unwrap();
}

#[test]
fn a_deletion_is_whole_or_not_at_all() {
    let (_dir, store) = fresh();
    let dataset = samples::dataset(&store, (0..3).map(record));
    let round = ended(&store, [dataset], &[finding(1)]);
    let unfit = serde_json::json!(0.5);
    let broken = Entry {
        body: &unfit,
        ..ENTRY
    };
    store.delete_dataset(dataset, RECORD, &broken).unwrap_err();
    store.delete_findings(&round.id, RECORD, &broken).unwrap_err();
    assert!(store.deletions().unwrap().is_empty());
    store.records::<Error>(dataset, &mut |_| Ok(())).unwrap();
    assert_eq!(store.findings(&round.id).unwrap().len(), 1);

    assert!(matches!(
        store.delete_dataset(DatasetId(99), RECORD, &ENTRY),
        Err(Error::Unknown { .. })
    ));
    assert!(matches!(
        store.delete_findings(&[9; 32], RECORD, &ENTRY),
        Err(Error::Unknown { .. })
    ));
    let import = store.begin_dataset(&info(store.next_file().unwrap())).unwrap();
    assert!(matches!(
        store.delete_dataset(import.id(), RECORD, &ENTRY),
        Err(Error::Immutable { .. })
    ));
}

#[test]
fn records_of_deletion_stand() {
    let (_dir, store) = fresh();
    let dataset = samples::dataset(&store, (0..3).map(record));
    ended(&store, [dataset], &[finding(1)]);
    store
        .raw("INSERT INTO evidence SELECT round, seq, x'00' FROM findings")
        .unwrap();
    for sql in [
        "DELETE FROM records",
        "DELETE FROM findings",
        "DELETE FROM evidence",
        "UPDATE evidence SET proof = x'01'",
        "INSERT OR REPLACE INTO evidence SELECT * FROM evidence",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    store.delete_dataset(dataset, RECORD, &ENTRY).unwrap();
    assert!(matches!(
        store.delete_dataset(dataset, b"another", &ENTRY),
        Err(Error::Immutable { .. })
    ));
    for sql in [
        "UPDATE deletions SET record = x'00'",
        "DELETE FROM deletions",
        "INSERT OR REPLACE INTO deletions SELECT seq, at, dataset, round, x'00' FROM deletions",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    assert_eq!(store.deletions().unwrap()[0].record, RECORD);
}
