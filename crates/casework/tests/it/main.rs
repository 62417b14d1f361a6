//! What the crate promises to those who use it.

mod agreement;
mod common;
mod join;
mod local;
mod rules;
