//! What the tests of whole nodes share: a line with faults, two small nodes, watchers, and a searcher for secrets.
//!
//! Nothing of the product may depend on this crate. Everything here serves tests, so a failed expectation panics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a panic is the report"
)]

pub mod agency;
pub mod bureau;
pub mod conference;
pub mod ends;
pub mod faulty;
pub mod ferry;
pub mod gateway;
pub mod proxy;
pub mod rogue;
pub mod search;
pub mod secrets;
pub mod watch;
