use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::{ActorHeader, AskingHeader, Failures, Page};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    AnswerRequest, DisclosurePage, Hex16, Hex32, InquiryDetail, InquiryList, InquiryRequest, ReasonRequest,
};

type Answer = Result<Json<InquiryDetail>>;

/// Inquiries of either side: what is late first, within that key groups first, then by the day on which an answer is due.
#[utoipa::path(get, path = "/api/v1/inquiries", params(AskingHeader), responses((status = 200, body = InquiryList), Failures))]
pub(super) async fn list(
    State(operations): State<Arc<Operations>>,
    actor: Option<Extension<Actor>>,
) -> Result<Json<InquiryList>> {
    let asks = actor.map(|Extension(Actor(actor))| actor);
    Ok(Json(operations.inquiries(asks).await?))
}

/// One inquiry with its acts; where this agency is asked, with what its own snapshots have of the person. Of a protected
/// person, what was written is shown to whoever drafted or took it, is in charge of the finding, or wrote it.
#[utoipa::path(get, path = "/api/v1/inquiries/{item}", params(("item" = String, Path), AskingHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn show(
    State(operations): State<Arc<Operations>>,
    actor: Option<Extension<Actor>>,
    InPath(item): InPath<Hex16>,
) -> Answer {
    let asks = actor.map(|Extension(Actor(actor))| actor);
    Ok(Json(operations.inquiry(item, asks).await?))
}

/// Drafts a question to the other agency about one finding. Nothing leaves by it.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/findings/{seq}/inquiries", request_body = InquiryRequest, params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn draft(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
    Body(request): Body<InquiryRequest>,
) -> Answer {
    Ok(Json(operations.draft_inquiry(id, seq, request, actor).await?))
}

/// Approves a question. The second of two different people releases it by that: the disclosure goes to the ledger, and then
/// the question, with the person's number, to the other agency.
#[utoipa::path(post, path = "/api/v1/inquiries/{item}/approve", params(("item" = String, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn approve(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(item): InPath<Hex16>,
) -> Answer {
    Ok(Json(operations.approve_inquiry(item, actor).await?))
}

/// Does not approve a question.
#[utoipa::path(post, path = "/api/v1/inquiries/{item}/refuse", request_body = ReasonRequest, params(("item" = String, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn refuse(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(item): InPath<Hex16>,
    Body(request): Body<ReasonRequest>,
) -> Answer {
    Ok(Json(operations.refuse_inquiry(item, request, actor).await?))
}

/// Takes one's own draft back, before it is released.
#[utoipa::path(post, path = "/api/v1/inquiries/{item}/withdraw", request_body = ReasonRequest, params(("item" = String, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn withdraw(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(item): InPath<Hex16>,
    Body(request): Body<ReasonRequest>,
) -> Answer {
    Ok(Json(operations.withdraw_inquiry(item, request, actor).await?))
}

/// Closes a question: the answer was read, or none came in time.
#[utoipa::path(post, path = "/api/v1/inquiries/{item}/close", request_body = ReasonRequest, params(("item" = String, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn close(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(item): InPath<Hex16>,
    Body(request): Body<ReasonRequest>,
) -> Answer {
    Ok(Json(operations.close_inquiry(item, request, actor).await?))
}

/// Takes charge of the answer to a question of the other agency's.
#[utoipa::path(post, path = "/api/v1/inquiries/{item}/take", params(("item" = String, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn take(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(item): InPath<Hex16>,
) -> Answer {
    Ok(Json(operations.take_inquiry(item, actor).await?))
}

/// Answers a question of the other agency's, and sends the answer.
#[utoipa::path(post, path = "/api/v1/inquiries/{item}/answer", request_body = AnswerRequest, params(("item" = String, Path), ActorHeader), responses((status = 200, body = InquiryDetail), Failures))]
pub(super) async fn answer(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(item): InPath<Hex16>,
    Body(request): Body<AnswerRequest>,
) -> Answer {
    Ok(Json(operations.answer_inquiry(item, request, actor).await?))
}

/// Whose number was given to whom, on whose word, page by page.
#[utoipa::path(get, path = "/api/v1/ledger/disclosures", params(Page), responses((status = 200, body = DisclosurePage), Failures))]
pub(super) async fn disclosures(
    State(operations): State<Arc<Operations>>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<DisclosurePage>> {
    Ok(Json(operations.disclosures(page.after, page.limit()).await?))
}
