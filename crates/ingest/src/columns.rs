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
/// The longest text that a cell of a spreadsheet holds, in bytes: 32,767 characters.
const MAX_CELL_BYTES: usize = 4 * 32_767;
/// The most text that the rows have together. A workbook says a text once and has it in as many cells as it likes.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Reads the columns under these headings from the sheets that have all of them, and hands on their rows, each with its
/// cells in the order of the headings. Cells under other headings are never looked at.
///
/// # Errors
/// As [`crate::read_numbers`]; [`Error::TooManyRows`] for more rows than [`MAX_LEDGER_ROWS`]; [`Error::TooLarge`] where a
/// cell, or all of them together, hold more text than a ledger does.
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
        text_bytes: 0,
    };
    table::scan(&[path.to_owned()], &source.table_source(), &wanted, &mut taker)?;
    Ok(taker.rows)
}

struct Taker<'a> {
    path: &'a Path,
    rows: Vec<FoundRow>,
    text_bytes: usize,
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
        let cells = places.map(|place| self.counted(id, row.cell(*place)).map(found));
        let cells = cells.collect::<Result<_, _>>()?;
        self.rows.push(FoundRow { at: id, cells });
        Ok(())
    }
}

impl Taker<'_> {
    /// Counts a cell's text before it is copied.
    fn counted<'a>(&mut self, id: RowId, cell: Cell<'a>) -> Result<Cell<'a>, Error> {
        let Cell::Text(text) = cell else { return Ok(cell) };
        let too_large = |part: String, limit: usize| Error::TooLarge {
            file: self.path.to_owned(),
            part,
            limit_bytes: limit as u64,
        };
        if text.len() > MAX_CELL_BYTES {
            return Err(too_large(format!("row {}", id.row), MAX_CELL_BYTES));
        }
        if self.text_bytes + text.len() > MAX_TEXT_BYTES {
            return Err(too_large("the text of its rows".to_owned(), MAX_TEXT_BYTES));
        }
        self.text_bytes += text.len();
        Ok(cell)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(texts: &[&str]) -> Result<usize, Error> {
        let mut taker = Taker {
            path: Path::new("ledger.xlsx"),
            rows: Vec::new(),
            text_bytes: 0,
        };
        let id = RowId {
            file: 1,
            sheet: 1,
            row: 7,
        };
        for text in texts {
            taker.counted(id, Cell::Text(text))?;
        }
        Ok(taker.text_bytes)
    }

    #[test]
    fn a_ledger_has_so_much_text_and_no_more() {
        let longest = "a".repeat(4 * 32_767);
        let most = vec![longest.as_str(); (64 << 20) / longest.len()];
        let kept = taken(&most).unwrap();
        assert!(kept <= 64 << 20 && kept > 63 << 20, "{kept}");
        let part = |refused: Result<usize, Error>| match refused {
            Err(Error::TooLarge { part, .. }) => part,
            other => panic!("{other:?}"),
        };
        assert_eq!(part(taken(&[&format!("{longest}a")])), "row 7");
        let more = [most, vec![longest.as_str(); 1]].concat();
        assert_eq!(part(taken(&more)), "the text of its rows");
    }
}
