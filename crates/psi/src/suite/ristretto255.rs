//! ristretto255 with SHA-512: RFC 9496, hash to the group as RFC 9497 has it.

use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{
    BadElement, BadSum, Blinds, ELEMENT_BYTES, Hasher, Point, Points, Pool, SCALAR_BYTES, Scalar, Table,
};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{Packed, Suite};

/// Our own domain separation tag: it differs from the RFC's, so that nothing of ours is an evaluation of anybody's OPRF.
const DST: &[u8] = b"HEFU-V3-H2G-ristretto255_XMD:SHA-512_R255MAP_RO_";

/// The first suite.
#[derive(Debug, Clone, Copy)]
pub struct Ristretto255;

impl Suite for Ristretto255 {
    const NAME: &'static str = "ristretto255-sha512";
    const ELEMENT: usize = ELEMENT_BYTES;
    const SCALAR: usize = SCALAR_BYTES;

    type Scalar = Scalar;
    type Point = Point;
    type Points = Points;
    type Table = Table;
    type Hasher = Hasher;

    fn random(rng: &mut dyn CryptoRng) -> Scalar {
        Scalar::random(rng)
    }

    fn reduce(wide: &[u8; 64]) -> Scalar {
        Scalar::from_wide(wide)
    }

    fn decode_scalar(bytes: &[u8]) -> Option<Scalar> {
        Scalar::from_canonical(bytes.try_into().ok()?)
    }

    fn encode_scalar(scalar: &Scalar) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(scalar.to_bytes().to_vec())
    }

    fn halved(scalar: &Scalar) -> Scalar {
        scalar.halved()
    }

    fn doubled(scalar: &Scalar) -> Scalar {
        scalar.doubled()
    }

    fn respond(nonce: &Scalar, challenge: &Scalar, secret: &Scalar) -> Scalar {
        nonce.respond(challenge, secret)
    }

    fn generator() -> Point {
        Point::generator()
    }

    fn multiply(point: &Point, scalar: &Scalar) -> Point {
        point.multiply(scalar)
    }

    fn vartime_sum(s: &Scalar, p: &Point, t: &Scalar, q: &Point) -> Point {
        Point::vartime_sum(s, p, t, q)
    }

    fn decode(bytes: &[u8]) -> Option<Point> {
        Point::decode(bytes.try_into().ok()?)
    }

    fn encode(point: &Point) -> Vec<u8> {
        point.encode().to_vec()
    }

    fn table_of_doubled(public: &Point) -> Table {
        Table::new(&public.doubled())
    }

    fn hasher(call: &[u8; 32]) -> Hasher {
        Hasher::new(DST, call)
    }

    fn decode_batch(pool: &Pool, encoded: &[u8], points: &mut Points) -> Result<(), BadElement> {
        points.decode(pool, encoded)
    }

    fn vartime_weighted_sum(pool: &Pool, points: &Points, weights: &[u128]) -> Result<Point, BadSum> {
        points.vartime_weighted_sum(pool, weights)
    }

    fn blind(
        pool: &Pool,
        hasher: &Hasher,
        elements: Packed<'_>,
        blinds: &dyn Blinds,
        first: u64,
        out: &mut [u8],
    ) {
        hash_blind_encode(pool, hasher, elements.bytes, elements.width, blinds, first, out);
    }

    fn hash_multiply(pool: &Pool, hasher: &Hasher, elements: Packed<'_>, k: &Scalar, out: &mut [u8]) {
        hash_multiply_encode(pool, hasher, elements.bytes, elements.width, k, out);
    }

    fn multiply_batch(pool: &Pool, points: &Points, k: &Scalar, out: &mut [u8]) {
        points.multiply_encode(pool, k, out);
    }

    fn unblind(pool: &Pool, points: &Points, table: &Table, blinds: &dyn Blinds, first: u64, out: &mut [u8]) {
        points.unblind_encode(pool, table, blinds, first, out);
    }
}
