//! A session's secrets, sealed under a key of its own, which is sealed under the vault: the key's row is all that must
//! go for none of them to open again, wherever a copy of the sealed bytes may be.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::vault::{KEY_LEN, Vault};

const KEY: &str = "session_keys.key";
const SEED: &str = "session_keys.seed";
const STATE: &str = "session_pending.state";

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

pub(super) fn keep_pending(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    state: &[u8],
) -> Result<(), Error> {
    let key = key(vault, connection, round)?.ok_or(Error::SessionEnded)?;
    connection.execute(
        "INSERT INTO session_pending (round, state) VALUES (?1, ?2)",
        params![round, vault.seal_under(&key, STATE, round, state)?],
    )?;
    Ok(())
}

pub(super) fn pending(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let sql = "SELECT state FROM session_pending WHERE round = ?1";
    let sealed: Option<Vec<u8>> = connection.query_row(sql, [round], |row| row.get(0)).optional()?;
    match (key(vault, connection, round)?, sealed) {
        (Some(key), Some(sealed)) => vault.unseal_under(&key, STATE, round, &sealed).map(Some),
        _ => Ok(None),
    }
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
