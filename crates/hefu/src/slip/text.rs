//! A slip as text of 80 columns, for a printer that knows no pages.

use super::Page;
use crate::printer::{width, wrapped};

const COLUMNS: usize = 80;

pub(super) fn render(page: &Page) -> String {
    let rule = "-".repeat(COLUMNS) + "\n";
    let left = (COLUMNS - width(&page.title).min(COLUMNS)) / 2;
    let mut text = format!("{}{}\n\n", " ".repeat(left), page.title);
    let label = page
        .facts
        .iter()
        .map(|(label, _)| width(label))
        .max()
        .unwrap_or(0)
        + 2;
    for (heading, lines) in &page.facts {
        let lines = lines.iter().flat_map(|line| wrapped(line, COLUMNS - label));
        indented(heading, label, lines, &mut text);
    }
    text.push_str(&rule);
    for (heading, statements) in &page.statements {
        for line in wrapped(heading, COLUMNS) {
            text.push_str(&line);
            text.push('\n');
        }
        for statement in statements {
            indented("  -", 4, wrapped(statement, COLUMNS - 4), &mut text);
        }
    }
    for line in wrapped(&page.notice, COLUMNS) {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str(&rule);
    let (heading, number) = &page.signed;
    let label = page.signs.iter().map(|sign| width(sign)).max().unwrap_or(0);
    indented(heading, label + 1, [number.clone()], &mut text);
    for sign in &page.signs {
        let room = " ".repeat(label - width(sign));
        text.push_str(&format!(
            "\n{sign}{room} {}  {} {}\n",
            "_".repeat(24),
            page.date,
            "_".repeat(16)
        ));
    }
    text
}

/// The first line beside its heading, the others below it.
fn indented(heading: &str, column: usize, lines: impl IntoIterator<Item = String>, text: &mut String) {
    for (index, line) in lines.into_iter().enumerate() {
        let heading = if index == 0 { heading } else { "" };
        let room = " ".repeat(column.saturating_sub(width(heading)));
        text.push_str(&format!("{heading}{room}{line}\n"));
    }
}
