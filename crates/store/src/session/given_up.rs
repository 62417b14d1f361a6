//! Calls that were given up before they came: they never begin a session, on whatever carrier they come later.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::by_call;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::round::{self, Role};
use crate::store::Store;

/// What came of giving a call up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It is on record, and begins nothing.
    Kept,
    /// It has begun a session with that peer, and nothing is kept.
    Begun,
    /// The peer has given up as many as it may, and nothing is kept.
    TooMany,
}

impl Store {
    /// Keeps that a peer's call is never begun here, and what the log says of it; once, however often it is said.
    ///
    /// # Errors
    /// The database's; those of [`Store::append`].
    pub fn give_up(
        &self,
        peer: &[u8; 32],
        call: &[u8; 32],
        most: u64,
        entry: &Entry<'_>,
    ) -> Result<GivenUp, Error> {
        self.write(|connection| {
            if let Some(session) = by_call(connection, Role::Sender, call)?
                && round::get(connection, &session.round)?.is_some_and(|round| round.peer == *peer)
            {
                return Ok(GivenUp::Begun);
            }
            if is_given_up(connection, peer, call)? {
                return Ok(GivenUp::Kept);
            }
            let many = "SELECT count(*) FROM given_up WHERE peer = ?1";
            if connection.query_row(many, [peer], |row| row.get::<_, u64>(0))? >= most {
                return Ok(GivenUp::TooMany);
            }
            let sql = "INSERT INTO given_up (peer, call, heard_at) VALUES (?1, ?2, ?3)";
            connection.execute(sql, params![peer, call, Timestamp::now()])?;
            log::append(connection, entry)?;
            Ok(GivenUp::Kept)
        })
    }

    /// Whether a peer's call was given up before it came.
    ///
    /// # Errors
    /// The database's.
    pub fn is_given_up(&self, peer: &[u8; 32], call: &[u8; 32]) -> Result<bool, Error> {
        self.read(|connection| is_given_up(connection, peer, call))
    }
}

pub(super) fn is_given_up(connection: &Connection, peer: &[u8; 32], call: &[u8; 32]) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM given_up WHERE peer = ?1 AND call = ?2)";
    Ok(connection.query_row(sql, params![peer, call], |row| row.get(0))?)
}
