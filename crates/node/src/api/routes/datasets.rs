use std::sync::Arc;

use axum::body::Body as Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ActorHeader, Failures, Page};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    DatasetList, ImportRequest, ImportView, PreviewRequest, PreviewView, ProposalRequest, ProposalView,
    RefusedPage, UploadView,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// The file's name; its ending tells the form, and it may name the month.
    name: String,
}

/// Takes a file that an import will read.
#[utoipa::path(post, path = "/api/v1/uploads", params(Named, ActorHeader), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 201, body = UploadView), Failures))]
pub(super) async fn upload(
    State(operations): State<Arc<Operations>>,
    InQuery(Named { name }): InQuery<Named>,
    body: Bytes,
) -> Result<(StatusCode, Json<UploadView>)> {
    Ok((StatusCode::CREATED, Json(operations.upload(&name, body).await?)))
}

/// Imports uploaded files as a new snapshot of a register. It is there as a whole or not at all.
#[utoipa::path(post, path = "/api/v1/imports", request_body = ImportRequest, params(ActorHeader), responses((status = 201, body = ImportView), Failures))]
pub(super) async fn import(
    State(operations): State<Arc<Operations>>,
    Body(request): Body<ImportRequest>,
) -> Result<(StatusCode, Json<ImportView>)> {
    Ok((StatusCode::CREATED, Json(operations.import(request).await?)))
}

/// What the headings of uploaded files seem to mean, for a person to confirm. The files go on waiting.
#[utoipa::path(post, path = "/api/v1/mappings/proposal", request_body = ProposalRequest, params(ActorHeader), responses((status = 200, body = ProposalView), Failures))]
pub(super) async fn propose(
    State(operations): State<Arc<Operations>>,
    Body(request): Body<ProposalRequest>,
) -> Result<Json<ProposalView>> {
    Ok(Json(operations.propose_mapping(request).await?))
}

/// What an import of uploaded files would come to, with its first records as they would be read. Nothing is kept, and
/// the files go on waiting. People are masked.
#[utoipa::path(post, path = "/api/v1/mappings/preview", request_body = PreviewRequest, params(ActorHeader), responses((status = 200, body = PreviewView), Failures))]
pub(super) async fn preview(
    State(operations): State<Arc<Operations>>,
    Body(request): Body<PreviewRequest>,
) -> Result<Json<PreviewView>> {
    Ok(Json(operations.preview_import(request).await?))
}

/// The rows that were refused when a snapshot was imported, page by page. Numbers are masked.
#[utoipa::path(get, path = "/api/v1/datasets/{id}/refused", params(("id" = i64, Path), Page), responses((status = 200, body = RefusedPage), Failures))]
pub(super) async fn refused(
    State(operations): State<Arc<Operations>>,
    InPath(id): InPath<i64>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<RefusedPage>> {
    let limit = page.limit();
    Ok(Json(operations.refused_rows(id, page.after, limit).await?))
}

/// The snapshots of registers.
#[utoipa::path(get, path = "/api/v1/datasets", responses((status = 200, body = DatasetList), Failures))]
pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Result<Json<DatasetList>> {
    Ok(Json(operations.datasets()?))
}

/// Deletes a snapshot that no round has entered.
#[utoipa::path(delete, path = "/api/v1/datasets/{id}", params(("id" = i64, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn delete(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(id): InPath<i64>,
) -> Result<StatusCode> {
    operations.delete_dataset(id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
