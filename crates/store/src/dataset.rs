use std::fmt;

use hefu_casework::AidRecord;
use hefu_identity::{Kind, PersonKey};
use jiff::Timestamp;
use ring::hmac;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use crate::deletion;
use crate::error::Error;
use crate::record;
use crate::store::Store;

/// Rows written or read before others may have the connection.
const BATCH: usize = 16_384;
/// Records read under one lock: whoever takes them works while the next are unsealed.
const READ_BATCH: usize = 1_024;

/// Names a dataset for ever; never used again after it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetId(pub i64);

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a dataset before its rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetInfo {
    /// What the agency calls it.
    pub name: String,
    /// The names of the files read, in order; at least one.
    pub files: Vec<String>,
    /// The number of the first of them, from [`Store::next_file`]: `RowId::file` of the records counts from here,
    /// so that a row's id means one row of all the node ever imported.
    pub first_file: u32,
    /// SHA-256 of the mapping's canonical JSON.
    pub mapping_digest: [u8; 32],
    /// The kind of document the mapping declares.
    pub kind: Kind,
    /// The form of case number the mapping declares.
    pub case_scheme: Option<String>,
}

/// A snapshot of a register, as its import left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Its id.
    pub id: DatasetId,
    /// What was known before.
    pub info: DatasetInfo,
    /// When its import began.
    pub started_at: Timestamp,
    /// When its import ended.
    pub finished_at: Timestamp,
    /// What became of each row of the source, JSON.
    pub reconciliation: String,
    /// How much it holds.
    pub counts: Counts,
    /// Keyed digest of every record in order; each full read checks it.
    pub digest: [u8; 32],
    /// Whether a round uses it, which keeps it from being removed.
    pub used: bool,
    /// When its records were deleted; counts and names stay.
    pub deleted_at: Option<Timestamp>,
}

/// How much a dataset holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Records.
    pub rows: u64,
    /// Different people among them.
    pub persons: u64,
}

impl Store {
    /// Begins a dataset. Nothing of it can be seen until [`Import::finish`].
    ///
    /// # Errors
    /// [`Error::Immutable`] where one of its files' numbers was used before; the database's, also where it has no
    /// file.
    pub fn begin_dataset(&self, info: &DatasetInfo) -> Result<Import<'_>, Error> {
        let id = self.write(|connection| {
            connection.execute(
                "INSERT INTO datasets (name, files, first_file, mapping_digest, kind, case_scheme, started_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    info.name,
                    Value::from(info.files.as_slice()).to_string(),
                    info.first_file,
                    info.mapping_digest,
                    info.kind.code(),
                    info.case_scheme,
                    Timestamp::now()
                ],
            )?;
            Ok(DatasetId(connection.last_insert_rowid()))
        })?;
        Ok(Import {
            store: self,
            id,
            written: 0,
            batch: Vec::with_capacity(BATCH),
            digest: self.dataset_digest(id),
            finished: false,
        })
    }

    /// The number after the highest any dataset's file ever had, from 1. Numbers of datasets removed since, and of
    /// imports broken off, stay used.
    ///
    /// # Errors
    /// The database's.
    pub fn next_file(&self) -> Result<u32, Error> {
        self.read(|connection| {
            let sql = "SELECT coalesce(max(last), 0) + 1 FROM file_numbers";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
    }

    /// Every finished dataset whose records are there, the newest first.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn datasets(&self) -> Result<Vec<Dataset>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached(&format!(
                "{SELECT} AND deletions.at IS NULL ORDER BY datasets.id DESC"
            ))?;
            all.query_and_then([], dataset)?.collect()
        })
    }

    /// A finished dataset, also one whose records were deleted.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the database's; [`Error::Damaged`].
    pub fn dataset(&self, id: DatasetId) -> Result<Dataset, Error> {
        self.read(|connection| {
            connection
                .query_row(&format!("{SELECT} AND datasets.id = ?1"), [id.0], |row| {
                    Ok(dataset(row))
                })
                .optional()?
                .ok_or_else(|| Error::unknown("dataset", id))?
        })
    }

    /// How much a dataset holds.
    ///
    /// # Errors
    /// As [`Store::dataset`].
    pub fn counts(&self, id: DatasetId) -> Result<Counts, Error> {
        Ok(self.dataset(id)?.counts)
    }

    /// Hands over every record in the order of its import, then checks that they are what the import wrote: after
    /// an error, forget those that came. Memory does not grow with the dataset.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Deleted`]; [`Error::Sealed`] or [`Error::Damaged`] where the records were changed;
    /// the database's; whatever `each` returns.
    pub fn records<E: From<Error>>(
        &self,
        id: DatasetId,
        each: &mut dyn FnMut(AidRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let expected = self.dataset(id)?;
        self.read(|connection| deletion::refuse_deleted_dataset(connection, id))?;
        let mut digest = self.dataset_digest(id);
        let mut read = 0;
        loop {
            let batch = self.batch(id, read)?;
            if batch.is_empty() {
                break;
            }
            for record in batch {
                record::feed(&mut digest, &record);
                read += 1;
                each(record)?;
            }
        }
        if digest.sign().as_ref() != expected.digest {
            return Err(Error::damaged("dataset", id).into());
        }
        Ok(())
    }

    /// The records of one person.
    ///
    /// # Errors
    /// [`Error::Deleted`]; [`Error::Sealed`] or [`Error::Damaged`] where they were changed; the database's.
    pub fn records_of(&self, id: DatasetId, person: &PersonKey) -> Result<Vec<AidRecord>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_dataset(connection, id)?;
            let sql = format!(
                "{} WHERE dataset = ?1 AND lookup = ?2 ORDER BY seq",
                *record::SELECT
            );
            let lookup = record::lookup(self.vault(), person);
            let reader = record::Reader::new(self.vault())?;
            let mut rows = connection.prepare_cached(&sql)?;
            rows.query_and_then(params![id.0, lookup], |row| reader.read(row))?
                .collect()
        })
    }

    /// The records of those who stand in this victim's place.
    ///
    /// # Errors
    /// As [`Store::records_of`].
    pub fn records_in_place_of(&self, id: DatasetId, victim: &PersonKey) -> Result<Vec<AidRecord>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_dataset(connection, id)?;
            // Whom a record is in place of stands sealed in it.
            let sql = format!(
                "{} WHERE dataset = ?1 AND circumstances IS NOT NULL ORDER BY seq",
                *record::SELECT
            );
            let reader = record::Reader::new(self.vault())?;
            let mut rows = connection.prepare_cached(&sql)?;
            let mut found = Vec::new();
            for row in rows.query_and_then([id.0], |row| reader.read(row))? {
                let row = row?;
                if row.circumstances.victim.as_ref() == Some(victim) {
                    found.push(row);
                }
            }
            Ok(found)
        })
    }

    /// Removes a dataset that no round uses, without a trace: see [`Store::delete_dataset`].
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Immutable`] where a round uses it; the database's.
    pub fn remove_dataset(&self, id: DatasetId) -> Result<(), Error> {
        self.write(|connection| {
            connection.execute("DELETE FROM records WHERE dataset = ?1", [id.0])?;
            match connection.execute("DELETE FROM datasets WHERE id = ?1", [id.0])? {
                0 => Err(Error::unknown("dataset", id)),
                _ => Ok(()),
            }
        })
    }

    /// What imports left that were killed: the process that ran them is gone, since only one holds the store.
    pub(crate) fn sweep_imports(&self) -> Result<(), Error> {
        self.write(|connection| {
            connection.execute_batch(
                "DELETE FROM records WHERE dataset IN (SELECT id FROM datasets WHERE finished_at IS NULL);
                 DELETE FROM datasets WHERE finished_at IS NULL;",
            )?;
            Ok(())
        })
    }

    fn batch(&self, id: DatasetId, from: u64) -> Result<Vec<AidRecord>, Error> {
        self.read(|connection| {
            let sql = format!(
                "{} WHERE dataset = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
                *record::SELECT
            );
            let reader = record::Reader::new(self.vault())?;
            let mut rows = connection.prepare_cached(&sql)?;
            rows.query_and_then(params![id.0, from, READ_BATCH], |row| reader.read(row))?
                .collect()
        })
    }

    /// Keyed, since a plain digest of few records would let their numbers be guessed.
    fn dataset_digest(&self, id: DatasetId) -> hmac::Context {
        let mut digest = self.vault().keyed_digest("dataset");
        digest.update(&id.0.to_be_bytes());
        digest
    }
}

/// A dataset on its way in. Dropped before [`Import::finish`], it leaves nothing; killed with its process, it is
/// cleared away when the store is next opened.
pub struct Import<'a> {
    store: &'a Store,
    id: DatasetId,
    written: u64,
    batch: Vec<AidRecord>,
    digest: hmac::Context,
    finished: bool,
}

impl Import<'_> {
    /// The id the dataset will have.
    pub fn id(&self) -> DatasetId {
        self.id
    }

    /// Adds one record.
    ///
    /// # Errors
    /// The database's.
    pub fn add(&mut self, record: AidRecord) -> Result<(), Error> {
        record::feed(&mut self.digest, &record);
        self.batch.push(record);
        if self.batch.len() >= BATCH {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Makes the dataset what it will stay. `reconciliation` (JSON) says what became of each row of the source.
    ///
    /// # Errors
    /// The database's.
    pub fn finish(mut self, reconciliation: &str) -> Result<DatasetId, Error> {
        self.flush()?;
        let mut digest = [0; 32];
        digest.copy_from_slice(self.digest.clone().sign().as_ref());
        self.store.write(|connection| {
            let persons: u64 = connection.query_row(
                "SELECT count(*) FROM (SELECT DISTINCT lookup FROM records WHERE dataset = ?1)",
                [self.id.0],
                |row| row.get(0),
            )?;
            connection.execute(
                "UPDATE datasets SET finished_at = ?2, reconciliation = ?3, rows = ?4, persons = ?5, digest = ?6
                 WHERE id = ?1",
                params![self.id.0, Timestamp::now(), reconciliation, self.written, persons, digest],
            )?;
            Ok(())
        })?;
        self.finished = true;
        Ok(self.id)
    }

    fn flush(&mut self) -> Result<(), Error> {
        let vault = self.store.vault();
        self.store.write(|connection| {
            let mut insert = connection.prepare_cached(record::INSERT)?;
            for (record, seq) in self.batch.iter().zip(self.written..) {
                record::write(vault, &mut insert, self.id.0, seq, record)?;
            }
            Ok(())
        })?;
        self.written += self.batch.len() as u64;
        self.batch.clear();
        Ok(())
    }
}

impl Drop for Import<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // Where even this fails, the next opening sweeps.
            let _ = self.store.remove_dataset(self.id);
        }
    }
}

const SELECT: &str = "SELECT datasets.*, deletions.at AS deleted_at,
    EXISTS (SELECT 1 FROM round_datasets WHERE dataset = datasets.id) AS used
    FROM datasets LEFT JOIN deletions ON deletions.dataset = datasets.id WHERE finished_at IS NOT NULL";

fn dataset(row: &Row<'_>) -> Result<Dataset, Error> {
    let id = DatasetId(row.get("id")?);
    let damaged = || Error::damaged("dataset", id);
    let (files, kind): (String, String) = (row.get("files")?, row.get("kind")?);
    Ok(Dataset {
        id,
        info: DatasetInfo {
            name: row.get("name")?,
            files: serde_json::from_str(&files).map_err(|_| damaged())?,
            first_file: row.get("first_file")?,
            mapping_digest: row.get("mapping_digest")?,
            kind: kind.parse().map_err(|_| damaged())?,
            case_scheme: row.get("case_scheme")?,
        },
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        reconciliation: row.get("reconciliation")?,
        counts: Counts {
            rows: row.get("rows")?,
            persons: row.get("persons")?,
        },
        digest: row.get("digest")?,
        used: row.get("used")?,
        deleted_at: row.get("deleted_at")?,
    })
}

#[cfg(test)]
mod tests;
