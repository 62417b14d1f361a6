use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::{ActorHeader, Failures, Page};
use crate::api::error::Result;
use crate::api::extract::{Body, InQuery};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{BudgetList, DebitPage, EntryPage, UnlockRequest, Verified};

/// Follows the audit log from its beginning.
#[utoipa::path(get, path = "/api/v1/audit/verify", responses((status = 200, body = Verified), Failures))]
pub(super) async fn verify(State(operations): State<Arc<Operations>>) -> Result<Json<Verified>> {
    Ok(Json(operations.verify().await?))
}

/// The audit log, page by page, with all that its hashes cover.
#[utoipa::path(get, path = "/api/v1/audit/entries", params(Page), responses((status = 200, body = EntryPage), Failures))]
pub(super) async fn entries(
    State(operations): State<Arc<Operations>>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<EntryPage>> {
    Ok(Json(operations.entries(page.after, page.limit())?))
}

/// The disclosure ledger, page by page.
#[utoipa::path(get, path = "/api/v1/ledger/debits", params(Page), responses((status = 200, body = DebitPage), Failures))]
pub(super) async fn debits(
    State(operations): State<Arc<Operations>>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<DebitPage>> {
    Ok(Json(operations.debits(page.after, page.limit())?))
}

/// What is left of this month's budgets.
#[utoipa::path(get, path = "/api/v1/ledger/budgets", responses((status = 200, body = BudgetList), Failures))]
pub(super) async fn budgets(State(operations): State<Arc<Operations>>) -> Result<Json<BudgetList>> {
    Ok(Json(operations.budgets()?))
}

/// Frees this month's budgets after a restore: someone answers for what was spent since the backup.
#[utoipa::path(post, path = "/api/v1/ledger/unlock", request_body = UnlockRequest, params(ActorHeader), responses((status = 204), Failures))]
pub(super) async fn unlock(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(request): Body<UnlockRequest>,
) -> Result<StatusCode> {
    operations.unlock_budgets(&request, &actor)?;
    Ok(StatusCode::NO_CONTENT)
}
