//! The record of a conference, among whole nodes: one for all, whatever is lost, said twice, forged or taken back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

mod cheats;
mod lost;
mod resumed;
mod together;
