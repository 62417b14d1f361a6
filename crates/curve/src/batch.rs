//! The batch functions: what a kernel stands behind.
//!
//! Elements are flat byte strings of 32 bytes each, in the order of the wire. Every function spreads its work over a
//! [`Pool`] in blocks; nothing is allocated for one element. Encoding doubles (`encode(2P)`), because the doubled batch
//! costs 0.5 µs an element instead of 4.3 in dalek: callers halve or double a scalar to make up for it.
//!
//! The pool's [`Backend`](crate::Backend) does the arithmetic; decoded [`Points`] stay with the one that decoded them.

mod dalek;
mod ifma;

pub(crate) use ifma::{multiply_one, table as lanes_table};

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::traits::Identity;
use zeroize::Zeroizing;

use crate::{ELEMENT_BYTES, Hasher, Point, Pool, Scalar, Table};

/// Elements a thread takes at a time: enough to share one inversion, few enough to stay in the cache.
const BLOCK: usize = 256;

/// Below this many points, splitting a sum over threads costs more than it gains.
const SUM_BLOCK: usize = 1024;

/// An element that is not a canonical encoding, or is the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("element {index} is not a canonical encoding of a group element other than the identity")]
pub struct BadElement {
    /// Its position in the batch, from 0.
    pub index: usize,
}

/// A sum that is no element of the group, which no points and weights have, or the identity, which random weights do not
/// give: the machine did not compute what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sum of group elements is no group element, or nothing at all: this machine's arithmetic can't be trusted"
)]
pub struct BadSum;

/// The secret additive blind of each position: 512 pseudorandom bits, reduced by the kernel.
pub trait Blinds: Sync {
    /// Fills the bits for a position on the wire. The same position always gives the same bits.
    fn fill(&self, position: u64, wide: &mut [u8; 64]);
}

/// Decoded and checked elements, kept in whatever form the backend likes; reused from chunk to chunk.
pub struct Points(Form);

enum Form {
    Dalek(Vec<RistrettoPoint>),
    Ifma(ifma::Groups),
}

impl Default for Points {
    fn default() -> Self {
        Self(Form::Dalek(Vec::new()))
    }
}

impl Points {
    /// How many elements it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Dalek(points) => points.len(),
            Form::Ifma(groups) => groups.len(),
        }
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Replaces the content by the elements of `encoded`, checking each.
    ///
    /// # Errors
    /// Names the first bad element; the content is then empty. A trailing part of an element is bad too.
    pub fn decode(&mut self, pool: &Pool, encoded: &[u8]) -> Result<(), BadElement> {
        match (&self.0, pool.kernel()) {
            (Form::Dalek(_), Some(kernel)) => self.0 = Form::Ifma(ifma::Groups::new(kernel)),
            (Form::Ifma(_), None) => self.0 = Form::Dalek(Vec::new()),
            (Form::Dalek(_), None) | (Form::Ifma(_), Some(_)) => {}
        }
        let whole = encoded.len() / ELEMENT_BYTES;
        let mut first_bad = match &mut self.0 {
            Form::Dalek(points) => {
                points.resize(whole, RistrettoPoint::identity());
                dalek::decode(pool, encoded, points)
            }
            Form::Ifma(groups) => groups.decode(pool, encoded),
        };
        if !encoded.len().is_multiple_of(ELEMENT_BYTES) {
            first_bad = first_bad.or(Some(whole));
        }
        match first_bad {
            None => Ok(()),
            Some(index) => {
                match &mut self.0 {
                    Form::Dalek(points) => points.clear(),
                    Form::Ifma(groups) => groups.clear(),
                }
                Err(BadElement { index })
            }
        }
    }

    /// Σ wᵢ·Pᵢ over public points with public 128-bit weights, in variable time. Missing weights count as 0.
    ///
    /// # Errors
    /// When what came out is no element. It must not pass for the identity, of which a proof would hold for any key.
    pub fn vartime_weighted_sum(&self, pool: &Pool, weights: &[u128]) -> Result<Point, BadSum> {
        match &self.0 {
            Form::Dalek(points) => Ok(dalek::vartime_weighted_sum(pool, points, weights)),
            Form::Ifma(groups) => groups.vartime_weighted_sum(pool, weights),
        }
        .map(Point)
    }

    /// encode(2·k·P) for each: a sender's evaluation, with k = b/2.
    pub fn multiply_encode(&self, pool: &Pool, k: &Scalar, out: &mut [u8]) {
        match &self.0 {
            Form::Dalek(points) => dalek::multiply_encode(pool, points, k, out),
            Form::Ifma(groups) => groups.multiply_encode(pool, k, out),
        }
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
        match &self.0 {
            Form::Dalek(points) => dalek::unblind_encode(pool, points, table, blinds, first, out),
            Form::Ifma(groups) => groups.unblind_encode(pool, table, blinds, first, out),
        }
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
    let messages = Messages::new(messages, width);
    match pool.kernel() {
        Some(kernel) => ifma::hash_blind_encode(kernel, pool, hasher, messages, blinds, first, out),
        None => dalek::hash_blind_encode(pool, hasher, messages, blinds, first, out),
    }
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
    let messages = Messages::new(messages, width);
    match pool.kernel() {
        Some(kernel) => ifma::hash_multiply_encode(kernel, pool, hasher, messages, k, out),
        None => dalek::hash_multiply_encode(pool, hasher, messages, k, out),
    }
}

/// Packed messages of one width.
#[derive(Clone, Copy)]
struct Messages<'a> {
    bytes: &'a [u8],
    width: usize,
}

impl<'a> Messages<'a> {
    fn new(bytes: &'a [u8], width: usize) -> Self {
        Self {
            bytes,
            width: width.max(1),
        }
    }
}

fn blind(blinds: &dyn Blinds, position: u64) -> Scalar {
    let mut wide = Zeroizing::new([0u8; 64]);
    blinds.fill(position, &mut wide);
    Scalar::from_wide(&wide)
}
