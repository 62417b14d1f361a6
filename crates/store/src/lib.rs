//! The node's embedded database: what must outlive a restart, and nothing of it readable without the vault.
//!
//! Document numbers, household numbers and case numbers are sealed (AES-256-GCM, bound to their row), and people are
//! looked up by a keyed digest. Rules that must hold whoever writes stand in the schema as triggers: a dataset that a
//! round uses, findings and the log are never changed. One process at a time holds a store; within it, a [`Store`] is
//! shared freely between threads.
//!
//! This crate must never open a socket, write a document number or a name in clear or as a plain hash, or let
//! one into an error.

mod agreement;
mod dataset;
mod error;
mod files;
mod finding;
mod key_memory;
mod log;
mod migrate;
mod peer;
mod record;
mod round;
#[cfg(test)]
mod samples;
mod store;
mod vault;

pub use agreement::{AgreementState, StoredAgreement};
pub use dataset::{Counts, Dataset, DatasetId, DatasetInfo, Import};
pub use error::Error;
pub use log::{LogEntry, LogHead};
pub use peer::Peer;
pub use round::{Role, Round, RoundState};
pub use store::Store;
pub use vault::{Costs, Unlock, Vault};
