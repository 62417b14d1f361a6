//! Files as a list of document numbers.

use std::fmt;
use std::path::PathBuf;

use hefu_casework::RowId;
use hefu_identity::{AliasTable, Kind, Parsed, PersonKey, Refusal, Warning};

use crate::error::Error;
use crate::header::{Chosen, Columns, Wanted};
use crate::quarantine::{Place, Quarantine};
use crate::reconcile::{Account, DigitsLost, Reconciliation};
use crate::records::PeriodFound;
use crate::row::{Cell, Row};
use crate::table::{self, FileRead, Source, Table, Visitor};

/// How to read files of which only the document numbers matter. What is `None` is found in the file, and shown.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The heading over the numbers.
    pub column: Option<String>,
    /// The kind of document.
    pub kind: Option<Kind>,
    /// The sheet; `*` stands for any characters, so that `*月` means a sheet a month.
    pub sheet: Option<String>,
    /// The encoding of a text, by any label of the WHATWG's list: `utf-8`, `gb18030`, `utf-16le`, …
    pub encoding: Option<String>,
    /// The row of the headings, from 1.
    pub header_row: Option<u64>,
    /// A header without rows is meant, and no error.
    pub allow_empty: bool,
}

impl ReadOptions {
    pub(crate) fn source(&self) -> Source {
        Source {
            encoding: self.encoding.clone(),
            sheet: self.sheet.clone(),
            header_row: self.header_row,
            delimiter: None,
            allow_empty: self.allow_empty,
        }
    }

    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            number: self.column.clone(),
            kind: self.kind,
            ..Wanted::default()
        }
    }
}

/// What was read, and how.
#[derive(Clone)]
pub struct Reading {
    /// Each file, with its form and its sheets.
    pub files: Vec<FileRead>,
    /// The heading over the document numbers, in the first table.
    pub column: String,
    /// The kind of document there.
    pub kind: Kind,
    /// How that column was chosen.
    pub chosen: Chosen,
    /// The account.
    pub reconciliation: Reconciliation,
    /// Months that files, sheets or titles name for their rows. Show them before the records are used.
    pub periods: Vec<PeriodFound>,
    /// Persons with two numbers, from the column that the mapping names.
    pub aliases: AliasTable,
}

/// Leaves the aliases out: they are document numbers.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("files", &self.files)
            .field("column", &self.column)
            .field("kind", &self.kind)
            .field("chosen", &self.chosen)
            .field("reconciliation", &self.reconciliation)
            .field("periods", &self.periods)
            .finish_non_exhaustive()
    }
}

impl Reading {
    /// The encoding of the first file that is a text.
    pub fn encoding(&self) -> Option<&str> {
        self.files.iter().find_map(|file| file.encoding.as_deref())
    }

    pub(crate) fn new(files: Vec<FileRead>, first: Columns, account: Account) -> Result<Reading, Error> {
        let rows_read = files
            .iter()
            .flat_map(|file| &file.sheets)
            .map(|sheet| sheet.rows)
            .sum();
        Ok(Reading {
            reconciliation: account.close(rows_read)?,
            column: first.number_name().to_owned(),
            kind: first.kind,
            chosen: first.chosen,
            periods: Vec::new(),
            aliases: AliasTable::new(),
            files,
        })
    }
}

/// Reads the document numbers of files, folders and books, and hands on those that are accepted.
///
/// # Errors
/// Whatever makes the files as a whole unfit; what was handed on before must then be dropped.
pub fn read_numbers(
    files: &[PathBuf],
    options: &ReadOptions,
    sink: &mut dyn FnMut(RowId, PersonKey),
) -> Result<Reading, Error> {
    read(files, options, sink, None)
}

/// Reads as [`read_numbers`] does, keeps nothing, and lists the refused rows in a quarantine file.
///
/// # Errors
/// Whatever makes the files as a whole unfit, and a quarantine file that cannot be written.
pub fn check_numbers(
    files: &[PathBuf],
    options: &ReadOptions,
    quarantine: &mut Quarantine,
) -> Result<Reading, Error> {
    read(files, options, &mut |_, _| {}, Some(quarantine))
}

fn read(
    files: &[PathBuf],
    options: &ReadOptions,
    sink: &mut dyn FnMut(RowId, PersonKey),
    quarantine: Option<&mut Quarantine>,
) -> Result<Reading, Error> {
    let mut reader = NumberReader {
        account: Account::new(),
        digits_lost: DigitsLost::default(),
        column: String::new(),
        place: Place::default(),
        sink,
        quarantine,
    };
    let (files, first) = table::scan(files, &options.source(), &options.wanted(), &mut reader)?;
    Reading::new(files, first, reader.account)
}

struct NumberReader<'a> {
    account: Account,
    digits_lost: DigitsLost,
    column: String,
    place: Place,
    sink: &'a mut dyn FnMut(RowId, PersonKey),
    quarantine: Option<&'a mut Quarantine>,
}

impl Visitor for NumberReader<'_> {
    fn table(&mut self, table: &Table<'_>) -> Result<(), Error> {
        self.column = table.columns.number_name().to_owned();
        self.place = Place::of(table);
        Ok(())
    }

    fn row(&mut self, id: RowId, row: &Row, columns: &Columns) -> Result<(), Error> {
        let read = read_number(row, columns);
        self.digits_lost.note(row.number, is_lost(&read));
        match read {
            Ok(parsed) => {
                self.account.accept(&parsed);
                (self.sink)(id, parsed.key);
            }
            Err(reason) => {
                self.account.reject(reason);
                if let Some(quarantine) = &mut self.quarantine {
                    quarantine.add(&self.place, id, reason, &row.cell(columns.number).shown())?;
                }
            }
        }
        Ok(())
    }

    fn blank(&mut self, rows: u64) {
        self.account.blank(rows);
    }

    fn file_end(&mut self, file: &FileRead) -> Result<(), Error> {
        self.digits_lost.check(&file.path, &self.column)
    }
}

/// A row's own faults come before those of its number.
pub(crate) mod reason {
    /// More or fewer fields than headings.
    pub(crate) const FIELD_COUNT: &str = "field_count";
    /// Bytes that mean nothing in the file's encoding.
    pub(crate) const ENCODING: &str = "encoding";
}

/// The row's number, or the code of the reason for which the row does not count.
pub(crate) fn read_number(row: &Row, columns: &Columns) -> Result<Parsed, &'static str> {
    if row.damaged {
        return Err(reason::ENCODING);
    }
    if columns.is_misshapen(row) {
        return Err(reason::FIELD_COUNT);
    }
    let read = match row.cell(columns.number) {
        Cell::Empty => Err(Refusal::Missing),
        Cell::Text(text) => hefu_identity::parse(columns.kind, text),
        cell => match cell.exact_text() {
            Some(text) => hefu_identity::parse(columns.kind, &text),
            // A number of more than 15 digits that is stored as a number has lost its last ones.
            None => Err(Refusal::DigitsLost),
        },
    };
    read.map_err(|refusal| refusal.code())
}

/// A spreadsheet has dropped the number's last digits, or seems to have.
pub(crate) fn is_lost(read: &Result<Parsed, &'static str>) -> bool {
    match read {
        Ok(parsed) => parsed.warnings.contains(Warning::DigitsLostSuspected),
        Err(code) => *code == Refusal::DigitsLost.code() || *code == Refusal::ScientificNotation.code(),
    }
}
