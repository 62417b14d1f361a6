use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::{ActorHeader, Failures};
use crate::account::SignedIn;
use crate::api::error::Result;
use crate::api::extract::Body;
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{BackupRequest, BackupView, DoctorRequest, DoctorView};

/// Looks at the node, and at the line to a peer where one is named.
#[utoipa::path(post, path = "/api/v1/doctor", request_body = DoctorRequest, params(ActorHeader), responses((status = 200, body = DoctorView), Failures))]
pub(super) async fn doctor(
    State(operations): State<Arc<Operations>>,
    Body(request): Body<DoctorRequest>,
) -> Result<Json<DoctorView>> {
    Ok(Json(operations.doctor(&request).await?))
}

/// Copies the node, whole and consistent, to a folder on its machine. What opens it is not copied.
#[utoipa::path(post, path = "/api/v1/backup", request_body = BackupRequest, params(ActorHeader), responses((status = 201, body = BackupView), Failures))]
pub(super) async fn backup(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    who: Option<Extension<SignedIn>>,
    Body(request): Body<BackupRequest>,
) -> Result<(StatusCode, Json<BackupView>)> {
    Ok((
        StatusCode::CREATED,
        Json(operations.backup(request, actor, who.is_some()).await?),
    ))
}
