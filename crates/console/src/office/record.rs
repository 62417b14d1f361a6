//! The record that all keep, entry by entry, and whether its chain and its signatures hold.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{RecordPage, RecordVerified};
use serde::Deserialize;

use super::at::At;
use crate::fault::Result;
use crate::form::Sent;
use crate::guard::Who;
use crate::page::{Page, html};
use crate::table::Pager;

const LIMIT: u64 = 100;

/// Which part of the record.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: u64,
}

#[derive(Template)]
#[template(path = "office/record.html")]
struct Record {
    p: Page,
    at: At,
    record: RecordPage,
    pager: Pager,
    verified: Option<RecordVerified>,
}

impl Record {
    async fn of(who: &Who, id: &str, after: u64) -> Result<Self> {
        let at = At::find(who, id, "/record").await?;
        let path = at.api(&format!("/record?after={after}&limit={LIMIT}"));
        let record: RecordPage = who.api().get(&path).await?;
        let last = record.entries.last().map(|entry| entry.seq);
        let next = last.filter(|last| *last < record.head.seq);
        Ok(Self {
            p: who.page("office.record"),
            pager: Pager::new(&at.page("/record"), after, next),
            at,
            record,
            verified: None,
        })
    }
}

pub(super) async fn list(
    Path(id): Path<String>,
    Query(Asked { after }): Query<Asked>,
    who: Who,
) -> Result<Response> {
    html(&Record::of(&who, &id, after).await?)
}

pub(super) async fn verify(Path(id): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    let mut page = Record::of(&who, &id, 0).await?;
    page.verified = Some(who.api().act(&page.at.api("/record/verify")).await?);
    html(&page)
}
