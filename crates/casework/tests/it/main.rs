//! What the crate promises to those who use it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside the tests themselves"
)]

mod agreement;
mod another_person;
mod calendar;
mod cases;
mod changeovers;
mod common;
mod dossier;
mod elements;
mod join;
mod kinds;
mod labels;
mod leakage;
mod letters;
mod local;
mod local_rules;
mod money;
mod policy;
mod referrals;
mod reviews;
mod rules;
mod template;
mod transfers;
mod wording;
