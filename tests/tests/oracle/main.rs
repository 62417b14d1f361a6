//! What a session's end tells the other side, and what a session that goes on says again: each as a test that once
//! failed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod admission;
mod entered;
mod heads;
mod labels;
mod sender;
mod signed;
