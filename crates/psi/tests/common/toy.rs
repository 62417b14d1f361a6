//! A second suite, to keep the interface honest: the squares modulo a safe prime of 61 bits, written multiplicatively.
//! It protects nothing. Elements have 8 bytes, scalars 8, so nothing may count on 32.

use std::sync::atomic::{AtomicBool, Ordering};

use hefu_curve::{BadElement, BadSum, Blinds, Pool};
use hefu_psi::Suite;
use hefu_psi::suite::Packed;
use rand::CryptoRng;
use ring::digest;
use zeroize::Zeroizing;

/// P = 2Q + 1 with Q prime; the squares modulo P are a group of order Q.
const P: u64 = 2_305_843_009_213_691_579;
const Q: u64 = (P - 1) / 2;

/// 2², a square other than 1, so it generates all squares.
const G: u64 = 4;

pub(crate) struct Toy;

/// A machine that adds wrongly, for the tests of a process in which nothing else runs.
pub(crate) static SUMS_ARE_BAD: AtomicBool = AtomicBool::new(false);

/// A machine whose sums are the identity.
pub(crate) static SUMS_ARE_NOTHING: AtomicBool = AtomicBool::new(false);

pub(crate) struct ToyScalar(u64);

#[derive(Clone, Copy, PartialEq)]
pub(crate) struct ToyPoint(u64);

impl Suite for Toy {
    const NAME: &'static str = "toy";
    const ELEMENT: usize = 8;
    const SCALAR: usize = 8;

    type Scalar = ToyScalar;
    type Point = ToyPoint;
    type Points = Vec<u64>;
    type Table = u64;
    type Hasher = [u8; 32];

    fn random(rng: &mut dyn CryptoRng) -> ToyScalar {
        let mut wide = [0; 64];
        rng.fill_bytes(&mut wide);
        ToyScalar(Self::reduce(&wide).0.max(1))
    }

    fn reduce(wide: &[u8; 64]) -> ToyScalar {
        ToyScalar(reduce(wide, Q))
    }

    fn decode_scalar(bytes: &[u8]) -> Option<ToyScalar> {
        let value = u64::from_be_bytes(bytes.try_into().ok()?);
        (value < Q).then_some(ToyScalar(value))
    }

    fn encode_scalar(scalar: &ToyScalar) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(scalar.0.to_be_bytes().to_vec())
    }

    fn halved(scalar: &ToyScalar) -> ToyScalar {
        ToyScalar(times(scalar.0, Q.div_ceil(2), Q))
    }

    fn doubled(scalar: &ToyScalar) -> ToyScalar {
        ToyScalar(times(scalar.0, 2, Q))
    }

    fn respond(nonce: &ToyScalar, challenge: &ToyScalar, secret: &ToyScalar) -> ToyScalar {
        ToyScalar((nonce.0 + Q - times(challenge.0, secret.0, Q)) % Q)
    }

    fn generator() -> ToyPoint {
        ToyPoint(G)
    }

    fn multiply(point: &ToyPoint, scalar: &ToyScalar) -> ToyPoint {
        ToyPoint(power(point.0, scalar.0))
    }

    fn vartime_sum(s: &ToyScalar, p: &ToyPoint, t: &ToyScalar, q: &ToyPoint) -> ToyPoint {
        ToyPoint(times(power(p.0, s.0), power(q.0, t.0), P))
    }

    fn decode(bytes: &[u8]) -> Option<ToyPoint> {
        let value = u64::from_be_bytes(bytes.try_into().ok()?);
        (value > 1 && value < P && power(value, Q) == 1).then_some(ToyPoint(value))
    }

    fn encode(point: &ToyPoint) -> Vec<u8> {
        point.0.to_be_bytes().to_vec()
    }

    fn table_of_doubled(public: &ToyPoint) -> u64 {
        square(public.0)
    }

    fn hasher(session: &[u8; 32]) -> [u8; 32] {
        *session
    }

    fn decode_batch(_: &Pool, encoded: &[u8], points: &mut Vec<u64>) -> Result<(), BadElement> {
        points.clear();
        for (index, bytes) in encoded.chunks(8).enumerate() {
            match Self::decode(bytes) {
                Some(point) => points.push(point.0),
                None => {
                    points.clear();
                    return Err(BadElement { index });
                }
            }
        }
        Ok(())
    }

    fn vartime_weighted_sum(_: &Pool, points: &Vec<u64>, weights: &[u128]) -> Result<ToyPoint, BadSum> {
        if SUMS_ARE_BAD.load(Ordering::Relaxed) {
            return Err(BadSum);
        }
        if SUMS_ARE_NOTHING.load(Ordering::Relaxed) {
            return Ok(ToyPoint(1));
        }
        let terms = points.iter().zip(weights);
        Ok(ToyPoint(terms.fold(1, |sum, (p, w)| {
            times(sum, power(*p, (w % u128::from(Q)) as u64), P)
        })))
    }

    fn blind(
        _: &Pool,
        hasher: &[u8; 32],
        elements: Packed<'_>,
        blinds: &dyn Blinds,
        first: u64,
        out: &mut [u8],
    ) {
        let messages = (first..).zip(elements.bytes.chunks(elements.width));
        write(
            messages.map(|(j, x)| times(hash(hasher, x), power(G, blind(blinds, j)), P)),
            out,
        );
    }

    fn hash_multiply(_: &Pool, hasher: &[u8; 32], elements: Packed<'_>, k: &ToyScalar, out: &mut [u8]) {
        let messages = elements.bytes.chunks(elements.width);
        write(messages.map(|x| power(hash(hasher, x), k.0)), out);
    }

    fn multiply_batch(_: &Pool, points: &Vec<u64>, k: &ToyScalar, out: &mut [u8]) {
        write(points.iter().map(|p| power(*p, k.0)), out);
    }

    fn unblind(_: &Pool, points: &Vec<u64>, table: &u64, blinds: &dyn Blinds, first: u64, out: &mut [u8]) {
        let points = (first..).zip(points);
        write(
            points.map(|(j, p)| times(*p, power(*table, Q - blind(blinds, j)), P)),
            out,
        );
    }
}

/// Encodes each doubled, that is, squared.
fn write(points: impl Iterator<Item = u64>, out: &mut [u8]) {
    for (bytes, point) in out.chunks_exact_mut(8).zip(points) {
        bytes.copy_from_slice(&square(point).to_be_bytes());
    }
}

fn hash(session: &[u8; 32], message: &[u8]) -> u64 {
    let wide = digest::digest(&digest::SHA512, &[session, message].concat());
    square(reduce(wide.as_ref(), P - 2) + 2)
}

fn blind(blinds: &dyn Blinds, position: u64) -> u64 {
    let mut wide = [0; 64];
    blinds.fill(position, &mut wide);
    reduce(&wide, Q)
}

fn reduce(wide: &[u8], modulus: u64) -> u64 {
    wide.iter().fold(0, |value, byte| {
        ((u128::from(value) * 256 + u128::from(*byte)) % u128::from(modulus)) as u64
    })
}

fn square(a: u64) -> u64 {
    times(a, a, P)
}

fn times(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut result, mut base) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base, P);
        }
        base = square(base);
        exponent >>= 1;
    }
    result
}
