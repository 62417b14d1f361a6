//! Integers modulo p = 2^255 − 19, one at a time and without any art.

use super::super::field::{LIMBS, RADIX};

/// An integer below p in words of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Integer([u64; 4]);

const P: [u64; 4] = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

impl Integer {
    pub(crate) fn from_u64(value: u64) -> Self {
        Self([value, 0, 0, 0])
    }

    /// Σ limb_i · 2^(51·i), whatever the limbs are.
    pub(crate) fn from_limbs(limbs: [u64; LIMBS]) -> Self {
        let radix = (0..RADIX).fold(Self::from_u64(1), |power, _| power.plus(power));
        limbs.iter().rev().fold(Self::from_u64(0), |sum, limb| {
            sum.times(radix).plus(Self::from_u64(*limb))
        })
    }

    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *to = word.to_le_bytes();
        }
        bytes
    }

    pub(crate) fn is_odd(self) -> bool {
        self.0[0] & 1 == 1
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let mut sum = [0; 4];
        let mut carry = 0u128;
        for (word, (a, b)) in sum.iter_mut().zip(self.0.iter().zip(other.0)) {
            carry += u128::from(*a) + u128::from(b);
            *word = carry as u64;
            carry >>= 64;
        }
        Self(reduce(sum))
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        let negated = Self(reduce(subtract(P, other.0).0));
        self.plus(negated)
    }

    /// By doubling and adding, from the highest bit.
    pub(crate) fn times(self, other: Self) -> Self {
        (0..256).rev().fold(Self::from_u64(0), |sum, bit| {
            let doubled = sum.plus(sum);
            if other.0[bit / 64] >> (bit % 64) & 1 == 1 {
                doubled.plus(self)
            } else {
                doubled
            }
        })
    }
}

fn reduce(value: [u64; 4]) -> [u64; 4] {
    match subtract(value, P) {
        (reduced, false) => reduced,
        (_, true) => value,
    }
}

fn subtract(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut difference = [0; 4];
    let mut borrow = false;
    for (word, (a, b)) in difference.iter_mut().zip(a.iter().zip(b)) {
        let (d, under) = a.overflowing_sub(b);
        let (d, under_again) = d.overflowing_sub(u64::from(borrow));
        *word = d;
        borrow = under | under_again;
    }
    (difference, borrow)
}
