//! 协查: questions about one person to another agency. Two people who did not draft them let them out.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{Hex16, InquiryDetail, InquiryList, InquiryView, ReasonRequest};

use super::said::Listed;
use crate::fault::{Fault, Result};
use crate::findings::inquiry_text;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::{Asked, Part};

#[derive(Template)]
#[template(path = "compliance/inquiries.html")]
struct Inquiries {
    p: Page,
    lists: Vec<Listed<InquiryView>>,
    part: Part,
}

/// Whether another person's word lets it out.
pub(super) fn waits(inquiry: &InquiryView) -> bool {
    inquiry.side == "asks"
        && matches!(
            inquiry.stage.as_str(),
            "inquiry_stage_drafted" | "inquiry_stage_approved"
        )
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let mut list: InquiryList = who.api().get("/api/v1/inquiries").await?;
    let p = who.page("compliance.inquiries").with_findings();
    // What waits comes first, on whatever page it then is.
    list.inquiries.sort_by_key(|inquiry| !waits(inquiry));
    let (page, part) = asked.page("/compliance/inquiries", list.inquiries, |inquiry| {
        inquiry_text(&p, &p.said("inquiry_side_", &inquiry.side), inquiry)
    });
    let (waiting, others) = page.into_iter().partition(waits);
    html(&Inquiries {
        part,
        lists: Listed::both(
            (p.w("compliance.inquiries_waiting"), waiting),
            (p.w("compliance.inquiries_others"), others),
        ),
        p,
    })
}

#[derive(Template)]
#[template(path = "compliance/inquiry.html")]
struct Inquiry {
    p: Page,
    f: Form,
    detail: InquiryDetail,
    me: String,
}

impl Inquiry {
    async fn of(who: &Who, item: &str, f: Form) -> Result<Self> {
        let item = Hex16::parse(item).ok_or(Fault::NoPage)?;
        let own = format!("/compliance/inquiries/{item}");
        let p = who
            .page("compliance.inquiry")
            .at(&own)
            .wrong(f.problems())
            .with_findings();
        let detail: InquiryDetail = who.api().get(&format!("/api/v1/inquiries/{item}")).await?;
        Ok(Self {
            p: p.titled(detail.inquiry.document.clone()),
            f,
            detail,
            me: who.seen.name.clone(),
        })
    }

    /// Nobody approves what they drafted, or twice.
    fn may_decide(&self) -> bool {
        let inquiry = &self.detail.inquiry;
        waits(inquiry) && !self.is_own() && !inquiry.approved_by.contains(&self.me)
    }

    fn is_own(&self) -> bool {
        self.detail.inquiry.owner.as_ref() == Some(&self.me)
    }

    /// Whether one's word is the second, by which the number leaves.
    fn releases(&self) -> bool {
        self.detail.inquiry.stage == "inquiry_stage_approved"
    }
}

pub(super) async fn show(Path(item): Path<String>, who: Who) -> Result<Response> {
    html(&Inquiry::of(&who, &item, Form::new()).await?)
}

pub(super) async fn approve(Path(item): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    let id = Hex16::parse(&item).ok_or(Fault::NoPage)?;
    let path = format!("/api/v1/inquiries/{id}/approve");
    match who.api().command(Method::POST, &path).await {
        Ok(()) => Ok(done(
            &format!("/compliance/inquiries/{id}"),
            "compliance.done_inquiry_approved",
        )),
        Err(fault) => {
            let mut f = Form::new();
            f.refused(&who.visit, &*fault.of_the_form()?, &[]);
            refused(&Inquiry::of(&who, &item, f).await?)
        }
    }
}

pub(super) async fn refuse(Path(item): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let id = Hex16::parse(&item).ok_or(Fault::NoPage)?;
    let mut f = Form::keeping(&fields, &["reason"]);
    f.demand(&who.visit, &fields, &["reason"]);
    if f.is_fine() {
        let request = ReasonRequest {
            reason: fields.text("reason").to_owned(),
        };
        match who
            .api()
            .order(&format!("/api/v1/inquiries/{id}/refuse"), &request)
            .await
        {
            Ok(()) => {
                return Ok(done(
                    &format!("/compliance/inquiries/{id}"),
                    "compliance.done_inquiry_refused",
                ));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Inquiry::of(&who, &item, f).await?)
}

/// The class of the badge of a stage.
fn class(inquiry: &InquiryView) -> &'static str {
    match inquiry.stage.as_str() {
        _ if waits(inquiry) => "warn",
        "inquiry_stage_answered" | "inquiry_stage_closed" | "reply_stage_sent" => "good",
        "inquiry_stage_refused" => "bad",
        _ => "calm",
    }
}
