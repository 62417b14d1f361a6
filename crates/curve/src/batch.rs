//! The batch kernels: what a faster implementation stands behind.
//!
//! Elements are flat byte strings of 32 bytes each, in the order of the wire. Every function spreads its work over a
//! [`Pool`] in blocks; nothing is allocated for one element. Encoding doubles (`encode(2P)`), because the doubled batch
//! costs 0.5 µs an element instead of 4.3: callers halve or double a scalar to make up for it.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar as Inner;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use crate::{ELEMENT_BYTES, Hasher, Point, Pool, Scalar, Table};

/// Elements a thread takes at a time: enough to share one inversion, few enough to stay in the cache.
const BLOCK: usize = 256;

/// Below this many points, splitting a sum over threads costs more in Pippenger's buckets than it gains.
const SUM_BLOCK: usize = 1024;

/// An element that is not a canonical encoding, or is the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("element {index} is not a canonical encoding of a group element other than the identity")]
pub struct BadElement {
    /// Its position in the batch, from 0.
    pub index: usize,
}

/// The secret additive blind of each position: 512 pseudorandom bits, reduced by the kernel.
pub trait Blinds: Sync {
    /// Fills the bits for a position on the wire. The same position always gives the same bits.
    fn fill(&self, position: u64, wide: &mut [u8; 64]);
}

/// Decoded and checked elements, kept in whatever form the kernel likes; reused from chunk to chunk.
#[derive(Default)]
pub struct Points(Vec<RistrettoPoint>);

impl Points {
    /// How many elements it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces the content by the elements of `encoded`, checking each.
    ///
    /// # Errors
    /// Names the first bad element; the content is then empty. A trailing part of an element is bad too.
    pub fn decode(&mut self, pool: &Pool, encoded: &[u8]) -> Result<(), BadElement> {
        let whole = encoded.len() / ELEMENT_BYTES;
        self.0.clear();
        self.0.resize(whole, RistrettoPoint::identity());
        let mut first_bad = pool.run(|| {
            self.0
                .par_chunks_mut(BLOCK)
                .zip(encoded.par_chunks(BLOCK * ELEMENT_BYTES))
                .enumerate()
                .filter_map(|(block, (points, bytes))| {
                    decode_block(points, bytes)
                        .err()
                        .map(|index| block * BLOCK + index)
                })
                .min()
        });
        if !encoded.len().is_multiple_of(ELEMENT_BYTES) {
            first_bad = first_bad.or(Some(whole));
        }
        match first_bad {
            None => Ok(()),
            Some(index) => {
                self.0.clear();
                Err(BadElement { index })
            }
        }
    }

    /// Σ wᵢ·Pᵢ over public points with public 128-bit weights, in variable time. Missing weights count as 0.
    #[must_use]
    pub fn vartime_weighted_sum(&self, pool: &Pool, weights: &[u128]) -> Point {
        let block = self.0.len().div_ceil(pool.threads()).max(SUM_BLOCK);
        let sum = pool.run(|| {
            self.0
                .par_chunks(block)
                .zip(weights.par_chunks(block))
                .map(|(points, weights)| {
                    RistrettoPoint::vartime_multiscalar_mul(
                        weights.iter().map(|w| Inner::from(*w)),
                        points.iter().take(weights.len()),
                    )
                })
                .reduce(RistrettoPoint::identity, |a, b| a + b)
        });
        Point(sum)
    }

    /// encode(2·k·P) for each: a sender's evaluation, with k = b/2.
    pub fn multiply_encode(&self, pool: &Pool, k: &Scalar, out: &mut [u8]) {
        pool.run(|| {
            self.0
                .par_chunks(BLOCK)
                .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
                .for_each(|(points, out)| {
                    encode_doubled(points.iter().map(|p| p * k.0), out);
                });
        });
    }

    /// encode(2·(P − ρ·T)) for each: a receiver takes its blinds off; `first` is the position of the first element.
    pub fn unblind_encode(
        &self,
        pool: &Pool,
        table: &Table,
        blinds: &dyn Blinds,
        first: u64,
        out: &mut [u8],
    ) {
        pool.run(|| {
            self.0
                .par_chunks(BLOCK)
                .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
                .enumerate()
                .for_each(|(block, (points, out))| {
                    let start = first + (block * BLOCK) as u64;
                    encode_doubled(
                        (start..)
                            .zip(points)
                            .map(|(j, p)| p - &*table.0 * &blind(blinds, j).0),
                        out,
                    );
                });
        });
    }
}

/// encode(2·(H(x) + ρ·G)) for each message of `width` bytes: a receiver's additive blinding.
pub fn hash_blind_encode(
    pool: &Pool,
    hasher: &Hasher,
    messages: &[u8],
    width: usize,
    blinds: &dyn Blinds,
    first: u64,
    out: &mut [u8],
) {
    let width = width.max(1);
    pool.run(|| {
        messages
            .par_chunks(BLOCK * width)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .enumerate()
            .for_each(|(block, (messages, out))| {
                let start = first + (block * BLOCK) as u64;
                encode_doubled(
                    (start..)
                        .zip(messages.chunks_exact(width))
                        .map(|(j, x)| hasher.hash(x).0 + RistrettoPoint::mul_base(&blind(blinds, j).0)),
                    out,
                );
            });
    });
}

/// encode(2·k·H(x)) for each message of `width` bytes: a sender's own elements with k = 2b, or multiplicative blinding.
pub fn hash_multiply_encode(
    pool: &Pool,
    hasher: &Hasher,
    messages: &[u8],
    width: usize,
    k: &Scalar,
    out: &mut [u8],
) {
    let width = width.max(1);
    pool.run(|| {
        messages
            .par_chunks(BLOCK * width)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .for_each(|(messages, out)| {
                encode_doubled(messages.chunks_exact(width).map(|x| hasher.hash(x).0 * k.0), out);
            });
    });
}

/// The index of the first bad element within a block.
fn decode_block(points: &mut [RistrettoPoint], bytes: &[u8]) -> Result<(), usize> {
    let (encoded, _) = bytes.as_chunks::<ELEMENT_BYTES>();
    for (index, (point, bytes)) in points.iter_mut().zip(encoded).enumerate() {
        *point = CompressedRistretto(*bytes)
            .decompress()
            .filter(|p| *p != RistrettoPoint::identity())
            .ok_or(index)?;
    }
    Ok(())
}

fn blind(blinds: &dyn Blinds, position: u64) -> Scalar {
    let mut wide = Zeroizing::new([0u8; 64]);
    blinds.fill(position, &mut wide);
    Scalar::from_wide(&wide)
}

/// The points may be tokens of people, so the scratch copy is wiped. (Registers and spills of the arithmetic are not.)
fn encode_doubled(points: impl Iterator<Item = RistrettoPoint>, out: &mut [u8]) {
    let mut points = Zeroizing::new(points.collect::<Vec<_>>());
    let encoded = RistrettoPoint::double_and_compress_batch(points.iter());
    points.zeroize();
    for (bytes, encoded) in out.chunks_exact_mut(ELEMENT_BYTES).zip(&encoded) {
        bytes.copy_from_slice(encoded.as_bytes());
    }
    Zeroizing::new(encoded);
}
