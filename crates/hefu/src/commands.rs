//! The commands, and what several of them show alike.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod match_lists;
mod reading;
