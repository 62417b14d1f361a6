//! What the crate promises to those who use it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside the tests themselves"
)]

mod agreement;
mod common;
mod elements;
mod join;
mod local;
mod rules;
