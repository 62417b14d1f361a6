//! How far each peer's log had come when it last said so: a log that is shorter now, or another, was tampered with or
//! restored.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Error;
use crate::log::LogHead;
use crate::store::Store;

/// What a peer's head says beside the furthest known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadNews {
    /// None was known.
    First,
    /// It is the one known.
    Same,
    /// The log has grown.
    Newer,
    /// The log is shorter than it was: it was restored from a backup, or cut.
    Older,
    /// Another entry stands where the known head was: the log was rewritten.
    Forked,
}

impl Store {
    /// Compares a head that a peer signed with the furthest one known of it, and keeps the further.
    ///
    /// # Errors
    /// The database's.
    pub fn note_peer_head(&self, peer: &[u8; 32], head: &LogHead) -> Result<HeadNews, Error> {
        self.write(|connection| {
            let news = match known(connection, peer)? {
                None => HeadNews::First,
                Some(known) if known == *head => HeadNews::Same,
                Some(known) if known.seq == head.seq => HeadNews::Forked,
                Some(known) if known.seq > head.seq => HeadNews::Older,
                Some(_) => HeadNews::Newer,
            };
            if matches!(news, HeadNews::First | HeadNews::Newer) {
                connection.execute(
                    "INSERT INTO peer_heads (peer, seq, hash) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET seq = ?2, hash = ?3",
                    params![peer, head.seq, head.hash],
                )?;
            }
            Ok(news)
        })
    }

    /// The furthest head known of a peer.
    ///
    /// # Errors
    /// The database's.
    pub fn peer_head(&self, peer: &[u8; 32]) -> Result<Option<LogHead>, Error> {
        self.read(|connection| known(connection, peer))
    }
}

fn known(connection: &Connection, peer: &[u8; 32]) -> Result<Option<LogHead>, Error> {
    Ok(connection
        .query_row(
            "SELECT seq, hash FROM peer_heads WHERE peer = ?1",
            [peer],
            |row| {
                Ok(LogHead {
                    seq: row.get(0)?,
                    hash: row.get(1)?,
                })
            },
        )
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{fresh, passphrase};

    #[test]
    fn a_log_that_shrinks_or_forks_is_noticed_even_after_a_restart() {
        let (dir, store) = fresh();
        let head = |seq, byte| LogHead {
            seq,
            hash: [byte; 32],
        };
        let note = |store: &Store, head| store.note_peer_head(&[1; 32], &head).unwrap();
        assert_eq!(store.peer_head(&[1; 32]).unwrap(), None);
        assert_eq!(note(&store, head(5, 5)), HeadNews::First);
        assert_eq!(note(&store, head(5, 5)), HeadNews::Same);
        assert_eq!(note(&store, head(9, 9)), HeadNews::Newer);
        drop(store);
        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        assert_eq!(note(&store, head(9, 8)), HeadNews::Forked);
        assert_eq!(note(&store, head(5, 5)), HeadNews::Older);
        assert_eq!(
            note(&store, head(9, 9)),
            HeadNews::Same,
            "what was odd replaced nothing"
        );
        assert_eq!(store.peer_head(&[1; 32]).unwrap(), Some(head(9, 9)));
        assert_eq!(
            store.note_peer_head(&[2; 32], &head(1, 1)).unwrap(),
            HeadNews::First
        );
        for sql in [
            "UPDATE peer_heads SET seq = 1",
            "UPDATE peer_heads SET hash = zeroblob(32)",
            "DELETE FROM peer_heads",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }
}
