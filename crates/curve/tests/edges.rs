//! Attacks on the batch kernels: padding of SHA-512, tags, weights, low order, sizes that do not fit each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::{TestBlinds, pools, random_bytes, rng};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar as Inner;
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Blinds, Hasher, Point, Points, Scalar, Table, expand_message_xmd};
use rand::Rng;
use sha2::{Digest, Sha512};

/// RFC 9380 by hand, independent of the crate's expansion.
fn expand(message: &[u8], dst: &[u8]) -> [u8; 64] {
    let mut prime = if dst.len() > 255 {
        Sha512::new()
            .chain_update(b"H2C-OVERSIZE-DST-")
            .chain_update(dst)
            .finalize()
            .to_vec()
    } else {
        dst.to_vec()
    };
    prime.push(u8::try_from(prime.len()).unwrap());
    let b0 = Sha512::digest([&[0u8; 128][..], message, &[0, 64, 0], &prime].concat());
    Sha512::digest([&b0[..], &[1], &prime].concat()).into()
}

fn hash(prefix: &[u8], message: &[u8], dst: &[u8]) -> RistrettoPoint {
    let uniform = expand(&[prefix, message].concat(), dst);
    assert_eq!(expand_message_xmd(&[prefix, message].concat(), dst, 64), uniform);
    RistrettoPoint::from_uniform_bytes(&uniform)
}

/// Every length modulo the block of both hashes, and tags around 255 bytes.
#[test]
fn every_padding_and_tag() {
    let pools: Vec<_> = pools().collect();
    let mut rng = rng(21);
    let one = Scalar::from_u128(1);
    let mut cases: Vec<(usize, usize, usize)> = (1..=260).map(|width| (5, width, 40)).collect();
    cases.extend((0..=257).map(|dst| (3, 9, dst)));
    cases.extend((0..=140).map(|prefix| (prefix, 11, 48)));
    cases.extend([
        (0, 1, 300),
        (127, 1, 256),
        (128, 2, 255),
        (129, 3, 1000),
        (0, 1000, 0),
    ]);
    for (prefix, width, dst) in cases {
        let (p, d) = (random_bytes(&mut rng, prefix), random_bytes(&mut rng, dst));
        let hasher = Hasher::new(&d, &p);
        let messages = random_bytes(&mut rng, 9 * width);
        let expected: Vec<u8> = messages
            .chunks(width)
            .flat_map(|m| {
                let h = hash(&p, m, &d);
                (h + h).compress().to_bytes()
            })
            .collect();
        for pool in &pools {
            let mut out = vec![0; 9 * 32];
            hash_multiply_encode(pool, &hasher, &messages, width, &one, &mut out);
            assert!(
                out == expected,
                "{} {prefix} {width} {dst}",
                pool.backend().name()
            );
        }
    }
}

/// More weights than points: all backends do the same.
#[test]
fn weights_without_points() {
    for pool in pools() {
        let mut rng = rng(22);
        for (size, more) in [(0, 3), (5, 9), (100, 300), (1030, 5000)] {
            let (encoded, ours) = random_points(&mut rng, size);
            let mut points = Points::default();
            points.decode(&pool, &encoded).unwrap();
            let weights: Vec<u128> = (0..more).map(|_| u128::from(rng.next_u64())).collect();
            let expected: RistrettoPoint = ours.iter().zip(&weights).map(|(p, w)| p * Inner::from(*w)).sum();
            assert_eq!(
                points.vartime_weighted_sum(&pool, &weights).unwrap().encode(),
                expected.compress().to_bytes(),
                "{size} {more}"
            );
        }
    }
}

/// Weights at every edge of the digits, at both widths of windows, with points that repeat and cancel.
#[test]
fn edge_weights_and_cancelling_points() {
    let edges = [
        0,
        1,
        2,
        7,
        8,
        9,
        127,
        128,
        129,
        u128::MAX,
        u128::MAX - 1,
        1 << 127,
        (1 << 127) - 1,
        u128::MAX / 255 * 128,
        u128::MAX / 255 * 129,
        u128::MAX / 255 * 127,
        u128::MAX / 15 * 8,
        u128::MAX / 15 * 9,
        u128::MAX / 15 * 7,
    ];
    for pool in pools() {
        let mut rng = rng(23);
        for size in [1, 2, 19, 95, 96, 97, 98, 200, 2050] {
            for same in [false, true] {
                let (mut encoded, mut ours) = random_points(&mut rng, size);
                if same {
                    // P and -P in turn, with the same weights: all cancels where the size is even.
                    for i in 0..size {
                        ours[i] = if i % 2 == 0 { ours[0] } else { -ours[0] };
                        encoded[i * 32..][..32].copy_from_slice(ours[i].compress().as_bytes());
                    }
                }
                let mut points = Points::default();
                points.decode(&pool, &encoded).unwrap();
                let weights: Vec<u128> = (0..size)
                    .map(|i| edges[if same { i / 2 } else { i } % edges.len()])
                    .collect();
                let expected: RistrettoPoint =
                    ours.iter().zip(&weights).map(|(p, w)| p * Inner::from(*w)).sum();
                assert_eq!(
                    points.vartime_weighted_sum(&pool, &weights).unwrap().encode(),
                    expected.compress().to_bytes(),
                    "{size} {same}"
                );
                for all in [0, u128::MAX] {
                    let weights = vec![all; size];
                    let expected = ours.iter().sum::<RistrettoPoint>() * Inner::from(all);
                    assert_eq!(
                        points.vartime_weighted_sum(&pool, &weights).unwrap().encode(),
                        expected.compress().to_bytes()
                    );
                }
            }
        }
    }
}

/// Scalars whose windows are all the same, and neighbours of 0, the order's half, and powers of two.
#[test]
fn edge_scalars() {
    let mut scalars = vec![
        Inner::ZERO,
        Inner::ONE,
        -Inner::ONE,
        Inner::from(2u8),
        -Inner::from(2u8),
        Inner::ONE.div_by_2(),
        -Inner::ONE.div_by_2(),
    ];
    let mut power = Inner::ONE;
    for _ in 0..252 {
        power = power + power;
        scalars.extend([power, power - Inner::ONE, -power]);
    }
    for byte in [0x11, 0x77, 0x88, 0xff, 0x0f, 0xf0, 0x84, 0x42] {
        scalars.push(Inner::from_bytes_mod_order([byte; 32]));
    }
    for pool in pools() {
        let mut rng = rng(24);
        let (encoded, ours) = random_points(&mut rng, 9);
        let mut points = Points::default();
        points.decode(&pool, &encoded).unwrap();
        for k in &scalars {
            let scalar = Scalar::from_canonical(&k.to_bytes()).unwrap();
            let mut out = vec![0; encoded.len()];
            points.multiply_encode(&pool, &scalar, &mut out);
            let expected: Vec<u8> = ours
                .iter()
                .flat_map(|p| (p * (k + k)).compress().to_bytes())
                .collect();
            assert!(out == expected);
        }
        // The same as blinds of a table, lane by lane.
        struct Given(Vec<Inner>);
        impl Blinds for Given {
            fn fill(&self, position: u64, wide: &mut [u8; 64]) {
                *wide = [0; 64];
                wide[..32].copy_from_slice(&self.0[position as usize % self.0.len()].to_bytes());
            }
        }
        let size = scalars.len();
        let (encoded, ours) = random_points(&mut rng, size);
        points.decode(&pool, &encoded).unwrap();
        let base = RistrettoPoint::mul_base(&Inner::from(77u8));
        let table = Table::new(&Point::base(&Scalar::from_u128(77)));
        let mut out = vec![0; encoded.len()];
        points.unblind_encode(&pool, &table, &Given(scalars.clone()), 0, &mut out);
        let expected: Vec<u8> = ours
            .iter()
            .zip(&scalars)
            .flat_map(|(p, s)| ((p - base * s) * Inner::from(2u8)).compress().to_bytes())
            .collect();
        assert!(out == expected);
        // P = s·T: a doubling within the sum's last steps and an identity in many lanes.
        let ours: Vec<_> = scalars
            .iter()
            .filter(|s| **s != Inner::ZERO)
            .map(|s| base * s)
            .collect();
        let given: Vec<_> = scalars.iter().filter(|s| **s != Inner::ZERO).copied().collect();
        let encoded: Vec<u8> = ours.iter().flat_map(|p| p.compress().to_bytes()).collect();
        points.decode(&pool, &encoded).unwrap();
        let mut out = vec![1; encoded.len()];
        points.unblind_encode(&pool, &table, &Given(given), 0, &mut out);
        assert!(out.iter().all(|byte| *byte == 0));
    }
}

/// What is longer or shorter than the rest: what single elements give, one after the other, and nothing else touched.
#[test]
fn lengths_that_do_not_fit() {
    let blinds = TestBlinds(3);
    let hasher = Hasher::new(b"lengths", b"");
    let table = Table::new(&Point::generator().doubled());
    let blind = |place: usize| {
        let mut wide = [0; 64];
        blinds.fill(1 + place as u64, &mut wide);
        Inner::from_bytes_mod_order_wide(&wide)
    };
    for messages in [0, 1, 31, 32 * 8, 32 * 256, 32 * 257 + 5, 32 * 300 + 31] {
        let mut rng = rng(25);
        let bytes = random_bytes(&mut rng, messages);
        let (encoded, points) = random_points(&mut rng, messages / 32);
        let mut expected = vec![Vec::new(); 4];
        for (place, (message, point)) in bytes.chunks_exact(32).zip(&points).enumerate() {
            let (hashed, rho) = (
                hash(b"", message, b"lengths"),
                RistrettoPoint::mul_base(&blind(place)),
            );
            let singles = [
                hashed * Inner::from(18u8),
                (hashed + rho) * Inner::from(2u8),
                point * Inner::from(10u8),
                (point - rho - rho) * Inner::from(2u8),
            ];
            for (expected, single) in expected.iter_mut().zip(singles) {
                expected.extend_from_slice(single.compress().as_bytes());
            }
        }
        for (pool, room) in pools().flat_map(|pool| ROOMS.map(|room| (pool.clone(), room))) {
            let mut all = vec![[0xa5u8; 32 * 300]; 4];
            let (k, hashed) = (Scalar::from_u128(9), &mut all[0][..room]);
            hash_multiply_encode(&pool, &hasher, &bytes, 32, &k, hashed);
            hash_blind_encode(&pool, &hasher, &bytes, 32, &blinds, 1, &mut all[1][..room]);
            let mut points = Points::default();
            points.decode(&pool, &encoded).unwrap();
            points.multiply_encode(&pool, &Scalar::from_u128(5), &mut all[2][..room]);
            points.unblind_encode(&pool, &table, &blinds, 1, &mut all[3][..room]);
            let written = room.min(messages) / 32 * 32;
            for (operation, (given, expected)) in all.iter().zip(&expected).enumerate() {
                let what = format!("{}: {operation}, {messages} {room}", pool.backend().name());
                assert!(given[..written] == expected[..written], "{what}");
                assert!(given[written..].iter().all(|byte| *byte == 0xa5), "{what}");
            }
        }
    }
}

/// Bytes for results: none, parts of elements, and less and more than there are.
const ROOMS: [usize; 7] = [0, 5, 32, 33, 32 * 256, 32 * 256 + 5, 32 * 300];

/// Bytes near every edge of the encoding, in every lane, alone and beside another bad one.
#[test]
fn edge_encodings_in_every_lane() {
    for pool in pools() {
        let mut rng = rng(26);
        let (good, _) = random_points(&mut rng, 17);
        let mut edges: Vec<[u8; 32]> = Vec::new();
        // s = 0 … 40 and p − 20 … p + 18, with and without the highest bit.
        for low in 0u8..=40 {
            let mut s = [0; 32];
            s[0] = low;
            edges.push(s);
            s[31] = 0x80;
            edges.push(s);
        }
        for low in 0xd9u8..=0xff {
            let mut s = [0xff; 32];
            (s[0], s[31]) = (low, 0x7f);
            edges.push(s);
            s[31] = 0xff;
            edges.push(s);
        }
        // √−1 and −√−1: u2 = 0, and the denominators vanish.
        let i = common::unhex_array("b0a00e4a271beec478e42fad0618432fa7d7fb3d99004d2b0bdfc14f8024832b");
        edges.push(i);
        let mut minus = [0u8; 32];
        let mut borrow = 0i32;
        let p: [u8; 32] = std::array::from_fn(|k| match k {
            0 => 0xed,
            31 => 0x7f,
            _ => 0xff,
        });
        for k in 0..32 {
            let d = i32::from(p[k]) - i32::from(i[k]) - borrow;
            borrow = i32::from(d < 0);
            minus[k] = (d & 255) as u8;
        }
        edges.push(minus);
        for edge in edges {
            let fine = CompressedRistretto(edge).decompress().is_some() && edge != [0; 32];
            for lane in 0..17 {
                let mut encoded = good.clone();
                encoded[lane * 32..][..32].copy_from_slice(&edge);
                let mut points = Points::default();
                let result = points.decode(&pool, &encoded);
                assert_eq!(
                    result.map_err(|bad| bad.index),
                    if fine { Ok(()) } else { Err(lane) }
                );
                if fine {
                    let mut out = vec![0; encoded.len()];
                    points.multiply_encode(&pool, &Scalar::from_u128(1), &mut out);
                    let p = CompressedRistretto(edge).decompress().unwrap();
                    assert_eq!(out[lane * 32..][..32], (p + p).compress().to_bytes());
                }
            }
        }
    }
}

fn random_points(rng: &mut rand::rngs::StdRng, size: usize) -> (Vec<u8>, Vec<RistrettoPoint>) {
    let points: Vec<_> = (0..size)
        .map(|_| {
            let mut wide = [0; 64];
            rng.fill_bytes(&mut wide);
            RistrettoPoint::mul_base(&Inner::from_bytes_mod_order_wide(&wide))
        })
        .collect();
    let encoded = points.iter().flat_map(|p| p.compress().to_bytes()).collect();
    (encoded, points)
}
