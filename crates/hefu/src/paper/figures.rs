//! Figures of a round of a conference.

use hefu_node::api::view::{FigureView, FiguresRow, FiguresTable, FiguresView, ProgressRow};

use super::{Block, Body, Cell, Paper, lines};
use crate::words::Lang;

/// The figures as a paper.
pub(crate) fn figures(view: &FiguresView, lang: Lang) -> Paper {
    let code = if view.published {
        "paper_figures_published"
    } else {
        "paper_figures_not_published"
    };
    let mut blocks: Vec<Block> = view.tables.iter().map(|of| table(of, lang)).collect();
    blocks.push(progress(&view.progress, lang));
    let legend = match view.smallest {
        0 => lang.word("paper_figures_exact"),
        smallest => lang.say("paper_figures_legend", &[("smallest", smallest.to_string())]),
    };
    blocks.insert(0, lines(lang.word("paper_figures_about"), vec![legend]));
    Paper {
        lang,
        title: lang.say("paper_figures_title", &[("round", view.round.to_string())]),
        marking: lang.word(code),
        notices: vec![lang.word("not_a_decision")],
        blocks,
        blanks: Vec::new(),
    }
}

fn table(of: &FiguresTable, lang: Lang) -> Block {
    let mut columns = ["col_pair", "col_rule", "col_key_group"]
        .map(|code| lang.word(code))
        .to_vec();
    let dated = of.months.iter().any(Option::is_some);
    for month in of.months.iter().flatten() {
        columns.extend([
            month.clone(),
            lang.say("paper_figures_yuan", &[("of", month.clone())]),
        ]);
    }
    columns.extend(["paper_figures_sum", "paper_figures_sum_yuan"].map(|code| lang.word(code)));
    let row = |row: &FiguresRow| {
        let mut cells = named(row, lang);
        let months = row.months.iter().filter(|_| dated);
        for figure in months.chain([&row.total]) {
            cells.extend(cells_of(figure));
        }
        cells
    };
    let heading = [("purpose", of.purpose.clone())];
    let code = if dated {
        "paper_figures_dated"
    } else {
        "paper_figures_undated"
    };
    Block {
        heading: lang.say(code, &heading),
        body: Body::Table(columns, of.rows.iter().map(row).collect()),
    }
}

fn named(row: &FiguresRow, lang: Lang) -> Vec<Cell> {
    let pair = match &row.pair {
        Some(pair) => pair.join(" ← "),
        None => lang.word("paper_figures_all"),
    };
    let group = match row.key_group {
        None => String::new(),
        Some(true) => lang.word("key_group_yes"),
        Some(false) => lang.word("key_group_no"),
    };
    vec![
        Cell::Text(pair),
        Cell::Text(row.rule.clone().unwrap_or_default()),
        Cell::Text(group),
    ]
}

fn progress(rows: &[ProgressRow], lang: Lang) -> Block {
    let columns = [
        "col_pair",
        "col_verified",
        "col_stopped",
        "col_recovered",
        "col_corrected",
    ];
    let mut headings = vec![lang.word("col_pair")];
    for code in columns.into_iter().skip(1) {
        let name = lang.word(code);
        headings.extend([name.clone(), lang.say("paper_figures_yuan", &[("of", name)])]);
    }
    let row = |row: &ProgressRow| {
        let figures = [row.verified, row.stopped, row.recovered, row.corrected];
        let mut cells = vec![Cell::Text(row.pair.join(" ← "))];
        cells.extend(figures.iter().flat_map(cells_of));
        cells
    };
    Block {
        heading: lang.word("paper_figures_progress"),
        body: Body::Table(headings, rows.iter().map(row).collect()),
    }
}

fn cells_of(figure: &FigureView) -> [Cell; 2] {
    [
        figure
            .findings
            .map_or_else(|| Cell::Text(figure.count()), Cell::Count),
        figure.fen.map_or_else(|| Cell::Text(figure.yuan()), Cell::Money),
    ]
}
