use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::{ActorHeader, Failures};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{AddPeer, CarrierRequest, Exchanged, Hex32, PeerList, PeerView};

/// The book of peers.
#[utoipa::path(get, path = "/api/v1/peers", responses((status = 200, body = PeerList), Failures))]
pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Result<Json<PeerList>> {
    Ok(Json(operations.peers()?))
}

/// Takes a peer's card into the book, once its fingerprint was read aloud.
#[utoipa::path(post, path = "/api/v1/peers", request_body = AddPeer, params(ActorHeader), responses((status = 201, body = PeerView), Failures))]
pub(super) async fn add(
    State(operations): State<Arc<Operations>>,
    Body(request): Body<AddPeer>,
) -> Result<(StatusCode, Json<PeerView>)> {
    Ok((StatusCode::CREATED, Json(operations.add_peer(&request)?)))
}

/// Takes a peer out of the book: it can't call any more.
#[utoipa::path(delete, path = "/api/v1/peers/{node_key}", params(("node_key" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn remove(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(peer): InPath<Hex32>,
) -> Result<StatusCode> {
    operations.remove_peer(&peer, &actor)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says how the two nodes meet from now on. What has begun goes on as it began.
#[utoipa::path(post, path = "/api/v1/peers/{node_key}/carrier", request_body = CarrierRequest, params(("node_key" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn carrier(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(peer): InPath<Hex32>,
    Body(request): Body<CarrierRequest>,
) -> Result<StatusCode> {
    operations.set_carrier(&peer, request, &actor)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends agreements to a peer and fetches its own.
#[utoipa::path(post, path = "/api/v1/peers/{node_key}/exchange", params(("node_key" = String, Path), ActorHeader), responses((status = 200, body = Exchanged), Failures))]
pub(super) async fn exchange(
    State(operations): State<Arc<Operations>>,
    InPath(peer): InPath<Hex32>,
) -> Result<Json<Exchanged>> {
    Ok(Json(operations.exchange(&peer).await?))
}
