//! The console over an interface that answers as a node's would.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod case;
mod case_real;
mod compliance;
mod compliance_acts;
mod compliance_real;
mod corrections;
mod desk;
mod guarded;
mod hostile;
mod it;
mod long;
mod many;
mod office;
mod real;
mod shell;
