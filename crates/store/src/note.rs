//! Notes to peers and from them: durable until they are answered, and known again for good.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::ferry::Matter;
use crate::log::{self, Entry};
use crate::store::Store;

const BODY: &str = "notes_out.body";
const SIGNED_OUT: &str = "notes_out.signed";
const ANSWER_OUT: &str = "notes_out.answer";
const SIGNED_IN: &str = "notes_in.signed";
const ANSWER_IN: &str = "notes_in.answer";

/// Why a note did not go: what it was about is not to be spoken of any more.
const NOTE_WITHDRAWN: &str = "note_withdrawn";

/// What was signed and by which signature.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedNote {
    /// SHA-256 of the note.
    pub digest: [u8; 32],
    /// The sender's signature.
    pub signature: [u8; 64],
}

/// A note on its way in: one of this node's own.
#[derive(Clone, Copy)]
pub struct NewNote<'a> {
    /// Its id.
    pub id: &'a [u8; 16],
    /// To whom.
    pub peer: &'a [u8; 32],
    /// The agreement it is under.
    pub agreement: &'a [u8; 32],
    /// The matter.
    pub item: &'a [u8; 16],
    /// What it tells: a code.
    pub word: &'a str,
    /// All of it.
    pub body: &'a [u8],
    /// How it is signed.
    pub signed: &'a SignedNote,
}

/// The most notes of a time.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// How many.
    pub most: u64,
    /// Counted since then.
    pub since: Timestamp,
}

/// What came of putting a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new, and on record.
    New,
    /// It was on record.
    Known,
    /// There are too many.
    TooMany,
}

/// A note that the peer has not answered, and is to have.
pub struct NoteDue {
    /// Its id.
    pub id: [u8; 16],
    /// To whom.
    pub peer: [u8; 32],
    /// The agreement it is under.
    pub agreement: [u8; 32],
    /// The matter.
    pub item: [u8; 16],
    /// What it tells: a code.
    pub word: String,
    /// All of it.
    pub body: Zeroizing<Vec<u8>>,
    /// How it is signed.
    pub signed: SignedNote,
}

/// What is known of a note that the peer has not answered, whether it is still to go or not.
pub struct NoteUnanswered {
    /// To whom.
    pub peer: [u8; 32],
    /// The matter.
    pub item: [u8; 16],
    /// How it is signed.
    pub signed: SignedNote,
}

/// What became of a note.
#[derive(Clone, Copy)]
pub struct NoteAnswer<'a> {
    /// The hearer's signature.
    pub signature: &'a [u8; 64],
    /// Why it was not taken: a code.
    pub refused: Option<&'a str>,
}

/// A peer's note that came.
pub struct TakenNote {
    /// How the peer signed it.
    pub signed: SignedNote,
    /// The signature of the answer.
    pub signature: [u8; 64],
    /// Why it was not taken: a code.
    pub refused: Option<String>,
}

/// A peer's note on its way in.
#[derive(Clone, Copy)]
pub struct NewTaken<'a> {
    /// Whose.
    pub peer: &'a [u8; 32],
    /// The id that its sender gave it.
    pub id: &'a [u8; 16],
    /// The matter and what it tells; none where it can't be read.
    pub about: Option<(&'a [u8; 16], &'a str)>,
    /// How the peer signed it.
    pub signed: &'a SignedNote,
    /// What is answered.
    pub answer: NoteAnswer<'a>,
}

/// That a note went or came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteFacts {
    /// Its id.
    pub id: [u8; 16],
    /// To whom, or whose.
    pub peer: [u8; 32],
    /// Whether it is this node's own.
    pub out: bool,
    /// What it tells: a code.
    pub word: String,
    /// When it was made, or came.
    pub at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// Why it was not taken: a code.
    pub refused: Option<String>,
}

impl Store {
    /// Keeps a note until its peer has answered, and what the log says of it.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn put_note(&self, note: &NewNote<'_>, quota: Quota, entry: &Entry<'_>) -> Result<Put, Error> {
        let body = self.vault().seal(BODY, note.id, note.body)?;
        let signed = self.vault().seal(SIGNED_OUT, note.id, &note.signed.bytes())?;
        self.write(|connection| {
            let known = "SELECT EXISTS (SELECT 1 FROM notes_out WHERE id = ?1)";
            if connection.query_row(known, [note.id], |row| row.get(0))? {
                return Ok(Put::Known);
            }
            let made = "SELECT count(*) FROM notes_out WHERE peer = ?1 AND made_at > ?2";
            let made: u64 = connection.query_row(made, params![note.peer, quota.since], |row| row.get(0))?;
            if made >= quota.most {
                return Ok(Put::TooMany);
            }
            let sql = "INSERT INTO notes_out (id, seq, peer, agreement, item, word, made_at, body, signed)
                VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM notes_out), ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            connection.execute(
                sql,
                params![
                    note.id,
                    note.peer,
                    note.agreement,
                    note.item,
                    note.word,
                    Timestamp::now(),
                    body,
                    signed
                ],
            )?;
            log::append(connection, entry)?;
            Ok(Put::New)
        })
    }

    /// The peers that have notes to answer.
    ///
    /// # Errors
    /// The database's.
    pub fn peers_with_notes_due(&self) -> Result<Vec<[u8; 32]>, Error> {
        self.read(|connection| {
            let sql = "SELECT DISTINCT peer FROM notes_out WHERE body IS NOT NULL";
            let mut peers = connection.prepare_cached(sql)?;
            Ok(peers.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// The notes that a peer has not answered, in the order in which they were made, as many as `most`.
    ///
    /// # Errors
    /// The database's; [`Error::Sealed`].
    pub fn notes_due(&self, peer: &[u8; 32], most: usize) -> Result<Vec<NoteDue>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM notes_out WHERE peer = ?1 AND body IS NOT NULL ORDER BY seq LIMIT ?2";
            let mut due = connection.prepare_cached(sql)?;
            due.query_and_then(params![peer, most], |row| self.due(row))?
                .collect()
        })
    }

    /// One of [`Store::notes_due`].
    ///
    /// # Errors
    /// As [`Store::notes_due`].
    pub fn note_due(&self, id: &[u8; 16]) -> Result<Option<NoteDue>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM notes_out WHERE id = ?1 AND body IS NOT NULL";
            let mut due = connection.prepare_cached(sql)?;
            let due = due.query_row([id], |row| Ok(self.due(row))).optional()?;
            due.transpose()
        })
    }

    /// A note that its peer has not answered; also one that was withdrawn, which the peer may have had before.
    ///
    /// # Errors
    /// As [`Store::notes_due`].
    pub fn note_unanswered(&self, id: &[u8; 16]) -> Result<Option<NoteUnanswered>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM notes_out WHERE id = ?1 AND answered_at IS NULL";
            let mut unanswered = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| {
                Ok::<_, Error>(NoteUnanswered {
                    peer: row.get("peer")?,
                    item: row.get("item")?,
                    signed: self.signed(row, id)?,
                })
            };
            unanswered
                .query_row([id], |row| Ok(read(row)))
                .optional()?
                .transpose()
        })
    }

    /// Whether this node has made such a note to this peer.
    ///
    /// # Errors
    /// The database's.
    pub fn has_note(&self, peer: &[u8; 32], id: &[u8; 16]) -> Result<bool, Error> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM notes_out WHERE peer = ?1 AND id = ?2)";
            Ok(connection.query_row(sql, params![peer, id], |row| row.get(0))?)
        })
    }

    /// Keeps what the peer answered, wipes the note, and takes letters that bring it out of what is due. `false` where it
    /// was answered before.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn answer_note(
        &self,
        id: &[u8; 16],
        answer: NoteAnswer<'_>,
        entry: &Entry<'_>,
    ) -> Result<bool, Error> {
        let sealed = self.vault().seal(ANSWER_OUT, id, answer.signature)?;
        let answered = self.write(|connection| {
            let now = Timestamp::now();
            let sql = "UPDATE notes_out SET body = NULL, answered_at = ?2, answer = ?3, refused = ?4
                WHERE id = ?1 AND answered_at IS NULL";
            if connection.execute(sql, params![id, now, sealed, answer.refused])? == 0 {
                return Ok(false);
            }
            overtake(connection, now)?;
            log::append(connection, entry)?;
            Ok(true)
        })?;
        if answered {
            self.checkpoint()?;
        }
        Ok(answered)
    }

    /// Wipes a note that may not go any more, and takes letters that bring it out of what is due. `false` where it is not
    /// due.
    ///
    /// # Errors
    /// As [`Store::answer_note`].
    pub fn withdraw_note(&self, id: &[u8; 16], entry: &Entry<'_>) -> Result<bool, Error> {
        let withdrawn = self.write(|connection| {
            let sql = "UPDATE notes_out SET body = NULL, refused = ?2 WHERE id = ?1 AND body IS NOT NULL";
            if connection.execute(sql, params![id, NOTE_WITHDRAWN])? == 0 {
                return Ok(false);
            }
            overtake(connection, Timestamp::now())?;
            log::append(connection, entry)?;
            Ok(true)
        })?;
        if withdrawn {
            self.checkpoint()?;
        }
        Ok(withdrawn)
    }

    /// Whether a letter brings this note to its peer: one that is under way, or that the peer has had since `since` and
    /// may be about to answer.
    ///
    /// # Errors
    /// The database's.
    pub fn note_has_letter(&self, id: &[u8; 16], since: Timestamp) -> Result<bool, Error> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM letters WHERE matter = ?2 AND detail = ?1
                AND overtaken_at IS NULL AND (acknowledged_at IS NULL OR acknowledged_at > ?3))";
            let known = params![id, Matter::Note.code(), since];
            Ok(connection.query_row(sql, known, |row| row.get(0))?)
        })
    }

    /// A peer's note that came, by the id that the peer gave it.
    ///
    /// # Errors
    /// The database's; [`Error::Sealed`].
    pub fn note_taken(&self, peer: &[u8; 32], id: &[u8; 16]) -> Result<Option<TakenNote>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM notes_in WHERE peer = ?1 AND id = ?2";
            let mut taken = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| {
                let place = place(peer, id);
                let signed: Vec<u8> = row.get("signed")?;
                let answer: Vec<u8> = row.get("answer")?;
                Ok::<_, Error>(TakenNote {
                    signed: SignedNote::read(&self.vault().unseal(SIGNED_IN, &place, &signed)?)?,
                    signature: exact(&self.vault().unseal(ANSWER_IN, &place, &answer)?)?,
                    refused: row.get("refused")?,
                })
            };
            let taken = taken
                .query_row(params![peer, id], |row| Ok(read(row)))
                .optional()?;
            taken.transpose()
        })
    }

    /// How many notes of a peer came since then.
    ///
    /// # Errors
    /// The database's.
    pub fn notes_taken_since(&self, peer: &[u8; 32], since: Timestamp) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM notes_in WHERE peer = ?1 AND taken_at > ?2";
            Ok(connection.query_row(sql, params![peer, since], |row| row.get(0))?)
        })
    }

    /// Keeps that a peer's note came and what it was answered, with what the log says of it.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn take_note(&self, taken: &NewTaken<'_>, entry: Option<&Entry<'_>>) -> Result<(), Error> {
        let place = place(taken.peer, taken.id);
        let signed = self.vault().seal(SIGNED_IN, &place, &taken.signed.bytes())?;
        let answer = self.vault().seal(ANSWER_IN, &place, taken.answer.signature)?;
        self.write(|connection| {
            let sql = "INSERT INTO notes_in (peer, id, seq, item, word, taken_at, signed, answer, refused)
                VALUES (?1, ?2, (SELECT coalesce(max(seq), 0) + 1 FROM notes_in), ?3, ?4, ?5, ?6, ?7, ?8)";
            connection.execute(
                sql,
                params![
                    taken.peer,
                    taken.id,
                    taken.about.map(|(item, _)| item),
                    taken.about.map(|(_, word)| word),
                    Timestamp::now(),
                    signed,
                    answer,
                    taken.answer.refused,
                ],
            )?;
            entry.map_or(Ok(()), |entry| log::append(connection, entry).map(drop))
        })
    }

    /// The notes of a matter that went and came, in order of time.
    ///
    /// # Errors
    /// The database's.
    pub fn notes_of(&self, item: &[u8; 16]) -> Result<Vec<NoteFacts>, Error> {
        self.read(|connection| {
            let sql = "SELECT id, peer, 1 AS own, word, made_at AS at, answered_at, refused, seq
                FROM notes_out WHERE item = ?1
                UNION ALL SELECT id, peer, 0, word, taken_at, taken_at, refused, seq
                FROM notes_in WHERE item = ?1 ORDER BY at, own, seq";
            let mut notes = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| {
                Ok(NoteFacts {
                    id: row.get("id")?,
                    peer: row.get("peer")?,
                    out: row.get("own")?,
                    word: row.get("word")?,
                    at: row.get("at")?,
                    answered_at: row.get("answered_at")?,
                    refused: row.get("refused")?,
                })
            };
            Ok(notes.query_map([item], read)?.collect::<Result<_, _>>()?)
        })
    }

    fn due(&self, row: &Row<'_>) -> Result<NoteDue, Error> {
        let id: [u8; 16] = row.get("id")?;
        let body: Vec<u8> = row.get("body")?;
        Ok(NoteDue {
            id,
            peer: row.get("peer")?,
            agreement: row.get("agreement")?,
            item: row.get("item")?,
            word: row.get("word")?,
            body: self.vault().unseal(BODY, &id, &body)?,
            signed: self.signed(row, &id)?,
        })
    }

    fn signed(&self, row: &Row<'_>, id: &[u8; 16]) -> Result<SignedNote, Error> {
        let signed: Vec<u8> = row.get("signed")?;
        SignedNote::read(&self.vault().unseal(SIGNED_OUT, id, &signed)?)
    }
}

/// What is under way about the inquiries of a round goes with its findings.
pub(crate) fn withdraw(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    let sql = "UPDATE notes_out SET body = NULL, refused = ?2
        WHERE body IS NOT NULL AND item IN (SELECT item FROM inquiries WHERE round = ?1)";
    connection.execute(sql, params![round, NOTE_WITHDRAWN])?;
    overtake(connection, Timestamp::now())
}

/// Takes letters whose note is wiped out of what is due.
fn overtake(connection: &Connection, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE letters SET overtaken_at = ?2
        WHERE matter = ?1 AND acknowledged_at IS NULL AND overtaken_at IS NULL
        AND detail IN (SELECT id FROM notes_out WHERE body IS NULL)";
    connection.execute(sql, params![Matter::Note.code(), now])?;
    Ok(())
}

impl SignedNote {
    fn bytes(&self) -> [u8; 96] {
        let mut bytes = [0; 96];
        let (digest, signature) = bytes.split_at_mut(32);
        digest.copy_from_slice(&self.digest);
        signature.copy_from_slice(&self.signature);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Self, Error> {
        let (digest, signature) = bytes.split_first_chunk().ok_or_else(damaged)?;
        Ok(Self {
            digest: *digest,
            signature: exact(signature)?,
        })
    }
}

fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|_| damaged())
}

/// Sealed under its row, and yet not of its length: this program did not write it.
fn damaged() -> Error {
    Error::damaged("note", "")
}

fn place(peer: &[u8; 32], id: &[u8; 16]) -> Vec<u8> {
    [peer.as_slice(), id].concat()
}

#[cfg(test)]
mod tests;
