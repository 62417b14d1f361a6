//! Agreements as IT sees them: which there are, between whom, and what each side learns. Others sign them.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{AgreementDetail, AgreementList, AgreementView, Hex32};

use crate::agreements::text;
use crate::fault::{Fault, Result};
use crate::guard::Who;
use crate::page::{Page, html};
use crate::table::{Asked, Part};

#[derive(Template)]
#[template(path = "it/agreements.html")]
struct Agreements {
    p: Page,
    agreements: Vec<AgreementView>,
    part: Part,
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let mut list: AgreementList = who.api().get("/api/v1/agreements").await?;
    list.agreements
        .sort_by_key(|agreement| Reverse(agreement.changed_at));
    let p = who.page("it.agreements");
    let (agreements, part) = asked.page("/it/agreements", list.agreements, |agreement| text(&p, agreement));
    html(&Agreements { p, agreements, part })
}

#[derive(Template)]
#[template(path = "it/agreement.html")]
struct Agreement {
    p: Page,
    detail: AgreementDetail,
    text: String,
}

pub(super) async fn show(Path(digest): Path<String>, who: Who) -> Result<Response> {
    let digest = Hex32::parse(&digest).ok_or(Fault::NoPage)?;
    let detail: AgreementDetail = who.api().get(&format!("/api/v1/agreements/{digest}")).await?;
    html(&Agreement {
        p: who.page("it.agreement").titled(detail.summary.number.clone()),
        text: serde_json::to_string_pretty(&detail.agreement).unwrap_or_default(),
        detail,
    })
}

/// The class of the badge of a state.
fn class(state: &str) -> &'static str {
    match state {
        "signed" => "good",
        "refused" => "bad",
        _ => "calm",
    }
}
