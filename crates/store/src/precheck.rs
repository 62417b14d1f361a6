//! Checks before a payment: who had a few people asked after, on what authority, and what came of it. A check is one
//! matter at all the peers that are asked, with a round for each.

use jiff::civil::Date;
use jiff::tz;
use rusqlite::{Connection, Row, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::log::{self, Entry};
use crate::session::NewSession;
use crate::store::Store;
use crate::vault::Vault;

const ABOUT: &str = "checks.about";
const RESULTS: &str = "checks.results";

/// A check at its beginning.
#[derive(Clone, Copy)]
pub struct NewCheck<'a> {
    /// Its id, drawn for it.
    pub id: &'a [u8; 16],
    /// Who had it begun.
    pub actor: &'a str,
    /// How many people are asked after, 1 to 20.
    pub people: u64,
    /// What stays on record of the request. Sealed.
    pub about: &'a [u8],
    /// One with each peer, none of which has a dataset.
    pub sessions: &'a [NewSession<'a>],
    /// What the log says.
    pub entry: Entry<'a>,
}

/// A check at one peer.
#[derive(Clone)]
pub struct CheckedAt {
    /// The check's id.
    pub id: [u8; 16],
    /// The round.
    pub round: [u8; 32],
    /// Who had it begun.
    pub actor: String,
    /// How many people are asked after.
    pub people: u64,
    /// What stays on record of the request; `None` once it was deleted.
    pub about: Option<Zeroizing<Vec<u8>>>,
    /// What was learned; `None` until the round has ended as agreed, and once it was deleted.
    pub results: Option<Zeroizing<Vec<u8>>>,
}

impl Store {
    /// Begins a check with all of its sessions, all or nothing of it.
    ///
    /// # Errors
    /// [`Error::Immutable`] where there is one of these rounds already; those of [`Store::begin_session`].
    pub fn begin_check(&self, new: &NewCheck<'_>) -> Result<(), Error> {
        self.write(|connection| {
            let insert = "INSERT INTO checks (round, id, actor, people, about) VALUES (?1, ?2, ?3, ?4, ?5)";
            for session in new.sessions {
                let round = session.round.id;
                let about = self.vault().seal(ABOUT, &round, new.about)?;
                connection.execute(insert, params![round, new.id, new.actor, new.people, about])?;
                self.begin(connection, session)?;
            }
            log::append(connection, &new.entry)?;
            Ok(())
        })
    }

    /// A check at each of its peers, in the order of their rounds' ids; nothing for one that is unknown.
    ///
    /// # Errors
    /// [`Error::Sealed`] where something was changed; the database's.
    pub fn check(&self, id: &[u8; 16]) -> Result<Vec<CheckedAt>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM checks WHERE id = ?1 ORDER BY round")?;
            all.query_and_then([id], |row| checked_at(self.vault(), row))?
                .collect()
        })
    }

    /// The ids of all checks, the one begun last first.
    ///
    /// # Errors
    /// The database's.
    pub fn checks(&self) -> Result<Vec<[u8; 16]>, Error> {
        self.read(|connection| {
            let sql = "SELECT checks.id, max(rounds.started_at) AS at FROM checks
                JOIN rounds ON rounds.id = checks.round GROUP BY checks.id ORDER BY at DESC, checks.id";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then([], |row| Ok(row.get(0)?))?.collect()
        })
    }

    /// The check that a round belongs to, where it belongs to one.
    ///
    /// # Errors
    /// The database's.
    pub fn check_of(&self, round: &[u8; 32]) -> Result<Option<[u8; 16]>, Error> {
        self.read(|connection| {
            let mut of = connection.prepare_cached("SELECT id FROM checks WHERE round = ?1")?;
            let mut rows = of.query_and_then([round], |row| row.get(0))?;
            Ok(rows.next().transpose()?)
        })
    }

    /// How many checks this node began under an agreement on a day in Beijing time.
    ///
    /// # Errors
    /// The database's.
    pub fn checks_begun(&self, agreement: &[u8; 32], day: Date) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT rounds.started_at FROM checks JOIN rounds ON rounds.id = checks.round
                WHERE rounds.agreement = ?1";
            count_on(connection, sql, agreement, day)
        })
    }

    /// How many checks a peer was let begin here under an agreement on a day in Beijing time.
    ///
    /// # Errors
    /// The database's.
    pub fn checks_let(&self, agreement: &[u8; 32], day: Date) -> Result<u64, Error> {
        self.read(|connection| debited_on(connection, agreement, day))
    }
}

/// How many sessions the ledger has under an agreement on a day in Beijing time.
pub(crate) fn debited_on(connection: &Connection, agreement: &[u8; 32], day: Date) -> Result<u64, Error> {
    count_on(
        connection,
        "SELECT at FROM debits WHERE agreement = ?1",
        agreement,
        day,
    )
}

/// Times are texts, whose order is not that of the times where one has a fraction and the other none.
fn count_on(connection: &Connection, sql: &str, agreement: &[u8; 32], day: Date) -> Result<u64, Error> {
    let mut times = connection.prepare_cached(sql)?;
    let mut count = 0;
    for at in times.query_and_then([agreement], |row| row.get(0))? {
        let at: jiff::Timestamp = at.map_err(|error: rusqlite::Error| Error::from(error))?;
        count += u64::from(tz::offset(8).to_datetime(at).date() == day);
    }
    Ok(count)
}

/// Keeps what was learned, with the end of its session.
pub(crate) fn put_results(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    results: &[u8],
) -> Result<(), Error> {
    let sealed = vault.seal(RESULTS, round, results)?;
    let sql = "UPDATE checks SET results = ?2 WHERE round = ?1";
    match connection.execute(sql, params![round, sealed])? {
        1 => Ok(()),
        _ => Err(Error::immutable("a round is a check from its beginning")),
    }
}

/// Deletes what a check says, where the round is one.
pub(crate) fn forget(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    let sql = "UPDATE checks SET about = NULL, results = NULL WHERE round = ?1";
    connection.execute(sql, [round])?;
    Ok(())
}

fn checked_at(vault: &Vault, row: &Row<'_>) -> Result<CheckedAt, Error> {
    let round: [u8; 32] = row.get("round")?;
    let unseal = |label, sealed: Option<Vec<u8>>| {
        sealed
            .map(|sealed| vault.unseal(label, &round, &sealed))
            .transpose()
    };
    Ok(CheckedAt {
        id: row.get("id")?,
        round,
        actor: row.get("actor")?,
        people: row.get("people")?,
        about: unseal(ABOUT, row.get("about")?)?,
        results: unseal(RESULTS, row.get("results")?)?,
    })
}

#[cfg(test)]
mod tests;
