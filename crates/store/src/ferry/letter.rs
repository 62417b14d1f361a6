//! Letters to peers.

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Error;
use crate::log::{self, Entry};
use crate::session::{self, Session};
use crate::store::Store;

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matter {
    /// A receiver opens a session, with all its blinded elements.
    Opening,
    /// The sender's whole answer, or the reason why there is none.
    Answer,
    /// The receiver's receipt.
    Receipt,
    /// An agreement, with the words said of it so far.
    Agreement,
    /// A session was given up, signed.
    Ended,
    /// How it ended on the other side, signed.
    Heard,
    /// What its recipient has said before is wanted once more.
    Wanted,
    /// A note about one person. It stands elsewhere, and is written into a set as that is made.
    Note,
    /// What was answered to a note; likewise.
    Noted,
    /// What a member says to the office of a conference; likewise.
    Record,
    /// The record of a conference from where the member has read; likewise.
    Records,
}

impl Matter {
    const ALL: &[Self] = &[
        Self::Opening,
        Self::Answer,
        Self::Receipt,
        Self::Agreement,
        Self::Ended,
        Self::Heard,
        Self::Wanted,
        Self::Note,
        Self::Noted,
        Self::Record,
        Self::Records,
    ];

    /// The matter with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.code() == code).copied()
    }

    /// The name it is stored, sent and shown under.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Answer => "answer",
            Self::Receipt => "receipt",
            Self::Agreement => "agreement",
            Self::Ended => "ended",
            Self::Heard => "heard",
            Self::Wanted => "wanted",
            Self::Note => "note",
            Self::Noted => "noted",
            Self::Record => "record",
            Self::Records => "records",
        }
    }

    /// Whether its letters go again with each set until they are acknowledged.
    #[must_use]
    pub fn is_small(self) -> bool {
        !matches!(self, Self::Opening | Self::Answer)
    }
}

/// A letter on its way into the store.
#[derive(Clone, Copy)]
pub struct NewLetter<'a> {
    /// Random.
    pub id: &'a [u8; 16],
    /// To whom.
    pub peer: &'a [u8; 32],
    /// What it is about.
    pub matter: Matter,
    /// The session's call, the agreement's digest, or the conference; none where all agreements are wanted, and of notes.
    pub about: Option<&'a [u8; 32]>,
    /// The agreement's digest, where there is one.
    pub agreement: Option<&'a [u8; 32]>,
    /// By which a later letter is known to say the same: how an agreement stands, the reason for which a session ended,
    /// the id of a note, or how far a record goes.
    pub detail: Option<&'a [u8]>,
    /// Its frames; none where they lie in a file, or are written as a set is made.
    pub body: Option<&'a [u8]>,
}

/// A letter that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its id.
    pub id: [u8; 16],
    /// To whom.
    pub peer: [u8; 32],
    /// What it is about.
    pub matter: Matter,
    /// The session's call, or the agreement's digest.
    pub about: Option<[u8; 32]>,
    /// The agreement's digest, where there is one.
    pub agreement: Option<[u8; 32]>,
    /// As [`NewLetter::detail`]; of one that repeats a letter without body, the id of that.
    pub detail: Option<Vec<u8>>,
    /// Its frames; none where they lie in a file, or are written as a set is made.
    pub body: Option<Vec<u8>>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it first went into a set.
    pub sent_at: Option<Timestamp>,
    /// When the peer said that it has it.
    pub acknowledged_at: Option<Timestamp>,
    /// When something later took its place.
    pub overtaken_at: Option<Timestamp>,
}

impl Letter {
    /// The id under which its frames lie, where they lie in a file: its own, or that of the letter it repeats.
    #[must_use]
    pub fn file(&self) -> [u8; 16] {
        let first = self.detail.as_deref().and_then(|id| id.try_into().ok());
        first.unwrap_or(self.id)
    }

    /// Whether nothing is to be done with it any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.acknowledged_at.is_some() || self.overtaken_at.is_some()
    }
}

impl Store {
    /// Keeps a letter that is due, with what the log says of it. One of the same id changes nothing.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn put_letter(&self, letter: &NewLetter<'_>, entry: Option<&Entry<'_>>) -> Result<(), Error> {
        self.write(|connection| {
            if put(connection, letter)?
                && let Some(entry) = entry
            {
                log::append(connection, entry)?;
            }
            Ok(())
        })
    }

    /// The newest letter of this matter to a peer about this session or agreement.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn newest_letter(
        &self,
        peer: &[u8; 32],
        matter: Matter,
        about: &[u8; 32],
    ) -> Result<Option<Letter>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM letters WHERE peer = ?1 AND matter = ?2 AND about = ?3 ORDER BY seq DESC LIMIT 1";
            connection
                .prepare_cached(sql)?
                .query_row(params![peer, matter.code(), about], |row| Ok(letter(row)))
                .optional()?
                .transpose()
        })
    }

    /// Letters that are not settled, to one peer or to all, in the order in which they were made.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn letters_due(&self, peer: Option<&[u8; 32]>) -> Result<Vec<Letter>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM letters
                WHERE acknowledged_at IS NULL AND overtaken_at IS NULL AND (?1 IS NULL OR peer = ?1) ORDER BY seq";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then([peer], letter)?.collect()
        })
    }

    /// Whether any letter of this matter to a peer about this session went into a set.
    ///
    /// # Errors
    /// The database's.
    pub fn was_sent(&self, peer: &[u8; 32], matter: Matter, about: &[u8; 32]) -> Result<bool, Error> {
        self.read(|connection| {
            let sql = "SELECT 1 FROM letters
                WHERE peer = ?1 AND matter = ?2 AND about = ?3 AND sent_at IS NOT NULL";
            Ok(connection
                .prepare_cached(sql)?
                .exists(params![peer, matter.code(), about])?)
        })
    }

    /// Makes a letter that went into a set due anew, under another id; the old one is overtaken, and the file with its
    /// frames stays needed. One that still waits for its first set, or does not exist, changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub fn repeat_letter(&self, id: &[u8; 16], anew: &[u8; 16]) -> Result<(), Error> {
        self.write(|connection| {
            let now = Timestamp::now();
            connection.execute(
                "INSERT INTO letters (id, seq, peer, matter, about, agreement, detail, body, made_at)
                 SELECT ?2, (SELECT max(seq) + 1 FROM letters), peer, matter, about, agreement,
                    CASE WHEN body IS NULL THEN coalesce(detail, id) ELSE detail END, body, ?3
                 FROM letters WHERE id = ?1 AND (sent_at IS NOT NULL OR overtaken_at IS NOT NULL)",
                params![id, anew, now],
            )?;
            connection.execute(
                "UPDATE letters SET overtaken_at = ?2
                 WHERE id = ?1 AND sent_at IS NOT NULL AND acknowledged_at IS NULL AND overtaken_at IS NULL",
                params![id, now],
            )?;
            Ok(())
        })
    }

    /// Whatever a peer was told of how an agreement stands, or all of them, counts as not told: it wants to hear it.
    ///
    /// # Errors
    /// The database's.
    pub fn want_agreements(&self, peer: &[u8; 32], digest: Option<&[u8; 32]>) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE letters SET overtaken_at = ?3
                WHERE peer = ?1 AND matter = 'agreement' AND about = coalesce(?2, about) AND overtaken_at IS NULL";
            connection.execute(sql, params![peer, digest, Timestamp::now()])?;
            Ok(())
        })
    }

    /// Notes that a peer has these letters; ids that are no letters to it are passed over. Sessions with that peer whose
    /// end one of them told, as it is on record, count as told.
    ///
    /// # Errors
    /// The database's.
    pub fn acknowledge_letters(&self, peer: &[u8; 32], ids: &[[u8; 16]]) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE letters SET acknowledged_at = ?3
                WHERE id = ?2 AND peer = ?1 AND acknowledged_at IS NULL AND sent_at IS NOT NULL";
            let mut acknowledge = connection.prepare_cached(sql)?;
            let told = "UPDATE sessions SET told = 1 WHERE by_files AND told = 0
                AND round IN (SELECT id FROM rounds WHERE peer = ?2)
                AND (call, end_reason) IN
                    (SELECT about, detail FROM letters WHERE id = ?1 AND matter IN ('answer', 'ended'))";
            let mut told = connection.prepare_cached(told)?;
            for id in ids {
                if acknowledge.execute(params![peer, id, Timestamp::now()])? == 1 {
                    told.execute(params![id, peer])?;
                }
            }
            Ok(())
        })
    }

    /// Takes letters of this matter about a session or an agreement out of what is due to a peer, but for one.
    ///
    /// # Errors
    /// The database's.
    pub fn overtake_letters(
        &self,
        peer: &[u8; 32],
        matter: Matter,
        about: &[u8; 32],
        but: Option<&[u8; 16]>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE letters SET overtaken_at = ?5
                WHERE peer = ?1 AND matter = ?2 AND about = ?3 AND id IS NOT ?4
                AND acknowledged_at IS NULL AND overtaken_at IS NULL";
            connection.execute(sql, params![peer, matter.code(), about, but, Timestamp::now()])?;
            Ok(())
        })
    }

    /// Takes openings and answers out of what is due whose sessions have ended: nobody needs them any more.
    ///
    /// # Errors
    /// The database's.
    pub fn overtake_ended(&self) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE letters SET overtaken_at = ?1
                WHERE body IS NULL AND acknowledged_at IS NULL AND overtaken_at IS NULL
                AND about IN (SELECT call FROM sessions WHERE by_files AND end_reason IS NOT NULL)";
            connection.execute(sql, [Timestamp::now()])?;
            Ok(())
        })
    }

    /// Whether a letter with frames in a file is due: the file is needed.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn letter(&self, id: &[u8; 16]) -> Result<Option<Letter>, Error> {
        self.read(|connection| {
            connection
                .query_row("SELECT * FROM letters WHERE id = ?1", [id], |row| Ok(letter(row)))
                .optional()?
                .transpose()
        })
    }

    /// Every session that goes by files, also those that have ended.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn sessions_by_files(&self) -> Result<Vec<Session>, Error> {
        self.read(session::by_files)
    }
}

/// `false` where it was put before.
pub(crate) fn put(connection: &Connection, letter: &NewLetter<'_>) -> Result<bool, Error> {
    let sql = "INSERT INTO letters (id, seq, peer, matter, about, agreement, detail, body, made_at)
        VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM letters), ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (id) DO NOTHING";
    let put = connection.execute(
        sql,
        params![
            letter.id,
            letter.peer,
            letter.matter.code(),
            letter.about,
            letter.agreement,
            letter.detail,
            letter.body,
            Timestamp::now(),
        ],
    )?;
    Ok(put == 1)
}

/// Letters whose frames lay in files that are not here: a backup leaves them out.
pub(crate) fn overtake_files(connection: &Connection) -> Result<(), Error> {
    let sql = "UPDATE letters SET overtaken_at = ?1
        WHERE body IS NULL AND acknowledged_at IS NULL AND overtaken_at IS NULL";
    connection.execute(sql, [Timestamp::now()])?;
    Ok(())
}

pub(super) fn letter(row: &Row<'_>) -> Result<Letter, Error> {
    let (id, matter): ([u8; 16], String) = (row.get("id")?, row.get("matter")?);
    Ok(Letter {
        id,
        peer: row.get("peer")?,
        matter: Matter::from_code(&matter).ok_or_else(|| Error::damaged("letter", Hex(id)))?,
        about: row.get("about")?,
        agreement: row.get("agreement")?,
        detail: row.get("detail")?,
        body: row.get("body")?,
        made_at: row.get("made_at")?,
        sent_at: row.get("sent_at")?,
        acknowledged_at: row.get("acknowledged_at")?,
        overtaken_at: row.get("overtaken_at")?,
    })
}
