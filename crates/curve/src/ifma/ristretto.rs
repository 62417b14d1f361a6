//! Encodings of ristretto255 (RFC 9496, section 4.3).

use zeroize::Zeroize;

use super::constants::{D, INVSQRT_A_MINUS_D, SQRT_M1};
use super::field::{Cells, Fe, LIMBS, MASK, ONE, RADIX, ZERO};
use super::lanes::{Cell, LANES, Lanes, Mask};
use super::point::{Point, PointCells};
use super::power::{invert, sqrt_ratio};

/// Bytes of an encoded element.
const BYTES: usize = 32;

/// Eight encodings, a word of each beside the same word of the others.
pub(crate) type Words = [Cell; 4];

/// Decodes eight elements into each of `points`; lanes without an encoding get the identity. Stops at the first bad
/// element, which is not canonical or the identity, and says its index.
#[inline(always)]
pub(crate) fn decode<L: Lanes>(encoded: &[u8], points: &mut [PointCells]) -> Result<(), usize> {
    const PAIR: usize = 2;
    let mut first = 0;
    for (bytes, points) in encoded.chunks(PAIR * LANES * BYTES).zip(points.chunks_mut(PAIR)) {
        let mut words = [[Cell::ZERO; 4]; PAIR];
        let mut given = [0; PAIR];
        for (group, bytes) in bytes.chunks(LANES * BYTES).enumerate() {
            given[group] = gather(bytes, &mut words[group]);
        }
        let (good, decoded) = decode_groups::<L, PAIR>(&words);
        for (cells, point) in points.iter_mut().zip(decoded) {
            point.store(cells);
        }
        for group in 0..PAIR {
            let bad = given[group] & !good[group];
            if bad != 0 {
                return Err(first + group * LANES + bad.trailing_zeros() as usize);
            }
        }
        first += PAIR * LANES;
    }
    Ok(())
}

/// Decodes groups side by side; a lane of zeros gives the identity, which is not good.
#[inline(always)]
fn decode_groups<L: Lanes, const N: usize>(words: &[Words; N]) -> ([Mask; N], [Point<L>; N]) {
    let one = Fe::<L>::constant(&ONE);
    let mut s = [one; N];
    let (mut u1, mut u2, mut v, mut ratio) = (s, s, s, s);
    let mut good = [0; N];
    for i in 0..N {
        s[i] = from_words(&words[i]);
        good[i] = is_canonical(&words[i], s[i]) & !s[i].is_negative() & !s[i].is_zero();
        let ss = s[i].squared();
        u1[i] = one.minus(ss).carry();
        u2[i] = one.plus(ss).carry();
        let u2_squared = u2[i].squared();
        let du1_squared = Fe::constant(&D).times(u1[i].squared());
        v[i] = du1_squared.plus(u2_squared).carry().negate().carry();
        ratio[i] = v[i].times(u2_squared);
    }
    let (square, root) = sqrt_ratio([one; N], ratio);
    let mut points = [Point::identity(); N];
    for i in 0..N {
        let den_x = root[i].times(u2[i]);
        let den_y = root[i].times(den_x).times(v[i]);
        let x = s[i].plus(s[i]).carry().times(den_x).absolute();
        let y = u1[i].times(den_y);
        let t = x.times(y);
        good[i] &= square[i] & !t.is_negative() & !y.is_zero();
        points[i] = Point { x, y, z: one, t };
    }
    (good, points)
}

/// The encoding of the point in the first lane; none where the lane holds no point. What a fault leaves may be anything,
/// and all zeros would encode as the identity does. Not for secrets.
#[inline(always)]
pub(crate) fn encode<L: Lanes>(point: Point<L>) -> Option<[u8; BYTES]> {
    if point.is_sound() & 1 == 0 {
        return None;
    }
    let Point { x, y, z, t } = point;
    let u1 = z.plus(y).carry().times(z.minus(y).carry());
    let u2 = x.times(y);
    let (_, [root]) = sqrt_ratio([Fe::constant(&ONE)], [u1.times(u2.squared())]);
    let (den1, den2) = (root.times(u1), root.times(u2));
    let inverse_z = den1.times(den2).times(t);
    let rotate = t.times(inverse_z).is_negative();
    let i = Fe::constant(&SQRT_M1);
    let (x, y, den) = (
        Fe::select(rotate, y.times(i), x),
        Fe::select(rotate, x.times(i), y),
        Fe::select(rotate, den1.times(Fe::constant(&INVSQRT_A_MINUS_D)), den2),
    );
    let y = y.negate_if(x.times(inverse_z).is_negative());
    let s = den.times(z.minus(y).carry()).absolute();
    let mut words = [Cell::ZERO; 4];
    to_words(s.canonical(), &mut words);
    let mut encoded = [0; BYTES];
    scatter(&words, &mut encoded);
    Some(encoded)
}

/// What encoding keeps of a group between its two passes.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct Encoding {
    before: Cells,
    eg: Cells,
    fh: Cells,
}

impl Encoding {
    /// Room for a group.
    pub(crate) const ZERO: Self = Self {
        before: [Cell::ZERO; LIMBS],
        eg: [Cell::ZERO; LIMBS],
        fh: [Cell::ZERO; LIMBS],
    };
}

/// Encodes 2P for every point, with one inversion for all; `points` are used up, T is not read.
///
/// With e = 2XY, f = Y² − X², g = Y² + X², h = 2Z² − f, the double is (eh : fg : fh : eg), and g² = f² + e²,
/// h² − g² = (a − d)·e². So in RFC 9496's encoding of it u1·u2² = (a − d)·(f²e²gh)², the root is known, and with
/// c = 1/√(a − d):
///
/// | | not rotated | rotated |
/// | --- | --- | --- |
/// | if | e·g/(f·h) is not negative | otherwise |
/// | x/z, by whose sign y is negated | e/f | i·g/h |
/// | s = ± | c·(h ∓ g)/e | (f ∓ i·e)/g |
///
/// All inverses come from the one of e·f·g·h. Where that is 0, the double is in the identity's coset and s = 0.
#[inline(always)]
pub(crate) fn encode_doubled<L: Lanes>(
    points: &mut [PointCells],
    scratch: &mut [Encoding],
    encoded: &mut [u8],
) {
    let one = Fe::<L>::constant(&ONE);
    let mut product = one;
    for (cells, scratch) in points.iter_mut().zip(scratch.iter_mut()) {
        let point = Point::<L>::load(cells);
        let (xx, yy) = (point.x.square(), point.y.square());
        let e = point.y.mul(point.x).doubled().carry();
        let f = yy.minus::<8>(xx);
        let g = yy.plus(xx).carry();
        let h = point.z.square().doubled().minus::<9>(f).carry();
        let f = f.carry();
        let (eg, fh) = (e.times(g), f.times(h));
        product.store(&mut scratch.before);
        eg.store(&mut scratch.eg);
        fh.store(&mut scratch.fh);
        Point {
            x: e,
            y: f,
            z: g,
            t: h,
        }
        .store(cells);
        let all = eg.times(fh);
        product = product.times(Fe::select(all.is_zero(), one, all));
    }
    let mut inverse = invert(product);
    let mut words = [Cell::ZERO; 4];
    let groups = points.len().min(scratch.len());
    for group in (0..groups).rev() {
        let Point {
            x: e,
            y: f,
            z: g,
            t: h,
        } = Point::<L>::load(&points[group]);
        let (eg, fh) = (Fe::load(&scratch[group].eg), Fe::load(&scratch[group].fh));
        let all = eg.times(fh);
        let zero = all.is_zero();
        let inverted = inverse.times(Fe::load(&scratch[group].before));
        inverse = inverse.times(Fe::select(zero, one, all));
        let inverted = Fe::select(zero, Fe::constant(&ZERO), inverted);

        let (inverse_fh, inverse_eg) = (eg.times(inverted), fh.times(inverted));
        let rotate = eg.times(inverse_fh).is_negative();
        let i = Fe::constant(&SQRT_M1);
        let (ie, fi) = (e.times(i), f.times(i));
        let (over, under) = (Fe::select(rotate, g, e), Fe::select(rotate, e, g));
        let x = over.times(Fe::select(rotate, fi, h)).times(inverse_fh);
        let (left, right) = (Fe::select(rotate, f, h), Fe::select(rotate, ie, g));
        let right = right.negate_if(!x.is_negative());
        let factor = Fe::select(rotate, one, Fe::constant(&INVSQRT_A_MINUS_D));
        let s = left
            .plus(right)
            .carry()
            .times(factor)
            .times(under.times(inverse_eg));
        to_words(s.absolute().canonical(), &mut words);
        if let Some(bytes) = encoded.chunks_mut(LANES * BYTES).nth(group) {
            scatter(&words, bytes);
        }
    }
    words.zeroize(); // what is encoded may be people's tokens
}

/// The element of each lane's words, without the highest bit.
#[inline(always)]
pub(crate) fn from_words<L: Lanes>(words: &Words) -> Fe<L> {
    let mask = L::splat(MASK);
    let (w0, w1) = (L::load(&words[0]), L::load(&words[1]));
    let (w2, w3) = (L::load(&words[2]), L::load(&words[3]));
    Fe([
        w0.and(mask),
        w0.shr::<RADIX>().or(w1.shl::<13>()).and(mask),
        w1.shr::<38>().or(w2.shl::<26>()).and(mask),
        w2.shr::<25>().or(w3.shl::<39>()).and(mask),
        w3.shr::<12>().and(mask),
    ])
}

/// The words of a canonical element.
#[inline(always)]
fn to_words<L: Lanes>(element: Fe<L>, words: &mut Words) {
    let [a0, a1, a2, a3, a4] = element.0;
    a0.or(a1.shl::<RADIX>()).store(&mut words[0]);
    a1.shr::<13>().or(a2.shl::<38>()).store(&mut words[1]);
    a2.shr::<26>().or(a3.shl::<25>()).store(&mut words[2]);
    a3.shr::<39>().or(a4.shl::<12>()).store(&mut words[3]);
}

/// The lanes whose words are those of a canonical element, which is theirs.
#[inline(always)]
fn is_canonical<L: Lanes>(words: &Words, element: Fe<L>) -> Mask {
    let mut canonical = [Cell::ZERO; 4];
    to_words(element.canonical(), &mut canonical);
    let mut equal = Mask::MAX;
    for (given, canonical) in words.iter().zip(&canonical) {
        equal &= L::load(given).equal(L::load(canonical));
    }
    equal
}

/// Lays up to eight strings of 32 bytes side by side, and says which lanes there are.
#[inline(always)]
pub(crate) fn gather(bytes: &[u8], words: &mut Words) -> Mask {
    let mut given = 0;
    for (lane, element) in bytes.as_chunks::<BYTES>().0.iter().enumerate().take(LANES) {
        given |= 1 << lane;
        for (word, bytes) in words.iter_mut().zip(element.as_chunks::<8>().0) {
            word.0[lane] = u64::from_le_bytes(*bytes);
        }
    }
    given
}

/// The reverse of [`gather`], for as many as `bytes` has room for.
#[inline(always)]
fn scatter(words: &Words, bytes: &mut [u8]) {
    for (lane, element) in bytes
        .as_chunks_mut::<BYTES>()
        .0
        .iter_mut()
        .enumerate()
        .take(LANES)
    {
        for (word, bytes) in words.iter().zip(element.as_chunks_mut::<8>().0) {
            *bytes = word.0[lane].to_le_bytes();
        }
    }
}
