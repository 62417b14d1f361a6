use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::routes::{ActorHeader, Failures, Page};
use crate::api::view::{
    ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest, FoundConferenceRequest,
    Hex32, RecordPage, RecordVerified,
};

/// The conferences that this node founded or follows.
#[utoipa::path(get, path = "/api/v1/conferences", operation_id = "list_conferences", responses((status = 200, body = ConferenceList), Failures))]
pub(in crate::api::routes) async fn list(
    State(operations): State<Arc<Operations>>,
) -> Result<Json<ConferenceList>> {
    Ok(Json(operations.conferences().await?))
}

/// Founds a conference, of which this node is the office.
#[utoipa::path(post, path = "/api/v1/conferences", operation_id = "found_conference", request_body = FoundConferenceRequest, params(ActorHeader), responses((status = 200, body = ConferenceView), Failures))]
pub(in crate::api::routes) async fn found(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<FoundConferenceRequest>,
) -> Result<Json<ConferenceView>> {
    Ok(Json(operations.found_conference(request, actor).await?))
}

/// Follows a conference whose office is a peer of this node.
#[utoipa::path(post, path = "/api/v1/conferences/followed", operation_id = "follow_conference", request_body = FollowRequest, params(ActorHeader), responses((status = 200, body = ConferenceView), Failures))]
pub(in crate::api::routes) async fn follow(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<FollowRequest>,
) -> Result<Json<ConferenceView>> {
    Ok(Json(operations.follow_conference(request, actor).await?))
}

/// Who has a seat.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/seats", operation_id = "conference_directory", params(("conference" = String, Path)), responses((status = 200, body = DirectoryView), Failures))]
pub(in crate::api::routes) async fn directory(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<DirectoryView>> {
    Ok(Json(operations.conference_directory(conference).await?))
}

/// Gives a peer of the office's a seat, and puts its card on record.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/seats", operation_id = "enrol_in_conference", request_body = EnrolRequest, params(("conference" = String, Path), ActorHeader), responses((status = 200, body = DirectoryView), Failures))]
pub(in crate::api::routes) async fn enrol(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(conference): InPath<Hex32>,
    Body(request): Body<EnrolRequest>,
) -> Result<Json<DirectoryView>> {
    Ok(Json(operations.enrol(conference, request, actor).await?))
}

/// The record, page by page, and what this node said that is not on it.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/record", operation_id = "conference_record", params(("conference" = String, Path), Page), responses((status = 200, body = RecordPage), Failures))]
pub(in crate::api::routes) async fn record(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<RecordPage>> {
    Ok(Json(
        operations
            .conference_record(conference, page.after, page.limit())
            .await?,
    ))
}

/// Verifies every signature of the record and its chain, from the store.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/record/verify", operation_id = "verify_conference", params(("conference" = String, Path), ActorHeader), responses((status = 200, body = RecordVerified), Failures))]
pub(in crate::api::routes) async fn verify(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<RecordVerified>> {
    Ok(Json(operations.verify_conference(conference).await?))
}

/// Visits the office now; where it is reached by files, makes what is due to it.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/sync", operation_id = "sync_conference", params(("conference" = String, Path), ActorHeader), responses((status = 200, body = ConferenceView), Failures))]
pub(in crate::api::routes) async fn sync(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<ConferenceView>> {
    Ok(Json(operations.sync_conference(conference).await?))
}

/// At an office that was restored from a backup: goes on without the members that it has not heard from since.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/resume", operation_id = "resume_conference", params(("conference" = String, Path), ActorHeader), responses((status = 200, body = ConferenceView), Failures))]
pub(in crate::api::routes) async fn resume(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(conference): InPath<Hex32>,
) -> Result<Json<ConferenceView>> {
    Ok(Json(operations.resume_conference(conference, actor).await?))
}
