//! The ledger as a workbook: out, to be worked in, and back, with what stands against it.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::LinesRequest;
use serde_json::Value;

use crate::fault::{Fault, Result};
use crate::form::{Form, in_time};
use crate::guard::Who;
use crate::office::at::{self, At};
use crate::page::{Page, html, paper, refused};
use crate::table::Csv;
use crate::upload::{Piece, SentFiles};
use crate::{Binary, Paper, SheetEdits};

/// As many lines as go in one request.
const LINES_A_REQUEST: usize = 2_000;
/// A workbook of all lines that a ledger can have is smaller.
const MAX_BOOK_BYTES: usize = 32 << 20;
/// As many rows of each list as a page shows.
const SHOWN: usize = 200;

pub(in crate::office) async fn export(Path(id): Path<String>, who: Who) -> Result<Response> {
    let sheet = at::api(&id, "/ledger/sheet")?;
    let given = who.api().bytes(Method::GET, &sheet).await?;
    paper(&who, Paper::LedgerBook, given).await
}

#[derive(Template)]
#[template(path = "office/sheet.html")]
struct Sheet {
    p: Page,
    f: Form,
    at: At,
    /// What the workbook comes to, and whether it was put on the ledger.
    found: Option<(SheetEdits, bool)>,
}

impl Sheet {
    fn of(who: &Who, at: At, f: Form) -> Self {
        let p = who.page("office.sheet").with_findings().wrong(f.problems());
        Self {
            p: p.at(&at.page("/ledger")),
            f,
            at,
            found: None,
        }
    }
}

/// Compares a workbook with the ledger, and puts what is new or changed on it where that is asked for. Rows with conflicts
/// are never put on.
pub(in crate::office) async fn import(Path(id): Path<String>, mut sent: SentFiles) -> Result<Response> {
    let who = sent.who.clone();
    let at = At::find(&who, &id, "/ledger").await?;
    let (mut applies, mut book) = (false, Vec::new());
    while let Some(piece) = sent.next().await? {
        match piece {
            Piece::Text(field, value) if field == "act" => applies = value == "apply",
            Piece::File(field, file, mut content) if field == "book" && !file.is_empty() => {
                while let Some(bytes) = in_time(content.chunk()).await?.map_err(|_| Fault::Form)? {
                    book.extend_from_slice(&bytes);
                    if book.len() > MAX_BOOK_BYTES {
                        return Err(Fault::Form);
                    }
                }
            }
            Piece::Text(..) | Piece::File(..) => {}
        }
    }
    let mut f = Form::new();
    if book.is_empty() {
        f.wrong("book", who.page("office.sheet").w("office.book_none"));
        return refused(&Sheet::of(&who, at, f));
    }
    let sheet = who.api().bytes(Method::GET, &at.api("/ledger/sheet")).await?;
    let visit = &who.visit;
    let lang = visit.lang;
    let comparing = move |binary: &dyn Binary| binary.sheet_edits(lang, &sheet, &book);
    let found = match visit.console.lent(comparing).await? {
        Ok(found) => found,
        Err(unprinted) => {
            let words = visit
                .console
                .binary
                .say(visit.lang, unprinted.code, &unprinted.params);
            f.wrong("book", words);
            return refused(&Sheet::of(&who, at, f));
        }
    };
    if applies {
        for some in found.lines.chunks(LINES_A_REQUEST) {
            let request = LinesRequest {
                lines: Value::Array(some.to_vec()),
                draw_items: false,
            };
            if let Err(fault) = who.api().order(&at.api("/ledger/changes"), &request).await {
                f.refused(&who.visit, &*fault.of_the_form()?, &[]);
                return refused(&Sheet::of(&who, at, f));
            }
        }
    }
    let mut page = Sheet::of(&who, at, f);
    page.found = Some((found, applies));
    html(&page)
}

impl Sheet {
    /// All that stands against the workbook, as a file for whoever corrects it.
    fn problems_link(&self, found: &SheetEdits) -> String {
        let mut csv = Csv::new();
        csv.row([self.p.w("office.sheet_problems").as_str()]);
        for row in std::iter::once(&found.problem_headings).chain(&found.problems) {
            csv.row(row.iter().map(String::as_str));
        }
        csv.into_link()
    }
}

/// The first rows of a list, as many as a page shows.
fn first(rows: &[Vec<String>]) -> &[Vec<String>] {
    rows.get(..SHOWN).unwrap_or(rows)
}
