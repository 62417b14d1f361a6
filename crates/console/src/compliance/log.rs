//! The audit log, by what happened, who did it and when; and whether its chain holds.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{EntryPage, EntryView, Verified};
use serde::Deserialize;
use serde_json::Value;

use super::reports::day;
use crate::api::joined;
use crate::fault::Result;
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::Pager;

const SHOWN: u64 = 100;

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
        let p = who.page("compliance.log").at("/compliance/log");
        let mut f = Form::new()
            .with("kind", asked.kind.as_str())
            .with("actor", asked.actor.as_str())
            .with("from", asked.from.as_str())
            .with("until", asked.until.as_str());
        day(&p, &mut f, "from", &asked.from);
        day(&p, &mut f, "until", &asked.until);
        let before = asked.before.parse().unwrap_or(0_u64);
        let query = asked.query();
        let mut page = EntryPage {
            entries: Vec::new(),
            next: None,
        };
        if f.is_fine() {
            let path = format!("/api/v1/audit/entries?before={before}&limit={SHOWN}&{query}");
            page = who.api().get(path.trim_end_matches('&')).await?;
        }
        let own = match query.is_empty() {
            true => "/compliance/log?".to_owned(),
            false => format!("/compliance/log?{query}&"),
        };
        Ok(Self {
            pager: Pager {
                first: (before > 0).then(|| own.trim_end_matches(['?', '&']).to_owned()),
                next: page.next.map(|next| format!("{own}before={next}")),
            },
            entries: page.entries,
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

/// What happened, in words where there are some; the name that the log has for it stands beside it.
fn kind(p: &Page, entry: &EntryView) -> Option<String> {
    let said = p.said("log_", &entry.kind);
    (!said.ends_with(&entry.kind)).then_some(said)
}

/// What belongs to an entry, name by name.
fn body(entry: &EntryView) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = entry.body.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), text(value))).collect()
}
