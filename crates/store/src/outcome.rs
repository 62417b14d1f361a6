//! What other agencies told of what they decided on matters that both have part in.

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

impl Store {
    /// Keeps what another agency told of a matter, with the findings of this round. The same once more changes nothing;
    /// `false` where something else was told as recorded then.
    ///
    /// # Errors
    /// [`Error::Deleted`] where those findings are gone; [`Error::Sealed`]; the database's.
    pub fn put_outcome(
        &self,
        item: &[u8; 16],
        at: Timestamp,
        round: &[u8; 32],
        note: &[u8],
    ) -> Result<bool, Error> {
        self.write(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT * FROM outcomes WHERE item = ?1 AND at = ?2";
            let mut known = connection.prepare_cached(sql)?;
            let known = known.query_row(params![item, at], |row| Ok(self.outcome(row)));
            if let Some(known) = known.optional()? {
                return Ok(*known?.note == note);
            }
            let sealed = self.vault().seal(NOTE, &place(item, at), note)?;
            let sql = "INSERT INTO outcomes (item, at, round, heard_at, note) VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.execute(sql, params![item, at, round, Timestamp::now(), sealed])?;
            Ok(true)
        })
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

/// What goes with a round's findings.
pub(crate) fn delete(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    connection.execute("DELETE FROM outcomes WHERE round = ?1", [round])?;
    Ok(())
}

fn place(item: &[u8; 16], at: Timestamp) -> Vec<u8> {
    [item.as_slice(), &at.as_nanosecond().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::tests::ended;
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
        assert!(store.put_outcome(&ITEM, late, &round, second).unwrap());
        assert!(store.put_outcome(&ITEM, early, &round, first).unwrap());
        assert!(
            store.put_outcome(&ITEM, early, &round, first).unwrap(),
            "the same"
        );
        assert!(
            !store.put_outcome(&ITEM, early, &round, second).unwrap(),
            "another"
        );
        let told = store.outcomes(Some(&ITEM)).unwrap();
        let told: Vec<_> = told.iter().map(|told| (told.at, told.note.to_vec())).collect();
        assert_eq!(told, [(early, first.to_vec()), (late, second.to_vec())]);
        assert_eq!(store.outcomes(None).unwrap().len(), 2);
        assert!(store.outcomes(Some(&[7; 16])).unwrap().is_empty());
        store.checkpoint().unwrap();
        assert_eq!(found(dir.path(), &[first.to_vec(), second.to_vec()]), 0);
        for sql in ["UPDATE outcomes SET at = 'now'", "DELETE FROM outcomes"] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
        store.delete_findings(&round, b"signed", &ENTRY).unwrap();
        assert!(store.outcomes(None).unwrap().is_empty());
        let after = store.put_outcome(&ITEM, late, &round, first);
        assert!(matches!(after, Err(Error::Deleted { .. })));
    }
}
