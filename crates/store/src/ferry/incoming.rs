//! Sets of which something came, and what became of their letters.

use std::collections::HashSet;

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::letter::Matter;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;

/// A set as the first of its parts that came announced it.
#[derive(Clone, Copy, Debug)]
pub struct Coming<'a> {
    /// From whom.
    pub peer: &'a [u8; 32],
    /// Its id.
    pub id: &'a [u8; 16],
    /// Sealed bytes in all.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: &'a [u8; 32],
    /// Into how many parts it is cut.
    pub parts: u32,
}

/// What one peer may have waiting here that is not worked through.
#[derive(Clone, Copy, Debug)]
pub struct IncomingLimits {
    /// Sets.
    pub sets: u64,
    /// Announced bytes of them together.
    pub bytes: u64,
}

/// A set of which something came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingSet {
    /// From whom.
    pub peer: [u8; 32],
    /// Its id.
    pub id: [u8; 16],
    /// Sealed bytes in all.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
    /// Into how many parts it was cut that came first.
    pub parts: u32,
    /// When its first part came.
    pub first_at: Timestamp,
    /// When it was worked through.
    pub done_at: Option<Timestamp>,
    /// The code of why it was not opened.
    pub refused: Option<String>,
}

/// A letter that came, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenLetter {
    /// From whom.
    pub peer: [u8; 32],
    /// Its id.
    pub id: [u8; 16],
    /// The set it came with first.
    pub set: [u8; 16],
    /// What it is about; none where its header can't be read.
    pub matter: Option<Matter>,
    /// The session's call, or the agreement's digest.
    pub about: Option<[u8; 32]>,
    /// The agreement's digest, where it names one.
    pub agreement: Option<[u8; 32]>,
    /// What a later letter is compared with; how an agreement stood, say.
    pub detail: Option<Vec<u8>>,
    /// The code of why it was refused.
    pub refused: Option<String>,
    /// When it was taken.
    pub taken_at: Timestamp,
}

impl Store {
    /// Keeps that something of a set came. Gives the set as it is known.
    ///
    /// # Errors
    /// [`Error::SessionChanged`] where the set was announced otherwise before; [`Error::TooManySets`],
    /// [`Error::TooMuchComing`]; the database's.
    pub fn begin_set(&self, coming: &Coming<'_>, limits: IncomingLimits) -> Result<IncomingSet, Error> {
        self.write(|connection| {
            if let Some(known) = get(connection, coming.peer, coming.id)? {
                let same = known.bytes == coming.bytes && known.digest == *coming.digest;
                return if same { Ok(known) } else { Err(Error::changed("set")) };
            }
            let sql = "SELECT count(*), coalesce(sum(bytes), 0) FROM sets_in WHERE peer = ?1 AND done_at IS NULL";
            let (sets, bytes): (u64, u64) =
                connection.query_row(sql, [coming.peer], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if sets >= limits.sets {
                return Err(Error::TooManySets { limit: limits.sets });
            }
            if bytes.saturating_add(coming.bytes) > limits.bytes {
                return Err(Error::TooMuchComing { limit: limits.bytes });
            }
            connection.execute(
                "INSERT INTO sets_in (peer, id, bytes, digest, parts, first_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    coming.peer,
                    coming.id,
                    coming.bytes,
                    coming.digest,
                    coming.parts,
                    Timestamp::now()
                ],
            )?;
            get(connection, coming.peer, coming.id)?
                .ok_or_else(|| Error::unknown("set", Hex(*coming.id)))
        })
    }

    /// Notes that a set was worked through, with the ids of all letters in it, or why it was not opened.
    ///
    /// # Errors
    /// [`Error::Immutable`] where it was before; the database's; those of [`Store::append`].
    pub fn end_set(
        &self,
        peer: &[u8; 32],
        id: &[u8; 16],
        letters: &[[u8; 16]],
        refused: Option<&str>,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql =
                "UPDATE sets_in SET done_at = ?3, refused = ?4, letters = ?5 WHERE peer = ?1 AND id = ?2";
            let letters = letters.as_flattened();
            connection.execute(sql, params![peer, id, Timestamp::now(), refused, letters])?;
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// Forgets a set that was not worked through, with nothing of it opened, and keeps what the log says of that.
    ///
    /// # Errors
    /// [`Error::Immutable`] where it was; the database's; those of [`Store::append`].
    pub fn drop_set(&self, peer: &[u8; 32], id: &[u8; 16], entry: Option<&Entry<'_>>) -> Result<(), Error> {
        self.write(|connection| {
            let dropped = connection.execute(
                "DELETE FROM sets_in WHERE peer = ?1 AND id = ?2",
                params![peer, id],
            )?;
            if dropped == 1
                && let Some(entry) = entry
            {
                log::append(connection, entry)?;
            }
            Ok(())
        })
    }

    /// A peer's set with this id.
    ///
    /// # Errors
    /// The database's.
    pub fn set_in(&self, peer: &[u8; 32], id: &[u8; 16]) -> Result<Option<IncomingSet>, Error> {
        self.read(|connection| get(connection, peer, id))
    }

    /// Every set of which something came, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn sets_in(&self) -> Result<Vec<IncomingSet>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM sets_in ORDER BY first_at DESC, id")?;
            Ok(all.query_map([], set)?.collect::<Result<_, _>>()?)
        })
    }

    /// Sets that are not worked through, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn sets_coming(&self) -> Result<Vec<IncomingSet>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM sets_in WHERE done_at IS NULL ORDER BY first_at, id";
            let mut all = connection.prepare_cached(sql)?;
            Ok(all.query_map([], set)?.collect::<Result<_, _>>()?)
        })
    }

    /// Sets that were opened and whose approval slip is not printed, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn sets_without_slip(&self) -> Result<Vec<IncomingSet>, Error> {
        self.read(|connection| {
            let sql =
                "SELECT * FROM sets_in WHERE done_at IS NOT NULL AND refused IS NULL AND slip_at IS NULL
                ORDER BY first_at, id";
            let mut all = connection.prepare_cached(sql)?;
            Ok(all.query_map([], set)?.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that the approval slip of a set is printed.
    ///
    /// # Errors
    /// The database's.
    pub fn mark_slip(&self, peer: &[u8; 32], id: &[u8; 16]) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE sets_in SET slip_at = ?3 WHERE peer = ?1 AND id = ?2 AND slip_at IS NULL";
            connection.execute(sql, params![peer, id, Timestamp::now()])?;
            Ok(())
        })
    }

    /// Keeps what became of a letter, with what the log says of it. `false` where it was known before: that stands.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn put_taken(&self, letter: &TakenLetter, entry: Option<&Entry<'_>>) -> Result<bool, Error> {
        self.write(|connection| {
            let sql = "INSERT INTO letters_taken
                (peer, id, seq, \"set\", matter, about, agreement, detail, refused, taken_at)
                VALUES (?1, ?2, (SELECT coalesce(max(seq), 0) + 1 FROM letters_taken), ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                ON CONFLICT (peer, id) DO NOTHING";
            let put = connection.execute(
                sql,
                params![
                    letter.peer,
                    letter.id,
                    letter.set,
                    letter.matter.map(Matter::code),
                    letter.about,
                    letter.agreement,
                    letter.detail,
                    letter.refused,
                    letter.taken_at,
                ],
            )?;
            if put == 1
                && let Some(entry) = entry
            {
                log::append(connection, entry)?;
            }
            Ok(put == 1)
        })
    }

    /// A letter that came from a peer.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn taken(&self, peer: &[u8; 32], id: &[u8; 16]) -> Result<Option<TakenLetter>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM letters_taken WHERE peer = ?1 AND id = ?2";
            let found = connection.query_row(sql, params![peer, id], |row| Ok(taken(row)));
            found.optional()?.transpose()
        })
    }

    /// How many letters of this matter came from a peer since then and were not refused.
    ///
    /// # Errors
    /// The database's.
    pub fn taken_since(&self, peer: &[u8; 32], matter: Matter, since: Timestamp) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM letters_taken
                WHERE peer = ?1 AND matter = ?2 AND refused IS NULL AND taken_at > ?3";
            let mut counted = connection.prepare_cached(sql)?;
            Ok(counted.query_row(params![peer, matter.code(), since], |row| row.get(0))?)
        })
    }

    /// The newest letter of this matter that came from a peer about this session or agreement and was not refused.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn newest_taken(
        &self,
        peer: &[u8; 32],
        matter: Matter,
        about: &[u8; 32],
    ) -> Result<Option<TakenLetter>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM letters_taken WHERE peer = ?1 AND matter = ?2 AND about = ?3 AND refused IS NULL
                ORDER BY seq DESC LIMIT 1";
            let found = connection
                .prepare_cached(sql)?
                .query_row(params![peer, matter.code(), about], |row| Ok(taken(row)));
            found.optional()?.transpose()
        })
    }

    /// How an agreement stood by the newest letter of a peer about it, unless the peer has wanted it said anew since.
    ///
    /// # Errors
    /// The database's.
    pub fn last_standing(&self, peer: &[u8; 32], digest: &[u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        self.read(|connection| {
            let sql = "SELECT CASE matter WHEN 'agreement' THEN detail END FROM letters_taken
                WHERE peer = ?1 AND refused IS NULL AND ((matter = 'agreement' AND about = ?2)
                    OR (matter = 'wanted' AND coalesce(about, ?2) = ?2))
                ORDER BY seq DESC LIMIT 1";
            let mut newest = connection.prepare_cached(sql)?;
            let found = newest.query_row(params![peer, digest], |row| row.get(0));
            Ok(found.optional()?.flatten())
        })
    }

    /// Agreements that are not here because a peer's letters were refused for this reason, and that it was not asked for
    /// since: at most `limit`, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn agreements_refused(
        &self,
        peer: &[u8; 32],
        code: &str,
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, Error> {
        self.read(|connection| {
            // Counted, since a clock may be set back.
            let sql = "SELECT about FROM letters_taken AS came
                WHERE peer = ?1 AND matter = 'agreement' AND refused = ?2 AND about NOT IN (SELECT digest FROM agreements)
                GROUP BY about HAVING count(*) > (SELECT count(*) FROM letters
                    WHERE peer = ?1 AND matter = 'wanted' AND about = came.about AND overtaken_at IS NULL)
                ORDER BY min(seq) LIMIT ?3";
            let mut all = connection.prepare_cached(sql)?;
            let digests = all.query_map(params![peer, code, limit], |row| row.get(0))?;
            Ok(digests.collect::<Result<_, _>>()?)
        })
    }

    /// The ids of the letters that came last from a peer with a header that could be read, those too that had come
    /// before: at most `limit`, set by set, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn latest_taken(&self, peer: &[u8; 32], limit: usize) -> Result<Vec<[u8; 16]>, Error> {
        self.read(|connection| {
            let sql = "SELECT letters FROM sets_in WHERE peer = ?1 AND letters IS NOT NULL ORDER BY done_at DESC, id";
            let mut sets = connection.prepare_cached(sql)?;
            let mut sets = sets.query([peer])?;
            let sql = "SELECT 1 FROM letters_taken WHERE peer = ?1 AND id = ?2 AND matter IS NOT NULL";
            let mut is_taken = connection.prepare_cached(sql)?;
            let (mut latest, mut seen) = (Vec::new(), HashSet::new());
            while let Some(set) = sets.next()? {
                let ids: Vec<u8> = set.get(0)?;
                for id in ids.as_chunks::<16>().0 {
                    if latest.len() >= limit {
                        return Ok(latest);
                    }
                    if seen.insert(*id) && is_taken.exists(params![peer, id])? {
                        latest.push(*id);
                    }
                }
            }
            Ok(latest)
        })
    }

    /// The letters of a set that was worked through, in its order; those that had come before too.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn taken_in(&self, peer: &[u8; 32], set: &[u8; 16]) -> Result<Vec<TakenLetter>, Error> {
        self.read(|connection| {
            let sql = "SELECT letters FROM sets_in WHERE peer = ?1 AND id = ?2 AND letters IS NOT NULL";
            let mut held = connection.prepare_cached(sql)?;
            let ids: Option<Vec<u8>> = held.query_row(params![peer, set], |row| row.get(0)).optional()?;
            let sql = "SELECT * FROM letters_taken WHERE peer = ?1 AND id = ?2";
            let mut one = connection.prepare_cached(sql)?;
            let mut letters = Vec::new();
            for id in ids.unwrap_or_default().chunks_exact(16) {
                letters.extend(one.query_and_then(params![peer, id], taken)?.next().transpose()?);
            }
            Ok(letters)
        })
    }
}

/// Sets whose parts lay in files that are not here: a backup leaves them out. They may come again from the beginning.
pub(crate) fn forget_unfinished(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM sets_in WHERE done_at IS NULL", [])?;
    Ok(())
}

fn get(connection: &Connection, peer: &[u8; 32], id: &[u8; 16]) -> Result<Option<IncomingSet>, Error> {
    let sql = "SELECT * FROM sets_in WHERE peer = ?1 AND id = ?2";
    Ok(connection.query_row(sql, params![peer, id], set).optional()?)
}

fn set(row: &Row<'_>) -> rusqlite::Result<IncomingSet> {
    Ok(IncomingSet {
        peer: row.get("peer")?,
        id: row.get("id")?,
        bytes: row.get("bytes")?,
        digest: row.get("digest")?,
        parts: row.get("parts")?,
        first_at: row.get("first_at")?,
        done_at: row.get("done_at")?,
        refused: row.get("refused")?,
    })
}

fn taken(row: &Row<'_>) -> Result<TakenLetter, Error> {
    let (id, matter): ([u8; 16], Option<String>) = (row.get("id")?, row.get("matter")?);
    Ok(TakenLetter {
        peer: row.get("peer")?,
        id,
        set: row.get("set")?,
        matter: match matter {
            Some(code) => Some(Matter::from_code(&code).ok_or_else(|| Error::damaged("letter", Hex(id)))?),
            None => None,
        },
        about: row.get("about")?,
        agreement: row.get("agreement")?,
        detail: row.get("detail")?,
        refused: row.get("refused")?,
        taken_at: row.get("taken_at")?,
    })
}
