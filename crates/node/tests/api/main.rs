//! A running node, asked over its operators' port.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod accounts;
mod conferences;
mod document;
mod ferry;
mod findings;
mod life;
mod lists;
mod matters;
mod operations;
mod overseen;
mod people;
mod prechecks;
mod reviews;
mod rights;
mod running;
mod tls;
mod unmasking;
