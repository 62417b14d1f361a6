//! Files as aid records, under a mapping.

use std::path::PathBuf;

use hefu_casework::{
    AidRecord, Amount, CaseNumber, Catalogue, Circumstances, HouseholdNo, Implied, Known, Month, MonthRange,
    NameDigest, Nature, Per, Period, ProgrammeCode, Protection, Referral, RowId, Status, is_referral,
};
use hefu_identity::{AliasTable, Kind, PersonKey};

use crate::care;
use crate::error::{Error, Stop};
use crate::field::{self, When, half_width};
use crate::header::{Columns, Wanted};
use crate::mapping::{Mapping, PeriodEnd, PeriodSource, WordMapping};
use crate::numbers::{Reading, is_lost, read_number};
use crate::quarantine::{Place, Quarantine};
use crate::reconcile::{Account, DigitsLost};
use crate::referral;
use crate::row::{Cell, Row};
use crate::table::{self, FileRead, Table, Visitor};

/// Words with which exports say that there is no end yet.
const OPEN_ENDS: &[&str] = &["长期", "至今", "无", "-", "--", "/"];

/// A month that a file, a sheet or a title names for its rows, to be confirmed by a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodFound {
    /// The file.
    pub file: PathBuf,
    /// The sheet, where the file has sheets.
    pub sheet: Option<String>,
    /// Where it is named.
    pub source: PeriodSource,
    /// The month.
    pub month: Month,
}

/// Reads the records of files, folders and books, and hands on those that are accepted. Refused rows go to the
/// quarantine file, if there is one.
///
/// # Errors
/// Whatever makes the files as a whole unfit, and what the sink stops for; what was handed on before must then be
/// dropped.
pub fn read_records(
    files: &[PathBuf],
    mapping: &Mapping,
    sink: &mut dyn FnMut(AidRecord) -> Result<(), Stop>,
    quarantine: Option<&mut Quarantine>,
) -> Result<Reading, Error> {
    mapping.validate()?;
    let (wanted, slots) = wanted(mapping);
    let mut reader = RecordReader {
        mapping,
        catalogue: Catalogue::national(),
        slots,
        table_period: mapping.constant_period(),
        account: Account::new(),
        digits_lost: DigitsLost::default(),
        column: String::new(),
        place: Place::default(),
        periods: Vec::new(),
        aliases: AliasTable::new(),
        sink,
        quarantine,
    };
    let (files, first) = table::scan(files, &mapping.source.table_source(), &wanted, &mut reader)?;
    let RecordReader {
        account,
        periods,
        aliases,
        ..
    } = reader;
    Ok(Reading {
        periods,
        aliases,
        ..Reading::new(files, first, account)?
    })
}

/// Where in [`Columns::others`] each field of the mapping stands.
#[derive(Default)]
struct Slots {
    name: Option<usize>,
    programme: Option<usize>,
    period: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
    amount: Option<usize>,
    household: Option<usize>,
    case: Option<usize>,
    status: Option<usize>,
    alias: Option<usize>,
    cause: Option<usize>,
    linked: Option<usize>,
    victim: Option<usize>,
    referral: referral::Slots,
    care: care::Slots,
}

fn wanted(mapping: &Mapping) -> (Wanted, Slots) {
    let columns = &mapping.columns;
    let mut others = Vec::new();
    let mut slot = |name: &Option<String>| {
        name.as_ref().map(|name| {
            others.push(name.clone());
            others.len() - 1
        })
    };
    let slots = Slots {
        name: slot(&columns.name),
        programme: slot(&columns.programme),
        period: slot(&columns.period),
        from: slot(&columns.from),
        to: slot(&columns.to),
        amount: slot(&columns.amount),
        household: slot(&columns.household),
        case: slot(&columns.case),
        status: slot(&columns.status),
        alias: slot(&columns.alias),
        cause: slot(&columns.cause),
        linked: slot(&columns.linked),
        victim: slot(&columns.victim),
        referral: referral::Slots::new(mapping.referral.as_ref(), &mut slot),
        care: care::Slots::new(&mapping.care, slot),
    };
    (
        Wanted {
            number: Some(columns.number.clone()),
            kind: Some(columns.kind),
            others,
            any_number: false,
        },
        slots,
    )
}

/// Codes of the reasons for which a row with a good number is refused.
mod reason {
    pub(super) const PROGRAMME_MISSING: &str = "programme_missing";
    pub(super) const PROGRAMME_UNKNOWN: &str = "programme_unknown";
    pub(super) const PERIOD_MISSING: &str = "period_missing";
    pub(super) const PERIOD: &str = "period";
    /// The record has no end, and the mapping no `until`.
    pub(super) const PERIOD_OPEN: &str = "period_open";
    /// The end lies before the beginning.
    pub(super) const PERIOD_REVERSED: &str = "period_reversed";
    pub(super) const AMOUNT: &str = "amount";
    pub(super) const HOUSEHOLD_MISSING: &str = "household_missing";
    pub(super) const STATUS_MISSING: &str = "status_missing";
    pub(super) const STATUS_UNKNOWN: &str = "status_unknown";
    pub(super) const CAUSE_UNKNOWN: &str = "cause_unknown";
    pub(super) const LINKED_UNKNOWN: &str = "linked_unknown";
    /// The victim's number is none.
    pub(super) const VICTIM_REFUSED: &str = "victim_refused";
}

/// Codes of the warnings about rows that count.
mod warning {
    /// The column of amounts is empty here.
    pub(super) const AMOUNT_MISSING: &str = "amount_missing";
    /// The column of case numbers is empty here: the record can be looked at by person only.
    pub(super) const CASE_MISSING: &str = "case_missing";
    /// The column of names has no whole name here: whether it agrees with the other party's cannot be told.
    pub(super) const NAME_MISSING: &str = "name_missing";
    /// The person's other number is none.
    pub(super) const ALIAS_REFUSED: &str = "alias_refused";
}

struct RecordReader<'a> {
    mapping: &'a Mapping,
    catalogue: Catalogue,
    slots: Slots,
    /// The month or day that the mapping or the table gives to all its rows.
    table_period: Option<When>,
    account: Account,
    digits_lost: DigitsLost,
    column: String,
    place: Place,
    periods: Vec<PeriodFound>,
    aliases: AliasTable,
    sink: &'a mut dyn FnMut(AidRecord) -> Result<(), Stop>,
    quarantine: Option<&'a mut Quarantine>,
}

/// A row's fields but for its number.
struct Fields {
    name: Option<NameDigest>,
    programme: ProgrammeCode,
    period: Period,
    amount: Option<Amount>,
    household: Option<HouseholdNo>,
    case: Option<CaseNumber>,
    status: Status,
    referral: Option<Referral>,
    circumstances: Circumstances,
    protection: Protection,
    disabled: Known,
}

impl RecordReader<'_> {
    fn fields(&self, row: &Row, columns: &Columns) -> Result<Fields, &'static str> {
        let cell = |slot: Option<usize>| {
            slot.and_then(|slot| columns.others.get(slot))
                .map(|at| row.cell(*at))
        };
        let text = |slot| cell(slot).map(Cell::shown);
        let (programme, nature, implied) = self.programme(text(self.slots.programme))?;
        let period = match cell(self.slots.from) {
            Some(from) => self.range(from, cell(self.slots.to).unwrap_or(Cell::Empty), nature)?,
            None => self.period(cell(self.slots.period), nature)?,
        };
        let household = text(self.slots.household).and_then(|written| HouseholdNo::new(&written));
        let amount = self.amount(cell(self.slots.amount))?;
        if household.is_none() && amount.is_some_and(|amount| amount.per == Per::Household) {
            return Err(reason::HOUSEHOLD_MISSING);
        }
        let referral = if is_referral(&programme) {
            let mapped = self.mapping.referral.as_ref();
            let slots = &self.slots.referral;
            Some(referral::read(
                mapped.ok_or(referral::LETTER_MISSING)?,
                slots,
                &programme,
                cell,
            )?)
        } else {
            None
        };
        let (protected, disabled) = care::read(&self.mapping.care, &self.slots.care, text)?;
        Ok(Fields {
            protection: protected.into(),
            disabled: match implied.contains(&Implied::Disabled) {
                true => Known::Yes,
                false => disabled,
            },
            name: cell(self.slots.name).and_then(name),
            programme,
            period,
            amount,
            household,
            case: text(self.slots.case).and_then(|written| CaseNumber::new(&written)),
            status: self.status(text(self.slots.status))?,
            referral,
            circumstances: Circumstances {
                cause: word(
                    text(self.slots.cause),
                    self.mapping.cause.as_ref(),
                    reason::CAUSE_UNKNOWN,
                )?,
                linked_with: word(
                    text(self.slots.linked),
                    self.mapping.linked.as_ref(),
                    reason::LINKED_UNKNOWN,
                )?,
                victim: victim(cell(self.slots.victim), columns.kind)?,
            },
        })
    }

    fn programme(
        &self,
        written: Option<String>,
    ) -> Result<(ProgrammeCode, Nature, &[Implied]), &'static str> {
        let mapped = match &written {
            None => self.mapping.programme.constant.as_ref(),
            Some(written) if written.trim().is_empty() => return Err(reason::PROGRAMME_MISSING),
            Some(written) => look_up(&self.mapping.programme.values, written),
        };
        let programme = match (mapped, &written) {
            (Some(code), _) => self.catalogue.get(code),
            (None, Some(written)) => self.catalogue.find(written),
            (None, None) => None,
        };
        programme
            .map(|programme| (programme.code.clone(), programme.nature, &programme.implies[..]))
            .ok_or(reason::PROGRAMME_UNKNOWN)
    }

    fn period(&self, cell: Option<Cell<'_>>, nature: Nature) -> Result<Period, &'static str> {
        let mapped = &self.mapping.period;
        let when = match (cell, self.table_period, mapped.from.zip(mapped.until)) {
            (Some(Cell::Empty), ..) => return Err(reason::PERIOD_MISSING),
            (Some(cell), ..) => field::when(cell).ok_or(reason::PERIOD)?,
            (None, Some(when), _) => when,
            (None, None, Some((from, until))) if nature != Nature::OneOff => {
                return Ok(Period::Months(MonthRange {
                    from,
                    to: until.next(),
                }));
            }
            (None, None, Some((from, _))) => When::Month(from),
            (None, None, None) => return Err(reason::PERIOD_MISSING),
        };
        Ok(match nature {
            Nature::OneOff => Period::OneOff(when.day()),
            Nature::Monthly | Nature::Roll => Period::Months(MonthRange::single(when.month())),
        })
    }

    fn range(&self, from: Cell<'_>, to: Cell<'_>, nature: Nature) -> Result<Period, &'static str> {
        if from == Cell::Empty {
            return Err(reason::PERIOD_MISSING);
        }
        let from = field::when(from).ok_or(reason::PERIOD)?;
        if nature == Nature::OneOff {
            return Ok(Period::OneOff(from.day()));
        }
        let is_open = match to {
            Cell::Empty => true,
            Cell::Text(text) => OPEN_ENDS.contains(&&*half_width(text)),
            _ => false,
        };
        let months = |to: Month| {
            Period::Months(MonthRange {
                from: from.month(),
                to: to.max(from.month()),
            })
        };
        if is_open {
            return Ok(months(
                self.mapping.period.until.ok_or(reason::PERIOD_OPEN)?.next(),
            ));
        }
        let last = last_month(to).ok_or(reason::PERIOD)?;
        let days_reversed = field::when(to).is_some_and(|to| to.is_before(from));
        if last < from.month() || days_reversed {
            return Err(reason::PERIOD_REVERSED);
        }
        Ok(months(match self.mapping.period.end {
            PeriodEnd::Included => last.next(),
            PeriodEnd::Excluded => last,
        }))
    }

    fn amount(&self, cell: Option<Cell<'_>>) -> Result<Option<Amount>, &'static str> {
        let (Some(cell), Some(mapped)) = (cell, &self.mapping.amount) else {
            return Ok(None);
        };
        if cell == Cell::Empty {
            return Ok(None);
        }
        let fen = field::amount(cell, mapped.unit).ok_or(reason::AMOUNT)?;
        Ok(Some(Amount { fen, per: mapped.per }))
    }

    fn status(&self, written: Option<String>) -> Result<Status, &'static str> {
        let (Some(written), Some(mapped)) = (written, &self.mapping.status) else {
            return Ok(Status::Paid);
        };
        if written.trim().is_empty() {
            return mapped.empty.ok_or(reason::STATUS_MISSING);
        }
        look_up(&mapped.values, &written)
            .copied()
            .ok_or(reason::STATUS_UNKNOWN)
    }

    fn read(
        &mut self,
        id: RowId,
        row: &Row,
        columns: &Columns,
    ) -> Result<Result<AidRecord, &'static str>, Error> {
        let number = read_number(row, columns);
        self.digits_lost.note(row.number, is_lost(&number));
        let read = number.and_then(|parsed| Ok((self.fields(row, columns)?, parsed)));
        let (fields, parsed) = match read {
            Ok(read) => read,
            Err(reason) => return Ok(Err(reason)),
        };
        self.account.accept(&parsed);
        if self.slots.amount.is_some() && fields.amount.is_none() {
            self.account.warn(warning::AMOUNT_MISSING);
        }
        if self.slots.case.is_some() && fields.case.is_none() {
            self.account.warn(warning::CASE_MISSING);
        }
        if self.slots.name.is_some() && fields.name.is_none() {
            self.account.warn(warning::NAME_MISSING);
        }
        let alias = self
            .slots
            .alias
            .and_then(|slot| columns.others.get(slot))
            .map(|at| row.cell(*at));
        match alias.filter(|alias| *alias != Cell::Empty).map(Cell::exact_text) {
            None => {}
            Some(alias) => match alias.map(|alias| hefu_identity::parse(columns.kind, &alias)) {
                Some(Ok(alias)) => self.aliases.add(&parsed.key, &alias.key),
                _ => self.account.warn(warning::ALIAS_REFUSED),
            },
        }
        let Fields {
            name,
            programme,
            period,
            amount,
            household,
            case,
            status,
            referral,
            circumstances,
            protection,
            disabled,
        } = fields;
        Ok(Ok(AidRecord {
            row: id,
            person: parsed.key,
            name,
            programme,
            period,
            amount,
            household,
            case,
            referral,
            circumstances,
            protection,
            disabled,
            status,
        }))
    }
}

impl Visitor for RecordReader<'_> {
    fn table(&mut self, table: &Table<'_>) -> Result<(), Error> {
        self.column = table.columns.number_name().to_owned();
        self.place = Place::of(table);
        if let Some(source) = self.mapping.period.source {
            let month = month_of_table(table, source, self.mapping.period.year)?;
            self.table_period = Some(When::Month(month));
            self.periods.push(PeriodFound {
                file: table.path.to_owned(),
                sheet: table.sheet.map(str::to_owned),
                source,
                month,
            });
        }
        Ok(())
    }

    fn row(&mut self, id: RowId, row: &Row, columns: &Columns) -> Result<(), Error> {
        match self.read(id, row, columns)? {
            Ok(record) => (self.sink)(record).map_err(Error::Stopped),
            Err(reason) => {
                self.account.reject(reason);
                match &mut self.quarantine {
                    Some(quarantine) => {
                        quarantine.add(&self.place, id, reason, &row.cell(columns.number).shown())
                    }
                    None => Ok(()),
                }
            }
        }
    }

    fn blank(&mut self, rows: u64) {
        self.account.blank(rows);
    }

    fn file_end(&mut self, file: &FileRead) -> Result<(), Error> {
        self.digits_lost.check(&file.path, &self.column)
    }
}

/// What a cell's word means; an empty cell says nothing.
fn word<T: Copy>(
    written: Option<String>,
    mapped: Option<&WordMapping<T>>,
    unknown: &'static str,
) -> Result<Option<T>, &'static str> {
    let (Some(written), Some(mapped)) = (written, mapped) else {
        return Ok(None);
    };
    if written.trim().is_empty() {
        return Ok(None);
    }
    look_up(&mapped.values, &written)
        .copied()
        .map(Some)
        .ok_or(unknown)
}

/// Whoever is aided in the stead of somebody whose number cannot be read would be taken to be aided alone.
/// Nothing is kept of a name but its digest. A number or a date is no name.
fn name(cell: Cell<'_>) -> Option<NameDigest> {
    match cell {
        Cell::Text(text) => NameDigest::of(text),
        _ => None,
    }
}

fn victim(cell: Option<Cell<'_>>, kind: Kind) -> Result<Option<PersonKey>, &'static str> {
    let Some(cell) = cell.filter(|cell| *cell != Cell::Empty) else {
        return Ok(None);
    };
    let parsed = cell.exact_text().map(|text| hefu_identity::parse(kind, &text));
    match parsed {
        Some(Ok(parsed)) => Ok(Some(parsed.key)),
        _ => Err(reason::VICTIM_REFUSED),
    }
}

/// A word of a column as the mapping writes it, but for width and white space.
pub(crate) fn look_up<'a, T>(
    values: &'a std::collections::BTreeMap<String, T>,
    written: &str,
) -> Option<&'a T> {
    values.get(written.trim()).or_else(|| {
        let written = half_width(written);
        values
            .iter()
            .find(|(word, _)| half_width(word) == written)
            .map(|(_, value)| value)
    })
}

/// The month of an end; the years of 9999 that stand for "no end" are far outside those of other dates.
fn last_month(cell: Cell<'_>) -> Option<Month> {
    let is_never = match cell {
        Cell::Text(text) => half_width(text).starts_with("9999"),
        Cell::Date(date) => date.year() == 9999,
        Cell::Number(number) => number >= 99_990_000.0 || number == 999_912.0 || number == 2_958_465.0,
        Cell::Empty => false,
    };
    if is_never {
        Some(Month::LAST)
    } else {
        field::when(cell).map(When::month)
    }
}

fn month_of_table(table: &Table<'_>, source: PeriodSource, year: Option<i16>) -> Result<Month, Error> {
    let text = match source {
        PeriodSource::FileName => table
            .path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        PeriodSource::Sheet => table.sheet.unwrap_or_default().to_owned(),
        PeriodSource::Title => table.titles.join("\n"),
    };
    let months = field::months_in(&text, year);
    let (file, sheet, place) = (
        table.path.to_owned(),
        table.sheet.map(str::to_owned),
        source.code(),
    );
    match (months.len(), months.first()) {
        (1, Some(month)) => Ok(*month),
        (0, _) | (_, None) => Err(Error::PeriodNotFound { file, sheet, place }),
        _ => {
            let months = months.iter().map(Month::to_string).collect();
            Err(Error::PeriodAmbiguous {
                file,
                sheet,
                place,
                months,
            })
        }
    }
}
