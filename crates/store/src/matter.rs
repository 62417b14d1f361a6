//! What is kept in the ledger of people who are sent on or looked after: openings and acts, never changed. Which acts
//! may follow is the caller's to say; here nobody acts on a state that he has not seen.

use hefu_casework::{Care, LetterNo};
use hefu_identity::PersonKey;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::log::{self, Entry};
use crate::record;
use crate::review::Events;
use crate::store::Store;

const PERSON: &str = "matters.person";
const CARE: &str = "matters.care";
const OPENING: &str = "matters.opening";
const EVENT: &str = "matter_events.event";

/// The log's entry about a matter that was opened: of what was written, it has nothing.
const OPENED: &str = "matter_opened";
/// The log's entry about an act in a matter.
const ACTED: &str = "matter_event";

/// One change of the ledger.
#[derive(Clone, Copy)]
pub enum MatterChange<'a> {
    /// A matter more.
    Opened(NewMatter<'a>),
    /// An act more.
    Acted(MatterAct<'a>),
}

/// A matter on its way in.
#[derive(Clone, Copy)]
pub struct NewMatter<'a> {
    /// What it is.
    pub kind: &'a str,
    /// `own` or `received`.
    pub direction: &'a str,
    /// Its number in the ledger.
    pub number: &'a str,
    /// Whose it is.
    pub person: &'a PersonKey,
    /// With how much care the person is to be dealt with.
    pub care: &'a Care,
    /// With what it begins, in the form in which it is read again.
    pub opening: &'a [u8],
    /// What the finding rests on that it is about.
    pub basis: Option<&'a [u8; 32]>,
    /// The acts with which it begins, in order, and their codes.
    pub acts: &'a [(Zeroizing<Vec<u8>>, &'static str)],
}

/// One act on its way in.
#[derive(Clone, Copy)]
pub struct MatterAct<'a> {
    /// The matter's id.
    pub matter: u64,
    /// How many acts were read before this one was found to be allowed.
    pub after: u64,
    /// What was done, in the form in which it is read again.
    pub event: &'a [u8],
    /// The code of what was done.
    pub code: &'static str,
}

/// A matter as it was kept.
pub struct StoredMatter {
    /// Its id, from 1.
    pub id: u64,
    /// `own` or `received`.
    pub direction: String,
    /// Whose it is.
    pub person: PersonKey,
    /// With how much care the person is to be dealt with.
    pub care: Care,
    /// With what it began.
    pub opening: Zeroizing<Vec<u8>>,
    /// Its acts, in order.
    pub events: Events,
}

impl Store {
    /// Writes changes and the log's entries about them, all or none, and returns the ids of the matters concerned, in
    /// the order of the changes.
    ///
    /// # Errors
    /// [`Error::MatterExists`] for a number that the ledger has already, however it is written, and for a finding that
    /// was taken up before; [`Error::ActedMeanwhile`] where other acts are on record than were read;
    /// [`Error::Unknown`] for a matter that is not there; those of [`Store::append`].
    pub fn change_matters(&self, changes: &[MatterChange<'_>], actor: &str) -> Result<Vec<u64>, Error> {
        self.write(|connection| {
            let change = |change: &MatterChange<'_>| match change {
                MatterChange::Opened(new) => self.open_matter(connection, new, actor),
                MatterChange::Acted(act) => self.act_in(connection, act, actor),
            };
            changes.iter().map(change).collect()
        })
    }

    /// Every matter, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Sealed`] where something was changed or moved; the database's.
    pub fn matters(&self) -> Result<Vec<StoredMatter>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM matters ORDER BY id")?;
            all.query_and_then([], |row| self.stored(connection, row))?
                .collect()
        })
    }

    /// The matters of one person under this number, in the order of their ids.
    ///
    /// # Errors
    /// As [`Store::matters`].
    pub fn matters_of(&self, person: &PersonKey) -> Result<Vec<StoredMatter>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM matters WHERE lookup = ?1 ORDER BY id";
            let mut all = connection.prepare_cached(sql)?;
            let lookup = record::lookup(self.vault(), person);
            all.query_and_then([lookup], |row| self.stored(connection, row))?
                .collect()
        })
    }

    /// One matter.
    ///
    /// # Errors
    /// [`Error::Unknown`]; as [`Store::matters`].
    pub fn matter(&self, id: u64) -> Result<StoredMatter, Error> {
        self.read(|connection| {
            let mut one = connection.prepare_cached("SELECT * FROM matters WHERE id = ?1")?;
            let mut found = one.query_and_then([id], |row| self.stored(connection, row))?;
            found.next().unwrap_or_else(|| Err(Error::unknown("matter", id)))
        })
    }

    /// The id of the matter with this number in the ledger.
    ///
    /// # Errors
    /// The database's.
    pub fn matter_numbered(&self, number: &str) -> Result<Option<u64>, Error> {
        self.read(|connection| id_of(connection, "number", &self.number_lookup(number)))
    }

    /// The id of the clue that was made of what rests on this.
    ///
    /// # Errors
    /// The database's.
    pub fn matter_resting_on(&self, basis: &[u8; 32]) -> Result<Option<u64>, Error> {
        self.read(|connection| id_of(connection, "basis", basis))
    }

    fn open_matter(&self, connection: &Connection, new: &NewMatter<'_>, actor: &str) -> Result<u64, Error> {
        let number = self.number_lookup(new.number);
        let known = match id_of(connection, "number", &number)? {
            None => new
                .basis
                .map(|basis| id_of(connection, "basis", basis))
                .transpose()?
                .flatten(),
            known => known,
        };
        if let Some(matter) = known {
            return Err(Error::MatterExists { matter });
        }
        let sql = "SELECT 1 + coalesce(max(id), 0) FROM matters";
        let id: u64 = connection.query_row(sql, [], |row| row.get(0))?;
        let place = id.to_be_bytes();
        let person = Zeroizing::new(new.person.stored());
        connection.execute(
            "INSERT INTO matters (id, kind, direction, number, lookup, person, opening, care, basis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id,
                new.kind,
                new.direction,
                number,
                record::lookup(self.vault(), new.person),
                self.vault().seal(PERSON, &place, person.as_ref())?,
                self.vault().seal(OPENING, &place, new.opening)?,
                self.vault().seal(CARE, &place, &new.care.stored())?,
                new.basis,
            ],
        )?;
        let body = json!({ "matter": id, "kind": new.kind, "direction": new.direction });
        log::append(connection, &entry(actor, OPENED, &body))?;
        for ((event, code), after) in new.acts.iter().zip(0..) {
            let act = MatterAct {
                matter: id,
                after,
                event,
                code,
            };
            self.act_in(connection, &act, actor)?;
        }
        Ok(id)
    }

    fn act_in(&self, connection: &Connection, act: &MatterAct<'_>, actor: &str) -> Result<u64, Error> {
        let MatterAct { matter, after, .. } = *act;
        let known: Option<u64> = id_of(connection, "id", &matter)?;
        if known.is_none() {
            return Err(Error::unknown("matter", matter));
        }
        let sql = "SELECT count(*) FROM matter_events WHERE matter = ?1";
        let there: u64 = connection.query_row(sql, [matter], |row| row.get(0))?;
        if there != after {
            return Err(Error::ActedMeanwhile);
        }
        let number = there + 1;
        let sealed = self.vault().seal(EVENT, &place(matter, number), act.event)?;
        connection.execute(
            "INSERT INTO matter_events (matter, number, event) VALUES (?1, ?2, ?3)",
            params![matter, number, sealed],
        )?;
        let body = json!({ "matter": matter, "number": number, "act": act.code });
        log::append(connection, &entry(actor, ACTED, &body))?;
        Ok(matter)
    }

    fn stored(&self, connection: &Connection, row: &Row<'_>) -> Result<StoredMatter, Error> {
        let id: u64 = row.get("id")?;
        let unseal = |label, sealed: Vec<u8>| self.vault().unseal(label, &id.to_be_bytes(), &sealed);
        let person = unseal(PERSON, row.get("person")?)?;
        let care = unseal(CARE, row.get("care")?)?;
        let damaged = || Error::damaged("matter", id);
        let sql = "SELECT number, event FROM matter_events WHERE matter = ?1 ORDER BY number";
        let mut acts = connection.prepare_cached(sql)?;
        let act = |row: &Row<'_>| {
            let sealed: Vec<u8> = row.get("event")?;
            self.vault()
                .unseal(EVENT, &place(id, row.get("number")?), &sealed)
        };
        Ok(StoredMatter {
            id,
            direction: row.get("direction")?,
            person: PersonKey::from_stored(&person).ok_or_else(damaged)?,
            care: Care::from_stored(&care).ok_or_else(damaged)?,
            opening: unseal(OPENING, row.get("opening")?)?,
            events: acts.query_and_then([id], act)?.collect::<Result<_, _>>()?,
        })
    }

    /// A keyed digest of a number as letters' numbers are compared: two ways to write one are one.
    fn number_lookup(&self, number: &str) -> [u8; 16] {
        let folded = LetterNo::new(number);
        let folded = folded.as_ref().map_or(number, LetterNo::canonical);
        self.vault().lookup("matter", folded.as_bytes())
    }
}

fn entry<'a>(actor: &'a str, kind: &'a str, body: &'a serde_json::Value) -> Entry<'a> {
    Entry { actor, kind, body }
}

/// The id of the one whose column holds this.
fn id_of(connection: &Connection, column: &str, value: &dyn rusqlite::ToSql) -> Result<Option<u64>, Error> {
    let sql = format!("SELECT id FROM matters WHERE {column} = ?1");
    let mut one = connection.prepare_cached(&sql)?;
    Ok(one.query_row([value], |row| row.get(0)).optional()?)
}

fn place(matter: u64, number: u64) -> [u8; 16] {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&matter.to_be_bytes());
    place[8..].copy_from_slice(&number.to_be_bytes());
    place
}

#[cfg(test)]
mod tests;
