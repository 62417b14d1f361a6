//! The conference's ledger (工作台账) as a workbook: written for people to work in, and read back; and the lists of what
//! could not be taken back.

use std::path::Path;

use hefu_casework::conference::Line;
use hefu_casework::conference::sheet::{Column, Editor, Edits, Exported, Refused, Row, Terms};
use hefu_casework::{Hex, RowId};
use hefu_ingest::{SourceMapping, read_columns};
use jiff::civil::Date;
use rust_xlsxwriter::{
    DataValidation, ExcelDateTime, Format, FormatAlign, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

use crate::failure::{Exit, Failure};
use crate::words::Lang;

/// The sheet of which a workbook was written: nobody is to see it, and nobody to change it.
const BASE_SHEET: &str = "hefu";
const BASE_HEADING: &str = "hefu_ledger_base";

/// The words of the sheet. It is a paper of Chinese offices, whatever language the screen has.
const PAPER: Lang = Lang::Zh;

/// The words of the sheet, with the names of whoever has a seat.
pub(crate) fn terms(seats: impl IntoIterator<Item = (Hex<32>, String)>) -> Terms {
    Terms::new(|code| PAPER.word(code), seats)
}

/// The workbook. What `editor` may not change is locked, against slips and not against anybody.
///
/// # Errors
/// As [`rust_xlsxwriter`], which no ledger brings about.
pub(crate) fn workbook(exported: &Exported, editor: Editor, terms: &Terms) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(PAPER.word("ledger_sheet"))?;
    headings(sheet, exported.lines().len(), terms)?;
    let formats = Formats::new();
    for (line, row) in exported.lines().iter().zip(1..) {
        for (column, at) in Column::ALL.iter().zip(0..) {
            let format = formats.of(*column, editor.may_change(*column, line));
            write(sheet, row, at, *column, line, terms, format)?;
        }
    }
    sheet.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::default()
    });
    let base = book.add_worksheet();
    base.set_name(BASE_SHEET)?.set_very_hidden(true);
    base.write_string(0, 0, BASE_HEADING)?;
    for (text, row) in exported.texts().zip(1..) {
        base.write_string(row, 0, text)?;
    }
    base.protect();
    book.save_to_buffer()
}

fn headings(sheet: &mut Worksheet, lines: usize, terms: &Terms) -> Result<(), XlsxError> {
    let bold = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center);
    let last = u32::try_from(lines).unwrap_or(u32::MAX).max(1);
    for (column, at) in Column::ALL.iter().zip(0..) {
        sheet.write_string_with_format(0, at, terms.heading(*column), &bold)?;
        sheet.set_column_width(at, width(*column))?;
        let choices = terms.choices(*column);
        if !choices.is_empty() {
            let list = DataValidation::new().allow_list_strings(&choices)?;
            sheet.add_data_validation(1, at, last, at, &list)?;
        }
        if *column == Column::Revision {
            sheet.set_column_hidden(at)?;
        }
    }
    const A4: u8 = 9;
    sheet
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 1)?;
    sheet.autofilter(0, 0, last, last_column())?;
    Ok(())
}

fn last_column() -> u16 {
    u16::try_from(Column::ALL.len())
        .unwrap_or(u16::MAX)
        .saturating_sub(1)
}

fn width(column: Column) -> f64 {
    match column {
        Column::Item => 35.0,
        Column::From | Column::To | Column::Letter => 24.0,
        Column::Round | Column::Revision => 7.0,
        _ => 12.0,
    }
}

/// A cell's look, by what stands in it and whether it may be changed.
struct Formats {
    locked: [Format; 2],
    open: [Format; 2],
}

impl Formats {
    fn new() -> Formats {
        // Text stays text, whatever is typed over it.
        let kinds = || ["@", "yyyy-mm-dd"].map(|form| Format::new().set_num_format(form));
        Formats {
            locked: kinds(),
            open: kinds().map(Format::set_unlocked),
        }
    }

    fn of(&self, column: Column, open: bool) -> &Format {
        let [text, day] = if open { &self.open } else { &self.locked };
        if column.has_days() { day } else { text }
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    column: Column,
    line: &Line,
    terms: &Terms,
    format: &Format,
) -> Result<(), XlsxError> {
    let shown = terms.shown(column, line);
    match column.day(line).and_then(serial) {
        _ if shown.is_empty() => sheet.write_blank(row, at, format)?,
        Some(day) => sheet.write_datetime_with_format(row, at, &day, format)?,
        // Never as a formula, whatever it begins with.
        None => sheet.write_string_with_format(row, at, shown, format)?,
    };
    Ok(())
}

/// Spreadsheets know no day before 1900.
fn serial(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    ExcelDateTime::from_ymd(
        year,
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day()).ok()?,
    )
    .ok()
}

/// Reads what [`workbook`] wrote and people have worked in: what it was written of, and its rows now.
///
/// # Errors
/// As [`read_columns`]; [`sheet::Mistake`](hefu_casework::conference::sheet::Mistake) where it is no such workbook.
pub(crate) fn read(file: &Path, terms: &Terms) -> Result<(Exported, Vec<Row>), Failure> {
    let of = |sheet: &str| SourceMapping {
        sheet: Some(sheet.to_owned()),
        header_row: Some(1),
        allow_empty: true,
        ..SourceMapping::default()
    };
    let base = read_columns(file, &of(BASE_SHEET), &[BASE_HEADING.to_owned()])?;
    let texts = base
        .iter()
        .map(|row| row.cells.first().map_or("", |cell| cell.text.as_str()));
    let exported = Exported::read(texts)
        .map_err(|mistake| Failure::new(Exit::Input, mistake.code(), mistake.params()))?;
    let headings: Vec<_> = Column::ALL
        .iter()
        .map(|column| terms.heading(*column).to_owned())
        .collect();
    let rows = read_columns(file, &of(&PAPER.word("ledger_sheet")), &headings)?;
    Ok((exported, rows))
}

/// What people have to look at, a row each: where, which line, which column, why, and what stood and stands there.
pub(crate) fn problems(edits: &Edits, terms: &Terms, lang: Lang) -> Vec<Vec<String>> {
    let conflicts = edits.conflicts.iter().map(|conflict| {
        vec![
            place(conflict.at),
            conflict.item.to_string(),
            terms.heading(conflict.column).to_owned(),
            lang.word(&format!("sheet_{}", conflict.why.code())),
            conflict.base.clone(),
            conflict.sheet.clone(),
            conflict.current.clone(),
        ]
    });
    conflicts
        .chain(edits.refused.iter().map(|each| refusal(each, terms, lang)))
        .collect()
}

/// A row that was refused, as [`problems`] has it; what stands in it is not repeated.
pub(crate) fn refusal(refused: &Refused, terms: &Terms, lang: Lang) -> Vec<String> {
    let item = refused.item.map(|item| item.to_string());
    let column = refused.column.map(|column| terms.heading(column).to_owned());
    let mut row = vec![
        place(refused.at),
        item.unwrap_or_default(),
        column.unwrap_or_default(),
        lang.word(&format!("sheet_{}", refused.unfit.code())),
    ];
    row.resize(PROBLEM_COLUMNS.len(), String::new());
    row
}

/// The headings over [`problems`].
pub(crate) const PROBLEM_COLUMNS: [&str; 7] = [
    "col_row",
    "col_item",
    "col_column",
    "col_why",
    "col_when_exported",
    "col_in_sheet",
    "col_in_ledger",
];

fn place(at: RowId) -> String {
    match at.sheet {
        1 => at.row.to_string(),
        sheet => format!("{sheet}:{}", at.row),
    }
}

/// The list of problems as a file: CSV where its name says so, otherwise a workbook.
///
/// # Errors
/// As [`rust_xlsxwriter`].
pub(crate) fn problem_list(file: &Path, rows: &[Vec<String>], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let head: Vec<_> = PROBLEM_COLUMNS.iter().map(|code| lang.word(code)).collect();
    if file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
    {
        return Ok(csv_list(&head, rows));
    }
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (text, at) in head.iter().zip(0..) {
        sheet.write_string_with_format(0, at, text, &bold)?;
        sheet.set_column_width(at, 24)?;
    }
    for (cells, row) in rows.iter().zip(1..) {
        for (cell, at) in cells.iter().zip(0..) {
            sheet.write_string(row, at, cell)?;
        }
    }
    book.save_to_buffer()
}

/// UTF-8 with byte order mark, which Chinese spreadsheets need.
fn csv_list(head: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    for record in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        // Writing to memory does not fail, and all records have as many fields.
        let _ = writer.write_record(record.iter().map(|cell| hefu_ingest::harmless(cell)));
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
