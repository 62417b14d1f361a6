//! The conference's round as its office has it: the board, lines of the ledger, the published figures, and the papers.

use hefu::county::Held;
use hefu_casework::Hex;
use hefu_casework::conference::paper::{Minutes, MinutesMatter};
use hefu_casework::conference::sheet::{Editor, Exported};
use hefu_casework::conference::{Line, State};
use hefu_casework::letter::Letter;
use hefu_node::api::view::{BoardView, EditionDetail, FiguresView, LinePage, LineView, Names};
use hefu_node::letter::{docx, page};
use jiff::civil::Date;
use jiff::{Timestamp, tz};
use serde_json::{Value, json};

use super::papers::Papers;
use crate::commands::conference::{board_text, lines_text};
use crate::failure::Failure;
use crate::ledger;
use crate::paper;
use crate::words::Lang;

/// So many lines show what a ledger has of a person: nothing.
const FEW: usize = 5;

/// What is shown of it.
pub(super) struct Shown {
    board: BoardView,
    lines: LinePage,
    figures: FiguresView,
}

impl Shown {
    pub(super) fn of(held: &Held) -> Result<Self, Failure> {
        let Held {
            office, id, round, ..
        } = held;
        let names = office.with_conference(id, Names::of_seats)?;
        let lines = office.with_conference(id, all_lines)?;
        let few = lines.iter().take(FEW);
        Ok(Self {
            board: office.board(id, Some(*round))?.into(),
            figures: FiguresView::of(*round, &office.round_figures(id, *round, false)?, &names),
            lines: LinePage {
                on: today(),
                lines: few.map(|line| LineView::of(line, &names, today())).collect(),
                total: lines.len() as u64,
                next: (lines.len() > FEW).then_some(FEW as u64),
            },
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({ "board": self.board, "ledger": self.lines, "figures": self.figures })
    }

    pub(super) fn text(&self, lang: Lang) -> String {
        [
            board_text(&self.board, lang),
            lang.word("demo_ledger"),
            lines_text(&self.lines, lang),
            lang.word("demo_figures"),
            paper::figures(&by_pair(&self.figures), lang).text(),
        ]
        .join("\n")
    }
}

/// A terminal takes a line a pair; by rule and key group they are in the papers.
fn by_pair(figures: &FiguresView) -> FiguresView {
    let mut figures = figures.clone();
    for table in &mut figures.tables {
        table
            .rows
            .retain(|row| row.rule.is_none() && row.key_group.is_none());
    }
    figures
}

/// The text that all have signed, the ledger as a workbook, the figures, and the minutes.
pub(super) fn write(held: &Held, papers: &mut Papers) -> Result<(), Failure> {
    let Held {
        office,
        id,
        framework,
        minutes,
        ..
    } = held;
    let text = EditionDetail::of(office, id, framework)?;
    let text = paper::framework(&text).map_err(|error| Failure::internal("demo", &error))?;
    put(papers, "framework", &text)?;

    let seats = office.with_conference(id, |state| {
        let seats = state
            .seats()
            .map(|(key, member)| (*key, member.seat.name.clone()));
        seats.collect::<Vec<_>>()
    })?;
    let exported = office.with_conference(id, |state| Exported::of(*id, state.head(), all_lines(state)))?;
    let key = Hex(office.node_key());
    let editor = Editor {
        node: key,
        office: key,
    };
    let book = ledger::workbook(&exported, editor, &ledger::terms(seats.clone()));
    let book = book.map_err(|error| Failure::internal("demo", &error))?;
    papers.put("conference/ledger.xlsx", &book)?;

    let figures = Shown::of(held)?.figures;
    let figures = paper::figures(&figures, papers.lang).page();
    papers.put("conference/figures.html", figures.as_bytes())?;

    let name = |key: &Hex<32>| {
        let its = seats.iter().find(|(known, _)| known == key);
        its.map(|(_, name)| name.clone()).unwrap_or_default()
    };
    let decided = office.decided(id, today(), Some(minutes.as_str()))?;
    let matters = decided.iter().map(|(decided, line)| MinutesMatter {
        item: line.item.to_string(),
        kind: line.kind,
        pair: [name(&line.from), name(&line.to)],
        text: decided.decision.text.as_str().to_owned(),
        by: name(&decided.decision.by),
        due: decided.decision.due,
    });
    let matters: Vec<_> = matters.collect();
    let attendees = matters.iter().flat_map(|matter| matter.pair.clone());
    let said = Minutes {
        conference: office.with_conference(id, conference_name)?.unwrap_or_default(),
        number: minutes.as_str().to_owned(),
        office: office.name().to_owned(),
        on: today(),
        attendees: attendees.collect(),
        matters,
    };
    put(papers, "minutes", &said.letter())
}

fn put(papers: &mut Papers, name: &str, letter: &Letter) -> Result<(), Failure> {
    papers.put(&format!("conference/{name}.docx"), &docx(letter)?)?;
    papers.put(&format!("conference/{name}.html"), page(letter).as_bytes())
}

fn conference_name(state: &State) -> Option<String> {
    state.founded().map(|founded| founded.name.as_str().to_owned())
}

fn all_lines(state: &State) -> Vec<Line> {
    state.lines().cloned().collect()
}

fn today() -> Date {
    tz::offset(8).to_datetime(Timestamp::now()).date()
}
