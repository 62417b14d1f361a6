//! Deletion when a retention period is over: of what was entered and what was found, never of the fact. The signed
//! record of a deletion stays, and so do the round, its datasets' ids and their counts.

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::dataset::DatasetId;
use crate::error::Error;
use crate::inquiry;
use crate::log::{self, Entry};
use crate::note;
use crate::outcome;
use crate::precheck;
use crate::store::Store;
use crate::unmasking;

/// One deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was done.
    pub at: Timestamp,
    /// What went.
    pub of: Deleted,
    /// The signed record, as it was given: whether it holds, and is about this, only the node can tell.
    pub record: Vec<u8>,
}

/// What a deletion took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// A dataset's records.
    Dataset(DatasetId),
    /// A round's findings, what proves them and what was done about them, and what was asked for its sake.
    Findings([u8; 32]),
}

impl Store {
    /// Deletes a dataset's records, also where rounds used it. Record, log entry and deletion are all or nothing; then
    /// the write-ahead log is emptied, so that no file holds the deleted bytes. The same record again only does that
    /// last part.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Immutable`] where a running round uses it, its import has not ended or another
    /// record tells of its deletion; those of [`Store::append`].
    pub fn delete_dataset(&self, id: DatasetId, record: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        self.write(|connection| {
            if !exists(connection, "datasets", &id.0)? {
                return Err(Error::unknown("dataset", id));
            }
            if put(connection, "dataset", &id.0, record)? {
                connection.execute("DELETE FROM records WHERE dataset = ?1", [id.0])?;
                log::append(connection, entry)?;
            }
            Ok(())
        })?;
        self.checkpoint()
    }

    /// Deletes a round's findings with their evidence, the acts on them, the inquiries of the round and what is under way
    /// about these, or what a check says; as [`Store::delete_dataset`] otherwise.
    ///
    /// # Errors
    /// As [`Store::delete_dataset`].
    pub fn delete_findings(&self, round: &[u8; 32], record: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        self.write(|connection| {
            if !exists(connection, "rounds", round)? {
                return Err(Error::unknown("round", Hex(*round)));
            }
            if put(connection, "round", round, record)? {
                note::withdraw(connection, round)?;
                inquiry::delete(connection, round)?;
                outcome::delete(connection, round)?;
                unmasking::delete(connection, round)?;
                connection.execute("DELETE FROM finding_events WHERE round = ?1", [round])?;
                connection.execute("DELETE FROM evidence WHERE round = ?1", [round])?;
                connection.execute("DELETE FROM findings WHERE round = ?1", [round])?;
                precheck::forget(connection, round)?;
                log::append(connection, entry)?;
            }
            Ok(())
        })?;
        self.checkpoint()
    }

    /// Every deletion, in order.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn deletions(&self) -> Result<Vec<Deletion>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM deletions ORDER BY seq")?;
            all.query_and_then([], deletion)?.collect()
        })
    }
}

/// What was deleted must not pass for nothing found.
pub(crate) fn refuse_deleted_findings(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    match record(connection, "round", round)? {
        Some(_) => Err(Error::deleted("findings", Hex(*round))),
        None => Ok(()),
    }
}

/// As [`refuse_deleted_findings`], of a dataset's records.
pub(crate) fn refuse_deleted_dataset(connection: &Connection, id: DatasetId) -> Result<(), Error> {
    match record(connection, "dataset", &id.0)? {
        Some(_) => Err(Error::deleted("dataset", id)),
        None => Ok(()),
    }
}

fn exists(connection: &Connection, table: &str, id: &dyn ToSql) -> Result<bool, Error> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE id = ?1)");
    Ok(connection.query_row(&sql, [id], |row| row.get(0))?)
}

/// The schema lets go only of what a deletion names, so it is put first. `false` where it was put before.
fn put(connection: &Connection, column: &str, id: &dyn ToSql, signed: &[u8]) -> Result<bool, Error> {
    match record(connection, column, id)? {
        Some(known) if known == signed => Ok(false),
        Some(_) => Err(Error::immutable("records of deletion are never changed")),
        None => {
            let sql = format!("INSERT INTO deletions (at, {column}, record) VALUES (?1, ?2, ?3)");
            connection.execute(&sql, params![Timestamp::now(), id, signed])?;
            Ok(true)
        }
    }
}

fn record(connection: &Connection, column: &str, id: &dyn ToSql) -> Result<Option<Vec<u8>>, Error> {
    let sql = format!("SELECT record FROM deletions WHERE {column} = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

fn deletion(row: &Row<'_>) -> Result<Deletion, Error> {
    let seq = row.get("seq")?;
    Ok(Deletion {
        seq,
        at: row.get("at")?,
        of: match (row.get("dataset")?, row.get("round")?) {
            (Some(id), None) => Deleted::Dataset(DatasetId(id)),
            (None, Some(round)) => Deleted::Findings(round),
            _ => return Err(Error::damaged("deletion", seq)),
        },
        record: row.get("record")?,
    })
}

#[cfg(test)]
mod tests;
