//! The people who use the node: their accounts, how they sign in, and how long that holds.
//!
//! A session is 32 random bytes that its owner holds; here there is only their SHA-256, in memory, so that no restart and
//! no backup brings one back. What one account does is on record under its person's name, as the rules for acts that need
//! two people compare names.

mod password;
mod sessions;
mod sign_in;

use std::sync::Mutex;

use hefu_casework::text;
use hefu_store::{Account, AccountTaken, Entry, NewAccount, PasswordHash};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use hefu_store::AccountRole;
pub use sessions::{Began, SignedIn};
pub use sign_in::NotSignedIn;

use crate::digest::sha256;
use crate::guard::Repeats;
use crate::{Error, Node, Result};
use sessions::Sessions;
use sign_in::{Nobody, Strangers};

const MAX_PERSON_CHARS: usize = 64;
const ACCOUNT_CHARS: std::ops::RangeInclusive<usize> = 3..=32;

/// Who is signed in, and what has failed, in memory.
#[derive(Default)]
pub(crate) struct Accounts {
    sessions: Sessions,
    strangers: Strangers,
    nobody: Nobody,
    /// Failures, as far as the log tells of them.
    failures: Repeats,
    /// Held while an account changes or a session of it begins: of a session that begins while its account is locked,
    /// nothing must be left.
    turn: Mutex<()>,
}

/// Why an account can't be as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRefusal {
    /// Its name is not one.
    Name,
    /// The person's name can't stand in the log.
    Person,
    /// There is an account of this name.
    Taken,
    /// The person has an account.
    PersonTaken,
    /// There are as many as a node takes.
    TooMany,
    /// The password has fewer than 12 characters.
    PasswordShort,
    /// The password has more than 256.
    PasswordLong,
    /// The password is the account's or the person's name.
    PasswordName,
    /// The password is one that many have, or has too few different characters.
    PasswordUsual,
}

impl AccountRefusal {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "account_name",
            Self::Person => "account_person",
            Self::Taken => "account_taken",
            Self::PersonTaken => "account_person_taken",
            Self::TooMany => "account_too_many",
            Self::PasswordShort => "account_password_short",
            Self::PasswordLong => "account_password_long",
            Self::PasswordName => "account_password_name",
            Self::PasswordUsual => "account_password_usual",
        }
    }
}

impl Node {
    /// Adds an account for a person who has none. Takes as long as its password's hash.
    ///
    /// # Errors
    /// [`Error::Account`] with what is wrong with it; the store's.
    pub fn add_account(
        &self,
        account: &str,
        person: &str,
        role: AccountRole,
        password: &str,
        actor: &str,
    ) -> Result<()> {
        if !is_account(account) {
            return Err(Error::Account(AccountRefusal::Name));
        }
        // What the node does by itself stands in the log under its own name.
        if text::check(person, MAX_PERSON_CHARS).is_err() || text::same_person(person, "node") {
            return Err(Error::Account(AccountRefusal::Person));
        }
        password::check(password, &[account, person]).map_err(Error::Account)?;
        let hash = self.hashed(password)?;
        let body = json!({ "account": account, "role": role.code(), "person": person });
        let new = NewAccount {
            account,
            person,
            role,
            hash: &hash,
        };
        let entry = Entry {
            actor,
            kind: "account_added",
            body: &body,
        };
        self.store
            .add_account(&new, Timestamp::now(), &entry)?
            .map_err(|taken| {
                Error::Account(match taken {
                    AccountTaken::Account => AccountRefusal::Taken,
                    AccountTaken::Person => AccountRefusal::PersonTaken,
                    AccountTaken::TooMany => AccountRefusal::TooMany,
                })
            })
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// The store's.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        Ok(self.store.accounts()?)
    }

    /// Gives an account another password, and ends its sessions.
    ///
    /// # Errors
    /// [`Error::Account`] where the password is unfit; [`Error::Missing`] where there is no such account; the store's.
    pub fn set_password(&self, account: &str, password: &str, actor: &str) -> Result<()> {
        let known = self.known_account(account)?;
        password::check(password, &[account, &known.person]).map_err(Error::Account)?;
        let hash = self.hashed(password)?;
        self.change(account, "account_password_set", actor, |entry| {
            self.store.set_password(account, &hash, Timestamp::now(), entry)
        })
    }

    /// Gives an account another password in the place of this one, and ends its sessions.
    fn replace_password(&self, who: &SignedIn, before: &PasswordHash, password: &str) -> Result<()> {
        let hash = self.hashed(password)?;
        self.change(&who.account, "account_password_set", &who.person, |entry| {
            let (account, now) = (&who.account, Timestamp::now());
            self.store.replace_password(account, before, &hash, now, entry)
        })
    }

    /// Whether there is an account of this name.
    pub(crate) fn is_account(&self, account: &str) -> Result<bool> {
        Ok(is_account(account) && self.store.account(account)?.is_some())
    }

    /// Locks an account until that is lifted, and ends its sessions.
    ///
    /// # Errors
    /// [`Error::Missing`]; the store's.
    pub fn lock_account(&self, account: &str, actor: &str) -> Result<()> {
        self.known_account(account)?;
        self.change(account, "account_locked", actor, |entry| {
            self.store.lock_account(account, true, entry)
        })
    }

    /// Lifts every lock of an account.
    ///
    /// # Errors
    /// [`Error::Missing`]; the store's.
    pub fn unlock_account(&self, account: &str, actor: &str) -> Result<()> {
        self.known_account(account)?;
        let body = about(account);
        let entry = Entry {
            actor,
            kind: "account_unlocked",
            body: &body,
        };
        Ok(self.store.lock_account(account, false, &entry)?)
    }

    /// Removes an account, and ends its sessions. What its person did stays on record.
    ///
    /// # Errors
    /// [`Error::Missing`]; the store's.
    pub fn remove_account(&self, account: &str, actor: &str) -> Result<()> {
        self.known_account(account)?;
        self.change(account, "account_removed", actor, |entry| {
            self.store.remove_account(account, entry)
        })
    }

    /// Somebody asked for what the role does not allow. The log tells of it once a minute: it only grows.
    pub(crate) fn note_overstepping(&self, who: &SignedIn, method: &str, path: &str) -> Result<()> {
        let caller = Some(sha256(who.account.as_bytes()));
        match self.accounts.failures.one_more(caller, "role") {
            Some(untold) => {
                let body = json!({
                    "account": *who.account, "role": who.role.code(), "method": method, "path": path, "untold": untold,
                });
                self.log_by(&who.person, "role_refused", &body)
            }
            None => Ok(()),
        }
    }

    fn change(
        &self,
        account: &str,
        kind: &str,
        actor: &str,
        change: impl FnOnce(&Entry<'_>) -> Result<(), hefu_store::Error>,
    ) -> Result<()> {
        let body = about(account);
        let _alone = self.accounts.turn();
        change(&Entry {
            actor,
            kind,
            body: &body,
        })?;
        self.accounts.sessions.end_all(account);
        Ok(())
    }

    /// What is no account's name is not said again: it may be a password that was typed in the wrong place.
    fn known_account(&self, account: &str) -> Result<Account> {
        self.store.account(account)?.ok_or_else(|| Error::Missing {
            what: "account",
            name: match is_account(account) {
                true => account.to_owned(),
                false => "?".to_owned(),
            },
        })
    }

    fn hashed(&self, password: &str) -> Result<PasswordHash> {
        Ok(PasswordHash::new(password, self.surroundings.password_costs)?)
    }
}

fn about(account: &str) -> Value {
    json!({ "account": account })
}

/// Short, and such that nobody mistakes one for another.
fn is_account(account: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    ACCOUNT_CHARS.contains(&account.len()) && account.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_plain_name() {
        for fit in ["wang", "wang.jianguo", "li-2", "it_1", "a-b", &"a".repeat(32)] {
            assert!(is_account(fit), "{fit}");
        }
        for unfit in [
            "",
            "ab",
            "Wang",
            "王建国",
            "wang jianguo",
            "../wang",
            "wang\n",
            &"a".repeat(33),
        ] {
            assert!(!is_account(unfit), "{unfit}");
        }
    }
}
