//! Whether a report is what its node signed: from its file and cards alone.

use askama::Template;
use axum::extract::multipart::Field;
use axum::response::Response;
use hefu_node::api::view::{ReportVerifiedView, VerifyReportRequest};

use crate::fault::{Fault, Result};
use crate::form::{Form, in_time};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::upload::{Piece, SentFiles, text};

/// The longest report that is read: some 100,000 findings.
const MAX_REPORT_BYTES: usize = 64 << 20;

/// More cards than an agreement can have parties.
const MAX_CARDS: usize = 64;

#[derive(Template)]
#[template(path = "compliance/verify.html")]
struct Verify {
    p: Page,
    f: Form,
    /// The name of the file that was handed in.
    file: String,
    verified: Option<ReportVerifiedView>,
    /// Why it does not hold.
    fails: Option<String>,
}

impl Verify {
    fn of(who: &Who, f: Form) -> Self {
        Self {
            p: who.page("compliance.verify").wrong(f.problems()),
            f,
            file: String::new(),
            verified: None,
            fails: None,
        }
    }
}

pub(super) async fn show(who: Who) -> Result<Response> {
    html(&Verify::of(&who, Form::new()))
}

pub(super) async fn verify(mut sent: SentFiles) -> Result<Response> {
    let who = sent.who.clone();
    let p = who.page("compliance.verify");
    let mut f = Form::new();
    let (mut report, mut cards) = (None, Vec::new());
    while let Some(piece) = sent.next().await? {
        match piece {
            Piece::File(field, name, content) if field == "report" && !name.is_empty() => {
                match whole(content).await? {
                    Some(whole) => report = Some((name, whole)),
                    None => {
                        f.wrong("report", p.w("compliance.report_too_large"));
                        break;
                    }
                }
            }
            Piece::File(field, name, mut content) if field == "cards" && !name.is_empty() => {
                if cards.len() == MAX_CARDS {
                    return Err(Fault::Form);
                }
                cards.push(text(&mut content).await?);
            }
            Piece::Text(..) | Piece::File(..) => {}
        }
    }
    let Some((file, report)) = report.filter(|_| f.is_fine()) else {
        if f.is_fine() {
            f.wrong("report", p.w("compliance.report_none"));
        }
        return refused(&Verify::of(&who, f));
    };
    let request = VerifyReportRequest { report, cards };
    match who
        .api()
        .post::<ReportVerifiedView>("/api/v1/reports/verify", &request)
        .await
    {
        Ok(verified) => html(&Verify {
            file,
            verified: Some(verified),
            ..Verify::of(&who, f)
        }),
        Err(fault) => {
            let error = fault.of_the_form()?;
            // What is wrong with a card is wrong with the form; with the report, it is the answer.
            if !error.code.starts_with("report_") {
                f.refused(&who.visit, &error, &[]);
                return refused(&Verify::of(&who, f));
            }
            html(&Verify {
                file,
                fails: Some(who.visit.words_of(&error)),
                ..Verify::of(&who, f)
            })
        }
    }
}

/// A file as a text; nothing where it is longer than any report. A workbook is no text, and is told apart by how it begins.
async fn whole(mut field: Box<Field<'_>>) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    while let Some(piece) = in_time(field.chunk()).await?.map_err(|_| Fault::Form)? {
        if bytes.len() + piece.len() > MAX_REPORT_BYTES {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
