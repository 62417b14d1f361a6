//! Chosen rows of files, written out as they are.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hefu_casework::RowId;

use crate::error::Error;
use crate::header::Columns;
use crate::numbers::ReadOptions;
use crate::row::Row;
use crate::table::{self, Table, Visitor};

/// Reads the files again and writes the rows that `keep` names, by their identity and never by their order, as
/// CSV in UTF-8 with byte order mark: headings first, every cell as it was. Returns the number of rows.
///
/// Where a later table has other headings than the one before, its own are written above its rows.
///
/// # Errors
/// As [`crate::read_numbers`], and where `out` fails.
pub fn copy_rows(
    files: &[PathBuf],
    options: &ReadOptions,
    keep: &mut dyn FnMut(RowId) -> bool,
    out: &mut dyn Write,
) -> Result<u64, Error> {
    out.write_all("\u{feff}".as_bytes())
        .map_err(Error::write(Path::new("-")))?;
    let writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
    let mut copier = Copier {
        keep,
        writer,
        headings: Vec::new(),
        headings_due: false,
        rows: 0,
    };
    table::scan(files, &options.source(), &options.wanted(), &mut copier)?;
    copier.writer.flush().map_err(Error::write(Path::new("-")))?;
    Ok(copier.rows)
}

struct Copier<'k, 'w> {
    keep: &'k mut dyn FnMut(RowId) -> bool,
    writer: csv::Writer<&'w mut dyn Write>,
    /// Those written last.
    headings: Vec<String>,
    headings_due: bool,
    rows: u64,
}

impl Copier<'_, '_> {
    fn write_headings(&mut self, columns: &Columns) -> Result<(), Error> {
        self.headings.clone_from(&columns.names);
        self.headings_due = false;
        self.writer.write_record(&self.headings).map_err(failed)
    }
}

impl Visitor for Copier<'_, '_> {
    fn table(&mut self, table: &Table<'_>) -> Result<(), Error> {
        match self.headings.is_empty() {
            true => self.write_headings(table.columns),
            false => {
                self.headings_due = self.headings != table.columns.names;
                Ok(())
            }
        }
    }

    fn row(&mut self, id: RowId, row: &Row, columns: &Columns) -> Result<(), Error> {
        if !(self.keep)(id) {
            return Ok(());
        }
        if self.headings_due {
            self.write_headings(columns)?;
        }
        self.rows += 1;
        for index in 0..row.len().max(columns.names.len()) {
            self.writer.write_field(row.cell(index).shown()).map_err(failed)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(failed)
    }
}

fn failed(error: csv::Error) -> Error {
    Error::write(Path::new("-"))(io::Error::from(error))
}
