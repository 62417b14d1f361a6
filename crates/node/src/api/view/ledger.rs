use hefu_store::{Debited, Disclosure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hex16, Hex32};

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

/// Identities in the disclosure ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DisclosurePage {
    /// In order.
    pub disclosures: Vec<DisclosureView>,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// Whose number was given to whom, written before it left.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DisclosureView {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The inquiry, 32 hexadecimal digits.
    #[schema(value_type = String)]
    pub item: Hex16,
    /// To whom: the peer's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// Under which agreement.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// What the agreement is for.
    pub purpose: String,
    /// What was told: `number`, `number_kind`, `rule`, `months`, `document`, `question`.
    pub fields: Vec<String>,
    /// Of how many people.
    pub persons: u64,
    /// Who approved.
    pub approved_by: String,
    /// Who released it; another person.
    pub released_by: String,
    /// Whose number, masked.
    pub person: String,
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

impl From<Disclosure> for DisclosureView {
    fn from(line: Disclosure) -> Self {
        Self {
            seq: line.seq,
            at: line.at,
            item: hefu_casework::Hex(line.item),
            peer: hefu_casework::Hex(line.peer),
            agreement: hefu_casework::Hex(line.agreement),
            purpose: line.purpose,
            fields: line.fields,
            persons: line.persons,
            approved_by: line.approved_by,
            released_by: line.released_by,
            person: line.person.masked(),
        }
    }
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
