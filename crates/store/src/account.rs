//! Accounts of the people who use the node.
//!
//! Of a password there is an Argon2id hash, with its costs beside it, and sealed: whoever copies the database has nothing
//! to try passwords against as long as the vault stays shut.

use std::fmt;
use std::path::Path;

use argon2::{Algorithm, Argon2, Version};
use hefu_casework::text::same_person;
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, OptionalExtension, Row, params};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::{DATABASE, Store};
use crate::vault::Costs;

const HASH: &str = "accounts.hash";
const HASH_LEN: usize = 32;
const SALT_LEN: usize = 16;
/// An agency has a few dozen people at this; a list of accounts is never read by pages.
const MOST: u64 = 1000;

/// What an account is for; each person has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountRole {
    /// Runs the node.
    It,
    /// 经办人: imports, and works on the own findings.
    CaseWorker,
    /// 合规: looks over decisions, unmasks with a second person, reads the audit log.
    Compliance,
    /// 联席会议办公室: the conference's papers.
    Office,
}

impl AccountRole {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::It, Self::CaseWorker, Self::Compliance, Self::Office];

    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::CaseWorker => "case_worker",
            Self::Compliance => "compliance",
            Self::Office => "office",
        }
    }

    /// The one with this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// An account as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, by which its person signs in.
    pub account: String,
    /// Whose it is, as the person is named in the audit log.
    pub person: String,
    /// What for.
    pub role: AccountRole,
    /// Wrong passwords in a row.
    pub failures: u32,
    /// Locked so long, after too many of them.
    pub locked_until: Option<Timestamp>,
    /// Locked by somebody, until it is lifted.
    pub locked: bool,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// Since when it has its password.
    pub changed_at: Timestamp,
}

/// A new account.
#[derive(Clone, Copy)]
pub struct NewAccount<'a> {
    /// As [`Account::account`].
    pub account: &'a str,
    /// As [`Account::person`].
    pub person: &'a str,
    /// As [`Account::role`].
    pub role: AccountRole,
    /// What its password is known by.
    pub hash: &'a PasswordHash,
}

/// What a password is known by. Neither shown nor written in clear.
#[derive(Clone)]
pub struct PasswordHash {
    costs: Costs,
    salt: [u8; SALT_LEN],
    hash: Zeroizing<[u8; HASH_LEN]>,
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(****)")
    }
}

impl PasswordHash {
    /// Hashes a password with a fresh salt. Takes as long as `costs` say.
    ///
    /// # Errors
    /// [`Error::Costs`], [`Error::Cryptography`].
    pub fn new(password: &str, costs: Costs) -> Result<Self, Error> {
        let mut salt = [0; SALT_LEN];
        SystemRandom::new().fill(&mut salt)?;
        let hash = stretched(password, costs, &salt)?;
        Ok(Self { costs, salt, hash })
    }

    /// Whether this is the password. Takes as long as the costs say, whatever the answer.
    ///
    /// # Errors
    /// As [`PasswordHash::new`].
    pub fn is_of(&self, password: &str) -> Result<bool, Error> {
        let hash = stretched(password, self.costs, &self.salt)?;
        Ok(self.hash.ct_eq(hash.as_ref()).into())
    }
}

fn stretched(
    password: &str,
    costs: Costs,
    salt: &[u8; SALT_LEN],
) -> Result<Zeroizing<[u8; HASH_LEN]>, Error> {
    let mut hash = Zeroizing::new([0; HASH_LEN]);
    Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        costs.params(Path::new(DATABASE))?,
    )
    .hash_password_into(password.as_bytes(), salt, hash.as_mut())
    .map_err(|_| Error::Cryptography)?;
    Ok(hash)
}

/// What stands in the way of a new account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountTaken {
    /// There is one of this name.
    Account,
    /// The person has one.
    Person,
    /// There are as many as a node takes.
    TooMany,
}

/// Somebody is about to show a password.
#[derive(Debug)]
pub enum Attempt {
    /// There is no such account.
    Unknown,
    /// The account is locked: no password is looked at.
    Locked {
        /// Until when; nothing where somebody must lift it.
        until: Option<Timestamp>,
    },
    /// The password is to be held against this.
    Against(Account, PasswordHash),
}

impl Store {
    /// Adds an account, with the log's entry about it. Two accounts of one person could be both halves of an act that
    /// needs two people.
    ///
    /// # Errors
    /// Those of [`Store::append`].
    pub fn add_account(
        &self,
        new: &NewAccount<'_>,
        now: Timestamp,
        entry: &Entry<'_>,
    ) -> Result<Result<(), AccountTaken>, Error> {
        let NewAccount {
            account,
            person,
            role,
            hash,
        } = *new;
        self.write(|connection| {
            let there = all(connection)?;
            if there.len() as u64 >= MOST {
                return Ok(Err(AccountTaken::TooMany));
            }
            if there.iter().any(|each| each.account == account) {
                return Ok(Err(AccountTaken::Account));
            }
            if there.iter().any(|each| same_person(&each.person, person)) {
                return Ok(Err(AccountTaken::Person));
            }
            let sealed = self.vault().seal(HASH, account.as_bytes(), hash.hash.as_ref())?;
            connection.execute(
                "INSERT INTO accounts (account, person, role, memory_kib, passes, lanes, salt, hash, created_at, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                params![
                    account,
                    person,
                    role.code(),
                    hash.costs.memory_kib,
                    hash.costs.passes,
                    hash.costs.lanes,
                    hash.salt,
                    sealed,
                    now
                ],
            )?;
            log::append(connection, entry)?;
            Ok(Ok(()))
        })
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// [`Error::Damaged`]; the database's.
    pub fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.read(all)
    }

    /// The account of this name.
    ///
    /// # Errors
    /// As [`Store::accounts`].
    pub fn account(&self, account: &str) -> Result<Option<Account>, Error> {
        self.read(|connection| one(connection, account, read))
    }

    /// Begins with somebody who shows a password. It counts as wrong until [`Store::password_was_right`] says otherwise,
    /// so that many at once are as many failures. `lock` says how long so many failures in a row lock an account.
    ///
    /// # Errors
    /// As [`Store::accounts`]; [`Error::Sealed`] where the hash was changed or is another account's.
    pub fn attempt(
        &self,
        account: &str,
        now: Timestamp,
        lock: impl FnOnce(u32) -> Option<SignedDuration>,
    ) -> Result<Attempt, Error> {
        self.write(|connection| {
            let known = one(connection, account, |row| {
                Ok((read(row)?, row.get("hash")?, hash_without(row)?))
            })?;
            let Some((mut known, sealed, mut hash)): Option<(Account, Vec<u8>, PasswordHash)> = known else {
                return Ok(Attempt::Unknown);
            };
            if known.locked {
                return Ok(Attempt::Locked { until: None });
            }
            if let Some(until) = known.locked_until.filter(|until| now < *until) {
                return Ok(Attempt::Locked { until: Some(until) });
            }
            let plain = self.vault().unseal(HASH, account.as_bytes(), &sealed)?;
            let plain: &[u8; HASH_LEN] = plain
                .as_slice()
                .try_into()
                .map_err(|_| Error::damaged("account", account))?;
            hash.hash.copy_from_slice(plain);
            known.failures = known.failures.saturating_add(1);
            known.locked_until = lock(known.failures).and_then(|time| now.checked_add(time).ok());
            let sql = "UPDATE accounts SET failures = ?2, locked_until = ?3 WHERE account = ?1";
            connection.execute(sql, params![account, known.failures, known.locked_until])?;
            Ok(Attempt::Against(known, hash))
        })
    }

    /// The password was right: what failed before is forgotten. `against` is what it was held against.
    ///
    /// # Errors
    /// [`Error::ActedMeanwhile`] where the account was locked or removed meanwhile, or has another password; those of
    /// [`Store::append`].
    pub fn password_was_right(
        &self,
        account: &str,
        against: &PasswordHash,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE accounts SET failures = 0, locked_until = NULL
                       WHERE account = ?1 AND locked = 0 AND salt = ?2";
            match connection.execute(sql, params![account, against.salt])? {
                0 => Err(Error::ActedMeanwhile),
                _ => {
                    log::append(connection, entry)?;
                    Ok(())
                }
            }
        })
    }

    /// Gives an account another password; failures are forgotten, a lock by somebody stays.
    ///
    /// # Errors
    /// [`Error::Unknown`]; those of [`Store::append`].
    pub fn set_password(
        &self,
        account: &str,
        hash: &PasswordHash,
        now: Timestamp,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| self.put_password(connection, account, hash, now, entry))
    }

    /// Gives an account another password in the place of `before`, and of no other one.
    ///
    /// # Errors
    /// [`Error::ActedMeanwhile`] where the account has another password by now, or was locked or removed; those of
    /// [`Store::append`].
    pub fn replace_password(
        &self,
        account: &str,
        before: &PasswordHash,
        hash: &PasswordHash,
        now: Timestamp,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "SELECT 1 FROM accounts WHERE account = ?1 AND locked = 0 AND salt = ?2";
            let mut same = connection.prepare_cached(sql)?;
            if !same.exists(params![account, before.salt])? {
                return Err(Error::ActedMeanwhile);
            }
            self.put_password(connection, account, hash, now, entry)
        })
    }

    fn put_password(
        &self,
        connection: &Connection,
        account: &str,
        hash: &PasswordHash,
        now: Timestamp,
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        let sealed = self.vault().seal(HASH, account.as_bytes(), hash.hash.as_ref())?;
        let PasswordHash { costs, salt, .. } = hash;
        let sql = "UPDATE accounts SET memory_kib = ?2, passes = ?3, lanes = ?4, salt = ?5, hash = ?6, changed_at = ?7,
                       failures = 0, locked_until = NULL
                   WHERE account = ?1";
        let values = params![
            account,
            costs.memory_kib,
            costs.passes,
            costs.lanes,
            salt,
            sealed,
            now
        ];
        changed(connection, account, sql, values, entry)
    }

    /// Locks an account until that is lifted, or lifts it; failures are forgotten with that.
    ///
    /// # Errors
    /// [`Error::Unknown`]; those of [`Store::append`].
    pub fn lock_account(&self, account: &str, locked: bool, entry: &Entry<'_>) -> Result<(), Error> {
        let sql = "UPDATE accounts SET locked = ?2, failures = 0, locked_until = NULL WHERE account = ?1";
        self.change_account(account, sql, params![account, locked], entry)
    }

    /// Removes an account. What its person did stays on record.
    ///
    /// # Errors
    /// [`Error::Unknown`]; those of [`Store::append`].
    pub fn remove_account(&self, account: &str, entry: &Entry<'_>) -> Result<(), Error> {
        let sql = "DELETE FROM accounts WHERE account = ?1";
        self.change_account(account, sql, params![account], entry)
    }

    fn change_account(
        &self,
        account: &str,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| changed(connection, account, sql, values, entry))
    }
}

fn changed(
    connection: &Connection,
    account: &str,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    entry: &Entry<'_>,
) -> Result<(), Error> {
    match connection.execute(sql, values)? {
        0 => Err(Error::unknown("account", account)),
        _ => {
            log::append(connection, entry)?;
            Ok(())
        }
    }
}

fn all(connection: &Connection) -> Result<Vec<Account>, Error> {
    let mut all = connection.prepare_cached("SELECT * FROM accounts ORDER BY account")?;
    all.query_and_then([], read)?.collect()
}

fn one<T>(
    connection: &Connection,
    account: &str,
    read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut one = connection.prepare_cached("SELECT * FROM accounts WHERE account = ?1")?;
    one.query_row([account], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Result<Account, Error> {
    let (account, role): (String, String) = (row.get("account")?, row.get("role")?);
    let Some(role) = AccountRole::from_code(&role) else {
        return Err(Error::damaged("account", account));
    };
    Ok(Account {
        person: row.get("person")?,
        role,
        failures: row.get("failures")?,
        locked_until: row.get("locked_until")?,
        locked: row.get("locked")?,
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
        account,
    })
}

/// The hash itself is sealed.
fn hash_without(row: &Row<'_>) -> Result<PasswordHash, Error> {
    Ok(PasswordHash {
        costs: Costs {
            memory_kib: row.get("memory_kib")?,
            passes: row.get("passes")?,
            lanes: row.get("lanes")?,
        },
        salt: row.get("salt")?,
        hash: Zeroizing::new([0; HASH_LEN]),
    })
}

#[cfg(test)]
mod tests;
