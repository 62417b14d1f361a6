//! Forms that ask for no more than a reason, before something is done that all are told of.

use askama::Template;
use axum::response::Response;

use super::at::At;
use crate::fault::Result;
use crate::form::{Fields, Form, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};

/// A form that asks for a reason.
#[derive(Template)]
#[template(path = "office/reason.html")]
pub(super) struct Reason {
    p: Page,
    f: Form,
    at: At,
    ask: Ask,
}

/// What is asked.
pub(super) struct Ask {
    /// The key of the heading, and of the button.
    pub(super) title: &'static str,
    /// What will be done, in words.
    pub(super) about: String,
    /// Where it is sent.
    pub(super) action: String,
    /// Where one comes from and goes back to.
    pub(super) back: String,
}

/// The form, empty.
pub(super) fn ask(who: &Who, at: At, ask: Ask) -> Result<Response> {
    html(&Reason::of(who, at, ask, Form::new()))
}

/// Does what is asked, with the request that `of` makes of the reason, and leads back.
pub(super) async fn give<T: serde::Serialize>(
    who: &Who,
    fields: &Fields,
    at: At,
    ask: Ask,
    path: &str,
    of: impl FnOnce(String) -> T,
    said: &'static str,
) -> Result<Response> {
    let mut f = Form::keeping(fields, &["reason"]);
    f.demand(&who.visit, fields, &["reason"]);
    if f.is_fine() {
        match who.api().order(path, &of(fields.text("reason").to_owned())).await {
            Ok(()) => return Ok(done(&ask.back, said)),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &PLACES),
        }
    }
    refused(&Reason::of(who, at, ask, f))
}

/// What is wrong with a text that all are shown.
const PLACES: [(&str, &str); 3] = [
    ("reason", "reason"),
    ("text", "reason"),
    ("conference_bears_number", "reason"),
];

impl Reason {
    fn of(who: &Who, at: At, ask: Ask, f: Form) -> Self {
        Self {
            p: who.page(ask.title).wrong(f.problems()),
            f,
            at,
            ask,
        }
    }
}
