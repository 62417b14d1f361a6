use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ActorHeader, Failures};
use crate::account::SignedIn;
use crate::api::error::{ApiError, Result};
use crate::api::extract::{InPath, InQuery, Unsaid};
use crate::api::gate::Actor;
use crate::api::operations::{Asker, Operations};
use crate::api::view::{Hex32, UnmaskedView, UnmaskingList, UnmaskingRequest, UnmaskingView};

/// Which page of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    /// Begin before this number; with the last one where it is left out.
    before: Option<u64>,
    /// The most items, up to 1000.
    #[serde(default = "Before::usual")]
    limit: u16,
}

impl Before {
    fn usual() -> u16 {
        100
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Actor(name) = parts.extensions.get::<Actor>().cloned().ok_or(ApiError::Actor)?;
        Ok(Self {
            name,
            role: parts.extensions.get::<SignedIn>().map(|who| who.role),
        })
    }
}

/// Asks to see the number of a finding's person in clear, and says why. Of a protected person, or one of a key group, only
/// compliance may ask.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/findings/{seq}/unmaskings", request_body = UnmaskingRequest, params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 201, body = UnmaskingView), Failures))]
pub(super) async fn ask(
    State(operations): State<Arc<Operations>>,
    asks: Asker,
    InPath((id, seq)): InPath<(Hex32, u64)>,
    Unsaid(request): Unsaid<UnmaskingRequest>,
) -> Result<(StatusCode, Json<UnmaskingView>)> {
    let asked = operations.ask_unmasking(id, seq, request, asks).await?;
    Ok((StatusCode::CREATED, Json(asked)))
}

/// Who asked to see the number of a finding's person, who let them, and when they looked.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/findings/{seq}/unmaskings", params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 200, body = UnmaskingList), Failures))]
pub(super) async fn of_finding(
    State(operations): State<Arc<Operations>>,
    asks: Asker,
    InPath((id, seq)): InPath<(Hex32, u64)>,
) -> Result<Json<UnmaskingList>> {
    Ok(Json(operations.unmaskings_of(id, seq, asks).await?))
}

/// What was asked in all rounds, the last one first: all of it for compliance, and the own for others.
#[utoipa::path(get, path = "/api/v1/unmaskings", params(Before, ActorHeader), responses((status = 200, body = UnmaskingList), Failures))]
pub(super) async fn list(
    State(operations): State<Arc<Operations>>,
    asks: Asker,
    InQuery(page): InQuery<Before>,
) -> Result<Json<UnmaskingList>> {
    let limit = page.limit.clamp(1, 1000).into();
    Ok(Json(operations.unmaskings(page.before, limit, asks).await?))
}

/// Lets who asked look, for half an hour: another person's to do.
#[utoipa::path(post, path = "/api/v1/unmaskings/{n}/grant", params(("n" = u64, Path), ActorHeader), responses((status = 200, body = UnmaskingView), Failures))]
pub(super) async fn grant(
    State(operations): State<Arc<Operations>>,
    by: Asker,
    InPath(n): InPath<u64>,
) -> Result<Json<UnmaskingView>> {
    Ok(Json(operations.decide_unmasking(n, true, by).await?))
}

/// Does not let who asked look: another person's to do.
#[utoipa::path(post, path = "/api/v1/unmaskings/{n}/refuse", params(("n" = u64, Path), ActorHeader), responses((status = 200, body = UnmaskingView), Failures))]
pub(super) async fn refuse(
    State(operations): State<Arc<Operations>>,
    by: Asker,
    InPath(n): InPath<u64>,
) -> Result<Json<UnmaskingView>> {
    Ok(Json(operations.decide_unmasking(n, false, by).await?))
}

/// Shows the number to who asked, as long as the grant holds. Each look is logged before it is answered.
#[utoipa::path(post, path = "/api/v1/unmaskings/{n}/look", params(("n" = u64, Path), ActorHeader), responses((status = 200, body = UnmaskedView), Failures))]
pub(super) async fn look(
    State(operations): State<Arc<Operations>>,
    by: Asker,
    InPath(n): InPath<u64>,
) -> Result<Json<UnmaskedView>> {
    Ok(Json(operations.look(n, by).await?))
}
