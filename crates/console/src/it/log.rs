//! Security events: what the audit log of the node has, by what happened and when, and whether its chain holds.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{EntryView, LOG_KINDS, Verified};
use serde::Deserialize;

use crate::api::joined;
use crate::fault::Result;
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::log::{self, body, kind};
use crate::page::{Page, html, refused};
use crate::table::Pager;

const HERE: &str = "/it/log";

/// The choice of what somebody looks through who fears that another tries to get in.
const OF_SECURITY: &str = "security";

#[derive(Template)]
#[template(path = "it/log.html")]
struct Log {
    p: Page,
    f: Form,
    /// What can be chosen, with its words.
    kinds: Vec<(String, String)>,
    entries: Vec<EntryView>,
    pager: Pager,
    verified: Option<Verified>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Nothing, [`OF_SECURITY`], or a kind of entry.
    what: String,
    from: String,
    until: String,
    before: String,
}

impl Asked {
    /// As the address of the page has it.
    fn own(&self) -> String {
        let all = [("what", &self.what), ("from", &self.from), ("until", &self.until)];
        let filled = all.map(|(name, value)| (name, value.trim().to_owned()));
        joined(filled.into_iter().filter(|(_, value)| !value.is_empty()))
    }

    /// As the interface takes it.
    fn query(&self) -> String {
        let what = match self.what.trim() {
            OF_SECURITY => ("security", "true"),
            kind => ("kind", kind),
        };
        let all = [what, ("from", self.from.trim()), ("until", self.until.trim())];
        let filled = all.into_iter().filter(|(_, value)| !value.is_empty());
        joined(filled.map(|(name, value)| (name, value.to_owned())))
    }
}

impl Log {
    async fn of(who: &Who, asked: &Asked, verified: Option<Verified>) -> Result<Self> {
        let p = who.page("it.log").at(HERE);
        let mut f = Form::new()
            .with("what", asked.what.trim())
            .with("from", asked.from.as_str())
            .with("until", asked.until.as_str());
        f.day(&p, "from", &asked.from);
        f.day(&p, "until", &asked.until);
        let (entries, pager) = match f.is_fine() {
            true => log::entries(who, &asked.query(), HERE, &asked.own(), &asked.before).await?,
            false => Default::default(),
        };
        let mut kinds = vec![
            (String::new(), p.w("it.log_all")),
            (OF_SECURITY.to_owned(), p.w("it.log_security")),
        ];
        kinds.extend(LOG_KINDS.map(|kind| (kind.to_owned(), p.said("log_", kind))));
        Ok(Self {
            p: p.wrong(f.problems()),
            f,
            kinds,
            entries,
            pager,
            verified,
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
