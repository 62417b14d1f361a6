//! Excel's books, as rows.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, XlsError, Xlsx, XlsxError};

use crate::error::Error;
use crate::row::{MAX_COLUMNS, Row, serial_date};
use crate::table::Rows;

/// Hands on the rows of every wanted sheet, streaming; gaps between rows count as blank rows.
pub(crate) fn read_xlsx(path: &Path, rows: &mut dyn Rows) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let failed = |error: XlsxError| xlsx_error(path, &error);
    let mut book: Xlsx<_> = Reader::new(BufReader::new(file)).map_err(failed)?;
    let is_1904 = book.has_1904_epoch();
    let names = book.sheet_names();
    rows.sheets(&names)?;
    for name in &names {
        if rows.sheet(Some(name))? {
            read_xlsx_sheet(path, &mut book, name, is_1904, rows)?;
        }
    }
    Ok(())
}

fn read_xlsx_sheet<RS: Read + Seek>(
    path: &Path,
    book: &mut Xlsx<RS>,
    name: &str,
    is_1904: bool,
    rows: &mut dyn Rows,
) -> Result<(), Error> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A chart on a sheet of its own.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(()),
        Err(error) => return Err(xlsx_error(path, &error)),
    };
    let mut gathered = Gathered::default();
    while let Some(cell) = cells.next_cell().map_err(|error| xlsx_error(path, &error))? {
        let (row, column) = cell.get_position();
        gathered.start(path, row, column, rows)?;
        match cell.get_value() {
            DataRef::Empty => gathered.row.push_empty(),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                gathered.row.push_text(text);
            }
            DataRef::SharedString(text) => gathered.row.push_text(text),
            DataRef::Int(number) => push_integer(&mut gathered.row, *number),
            DataRef::Float(number) => gathered.row.push_number(*number),
            DataRef::DateTime(date) => push_date(&mut gathered.row, *date, is_1904),
            DataRef::Bool(value) => gathered.row.push_text(if *value { "TRUE" } else { "FALSE" }),
            DataRef::Error(error) => gathered.row.push_text(&error.to_string()),
        }
    }
    gathered.finish(rows)
}

/// Hands on the rows of every wanted sheet. The format does not stream: the whole book is in memory.
pub(crate) fn read_xls(path: &Path, rows: &mut dyn Rows) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let failed = |error: XlsError| match error {
        XlsError::Password => Error::PasswordProtected {
            file: path.to_owned(),
        },
        XlsError::Io(source) => Error::Io {
            file: path.to_owned(),
            source,
        },
        XlsError::Cfb(_) => Error::Damaged {
            file: path.to_owned(),
            part: "compound file",
        },
        _ => Error::Damaged {
            file: path.to_owned(),
            part: "workbook",
        },
    };
    let mut book: Xls<_> = Reader::new(BufReader::new(file)).map_err(failed)?;
    let is_1904 = book.has_1904_epoch();
    let names = book.sheet_names();
    rows.sheets(&names)?;
    for name in &names {
        if !rows.sheet(Some(name))? {
            continue;
        }
        let range = book.worksheet_range(name).map_err(failed)?;
        let (top, left) = range.start().unwrap_or_default();
        let mut gathered = Gathered::default();
        for (row, column, value) in range.used_cells() {
            let (row, column) = (top.saturating_add(row as u32), left.saturating_add(column as u32));
            gathered.start(path, row, column, rows)?;
            match value {
                Data::Empty => gathered.row.push_empty(),
                Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                    gathered.row.push_text(text);
                }
                Data::Int(number) => push_integer(&mut gathered.row, *number),
                Data::Float(number) => gathered.row.push_number(*number),
                Data::DateTime(date) => push_date(&mut gathered.row, *date, is_1904),
                Data::Bool(value) => gathered.row.push_text(if *value { "TRUE" } else { "FALSE" }),
                Data::Error(error) => gathered.row.push_text(&error.to_string()),
            }
        }
        gathered.finish(rows)?;
    }
    Ok(())
}

fn push_integer(row: &mut Row, number: i64) {
    // Beyond 15 digits the cell is refused as damaged anyway, so the rounding of the cast does no harm.
    row.push_number(number as f64);
}

fn push_date(row: &mut Row, date: ExcelDateTime, is_1904: bool) {
    let serial = date.as_f64();
    match serial_date(serial, is_1904).filter(|_| date.is_datetime()) {
        Some(date) => row.push_date(date),
        None => row.push_number(serial),
    }
}

fn xlsx_error(path: &Path, error: &XlsxError) -> Error {
    let file = path.to_owned();
    match error {
        XlsxError::Password => Error::PasswordProtected { file },
        XlsxError::Zip(_) => Error::Damaged { file, part: "zip" },
        XlsxError::Xml(_) | XlsxError::XmlEof(_) => Error::Damaged { file, part: "xml" },
        _ => Error::Damaged {
            file,
            part: "workbook",
        },
    }
}

/// Cells become rows: a row is handed on when the first cell of the next one comes.
#[derive(Default)]
struct Gathered {
    row: Row,
}

impl Gathered {
    /// Makes the row such that the next pushed cell is the given one. Positions count from 0.
    fn start(&mut self, path: &Path, row: u32, column: u32, rows: &mut dyn Rows) -> Result<(), Error> {
        let number = u64::from(row) + 1;
        let column = column as usize;
        if column >= MAX_COLUMNS {
            return Err(Error::Damaged {
                file: path.to_owned(),
                part: "cell",
            });
        }
        if number != self.row.number {
            self.hand_on(rows)?;
            rows.blank(number.saturating_sub(self.row.number + 1))?;
            self.row.clear(number);
        }
        if column < self.row.len() {
            // Two cells in one place, or out of order: no program writes that.
            return Err(Error::Damaged {
                file: path.to_owned(),
                part: "cell",
            });
        }
        while self.row.len() < column {
            self.row.push_empty();
        }
        Ok(())
    }

    fn hand_on(&self, rows: &mut dyn Rows) -> Result<(), Error> {
        match self.row.number {
            0 => Ok(()),
            _ => rows.row(&self.row),
        }
    }

    fn finish(self, rows: &mut dyn Rows) -> Result<(), Error> {
        self.hand_on(rows)
    }
}
