//! The ledger as a sheet: what was changed in it, beside what the ledger has become since.

use hefu_casework::conference::sheet::{
    Cell, Column, Conflict, Edit, Editor, Edits, Exported, Mistake, Refused, Row, Terms, Unfit, Why, edits,
};
use hefu_casework::conference::{Escalation, Head, ItemKind, ItemOutcome, ItemState, Line};
use hefu_casework::{Hex, RowId, Text};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const CONFERENCE: Hex<32> = Hex([7; 32]);
const OWNER: Hex<32> = Hex([1; 32]);
const OTHER: Hex<32> = Hex([2; 32]);
const OFFICE: Hex<32> = Hex([3; 32]);
const TODAY: Date = date(2026, 9, 30);

fn head(seq: u64) -> Head {
    Head {
        seq,
        hash: Hex([9; 32]),
    }
}

fn line(number: u8) -> Line {
    Line {
        item: Hex([number; 16]),
        kind: ItemKind::Finding,
        from: OWNER,
        to: OTHER,
        letter: None,
        round: Some(1),
        opened: date(2026, 8, 3),
        due: Some(date(2026, 9, 1)),
        state: ItemState::Open,
        outcome: None,
        closed: None,
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    }
}

/// Each code is its own word.
fn terms() -> Terms {
    let word = |code: &str| {
        code.rsplit_once("_col_")
            .map_or(code, |(_, column)| column)
            .to_owned()
    };
    Terms::new(word, [(OWNER, "甲".to_owned()), (OTHER, "乙".to_owned())])
}

fn at(row: u64) -> RowId {
    RowId {
        file: 1,
        sheet: 1,
        row,
    }
}

fn row(number: u64, line: &Line) -> Row {
    let cell = |column: &Column| Cell {
        text: terms().shown(*column, line),
        day: column.day(line),
        digits_lost: false,
    };
    Row {
        at: at(number),
        cells: Column::ALL.iter().map(cell).collect(),
    }
}

fn put(row: &mut Row, column: Column, text: &str) {
    let place = Column::ALL.iter().position(|each| *each == column).unwrap();
    row.cells[place] = Cell {
        text: text.to_owned(),
        day: text.parse().ok(),
        digits_lost: false,
    };
}

fn compared(base: &[Line], rows: &[Row], current: &[Line], node: Hex<32>) -> Edits {
    let exported = Exported::of(CONFERENCE, head(5), base.to_vec());
    let editor = Editor { node, office: OFFICE };
    edits(&exported, rows, current, editor, &terms(), TODAY)
}

fn refused(row: u64, item: Option<u8>, column: Option<Column>, unfit: Unfit) -> Refused {
    Refused {
        at: at(row),
        item: item.map(|number| Hex([number; 16])),
        column,
        unfit,
    }
}

#[test]
fn a_changed_row_is_the_next_revision_of_its_line() {
    let base = [line(1), line(2)];
    let mut rows = [row(2, &base[0]), row(3, &base[1])];
    put(&mut rows[1], Column::State, "line_state_settled");
    put(&mut rows[1], Column::Outcome, "line_outcome_stopped");
    put(&mut rows[1], Column::Closed, "2026-09-30");
    put(&mut rows[1], Column::Letter, " 县检〔2026〕7号 ");
    let expected = Edit {
        at: at(3),
        columns: vec![Column::Letter, Column::State, Column::Outcome, Column::Closed],
        line: Line {
            state: ItemState::Settled,
            outcome: Some(ItemOutcome::Stopped),
            closed: Some(date(2026, 9, 30)),
            letter: Some(Text::new("县检〔2026〕7号").unwrap()),
            revision: 2,
            ..line(2)
        },
    };
    let found = compared(&base, &rows, &base, OWNER);
    assert_eq!((found.changes, found.unchanged), (vec![expected], 1));
    assert!(found.conflicts.is_empty() && found.refused.is_empty());
}

/// What both have changed waits for a person; what the ledger has come to by another way is done already.
#[test]
fn what_changed_since_is_a_conflict() {
    let base = [line(1), line(2), line(3)];
    let mut current = base.to_vec();
    for line in &mut current {
        line.due = Some(date(2026, 9, 15));
        line.revision = 2;
    }
    let mut rows = [row(2, &base[0]), row(3, &base[1]), row(4, &base[2])];
    put(&mut rows[0], Column::Due, "2026-10-10");
    put(&mut rows[1], Column::Due, "2026-09-15");
    let expected = Conflict {
        at: at(2),
        item: Hex([1; 16]),
        column: Column::Due,
        why: Why::ChangedSince,
        base: "2026-09-01".to_owned(),
        sheet: "2026-10-10".to_owned(),
        current: "2026-09-15".to_owned(),
    };
    let found = compared(&base, &rows, &current, OWNER);
    assert_eq!((found.conflicts, found.unchanged), (vec![expected], 2));
    assert!(found.changes.is_empty() && found.refused.is_empty());
}

#[test]
fn each_changes_what_is_theirs() {
    let cases = [
        (OWNER, Column::Due, "2026-10-10", None),
        (OWNER, Column::Revisit, "2027-03-01", None),
        (
            OWNER,
            Column::Escalation,
            "line_escalation_reminded",
            Some(Why::NotYours),
        ),
        (OWNER, Column::Kind, "line_kind_lead", Some(Why::Fixed)),
        (OWNER, Column::Opened, "2026-08-04", Some(Why::Fixed)),
        (OWNER, Column::From, "乙", Some(Why::Fixed)),
        (OWNER, Column::Revision, "9", Some(Why::Fixed)),
        (OTHER, Column::State, "line_state_under_way", None),
        (OTHER, Column::State, "line_state_answered", None),
        (OTHER, Column::State, "line_state_corrected", Some(Why::NotYours)),
        (OTHER, Column::Due, "2026-10-10", Some(Why::NotYours)),
        (OFFICE, Column::Escalation, "line_escalation_consultation", None),
        (OFFICE, Column::State, "line_state_answered", Some(Why::NotYours)),
        (
            Hex([4; 32]),
            Column::State,
            "line_state_answered",
            Some(Why::NotYours),
        ),
    ];
    for (node, column, text, why) in cases {
        let mut rows = [row(2, &line(1))];
        put(&mut rows[0], column, text);
        let found = compared(&[line(1)], &rows, &[line(1)], node);
        assert!(found.refused.is_empty(), "{column:?} {text}: {:?}", found.refused);
        let conflicts: Vec<_> = found
            .conflicts
            .iter()
            .map(|each| (each.column, each.why))
            .collect();
        let expected: Vec<_> = why.iter().map(|why| (column, *why)).collect();
        assert_eq!(
            (conflicts, found.changes.len()),
            (expected, usize::from(why.is_none())),
            "{column:?} {text}"
        );
    }
}

#[test]
fn what_the_record_does_not_take_is_a_conflict() {
    let settled = Line {
        state: ItemState::Settled,
        outcome: Some(ItemOutcome::Lawful),
        closed: Some(date(2026, 9, 2)),
        ..line(1)
    };
    let corrected = Line {
        state: ItemState::Corrected,
        ..settled.clone()
    };
    let decided = Line {
        escalation: Escalation::Decided,
        ..line(1)
    };
    let cases = [
        (
            &settled,
            OWNER,
            Column::State,
            "line_state_answered",
            Why::NotYours,
        ),
        (
            &settled,
            OTHER,
            Column::State,
            "line_state_answered",
            Why::NotYours,
        ),
        (
            &corrected,
            OWNER,
            Column::State,
            "line_state_settled",
            Why::NotYours,
        ),
        (&corrected, OWNER, Column::Letter, "函", Why::NotYours),
        (&decided, OWNER, Column::Due, "2026-10-10", Why::NotYours),
        (
            &decided,
            OFFICE,
            Column::Escalation,
            "line_escalation_none",
            Why::NotYours,
        ),
        (
            &line(1),
            OFFICE,
            Column::Escalation,
            "line_escalation_decided",
            Why::NotYours,
        ),
    ];
    for (line, node, column, text, why) in cases {
        let mut rows = [row(2, line)];
        put(&mut rows[0], column, text);
        let found = compared(
            std::slice::from_ref(line),
            &rows,
            std::slice::from_ref(line),
            node,
        );
        let conflicts: Vec<_> = found
            .conflicts
            .iter()
            .map(|each| (each.column, each.why))
            .collect();
        assert_eq!(conflicts, [(column, why)], "{text}");
        assert!(found.changes.is_empty() && found.refused.is_empty(), "{text}");
    }
    // A settled line may be corrected.
    let mut rows = [row(2, &settled)];
    put(&mut rows[0], Column::State, "line_state_corrected");
    let found = compared(
        std::slice::from_ref(&settled),
        &rows,
        std::slice::from_ref(&settled),
        OWNER,
    );
    assert_eq!(found.changes.len(), 1, "{:?}", (found.conflicts, found.refused));
}

#[test]
fn what_can_not_be_read_is_refused_with_its_place() {
    let number = "290101194912310022";
    for (column, text, unfit) in [
        (Column::Due, "2026-02-30", Unfit::NotADay),
        (Column::Due, "月底", Unfit::NotADay),
        (Column::State, "做完了", Unfit::WordUnknown),
        (Column::State, "", Unfit::WordUnknown),
        (Column::Outcome, "没事", Unfit::WordUnknown),
        (Column::Outcome, "line_outcome_lawful", Unfit::Surplus),
        (Column::Closed, "2026-09-01", Unfit::Surplus),
        (Column::State, "line_state_settled", Unfit::Missing),
        (Column::Letter, &"长".repeat(101), Unfit::TextWrong),
        (Column::Letter, "甲\u{202e}乙", Unfit::TextWrong),
        (Column::Letter, number, Unfit::HasNumber),
        (Column::Letter, &format!("关于{number}的函"), Unfit::HasNumber),
        // Whoever may change a cell or not, what stands in it is not repeated.
        (Column::From, number, Unfit::HasNumber),
    ] {
        let mut rows = [row(2, &line(1))];
        put(&mut rows[0], column, text);
        let found = compared(&[line(1)], &rows, &[line(1)], OWNER);
        let place = match unfit {
            Unfit::Missing => Column::Outcome,
            _ => column,
        };
        assert_eq!(found.refused, [refused(2, Some(1), Some(place), unfit)], "{text}");
        assert!(found.changes.is_empty() && found.conflicts.is_empty(), "{text}");
    }
    for (closed, unfit) in [
        ("2026-08-02", Some(Unfit::OutOfOrder)),
        ("2026-10-01", Some(Unfit::OutOfOrder)),
        ("2026-08-03", None),
    ] {
        let mut rows = [row(2, &line(1))];
        put(&mut rows[0], Column::State, "line_state_settled");
        put(&mut rows[0], Column::Outcome, "line_outcome_lawful");
        put(&mut rows[0], Column::Closed, closed);
        let found = compared(&[line(1)], &rows, &[line(1)], OWNER);
        let expected: Vec<_> = unfit
            .map(|unfit| refused(2, Some(1), Some(Column::Closed), unfit))
            .into_iter()
            .collect();
        assert_eq!(found.refused, expected, "{closed}");
    }
}

#[test]
fn rows_that_are_missing_new_or_twice_are_refused() {
    let base = [line(1), line(2), line(3)];
    let mut new = row(6, &line(9));
    put(&mut new, Column::Item, "");
    let mut garbled = row(7, &line(9));
    put(&mut garbled, Column::Item, "编号");
    // The second is twice, the third is gone; a ninth is none of the ledger's.
    let rows = [
        row(2, &base[0]),
        row(3, &base[1]),
        row(4, &base[1]),
        row(5, &line(9)),
        new,
        garbled,
    ];
    let found = compared(&base, &rows, &base, OWNER);
    assert_eq!(
        found.refused,
        [
            refused(3, Some(2), None, Unfit::Twice),
            refused(4, Some(2), None, Unfit::Twice),
            refused(5, None, Some(Column::Item), Unfit::ItemUnknown),
            refused(6, None, None, Unfit::Added),
            refused(7, None, Some(Column::Item), Unfit::ItemUnknown),
            refused(4, Some(3), None, Unfit::Removed),
        ]
    );
    assert_eq!(
        (found.unchanged, found.changes.len(), found.conflicts.len()),
        (1, 0, 0)
    );
}

#[test]
fn a_workbook_knows_of_what_it_was_written() {
    let exported = Exported::of(CONFERENCE, head(5), vec![line(1), line(2)]);
    let texts: Vec<_> = exported.texts().collect();
    let read = |texts: &[String]| Exported::read(texts.iter().map(String::as_str));
    assert_eq!(read(&texts), Ok(exported.clone()));
    let swapped = [texts[0].clone(), texts[2].clone(), texts[1].clone()];
    let changed = [
        texts[0].clone(),
        texts[1].replace("2026-09-01", "2026-09-02"),
        texts[2].clone(),
    ];
    let other = [
        texts[0].replace("\"seq\":5", "\"seq\":x"),
        texts[1].clone(),
        texts[2].clone(),
    ];
    for wrong in [
        &texts[..2],
        &swapped[..],
        &changed[..],
        &other[..],
        &texts[1..],
        &[],
    ] {
        assert_eq!(read(wrong), Err(Mistake::Base), "{wrong:?}");
    }
    assert_eq!(exported.must_be_of(&CONFERENCE, head(5)), Ok(()));
    assert_eq!(exported.must_be_of(&CONFERENCE, head(9)), Ok(()));
    assert_eq!(
        exported.must_be_of(&Hex([8; 32]), head(5)),
        Err(Mistake::Elsewhere)
    );
    assert_eq!(
        exported.must_be_of(&CONFERENCE, head(4)),
        Err(Mistake::Ahead { seq: 5, here: 4 })
    );
}

/// What becomes of a row in the sheet, and of its line meanwhile.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Left,
    Due(i8),
    Answered,
    Escalated,
    BadDay,
    Gone,
    Doubled,
}

fn fates() -> impl Strategy<Value = Vec<(Fate, bool)>> {
    let fate = prop_oneof![
        Just(Fate::Left),
        (10i8..28).prop_map(Fate::Due),
        Just(Fate::Answered),
        Just(Fate::Escalated),
        Just(Fate::BadDay),
        Just(Fate::Gone),
        Just(Fate::Doubled),
    ];
    prop::collection::vec((fate, any::<bool>()), 0..40)
}

proptest! {
    /// By a plain walk over what was done to each line.
    #[test]
    fn every_row_is_accounted_for(fates in fates()) {
        let base: Vec<_> = (1..).take(fates.len()).map(line).collect();
        let mut current = base.clone();
        let (mut rows, mut row_number) = (Vec::new(), 2);
        let (mut changed, mut conflicts, mut refused, mut unchanged) = (vec![], vec![], vec![], 0);
        for (index, (fate, moved)) in fates.iter().enumerate() {
            let item = base[index].item;
            if *moved {
                current[index].due = Some(date(2026, 11, 9));
                current[index].revision = 2;
            }
            let mut add = |edit: Option<(Column, &str)>| {
                let mut new = row(row_number, &base[index]);
                if let Some((column, text)) = edit {
                    put(&mut new, column, text);
                }
                rows.push(new);
                row_number += 1;
            };
            match fate {
                Fate::Left => {
                    add(None);
                    unchanged += 1;
                }
                Fate::Due(day) => {
                    add(Some((Column::Due, &format!("2026-10-{day}"))));
                    match moved {
                        true => conflicts.push((item, Column::Due)),
                        false => changed.push(item),
                    }
                }
                Fate::Answered => {
                    add(Some((Column::State, "line_state_answered")));
                    match moved {
                        true => conflicts.push((item, Column::State)),
                        false => changed.push(item),
                    }
                }
                Fate::Escalated => {
                    add(Some((Column::Escalation, "line_escalation_decided")));
                    conflicts.push((item, Column::Escalation));
                }
                Fate::BadDay => {
                    add(Some((Column::Due, "2026-10-32")));
                    refused.push((Some(item), Unfit::NotADay));
                }
                Fate::Gone => refused.push((Some(item), Unfit::Removed)),
                Fate::Doubled => {
                    add(None);
                    add(None);
                    refused.extend([(Some(item), Unfit::Twice); 2]);
                }
            }
        }
        let found = compared(&base, &rows, &current, OWNER);
        prop_assert_eq!(found.changes.iter().map(|each| each.line.item).collect::<Vec<_>>(), changed);
        prop_assert_eq!(found.conflicts.iter().map(|each| (each.item, each.column)).collect::<Vec<_>>(), conflicts);
        let mut listed: Vec<_> = found.refused.iter().map(|each| (each.item, each.unfit)).collect();
        listed.sort();
        refused.sort();
        prop_assert_eq!(listed, refused);
        prop_assert_eq!(found.unchanged, unchanged);
        for edit in &found.changes {
            let old = current.iter().find(|line| line.item == edit.line.item).unwrap();
            prop_assert_eq!(edit.line.revision, old.revision + 1);
        }
    }
}
