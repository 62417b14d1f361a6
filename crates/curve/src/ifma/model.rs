//! The lanes as eight plain integers, refusing whatever would wrap or be cut off.

use super::field::{self, LIMBS};
use super::lanes::{Cell, LANES, Lanes, Mask};

/// Eight lanes without any instruction of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Model(pub(crate) [u64; LANES]);

const LIMIT: u64 = 1 << 52;

impl Model {
    #[inline(never)]
    fn each(self, f: impl Fn(u64) -> u64) -> Self {
        Self(self.0.map(f))
    }

    #[inline(never)]
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    #[inline(never)]
    fn zip3(self, a: Self, b: Self, f: impl Fn(u64, u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], a.0[i], b.0[i])))
    }
}

fn product(a: u64, b: u64) -> u128 {
    assert!(a < LIMIT && b < LIMIT, "a factor of 2^52 or more: {a:#x}, {b:#x}");
    u128::from(a) * u128::from(b)
}

/// An accumulator that wraps is a bound that is wrong.
fn sum(a: u64, b: u64) -> u64 {
    a.checked_add(b).expect("a sum of 2^64 or more")
}

impl Lanes for Model {
    #[inline(never)]
    fn splat(value: u64) -> Self {
        Self([value; LANES])
    }
    #[inline(never)]
    fn load(cell: &Cell) -> Self {
        Self(cell.0)
    }
    #[inline(never)]
    fn store(self, cell: &mut Cell) {
        cell.0 = self.0;
    }
    #[inline(never)]
    fn add(self, other: Self) -> Self {
        self.zip(other, sum)
    }
    #[inline(never)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a.checked_sub(b).expect("a difference below 0"))
    }
    #[inline(never)]
    fn wrapping_add(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_add)
    }
    #[inline(never)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a.checked_mul(b).expect("a product of 2^64 or more"))
    }
    #[allow(clippy::cast_possible_truncation, reason = "masked to 52 bits")]
    #[inline(never)]
    fn madd_lo(self, a: Self, b: Self) -> Self {
        self.zip3(a, b, |c, a, b| {
            sum(c, (product(a, b) & u128::from(LIMIT - 1)) as u64)
        })
    }
    #[allow(clippy::cast_possible_truncation, reason = "two factors of 52 bits")]
    #[inline(never)]
    fn madd_hi(self, a: Self, b: Self) -> Self {
        self.zip3(a, b, |c, a, b| sum(c, (product(a, b) >> 52) as u64))
    }
    #[inline(never)]
    fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
    #[inline(never)]
    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }
    #[inline(never)]
    fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }
    #[inline(never)]
    fn xor3(self, a: Self, b: Self) -> Self {
        self.zip3(a, b, |x, a, b| x ^ a ^ b)
    }
    #[inline(never)]
    fn choose(self, yes: Self, no: Self) -> Self {
        self.zip3(yes, no, |x, yes, no| (x & yes) | (!x & no))
    }
    #[inline(never)]
    fn majority(self, a: Self, b: Self) -> Self {
        self.zip3(a, b, |x, a, b| (x & a) | (x & b) | (a & b))
    }
    #[inline(never)]
    fn shr<const BITS: u32>(self) -> Self {
        self.each(|a| a >> BITS)
    }
    #[inline(never)]
    fn shl<const BITS: u32>(self) -> Self {
        self.each(|a| a << BITS)
    }
    #[inline(never)]
    fn rotate_right<const BITS: i32>(self) -> Self {
        self.each(|a| a.rotate_right(BITS.unsigned_abs()))
    }
    #[inline(never)]
    fn equal(self, other: Self) -> Mask {
        (0..LANES).fold(0, |mask, i| mask | Mask::from(self.0[i] == other.0[i]) << i)
    }
    #[inline(never)]
    fn select(mask: Mask, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|i| {
            if mask >> i & 1 == 1 { yes.0[i] } else { no.0[i] }
        }))
    }
    #[inline(never)]
    fn look_up(self, low: &Cell, high: &Cell) -> Self {
        self.each(|i| {
            let i = usize::from(i.to_le_bytes()[0] & 15);
            if i < LANES { low.0[i] } else { high.0[i - LANES] }
        })
    }
    #[inline(never)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        std::array::from_fn(|j| Self(rows.map(|row| row.0[j])))
    }
    #[inline(never)]
    fn product(a: [Self; LIMBS], b: [Self; LIMBS]) -> [Self; LIMBS] {
        field::product(a, b)
    }
    #[inline(never)]
    fn square(a: [Self; LIMBS]) -> [Self; LIMBS] {
        field::square(a)
    }
    #[inline(never)]
    fn carry(a: [Self; LIMBS]) -> [Self; LIMBS] {
        field::carry(a)
    }
}
