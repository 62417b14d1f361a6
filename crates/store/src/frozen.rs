//! What a node enters in rounds of conferences, and which of its sessions are which of their legs. Both are fixed once
//! and never changed.

use hefu_casework::Hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::dataset::DatasetId;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;

const NONCE: &str = "frozen.nonce";

/// What is fixed for a round, on its way in.
#[derive(Clone, Copy)]
pub struct NewFrozen<'a> {
    /// The conference.
    pub conference: &'a [u8; 32],
    /// The round's number.
    pub round: u32,
    /// Until when its sessions may run.
    pub until: Timestamp,
    /// What opens the commitment.
    pub nonce: &'a [u8; 32],
    /// The commitment.
    pub snapshot: &'a [u8; 32],
    /// How many elements each leg has, as JSON.
    pub sets: &'a Value,
    /// The datasets; at least one.
    pub datasets: &'a [DatasetId],
    /// What the log says.
    pub entry: Entry<'a>,
}

/// What was fixed for a round.
#[derive(Clone, Debug, PartialEq)]
pub struct FrozenSets {
    /// The conference.
    pub conference: [u8; 32],
    /// The round's number.
    pub round: u32,
    /// When.
    pub at: Timestamp,
    /// Until when its sessions may run.
    pub until: Timestamp,
    /// The commitment.
    pub snapshot: [u8; 32],
    /// How many elements each leg has, as JSON.
    pub sets: Value,
    /// The datasets, in ascending order.
    pub datasets: Vec<DatasetId>,
}

/// A session that is a run of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegSession {
    /// The id of its round on this node.
    pub session: [u8; 32],
    /// The conference.
    pub conference: [u8; 32],
    /// The round's number there.
    pub round: u32,
    /// The annex.
    pub annex: [u8; 32],
    /// The index of the party that learns.
    pub receiver: u8,
    /// Which run: 1, and one more with each re-run.
    pub run: u32,
}

impl Store {
    /// Fixes what is entered in a round, and says so in the log: both or neither.
    ///
    /// # Errors
    /// [`Error::Immutable`] where it is fixed already, there is no dataset or one is not finished; those of
    /// [`Store::append`].
    pub fn freeze(&self, new: &NewFrozen<'_>) -> Result<(), Error> {
        let sealed = self
            .vault()
            .seal(NONCE, &place(new.conference, new.round), new.nonce)?;
        self.write(|connection| {
            let sql = "INSERT INTO frozen_datasets (conference, round, dataset) VALUES (?1, ?2, ?3)";
            let mut insert = connection.prepare_cached(sql)?;
            for dataset in new.datasets {
                insert.execute(params![new.conference, new.round, dataset.0])?;
            }
            connection.execute(
                "INSERT INTO frozen (conference, round, at, until, nonce, snapshot, sets)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    new.conference,
                    new.round,
                    Timestamp::now(),
                    new.until,
                    sealed,
                    new.snapshot,
                    new.sets.to_string()
                ],
            )?;
            log::append(connection, &new.entry)?;
            Ok(())
        })
    }

    /// What was fixed for a round, if anything was.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn frozen(&self, conference: &[u8; 32], round: u32) -> Result<Option<FrozenSets>, Error> {
        let all = self.all_frozen()?;
        Ok(all
            .into_iter()
            .find(|frozen| frozen.conference == *conference && frozen.round == round))
    }

    /// What was fixed for rounds, of all conferences.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn all_frozen(&self) -> Result<Vec<FrozenSets>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM frozen ORDER BY conference, round")?;
            let sql =
                "SELECT dataset FROM frozen_datasets WHERE conference = ?1 AND round = ?2 ORDER BY dataset";
            let mut datasets = connection.prepare_cached(sql)?;
            all.query_and_then([], |row| {
                let (conference, round): ([u8; 32], u32) = (row.get("conference")?, row.get("round")?);
                let sets: String = row.get("sets")?;
                Ok(FrozenSets {
                    conference,
                    round,
                    at: row.get("at")?,
                    until: row.get("until")?,
                    snapshot: row.get("snapshot")?,
                    sets: serde_json::from_str(&sets).map_err(|_| Error::damaged("frozen", round))?,
                    datasets: datasets
                        .query_map(params![conference, round], |row| row.get(0).map(DatasetId))?
                        .collect::<Result<_, _>>()?,
                })
            })?
            .collect()
        })
    }

    /// What opens the commitment of a round.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Sealed`] where it was changed; the database's.
    pub fn frozen_nonce(&self, conference: &[u8; 32], round: u32) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sql = "SELECT nonce FROM frozen WHERE conference = ?1 AND round = ?2";
        let sealed: Option<Vec<u8>> = self.read(|connection| {
            let found = connection.query_row(sql, params![conference, round], |row| row.get(0));
            Ok(found.optional()?)
        })?;
        let sealed = sealed.ok_or_else(|| Error::unknown("round", Hex(*conference)))?;
        self.vault().unseal(NONCE, &place(conference, round), &sealed)
    }

    /// Says which run of which leg a session is that is about to begin. The same once more changes nothing.
    ///
    /// # Errors
    /// [`Error::Immutable`] where it was said to be another; the database's.
    pub fn put_leg_session(&self, leg: &LegSession) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "SELECT * FROM leg_sessions WHERE session = ?1";
            let known = connection.query_row(sql, [leg.session], leg_session).optional()?;
            match known {
                Some(known) if known == *leg => return Ok(()),
                Some(_) => return Err(Error::immutable("a session stays with its leg")),
                None => {}
            }
            put(connection, leg, "").map(drop)
        })
    }

    /// Which run of which leg a session is, where it is one.
    ///
    /// # Errors
    /// The database's.
    pub fn leg_of_session(&self, session: &[u8; 32]) -> Result<Option<LegSession>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM leg_sessions WHERE session = ?1";
            let found = connection.query_row(sql, [session], leg_session);
            Ok(found.optional()?)
        })
    }

    /// Whether a peer was debited for a call under an agreement whose session is not here: it was in a store that a backup has
    /// replaced.
    ///
    /// # Errors
    /// The database's.
    pub fn has_lost_call(&self, peer: &[u8; 32], agreement: &[u8; 32]) -> Result<bool, Error> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (
                           SELECT 1 FROM debits WHERE agreement = ?1 AND peer = ?2
                           AND call NOT IN (SELECT call FROM sessions)
                       )";
            Ok(connection.query_row(sql, params![agreement, peer], |row| row.get(0))?)
        })
    }

    /// The sessions of a round's legs, also those that never began.
    ///
    /// # Errors
    /// The database's.
    pub fn leg_sessions(&self, conference: &[u8; 32], round: u32) -> Result<Vec<LegSession>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM leg_sessions WHERE conference = ?1 AND round = ?2 ORDER BY session";
            let mut all = connection.prepare_cached(sql)?;
            let all = all.query_map(params![conference, round], leg_session)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
    }
}

/// Takes over which runs of legs the sessions of another database were that had begun. Says how many were missing here.
pub(crate) fn merge(connection: &Connection, other: &Connection) -> Result<u64, Error> {
    let sql = "SELECT * FROM leg_sessions WHERE session IN (SELECT id FROM rounds) ORDER BY session";
    let mut theirs = other.prepare(sql)?;
    let mut missing = 0;
    for leg in theirs.query_map([], leg_session)? {
        missing += put(connection, &leg?, "OR IGNORE")? as u64;
    }
    Ok(missing)
}

fn put(connection: &Connection, leg: &LegSession, otherwise: &str) -> Result<usize, Error> {
    let sql = format!(
        "INSERT {otherwise} INTO leg_sessions (session, conference, round, annex, receiver, run)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    );
    Ok(connection.execute(
        &sql,
        params![
            leg.session,
            leg.conference,
            leg.round,
            leg.annex,
            leg.receiver,
            leg.run
        ],
    )?)
}

fn place(conference: &[u8; 32], round: u32) -> Vec<u8> {
    [conference.as_slice(), &round.to_be_bytes()].concat()
}

fn leg_session(row: &Row<'_>) -> rusqlite::Result<LegSession> {
    Ok(LegSession {
        session: row.get("session")?,
        conference: row.get("conference")?,
        round: row.get("round")?,
        annex: row.get("annex")?,
        receiver: row.get("receiver")?,
        run: row.get("run")?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{self, ENTRY};
    use crate::store::tests::fresh;

    const NEW: NewFrozen<'static> = NewFrozen {
        conference: &[1; 32],
        round: 1,
        until: Timestamp::UNIX_EPOCH,
        nonce: &[2; 32],
        snapshot: &[3; 32],
        sets: &Value::Null,
        datasets: &[],
        entry: ENTRY,
    };

    #[test]
    fn what_is_frozen_stands() {
        let (_dir, store) = fresh();
        let [one, two] = [(); 2].map(|()| samples::dataset(&store, []));
        assert!(matches!(store.freeze(&NEW), Err(Error::Immutable { .. })));
        let both = [two, one];
        let sets = json!([5]);
        let new = NewFrozen {
            datasets: &both,
            sets: &sets,
            ..NEW
        };
        let before = store.head().unwrap().seq;
        store.freeze(&new).unwrap();
        assert_eq!(store.head().unwrap().seq, before + 1);
        let frozen = store.frozen(&[1; 32], 1).unwrap().unwrap();
        assert_eq!(frozen.datasets, [one, two]);
        assert_eq!((frozen.snapshot, frozen.sets), ([3; 32], json!([5])));
        assert_eq!(store.frozen_nonce(&[1; 32], 1).unwrap().as_slice(), [2; 32]);
        assert_eq!(store.frozen(&[1; 32], 2).unwrap(), None);
        assert_eq!(store.frozen(&[9; 32], 1).unwrap(), None);
        // Not once more, and not otherwise.
        assert!(matches!(store.freeze(&new), Err(Error::Immutable { .. })));
        for sql in [
            "DELETE FROM frozen",
            "UPDATE frozen SET round = 2",
            "DELETE FROM frozen_datasets",
            "UPDATE frozen_datasets SET dataset = 1",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }

    #[test]
    fn a_nonce_is_bound_to_its_round() {
        let (_dir, store) = fresh();
        let datasets = [samples::dataset(&store, [])];
        for round in [1, 2] {
            store
                .freeze(&NewFrozen {
                    round,
                    datasets: &datasets,
                    ..NEW
                })
                .unwrap();
        }
        let swap = "DROP TRIGGER frozen_stands;
            UPDATE frozen SET nonce = (SELECT nonce FROM frozen WHERE round = 2) WHERE round = 1";
        store.raw(swap).unwrap();
        assert!(matches!(
            store.frozen_nonce(&[1; 32], 1),
            Err(Error::Sealed { .. })
        ));
    }

    #[test]
    fn a_session_stays_with_its_leg() {
        let (_dir, store) = fresh();
        let leg = LegSession {
            session: [1; 32],
            conference: [2; 32],
            round: 3,
            annex: [4; 32],
            receiver: 1,
            run: 1,
        };
        store.put_leg_session(&leg).unwrap();
        store.put_leg_session(&leg).unwrap();
        let other = LegSession { run: 2, ..leg };
        assert!(matches!(
            store.put_leg_session(&other),
            Err(Error::Immutable { .. })
        ));
        assert_eq!(store.leg_of_session(&[1; 32]).unwrap(), Some(leg));
        assert_eq!(store.leg_of_session(&[7; 32]).unwrap(), None);
        assert_eq!(store.leg_sessions(&[2; 32], 3).unwrap(), [leg]);
        assert_eq!(store.leg_sessions(&[2; 32], 4).unwrap(), []);
    }
}
