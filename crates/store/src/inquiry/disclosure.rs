//! The ledger of identities: whose number was given to whom, on whose word. Lines are added and never changed.

use hefu_casework::text::same_person;
use hefu_identity::PersonKey;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use super::person_of;
use crate::error::Error;
use crate::log::{self, Entry};
use crate::store::Store;
use crate::vault::Vault;

const PERSON: &str = "disclosures.person";

/// One line of the ledger.
pub struct Disclosure {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// The inquiry.
    pub item: [u8; 16],
    /// When it was written, which is before anything left.
    pub at: Timestamp,
    /// To whom, by node key.
    pub peer: [u8; 32],
    /// Under which agreement, by digest.
    pub agreement: [u8; 32],
    /// The purpose's code.
    pub purpose: String,
    /// What was told, by the names of the fields.
    pub fields: Vec<String>,
    /// Of how many people.
    pub persons: u64,
    /// Who approved.
    pub approved_by: String,
    /// Who released; another person.
    pub released_by: String,
    /// Whose number.
    pub person: PersonKey,
}

/// A line on its way in.
#[derive(Clone, Copy)]
pub struct NewDisclosure<'a> {
    /// As [`Disclosure::at`].
    pub at: Timestamp,
    /// As [`Disclosure::peer`].
    pub peer: &'a [u8; 32],
    /// As [`Disclosure::agreement`].
    pub agreement: &'a [u8; 32],
    /// As [`Disclosure::purpose`].
    pub purpose: &'a str,
    /// As [`Disclosure::fields`].
    pub fields: &'a [&'a str],
    /// As [`Disclosure::approved_by`].
    pub approved_by: &'a str,
    /// As [`Disclosure::released_by`].
    pub released_by: &'a str,
    /// As [`Disclosure::person`].
    pub person: &'a PersonKey,
    /// The log's entry about it.
    pub entry: Entry<'a>,
}

impl Store {
    /// At most `limit` lines of the ledger after line `after`, in order; 0 begins at the first.
    ///
    /// # Errors
    /// [`Error::Sealed`] where one was changed or moved; [`Error::Damaged`]; the database's.
    pub fn disclosures(&self, after: u64, limit: usize) -> Result<Vec<Disclosure>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM disclosures WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then(params![after, limit], |row| disclosure(self.vault(), row))?
                .collect()
        })
    }

    /// The line about what was disclosed in this inquiry.
    ///
    /// # Errors
    /// As [`Store::disclosures`].
    pub fn disclosure_in(&self, item: &[u8; 16]) -> Result<Option<Disclosure>, Error> {
        self.read(|connection| {
            let mut one = connection.prepare_cached("SELECT * FROM disclosures WHERE item = ?1")?;
            let found = one.query_row([item], |row| Ok(disclosure(self.vault(), row)));
            found.optional()?.transpose()
        })
    }
}

pub(super) fn put(
    vault: &Vault,
    connection: &Connection,
    item: &[u8; 16],
    new: &NewDisclosure<'_>,
) -> Result<(), Error> {
    // The schema compares bytes, and one name can be written in several.
    if same_person(new.approved_by, new.released_by) {
        return Err(Error::immutable("two different people let a number go"));
    }
    let person = vault.seal(PERSON, item, Zeroizing::new(new.person.stored()).as_ref())?;
    let fields = serde_json::to_string(new.fields)
        .map_err(|_| Error::damaged("disclosure", hefu_casework::Hex(*item)))?;
    connection.execute(
        "INSERT INTO disclosures
         (seq, item, at, peer, agreement, purpose, fields, persons, approved_by, released_by, person)
         VALUES ((SELECT 1 + coalesce(max(seq), 0) FROM disclosures), ?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9)",
        params![
            item,
            new.at,
            new.peer,
            new.agreement,
            new.purpose,
            fields,
            new.approved_by,
            new.released_by,
            person,
        ],
    )?;
    log::append(connection, &new.entry)?;
    Ok(())
}

/// Takes over the lines that another database under the same root key has and this one lacks, in their order behind its
/// own. Says how many.
pub(crate) fn merge(connection: &Connection, other: &Connection) -> Result<u64, Error> {
    let mut theirs = other.prepare("SELECT * FROM disclosures ORDER BY seq")?;
    let mut put = connection.prepare_cached(
        "INSERT INTO disclosures
         (seq, item, at, peer, agreement, purpose, fields, persons, approved_by, released_by, person)
         SELECT (SELECT 1 + coalesce(max(seq), 0) FROM disclosures), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         WHERE NOT EXISTS (SELECT 1 FROM disclosures WHERE item = ?1)",
    )?;
    let mut merged = 0;
    let mut rows = theirs.query([])?;
    while let Some(row) = rows.next()? {
        let text = |name| row.get::<_, String>(name);
        let bytes = |name| row.get::<_, Vec<u8>>(name);
        let put = put.execute(params![
            bytes("item")?,
            text("at")?,
            bytes("peer")?,
            bytes("agreement")?,
            text("purpose")?,
            text("fields")?,
            row.get::<_, u64>("persons")?,
            text("approved_by")?,
            text("released_by")?,
            bytes("person")?,
        ])?;
        merged += put as u64;
    }
    Ok(merged)
}

fn disclosure(vault: &Vault, row: &Row<'_>) -> Result<Disclosure, Error> {
    let (seq, item): (u64, [u8; 16]) = (row.get("seq")?, row.get("item")?);
    let (fields, person): (String, Vec<u8>) = (row.get("fields")?, row.get("person")?);
    Ok(Disclosure {
        seq,
        at: row.get("at")?,
        peer: row.get("peer")?,
        agreement: row.get("agreement")?,
        purpose: row.get("purpose")?,
        fields: serde_json::from_str(&fields).map_err(|_| Error::damaged("disclosure", seq))?,
        persons: row.get("persons")?,
        approved_by: row.get("approved_by")?,
        released_by: row.get("released_by")?,
        person: person_of(vault, PERSON, &item, &person)?,
        item,
    })
}
