use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Failures, Page};
use crate::api::error::Result;
use crate::api::extract::InQuery;
use crate::api::operations::Operations;
use crate::api::view::{BudgetList, DebitPage, EntryPage, Verified};

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
