//! What the pages over a node borrow from this program: the words of codes, and papers.

use hefu_casework::letter::{Facts, Letter, LetterKind};
use hefu_console::{Binary, Lang, Paper, Printed, Unprinted};
use hefu_node::Error;
use hefu_node::api::view::{EditionDetail, ExplanationView, FiguresView};
use hefu_node::ferry::slip::SlipFacts;
use hefu_node::letter::{docx, page};
use hefu_node::precheck;
use hefu_node::report::verify;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::paper;
use crate::slip;
use crate::words;

const PAGE: &str = "text/html; charset=utf-8";
const BOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const TEXT: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// This program, as pages know it.
pub(crate) struct Program;

impl Binary for Program {
    fn say(&self, lang: Lang, code: &str, params: &[(&str, String)]) -> String {
        own(lang).say(code, params)
    }

    fn print(&self, lang: Lang, paper: Paper, given: &[u8]) -> Result<Printed, Unprinted> {
        let lang = own(lang);
        match paper {
            Paper::Report => {
                let verified = verify(given, &[]).map_err(|fault| unprinted(fault.code(), fault.params()))?;
                as_page("report", paper::report(&verified, lang).page())
            }
            Paper::ReportBook => {
                let verified = verify(given, &[]).map_err(|fault| unprinted(fault.code(), fault.params()))?;
                as_book("report", paper::report(&verified, lang).workbook())
            }
            Paper::Slip => {
                let facts: SlipFacts = read(given)?;
                let name = facts.page_names()[0].trim_end_matches(".html").to_owned();
                as_page(&name, slip::pages(&facts, lang).html)
            }
            Paper::Explanation => {
                let view: ExplanationView = read(given)?;
                as_page("explanation", paper::explanation(&view, lang).page())
            }
            Paper::PersonRecord => {
                let view: ExplanationView = read(given)?;
                as_page("record", paper::person_record(&view, lang).page())
            }
            Paper::Precheck => {
                let receipt = precheck::read(given).map_err(of_node)?;
                as_page("precheck", paper::precheck(&receipt, lang).page())
            }
            Paper::Framework => {
                let detail: EditionDetail = read(given)?;
                let letter = paper::framework(&detail).map_err(|_| internal())?;
                as_text("framework", &letter)
            }
            Paper::Figures => {
                let view: FiguresView = read(given)?;
                as_page("figures", paper::figures(&view, lang).page())
            }
            Paper::FiguresBook => {
                let view: FiguresView = read(given)?;
                as_book("figures", paper::figures(&view, lang).workbook())
            }
            Paper::Letter => as_page("letter", page(&letter(given)?).to_string()),
            Paper::LetterFile => as_text("letter", &letter(given)?),
        }
    }

    fn letter_template(&self, kind: &str) -> Option<String> {
        LetterKind::from_code(kind).map(LetterKind::template)
    }
}

/// What a letter is composed from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetterGiven {
    kind: String,
    facts: String,
}

fn letter(given: &[u8]) -> Result<Letter, Unprinted> {
    let LetterGiven { kind, facts } = read(given)?;
    let kind = LetterKind::from_code(&kind).ok_or_else(internal)?;
    let composed = Facts::read(kind, "", &facts).and_then(|facts| Letter::compose(&facts, None));
    composed.map_err(|error| of_node(Error::from(error)))
}

fn as_page(name: &str, page: String) -> Result<Printed, Unprinted> {
    Ok(Printed {
        name: format!("{name}.html"),
        media: PAGE,
        bytes: page.into_bytes(),
    })
}

fn as_book<E>(name: &str, book: Result<Vec<u8>, E>) -> Result<Printed, Unprinted> {
    Ok(Printed {
        name: format!("{name}.xlsx"),
        media: BOOK,
        bytes: book.map_err(|_| internal())?,
    })
}

fn as_text(name: &str, letter: &Letter) -> Result<Printed, Unprinted> {
    Ok(Printed {
        name: format!("{name}.docx"),
        media: TEXT,
        bytes: docx(letter).map_err(of_node)?.to_vec(),
    })
}

/// What the interface gave is what it says; the reason would quote it.
fn read<T: DeserializeOwned>(given: &[u8]) -> Result<T, Unprinted> {
    serde_json::from_slice(given).map_err(|_| internal())
}

fn of_node(error: Error) -> Unprinted {
    unprinted(error.code(), error.params())
}

fn internal() -> Unprinted {
    of_node(Error::Internal { what: "paper" })
}

fn unprinted(code: &'static str, params: Vec<(&'static str, String)>) -> Unprinted {
    Unprinted { code, params }
}

fn own(lang: Lang) -> words::Lang {
    match lang {
        Lang::Zh => words::Lang::Zh,
        Lang::En => words::Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_said_in_the_language_of_the_page() {
        let params = [("max", "3".to_owned())];
        let zh = Program.say(Lang::Zh, "api_uploads_full", &params);
        let en = Program.say(Lang::En, "api_uploads_full", &params);
        assert!(zh.contains('3') && en.contains('3') && zh != en);
    }

    #[test]
    fn a_letter_says_what_its_facts_lack() {
        let template = Program.letter_template("notice").unwrap();
        let given = serde_json::json!({ "kind": "notice", "facts": template }).to_string();
        let Err(refused) = Program.print(Lang::Zh, Paper::Letter, given.as_bytes()) else {
            panic!("an empty letter was printed");
        };
        assert_ne!(refused.code, "internal");
        assert!(Program.letter_template("poem").is_none());
    }

    #[test]
    fn what_is_no_report_is_not_printed() {
        assert!(Program.print(Lang::En, Paper::Report, b"{}").is_err());
        assert!(Program.print(Lang::En, Paper::Slip, b"{}").is_err());
    }
}
