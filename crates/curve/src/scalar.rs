//! Scalars, wiped when dropped and never printed.

use curve25519_dalek::scalar::Scalar as Inner;
use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::stack::cleared;

/// Bytes of an encoded scalar.
pub const SCALAR_BYTES: usize = 32;

/// A scalar modulo the group's order. It may be a key, so it has no `Debug`, no `serde` and no `==`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Scalar(pub(crate) Inner);

impl Scalar {
    /// A uniform non-zero scalar.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut wide = Zeroizing::new([0u8; 64]);
        loop {
            rng.fill_bytes(wide.as_mut_slice());
            let scalar = Self::from_wide(&wide);
            if scalar.0 != Inner::ZERO {
                return scalar;
            }
        }
    }

    /// 64 uniform bytes, reduced: the bias is below 2^-250.
    #[must_use]
    pub fn from_wide(wide: &[u8; 64]) -> Self {
        Self(Inner::from_bytes_mod_order_wide(wide))
    }

    /// The scalar of a canonical encoding (RFC 9496, section 4.4: little-endian and below the order).
    #[must_use]
    pub fn from_canonical(bytes: &[u8; SCALAR_BYTES]) -> Option<Self> {
        Option::from(Inner::from_canonical_bytes(*bytes).map(Self))
    }

    /// A public 128-bit weight.
    #[must_use]
    pub fn from_u128(value: u128) -> Self {
        Self(Inner::from(value))
    }

    /// The canonical encoding. The caller answers for a secret's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_BYTES]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// s / 2.
    #[must_use]
    pub fn halved(&self) -> Self {
        Self(self.0.div_by_2())
    }

    /// −s.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self(-self.0)
    }

    /// 2s.
    #[must_use]
    pub fn doubled(&self) -> Self {
        Self(self.0 + self.0)
    }

    /// s + t.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The answer of a Schnorr proof: `self - challenge · secret`, where `self` is the nonce.
    #[must_use]
    pub fn respond(&self, challenge: &Self, secret: &Self) -> Self {
        cleared(|| Self(self.0 - challenge.0 * secret.0))
    }

    /// 1 / s.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Self(self.0.invert())
    }
}
