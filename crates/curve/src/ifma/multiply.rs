//! One secret scalar times many points.
//!
//! All lanes share the scalar, so its digits are the same in all of them: an entry of a lane's table is found by a
//! masked scan over the whole table, with masks that are computed once for a batch.

use std::hint::black_box;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::digits::Odd;
use super::field::{Cells, Fe, LIMBS};
use super::lanes::{Cell, Lanes, Mask};
use super::point::{Cached, Point, PointCells};

/// Signed odd digits of four bits: ±1, ±3 … ±15.
const WINDOW_BITS: usize = 4;

/// Digits of a scalar.
const WINDOWS: usize = 64;

/// Entries of a lane's table: the point times 1, 3 … 15.
const ENTRIES: usize = 8;

/// A scalar as masks: which entry of the table each window takes, and its sign.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Windows(Box<[Window]>); // in a box, so that it is not copied about

/// One digit of a scalar.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct Window {
    /// All ones at the entry that is taken.
    entries: [Mask; ENTRIES],
    negative: Mask,
}

impl Window {
    const NONE: Self = Self {
        entries: [0; ENTRIES],
        negative: 0,
    };
}

impl Windows {
    /// The masks of a scalar, in constant time. A function of its own, for the lint on the machine code.
    #[inline(never)]
    pub(crate) fn new(scalar: &Odd) -> Self {
        let mut windows = Self(vec![Window::NONE; WINDOWS].into_boxed_slice());
        for (i, window) in windows.0.iter_mut().enumerate() {
            let digit = scalar.digit(i, WINDOWS, WINDOW_BITS);
            let negative = (digit >> 3).wrapping_sub(1); // all ones below 8
            let index = (digit ^ negative) & 7;
            for (mask, entry) in window.entries.iter_mut().zip(0u8..) {
                // Only 0 − 1 borrows from the highest bit.
                *mask = 0u8.wrapping_sub((index ^ entry).wrapping_sub(1) >> 7);
            }
            window.negative = negative;
        }
        windows
    }

    pub(crate) fn as_slice(&self) -> &[Window] {
        &self.0
    }
}

/// Eight lanes' table in memory. It may be of people's tokens: its owner wipes it after a batch.
#[derive(Clone, Zeroize)]
pub(crate) struct Table([CachedCells; ENTRIES]);

#[derive(Clone, Copy, Zeroize)]
struct CachedCells {
    plus: Cells,
    minus: Cells,
    z2: Cells,
    t2d: Cells,
}

impl Table {
    /// Room for a table.
    pub(crate) const ZERO: Self = Self(
        [CachedCells {
            plus: [Cell::ZERO; LIMBS],
            minus: [Cell::ZERO; LIMBS],
            z2: [Cell::ZERO; LIMBS],
            t2d: [Cell::ZERO; LIMBS],
        }; ENTRIES],
    );

    #[inline(always)]
    fn fill<L: Lanes>(&mut self, point: Point<L>) {
        let twice = point.double().point().cached();
        let mut multiple = point;
        for entry in 0..ENTRIES {
            if entry > 0 {
                multiple = multiple.add(twice).point();
            }
            let cached = multiple.cached();
            let cells = &mut self.0[entry];
            cached.plus.store(&mut cells.plus);
            cached.minus.store(&mut cells.minus);
            cached.z2.store(&mut cells.z2);
            cached.t2d.store(&mut cells.t2d);
        }
    }

    /// The entry that the window takes; every entry is read.
    #[inline(always)]
    fn scan<L: Lanes>(&self, window: &Window) -> Cached<L> {
        let mut found = self.0[0].load();
        for entry in 1..ENTRIES {
            let mask = window.entries[entry];
            let cached = self.0[entry].load();
            found = Cached {
                plus: Fe::select(mask, cached.plus, found.plus),
                minus: Fe::select(mask, cached.minus, found.minus),
                z2: Fe::select(mask, cached.z2, found.z2),
                t2d: Fe::select(mask, cached.t2d, found.t2d),
            };
        }
        found
    }
}

impl CachedCells {
    #[inline(always)]
    fn load<L: Lanes>(&self) -> Cached<L> {
        Cached {
            plus: Fe::load(&self.plus),
            minus: Fe::load(&self.minus),
            z2: Fe::load(&self.z2),
            t2d: Fe::load(&self.t2d),
        }
    }
}

/// Multiplies every point by the scalar, in place and in constant time. The products have no T.
#[inline(always)]
pub(crate) fn multiply<L: Lanes>(points: &mut [PointCells], windows: &[Window], table: &mut Table) {
    // The compiler must not know that a mask is all ones or none, or it could branch on it.
    let windows = black_box(windows);
    for cells in points {
        table.fill(Point::<L>::load(cells));
        let mut rest = windows.iter().rev();
        let Some(first) = rest.next() else { return };
        let mut product = table.scan::<L>(first).signed(first.negative);
        for window in rest {
            product = product.double().without_t();
            product = product.double().without_t();
            product = product.double().without_t();
            product = product.double().point();
            product = product
                .add_signed(table.scan(window), window.negative)
                .without_t();
        }
        product.store_without_t(cells);
    }
}
