//! Sessions that outlive their process: what both sides said, and the secrets to go on from, until the session ends.

use hefu_casework::Hex;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::budget::{self, Debit};
use crate::error::Error;
use crate::key_memory;
use crate::log::{self, Entry};
use crate::round::{self, Role, Round};
use crate::store::Store;

mod answered;
mod chunk;
mod end;
mod given_up;
mod secret;

pub use answered::Answered;
pub use chunk::Direction;
pub(crate) use end::erase_secrets;
pub use end::{SessionEnd, SessionOutcome};
pub use given_up::GivenUp;

/// The protocol session of one round. Messages are kept as they went over the wire, to be repeated byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its round's id.
    pub round: [u8; 32],
    /// Its round's role.
    pub role: Role,
    /// SHA-256 of the opening: what a peer that calls again is known by. Once a role.
    pub call: [u8; 32],
    /// The opening.
    pub open: Vec<u8>,
    /// The sender's answer to it.
    pub accept: Option<Vec<u8>>,
    /// The receiver's commitment.
    pub commit: Option<Vec<u8>>,
    /// The root over the sender's tags.
    pub tags_root: Option<[u8; 32]>,
    /// This side's own receipt, kept after the end so that a lost reply can be repeated.
    pub receipt: Option<Vec<u8>>,
    /// The other side's receipt.
    pub peer_receipt: Option<Vec<u8>>,
    /// When it may no longer be resumed.
    pub expires_at: Timestamp,
    /// Whether it goes by files, and never over a line.
    pub by_files: bool,
    /// When its answer was durable, where this side answers by files: from then on it has no secrets, and waits for the
    /// receiver's receipt alone.
    pub answered_at: Option<Timestamp>,
    /// What that receipt must say, as the node wrote it down.
    pub due: Option<Vec<u8>>,
    /// How it ended; `None` while it is under way.
    pub end: Option<SessionEnd>,
}

impl Session {
    /// Whether it goes by files and its receiver, this side, has the whole answer and has signed for it: both have signed,
    /// and it ends as agreed as soon as the result is looked at, whatever comes of that. Nothing else ends it.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.by_files && self.role == Role::Receiver && self.receipt.is_some() && self.end.is_none()
    }
}

/// A session at its beginning.
#[derive(Clone, Copy)]
pub struct NewSession<'a> {
    /// Its round, running.
    pub round: &'a Round,
    /// The opening.
    pub open: &'a [u8],
    /// What all of this side's secrets derive from.
    pub seed: &'a [u8; 32],
    /// When it may no longer be resumed.
    pub expires_at: Timestamp,
    /// Whether it goes by files.
    pub by_files: bool,
    /// What this side enters, where that stands in no dataset: kept until the session ends.
    pub entered: Option<&'a [u8]>,
    /// What the peer spends on it, where this side discloses.
    pub debit: Option<Debit<'a>>,
    /// What the log says.
    pub entry: Entry<'a>,
}

impl Store {
    /// Writes round, session, debit and log entry, all or nothing of them. The same session again changes nothing.
    ///
    /// # Errors
    /// [`Error::BudgetSpent`], [`Error::RoundsSpent`], [`Error::ChecksSpent`], [`Error::BudgetLocked`];
    /// [`Error::SessionVoided`] where the call was debited and has no session any more; [`Error::SessionChanged`] where the round or the call has another
    /// session; [`Error::SessionEnded`], also where the call was given up before it came; those of [`Store::put_round`] and [`Store::append`].
    pub fn begin_session(&self, new: &NewSession<'_>) -> Result<(), Error> {
        self.write(|connection| self.begin(connection, new))
    }

    pub(crate) fn begin(&self, connection: &Connection, new: &NewSession<'_>) -> Result<(), Error> {
        let round = new.round;
        let mut call = [0; 32];
        call.copy_from_slice(digest(&SHA256, new.open).as_ref());
        if let Some(known) = by_round(connection, &round.id)? {
            return self.must_be_the_same(connection, &known, new);
        }
        if by_call(connection, round.role, &call)?.is_some() {
            return Err(Error::changed("round"));
        }
        if round.role == Role::Sender && given_up::is_given_up(connection, &round.peer, &call)? {
            return Err(Error::SessionEnded);
        }
        if let Some(debit) = &new.debit {
            budget::debit(connection, &round.peer, &round.agreement, &call, debit)?;
        }
        round::put(connection, round)?;
        connection.execute(
            "INSERT INTO sessions (round, role, call, open, expires_at, by_files) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                round.id,
                round.role.code(),
                call,
                new.open,
                new.expires_at,
                new.by_files
            ],
        )?;
        secret::keep_seed(self.vault(), connection, &round.id, new.seed)?;
        if let Some(entered) = new.entered {
            secret::keep_set(self.vault(), connection, &round.id, entered)?;
        }
        log::append(connection, &new.entry)?;
        Ok(())
    }

    fn must_be_the_same(
        &self,
        connection: &Connection,
        known: &Session,
        new: &NewSession<'_>,
    ) -> Result<(), Error> {
        if known.end.is_some() {
            return Err(Error::SessionEnded);
        }
        if known.open != new.open || known.role != new.round.role {
            return Err(Error::changed("open"));
        }
        if known.expires_at != new.expires_at {
            return Err(Error::changed("expiry"));
        }
        if known.by_files != new.by_files {
            return Err(Error::changed("carrier"));
        }
        let seed = secret::seed(self.vault(), connection, &known.round)?;
        if !seed.is_some_and(|seed| self.vault().equal(seed.as_ref(), new.seed)) {
            return Err(Error::changed("seed"));
        }
        Ok(())
    }

    /// Keeps the sender's answer to the opening, and remembers its key, `fresh`, in the same breath. `false`, and nothing
    /// is kept, where that key was seen in another session: a key that comes again lets two rounds be linked.
    ///
    /// # Errors
    /// [`Error::SessionChanged`] where there is another, [`Error::SessionEnded`], [`Error::Unknown`]; the database's.
    pub fn note_accept(
        &self,
        round: &[u8; 32],
        accept: &[u8],
        fresh: Option<&[u8; 32]>,
    ) -> Result<bool, Error> {
        self.write(|connection| {
            let session =
                by_round(connection, round)?.ok_or_else(|| Error::unknown("session", Hex(*round)))?;
            // Once it is this session's own, it is no stranger.
            if let Some(key) = fresh.filter(|_| session.accept.is_none())
                && !key_memory::remember(connection, key)?
            {
                return Ok(false);
            }
            note(connection, round, "accept", accept)?;
            Ok(true)
        })
    }

    /// Keeps the receiver's commitment.
    ///
    /// # Errors
    /// As [`Store::note_accept`].
    pub fn note_commit(&self, round: &[u8; 32], commit: &[u8]) -> Result<(), Error> {
        self.write(|connection| note(connection, round, "commit", commit))
    }

    /// Keeps the root over the sender's tags.
    ///
    /// # Errors
    /// As [`Store::note_accept`].
    pub fn note_tags_root(&self, round: &[u8; 32], root: &[u8; 32]) -> Result<(), Error> {
        self.write(|connection| note(connection, round, "tags_root", root))
    }

    /// Keeps this side's own receipt.
    ///
    /// # Errors
    /// As [`Store::note_accept`].
    pub fn note_receipt(&self, round: &[u8; 32], receipt: &[u8]) -> Result<(), Error> {
        self.write(|connection| note(connection, round, "receipt", receipt))
    }

    /// The session's seed; `None` once it was answered by files, or ended.
    ///
    /// # Errors
    /// [`Error::Sealed`]; the database's.
    pub fn session_seed(&self, round: &[u8; 32]) -> Result<Option<Zeroizing<[u8; 32]>>, Error> {
        self.read(|connection| secret::seed(self.vault(), connection, round))
    }

    /// What a session under way enters where that stands in no dataset; `None` where it does, or once the session ended.
    ///
    /// # Errors
    /// [`Error::Sealed`]; the database's.
    pub fn session_set(&self, round: &[u8; 32]) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.read(|connection| secret::set(self.vault(), connection, round))
    }

    /// The session of a round.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn session(&self, round: &[u8; 32]) -> Result<Option<Session>, Error> {
        self.read(|connection| by_round(connection, round))
    }

    /// The session that an opening with this digest began.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn session_by_call(&self, role: Role, call: &[u8; 32]) -> Result<Option<Session>, Error> {
        self.read(|connection| by_call(connection, role, call))
    }

    /// Sessions under way, whether or not they have expired.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn open_sessions(&self) -> Result<Vec<Session>, Error> {
        self.read(open)
    }

    /// Sessions over a line that ended badly while this side was their receiver and whose sender does not know it yet.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn untold_sessions(&self) -> Result<Vec<Session>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM sessions WHERE length(end_reason) > 0 AND told = 0 AND role = ?1 AND NOT by_files
                ORDER BY round";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then([Role::Receiver.code()], session)?.collect()
        })
    }
}

/// Every session that goes by files, also those that have ended, in the order of their calls.
pub(crate) fn by_files(connection: &Connection) -> Result<Vec<Session>, Error> {
    let mut all = connection.prepare_cached("SELECT * FROM sessions WHERE by_files ORDER BY call")?;
    all.query_and_then([], session)?.collect()
}

pub(crate) fn open(connection: &Connection) -> Result<Vec<Session>, Error> {
    let mut all =
        connection.prepare_cached("SELECT * FROM sessions WHERE end_reason IS NULL ORDER BY round")?;
    all.query_and_then([], session)?.collect()
}

/// Writes one part of a session once; a repetition is no change, also after the end.
fn note(connection: &Connection, round: &[u8; 32], part: &'static str, value: &[u8]) -> Result<(), Error> {
    let known: Option<Option<Vec<u8>>> = connection
        .query_row(
            &format!("SELECT \"{part}\" FROM sessions WHERE round = ?1"),
            [round],
            |row| row.get(0),
        )
        .optional()?;
    match known.flatten() {
        Some(known) if known == value => Ok(()),
        Some(_) => Err(Error::changed(part)),
        None => {
            must_be_open(connection, round)?;
            connection.execute(
                &format!("UPDATE sessions SET \"{part}\" = ?2 WHERE round = ?1"),
                params![round, value],
            )?;
            Ok(())
        }
    }
}

fn must_be_open(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    let ended: Option<bool> = connection
        .query_row(
            "SELECT end_reason IS NOT NULL FROM sessions WHERE round = ?1",
            [round],
            |row| row.get(0),
        )
        .optional()?;
    match ended {
        Some(false) => Ok(()),
        Some(true) => Err(Error::SessionEnded),
        None => Err(Error::unknown("session", Hex(*round))),
    }
}

fn by_round(connection: &Connection, round: &[u8; 32]) -> Result<Option<Session>, Error> {
    connection
        .query_row("SELECT * FROM sessions WHERE round = ?1", [round], |row| {
            Ok(session(row))
        })
        .optional()?
        .transpose()
}

fn by_call(connection: &Connection, role: Role, call: &[u8; 32]) -> Result<Option<Session>, Error> {
    let sql = "SELECT * FROM sessions WHERE call = ?1 AND role = ?2";
    connection
        .query_row(sql, params![call, role.code()], |row| Ok(session(row)))
        .optional()?
        .transpose()
}

fn session(row: &Row<'_>) -> Result<Session, Error> {
    let role: String = row.get("role")?;
    let reason: Option<Vec<u8>> = row.get("end_reason")?;
    Ok(Session {
        round: row.get("round")?,
        role: Role::from_code(&role).ok_or_else(|| Error::damaged("session", role))?,
        call: row.get("call")?,
        open: row.get("open")?,
        accept: row.get("accept")?,
        commit: row.get("commit")?,
        tags_root: row.get("tags_root")?,
        receipt: row.get("receipt")?,
        peer_receipt: row.get("peer_receipt")?,
        expires_at: row.get("expires_at")?,
        by_files: row.get("by_files")?,
        answered_at: row.get("answered_at")?,
        due: row.get("due")?,
        end: match reason {
            Some(reason) => Some(SessionEnd {
                reason,
                told: row.get("told")?,
            }),
            None => None,
        },
    })
}

#[cfg(test)]
mod tests;
