//! One aid record between its type and its row.

use std::sync::LazyLock;

use hefu_casework::{
    AgencyRole, AidRecord, Amount, CaseNumber, Circumstances, Fen, HouseholdNo, LetterNo, Month, MonthRange,
    NameDigest, Per, Period, Referral, RowId, people_from_stored, people_stored,
};
use hefu_identity::PersonKey;
use ring::hmac;
use rusqlite::{CachedStatement, Row, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::vault::{Column, LOOKUP_LEN, Vault};

const PERSON: &str = "records.person";
const HOUSEHOLD: &str = "records.household";
const CASE: &str = "records.case_number";
const LETTER: &str = "records.letter";
const FEEDBACK: &str = "records.feedback";
const CIRCUMSTANCES: &str = "records.circumstances";
const PEOPLE: &str = "records.people";
const NAME: &str = "records.name";

/// What [`Reader::read`] reads, in the order of [`COLUMNS`].
pub(crate) static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM records", COLUMNS.join(", ")));

const COLUMNS: [&str; 20] = [
    "dataset",
    "seq",
    "file",
    "sheet",
    "row",
    "person",
    "programme",
    "period_from",
    "period_to",
    "amount_fen",
    "amount_per",
    "household",
    "case_number",
    "status",
    "letter",
    "letter_other",
    "feedback",
    "circumstances",
    "people",
    "name",
];

/// The place of a column, found when the program is compiled: by its name in each row it would be looked up a million times.
const fn at(name: &str) -> usize {
    let mut place = 0;
    while !is_same(COLUMNS[place].as_bytes(), name.as_bytes()) {
        place += 1;
    }
    place
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut same = one.len() == other.len();
    let mut i = 0;
    while same && i < one.len() {
        same = one[i] == other[i];
        i += 1;
    }
    same
}

pub(crate) const INSERT: &str = "INSERT INTO records
    (dataset, seq, file, sheet, row, lookup, person, programme, period_from, period_to,
     amount_fen, amount_per, household, case_number, status, letter, letter_other, feedback, circumstances,
     people, name)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";

/// The same for one person in every dataset.
pub(crate) fn lookup(vault: &Vault, person: &PersonKey) -> [u8; LOOKUP_LEN] {
    vault.lookup("person", Zeroizing::new(person.stored()).as_ref())
}

pub(crate) fn write(
    vault: &Vault,
    insert: &mut CachedStatement<'_>,
    dataset: i64,
    seq: u64,
    record: &AidRecord,
) -> Result<(), Error> {
    let place = place(dataset, seq);
    let seal = |label, text: &str| vault.seal(label, &place, text.as_bytes());
    let person = vault.seal(PERSON, &place, Zeroizing::new(record.person.stored()).as_ref())?;
    let household = record
        .household
        .as_ref()
        .map(|number| seal(HOUSEHOLD, number.as_str()))
        .transpose()?;
    let case = record
        .case
        .as_ref()
        .map(|number| seal(CASE, number.as_str()))
        .transpose()?;
    let referral = record.referral.as_ref();
    let letter = referral
        .map(|referral| seal(LETTER, referral.letter.as_str()))
        .transpose()?;
    let feedback = referral
        .map(|referral| vault.seal(FEEDBACK, &place, Zeroizing::new(referral.stored()).as_ref()))
        .transpose()?;
    let circumstances = told(record)
        .map(|stored| vault.seal(CIRCUMSTANCES, &place, &*stored))
        .transpose()?;
    let people = vault.seal(PEOPLE, &place, &people_stored(record.protection, record.disabled))?;
    let name = record
        .name
        .as_ref()
        .map(|name| vault.seal(NAME, &place, &*name.stored()))
        .transpose()?;
    let (from, to) = period_text(record.period);
    insert.execute(params![
        dataset,
        seq,
        record.row.file,
        record.row.sheet,
        record.row.row,
        lookup(vault, &record.person),
        person,
        record.programme.as_str(),
        from,
        to,
        record.amount.map(|amount| amount.fen.0),
        record.amount.map(|amount| per_code(amount.per)),
        household,
        case,
        record.status.code(),
        letter,
        other_code(record),
        feedback,
        circumstances,
        people,
        name,
    ])?;
    Ok(())
}

/// Reads rows of [`SELECT`].
pub(crate) struct Reader {
    person: Column,
    household: Column,
    case: Column,
    letter: Column,
    feedback: Column,
    circumstances: Column,
    people: Column,
    name: Column,
}

impl Reader {
    pub(crate) fn new(vault: &Vault) -> Result<Self, Error> {
        Ok(Self {
            person: vault.column(PERSON)?,
            household: vault.column(HOUSEHOLD)?,
            case: vault.column(CASE)?,
            letter: vault.column(LETTER)?,
            feedback: vault.column(FEEDBACK)?,
            circumstances: vault.column(CIRCUMSTANCES)?,
            people: vault.column(PEOPLE)?,
            name: vault.column(NAME)?,
        })
    }

    pub(crate) fn read(&self, row: &Row<'_>) -> Result<AidRecord, Error> {
        let (dataset, seq): (i64, u64) = (row.get(const { at("dataset") })?, row.get(const { at("seq") })?);
        let damaged = || Error::damaged("record", format!("{seq} of dataset {dataset}"));
        let place = place(dataset, seq);
        let unseal = |column: &Column, at: usize| -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
            let Some(sealed) = row.get_ref(at)?.as_blob_or_null().map_err(|_| damaged())? else {
                return Ok(None);
            };
            let plain = column.unseal(&place, sealed).ok_or_else(|| Error::Sealed {
                what: format!("{} {seq} of dataset {dataset}", column.label),
            })?;
            Ok(Some(plain))
        };
        let text = |column: &Column, at: usize| -> Result<Option<Zeroizing<String>>, Error> {
            let Some(plain) = unseal(column, at)? else {
                return Ok(None);
            };
            let text = std::str::from_utf8(&plain).map_err(|_| damaged())?;
            Ok(Some(Zeroizing::new(text.to_owned())))
        };
        let code = |at: usize| row.get_ref(at)?.as_str().map_err(|_| damaged());

        let amount = match (
            row.get(const { at("amount_fen") })?,
            row.get::<_, Option<String>>(const { at("amount_per") })?,
        ) {
            (Some(fen), Some(per)) => Some(Amount {
                fen: Fen(fen),
                per: per_from_code(&per).ok_or_else(damaged)?,
            }),
            (None, None) => None,
            _ => return Err(damaged()),
        };
        let household = text(&self.household, const { at("household") })?;
        let case = text(&self.case, const { at("case_number") })?;
        let referral = match (
            text(&self.letter, const { at("letter") })?,
            unseal(&self.feedback, const { at("feedback") })?,
        ) {
            (Some(letter), Some(feedback)) => {
                let other = row.get::<_, Option<String>>(const { at("letter_other") })?;
                let other = other.map(|code| AgencyRole::from_code(&code).ok_or_else(damaged));
                let letter = LetterNo::new(&letter).ok_or_else(damaged)?;
                Some(Referral::from_stored(letter, other.transpose()?, &feedback).ok_or_else(damaged)?)
            }
            (None, None) => None,
            _ => return Err(damaged()),
        };
        let circumstances = match unseal(&self.circumstances, const { at("circumstances") })? {
            Some(stored) => Circumstances::from_stored(&stored).ok_or_else(damaged)?,
            None => Circumstances::default(),
        };
        let (protection, disabled) = match unseal(&self.people, const { at("people") })? {
            Some(stored) => people_from_stored(&stored).ok_or_else(damaged)?,
            None => Default::default(),
        };
        let name = match unseal(&self.name, const { at("name") })? {
            Some(stored) => Some(NameDigest::from_stored(&stored).ok_or_else(damaged)?),
            None => None,
        };
        Ok(AidRecord {
            row: RowId {
                file: row.get(const { at("file") })?,
                sheet: row.get(const { at("sheet") })?,
                row: row.get(const { at("row") })?,
            },
            person: unseal(&self.person, const { at("person") })?
                .and_then(|stored| PersonKey::from_stored(&stored))
                .ok_or_else(damaged)?,
            name,
            programme: code(const { at("programme") })?.parse().map_err(|_| damaged())?,
            period: period(
                code(const { at("period_from") })?,
                row.get(const { at("period_to") })?,
            )
            .ok_or_else(damaged)?,
            amount,
            household: household
                .map(|text| HouseholdNo::new(&text).ok_or_else(damaged))
                .transpose()?,
            case: case
                .map(|text| CaseNumber::new(&text).ok_or_else(damaged))
                .transpose()?,
            referral,
            circumstances,
            protection,
            disabled,
            status: code(const { at("status") })?.parse().map_err(|_| damaged())?,
        })
    }
}

/// Adds a record to its dataset's digest, each field behind its length. What may be missing is never empty where it
/// is there, so an empty field says that it is missing.
pub(crate) fn feed(digest: &mut hmac::Context, record: &AidRecord) {
    let mut field = |bytes: &[u8]| {
        digest.update(&(bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    let (from, to) = period_text(record.period);
    field(&record.row.file.to_be_bytes());
    field(&record.row.sheet.to_be_bytes());
    field(&record.row.row.to_be_bytes());
    field(Zeroizing::new(record.person.stored()).as_ref());
    field(record.programme.as_str().as_bytes());
    field(from.as_bytes());
    field(to.unwrap_or_default().as_bytes());
    field(
        record
            .amount
            .map(|amount| amount.fen.0.to_be_bytes())
            .as_ref()
            .map_or(&[], |fen| fen),
    );
    field(record.amount.map_or("", |amount| per_code(amount.per)).as_bytes());
    field(
        record
            .household
            .as_ref()
            .map_or("", |number| number.as_str())
            .as_bytes(),
    );
    field(
        record
            .case
            .as_ref()
            .map_or("", |number| number.as_str())
            .as_bytes(),
    );
    field(record.status.code().as_bytes());
    // Datasets of before there were referrals keep their digests. No other record begins with eight bytes.
    if let Some(referral) = &record.referral {
        field(b"referral");
        field(referral.letter.as_str().as_bytes());
        field(other_code(record).unwrap_or_default().as_bytes());
        field(Zeroizing::new(referral.stored()).as_ref());
    }
    // The same for those of before there were circumstances.
    if let Some(stored) = told(record) {
        field(b"circumstances");
        field(&*stored);
    }
    // And for those of which no register says anything.
    let people = (record.protection, record.disabled);
    if people != Default::default() {
        field(b"people");
        field(&people_stored(people.0, people.1));
    }
    // And for those of before names were read.
    if let Some(name) = &record.name {
        field(b"name");
        field(&*name.stored());
    }
}

/// The circumstances, where the export tells any.
fn told(record: &AidRecord) -> Option<Zeroizing<[u8; Circumstances::STORED]>> {
    let circumstances = &record.circumstances;
    (*circumstances != Circumstances::default()).then(|| circumstances.stored())
}

/// The kind of agency at the letter's other end.
fn other_code(record: &AidRecord) -> Option<&'static str> {
    record.referral.as_ref()?.other.map(AgencyRole::code)
}

/// Where a sealed column belongs.
fn place(dataset: i64, seq: u64) -> [u8; 16] {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&dataset.to_be_bytes());
    place[8..].copy_from_slice(&seq.to_be_bytes());
    place
}

fn period_text(period: Period) -> (String, Option<String>) {
    match period {
        Period::Months(MonthRange { from, to }) => (from.to_string(), Some(to.to_string())),
        Period::OneOff(date) => (date.to_string(), None),
    }
}

fn period(from: &str, to: Option<String>) -> Option<Period> {
    Some(match to {
        Some(to) => Period::Months(MonthRange {
            from: from.parse::<Month>().ok()?,
            to: to.parse::<Month>().ok()?,
        }),
        None => Period::OneOff(from.parse().ok()?),
    })
}

fn per_code(per: Per) -> &'static str {
    match per {
        Per::Person => "person",
        Per::Household => "household",
    }
}

fn per_from_code(code: &str) -> Option<Per> {
    [Per::Person, Per::Household]
        .into_iter()
        .find(|per| per_code(*per) == code)
}

#[cfg(test)]
mod tests;
