//! Conferences; each part of them in a file of its own.

mod lines;
mod office;
mod record;
mod rounds;
mod text;

pub(in crate::api) use rounds::RoundStep;
