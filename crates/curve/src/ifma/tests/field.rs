//! Field arithmetic with limbs anywhere up to their bounds.

use std::array::from_fn;

use rand::RngExt;
use rand::rngs::StdRng;

use super::super::constants::*;
use super::super::field::{CARRIED, Cells, Fe, LIMBS, MASK, ONE, RADIX, Wide};
use super::super::lanes::{Cell, LANES, Lanes, Mask};
use super::super::model::Model;
use super::super::power::{invert, power_p58, sqrt_ratio};
use super::integer::Integer;
use super::{Test, on_all_lanes, rng};

/// One element's limbs, for each lane.
type Rows = [[u64; LIMBS]; LANES];

/// Limbs that carries and folds go wrong at, most of all those of p, of its multiples and neighbours, and the bound.
const EDGES: [u64; 10] = [
    0,
    1,
    18,
    19,
    MASK - 19,
    MASK - 18,
    MASK - 1,
    MASK,
    1 << RADIX,
    CARRIED,
];

/// Column 4 of its square is 1.06·2^55: six low halves of nearly 2^52.
const FOUR: [u64; LIMBS] = [
    0x8_0000_0001_fff8,
    0x7_ffff_fed6_7117,
    0x7_fff7_1076_2cc3,
    0x8_0000_0001_f5b3,
    0x7_ffff_fe30_8b70,
];

fn limbs(rng: &mut StdRng) -> [u64; LIMBS] {
    let mixed = rng.random::<u8>();
    from_fn(|i| match mixed >> i & 1 {
        0 => EDGES[rng.random_range(0..EDGES.len())],
        _ => rng.random_range(0..=CARRIED),
    })
}

/// The first rounds have every limb at one edge.
fn rows(rng: &mut StdRng, round: usize) -> Rows {
    match EDGES.get(round) {
        Some(edge) => [[*edge; LIMBS]; LANES],
        None => from_fn(|_| limbs(rng)),
    }
}

fn load<L: Lanes>(rows: &Rows) -> Fe<L> {
    Fe::load(&from_fn(|limb| Cell(from_fn(|lane| rows[lane][limb]))))
}

fn rows_of<L: Lanes>(element: Fe<L>) -> Rows {
    let mut cells: Cells = [Cell::ZERO; LIMBS];
    element.store(&mut cells);
    from_fn(|lane| from_fn(|limb| cells[limb].0[lane]))
}

fn integers(rows: &Rows) -> [Integer; LANES] {
    rows.map(Integer::from_limbs)
}

fn integers_of<L: Lanes>(element: Fe<L>) -> [Integer; LANES] {
    integers(&rows_of(element))
}

fn mask(f: impl Fn(usize) -> bool) -> Mask {
    (0..LANES).fold(0, |mask, lane| mask | Mask::from(f(lane)) << lane)
}

/// A carried result: within its bound, and what it should be.
fn check<L: Lanes>(what: &str, result: Fe<L>, expected: impl Fn(usize) -> Integer) {
    let rows = rows_of(result);
    for (lane, row) in rows.iter().enumerate() {
        assert!(row.iter().all(|limb| *limb <= CARRIED), "{what}: {row:x?}");
        assert_eq!(Integer::from_limbs(*row), expected(lane), "{what}");
    }
}

/// An uncarried result: every limb below 2^bits; and the rest as [`check`] has it.
fn check_wide<L: Lanes>(what: &str, result: Wide<L>, bits: u32, expected: impl Fn(usize) -> Integer) {
    for row in rows_of(Fe(result.0)) {
        assert!(row.iter().all(|limb| limb >> bits == 0), "{what}: {row:x?}");
    }
    check(what, result.carry(), expected);
}

/// Each limb below its own power of two.
fn check_columns<L: Lanes>(what: &str, result: Wide<L>, bits: [u32; LIMBS]) {
    for row in rows_of(Fe(result.0)) {
        for (limb, bits) in row.iter().zip(bits) {
            assert!(limb >> bits == 0, "{what}: {row:x?}");
        }
    }
}

/// The bounds of a square's columns are no wider than they must be.
#[test]
fn a_square_beyond_a_product() {
    assert!(FOUR.iter().all(|limb| *limb <= CARRIED));
    let square = rows_of(Fe(load::<Model>(&[FOUR; LANES]).square().0));
    assert!(square[0][4] >> 55 == 1, "{:x?}", square[0]);
}

#[test]
fn products_sums_and_differences() {
    struct Arithmetic;
    impl Test for Arithmetic {
        fn run<L: Lanes>(&self) {
            let mut rng = rng(1);
            for round in 0..300 {
                let (mut a, b) = (rows(&mut rng, round), rows(&mut rng, round));
                if round == EDGES.len() {
                    a = [FOUR; LANES];
                }
                let (x, y) = (load::<L>(&a), load::<L>(&b));
                let (a, b) = (integers(&a), integers(&b));
                check_wide("product", x.mul(y), 58, |i| a[i].times(b[i]));
                check_wide("square", x.square(), 58, |i| a[i].times(a[i]));
                check_columns("product", x.mul(y), [58, 55, 55, 55, 55]);
                check_columns("square", x.square(), [58, 55, 56, 55, 56]);
                check_wide("sum", x.plus(y), 53, |i| a[i].plus(b[i]));
                check_wide("difference", x.minus(y), 54, |i| a[i].minus(b[i]));
                check_wide("negative", x.negate(), 54, |i| Integer::from_u64(0).minus(a[i]));
                let (product, square) = (x.mul(y), y.square());
                let sum = product.plus(square).doubled();
                check_wide("wide sum", sum, 60, |i| {
                    let sum = a[i].times(b[i]).plus(b[i].times(b[i]));
                    sum.plus(sum)
                });
                check_wide("wide difference", product.minus::<8>(square), 60, |i| {
                    a[i].times(b[i]).minus(b[i].times(b[i]))
                });
            }
        }
    }
    on_all_lanes(&Arithmetic);
}

/// The largest limbs that a carry and the subtractions are said to take.
#[test]
fn uncarried_limbs_at_their_bounds() {
    struct Bounds;
    impl Test for Bounds {
        fn run<L: Lanes>(&self) {
            let mut rng = rng(2);
            for round in 0..100 {
                let top = (1u64 << 63) - 1;
                let mut a: Rows = from_fn(|_| from_fn(|_| rng.random_range(0..=top)));
                let mut b: Rows = from_fn(|_| from_fn(|_| rng.random_range(0..=(1 << 59) - (19 << 8))));
                if round == 0 {
                    (a, b) = ([[top; LIMBS]; LANES], [[(1 << 59) - (19 << 8); LIMBS]; LANES]);
                }
                let (x, y) = (load::<L>(&a), load::<L>(&b));
                let (a, b) = (integers(&a), integers(&b));
                check("carry", Wide(x.0).carry(), |i| a[i]);
                check(
                    "difference",
                    Wide([L::splat(0); LIMBS]).minus::<8>(Wide(y.0)).carry(),
                    |i| Integer::from_u64(0).minus(b[i]),
                );
            }
        }
    }
    on_all_lanes(&Bounds);
}

#[test]
fn canonical_forms_signs_and_selection() {
    struct Canonical;
    impl Test for Canonical {
        fn run<L: Lanes>(&self) {
            let mut rng = rng(3);
            for round in 0..300 {
                let mut a = rows(&mut rng, round);
                // 0, p, p − 1, p + 1 and 2p − 2, which carried limbs can just not reach.
                a[0] = [[0, 0], [MASK - 18, MASK], [MASK - 19, MASK], [MASK - 17, MASK]]
                    .map(|[first, other]| [first, other, other, other, other])[round % 4];
                let x = load::<L>(&a);
                let a = integers(&a);
                let canonical = rows_of(x.canonical());
                for lane in 0..LANES {
                    assert!(canonical[lane].iter().all(|limb| *limb <= MASK));
                    assert_eq!(bytes(canonical[lane]), a[lane].to_bytes());
                }
                assert_eq!(x.is_zero(), mask(|i| a[i] == Integer::from_u64(0)));
                assert_eq!(x.is_negative(), mask(|i| a[i].is_odd()));
                let negative = |i: usize| Integer::from_u64(0).minus(a[i]);
                check("absolute", x.absolute(), |i| {
                    if a[i].is_odd() { negative(i) } else { a[i] }
                });
                let some = rng.random();
                check("negated in some", x.negate_if(some), |i| {
                    if some >> i & 1 == 1 { negative(i) } else { a[i] }
                });
                let one = Fe::constant(&ONE);
                check("selected", Fe::select(some, x, one), |i| {
                    if some >> i & 1 == 1 {
                        a[i]
                    } else {
                        Integer::from_u64(1)
                    }
                });
            }
        }
    }
    on_all_lanes(&Canonical);
}

#[test]
fn powers_and_roots() {
    struct Powers;
    impl Test for Powers {
        fn run<L: Lanes>(&self) {
            let mut rng = rng(4);
            let one = Integer::from_u64(1);
            let zero = Integer::from_u64(0);
            let i = Integer::from_limbs(SQRT_M1);
            let cases = if cfg!(debug_assertions) { 4 } else { 20 };
            for round in 0..cases {
                let (mut a, mut b) = (rows(&mut rng, round + 20), rows(&mut rng, round + 20));
                (a[0], b[1], a[2], b[2]) = ([0; 5], [0; 5], [0; 5], [0; 5]);
                let (x, y) = (load::<L>(&a), load::<L>(&b));
                let (a, b) = (integers(&a), integers(&b));
                let inverse = integers_of(invert(x));
                let power = power_p58([x, y]);
                let (square, root) = sqrt_ratio([x, y], [y, x]);
                for lane in 0..LANES {
                    let expected = if a[lane] == zero { zero } else { one };
                    assert_eq!(inverse[lane].times(a[lane]), expected, "inverse");
                    for (power, base) in [(power[0], a), (power[1], b)] {
                        assert_eq!(integers_of(power)[lane], to_the_252(base[lane]), "power");
                    }
                    // RFC 9496, section 4.2: v·r² = u or √−1·u, and (1, 0) for u = 0, (0, 0) for v = 0.
                    for (group, (u, v)) in [(a, b), (b, a)].into_iter().enumerate() {
                        let r = integers_of(root[group])[lane];
                        let is_square = square[group] >> lane & 1 == 1;
                        assert!(!r.is_odd());
                        if u[lane] == zero {
                            assert_eq!((is_square, r), (true, zero));
                        } else if v[lane] == zero {
                            assert_eq!((is_square, r), (false, zero));
                        } else {
                            let expected = if is_square { u[lane] } else { u[lane].times(i) };
                            assert_eq!(v[lane].times(r.times(r)), expected);
                        }
                    }
                }
            }
        }
    }
    on_all_lanes(&Powers);
}

/// RFC 9496, section 4.1, and the curve's equation.
#[test]
fn constants_are_what_they_are_called() {
    let value = Integer::from_limbs;
    let one = Integer::from_u64(1);
    let d = value(D);
    let minus_one = Integer::from_u64(0).minus(one);
    assert_eq!(
        d.times(Integer::from_u64(121_666)),
        minus_one.times(Integer::from_u64(121_665))
    );
    assert_eq!(value(D2), d.plus(d));
    assert_eq!(value(SQRT_M1).times(value(SQRT_M1)), minus_one);
    assert!(!value(SQRT_M1).is_odd());
    assert_eq!(value(ONE_MINUS_D_SQ), one.minus(d.times(d)));
    assert_eq!(value(D_MINUS_ONE_SQ), d.minus(one).times(d.minus(one)));
    let root = value(SQRT_AD_MINUS_ONE);
    assert_eq!(root.times(root), minus_one.minus(d));
    assert!(
        root.is_odd(),
        "the RFC has 25063068953384623474111414158702152701244531502492656460079210482610430750235"
    );
    let inverse = value(INVSQRT_A_MINUS_D);
    assert_eq!(inverse.times(inverse).times(minus_one.minus(d)), one);
    for constant in [
        D,
        D2,
        SQRT_M1,
        ONE_MINUS_D_SQ,
        D_MINUS_ONE_SQ,
        SQRT_AD_MINUS_ONE,
        INVSQRT_A_MINUS_D,
    ] {
        assert!(constant.iter().all(|limb| *limb <= MASK));
    }
}

/// a^(2^252 − 3).
fn to_the_252(a: Integer) -> Integer {
    // 2^252 − 3 is 250 ones, a zero and a one.
    let ones = (0..250).fold(Integer::from_u64(1), |power, _| power.times(power).times(a));
    let then_zero = ones.times(ones);
    then_zero.times(then_zero).times(a)
}

fn bytes(limbs: [u64; LIMBS]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for bit in 0..255 {
        let set = limbs[bit / 51] >> (bit % 51) & 1;
        bytes[bit / 8] |= (set as u8) << (bit % 8);
    }
    bytes
}
