//! Points of the twisted Edwards curve −x² + y² = 1 + d·x²·y² in extended coordinates x = X/Z, y = Y/Z, XY = ZT
//! (Hisil, Wong, Carter, Dawson 2008), eight at a time. The formulas are complete: no input is an exception.
//!
//! Bounds: a product or square is below 2^58 (see [`super::field`]). In [`Point::double`] e and h are below 2^59, g below
//! 2^58 + 2^59, f below 2^59 + 2^60; in [`Point::add`] all four are below 2^58 + 2^59. All are carried before they are
//! factors again.

use zeroize::Zeroize;

use super::constants::{D, D2};
use super::field::{Cells, Fe, LIMBS, ONE, Wide, ZERO};
use super::lanes::{Cell, Lanes, Mask};

/// Eight points in memory.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct PointCells {
    pub(crate) x: Cells,
    pub(crate) y: Cells,
    pub(crate) z: Cells,
    pub(crate) t: Cells,
}

impl PointCells {
    /// Room for eight points; no point itself.
    pub(crate) const ZERO: Self = Self {
        x: [Cell::ZERO; LIMBS],
        y: [Cell::ZERO; LIMBS],
        z: [Cell::ZERO; LIMBS],
        t: [Cell::ZERO; LIMBS],
    };
}

/// Eight points.
#[derive(Clone, Copy)]
pub(crate) struct Point<L> {
    pub(crate) x: Fe<L>,
    pub(crate) y: Fe<L>,
    pub(crate) z: Fe<L>,
    pub(crate) t: Fe<L>,
}

/// Eight points on their way to be added: Y + X, Y − X, 2Z, 2dT.
#[derive(Clone, Copy)]
pub(crate) struct Cached<L> {
    pub(crate) plus: Fe<L>,
    pub(crate) minus: Fe<L>,
    pub(crate) z2: Fe<L>,
    pub(crate) t2d: Fe<L>,
}

/// Eight points as a sum or double gives them: X = ef, Y = gh, Z = fg, T = eh.
#[derive(Clone, Copy)]
pub(crate) struct Completed<L> {
    e: Fe<L>,
    f: Fe<L>,
    g: Fe<L>,
    h: Fe<L>,
}

impl<L: Lanes> Point<L> {
    #[inline(always)]
    pub(crate) fn identity() -> Self {
        Self {
            x: Fe::constant(&ZERO),
            y: Fe::constant(&ONE),
            z: Fe::constant(&ONE),
            t: Fe::constant(&ZERO),
        }
    }

    #[inline(always)]
    pub(crate) fn load(cells: &PointCells) -> Self {
        Self {
            x: Fe::load(&cells.x),
            y: Fe::load(&cells.y),
            z: Fe::load(&cells.z),
            t: Fe::load(&cells.t),
        }
    }

    #[inline(always)]
    pub(crate) fn store(self, cells: &mut PointCells) {
        self.x.store(&mut cells.x);
        self.y.store(&mut cells.y);
        self.z.store(&mut cells.z);
        self.t.store(&mut cells.t);
    }

    #[inline(always)]
    pub(crate) fn store_without_t(self, cells: &mut PointCells) {
        self.x.store(&mut cells.x);
        self.y.store(&mut cells.y);
        self.z.store(&mut cells.z);
    }

    #[inline(always)]
    pub(crate) fn select(mask: Mask, yes: Self, no: Self) -> Self {
        Self {
            x: Fe::select(mask, yes.x, no.x),
            y: Fe::select(mask, yes.y, no.y),
            z: Fe::select(mask, yes.z, no.z),
            t: Fe::select(mask, yes.t, no.t),
        }
    }

    /// The lanes that are points of the curve: Z ≠ 0, XY = ZT, Y² − X² = Z² + dT².
    #[inline(always)]
    pub(crate) fn is_sound(self) -> Mask {
        let segre = self.x.times(self.y).minus(self.z.times(self.t));
        let left = self.y.squared().minus(self.x.squared()).carry();
        let dtt = self.t.squared().times(Fe::constant(&D));
        let curve = left.minus(self.z.squared().plus(dtt).carry());
        !self.z.is_zero() & segre.carry().is_zero() & curve.carry().is_zero()
    }

    #[inline(always)]
    pub(crate) fn cached(self) -> Cached<L> {
        Cached {
            plus: self.y.plus(self.x).carry(),
            minus: self.y.minus(self.x).carry(),
            z2: self.z.plus(self.z).carry(),
            t2d: self.t.times(Fe::constant(&D2)),
        }
    }

    /// 2·self; T is not read.
    #[inline(always)]
    pub(crate) fn double(self) -> Completed<L> {
        let xx = self.x.square();
        let yy = self.y.square();
        let zz = self.z.square();
        // 2XY as a product costs less than (X + Y)² − X² − Y² with the carry that X + Y needs.
        let e = self.y.mul(self.x).doubled();
        let h = yy.plus(xx);
        let g = yy.minus::<8>(xx);
        let f = zz.doubled().minus::<9>(g);
        Completed::carry(e, f, g, h)
    }

    /// self + other.
    #[inline(always)]
    pub(crate) fn add(self, other: Cached<L>) -> Completed<L> {
        self.add_signed(other, 0)
    }

    /// self − other in the lanes of `negative`, self + other in the others.
    #[inline(always)]
    pub(crate) fn add_signed(self, other: Cached<L>, negative: Mask) -> Completed<L> {
        // −(x, y) = (−x, y) exchanges Y + X and Y − X and changes the sign of T.
        let plus = Fe::select(negative, other.minus, other.plus);
        let minus = Fe::select(negative, other.plus, other.minus);
        let d = self.z.mul(other.z2);
        self.sum(plus, minus, d, other.t2d, negative)
    }

    /// The same with an affine point, whose Z is 1 and whose `plus`, `minus` and `t2d` are given for its sign.
    #[inline(always)]
    pub(crate) fn add_affine(self, plus: Fe<L>, minus: Fe<L>, t2d: Fe<L>, negative: Mask) -> Completed<L> {
        let d = self.z.wide().doubled();
        let (plus, minus) = (
            Fe::select(negative, minus, plus),
            Fe::select(negative, plus, minus),
        );
        self.sum(plus, minus, d, t2d, negative)
    }

    #[inline(always)]
    fn sum(self, plus: Fe<L>, minus: Fe<L>, d: Wide<L>, t2d: Fe<L>, negative: Mask) -> Completed<L> {
        let a = self.y.minus(self.x).carry().mul(minus);
        let b = self.y.plus(self.x).carry().mul(plus);
        let c = self.t.mul(t2d);
        let (difference, sum) = (d.minus::<8>(c), d.plus(c));
        let f = Wide::select(negative, sum, difference);
        let g = Wide::select(negative, difference, sum);
        Completed::carry(b.minus::<8>(a), f, g, b.plus(a))
    }
}

impl<L: Lanes> Cached<L> {
    /// The point, or its negative in the lanes of `negative`, with a T that must not be read.
    #[inline(always)]
    pub(crate) fn signed(self, negative: Mask) -> Point<L> {
        let x = self.plus.minus(self.minus).carry();
        Point {
            x: x.negate_if(negative),
            y: self.plus.plus(self.minus).carry(),
            z: self.z2,
            t: self.t2d,
        }
    }
}

impl<L: Lanes> Completed<L> {
    #[inline(always)]
    fn carry(e: Wide<L>, f: Wide<L>, g: Wide<L>, h: Wide<L>) -> Self {
        Self {
            e: e.carry(),
            f: f.carry(),
            g: g.carry(),
            h: h.carry(),
        }
    }

    /// The point, with T.
    #[inline(always)]
    pub(crate) fn point(self) -> Point<L> {
        Point {
            t: self.e.times(self.h),
            ..self.without_t()
        }
    }

    /// The point, with a T that must not be read: only doubling and encoding do without.
    #[inline(always)]
    pub(crate) fn without_t(self) -> Point<L> {
        // Equal second factors share what a product prepares of them.
        Point {
            x: self.e.times(self.f),
            y: self.g.times(self.h),
            z: self.g.times(self.f),
            t: self.e,
        }
    }
}
