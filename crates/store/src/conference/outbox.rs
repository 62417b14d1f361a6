//! What a member has said, until it stands on record or is refused.

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use super::{Enclosure, enclosure};
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;

const BYTES: &str = "conference_outbox.bytes";
const OPENED: &str = "conference_outbox.opened";

/// An entry that this node says.
#[derive(Clone, Copy)]
pub struct NewSaid<'a> {
    /// Its digest, by which it is asked after from now on.
    pub id: &'a [u8; 32],
    /// Its number.
    pub number: u64,
    /// The entry with its signature.
    pub bytes: &'a [u8],
    /// What is enclosed, in clear.
    pub opened: Option<&'a [u8]>,
    /// What is enclosed, sealed to each recipient.
    pub enclosures: &'a [Enclosure],
}

/// An entry that waits, signed once more under another number.
#[derive(Clone, Copy)]
pub struct SignedAnew<'a> {
    /// The digest that it had first.
    pub id: &'a [u8; 32],
    /// The one that it has now.
    pub digest: &'a [u8; 32],
    /// Its number now.
    pub number: u64,
    /// The entry with its signature.
    pub bytes: &'a [u8],
}

/// An entry that this node said.
#[derive(Clone)]
pub struct SaidEntry {
    /// The digest that it had first.
    pub id: [u8; 32],
    /// The one that it has now.
    pub digest: [u8; 32],
    /// Its number.
    pub number: u64,
    /// When it was said.
    pub made_at: Timestamp,
    /// The entry with its signature.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What is enclosed, in clear.
    pub opened: Option<Zeroizing<Vec<u8>>>,
    /// Why it is not on record; none while it is on its way.
    pub refused: Option<String>,
}

/// What became of an entry that this node said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is on its way.
    Waiting,
    /// It stands on record, at this place.
    Placed(u64),
    /// It does not, for the reason of this code.
    Refused(String),
}

impl Store {
    /// Keeps an entry until it stands on record, and what the log says of it.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn put_said(
        &self,
        conference: &[u8; 32],
        said: &NewSaid<'_>,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        let at = place(conference, said.id);
        let bytes = self.vault().seal(BYTES, &at, said.bytes)?;
        let opened = said.opened.map(|opened| self.vault().seal(OPENED, &at, opened));
        let opened = opened.transpose()?;
        self.write(|connection| {
            let sql = "INSERT INTO conference_outbox (conference, id, place, digest, number, made_at, bytes, opened)
                VALUES (?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM conference_outbox WHERE conference = ?1),
                ?2, ?3, ?4, ?5, ?6)";
            connection.execute(
                sql,
                params![conference, said.id, said.number, Timestamp::now(), bytes, opened],
            )?;
            let sql = "INSERT INTO conference_outbox_enclosures (conference, id, recipient, sealed)
                VALUES (?1, ?2, ?3, ?4)";
            let mut put = connection.prepare_cached(sql)?;
            for Enclosure { recipient, sealed } in said.enclosures {
                put.execute(params![conference, said.id, recipient, sealed])?;
            }
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// What this node said that is on its way, in the order in which it was said.
    ///
    /// # Errors
    /// [`Error::Sealed`] where something was changed or moved; the database's.
    pub fn said_waiting(&self, conference: &[u8; 32]) -> Result<Vec<SaidEntry>, Error> {
        let sql = "SELECT * FROM conference_outbox
            WHERE conference = ?1 AND bytes IS NOT NULL AND refused IS NULL ORDER BY place";
        self.said_by(sql, conference)
    }

    /// What this node said that was refused, in the order in which it was said.
    ///
    /// # Errors
    /// As [`Store::said_waiting`].
    pub fn said_refused(&self, conference: &[u8; 32]) -> Result<Vec<SaidEntry>, Error> {
        let sql =
            "SELECT * FROM conference_outbox WHERE conference = ?1 AND refused IS NOT NULL ORDER BY place";
        self.said_by(sql, conference)
    }

    /// How many entries of this node's are on their way, and how many were refused.
    ///
    /// # Errors
    /// The database's.
    pub fn said_counts(&self, conference: &[u8; 32]) -> Result<(u64, u64), Error> {
        self.read(|connection| {
            let sql = "SELECT count(*) FILTER (WHERE placed IS NULL AND refused IS NULL),
                count(*) FILTER (WHERE refused IS NOT NULL) FROM conference_outbox WHERE conference = ?1";
            let mut counts = connection.prepare_cached(sql)?;
            Ok(counts.query_row([conference], |row| Ok((row.get(0)?, row.get(1)?)))?)
        })
    }

    /// What is enclosed in an entry that is on its way, sealed to each recipient.
    ///
    /// # Errors
    /// The database's.
    pub fn said_enclosures(&self, conference: &[u8; 32], id: &[u8; 32]) -> Result<Vec<Enclosure>, Error> {
        self.read(|connection| {
            let sql = "SELECT recipient, sealed FROM conference_outbox_enclosures
                WHERE conference = ?1 AND id = ?2 ORDER BY recipient";
            let mut all = connection.prepare_cached(sql)?;
            let all = all.query_map(params![conference, id], enclosure)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
    }

    /// What became of an entry that this node said, by the digest that it had first.
    ///
    /// # Errors
    /// The database's.
    pub fn said(&self, conference: &[u8; 32], id: &[u8; 32]) -> Result<Option<Said>, Error> {
        self.read(|connection| {
            let sql = "SELECT placed, refused FROM conference_outbox WHERE conference = ?1 AND id = ?2";
            let mut one = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| {
                let (placed, refused): (Option<u64>, Option<String>) = (row.get(0)?, row.get(1)?);
                Ok(match (placed, refused) {
                    (Some(seq), _) => Said::Placed(seq),
                    (None, Some(code)) => Said::Refused(code),
                    (None, None) => Said::Waiting,
                })
            };
            Ok(one.query_row(params![conference, id], read).optional()?)
        })
    }

    /// An entry that was said does not come on record: why, and what the log says of it. `false` where that was settled
    /// before.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn refuse_said(
        &self,
        conference: &[u8; 32],
        id: &[u8; 32],
        code: &str,
        entry: &Entry<'_>,
    ) -> Result<bool, Error> {
        self.write(|connection| {
            let sql = "UPDATE conference_outbox SET refused = ?3
                WHERE conference = ?1 AND id = ?2 AND placed IS NULL AND refused IS NULL";
            let refused = connection.execute(sql, params![conference, id, code])? == 1;
            if refused {
                forget_enclosures(connection, conference, id)?;
                log::append(connection, entry)?;
            }
            Ok(refused)
        })
    }

    /// Keeps entries that wait as they are signed now.
    ///
    /// # Errors
    /// [`Error::Unknown`] where one does not wait; the database's.
    pub fn sign_said_anew(&self, conference: &[u8; 32], anew: &[SignedAnew<'_>]) -> Result<(), Error> {
        let sealed = anew.iter().map(|said| {
            let at = place(conference, said.id);
            self.vault().seal(BYTES, &at, said.bytes)
        });
        let sealed: Vec<_> = sealed.collect::<Result<_, _>>()?;
        self.write(|connection| {
            for (said, bytes) in anew.iter().zip(&sealed) {
                let sql = "UPDATE conference_outbox SET digest = ?3, number = ?4, bytes = ?5
                    WHERE conference = ?1 AND id = ?2 AND placed IS NULL AND refused IS NULL";
                let known = params![conference, said.id, said.digest, said.number, bytes];
                if connection.execute(sql, known)? != 1 {
                    return Err(Error::unknown("conference_entry", Hex(*said.id)));
                }
            }
            Ok(())
        })
    }

    fn said_by(&self, sql: &str, conference: &[u8; 32]) -> Result<Vec<SaidEntry>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then([conference], |row| self.said_entry(conference, row))?
                .collect()
        })
    }

    fn said_entry(&self, conference: &[u8; 32], row: &Row<'_>) -> Result<SaidEntry, Error> {
        let id: [u8; 32] = row.get("id")?;
        let at = place(conference, &id);
        let (bytes, opened): (Vec<u8>, Option<Vec<u8>>) = (row.get("bytes")?, row.get("opened")?);
        let opened = opened.map(|opened| self.vault().unseal(OPENED, &at, &opened));
        Ok(SaidEntry {
            id,
            digest: row.get("digest")?,
            number: row.get("number")?,
            made_at: row.get("made_at")?,
            bytes: self.vault().unseal(BYTES, &at, &bytes)?,
            opened: opened.transpose()?,
            refused: row.get("refused")?,
        })
    }
}

/// An entry has come on record: if it waited here, it does not any more, and its enclosures stand with it.
pub(super) fn placed(
    connection: &Connection,
    conference: &[u8; 32],
    digest: &[u8; 32],
    seq: u64,
) -> Result<(), Error> {
    let sql = "SELECT id FROM conference_outbox
        WHERE conference = ?1 AND digest = ?2 AND placed IS NULL";
    let mut waiting = connection.prepare_cached(sql)?;
    let waiting: Option<[u8; 32]> = waiting
        .query_row(params![conference, digest], |row| row.get(0))
        .optional()?;
    let Some(id) = waiting else { return Ok(()) };
    connection.execute(
        "INSERT INTO conference_enclosures (conference, seq, recipient, sealed)
         SELECT conference, ?3, recipient, sealed FROM conference_outbox_enclosures
         WHERE conference = ?1 AND id = ?2 ON CONFLICT DO NOTHING",
        params![conference, id, seq],
    )?;
    forget_enclosures(connection, conference, &id)?;
    connection.execute(
        "UPDATE conference_outbox SET placed = ?3, refused = NULL, bytes = NULL, opened = NULL
         WHERE conference = ?1 AND id = ?2",
        params![conference, id, seq],
    )?;
    Ok(())
}

fn forget_enclosures(connection: &Connection, conference: &[u8; 32], id: &[u8; 32]) -> Result<(), Error> {
    let sql = "DELETE FROM conference_outbox_enclosures WHERE conference = ?1 AND id = ?2";
    connection.execute(sql, params![conference, id])?;
    Ok(())
}

fn place(conference: &[u8; 32], id: &[u8; 32]) -> Vec<u8> {
    [conference.as_slice(), id].concat()
}
