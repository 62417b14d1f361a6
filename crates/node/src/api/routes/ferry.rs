use std::sync::Arc;

use axum::body::Body as Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ActorHeader, Failures};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    CutRequest, FerryDrop, FerryOut, FerryView, FileForm, Hex16, Hex32, PartView, SetList, SetOutView,
    WorkedView,
};
use crate::ferry::PartFile;
use crate::ferry::slip::SlipFacts;

/// What is under way by files, and what waits for them.
#[utoipa::path(get, path = "/api/v1/ferry", responses((status = 200, body = FerryView), Failures))]
pub(super) async fn status(State(operations): State<Arc<Operations>>) -> Result<Json<FerryView>> {
    Ok(Json(operations.ferry()?))
}

/// Makes a set of files of all that is due for a peer, or for each. What is in a set is not put into another.
#[utoipa::path(post, path = "/api/v1/ferry/sets", request_body = FerryOut, params(ActorHeader), responses((status = 201, body = SetList), Failures))]
pub(super) async fn out(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<FerryOut>,
) -> Result<(StatusCode, Json<SetList>)> {
    Ok((
        StatusCode::CREATED,
        Json(operations.ferry_out(&request, &actor).await?),
    ))
}

/// Cuts a set anew, for the case that its files were lost or did not pass. The content is the same.
#[utoipa::path(post, path = "/api/v1/ferry/sets/{set}/again", request_body = CutRequest, params(("set" = String, Path), ActorHeader), responses((status = 200, body = SetOutView), Failures))]
pub(super) async fn again(
    State(operations): State<Arc<Operations>>,
    InPath(set): InPath<Hex16>,
    Body(request): Body<CutRequest>,
) -> Result<Json<SetOutView>> {
    Ok(Json(operations.ferry_again(&set, request)?))
}

/// One file of a set, from 1. Its name stands in the header `content-disposition`.
#[utoipa::path(get, path = "/api/v1/ferry/sets/{set}/parts/{part}", params(("set" = String, Path), ("part" = u32, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Failures))]
pub(super) async fn part(
    State(operations): State<Arc<Operations>>,
    InPath((set, part)): InPath<(Hex16, u32)>,
) -> Result<impl IntoResponse> {
    Ok(file(operations.ferry_part(set, part).await?))
}

/// Gives up a peer's set that is not whole, with the files that came of it: to make room for others. If it is sent
/// again, it is taken again from its first file.
#[utoipa::path(post, path = "/api/v1/ferry/sets/{set}/drop", request_body = FerryDrop, params(("set" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn give_up(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(set): InPath<Hex16>,
    Body(request): Body<FerryDrop>,
) -> Result<StatusCode> {
    operations.ferry_drop(&set, &request.peer, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// The node key of the peer that made the set; absent where it was made here.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    from: Option<Hex32>,
}

/// What stands on the approval slip of a set: of one that was made here, or of a peer's once it was opened.
#[utoipa::path(get, path = "/api/v1/ferry/sets/{set}/slip", params(("set" = String, Path), From), responses((status = 200, body = SlipFacts), Failures))]
pub(super) async fn slip(
    State(operations): State<Arc<Operations>>,
    InPath(set): InPath<Hex16>,
    InQuery(From { from }): InQuery<From>,
) -> Result<Json<SlipFacts>> {
    Ok(Json(operations.ferry_slip(&set, from)?))
}

/// Takes one file that was carried here: checked and kept, not yet worked through.
#[utoipa::path(post, path = "/api/v1/ferry/parts", params(ActorHeader), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = PartView), Failures))]
pub(super) async fn take(State(operations): State<Arc<Operations>>, body: Bytes) -> Result<Json<PartView>> {
    Ok(Json(operations.ferry_take(body).await?))
}

/// Works through all that is complete, and makes what is due by it. The node does so by itself too; this answers when it
/// is done, but for the results of rounds whose answers came: those are looked at afterwards, and such a round waits for
/// `concluding` meanwhile.
#[utoipa::path(post, path = "/api/v1/ferry/work", params(Waiting, ActorHeader), responses((status = 200, body = WorkedView), Failures))]
pub(super) async fn work(
    State(operations): State<Arc<Operations>>,
    InQuery(query): InQuery<Waiting>,
) -> Result<Json<WorkedView>> {
    Ok(Json(operations.ferry_work(query.wait).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiting {
    /// Answer only when the results are looked at too: how long that takes depends on them.
    #[serde(default)]
    wait: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    /// `binary`, or `text` where only text may pass.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    form: FileForm,
}

/// The node's card as a file to be carried. Its name stands in the header `content-disposition`.
#[utoipa::path(get, path = "/api/v1/ferry/card", params(Form), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Failures))]
pub(super) async fn card(
    State(operations): State<Arc<Operations>>,
    InQuery(Form { form }): InQuery<Form>,
) -> Result<impl IntoResponse> {
    Ok(file(operations.ferry_card(form)?))
}

/// Names of such files are plain ASCII, without quotes.
fn file(file: PartFile) -> impl IntoResponse {
    let named = format!("attachment; filename=\"{}\"", file.name);
    (
        [
            (CONTENT_TYPE, "application/octet-stream".to_owned()),
            (CONTENT_DISPOSITION, named),
        ],
        file.bytes,
    )
}
