//! Sets that were made of letters.

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::letter::{Letter, letter};
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;

/// A set on its way into the store. Its sealed bytes are on the disk already.
#[derive(Clone, Copy)]
pub struct NewSet<'a> {
    /// Random.
    pub id: &'a [u8; 16],
    /// To whom.
    pub peer: &'a [u8; 32],
    /// Sealed bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: &'a [u8; 32],
    /// What each of its files says of it, as the node wrote it down.
    pub head: &'a [u8],
    /// The form of its files.
    pub form: &'a str,
    /// The largest file it is cut into.
    pub max_file_bytes: u64,
    /// Its letters, in order.
    pub letters: &'a [[u8; 16]],
}

/// A set that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingSet {
    /// Its id.
    pub id: [u8; 16],
    /// To whom.
    pub peer: [u8; 32],
    /// When it was made.
    pub made_at: Timestamp,
    /// Sealed bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
    /// What each of its files says of it, as the node wrote it down.
    pub head: Vec<u8>,
    /// The form of its files.
    pub form: String,
    /// The largest file it is cut into.
    pub max_file_bytes: u64,
    /// When all its files stood in the outbox.
    pub written_at: Option<Timestamp>,
}

impl Store {
    /// Keeps a set, and that its letters have gone into one.
    ///
    /// # Errors
    /// The database's, also where there is one with this id or a letter is unknown; those of [`Store::append`].
    pub fn put_set(&self, set: &NewSet<'_>, entry: &Entry<'_>) -> Result<(), Error> {
        self.write(|connection| {
            let now = Timestamp::now();
            connection.execute(
                "INSERT INTO sets_out (id, seq, peer, made_at, bytes, digest, head, form, max_file_bytes)
                 VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM sets_out), ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    set.id,
                    set.peer,
                    now,
                    set.bytes,
                    set.digest,
                    set.head,
                    set.form,
                    set.max_file_bytes
                ],
            )?;
            for id in set.letters {
                connection
                    .prepare_cached("INSERT INTO set_letters (\"set\", letter) VALUES (?1, ?2)")?
                    .execute(params![set.id, id])?;
                connection
                    .prepare_cached("UPDATE letters SET sent_at = ?2 WHERE id = ?1 AND sent_at IS NULL")?
                    .execute(params![id, now])?;
            }
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// Another way to cut a set. Its files are to be written anew.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the database's.
    pub fn recut_set(&self, id: &[u8; 16], form: &str, max_file_bytes: u64) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE sets_out SET form = ?2, max_file_bytes = ?3, written_at = NULL WHERE id = ?1";
            changed(id, connection.execute(sql, params![id, form, max_file_bytes])?)
        })
    }

    /// Notes that all files of a set stand in the outbox.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the database's.
    pub fn mark_written(&self, id: &[u8; 16]) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE sets_out SET written_at = ?2 WHERE id = ?1";
            changed(id, connection.execute(sql, params![id, Timestamp::now()])?)
        })
    }

    /// The set with this id.
    ///
    /// # Errors
    /// The database's.
    pub fn set_out(&self, id: &[u8; 16]) -> Result<Option<OutgoingSet>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM sets_out WHERE id = ?1";
            Ok(connection.query_row(sql, [id], set).optional()?)
        })
    }

    /// Every set that was made, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn sets_out(&self) -> Result<Vec<OutgoingSet>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM sets_out ORDER BY seq DESC")?;
            Ok(all.query_map([], set)?.collect::<Result<_, _>>()?)
        })
    }

    /// Sets of which something is not settled, in the order in which they were made: their sealed bytes are needed.
    ///
    /// # Errors
    /// The database's.
    pub fn sets_needed(&self) -> Result<Vec<OutgoingSet>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM sets_out WHERE EXISTS (
                    SELECT 1 FROM set_letters JOIN letters ON letters.id = letter
                    WHERE \"set\" = sets_out.id AND acknowledged_at IS NULL AND overtaken_at IS NULL)
                ORDER BY seq";
            let mut all = connection.prepare_cached(sql)?;
            Ok(all.query_map([], set)?.collect::<Result<_, _>>()?)
        })
    }

    /// The letters of a set, in order.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn letters_in(&self, set: &[u8; 16]) -> Result<Vec<Letter>, Error> {
        self.read(|connection| {
            let sql = "SELECT letters.* FROM letters JOIN set_letters ON letter = letters.id
                WHERE \"set\" = ?1 ORDER BY seq";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then([set], letter)?.collect()
        })
    }
}

/// Sets whose sealed bytes are not here: a backup leaves them out. They count as written, and what they held of letters
/// that are here is in none: it goes into the next one.
pub(crate) fn forget_made(connection: &Connection) -> Result<(), Error> {
    connection.execute(
        "UPDATE sets_out SET written_at = ?1 WHERE written_at IS NULL",
        [Timestamp::now()],
    )?;
    connection.execute(
        "UPDATE letters SET sent_at = NULL WHERE acknowledged_at IS NULL AND overtaken_at IS NULL",
        [],
    )?;
    Ok(())
}

fn changed(id: &[u8; 16], rows: usize) -> Result<(), Error> {
    match rows {
        0 => Err(Error::unknown("set", Hex(*id))),
        _ => Ok(()),
    }
}

fn set(row: &Row<'_>) -> rusqlite::Result<OutgoingSet> {
    Ok(OutgoingSet {
        id: row.get("id")?,
        peer: row.get("peer")?,
        made_at: row.get("made_at")?,
        bytes: row.get("bytes")?,
        digest: row.get("digest")?,
        head: row.get("head")?,
        form: row.get("form")?,
        max_file_bytes: row.get("max_file_bytes")?,
        written_at: row.get("written_at")?,
    })
}
