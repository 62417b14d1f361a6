//! Eight 64-bit lanes: what the kernel is written over.

use zeroize::Zeroize;

use super::field::{self, LIMBS};

/// How many lanes there are: elements that are worked on at once.
pub(crate) const LANES: usize = 8;

/// Eight lanes in memory, where a vector register loads them whole.
#[derive(Clone, Copy, Zeroize)]
#[repr(C, align(64))]
pub(crate) struct Cell(pub(crate) [u64; LANES]);

impl Cell {
    pub(crate) const ZERO: Self = Self([0; LANES]);
}

/// One bit a lane.
pub(crate) type Mask = u8;

/// The operations of a vector of eight 64-bit lanes, lane by lane.
///
/// [`add`](Self::add) and [`sub`](Self::sub) must not wrap and the factors of a multiplication must be below 2^52: the
/// model refuses what breaks this, the processor would cut it off. Implementations mark every method `inline(always)`,
/// so that nothing of the kernel is compiled without the processor's features; for the same reason the kernel hands no
/// closure that touches lanes to the standard library.
pub(crate) trait Lanes: Copy {
    fn splat(value: u64) -> Self;
    fn load(cell: &Cell) -> Self;
    fn store(self, cell: &mut Cell);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// The sum modulo 2^64.
    fn wrapping_add(self, other: Self) -> Self;
    /// The product modulo 2^64, which must be the product.
    fn mul(self, other: Self) -> Self;
    /// `self` + the low 52 bits of `a`·`b`.
    fn madd_lo(self, a: Self, b: Self) -> Self;
    /// `self` + ⌊`a`·`b` / 2^52⌋.
    fn madd_hi(self, a: Self, b: Self) -> Self;

    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    /// `self ^ a ^ b`.
    fn xor3(self, a: Self, b: Self) -> Self;
    /// The bits of `yes` where `self` has ones, of `no` elsewhere.
    fn choose(self, yes: Self, no: Self) -> Self;
    /// Each bit as most of the three have it.
    fn majority(self, a: Self, b: Self) -> Self;
    fn shr<const BITS: u32>(self) -> Self;
    fn shl<const BITS: u32>(self) -> Self;
    fn rotate_right<const BITS: i32>(self) -> Self;

    /// The lanes that are equal.
    fn equal(self, other: Self) -> Mask;
    /// `yes` in the lanes of `mask`, `no` in the others.
    fn select(mask: Mask, yes: Self, no: Self) -> Self;
    /// For each lane the entry of a table of 16 that its lowest four bits name; the whole table is read.
    fn look_up(self, low: &Cell, high: &Cell) -> Self;
    /// Lane j of row i becomes lane i of row j.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// [`field::product`]; the model calls it instead of taking it in, so that it can be compiled in reasonable time.
    #[inline(always)]
    fn product(a: [Self; LIMBS], b: [Self; LIMBS]) -> [Self; LIMBS] {
        field::product(a, b)
    }
    /// [`field::square`], likewise.
    #[inline(always)]
    fn square(a: [Self; LIMBS]) -> [Self; LIMBS] {
        field::square(a)
    }
    /// [`field::carry`], likewise.
    #[inline(always)]
    fn carry(a: [Self; LIMBS]) -> [Self; LIMBS] {
        field::carry(a)
    }
}
