//! What the command line shows, word by word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

#[test]
fn snapshots() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}
