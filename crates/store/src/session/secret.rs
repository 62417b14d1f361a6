//! A session's seed, sealed under a key of its own, which is sealed under the vault: the key's row is all that must go
//! for it not to open again, wherever a copy of the sealed bytes may be.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::vault::{KEY_LEN, Vault};

const KEY: &str = "session_keys.key";
const SEED: &str = "session_keys.seed";
const SET: &str = "session_sets.entered";

pub(super) fn keep_seed(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    seed: &[u8; 32],
) -> Result<(), Error> {
    let key = vault.fresh_key()?;
    connection.execute(
        "INSERT INTO session_keys (round, key, seed) VALUES (?1, ?2, ?3)",
        params![
            round,
            vault.seal(KEY, round, key.as_ref())?,
            vault.seal_under(&key, SEED, round, seed)?,
        ],
    )?;
    Ok(())
}

pub(super) fn seed(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
) -> Result<Option<Zeroizing<[u8; 32]>>, Error> {
    let Some(key) = key(vault, connection, round)? else {
        return Ok(None);
    };
    let sql = "SELECT seed FROM session_keys WHERE round = ?1";
    let sealed: Vec<u8> = connection.query_row(sql, [round], |row| row.get(0))?;
    fixed(SEED, &vault.unseal_under(&key, SEED, round, &sealed)?).map(Some)
}

/// What the session enters, sealed under its key.
pub(super) fn keep_set(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    entered: &[u8],
) -> Result<(), Error> {
    let Some(key) = key(vault, connection, round)? else {
        return Err(Error::SessionEnded);
    };
    let sealed = vault.seal_under(&key, SET, round, entered)?;
    let sql = "INSERT INTO session_sets (round, entered) VALUES (?1, ?2)";
    connection.execute(sql, params![round, sealed])?;
    Ok(())
}

pub(super) fn set(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let Some(key) = key(vault, connection, round)? else {
        return Ok(None);
    };
    let sql = "SELECT entered FROM session_sets WHERE round = ?1";
    let sealed: Option<Vec<u8>> = connection.query_row(sql, [round], |row| row.get(0)).optional()?;
    sealed
        .map(|sealed| vault.unseal_under(&key, SET, round, &sealed))
        .transpose()
}

fn key(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
) -> Result<Option<Zeroizing<[u8; KEY_LEN]>>, Error> {
    let sql = "SELECT key FROM session_keys WHERE round = ?1";
    let sealed: Option<Vec<u8>> = connection.query_row(sql, [round], |row| row.get(0)).optional()?;
    sealed
        .map(|sealed| fixed(KEY, &vault.unseal(KEY, round, &sealed)?))
        .transpose()
}

fn fixed(what: &str, bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut array = Zeroizing::new([0; 32]);
    if bytes.len() != array.len() {
        return Err(Error::Sealed {
            what: what.to_owned(),
        });
    }
    array.copy_from_slice(bytes);
    Ok(array)
}
