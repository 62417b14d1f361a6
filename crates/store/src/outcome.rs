//! What other agencies told of what they decided on matters that both have part in.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::deletion;
use crate::error::Error;
use crate::store::Store;

const NOTE: &str = "outcomes.note";

/// One thing that another agency told.
pub struct ToldThere {
    /// The matter.
    pub item: [u8; 16],
    /// When the other agency recorded it.
    pub at: Timestamp,
    /// When this node heard of it.
    pub heard_at: Timestamp,
    /// The note that told it.
    pub note: Zeroizing<Vec<u8>>,
}

/// What another agency told, on its way in.
#[derive(Clone, Copy)]
pub struct NewToldThere<'a> {
    /// As [`ToldThere::item`].
    pub item: &'a [u8; 16],
    /// As [`ToldThere::at`].
    pub at: Timestamp,
    /// The round with whose findings it goes.
    pub round: &'a [u8; 32],
    /// As [`ToldThere::note`].
    pub note: &'a [u8],
    /// Whether the other agency withdraws its finding.
    pub corrects: bool,
    /// What the matter is about, by keyed digests: one for each number that the person is known by.
    pub subjects: &'a [[u8; 32]],
}

impl Store {
    /// Keeps what another agency told of a matter, and beyond the findings that it withdrew one. The same once more changes
    /// nothing; `false` where something else was told as recorded then, or the matter was corrected before.
    ///
    /// Who corrects one subject in several matters has corrected it once, unless it decided something in between: by
    /// correcting alone nobody holds a decision up again and again.
    ///
    /// # Errors
    /// [`Error::Deleted`] where those findings are gone; [`Error::Sealed`]; the database's.
    pub fn put_outcome(&self, new: &NewToldThere<'_>) -> Result<bool, Error> {
        let NewToldThere { item, at, .. } = *new;
        self.write(|connection| {
            deletion::refuse_deleted_findings(connection, new.round)?;
            let sql = "SELECT * FROM outcomes WHERE item = ?1 AND at = ?2";
            let mut known = connection.prepare_cached(sql)?;
            let known = known.query_row(params![item, at], |row| Ok(self.outcome(row)));
            if let Some(known) = known.optional()? {
                return Ok(*known?.note == new.note);
            }
            let before = "SELECT EXISTS (SELECT 1 FROM outcomes WHERE item = ?1 AND corrects)";
            if new.corrects && connection.query_row(before, [item], |row| row.get(0))? {
                return Ok(false);
            }
            let heard_at = Timestamp::now();
            let sealed = self.vault().seal(NOTE, &place(item, at), new.note)?;
            connection.execute(
                "INSERT INTO outcomes (item, at, round, heard_at, corrects, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![item, at, new.round, heard_at, new.corrects, sealed],
            )?;
            if is_withdrawn(connection, new.subjects)? != new.corrects {
                let sql = "INSERT INTO withdrawals (seq, subject, heard_at, corrects)
                           SELECT 1 + coalesce(max(seq), 0), ?1, ?2, ?3 FROM withdrawals";
                for subject in new.subjects {
                    connection.execute(sql, params![subject, heard_at, new.corrects])?;
                }
            }
            Ok(true)
        })
    }

    /// When this node heard that findings on any of these subjects were withdrawn, in order.
    ///
    /// # Errors
    /// The database's.
    pub fn withdrawals(&self, subjects: &[[u8; 32]]) -> Result<Vec<Timestamp>, Error> {
        self.read(|connection| {
            let sql = "SELECT heard_at FROM withdrawals WHERE subject = ?1 AND corrects";
            let mut of_subject = connection.prepare_cached(sql)?;
            let mut times = BTreeSet::new();
            for subject in subjects {
                for time in of_subject.query_map([subject], |row| row.get("heard_at"))? {
                    times.insert(time?);
                }
            }
            Ok(times.into_iter().collect())
        })
    }

    /// The number of the last line on record about what was withdrawn; 0 where there is none.
    ///
    /// # Errors
    /// The database's.
    pub fn last_withdrawal(&self) -> Result<u64, Error> {
        self.read(last_withdrawal)
    }

    /// All that other agencies told, or what they told of one matter; of each matter in the order in which they recorded it.
    ///
    /// # Errors
    /// [`Error::Sealed`]; the database's.
    pub fn outcomes(&self, item: Option<&[u8; 16]>) -> Result<Vec<ToldThere>, Error> {
        self.read(|connection| {
            let mut all =
                connection.prepare_cached("SELECT * FROM outcomes WHERE ?1 IS NULL OR item = ?1")?;
            let told = all.query_and_then([item], |row| self.outcome(row))?;
            let mut told = told.collect::<Result<Vec<_>, _>>()?;
            // Not by the text of a time, which has as many digits as it needs.
            told.sort_by_key(|told| (told.item, told.at));
            Ok(told)
        })
    }

    fn outcome(&self, row: &Row<'_>) -> Result<ToldThere, Error> {
        let (item, at): ([u8; 16], Timestamp) = (row.get("item")?, row.get("at")?);
        let note: Vec<u8> = row.get("note")?;
        Ok(ToldThere {
            item,
            at,
            heard_at: row.get("heard_at")?,
            note: self.vault().unseal(NOTE, &place(&item, at), &note)?,
        })
    }
}

pub(crate) fn last_withdrawal(connection: &Connection) -> Result<u64, Error> {
    let sql = "SELECT coalesce(max(seq), 0) FROM withdrawals";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Whether the last that was heard of these subjects is that a finding was withdrawn.
fn is_withdrawn(connection: &Connection, subjects: &[[u8; 32]]) -> Result<bool, Error> {
    let sql = "SELECT seq, corrects FROM withdrawals WHERE subject = ?1 ORDER BY seq DESC LIMIT 1";
    let mut last_of = connection.prepare_cached(sql)?;
    let mut last: Option<(u64, bool)> = None;
    for subject in subjects {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        last = last.max(last_of.query_row([subject], read).optional()?);
    }
    Ok(last.is_some_and(|(_, corrects)| corrects))
}

/// What goes with a round's findings.
pub(crate) fn delete(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    connection.execute("DELETE FROM outcomes WHERE round = ?1", [round])?;
    Ok(())
}

/// Takes over what peers told of matters that are known here, and whatever they withdrew. Says how many notes that were.
pub(crate) fn merge(connection: &Connection, other: &Connection) -> Result<u64, Error> {
    let mut theirs = other.prepare("SELECT * FROM outcomes")?;
    let mut put = connection.prepare_cached(
        "INSERT INTO outcomes (item, at, round, heard_at, corrects, note) SELECT ?1, ?2, ?3, ?4, ?5, ?6
         WHERE EXISTS (SELECT 1 FROM inquiries WHERE item = ?1 AND round = ?3)
         AND NOT EXISTS (SELECT 1 FROM outcomes WHERE item = ?1 AND (at = ?2 OR corrects AND ?5))",
    )?;
    let mut merged = 0;
    let mut rows = theirs.query([])?;
    while let Some(row) = rows.next()? {
        let put = put.execute(params![
            row.get::<_, [u8; 16]>("item")?,
            row.get::<_, String>("at")?,
            row.get::<_, [u8; 32]>("round")?,
            row.get::<_, String>("heard_at")?,
            row.get::<_, bool>("corrects")?,
            row.get::<_, Vec<u8>>("note")?,
        ])?;
        merged += put as u64;
    }
    let mut theirs = other.prepare("SELECT * FROM withdrawals ORDER BY seq")?;
    let mut put = connection.prepare_cached(
        "INSERT INTO withdrawals (seq, subject, heard_at, corrects)
         SELECT (SELECT 1 + coalesce(max(seq), 0) FROM withdrawals), ?1, ?2, ?3 WHERE NOT EXISTS
         (SELECT 1 FROM withdrawals WHERE subject = ?1 AND heard_at = ?2 AND corrects = ?3)",
    )?;
    let mut rows = theirs.query([])?;
    while let Some(row) = rows.next()? {
        put.execute(params![
            row.get::<_, [u8; 32]>("subject")?,
            row.get::<_, String>("heard_at")?,
            row.get::<_, bool>("corrects")?,
        ])?;
    }
    Ok(merged)
}

fn place(item: &[u8; 16], at: Timestamp) -> Vec<u8> {
    [item.as_slice(), &at.as_nanosecond().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::tests::ended;
    use crate::log::Entry;
    use crate::review::{ACTED, NewEvent};
    use crate::samples::{self, ENTRY, finding};
    use crate::store::tests::{found, fresh};

    const ITEM: [u8; 16] = [6; 16];

    #[test]
    fn what_is_told_stands_sealed_and_goes_with_the_findings() {
        let (dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1)]).id;
        let (first, second) = (
            b"the first of two notes".as_slice(),
            b"the second of two notes".as_slice(),
        );
        // Half a second apart: the earlier one is the longer text.
        let [early, late] = ["2026-11-30T01:02:03.5Z", "2026-11-30T01:02:04Z"].map(|at| at.parse().unwrap());
        let put = |at, note| store.put_outcome(&told(&round, &ITEM, at, note));
        assert!(put(late, second).unwrap());
        assert!(put(early, first).unwrap());
        assert!(put(early, first).unwrap(), "the same");
        assert!(!put(early, second).unwrap(), "another");
        let all = store.outcomes(Some(&ITEM)).unwrap();
        let all: Vec<_> = all.iter().map(|told| (told.at, told.note.to_vec())).collect();
        assert_eq!(all, [(early, first.to_vec()), (late, second.to_vec())]);
        assert_eq!(store.outcomes(None).unwrap().len(), 2);
        assert!(store.outcomes(Some(&[7; 16])).unwrap().is_empty());
        store.checkpoint().unwrap();
        assert_eq!(found(dir.path(), &[first.to_vec(), second.to_vec()]), 0);
        for sql in ["UPDATE outcomes SET at = 'now'", "DELETE FROM outcomes"] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
        store.delete_findings(&round, b"signed", &ENTRY).unwrap();
        assert!(store.outcomes(None).unwrap().is_empty());
        assert!(matches!(put(late, first), Err(Error::Deleted { .. })));
    }

    #[test]
    fn one_matter_is_corrected_once_and_one_subject_until_something_is_decided_on_it() {
        let (_dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1)]).id;
        let (person, alias, other) = ([1; 32], [2; 32], [3; 32]);
        let put = |item: u8, second: i64, corrects, subjects: &[[u8; 32]]| {
            let at = Timestamp::from_second(second).unwrap();
            let (item, note) = ([item; 16], second.to_be_bytes());
            let new = NewToldThere {
                corrects,
                subjects,
                ..told(&round, &item, at, &note)
            };
            store.put_outcome(&new).unwrap()
        };
        let heard = |subjects: &[[u8; 32]]| store.withdrawals(subjects).unwrap().len();
        let item = |item: u8| store.outcomes(Some(&[item; 16])).unwrap().pop().unwrap().heard_at;

        // A decision alone is nothing to keep beyond the findings.
        assert!(put(1, 1, false, &[person]));
        assert_eq!(store.last_withdrawal().unwrap(), 0);
        assert!(put(1, 2, true, &[person, alias]));
        assert_eq!(store.withdrawals(&[person]).unwrap(), [item(1)]);
        assert_eq!(
            store.withdrawals(&[alias, person]).unwrap(),
            [item(1)],
            "one and the same"
        );
        assert_eq!((heard(&[other]), heard(&[])), (0, 0));
        assert!(put(1, 2, true, &[person, alias]), "the same");
        assert!(!put(1, 3, true, &[person, alias]), "one matter once more");
        assert_eq!(store.outcomes(Some(&[1; 16])).unwrap().len(), 2);

        // Another matter about the same, by whichever number.
        assert!(put(2, 4, true, &[alias]));
        assert_eq!((heard(&[person]), heard(&[alias])), (1, 1));
        assert!(put(2, 5, false, &[alias, person]));
        assert!(put(3, 6, true, &[person]));
        assert_eq!(store.withdrawals(&[person]).unwrap(), [item(1), item(3)]);

        // An act that was found to be allowed before the last of them.
        let body = serde_json::json!({ "round": hefu_casework::Hex(round), "finding": 1, "number": 1 });
        let act = |withdrawals| {
            store.append_event(&NewEvent {
                round: &round,
                finding: 0,
                after: 0,
                withdrawals,
                event: b"decided",
                corrects: None,
                entry: Entry {
                    kind: ACTED,
                    body: &body,
                    ..ENTRY
                },
            })
        };
        let last = store.last_withdrawal().unwrap();
        assert!(matches!(act(last - 1), Err(Error::ActedMeanwhile)));
        act(last).unwrap();

        store.delete_findings(&round, b"signed", &ENTRY).unwrap();
        assert!(store.outcomes(None).unwrap().is_empty());
        assert_eq!(heard(&[person]), 2);
        for sql in ["UPDATE withdrawals SET corrects = 0", "DELETE FROM withdrawals"] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }

    fn told<'a>(round: &'a [u8; 32], item: &'a [u8; 16], at: Timestamp, note: &'a [u8]) -> NewToldThere<'a> {
        NewToldThere {
            item,
            at,
            round,
            note,
            corrects: false,
            subjects: &[],
        }
    }
}
