//! Agreements as IT sees them: which there are, between whom, and what each side learns. Others sign them.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use hefu_node::api::view::{AgreementDetail, AgreementList, AgreementView, Hex32};

use crate::fault::{Fault, Result};
use crate::guard::Who;
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "it/agreements.html")]
struct Agreements {
    p: Page,
    agreements: Vec<AgreementView>,
}

pub(super) async fn list(who: Who) -> Result<Response> {
    let list: AgreementList = who.api().get("/api/v1/agreements").await?;
    html(&Agreements {
        p: who.page("it.agreements"),
        agreements: list.agreements,
    })
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
