//! Columns of a table as they stand there, and nothing of what stands beside them.

use std::path::Path;

use hefu_casework::RowId;
use hefu_casework::conference::sheet::{Cell as Found, Row as FoundRow};

use crate::error::Error;
use crate::field::{self, When};
use crate::header::{Columns, Wanted};
use crate::mapping::SourceMapping;
use crate::row::{Cell, Row};
use crate::table::{self, Visitor};

/// The most rows that a ledger has.
pub const MAX_LEDGER_ROWS: usize = 200_000;

/// Reads the columns under these headings from the sheets that have all of them, and hands on their rows, each with its
/// cells in the order of the headings. Cells under other headings are never looked at.
///
/// # Errors
/// As [`crate::read_numbers`]; [`Error::TooManyRows`] for more rows than [`MAX_LEDGER_ROWS`].
pub fn read_columns(
    path: &Path,
    source: &SourceMapping,
    headings: &[String],
) -> Result<Vec<FoundRow>, Error> {
    let mut headings = headings.iter().cloned();
    let wanted = Wanted {
        number: headings.next(),
        others: headings.collect(),
        ..Wanted::default()
    };
    let mut taker = Taker {
        path,
        rows: Vec::new(),
    };
    table::scan(&[path.to_owned()], &source.table_source(), &wanted, &mut taker)?;
    Ok(taker.rows)
}

struct Taker<'a> {
    path: &'a Path,
    rows: Vec<FoundRow>,
}

impl Visitor for Taker<'_> {
    fn row(&mut self, id: RowId, row: &Row, columns: &Columns) -> Result<(), Error> {
        if self.rows.len() == MAX_LEDGER_ROWS {
            return Err(Error::TooManyRows {
                file: self.path.to_owned(),
                max: MAX_LEDGER_ROWS,
            });
        }
        let places = std::iter::once(&columns.number).chain(&columns.others);
        self.rows.push(FoundRow {
            at: id,
            cells: places.map(|place| found(row.cell(*place))).collect(),
        });
        Ok(())
    }
}

fn found(cell: Cell<'_>) -> Found {
    let day = field::when(cell).and_then(|when| match when {
        When::Day(day) => Some(day),
        When::Month(_) => None,
    });
    Found {
        text: cell.shown(),
        day,
        digits_lost: cell.exact_text().is_none(),
    }
}
