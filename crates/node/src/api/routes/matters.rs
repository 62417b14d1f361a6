use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ActorHeader, AskingHeader, Failures, Page};
use crate::api::error::Result;
use crate::api::extract::{Body, InPath, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    CluePage, ConfirmRequest, ConfirmationView, Hex32, LateList, MatterEventRequest, MatterHistory,
    MatterPage, OpenRequest, RegisteredView, TakeRequest,
};

/// Which matters of the ledger, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Ledger {
    /// Only those of this kind: `transfer`, `notice`, `lead` or `clue`.
    pub(in crate::api) kind: Option<String>,
    /// Only the one with this number in the ledger, however it is written.
    pub(in crate::api) number: Option<String>,
    /// Only those in which something is due.
    #[serde(default)]
    pub(in crate::api) due: bool,
    /// Begin after so many; 0 for the beginning.
    #[serde(default)]
    pub(in crate::api) after: u64,
    /// The most items, up to 1000.
    #[serde(default = "Page::usual")]
    limit: u16,
}

impl Ledger {
    pub(in crate::api) fn limit(&self) -> usize {
        self.limit.clamp(1, Page::MOST).into()
    }
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

/// The ledger, page by page: key groups first, then what is due first. People are masked.
#[utoipa::path(get, path = "/api/v1/matters", params(Ledger), responses((status = 200, body = MatterPage), Failures))]
pub(super) async fn list(
    State(operations): State<Arc<Operations>>,
    InQuery(of): InQuery<Ledger>,
) -> Result<Json<MatterPage>> {
    Ok(Json(operations.matters(of).await?))
}

/// One matter with all that was done. Of a protected person, what officers wrote freely is shown to whoever is in charge
/// or has acted.
#[utoipa::path(get, path = "/api/v1/matters/{id}", params(("id" = u64, Path), AskingHeader), responses((status = 200, body = MatterHistory), Failures))]
pub(super) async fn show(
    State(operations): State<Arc<Operations>>,
    actor: Option<Extension<Actor>>,
    InPath(id): InPath<u64>,
) -> Result<Json<MatterHistory>> {
    let asks = actor.map(|Extension(Actor(actor))| actor);
    Ok(Json(operations.matter(id, asks).await?))
}

/// What is late on a day. What is due on the day itself is not late.
#[utoipa::path(get, path = "/api/v1/matters/overdue", params(OnDay), responses((status = 200, body = LateList), Failures))]
pub(super) async fn overdue(
    State(operations): State<Arc<Operations>>,
    InQuery(of): InQuery<OnDay>,
) -> Result<Json<LateList>> {
    Ok(Json(operations.overdue_matters(of.on).await?))
}

/// Opens a transfer, a notice or a lead. 409 where the ledger has its number already.
#[utoipa::path(post, path = "/api/v1/matters", request_body = OpenRequest, params(ActorHeader), responses((status = 200, body = MatterHistory), Failures))]
pub(super) async fn open(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<OpenRequest>,
) -> Result<Json<MatterHistory>> {
    Ok(Json(operations.open_matter(request, actor).await?))
}

/// Records one act in a matter, by whom the header names. What its way does not have at this point is refused: 422 with
/// the reason, or 409 where somebody else was faster.
#[utoipa::path(post, path = "/api/v1/matters/{id}/events", request_body = MatterEventRequest, params(("id" = u64, Path), ActorHeader), responses((status = 200, body = MatterHistory), Failures))]
pub(super) async fn act(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(id): InPath<u64>,
    Body(request): Body<MatterEventRequest>,
) -> Result<Json<MatterHistory>> {
    Ok(Json(operations.act_in_matter(id, request, actor).await?))
}

/// Takes a snapshot of the ledger's letters, which rounds over letters enter from now on beside imported registers.
#[utoipa::path(post, path = "/api/v1/matters/register", params(ActorHeader), responses((status = 200, body = RegisteredView), Failures))]
pub(super) async fn register(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
) -> Result<Json<RegisteredView>> {
    Ok(Json(operations.register_matters(actor).await?))
}

/// Records in the agency's own transfers what a round over letters told of them. Asked again, it records nothing more.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/confirmation", request_body = ConfirmRequest, params(("id" = String, Path), ActorHeader), responses((status = 200, body = ConfirmationView), Failures))]
pub(super) async fn confirm(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(id): InPath<Hex32>,
    Body(request): Body<ConfirmRequest>,
) -> Result<Json<ConfirmationView>> {
    Ok(Json(operations.confirm(id, request, actor).await?))
}

/// Leads and omissions that a round found, and what was made of them. People are masked.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/clues", params(("id" = String, Path), Page), responses((status = 200, body = CluePage), Failures))]
pub(super) async fn clues(
    State(operations): State<Arc<Operations>>,
    InPath(id): InPath<Hex32>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<CluePage>> {
    Ok(Json(operations.clues(id, page.after, page.limit()).await?))
}

/// Takes up a lead or an omission: whom the header names is in charge of it. 409 where that was done before.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/findings/{seq}/clue", request_body = TakeRequest, params(("id" = String, Path), ("seq" = u64, Path), ActorHeader), responses((status = 200, body = MatterHistory), Failures))]
pub(super) async fn take(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath((id, seq)): InPath<(Hex32, u64)>,
    Body(request): Body<TakeRequest>,
) -> Result<Json<MatterHistory>> {
    Ok(Json(operations.take_clue(id, seq, request, actor).await?))
}
