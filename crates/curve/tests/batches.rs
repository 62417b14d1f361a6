//! Every batch function against dalek, one element at a time, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::{TestBlinds, pools, random_bytes, rng};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar as Inner;
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{
    Backend, BadElement, Blinds, Hasher, Point, Points, Pool, Scalar, Table, expand_message_xmd,
};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

/// Around a vector's width, a block of the batches, and a block of the sums.
const SIZES: [usize; 11] = [0, 1, 7, 8, 9, 255, 256, 257, 1023, 1024, 1025];

const DST: &[u8] = b"batches";
const PREFIX: &[u8] = b"a session's id";
const WIDTH: usize = 32;

#[test]
fn decode_then_multiply_encode() {
    for pool in pools() {
        let mut rng = rng(1);
        let mut points = Points::default();
        for size in SIZES {
            let (encoded, ours) = random_points(&mut rng, size);
            let (k, k_inner) = random_scalar(&mut rng);
            points.decode(&pool, &encoded).unwrap();
            assert_eq!((points.len(), points.is_empty()), (size, size == 0));
            let mut out = vec![0; encoded.len()];
            points.multiply_encode(&pool, &k, &mut out);
            assert_eq!(out, one_by_one(&ours, |_, p| p * k_inner), "{size}");
        }
    }
}

#[test]
fn unblind_encode() {
    for pool in pools() {
        let (mut rng, blinds) = (rng(2), TestBlinds(7));
        let mut points = Points::default();
        for size in SIZES {
            let (encoded, ours) = random_points(&mut rng, size);
            let first = u64::from(u32::MAX) - 3; // positions are 64 bits wide
            let (t, t_inner) = random_scalar(&mut rng);
            let base = RistrettoPoint::mul_base(&t_inner);
            points.decode(&pool, &encoded).unwrap();
            let mut out = vec![0; encoded.len()];
            points.unblind_encode(&pool, &Table::new(&Point::base(&t)), &blinds, first, &mut out);
            let expected = one_by_one(&ours, |i, p| p - rho(&blinds, first + i as u64) * base);
            assert_eq!(out, expected, "{size}");
        }
    }
}

#[test]
fn hash_blind_and_hash_multiply_encode() {
    for pool in pools() {
        let (mut rng, blinds) = (rng(3), TestBlinds(8));
        let hasher = Hasher::new(DST, PREFIX);
        for size in SIZES {
            let messages = random_bytes(&mut rng, size * WIDTH);
            let hashes: Vec<_> = messages.chunks(WIDTH).map(hash).collect();
            let first = 1 << 40;
            let mut out = vec![0; size * 32];
            hash_blind_encode(&pool, &hasher, &messages, WIDTH, &blinds, first, &mut out);
            let expected = one_by_one(&hashes, |i, h| {
                h + RistrettoPoint::mul_base(&rho(&blinds, first + i as u64))
            });
            assert_eq!(out, expected, "{size} blinded");

            let (k, k_inner) = random_scalar(&mut rng);
            hash_multiply_encode(&pool, &hasher, &messages, WIDTH, &k, &mut out);
            assert_eq!(out, one_by_one(&hashes, |_, h| h * k_inner), "{size} multiplied");
        }
    }
}

#[test]
fn messages_of_every_width() {
    for pool in pools() {
        let mut rng = rng(4);
        let hasher = Hasher::new(DST, PREFIX);
        let (k, k_inner) = random_scalar(&mut rng);
        for width in [1, 31, 32, 33, 96, 128] {
            let messages = random_bytes(&mut rng, 300 * width);
            let mut out = vec![0; 300 * 32];
            hash_multiply_encode(&pool, &hasher, &messages, width, &k, &mut out);
            let hashes: Vec<_> = messages.chunks(width).map(hash).collect();
            assert_eq!(out, one_by_one(&hashes, |_, h| h * k_inner), "{width} bytes");
        }
    }
}

/// Every operation of every backend on many random elements, chunk by chunk, each chunk with other keys: all bytes as
/// dalek's batches have them, those of one element as the library has it alone, and the same verdict on any bytes.
#[test]
fn many_random_elements() {
    const CHUNK: usize = 4096;
    let count = if cfg!(feature = "long") { 1_000_000 } else { 10_000 };
    println!("{count} elements; a million with the feature `long`");
    let dalek = Pool::with_backend(2, Backend::dalek()).unwrap();
    let (mut rng, blinds) = (rng(11), TestBlinds(11));
    let hasher = Hasher::new(DST, PREFIX);
    for first in (0..count).step_by(CHUNK) {
        let messages = random_bytes(&mut rng, CHUNK * WIDTH);
        let ((k, k_inner), (t, t_inner)) = (random_scalar(&mut rng), random_scalar(&mut rng));
        let table = Table::new(&Point::base(&t));
        let weights: Vec<u128> = (0..CHUNK).map(|_| random_u128(&mut rng)).collect();
        // Any bytes: one of eight is an element.
        let (place, any) = (rng.random_range(0..CHUNK), random_bytes(&mut rng, 32));
        let run = |pool: &Pool| {
            let mut out = vec![0; CHUNK * 32 * 4];
            let (own, rest) = out.split_at_mut(CHUNK * 32);
            let (blinded, rest) = rest.split_at_mut(CHUNK * 32);
            let (evaluated, unblinded) = rest.split_at_mut(CHUNK * 32);
            hash_multiply_encode(pool, &hasher, &messages, WIDTH, &k, own);
            hash_blind_encode(pool, &hasher, &messages, WIDTH, &blinds, first, blinded);
            let mut points = Points::default();
            points.decode(pool, blinded).unwrap();
            points.multiply_encode(pool, &k, evaluated);
            points.unblind_encode(pool, &table, &blinds, first, unblinded);
            let sum = points.vartime_weighted_sum(pool, &weights).unwrap().encode();
            let mut doubtful = blinded.to_vec();
            doubtful[place * 32..][..32].copy_from_slice(&any);
            (out, sum, points.decode(pool, &doubtful))
        };
        let expected = run(&dalek);
        for pool in pools() {
            assert!(
                run(&pool) == expected,
                "{} from element {first}",
                pool.backend().name()
            );
        }
        let (h, rho) = (
            hash(&messages[place * WIDTH..][..WIDTH]),
            rho(&blinds, first + place as u64),
        );
        let c = h + RistrettoPoint::mul_base(&rho);
        let unblinded = c + c - RistrettoPoint::mul_base(&t_inner) * rho;
        for (result, point) in
            expected
                .0
                .chunks(CHUNK * 32)
                .zip([h * k_inner, c, (c + c) * k_inner, unblinded])
        {
            assert_eq!(result[place * 32..][..32], one_by_one(&[point], |_, p| p));
        }
        let is_element = CompressedRistretto::from_slice(&any)
            .unwrap()
            .decompress()
            .is_some();
        assert_eq!(expected.2.is_ok(), is_element);
        assert!(is_element || expected.2 == Err(BadElement { index: place }));
    }
}

#[test]
fn a_table_of_the_identity() {
    for pool in pools() {
        let (mut rng, blinds) = (rng(10), TestBlinds(10));
        let (encoded, ours) = random_points(&mut rng, 9);
        let mut points = Points::default();
        points.decode(&pool, &encoded).unwrap();
        let table = Table::new(&Point::base(&Scalar::from_u128(0)));
        let mut out = vec![0; encoded.len()];
        points.unblind_encode(&pool, &table, &blinds, 0, &mut out);
        assert_eq!(out, one_by_one(&ours, |_, p| p));
    }
}

/// A kernel that shares one inversion must not let one zero spoil its neighbours.
#[test]
fn a_result_that_is_the_identity_does_not_touch_the_others() {
    for pool in pools() {
        let (mut rng, blinds) = (rng(5), TestBlinds(9));
        let (mut encoded, mut ours) = random_points(&mut rng, 600);
        let table = Table::new(&Point::generator());
        for place in [0, 255, 256, 599] {
            ours[place] = RistrettoPoint::mul_base(&rho(&blinds, place as u64));
            encoded[place * 32..][..32].copy_from_slice(ours[place].compress().as_bytes());
        }
        let mut points = Points::default();
        points.decode(&pool, &encoded).unwrap();
        let mut out = vec![0; encoded.len()];
        points.unblind_encode(&pool, &table, &blinds, 0, &mut out);
        let expected = one_by_one(&ours, |i, p| {
            p - RistrettoPoint::mul_base(&rho(&blinds, i as u64))
        });
        assert_eq!(out, expected);
        assert_eq!(out[256 * 32..][..32], [0; 32], "the identity's encoding");
    }
}

#[test]
fn the_first_bad_element_is_named() {
    for pool in pools() {
        let mut rng = rng(6);
        let mut points = Points::default();
        let bad: [(&str, [u8; 32]); 4] = [
            ("identity", [0; 32]),
            ("non-canonical", {
                // p + 4: an even number below 2^255 that would reduce to 4
                let mut bytes = [0xff; 32];
                (bytes[0], bytes[31]) = (0xf1, 0x7f);
                bytes
            }),
            ("negative", {
                // 1
                let mut bytes = [0; 32];
                bytes[0] = 1;
                bytes
            }),
            ("not a square", not_a_square()),
        ];
        for size in [1, 7, 8, 9, 257, 1023, 1024, 1025] {
            let (encoded, _) = random_points(&mut rng, size);
            for (what, element) in bad {
                for index in [0, size / 2, size - 1, rng.random_range(0..size)] {
                    let mut encoded = encoded.clone();
                    encoded[index * 32..][..32].copy_from_slice(&element);
                    // A second one behind it must not be the one that is named.
                    encoded[(size - 1) * 32..].copy_from_slice(&element);
                    assert_eq!(
                        points.decode(&pool, &encoded),
                        Err(BadElement { index }),
                        "{what}"
                    );
                    assert!(points.is_empty(), "nothing is left of a bad batch");
                }
            }
        }
    }
}

#[test]
fn a_trailing_part_of_an_element_is_bad() {
    for pool in pools() {
        let mut rng = rng(7);
        let mut points = Points::default();
        for size in SIZES {
            for extra in [1, 31] {
                let (mut encoded, _) = random_points(&mut rng, size);
                encoded.resize(size * 32 + extra, 4);
                assert_eq!(points.decode(&pool, &encoded), Err(BadElement { index: size }));
                if size > 0 {
                    encoded[..32].fill(0);
                    assert_eq!(
                        points.decode(&pool, &encoded),
                        Err(BadElement { index: 0 }),
                        "the first is named"
                    );
                }
            }
        }
    }
}

#[test]
fn weighted_sums() {
    for pool in pools() {
        let mut rng = rng(8);
        let mut points = Points::default();
        for size in SIZES.into_iter().chain([2047, 2048, 3000]) {
            let (encoded, ours) = random_points(&mut rng, size);
            points.decode(&pool, &encoded).unwrap();
            let mut weights: Vec<u128> = (0..size).map(|_| random_u128(&mut rng)).collect();
            if let Some(first) = weights.first_mut() {
                *first = u128::MAX;
            }
            assert!(
                points.vartime_weighted_sum(&pool, &weights).unwrap().encode() == naive_sum(&weights, &ours),
                "{size}"
            );
            weights.truncate(size / 2);
            let encoded = points.vartime_weighted_sum(&pool, &weights).unwrap().encode();
            assert_eq!(
                encoded,
                naive_sum(&weights, &ours),
                "missing weights count as 0 ({size})"
            );
        }
    }
}

#[test]
fn single_points_and_scalars() {
    let mut rng = rng(9);
    for _ in 0..50 {
        let ((a, a_inner), (b, b_inner)) = (random_scalar(&mut rng), random_scalar(&mut rng));
        let (p, q) = (
            RistrettoPoint::mul_base(&a_inner),
            RistrettoPoint::mul_base(&b_inner),
        );
        let (our_p, our_q) = (Point::base(&a), Point::base(&b));
        assert_eq!(our_p.encode(), p.compress().to_bytes());
        assert_eq!(our_p.multiply(&b).encode(), (p * b_inner).compress().to_bytes());
        assert_eq!(our_p.doubled().encode(), (p + p).compress().to_bytes());
        let sum = Point::vartime_sum(&b, &our_p, &a, &our_q);
        assert_eq!(sum.encode(), (p * b_inner + q * a_inner).compress().to_bytes());
        assert_eq!(*a.plus(&b).to_bytes(), (a_inner + b_inner).to_bytes());
        assert_eq!(
            *a.respond(&b, &a).to_bytes(),
            (a_inner - b_inner * a_inner).to_bytes()
        );
        assert_eq!(*a.halved().doubled().to_bytes(), a_inner.to_bytes());
        assert_eq!(
            (Inner::from_bytes_mod_order(*a.inverted().to_bytes()) * a_inner),
            Inner::ONE
        );
        assert_eq!(
            *Scalar::from_canonical(&a.to_bytes()).unwrap().to_bytes(),
            a_inner.to_bytes()
        );
    }
    // The group's order, 2^252 + 27742317777372353535851937790883648493, is not below itself.
    let mut order = (Inner::ZERO - Inner::ONE).to_bytes();
    order[0] += 1;
    assert!(Scalar::from_canonical(&order).is_none());
    assert!(Scalar::from_canonical(&[0xff; 32]).is_none());
}

/// encode(2P) by the library's single, slow way.
fn one_by_one(points: &[RistrettoPoint], step: impl Fn(usize, RistrettoPoint) -> RistrettoPoint) -> Vec<u8> {
    points
        .iter()
        .enumerate()
        .map(|(i, p)| step(i, *p))
        .flat_map(|p| (p + p).compress().to_bytes())
        .collect()
}

fn naive_sum(weights: &[u128], points: &[RistrettoPoint]) -> [u8; 32] {
    let terms = weights.iter().zip(points).map(|(w, p)| p * Inner::from(*w));
    terms.sum::<RistrettoPoint>().compress().to_bytes()
}

fn hash(message: &[u8]) -> RistrettoPoint {
    let uniform = expand_message_xmd(&[PREFIX, message].concat(), DST, 64);
    RistrettoPoint::from_uniform_bytes(&uniform.try_into().unwrap())
}

fn rho(blinds: &TestBlinds, position: u64) -> Inner {
    let mut wide = [0; 64];
    blinds.fill(position, &mut wide);
    Inner::from_bytes_mod_order_wide(&wide)
}

fn random_points(rng: &mut StdRng, size: usize) -> (Vec<u8>, Vec<RistrettoPoint>) {
    let points: Vec<_> = (0..size)
        .map(|_| RistrettoPoint::mul_base(&random_scalar(rng).1))
        .collect();
    let encoded = points.iter().flat_map(|p| p.compress().to_bytes()).collect();
    (encoded, points)
}

fn random_scalar(rng: &mut StdRng) -> (Scalar, Inner) {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    (Scalar::from_wide(&wide), Inner::from_bytes_mod_order_wide(&wide))
}

fn random_u128(rng: &mut StdRng) -> u128 {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    u128::from_le_bytes(bytes)
}

/// Half of all even field elements are no encodings because a square root is missing; the library finds the first.
fn not_a_square() -> [u8; 32] {
    (1u8..)
        .map(|i| {
            let mut bytes = [0; 32];
            bytes[0] = 2 * i;
            bytes
        })
        .find(|bytes| CompressedRistretto(*bytes).decompress().is_none())
        .unwrap()
}
