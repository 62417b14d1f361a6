//! A session that is answered by files: its answer lies ready, its secrets are gone, and the receiver's receipt may come
//! at any time, or never.

use jiff::Timestamp;
use rusqlite::params;

use super::{by_round, erase_secrets, must_be_open, note};
use crate::error::Error;
use crate::ferry::{self, NewLetter};
use crate::log::{self, Entry};
use crate::round::Role;
use crate::store::Store;

/// An answer that lies ready.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    /// The session's round.
    pub round: &'a [u8; 32],
    /// This side's receipt, signed ahead of the receiver's.
    pub own_receipt: &'a [u8],
    /// What the receiver's receipt must say.
    pub due: &'a [u8],
    /// The letter by which the answer goes.
    pub letter: NewLetter<'a>,
    /// What the log says.
    pub entry: Entry<'a>,
}

impl Store {
    /// Keeps that a session is answered, with the letter that carries the answer, and erases the session's key, seed and
    /// chunks, all or nothing; then empties the write-ahead log, so that no file holds the erased bytes. The same again
    /// only does that last part.
    ///
    /// # Errors
    /// [`Error::SessionChanged`] where it was answered otherwise; [`Error::SessionEnded`]; [`Error::Immutable`] where it
    /// goes over a line, or this side asks; [`Error::Unknown`]; those of [`Store::append`].
    pub fn answer_session(&self, answered: &Answered<'_>) -> Result<(), Error> {
        self.write(|connection| {
            let Answered {
                round,
                own_receipt,
                due,
                ref letter,
                ref entry,
            } = *answered;
            must_be_open(connection, round)?;
            let known = by_round(connection, round)?;
            let known = known
                .filter(|known| known.by_files && known.role == Role::Sender)
                .ok_or_else(|| {
                    Error::immutable("only a sender by files answers before the receiver has signed")
                })?;
            if known.answered_at.is_some() {
                let same = known.receipt.as_deref() == Some(own_receipt) && known.due.as_deref() == Some(due);
                return if same {
                    Ok(())
                } else {
                    Err(Error::changed("answer"))
                };
            }
            note(connection, round, "receipt", own_receipt)?;
            connection.execute(
                "UPDATE sessions SET answered_at = ?2, due = ?3 WHERE round = ?1",
                params![round, Timestamp::now(), due],
            )?;
            ferry::put_letter(connection, letter)?;
            erase_secrets(connection, Some(round))?;
            log::append(connection, entry)?;
            Ok(())
        })?;
        self.checkpoint()
    }
}
