//! What the command line shows, word by word.

#[test]
fn snapshots() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}
