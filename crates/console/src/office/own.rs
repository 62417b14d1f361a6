//! The lines that are this agency's, joined to what they are of: people are masked, and whoever looks again finds what is
//! due.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{OwnLinePage, OwnLineView, PlaceView};
use serde::Deserialize;

use super::at::At;
use super::ledger::{STATES, stands, state_class};
use crate::fault::Result;
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html};
use crate::table::Pager;

const ROWS: u64 = 100;

/// Which lines. A form sends what was not chosen as nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    late: String,
    after: u64,
}

#[derive(Template)]
#[template(path = "office/own.html")]
struct Own {
    p: Page,
    f: Form,
    at: At,
    page: OwnLinePage,
    pager: Pager,
    states: Vec<(&'static str, String)>,
}

pub(super) async fn list(Path(id): Path<String>, Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/own").await?;
    let mut query = String::new();
    if !asked.state.is_empty() {
        query = format!("&state={}", crate::api::part(&asked.state));
    }
    if !asked.late.is_empty() {
        query.push_str("&late=true");
    }
    let after = asked.after;
    let path = at.api(&format!("/own?after={after}&limit={ROWS}{query}"));
    let page: OwnLinePage = who.api().get(&path).await?;
    let p = who.page("office.own").with_findings();
    let all = std::iter::once(("", p.w("office.all")));
    html(&Own {
        states: all
            .chain(STATES.map(|code| (code, p.said("line_state_", code))))
            .collect(),
        p,
        f: Form::new()
            .with("state", asked.state)
            .with("late", if asked.late.is_empty() { "" } else { "yes" }),
        pager: Pager::new(
            &at.page(&format!("/own?{}", query.trim_start_matches('&'))),
            after,
            page.next,
        ),
        at,
        page,
    })
}

/// Where the matter stands here, in words, with the address of its page where this role has one.
fn place(p: &Page, at: &At, own: &OwnLineView, place: &PlaceView) -> (Option<String>, String) {
    match place {
        PlaceView::Finding { round, seq } => {
            let words = p.w2("office.place_finding", p.short(round), seq);
            let address = at.works().then(|| format!("/case/findings/{round}/{seq}"));
            (address, words)
        }
        PlaceView::Matter { id, number } => {
            let number = number.clone().unwrap_or_else(|| id.to_string());
            (None, p.w1("office.place_matter", number))
        }
        PlaceView::Inquiry {} => (None, p.w1("office.place_inquiry", p.short(own.line.item))),
    }
}

/// The key of why a person is dealt with with more care; nothing where there is no such reason.
fn care(own: &OwnLineView) -> Vec<&'static str> {
    let care = &own.care;
    let mut keys = Vec::new();
    if care.protected {
        keys.push("office.care_protected");
    }
    if care.minor == "yes" {
        keys.push("office.care_minor");
    }
    if care.key_group == "yes" {
        keys.push("office.care_key_group");
    }
    keys
}
