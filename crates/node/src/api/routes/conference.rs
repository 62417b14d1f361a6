//! Conferences. What each helper of a conference does stands beside each other here.

pub(super) mod record;
