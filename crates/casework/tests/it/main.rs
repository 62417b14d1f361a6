//! What the crate promises to those who use it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside the tests themselves"
)]

mod agreement;
mod another_person;
mod basis;
mod calendar;
mod care;
mod cases;
mod ceased;
mod changeovers;
mod clues;
mod common;
mod conference;
mod conference_figures;
mod conference_office;
mod confirmations;
mod dossier;
mod due;
mod elements;
mod figures;
mod inquiries;
mod join;
mod kinds;
mod labels;
mod leakage;
mod letters;
mod local;
mod local_rules;
mod money;
mod names;
mod policy;
mod prechecks;
mod referrals;
mod reviews;
mod rules;
mod sheets;
mod solver;
mod template;
mod transfers;
mod wording;
