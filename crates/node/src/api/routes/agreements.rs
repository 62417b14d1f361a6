use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Extension, Json};

use super::{ActorHeader, Failures};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    AgreementDetail, AgreementList, Carried, DraftRequest, Hex32, Received, RefuseRequest,
};

/// Every agreement that this node holds.
#[utoipa::path(get, path = "/api/v1/agreements", responses((status = 200, body = AgreementList), Failures))]
pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Result<Json<AgreementList>> {
    Ok(Json(operations.agreements()?))
}

/// One agreement in full, and what each side learns by it.
#[utoipa::path(get, path = "/api/v1/agreements/{digest}", params(("digest" = String, Path)), responses((status = 200, body = AgreementDetail), Failures))]
pub(super) async fn show(
    State(operations): State<Arc<Operations>>,
    InPath(digest): InPath<Hex32>,
) -> Result<Json<AgreementDetail>> {
    Ok(Json(operations.agreement(&digest)?))
}

/// An agreement with the signatures that this node holds, to be carried to the other party.
#[utoipa::path(get, path = "/api/v1/agreements/{digest}/dossier", params(("digest" = String, Path)), responses((status = 200, body = Object), Failures))]
pub(super) async fn dossier(
    State(operations): State<Arc<Operations>>,
    InPath(digest): InPath<Hex32>,
) -> Result<impl IntoResponse> {
    Ok(([(CONTENT_TYPE, "application/json")], operations.dossier(&digest)?))
}

/// Drafts an agreement with a peer, which gets it at once where it can be reached. Nobody has signed it yet.
#[utoipa::path(post, path = "/api/v1/agreements/drafts", request_body = DraftRequest, params(ActorHeader), responses((status = 201, body = Carried), Failures))]
pub(super) async fn draft(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<DraftRequest>,
) -> Result<(StatusCode, Json<Carried>)> {
    Ok((
        StatusCode::CREATED,
        Json(operations.draft(request, &actor).await?),
    ))
}

/// Takes what the other party handed over.
#[utoipa::path(post, path = "/api/v1/agreements/received", request_body(content = Vec<u8>, content_type = "application/octet-stream"), params(ActorHeader), responses((status = 201, body = Received), Failures))]
pub(super) async fn receive(
    State(operations): State<Arc<Operations>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Received>)> {
    Ok((StatusCode::CREATED, Json(operations.receive_dossier(&bytes)?)))
}

/// Signs, after a person has read what each side learns.
#[utoipa::path(post, path = "/api/v1/agreements/{digest}/sign", params(("digest" = String, Path), ActorHeader), responses((status = 200, body = Carried), Failures))]
pub(super) async fn sign(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(digest): InPath<Hex32>,
) -> Result<Json<Carried>> {
    Ok(Json(operations.sign_agreement(&digest, &actor).await?))
}

/// Refuses, with a reason that the other party is told.
#[utoipa::path(post, path = "/api/v1/agreements/{digest}/refuse", request_body = RefuseRequest, params(("digest" = String, Path), ActorHeader), responses((status = 200, body = Carried), Failures))]
pub(super) async fn refuse(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(digest): InPath<Hex32>,
    Body(request): Body<RefuseRequest>,
) -> Result<Json<Carried>> {
    let carried = operations.refuse_agreement(&digest, &request.reason, &actor);
    Ok(Json(carried.await?))
}
