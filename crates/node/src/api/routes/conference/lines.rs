use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::routes::{ActorHeader, Failures, Page};
use crate::api::view::{
    Hex16, Hex32, InviteRequest, LineDetail, LinePage, LineView, MeasureRequest, OwnLinePage, PlanView,
    RevisitRequest, RevisitedRequest,
};

/// Which lines, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct LinesAsked {
    /// Only those of this kind: `finding`, `referral`, `inquiry` or `lead`.
    pub(in crate::api) kind: Option<String>,
    /// Only those that have come so far: `open`, `under_way`, `answered`, `settled` or `corrected`.
    pub(in crate::api) state: Option<String>,
    /// Only those that are late.
    #[serde(default)]
    pub(in crate::api) late: bool,
    /// Only those in which something is due until this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::api) due: Option<Date>,
    /// Only those between this agency and another, by node key.
    #[param(value_type = Option<String>)]
    pub(in crate::api) agency: Option<Hex32>,
    /// By what they are in order: what is due first, first, where it is left out.
    #[serde(default)]
    pub(in crate::api) sort: LineOrder,
    /// In the order's reverse.
    #[serde(default)]
    pub(in crate::api) descending: bool,
    /// On which day it is seen what is late; today in Beijing where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::api) on: Option<Date>,
    /// Begin after so many; 0 for the beginning.
    #[serde(default)]
    pub(in crate::api) after: u64,
    /// The most items, up to 1000.
    #[serde(default = "Page::usual")]
    limit: u16,
}

/// By what lines are in order; those that are equal in it, by what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum LineOrder {
    /// What is done last, then by the day on which something is due.
    #[default]
    Due,
    /// By the day on which they were opened.
    Opened,
    /// By what they are about.
    Kind,
    /// By how far they have come.
    State,
    /// By the name of the agency that opened them.
    From,
    /// By the name of the other.
    To,
}

impl LinesAsked {
    pub(in crate::api) fn limit(&self) -> usize {
        self.limit.clamp(1, Page::MOST).into()
    }
}

/// The lines of the ledger that this node may read: those that are due first.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/ledger", operation_id = "conference_ledger", params(("conference" = String, Path), LinesAsked), responses((status = 200, body = LinePage), Failures))]
pub(in crate::api::routes) async fn list(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(asked): InQuery<LinesAsked>,
) -> Result<Json<LinePage>> {
    Ok(Json(operations.ledger_lines(conference, asked).await?))
}

/// One line, with what consultations decided on it.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/ledger/{item}", operation_id = "conference_line", params(("conference" = String, Path), ("item" = String, Path)), responses((status = 200, body = LineDetail), Failures))]
pub(in crate::api::routes) async fn show(
    State(operations): State<Arc<Operations>>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
) -> Result<Json<LineDetail>> {
    Ok(Json(operations.ledger_line(conference, item).await?))
}

/// The lines that are this agency's, joined here to what they are of. People are masked.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/own", operation_id = "own_conference_lines", params(("conference" = String, Path), LinesAsked), responses((status = 200, body = OwnLinePage), Failures))]
pub(in crate::api::routes) async fn own(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(asked): InQuery<LinesAsked>,
) -> Result<Json<OwnLinePage>> {
    Ok(Json(operations.own_lines(conference, asked).await?))
}

/// Sets the day on which somebody looks again at an own line, or takes it back.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/own/{item}/revisit", operation_id = "set_revisit", request_body = RevisitRequest, params(("conference" = String, Path), ("item" = String, Path), ActorHeader), responses((status = 200, body = LineView), Failures))]
pub(in crate::api::routes) async fn revisit(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
    Body(request): Body<RevisitRequest>,
) -> Result<Json<LineView>> {
    Ok(Json(
        operations.set_revisit(conference, item, request, actor).await?,
    ))
}

/// Records what somebody saw who looked again.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/own/{item}/revisited", operation_id = "record_revisit", request_body = RevisitedRequest, params(("conference" = String, Path), ("item" = String, Path), ActorHeader), responses((status = 200, body = LineView), Failures))]
pub(in crate::api::routes) async fn revisited(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
    Body(request): Body<RevisitedRequest>,
) -> Result<Json<LineView>> {
    Ok(Json(
        operations
            .record_revisit(conference, item, request, actor)
            .await?,
    ))
}

/// What the agencies involved do for the person of a line.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/plans/{item}", operation_id = "conference_plan", params(("conference" = String, Path), ("item" = String, Path)), responses((status = 200, body = PlanView), Failures))]
pub(in crate::api::routes) async fn plan(
    State(operations): State<Arc<Operations>>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
) -> Result<Json<PlanView>> {
    Ok(Json(operations.plan(conference, item).await?))
}

/// Says a measure of this agency's to the agencies involved.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/plans/{item}", operation_id = "add_measure", request_body = MeasureRequest, params(("conference" = String, Path), ("item" = String, Path), ActorHeader), responses((status = 200, body = PlanView), Failures))]
pub(in crate::api::routes) async fn measure(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
    Body(request): Body<MeasureRequest>,
) -> Result<Json<PlanView>> {
    Ok(Json(
        operations.add_measure(conference, item, request, actor).await?,
    ))
}

/// Takes another member into the plan of an own line.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/plans/{item}/invited", operation_id = "invite_to_plan", request_body = InviteRequest, params(("conference" = String, Path), ("item" = String, Path), ActorHeader), responses((status = 200, body = PlanView), Failures))]
pub(in crate::api::routes) async fn invite(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
    Body(request): Body<InviteRequest>,
) -> Result<Json<PlanView>> {
    Ok(Json(
        operations
            .invite_to_plan(conference, item, request, actor)
            .await?,
    ))
}
