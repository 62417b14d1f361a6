//! Powers with fixed public exponents: square roots of ratios and inverses.
//!
//! A chain of squares is a chain of latencies, so it is walked for several groups of lanes in turn.

use super::constants::SQRT_M1;
use super::field::{Fe, ONE};
use super::lanes::{Lanes, Mask};

/// The chain for 2^252 − 3 = (p − 5)/8: each step squares so many times, then multiplies by an earlier result, of which
/// number 0 is the base. The results are the base to the power of 2^n − 1, n = 1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 250.
const CHAIN: [(u8, u8); 11] = [
    (1, 0),
    (2, 1),
    (1, 0),
    (5, 3),
    (10, 4),
    (20, 5),
    (10, 4),
    (50, 7),
    (100, 8),
    (50, 7),
    (2, 0),
];

/// Each to the power of (p − 5)/8.
#[inline(always)]
pub(crate) fn power_p58<L: Lanes, const N: usize>(base: [Fe<L>; N]) -> [Fe<L>; N] {
    let mut results = [base; CHAIN.len() + 1];
    let mut power = base;
    for (step, (squares, factor)) in CHAIN.iter().enumerate() {
        for _ in 0..*squares {
            for group in &mut power {
                *group = group.squared();
            }
        }
        for (group, factor) in power.iter_mut().zip(&results[usize::from(*factor)]) {
            *group = group.times(*factor);
        }
        results[step + 1] = power;
    }
    power
}

/// 1/a, and 0 for 0: a^(p−2) = (a^((p−5)/8))^8 · a^3.
#[inline(always)]
pub(crate) fn invert<L: Lanes>(a: Fe<L>) -> Fe<L> {
    let [power] = power_p58([a]);
    power.squared().squared().squared().times(a.squared().times(a))
}

/// `SQRT_RATIO_M1(u, v)` (RFC 9496, section 4.2): whether u/v is a square, and the non-negative root of it, or of
/// `SQRT_M1`·u/v where it is not. Lanes with u = 0 are squares with root 0; those with v = 0 are none, with root 0.
#[inline(always)]
pub(crate) fn sqrt_ratio<L: Lanes, const N: usize>(u: [Fe<L>; N], v: [Fe<L>; N]) -> ([Mask; N], [Fe<L>; N]) {
    let mut base = u;
    for i in 0..N {
        let v3 = v[i].squared().times(v[i]);
        base[i] = u[i].times(v3.squared().times(v[i]));
    }
    let mut roots = power_p58(base);
    let mut squares = [0; N];
    for i in 0..N {
        let v3 = v[i].squared().times(v[i]);
        let root = roots[i].times(u[i].times(v3));
        let check = v[i].times(root.squared());
        let turned = u[i].times(Fe::constant(&SQRT_M1));
        let correct = check.minus(u[i]).carry().is_zero();
        let flipped = check.plus(u[i]).carry().is_zero();
        let flipped_turned = check.plus(turned).carry().is_zero();
        let other = root.times(Fe::constant(&SQRT_M1));
        roots[i] = Fe::select(flipped | flipped_turned, other, root).absolute();
        squares[i] = correct | flipped;
    }
    (squares, roots)
}

/// The inverse of every element, 0 of 0, for one inversion and three products an element.
#[inline(always)]
pub(crate) fn invert_batch<L: Lanes>(
    elements: &mut [super::field::Cells],
    products: &mut [super::field::Cells],
) {
    let mut product = Fe::<L>::constant(&ONE);
    for (element, before) in elements.iter().zip(products.iter_mut()) {
        product.store(before);
        let element = Fe::load(element);
        product = product.times(Fe::select(element.is_zero(), Fe::constant(&ONE), element));
    }
    let mut inverse = invert(product);
    for (cells, before) in elements.iter_mut().zip(products.iter()).rev() {
        let element = Fe::load(cells);
        let zero = element.is_zero();
        let inverted = inverse.times(Fe::load(before));
        inverse = inverse.times(Fe::select(zero, Fe::constant(&ONE), element));
        Fe::select(zero, Fe::constant(&super::field::ZERO), inverted).store(cells);
    }
}
