//! The ledger's workbook, as somebody at the office works in it.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};
use rust_xlsxwriter::{Workbook, Worksheet};

/// Its sheet of which it was written comes after the one that people see.
const HIDDEN: &str = "hefu";

/// Saves a workbook with the cell of a column changed in these rows: the column by its heading, the rows by what stands
/// first in them.
pub(super) fn saved_with(book: &[u8], heading: &str, changes: &[(&str, &str)], file: &Path) {
    let mut read: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(book.to_vec())).unwrap();
    let mut written = Workbook::new();
    for (name, range) in read.worksheets() {
        let mut rows: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(text).collect()).collect();
        if name != HIDDEN {
            change(&mut rows, heading, changes);
        }
        let sheet = written.add_worksheet();
        sheet.set_name(&name).unwrap();
        if name == HIDDEN {
            sheet.set_very_hidden(true);
        }
        write(sheet, &rows);
    }
    written.save(file).unwrap();
}

fn change(rows: &mut [Vec<String>], heading: &str, changes: &[(&str, &str)]) {
    let column = rows[0].iter().position(|cell| cell == heading).unwrap();
    for (item, value) in changes {
        let row = rows.iter_mut().find(|row| row[0] == *item).unwrap();
        (*value).clone_into(&mut row[column]);
    }
}

fn text(cell: &Data) -> String {
    match cell {
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        cell => cell.to_string(),
    }
}

fn write(sheet: &mut Worksheet, rows: &[Vec<String>]) {
    for (row, at) in rows.iter().zip(0..) {
        for (cell, column) in row.iter().zip(0..) {
            sheet.write_string(at, column, cell).unwrap();
        }
    }
}
