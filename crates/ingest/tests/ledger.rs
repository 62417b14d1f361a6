//! A ledger that an office kept before, in a workbook of its own: what is taken of it, and what never is.

#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod common;

use std::path::Path;

use common::citizen;
use hefu_casework::conference::sheet::{Column, Edits, Unfit};
use hefu_casework::conference::{Escalation, ItemKind, ItemOutcome, ItemState, Line};
use hefu_casework::{Hex, Text};
use hefu_ingest::{Error, LedgerMapping};
use jiff::civil::{Date, date};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const TODAY: Date = date(2026, 9, 30);
const SAMPLE: &str = include_str!("../../hefu/samples/ledger.toml");
const HEADINGS: [&str; 11] = [
    "序号",
    "姓名",
    "身份证号",
    "移送单位",
    "接收单位",
    "事项",
    "文号",
    "登记时间",
    "办理时限",
    "办理情况",
    "处理结果",
];

fn seats() -> Vec<(Hex<32>, String)> {
    ["县人民检察院", "县民政局", "县残疾人联合会"]
        .iter()
        .zip(1..)
        .map(|(name, number)| (Hex([number; 32]), (*name).to_owned()))
        .collect()
}

fn read(path: &Path, mapping: &str) -> Result<Edits, Error> {
    let mut number = 0;
    LedgerMapping::parse(mapping)?.read(path, &seats(), TODAY, &mut || {
        number += 1;
        Hex([number; 16])
    })
}

enum Put<'a> {
    Text(&'a str),
    Number(f64),
    Day(u16, u8, u8),
}

/// Below a title, as such tables are kept. `closed` stands in the twelfth column.
fn book(path: &Path, rows: &[Vec<Put<'_>>]) {
    let day = Format::new().set_num_format("yyyy/m/d");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet
        .merge_range(0, 0, 0, 11, "某县联席会议工作台账", &Format::new())
        .unwrap();
    for (heading, at) in HEADINGS.iter().chain(&["办结时间"]).zip(0..) {
        sheet.write_string(2, at, *heading).unwrap();
    }
    for (cells, row) in rows.iter().zip(3..) {
        for (cell, at) in cells.iter().zip(0..) {
            match cell {
                Put::Text(text) => sheet.write_string(row, at, *text).unwrap(),
                Put::Number(number) => sheet.write_number(row, at, *number).unwrap(),
                Put::Day(year, month, of) => {
                    let at_day = ExcelDateTime::from_ymd(*year, *month, *of).unwrap();
                    sheet.write_datetime_with_format(row, at, &at_day, &day).unwrap()
                }
            };
        }
    }
    book.save(path).unwrap();
}

fn cells<'a>(number: &'a str, rest: [&'a str; 9]) -> Vec<Put<'a>> {
    let before = [Put::Number(1.0), Put::Text("某人"), Put::Text(number)];
    before.into_iter().chain(rest.map(Put::Text)).collect()
}

#[test]
fn a_row_becomes_a_line_and_nothing_beside_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("旧台账.xlsx");
    let number = citizen("19800101", 12);
    let mut dated = cells(
        &number,
        [
            "县检",
            "县民政局",
            "移送",
            "县检移〔2026〕3号",
            "",
            "",
            "办结",
            "已救助",
            "",
        ],
    );
    dated[7] = Put::Day(2026, 3, 2);
    dated[8] = Put::Day(2026, 5, 6);
    dated[11] = Put::Day(2026, 4, 30);
    let rows = [
        dated,
        cells(
            &number,
            [
                "县民政",
                "县残疾人联合会",
                "疑似重复",
                "",
                "2026年7月1日",
                "2026.8.1",
                "未办",
                "",
                "",
            ],
        ),
    ];
    book(&path, &rows);
    let old = read(&path, SAMPLE).unwrap();
    assert!(old.refused.is_empty(), "{:?}", old.refused);
    let first = Line {
        item: Hex([1; 16]),
        kind: ItemKind::Referral,
        from: Hex([1; 32]),
        to: Hex([2; 32]),
        letter: Some(Text::new("县检移〔2026〕3号").unwrap()),
        round: None,
        opened: date(2026, 3, 2),
        due: Some(date(2026, 5, 6)),
        state: ItemState::Settled,
        outcome: Some(ItemOutcome::Aided),
        closed: Some(date(2026, 4, 30)),
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    };
    let second = Line {
        item: Hex([2; 16]),
        kind: ItemKind::Finding,
        from: Hex([2; 32]),
        to: Hex([3; 32]),
        letter: None,
        opened: date(2026, 7, 1),
        due: Some(date(2026, 8, 1)),
        state: ItemState::Open,
        outcome: None,
        closed: None,
        ..first.clone()
    };
    // Words of the letter's number are masked where lines are shown.
    let lines: Vec<_> = old.changes.iter().map(|each| (each.at.row, &each.line)).collect();
    assert!(lines == [(4, &first), (5, &second)], "{lines:?}");
}

#[test]
fn a_row_that_does_not_fit_is_refused_by_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("旧台账.xlsx");
    let number = citizen("19800101", 12);
    let about = format!("关于{number}的函");
    let good = ["县检", "县民政", "移送", "", "2026-07-01", "", "未办", "", ""];
    let with = |at: usize, text: &'static str| {
        let mut row = good;
        row[at] = text;
        row
    };
    let mut rows: Vec<Vec<Put<'_>>> = [
        with(0, "市检察院"),
        with(0, ""),
        with(1, "县人民检察院"),
        with(2, "其他"),
        with(4, "2026-07"),
        with(4, ""),
        with(4, "2026-10-01"),
        with(5, "月底"),
        with(6, "办结"),
        with(7, "合规"),
        with(8, "2026-08-01"),
    ]
    .iter()
    .map(|row| cells(&number, *row))
    .collect();
    let mut in_text = good;
    in_text[3] = &about;
    rows.push(cells(&number, in_text));
    let mut as_number = cells(&number, good);
    as_number[6] = Put::Number(number[..17].parse::<f64>().unwrap() * 10.0);
    rows.push(as_number);
    rows.push(cells(&number, good));
    book(&path, &rows);
    let old = read(&path, SAMPLE).unwrap();
    let found: Vec<_> = old
        .refused
        .iter()
        .map(|each| (each.at.row, each.column.unwrap(), each.unfit))
        .collect();
    // The headings stand in row 3.
    assert_eq!(
        found,
        [
            (4, Column::From, Unfit::SeatUnknown),
            (5, Column::From, Unfit::Missing),
            (6, Column::To, Unfit::OneSeat),
            (7, Column::Kind, Unfit::WordUnknown),
            (8, Column::Opened, Unfit::NotADay),
            (9, Column::Opened, Unfit::Missing),
            (10, Column::Opened, Unfit::OutOfOrder),
            (11, Column::Due, Unfit::NotADay),
            (12, Column::Outcome, Unfit::Missing),
            (13, Column::Outcome, Unfit::Surplus),
            (14, Column::Closed, Unfit::Surplus),
            (15, Column::Letter, Unfit::HasNumber),
            (16, Column::Letter, Unfit::HasNumber),
        ]
    );
    assert_eq!(old.changes.len(), 1);
}

#[test]
fn days_in_other_forms_and_constants_are_as_the_mapping_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("旧台账.csv");
    std::fs::write(&path, "文号,登记时间\n县检函7号,03.02.2026\n,2026-02-04\n").unwrap();
    let mapping = "dates = [\"%d.%m.%Y\"]\n[columns]\nletter = \"文号\"\nopened = \"登记时间\"\n\
        [constants]\nfrom = \"县人民检察院\"\nto = \"县民政局\"\nkind = \"lead\"\nstate = \"open\"\n";
    let old = read(&path, mapping).unwrap();
    let opened: Vec<_> = old
        .changes
        .iter()
        .map(|each| (each.line.kind, each.line.opened))
        .collect();
    assert_eq!(
        opened,
        [
            (ItemKind::Lead, date(2026, 2, 3)),
            (ItemKind::Lead, date(2026, 2, 4))
        ]
    );
    assert!(old.refused.is_empty());
}

#[test]
fn a_mapping_that_can_not_be_followed_is_refused() {
    assert!(LedgerMapping::parse(SAMPLE).is_ok());
    for (from, to) in [
        ("letter = \"文号\"", "letter = \"被救助人姓名\""),
        ("letter = \"文号\"", "letter = \"身份证号\""),
        ("letter = \"文号\"", "letter = \"登记时间\""),
        ("opened = \"登记时间\"\n", ""),
        ("state = \"办理情况\"\n", ""),
        ("\"合规\" = \"lawful\"", "\"合规\" = \"legal\""),
        ("# [constants]\n# kind", "[constants]\nkind"),
        ("[names]", "[people]"),
    ] {
        let wrong = SAMPLE.replace(from, to);
        assert!(wrong != SAMPLE && LedgerMapping::parse(&wrong).is_err(), "{to}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("旧台账.csv");
    std::fs::write(&path, "文号,登记\n1,2026-02-04\n").unwrap();
    assert!(matches!(read(&path, SAMPLE), Err(Error::ColumnMissing { .. })));
    std::fs::write(&path, b"PK\x03\x04 not a zip").unwrap();
    assert!(matches!(read(&path, SAMPLE), Err(Error::Damaged { .. })));
}
