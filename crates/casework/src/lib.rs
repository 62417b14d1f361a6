//! Aid records, the programmes they belong to, the rules that forbid two of them together, the agreements under
//! which agencies compare them, the findings that come of it, and what is done about them.
//!
//! Everything here is a function of its arguments. This crate must never open a file or a socket, read the clock,
//! start a task, or know of groups and curves: it turns records into opaque elements of fixed width, and positions
//! that matched back into findings on the receiver's own records.

pub mod calendar;
pub mod canonical;
pub mod clue;
pub mod conference;
pub mod figures;
pub mod inquiry;
pub mod letter;
pub mod matter;
pub mod note;
pub mod precheck;
pub mod review;
pub mod text;
pub mod transfer;

mod agreement;
mod care;
mod code;
mod codes;
mod element;
mod error;
mod filed;
mod finding;
mod fold;
mod hex;
mod history;
mod ledger;
mod money;
mod name;
mod policy;
mod programme;
mod record;
mod referral;
mod rule;
mod time;

pub use agreement::{
    AgencyRole, Agreement, CaseMatching, Dossier, DossierState, DraftRequest, KeyKind, LabelField,
    LabelTerms, Learning, MAX_DOSSIER_BYTES, MAX_LABEL_BYTES, MAX_REASON_CHARS, Mode, PERSON_WIDTH, Party,
    Purpose, Refusal, Selection, SignedAgreement, Template, Word, label_bytes, learns, name_label_bytes,
    parse_label, parse_name_label, sign,
};
pub use care::{Care, Known, PEOPLE_STORED, Protection, people_from_stored, people_stored};
pub use code::{Place, ProgrammeCode, RuleId};
pub use element::{CannotFind, CannotFindReason, ElementSet, elements, number_in_element, person_element};
pub use error::{DataFile, Error, Wrong};
pub use filed::{CaseNumber, LetterNo};
pub use finding::{
    Finding, FindingKind, Outcome, Payee, Payment, When, findings, local_findings, total_to_verify,
};
pub use hex::Hex;
pub use history::{Event, MAX_ACTS};
pub use money::{Amount, Fen, Per};
pub use name::{NameAgreement, NameCheck, NameDigest};
pub use policy::{AnyPinned, LocalPolicy, Peers, PolicyBreach};
pub use programme::{Catalogue, Implied, Nature, Programme};
pub use record::{AidRecord, CauseCode, Circumstances, HouseholdNo, Period, RowId, Status};
pub use referral::{
    Feedback, REFERRAL_RECEIVED, REFERRAL_SENT, ReasonCode, Referral, ReferralState, is_referral,
};
pub use rule::{Basis, Evidence, Level, Limit, Reach, Rule, RuleKind, RuleSet, Window};
pub use text::Text;
pub use time::{Month, MonthRange};
