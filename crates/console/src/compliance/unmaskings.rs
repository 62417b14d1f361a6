//! 查看完整号码, by two people: one asks and says why, another grants it, and it holds for half an hour.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{UnmaskingList, UnmaskingRequest, UnmaskingView};
use serde::Deserialize;

use super::finding::{Finding, Named, own_path, path_of, round};
use crate::fault::Result;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::Pager;

const SHOWN: u64 = 50;

#[derive(Template)]
#[template(path = "compliance/unmaskings.html")]
struct Unmaskings {
    p: Page,
    unmaskings: Vec<UnmaskingView>,
    pager: Pager,
    me: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    before: String,
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let before = asked.before.parse::<u64>().ok();
    let from = before.map_or_else(String::new, |before| format!("&before={before}"));
    let path = format!("/api/v1/unmaskings?limit={SHOWN}{from}");
    let list: UnmaskingList = who.api().get(&path).await?;
    let own = "/compliance/unmaskings";
    html(&Unmaskings {
        p: who.page("compliance.unmaskings").with_findings(),
        unmaskings: list.unmaskings,
        pager: Pager {
            first: before.map(|_| own.to_owned()),
            next: list.next.map(|next| format!("{own}?before={next}")),
        },
        me: who.seen.name.clone(),
    })
}

pub(super) async fn ask(Path((id, seq)): Named, Sent { who, fields }: Sent) -> Result<Response> {
    let round = round(&id)?;
    let mut f = Form::keeping(&fields, &["why"]);
    f.demand(&who.visit, &fields, &["why"]);
    if f.is_fine() {
        let request = UnmaskingRequest {
            reason: fields.text("why").to_owned(),
        };
        let path = format!("{}/unmaskings", path_of(&round, seq));
        match who.api().order(&path, &request).await {
            Ok(()) => return Ok(done(&own_path(&round, seq), "compliance.done_unmasking_asked")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[("unmasking_reason", "why")]),
        }
    }
    refused(&Finding::of(&who, round, seq, f).await?)
}

pub(super) async fn grant(Path(n): Path<u64>, Sent { who, .. }: Sent) -> Result<Response> {
    let path = format!("/api/v1/unmaskings/{n}/grant");
    who.api().command(Method::POST, &path).await?;
    Ok(done(
        "/compliance/unmaskings",
        "compliance.done_unmasking_granted",
    ))
}

pub(super) async fn refuse(Path(n): Path<u64>, Sent { who, .. }: Sent) -> Result<Response> {
    let path = format!("/api/v1/unmaskings/{n}/refuse");
    who.api().command(Method::POST, &path).await?;
    Ok(done(
        "/compliance/unmaskings",
        "compliance.done_unmasking_refused",
    ))
}

pub(super) async fn look(Path(n): Path<u64>, Sent { who, .. }: Sent) -> Result<Response> {
    crate::look::look(&who, n, "/compliance/unmaskings".to_owned()).await
}
