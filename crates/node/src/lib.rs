//! One agency's node: what it imports, what it has agreed to, and the rounds it runs with its peers.
//!
//! Files and peers meet only here, and only as opaque elements: [`matching`] and [`Node`] turn records into elements,
//! [`runner`] carries the session between tokio and rayon. Nothing here prints, and nothing that is logged names a
//! person.

pub mod account;
mod agreement;
mod aliases;
pub mod api;
mod backup;
mod board;
pub mod conference;
pub mod config;
pub mod daemon;
mod deletion;
mod digest;
mod doctor;
mod dossier;
pub mod due;
mod ended;
mod error;
mod exchange;
pub mod explain;
pub mod ferry;
mod guard;
mod import;
pub mod inquiry;
mod keeper;
pub mod letter;
pub mod matching;
pub mod matter;
mod metrics;
mod node;
mod notes;
pub mod outcome;
pub mod precheck;
pub mod report;
pub mod review;
mod round;
mod rules;
pub mod runner;
pub mod unmasking;

pub use backup::Restored;
pub use digest::sha256;
pub use doctor::{Check, Verdict};
pub use error::{Error, Result};
pub use exchange::Greeting;
pub use hefu_casework::conference::MAX_ANNEXES;
pub use hefu_store::{Carrier, NoteFacts};
pub use import::{Export, Imported};
pub use node::{Node, Profile, Surroundings};
pub use report::NOTICE;
pub use round::Learned;
