use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use hefu_casework::Known;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ActorHeader, AskingHeader, Failures, Page};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    ExplanationView, FindingDetail, FindingPage, Hex32, OverdueList, RoundList, RoundView, StartRound,
    Started,
};
use crate::report::Form;

/// Every round, the newest first.
#[utoipa::path(get, path = "/api/v1/rounds", responses((status = 200, body = RoundList), Failures))]
pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Result<Json<RoundList>> {
    Ok(Json(operations.rounds()?))
}

/// Starts a round in which this node learns. It goes on by itself; ask after it by its id.
#[utoipa::path(post, path = "/api/v1/rounds", request_body = StartRound, params(ActorHeader), responses((status = 202, body = Started), Failures))]
pub(super) async fn run(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<StartRound>,
) -> Result<(StatusCode, Json<Started>)> {
    Ok((
        StatusCode::ACCEPTED,
        Json(operations.start_round(&request, &actor).await?),
    ))
}

/// One round, and how far it has come.
#[utoipa::path(get, path = "/api/v1/rounds/{id}", params(("id" = String, Path)), responses((status = 200, body = RoundView), Failures))]
pub(super) async fn show(
    State(operations): State<Arc<Operations>>,
    InPath(id): InPath<Hex32>,
) -> Result<Json<RoundView>> {
    Ok(Json(operations.round(&id)?))
}

/// Ends a round that is under way; the peer is told.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/cancel", params(("id" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn cancel(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(id): InPath<Hex32>,
) -> Result<StatusCode> {
    operations.cancel_round(&id, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a round found, page by page: key groups first, then those of whom it must be asked, within by the day on which
/// something is due. People are masked. `after` is how many were listed before.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/findings", params(("id" = String, Path), FindingsAsked), responses((status = 200, body = FindingPage), Failures))]
pub(super) async fn findings(
    State(operations): State<Arc<Operations>>,
    InPath(id): InPath<Hex32>,
    InQuery(asked): InQuery<FindingsAsked>,
) -> Result<Json<FindingPage>> {
    Ok(Json(operations.findings(id, asked).await?))
}

/// Which findings of a round, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct FindingsAsked {
    /// How many were listed before; 0 for the beginning.
    #[serde(default)]
    pub(in crate::api) after: u64,
    /// The most items, up to 1000.
    #[serde(default = "Page::usual")]
    limit: u16,
    /// Only those whose person is of a key group (`yes`), is of none (`no`), or is to be asked after (`unknown`).
    #[param(value_type = Option<String>)]
    pub(in crate::api) key_group: Option<Known>,
}

impl FindingsAsked {
    pub(in crate::api) fn limit(&self) -> usize {
        let Self { after, limit, .. } = *self;
        Page { after, limit }.limit()
    }
}

/// The findings of all rounds in which something is late, or in which that cannot be told, since the holidays of that time
/// are not known to the node. Key groups first. People are masked.
#[utoipa::path(get, path = "/api/v1/findings/overdue", params(OnDay), responses((status = 200, body = OverdueList), Failures))]
pub(super) async fn overdue(
    State(operations): State<Arc<Operations>>,
    InQuery(asked): InQuery<OnDay>,
) -> Result<Json<OverdueList>> {
    Ok(Json(operations.overdue(asked.on).await?))
}

/// On which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OnDay {
    /// The day; today in Beijing where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Date>,
}

/// What the agency's own records break among themselves, without any peer, key groups first. People are masked.
#[utoipa::path(get, path = "/api/v1/findings/local", params(Local), responses((status = 200, body = FindingPage), Failures))]
pub(super) async fn local(
    State(operations): State<Arc<Operations>>,
    InQuery(within): InQuery<Local>,
) -> Result<Json<FindingPage>> {
    Ok(Json(operations.local(within).await?))
}

/// Under which rules the agency's own records are looked at, and for which months.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Local {
    /// The region whose rules hold, as six digits.
    pub(in crate::api) place: String,
    /// The first month, `2026-07`.
    pub(in crate::api) from: String,
    /// The last month, included.
    pub(in crate::api) until: String,
    /// Only those whose person is of a key group (`yes`), is of none (`no`), or is to be asked after (`unknown`).
    #[param(value_type = Option<String>)]
    pub(in crate::api) key_group: Option<Known>,
}

/// One finding. The person is masked; of one who is protected, only whoever is in charge is shown the case number.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/findings/{seq}", params(("id" = String, Path), ("seq" = u64, Path), AskingHeader), responses((status = 200, body = FindingDetail), Failures))]
pub(super) async fn finding(
    State(operations): State<Arc<Operations>>,
    actor: Option<Extension<Actor>>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
) -> Result<Json<FindingDetail>> {
    let asks = actor.map(|Extension(Actor(actor))| actor);
    Ok(Json(operations.finding(id, seq, asks).await?))
}

/// The signed report of a round, byte for byte: it can be verified without the node. Each is a copy with a number.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/report", params(("id" = String, Path), InForm, ActorHeader), responses((status = 200, body = Object), Failures))]
pub(super) async fn report(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(id): InPath<Hex32>,
    InQuery(asked): InQuery<InForm>,
) -> Result<impl IntoResponse> {
    let report = operations.report(id, asked.form, actor).await?;
    Ok(([(CONTENT_TYPE, "application/json")], report))
}

/// For whom a report is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct InForm {
    /// `internal` with a line for each finding, `submission` with aggregates only.
    #[serde(default = "InForm::usual")]
    form: String,
}

impl InForm {
    fn usual() -> String {
        Form::Internal.code().to_owned()
    }
}

/// One finding derived once more from what was kept. The person is masked.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/findings/{seq}/explanation", params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 200, body = ExplanationView), Failures))]
pub(super) async fn explain(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
) -> Result<Json<ExplanationView>> {
    Ok(Json(operations.explain(id, seq, actor).await?))
}

/// What the record for the person concerned says. That it was made is logged.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/findings/{seq}/record", params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 200, body = ExplanationView), Failures))]
pub(super) async fn person_record(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
) -> Result<Json<ExplanationView>> {
    Ok(Json(operations.person_record(id, seq, actor).await?))
}
