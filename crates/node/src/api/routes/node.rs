use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::Failures;
use crate::api::error::Result;
use crate::api::operations::Operations;
use crate::api::view::{Health, NodeView, ProgrammeList};

/// Whether the program runs.
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = Health)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
    })
}

/// Whether the database answers.
#[utoipa::path(get, path = "/ready", security(()), responses((status = 200, body = Health), Failures))]
pub(super) async fn ready(State(operations): State<Arc<Operations>>) -> Result<Json<Health>> {
    Ok(Json(operations.ready()?))
}

/// Figures for monitoring, as OpenMetrics.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "application/openmetrics-text"), Failures))]
pub(super) async fn metrics(State(operations): State<Arc<Operations>>) -> Result<impl IntoResponse> {
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, form)], operations.metrics()?))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, body = Object), Failures))]
pub(super) async fn document() -> Result<impl IntoResponse> {
    Ok(([(CONTENT_TYPE, "application/json")], crate::api::document()?))
}

/// The node and what it holds.
#[utoipa::path(get, path = "/api/v1/node", responses((status = 200, body = NodeView), Failures))]
pub(super) async fn status(State(operations): State<Arc<Operations>>) -> Result<Json<NodeView>> {
    Ok(Json(operations.status()?))
}

/// The node's card, to be handed to a peer byte for byte.
#[utoipa::path(get, path = "/api/v1/card", responses((status = 200, body = Object), Failures))]
pub(super) async fn card(State(operations): State<Arc<Operations>>) -> Result<impl IntoResponse> {
    Ok((
        [(CONTENT_TYPE, "application/json")],
        operations.card()?.to_bytes(),
    ))
}

/// The programmes that mappings, rules and agreements may speak of.
#[utoipa::path(get, path = "/api/v1/programmes", operation_id = "list_programmes", responses((status = 200, body = ProgrammeList), Failures))]
pub(super) async fn programmes() -> Json<ProgrammeList> {
    Json(ProgrammeList::national())
}
