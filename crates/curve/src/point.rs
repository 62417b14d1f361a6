//! Single group elements, and tables of fixed bases.

use std::sync::OnceLock;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};

use crate::batch::{lanes_table, multiply_one};
use crate::ifma::{FixedTable, Kernel};
use crate::stack::cleared;
use crate::{Backend, Scalar};

/// Bytes of an encoded element (RFC 9496, section 4.3.2).
pub const ELEMENT_BYTES: usize = 32;

/// A group element. It has no `Debug`: it may be the token of a person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point(pub(crate) RistrettoPoint);

impl Point {
    /// The element of a canonical encoding; `None` for anything else and for the identity.
    #[must_use]
    pub fn decode(bytes: &[u8; ELEMENT_BYTES]) -> Option<Self> {
        let point = CompressedRistretto(*bytes).decompress()?;
        (point != RistrettoPoint::identity()).then_some(Self(point))
    }

    /// The canonical encoding.
    #[must_use]
    pub fn encode(&self) -> [u8; ELEMENT_BYTES] {
        self.0.compress().to_bytes()
    }

    /// s · G, in constant time.
    #[must_use]
    pub fn base(scalar: &Scalar) -> Self {
        cleared(|| Self(RistrettoPoint::mul_base(&scalar.0)))
    }

    /// s · P, in constant time for any s. The process's backend does it: the kernel wipes what it has of s.
    #[must_use]
    pub fn multiply(&self, scalar: &Scalar) -> Self {
        cleared(|| {
            let by_kernel = Backend::chosen()
                .kernel()
                .and_then(|kernel| multiply_one(kernel, &self.encode(), scalar));
            Self(by_kernel.unwrap_or_else(|| self.0 * scalar.0))
        })
    }

    /// 2 · P.
    #[must_use]
    pub fn doubled(&self) -> Self {
        Self(self.0 + self.0)
    }

    /// s · P + t · Q over public values, in variable time: a verifier's equation.
    #[must_use]
    pub fn vartime_sum(s: &Scalar, p: &Self, t: &Scalar, q: &Self) -> Self {
        Self(RistrettoPoint::vartime_multiscalar_mul([s.0, t.0], [p.0, q.0]))
    }

    /// The group's generator.
    #[must_use]
    pub fn generator() -> Self {
        Self(curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT)
    }
}

/// Precomputed multiples of one base, for constant-time multiplications by many scalars.
pub struct Table {
    base: Point,
    dalek: OnceLock<Box<RistrettoBasepointTable>>,
    lanes: OnceLock<FixedTable>,
}

impl Table {
    /// The table of `base`; about 30 KB (dalek) or 100 KB (eight lanes) and 100 µs, at its first use.
    #[must_use]
    pub fn new(base: &Point) -> Self {
        Self {
            base: *base,
            dalek: OnceLock::new(),
            lanes: OnceLock::new(),
        }
    }

    pub(crate) fn dalek(&self) -> &RistrettoBasepointTable {
        self.dalek
            .get_or_init(|| Box::new(RistrettoBasepointTable::create(&self.base.0)))
    }

    pub(crate) fn lanes(&self, kernel: Kernel) -> &FixedTable {
        self.lanes
            .get_or_init(|| lanes_table(kernel, &self.base.encode()))
    }
}
