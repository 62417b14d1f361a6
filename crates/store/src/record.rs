//! One aid record between its type and its row.

use hefu_casework::{
    AgencyRole, AidRecord, Amount, CaseNumber, Circumstances, Fen, HouseholdNo, LetterNo, Month, MonthRange,
    Per, Period, Referral, RowId, people_from_stored, people_stored,
};
use hefu_identity::PersonKey;
use ring::hmac;
use rusqlite::{CachedStatement, Row, params};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::vault::{LOOKUP_LEN, Vault};

const PERSON: &str = "records.person";
const HOUSEHOLD: &str = "records.household";
const CASE: &str = "records.case_number";
const LETTER: &str = "records.letter";
const FEEDBACK: &str = "records.feedback";
const CIRCUMSTANCES: &str = "records.circumstances";
const PEOPLE: &str = "records.people";

pub(crate) const INSERT: &str = "INSERT INTO records
    (dataset, seq, file, sheet, row, lookup, person, programme, period_from, period_to,
     amount_fen, amount_per, household, case_number, status, letter, letter_other, feedback, circumstances,
     people)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";

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
    ])?;
    Ok(())
}

pub(crate) fn read(vault: &Vault, row: &Row<'_>) -> Result<AidRecord, Error> {
    let (dataset, seq): (i64, u64) = (row.get("dataset")?, row.get("seq")?);
    let damaged = || Error::damaged("record", format!("{seq} of dataset {dataset}"));
    let place = place(dataset, seq);
    let unseal = |label, sealed: Vec<u8>| {
        vault.unseal(label, &place, &sealed).map_err(|_| Error::Sealed {
            what: format!("{label} {seq} of dataset {dataset}"),
        })
    };
    let text = |label, column| -> Result<Option<Zeroizing<String>>, Error> {
        let Some(sealed) = row.get::<_, Option<Vec<u8>>>(column)? else {
            return Ok(None);
        };
        let plain = unseal(label, sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| damaged())?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    };
    let code = |column| -> Result<String, Error> { Ok(row.get(column)?) };

    let amount = match (
        row.get("amount_fen")?,
        row.get::<_, Option<String>>("amount_per")?,
    ) {
        (Some(fen), Some(per)) => Some(Amount {
            fen: Fen(fen),
            per: per_from_code(&per).ok_or_else(damaged)?,
        }),
        (None, None) => None,
        _ => return Err(damaged()),
    };
    let household = text(HOUSEHOLD, "household")?;
    let case = text(CASE, "case_number")?;
    let referral = match (
        text(LETTER, "letter")?,
        row.get::<_, Option<Vec<u8>>>("feedback")?,
    ) {
        (Some(letter), Some(feedback)) => {
            let other = row.get::<_, Option<String>>("letter_other")?;
            let other = other.map(|code| AgencyRole::from_code(&code).ok_or_else(damaged));
            let letter = LetterNo::new(&letter).ok_or_else(damaged)?;
            let feedback = unseal(FEEDBACK, feedback)?;
            Some(Referral::from_stored(letter, other.transpose()?, &feedback).ok_or_else(damaged)?)
        }
        (None, None) => None,
        _ => return Err(damaged()),
    };
    let circumstances = match row.get::<_, Option<Vec<u8>>>("circumstances")? {
        Some(sealed) => {
            let stored = unseal(CIRCUMSTANCES, sealed)?;
            Circumstances::from_stored(&stored).ok_or_else(damaged)?
        }
        None => Circumstances::default(),
    };
    let (protection, disabled) = match row.get::<_, Option<Vec<u8>>>("people")? {
        Some(sealed) => people_from_stored(&unseal(PEOPLE, sealed)?).ok_or_else(damaged)?,
        None => Default::default(),
    };
    Ok(AidRecord {
        row: RowId {
            file: row.get("file")?,
            sheet: row.get("sheet")?,
            row: row.get("row")?,
        },
        person: PersonKey::from_stored(&unseal(PERSON, row.get("person")?)?).ok_or_else(damaged)?,
        programme: code("programme")?.parse().map_err(|_| damaged())?,
        period: period(&code("period_from")?, row.get("period_to")?).ok_or_else(damaged)?,
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
        status: code("status")?.parse().map_err(|_| damaged())?,
    })
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
