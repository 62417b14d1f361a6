//! Integers modulo p = 2^255 − 19, eight at a time, in radix 2^51.
//!
//! # Bounds
//! The multiplier takes factors below 2^52 and gives the low and the high 52 bits of a product. Two types keep apart
//! what it may be given:
//!
//! - [`Fe`], *carried*: every limb is at most `CARRIED` = 2^51 + 2^17, so below 2^52.
//! - [`Wide`], *uncarried*: what products, sums and differences give; every limb is below 2^63, as derived beside each
//!   function. A carry of all limbs at once makes an [`Fe`] of it.
//!
//! With M = 2^51 and C = `CARRIED`:
//!
//! | | limbs of the result |
//! | --- | --- |
//! | [`carry`] of w < 2^63 | the rest below M and a carry below 2^12; in limb 0 the carry is taken 19 times: < M + 19·2^12 < C |
//! | [`product`], [`square`] | < 2^58: see there |
//! | [`Wide::plus`] | the sum of both bounds |
//! | [`Wide::minus`] | with 2^B·p added limb by limb: the minuend's bound + 2^(51+B); the subtrahend may be up to 2^(51+B) − 19·2^B |
//! | [`Fe::minus`] | the same with B = 2: < C + 2^53; the subtrahend is an [`Fe`] |
//!
//! The deepest sum of the point formulas is below 2^61 (see [`super::point`]).

use super::lanes::{Cell, Lanes, Mask};

/// Limbs of an element.
pub(crate) const LIMBS: usize = 5;

/// Bits of a limb.
pub(crate) const RADIX: u32 = 51;

/// The largest limb of an [`Fe`].
#[cfg(test)]
pub(crate) const CARRIED: u64 = (1 << RADIX) + (1 << 17);

/// The bits of one limb.
pub(crate) const MASK: u64 = (1 << RADIX) - 1;

/// An element in memory, limb by limb.
pub(crate) type Cells = [Cell; LIMBS];

/// A carried element: it may be a factor.
#[derive(Clone, Copy)]
pub(crate) struct Fe<L>(pub(crate) [L; LIMBS]);

/// An uncarried element: it may be added, subtracted and carried.
#[derive(Clone, Copy)]
pub(crate) struct Wide<L>(pub(crate) [L; LIMBS]);

/// A public constant, the same in all lanes.
pub(crate) type Constant = [u64; LIMBS];

pub(crate) const ZERO: Constant = [0; LIMBS];
pub(crate) const ONE: Constant = [1, 0, 0, 0, 0];

impl<L: Lanes> Fe<L> {
    #[inline(always)]
    pub(crate) fn constant(c: &Constant) -> Self {
        Self([
            L::splat(c[0]),
            L::splat(c[1]),
            L::splat(c[2]),
            L::splat(c[3]),
            L::splat(c[4]),
        ])
    }

    #[inline(always)]
    pub(crate) fn load(cells: &Cells) -> Self {
        Self([
            L::load(&cells[0]),
            L::load(&cells[1]),
            L::load(&cells[2]),
            L::load(&cells[3]),
            L::load(&cells[4]),
        ])
    }

    #[inline(always)]
    pub(crate) fn store(self, cells: &mut Cells) {
        self.0[0].store(&mut cells[0]);
        self.0[1].store(&mut cells[1]);
        self.0[2].store(&mut cells[2]);
        self.0[3].store(&mut cells[3]);
        self.0[4].store(&mut cells[4]);
    }

    /// `yes` in the lanes of `mask`, `no` in the others.
    #[inline(always)]
    pub(crate) fn select(mask: Mask, yes: Self, no: Self) -> Self {
        Self(select(mask, yes.0, no.0))
    }

    #[inline(always)]
    pub(crate) fn wide(self) -> Wide<L> {
        Wide(self.0)
    }

    /// The sum, below 2C < 2^53.
    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Wide<L> {
        self.wide().plus(other.wide())
    }

    /// The difference + 4p, below C + 2^53.
    #[inline(always)]
    pub(crate) fn minus(self, other: Self) -> Wide<L> {
        Wide(sub(add(self.0, multiple_of_p::<L>(2)), other.0))
    }

    /// −self + 4p, at most 2^53.
    #[inline(always)]
    pub(crate) fn negate(self) -> Wide<L> {
        Wide(sub(multiple_of_p::<L>(2), self.0))
    }

    /// The product: see [`product`].
    #[inline(always)]
    pub(crate) fn mul(self, other: Self) -> Wide<L> {
        Wide(L::product(self.0, other.0))
    }

    /// The square: see [`square`].
    #[inline(always)]
    pub(crate) fn square(self) -> Wide<L> {
        Wide(L::square(self.0))
    }

    /// The product, carried.
    #[inline(always)]
    pub(crate) fn times(self, other: Self) -> Self {
        self.mul(other).carry()
    }

    /// The square, carried.
    #[inline(always)]
    pub(crate) fn squared(self) -> Self {
        self.square().carry()
    }

    /// The same element with limbs below 2^51 and a value below p.
    ///
    /// The value is below 2^255·(1 + 2^-33), so it is p or more exactly if adding 19 carries into 2^255, and then once.
    #[inline(always)]
    pub(crate) fn canonical(self) -> Self {
        let [a0, a1, a2, a3, a4] = self.0;
        let (mask, n19) = (L::splat(MASK), L::splat(19));
        let t = a0.add(n19).shr::<RADIX>();
        let t = a1.add(t).shr::<RADIX>();
        let t = a2.add(t).shr::<RADIX>();
        let t = a3.add(t).shr::<RADIX>();
        let t = a4.add(t).shr::<RADIX>();
        let c0 = a0.madd_lo(t, n19);
        let c1 = a1.add(c0.shr::<RADIX>());
        let c2 = a2.add(c1.shr::<RADIX>());
        let c3 = a3.add(c2.shr::<RADIX>());
        let c4 = a4.add(c3.shr::<RADIX>());
        Self([
            c0.and(mask),
            c1.and(mask),
            c2.and(mask),
            c3.and(mask),
            c4.and(mask),
        ])
    }

    /// The lanes that are 0 modulo p.
    #[inline(always)]
    pub(crate) fn is_zero(self) -> Mask {
        let [a0, a1, a2, a3, a4] = self.canonical().0;
        a0.or(a1).or(a2.or(a3)).or(a4).equal(L::splat(0))
    }

    /// The lanes whose canonical form is odd (RFC 9496 calls them negative).
    #[inline(always)]
    pub(crate) fn is_negative(self) -> Mask {
        let one = L::splat(1);
        self.canonical().0[0].and(one).equal(one)
    }

    /// −self in the lanes of `mask`.
    #[inline(always)]
    pub(crate) fn negate_if(self, mask: Mask) -> Self {
        Self::select(mask, self.negate().carry(), self)
    }

    /// The one of ±self that is not negative.
    #[inline(always)]
    pub(crate) fn absolute(self) -> Self {
        self.negate_if(self.is_negative())
    }
}

impl<L: Lanes> Wide<L> {
    #[inline(always)]
    pub(crate) fn select(mask: Mask, yes: Self, no: Self) -> Self {
        Self(select(mask, yes.0, no.0))
    }

    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(add(self.0, other.0))
    }

    #[inline(always)]
    pub(crate) fn doubled(self) -> Self {
        self.plus(self)
    }

    /// The difference + 2^BITS·p.
    #[inline(always)]
    pub(crate) fn minus<const BITS: u32>(self, other: Self) -> Self {
        Self(sub(add(self.0, multiple_of_p::<L>(BITS)), other.0))
    }

    /// All limbs carried at once: see [`carry`].
    #[inline(always)]
    pub(crate) fn carry(self) -> Fe<L> {
        Fe(L::carry(self.0))
    }
}

/// The product of carried limbs, uncarried.
///
/// A product of limbs i and j with i + j ≥ 5 counts 19 times, at i + j − 5. 19·b_j is split beforehand as p_j +
/// 2^51·q_j (q_j ≤ 19·C/2^51 < 20), and the q_j go where they belong in the row that meets them: one limb higher,
/// to p_{j+1} (giving w_{j+1} < M + 20) or, from b_4, to b_0 (giving r ≤ C + 19). So each row has five factors below
/// 2^52 and only the column of 2^255 is left to be folded.
///
/// Columns: five low halves are below 5·2^52; five high halves at most 5·⌊C·(C+19)/2^52⌋ < 5·2^50 + 2^20 =: h, taken
/// twice, as 2^52 = 2·2^51, so columns 1 to 4 are below 2^55; column 0 has 38·h more: below 5·2^52 + 48·2^52 < 2^58.
#[inline(always)]
pub(crate) fn product<L: Lanes>(a: [L; LIMBS], b: [L; LIMBS]) -> [L; LIMBS] {
    let [a0, a1, a2, a3, a4] = a;
    let [b0, b1, b2, b3, b4] = b;
    let (zero, n38) = (L::splat(0), L::splat(38));
    let (p1, p2) = (low_of_19_times(b1), low_of_19_times(b2));
    let (p3, p4) = (low_of_19_times(b3), low_of_19_times(b4));
    let (w2, w3, w4) = (p2.madd_hi(b1, n38), p3.madd_hi(b2, n38), p4.madd_hi(b3, n38));
    let r = b0.madd_hi(b4, n38);

    let h5 = zero
        .madd_hi(a0, b4)
        .madd_hi(a1, b3)
        .madd_hi(a2, b2)
        .madd_hi(a3, b1)
        .madd_hi(a4, r);
    let h1 = zero
        .madd_hi(a0, b0)
        .madd_hi(a1, p4)
        .madd_hi(a2, p3)
        .madd_hi(a3, p2)
        .madd_hi(a4, p1);
    let h2 = zero
        .madd_hi(a0, b1)
        .madd_hi(a1, r)
        .madd_hi(a2, w4)
        .madd_hi(a3, w3)
        .madd_hi(a4, w2);
    let h3 = zero
        .madd_hi(a0, b2)
        .madd_hi(a1, b1)
        .madd_hi(a2, r)
        .madd_hi(a3, w4)
        .madd_hi(a4, w3);
    let h4 = zero
        .madd_hi(a0, b3)
        .madd_hi(a1, b2)
        .madd_hi(a2, b1)
        .madd_hi(a3, r)
        .madd_hi(a4, w4);

    let c0 = h5
        .mul(n38)
        .madd_lo(a0, b0)
        .madd_lo(a1, p4)
        .madd_lo(a2, p3)
        .madd_lo(a3, p2)
        .madd_lo(a4, p1);
    let c1 = twice(h1)
        .madd_lo(a0, b1)
        .madd_lo(a1, r)
        .madd_lo(a2, w4)
        .madd_lo(a3, w3)
        .madd_lo(a4, w2);
    let c2 = twice(h2)
        .madd_lo(a0, b2)
        .madd_lo(a1, b1)
        .madd_lo(a2, r)
        .madd_lo(a3, w4)
        .madd_lo(a4, w3);
    let c3 = twice(h3)
        .madd_lo(a0, b3)
        .madd_lo(a1, b2)
        .madd_lo(a2, b1)
        .madd_lo(a3, r)
        .madd_lo(a4, w4);
    let c4 = twice(h4)
        .madd_lo(a0, b4)
        .madd_lo(a1, b3)
        .madd_lo(a2, b2)
        .madd_lo(a3, b1)
        .madd_lo(a4, r);
    [c0, c1, c2, c3, c4]
}

/// The square: [`product`] with equal factors, where products that appear twice are doubled.
///
/// The rows differ in which q they meet, so a_3·q_3 and a_4·q_4 stand alone. Bounds as in [`product`], except that
/// columns 2 and 4 have six low halves: with the high ones below 6·2^52 + 2·h < 8.51·2^52 < 2^56.
#[inline(always)]
pub(crate) fn square<L: Lanes>(a: [L; LIMBS]) -> [L; LIMBS] {
    let [a0, a1, a2, a3, a4] = a;
    let (zero, n38) = (L::splat(0), L::splat(38));
    let (p3, p4) = (low_of_19_times(a3), low_of_19_times(a4));
    let (q3, q4) = (zero.madd_hi(a3, n38), zero.madd_hi(a4, n38));
    let (w4, r) = (p4.madd_hi(a3, n38), a0.madd_hi(a4, n38));

    let h5 = twice(zero.madd_hi(a0, a4).madd_hi(a1, a3))
        .madd_hi(a2, a2)
        .madd_hi(a4, q4);
    let h1 = twice(zero.madd_hi(a1, p4).madd_hi(a2, p3)).madd_hi(a0, a0);
    let h2 = twice(zero.madd_hi(a1, r).madd_hi(a2, w4)).madd_hi(a3, p3);
    let h3 = twice(zero.madd_hi(a2, r).madd_hi(a3, p4))
        .madd_hi(a1, a1)
        .madd_hi(a3, q3);
    let h4 = twice(zero.madd_hi(a3, r).madd_hi(a1, a2)).madd_hi(a4, p4);

    let c0 = twice(zero.madd_lo(a1, p4).madd_lo(a2, p3))
        .add(h5.mul(n38))
        .madd_lo(a0, a0);
    let c1 = twice(h1.madd_lo(a1, r).madd_lo(a2, w4)).madd_lo(a3, p3);
    let c2 = twice(h2.madd_lo(a2, r).madd_lo(a3, p4))
        .madd_lo(a1, a1)
        .madd_lo(a3, q3);
    let c3 = twice(h3.madd_lo(a3, r).madd_lo(a1, a2)).madd_lo(a4, p4);
    let c4 = twice(h4.madd_lo(a0, a4).madd_lo(a1, a3))
        .madd_lo(a2, a2)
        .madd_lo(a4, q4);
    [c0, c1, c2, c3, c4]
}

/// All limbs carried at once. They must be below 2^63.
#[inline(always)]
pub(crate) fn carry<L: Lanes>(a: [L; LIMBS]) -> [L; LIMBS] {
    let [a0, a1, a2, a3, a4] = a;
    let mask = L::splat(MASK);
    [
        a0.and(mask).madd_lo(a4.shr::<RADIX>(), L::splat(19)),
        a1.and(mask).add(a0.shr::<RADIX>()),
        a2.and(mask).add(a1.shr::<RADIX>()),
        a3.and(mask).add(a2.shr::<RADIX>()),
        a4.and(mask).add(a3.shr::<RADIX>()),
    ]
}

/// 19·b mod 2^51.
#[inline(always)]
fn low_of_19_times<L: Lanes>(b: L) -> L {
    L::splat(0).madd_lo(b, L::splat(19)).and(L::splat(MASK))
}

#[inline(always)]
fn twice<L: Lanes>(a: L) -> L {
    a.add(a)
}

#[inline(always)]
fn add<L: Lanes>(a: [L; LIMBS], b: [L; LIMBS]) -> [L; LIMBS] {
    [
        a[0].add(b[0]),
        a[1].add(b[1]),
        a[2].add(b[2]),
        a[3].add(b[3]),
        a[4].add(b[4]),
    ]
}

#[inline(always)]
fn sub<L: Lanes>(a: [L; LIMBS], b: [L; LIMBS]) -> [L; LIMBS] {
    [
        a[0].sub(b[0]),
        a[1].sub(b[1]),
        a[2].sub(b[2]),
        a[3].sub(b[3]),
        a[4].sub(b[4]),
    ]
}

#[inline(always)]
fn select<L: Lanes>(mask: Mask, yes: [L; LIMBS], no: [L; LIMBS]) -> [L; LIMBS] {
    [
        L::select(mask, yes[0], no[0]),
        L::select(mask, yes[1], no[1]),
        L::select(mask, yes[2], no[2]),
        L::select(mask, yes[3], no[3]),
        L::select(mask, yes[4], no[4]),
    ]
}

/// 2^bits · p, limb by limb without a carry.
#[inline(always)]
fn multiple_of_p<L: Lanes>(bits: u32) -> [L; LIMBS] {
    let (first, other) = (L::splat((MASK - 18) << bits), L::splat(MASK << bits));
    [first, other, other, other, other]
}
