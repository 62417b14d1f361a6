//! Which line of a conference's ledger is of which matter here. Nobody without the vault can tell: what a line is known by
//! are digests under its key, and the rest is sealed.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::log::{self, Entry};
use crate::review::Events;
use crate::store::Store;

const BEGUN: &str = "conference_lines.begun";
const SAID: &str = "conference_lines.said";
const PLACE: &str = "conference_places.place";
const REVISIT: &str = "conference_revisits.revisit";

/// What hangs on what is known by this.
const KNOWN_BY: &str = "line";
/// Whom it is about.
const SUBJECT: &str = "line subject";
/// Where it stands here.
const AT: &str = "line place";
/// Its number on the ledger.
const NUMBER: &str = "line number";

/// A matter on its way to a line.
#[derive(Clone, Copy)]
pub struct NewLine<'a> {
    /// By what the line is known again: the same bytes are the same line.
    pub known_by: &'a [u8],
    /// Whom it is about, under what: lines of equal bytes follow each other.
    pub subject: &'a [u8],
    /// Its number, where two agencies have one already.
    pub item: Option<&'a [u8; 16]>,
    /// With what it begins, where it is new.
    pub begun: &'a [u8],
    /// Where the matter stands here.
    pub place: &'a [u8],
}

/// A line of a matter here.
pub struct StoredLine {
    /// Its number.
    pub item: [u8; 16],
    /// Equal for lines of one subject.
    pub subject: [u8; 16],
    /// With what it began.
    pub begun: Zeroizing<Vec<u8>>,
    /// What there was to say of it when the record was last seen to have it.
    pub said: Option<Zeroizing<Vec<u8>>>,
    /// Where its matter stands here, in no order.
    pub places: Vec<Zeroizing<Vec<u8>>>,
}

impl Store {
    /// Keeps lines, and where their matters stand; what is known already changes nothing. With a session, all of its
    /// findings have lines now. Returns how many lines are new.
    ///
    /// A number is made of what the line is known by, under this store's key: to all others it is random, and a store that
    /// was restored gives the same once more.
    ///
    /// # Errors
    /// The database's.
    pub fn put_lines(
        &self,
        conference: &[u8; 32],
        session: Option<&[u8; 32]>,
        lines: &[NewLine<'_>],
        entry: &Entry<'_>,
    ) -> Result<usize, Error> {
        self.write(|connection| {
            let mut new = 0;
            for line in lines {
                new += usize::from(self.put_line(connection, conference, line)?);
            }
            if let Some(session) = session {
                let sql = "INSERT OR IGNORE INTO conference_lined (conference, session) VALUES (?1, ?2)";
                connection.execute(sql, params![conference, session])?;
            }
            if new > 0 {
                log::append(connection, entry)?;
            }
            Ok(new)
        })
    }

    /// The sessions of a conference whose findings have lines.
    ///
    /// # Errors
    /// The database's.
    pub fn lined(&self, conference: &[u8; 32]) -> Result<Vec<[u8; 32]>, Error> {
        self.read(|connection| {
            let sql = "SELECT session FROM conference_lined WHERE conference = ?1";
            let mut all = connection.prepare_cached(sql)?;
            Ok(all
                .query_map([conference], |row| row.get(0))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Every line of a matter here, by their numbers.
    ///
    /// # Errors
    /// [`Error::Sealed`] where something was changed or moved; the database's.
    pub fn lines(&self, conference: &[u8; 32]) -> Result<BTreeMap<[u8; 16], StoredLine>, Error> {
        self.read(|connection| {
            let mut all = BTreeMap::new();
            let sql = "SELECT item, subject, begun, said FROM conference_lines WHERE conference = ?1";
            let mut lines = connection.prepare_cached(sql)?;
            let mut rows = lines.query([conference])?;
            while let Some(row) = rows.next()? {
                let item: [u8; 16] = row.get("item")?;
                let at = place(conference, &item);
                let said: Option<Vec<u8>> = row.get("said")?;
                let line = StoredLine {
                    item,
                    subject: row.get("subject")?,
                    begun: self
                        .vault()
                        .unseal(BEGUN, &at, &row.get::<_, Vec<u8>>("begun")?)?,
                    said: said
                        .map(|said| self.vault().unseal(SAID, &at, &said))
                        .transpose()?,
                    places: Vec::new(),
                };
                all.insert(item, line);
            }
            let sql = "SELECT item, known_by, place FROM conference_places WHERE conference = ?1";
            let mut places = connection.prepare_cached(sql)?;
            let mut rows = places.query([conference])?;
            while let Some(row) = rows.next()? {
                let (item, known_by): ([u8; 16], [u8; 16]) = (row.get("item")?, row.get("known_by")?);
                let at = [place(conference, &item).as_slice(), &known_by].concat();
                let place = self
                    .vault()
                    .unseal(PLACE, &at, &row.get::<_, Vec<u8>>("place")?)?;
                if let Some(line) = all.get_mut(&item) {
                    line.places.push(place);
                }
            }
            Ok(all)
        })
    }

    /// The number of the line that is known by this.
    ///
    /// # Errors
    /// The database's.
    pub fn line_known_by(&self, conference: &[u8; 32], known_by: &[u8]) -> Result<Option<[u8; 16]>, Error> {
        let known_by = self.vault().lookup(KNOWN_BY, known_by);
        self.read(|connection| item_of(connection, conference, &known_by))
    }

    /// Keeps what there was to say of lines, now that the record has it.
    ///
    /// # Errors
    /// The database's.
    pub fn put_line_said(&self, conference: &[u8; 32], said: &[([u8; 16], Vec<u8>)]) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "UPDATE conference_lines SET said = ?3 WHERE conference = ?1 AND item = ?2";
            let mut update = connection.prepare_cached(sql)?;
            for (item, said) in said {
                let sealed = self.vault().seal(SAID, &place(conference, item), said)?;
                update.execute(params![conference, item, sealed])?;
            }
            Ok(())
        })
    }

    /// Keeps what somebody saw who looked again, and the log's entry about it.
    ///
    /// # Errors
    /// [`Error::Unknown`] where no line of a matter here has this number; the database's.
    pub fn append_revisit(
        &self,
        conference: &[u8; 32],
        item: &[u8; 16],
        revisit: &[u8],
        entry: &Entry<'_>,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM conference_lines WHERE conference = ?1 AND item = ?2)";
            if !connection.query_row(sql, params![conference, item], |row| row.get(0))? {
                return Err(Error::unknown("line", hefu_casework::Hex(*item)));
            }
            let sql = "SELECT 1 + coalesce(max(number), 0) FROM conference_revisits \
                       WHERE conference = ?1 AND item = ?2";
            let number: u64 = connection.query_row(sql, params![conference, item], |row| row.get(0))?;
            let at = [place(conference, item).as_slice(), &number.to_be_bytes()].concat();
            connection.execute(
                "INSERT INTO conference_revisits (conference, item, number, revisit) VALUES (?1, ?2, ?3, ?4)",
                params![
                    conference,
                    item,
                    number,
                    self.vault().seal(REVISIT, &at, revisit)?
                ],
            )?;
            log::append(connection, entry)?;
            Ok(())
        })
    }

    /// What was seen by whoever looked again, by line and in order.
    ///
    /// # Errors
    /// [`Error::Sealed`] where something was changed or moved; the database's.
    pub fn revisits(&self, conference: &[u8; 32]) -> Result<BTreeMap<[u8; 16], Events>, Error> {
        self.read(|connection| {
            let mut all: BTreeMap<_, Events> = BTreeMap::new();
            let sql = "SELECT item, number, revisit FROM conference_revisits \
                       WHERE conference = ?1 ORDER BY item, number";
            let mut revisits = connection.prepare_cached(sql)?;
            let mut rows = revisits.query([conference])?;
            while let Some(row) = rows.next()? {
                let (item, number): ([u8; 16], u64) = (row.get("item")?, row.get("number")?);
                let at = [place(conference, &item).as_slice(), &number.to_be_bytes()].concat();
                let revisit = self
                    .vault()
                    .unseal(REVISIT, &at, &row.get::<_, Vec<u8>>("revisit")?)?;
                all.entry(item).or_default().push(revisit);
            }
            Ok(all)
        })
    }

    /// Whether the line is new.
    fn put_line(
        &self,
        connection: &Connection,
        conference: &[u8; 32],
        line: &NewLine<'_>,
    ) -> Result<bool, Error> {
        let vault = self.vault();
        let known_by = vault.lookup(KNOWN_BY, line.known_by);
        let known = item_of(connection, conference, &known_by)?;
        let item = known
            .or(line.item.copied())
            .unwrap_or_else(|| vault.lookup(NUMBER, &[conference.as_slice(), line.known_by].concat()));
        let at = place(conference, &item);
        if known.is_none() {
            connection.execute(
                "INSERT INTO conference_lines (conference, item, known_by, subject, begun)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    conference,
                    item,
                    known_by,
                    vault.lookup(SUBJECT, line.subject),
                    vault.seal(BEGUN, &at, line.begun)?,
                ],
            )?;
        }
        let stands = vault.lookup(AT, line.place);
        let at = [at.as_slice(), &stands].concat();
        let more = connection.execute(
            "INSERT OR IGNORE INTO conference_places (conference, item, known_by, place) VALUES (?1, ?2, ?3, ?4)",
            params![conference, item, stands, vault.seal(PLACE, &at, line.place)?],
        )?;
        if more > 0 {
            // There may be something else to say of it.
            let sql = "UPDATE conference_lines SET said = NULL WHERE conference = ?1 AND item = ?2";
            connection.execute(sql, params![conference, item])?;
        }
        Ok(known.is_none())
    }
}

fn item_of(
    connection: &Connection,
    conference: &[u8; 32],
    known_by: &[u8; 16],
) -> Result<Option<[u8; 16]>, Error> {
    let sql = "SELECT item FROM conference_lines WHERE conference = ?1 AND known_by = ?2";
    let mut one = connection.prepare_cached(sql)?;
    Ok(one
        .query_row(params![conference, known_by], |row| row.get(0))
        .optional()?)
}

fn place(conference: &[u8; 32], item: &[u8; 16]) -> [u8; 48] {
    let mut place = [0; 48];
    place[..32].copy_from_slice(conference);
    place[32..].copy_from_slice(item);
    place
}

#[cfg(test)]
mod tests;
