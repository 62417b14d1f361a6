use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hefu_casework::Known;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Failures, Page};
use crate::api::error::Result;
use crate::api::extract::InQuery;
use crate::api::operations::Operations;
use crate::api::view::{FindingList, Hex32};

/// The findings of all rounds, filtered and sorted, page by page. People are masked. `after` is how many were listed before.
#[utoipa::path(get, path = "/api/v1/findings", params(AllAsked), responses((status = 200, body = FindingList), Failures))]
pub(super) async fn all(
    State(operations): State<Arc<Operations>>,
    InQuery(asked): InQuery<AllAsked>,
) -> Result<Json<FindingList>> {
    Ok(Json(operations.all_findings(asked).await?))
}

/// Which findings of all rounds, in which order, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AllAsked {
    /// Leads and omissions, which are taken up as clues, instead of what is on a way to a decision.
    #[serde(default)]
    pub(in crate::api) clues: bool,
    /// Only those of this round.
    #[param(value_type = Option<String>)]
    pub(in crate::api) round: Option<Hex32>,
    /// Only those of this kind, as in the list.
    pub(in crate::api) kind: Option<String>,
    /// Only those under this rule.
    pub(in crate::api) rule: Option<String>,
    /// Only those with this agency.
    pub(in crate::api) peer: Option<String>,
    /// Only those that are so far: one or more stages, codes of the table of words with commas between them.
    pub(in crate::api) stage: Option<String>,
    /// Only those of whom somebody with this name is in charge.
    pub(in crate::api) owner: Option<String>,
    /// Only those with a month in question from this one on, `2026-07`.
    pub(in crate::api) from: Option<String>,
    /// Only those with a month in question up to this one.
    pub(in crate::api) until: Option<String>,
    /// Only those with no less than this to be verified, in fen.
    pub(in crate::api) min_fen: Option<i64>,
    /// Only those with no more than this to be verified, in fen.
    pub(in crate::api) max_fen: Option<i64>,
    /// Only those whose person is of a key group (`yes`), is of none (`no`), or is to be asked after (`unknown`).
    #[param(value_type = Option<String>)]
    pub(in crate::api) key_group: Option<Known>,
    /// Only those in which something is late, or in which that cannot be told.
    #[serde(default)]
    pub(in crate::api) late: bool,
    /// Only those to which the person objects, where no second review or correction has answered that.
    #[serde(default)]
    pub(in crate::api) objected: bool,
    /// By what they are sorted.
    #[serde(default)]
    #[param(inline)]
    pub(in crate::api) sort: SortBy,
    /// From the last to the first.
    #[serde(default)]
    pub(in crate::api) descending: bool,
    /// How many were listed before; 0 for the beginning.
    #[serde(default)]
    pub(in crate::api) after: u64,
    /// The most items, up to 1000.
    #[serde(default = "Page::usual")]
    limit: u16,
}

/// By what findings are sorted. What is alike stays in the order `first`; what has no such value comes last.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum SortBy {
    /// What is to be done first: key groups, then those that must be asked after; within, the earliest due.
    #[default]
    First,
    /// The last day.
    Due,
    /// The amount to be verified.
    Fen,
    /// The first month in question.
    Month,
    /// The rule.
    Rule,
    /// The other agency.
    Peer,
    /// How far it is.
    Stage,
}

impl AllAsked {
    pub(in crate::api) fn limit(&self) -> usize {
        self.limit.clamp(1, Page::MOST).into()
    }
}
