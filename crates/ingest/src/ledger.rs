//! A ledger that an office kept before, under headings of its own: as lines of the ledger that is kept now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hefu_casework::conference::sheet::{Cell, Column, Edit, Edits, Refused, Row, Unfit, whole};
use hefu_casework::conference::{Escalation, ItemKind, ItemOutcome, ItemState, Line};
use hefu_casework::note::Item;
use hefu_casework::{Hex, Text};
use hefu_identity::bears_number;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::columns::read_columns;
use crate::error::Error;
use crate::mapping::{SourceMapping, wrong};
use crate::synonyms::{self, Role, normal};

/// How an old ledger is to be read, written in TOML. A key that is not known is an error. What no column gives is a
/// constant; nothing is read but the columns named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerMapping {
    /// Where in the file to look, where that is not to be found out.
    #[serde(default)]
    pub source: SourceMapping,
    /// The headings.
    pub columns: LedgerColumns,
    /// What stands in no column.
    #[serde(default)]
    pub constants: LedgerConstants,
    /// What the words in columns mean.
    #[serde(default)]
    pub words: LedgerWords,
    /// Names of agencies in the file to the names of whoever has a seat; beside those names themselves.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Further ways in which days are written, as `strptime` has them: `%d.%m.%Y`.
    #[serde(default)]
    pub dates: Vec<String>,
}

/// The headings over what is read. All that are named must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerColumns {
    /// Which agency opened the matter.
    pub from: Option<String>,
    /// The other agency.
    pub to: Option<String>,
    /// What it is about, in the words of `words.kind`.
    pub kind: Option<String>,
    /// The letter's number.
    pub letter: Option<String>,
    /// When it was opened.
    pub opened: Option<String>,
    /// Until when something is to be done.
    pub due: Option<String>,
    /// How far it has come, in the words of `words.state`.
    pub state: Option<String>,
    /// What came of it, in the words of `words.outcome`.
    pub outcome: Option<String>,
    /// When it came to that.
    pub closed: Option<String>,
    /// When somebody looks again.
    pub revisit: Option<String>,
}

/// What all rows have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerConstants {
    /// Which agency opened the matters.
    pub from: Option<String>,
    /// The other agency.
    pub to: Option<String>,
    /// What they are about.
    pub kind: Option<ItemKind>,
    /// How far they have come.
    pub state: Option<ItemState>,
}

/// Words to codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerWords {
    /// What a matter is about.
    pub kind: BTreeMap<String, ItemKind>,
    /// How far it has come.
    pub state: BTreeMap<String, ItemState>,
    /// What came of it.
    pub outcome: BTreeMap<String, ItemOutcome>,
}

impl LedgerMapping {
    /// Reads a mapping and checks that it can be followed.
    ///
    /// # Errors
    /// [`Error::MappingSyntax`], [`Error::Mapping`]; among those, a heading that is known to stand over people's names or
    /// document numbers.
    pub fn parse(text: &str) -> Result<LedgerMapping, Error> {
        let mapping: LedgerMapping =
            toml::from_str(text).map_err(|error| Error::MappingSyntax(Box::new(error)))?;
        mapping.validate()?;
        Ok(mapping)
    }

    fn validate(&self) -> Result<(), Error> {
        let (columns, constants, words) = (&self.columns, &self.constants, &self.words);
        for (field, column, constant) in [
            ("columns.from", columns.from.is_some(), constants.from.is_some()),
            ("columns.to", columns.to.is_some(), constants.to.is_some()),
            ("columns.kind", columns.kind.is_some(), constants.kind.is_some()),
            ("columns.opened", columns.opened.is_some(), false),
            (
                "columns.state",
                columns.state.is_some(),
                constants.state.is_some(),
            ),
        ] {
            if column == constant {
                return wrong(field, "give either the column or a constant");
            }
        }
        for (field, column, empty) in [
            ("words.kind", columns.kind.is_some(), words.kind.is_empty()),
            ("words.state", columns.state.is_some(), words.state.is_empty()),
            (
                "words.outcome",
                columns.outcome.is_some(),
                words.outcome.is_empty(),
            ),
        ] {
            if column == empty {
                return wrong(field, "the column and its words go together");
            }
        }
        let mut seen = BTreeSet::new();
        for (_, heading) in self.headings() {
            let is_name = synonyms::fits(Role::Name, heading) || normal(heading).ends_with("姓名");
            if is_name || synonyms::number_kind(heading).is_some() {
                return wrong(
                    "columns",
                    "people's names and document numbers never come into the ledger",
                );
            }
            if !seen.insert(normal(heading)) {
                return wrong("columns", "one heading stands for one column");
            }
        }
        self.source.validate()
    }

    /// The columns to be read, in order.
    fn headings(&self) -> impl Iterator<Item = (Column, &str)> {
        let columns = &self.columns;
        let all = [
            (Column::From, &columns.from),
            (Column::To, &columns.to),
            (Column::Kind, &columns.kind),
            (Column::Letter, &columns.letter),
            (Column::Opened, &columns.opened),
            (Column::Due, &columns.due),
            (Column::State, &columns.state),
            (Column::Outcome, &columns.outcome),
            (Column::Closed, &columns.closed),
            (Column::Revisit, &columns.revisit),
        ];
        all.into_iter()
            .filter_map(|(column, heading)| Some((column, heading.as_deref()?)))
    }

    /// Reads a ledger: each row is a new line, or refused with its reason; nothing is applied by it. `seats` are who has a seat and is no office; `item` draws the number of a new line.
    ///
    /// # Errors
    /// As [`crate::read_columns`].
    pub fn read(
        &self,
        path: &Path,
        seats: &[(Hex<32>, String)],
        today: Date,
        item: &mut dyn FnMut() -> Item,
    ) -> Result<Edits, Error> {
        let (columns, headings): (Vec<_>, Vec<_>) = self
            .headings()
            .map(|(column, heading)| (column, heading.to_owned()))
            .unzip();
        let mut old = Edits::default();
        for row in read_columns(path, &self.source, &headings)? {
            let found = Found {
                mapping: self,
                seats,
                cells: columns.iter().copied().zip(&row.cells).collect(),
            };
            match found.line(item, today) {
                Ok(line) => old.changes.push(Edit {
                    at: row.at,
                    columns: columns.clone(),
                    line,
                }),
                Err((column, unfit)) => old.refused.push(refused(&row, column, unfit)),
            }
        }
        Ok(old)
    }
}

fn refused(row: &Row, column: Column, unfit: Unfit) -> Refused {
    Refused {
        at: row.at,
        item: None,
        column: Some(column),
        unfit,
    }
}

type Fits<T> = Result<T, (Column, Unfit)>;

/// One row, by column.
struct Found<'a> {
    mapping: &'a LedgerMapping,
    seats: &'a [(Hex<32>, String)],
    cells: BTreeMap<Column, &'a Cell>,
}

impl Found<'_> {
    fn line(&self, item: &mut dyn FnMut() -> Item, today: Date) -> Fits<Line> {
        for (column, cell) in &self.cells {
            let is_day = column.has_days() && cell.day.is_some();
            if cell.digits_lost || (!is_day && bears_number(&cell.text)) {
                return Err((*column, Unfit::HasNumber));
            }
        }
        let (constants, words) = (&self.mapping.constants, &self.mapping.words);
        let state = match constants.state {
            Some(state) => state,
            None => self
                .word(Column::State, &words.state)?
                .ok_or((Column::State, Unfit::Missing))?,
        };
        let kind = match constants.kind {
            Some(kind) => kind,
            None => self
                .word(Column::Kind, &words.kind)?
                .ok_or((Column::Kind, Unfit::Missing))?,
        };
        let line = Line {
            item: item(),
            kind,
            from: self.seat(Column::From, constants.from.as_deref())?,
            to: self.seat(Column::To, constants.to.as_deref())?,
            letter: self.letter()?,
            round: None,
            opened: self
                .day(Column::Opened)?
                .ok_or((Column::Opened, Unfit::Missing))?,
            due: self.day(Column::Due)?,
            state,
            outcome: self.word(Column::Outcome, &words.outcome)?,
            closed: self.day(Column::Closed)?,
            escalation: Escalation::None,
            revisit: self.day(Column::Revisit)?,
            revision: 1,
        };
        whole(&line, today)?;
        Ok(line)
    }

    fn text(&self, column: Column) -> &str {
        self.cells.get(&column).map_or("", |cell| cell.text.trim())
    }

    fn word<T: Copy>(&self, column: Column, words: &BTreeMap<String, T>) -> Fits<Option<T>> {
        match self.text(column) {
            "" => Ok(None),
            word => words
                .get(word)
                .copied()
                .map(Some)
                .ok_or((column, Unfit::WordUnknown)),
        }
    }

    fn seat(&self, column: Column, constant: Option<&str>) -> Fits<Hex<32>> {
        let named = constant.unwrap_or_else(|| self.text(column));
        if named.is_empty() {
            return Err((column, Unfit::Missing));
        }
        let name = self.mapping.names.get(named).map_or(named, String::as_str);
        let mut called = self.seats.iter().filter(|(_, seat)| seat == name);
        match (called.next(), called.next()) {
            (Some((key, _)), None) => Ok(*key),
            _ => Err((column, Unfit::SeatUnknown)),
        }
    }

    fn letter(&self) -> Fits<Option<Text<100>>> {
        match self.text(Column::Letter) {
            "" => Ok(None),
            letter => Text::new(letter)
                .map(Some)
                .map_err(|_| (Column::Letter, Unfit::TextWrong)),
        }
    }

    fn day(&self, column: Column) -> Fits<Option<Date>> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let formats = self.mapping.dates.iter();
        let by_format = || {
            formats
                .filter_map(|format| Date::strptime(format, text).ok())
                .next()
        };
        let day = self
            .cells
            .get(&column)
            .and_then(|cell| cell.day)
            .or_else(by_format);
        day.map(Some).ok_or((column, Unfit::NotADay))
    }
}
