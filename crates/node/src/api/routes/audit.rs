use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ActorHeader, Failures, Page};
use crate::api::error::Result;
use crate::api::extract::{Body, InQuery, Unsaid};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    BudgetList, DebitPage, EntryPage, ReportVerifiedView, UnlockRequest, Verified, VerifyReportRequest,
};

/// Follows the audit log from its beginning.
#[utoipa::path(get, path = "/api/v1/audit/verify", responses((status = 200, body = Verified), Failures))]
pub(super) async fn verify(State(operations): State<Arc<Operations>>) -> Result<Json<Verified>> {
    Ok(Json(operations.verify().await?))
}

/// The audit log, page by page, with all that its hashes cover.
#[utoipa::path(get, path = "/api/v1/audit/entries", params(EntriesAsked), responses((status = 200, body = EntryPage), Failures))]
pub(super) async fn entries(
    State(operations): State<Arc<Operations>>,
    InQuery(asked): InQuery<EntriesAsked>,
) -> Result<Json<EntryPage>> {
    Ok(Json(operations.entries(asked).await?))
}

/// Which entries of the log, and which page of them. A page can be short, or empty, and yet have a next one: where what is
/// asked for is rare, one question does not read all.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct EntriesAsked {
    /// Begin after this number; 0 for the beginning.
    #[serde(default)]
    pub(in crate::api) after: u64,
    /// The newest first, beginning before this number; 0 for the end. `next` is then given as `before`.
    pub(in crate::api) before: Option<u64>,
    /// The most items, up to 1000.
    #[serde(default = "Page::usual")]
    limit: u16,
    /// Only what happened so.
    pub(in crate::api) kind: Option<String>,
    /// Only what tells whether somebody tries to get in, or to do what is not theirs: sign-ins that failed, locks, refusals,
    /// and what was changed of accounts.
    #[serde(default)]
    pub(in crate::api) security: bool,
    /// Only what this person did.
    pub(in crate::api) actor: Option<String>,
    /// Only from this day in China on.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::api) from: Option<Date>,
    /// Only up to this day, included.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::api) until: Option<Date>,
}

impl EntriesAsked {
    pub(in crate::api) fn limit(&self) -> usize {
        Page {
            after: self.after,
            limit: self.limit,
        }
        .limit()
    }
}

/// Checks a report from its file and cards alone, whoever made it: nothing of this node's own goes into the answer, but for
/// the cards of its book where none is given. 422 with what does not hold, and where.
#[utoipa::path(post, path = "/api/v1/reports/verify", request_body = VerifyReportRequest, params(ActorHeader), responses((status = 200, body = ReportVerifiedView), Failures))]
pub(super) async fn verify_report(
    State(operations): State<Arc<Operations>>,
    Unsaid(request): Unsaid<VerifyReportRequest>,
) -> Result<Json<ReportVerifiedView>> {
    Ok(Json(operations.verify_report(request).await?))
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
