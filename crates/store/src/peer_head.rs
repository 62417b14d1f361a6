//! Which heads of its log each peer has signed for: a log that is shorter now, or another, was tampered with or restored.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Error;
use crate::log::LogHead;
use crate::store::Store;

/// What a peer's head says beside those known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadNews {
    /// None was known.
    First,
    /// It is the furthest one known.
    Same,
    /// The log has grown.
    Newer,
    /// It was signed for before the furthest one known and came later, as files may.
    Late,
    /// The log is shorter than it was: it was restored from a backup, or cut.
    Older,
    /// Another entry stands where a known head was: the log was rewritten.
    Forked,
}

impl HeadNews {
    /// The kind of the log's entry, where it is a reason for one.
    #[must_use]
    pub fn alarm(self) -> Option<&'static str> {
        match self {
            Self::Older => Some("peer_log_went_back"),
            Self::Forked => Some("peer_log_forked"),
            Self::First | Self::Same | Self::Newer | Self::Late => None,
        }
    }
}

impl Store {
    /// The furthest head known of a peer.
    ///
    /// # Errors
    /// The database's.
    pub fn peer_head(&self, peer: &[u8; 32]) -> Result<Option<LogHead>, Error> {
        self.read(|connection| furthest(connection, peer))
    }
}

/// Compares a head that a peer signed with those known of it, and keeps it, unless it contradicts one. By files receipts
/// are signed ahead, and come in any order: only a contradiction tells of something.
pub(crate) fn note(
    connection: &Connection,
    peer: &[u8; 32],
    head: &LogHead,
    by_files: bool,
) -> Result<HeadNews, Error> {
    let news = match (at(connection, peer, head.seq)?, furthest(connection, peer)?) {
        (Some(known), _) if known != *head => return Ok(HeadNews::Forked),
        (_, None) => HeadNews::First,
        (_, Some(known)) if known.seq == head.seq => HeadNews::Same,
        (_, Some(known)) if known.seq < head.seq => HeadNews::Newer,
        _ if by_files => HeadNews::Late,
        _ => HeadNews::Older,
    };
    let sql = "INSERT INTO peer_heads (peer, seq, hash) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    connection.execute(sql, params![peer, head.seq, head.hash])?;
    Ok(news)
}

fn furthest(connection: &Connection, peer: &[u8; 32]) -> Result<Option<LogHead>, Error> {
    let sql = "SELECT seq, hash FROM peer_heads WHERE peer = ?1 ORDER BY seq DESC LIMIT 1";
    Ok(connection.query_row(sql, [peer], head).optional()?)
}

fn at(connection: &Connection, peer: &[u8; 32], seq: u64) -> Result<Option<LogHead>, Error> {
    let sql = "SELECT seq, hash FROM peer_heads WHERE peer = ?1 AND seq = ?2";
    Ok(connection.query_row(sql, params![peer, seq], head).optional()?)
}

fn head(row: &Row<'_>) -> rusqlite::Result<LogHead> {
    Ok(LogHead {
        seq: row.get("seq")?,
        hash: row.get("hash")?,
    })
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
        let put = |store: &Store, peer: &[u8; 32], head, by_files| {
            store
                .write(|connection| super::note(connection, peer, &head, by_files))
                .unwrap()
        };
        let note = |store: &Store, head| put(store, &[1; 32], head, false);
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
        assert_eq!(put(&store, &[2; 32], head(1, 1), false), HeadNews::First);
        // By files the order tells nothing, and a contradiction does, also below the furthest.
        let late = |head| put(&store, &[1; 32], head, true);
        assert_eq!(late(head(7, 7)), HeadNews::Late);
        assert_eq!(late(head(7, 7)), HeadNews::Late);
        assert_eq!(late(head(7, 8)), HeadNews::Forked);
        assert_eq!(note(&store, head(5, 4)), HeadNews::Forked);
        assert_eq!(late(head(10, 10)), HeadNews::Newer);
        assert_eq!(store.peer_head(&[1; 32]).unwrap(), Some(head(10, 10)));
        for sql in [
            "UPDATE peer_heads SET seq = 1",
            "UPDATE peer_heads SET hash = zeroblob(32)",
            "DELETE FROM peer_heads",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }

    #[test]
    fn a_head_is_noted_with_the_end_that_it_came_with_or_not_at_all() {
        use crate::samples::{self, ENTRY, done, outcome, unput_round};
        use crate::session::SessionOutcome;
        let (_dir, store) = fresh();
        let round = unput_round(&store, [samples::dataset(&store, [])]);
        let new = samples::session(&round, b"open", &[1; 32]);
        store.begin_session(&new).unwrap();
        let known = LogHead {
            seq: 9,
            hash: [9; 32],
        };
        let lower = LogHead { seq: 5, ..known };
        store
            .write(|connection| super::note(connection, &round.peer, &known, false))
            .unwrap();
        let ended = done(&round);
        let whole = SessionOutcome {
            peer_head: Some((lower, "县残联")),
            ..outcome(&ended)
        };
        let unfit = serde_json::json!(0.5);
        let entry = crate::log::Entry {
            body: &unfit,
            ..ENTRY
        };
        store
            .end_session(&SessionOutcome {
                entry,
                ..whole.clone()
            })
            .unwrap_err();
        let alarms = || {
            let entries = store.entries(0, 100).unwrap().into_iter();
            entries.filter(|entry| entry.kind == "peer_log_went_back").count()
        };
        assert_eq!(alarms(), 0);
        assert_eq!(store.end_session(&whole).unwrap(), Some(HeadNews::Older));
        assert_eq!(store.end_session(&whole).unwrap(), None, "it has ended before");
        assert_eq!(alarms(), 1);
        store.verify().unwrap();
    }
}
