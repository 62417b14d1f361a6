//! Leads and omissions: people who may be left without help. Nothing is said against anybody.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{FindingList, MatterHistory, TakeRequest};
use serde::Deserialize;

use super::entry::Entry;
use super::finding::id;
use crate::fault::Result;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::Pager;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: u64,
}

#[derive(Template)]
#[template(path = "case/clues.html")]
struct List {
    p: Page,
    list: FindingList,
    pager: Pager,
}

pub(super) async fn list(who: Who, Query(asked): Query<Asked>) -> Result<Response> {
    let path = format!("/api/v1/findings?clues=true&limit=100&after={}", asked.after);
    let list: FindingList = who.api().get(&path).await?;
    html(&List {
        pager: Pager::new("/case/clues", asked.after, list.next),
        p: who.page("case.clues").with_findings(),
        list,
    })
}

#[derive(Template)]
#[template(path = "case/clue_take.html")]
struct Take {
    p: Page,
    f: Form,
    round: String,
    seq: u64,
}

impl Take {
    fn of(who: &Who, round: &str, seq: u64, f: Form) -> Result<Self> {
        let round = id(round)?.to_string();
        let here = format!("/case/clues/{round}/{seq}");
        Ok(Self {
            p: who
                .page("case.clue_take")
                .with_findings()
                .at(&here)
                .wrong(f.problems()),
            f,
            round,
            seq,
        })
    }
}

pub(super) async fn taking(Path((round, seq)): Path<(String, u64)>, who: Who) -> Result<Response> {
    html(&Take::of(&who, &round, seq, Form::new())?)
}

pub(super) async fn take(
    Path((round, seq)): Path<(String, u64)>,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let mut entry = Entry::new(&who, &fields, &["number", "on"]);
    let request = TakeRequest {
        number: entry.text("number"),
        on: entry.day("on"),
    };
    let mut f = entry.f;
    if f.is_fine() {
        let path = format!("/api/v1/rounds/{}/findings/{seq}/clue", id(&round)?);
        match who.api().post::<MatterHistory>(&path, &request).await {
            Ok(taken) => {
                let to = format!("/case/matters/{}", taken.matter.id);
                return Ok(done(&to, "case.done_taken"));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Take::of(&who, &round, seq, f)?)
}
