//! The node's embedded database: what must outlive a restart, and nothing of it readable without the vault.
//!
//! Document numbers, household numbers and case numbers are sealed (AES-256-GCM, bound to their row), and people are
//! looked up by a keyed digest. Rules that must hold whoever writes stand in the schema as triggers: a dataset that a
//! round uses, findings, the ledger and the log are never changed, and what goes, goes with a signed record. A session
//! under way can be resumed after a crash; at its end its secrets are erased from every file. One process at a time holds a store; within it, a [`Store`] is
//! shared freely between threads.
//!
//! This crate must never open a socket, write a document number or a name in clear or as a plain hash, or let
//! one into an error.

mod account;
mod agreement;
mod backup;
mod budget;
mod conference;
mod dataset;
mod deletion;
mod error;
mod evidence;
mod ferry;
mod files;
mod finding;
mod frozen;
mod inquiry;
mod key_memory;
mod line;
mod log;
mod matter;
mod migrate;
mod names;
mod note;
mod outcome;
mod peer;
mod peer_head;
mod precheck;
mod record;
mod review;
mod round;
#[cfg(test)]
mod samples;
mod session;
mod store;
mod unmasking;
mod vault;

pub use account::{Account, AccountRole, AccountTaken, Attempt, NewAccount, PasswordHash};
pub use agreement::{AgreementState, StoredAgreement};
pub use backup::{Merged, forget_sessions};
pub use budget::{BudgetLock, Debit, Debited};
pub use conference::{
    Conference, ConferenceHead, Enclosure, HeadSignature, NewConferenceEntry, NewSaid, Resumed, Said,
    SaidEntry, SignedAnew, StoredConferenceEntry,
};
pub use dataset::{Counts, Dataset, DatasetId, DatasetInfo, Import};
pub use deletion::{Deleted, Deletion};
pub use error::Error;
pub use ferry::{
    CardWaiting, Coming, IncomingLimits, IncomingSet, Letter, Matter, NewLetter, NewSet, OutgoingSet,
    TakenLetter,
};
pub use frozen::{FrozenSets, LegSession, NewFrozen};
pub use inquiry::{Disclosure, Inquiry, NewDisclosure, NewInquiry, NewInquiryEvent};
pub use line::{NewLine, StoredLine};
pub use log::{Entry, LOG_KINDS, LogEntry, LogHead, SECURITY_KINDS};
pub use matter::{MatterAct, MatterChange, NewMatter, StoredMatter};
pub use note::{
    NewNote, NewTaken, NoteAnswer, NoteDue, NoteFacts, NoteUnanswered, Put, Quota, SignedNote, TakenNote,
};
pub use outcome::{NewToldThere, ToldThere};
pub use peer::{Carrier, PastCard, Peer};
pub use peer_head::HeadNews;
pub use precheck::{CheckedAt, NewCheck};
pub use review::{ACTED, Correction, Events, NewEvent};
pub use round::{Role, Round, RoundState};
pub use session::{Answered, Direction, GivenUp, NewSession, Session, SessionEnd, SessionOutcome};
pub use store::Store;
pub use unmasking::{NewUnmasking, Unmasking, UnmaskingDecision};
pub use vault::{Costs, Unlock, Vault};
