//! What is done about findings: acts, one after another, never changed.

use std::collections::BTreeMap;
use std::fmt::Display;

use hefu_casework::Hex;
use hefu_identity::PersonKey;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::deletion;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::outcome;
use crate::record;
use crate::store::Store;

const EVENT: &str = "finding_events.event";

/// The kind of the log's entry about an act. Its body has the round, the finding's number from 1 and the act's from 1:
/// acts can be taken off the end of a record, and only the log tells.
pub const ACTED: &str = "finding_event";

/// One act on its way in.
#[derive(Clone, Copy)]
pub struct NewEvent<'a> {
    /// The round.
    pub round: &'a [u8; 32],
    /// The finding, from 0, in the order of [`Store::findings`].
    pub finding: u64,
    /// How many acts were read before this one was found to be allowed.
    pub after: u64,
    /// What [`Store::last_withdrawal`] was before that: what was withdrawn meanwhile can forbid the act.
    pub withdrawals: u64,
    /// What was done, in the form in which it is read again.
    pub event: &'a [u8],
    /// Where the act corrects the finding: what that rested on.
    pub corrects: Option<&'a [u8; 32]>,
    /// The log's entry about it, of the kind [`ACTED`], with `round`, `finding` (from 1) and `number`.
    pub entry: Entry<'a>,
}

/// Where a finding was corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The round.
    pub round: [u8; 32],
    /// The finding, from 0.
    pub finding: u64,
}

/// Acts of one finding, in order, as they were given.
pub type Events = Vec<Zeroizing<Vec<u8>>>;

impl Store {
    /// Writes an act and the log's entry about it: both or neither.
    ///
    /// # Errors
    /// [`Error::ActedMeanwhile`] where other acts or withdrawals are on record than were read; [`Error::Unknown`] for a finding that is
    /// not there; [`Error::Deleted`]; [`Error::Damaged`] where the log has other acts; those of [`Store::append`].
    pub fn append_event(&self, new: &NewEvent<'_>) -> Result<(), Error> {
        let NewEvent { round, finding, .. } = *new;
        self.write(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            refuse_unknown(connection, round, finding)?;
            let sql = "SELECT count(*) FROM finding_events WHERE round = ?1 AND seq = ?2";
            let there: u64 = connection.query_row(sql, params![round, finding], |row| row.get(0))?;
            if there != new.after || outcome::last_withdrawal(connection)? != new.withdrawals {
                return Err(Error::ActedMeanwhile);
            }
            must_be_logged(logged_of(connection, round, finding)?, round, finding, there)?;
            let number = there + 1;
            let place = place(round, finding, number);
            let sealed = self.vault().seal(EVENT, &place, new.event)?;
            connection.execute(
                "INSERT INTO finding_events (round, seq, number, event) VALUES (?1, ?2, ?3, ?4)",
                params![round, finding, number, sealed],
            )?;
            if let Some(basis) = new.corrects {
                // Two rounds can have found the same before either was corrected.
                connection.execute(
                    "INSERT INTO corrections (basis, round, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    params![basis, round, finding],
                )?;
            }
            log::append(connection, &new.entry)?;
            must_be_logged(logged_of(connection, round, finding)?, round, finding, number)
        })
    }

    /// The acts on the round's finding (from 0), in order.
    ///
    /// # Errors
    /// [`Error::Deleted`]; [`Error::Sealed`] where one was changed or moved; [`Error::Damaged`] where the log has other
    /// acts; the database's.
    pub fn events_of(&self, round: &[u8; 32], finding: u64) -> Result<Events, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT * FROM finding_events WHERE round = ?1 AND seq = ?2 ORDER BY number";
            let mut events = connection.prepare_cached(sql)?;
            let events = events
                .query_and_then(params![round, finding], |row| Ok(self.event(row)?.1))?
                .collect::<Result<Events, Error>>()?;
            let logged = logged_of(connection, round, finding)?;
            must_be_logged(logged, round, finding, events.len() as u64)?;
            Ok(events)
        })
    }

    /// The acts on each of the round's findings (from 0) that has any.
    ///
    /// # Errors
    /// As [`Store::events_of`].
    pub fn reviews(&self, round: &[u8; 32]) -> Result<BTreeMap<u64, Events>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT * FROM finding_events WHERE round = ?1 ORDER BY seq, number";
            let mut all = connection.prepare_cached(sql)?;
            let mut reviews: BTreeMap<u64, Events> = BTreeMap::new();
            for read in all.query_and_then([round], |row| self.event(row))? {
                let (finding, event) = read?;
                reviews.entry(finding).or_default().push(event);
            }
            let logged = logged(connection, round)?;
            for finding in reviews.keys().chain(logged.keys()) {
                let kept = reviews.get(finding).map_or(0, Vec::len) as u64;
                let logged = logged.get(finding).copied().unwrap_or(0);
                must_be_logged(logged, round, *finding, kept)?;
            }
            Ok(reviews)
        })
    }

    /// Whether the acts on all findings that are kept are those that the log has, read entry by entry.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the first finding of which they are not; the database's.
    pub fn verify_acts(&self) -> Result<(), Error> {
        self.read(|connection| {
            let mut differing = connection.prepare_cached(DIFFERING)?;
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            match differing.query_row([], read).optional()? {
                Some((round, finding)) => Err(missed::<String>(round, finding)),
                None => Ok(()),
            }
        })
    }

    /// Where a finding that rested on this was corrected, also where it is deleted by now.
    ///
    /// # Errors
    /// The database's.
    pub fn correction(&self, basis: &[u8; 32]) -> Result<Option<Correction>, Error> {
        self.read(|connection| {
            let sql = "SELECT round, seq FROM corrections WHERE basis = ?1";
            let mut correction = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| {
                Ok(Correction {
                    round: row.get(0)?,
                    finding: row.get(1)?,
                })
            };
            Ok(correction.query_row([basis], read).optional()?)
        })
    }

    /// Whether any finding was ever corrected.
    ///
    /// # Errors
    /// The database's.
    pub fn has_corrections(&self) -> Result<bool, Error> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM corrections)";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
    }

    /// A digest of a person's number by this store's own key: the same in every round, and nobody else's.
    pub fn person_digest(&self, person: &PersonKey) -> [u8; 16] {
        record::lookup(self.vault(), person)
    }

    fn event(&self, row: &Row<'_>) -> Result<(u64, Zeroizing<Vec<u8>>), Error> {
        let (round, finding, number): ([u8; 32], u64, u64) =
            (row.get("round")?, row.get("seq")?, row.get("number")?);
        let sealed: Vec<u8> = row.get("event")?;
        let event = self
            .vault()
            .unseal(EVENT, &place(&round, finding, number), &sealed)?;
        Ok((finding, event))
    }
}

/// The findings that are not deleted and of which the log has other acts than the record. It reads the log itself, since
/// an index can be changed as well.
const DIFFERING: &str = "
    WITH logged (round, finding, acts) AS (
        SELECT json_extract(body, '$.round'), json_extract(body, '$.finding'), max(json_extract(body, '$.number'))
        FROM log NOT INDEXED WHERE kind = 'finding_event' GROUP BY 1, 2
    ), kept (round, finding, acts) AS (
        SELECT lower(hex(round)), seq + 1, count(*) FROM finding_events GROUP BY 1, 2
    )
    SELECT round, finding FROM (
        SELECT * FROM (SELECT * FROM logged EXCEPT SELECT * FROM kept)
        UNION ALL
        SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM logged)
    )
    WHERE round NOT IN (SELECT lower(hex(round)) FROM deletions WHERE round IS NOT NULL)
    ORDER BY round, finding LIMIT 1";

/// How many acts the log has on the round's findings (from 0).
fn logged(connection: &Connection, round: &[u8; 32]) -> Result<BTreeMap<u64, u64>, Error> {
    let sql = "SELECT json_extract(body, '$.finding') - 1, max(json_extract(body, '$.number')) FROM log \
               WHERE kind = 'finding_event' AND json_extract(body, '$.round') = ?1 GROUP BY 1";
    let mut logged = connection.prepare_cached(sql)?;
    let acts = logged.query_map([Hex(*round).to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(acts.collect::<rusqlite::Result<_>>()?)
}

/// How many acts the log has on one finding (from 0): the index has them by finding, so that those on others cost nothing.
fn logged_of(connection: &Connection, round: &[u8; 32], finding: u64) -> Result<u64, Error> {
    let sql = "SELECT coalesce(max(json_extract(body, '$.number')), 0) FROM log \
               WHERE kind = 'finding_event' AND json_extract(body, '$.round') = ?1 \
               AND json_extract(body, '$.finding') = ?2";
    let mut logged = connection.prepare_cached(sql)?;
    let of = params![Hex(*round).to_string(), finding.saturating_add(1)];
    Ok(logged.query_row(of, |row| row.get(0))?)
}

fn must_be_logged(logged: u64, round: &[u8; 32], finding: u64, kept: u64) -> Result<(), Error> {
    match logged == kept {
        true => Ok(()),
        false => Err(missed(Hex(*round), finding.saturating_add(1))),
    }
}

/// `finding` is its number from 1.
fn missed<Round: Display>(round: Round, finding: u64) -> Error {
    Error::damaged("acts", format_args!("{finding} ({round})"))
}

fn refuse_unknown(connection: &Connection, round: &[u8; 32], finding: u64) -> Result<(), Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM findings WHERE round = ?1 AND seq = ?2)";
    match connection.query_row(sql, params![round, finding], |row| row.get(0))? {
        true => Ok(()),
        false => Err(Error::unknown("finding", finding)),
    }
}

fn place(round: &[u8; 32], finding: u64, number: u64) -> Vec<u8> {
    [round.as_slice(), &finding.to_be_bytes(), &number.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::tests::ended;
    use crate::samples::{self, ENTRY, finding};
    use crate::store::tests::{found, fresh, passphrase};

    const BASIS: [u8; 32] = [8; 32];

    fn new<'a>(round: &'a [u8; 32], after: u64, event: &'a [u8]) -> NewEvent<'a> {
        NewEvent {
            round,
            finding: 1,
            after,
            withdrawals: 0,
            event,
            corrects: None,
            entry: logged_as(2, after + 1, round),
        }
    }

    /// Where a test ends, what it wrote is gone as well.
    fn logged_as(finding: u64, number: u64, round: &[u8; 32]) -> Entry<'static> {
        let body: &'static Value = Box::leak(Box::new(
            json!({ "round": Hex(*round), "finding": finding, "number": number }),
        ));
        Entry {
            kind: ACTED,
            body,
            ..ENTRY
        }
    }

    fn texts(events: Events) -> Vec<String> {
        let text = |event: Zeroizing<Vec<u8>>| String::from_utf8(event.to_vec()).unwrap();
        events.into_iter().map(text).collect()
    }

    #[test]
    fn acts_come_back_in_order_and_stand_sealed() {
        let (dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1), finding(2)]).id;
        let head = store.head().unwrap().seq;
        let acts = ["taken by somebody", "what somebody wrote of the person"];
        for (after, act) in (0..).zip(acts) {
            store.append_event(&new(&round, after, act.as_bytes())).unwrap();
        }
        assert_eq!(store.head().unwrap().seq, head + 2, "one entry each");
        store.checkpoint().unwrap();
        assert_eq!(found(dir.path(), &acts.map(|act| act.as_bytes().to_vec())), 0);
        drop(store);

        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        assert_eq!(texts(store.events_of(&round, 1).unwrap()), acts);
        assert!(store.events_of(&round, 0).unwrap().is_empty());
        let all = store.reviews(&round).unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), [&1]);
        assert_eq!(all[&1].len(), 2);
        for sql in [
            "UPDATE finding_events SET number = 9",
            "DELETE FROM finding_events",
            "INSERT OR REPLACE INTO finding_events SELECT * FROM finding_events",
            "INSERT INTO finding_events SELECT round, seq, 4, event FROM finding_events WHERE number = 1",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
        store.raw("DROP TRIGGER finding_events_follow").unwrap();
        let moved =
            "INSERT INTO finding_events SELECT round, 0, number, event FROM finding_events WHERE number = 1";
        store.raw(moved).unwrap();
        assert!(matches!(store.events_of(&round, 0), Err(Error::Sealed { .. })));
    }

    #[test]
    fn acts_that_the_log_has_are_missed_and_others_are_not_believed() {
        let (_dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1), finding(2)]).id;
        let damaged = |result: Result<(), Error>| match result {
            Err(Error::Damaged { what: "acts", id }) => id.starts_with("2 ("),
            _ => false,
        };
        // An entry that says another number, or is of another finding, keeps the act out.
        for entry in [logged_as(2, 2, &round), logged_as(1, 1, &round), ENTRY] {
            let new = NewEvent {
                entry,
                ..new(&round, 0, b"one")
            };
            assert!(damaged(store.append_event(&new)));
        }
        store.append_event(&new(&round, 0, b"one")).unwrap();
        store.append_event(&new(&round, 1, b"two")).unwrap();
        store.verify_acts().unwrap();
        store.raw("DROP TRIGGER finding_events_stay").unwrap();
        for number in [2, 1] {
            store
                .raw(&format!("DELETE FROM finding_events WHERE number = {number}"))
                .unwrap();
            assert!(damaged(store.verify_acts()));
            assert!(damaged(store.events_of(&round, 1).map(drop)));
            assert!(damaged(store.reviews(&round).map(drop)));
            assert!(damaged(store.append_event(&new(&round, number - 1, b"other"))));
            assert!(store.events_of(&round, 0).unwrap().is_empty());
        }
        store.delete_findings(&round, b"signed", &ENTRY).unwrap();
        store.verify_acts().unwrap();
    }

    #[test]
    fn of_two_who_act_on_the_same_state_one_does() {
        let (_dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1), finding(2)]).id;
        store.append_event(&new(&round, 0, b"one")).unwrap();
        let head = store.head().unwrap();
        for after in [0, 2] {
            let late = store.append_event(&new(&round, after, b"other"));
            assert!(matches!(late, Err(Error::ActedMeanwhile)), "{after}");
        }
        let nowhere = NewEvent {
            finding: 2,
            ..new(&round, 0, b"other")
        };
        assert!(matches!(
            store.append_event(&nowhere),
            Err(Error::Unknown { what: "finding", .. })
        ));
        // An entry that the log does not take keeps the act out as well.
        let unfit = NewEvent {
            entry: Entry {
                body: &json!(0.5),
                ..ENTRY
            },
            ..new(&round, 1, b"other")
        };
        assert!(matches!(store.append_event(&unfit), Err(Error::LogBody { .. })));
        assert_eq!(store.head().unwrap(), head);
        assert_eq!(texts(store.events_of(&round, 1).unwrap()), ["one"]);
    }

    #[test]
    fn a_correction_outlives_what_it_corrects() {
        let (dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1), finding(2)]).id;
        let corrects = NewEvent {
            corrects: Some(&BASIS),
            ..new(&round, 0, b"corrected for a reason")
        };
        assert!(!store.has_corrections().unwrap());
        store.append_event(&corrects).unwrap();
        assert!(store.has_corrections().unwrap());
        let sealed = store.column::<Vec<u8>>("SELECT event FROM finding_events");
        assert_eq!(found(dir.path(), &sealed), 1, "the search works");
        store.delete_findings(&round, b"signed", &ENTRY).unwrap();
        assert_eq!(found(dir.path(), &sealed), 0);
        for gone in [
            store.events_of(&round, 1).err(),
            store.reviews(&round).err(),
            store.append_event(&new(&round, 1, b"more")).err(),
        ] {
            assert!(matches!(gone, Some(Error::Deleted { .. })));
        }
        assert_eq!(
            store.correction(&BASIS).unwrap(),
            Some(Correction { round, finding: 1 })
        );
        assert_eq!(store.correction(&[9; 32]).unwrap(), None);
        for sql in ["UPDATE corrections SET seq = 9", "DELETE FROM corrections"] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }

    #[test]
    fn a_person_has_one_digest_in_a_store() {
        let (_dir, store) = fresh();
        let (_other_dir, other) = fresh();
        let digest = store.person_digest(&samples::person(1));
        assert_eq!(store.person_digest(&samples::person(1)), digest);
        assert_ne!(store.person_digest(&samples::person(2)), digest);
        assert_ne!(other.person_digest(&samples::person(1)), digest);
    }
}
