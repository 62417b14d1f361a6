//! Conferences; each part of them in a file of its own.

pub(super) mod lines;
pub(super) mod office;
pub(super) mod record;
pub(super) mod rounds;
pub(super) mod text;
