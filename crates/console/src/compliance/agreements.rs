//! Agreements to be signed or refused, with what each party learns by them in plain words.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hefu_node::api::view::{
    AgreementDetail, AgreementList, AgreementView, Hex32, Learns, NodeView, RefuseRequest,
};
use serde_json::Value;

use super::said::Listed;
use crate::agreements::text;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show;
use crate::table::{Asked, Part};

#[derive(Template)]
#[template(path = "compliance/agreements.html")]
struct Agreements {
    p: Page,
    lists: Vec<Listed<AgreementView>>,
    part: Part,
}

/// Whether it waits for this agency's signature.
pub(super) fn waits(agreement: &AgreementView, own: &Hex32) -> bool {
    let mut parties = agreement.parties.iter();
    agreement.state == "draft" && parties.any(|party| party.node_key == *own && !party.signed)
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let node: NodeView = who.api().get("/api/v1/node").await?;
    let mut list: AgreementList = who.api().get("/api/v1/agreements").await?;
    let p = who.page("compliance.agreements");
    let is_waiting = |agreement: &AgreementView| waits(agreement, &node.node_key);
    // What waits comes first, on whatever page it then is.
    list.agreements
        .sort_by_key(|agreement| (!is_waiting(agreement), Reverse(agreement.changed_at)));
    let (page, part) = asked.page("/compliance/agreements", list.agreements, |agreement| {
        text(&p, agreement)
    });
    let (waiting, others) = page.into_iter().partition(is_waiting);
    html(&Agreements {
        part,
        lists: Listed::both(
            (p.w("compliance.agreements_waiting"), waiting),
            (p.w("compliance.agreements_others"), others),
        ),
        p,
    })
}

#[derive(Template)]
#[template(path = "compliance/agreement.html")]
struct Agreement {
    p: Page,
    f: Form,
    detail: AgreementDetail,
    /// What each party learns, party by party.
    learns: Vec<(String, Vec<Learns>)>,
    waits: bool,
    catalogue: Catalogue,
    text: String,
}

impl Agreement {
    async fn of(who: &Who, digest: &Hex32, f: Form) -> Result<Self> {
        let node: NodeView = who.api().get("/api/v1/node").await?;
        let detail: AgreementDetail = who.api().get(&format!("/api/v1/agreements/{digest}")).await?;
        let mut learns: Vec<(String, Vec<Learns>)> = Vec::new();
        for each in &detail.learns {
            match learns.iter_mut().find(|(party, _)| *party == each.party) {
                Some((_, all)) => all.push(each.clone()),
                None => learns.push((each.party.clone(), vec![each.clone()])),
            }
        }
        let own = format!("/compliance/agreements/{digest}");
        Ok(Self {
            p: who
                .page("compliance.agreement")
                .titled(detail.summary.number.clone())
                .at(&own)
                .wrong(f.problems()),
            f,
            waits: waits(&detail.summary, &node.node_key),
            catalogue: Catalogue::of(who).await?,
            text: serde_json::to_string_pretty(&detail.agreement).unwrap_or_default(),
            learns,
            detail,
        })
    }

    /// Texts of a list in the agreement.
    fn listed(&self, name: &str) -> Vec<String> {
        let all = self.detail.agreement[name].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The programmes whose records a party enters.
    fn programmes(&self, party: &usize) -> String {
        let all = self.detail.agreement["parties"][*party]["programmes"].as_array();
        let codes = all.into_iter().flatten().filter_map(Value::as_str);
        codes
            .map(|code| self.catalogue.name(code))
            .collect::<Vec<_>>()
            .join("、")
    }

    /// A number in the agreement.
    fn number(&self, name: &str) -> Option<String> {
        self.detail.agreement[name].as_u64().map(show::count)
    }
}

pub(super) async fn show(Path(digest): Path<String>, who: Who) -> Result<Response> {
    html(&Agreement::of(&who, &named(&digest)?, Form::new()).await?)
}

/// The agreement with its signatures, to be carried to the other party.
pub(super) async fn dossier(Path(digest): Path<String>, who: Who) -> Result<Response> {
    let digest = named(&digest)?;
    let path = format!("/api/v1/agreements/{digest}/dossier");
    let file = who.api().bytes(Method::GET, &path).await?;
    let name = format!("agreement-{}.json", show::short(&digest.to_string()));
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, file).into_response())
}

pub(super) async fn sign(Path(digest): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let digest = named(&digest)?;
    let mut f = Form::new();
    if !fields.ticked("read") {
        f.wrong(
            "read",
            who.page("compliance.agreement").w("compliance.sign_read_first"),
        );
    }
    if f.is_fine() {
        let path = format!("/api/v1/agreements/{digest}/sign");
        match who.api().command(Method::POST, &path).await {
            Ok(()) => {
                return Ok(done(
                    &format!("/compliance/agreements/{digest}"),
                    "compliance.done_signed",
                ));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Agreement::of(&who, &digest, f).await?)
}

pub(super) async fn refuse(Path(digest): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let digest = named(&digest)?;
    let mut f = Form::keeping(&fields, &["reason"]);
    f.demand(&who.visit, &fields, &["reason"]);
    if f.is_fine() {
        let request = RefuseRequest {
            reason: fields.text("reason").to_owned(),
        };
        let path = format!("/api/v1/agreements/{digest}/refuse");
        match who.api().order(&path, &request).await {
            Ok(()) => {
                return Ok(done(
                    &format!("/compliance/agreements/{digest}"),
                    "compliance.done_refused",
                ));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Agreement::of(&who, &digest, f).await?)
}

fn named(digest: &str) -> Result<Hex32> {
    Hex32::parse(digest).ok_or(Fault::NoPage)
}

/// The class of the badge of a state.
pub(super) fn class(state: &str) -> &'static str {
    match state {
        "signed" => "good",
        "refused" => "bad",
        _ => "warn",
    }
}
