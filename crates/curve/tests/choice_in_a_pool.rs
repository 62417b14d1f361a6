//! The choice of a backend may be asked for first inside somebody's rayon pool. Its own process: the choice is made once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::mpsc;
use std::time::Duration;

/// A worker that waits for another pool's threads takes up its own pool's next job meanwhile. If that job asks too, and
/// the choice is being made further up on the same stack, both wait forever.
#[test]
fn the_choice_is_made_inside_a_pool() {
    let (done, made) = mpsc::channel();
    std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|_| assert!(!hefu_curve::backend().is_empty()));
            }
        });
        done.send(()).unwrap();
    });
    let waited = made.recv_timeout(Duration::from_secs(20));
    assert!(waited.is_ok(), "the choice of a backend waits for itself");
}
