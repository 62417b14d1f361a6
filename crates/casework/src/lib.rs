//! Aid records, the programmes they belong to, the rules that forbid two of them together, the agreements under
//! which agencies compare them, and the findings that come of it.
//!
//! Everything here is a function of its arguments. This crate must never open a file or a socket, read the clock,
//! start a task, or know of groups and curves: it turns records into opaque elements of fixed width, and positions
//! that matched back into findings on the receiver's own records.

pub mod canonical;

mod agreement;
mod code;
mod element;
mod error;
mod finding;
mod fold;
mod hex;
mod ledger;
mod money;
mod programme;
mod record;
mod rule;
mod time;

pub use agreement::{
    AgencyRole, Agreement, CaseMatching, KeyKind, Mode, PERSON_WIDTH, Party, Purpose, Selection,
    SignedAgreement, sign,
};
pub use code::{Place, ProgrammeCode, RuleId};
pub use element::{CannotFind, CannotFindReason, ElementSet, elements, person_element};
pub use error::{DataFile, Error, Wrong};
pub use finding::{
    Finding, FindingKind, Outcome, Payee, Payment, When, findings, local_findings, total_to_verify,
};
pub use hex::Hex;
pub use money::{Amount, Fen, Per};
pub use programme::{Catalogue, Nature, Programme};
pub use record::{AidRecord, CaseNumber, HouseholdNo, Period, RowId, Status};
pub use rule::{Basis, Evidence, Level, Rule, RuleSet};
pub use time::{Month, MonthRange};
