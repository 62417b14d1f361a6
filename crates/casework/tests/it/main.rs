//! What the crate promises to those who use it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside the tests themselves"
)]

mod agreement;
mod calendar;
mod cases;
mod common;
mod dossier;
mod elements;
mod figures;
mod join;
mod kinds;
mod labels;
mod leakage;
mod letters;
mod local;
mod policy;
mod referrals;
mod reviews;
mod rules;
mod template;
mod transfers;
