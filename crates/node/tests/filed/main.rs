//! A session by files: the same messages as over a line, whatever happens to the files and to the sides in between.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod crashes;
mod damage;
mod disk;
mod line;
mod sides;
