//! Both passes of a session by every backend that this machine and this build run, in turn on one core: microseconds an
//! element, medians of processor time (of wall time where the system does not tell the other).
//!
//! `hefu bench` shows the same of the program as it is. This builds in a minute, so that other builds of dalek's backends
//! can be put beside it: `benches/backends` does.
//!
//! `cargo run --release -p hefu-curve --example passes [-- SECONDS]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation ends it"
)]

use std::time::{Duration, Instant};

use hefu_curve::batch::hash_multiply_encode;
use hefu_curve::{Backend, Hasher, Points, Pool, Scalar};

const CHUNK: usize = 1024;
const WIDTH: usize = 32;

fn main() {
    let seconds = std::env::args()
        .nth(1)
        .map_or(6, |seconds| seconds.parse().unwrap());
    let pools: Vec<_> = Backend::all()
        .map(|backend| Pool::with_backend(1, backend).unwrap())
        .collect();
    let hasher = Hasher::new(b"passes", &[7; 32]);
    let key = Scalar::from_wide(&[0xa5; 64]);
    let messages: Vec<u8> = (0..CHUNK * WIDTH)
        .map(|i| (i / WIDTH * (i % WIDTH + 1)) as u8)
        .collect();
    let mut blinded = vec![0; CHUNK * 32];
    hash_multiply_encode(&pools[0], &hasher, &messages, WIDTH, &key, &mut blinded);
    let (mut points, mut out) = (Points::default(), vec![0; CHUNK * 32]);
    let mut times = vec![[const { Vec::new() }; 2]; pools.len()];
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) || times[0][0].len() < 3 {
        for (pool, [pass_a, pass_b]) in pools.iter().zip(&mut times) {
            pass_a.push(measure(|| {
                hash_multiply_encode(pool, &hasher, &messages, WIDTH, &key, &mut out);
            }));
            pass_b.push(measure(|| {
                points.decode(pool, &blinded).unwrap();
                points.multiply_encode(pool, &key, &mut out);
            }));
        }
    }
    for (pool, passes) in pools.iter().zip(times) {
        let [pass_a, pass_b] = passes.map(|mut times| {
            times.sort_unstable_by(f64::total_cmp);
            times[times.len() / 2] * 1e6 / CHUNK as f64
        });
        println!("| {} | {pass_a:.2} | {pass_b:.2} |", pool.backend().name());
    }
}

/// The seconds that a step takes; its thread has stopped when they are read.
fn measure(step: impl FnOnce()) -> f64 {
    let (before, begun) = (processor_seconds(), Instant::now());
    step();
    let elapsed = begun.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_millis(1));
    match (before, processor_seconds()) {
        (Some(before), Some(after)) => after - before,
        _ => elapsed,
    }
}

/// What this process's threads have run (Linux: nanoseconds, the first field of `schedstat`).
fn processor_seconds() -> Option<f64> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let told = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += told.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    (nanoseconds > 0).then_some(nanoseconds as f64 * 1e-9)
}
