//! Cards that came as files, and wait for a person to compare their fingerprints.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::error::Error;
use crate::store::Store;

/// A card that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardWaiting {
    /// The node key on it.
    pub node_key: [u8; 32],
    /// The card, canonical JSON.
    pub card: Vec<u8>,
    /// When it came.
    pub came_at: Timestamp,
}

impl Store {
    /// Keeps a card, in the place of an earlier one of the same node. `false` where `most` others wait already: anybody
    /// can make cards.
    ///
    /// # Errors
    /// The database's.
    pub fn put_waiting_card(&self, node_key: &[u8; 32], card: &[u8], most: usize) -> Result<bool, Error> {
        self.write(|connection| {
            let others = "SELECT count(*) FROM cards_waiting WHERE node_key <> ?1";
            let others: usize = connection.query_row(others, [node_key], |row| row.get(0))?;
            if others >= most {
                return Ok(false);
            }
            connection.execute(
                "INSERT INTO cards_waiting (node_key, card, came_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET card = ?2, came_at = ?3 WHERE card <> ?2",
                params![node_key, card, Timestamp::now()],
            )?;
            Ok(true)
        })
    }

    /// Every card that waits, in the order in which they came.
    ///
    /// # Errors
    /// The database's.
    pub fn waiting_cards(&self) -> Result<Vec<CardWaiting>, Error> {
        self.read(|connection| {
            let mut all =
                connection.prepare_cached("SELECT * FROM cards_waiting ORDER BY came_at, node_key")?;
            let cards = all.query_map([], |row| {
                Ok(CardWaiting {
                    node_key: row.get("node_key")?,
                    card: row.get("card")?,
                    came_at: row.get("came_at")?,
                })
            })?;
            Ok(cards.collect::<Result<_, _>>()?)
        })
    }
}

/// Its node is a peer now, or was one: whatever waits of it is decided.
pub(crate) fn forget(connection: &Connection, node_key: &[u8; 32]) -> Result<(), Error> {
    connection.execute("DELETE FROM cards_waiting WHERE node_key = ?1", [node_key])?;
    Ok(())
}
