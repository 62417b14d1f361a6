//! Points, encodings and products against dalek.

use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_COMPRESSED, RISTRETTO_BASEPOINT_POINT};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use super::super::digits::Odd;
use super::super::field::{Fe, ONE, ZERO};
use super::super::kernel::{Entries, ModelKernel};
use super::super::lanes::{LANES, Lanes};
use super::super::map::Layout;
use super::super::multiply::{Table, Windows};
use super::super::point::{Point, PointCells};
use super::super::ristretto::{Encoding, encode};
use super::{KernelTest, Test, on_all_kernels, on_all_lanes, rng};
use crate::expand_message_xmd;
use crate::hash::{dst_prime, tail};

fn scalar(rng: &mut StdRng) -> Scalar {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn random_points(rng: &mut StdRng, count: usize) -> Vec<RistrettoPoint> {
    (0..count)
        .map(|_| RistrettoPoint::mul_base(&scalar(rng)))
        .collect()
}

fn encode_all<'a>(points: impl IntoIterator<Item = &'a RistrettoPoint>) -> Vec<u8> {
    points.into_iter().flat_map(|p| p.compress().to_bytes()).collect()
}

fn decoded(kernel: impl Entries, encoded: &[u8]) -> Vec<PointCells> {
    let mut cells = vec![PointCells::ZERO; encoded.len().div_ceil(32 * LANES)];
    kernel.decode(encoded, &mut cells).unwrap();
    cells
}

fn doubled(kernel: impl Entries, mut points: Vec<PointCells>, count: usize) -> Vec<u8> {
    let mut scratch = vec![Encoding::ZERO; points.len()];
    let mut out = vec![0; count * 32];
    kernel.encode_doubled(&mut points, &mut scratch, &mut out);
    out
}

#[test]
fn decoding_and_encoding_the_double() {
    struct RoundTrip;
    impl KernelTest for RoundTrip {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(10);
            for count in [0, 1, 7, 8, 9, 15, 16, 17, 40] {
                let points = random_points(&mut rng, count);
                let out = doubled(kernel, decoded(kernel, &encode_all(&points)), count);
                let expected: Vec<_> = points.iter().map(|p| p + p).collect();
                assert!(out == encode_all(&expected), "{count}");
            }
        }
    }
    on_all_kernels(&RoundTrip);
}

#[test]
fn the_first_bad_element_is_named() {
    struct Bad;
    impl KernelTest for Bad {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(11);
            let good = encode_all(&random_points(&mut rng, 37));
            for index in 0..37 {
                // Whatever dalek refuses, and the identity, which it does not.
                let mut element: [u8; 32] = rng.random();
                match index % 4 {
                    0 => element = [0; 32],
                    1 => element[0] |= 1,
                    2 => element[31] |= 0x80,
                    _ => {}
                }
                let accepted = CompressedRistretto(element).decompress().is_some() && element != [0; 32];
                let mut encoded = good.clone();
                encoded[index * 32..][..32].copy_from_slice(&element);
                let mut cells = vec![PointCells::ZERO; 5];
                let result = kernel.decode(&encoded, &mut cells);
                assert_eq!(result, if accepted { Ok(()) } else { Err(index) });
            }
        }
    }
    on_all_kernels(&Bad);
}

#[test]
fn products() {
    struct Products;
    impl KernelTest for Products {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(12);
            let edges = [
                Scalar::ZERO,
                Scalar::ONE,
                Scalar::from(2u8),
                -Scalar::ONE,
                -Scalar::from(2u8),
            ];
            for round in 0..8 {
                let count = 11;
                let points = random_points(&mut rng, count);
                let k = edges.get(round).copied().unwrap_or_else(|| scalar(&mut rng));
                let mut cells = decoded(kernel, &encode_all(&points));
                kernel.multiply(
                    &mut cells,
                    Windows::new(&Odd::new(k.as_bytes())).as_slice(),
                    &mut Table::ZERO.clone(),
                );
                let expected: Vec<_> = points.iter().map(|p| p * (k + k)).collect();
                assert!(
                    doubled(kernel, cells, count) == encode_all(&expected),
                    "round {round}"
                );
            }
        }
    }
    on_all_kernels(&Products);
}

#[test]
fn hashes() {
    struct Hashes;
    impl KernelTest for Hashes {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(13);
            // Messages within a word, across words, and across blocks.
            for (prefix, width, dst) in [
                (0, 1, 5),
                (3, 7, 48),
                (32, 32, 48),
                (125, 9, 100),
                (130, 300, 255),
            ] {
                let [prefix, dst] = [prefix, dst].map(|n| (0..n).map(|_| rng.random()).collect::<Vec<u8>>());
                let count = 11;
                let messages: Vec<u8> = (0..count * width).map(|_| rng.random()).collect();
                let dst_prime = dst_prime(&dst);
                let layout = Layout::new(&prefix, width, &tail(64, &dst_prime), &dst_prime);
                let mut cells = vec![PointCells::ZERO; 2];
                kernel.hash(&layout, &messages, &mut cells);
                let expected: Vec<_> = messages
                    .chunks(width)
                    .map(|message| {
                        let wide = expand_message_xmd(&[&prefix, message].concat(), &dst, 64);
                        let point = RistrettoPoint::from_uniform_bytes(&wide.try_into().unwrap());
                        point + point
                    })
                    .collect();
                assert!(
                    doubled(kernel, cells, count) == encode_all(&expected),
                    "{width} bytes"
                );
            }
        }
    }
    on_all_kernels(&Hashes);
}

#[test]
fn multiples_of_a_base_are_added() {
    struct Multiples;
    impl KernelTest for Multiples {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(14);
            let base = random_points(&mut rng, 1)[0];
            let table = kernel.fixed_table(&decoded(kernel, &encode_all(&[base; LANES]))[0]);
            let count = 13;
            let points = random_points(&mut rng, count);
            let mut scalars: Vec<_> = (0..count).map(|_| scalar(&mut rng)).collect();
            scalars[..4].copy_from_slice(&[Scalar::ZERO, Scalar::ONE, Scalar::from(2u8), -Scalar::ONE]);
            let mut cells = decoded(kernel, &encode_all(&points));
            let bytes: Vec<_> = scalars.iter().map(Scalar::to_bytes).collect();
            kernel.add_multiples(&mut cells, table.as_slice(), &bytes);
            let expected: Vec<_> = points
                .iter()
                .zip(&scalars)
                .map(|(p, s)| (p + base * s) * Scalar::from(2u8))
                .collect();
            assert!(doubled(kernel, cells, count) == encode_all(&expected));
        }
    }
    on_all_kernels(&Multiples);
}

#[test]
fn weighted_sums() {
    struct Sums;
    impl KernelTest for Sums {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(15);
            for count in [0, 1, 8, 20, 96, 97, 130] {
                let points = random_points(&mut rng, count);
                let mut weights: Vec<u128> = (0..count).map(|_| rng.random()).collect();
                // Digits that carry all the way, halves and the smallest.
                for (weight, edge) in
                    weights
                        .iter_mut()
                        .zip([u128::MAX, 0, 1, u128::MAX / 255 * 128, 1 << 127])
                {
                    *weight = edge;
                }
                let cells = decoded(kernel, &encode_all(&points));
                let expected: RistrettoPoint = points
                    .iter()
                    .zip(&weights)
                    .map(|(p, w)| p * Scalar::from(*w))
                    .sum();
                assert_eq!(
                    kernel.weighted_sum(&cells, &weights),
                    Some(expected.compress().to_bytes()),
                    "{count}"
                );
            }
        }
    }
    on_all_kernels(&Sums);
}

/// What a fault may leave in a register or in memory. Zeros break Z ≠ 0 alone, another sign XY = ZT, another x the curve's
/// equation.
#[test]
fn what_is_no_point_has_no_encoding() {
    struct Faults;
    impl Test for Faults {
        fn run<L: Lanes>(&self) {
            let base = decoded(ModelKernel, &encode_all(&[RISTRETTO_BASEPOINT_POINT; LANES]));
            let base = Point::<L>::load(&base[0]);
            let encoded = RISTRETTO_BASEPOINT_COMPRESSED.to_bytes();
            let (zero, one) = (Fe::constant(&ZERO), Fe::constant(&ONE));
            assert_eq!(encode(base), Some(encoded));
            assert_eq!(encode(Point::<L>::identity()), Some([0; 32]));
            // (X : Y : Z : T) = (2x : 2y : 2 : 2t) is the same point, and (x, y, 2, t) is none.
            let twice = |a: Fe<L>| a.plus(a).carry();
            let scaled = Point {
                x: twice(base.x),
                y: twice(base.y),
                z: twice(base.z),
                t: twice(base.t),
            };
            assert_eq!(encode(scaled), Some(encoded));
            let (x, y, z, t) = (zero, zero, zero, zero);
            let other_x = base.x.plus(one).carry();
            for (fault, point) in [
                ("all zeros", Point { x, y, z, t }),
                ("Z = 0", Point { z, ..base }),
                ("T = 0", Point { t, ..base }),
                ("Z doubled", Point { z: scaled.z, ..base }),
                (
                    "the sign of T",
                    Point {
                        t: base.t.negate().carry(),
                        ..base
                    },
                ),
                (
                    "not on the curve",
                    Point {
                        x: other_x,
                        t: other_x.times(base.y),
                        ..base
                    },
                ),
            ] {
                assert_eq!(encode(point), None, "{fault}");
            }
        }
    }
    on_all_lanes(&Faults);
}

/// Cells that nothing was decoded into, in one lane of many.
#[test]
fn a_sum_over_what_is_no_point_is_none() {
    struct Zeros;
    impl KernelTest for Zeros {
        fn run(&self, kernel: impl Entries) {
            let mut rng = rng(16);
            for count in [1, 20, 130] {
                let mut cells = decoded(kernel, &encode_all(&random_points(&mut rng, count)));
                let weights: Vec<u128> = (0..count).map(|_| rng.random()).collect();
                assert!(kernel.weighted_sum(&cells, &weights).is_some());
                let group = &mut cells[0];
                for coordinate in [&mut group.x, &mut group.y, &mut group.z, &mut group.t] {
                    coordinate.iter_mut().for_each(|limb| limb.0[0] = 0);
                }
                assert_eq!(kernel.weighted_sum(&cells, &weights), None, "{count}");
            }
        }
    }
    on_all_kernels(&Zeros);
}
