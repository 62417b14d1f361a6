//! The batch functions by the kernel of eight lanes, in blocks of whole groups of eight.

use std::sync::OnceLock;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::traits::Identity;
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::{BLOCK, BadSum, Blinds, Messages, SUM_BLOCK, blind};
use crate::ifma::Table as LaneTables;
use crate::ifma::{Encoding, Entries, FixedTable, Kernel, LANES, Layout, Odd, PointCells, Windows};
use crate::stack::cleared;
use crate::{ELEMENT_BYTES, Hasher, Pool, Scalar, Table};

/// Groups of lanes in a block.
const GROUPS: usize = BLOCK / LANES;

/// Groups in which a sum is split at the smallest.
const SUM_GROUPS: usize = SUM_BLOCK / LANES;

/// Decoded points and the kernel that made them and will go on with them.
pub(super) struct Groups {
    pub(super) kernel: Kernel,
    groups: Vec<PointCells>,
    count: usize,
}

impl Groups {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            groups: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn clear(&mut self) {
        self.groups.clear();
        self.count = 0;
    }

    /// Decodes every whole element; the index of the first bad one.
    pub(super) fn decode(&mut self, pool: &Pool, encoded: &[u8]) -> Option<usize> {
        let kernel = self.kernel;
        self.count = encoded.len() / ELEMENT_BYTES;
        self.groups.resize(self.count.div_ceil(LANES), PointCells::ZERO);
        pool.run(|| {
            self.groups
                .par_chunks_mut(GROUPS)
                .zip(encoded.par_chunks(BLOCK * ELEMENT_BYTES))
                .enumerate()
                .filter_map(|(block, (groups, bytes))| {
                    kernel
                        .decode(bytes, groups)
                        .err()
                        .map(|index| block * BLOCK + index)
                })
                .min()
        })
    }

    pub(super) fn vartime_weighted_sum(
        &self,
        pool: &Pool,
        weights: &[u128],
    ) -> Result<RistrettoPoint, BadSum> {
        let block = self.groups.len().div_ceil(pool.threads()).max(SUM_GROUPS);
        let weights = weights.get(..self.count).unwrap_or(weights);
        pool.run(|| {
            self.groups
                .par_chunks(block)
                .zip(weights.par_chunks(block * LANES))
                .map(|(groups, weights)| partial_sum(self.kernel.weighted_sum(groups, weights)))
                .try_reduce(RistrettoPoint::identity, |a, b| Ok(a + b))
        })
    }

    pub(super) fn multiply_encode(&self, pool: &Pool, k: &Scalar, out: &mut [u8]) {
        let windows = windows(k);
        self.each_block(pool, out, |_, mut points, out| {
            multiply(self.kernel, &mut points, &windows);
            encode_doubled(self.kernel, points, out);
        });
    }

    pub(super) fn unblind_encode(
        &self,
        pool: &Pool,
        table: &Table,
        blinds: &dyn Blinds,
        first: u64,
        out: &mut [u8],
    ) {
        let table = table.lanes(self.kernel);
        self.each_block(pool, out, |block, mut points, out| {
            let start = first + (block * BLOCK) as u64;
            let scalars = scalars(blinds, start, out, |blind| blind.negated());
            self.kernel.add_multiples(&mut points, table.as_slice(), &scalars);
            encode_doubled(self.kernel, points, out);
        });
    }

    /// Hands a copy of each block's points to `work`, with the block's number and its part of `out`.
    fn each_block(
        &self,
        pool: &Pool,
        out: &mut [u8],
        work: impl Fn(usize, Zeroizing<Vec<PointCells>>, &mut [u8]) + Send + Sync,
    ) {
        let bytes = out.len().min(self.count * ELEMENT_BYTES);
        let (out, _) = out.split_at_mut(bytes);
        pool.run(|| {
            self.groups
                .par_chunks(GROUPS)
                .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
                .enumerate()
                .for_each(|(block, (groups, out))| {
                    cleared(|| work(block, Zeroizing::new(groups.to_vec()), out));
                });
        });
    }
}

pub(super) fn hash_blind_encode(
    kernel: Kernel,
    pool: &Pool,
    hasher: &Hasher,
    messages: Messages<'_>,
    blinds: &dyn Blinds,
    first: u64,
    out: &mut [u8],
) {
    let table = generator(kernel);
    each_block_hashed(kernel, pool, hasher, messages, out, |block, mut points, out| {
        let start = first + (block * BLOCK) as u64;
        let scalars = scalars(blinds, start, out, |blind| blind);
        kernel.add_multiples(&mut points, table.as_slice(), &scalars);
        encode_doubled(kernel, points, out);
    });
}

pub(super) fn hash_multiply_encode(
    kernel: Kernel,
    pool: &Pool,
    hasher: &Hasher,
    messages: Messages<'_>,
    k: &Scalar,
    out: &mut [u8],
) {
    let windows = windows(k);
    each_block_hashed(kernel, pool, hasher, messages, out, |_, mut points, out| {
        multiply(kernel, &mut points, &windows);
        encode_doubled(kernel, points, out);
    });
}

/// Hashes each block's messages and hands the points to `work`.
fn each_block_hashed(
    kernel: Kernel,
    pool: &Pool,
    hasher: &Hasher,
    messages: Messages<'_>,
    out: &mut [u8],
    work: impl Fn(usize, Zeroizing<Vec<PointCells>>, &mut [u8]) + Send + Sync,
) {
    let layout: Layout = hasher.layout(messages.width);
    let count = (messages.bytes.len() / messages.width).min(out.len() / ELEMENT_BYTES);
    let (out, _) = out.split_at_mut(count * ELEMENT_BYTES);
    pool.run(|| {
        messages
            .bytes
            .par_chunks(BLOCK * messages.width)
            .zip(out.par_chunks_mut(BLOCK * ELEMENT_BYTES))
            .enumerate()
            .for_each(|(block, (part, out))| {
                let groups = out.len().div_ceil(LANES * ELEMENT_BYTES);
                let mut points = Zeroizing::new(vec![PointCells::ZERO; groups]);
                cleared(|| {
                    kernel.hash(&layout, part, &mut points);
                    work(block, points, out);
                });
            });
    });
}

/// k·P for a single public element, whose product is public; `None` where there is none, or it is the identity.
pub(crate) fn multiply_one(
    kernel: impl Entries,
    element: &[u8; ELEMENT_BYTES],
    k: &Scalar,
) -> Option<RistrettoPoint> {
    let mut points = Zeroizing::new(vec![PointCells::ZERO]);
    kernel.decode(element, &mut points).ok()?;
    let mut product = [0; ELEMENT_BYTES];
    multiply(kernel, &mut points, &windows(&k.halved()));
    encode_doubled(kernel, points, &mut product);
    CompressedRistretto(product).decompress()
}

/// A part of a sum, as the kernel encodes it.
fn partial_sum(encoded: Option<[u8; ELEMENT_BYTES]>) -> Result<RistrettoPoint, BadSum> {
    let encoded = encoded.ok_or(BadSum)?;
    CompressedRistretto(encoded).decompress().ok_or(BadSum)
}

/// A base's table for the kernel.
pub(crate) fn table(kernel: Kernel, base: &[u8; ELEMENT_BYTES]) -> FixedTable {
    let mut points = [PointCells::ZERO];
    // The identity, the only element that is refused, is put there all the same.
    let _ = kernel.decode([*base; LANES].as_flattened(), &mut points);
    kernel.fixed_table(&points[0])
}

/// The generator's table, made once in a process.
fn generator(kernel: Kernel) -> &'static FixedTable {
    static TABLE: OnceLock<FixedTable> = OnceLock::new();
    TABLE.get_or_init(|| table(kernel, RISTRETTO_BASEPOINT_COMPRESSED.as_bytes()))
}

fn windows(k: &Scalar) -> Windows {
    Windows::new(&Odd::new(&k.to_bytes()))
}

fn multiply(kernel: impl Entries, points: &mut [PointCells], windows: &Windows) {
    let mut tables = Zeroizing::new(LaneTables::ZERO);
    kernel.multiply(points, windows.as_slice(), &mut tables);
}

/// The scalars of the blinds for each element of `out`.
fn scalars(
    blinds: &dyn Blinds,
    start: u64,
    out: &[u8],
    sign: impl Fn(Scalar) -> Scalar,
) -> Zeroizing<Vec<[u8; 32]>> {
    let mut scalars = Zeroizing::new(vec![[0; 32]; out.len() / ELEMENT_BYTES]);
    for (j, bytes) in (start..).zip(scalars.iter_mut()) {
        *bytes = *sign(blind(blinds, j)).to_bytes();
    }
    scalars
}

fn encode_doubled(kernel: impl Entries, mut points: Zeroizing<Vec<PointCells>>, out: &mut [u8]) {
    let mut scratch = Zeroizing::new(vec![Encoding::ZERO; points.len()]);
    kernel.encode_doubled(&mut points, &mut scratch, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ifma::ModelKernel;

    #[test]
    fn single_products() {
        let base = RISTRETTO_BASEPOINT_COMPRESSED.to_bytes();
        let minus_one = Scalar::from_u128(1).negated();
        let wide = Scalar::from_wide(&std::array::from_fn(|i| (i * 71 + 5) as u8));
        for k in [
            Scalar::from_u128(0),
            Scalar::from_u128(1),
            Scalar::from_u128(2),
            minus_one,
            wide,
        ] {
            let product = multiply_one(ModelKernel, &base, &k);
            assert!(product == Some(RistrettoPoint::mul_base(&k.0)));
        }
        assert!(multiply_one(ModelKernel, &[0; ELEMENT_BYTES], &Scalar::from_u128(3)).is_none());
    }

    /// p − 1 is odd and 2 has no root that would make it an encoding; the identity is a sum like any other.
    #[test]
    fn what_is_no_element_is_no_sum() {
        let mut top = [0xff; ELEMENT_BYTES];
        (top[0], top[ELEMENT_BYTES - 1]) = (0xec, 0x7f);
        let mut odd = [0; ELEMENT_BYTES];
        odd[0] = 1;
        for bad in [Some(top), Some(odd), Some([0xff; ELEMENT_BYTES]), None] {
            assert_eq!(partial_sum(bad), Err(BadSum));
        }
        assert_eq!(
            partial_sum(Some([0; ELEMENT_BYTES])),
            Ok(RistrettoPoint::identity())
        );
        let base = RISTRETTO_BASEPOINT_COMPRESSED.to_bytes();
        assert_eq!(
            partial_sum(Some(base)).map(|sum| sum.compress().to_bytes()),
            Ok(base)
        );
    }
}
