//! Security events: what the audit log of the node has, and whether its chain holds.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{EntryPage, EntryView, NodeView, Verified};
use serde::Deserialize;
use serde_json::Value;

use crate::fault::Result;
use crate::form::Sent;
use crate::guard::Who;
use crate::page::{Page, html};
use crate::table::Pager;

const SHOWN: u64 = 100;

#[derive(Template)]
#[template(path = "it/log.html")]
struct Log {
    p: Page,
    entries: Vec<EntryView>,
    pager: Pager,
    verified: Option<Verified>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Without it, the end of the log is shown: what happened last is what one looks for.
    after: Option<u64>,
}

impl Log {
    async fn of(who: &Who, after: Option<u64>, verified: Option<Verified>) -> Result<Self> {
        let after = match after {
            Some(after) => after,
            None => {
                let node: NodeView = who.api().get("/api/v1/node").await?;
                node.log.seq.saturating_sub(SHOWN)
            }
        };
        let path = format!("/api/v1/audit/entries?after={after}&limit={SHOWN}");
        let page: EntryPage = who.api().get(&path).await?;
        let mut entries = page.entries;
        entries.reverse();
        // The newest come first here, so the way on leads back.
        let earlier = (after > 0).then(|| format!("/it/log?after={}", after.saturating_sub(SHOWN)));
        Ok(Self {
            p: who.page("it.log").at("/it/log"),
            entries,
            pager: Pager {
                first: Some("/it/log".to_owned()),
                next: earlier,
            },
            verified,
        })
    }
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    html(&Log::of(&who, asked.after, None).await?)
}

/// Follows the chain from its beginning.
pub(super) async fn verify(Sent { who, .. }: Sent) -> Result<Response> {
    let verified = who.api().get("/api/v1/audit/verify").await?;
    html(&Log::of(&who, None, Some(verified)).await?)
}

/// What belongs to an entry, in one line.
fn body(entry: &EntryView) -> String {
    let Some(fields) = entry.body.as_object() else {
        return String::new();
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let said: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}: {}", text(value)))
        .collect();
    said.join(" · ")
}
