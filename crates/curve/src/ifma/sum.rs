//! Σ wᵢ·Pᵢ over public points with public weights of 128 bits, in variable time: the sums of the proofs.
//!
//! A weight is cut into signed digits. Eight lanes each take the digits of another window, over all points, in the
//! order of the digits' size: a running sum R takes the points of the largest digit, then of the next, and after each
//! level a second sum S takes R, so that a point is in S as often as its digit says. No buckets are needed.

use super::constants::D2;
use super::field::{Fe, LIMBS};
use super::lanes::{Cell, LANES, Lanes, Mask};
use super::point::{Point, PointCells};
use super::ristretto::encode;

/// Up to so many points narrow windows are cheaper.
const FEW: usize = 96;

/// A point as it is added: Y + X, Y − X, 2dT, limb after limb, and a zero.
type Row = [Cell; 2];

/// The row of the identity; the points follow.
const NOTHING: u32 = 0;

/// Where a lane's points of each level are, in the order in which they are added.
struct Lane {
    /// Twice the point's row, and one more where it is subtracted.
    order: Vec<u32>,
    /// Where each level ends in `order`, from level 1; the highest ends at 0.
    ends: Vec<usize>,
}

/// The encoding of the sum over as many points as there are weights; none where what came out is no point. Points are as
/// decoded, with Z = 1.
#[inline(always)]
pub(crate) fn weighted_sum<L: Lanes>(points: &[PointCells], weights: &[u128]) -> Option<[u8; 32]> {
    let rows = rows::<L>(points);
    let bits = if weights.len() > FEW { 8 } else { 4 };
    let windows = 128 / bits;
    let (digits, carried) = digits(weights, bits);
    let mut total = plain_sum::<L>(&rows, &carried);
    for pass in (0..windows / LANES).rev() {
        for _ in 0..bits * LANES {
            total = total.double().point();
        }
        let mut lanes = Vec::with_capacity(LANES);
        for lane in 0..LANES {
            lanes.push(Lane::new(&digits, windows, pass * LANES + lane, 1 << (bits - 1)));
        }
        total = total
            .add(levels::<L>(&rows, &lanes, 1 << (bits - 1)).cached())
            .point();
    }
    // The lanes' sums, each 2^bits times heavier than the one before it.
    for step in [1, 2, 4] {
        let mut upper = rotated(total, step);
        for _ in 0..bits * step {
            upper = upper.double().point();
        }
        total = total.add(upper.cached()).point();
    }
    encode(total)
}

/// The digits of every weight, from the lowest, between −2^(bits−1) and 2^(bits−1), and which weights have 2^128 left.
fn digits(weights: &[u128], bits: usize) -> (Vec<i16>, Vec<u32>) {
    let (windows, radix) = (128 / bits, 1i16 << bits);
    let mut digits = Vec::with_capacity(weights.len() * windows);
    let mut carried = Vec::new();
    for (row, weight) in (1u32..).zip(weights) {
        let mut carry = 0;
        for window in 0..windows {
            let low = (weight >> (bits * window)).to_le_bytes()[0];
            let digit = (i16::from(low) & (radix - 1)) + carry;
            carry = i16::from(digit > radix / 2);
            digits.push(digit - carry * radix);
        }
        if carry == 1 {
            carried.push(2 * row);
        }
    }
    (digits, carried)
}

impl Lane {
    /// Sorts the points by their digits in a window, by counting.
    fn new(digits: &[i16], windows: usize, window: usize, levels: usize) -> Self {
        let mut ends = vec![0; levels + 1];
        for digits in digits.chunks_exact(windows) {
            ends[usize::from(digits[window].unsigned_abs())] += 1;
        }
        let mut begin = 0;
        for end in ends.iter_mut().skip(1).rev() {
            begin += *end;
            *end = begin - *end;
        }
        let mut order = vec![0; begin];
        for (row, digits) in (1u32..).zip(digits.chunks_exact(windows)) {
            let digit = digits[window];
            if digit != 0 {
                let at = &mut ends[usize::from(digit.unsigned_abs())];
                order[*at] = 2 * row + u32::from(digit < 0);
                *at += 1;
            }
        }
        Self { order, ends }
    }

    /// The points of a level.
    fn level(&self, level: usize) -> &[u32] {
        let begin = self.ends.get(level + 1).copied().unwrap_or(0);
        &self.order[begin..self.ends[level]]
    }
}

/// In each lane the sum of its window.
#[inline(always)]
fn levels<L: Lanes>(rows: &[Row], lanes: &[Lane], levels: usize) -> Point<L> {
    let (mut running, mut sum) = (Point::<L>::identity(), Point::<L>::identity());
    let mut own: [&[u32]; LANES] = [&[]; LANES];
    for level in (1..=levels).rev() {
        for (own, lane) in own.iter_mut().zip(lanes) {
            *own = lane.level(level);
        }
        running = add_all(running, rows, &own);
        sum = sum.add(running.cached()).point();
    }
    sum
}

/// The sum of the points named, in every lane.
#[inline(always)]
fn plain_sum<L: Lanes>(rows: &[Row], named: &[u32]) -> Point<L> {
    let mut own: [&[u32]; LANES] = [&[]; LANES];
    for (own, part) in own
        .iter_mut()
        .zip(named.chunks(named.len().div_ceil(LANES).max(1)))
    {
        *own = part;
    }
    let mut sum = add_all(Point::identity(), rows, &own);
    for step in [1, 2, 4] {
        sum = sum.add(rotated(sum, step).cached()).point();
    }
    // The first lane alone stands for 2^128.
    Point::select(1, sum, Point::identity())
}

/// Adds to each lane the points that are named for it.
#[inline(always)]
fn add_all<L: Lanes>(mut sum: Point<L>, rows: &[Row], own: &[&[u32]; LANES]) -> Point<L> {
    let mut steps = 0;
    for own in own {
        steps = steps.max(own.len());
    }
    for step in 0..steps {
        let mut negative: Mask = 0;
        let (mut first, mut second) = ([L::splat(0); LANES], [L::splat(0); LANES]);
        for lane in 0..LANES {
            let named = own[lane].get(step).copied().unwrap_or(2 * NOTHING);
            negative |= ((named & 1) as u8) << lane;
            let [a, b] = &rows[(named >> 1) as usize];
            first[lane] = L::load(a);
            second[lane] = L::load(b);
        }
        let [p0, p1, p2, p3, p4, m0, m1, m2] = L::transpose(first);
        let [m3, m4, t0, t1, t2, t3, t4, _] = L::transpose(second);
        let (plus, minus) = (Fe([p0, p1, p2, p3, p4]), Fe([m0, m1, m2, m3, m4]));
        sum = sum
            .add_affine(plus, minus, Fe([t0, t1, t2, t3, t4]), negative)
            .point();
    }
    sum
}

/// The identity and every point as rows.
#[inline(always)]
fn rows<L: Lanes>(points: &[PointCells]) -> Vec<Row> {
    let zero = L::splat(0);
    let mut rows = vec![[Cell::ZERO; 2]; 1 + points.len() * LANES];
    for limb in [0, LIMBS] {
        rows[NOTHING as usize][0].0[limb] = 1;
    }
    let (_, groups) = rows.split_at_mut(1);
    for (cells, rows) in points.iter().zip(groups.chunks_exact_mut(LANES)) {
        let point = Point::<L>::load(cells);
        let [p0, p1, p2, p3, p4] = point.y.plus(point.x).carry().0;
        let [m0, m1, m2, m3, m4] = point.y.minus(point.x).carry().0;
        let [t0, t1, t2, t3, t4] = point.t.times(Fe::constant(&D2)).0;
        let first = L::transpose([p0, p1, p2, p3, p4, m0, m1, m2]);
        let second = L::transpose([m3, m4, t0, t1, t2, t3, t4, zero]);
        for (row, (first, second)) in rows.iter_mut().zip(first.into_iter().zip(second)) {
            first.store(&mut row[0]);
            second.store(&mut row[1]);
        }
    }
    rows
}

/// In each lane the point `by` lanes higher, around the end.
#[inline(always)]
fn rotated<L: Lanes>(point: Point<L>, by: usize) -> Point<L> {
    let mut cells = PointCells::ZERO;
    point.store(&mut cells);
    for coordinate in [&mut cells.x, &mut cells.y, &mut cells.z, &mut cells.t] {
        for limb in coordinate {
            limb.0.rotate_left(by);
        }
    }
    Point::load(&cells)
}
