//! Whether the time of an operation tells a special secret from a random one: a fixed class against random ones, in
//! random order, and Welch's t over the faster nine tenths (Reparaz, Balasch, Verbauwhede 2017, "Dude, is my code constant
//! time?"). It needs minutes and a machine that is not changing its load, so it is part of the long tests.
#![cfg(feature = "long")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::print_stdout, reason = "a test says what it measured")]

mod common;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use common::{pools, rng};
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Blinds, Hasher, Point, Points, Pool, Scalar, Table};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// Beyond this the classes differ, says the paper.
const LIMIT: f64 = 4.5;

/// Measurements of one attempt. A true difference shows in every attempt, a disturbance does not.
const MEASUREMENTS: usize = 20_000;
const ATTEMPTS: usize = 4;

/// Elements of one measurement: two groups of lanes.
const ELEMENTS: usize = 16;

const WIDTH: usize = 32;

struct ClassBlinds {
    special: bool,
    seed: u64,
}

impl Blinds for ClassBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        StdRng::seed_from_u64(self.seed ^ position).fill_bytes(wide);
        // Filled and thrown away, so that filling takes the same time for both.
        let keep = u8::from(!self.special).wrapping_neg();
        for byte in wide {
            *byte &= keep;
        }
    }
}

#[test]
fn multiplication_takes_the_same_time_for_any_scalar() {
    for pool in pools() {
        let (points, mut out) = (points(&pool), [0; ELEMENTS * 32]);
        // The smallest odd scalar, all of whose windows but one are the same, and the largest.
        let minus_one = Scalar::from_u128(0).respond(&Scalar::from_u128(1), &Scalar::from_u128(1));
        for special in [Scalar::from_u128(1), Scalar::from_u128(0), minus_one] {
            same_time(|is_special, rng| {
                let random = random_scalar(rng);
                let scalar = if is_special { special.clone() } else { random };
                let begun = Instant::now();
                points.multiply_encode(&pool, &scalar, &mut out);
                begun.elapsed().as_secs_f64()
            });
        }
    }
}

#[test]
fn blinding_and_unblinding_take_the_same_time_for_any_blind() {
    for pool in pools() {
        let (points, mut out) = (points(&pool), [0; ELEMENTS * 32]);
        let table = Table::new(&Point::generator().doubled());
        let hasher = Hasher::new(b"timing", b"");
        same_time(|special, rng| {
            let blinds = ClassBlinds {
                special,
                seed: rng.random(),
            };
            let begun = Instant::now();
            points.unblind_encode(&pool, &table, &blinds, 0, &mut out);
            begun.elapsed().as_secs_f64()
        });
        same_time(|special, rng| {
            let blinds = ClassBlinds {
                special,
                seed: rng.random(),
            };
            let begun = Instant::now();
            hash_blind_encode(
                &pool,
                &hasher,
                &[7; ELEMENTS * WIDTH],
                WIDTH,
                &blinds,
                0,
                &mut out,
            );
            begun.elapsed().as_secs_f64()
        });
    }
}

#[test]
fn hashing_takes_the_same_time_for_any_message() {
    for pool in pools() {
        let mut out = [0; ELEMENTS * 32];
        let (hasher, scalar) = (Hasher::new(b"timing", b""), Scalar::from_u128(3));
        same_time(|special, rng| {
            let mut messages = [0; ELEMENTS * WIDTH];
            rng.fill_bytes(&mut messages);
            let keep = u8::from(!special).wrapping_neg();
            for byte in &mut messages {
                *byte &= keep;
            }
            let begun = Instant::now();
            hash_multiply_encode(&pool, &hasher, &messages, WIDTH, &scalar, &mut out);
            begun.elapsed().as_secs_f64()
        });
    }
}

/// Else the test could pass on anything.
#[test]
fn variable_time_is_seen() {
    for pool in pools() {
        let points = points(&pool);
        let t = welch(&mut |special, rng: &mut StdRng| {
            let weights: Vec<u128> = (0..ELEMENTS)
                .map(|_| rng.random::<u128>() >> if special { 120 } else { 0 })
                .collect();
            let begun = Instant::now();
            std::hint::black_box(points.vartime_weighted_sum(&pool, &weights));
            begun.elapsed().as_secs_f64()
        });
        assert!(t.abs() > LIMIT, "t = {t:.1}");
    }
}

fn same_time(mut measure: impl FnMut(bool, &mut StdRng) -> f64) {
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let t = welch(&mut measure);
        println!("t = {t:.2}");
        if t.abs() <= LIMIT {
            return;
        }
        seen.push(t);
    }
    panic!("the classes differ in every attempt: {seen:.1?}");
}

/// Welch's t between the special class and the random one.
fn welch(measure: &mut impl FnMut(bool, &mut StdRng) -> f64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut rng = rng(now.as_nanos() as u64);
    let mut times: Vec<(bool, f64)> = (0..MEASUREMENTS)
        .map(|_| {
            let special = rng.random();
            (special, measure(special, &mut rng))
        })
        .collect();
    times.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    times.truncate(MEASUREMENTS * 9 / 10);
    let [(n, mean, variance), (m, other_mean, other_variance)] = [true, false].map(|class| {
        let own: Vec<f64> = times
            .iter()
            .filter(|(special, _)| *special == class)
            .map(|(_, t)| *t)
            .collect();
        let n = own.len() as f64;
        let mean = own.iter().sum::<f64>() / n;
        (
            n,
            mean,
            own.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (n - 1.0),
        )
    });
    (mean - other_mean) / (variance / n + other_variance / m).sqrt()
}

fn points(pool: &Pool) -> Points {
    let mut encoded = [0; ELEMENTS * 32];
    let hasher = Hasher::new(b"timing points", b"");
    let messages: Vec<u8> = (0..ELEMENTS * WIDTH).map(|i| i as u8).collect();
    hash_multiply_encode(
        pool,
        &hasher,
        &messages,
        WIDTH,
        &Scalar::from_u128(1),
        &mut encoded,
    );
    let mut points = Points::default();
    points.decode(pool, &encoded).unwrap();
    points
}

fn random_scalar(rng: &mut StdRng) -> Scalar {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    Scalar::from_wide(&wide)
}
