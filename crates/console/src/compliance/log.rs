//! The audit log, by what happened, who did it and when; and whether its chain holds.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{EntryView, Verified};
use serde::Deserialize;

use crate::api::joined;
use crate::fault::Result;
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::log::{self, body, kind};
use crate::page::{Page, html, refused};
use crate::table::Pager;

const HERE: &str = "/compliance/log";

#[derive(Template)]
#[template(path = "compliance/log.html")]
struct Log {
    p: Page,
    f: Form,
    entries: Vec<EntryView>,
    pager: Pager,
    verified: Option<Verified>,
    narrowed: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    actor: String,
    from: String,
    until: String,
    before: String,
}

impl Asked {
    fn query(&self) -> String {
        let all = [
            ("kind", &self.kind),
            ("actor", &self.actor),
            ("from", &self.from),
            ("until", &self.until),
        ];
        let said = all
            .into_iter()
            .map(|(name, value)| (name, value.trim().to_owned()));
        joined(said.filter(|(_, value)| !value.is_empty()))
    }
}

impl Log {
    async fn of(who: &Who, asked: &Asked, verified: Option<Verified>) -> Result<Self> {
        let p = who.page("compliance.log").at(HERE);
        let mut f = Form::new()
            .with("kind", asked.kind.as_str())
            .with("actor", asked.actor.as_str())
            .with("from", asked.from.as_str())
            .with("until", asked.until.as_str());
        f.day(&p, "from", &asked.from);
        f.day(&p, "until", &asked.until);
        let query = asked.query();
        let (entries, pager) = match f.is_fine() {
            true => log::entries(who, &query, HERE, &query, &asked.before).await?,
            false => Default::default(),
        };
        Ok(Self {
            pager,
            entries,
            p: p.wrong(f.problems()),
            f,
            verified,
            narrowed: !query.is_empty(),
        })
    }
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let log = Log::of(&who, &asked, None).await?;
    match log.f.is_fine() {
        true => html(&log),
        false => refused(&log),
    }
}

/// Follows the chain from its beginning.
pub(super) async fn verify(Sent { who, .. }: Sent) -> Result<Response> {
    let verified = who.api().get("/api/v1/audit/verify").await?;
    html(&Log::of(&who, &Asked::default(), Some(verified)).await?)
}
