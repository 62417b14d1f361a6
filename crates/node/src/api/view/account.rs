use std::fmt;

use hefu_store::Account;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::account::{AccountRole, Began, SignedIn};

/// What is for one person alone, on its way: a password, the secret of a session, a number that was unmasked; wiped when dropped, and masked in `Debug`.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Clear(String);

/// Who signs in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The account's name.
    pub account: String,
    /// Its password.
    #[schema(value_type = String)]
    pub password: Clear,
}

/// A session at its beginning: the only time that its secret is given.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionBegun {
    /// 64 hexadecimal digits, for the header `hefu-session` of each request.
    #[schema(value_type = String)]
    pub session: Clear,
    /// The account's name.
    pub account: String,
    /// Its person's, by which acts are on record.
    pub name: String,
    /// Its role: `it`, `case_worker`, `compliance` or `office`.
    pub role: String,
    /// When it ends, unless it is used before.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// The account's name.
    pub account: String,
    /// Its person's, by which acts are on record.
    pub name: String,
    /// Its role: `it`, `case_worker`, `compliance` or `office`.
    pub role: String,
    /// When it ends, unless it is used before: half an hour after its last use, and twelve hours after its beginning.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Another password for the one who is signed in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPasswordRequest {
    /// The one that holds now.
    #[schema(value_type = String)]
    pub old: Clear,
    /// The one that is to hold: 12 to 256 characters.
    #[schema(value_type = String)]
    pub new: Clear,
}

/// A new account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAccountRequest {
    /// Its name: 3 to 32 of `a-z`, `0-9`, `.`, `_`, `-`.
    pub account: String,
    /// Its person's name, as it stands in the audit log; each person has one account.
    pub name: String,
    /// Its role: `it`, `case_worker`, `compliance` or `office`.
    pub role: String,
    /// Its password: 12 to 256 characters.
    #[schema(value_type = String)]
    pub password: Clear,
}

/// Another password for an account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password: 12 to 256 characters.
    #[schema(value_type = String)]
    pub password: Clear,
}

/// The accounts of a node.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignInAccountList {
    /// By name.
    pub accounts: Vec<SignInAccountView>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInAccountView {
    /// Its name, by which its person signs in.
    pub account: String,
    /// Its person's, by which acts are on record.
    pub name: String,
    /// Its role: `it`, `case_worker`, `compliance` or `office`.
    pub role: String,
    /// Whether somebody has locked it: it stays so until that is lifted.
    pub locked: bool,
    /// Until when it is locked after too many wrong passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub locked_until: Option<Timestamp>,
    /// Wrong passwords in a row.
    pub failures: u32,
    /// Since when it is there.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Since when it has its password.
    #[schema(value_type = String, format = DateTime)]
    pub password_set_at: Timestamp,
}

impl Clear {
    /// Takes a text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn of(mut text: Zeroizing<String>) -> Self {
        Self(std::mem::take(&mut *text))
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn zeroizing(mut self) -> Zeroizing<String> {
        Zeroizing::new(std::mem::take(&mut self.0))
    }
}

impl fmt::Debug for Clear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clear(****)")
    }
}

impl AddAccountRequest {
    pub(crate) fn role(&self) -> Option<AccountRole> {
        AccountRole::from_code(&self.role)
    }
}

impl SessionBegun {
    pub(crate) fn of(began: &Began) -> Self {
        let who = SessionView::from(&began.signed_in);
        Self {
            session: Clear::new(began.secret.reveal().to_owned()),
            account: who.account,
            name: who.name,
            role: who.role,
            expires_at: who.expires_at,
        }
    }
}

impl From<&SignedIn> for SessionView {
    fn from(who: &SignedIn) -> Self {
        Self {
            account: who.account.to_string(),
            name: who.person.to_string(),
            role: who.role.code().to_owned(),
            expires_at: who.expires_at,
        }
    }
}

impl SignInAccountView {
    pub(crate) fn of(account: Account, now: Timestamp) -> Self {
        Self {
            account: account.account,
            name: account.person,
            role: account.role.code().to_owned(),
            locked: account.locked,
            locked_until: account.locked_until.filter(|until| now < *until),
            failures: account.failures,
            created_at: account.created_at,
            password_set_at: account.changed_at,
        }
    }
}
