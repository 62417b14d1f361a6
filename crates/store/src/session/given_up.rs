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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::Round;
    use crate::samples::{self, ENTRY, unput_round};
    use crate::store::tests::fresh;

    #[test]
    fn a_call_that_is_given_up_begins_nothing_and_one_that_has_begun_is_not_given_up() {
        let (_dir, store) = fresh();
        let round = Round {
            role: Role::Sender,
            ..unput_round(&store, [samples::dataset(&store, [])])
        };
        let new = samples::session(&round, b"open", &[1; 32]);
        let mut call = [0; 32];
        call.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, b"open").as_ref());
        let entries = || store.head().unwrap().seq;
        let give_up = |peer: &[u8; 32], call, most| store.give_up(peer, call, most, &ENTRY).unwrap();

        // Another peer's word is about another peer's call.
        let before = entries();
        assert_eq!(give_up(&[9; 32], &call, 2), GivenUp::Kept);
        assert_eq!(give_up(&[9; 32], &call, 2), GivenUp::Kept);
        assert_eq!(entries() - before, 1, "once");
        assert_eq!(give_up(&[9; 32], &[1; 32], 2), GivenUp::Kept);
        assert_eq!(give_up(&[9; 32], &[2; 32], 2), GivenUp::TooMany);
        assert!(!store.is_given_up(&[9; 32], &[2; 32]).unwrap());
        assert!(!store.is_given_up(&round.peer, &call).unwrap());
        store.begin_session(&new).unwrap();
        assert_eq!(give_up(&round.peer, &call, 2), GivenUp::Begun);

        let late = Round {
            id: [8; 32],
            ..round.clone()
        };
        let mut call = [0; 32];
        call.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, b"late").as_ref());
        assert_eq!(give_up(&round.peer, &call, 2), GivenUp::Kept);
        let late = samples::session(&late, b"late", &[2; 32]);
        assert!(matches!(store.begin_session(&late), Err(Error::SessionEnded)));
        assert_eq!(store.open_sessions().unwrap().len(), 1);
        for sql in ["UPDATE given_up SET heard_at = 1", "DELETE FROM given_up"] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }
}
