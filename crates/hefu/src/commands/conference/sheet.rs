//! The ledger as a workbook: out, and back.

use std::path::Path;

use hefu_casework::Hex;
use hefu_casework::conference::sheet::{Edit, Editor, Edits, Exported, Terms, edits};
use hefu_casework::conference::{Head, Line};
use hefu_console::SheetEdits;
use hefu_ingest::LedgerMapping;
use hefu_node::api::view::{LedgerSheet, LinesRequest};
use serde_json::json;

use super::path;
use crate::args::{SheetCommand, WhichArgs};
use crate::client::Client;
use crate::commands::{headings, write_whole};
use crate::failure::{Exit, Failure};
use crate::ledger::{self, PROBLEM_COLUMNS};
use crate::printer::{Printer, table};
use crate::words::Lang;

/// As many lines as go in one request.
const LINES_A_REQUEST: usize = 2_000;
/// More are in the file that is written.
const SHOWN: usize = 20;

pub(crate) async fn run(command: SheetCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        SheetCommand::Export { out, which } => {
            let known = Known::ask(&which, client).await?;
            write_whole(&out, &known.book()?)?;
            let params = [
                ("lines", known.lines.len().to_string()),
                ("file", out.display().to_string()),
            ];
            let value = json!({ "lines": known.lines.len(), "file": out });
            printer.result(&value, |lang| lang.say("sheet_exported", &params));
            Ok(())
        }
        SheetCommand::Import {
            file,
            apply,
            mapping,
            conflicts,
            which,
        } => {
            let known = Known::ask(&which, client).await?;
            let found = match &mapping {
                None => known.changed(&file)?,
                Some(mapping) => known.old(&file, mapping)?,
            };
            let problems = ledger::problems(&found, &known.terms, printer.lang());
            if let Some(out) = conflicts.as_deref().filter(|_| !problems.is_empty()) {
                let list = ledger::problem_list(out, &problems, printer.lang())
                    .map_err(|error| Failure::write(out, &error))?;
                write_whole(out, &list)?;
            }
            if apply {
                put(&found, mapping.is_some(), &which, client).await?;
            }
            show(&found, &problems, apply, &known.terms, printer);
            Ok(())
        }
    }
}

/// The ledger as the node has it.
struct Known {
    sheet: LedgerSheet,
    lines: Vec<Line>,
    terms: Terms,
}

impl Known {
    async fn ask(which: &WhichArgs, client: &Client) -> Result<Known, Failure> {
        let sheet = format!("{}/ledger/sheet", path(which, client).await?);
        Known::of(client.get(&sheet).await?)
    }

    fn of(mut sheet: LedgerSheet) -> Result<Known, Failure> {
        let lines = serde_json::from_value(sheet.lines.take());
        let lines = lines.map_err(|error| Failure::internal("answer", &error))?;
        let seats = sheet.seats.iter().map(|seat| (seat.node_key, seat.name.clone()));
        let terms = ledger::terms(seats);
        Ok(Known { sheet, lines, terms })
    }

    fn book(&self) -> Result<Vec<u8>, Failure> {
        let exported = Exported::of(self.sheet.conference, self.head(), self.lines.clone());
        ledger::workbook(&exported, self.editor(), &self.terms)
            .map_err(|error| Failure::internal("workbook", &error))
    }

    fn head(&self) -> Head {
        Head {
            seq: self.sheet.head.seq,
            hash: self.sheet.head.hash,
        }
    }

    fn editor(&self) -> Editor {
        Editor {
            node: self.sheet.node_key,
            office: self.sheet.office,
        }
    }

    fn changed(&self, file: &Path) -> Result<Edits, Failure> {
        let (exported, rows) = ledger::read(file, &self.terms)?;
        exported
            .must_be_of(&self.sheet.conference, self.head())
            .map_err(|mistake| Failure::new(Exit::Input, mistake.code(), mistake.params()))?;
        Ok(edits(
            &exported,
            &rows,
            &self.lines,
            self.editor(),
            &self.terms,
            today(),
        ))
    }

    fn old(&self, file: &Path, mapping: &Path) -> Result<Edits, Failure> {
        let text = std::fs::read_to_string(mapping).map_err(|error| Failure::read(mapping, &error))?;
        let seats = self.sheet.seats.iter();
        let seats: Vec<_> = seats.map(|seat| (seat.node_key, seat.name.clone())).collect();
        // The node draws the numbers.
        let mut item = || Hex([0; 16]);
        Ok(LedgerMapping::parse(&text)?.read(file, &seats, today(), &mut item)?)
    }
}

/// The ledger of an answer of the node's as a workbook.
pub(crate) fn book(sheet: LedgerSheet) -> Result<Vec<u8>, Failure> {
    Known::of(sheet)?.book()
}

/// What such a workbook comes to that came back, for a page.
pub(crate) fn edits_of(sheet: LedgerSheet, file: &Path, lang: Lang) -> Result<SheetEdits, Failure> {
    let known = Known::of(sheet)?;
    let found = known.changed(file)?;
    let lines = found.changes.iter().map(|edit| serde_json::to_value(&edit.line));
    let lines = lines.collect::<Result<Vec<_>, _>>();
    Ok(SheetEdits {
        lines: lines.map_err(|error| Failure::internal("request", &error))?,
        change_headings: headings(lang, &CHANGE_COLUMNS),
        changes: changes(&found.changes, &known.terms),
        problem_headings: headings(lang, &PROBLEM_COLUMNS),
        problems: ledger::problems(&found, &known.terms, lang),
        unchanged: found.unchanged,
    })
}

/// The headings over [`changes`].
const CHANGE_COLUMNS: [&str; 3] = ["col_row", "col_item", "col_column"];

/// What changes, a row each: where, which line, and its columns.
fn changes(changes: &[Edit], terms: &Terms) -> Vec<Vec<String>> {
    let row = |edit: &Edit| {
        let columns: Vec<_> = edit.columns.iter().map(|column| terms.heading(*column)).collect();
        // Of a new line the node draws the number.
        let item = Some(edit.line.item).filter(|item| *item != Hex([0; 16]));
        let item = item.map_or_else(|| "—".to_owned(), |item| item.to_string());
        vec![edit.at.row.to_string(), item, columns.join("、")]
    };
    changes.iter().map(row).collect()
}

/// What is new, or changes; nothing of rows with conflicts.
async fn put(found: &Edits, draw_items: bool, which: &WhichArgs, client: &Client) -> Result<(), Failure> {
    let changes = format!("{}/ledger/changes", path(which, client).await?);
    for some in found.changes.chunks(LINES_A_REQUEST) {
        let lines: Vec<_> = some.iter().map(|edit| &edit.line).collect();
        let lines = serde_json::to_value(lines).map_err(|error| Failure::internal("request", &error))?;
        client
            .order(&changes, &LinesRequest { lines, draw_items })
            .await?;
    }
    Ok(())
}

fn show(found: &Edits, problems: &[Vec<String>], applied: bool, terms: &Terms, printer: &Printer) {
    let value = json!({
        "applied": applied,
        "changes": found.changes.iter().map(|edit| json!({
            "row": edit.at.row,
            "columns": edit.columns.iter().map(|column| column.code()).collect::<Vec<_>>(),
            "line": edit.line,
        })).collect::<Vec<_>>(),
        "conflicts": found.conflicts.iter().map(|each| json!({
            "row": each.at.row, "item": each.item, "column": each.column.code(), "why": each.why.code(),
            "base": each.base, "sheet": each.sheet, "current": each.current,
        })).collect::<Vec<_>>(),
        "refused": found.refused.iter().map(|each| json!({
            "sheet": each.at.sheet, "row": each.at.row, "item": each.item,
            "column": each.column.map(|column| column.code()), "why": each.unfit.code(),
        })).collect::<Vec<_>>(),
        "unchanged": found.unchanged,
    });
    printer.result(&value, |lang| text(found, problems, applied, terms, lang));
}

fn text(found: &Edits, problems: &[Vec<String>], applied: bool, terms: &Terms, lang: Lang) -> String {
    let params = [
        ("changes", found.changes.len().to_string()),
        ("conflicts", found.conflicts.len().to_string()),
        ("refused", found.refused.len().to_string()),
        ("unchanged", found.unchanged.to_string()),
    ];
    let said = match applied {
        true => lang.say("sheet_applied", &params),
        false => lang.say("sheet_compared", &params),
    };
    let mut said = said + "\n";
    let shown = found.changes.get(..SHOWN).unwrap_or(&found.changes);
    let rows = changes(shown, terms);
    for (codes, rows) in [
        (&CHANGE_COLUMNS[..], &rows[..]),
        (&PROBLEM_COLUMNS[..], problems.get(..SHOWN).unwrap_or(problems)),
    ] {
        if !rows.is_empty() {
            let all: Vec<_> = std::iter::once(headings(lang, codes))
                .chain(rows.iter().cloned())
                .collect();
            said += &table(&all);
        }
    }
    said
}

/// In Beijing, where the ledger is kept.
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
        .date()
}
