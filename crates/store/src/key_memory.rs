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
    use crate::error::Error;
    use crate::round::Round;
    use crate::samples::{self, unput_round};
    use crate::store::Store;
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

    /// However often a refused acceptance comes again, and whatever else its session is offered.
    #[test]
    fn a_key_is_of_one_session() {
        let (_dir, store) = fresh();
        let one = unput_round(&store, [samples::dataset(&store, [])]);
        let two = Round {
            id: [6; 32],
            ..one.clone()
        };
        for (round, open) in [(&one, b"one"), (&two, b"two")] {
            store
                .begin_session(&samples::session(round, open, &[3; 32]))
                .unwrap();
        }
        let note =
            |round: &Round, accept: &[u8], key: u8| store.note_accept(&round.id, accept, Some(&[key; 32]));
        assert!(note(&one, b"of one", 1).unwrap());
        for _ in 0..2 {
            assert!(!note(&two, b"of two", 1).unwrap());
            assert_eq!(store.session(&two.id).unwrap().unwrap().accept, None);
            assert!(note(&one, b"of one", 1).unwrap(), "its own");
        }
        // What is refused for another reason takes no key along.
        assert!(matches!(
            note(&one, b"another", 2),
            Err(Error::SessionChanged { part: "accept" })
        ));
        assert!(note(&two, b"of two", 2).unwrap());
        assert_eq!(
            store.session(&two.id).unwrap().unwrap().accept.as_deref(),
            Some(&b"of two"[..])
        );
    }
}
