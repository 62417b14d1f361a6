//! What each peer may ask about in a month: debited before anything is disclosed, never given back.

use hefu_casework::Month;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Error;
use crate::precheck;
use crate::store::Store;

/// What a session is to cost its peer, and how far its agreement lets it go.
#[derive(Clone, Copy, Debug)]
pub struct Debit<'a> {
    /// The month it falls in, in the time of Asia/Shanghai.
    pub month: Month,
    /// The purpose's code.
    pub purpose: &'a str,
    /// Elements the peer asks about.
    pub elements: u64,
    /// Elements that the peer may ask about in the month, over all purposes.
    pub limit: u64,
    /// Rounds that the agreement allows in the month.
    pub rounds_limit: u32,
    /// The other agreements whose rounds count as rounds of this one: what they come of allows so many altogether.
    pub kin: &'a [[u8; 32]],
    /// Where it is a check: on which day in Beijing time, and how many the agreement allows on one.
    pub checks: Option<(Date, u32)>,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debited {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was debited.
    pub at: Timestamp,
    /// The peer's node key.
    pub peer: [u8; 32],
    /// The month.
    pub month: Month,
    /// The digest of the agreement.
    pub agreement: [u8; 32],
    /// The purpose's code.
    pub purpose: String,
    /// Elements.
    pub elements: u64,
    /// The session's call.
    pub call: [u8; 32],
}

/// A month's budgets were locked, or the lock was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLock {
    /// When.
    pub at: Timestamp,
    /// The month.
    pub month: Month,
    /// Locked or lifted.
    pub locked: bool,
    /// In the words of whoever did it.
    pub reason: String,
}

impl Store {
    /// Elements that a peer spent in a month, over all purposes.
    ///
    /// # Errors
    /// The database's.
    pub fn debited(&self, peer: &[u8; 32], month: Month) -> Result<u64, Error> {
        self.read(|connection| spent(connection, peer, month))
    }

    /// Elements that all peers together have spent since the ledger began.
    ///
    /// # Errors
    /// The database's.
    pub fn elements_debited(&self) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT coalesce(sum(elements), 0) FROM debits";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
    }

    /// At most `limit` lines of the ledger after line `after`, in order; 0 begins at the first.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn debits(&self, after: u64, limit: usize) -> Result<Vec<Debited>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM debits WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then(params![after, limit], debited)?.collect()
        })
    }

    /// Counts every peer's budget of the month as spent: for a ledger that was restored without what came after its
    /// backup.
    ///
    /// # Errors
    /// The database's.
    pub fn lock_budgets(&self, month: Month, reason: &str) -> Result<(), Error> {
        self.write(|connection| put_lock(connection, &BudgetLock::now(month, true, reason)))
    }

    /// Lifts a month's lock; what was debited stays debited.
    ///
    /// # Errors
    /// The database's.
    pub fn unlock_budgets(&self, month: Month, reason: &str) -> Result<(), Error> {
        self.write(|connection| put_lock(connection, &BudgetLock::now(month, false, reason)))
    }

    /// Every lock and every lifting of one, in order.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn budget_locks(&self) -> Result<Vec<BudgetLock>, Error> {
        self.read(locks)
    }
}

impl BudgetLock {
    fn now(month: Month, locked: bool, reason: &str) -> Self {
        Self {
            at: Timestamp::now(),
            month,
            locked,
            reason: reason.to_owned(),
        }
    }
}

/// Debits a call that has no session here. One that was debited all the same had its session in a database that a
/// backup has replaced: what that has disclosed is paid for, and a second answer would be free.
pub(crate) fn debit(
    connection: &Connection,
    peer: &[u8; 32],
    agreement: &[u8; 32],
    call: &[u8; 32],
    debit: &Debit<'_>,
) -> Result<(), Error> {
    let known = "SELECT EXISTS (SELECT 1 FROM debits WHERE call = ?1)";
    if connection.query_row(known, [call], |row| row.get(0))? {
        return Err(Error::SessionVoided);
    }
    if locked(connection, debit.month)? {
        return Err(Error::BudgetLocked { month: debit.month });
    }
    let (limit, spent) = (debit.limit, spent(connection, peer, debit.month)?);
    if spent.checked_add(debit.elements).is_none_or(|sum| sum > limit) {
        return Err(Error::BudgetSpent { limit, spent });
    }
    let sql = "SELECT count(*) FROM debits WHERE agreement = ?1 AND month = ?2";
    let mut under = connection.prepare_cached(sql)?;
    let month = debit.month.to_string();
    let mut rounds: u64 = 0;
    for digest in debit
        .kin
        .iter()
        .filter(|kin| *kin != agreement)
        .chain([agreement])
    {
        rounds += under.query_row(params![digest, month], |row| row.get::<_, u64>(0))?;
    }
    if rounds >= u64::from(debit.rounds_limit) {
        return Err(Error::RoundsSpent {
            limit: debit.rounds_limit,
        });
    }
    if let Some((day, limit)) = debit.checks
        && precheck::debited_on(connection, agreement, day)? >= u64::from(limit)
    {
        return Err(Error::ChecksSpent { limit });
    }
    let line = Debited {
        seq: 0,
        at: Timestamp::now(),
        peer: *peer,
        month: debit.month,
        agreement: *agreement,
        purpose: debit.purpose.to_owned(),
        elements: debit.elements,
        call: *call,
    };
    put(connection, &line)?;
    Ok(())
}

/// Adds a line at the ledger's end, under the number that is next there; `false` where its call has one.
pub(crate) fn put(connection: &Connection, line: &Debited) -> Result<bool, Error> {
    let sql = "INSERT INTO debits (at, peer, month, agreement, purpose, elements, call)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (call) DO NOTHING";
    let added = connection.prepare_cached(sql)?.execute(params![
        line.at,
        line.peer,
        line.month.to_string(),
        line.agreement,
        line.purpose,
        line.elements,
        line.call
    ])?;
    Ok(added == 1)
}

pub(crate) fn put_lock(connection: &Connection, lock: &BudgetLock) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO budget_locks (at, month, locked, reason) VALUES (?1, ?2, ?3, ?4)",
        params![lock.at, lock.month.to_string(), lock.locked, lock.reason],
    )?;
    Ok(())
}

/// Every entry, in order.
pub(crate) fn locks(connection: &Connection) -> Result<Vec<BudgetLock>, Error> {
    let mut all = connection.prepare_cached("SELECT * FROM budget_locks ORDER BY seq")?;
    all.query_and_then([], |row| {
        Ok(BudgetLock {
            at: row.get("at")?,
            month: month(row)?,
            locked: row.get("locked")?,
            reason: row.get("reason")?,
        })
    })?
    .collect()
}

pub(crate) fn locked(connection: &Connection, month: Month) -> Result<bool, Error> {
    let sql = "SELECT locked FROM budget_locks WHERE month = ?1 ORDER BY seq DESC LIMIT 1";
    let last = connection
        .query_row(sql, [month.to_string()], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(false))
}

fn spent(connection: &Connection, peer: &[u8; 32], month: Month) -> Result<u64, Error> {
    let sql = "SELECT coalesce(sum(elements), 0) FROM debits WHERE peer = ?1 AND month = ?2";
    Ok(connection.query_row(sql, params![peer, month.to_string()], |row| row.get(0))?)
}

pub(crate) fn debited(row: &Row<'_>) -> Result<Debited, Error> {
    Ok(Debited {
        seq: row.get("seq")?,
        at: row.get("at")?,
        peer: row.get("peer")?,
        month: month(row)?,
        agreement: row.get("agreement")?,
        purpose: row.get("purpose")?,
        elements: row.get("elements")?,
        call: row.get("call")?,
    })
}

fn month(row: &Row<'_>) -> Result<Month, Error> {
    let month: String = row.get("month")?;
    month.parse().map_err(|_| Error::damaged("debit", month))
}

#[cfg(test)]
mod tests;
