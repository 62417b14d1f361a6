//! What the agency's own records break among themselves, without any other agency: to be looked at right after an import.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::FindingPage;
use serde::Deserialize;

use crate::api::part;
use crate::fault::Result;
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show::today;

/// A page shows no more; what is beyond is found by fewer months.
const MOST: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    place: String,
    from: String,
    until: String,
}

#[derive(Template)]
#[template(path = "case/local.html")]
struct Local {
    p: Page,
    f: Form,
    found: Option<FindingPage>,
    more: bool,
}

pub(super) async fn show(who: Who, Query(asked): Query<Asked>) -> Result<Response> {
    let this_month = today().strftime("%Y-%m").to_string();
    let or = |text: &str, usual: &str| match text.trim() {
        "" => usual.to_owned(),
        text => text.to_owned(),
    };
    let mut f = Form::new()
        .with("place", asked.place.trim())
        .with("from", or(&asked.from, &this_month))
        .with("until", or(&asked.until, &this_month));
    let mut found = None;
    if !asked.place.trim().is_empty() {
        let path = format!(
            "/api/v1/findings/local?place={}&from={}&until={}",
            part(f.value("place")),
            part(f.value("from")),
            part(f.value("until")),
        );
        match who.api().get::<FindingPage>(&path).await {
            Ok(page) => found = Some(page),
            Err(fault) => f.refused(
                &who.visit,
                &*fault.of_the_form()?,
                &[("place", "place"), ("month", "from")],
            ),
        }
    }
    let more = found.as_ref().is_some_and(|page| page.findings.len() > MOST);
    if let Some(page) = &mut found {
        page.findings.truncate(MOST);
    }
    let p = who.page("case.local").with_findings().wrong(f.problems());
    let is_fine = f.is_fine();
    let page = Local { p, f, found, more };
    match is_fine {
        true => html(&page),
        false => refused(&page),
    }
}
