//! Rounds by files, across a gap between two networks.

pub mod slip;
