use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::Error;
use crate::vault::{Costs, Unlock, Vault};
use crate::{files, migrate};

pub(crate) const DATABASE: &str = "hefu.db";
pub(crate) const HEADER: &str = "vault.json";

/// One node's store. Its methods take `&self`: share it between threads behind an `Arc`.
///
/// Each method holds the connection only for a bounded number of rows, so that a long import or a long read does
/// not keep others out; a callback may call the store again.
pub struct Store {
    folder: PathBuf,
    connection: Mutex<Connection>,
    vault: Vault,
}

impl Store {
    /// Makes a store in `dir`, which is created where it is missing.
    ///
    /// # Errors
    /// [`Error::Exists`] where there is one already; those of [`Vault::create`]; the disk's.
    pub fn create(dir: &Path, unlock: &Unlock) -> Result<Self, Error> {
        Self::create_with(dir, unlock, Costs::STANDARD)
    }

    /// As [`Store::create`], with other costs of the passphrase function.
    ///
    /// # Errors
    /// As [`Store::create`], and [`Error::Costs`].
    pub fn create_with(dir: &Path, unlock: &Unlock, costs: Costs) -> Result<Self, Error> {
        files::create_folder(dir)?;
        let path = dir.join(DATABASE);
        if path.exists() {
            return Err(Error::Exists { path });
        }
        let vault = Vault::create(&dir.join(HEADER), unlock, costs)?;
        files::create_empty(&path)?;
        Self::with_vault(dir, vault)
    }

    /// Opens the store in `dir`, brings its schema up to date and clears away what a killed process left: half an
    /// import, half a backup, a round that can't be resumed, and erased bytes in the write-ahead log.
    ///
    /// # Errors
    /// [`Error::NotAStore`], [`Error::InUse`], [`Error::NewerSchema`]; those of [`Vault::open`]; the disk's.
    pub fn open(dir: &Path, unlock: &Unlock) -> Result<Self, Error> {
        let vault = Vault::open(&dir.join(HEADER), unlock)?;
        let path = dir.join(DATABASE);
        // SQLite would make a missing database anew, and an empty store would look like one that lost nothing.
        if !path.exists() {
            return Err(Error::NotAStore { path });
        }
        Self::with_vault(dir, vault)
    }

    /// The keys at rest, for what the node seals outside the database.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn with_vault(folder: &Path, vault: Vault) -> Result<Self, Error> {
        let mut connection = connect(&folder.join(DATABASE))?;
        migrate::migrate(&mut connection)?;
        let store = Self {
            folder: folder.to_owned(),
            connection: Mutex::new(connection),
            vault,
        };
        store.sweep_imports()?;
        store.sweep_rounds()?;
        store.sweep_backup()?;
        store.checkpoint()?;
        Ok(store)
    }

    /// Moves the write-ahead log into the database and empties it, so that what was erased stands in neither.
    pub(crate) fn checkpoint(&self) -> Result<(), Error> {
        empty_write_ahead_log(&self.lock(), &self.folder.join(DATABASE))
    }

    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        query(&self.lock())
    }

    /// All of `change` or nothing of it.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// A thread that panicked here rolled its transaction back as it went, so the connection is still good.
    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn empty_write_ahead_log(connection: &Connection, path: &Path) -> Result<(), Error> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let blocked: bool = connection.query_row(sql, [], |row| row.get(0))?;
    if blocked {
        return Err(Error::InUse {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// Opens a database that is there, alone, whatever its schema.
pub(crate) fn connect(path: &Path) -> Result<Connection, Error> {
    configured(path).map_err(|error| match error {
        Error::Database(cause) if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Error::InUse {
                path: path.to_owned(),
            }
        }
        other => other,
    })
}

/// Exclusive locking keeps a second process out (an import that runs there must not be swept here) and spares
/// shared memory. Recursive triggers make `REPLACE` ask the delete triggers too.
fn configured(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(500))?;
    for (pragma, value) in [
        ("locking_mode", "EXCLUSIVE"),
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("foreign_keys", "ON"),
        ("recursive_triggers", "ON"),
        ("secure_delete", "ON"),
        ("temp_store", "MEMORY"),
        ("trusted_schema", "OFF"),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.pragma_update(None, "cache_size", -32_000)?;
    // Takes the lock now: a second process is to be turned away here.
    connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
    Ok(connection)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use zeroize::Zeroizing;

    use super::*;

    pub(crate) const LOW: Costs = Costs {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    pub(crate) fn passphrase(text: &str) -> Unlock {
        Unlock::Passphrase(Zeroizing::new(text.to_owned()))
    }

    pub(crate) fn fresh() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_with(dir.path(), &passphrase("合符"), LOW).unwrap();
        (dir, store)
    }

    /// How often any of `needles` stands in a file of `dir`.
    pub(crate) fn found(dir: &Path, needles: &[Vec<u8>]) -> usize {
        let mut by_head: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for needle in needles {
            by_head.entry(&needle[..8]).or_default().push(needle);
        }
        let mut count = 0;
        for file in std::fs::read_dir(dir).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for at in 0..bytes.len().saturating_sub(7) {
                let candidates = by_head.get(&bytes[at..at + 8]).into_iter().flatten();
                count += candidates
                    .filter(|needle| bytes[at..].starts_with(needle))
                    .count();
            }
        }
        count
    }

    impl Store {
        /// SQL past the store's own methods, as a mistake or an intruder would send it.
        pub(crate) fn raw(&self, sql: &str) -> Result<(), Error> {
            self.read(|connection| Ok(connection.execute_batch(sql)?))
        }

        /// Every value of one column.
        pub(crate) fn column<T: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<T> {
            self.lock()
                .prepare(sql)
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap()
        }

        pub(crate) fn pragma(&self, name: &str) -> String {
            self.lock()
                .query_row(&format!("PRAGMA {name}"), [], |row| {
                    row.get::<_, rusqlite::types::Value>(0)
                })
                .map(|value| format!("{value:?}"))
                .unwrap()
        }
    }

    #[test]
    fn create_open_and_the_wrong_way_to_do_either() {
        let (dir, store) = fresh();
        assert!(matches!(
            Store::create_with(dir.path(), &passphrase("合符"), LOW),
            Err(Error::Exists { .. })
        ));
        assert!(matches!(
            Store::open(dir.path(), &passphrase("合符")),
            Err(Error::InUse { .. })
        ));
        drop(store);
        assert!(Store::open(dir.path(), &passphrase("合符")).is_ok());
        assert!(matches!(
            Store::open(dir.path(), &passphrase("other")),
            Err(Error::WrongKey { .. })
        ));
        assert!(matches!(
            Store::open(&dir.path().join("none"), &passphrase("合符")),
            Err(Error::NotAStore { .. })
        ));
        std::fs::remove_file(dir.path().join(DATABASE)).unwrap();
        assert!(matches!(
            Store::open(dir.path(), &passphrase("合符")),
            Err(Error::NotAStore { .. })
        ));
    }

    #[test]
    fn the_connection_is_what_the_schema_relies_on() {
        let (_dir, store) = fresh();
        for (pragma, value) in [
            ("journal_mode", "Text(\"wal\")"),
            ("foreign_keys", "Integer(1)"),
            ("recursive_triggers", "Integer(1)"),
            ("secure_delete", "Integer(1)"),
        ] {
            assert_eq!(store.pragma(pragma), value, "{pragma}");
        }
    }

    #[test]
    fn a_store_of_a_later_version_is_refused() {
        let (dir, store) = fresh();
        store.raw("PRAGMA user_version = 99").unwrap();
        drop(store);
        let refused = Store::open(dir.path(), &passphrase("合符"));
        assert!(matches!(refused, Err(Error::NewerSchema { found: 99, .. })));
    }

    #[test]
    fn a_store_is_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Store>();
    }
}
