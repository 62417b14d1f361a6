//! One row of a table, whatever file it came from.

use std::ops::Range;

use jiff::civil::{self, Date};

/// The widest row a spreadsheet can hold (column XFD).
pub(crate) const MAX_COLUMNS: usize = 16_384;

/// Largest integer of 15 digits: a spreadsheet keeps no more, so a longer number is already damaged.
const MAX_EXACT: f64 = 999_999_999_999_999.0;

/// What stands in one cell.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing, or white space only.
    Empty,
    /// Text exactly as in the file.
    Text(&'a str),
    /// A spreadsheet's number.
    Number(f64),
    /// A spreadsheet's number shown as a date.
    Date(Date),
}

impl Cell<'_> {
    /// The text a person sees, `None` where a number has more digits than a spreadsheet keeps.
    pub(crate) fn exact_text(self) -> Option<String> {
        match self {
            Cell::Number(number) if number.abs() > MAX_EXACT => None,
            other => Some(other.shown()),
        }
    }

    /// The text a person sees. Numbers carry the 15 significant digits that spreadsheets show, so that 123.45
    /// stored as 123.449999999999996 is 123.45 again.
    pub(crate) fn shown(self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.to_owned(),
            Cell::Number(number) if number.abs() > MAX_EXACT => format!("{number:e}"),
            Cell::Number(number) => {
                let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
                rounded.to_string()
            }
            Cell::Date(date) => date.to_string(),
        }
    }
}

/// The day a spreadsheet means by a serial number: day 1 is 1900-01-01, and day 60 the 29 February 1900 that
/// never was, so day 61 and later count from 1899-12-30.
pub(crate) fn serial_date(serial: f64, from_1904: bool) -> Option<Date> {
    if !(1.0..2_958_466.0).contains(&serial) {
        return None;
    }
    // In range, so the cast is exact but for the time of day.
    let days = serial.floor() as i64;
    let (epoch, days) = match (from_1904, days) {
        (true, _) => (civil::date(1904, 1, 1), days),
        (false, 60) => return None,
        (false, ..60) => (civil::date(1899, 12, 31), days),
        (false, _) => (civil::date(1899, 12, 30), days),
    };
    epoch.checked_add(jiff::Span::new().days(days)).ok()
}

#[derive(Clone)]
enum Slot {
    Empty,
    Text(Range<usize>),
    Number(f64),
    Date(Date),
}

/// A row of cells, refilled for each row of the file so that nothing is allocated per row.
///
/// It holds people's data: no `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Row {
    /// The number a person sees beside the row, from 1; for text the physical line where the row starts.
    pub(crate) number: u64,
    /// Bytes of the row could not be decoded.
    pub(crate) damaged: bool,
    text: String,
    slots: Vec<Slot>,
}

impl Row {
    pub(crate) fn clear(&mut self, number: u64) {
        self.number = number;
        self.damaged = false;
        self.text.clear();
        self.slots.clear();
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        let slot = if is_blank(text) {
            Slot::Empty
        } else {
            let start = self.text.len();
            self.text.push_str(text);
            Slot::Text(start..self.text.len())
        };
        self.slots.push(slot);
    }

    pub(crate) fn push_number(&mut self, number: f64) {
        self.slots.push(Slot::Number(number));
    }

    pub(crate) fn push_date(&mut self, date: Date) {
        self.slots.push(Slot::Date(date));
    }

    pub(crate) fn push_empty(&mut self) {
        self.slots.push(Slot::Empty);
    }

    /// Number of cells, empty ones included.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The cell, `Empty` beyond the row's end.
    pub(crate) fn cell(&self, index: usize) -> Cell<'_> {
        match self.slots.get(index) {
            None | Some(Slot::Empty) => Cell::Empty,
            Some(Slot::Text(range)) => Cell::Text(self.text.get(range.clone()).unwrap_or_default()),
            Some(Slot::Number(number)) => Cell::Number(*number),
            Some(Slot::Date(date)) => Cell::Date(*date),
        }
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// Every cell is empty.
    pub(crate) fn is_blank(&self) -> bool {
        self.is_blank_from(0)
    }

    /// Every cell from this one on is empty.
    pub(crate) fn is_blank_from(&self, start: usize) -> bool {
        self.slots
            .iter()
            .skip(start)
            .all(|slot| matches!(slot, Slot::Empty))
    }
}

/// White space and the invisible characters that exports leave behind.
fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

pub(crate) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\0'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_excel_dates() {
        // ECMA-376 part 1, 18.17.4.1: 1 is 1900-01-01; 1904 system: 0 is 1904-01-01.
        assert_eq!(serial_date(1.0, false), Some(civil::date(1900, 1, 1)));
        assert_eq!(serial_date(59.0, false), Some(civil::date(1900, 2, 28)));
        assert_eq!(serial_date(60.0, false), None);
        assert_eq!(serial_date(61.0, false), Some(civil::date(1900, 3, 1)));
        assert_eq!(serial_date(2_958_465.0, false), Some(civil::date(9999, 12, 31)));
        assert_eq!(serial_date(1.0, true), Some(civil::date(1904, 1, 2)));
        assert_eq!(serial_date(f64::NAN, false), None);
        assert_eq!(serial_date(-5.0, false), None);
    }

    #[test]
    fn numbers_show_fifteen_digits_and_no_more() {
        assert_eq!(Cell::Number(123.449_999_999_999_99).shown(), "123.45");
        assert_eq!(
            Cell::Number(293_105_491_231_002.0).exact_text().as_deref(),
            Some("293105491231002")
        );
        assert_eq!(Cell::Number(293_105_194_912_310_021.0).exact_text(), None);
        assert_eq!(Cell::Number(1_000_000_000_000_000.0).exact_text(), None);
    }
}
