//! The batch functions by curve25519-dalek, one element at a time except for the shared inversion, in blocks.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar as Inner;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use super::{BLOCK, Blinds, Messages, SUM_BLOCK, blind};
use crate::stack::cleared;
use crate::{ELEMENT_BYTES, Hasher, Pool, Scalar, Table};

/// Decodes into `points`, one for each whole element; the index of the first bad one.
pub(super) fn decode(pool: &Pool, encoded: &[u8], points: &mut [RistrettoPoint]) -> Option<usize> {
    pool.run(|| {
        points
            .par_chunks_mut(BLOCK)
            .zip(encoded.par_chunks(BLOCK * ELEMENT_BYTES))
            .enumerate()
            .filter_map(|(block, (points, bytes))| {
                decode_block(points, bytes)
                    .err()
                    .map(|index| block * BLOCK + index)
            })
            .min()
    })
}

pub(super) fn vartime_weighted_sum(
    pool: &Pool,
    points: &[RistrettoPoint],
    weights: &[u128],
) -> RistrettoPoint {
    let block = points.len().div_ceil(pool.threads()).max(SUM_BLOCK);
    let weights = weights.get(..points.len()).unwrap_or(weights); // dalek panics where there are more than points
    pool.run(|| {
        points
            .par_chunks(block)
            .zip(weights.par_chunks(block))
            .map(|(points, weights)| {
                RistrettoPoint::vartime_multiscalar_mul(
                    weights.iter().map(|w| Inner::from(*w)),
                    points.iter().take(weights.len()),
                )
            })
            .reduce(RistrettoPoint::identity, |a, b| a + b)
    })
}

pub(super) fn multiply_encode(pool: &Pool, points: &[RistrettoPoint], k: &Scalar, out: &mut [u8]) {
    pool.run(|| {
        points
            .par_chunks(BLOCK)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .for_each(|(points, out)| {
                cleared(|| encode_doubled(points.iter().map(|p| p * k.0), out));
            });
    });
}

pub(super) fn unblind_encode(
    pool: &Pool,
    points: &[RistrettoPoint],
    table: &Table,
    blinds: &dyn Blinds,
    first: u64,
    out: &mut [u8],
) {
    let table = table.dalek();
    pool.run(|| {
        points
            .par_chunks(BLOCK)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .enumerate()
            .for_each(|(block, (points, out))| {
                let start = first + (block * BLOCK) as u64;
                let unblinded = (start..)
                    .zip(points)
                    .map(|(j, p)| p - table * &blind(blinds, j).0);
                cleared(|| encode_doubled(unblinded, out));
            });
    });
}

pub(super) fn hash_blind_encode(
    pool: &Pool,
    hasher: &Hasher,
    messages: Messages<'_>,
    blinds: &dyn Blinds,
    first: u64,
    out: &mut [u8],
) {
    pool.run(|| {
        messages
            .bytes
            .par_chunks(BLOCK * messages.width)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .enumerate()
            .for_each(|(block, (part, out))| {
                let start = first + (block * BLOCK) as u64;
                let blinded = (start..)
                    .zip(part.chunks_exact(messages.width))
                    .map(|(j, x)| hasher.hash(x).0 + RistrettoPoint::mul_base(&blind(blinds, j).0));
                cleared(|| encode_doubled(blinded, out));
            });
    });
}

pub(super) fn hash_multiply_encode(
    pool: &Pool,
    hasher: &Hasher,
    messages: Messages<'_>,
    k: &Scalar,
    out: &mut [u8],
) {
    pool.run(|| {
        messages
            .bytes
            .par_chunks(BLOCK * messages.width)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .for_each(|(part, out)| {
                let products = part.chunks_exact(messages.width).map(|x| hasher.hash(x).0 * k.0);
                cleared(|| encode_doubled(products, out));
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

/// The points may be tokens of people, so the scratch copy is wiped. What dalek has of them in the heap meanwhile it frees
/// without wiping it.
fn encode_doubled(points: impl Iterator<Item = RistrettoPoint>, out: &mut [u8]) {
    let mut points = Zeroizing::new(points.collect::<Vec<_>>());
    let encoded = RistrettoPoint::double_and_compress_batch(points.iter());
    points.zeroize();
    for (bytes, encoded) in out.chunks_exact_mut(ELEMENT_BYTES).zip(&encoded) {
        bytes.copy_from_slice(encoded.as_bytes());
    }
    Zeroizing::new(encoded);
}
