use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::api::error::Result;
use crate::api::extract::{Body, InPath};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::routes::{ActorHeader, Failures};
use crate::api::view::{
    DraftFrameworkRequest, EditionDetail, EditionList, EditionView, FrameworkPreview, Hex32, LedgerSheet,
    LinesRequest, RefuseRequest, StampRequest,
};

/// The texts of a conference.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/texts", operation_id = "list_conference_texts", params(("conference" = String, Path)), responses((status = 200, body = EditionList), Failures))]
pub(in crate::api::routes) async fn list(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<EditionList>> {
    Ok(Json(operations.editions(conference).await?))
}

/// Drafts a text, or an amendment of one; at the office only.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/texts", operation_id = "draft_conference_text", request_body = DraftFrameworkRequest, params(("conference" = String, Path), ActorHeader), responses((status = 201, body = EditionDetail), Failures))]
pub(in crate::api::routes) async fn draft(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(conference): InPath<Hex32>,
    Body(request): Body<DraftFrameworkRequest>,
) -> Result<(StatusCode, Json<EditionDetail>)> {
    let drafted = operations.draft_framework(conference, request, actor).await?;
    Ok((StatusCode::CREATED, Json(drafted)))
}

/// What a draft comes to, with what each party would learn by it; at the office only. Nobody is told of it.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/texts/preview", operation_id = "preview_conference_text", request_body = DraftFrameworkRequest, params(("conference" = String, Path), ActorHeader), responses((status = 200, body = FrameworkPreview), Failures))]
pub(in crate::api::routes) async fn preview(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    Body(request): Body<DraftFrameworkRequest>,
) -> Result<Json<FrameworkPreview>> {
    Ok(Json(operations.preview_framework(conference, request).await?))
}

/// One text in full, what each party learns by it, and where it goes beyond this node's own policy.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/texts/{text}", operation_id = "show_conference_text", params(("conference" = String, Path), ("text" = String, Path)), responses((status = 200, body = EditionDetail), Failures))]
pub(in crate::api::routes) async fn show(
    State(operations): State<Arc<Operations>>,
    InPath((conference, text)): InPath<(Hex32, Hex32)>,
) -> Result<Json<EditionDetail>> {
    Ok(Json(operations.edition(conference, text).await?))
}

/// Signs a text, after a person has read what each party learns. Refused where it goes beyond this node's own policy.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/texts/{text}/sign", operation_id = "sign_conference_text", params(("conference" = String, Path), ("text" = String, Path), ActorHeader), responses((status = 200, body = EditionView), Failures))]
pub(in crate::api::routes) async fn sign(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, text)): InPath<(Hex32, Hex32)>,
) -> Result<Json<EditionView>> {
    Ok(Json(operations.sign_framework(conference, text, actor).await?))
}

/// Refuses a text, with a reason that all are told.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/texts/{text}/refuse", operation_id = "refuse_conference_text", request_body = RefuseRequest, params(("conference" = String, Path), ("text" = String, Path), ActorHeader), responses((status = 200, body = EditionView), Failures))]
pub(in crate::api::routes) async fn refuse(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, text)): InPath<(Hex32, Hex32)>,
    Body(request): Body<RefuseRequest>,
) -> Result<Json<EditionView>> {
    let refused = operations.refuse_framework(conference, text, request.reason, actor);
    Ok(Json(refused.await?))
}

/// Says what stands on the sealed paper of this party: its number, and the digest of its scan.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/texts/{text}/stamp", operation_id = "stamp_conference_text", request_body = StampRequest, params(("conference" = String, Path), ("text" = String, Path), ActorHeader), responses((status = 200, body = EditionView), Failures))]
pub(in crate::api::routes) async fn stamp(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, text)): InPath<(Hex32, Hex32)>,
    Body(request): Body<StampRequest>,
) -> Result<Json<EditionView>> {
    Ok(Json(
        operations
            .stamp_framework(conference, text, request, actor)
            .await?,
    ))
}

/// The ledger as far as this node can read it, for a workbook.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/ledger/sheet", operation_id = "conference_ledger_sheet", params(("conference" = String, Path)), responses((status = 200, body = LedgerSheet), Failures))]
pub(in crate::api::routes) async fn sheet(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<LedgerSheet>> {
    Ok(Json(operations.ledger_sheet(conference).await?))
}

/// Puts lines on the ledger, each new or the next revision of one that is there.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/ledger/changes", operation_id = "change_conference_ledger", request_body = LinesRequest, params(("conference" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(in crate::api::routes) async fn change(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(conference): InPath<Hex32>,
    Body(request): Body<LinesRequest>,
) -> Result<StatusCode> {
    operations.put_lines(conference, request, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
