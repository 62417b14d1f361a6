//! A node over its real socket, before people who mean it no good: what they send is refused rightly, costs the node little,
//! and keeps nobody else waiting.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

#[path = "../common/mod.rs"]
mod common;

mod bombs;
mod caller;
mod large;
mod slow;
