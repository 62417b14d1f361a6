use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::account::SignedIn;
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::{Operations, RoundStep};
use crate::api::routes::{ActorHeader, Failures};
use crate::api::view::{
    AnnounceRequest, BoardView, CloseRequest, ConferenceStanding, Hex32, LeaveRequest, RerunRequest,
    RoundReason, RoundSaid,
};

/// Which round.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::routes) struct RoundAsked {
    /// Its number; the last one where it is left out.
    round: Option<u32>,
}

/// Where the conference stands, and what this node has to do in it.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/standing", operation_id = "conference_standing", params(("conference" = String, Path)), responses((status = 200, body = ConferenceStanding), Failures))]
pub(in crate::api::routes) async fn standing(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<ConferenceStanding>> {
    Ok(Json(operations.conference_standing(conference).await?))
}

/// All parties and legs of a round.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/board", operation_id = "conference_board", params(("conference" = String, Path), RoundAsked), responses((status = 200, body = BoardView), Failures))]
pub(in crate::api::routes) async fn board(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(asked): InQuery<RoundAsked>,
) -> Result<Json<BoardView>> {
    Ok(Json(operations.board(conference, asked.round).await?))
}

/// Announces the next round, as its office.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds", operation_id = "announce_round", request_body = AnnounceRequest, params(("conference" = String, Path), ActorHeader), responses((status = 200, body = BoardView), Failures))]
pub(in crate::api::routes) async fn announce(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(conference): InPath<Hex32>,
    Body(request): Body<AnnounceRequest>,
) -> Result<Json<BoardView>> {
    Ok(Json(operations.announce_round(conference, request, actor).await?))
}

/// Takes part in a round: signs what each of its annexes comes to.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/join", operation_id = "join_round", params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn join(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Join, actor);
    Ok(Json(said.await?))
}

/// Does not take part in a round.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/decline", operation_id = "decline_round", request_body = RoundReason, params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn decline(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
    Body(request): Body<RoundReason>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Decline(request), actor);
    Ok(Json(said.await?))
}

/// Fixes the newest snapshot of each register as what this node enters in a round.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/freeze", operation_id = "freeze_round", params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn freeze(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Freeze, actor);
    Ok(Json(said.await?))
}

/// Has pairs run, as the office.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/begin", operation_id = "begin_round", params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn begin(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Begin, actor);
    Ok(Json(said.await?))
}

/// Has a leg run once more, as the office.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/rerun", operation_id = "rerun_leg", request_body = RerunRequest, params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn rerun(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
    Body(request): Body<RerunRequest>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Rerun(request), actor);
    Ok(Json(said.await?))
}

/// Tells the office once more what the round came to for this node, with what has become of its findings so far.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/report", operation_id = "report_round", params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn report(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Report, actor);
    Ok(Json(said.await?))
}

/// Ends a round, as the office.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/close", operation_id = "close_round", request_body = CloseRequest, params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = RoundSaid), Failures))]
pub(in crate::api::routes) async fn close(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
    Body(request): Body<CloseRequest>,
) -> Result<Json<RoundSaid>> {
    let said = operations.step_in_round(conference, round, RoundStep::Close(request), actor);
    Ok(Json(said.await?))
}

/// Leaves the conference, or has a member leave it.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/leave", operation_id = "leave_conference", request_body = LeaveRequest, params(("conference" = String, Path), ActorHeader), responses((status = 200, body = ConferenceStanding), Failures))]
pub(in crate::api::routes) async fn leave(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    who: Option<Extension<SignedIn>>,
    InPath(conference): InPath<Hex32>,
    Body(request): Body<LeaveRequest>,
) -> Result<Json<ConferenceStanding>> {
    Ok(Json(
        operations
            .leave_conference(conference, request, actor, who.as_deref())
            .await?,
    ))
}
