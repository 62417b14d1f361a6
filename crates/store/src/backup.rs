//! Copies of the store, and what a node makes of one when its own store is lost.
//!
//! A copy holds no session's secrets, so that no old session is ever resumed or decrypted from it. The log in a copy
//! ends where it was made: a restored node's log goes on from there, and what was logged since is lost to it. That is
//! never hidden: the entry of [`Store::restore_marks`] says that it was restored, the one of [`Store::merge_ledger`]
//! names the end of the lost log where the old folder is still there, and peers notice that the head went back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use hefu_casework::Hex;
use rusqlite::{Connection, OptionalExtension};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::budget;
use crate::error::Error;
use crate::files;
use crate::frozen;
use crate::inquiry;
use crate::log::{self, Entry, LogHead};
use crate::migrate;
use crate::names;
use crate::outcome;
use crate::session;
use crate::store::{DATABASE, HEADER, Store, connect, empty_write_ahead_log};
use crate::vault::{Unlock, Vault};

/// The draft of a copy, while it holds secrets still; it never leaves the store's own folder.
const DRAFT: &str = "backup.tmp";

/// The first schema with sessions and a ledger of them.
const SESSIONS: i64 = 3;

/// The first schema with a ledger of disclosures.
const DISCLOSURES: i64 = 9;

/// The first schema with what peers told of their findings, and what names were found to be.
const TOLD: i64 = 10;

/// The first schema with legs of rounds of conferences.
const LEGS: i64 = 16;

/// What [`Store::merge_ledger`] brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Debits that were missing here.
    pub debits: u64,
    /// Locks in force there that were missing here. One that was lifted here before stays lifted.
    pub locks: u64,
    /// Lines of the disclosure ledger that were missing here.
    pub disclosures: u64,
    /// Notes about what peers decided and corrected that were missing here.
    pub outcomes: u64,
    /// Sessions of legs of conferences' rounds that were missing here: of each run one is answered.
    pub legs: u64,
    /// The head of the other log, where it has entries that this one lacks.
    pub lost: Option<LogHead>,
}

impl Store {
    /// Writes a consistent copy of the database to `path`, which must not exist: mode 0600, there as a whole or not at
    /// all, without the secrets of any session. The vault's header and the node's keys are not in it. The store is
    /// busy until the copy is drafted.
    ///
    /// # Errors
    /// [`Error::Exists`]; the database's; the disk's.
    pub fn backup(&self, path: &Path) -> Result<(), Error> {
        if path.exists() {
            return Err(Error::Exists {
                path: path.to_owned(),
            });
        }
        self.sweep_backup()?;
        let draft = self.draft();
        files::create_empty(&draft)?;
        let copied = self
            .read(|connection| vacuum_into(connection, &draft))
            .and_then(|()| without_secrets(&draft, path));
        self.sweep_backup()?;
        copied
    }

    /// Takes over all debits and disclosures that the database in `other` has and this one lacks, its locks, and what forbids
    /// decisions: what peers corrected, and whose names differ; and which runs of legs had their session. Where this store was restored from a backup, what peers
    /// spent, told and were told since stays on record. `other` is a whole folder of this same node, from
    /// before or after the backup, of a node that does not run; nothing in it changes. The log gains an entry `ledger_merged`.
    ///
    /// # Errors
    /// [`Error::OtherVault`] where it has another root key, [`Error::NotAStore`], [`Error::InUse`],
    /// [`Error::NewerSchema`]; those of [`Vault::open`]; the database's.
    pub fn merge_ledger(&self, other: &Path, unlock: &Unlock) -> Result<Merged, Error> {
        let vault = Vault::open(&other.join(HEADER), unlock)?;
        if !self.vault().is_same(&vault) {
            return Err(Error::OtherVault {
                path: other.to_owned(),
            });
        }
        let path = other.join(DATABASE);
        if !path.exists() {
            return Err(Error::NotAStore { path });
        }
        let other = connect(&path)?;
        let version = migrate::known_version(&other)?;
        self.write(|connection| {
            let (mut debits, mut locks) = (0, 0);
            if version >= SESSIONS {
                let mut theirs = other.prepare("SELECT * FROM debits ORDER BY seq")?;
                for line in theirs.query_and_then([], budget::debited)? {
                    debits += u64::from(budget::put(connection, &line?)?);
                }
                let known = budget::locks(connection)?;
                for lock in budget::locks(&other)?.iter().filter(|lock| lock.locked) {
                    if budget::locked(&other, lock.month)? && !known.contains(lock) {
                        budget::put_lock(connection, lock)?;
                        locks += 1;
                    }
                }
            }
            let disclosures = match version >= DISCLOSURES {
                true => inquiry::merge(connection, &other)?,
                false => 0,
            };
            let outcomes = match version >= TOLD {
                true => {
                    names::merge(connection, &other)?;
                    outcome::merge(connection, &other)?
                }
                false => 0,
            };
            let legs = match version >= LEGS {
                true => frozen::merge(connection, &other)?,
                false => 0,
            };
            let lost = lost(connection, log::head(&other)?)?;
            let head = lost.map(|head| json!({ "seq": head.seq, "hash": Hex(head.hash) }));
            let entry = Entry {
                actor: "node",
                kind: "ledger_merged",
                body: &json!({
                    "debits": debits,
                    "locks": locks,
                    "disclosures": disclosures,
                    "outcomes": outcomes,
                    "legs": legs,
                    "lost_log": head,
                }),
            };
            log::append(connection, &entry)?;
            Ok(Merged {
                debits,
                locks,
                disclosures,
                outcomes,
                legs,
                lost,
            })
        })
    }

    /// A draft that a killed process left behind.
    pub(crate) fn sweep_backup(&self) -> Result<(), Error> {
        sweep(&self.draft())
    }

    fn draft(&self) -> PathBuf {
        self.folder().join(DRAFT)
    }
}

/// Erases what sessions could be gone on with from the database in `folder`, of a node that was replaced by a backup and
/// does not run: their keys, seeds, states and chunks, and half a backup that may lie beside it with all of them.
///
/// # Errors
/// [`Error::NotAStore`], [`Error::InUse`], [`Error::NewerSchema`]; the database's; the disk's.
pub fn forget_sessions(folder: &Path) -> Result<(), Error> {
    sweep(&folder.join(DRAFT))?;
    let path = folder.join(DATABASE);
    if !path.exists() {
        return Err(Error::NotAStore { path });
    }
    let mut connection = connect(&path)?;
    if migrate::known_version(&connection)? < SESSIONS {
        return Ok(());
    }
    let change = connection.transaction()?;
    session::erase_secrets(&change, None)?;
    change.commit()?;
    empty_write_ahead_log(&connection, &path)
}

fn sweep(draft: &Path) -> Result<(), Error> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(draft)(error)),
        _ => Ok(()),
    }
}

/// Copied once more after the secrets are erased, since a fresh copy holds nothing but what stands in its tables.
fn without_secrets(draft: &Path, path: &Path) -> Result<(), Error> {
    let erased = Connection::open(draft)?;
    erased.pragma_update(None, "journal_mode", "OFF")?;
    session::erase_secrets(&erased, None)?;
    let folder = files::folder(path);
    let copy = NamedTempFile::new_in(folder).map_err(Error::io(folder))?;
    vacuum_into(&erased, copy.path())?;
    File::open(copy.path())
        .and_then(|copy| copy.sync_all())
        .map_err(Error::io(copy.path()))?;
    files::persist_new(copy, path)
}

/// `path` must be missing or empty.
fn vacuum_into(connection: &Connection, path: &Path) -> Result<(), Error> {
    let text = path.to_str().ok_or_else(|| {
        Error::io(path)(std::io::Error::new(
            std::io::ErrorKind::InvalidFilename,
            "the name is not UTF-8",
        ))
    })?;
    connection.execute("VACUUM INTO ?1", [text])?;
    Ok(())
}

/// The head of another log, unless it is in this one.
fn lost(connection: &Connection, other: LogHead) -> Result<Option<LogHead>, Error> {
    let here: Option<[u8; 32]> = connection
        .query_row("SELECT hash FROM log WHERE seq = ?1", [other.seq], |row| {
            row.get(0)
        })
        .optional()?;
    let known = other.seq == 0 || here == Some(other.hash);
    Ok((!known).then_some(other))
}

#[cfg(test)]
mod tests;
