//! Papers for people: one content in words, and renderings of it that say the same. A page to print, a workbook, a text.

mod explanation;
mod figures;
mod framework;
mod html;
mod precheck;
mod report;
mod sheet;
mod text;
mod there;

pub(crate) use explanation::{explanation, person_record};
pub(crate) use figures::figures;
pub(crate) use framework::framework;
pub(crate) use precheck::{precheck, precheck_rows};
pub(crate) use report::report;

use hefu_casework::{Catalogue, ProgrammeCode};

use crate::words::Lang;

/// What a paper says, in words.
pub(crate) struct Paper {
    lang: Lang,
    title: String,
    /// For whom it is, and which copy.
    marking: String,
    /// What must not be done on the strength of it.
    notices: Vec<String>,
    blocks: Vec<Block>,
    /// What is to be filled in by hand: a heading and the room behind it.
    blanks: Vec<String>,
}

struct Block {
    heading: String,
    body: Body,
}

enum Body {
    /// A heading and its lines each.
    Facts(Vec<(String, Vec<String>)>),
    /// Sentences, one under the other.
    Lines(Vec<String>),
    /// Headings, and rows of as many cells.
    Table(Vec<String>, Vec<Vec<Cell>>),
}

enum Cell {
    Text(String),
    Count(u64),
    /// Fen, shown as yuan.
    Money(i64),
}

impl Paper {
    /// A page for A4. Everything is in the file: it is opened and printed where there is no network.
    pub(crate) fn page(&self) -> String {
        html::render(self)
    }

    /// A workbook: a sheet of what the paper says, and one for each of its tables.
    pub(crate) fn workbook(&self) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        sheet::render(self)
    }

    /// Plain text.
    pub(crate) fn text(&self) -> String {
        text::render(self)
    }
}

impl Cell {
    fn shown(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => crate::printer::grouped(*count),
            Cell::Money(fen) => crate::printer::yuan(*fen),
        }
    }
}

fn facts(heading: String, facts: Vec<(String, Vec<String>)>) -> Block {
    Block {
        heading,
        body: Body::Facts(facts),
    }
}

fn lines(heading: String, lines: Vec<String>) -> Block {
    Block {
        heading,
        body: Body::Lines(lines),
    }
}

fn columns(lang: Lang, codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| lang.word(code)).collect()
}

/// A programme by its name in the catalogue, which is Chinese; by its code in English.
pub(crate) fn programme(code: &str, catalogue: &Catalogue, lang: Lang) -> String {
    let known = ProgrammeCode::new(code).ok();
    let known = known.and_then(|code| catalogue.get(&code).map(|programme| programme.name.clone()));
    match (lang, known) {
        (Lang::Zh, Some(name)) => name,
        _ => code.to_owned(),
    }
}
