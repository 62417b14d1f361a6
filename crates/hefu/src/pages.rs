//! What the pages over a node borrow from this program: the words of codes, and papers.

use std::borrow::Cow;
use std::path::Path;

use hefu_casework::letter::{Facts, Letter, LetterKind};
use hefu_console::{Binary, Lang, Paper, Printed, SheetEdits, Unprinted};
use hefu_node::Error;
use hefu_node::api::view::{
    EditionDetail, ExplanationView, FiguresView, FundsView, LedgerSheet, MinutesView,
};
use hefu_node::ferry::slip::SlipFacts;
use hefu_node::letter::{docx, page};
use hefu_node::precheck;
use hefu_node::report::verify;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::commands::conference;
use crate::failure::Failure;
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
            Paper::FrameworkPage => {
                let detail: EditionDetail = read(given)?;
                let letter = paper::framework(&detail).map_err(|_| internal())?;
                as_page("framework", page(&letter).to_string())
            }
            Paper::LedgerBook => {
                let sheet: LedgerSheet = read(given)?;
                as_book("ledger", conference::book(sheet))
            }
            Paper::Minutes => as_page("minutes", page(&minutes(given)?).to_string()),
            Paper::MinutesFile => as_text("minutes", &minutes(given)?),
            Paper::Publication => as_page("publication", page(&publication(given)?).to_string()),
            Paper::PublicationFile => as_text("publication", &publication(given)?),
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

    fn sheet_edits(&self, lang: Lang, sheet: &[u8], book: &[u8]) -> Result<SheetEdits, Unprinted> {
        let sheet: LedgerSheet = read(sheet)?;
        // Workbooks are read from files. This one goes with its folder, which nobody else can enter.
        let folder = tempfile::tempdir().map_err(|_| internal())?;
        let file = folder.path().join("ledger.xlsx");
        std::fs::write(&file, book).map_err(|_| internal())?;
        conference::edits_of(sheet, &file, own(lang)).map_err(of_command)
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
    let composed = Facts::read(kind, kind.name(), &facts).and_then(|facts| Letter::compose(&facts, None));
    composed.map_err(|error| of_node(Error::from(error)))
}

/// What minutes are made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MinutesGiven {
    on: Date,
    minutes: MinutesView,
}

fn minutes(given: &[u8]) -> Result<Letter, Unprinted> {
    let MinutesGiven { on, minutes } = read(given)?;
    let minutes = conference::minutes_of(&minutes, on).map_err(of_command)?;
    Ok(minutes.letter())
}

fn publication(given: &[u8]) -> Result<Letter, Unprinted> {
    let view: FundsView = read(given)?;
    Ok(conference::publication(&view).letter())
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

/// As a command would fail. Where its file stood for a moment is nobody's concern.
fn of_command(failure: Failure) -> Unprinted {
    let (Cow::Borrowed(code), params) = (failure.code, failure.params) else {
        return internal();
    };
    let param = |(name, value): (Cow<'static, str>, String)| match name {
        Cow::Borrowed("file") => {
            let named = Path::new(&value)
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            Some(("file", named.unwrap_or_default()))
        }
        Cow::Borrowed(name) => Some((name, value)),
        Cow::Owned(_) => None,
    };
    unprinted(code, params.into_iter().filter_map(param).collect())
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
        // There is no file: the letter's own name stands in its place.
        let said = Program.say(Lang::Zh, refused.code, &refused.params);
        assert!(said.starts_with("告知书"), "{said}");
        assert!(Program.letter_template("poem").is_none());
    }

    #[test]
    fn a_ledger_goes_out_as_a_workbook_and_comes_back() {
        let key = |of: &str| of.repeat(32);
        let sheet = serde_json::json!({
            "conference": key("c0"), "head": { "seq": 4, "hash": key("ab") }, "node_key": key("0f"),
            "office": key("0f"), "lines": [],
            "seats": [{ "node_key": key("01"), "name": "县民政局" }],
        });
        let sheet = sheet.to_string();
        let book = Program
            .print(Lang::Zh, Paper::LedgerBook, sheet.as_bytes())
            .unwrap();
        assert_eq!((book.name.as_str(), book.media), ("ledger.xlsx", BOOK));
        let found = Program
            .sheet_edits(Lang::Zh, sheet.as_bytes(), &book.bytes)
            .unwrap();
        assert!(found.lines.is_empty() && found.problems.is_empty());
        assert_eq!(
            (found.change_headings.len(), found.problem_headings.len()),
            (3, 7)
        );
        let other = sheet.replace(&key("c0"), &key("c1"));
        let refused = Program
            .sheet_edits(Lang::Zh, other.as_bytes(), &book.bytes)
            .unwrap_err();
        assert!(refused.code.starts_with("sheet_"), "{refused:?}");
        let broken = Program
            .sheet_edits(Lang::Zh, sheet.as_bytes(), b"PK")
            .unwrap_err();
        let params: Vec<&str> = broken.params.iter().map(|(_, value)| value.as_str()).collect();
        assert!(!params.iter().any(|value| value.contains('/')), "{broken:?}");
    }

    #[test]
    fn minutes_and_publications_are_printed() {
        let decision = serde_json::json!({
            "item": "21".repeat(16), "kind": "finding", "pair": ["县民政局", "县残联"], "text": "由残联核实",
            "by": "县残联", "due": "2026-12-20", "minutes": "纪要1号",
        });
        let given = serde_json::json!({ "on": "2026-11-30", "minutes": {
            "conference": "联席会议", "office": "县政法委", "attendees": ["县民政局"], "decisions": [decision],
        } });
        let given = given.to_string();
        let printed = Program.print(Lang::En, Paper::Minutes, given.as_bytes()).unwrap();
        let text = String::from_utf8(printed.bytes).unwrap();
        assert!(text.contains("纪要1号") && text.contains("由残联核实"));
        let file = Program
            .print(Lang::En, Paper::MinutesFile, given.as_bytes())
            .unwrap();
        assert!(file.name.ends_with(".docx") && file.bytes.starts_with(b"PK"));
        let funds = serde_json::json!({
            "round": 3, "by": "县政法委", "paid": false, "smallest": 5, "months": [],
            "rows": [{ "of": "县民政局", "fen": [123_456, null, 0] }],
        });
        let funds = funds.to_string();
        let printed = Program
            .print(Lang::En, Paper::Publication, funds.as_bytes())
            .unwrap();
        let text = String::from_utf8(printed.bytes).unwrap();
        assert!(text.contains("＊") && text.contains("县民政局"));
    }

    #[test]
    fn what_is_no_report_is_not_printed() {
        assert!(Program.print(Lang::En, Paper::Report, b"{}").is_err());
        assert!(Program.print(Lang::En, Paper::Slip, b"{}").is_err());
    }
}
