//! A paper as a workbook. Texts are written as texts, whatever they look like: nothing in it is computed.

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::{Body, Cell, Paper};

/// ECMA-376 allows 31 characters and none of these.
const LONGEST_NAME: usize = 31;
const NOT_IN_NAMES: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

struct Formats {
    title: Format,
    heading: Format,
    text: Format,
    count: Format,
    money: Format,
}

pub(super) fn render(paper: &Paper) -> Result<Vec<u8>, XlsxError> {
    let formats = Formats {
        title: Format::new().set_bold().set_font_size(16),
        heading: Format::new().set_bold(),
        text: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        count: Format::new().set_num_format("#,##0").set_align(FormatAlign::Top),
        money: Format::new()
            .set_num_format("#,##0.00")
            .set_align(FormatAlign::Top),
    };
    let mut book = Workbook::new();
    let first = book.add_worksheet();
    prepare(first, &paper.title)?;
    let mut row = opened(first, paper, &formats)?;
    for block in &paper.blocks {
        let facts = match &block.body {
            Body::Facts(facts) => facts,
            Body::Lines(lines) => &vec![(String::new(), lines.clone())],
            // On a sheet of its own.
            Body::Table(..) => continue,
        };
        row += 1;
        first.write_string_with_format(row, 0, &block.heading, &formats.heading)?;
        for (name, lines) in facts {
            row += 1;
            first.write_string_with_format(row, 0, name, &formats.text)?;
            for (line, below) in lines.iter().zip(0..) {
                row += u32::from(below > 0);
                first.write_string_with_format(row, 1, line, &formats.text)?;
            }
        }
        row += 1;
    }
    for block in &paper.blocks {
        let Body::Table(columns, rows) = &block.body else {
            continue;
        };
        let sheet = book.add_worksheet();
        prepare(sheet, &block.heading)?;
        let mut row = opened(sheet, paper, &formats)?;
        for (head, column) in columns.iter().zip(0..) {
            sheet.write_string_with_format(row, column, head, &formats.heading)?;
        }
        for cells in rows {
            row += 1;
            for (cell, column) in cells.iter().zip(0..) {
                write(sheet, row, column, cell, &formats)?;
            }
        }
    }
    book.save_to_buffer()
}

fn prepare(sheet: &mut Worksheet, name: &str) -> Result<(), XlsxError> {
    let name: String = name
        .chars()
        .filter(|c| !NOT_IN_NAMES.contains(c))
        .take(LONGEST_NAME)
        .collect();
    const A4: u8 = 9;
    sheet
        .set_name(name)?
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 24)?.set_column_width(1, 40)?;
    Ok(())
}

/// What stands at the head of every sheet. Gives the row from which it goes on.
fn opened(sheet: &mut Worksheet, paper: &Paper, formats: &Formats) -> Result<u32, XlsxError> {
    sheet.write_string_with_format(0, 0, &paper.title, &formats.title)?;
    sheet.write_string_with_format(1, 0, &paper.marking, &formats.heading)?;
    let mut row = 2;
    for notice in &paper.notices {
        sheet.write_string_with_format(row, 0, notice, &formats.heading)?;
        row += 1;
    }
    Ok(row + 1)
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string_with_format(row, column, text, &formats.text)?,
        Cell::Count(count) => sheet.write_number_with_format(row, column, *count as f64, &formats.count)?,
        // Fen below 2^53 are exact; the sheet rounds to two places in showing them.
        Cell::Money(fen) => {
            sheet.write_number_with_format(row, column, *fen as f64 / 100.0, &formats.money)?
        }
    };
    Ok(())
}
