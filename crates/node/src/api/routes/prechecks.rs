use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Extension, Json};

use super::{ActorHeader, Failures};
use crate::api::error::Result;
use crate::api::extract::{InPath, Unsaid};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{Hex16, PrecheckList, PrecheckStarted, PrecheckView, StartPrecheck};

/// Every check, the one begun last first, and what is left of them today.
#[utoipa::path(get, path = "/api/v1/prechecks", responses((status = 200, body = PrecheckList), Failures))]
pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Result<Json<PrecheckList>> {
    Ok(Json(operations.prechecks().await?))
}

/// Checks a few people before they are paid, at every agency with which that is agreed, or at those named. It goes on by
/// itself; ask after it by its id. What does not fit one check, has no authority or goes beyond the day is refused
/// before anybody is asked.
#[utoipa::path(post, path = "/api/v1/prechecks", request_body = StartPrecheck, params(ActorHeader), responses((status = 202, body = PrecheckStarted), Failures))]
pub(super) async fn run(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Unsaid(request): Unsaid<StartPrecheck>,
) -> Result<(StatusCode, Json<PrecheckStarted>)> {
    Ok((
        StatusCode::ACCEPTED,
        Json(operations.start_precheck(&request, &actor).await?),
    ))
}

/// One check, and how far it has come at each agency. What it says of people is not in it.
#[utoipa::path(get, path = "/api/v1/prechecks/{check}", params(("check" = String, Path)), responses((status = 200, body = PrecheckView), Failures))]
pub(super) async fn show(
    State(operations): State<Arc<Operations>>,
    InPath(check): InPath<Hex16>,
) -> Result<Json<PrecheckView>> {
    Ok(Json(operations.precheck(check).await?))
}

/// What a check says of each person, once no answer is awaited. People are masked. That somebody looked is logged.
#[utoipa::path(post, path = "/api/v1/prechecks/{check}/results", params(("check" = String, Path), ActorHeader), responses((status = 200, body = PrecheckView), Failures))]
pub(super) async fn results(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(check): InPath<Hex16>,
) -> Result<Json<PrecheckView>> {
    Ok(Json(operations.precheck_results(check, actor).await?))
}

/// The signed receipt for the case file, byte for byte: it can be verified without the node. Each is a copy with a number.
#[utoipa::path(post, path = "/api/v1/prechecks/{check}/receipt", params(("check" = String, Path), ActorHeader), responses((status = 200, body = Object), Failures))]
pub(super) async fn receipt(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(check): InPath<Hex16>,
) -> Result<impl IntoResponse> {
    let receipt = operations.precheck_receipt(check, actor).await?;
    Ok(([(CONTENT_TYPE, "application/json")], receipt))
}
