//! Whole rounds by files, between nodes that no line connects.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod anew;
mod county;
mod ended;
mod kept;
mod killed;
mod malformed;
mod mixed;
mod refused;
mod repeated;
mod room;
mod thin;
