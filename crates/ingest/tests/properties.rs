//! Nothing that a file can hold makes a reading panic, and no row vanishes.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails as they do")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::biff::{self, Value};
use common::*;
use hefu_ingest::{ReadOptions, read_numbers};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

/// Reads the file in all ways; the account of each reading that succeeds has been checked by the reading itself.
fn read_all_ways(file: &Path) {
    let files = [file.to_owned()];
    for options in [
        ReadOptions::default(),
        ReadOptions {
            column: Some("a".to_owned()),
            header_row: Some(1),
            allow_empty: true,
            ..ReadOptions::default()
        },
        ReadOptions {
            encoding: Some("utf-16le".to_owned()),
            ..ReadOptions::default()
        },
    ] {
        let read = read_numbers(&files, &options, &mut |_, _| {});
        let copied = hefu_ingest::copy_rows(&files, &options, &mut |_| true, &mut std::io::sink());
        if let (Ok(read), Ok(copied)) = (read, copied) {
            assert_eq!(read.reconciliation.rows_read - read.reconciliation.blank, copied);
        }
        let _ = hefu_ingest::propose(&files, &options);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000), kind in 0..6usize) {
        let start: &[u8] = match kind {
            0 => b"PK\x03\x04",
            1 => b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            2 => b"<table><tr><td>",
            3 => b"\xff\xfe",
            4 => "\u{feff}a,身份证号\n".as_bytes(),
            _ => b"",
        };
        let folder = tempfile::tempdir().unwrap();
        read_all_ways(&write(&folder, "a", [start, &bytes].concat()));
    }

    #[test]
    fn any_markup(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "<table>", "</table>", "<tr>", "</tr>", "<td>", "<td colspan=3 rowspan=9>", "</td>", "<td rowspan=-1>",
            "<td colspan=999999999>", "<!--", "-->", "<style>", "</style>", "a", "身份证号", "&#x110000;", "&#0;", "<",
            ">", "\"", "<Row ss:Index=\"99999999999\">", "<Cell ss:Index=\"0\"/>", "<Worksheet ss:Name=\"", "<![CDATA[",
        ]),
        0..60,
    )) {
        let folder = tempfile::tempdir().unwrap();
        read_all_ways(&write(&folder, "a.xls", format!("<html>{}", pieces.concat())));
    }

    #[test]
    fn any_damage_to_a_book(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        page.write(0, 0, "身份证号").unwrap();
        page.write(1, 0, citizen("19800101", 1)).unwrap();
        page.write(2, 3, 5).unwrap();
        let mut bytes = book.save_to_buffer().unwrap();
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        read_all_ways(&write(&folder, "a.xlsx", bytes));
    }

    /// Rows of any texts, written by a CSV writer, read back one by one.
    #[test]
    fn any_table(rows in prop::collection::vec(
        prop::collection::vec("[a-c,;\"\n\r\t 身\u{200b}]{0,6}", 2), 0..20,
    )) {
        let folder = tempfile::tempdir().unwrap();
        let number = citizen("19800101", 1);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["身份证号", "甲", "乙"]).unwrap();
        for row in &rows {
            writer.write_record([&number, &row[0], &row[1]]).unwrap();
        }
        let file = write(&folder, "a.csv", writer.into_inner().unwrap());
        let mut seen = BTreeSet::new();
        let options = ReadOptions { allow_empty: true, ..ReadOptions::default() };
        let reading = read_numbers(&[file], &options, &mut |id, _| { seen.insert(id.row); }).unwrap();
        let mut line = 2;
        let lines: BTreeSet<u64> = rows.iter().map(|row| {
            let start = line;
            line += 1 + row.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
            start
        }).collect();
        prop_assert_eq!(seen, lines);
        prop_assert_eq!(reading.reconciliation.accepted, rows.len() as u64);
    }
}

fn old_book() -> Vec<u8> {
    let table = vec![
        vec![Some(Value::Text("身份证号".to_owned()))],
        vec![Some(Value::Text(citizen("19800101", 1)))],
        vec![None, Some(Value::Number(5.0))],
    ];
    biff::book(&[("a", table)])
}

#[test]
fn an_old_book_cut_off_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = old_book();
    for cut in (0..whole.len()).step_by(97) {
        read_all_ways(&write(&folder, "a.xls", &whole[..cut]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_damage_to_an_old_book(places in prop::collection::vec((0..2000usize, any::<u8>()), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = old_book();
        for (place, byte) in places {
            bytes[place] = byte;
        }
        read_all_ways(&write(&folder, "a.xls", bytes));
    }
}

/// The resident set's high-water mark of this process, in bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

#[test]
fn rows_stream_in_bounded_memory() {
    use std::io::Write;
    let rows: u64 = if cfg!(feature = "long") {
        10_000_000
    } else {
        200_000
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let numbers: Vec<String> = (0..1000).map(|sequence| citizen("19800101", sequence)).collect();
    writeln!(file, "姓名,身份证号,住址").unwrap();
    for row in 0..rows {
        let number = &numbers[(row % 1000) as usize];
        writeln!(file, "某人,{number},某省某市某县某镇某村第{row}号").unwrap();
    }
    file.into_inner().unwrap();
    let before = peak_bytes();
    let mut taken = 0;
    let reading = read_numbers(&[path], &ReadOptions::default(), &mut |_, _| taken += 1).unwrap();
    assert_eq!((taken, reading.reconciliation.persons()), (rows, 1000));
    // 2^21 digests of persons at most, and buffers; the file is 14 MB or 700 MB.
    let grown = peak_bytes().saturating_sub(before);
    assert!(grown < 80 << 20, "{grown} bytes");
}
