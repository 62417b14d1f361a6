//! Books of a few hundred kilobytes that unpack to gigabytes, or that a reader would make room for as for gigabytes.

use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::caller::{Target, Visitor};

const MIB: usize = 1 << 20;

/// A book that any reader reads.
fn honest() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, text) in ["身份证号", "29010119500101100X", "290101195001011018"]
        .iter()
        .enumerate()
    {
        sheet.write(u32::try_from(row).unwrap(), 0, *text).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The book with another part in the place of one of its own.
fn with(name: &str, content: &[u8]) -> Vec<u8> {
    let book = honest();
    let mut archive = ZipArchive::new(Cursor::new(book)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut replaced = false;
    for index in 0..archive.len() {
        let part = archive.by_index(index).unwrap();
        if part.name().unwrap() == name {
            replaced = true;
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        } else {
            zip.raw_copy_file(part).unwrap();
        }
    }
    assert!(replaced, "{name}");
    zip.finish().unwrap().into_inner()
}

/// The book with a part `before`, then a text so often that it has so many bytes, then `after`.
fn filled(name: &str, before: &str, text: &str, bytes: usize, after: &str) -> Vec<u8> {
    let content = [before, &text.repeat(bytes / text.len()), after].concat();
    let book = with(name, content.as_bytes());
    assert!(book.len() < 2 * MIB, "{name}: a bomb of {} bytes", book.len());
    book
}

/// The book with many sheets that share one content.
fn of_many_sheets(sheet: &[u8], times: usize) -> Vec<u8> {
    let mut bomb = ZipWriter::new_append(Cursor::new(with("xl/worksheets/sheet1.xml", sheet))).unwrap();
    let mut source = ZipArchive::new(Cursor::new(with("xl/worksheets/sheet1.xml", sheet))).unwrap();
    for number in 2..times {
        let part = source.by_name("xl/worksheets/sheet1.xml").unwrap();
        bomb.raw_copy_file_rename(part, format!("xl/worksheets/sheet{number}.xml"))
            .unwrap();
    }
    bomb.finish().unwrap().into_inner()
}

const SHEET: &str =
    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>";

/// Each: what it is, the book, and what is said of it.
fn bombs() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let strings = "xl/sharedStrings.xml";
    let sheet = "xl/worksheets/sheet1.xml";
    let counting = |count: &str| {
        with(
            strings,
            format!("<sst uniqueCount=\"{count}\"><si/></sst>").as_bytes(),
        )
    };
    let rows = [SHEET, &"<row/>".repeat(24 * MIB / 6), "</sheetData></worksheet>"].concat();
    let mut nested = ZipWriter::new(Cursor::new(Vec::new()));
    nested
        .start_file("inner.xlsx", SimpleFileOptions::default())
        .unwrap();
    nested.write_all(&honest()).unwrap();
    vec![
        (
            "one sheet",
            filled(sheet, SHEET, "<row/>", 150 * MIB, "</sheetData></worksheet>"),
            "file_too_large",
        ),
        (
            "many sheets",
            of_many_sheets(rows.as_bytes(), 40),
            "file_too_large",
        ),
        (
            "strings",
            filled(strings, "<sst>", "<si/>", 100 * MIB, "</sst>"),
            "file_too_large",
        ),
        (
            "strings within bounds",
            filled(strings, "<sst>", "<si/>", 60 * MIB, "</sst>"),
            "file_damaged",
        ),
        (
            "one string",
            filled(strings, "<sst><si>", "<r/>", 8 * MIB, "</si></sst>"),
            "file_damaged",
        ),
        (
            "styles",
            filled(
                "xl/styles.xml",
                "<styleSheet><cellXfs>",
                "<xf/>",
                8 * MIB,
                "</cellXfs></styleSheet>",
            ),
            "file_damaged",
        ),
        (
            "sheets in the list",
            filled(
                "xl/workbook.xml",
                "<workbook><sheets>",
                "<sheet name=\"a\" r:id=\"rId1\"/>",
                40 * MIB,
                "</sheets></workbook>",
            ),
            "file_damaged",
        ),
        (
            "room for all there is",
            counting("18446744073709551615"),
            "file_damaged",
        ),
        ("room for terabytes", counting("99999999999"), "file_damaged"),
        (
            "a book in an archive",
            nested.finish().unwrap().into_inner(),
            "file_format_unknown",
        ),
    ]
}

/// On the way of an export: it is uploaded, and its columns are looked at.
#[test]
fn no_book_unpacks_to_more_than_the_node_can_bear() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::start(dir.path());
    let visitor = target.signed_in();
    let good = visitor.send_file("/it/imports", "file", "低保.xlsx", &honest());
    assert_eq!(good.status, 200, "{}", good.text);
    assert!(
        good.text.contains("身份证号") && !good.text.contains("class=\"problems\""),
        "{}",
        good.text
    );
    all_refused(&target, &visitor, "/it/imports", "file");
    // Nor does the command line, nor a program, get further than the pages.
    let sets = target.program("GET", "/api/v1/datasets", "application/json", b"");
    assert!(sets.text.contains("\"datasets\":[]"), "{}", sets.text);
}

/// On the way of a conference's ledger, which went out as a workbook and comes back as one.
#[test]
fn no_ledger_unpacks_to_more_than_the_node_can_bear() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::office(dir.path());
    let founded = target.node.json(&["conference", "found", "县联席会议"]);
    let pages = format!("/conferences/{}/ledger", founded["conference"].as_str().unwrap());
    let visitor = target.signed_in();
    let (sheet, field) = (format!("{pages}/sheet"), "book");
    // Any other book is told apart from a ledger: it was read.
    let other = visitor.send_file(&sheet, field, "台账.xlsx", &honest());
    assert_eq!(other.status, 422, "{}", other.text);
    assert!(
        problems(&other.text).contains("hefu"),
        "{}",
        problems(&other.text)
    );
    all_refused(&target, &visitor, &sheet, field);
}

/// What stands in the box of what is wrong.
fn problems(page: &str) -> &str {
    let problems = page.split("class=\"problems\"").nth(1);
    problems.unwrap_or_else(|| panic!("{page}"))
}

/// Every bomb is refused with its words, in little time and little memory, and the node goes on.
fn all_refused(target: &Target, visitor: &Visitor<'_>, path: &str, field: &str) {
    let before = target.forget_peak();
    for (what, book, code) in bombs() {
        let begun = Instant::now();
        let answer = visitor.send_file(path, field, "低保.xlsx", &book);
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{what}: {:?}",
            begun.elapsed()
        );
        assert!(matches!(answer.status, 200 | 422), "{what}: {}", answer.status);
        let problems = problems(&answer.text);
        let said = match code {
            "file_too_large" => "请分成几个文件导出",
            "file_damaged" => "文件已损坏",
            _ => "不是表格",
        };
        assert!(problems.contains(said), "{what}: {problems}");
        let grown = target.peak_mib().saturating_sub(before);
        assert!(grown < 64, "{what}: {grown} MiB more");
        target.still_answers();
    }
}
