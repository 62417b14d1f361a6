use hefu_store::Debited;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Hex32;

/// Debits of the disclosure ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DebitPage {
    /// In order.
    pub debits: Vec<DebitView>,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// What one peer had this node evaluate, debited before the first answer left.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DebitView {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The peer's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// Under which agreement.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// What the agreement is for.
    pub purpose: String,
    /// To which calendar month it counts, `2026-11`.
    pub month: String,
    /// How many elements.
    pub elements: u64,
}

/// What is left of this month's budgets.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BudgetList {
    /// By peer.
    pub budgets: Vec<BudgetView>,
}

/// What is left of one peer's budget.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BudgetView {
    /// The peer's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// Its name.
    pub name: String,
    /// The calendar month in China, `2026-11`.
    pub month: String,
    /// Elements that it may have evaluated in the month.
    pub limit: u64,
    /// Elements that it has had evaluated.
    pub spent: u64,
    /// Whether the month is locked, because nothing tells what was spent in it: after a restore.
    pub locked: bool,
}

/// The month's budgets are to count again, though nothing tells what was spent since the backup.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlockRequest {
    /// On whose authority and why; goes to the audit log.
    pub reason: String,
}

impl From<Debited> for DebitView {
    fn from(debit: Debited) -> Self {
        Self {
            seq: debit.seq,
            at: debit.at,
            peer: hefu_casework::Hex(debit.peer),
            agreement: hefu_casework::Hex(debit.agreement),
            purpose: debit.purpose,
            month: debit.month.to_string(),
            elements: debit.elements,
        }
    }
}
