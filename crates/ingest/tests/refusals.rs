//! What refuses a file as a whole does so by name, and says nothing of what stands in it.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails as they do")]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};

use common::biff::{self, Value};
use common::*;
use hefu_ingest::{Chosen, Error, ReadOptions, Reading, SheetState, read_numbers};
use rust_xlsxwriter::Workbook;

fn read(file: &Path) -> Result<Reading, Error> {
    read_with(file, &ReadOptions::default())
}

fn read_with(file: &Path, options: &ReadOptions) -> Result<Reading, Error> {
    read_numbers(&[file.to_owned()], options, &mut |_, _| {})
}

fn code(file: &Path) -> &'static str {
    read(file).unwrap_err().code()
}

#[test]
fn empty_files_are_errors_unless_meant() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&write(&folder, "a.csv", "")), "file_empty");
    assert_eq!(
        code(&write(&folder, "b.csv", "\u{feff}\r\n\r\n ,,\n")),
        "file_empty"
    );
    let header = write(&folder, "c.csv", "姓名,身份证号\r\n");
    assert_eq!(code(&header), "file_no_rows");
    let meant = ReadOptions {
        allow_empty: true,
        ..ReadOptions::default()
    };
    assert_eq!(read_with(&header, &meant).unwrap().reconciliation.rows_read, 0);
    assert_eq!(
        read(&folder.path().join("none.csv")).unwrap_err().code(),
        "file_io"
    );
}

#[test]
fn blank_lines_are_counted_and_are_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let file = write(
        &folder,
        "a.csv",
        format!("\n身份证号\n\n{number}\n\n\"\"\n{number}\n\n\n"),
    );
    let mut rows = Vec::new();
    let reading = read_numbers(&[file], &ReadOptions::default(), &mut |id, _| rows.push(id.row)).unwrap();
    let account = reading.reconciliation;
    assert_eq!((account.rows_read, account.accepted, account.blank), (7, 2, 5));
    assert_eq!((account.duplicates, account.persons()), (1, 1));
    assert_eq!(rows, [4, 7]);
}

#[test]
fn fields_that_do_not_fit_the_header_refuse_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let text = format!(
        "姓名,身份证号,备注\n某人,{number},\n某人,{number},a,b\n某人,{number},a,,\n某人\n某人,{number}\n"
    );
    let (reading, reasons) = check(&write(&folder, "a.csv", text), &ReadOptions::default()).unwrap();
    // Empty fields too many, and notes that Excel left out at the end of a row, are no matter.
    assert_eq!(reading.reconciliation.accepted, 3);
    let expected = [(3, "field_count".to_owned()), (5, "field_count".to_owned())];
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_row_with_bytes_that_mean_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let mut bytes = encoding_rs::GB18030
        .encode(&format!("姓名,身份证号\n某人,{number}\n"))
        .0
        .into_owned();
    // A name cut in the middle of a character.
    bytes.extend(b"\xc4\xb3\xc8,");
    bytes.extend(format!("{number}\n").into_bytes());
    let (_, reasons) = check(&write(&folder, "a.csv", bytes), &ReadOptions::default()).unwrap();
    // GBK reads the half character and the comma as one that it does not have.
    assert_eq!(
        reasons.into_iter().collect::<Vec<_>>(),
        [(3, "encoding".to_owned())]
    );
}

#[test]
fn an_encoding_can_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let text = format!("姓名,身份证号\n某\u{fffd},{number}\n");
    let broken = text.replace('\u{fffd}', "#").replace('#', "\u{1}").into_bytes();
    let broken: Vec<u8> = broken
        .into_iter()
        .map(|byte| if byte == 1 { 0xe5 } else { byte })
        .collect();
    let file = write(&folder, "a.csv", broken);
    let told = ReadOptions {
        encoding: Some("UTF-8".to_owned()),
        ..ReadOptions::default()
    };
    let (reading, reasons) = check(&file, &told).unwrap();
    assert_eq!(reading.encoding(), Some("utf-8"));
    assert_eq!(
        reasons.into_iter().collect::<Vec<_>>(),
        [(2, "encoding".to_owned())]
    );
    let unknown = ReadOptions {
        encoding: Some("klingon".to_owned()),
        ..ReadOptions::default()
    };
    assert_eq!(read_with(&file, &unknown).unwrap_err().code(), "encoding_unknown");
}

#[test]
fn columns_are_listed_and_data_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let file = write(
        &folder,
        "a.csv",
        format!("某县名册\n姓名,编号,金额\n某人,{number},5\n"),
    );
    match read(&file).unwrap_err() {
        Error::ColumnMissing { wanted, found, .. } => {
            assert_eq!(
                (wanted.as_str(), found),
                ("number", ["姓名", "编号", "金额"].map(str::to_owned).to_vec())
            );
        }
        other => panic!("{other}"),
    }
    let named = ReadOptions {
        column: Some("编号".to_owned()),
        ..ReadOptions::default()
    };
    let reading = read_with(&file, &named).unwrap();
    assert_eq!(
        (reading.reconciliation.accepted, reading.chosen),
        (1, Chosen::Named)
    );
    // The first row is data: it must not be shown as if it were headings.
    let file = write(&folder, "b.csv", format!("某人,{number}\n某人,{number}\n"));
    let error = read(&file).unwrap_err();
    assert_eq!(error.code(), "header_missing");
    assert!(!format!("{error} {error:?} {:?}", error.params()).contains(&number));
}

#[test]
fn two_fitting_columns_are_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let file = write(
        &folder,
        "a.csv",
        format!("残疾人证号,身份证号\n{number}43,{number}\n"),
    );
    match read(&file).unwrap_err() {
        Error::ColumnAmbiguous { fits, .. } => assert_eq!(fits, ["残疾人证号", "身份证号"]),
        other => panic!("{other}"),
    }
    let kind = Some(hefu_identity::Kind::DisabilityCertificate);
    let reading = read_with(
        &file,
        &ReadOptions {
            kind,
            ..ReadOptions::default()
        },
    )
    .unwrap();
    assert_eq!(
        (reading.column.as_str(), reading.reconciliation.accepted),
        ("残疾人证号", 1)
    );
}

#[test]
fn books_that_need_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let package = biff::compound(&[
        ("EncryptionInfo", vec![2; 300]),
        ("EncryptedPackage", vec![1; 5000]),
    ]);
    assert_eq!(
        code(&write(&folder, "a.xlsx", package)),
        "file_password_protected"
    );
    assert_eq!(
        code(&write(&folder, "b.xls", biff::encrypted_book())),
        "file_password_protected"
    );
}

#[test]
fn what_is_no_table_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [
        b"%PDF-1.7\n".to_vec(),
        b"\x89PNG\r\n\x1a\n".to_vec(),
        vec![0, 1, 0, 0, 2, 0, 9, 0, 0, 0],
        zip_of("a.csv", 3),
    ] {
        assert_eq!(code(&write(&folder, "a.xlsx", bytes)), "file_format_unknown");
    }
    let mut cut = Workbook::new();
    cut.add_worksheet().write(0, 0, "身份证号").unwrap();
    let bytes = cut.save_to_buffer().unwrap();
    assert_eq!(
        code(&write(&folder, "b.xlsx", &bytes[..bytes.len() / 2])),
        "file_damaged"
    );
    assert_eq!(
        code(&write(&folder, "c.xls", &biff::book(&[("a", Vec::new())])[..700])),
        "file_damaged"
    );
}

/// A zip file with one entry of so many mebibytes of spaces.
fn zip_of(name: &str, mebibytes: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("xl/workbook.xml.rels", options).unwrap();
    zip.start_file(name, options).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..mebibytes {
        zip.write_all(&block).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The file with another size declared for an entry, in its own header and in the directory.
fn declare(mut zip: Vec<u8>, size: u32, declared: u32) -> Vec<u8> {
    let places: Vec<usize> = (0..zip.len() - 4)
        .filter(|at| zip[*at..*at + 4] == size.to_le_bytes())
        .collect();
    assert!(!places.is_empty());
    for at in places {
        zip[at..at + 4].copy_from_slice(&declared.to_le_bytes());
    }
    zip
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = declare(zip_of("xl/sharedStrings.xml", 1), 1 << 20, 300 << 20);
    match read(&write(&folder, "bomb.xlsx", bomb)).unwrap_err() {
        Error::TooLarge {
            part, limit_bytes, ..
        } => {
            // However small the file is, this much is free; no table shrinks to less than a two-hundredth.
            assert_eq!((part.as_str(), limit_bytes), ("xl/sharedstrings.xml", 64 << 20));
        }
        other => panic!("{other}"),
    }
}

/// No part is out of proportion by itself.
#[test]
fn a_bomb_of_many_parts_is_refused_before_it_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = zip_of("xl/worksheets/sheet.xml", 2);
    let mut bomb = zip::ZipWriter::new_append(std::io::Cursor::new(sheet.clone())).unwrap();
    let mut source = zip::ZipArchive::new(std::io::Cursor::new(sheet)).unwrap();
    for number in 0..40 {
        let part = source.by_name("xl/worksheets/sheet.xml").unwrap();
        let name = format!("xl/worksheets/sheet{number}.xml");
        bomb.raw_copy_file_rename(part, name).unwrap();
    }
    let bomb = write(&folder, "bomb.xlsx", bomb.finish().unwrap().into_inner());
    match read(&bomb).unwrap_err() {
        Error::TooLarge {
            part, limit_bytes, ..
        } => assert_eq!((part.as_str(), limit_bytes), ("the whole book", 64 << 20)),
        other => panic!("{other}"),
    }
}

/// A list of strings that says how many it has makes its reader make room for as many.
#[test]
fn what_asks_for_more_room_than_it_fills_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for count in ["18446744073709551615", "99999999999"] {
        let mut book = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in [
            ("xl/workbook.xml", "<workbook/>".to_owned()),
            (
                "xl/sharedStrings.xml",
                format!("<sst uniqueCount=\"{count}\"><si/></sst>"),
            ),
        ] {
            book.start_file(name, options).unwrap();
            book.write_all(text.as_bytes()).unwrap();
        }
        let file = write(&folder, "a.xlsx", book.finish().unwrap().into_inner());
        assert_eq!(code(&file), "file_damaged", "{count}");
    }
}

#[test]
fn a_bomb_that_lies_about_its_size_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write(0, 0, "身份证号").unwrap();
    for row in 1..=2000 {
        page.write(row, 0, citizen("19800101", row % 1000)).unwrap();
    }
    let honest = book.save_to_buffer().unwrap();
    assert_eq!(
        read(&write(&folder, "a.xlsx", &honest))
            .unwrap()
            .reconciliation
            .accepted,
        2000
    );
    for part in ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"] {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(honest.clone())).unwrap();
        let size = archive.by_name(part).unwrap().size();
        let lying = declare(honest.clone(), u32::try_from(size).unwrap(), 1000);
        assert_eq!(
            code(&write(&folder, "bomb.xlsx", lying)),
            "file_damaged",
            "{part}"
        );
    }
}

#[test]
fn a_quotation_mark_that_nobody_closes_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("姓名,身份证号\n");
    for sequence in 0..60_000u32 {
        let quote = if sequence == 10 { "\"" } else { "" };
        text.push_str(&format!("{quote}某人,{}\n", citizen("19800101", sequence % 1000)));
    }
    match read(&write(&folder, "a.csv", text)).unwrap_err() {
        Error::RecordTooLong { row, .. } => assert_eq!(row, 12),
        other => panic!("{other}"),
    }
}

#[test]
fn digits_dropped_from_many_cells_refuse_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write(0, 0, "身份证号").unwrap();
    for row in 1..=20u32 {
        // Written as a number, so that only 15 digits are left.
        page.write(
            row,
            0,
            citizen("19800101", row)[..17].parse::<f64>().unwrap() * 10.0,
        )
        .unwrap();
    }
    match read(&write(&folder, "a.xlsx", book.save_to_buffer().unwrap())).unwrap_err() {
        Error::DigitsLostFile {
            column, count, rows, ..
        } => {
            assert_eq!((column.as_str(), count), ("身份证号", 20));
            assert_eq!(rows, (2..=11).collect::<Vec<u64>>());
        }
        other => panic!("{other}"),
    }
}

#[test]
fn numeric_cells_keep_fifteen_digits_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let old = |sequence: u32| format!("290101800101{sequence:03}");
    let table = |rows: Vec<Value>| {
        let mut table = vec![vec![Some(Value::Text("身份证号".to_owned()))]];
        table.extend(rows.into_iter().map(|value| vec![Some(value)]));
        table
    };
    let mut rows: Vec<Value> = (1..10)
        .map(|sequence| Value::Number(old(sequence).parse().unwrap()))
        .collect();
    rows.push(Value::Number(290_101_198_001_010_123.0));
    let xls = biff::book(&[("a", table(rows))]);
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write(0, 0, "身份证号").unwrap();
    for row in 1..10u32 {
        page.write(row, 0, old(row).parse::<f64>().unwrap()).unwrap();
    }
    page.write(10, 0, 290_101_198_001_010_123.0).unwrap();
    for (name, bytes) in [("a.xls", xls), ("a.xlsx", book.save_to_buffer().unwrap())] {
        let (reading, reasons) = check(&write(&folder, name, bytes), &ReadOptions::default()).unwrap();
        assert_eq!(reading.reconciliation.accepted, 9, "{name}");
        assert_eq!(
            reasons.into_iter().collect::<Vec<_>>(),
            [(11, "digits_lost".to_owned())],
            "{name}"
        );
    }
}

/// A book of sheets of rows of texts.
fn book_of(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let page = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                page.write(row as u32, column as u16, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn sheets_go_on_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = [1, 2, 3].map(|sequence| citizen("19800101", sequence));
    let header: &[&str] = &["姓名", "身份证号"];
    // Columns in another order, a sheet that goes on without headings, a cover, an empty sheet.
    let book = book_of(&[
        ("说明", &[&["填报说明"], &["第一条"]]),
        ("1", &[header, &["某人", &a]]),
        ("2", &[&["身份证号", "姓名"], &[&b, "某人"]]),
        ("3", &[&[&c, "某人"], &["", "合计"]]),
        ("Sheet5", &[]),
    ]);
    let file = write(&folder, "a.xlsx", book);
    let mut rows = Vec::new();
    let reading = read_numbers(
        std::slice::from_ref(&file),
        &ReadOptions::default(),
        &mut |id, _| rows.push((id.sheet, id.row)),
    );
    let reading = reading.unwrap();
    assert_eq!(rows, [(2, 2), (3, 2), (4, 1)]);
    assert_eq!(reading.reconciliation.rejected.get("missing"), Some(&1));
    let states: Vec<_> = reading.files[0]
        .sheets
        .iter()
        .map(|sheet| sheet.state.clone())
        .collect();
    let read = SheetState::Read {
        header_row: 1,
        column: "身份证号".to_owned(),
    };
    assert_eq!(
        states,
        [
            SheetState::Skipped,
            read.clone(),
            read,
            SheetState::Continued,
            SheetState::Empty
        ]
    );

    let one = ReadOptions {
        sheet: Some("2".to_owned()),
        ..ReadOptions::default()
    };
    assert_eq!(read_with(&file, &one).unwrap().reconciliation.rows_read, 1);
    let none = ReadOptions {
        sheet: Some("9".to_owned()),
        ..ReadOptions::default()
    };
    assert_eq!(read_with(&file, &none).unwrap_err().code(), "sheet_missing");

    // Numbers under headings that are not known: leaving them out would lose rows.
    let book = book_of(&[
        ("1", &[header, &["某人", &a]]),
        ("2", &[&["姓名", "编号"], &["某人", &b]]),
    ]);
    assert_eq!(code(&write(&folder, "b.xlsx", book)), "sheet_unread");
}

#[test]
fn a_folder_is_read_in_name_order() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = [1, 2].map(|sequence| citizen("19800101", sequence));
    write(
        &folder,
        "02.csv",
        encoding_rs::GB18030
            .encode(&format!("公民身份号码,姓名\n{b},某人\n{a},某人\n"))
            .0,
    );
    write(
        &folder,
        "01.xls",
        format!("<table><tr><td>身份证号</td></tr><tr><td>{a}</td></tr></table>"),
    );
    write(&folder, "~$01.xls", "lock");
    write(&folder, ".hidden", "");
    let path = folder.path().to_owned();
    let mut rows = Vec::new();
    let reading = read_numbers(
        std::slice::from_ref(&path),
        &ReadOptions::default(),
        &mut |id, _| rows.push((id.file, id.row)),
    )
    .unwrap();
    assert_eq!(rows, [(1, 2), (2, 2), (2, 3)]);
    assert_eq!(
        (
            reading.reconciliation.rows_read,
            reading.reconciliation.duplicates
        ),
        (3, 1)
    );
    let names: Vec<PathBuf> = reading.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(names, ["01.xls", "02.csv"].map(|name| path.join(name)));

    std::fs::create_dir(path.join("inner")).unwrap();
    assert_eq!(code(&path), "folder_nested");
    assert_eq!(code(&path.join("inner")), "folder_empty");
}

#[test]
fn chosen_rows_are_copied_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let rows = dirty_rows();
    let (text, starts) = delimited(&rows, ',', "\n");
    let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
    let file = write(&folder, "a.csv", gbk);
    let chosen = [starts[2], starts[14]];
    let mut out = Vec::new();
    let keep = &mut |id: hefu_casework::RowId| chosen.contains(&id.row);
    assert_eq!(
        hefu_ingest::copy_rows(&[file], &ReadOptions::default(), keep, &mut out).unwrap(),
        2
    );
    let out = String::from_utf8(out).unwrap();
    let cells = cells(&rows);
    let mut records = csv::Reader::from_reader(out.strip_prefix('\u{feff}').unwrap().as_bytes());
    assert_eq!(records.headers().unwrap(), &HEADINGS[..]);
    let copied: Vec<Vec<String>> = records
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(
        copied,
        [2, 14].map(|index| cells[index].clone().unwrap().to_vec())
    );
}
