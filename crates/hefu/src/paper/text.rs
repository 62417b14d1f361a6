//! A paper as plain text.

use super::{Body, Cell, Paper};
use crate::printer::table;

pub(super) fn render(paper: &Paper) -> String {
    let mut text = format!("{}\n", paper.title);
    if !paper.marking.is_empty() {
        text.push_str(&format!("{}\n", paper.marking));
    }
    for block in &paper.blocks {
        text.push_str(&format!("\n{}\n", block.heading));
        match &block.body {
            Body::Facts(facts) => {
                for (name, lines) in facts {
                    let mut names = std::iter::once(name.as_str()).chain(std::iter::repeat(""));
                    let row = |line: &String| vec![names.next().unwrap_or_default().to_owned(), line.clone()];
                    text.push_str(&table(&lines.iter().map(row).collect::<Vec<_>>()));
                }
            }
            Body::Lines(lines) => {
                for line in lines {
                    text.push_str(&format!("  {line}\n"));
                }
            }
            Body::Table(columns, rows) => {
                let shown = |row: &Vec<Cell>| row.iter().map(Cell::shown).collect();
                let rows = std::iter::once(columns.clone()).chain(rows.iter().map(shown));
                text.push_str(&table(&rows.collect::<Vec<_>>()));
            }
        }
    }
    for blank in &paper.blanks {
        text.push_str(&format!("\n{blank}  ____________________\n"));
    }
    text.push('\n');
    for notice in &paper.notices {
        text.push_str(&format!("{notice}\n"));
    }
    text
}
