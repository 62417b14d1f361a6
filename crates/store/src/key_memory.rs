use crate::error::Error;
use crate::store::Store;

impl Store {
    /// Remembers a session's public key. `false` where it was seen before: the session must then be refused,
    /// since a key that comes again lets two rounds be linked.
    ///
    /// # Errors
    /// The database's.
    pub fn remember_public_key(&self, key: &[u8; 32]) -> Result<bool, Error> {
        self.write(|connection| {
            Ok(connection.execute(
                "INSERT INTO seen_keys (key) VALUES (?1) ON CONFLICT DO NOTHING",
                [key],
            )? == 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Store;
    use crate::store::tests::{fresh, passphrase};

    #[test]
    fn a_key_is_new_once_even_after_a_restart() {
        let (dir, store) = fresh();
        assert!(store.remember_public_key(&[1; 32]).unwrap());
        assert!(store.remember_public_key(&[2; 32]).unwrap());
        assert!(!store.remember_public_key(&[1; 32]).unwrap());
        drop(store);
        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        assert!(!store.remember_public_key(&[2; 32]).unwrap());
    }
}
