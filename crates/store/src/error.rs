use std::path::PathBuf;

use hefu_casework::Month;
use rusqlite::ffi;

/// What can go wrong between the node and its folder.
///
/// No variant carries a document number, a name or what stood in a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("{path}: {source}. Check that the disk has room and that the folder belongs to this user.")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("the node's database: {0}. Check that the disk has room, then try again.")]
    Database(rusqlite::Error),
    /// A folder that should be new holds a store already.
    #[error("{path} exists already. Choose an empty folder, or open the store that is there.")]
    Exists {
        /// The file that was found.
        path: PathBuf,
    },
    /// The folder holds no store.
    #[error("{path} is missing: this folder holds no store. Check the folder, or create the node first.")]
    NotAStore {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// Another process has the store open.
    #[error("{path} is in use by another process. Stop it, or ask the running node instead.")]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The vault's header can't be read.
    #[error("{path} is not a vault header of this version. Restore it from a backup.")]
    Header {
        /// The header's file.
        path: PathBuf,
    },
    /// The passphrase or key file is not the one the vault was made with.
    #[error("the passphrase or key file is wrong: it does not open {path}.")]
    WrongKey {
        /// The header's file.
        path: PathBuf,
    },
    /// The vault opens with the other kind of key.
    #[error("{path} opens with a {expected}, which was not given.")]
    WrongUnlock {
        /// The header's file.
        path: PathBuf,
        /// `passphrase` or `key file`.
        expected: &'static str,
    },
    /// A passphrase of no characters protects nothing.
    #[error("the passphrase is empty. Give one of several words.")]
    EmptyPassphrase,
    /// A key file that is not 32 bytes.
    #[error("{path} is not a key file: it must hold exactly 32 bytes.")]
    KeyFile {
        /// The key file.
        path: PathBuf,
    },
    /// A key file that other users of the machine can read.
    #[error("{path} can be read by other users. Run `chmod 600` on it, and think about who has seen it.")]
    KeyFileExposed {
        /// The key file.
        path: PathBuf,
    },
    /// Costs of the passphrase function outside what a node accepts.
    #[error("the costs of the passphrase function in {path} are out of bounds. Restore it from a backup.")]
    Costs {
        /// The header's file.
        path: PathBuf,
    },
    /// The system's generator or a cipher failed.
    #[error("the system's random generator or cipher failed. Do not go on; restart the machine.")]
    Cryptography,
    /// Sealed bytes that do not open: changed, moved to another row, or sealed under another key.
    #[error("{what} does not open: it was changed or moved since it was sealed. Restore from a backup.")]
    Sealed {
        /// The label it was sealed under, or the file.
        what: String,
    },
    /// Stored values that this version did not write.
    #[error("{what} {id} is damaged. Restore from a backup.")]
    Damaged {
        /// The kind of thing: `record`, `round`, ….
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The database was written by a later version.
    #[error("the database has schema {found}, this version knows up to {supported}. Update the program.")]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The last version known.
        supported: i64,
    },
    /// There is no such thing.
    #[error("there is no {what} {id}.")]
    Unknown {
        /// The kind of thing.
        what: &'static str,
        /// Which one was asked for.
        id: String,
    },
    /// A change that the schema forbids.
    #[error("refused: {rule}.")]
    Immutable {
        /// The rule, as the schema words it.
        rule: String,
    },
    /// What was asked for was deleted under its retention rule.
    #[error("deleted when its time was over, the signed record of that is kept: {what} {id}.")]
    Deleted {
        /// The kind of thing.
        what: &'static str,
        /// Which one was asked for.
        id: String,
    },
    /// Somebody else did something about the finding or matter since its state was read.
    #[error("something was done about this meanwhile. Look at it again before you go on.")]
    ActedMeanwhile,
    /// A number that the ledger has already, or a finding that is in it.
    #[error("the ledger has this number, or this finding, as matter {matter}. Go on with that one.")]
    MatterExists {
        /// Its id.
        matter: u64,
    },
    /// A session already holds something else in this place.
    #[error("the session holds another {part} already. Do not go on with it.")]
    SessionChanged {
        /// `accept`, `seed`, ….
        part: &'static str,
    },
    /// The session has come to its end.
    #[error("the session has ended. Start a new round.")]
    SessionEnded,
    /// The call was debited, and its session went with a database that a backup has replaced.
    #[error("this session was lost when the node was restored from a backup. Start a new round.")]
    SessionVoided,
    /// A chunk that differs from the one with its number before.
    #[error("chunk {chunk} differs from what it was. Do not go on with this session.")]
    ChunkChanged {
        /// Its number, from 0.
        chunk: u32,
    },
    /// A chunk that does not follow the last one.
    #[error("chunk {chunk} came where chunk {expected} is next.")]
    ChunkGap {
        /// The number that would follow.
        expected: u32,
        /// The number that came.
        chunk: u32,
    },
    /// The peer's budget of the month does not cover the session.
    #[error(
        "{spent} of {limit} elements are spent this month: the session would go beyond. Wait for next month."
    )]
    BudgetSpent {
        /// Elements a month.
        limit: u64,
        /// Elements spent so far, over all purposes.
        spent: u64,
    },
    /// The agreement's rounds of the month are used up.
    #[error("the agreement's {limit} rounds of this month are used up. Wait for next month.")]
    RoundsSpent {
        /// Rounds a month.
        limit: u32,
    },
    /// The agreement's checks of the day are used up.
    #[error("the agreement's {limit} checks of this day are used up. Wait for the next day.")]
    ChecksSpent {
        /// Checks a day.
        limit: u32,
    },
    /// Nobody can say what was spent in this month.
    #[error(
        "the budgets of {month} are locked, since the ledger was lost in part. \
         Merge the old one, or lift the lock on someone's authority."
    )]
    BudgetLocked {
        /// The month.
        month: Month,
    },
    /// A peer has too many sets waiting here.
    #[error("{limit} sets of this peer wait here unfinished. Bring their missing files first.")]
    TooManySets {
        /// Sets of one peer.
        limit: u64,
    },
    /// A peer announces more than it may have waiting here.
    #[error(
        "with this set, more than {limit} bytes of this peer would wait here. Bring the missing files of others \
         first, or allow more in node.toml."
    )]
    TooMuchComing {
        /// Bytes of one peer.
        limit: u64,
    },
    /// A database of another vault.
    #[error("{path} belongs to another vault. Check that it is this node's own old folder.")]
    OtherVault {
        /// Its folder.
        path: PathBuf,
    },
    /// A log body that has no canonical form.
    #[error(
        "a log entry of kind {kind} has no canonical form: fractions and integers beyond 2^53 have none."
    )]
    LogBody {
        /// The entry's kind.
        kind: String,
    },
    /// The first entry at which the log's chain does not hold.
    #[error("log entry {seq} does not follow from the entry before it: the log was changed there.")]
    BadLogEntry {
        /// Its number, from 1.
        seq: u64,
    },
}

impl Error {
    /// A stable name for translation and for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "store_io",
            Self::Database(_) => "store_database",
            Self::Exists { .. } => "store_exists",
            Self::NotAStore { .. } => "store_missing",
            Self::InUse { .. } => "store_in_use",
            Self::Header { .. } => "vault_header",
            Self::WrongKey { .. } => "vault_wrong_key",
            Self::WrongUnlock { .. } => "vault_wrong_unlock",
            Self::EmptyPassphrase => "vault_empty_passphrase",
            Self::KeyFile { .. } => "vault_key_file",
            Self::KeyFileExposed { .. } => "vault_key_file_exposed",
            Self::Costs { .. } => "vault_costs",
            Self::Cryptography => "vault_cryptography",
            Self::Sealed { .. } => "vault_sealed",
            Self::Damaged { .. } => "store_damaged",
            Self::NewerSchema { .. } => "store_newer_schema",
            Self::Unknown { .. } => "store_unknown",
            Self::Immutable { .. } => "store_immutable",
            Self::Deleted { .. } => "store_deleted",
            Self::ActedMeanwhile => "acted_meanwhile",
            Self::MatterExists { .. } => "matter_exists",
            Self::SessionChanged { .. } => "session_changed",
            Self::SessionEnded => "session_ended",
            Self::SessionVoided => "session_voided",
            Self::ChunkChanged { .. } => "session_chunk_changed",
            Self::ChunkGap { .. } => "session_chunk_gap",
            Self::BudgetSpent { .. } => "budget_spent",
            Self::RoundsSpent { .. } => "budget_rounds_spent",
            Self::ChecksSpent { .. } => "budget_checks_spent",
            Self::BudgetLocked { .. } => "budget_locked",
            Self::TooManySets { .. } => "ferry_too_many_sets",
            Self::TooMuchComing { .. } => "ferry_too_much_coming",
            Self::OtherVault { .. } => "vault_other",
            Self::LogBody { .. } => "log_body",
            Self::BadLogEntry { .. } => "log_bad_entry",
        }
    }

    /// What the message of [`Error::code`] has blanks for.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Io { path, source } => {
                vec![
                    ("path", path.display().to_string()),
                    ("cause", source.to_string()),
                ]
            }
            Self::Database(cause) => vec![("cause", cause.to_string())],
            Self::Exists { path }
            | Self::NotAStore { path }
            | Self::InUse { path }
            | Self::Header { path }
            | Self::WrongKey { path }
            | Self::KeyFile { path }
            | Self::KeyFileExposed { path }
            | Self::Costs { path }
            | Self::OtherVault { path } => vec![("path", path.display().to_string())],
            Self::WrongUnlock { path, expected } => {
                vec![
                    ("path", path.display().to_string()),
                    ("expected", (*expected).to_owned()),
                ]
            }
            Self::EmptyPassphrase
            | Self::Cryptography
            | Self::ActedMeanwhile
            | Self::SessionEnded
            | Self::SessionVoided => Vec::new(),
            Self::MatterExists { matter } => vec![("matter", matter.to_string())],
            Self::Sealed { what } => vec![("what", what.clone())],
            Self::Damaged { what, id } | Self::Unknown { what, id } | Self::Deleted { what, id } => {
                vec![("what", (*what).to_owned()), ("id", id.clone())]
            }
            Self::NewerSchema { found, supported } => {
                vec![("found", found.to_string()), ("supported", supported.to_string())]
            }
            Self::Immutable { rule } => vec![("rule", rule.clone())],
            Self::SessionChanged { part } => vec![("part", (*part).to_owned())],
            Self::ChunkChanged { chunk } => vec![("chunk", chunk.to_string())],
            Self::ChunkGap { expected, chunk } => {
                vec![("expected", expected.to_string()), ("chunk", chunk.to_string())]
            }
            Self::BudgetSpent { limit, spent } => {
                vec![("limit", limit.to_string()), ("spent", spent.to_string())]
            }
            Self::RoundsSpent { limit } | Self::ChecksSpent { limit } => vec![("limit", limit.to_string())],
            Self::TooManySets { limit } | Self::TooMuchComing { limit } => {
                vec![("limit", limit.to_string())]
            }
            Self::BudgetLocked { month } => vec![("month", month.to_string())],
            Self::LogBody { kind } => vec![("kind", kind.clone())],
            Self::BadLogEntry { seq } => vec![("seq", seq.to_string())],
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn damaged(what: &'static str, id: impl ToString) -> Self {
        Self::Damaged {
            what,
            id: id.to_string(),
        }
    }

    pub(crate) fn deleted(what: &'static str, id: impl ToString) -> Self {
        Self::Deleted {
            what,
            id: id.to_string(),
        }
    }

    pub(crate) fn changed(part: &'static str) -> Self {
        Self::SessionChanged { part }
    }

    pub(crate) fn immutable(rule: &str) -> Self {
        Self::Immutable {
            rule: rule.to_owned(),
        }
    }

    pub(crate) fn unknown(what: &'static str, id: impl ToString) -> Self {
        Self::Unknown {
            what,
            id: id.to_string(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    /// The schema's triggers word their rules for people; anything else is SQLite's own trouble.
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(cause, Some(rule))
                if cause.extended_code == ffi::SQLITE_CONSTRAINT_TRIGGER =>
            {
                Self::Immutable { rule }
            }
            other => Self::Database(other),
        }
    }
}

impl From<ring::error::Unspecified> for Error {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Cryptography
    }
}
