//! What proves a finding after its session's keys are gone. It would let the match be made again, so it is sealed.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::deletion;
use crate::error::Error;
use crate::store::Store;
use crate::vault::Vault;

const PROOF: &str = "evidence.proof";

impl Store {
    /// What proves the round's finding `seq` (from 0, in the order of [`Store::findings`]).
    ///
    /// # Errors
    /// [`Error::Deleted`]; [`Error::Sealed`] where it was changed; the database's.
    pub fn evidence(&self, round: &[u8; 32], seq: u64) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT proof FROM evidence WHERE round = ?1 AND seq = ?2";
            let sealed: Option<Vec<u8>> = connection
                .query_row(sql, params![round, seq], |row| row.get(0))
                .optional()?;
            sealed
                .map(|sealed| self.vault().unseal(PROOF, &place(round, seq), &sealed))
                .transpose()
        })
    }
}

/// Each proof belongs to the finding with its index; the schema refuses one that has none.
pub(crate) fn put(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    evidence: &[Zeroizing<Vec<u8>>],
) -> Result<(), Error> {
    let insert = "INSERT INTO evidence (round, seq, proof) VALUES (?1, ?2, ?3)";
    let mut insert = connection.prepare_cached(insert)?;
    for (proof, seq) in evidence
        .iter()
        .zip(0_u64..)
        .filter(|(proof, _)| !proof.is_empty())
    {
        insert.execute(params![round, seq, vault.seal(PROOF, &place(round, seq), proof)?])?;
    }
    Ok(())
}

fn place(round: &[u8; 32], seq: u64) -> Vec<u8> {
    [round.as_slice(), &seq.to_be_bytes()].concat()
}
