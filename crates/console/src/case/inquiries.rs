//! 协查: questions to other agencies about one person, and theirs to this one.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{
    AnswerRequest, FoundRequest, Hex16, InquiryDetail, InquiryList, InquiryRequest, InquiryView,
    ReasonRequest,
};

use super::entry::{Entry, UNITS};
use super::finding::{details, id, recorded};
use crate::catalogue::Catalogue;
use crate::fault::{Fault, Result};
use crate::findings::inquiry_text;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::{Asked, Part};

const ANSWERS: [(&str, FoundRequest); 5] = [
    ("paid_then", FoundRequest::PaidThen),
    ("not_paid_then", FoundRequest::NotPaidThen),
    ("other_person", FoundRequest::OtherPerson),
    ("no_record", FoundRequest::NoRecord),
    ("unclear", FoundRequest::Unclear),
];

/// What this agency is to do about an inquiry; nothing where it waits for the other, or all is done.
pub(super) fn awaits(inquiry: &InquiryView) -> Option<&'static str> {
    Some(match inquiry.stage.as_str() {
        "inquiry_stage_drafted" => "case.inquiry_to_approve",
        "inquiry_stage_approved" => "case.inquiry_to_release",
        "inquiry_stage_answered" => "case.inquiry_to_close",
        "inquiry_stage_sent" if inquiry.overdue => "case.inquiry_unanswered",
        "reply_stage_received" => "case.inquiry_to_take",
        "reply_stage_taken" => "case.inquiry_to_answer",
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "case/inquiries.html")]
struct List {
    p: Page,
    inquiries: Vec<InquiryView>,
    part: Part,
}

pub(super) async fn list(who: Who, Query(asked): Query<Asked>) -> Result<Response> {
    let list: InquiryList = who.api().get("/api/v1/inquiries").await?;
    let p = who.page("case.inquiries").with_findings();
    let (inquiries, part) = asked.page("/case/inquiries", list.inquiries, |inquiry| {
        inquiry_text(&p, &p.wx("case.side_", &inquiry.side), inquiry)
    });
    html(&List { p, inquiries, part })
}

#[derive(Template)]
#[template(path = "case/inquiry.html")]
struct One {
    p: Page,
    f: Form,
    detail: InquiryDetail,
    catalogue: Catalogue,
    answers: Vec<(&'static str, String)>,
}

impl One {
    async fn of(who: &Who, item: Hex16, f: Form) -> Result<Self> {
        let p = who
            .page("case.inquiry")
            .with_findings()
            .at(&format!("/case/inquiries/{item}"))
            .wrong(f.problems());
        let detail: InquiryDetail = who.api().get(&format!("/api/v1/inquiries/{item}")).await?;
        // What the rows suggest stands first; whoever answers decides.
        let f = match detail
            .records
            .as_ref()
            .and_then(|records| records.suggested.clone())
        {
            Some(suggested) if f.value("answer").is_empty() => f.with("answer", suggested),
            _ => f,
        };
        Ok(Self {
            catalogue: Catalogue::of(who).await?,
            answers: ANSWERS.map(|(code, _)| (code, p.said("answer_", code))).into(),
            detail,
            p,
            f,
        })
    }

    fn about(&self) -> &InquiryView {
        &self.detail.inquiry
    }

    /// What may be done now: names of acts.
    fn acts(&self) -> &'static [&'static str] {
        match self.about().stage.as_str() {
            "inquiry_stage_drafted" | "inquiry_stage_approved" => &["approve", "refuse", "withdraw"],
            "inquiry_stage_sent" | "inquiry_stage_answered" => &["close"],
            "reply_stage_received" => &["take"],
            "reply_stage_taken" => &["answer"],
            _ => &[],
        }
    }
}

pub(super) async fn show(Path(item): Path<String>, who: Who) -> Result<Response> {
    html(&One::of(&who, number(&item)?, Form::new()).await?)
}

pub(super) async fn act(Path(item): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let item = number(&item)?;
    let shown = [
        "refuse_reason",
        "withdraw_reason",
        "close_reason",
        "answer",
        "answer_document",
        "answer_text",
    ];
    let mut entry = Entry::new(&who, &fields, &shown);
    let act = fields.text("act");
    let path = format!("/api/v1/inquiries/{item}/{act}");
    let api = who.api();
    let answer = match act {
        "approve" | "take" => api.command(Method::POST, &path).await,
        "refuse" | "withdraw" | "close" => {
            let reason = entry.text(match act {
                "refuse" => "refuse_reason",
                "withdraw" => "withdraw_reason",
                _ => "close_reason",
            });
            match entry.f.is_fine() {
                true => api.order(&path, &ReasonRequest { reason }).await,
                false => return refused(&One::of(&who, item, entry.f).await?),
            }
        }
        "answer" => {
            let request = AnswerRequest {
                answer: entry.one_of("answer", &ANSWERS)?,
                document: entry.text("answer_document"),
                text: entry.maybe("answer_text"),
            };
            match entry.f.is_fine() {
                true => api.order(&path, &request).await,
                false => return refused(&One::of(&who, item, entry.f).await?),
            }
        }
        _ => return Err(Fault::Form),
    };
    match answer {
        Ok(()) => Ok(done(&format!("/case/inquiries/{item}"), "case.done_act")),
        Err(fault) => {
            let mut f = entry.f;
            f.refused(&who.visit, &*fault.of_the_form()?, &[]);
            refused(&One::of(&who, item, f).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "case/inquiry_draft.html")]
struct Draft {
    p: Page,
    f: Form,
    round: String,
    seq: u64,
    units: Vec<(&'static str, String)>,
}

impl Draft {
    fn of(who: &Who, round: &str, seq: u64, f: Form) -> Result<Self> {
        let round = id(round)?.to_string();
        let here = format!("/case/findings/{round}/{seq}/inquiry");
        let p = who
            .page("case.inquiry_draft_title")
            .with_findings()
            .at(&here)
            .wrong(f.problems());
        Ok(Self {
            units: UNITS.map(|(code, _)| (code, p.wx("case.unit_", code))).into(),
            round,
            seq,
            p,
            f,
        })
    }
}

pub(super) async fn drafting(Path((round, seq)): Path<(String, u64)>, who: Who) -> Result<Response> {
    let f = Form::new().with("days", "5").with("unit", "working");
    html(&Draft::of(&who, &round, seq, f)?)
}

pub(super) async fn draft(
    Path((round, seq)): Path<(String, u64)>,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let shown = ["document", "question", "days", "unit", "period_until"];
    let mut entry = Entry::new(&who, &fields, &shown);
    let request = InquiryRequest {
        document: entry.text("document"),
        question: entry.maybe("question"),
        days: entry.number("days"),
        unit: entry.unit()?,
        until: entry.day("period_until"),
    };
    let mut f = entry.f;
    if f.is_fine() {
        let path = format!("/api/v1/rounds/{}/findings/{seq}/inquiries", id(&round)?);
        match who.api().post::<InquiryDetail>(&path, &request).await {
            Ok(detail) => {
                let to = format!("/case/inquiries/{}", detail.inquiry.item);
                return Ok(done(&to, "case.done_inquiry_drafted"));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Draft::of(&who, &round, seq, f)?)
}

fn number(item: &str) -> Result<Hex16> {
    Hex16::parse(item).ok_or(Fault::NoPage)
}

/// What was written, or that it is not shown.
fn kept(p: &Page, text: &str) -> String {
    match text {
        "*" => p.w("case.withheld"),
        text => text.to_owned(),
    }
}
