#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use hefu_casework::Text;
use hefu_casework::conference::sheet::{Cell, edits};
use hefu_casework::conference::{Escalation, Head, ItemKind, ItemOutcome, ItemState};
use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 9, 30);
const OWNER: Hex<32> = Hex([1; 32]);
const OTHER: Hex<32> = Hex([2; 32]);
const EDITOR: Editor = Editor {
    node: OWNER,
    office: Hex([3; 32]),
};

fn paper() -> Terms {
    terms([(OWNER, "县人民检察院".to_owned()), (OTHER, "县民政局".to_owned())])
}

/// Lines of every kind and state; letters among them that a spreadsheet would like to compute.
fn lines(count: u32) -> Vec<Line> {
    let letters = [
        "=1+1",
        "+8610",
        "-7",
        "@SUM(A1)",
        "县检移〔2026〕1号",
        "007",
        "2026-07-01",
        "'x",
        "<&\">",
    ];
    let line = |number: u32| {
        let place = number as usize;
        let state = ItemState::ALL[place % ItemState::ALL.len()];
        let done = matches!(state, ItemState::Settled | ItemState::Corrected);
        let mut item = [0xa5; 16];
        item[..4].copy_from_slice(&number.to_be_bytes());
        Line {
            item: Hex(item),
            kind: ItemKind::ALL[place % ItemKind::ALL.len()],
            from: OWNER,
            to: OTHER,
            letter: letters.get(place % 11).map(|letter| Text::new(*letter).unwrap()),
            round: (!place.is_multiple_of(3)).then_some(number % 3),
            opened: date(2026, 1, 1 + i8::try_from(number % 28).unwrap()),
            due: (!place.is_multiple_of(4)).then_some(date(2026, 12, 1 + i8::try_from(number % 28).unwrap())),
            state,
            outcome: done.then_some(ItemOutcome::ALL[place % ItemOutcome::ALL.len()]),
            closed: done.then_some(date(2026, 8, 1 + i8::try_from(number % 28).unwrap())),
            escalation: Escalation::ALL[place % Escalation::ALL.len()],
            revisit: place.is_multiple_of(7).then_some(date(2027, 2, 28)),
            revision: 1 + number % 2,
        }
    };
    (0..count).map(line).collect()
}

fn exported(lines: Vec<Line>) -> Exported {
    let head = Head {
        seq: 12,
        hash: Hex([9; 32]),
    };
    Exported::of(Hex([7; 32]), head, lines)
}

fn put(row: &mut Row, column: Column, text: &str) {
    let place = Column::ALL.iter().position(|each| *each == column).unwrap();
    row.cells[place] = Cell {
        text: text.to_owned(),
        day: text.parse().ok(),
        digits_lost: false,
    };
}

/// As an office suite saves the workbook after somebody has worked in it.
fn saved(file: &Path, base: &[String], rows: &[Row]) {
    let terms = paper();
    let day = Format::new().set_num_format("yyyy/m/d");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("工作台账").unwrap();
    for (column, at) in Column::ALL.iter().zip(0..) {
        sheet.write_string(0, at, terms.heading(*column)).unwrap();
    }
    for (row, index) in rows.iter().zip(1..) {
        for (cell, at) in row.cells.iter().zip(0..) {
            match cell.day.and_then(serial) {
                // A letter may look like a day; in its column it is none.
                Some(value) if Column::ALL[usize::from(at)].has_days() => {
                    sheet.write_datetime_with_format(index, at, &value, &day).unwrap();
                }
                _ => {
                    sheet.write_string(index, at, &cell.text).unwrap();
                }
            }
        }
    }
    let hidden = book.add_worksheet();
    hidden.set_name("hefu").unwrap().set_hidden(true);
    for (text, row) in std::iter::once("hefu_ledger_base")
        .chain(base.iter().map(String::as_str))
        .zip(0..)
    {
        hidden.write_string(row, 0, text).unwrap();
    }
    book.save(file).unwrap();
}

#[test]
fn ten_thousand_lines_come_back_with_fifty_edits_and_five_conflicts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("台账.xlsx");
    let terms = paper();
    let base = exported(lines(10_000));
    let begun = std::time::Instant::now();
    fs::write(&file, workbook(&base, EDITOR, &terms).unwrap()).unwrap();
    let (read_base, mut rows) = read(&file, &terms).unwrap();
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!((&read_base, rows.len()), (&base, 10_000));
    let unedited = edits(&read_base, &rows, base.lines(), EDITOR, &terms, TODAY);
    assert_eq!(unedited.unchanged, 10_000);
    assert_eq!(problems(&unedited, &terms, Lang::En), Vec::<Vec<String>>::new());

    // Every 181st row is given a later day, 50 of them; 5 more are, whose lines have changed since.
    let mut current = base.lines().to_vec();
    let mut expected_changes = Vec::new();
    let mut expected_conflicts = Vec::new();
    for step in 0..55 {
        // A corrected line never changes, and a decided one keeps its day.
        let open = |index: &usize| {
            let line = &base.lines()[*index];
            line.state != ItemState::Corrected && line.escalation != Escalation::Decided
        };
        let index = (181 * step + 3..).find(open).unwrap();
        put(&mut rows[index], Column::Due, "2026-12-30");
        let place = RowId {
            file: 1,
            sheet: 1,
            row: index as u64 + 2,
        };
        if step % 11 == 10 {
            let before = current[index].due.map_or_else(String::new, |day| day.to_string());
            current[index].due = Some(date(2026, 11, 11));
            current[index].revision += 1;
            expected_conflicts.push((place, current[index].item, Column::Due, before));
        } else {
            let mut line = current[index].clone();
            line.due = Some(date(2026, 12, 30));
            line.revision += 1;
            expected_changes.push((place, line));
        }
    }
    assert_eq!((expected_changes.len(), expected_conflicts.len()), (50, 5));
    let texts: Vec<_> = base.texts().collect();
    saved(&file, &texts, &rows);
    let (read_base, rows) = read(&file, &terms).unwrap();
    let found = edits(&read_base, &rows, &current, EDITOR, &terms, TODAY);
    let changes: Vec<_> = found
        .changes
        .iter()
        .map(|each| (each.at, each.line.clone()))
        .collect();
    assert!(changes == expected_changes, "{} changes", changes.len());
    assert!(found.changes.iter().all(|each| each.columns == [Column::Due]));
    let conflicts: Vec<_> = found
        .conflicts
        .iter()
        .map(|each| (each.at, each.item, each.column, each.base.clone()))
        .collect();
    assert_eq!(conflicts, expected_conflicts);
    for conflict in &found.conflicts {
        assert_eq!(conflict.current, "2026-11-11");
        assert_eq!(conflict.sheet.get(..10), Some("2026-12-30"));
    }
    assert_eq!((found.unchanged, found.refused.len()), (9_945, 0));
}

/// What people get to solve: the same rows, in either form, and nothing in it is computed.
#[test]
fn the_list_of_problems_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let terms = paper();
    let base = lines(3);
    let mut rows = Vec::new();
    for (line, row) in base.iter().zip(2..) {
        let cell = |column: &Column| Cell {
            text: terms.shown(*column, line),
            day: column.day(line),
            digits_lost: false,
        };
        rows.push(Row {
            at: RowId {
                file: 1,
                sheet: 1,
                row,
            },
            cells: Column::ALL.iter().map(cell).collect(),
        });
    }
    put(&mut rows[0], Column::Escalation, "=cmd");
    put(&mut rows[1], Column::Due, "月底");
    rows.pop();
    let found = edits(&exported(base.clone()), &rows, &base, EDITOR, &terms, TODAY);
    let list = problems(&found, &terms, Lang::Zh);
    let firsts: Vec<_> = list
        .iter()
        .map(|row| (row[0].as_str(), row[2].as_str()))
        .collect();
    assert_eq!(firsts, [("2", "催办会商"), ("3", "办理期限"), ("4", "")]);
    assert_eq!(list[0][4..], ["无", "=cmd", "无"]);
    let csv = String::from_utf8(problem_list(Path::new("单.csv"), &list, Lang::Zh).unwrap()).unwrap();
    assert!(
        csv.starts_with("\u{feff}行号,事项编号,列,缘由,导出时,表内,台账现为\n2,"),
        "{csv}"
    );
    assert!(csv.contains(",无,'=cmd,无\n"), "{csv}");
    let file = folder.path().join("单.xlsx");
    fs::write(&file, problem_list(&file, &list, Lang::Zh).unwrap()).unwrap();
    let back = read_columns(
        &file,
        &SourceMapping::default(),
        &["行号".to_owned(), "表内".to_owned()],
    )
    .unwrap();
    assert_eq!((back.len(), back[0].cells[1].text.as_str()), (3, "=cmd"));
}

#[test]
fn a_workbook_that_is_none_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("台账.xlsx");
    let terms = paper();
    let base = exported(lines(2));
    let code =
        |read: Result<(Exported, Vec<Row>), Failure>| read.err().map(|failure| failure.code.into_owned());
    let texts: Vec<_> = base.texts().collect();
    let changed = [
        texts[0].clone(),
        texts[1].replace("2026-01-01", "2026-01-02"),
        texts[2].clone(),
    ];
    saved(&file, &changed, &[]);
    assert_eq!(code(read(&file, &terms)).as_deref(), Some("sheet_base"));
    saved(&file, &texts[..1], &[]);
    assert_eq!(code(read(&file, &terms)).as_deref(), Some("sheet_base"));
    saved(&file, &[], &[]);
    assert_eq!(code(read(&file, &terms)).as_deref(), Some("sheet_base"));
    let mut book = Workbook::new();
    book.add_worksheet().write_string(0, 0, "编号").unwrap();
    book.save(&file).unwrap();
    assert_eq!(code(read(&file, &terms)).as_deref(), Some("sheet_missing"));
    fs::write(&file, "编号,移出单位\n").unwrap();
    assert!(code(read(&file, &terms)).is_some());
    fs::write(&file, [0xd0, 0xcf, 0x11]).unwrap();
    assert!(code(read(&file, &terms)).is_some());
    // All rows gone: the sheet is read, and each is missed.
    saved(&file, &texts, &[]);
    let (of, rows) = read(&file, &terms).unwrap();
    let found = edits(&of, &rows, base.lines(), EDITOR, &terms, TODAY);
    assert_eq!((rows.len(), found.refused.len()), (0, 2));
}

/// In an office suite each cell is what it says, and what the suite saves comes back unchanged.
#[test]
fn an_office_suite_shows_the_ledger_and_saves_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.xlsx");
    let terms = paper();
    let base = exported(lines(40));
    fs::write(&file, workbook(&base, EDITOR, &terms).unwrap()).unwrap();
    let Some(csv) = converted(
        &file,
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false",
        "csv",
    ) else {
        return;
    };
    let mut reader = csv::Reader::from_path(&csv).unwrap();
    let headings: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let expected: Vec<_> = Column::ALL
        .iter()
        .map(|column| terms.heading(*column).to_owned())
        .collect();
    assert_eq!(headings, expected);
    let records: Vec<Vec<String>> = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(records.len(), 40);
    for (record, line) in records.iter().zip(base.lines()) {
        let expected: Vec<_> = Column::ALL
            .iter()
            .map(|column| terms.shown(*column, line))
            .collect();
        assert_eq!(*record, expected);
    }
    let resaved = converted(&file, "xlsx:Calc MS Excel 2007 XML", "xlsx").unwrap();
    let (of, rows) = read(&resaved, &terms).unwrap();
    let found = edits(&of, &rows, base.lines(), EDITOR, &terms, TODAY);
    assert_eq!(problems(&found, &terms, Lang::En), Vec::<Vec<String>>::new());
    assert_eq!((of, found.unchanged), (base, 40));
    let distinct: BTreeSet<_> = rows.iter().map(|row| row.at).collect();
    assert_eq!(distinct.len(), 40);
}

/// What the office suite makes of a file, in a folder beside it; nothing where it is not installed.
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn converted(file: &Path, to: &str, extension: &str) -> Option<std::path::PathBuf> {
    let folder = file.parent().unwrap().join(extension);
    let profile = format!(
        "-env:UserInstallation=file://{}",
        folder.join("profile").display()
    );
    let run = Command::new("soffice")
        .args([&profile, "--headless", "--convert-to", to, "--outdir"])
        .arg(&folder)
        .arg(file)
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: soffice is not installed");
        return None;
    };
    let made = folder.join(file.file_name().unwrap()).with_extension(extension);
    assert!(made.exists(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(made)
}
