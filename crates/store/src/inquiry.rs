//! Inquiries on either side, and the ledger of what was disclosed in them.

mod disclosure;

use hefu_identity::PersonKey;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::log::{self, Entry};
use crate::review::Events;
use crate::store::Store;
use crate::vault::Vault;

pub(crate) use disclosure::merge;
pub use disclosure::{Disclosure, NewDisclosure};

const OPENING: &str = "inquiries.opening";
const PERSON: &str = "inquiries.person";
const EVENT: &str = "inquiry_events.event";

/// A question about one person, with what was done about it.
pub struct Inquiry {
    /// Its number, the same on both sides.
    pub item: [u8; 16],
    /// The other side's node key.
    pub peer: [u8; 32],
    /// The digest of the agreement.
    pub agreement: [u8; 32],
    /// The round that gives reason to ask, as this side has it.
    pub round: [u8; 32],
    /// The finding asked about, from 0, in the order of [`Store::findings`]; none where the peer asks.
    pub finding: Option<u64>,
    /// When it was drafted, or came.
    pub opened_at: Timestamp,
    /// With what it began, as it was given.
    pub opening: Zeroizing<Vec<u8>>,
    /// Whom it is about.
    pub person: PersonKey,
    /// What was done about it.
    pub events: Events,
}

/// An inquiry on its way in.
#[derive(Clone, Copy)]
pub struct NewInquiry<'a> {
    /// As [`Inquiry::item`].
    pub item: &'a [u8; 16],
    /// As [`Inquiry::peer`].
    pub peer: &'a [u8; 32],
    /// As [`Inquiry::agreement`].
    pub agreement: &'a [u8; 32],
    /// As [`Inquiry::round`].
    pub round: &'a [u8; 32],
    /// As [`Inquiry::finding`].
    pub finding: Option<u64>,
    /// How many inquiries about this finding were read before this one was found to be allowed.
    pub after: u64,
    /// As [`Inquiry::opened_at`].
    pub opened_at: Timestamp,
    /// As [`Inquiry::opening`].
    pub opening: &'a [u8],
    /// As [`Inquiry::person`].
    pub person: &'a PersonKey,
    /// The log's entry about it.
    pub entry: Entry<'a>,
}

/// One act on its way in.
#[derive(Clone, Copy)]
pub struct NewInquiryEvent<'a> {
    /// The inquiry.
    pub item: &'a [u8; 16],
    /// How many acts were read before this one was found to be allowed.
    pub after: u64,
    /// What was done, in the form in which it is read again.
    pub event: &'a [u8],
    /// The log's entry about it.
    pub entry: Entry<'a>,
    /// Where the act lets a number go: the line of the ledger, which is there before the number leaves.
    pub discloses: Option<NewDisclosure<'a>>,
}

impl Store {
    /// Keeps a new inquiry, with the log's entry about it: both or neither.
    ///
    /// # Errors
    /// [`Error::ActedMeanwhile`] where other inquiries about the finding are on record than were read;
    /// [`Error::Immutable`] where the number stands for another one, or the round's findings were deleted; the
    /// database's; those of [`Store::append`].
    pub fn open_inquiry(&self, new: &NewInquiry<'_>) -> Result<(), Error> {
        self.write(|connection| {
            if get(self.vault(), connection, new.item)?.is_some() {
                return Err(Error::immutable("an inquiry keeps with what it began"));
            }
            if new.finding.is_some() {
                let sql = "SELECT count(*) FROM inquiries WHERE round = ?1 AND seq = ?2";
                let there: u64 =
                    connection.query_row(sql, params![new.round, new.finding], |row| row.get(0))?;
                if there != new.after {
                    return Err(Error::ActedMeanwhile);
                }
            }
            let person = Zeroizing::new(new.person.stored());
            connection.execute(
                "INSERT INTO inquiries (item, peer, agreement, round, seq, opened_at, opening, person)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    new.item,
                    new.peer,
                    new.agreement,
                    new.round,
                    new.finding,
                    new.opened_at,
                    self.vault().seal(OPENING, new.item, new.opening)?,
                    self.vault().seal(PERSON, new.item, person.as_ref())?,
                ],
            )?;
            log::append(connection, &new.entry)?;
            Ok(())
        })
    }

    /// Writes an act, the log's entry about it, and the line of the disclosure ledger where the act lets a number go: all
    /// or nothing.
    ///
    /// # Errors
    /// [`Error::ActedMeanwhile`] where other acts are on record than were read; [`Error::Unknown`] for an inquiry that is
    /// not there; [`Error::Immutable`] where something was disclosed in it before, or one person both approved and released;
    /// those of [`Store::append`].
    pub fn append_inquiry_event(&self, new: &NewInquiryEvent<'_>) -> Result<(), Error> {
        self.write(|connection| {
            let there = match get(self.vault(), connection, new.item)? {
                Some(inquiry) => inquiry.events.len() as u64,
                None => return Err(Error::unknown("inquiry", hefu_casework::Hex(*new.item))),
            };
            if there != new.after {
                return Err(Error::ActedMeanwhile);
            }
            let number = there + 1;
            let sealed = self.vault().seal(EVENT, &place(new.item, number), new.event)?;
            connection.execute(
                "INSERT INTO inquiry_events (item, number, event) VALUES (?1, ?2, ?3)",
                params![new.item, number, sealed],
            )?;
            log::append(connection, &new.entry)?;
            if let Some(disclosure) = &new.discloses {
                disclosure::put(self.vault(), connection, new.item, disclosure)?;
            }
            Ok(())
        })
    }

    /// The inquiry with this number; none where it went with its round's findings.
    ///
    /// # Errors
    /// [`Error::Sealed`] where it was changed or moved; [`Error::Damaged`]; the database's.
    pub fn inquiry(&self, item: &[u8; 16]) -> Result<Option<Inquiry>, Error> {
        self.read(|connection| get(self.vault(), connection, item))
    }

    /// Every inquiry, the oldest first.
    ///
    /// # Errors
    /// As [`Store::inquiry`].
    pub fn inquiries(&self) -> Result<Vec<Inquiry>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM inquiries ORDER BY opened_at, item")?;
            all.query_and_then([], |row| inquiry(self.vault(), connection, row))?
                .collect()
        })
    }

    /// The inquiries about the round's finding (from 0), the oldest first.
    ///
    /// # Errors
    /// As [`Store::inquiry`].
    pub fn inquiries_about(&self, round: &[u8; 32], finding: u64) -> Result<Vec<Inquiry>, Error> {
        self.read(|connection| {
            let sql = "SELECT * FROM inquiries WHERE round = ?1 AND seq = ?2 ORDER BY opened_at, item";
            let mut all = connection.prepare_cached(sql)?;
            all.query_and_then(params![round, finding], |row| {
                inquiry(self.vault(), connection, row)
            })?
            .collect()
        })
    }
}

/// What goes with a round's findings.
pub(crate) fn delete(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    let events = "DELETE FROM inquiry_events WHERE item IN (SELECT item FROM inquiries WHERE round = ?1)";
    connection.execute(events, [round])?;
    connection.execute("DELETE FROM inquiries WHERE round = ?1", [round])?;
    Ok(())
}

fn get(vault: &Vault, connection: &Connection, item: &[u8; 16]) -> Result<Option<Inquiry>, Error> {
    let mut one = connection.prepare_cached("SELECT * FROM inquiries WHERE item = ?1")?;
    let found = one.query_row([item], |row| Ok(inquiry(vault, connection, row)));
    found.optional()?.transpose()
}

fn inquiry(vault: &Vault, connection: &Connection, row: &Row<'_>) -> Result<Inquiry, Error> {
    let item: [u8; 16] = row.get("item")?;
    let (opening, person): (Vec<u8>, Vec<u8>) = (row.get("opening")?, row.get("person")?);
    let mut events = connection
        .prepare_cached("SELECT number, event FROM inquiry_events WHERE item = ?1 ORDER BY number")?;
    let event = |row: &Row<'_>| {
        let sealed: Vec<u8> = row.get("event")?;
        vault.unseal(EVENT, &place(&item, row.get("number")?), &sealed)
    };
    Ok(Inquiry {
        peer: row.get("peer")?,
        agreement: row.get("agreement")?,
        round: row.get("round")?,
        finding: row.get("seq")?,
        opened_at: row.get("opened_at")?,
        opening: vault.unseal(OPENING, &item, &opening)?,
        person: person_of(vault, PERSON, &item, &person)?,
        events: events.query_and_then([item], event)?.collect::<Result<_, _>>()?,
        item,
    })
}

fn person_of(vault: &Vault, label: &str, item: &[u8; 16], sealed: &[u8]) -> Result<PersonKey, Error> {
    let stored = vault.unseal(label, item, sealed)?;
    PersonKey::from_stored(&stored).ok_or_else(|| Error::damaged("inquiry", hefu_casework::Hex(*item)))
}

fn place(item: &[u8; 16], number: u64) -> Vec<u8> {
    [item.as_slice(), &number.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests;
