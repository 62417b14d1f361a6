//! What somebody changed in a workbook of the ledger, beside what the ledger has become since.

use std::collections::BTreeMap;

use hefu_identity::bears_number;
use jiff::civil::Date;

use super::super::{Change, Escalation, ItemOutcome, ItemState, Line};
use super::{Cell, Column, Exported, Row, Terms};
use crate::{Hex, RowId, Text, codes::codes, note::Item};

/// The row of the first line in a workbook, below the headings.
const FIRST_ROW: u64 = 2;

/// Who brings a workbook back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Editor {
    /// Its node key.
    pub node: Hex<32>,
    /// The office's node key.
    pub office: Hex<32>,
}

impl Editor {
    /// Whether there is something that it may put into this column of this line, by [`Line::may_change`].
    pub fn may_change(self, column: Column, line: &Line) -> bool {
        let owns = line.from == self.node && line.state != ItemState::Corrected;
        match column {
            Column::Escalation => self.node == self.office && line.escalation != Escalation::Decided,
            Column::State | Column::Outcome => owns || (line.to == self.node && !line.state.is_final()),
            Column::Due => owns && line.escalation != Escalation::Decided,
            Column::Letter | Column::Closed | Column::Revisit => owns,
            _ => false,
        }
    }

    /// Whether it may put there what now stands there.
    fn may_put(self, column: Column, line: &Line, to: &Line) -> bool {
        match column {
            Column::Escalation => to.escalation != Escalation::Decided,
            Column::State if line.from == self.node => {
                line.state != ItemState::Settled || !matches!(to.state, ItemState::Open | ItemState::Answered)
            }
            Column::State => matches!(to.state, ItemState::UnderWay | ItemState::Answered),
            _ => true,
        }
    }
}

/// What a workbook comes to. Nothing is applied by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Rows that can be applied.
    pub changes: Vec<Edit>,
    /// Cells that people have to look at.
    pub conflicts: Vec<Conflict>,
    /// Rows that can't be read, are missing, or are nobody's.
    pub refused: Vec<Refused>,
    /// Rows in which nothing is to be done.
    pub unchanged: u64,
}

/// A row that can be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The row.
    pub at: RowId,
    /// Which of its columns change.
    pub columns: Vec<Column>,
    /// The line as it is to be.
    pub line: Change,
}

/// A cell that was changed and can't be applied, as it is; the whole row waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The row.
    pub at: RowId,
    /// The line.
    pub item: Item,
    /// The column.
    pub column: Column,
    /// Why.
    pub why: Why,
    /// What stood there when the workbook was written.
    pub base: String,
    /// What stands there in the workbook.
    pub sheet: String,
    /// What stands in the ledger.
    pub current: String,
}

codes! {
    /// Why a changed cell can't be applied.
    Why {
        /// The line has changed since.
        ChangedSince = "changed_since",
        /// It is for another to change.
        NotYours = "not_yours",
        /// It never changes.
        Fixed = "fixed",
    }
}

/// A row that is not looked at any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The row; of one that is missing, where it stood.
    pub at: RowId,
    /// The line, where it has one.
    pub item: Option<Item>,
    /// The column, where it is one cell's.
    pub column: Option<Column>,
    /// Why.
    pub unfit: Unfit,
}

codes! {
    /// Why a row is refused.
    Unfit {
        /// It was not in the workbook; lines are opened elsewhere.
        Added = "row_added",
        /// It was in the workbook, and is not any more; lines are never taken off the ledger.
        Removed = "row_removed",
        /// Two rows are of one line.
        Twice = "row_twice",
        /// No line of the ledger is called so.
        ItemUnknown = "item_unknown",
        /// Not a day.
        NotADay = "not_a_day",
        /// None of the words that can stand there.
        WordUnknown = "word_unknown",
        /// A text that is too long or has characters that are not seen.
        TextWrong = "text_wrong",
        /// It has the number of a document in it.
        HasNumber = "has_number",
        /// It must be there with what stands in other columns.
        Missing = "cell_missing",
        /// It must not be there with what stands in other columns.
        Surplus = "cell_surplus",
        /// A day before the line was opened, or one that is still to come.
        OutOfOrder = "day_out_of_order",
        /// Nobody with a seat is called so, or more than one.
        SeatUnknown = "seat_unknown",
        /// One agency for both ends.
        OneSeat = "one_seat",
    }
}

/// Compares the rows of a workbook with the lines that it was written of, and with the ledger as it is.
pub fn edits(
    exported: &Exported,
    rows: &[Row],
    current: &[Line],
    editor: Editor,
    terms: &Terms,
    today: Date,
) -> Edits {
    let mut comparison = Comparison {
        base: index(exported.lines()),
        current: index(current),
        rows: BTreeMap::new(),
        editor,
        terms,
        today,
        found: Edits::default(),
    };
    for row in rows {
        if let Some(item) = Item::parse(row.cell(Column::Item).text.trim()) {
            *comparison.rows.entry(item).or_default() += 1;
        }
    }
    for row in rows {
        if let Err(refused) = comparison.take(row) {
            comparison.found.refused.push(refused);
        }
    }
    for (line, row) in exported.lines().iter().zip(FIRST_ROW..) {
        if !comparison.rows.contains_key(&line.item) {
            comparison.found.refused.push(Refused {
                at: RowId {
                    file: 1,
                    sheet: 1,
                    row,
                },
                item: Some(line.item),
                column: None,
                unfit: Unfit::Removed,
            });
        }
    }
    comparison.found
}

fn index(lines: &[Line]) -> BTreeMap<Item, &Line> {
    lines.iter().map(|line| (line.item, line)).collect()
}

struct Comparison<'a> {
    base: BTreeMap<Item, &'a Line>,
    current: BTreeMap<Item, &'a Line>,
    /// How many rows each line has.
    rows: BTreeMap<Item, u64>,
    editor: Editor,
    terms: &'a Terms,
    today: Date,
    found: Edits,
}

impl Comparison<'_> {
    fn take(&mut self, row: &Row) -> Result<(), Refused> {
        let refused = |item, column, unfit| Refused {
            at: row.at,
            item,
            column,
            unfit,
        };
        let named = row.cell(Column::Item).text.trim();
        if named.is_empty() {
            return Err(refused(None, None, Unfit::Added));
        }
        let unknown = || refused(None, Some(Column::Item), Unfit::ItemUnknown);
        let item = Item::parse(named).ok_or_else(unknown)?;
        let (Some(base), Some(current)) = (self.base.get(&item), self.current.get(&item)) else {
            return Err(unknown());
        };
        if self.rows.get(&item).is_some_and(|rows| *rows > 1) {
            return Err(refused(Some(item), None, Unfit::Twice));
        }
        let mut line = Line::clone(current);
        let mut columns = Vec::new();
        let mut conflicts = Vec::new();
        for column in Column::ALL {
            let cell = row.cell(*column);
            // What the ledger has come to by another way is nobody's edit.
            if self.stands(*column, base, cell) || self.stands(*column, current, cell) {
                continue;
            }
            let is_day = column.has_days() && cell.day.is_some();
            if cell.digits_lost || (!is_day && bears_number(&cell.text)) {
                return Err(refused(Some(item), Some(*column), Unfit::HasNumber));
            }
            let why = if !changes(*column) {
                Some(Why::Fixed)
            } else if !self.editor.may_change(*column, current) {
                Some(Why::NotYours)
            } else {
                set(&mut line, *column, cell, self.terms)
                    .map_err(|unfit| refused(Some(item), Some(*column), unfit))?;
                match base == current {
                    true => (!self.editor.may_put(*column, current, &line)).then_some(Why::NotYours),
                    false => Some(Why::ChangedSince),
                }
            };
            match why {
                None => columns.push(*column),
                Some(why) => conflicts.push(self.conflict(row, *column, why, base, current)),
            }
        }
        if !conflicts.is_empty() {
            self.found.conflicts.extend(conflicts);
            return Ok(());
        }
        let Some(first) = columns.first() else {
            self.found.unchanged += 1;
            return Ok(());
        };
        whole(&line, self.today).map_err(|(column, unfit)| refused(Some(item), Some(column), unfit))?;
        line.revision = line.revision.saturating_add(1);
        let Editor { node, office } = self.editor;
        // What the record takes decides.
        if current.may_change(&node, &office, &line).is_err() {
            let conflict = self.conflict(row, *first, Why::NotYours, base, current);
            self.found.conflicts.push(conflict);
            return Ok(());
        }
        self.found.changes.push(Edit {
            at: row.at,
            columns,
            line,
        });
        Ok(())
    }

    fn conflict(&self, row: &Row, column: Column, why: Why, base: &Line, current: &Line) -> Conflict {
        Conflict {
            at: row.at,
            item: current.item,
            column,
            why,
            base: self.terms.shown(column, base),
            sheet: row.cell(column).text.clone(),
            current: self.terms.shown(column, current),
        }
    }

    /// Whether a cell says what the line does.
    fn stands(&self, column: Column, line: &Line, cell: &Cell) -> bool {
        match column.has_days() && cell.day.is_some() {
            true => cell.day == column.day(line),
            false => cell.text.trim() == self.terms.shown(column, line),
        }
    }
}

/// Whether anybody can change such a column.
fn changes(column: Column) -> bool {
    matches!(
        column,
        Column::Letter
            | Column::Due
            | Column::State
            | Column::Outcome
            | Column::Closed
            | Column::Escalation
            | Column::Revisit
    )
}

fn set(line: &mut Line, column: Column, cell: &Cell, terms: &Terms) -> Result<(), Unfit> {
    let code = || terms.code(column, &cell.text).ok_or(Unfit::WordUnknown);
    match column {
        Column::Letter => line.letter = text(cell)?,
        Column::Due => line.due = day(cell)?,
        Column::Closed => line.closed = day(cell)?,
        Column::Revisit => line.revisit = day(cell)?,
        Column::State => line.state = ItemState::from_code(code()?).ok_or(Unfit::WordUnknown)?,
        Column::Outcome if cell.text.trim().is_empty() => line.outcome = None,
        Column::Outcome => line.outcome = ItemOutcome::from_code(code()?),
        Column::Escalation => line.escalation = Escalation::from_code(code()?).ok_or(Unfit::WordUnknown)?,
        _ => {}
    }
    Ok(())
}

fn text(cell: &Cell) -> Result<Option<Text<100>>, Unfit> {
    match cell.text.trim() {
        "" => Ok(None),
        text => Text::new(text).map(Some).map_err(|_| Unfit::TextWrong),
    }
}

fn day(cell: &Cell) -> Result<Option<Date>, Unfit> {
    match cell.text.trim() {
        "" => Ok(None),
        _ => cell.day.map(Some).ok_or(Unfit::NotADay),
    }
}

/// Whether a line says one thing: what came of it, and when, if and only if it has come to that.
///
/// # Errors
/// The column that does not fit the others.
pub fn whole(line: &Line, today: Date) -> Result<(), (Column, Unfit)> {
    let over = line.state.is_final();
    let outcome = match line.state {
        ItemState::Answered => line.outcome.is_some(),
        _ => over,
    };
    for (column, due, there) in [
        (Column::Outcome, outcome, line.outcome.is_some()),
        (Column::Closed, over, line.closed.is_some()),
    ] {
        match (due, there) {
            (true, false) => return Err((column, Unfit::Missing)),
            (false, true) => return Err((column, Unfit::Surplus)),
            _ => {}
        }
    }
    if line.from == line.to {
        return Err((Column::To, Unfit::OneSeat));
    }
    for (column, day, latest) in [
        (Column::Opened, Some(line.opened), today),
        (Column::Due, line.due, Date::MAX),
        (Column::Closed, line.closed, today),
        (Column::Revisit, line.revisit, Date::MAX),
    ] {
        if day.is_some_and(|day| day < line.opened || day > latest) {
            return Err((column, Unfit::OutOfOrder));
        }
    }
    Ok(())
}
