use std::cmp::Reverse;
use std::collections::BTreeSet;

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::dataset::DatasetId;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;

/// The code of a round that its process left behind.
const ROUND_INTERRUPTED: &str = "round_interrupted";

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
    /// What it entered: sorted, at least one. From the first put on, these datasets can't be removed.
    pub datasets: Vec<DatasetId>,
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
    /// The name of the abort it ended with, the same on both sides.
    pub reason: Option<String>,
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

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.code() == code).copied()
    }

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
    /// [`Error::Immutable`] where there is no dataset or one is not finished, or the round's agreement, peer, role,
    /// datasets or beginning would change; the database's, also where the agreement is not stored.
    pub fn put_round(&self, round: &Round) -> Result<(), Error> {
        self.write(|connection| put(connection, round))
    }

    /// The round with this id.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn round(&self, id: &[u8; 32]) -> Result<Option<Round>, Error> {
        self.read(|connection| get(connection, id))
    }

    /// Every round, the newest first.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn rounds(&self) -> Result<Vec<Round>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM rounds ORDER BY id")?;
            let mut all: Vec<_> = all
                .query_and_then([], |row| round(connection, row))?
                .collect::<Result<_, _>>()?;
            all.sort_by_key(|round| Reverse(round.started_at));
            Ok(all)
        })
    }

    /// Ends what a killed process left running without a session to resume: nothing of it was promised to anybody.
    pub(crate) fn sweep_rounds(&self) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "SELECT * FROM rounds WHERE state = ?1
                AND id NOT IN (SELECT round FROM sessions WHERE end_reason IS NULL) ORDER BY id";
            let left: Vec<_> = connection
                .prepare(sql)?
                .query_and_then([RoundState::Running.code()], |row| round(connection, row))?
                .collect::<Result<_, _>>()?;
            for left in left {
                let ended = Round {
                    state: RoundState::Failed,
                    ended_at: Some(Timestamp::now()),
                    error: Some(ROUND_INTERRUPTED.to_owned()),
                    ..left
                };
                put(connection, &ended)?;
                let entry = Entry {
                    actor: "node",
                    kind: ROUND_INTERRUPTED,
                    body: &json!({ "round": Hex(ended.id) }),
                };
                log::append(connection, &entry)?;
            }
            Ok(())
        })
    }
}

pub(crate) fn get(connection: &Connection, id: &[u8; 32]) -> Result<Option<Round>, Error> {
    connection
        .query_row("SELECT * FROM rounds WHERE id = ?1", [id], |row| {
            Ok(round(connection, row))
        })
        .optional()?
        .transpose()
}

pub(crate) fn put(connection: &Connection, round: &Round) -> Result<(), Error> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM rounds WHERE id = ?1)",
        [round.id],
        |row| row.get(0),
    )?;
    let entered: BTreeSet<_> = round.datasets.iter().copied().collect();
    // An upsert would ask the triggers of both ways.
    let sql = if known {
        if !datasets(connection, &round.id)?.into_iter().eq(entered) {
            return Err(Error::immutable("a round keeps its datasets"));
        }
        "UPDATE rounds SET agreement = ?2, peer = ?3, role = ?4, state = ?5, started_at = ?6, ended_at = ?7,
         own_elements = ?8, peer_elements = ?9, matched = ?10, bytes_out = ?11, bytes_in = ?12, error = ?13,
         reason = ?14
         WHERE id = ?1"
    } else {
        let insert = "INSERT INTO round_datasets (round, dataset) VALUES (?1, ?2)";
        let mut insert = connection.prepare_cached(insert)?;
        for dataset in entered {
            insert.execute(params![round.id, dataset.0])?;
        }
        "INSERT INTO rounds (id, agreement, peer, role, state, started_at, ended_at, own_elements,
         peer_elements, matched, bytes_out, bytes_in, error, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    };
    connection.execute(
        sql,
        params![
            round.id,
            round.agreement,
            round.peer,
            round.role.code(),
            round.state.code(),
            round.started_at,
            round.ended_at,
            round.own_elements,
            round.peer_elements,
            round.matched,
            round.bytes_out,
            round.bytes_in,
            round.error,
            round.reason,
        ],
    )?;
    Ok(())
}

/// What a round entered, sorted.
fn datasets(connection: &Connection, round: &[u8; 32]) -> Result<Vec<DatasetId>, Error> {
    let sql = "SELECT dataset FROM round_datasets WHERE round = ?1 ORDER BY dataset";
    let mut all = connection.prepare_cached(sql)?;
    all.query_and_then([round], |row| Ok(DatasetId(row.get(0)?)))?
        .collect()
}

fn round(connection: &Connection, row: &Row<'_>) -> Result<Round, Error> {
    let id = row.get("id")?;
    let (role, state): (String, String) = (row.get("role")?, row.get("state")?);
    Ok(Round {
        id,
        agreement: row.get("agreement")?,
        peer: row.get("peer")?,
        role: Role::from_code(&role).ok_or_else(|| Error::damaged("round", role))?,
        datasets: datasets(connection, &id)?,
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
        reason: row.get("reason")?,
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
        let entered = [samples::dataset(&store, []), samples::dataset(&store, [])];
        let running = samples::round(&store, entered);
        assert_eq!(running.datasets, entered);
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
            datasets: vec![entered[1]],
            role: Role::Sender,
            state: RoundState::Failed,
            started_at: "2026-10-08T01:02:03.51Z".parse().unwrap(),
            error: Some("peer_set_too_large".to_owned()),
            reason: Some("abort_peer_set_too_large".to_owned()),
            ..running
        };
        store.put_round(&later).unwrap();
        assert_eq!(store.rounds().unwrap(), [later, done]);
        assert_eq!(store.round(&[7; 32]).unwrap(), None);
    }

    #[test]
    fn a_round_keeps_what_it_is_about() {
        let (_dir, store) = fresh();
        let [one, two, other] = [(); 3].map(|()| samples::dataset(&store, []));
        let round = samples::round(&store, [one, two]);
        for datasets in [vec![], vec![one], vec![one, other], vec![one, two, other]] {
            let changed = Round {
                datasets,
                ..round.clone()
            };
            assert!(matches!(store.put_round(&changed), Err(Error::Immutable { .. })));
        }
        for changed in [
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
        assert_eq!(store.round(&round.id).unwrap(), Some(round.clone()));
        // Order and repetition make no other set.
        let same = Round {
            datasets: vec![two, one, two],
            ..round.clone()
        };
        store.put_round(&same).unwrap();
        assert_eq!(store.round(&round.id).unwrap(), Some(round));
    }

    #[test]
    fn a_round_needs_finished_datasets_and_a_stored_agreement() {
        let (_dir, store) = fresh();
        let dataset = samples::dataset(&store, []);
        let round = samples::round(&store, [dataset]);
        let import = store
            .begin_dataset(&samples::info(store.next_file().unwrap()))
            .unwrap();
        for datasets in [vec![], vec![dataset, import.id()], vec![DatasetId(99)]] {
            let early = Round {
                id: [7; 32],
                datasets,
                ..round.clone()
            };
            assert!(matches!(store.put_round(&early), Err(Error::Immutable { .. })));
        }
        let unknown = Round {
            id: [7; 32],
            agreement: [7; 32],
            ..round
        };
        assert!(matches!(store.put_round(&unknown), Err(Error::Database(_))));
        assert_eq!(store.round(&[7; 32]).unwrap(), None);
        let orphan = "INSERT INTO round_datasets VALUES (zeroblob(32), 1)";
        assert!(matches!(store.raw(orphan), Err(Error::Database(_))));
    }
}
