use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::error::Error;
use crate::ferry;
use crate::log::{self, Entry};
use crate::store::Store;

/// Another agency's node, as its card names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its Ed25519 public key.
    pub node_key: [u8; 32],
    /// The agency's name.
    pub name: String,
    /// What was read aloud when the cards were compared.
    pub fingerprint: String,
    /// The card, canonical JSON.
    pub card: Vec<u8>,
    /// Whether an operator compared the fingerprint; only then may it connect.
    pub pinned: bool,
    /// When it was first put.
    pub added_at: Timestamp,
}

/// How this node and a peer reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Over a line.
    Line,
    /// By files, both ways.
    Files,
    /// By files, which go to the peer and never come from it.
    FilesOut,
    /// By files, which come from the peer and never go to it.
    FilesIn,
}

impl Carrier {
    const ALL: &[Self] = &[Self::Line, Self::Files, Self::FilesOut, Self::FilesIn];

    /// The carrier with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.code() == code).copied()
    }

    /// The name it is stored and shown under.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Files => "files",
            Self::FilesOut => "files_out",
            Self::FilesIn => "files_in",
        }
    }

    /// Whether it is not a line.
    #[must_use]
    pub fn by_files(self) -> bool {
        self != Self::Line
    }

    /// Whether anything can go to the peer.
    #[must_use]
    pub fn goes_out(self) -> bool {
        self != Self::FilesIn
    }

    /// Whether anything can come from it.
    #[must_use]
    pub fn comes_in(self) -> bool {
        self != Self::FilesOut
    }
}

/// A peer's card that a later one replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCard {
    /// The card, canonical JSON.
    pub card: Vec<u8>,
    /// Until when it was in force.
    pub replaced_at: Timestamp,
}

impl Store {
    /// Adds a peer, or replaces what is known of it save when it was added. A card that is replaced is kept as a past
    /// one; a peer that was withdrawn is in force again.
    ///
    /// # Errors
    /// The database's.
    pub fn put_peer(&self, peer: &Peer) -> Result<(), Error> {
        self.write(|connection| {
            connection.execute(
                "INSERT INTO past_cards (node_key, card, replaced_at)
                 SELECT node_key, card, ?3 FROM peers WHERE node_key = ?1 AND card <> ?2",
                params![peer.node_key, peer.card, Timestamp::now()],
            )?;
            connection.execute(
                "INSERT INTO peers (node_key, name, fingerprint, card, pinned, added_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET name = ?2, fingerprint = ?3, card = ?4, pinned = ?5, withdrawn_at = NULL",
                params![
                    peer.node_key,
                    peer.name,
                    peer.fingerprint,
                    peer.card,
                    peer.pinned,
                    peer.added_at
                ],
            )?;
            ferry::forget_card(connection, &peer.node_key)
        })
    }

    /// How this node and a peer reach each other; over a line, unless it was set otherwise.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the database's; [`Error::Damaged`].
    pub fn carrier(&self, node_key: &[u8; 32]) -> Result<Carrier, Error> {
        self.read(|connection| {
            let sql = "SELECT carrier FROM peers WHERE node_key = ?1";
            let code: Option<String> = connection
                .prepare_cached(sql)?
                .query_row([node_key], |row| row.get(0))
                .optional()?;
            let code = code.ok_or_else(|| Error::unknown("peer", Hex(*node_key)))?;
            Carrier::from_code(&code).ok_or_else(|| Error::damaged("peer", Hex(*node_key)))
        })
    }

    /// Sets how this node and a peer reach each other from now on, and writes the log entry.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the database's; those of [`Store::append`].
    pub fn set_carrier(&self, node_key: &[u8; 32], carrier: Carrier, entry: &Entry<'_>) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE peers SET carrier = ?2 WHERE node_key = ?1 AND withdrawn_at IS NULL";
            if connection.execute(sql, params![node_key, carrier.code()])? == 0 {
                return Err(Error::unknown("peer", Hex(*node_key)));
            }
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// The peer in force with this key.
    ///
    /// # Errors
    /// The database's.
    pub fn peer(&self, node_key: &[u8; 32]) -> Result<Option<Peer>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM peers WHERE node_key = ?1 AND withdrawn_at IS NULL";
            Ok(connection.query_row(sql, [node_key], peer).optional()?)
        })
    }

    /// Every peer in force, by name.
    ///
    /// # Errors
    /// The database's.
    pub fn peers(&self) -> Result<Vec<Peer>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM peers WHERE withdrawn_at IS NULL ORDER BY name, node_key";
            let mut all = connection.prepare_cached(sql)?;
            Ok(all.query_map([], peer)?.collect::<Result<_, _>>()?)
        })
    }

    /// Every peer there ever was, by name, with the time at which it was withdrawn.
    ///
    /// # Errors
    /// The database's.
    pub fn all_peers(&self) -> Result<Vec<(Peer, Option<Timestamp>)>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM peers ORDER BY name, node_key")?;
            Ok(all
                .query_map([], |row| Ok((peer(row)?, row.get("withdrawn_at")?)))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// The cards that a peer had before its present one, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn past_cards(&self, node_key: &[u8; 32]) -> Result<Vec<PastCard>, Error> {
        self.read(|connection| {
            let mut all =
                connection.prepare_cached("SELECT * FROM past_cards WHERE node_key = ?1 ORDER BY seq")?;
            let past = all.query_map([node_key], |row| {
                Ok(PastCard {
                    card: row.get("card")?,
                    replaced_at: row.get("replaced_at")?,
                })
            })?;
            Ok(past.collect::<Result<_, _>>()?)
        })
    }

    /// Withdraws a peer: what is known of it stays. `false` where it was not in force.
    ///
    /// # Errors
    /// The database's.
    pub fn remove_peer(&self, node_key: &[u8; 32]) -> Result<bool, Error> {
        self.write(|connection| {
            let sql = "UPDATE peers SET withdrawn_at = ?2 WHERE node_key = ?1 AND withdrawn_at IS NULL";
            Ok(connection.execute(sql, params![node_key, Timestamp::now()])? == 1)
        })
    }
}

fn peer(row: &Row<'_>) -> rusqlite::Result<Peer> {
    Ok(Peer {
        node_key: row.get("node_key")?,
        name: row.get("name")?,
        fingerprint: row.get("fingerprint")?,
        card: row.get("card")?,
        pinned: row.get("pinned")?,
        added_at: row.get("added_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::fresh;

    fn court() -> Peer {
        Peer {
            node_key: [1; 32],
            name: "县法院".to_owned(),
            fingerprint: "0101 0101".to_owned(),
            card: b"{}".to_vec(),
            pinned: false,
            added_at: "2026-10-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn peers_are_put_changed_and_withdrawn() {
        let (_dir, store) = fresh();
        let court = court();
        store.put_peer(&court).unwrap();
        store
            .put_peer(&Peer {
                node_key: [2; 32],
                ..court.clone()
            })
            .unwrap();
        let pinned = Peer {
            pinned: true,
            ..court
        };
        store
            .put_peer(&Peer {
                added_at: Timestamp::UNIX_EPOCH,
                ..pinned.clone()
            })
            .unwrap();

        assert_eq!(store.peer(&[1; 32]).unwrap(), Some(pinned.clone()));
        assert_eq!(store.peers().unwrap().len(), 2);
        assert!(store.remove_peer(&[1; 32]).unwrap());
        assert!(!store.remove_peer(&[1; 32]).unwrap());
        assert!(!store.remove_peer(&[3; 32]).unwrap());
        assert_eq!(store.peer(&[1; 32]).unwrap(), None);
        assert_eq!(store.peers().unwrap().len(), 1);
        let all = store.all_peers().unwrap();
        assert_eq!(all[0].0, pinned);
        assert!(all[0].1.is_some() && all[1].1.is_none());
        assert!(matches!(
            store.raw("DELETE FROM peers"),
            Err(Error::Immutable { .. })
        ));
    }

    #[test]
    fn a_peer_that_comes_with_another_card_keeps_its_past_ones() {
        let (_dir, store) = fresh();
        let first = court();
        let second = Peer {
            card: b"{\"tls\": 2}".to_vec(),
            fingerprint: "0202 0202".to_owned(),
            ..first.clone()
        };
        store.put_peer(&first).unwrap();
        store.put_peer(&first).unwrap();
        assert!(store.past_cards(&[1; 32]).unwrap().is_empty());
        store.remove_peer(&[1; 32]).unwrap();
        store.put_peer(&second).unwrap();
        assert_eq!(store.peers().unwrap(), [second]);
        store.put_peer(&first).unwrap();
        let past = store.past_cards(&[1; 32]).unwrap();
        assert_eq!(
            past.iter().map(|past| past.card.as_slice()).collect::<Vec<_>>(),
            [b"{}".as_slice(), b"{\"tls\": 2}"]
        );
        assert!(past[0].replaced_at <= past[1].replaced_at);
        assert!(store.past_cards(&[2; 32]).unwrap().is_empty());
        for sql in ["UPDATE past_cards SET card = x'00'", "DELETE FROM past_cards"] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }
}
