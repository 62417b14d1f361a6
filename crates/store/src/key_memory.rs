use rusqlite::Connection;

use crate::error::Error;

/// Remembers a session's public key. `false` where it was seen before.
pub(crate) fn remember(connection: &Connection, key: &[u8; 32]) -> Result<bool, Error> {
    Ok(connection.execute(
        "INSERT INTO seen_keys (key) VALUES (?1) ON CONFLICT DO NOTHING",
        [key],
    )? == 1)
}

#[cfg(test)]
mod tests {
    use super::remember;
    use crate::Store;
    use crate::store::tests::{fresh, passphrase};

    #[test]
    fn a_key_is_new_once_even_after_a_restart() {
        let (dir, store) = fresh();
        assert!(store.write(|connection| remember(connection, &[1; 32])).unwrap());
        assert!(store.write(|connection| remember(connection, &[2; 32])).unwrap());
        assert!(!store.write(|connection| remember(connection, &[1; 32])).unwrap());
        drop(store);
        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        assert!(!store.write(|connection| remember(connection, &[2; 32])).unwrap());
    }
}
