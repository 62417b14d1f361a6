use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::{ActorHeader, AskingHeader, Failures};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{EventRequest, Hex32, HistoryView};

/// What was done about a finding, act by act. Of a protected person, only whoever is in charge is shown the reasons.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/findings/{seq}/history", params(("id" = String, Path), ("seq" = u64, Path), AskingHeader), responses((status = 200, body = HistoryView), Failures))]
pub(super) async fn history(
    State(operations): State<Arc<Operations>>,
    actor: Option<Extension<Actor>>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
) -> Result<Json<HistoryView>> {
    let asks = actor.map(|Extension(Actor(actor))| actor);
    Ok(Json(operations.history(id, seq, asks).await?))
}

/// Records one act on a finding, by whom the header names. What the law does not allow at this point is refused: 422
/// with the reason, or 409 where somebody else was faster or the same was corrected before.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/findings/{seq}/events", request_body = EventRequest, params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 200, body = HistoryView), Failures))]
pub(super) async fn act(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
    Body(request): Body<EventRequest>,
) -> Result<Json<HistoryView>> {
    Ok(Json(operations.act(id, seq, request, actor).await?))
}
