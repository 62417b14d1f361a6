//! Conferences: the record that each of their parties keeps whole. What may stand in it is the caller's to say; here an
//! entry that stands is never changed, and what came of one that was said neither.

mod outbox;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;

pub use outbox::{NewSaid, Said, SaidEntry, SignedAnew};

const BYTES: &str = "conference_entries.bytes";
const OPENED: &str = "conference_entries.opened";

/// A conference that this node founded or follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    /// Its id.
    pub id: [u8; 32],
    /// The office's node key.
    pub office: [u8; 32],
    /// Whether this node is the office.
    pub founded: bool,
    /// Since when.
    pub begun_at: Timestamp,
    /// How far the record of the backup went that this node was restored from, until nothing can lack any more.
    pub restored: Option<u64>,
    /// After which entry the office has lost its record, where it wants that from this member.
    pub wanted: Option<u64>,
    /// At an office: since when it does not wait for what it had lost.
    pub resumed: Option<Resumed>,
    /// Why the record is not followed any more.
    pub alarm: Option<String>,
    /// What the office signed against it.
    pub proof: Option<Vec<u8>>,
}

/// What an office had left of its record when people said that it is not to wait for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// How many entries; the fewest where this was said several times.
    pub seq: u64,
    /// When it was said, in microseconds since 1970.
    pub at: i64,
}

/// What is sealed to one recipient of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// The recipient's node key.
    pub recipient: [u8; 32],
    /// What is sealed to it.
    pub sealed: Vec<u8>,
}

/// An entry on its way onto a record.
#[derive(Clone)]
pub struct NewConferenceEntry {
    /// Its place, from 1.
    pub seq: u64,
    /// Its author's node key.
    pub author: [u8; 32],
    /// The author's own numbering.
    pub number: u64,
    /// The entry's digest.
    pub digest: [u8; 32],
    /// The hash of the record up to it.
    pub hash: [u8; 32],
    /// The entry with its signature.
    pub bytes: Vec<u8>,
    /// What this node could open of what is enclosed.
    pub opened: Option<Zeroizing<Vec<u8>>>,
    /// What goes beside it.
    pub enclosures: Vec<Enclosure>,
}

/// An entry on record.
#[derive(Clone)]
pub struct StoredConferenceEntry {
    /// Its place, from 1.
    pub seq: u64,
    /// The hash of the record up to it.
    pub hash: [u8; 32],
    /// The entry with its signature.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What this node could open of what is enclosed.
    pub opened: Option<Zeroizing<Vec<u8>>>,
}

/// How far a record goes, as its office signed or a member said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConferenceHead {
    /// How many entries there are.
    pub seq: u64,
    /// The hash of the record up to there.
    pub hash: [u8; 32],
    /// The office's signature, where it signed this.
    pub signature: Option<HeadSignature>,
    /// When it was heard.
    pub heard_at: Timestamp,
}

/// The office's signature under a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadSignature {
    /// The signature.
    pub bytes: [u8; 64],
    /// When the office signed, in microseconds since 1970.
    pub at: i64,
}

impl Store {
    /// Takes a conference on, with its first entry where this node founds it, and the log's entry about it. `false` where
    /// it is known, and nothing changes.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn begin_conference(
        &self,
        id: &[u8; 32],
        office: &[u8; 32],
        first: Option<&NewConferenceEntry>,
        entry: &Entry<'_>,
    ) -> Result<bool, Error> {
        self.write(|connection| {
            let founded = first.is_some();
            let sql = "INSERT INTO conferences (id, office, founded, begun_at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO NOTHING";
            let begun = connection.execute(sql, params![id, office, founded, Timestamp::now()])? == 1;
            if begun {
                if let Some(first) = first {
                    self.place(connection, id, first)?;
                }
                log::append(connection, entry)?;
            }
            Ok(begun)
        })
    }

    /// Every conference, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn conferences(&self) -> Result<Vec<Conference>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM conferences ORDER BY begun_at, id")?;
            Ok(all.query_map([], conference)?.collect::<Result<_, _>>()?)
        })
    }

    /// One conference.
    ///
    /// # Errors
    /// The database's.
    pub fn conference(&self, id: &[u8; 32]) -> Result<Option<Conference>, Error> {
        self.read(|connection| {
            let mut one = connection.prepare_cached("SELECT * FROM conferences WHERE id = ?1")?;
            Ok(one.query_row([id], conference).optional()?)
        })
    }

    /// Writes entries that follow on the record, in order, with what the log says of them: all or none. What this node
    /// said of them is not on its way any more. `head` is the head that the office signed with them.
    ///
    /// # Errors
    /// [`Error::Immutable`] where they do not follow; the database's; those of [`Store::append`].
    pub fn place_entries(
        &self,
        conference: &[u8; 32],
        entries: &[NewConferenceEntry],
        head: Option<(&[u8; 32], &ConferenceHead)>,
        logged: &[Entry<'_>],
    ) -> Result<(), Error> {
        self.write(|connection| {
            for entry in entries {
                self.place(connection, conference, entry)?;
            }
            if let Some((node, head)) = head {
                put_head(connection, conference, node, head)?;
            }
            for entry in logged {
                log::append(connection, entry)?;
            }
            Ok(())
        })
    }

    fn place(
        &self,
        connection: &Connection,
        conference: &[u8; 32],
        entry: &NewConferenceEntry,
    ) -> Result<(), Error> {
        let at = place(conference, entry.seq);
        let opened = entry.opened.as_ref();
        let opened = opened
            .map(|opened| self.vault().seal(OPENED, &at, opened))
            .transpose()?;
        let sql =
            "INSERT INTO conference_entries (conference, seq, author, number, digest, hash, bytes, opened)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        connection.prepare_cached(sql)?.execute(params![
            conference,
            entry.seq,
            entry.author,
            entry.number,
            entry.digest,
            entry.hash,
            self.vault().seal(BYTES, &at, &entry.bytes)?,
            opened,
        ])?;
        put_enclosures(connection, conference, entry.seq, &entry.enclosures)?;
        outbox::placed(connection, conference, &entry.digest, entry.seq)
    }

    /// Entries of a record after the first `after`, in order, as many as `most`.
    ///
    /// # Errors
    /// [`Error::Sealed`] where one was changed or moved; the database's.
    pub fn conference_entries(
        &self,
        conference: &[u8; 32],
        after: u64,
        most: usize,
    ) -> Result<Vec<StoredConferenceEntry>, Error> {
        self.read(|connection| {
            let sql = "SELECT seq, hash, bytes, opened FROM conference_entries
                WHERE conference = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
            let mut page = connection.prepare_cached(sql)?;
            page.query_and_then(params![conference, after, most], |row| {
                self.stored_entry(conference, row)
            })?
            .collect()
        })
    }

    fn stored_entry(&self, conference: &[u8; 32], row: &Row<'_>) -> Result<StoredConferenceEntry, Error> {
        let seq = row.get("seq")?;
        let at = place(conference, seq);
        let (bytes, opened): (Vec<u8>, Option<Vec<u8>>) = (row.get("bytes")?, row.get("opened")?);
        let opened = opened.map(|opened| self.vault().unseal(OPENED, &at, &opened));
        Ok(StoredConferenceEntry {
            seq,
            hash: row.get("hash")?,
            bytes: self.vault().unseal(BYTES, &at, &bytes)?,
            opened: opened.transpose()?,
        })
    }

    /// The hash of the record up to an entry; zeros up to none. Nothing where the record does not go so far.
    ///
    /// # Errors
    /// The database's.
    pub fn conference_hash(&self, conference: &[u8; 32], seq: u64) -> Result<Option<[u8; 32]>, Error> {
        if seq == 0 {
            return Ok(Some([0; 32]));
        }
        self.read(|connection| {
            let sql = "SELECT hash FROM conference_entries WHERE conference = ?1 AND seq = ?2";
            let mut one = connection.prepare_cached(sql)?;
            Ok(one
                .query_row(params![conference, seq], |row| row.get(0))
                .optional()?)
        })
    }

    /// Where the entry of this digest stands.
    ///
    /// # Errors
    /// The database's.
    pub fn conference_place(&self, conference: &[u8; 32], digest: &[u8; 32]) -> Result<Option<u64>, Error> {
        self.read(|connection| {
            let sql = "SELECT seq FROM conference_entries WHERE conference = ?1 AND digest = ?2";
            let mut one = connection.prepare_cached(sql)?;
            Ok(one
                .query_row(params![conference, digest], |row| row.get(0))
                .optional()?)
        })
    }

    /// The last number of an author's on the record; 0 where it has said nothing.
    ///
    /// # Errors
    /// The database's.
    pub fn conference_number(&self, conference: &[u8; 32], author: &[u8; 32]) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT coalesce(max(number), 0) FROM conference_entries
                WHERE conference = ?1 AND author = ?2";
            let mut last = connection.prepare_cached(sql)?;
            Ok(last.query_row(params![conference, author], |row| row.get(0))?)
        })
    }

    /// What is enclosed in an entry, by recipient: for all of them that are here, or for one.
    ///
    /// # Errors
    /// The database's.
    pub fn conference_enclosures(
        &self,
        conference: &[u8; 32],
        seq: u64,
        recipient: Option<&[u8; 32]>,
    ) -> Result<Vec<Enclosure>, Error> {
        self.read(|connection| {
            let sql = "SELECT recipient, sealed FROM conference_enclosures
                WHERE conference = ?1 AND seq = ?2 AND (?3 IS NULL OR recipient = ?3) ORDER BY recipient";
            let mut all = connection.prepare_cached(sql)?;
            let all = all.query_map(params![conference, seq, recipient], enclosure)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
    }

    /// Keeps enclosures of an entry that were lost here, and what this node could open of them, as far as they lack.
    ///
    /// # Errors
    /// The database's.
    pub fn add_enclosures(
        &self,
        conference: &[u8; 32],
        seq: u64,
        enclosures: &[Enclosure],
        opened: Option<&[u8]>,
    ) -> Result<(), Error> {
        let at = place(conference, seq);
        let opened = opened.map(|opened| self.vault().seal(OPENED, &at, opened));
        let opened = opened.transpose()?;
        self.write(|connection| {
            put_enclosures(connection, conference, seq, enclosures)?;
            let sql = "UPDATE conference_entries SET opened = ?3
                WHERE conference = ?1 AND seq = ?2 AND opened IS NULL AND ?3 IS NOT NULL";
            connection.execute(sql, params![conference, seq, opened])?;
            Ok(())
        })
    }

    /// The head of a node: at a member, the last one that the office signed; at the office, how far a member has read.
    ///
    /// # Errors
    /// The database's.
    pub fn conference_head(
        &self,
        conference: &[u8; 32],
        node: &[u8; 32],
    ) -> Result<Option<ConferenceHead>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM conference_heads WHERE conference = ?1 AND node = ?2";
            let mut one = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| {
                Ok(ConferenceHead {
                    seq: row.get("seq")?,
                    hash: row.get("hash")?,
                    signature: signature(row)?,
                    heard_at: row.get("heard_at")?,
                })
            };
            Ok(one.query_row(params![conference, node], read).optional()?)
        })
    }

    /// Keeps such a head in the place of the one before.
    ///
    /// # Errors
    /// The database's.
    pub fn put_conference_head(
        &self,
        conference: &[u8; 32],
        node: &[u8; 32],
        head: &ConferenceHead,
    ) -> Result<(), Error> {
        self.write(|connection| put_head(connection, conference, node, head))
    }

    /// The record is not followed any more, for this reason, and what the office signed against it is kept. `false` where
    /// there is an alarm already.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn raise_alarm(
        &self,
        conference: &[u8; 32],
        code: &str,
        proof: Option<&[u8]>,
        entry: &Entry<'_>,
    ) -> Result<bool, Error> {
        self.write(|connection| {
            let sql = "UPDATE conferences SET alarm = ?2, proof = ?3 WHERE id = ?1 AND alarm IS NULL";
            let raised = connection.execute(sql, params![conference, code, proof])? == 1;
            if raised {
                log::append(connection, entry)?;
            }
            Ok(raised)
        })
    }

    /// Notes how far the record of a backup went, or that nothing can lack any more, with what the log says of it.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn set_conference_restored(
        &self,
        conference: &[u8; 32],
        restored: Option<u64>,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE conferences SET restored = ?2 WHERE id = ?1 AND restored IS NOT ?2";
            if connection.execute(sql, params![conference, restored])? == 1 {
                log::append(connection, entry)?;
            }
            Ok(())
        })
    }

    /// At an office that was restored: it does not wait any longer for what it had lost.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn resume_conference(
        &self,
        conference: &[u8; 32],
        resumed: Resumed,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE conferences SET restored = NULL, resumed = min(coalesce(resumed, ?2), ?2),
                resumed_at = ?3 WHERE id = ?1";
            connection.execute(sql, params![conference, resumed.seq, resumed.at])?;
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// Notes after which entry the office wants the record, or that it does not any more.
    ///
    /// # Errors
    /// The database's.
    pub fn set_conference_wanted(&self, conference: &[u8; 32], wanted: Option<u64>) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE conferences SET wanted = ?2 WHERE id = ?1 AND wanted IS NOT ?2";
            connection.execute(sql, params![conference, wanted])?;
            Ok(())
        })
    }
}

/// A backup may lack what was on record since.
pub(crate) fn mark_restored(connection: &Connection) -> Result<(), Error> {
    let sql = "UPDATE conferences SET wanted = NULL, restored =
        (SELECT coalesce(max(seq), 0) FROM conference_entries WHERE conference = conferences.id)";
    connection.execute(sql, [])?;
    connection.execute("DELETE FROM conference_heads WHERE signature IS NULL", [])?;
    Ok(())
}

fn put_enclosures(
    connection: &Connection,
    conference: &[u8; 32],
    seq: u64,
    enclosures: &[Enclosure],
) -> Result<(), Error> {
    let sql = "INSERT INTO conference_enclosures (conference, seq, recipient, sealed) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING";
    let mut put = connection.prepare_cached(sql)?;
    for Enclosure { recipient, sealed } in enclosures {
        put.execute(params![conference, seq, recipient, sealed])?;
    }
    Ok(())
}

fn put_head(
    connection: &Connection,
    conference: &[u8; 32],
    node: &[u8; 32],
    head: &ConferenceHead,
) -> Result<(), Error> {
    let sql = "INSERT INTO conference_heads (conference, node, seq, hash, signature, signed_at, heard_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash,
        signature = excluded.signature, signed_at = excluded.signed_at, heard_at = excluded.heard_at";
    connection.prepare_cached(sql)?.execute(params![
        conference,
        node,
        head.seq,
        head.hash,
        head.signature.map(|signature| signature.bytes),
        head.signature.map(|signature| signature.at),
        head.heard_at
    ])?;
    Ok(())
}

fn signature(row: &Row<'_>) -> rusqlite::Result<Option<HeadSignature>> {
    let bytes: Option<[u8; 64]> = row.get("signature")?;
    let at: Option<i64> = row.get("signed_at")?;
    Ok(bytes.zip(at).map(|(bytes, at)| HeadSignature { bytes, at }))
}

fn conference(row: &Row<'_>) -> rusqlite::Result<Conference> {
    let resumed: Option<u64> = row.get("resumed")?;
    let resumed_at: Option<i64> = row.get("resumed_at")?;
    Ok(Conference {
        id: row.get("id")?,
        office: row.get("office")?,
        founded: row.get("founded")?,
        begun_at: row.get("begun_at")?,
        restored: row.get("restored")?,
        wanted: row.get("wanted")?,
        resumed: resumed.zip(resumed_at).map(|(seq, at)| Resumed { seq, at }),
        alarm: row.get("alarm")?,
        proof: row.get("proof")?,
    })
}

fn enclosure(row: &Row<'_>) -> rusqlite::Result<Enclosure> {
    Ok(Enclosure {
        recipient: row.get("recipient")?,
        sealed: row.get("sealed")?,
    })
}

fn place(conference: &[u8; 32], seq: u64) -> Vec<u8> {
    [conference.as_slice(), &seq.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests;
