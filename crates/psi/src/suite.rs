//! The suite: which group, and how its elements are blinded, evaluated and encoded. A field of the agreement.

mod ristretto255;

use hefu_curve::{BadElement, BadSum, Blinds, Pool};
use rand::CryptoRng;
pub use ristretto255::Ristretto255;
use zeroize::Zeroizing;

/// A prime-order group with its batches. Elements are flat bytes of [`Suite::ELEMENT`] each; encodings in batches are
/// of doubled points, which the session's algebra accounts for.
pub trait Suite: Sized + Send + Sync + 'static {
    /// The name that stands in agreements and in the opening message.
    const NAME: &'static str;
    /// Bytes of an encoded element.
    const ELEMENT: usize;
    /// Bytes of an encoded scalar.
    const SCALAR: usize;

    /// A scalar, wiped when dropped.
    type Scalar: Send + Sync;
    /// One element.
    type Point: Copy + PartialEq + Send + Sync;
    /// A batch of decoded and checked elements.
    type Points: Default + Send + Sync;
    /// Precomputed multiples of one element.
    type Table: Send + Sync;
    /// Hash to the group, bound to an opening.
    type Hasher: Send + Sync;

    /// A uniform non-zero scalar.
    fn random(rng: &mut dyn CryptoRng) -> Self::Scalar;
    /// 64 uniform bytes, reduced.
    fn reduce(wide: &[u8; 64]) -> Self::Scalar;
    /// The scalar of a canonical encoding.
    fn decode_scalar(bytes: &[u8]) -> Option<Self::Scalar>;
    /// Its canonical encoding.
    fn encode_scalar(scalar: &Self::Scalar) -> Zeroizing<Vec<u8>>;
    /// s / 2.
    fn halved(scalar: &Self::Scalar) -> Self::Scalar;
    /// 2s.
    fn doubled(scalar: &Self::Scalar) -> Self::Scalar;
    /// nonce - challenge · secret.
    fn respond(nonce: &Self::Scalar, challenge: &Self::Scalar, secret: &Self::Scalar) -> Self::Scalar;

    /// The group's generator.
    fn generator() -> Self::Point;
    /// s · P in constant time.
    fn multiply(point: &Self::Point, scalar: &Self::Scalar) -> Self::Point;
    /// s · P + t · Q over public values.
    fn vartime_sum(s: &Self::Scalar, p: &Self::Point, t: &Self::Scalar, q: &Self::Point) -> Self::Point;
    /// The element of a canonical encoding; `None` for the identity too.
    fn decode(bytes: &[u8]) -> Option<Self::Point>;
    /// Its canonical encoding.
    fn encode(point: &Self::Point) -> Vec<u8>;
    /// The table of 2·B, with which a receiver takes its blinds off.
    fn table_of_doubled(public: &Self::Point) -> Self::Table;

    /// Hash to the group for the elements of the sessions that this opening ([`crate::CallId`]) begins.
    fn hasher(call: &[u8; 32]) -> Self::Hasher;
    /// Decodes and checks a batch.
    ///
    /// # Errors
    /// Names the first bad element.
    fn decode_batch(pool: &Pool, encoded: &[u8], points: &mut Self::Points) -> Result<(), BadElement>;
    /// Σ wᵢ·Pᵢ over public points.
    ///
    /// # Errors
    /// When what came out is no element.
    fn vartime_weighted_sum(
        pool: &Pool,
        points: &Self::Points,
        weights: &[u128],
    ) -> Result<Self::Point, BadSum>;
    /// encode(2·(H(x) + ρ·G)) for each packed element.
    fn blind(
        pool: &Pool,
        hasher: &Self::Hasher,
        elements: Packed<'_>,
        blinds: &dyn Blinds,
        first: u64,
        out: &mut [u8],
    );
    /// encode(2·k·H(x)) for each packed element.
    fn hash_multiply(
        pool: &Pool,
        hasher: &Self::Hasher,
        elements: Packed<'_>,
        k: &Self::Scalar,
        out: &mut [u8],
    );
    /// encode(2·k·P) for each decoded element.
    fn multiply_batch(pool: &Pool, points: &Self::Points, k: &Self::Scalar, out: &mut [u8]);
    /// encode(2·(P − ρ·T)) for each decoded element.
    fn unblind(
        pool: &Pool,
        points: &Self::Points,
        table: &Self::Table,
        blinds: &dyn Blinds,
        first: u64,
        out: &mut [u8],
    );

    /// Bytes of a chunk's proof: challenge and response.
    #[must_use]
    fn proof_bytes() -> usize {
        2 * Self::SCALAR
    }
}

/// Elements of one width, packed.
#[derive(Clone, Copy)]
pub struct Packed<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Bytes of one element.
    pub width: usize,
}
