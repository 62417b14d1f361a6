//! Whose number was shown in clear: who asked, who let them, and when they looked.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::deletion;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;
use crate::vault::Vault;

const REASON: &str = "unmaskings.reason";

/// Somebody asks to see a number.
#[derive(Clone, Copy)]
pub struct NewUnmasking<'a> {
    /// The round.
    pub round: &'a [u8; 32],
    /// The finding, from 0.
    pub finding: u64,
    /// Who asks.
    pub by: &'a str,
    /// Why. Sealed.
    pub reason: &'a str,
    /// When.
    pub at: Timestamp,
}

/// What somebody asked, and what came of it.
#[derive(Clone)]
pub struct Unmasking {
    /// Its number, from 1.
    pub n: u64,
    /// The round.
    pub round: [u8; 32],
    /// The finding, from 0.
    pub finding: u64,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Why.
    pub reason: Zeroizing<String>,
    /// What another person decided, once one has.
    pub decision: Option<UnmaskingDecision>,
    /// When the asker looked, in order.
    pub looks: Vec<Timestamp>,
}

/// What another person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmaskingDecision {
    /// Whether the asker may look.
    pub granted: bool,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Writes down that somebody asks; gives the number of it. The log's entry is made of that number.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a finding that is not there; [`Error::Deleted`]; those of [`Store::append`].
    pub fn ask_unmasking(
        &self,
        new: &NewUnmasking<'_>,
        entry: impl FnOnce(u64) -> Value,
    ) -> Result<u64, Error> {
        let NewUnmasking {
            round,
            finding,
            by,
            reason,
            at,
        } = *new;
        self.write(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT EXISTS (SELECT 1 FROM findings WHERE round = ?1 AND seq = ?2)";
            if !connection.query_row(sql, params![round, finding], |row| row.get::<_, bool>(0))? {
                return Err(Error::unknown("finding", finding));
            }
            let sealed = self
                .vault()
                .seal(REASON, &place(round, finding), reason.as_bytes())?;
            let sql =
                "INSERT INTO unmaskings (round, seq, asked_by, asked_at, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.execute(sql, params![round, finding, by, at, sealed])?;
            let n = u64::try_from(connection.last_insert_rowid()).unwrap_or_default();
            log::append(
                connection,
                &Entry {
                    actor: by,
                    kind: "unmasking_asked",
                    body: &entry(n),
                },
            )?;
            Ok(n)
        })
    }

    /// Lets somebody look, or does not.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::ActedMeanwhile`] where it was decided before; those of [`Store::append`].
    pub fn decide_unmasking(
        &self,
        n: u64,
        decision: &UnmaskingDecision,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let there = one(connection, self.vault(), n)?.ok_or_else(|| Error::unknown("unmasking", n))?;
            if there.decision.is_some() {
                return Err(Error::ActedMeanwhile);
            }
            let code = if decision.granted { "granted" } else { "refused" };
            let sql = "UPDATE unmaskings SET decision = ?2, decided_by = ?3, decided_at = ?4 WHERE n = ?1";
            connection.execute(sql, params![n, code, decision.by, decision.at])?;
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// Writes down that the asker looks: before anything is shown.
    ///
    /// # Errors
    /// [`Error::Immutable`] where nobody has granted it; those of [`Store::append`].
    pub fn look(&self, n: u64, at: Timestamp, entry: &Entry<'_>) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "INSERT INTO unmasking_looks (unmasking, number, at) SELECT ?1,
                1 + coalesce(max(number), 0), ?2 FROM unmasking_looks WHERE unmasking = ?1";
            connection.execute(sql, params![n, at])?;
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// The one with this number.
    ///
    /// # Errors
    /// [`Error::Sealed`] where its reason was changed or moved; the database's.
    pub fn unmasking(&self, n: u64) -> Result<Option<Unmasking>, Error> {
        self.read(|connection| one(connection, self.vault(), n))
    }

    /// At most `limit` of them, the one asked last first, before the one with this number.
    ///
    /// # Errors
    /// As [`Store::unmasking`].
    pub fn unmaskings(&self, before: Option<u64>, limit: usize) -> Result<Vec<Unmasking>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM unmaskings WHERE n < ?1 ORDER BY n DESC LIMIT ?2";
            let mut all = connection.prepare_cached(sql)?;
            let before = before.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
            all.query_and_then(params![before, limit], |row| read(connection, self.vault(), row))?
                .collect()
        })
    }

    /// Those of one finding (from 0), in order.
    ///
    /// # Errors
    /// As [`Store::unmasking`].
    pub fn unmaskings_of(&self, round: &[u8; 32], finding: u64) -> Result<Vec<Unmasking>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT * FROM unmaskings WHERE round = ?1 AND seq = ?2 ORDER BY n";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then(params![round, finding], |row| read(connection, self.vault(), row))?
                .collect()
        })
    }
}

/// Deletes what was asked about a round's findings, with these.
pub(crate) fn delete(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    let sql = "DELETE FROM unmasking_looks WHERE unmasking IN (SELECT n FROM unmaskings WHERE round = ?1)";
    connection.execute(sql, [round])?;
    connection.execute("DELETE FROM unmaskings WHERE round = ?1", [round])?;
    Ok(())
}

fn one(connection: &Connection, vault: &Vault, n: u64) -> Result<Option<Unmasking>, Error> {
    // A number that no row can have is none's.
    let Ok(n) = i64::try_from(n) else {
        return Ok(None);
    };
    let mut one = connection.prepare_cached("SELECT * FROM unmaskings WHERE n = ?1")?;
    one.query_row([n], |row| Ok(read(connection, vault, row)))
        .optional()?
        .transpose()
}

fn read(connection: &Connection, vault: &Vault, row: &Row<'_>) -> Result<Unmasking, Error> {
    let (n, round, finding): (u64, [u8; 32], u64) = (row.get("n")?, row.get("round")?, row.get("seq")?);
    let sealed: Vec<u8> = row.get("reason")?;
    let reason = vault.unseal(REASON, &place(&round, finding), &sealed)?;
    let reason = std::str::from_utf8(&reason).map_err(|_| Error::damaged("unmasking", n))?;
    let decision: Option<String> = row.get("decision")?;
    let decision = match decision {
        Some(decision) => Some(UnmaskingDecision {
            granted: decision == "granted",
            by: row.get("decided_by")?,
            at: row.get("decided_at")?,
        }),
        None => None,
    };
    let sql = "SELECT at FROM unmasking_looks WHERE unmasking = ?1 ORDER BY number";
    let mut looks = connection.prepare_cached(sql)?;
    let looks = looks
        .query_map([n], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Unmasking {
        n,
        round,
        finding,
        asked_by: row.get("asked_by")?,
        asked_at: row.get("asked_at")?,
        reason: Zeroizing::new(reason.to_owned()),
        decision,
        looks,
    })
}

fn place(round: &[u8; 32], finding: u64) -> Vec<u8> {
    [round.as_slice(), &finding.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests;
