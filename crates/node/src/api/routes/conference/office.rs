use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::account::SignedIn;
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::rights::of_the_office;
use crate::api::routes::{ActorHeader, Failures};
use crate::api::view::{
    AgendaView, ConsultedRequest, EscalationRequest, FiguresView, FundsView, Hex16, Hex32, LineView,
    MinutesView, MonitorView, SampleView,
};
use crate::conference::Share;

/// Which figures.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::routes) struct FiguresAsked {
    /// With nothing withheld; at the office alone.
    #[serde(default)]
    exact: bool,
}

/// How many matters are drawn.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::routes) struct SampleAsked {
    /// So many of a hundred, each by itself; 5 where neither is given.
    percent: Option<u8>,
    /// So many in all, instead.
    count: Option<u32>,
}

/// As of which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::routes) struct OfDay {
    /// The day; today in Beijing where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Date>,
}

/// Of which consultation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::routes) struct MinutesAsked {
    /// What was decided on this day; today in Beijing where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// What was decided under this number of minutes, on whatever day.
    number: Option<String>,
}

/// The figures of a round: as on record, or at the office, before they are there, as they would be.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/rounds/{round}/figures", operation_id = "round_figures", params(("conference" = String, Path), ("round" = u32, Path), FiguresAsked), responses((status = 200, body = FiguresView), Failures))]
pub(in crate::api::routes) async fn figures(
    State(operations): State<Arc<Operations>>,
    who: Option<Extension<SignedIn>>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
    InQuery(asked): InQuery<FiguresAsked>,
) -> Result<Json<FiguresView>> {
    if asked.exact {
        of_the_office(who.as_deref())?;
    }
    Ok(Json(
        operations.round_figures(conference, round, asked.exact).await?,
    ))
}

/// Puts the figures of a round on record, once.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/rounds/{round}/figures", operation_id = "publish_figures", params(("conference" = String, Path), ("round" = u32, Path), ActorHeader), responses((status = 200, body = FiguresView), Failures))]
pub(in crate::api::routes) async fn publish(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
) -> Result<Json<FiguresView>> {
    Ok(Json(operations.publish_figures(conference, round, actor).await?))
}

/// What is published of money: at the office what findings came to, at a member what it paid.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/rounds/{round}/funds", operation_id = "round_funds", params(("conference" = String, Path), ("round" = u32, Path)), responses((status = 200, body = FundsView), Failures))]
pub(in crate::api::routes) async fn funds(
    State(operations): State<Arc<Operations>>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
) -> Result<Json<FundsView>> {
    Ok(Json(operations.round_funds(conference, round).await?))
}

/// Which matters of a closed round are drawn to be looked at.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/rounds/{round}/sample", operation_id = "round_sample", params(("conference" = String, Path), ("round" = u32, Path), SampleAsked), responses((status = 200, body = SampleView), Failures))]
pub(in crate::api::routes) async fn sample(
    State(operations): State<Arc<Operations>>,
    InPath((conference, round)): InPath<(Hex32, u32)>,
    InQuery(asked): InQuery<SampleAsked>,
) -> Result<Json<SampleView>> {
    const USUAL: u8 = 5;
    let share = match asked.count {
        Some(count) => Share::Count(usize::try_from(count).unwrap_or(usize::MAX)),
        None => Share::Percent(asked.percent.unwrap_or(USUAL)),
    };
    Ok(Json(operations.sample(conference, round, share).await?))
}

/// What is to be spoken about on a day.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/agenda", operation_id = "conference_agenda", params(("conference" = String, Path), OfDay), responses((status = 200, body = AgendaView), Failures))]
pub(in crate::api::routes) async fn agenda(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(of): InQuery<OfDay>,
) -> Result<Json<AgendaView>> {
    Ok(Json(operations.agenda(conference, of.on).await?))
}

/// Has agencies reminded of a matter, or puts it on the agenda. The office's to do.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/ledger/{item}/escalation", operation_id = "escalate_line", request_body = EscalationRequest, params(("conference" = String, Path), ("item" = String, Path), ActorHeader), responses((status = 200, body = LineView), Failures))]
pub(in crate::api::routes) async fn escalate(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
    Body(request): Body<EscalationRequest>,
) -> Result<Json<LineView>> {
    Ok(Json(operations.escalate(conference, item, request, actor).await?))
}

/// Records what a consultation decided on a matter. The office's to do.
#[utoipa::path(post, path = "/api/v1/conferences/{conference}/ledger/{item}/decision", operation_id = "decide_line", request_body = ConsultedRequest, params(("conference" = String, Path), ("item" = String, Path), ActorHeader), responses((status = 200, body = LineView), Failures))]
pub(in crate::api::routes) async fn decide(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((conference, item)): InPath<(Hex32, Hex16)>,
    Body(request): Body<ConsultedRequest>,
) -> Result<Json<LineView>> {
    Ok(Json(operations.decide(conference, item, request, actor).await?))
}

/// What was decided, for the minutes.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/minutes", operation_id = "conference_minutes", params(("conference" = String, Path), MinutesAsked), responses((status = 200, body = MinutesView), Failures))]
pub(in crate::api::routes) async fn minutes(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(asked): InQuery<MinutesAsked>,
) -> Result<Json<MinutesView>> {
    Ok(Json(
        operations.minutes(conference, asked.on, asked.number).await?,
    ))
}

/// Whether agencies keep their time, as of a day.
#[utoipa::path(get, path = "/api/v1/conferences/{conference}/monitor", operation_id = "conference_monitor", params(("conference" = String, Path), OfDay), responses((status = 200, body = MonitorView), Failures))]
pub(in crate::api::routes) async fn monitor(
    State(operations): State<Arc<Operations>>,
    InPath(conference): InPath<Hex32>,
    InQuery(of): InQuery<OfDay>,
) -> Result<Json<MonitorView>> {
    Ok(Json(operations.monitor(conference, of.on).await?))
}
