//! 工作台账 as a sheet: what stands in its columns, and what somebody changed in them.
//!
//! A workbook that was written says of what it was written ([`Exported`]), so that what comes back is compared with
//! that, and then with the ledger as it is now: what only one of them changed is an edit, what both did is a conflict.

mod base;
mod edits;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Escalation, ItemKind, ItemOutcome, ItemState, Line};
use crate::{Hex, RowId, codes::codes};

pub use base::{Exported, Mistake};
pub use edits::{Conflict, Edit, Editor, Edits, Refused, Unfit, Why, edits, whole};

codes! {
    /// A column of the ledger.
    Column {
        /// 编号
        Item = "item",
        /// 移出单位
        From = "from",
        /// 接收单位
        To = "to",
        /// 类别
        Kind = "kind",
        /// 函号
        Letter = "letter",
        /// 轮次
        Round = "round",
        /// 登记日
        Opened = "opened",
        /// 办理期限
        Due = "due",
        /// 状态
        State = "state",
        /// 结果
        Outcome = "outcome",
        /// 办结日
        Closed = "closed",
        /// 催办或者会商
        Escalation = "escalation",
        /// 回访日
        Revisit = "revisit",
        /// 修订号
        Revision = "revision",
    }
}

impl Column {
    /// Whether days stand in it.
    pub fn has_days(self) -> bool {
        matches!(
            self,
            Column::Opened | Column::Due | Column::Closed | Column::Revisit
        )
    }

    /// The codes of which one stands in it; none where it is not chosen from a list.
    pub fn codes(self) -> Vec<&'static str> {
        match self {
            Column::Kind => ItemKind::ALL.iter().map(|each| each.code()).collect(),
            Column::State => ItemState::ALL.iter().map(|each| each.code()).collect(),
            Column::Outcome => ItemOutcome::ALL.iter().map(|each| each.code()).collect(),
            Column::Escalation => Escalation::ALL.iter().map(|each| each.code()).collect(),
            _ => vec![],
        }
    }

    /// The day that stands in it.
    pub fn day(self, line: &Line) -> Option<Date> {
        match self {
            Column::Opened => Some(line.opened),
            Column::Due => line.due,
            Column::Closed => line.closed,
            Column::Revisit => line.revisit,
            _ => None,
        }
    }

    fn at(self) -> usize {
        Column::ALL
            .iter()
            .position(|each| *each == self)
            .unwrap_or_default()
    }
}

/// What stands in one cell. It may be anything that somebody has written: no `Debug`.
#[derive(Clone, Default)]
pub struct Cell {
    /// As it is shown.
    pub text: String,
    /// The day, where it is one.
    pub day: Option<Date>,
    /// It is a number with more digits than a spreadsheet keeps.
    pub digits_lost: bool,
}

/// A row, with its cells in the order of [`Column::ALL`].
#[derive(Clone)]
pub struct Row {
    /// Where it stands.
    pub at: RowId,
    /// The cells.
    pub cells: Vec<Cell>,
}

impl Row {
    fn cell(&self, column: Column) -> &Cell {
        const EMPTY: &Cell = &Cell {
            text: String::new(),
            day: None,
            digits_lost: false,
        };
        self.cells.get(column.at()).unwrap_or(EMPTY)
    }
}

/// The words of the sheet, and the names of whoever has a seat.
pub struct Terms {
    headings: BTreeMap<Column, String>,
    words: BTreeMap<(Column, &'static str), String>,
    seats: BTreeMap<Hex<32>, String>,
}

impl Terms {
    /// `word` gives the heading of a column under `line_col_` and its code, and the word for a code under `line_`, its
    /// column's code, `_` and it.
    pub fn new(word: impl Fn(&str) -> String, seats: impl IntoIterator<Item = (Hex<32>, String)>) -> Terms {
        let heading = |column: &Column| (*column, word(&format!("line_col_{}", column.code())));
        let words = Column::ALL.iter().flat_map(|column| {
            let codes = column.codes().into_iter();
            codes.map(|code| ((*column, code), format!("line_{}_{code}", column.code())))
        });
        Terms {
            headings: Column::ALL.iter().map(heading).collect(),
            words: words.map(|(key, code)| (key, word(&code))).collect(),
            seats: seats.into_iter().collect(),
        }
    }

    /// What stands above a column.
    pub fn heading(&self, column: Column) -> &str {
        self.headings.get(&column).map_or("", String::as_str)
    }

    /// The words of which one stands in a column; none where it is not chosen from a list.
    pub fn choices(&self, column: Column) -> Vec<&str> {
        let codes = column.codes().into_iter();
        codes.map(|code| self.word(column, code)).collect()
    }

    /// What stands in a column of a line: nothing where it has none, days as 2026-07-01.
    pub fn shown(&self, column: Column, line: &Line) -> String {
        let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
        match column {
            Column::Item => line.item.to_string(),
            Column::From => self.seat(&line.from),
            Column::To => self.seat(&line.to),
            Column::Kind => self.word(column, line.kind.code()).to_owned(),
            Column::Letter => line
                .letter
                .as_ref()
                .map_or_else(String::new, |letter| letter.as_str().to_owned()),
            Column::Round => line.round.map_or_else(String::new, |round| round.to_string()),
            Column::Opened | Column::Due | Column::Closed | Column::Revisit => day(column.day(line)),
            Column::State => self.word(column, line.state.code()).to_owned(),
            Column::Outcome => {
                let outcome = line.outcome.map(|outcome| self.word(column, outcome.code()));
                outcome.unwrap_or_default().to_owned()
            }
            Column::Escalation => self.word(column, line.escalation.code()).to_owned(),
            Column::Revision => line.revision.to_string(),
        }
    }

    /// The code of a word in a column.
    pub fn code(&self, column: Column, word: &str) -> Option<&'static str> {
        let word = word.trim();
        column
            .codes()
            .into_iter()
            .find(|code| self.word(column, code) == word)
    }

    fn word(&self, column: Column, code: &'static str) -> &str {
        self.words.get(&(column, code)).map_or(code, String::as_str)
    }

    fn seat(&self, key: &Hex<32>) -> String {
        self.seats.get(key).map_or_else(|| key.to_string(), String::clone)
    }
}
