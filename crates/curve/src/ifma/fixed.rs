//! Many secret scalars, one for each lane, times one public base.
//!
//! The table has the odd multiples of the base times each power of 32, so a product is a sum of 51 entries. The lanes'
//! digits differ: each finds its entry by a permutation of the 16 entries in two registers, which reads all of them.

use zeroize::Zeroize;

use super::constants::D2;
use super::digits::Odd;
use super::field::{Cells, Fe, LIMBS, ZERO};
use super::lanes::{Cell, LANES, Lanes, Mask};
use super::point::{Point, PointCells};
use super::power::invert_batch;

/// Signed odd digits of five bits: ±1, ±3 … ±31.
const WINDOW_BITS: usize = 5;

/// Digits of a scalar.
const WINDOWS: usize = 51;

/// Multiples in a half of a window's entries.
const HALVES: usize = 2;

/// The entries of a window, limb by limb: entry i (the multiple 2i + 1) in lane i of the first half, i − 8 of the second.
#[derive(Clone, Copy)]
pub(crate) struct Multiples {
    plus: [[Cell; HALVES]; LIMBS],
    minus: [[Cell; HALVES]; LIMBS],
    t2d: [[Cell; HALVES]; LIMBS],
}

/// Multiples of a base, affine; about 100 KB.
pub(crate) struct FixedTable(Vec<Multiples>);

impl FixedTable {
    pub(crate) fn as_slice(&self) -> &[Multiples] {
        &self.0
    }
}

/// The digits of eight scalars; they are secret.
#[derive(Zeroize)]
struct Digits([Cell; WINDOWS]);

impl Digits {
    const ZERO: Self = Self([Cell::ZERO; WINDOWS]);

    /// Takes up to eight scalars apart, in constant time. A function of its own: with the kernel's features the compiler would
    /// gather and scatter, and of such addresses the lint on the machine code can't tell that they are public.
    #[inline(never)]
    fn fill(&mut self, scalars: &[[u8; 32]]) {
        for (lane, scalar) in scalars.iter().enumerate().take(LANES) {
            let odd = Odd::new(scalar);
            for (i, cell) in self.0.iter_mut().enumerate() {
                cell.0[lane] = u64::from(odd.digit(i, WINDOWS, WINDOW_BITS));
            }
        }
    }
}

/// The table of a public base, which stands in every lane.
#[inline(always)]
pub(crate) fn fixed_table<L: Lanes>(base: &PointCells) -> FixedTable {
    let mut power = Point::<L>::load(base);
    let mut multiples = vec![PointCells::ZERO; WINDOWS * HALVES];
    for window in multiples.chunks_mut(HALVES) {
        let cached = power.cached();
        for (half, cells) in window.iter_mut().enumerate() {
            let mut multiple = Point::identity();
            for bit in (0..WINDOW_BITS).rev() {
                multiple = multiple.double().point();
                let mut mask: Mask = 0;
                for lane in 0..LANES {
                    let factor = 2 * (lane + half * LANES) + 1;
                    mask |= u8::from(factor >> bit & 1 == 1) << lane;
                }
                multiple = Point::select(mask, multiple.add(cached).point(), multiple);
            }
            multiple.store(cells);
        }
        for _ in 0..WINDOW_BITS {
            power = power.double().point();
        }
    }
    let mut inverses: Vec<Cells> = Vec::with_capacity(multiples.len());
    for multiple in &multiples {
        inverses.push(multiple.z);
    }
    let mut products = inverses.clone();
    invert_batch::<L>(&mut inverses, &mut products);

    let none = [[Cell::ZERO; HALVES]; LIMBS];
    let mut table = vec![
        Multiples {
            plus: none,
            minus: none,
            t2d: none
        };
        WINDOWS
    ];
    for (i, (multiple, inverse)) in multiples.iter().zip(&inverses).enumerate() {
        let (multiple, inverse) = (Point::<L>::load(multiple), Fe::load(inverse));
        let (x, y) = (multiple.x.times(inverse), multiple.y.times(inverse));
        let t2d = x.times(y).times(Fe::constant(&D2));
        let entries = &mut table[i / HALVES];
        for limb in 0..LIMBS {
            y.plus(x).carry().0[limb].store(&mut entries.plus[limb][i % HALVES]);
            y.minus(x).carry().0[limb].store(&mut entries.minus[limb][i % HALVES]);
            t2d.0[limb].store(&mut entries.t2d[limb][i % HALVES]);
        }
    }
    FixedTable(table)
}

/// Adds to each point its scalar's multiple of the base, in place and in constant time. The sums have no T.
#[inline(always)]
pub(crate) fn add_multiples<L: Lanes>(points: &mut [PointCells], table: &[Multiples], scalars: &[[u8; 32]]) {
    let mut digits = Digits::ZERO;
    for (cells, scalars) in points.iter_mut().zip(scalars.chunks(LANES)) {
        digits.fill(scalars);
        let mut sum = Point::<L>::load(cells);
        for (entries, digit) in table.iter().zip(&digits.0) {
            let digit = L::load(digit);
            // Digits 16 to 31 stand for 1, 3 … 31, and 15 to 0 for −1, −3 … −31.
            let negative = digit.shr::<4>().equal(L::splat(0));
            let index = L::select(negative, digit.xor(L::splat(15)), digit);
            let plus = look_up(index, &entries.plus);
            let minus = look_up(index, &entries.minus);
            let t2d = look_up(index, &entries.t2d);
            sum = sum.add_affine(plus, minus, t2d, negative).point();
        }
        sum.store_without_t(cells);
    }
    digits.zeroize();
}

#[inline(always)]
fn look_up<L: Lanes>(index: L, limbs: &[[Cell; HALVES]; LIMBS]) -> Fe<L> {
    let mut found = Fe::constant(&ZERO);
    for (limb, [low, high]) in found.0.iter_mut().zip(limbs) {
        *limb = index.look_up(low, high);
    }
    found
}
