use std::cmp::Reverse;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::dataset::DatasetId;
use crate::error::Error;
use crate::store::Store;

/// One run of the protocol with one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The session's id, or 32 random bytes where it never came to a session.
    pub id: [u8; 32],
    /// The digest of the agreement it ran under, which must be stored.
    pub agreement: [u8; 32],
    /// The peer's node key.
    pub peer: [u8; 32],
    /// This node's part.
    pub role: Role,
    /// What it entered. From the first put on, this dataset can't be removed.
    pub dataset: DatasetId,
    /// How far it has come.
    pub state: RoundState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, however.
    pub ended_at: Option<Timestamp>,
    /// Elements entered here.
    pub own_elements: Option<u64>,
    /// Elements the peer entered.
    pub peer_elements: Option<u64>,
    /// Own elements that met one of the peer's; known to a receiver only.
    pub matched: Option<u64>,
    /// Bytes sent, frames included.
    pub bytes_out: u64,
    /// Bytes received, frames included.
    pub bytes_in: u64,
    /// The code of the error it ended with.
    pub error: Option<String>,
}

/// A node's part in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Learns the outcome.
    Receiver,
    /// Holds the key, learns sizes only.
    Sender,
}

impl Role {
    const ALL: &[Self] = &[Self::Receiver, Self::Sender];

    /// The name it is stored and shown under.
    pub fn code(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Sender => "sender",
        }
    }
}

/// How far a round has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundState {
    /// Under way, or cut off with its process.
    Running,
    /// Ended as agreed.
    Done,
    /// Refused by policy, here or there, before anything was exchanged.
    Refused,
    /// Broken off.
    Failed,
}

impl RoundState {
    const ALL: &[Self] = &[Self::Running, Self::Done, Self::Refused, Self::Failed];

    /// The name it is stored and shown under.
    pub fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Store {
    /// Adds a round, or brings its state, sizes and end up to date.
    ///
    /// # Errors
    /// [`Error::Immutable`] where the dataset is not finished, or the round's agreement, peer, role, dataset or
    /// beginning would change; the database's, also where the agreement is not stored.
    pub fn put_round(&self, round: &Round) -> Result<(), Error> {
        self.write(|connection| put(connection, round))
    }

    /// The round with this id.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn round(&self, id: &[u8; 32]) -> Result<Option<Round>, Error> {
        self.read(|connection| {
            connection
                .query_row("SELECT * FROM rounds WHERE id = ?1", [id], |row| Ok(round(row)))
                .optional()?
                .transpose()
        })
    }

    /// Every round, the newest first.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn rounds(&self) -> Result<Vec<Round>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM rounds ORDER BY id")?;
            let mut all: Vec<_> = all.query_and_then([], round)?.collect::<Result<_, _>>()?;
            all.sort_by_key(|round| Reverse(round.started_at));
            Ok(all)
        })
    }
}

pub(crate) fn put(connection: &Connection, round: &Round) -> Result<(), Error> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM rounds WHERE id = ?1)",
        [round.id],
        |row| row.get(0),
    )?;
    // An upsert would ask the triggers of both ways.
    let sql = if known {
        "UPDATE rounds SET agreement = ?2, peer = ?3, role = ?4, dataset = ?5, state = ?6, started_at = ?7,
         ended_at = ?8, own_elements = ?9, peer_elements = ?10, matched = ?11, bytes_out = ?12,
         bytes_in = ?13, error = ?14 WHERE id = ?1"
    } else {
        "INSERT INTO rounds (id, agreement, peer, role, dataset, state, started_at, ended_at,
         own_elements, peer_elements, matched, bytes_out, bytes_in, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    };
    connection.execute(
        sql,
        params![
            round.id,
            round.agreement,
            round.peer,
            round.role.code(),
            round.dataset.0,
            round.state.code(),
            round.started_at,
            round.ended_at,
            round.own_elements,
            round.peer_elements,
            round.matched,
            round.bytes_out,
            round.bytes_in,
            round.error,
        ],
    )?;
    Ok(())
}

fn round(row: &Row<'_>) -> Result<Round, Error> {
    let (role, state): (String, String) = (row.get("role")?, row.get("state")?);
    Ok(Round {
        id: row.get("id")?,
        agreement: row.get("agreement")?,
        peer: row.get("peer")?,
        role: *Role::ALL
            .iter()
            .find(|known| known.code() == role)
            .ok_or_else(|| Error::damaged("round", role))?,
        dataset: DatasetId(row.get("dataset")?),
        state: *RoundState::ALL
            .iter()
            .find(|known| known.code() == state)
            .ok_or_else(|| Error::damaged("round", state))?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        own_elements: row.get("own_elements")?,
        peer_elements: row.get("peer_elements")?,
        matched: row.get("matched")?,
        bytes_out: row.get("bytes_out")?,
        bytes_in: row.get("bytes_in")?,
        error: row.get("error")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::store::tests::fresh;

    #[test]
    fn a_round_is_followed_to_its_end() {
        let (_dir, store) = fresh();
        let dataset = samples::dataset(&store, []);
        let running = samples::round(&store, dataset);
        assert_eq!(store.round(&running.id).unwrap(), Some(running.clone()));
        let done = Round {
            state: RoundState::Done,
            ended_at: Some("2026-10-08T01:02:04Z".parse().unwrap()),
            own_elements: Some(20),
            peer_elements: Some(30_000),
            matched: Some(0),
            bytes_out: 1280,
            bytes_in: 481_280,
            ..running.clone()
        };
        store.put_round(&done).unwrap();
        let later = Round {
            id: [6; 32],
            role: Role::Sender,
            state: RoundState::Failed,
            started_at: "2026-10-08T01:02:03.51Z".parse().unwrap(),
            error: Some("peer_set_too_large".to_owned()),
            ..running
        };
        store.put_round(&later).unwrap();
        assert_eq!(store.rounds().unwrap(), [later, done]);
        assert_eq!(store.round(&[7; 32]).unwrap(), None);
    }

    #[test]
    fn a_round_keeps_what_it_is_about() {
        let (_dir, store) = fresh();
        let dataset = samples::dataset(&store, []);
        let other = samples::dataset(&store, []);
        let round = samples::round(&store, dataset);
        for changed in [
            Round {
                dataset: other,
                ..round.clone()
            },
            Round {
                peer: [8; 32],
                ..round.clone()
            },
            Round {
                role: Role::Sender,
                ..round.clone()
            },
        ] {
            assert!(matches!(store.put_round(&changed), Err(Error::Immutable { .. })));
        }
        assert_eq!(store.round(&round.id).unwrap(), Some(round));
    }

    #[test]
    fn a_round_needs_a_finished_dataset_and_a_stored_agreement() {
        let (_dir, store) = fresh();
        let dataset = samples::dataset(&store, []);
        let round = samples::round(&store, dataset);
        let import = store.begin_dataset(&samples::info()).unwrap();
        let early = Round {
            id: [7; 32],
            dataset: import.id(),
            ..round.clone()
        };
        assert!(matches!(store.put_round(&early), Err(Error::Immutable { .. })));
        let unknown = Round {
            id: [7; 32],
            agreement: [7; 32],
            ..round
        };
        assert!(matches!(store.put_round(&unknown), Err(Error::Database(_))));
    }
}
