//! Hash to the group: `expand_message_xmd` with SHA-512 (RFC 9380, section 5.3.1), then the one-way map of RFC 9496,
//! section 4.3.4, as RFC 9497, section 4.1 puts them together.

use curve25519_dalek::ristretto::RistrettoPoint;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::Point;
use crate::ifma::Layout;

const HASH: usize = 64;
const BLOCK: usize = 128;

/// `HashToGroup` under one domain separation tag, for messages that share a prefix.
///
/// The prefix (a session's id) and the padding block are hashed once, so a message costs two or three compressions.
pub struct Hasher {
    prefix: Vec<u8>,
    start: Sha512, // after Z_pad and the prefix
    tail: Vec<u8>, // l_i_b_str ‖ 0 ‖ DST_prime
    dst_prime: Vec<u8>,
}

impl Hasher {
    /// A hasher for `prefix ‖ message` under `dst`.
    #[must_use]
    pub fn new(dst: &[u8], prefix: &[u8]) -> Self {
        let dst_prime = dst_prime(dst);
        let mut state = Sha512::new();
        state.update([0u8; BLOCK]);
        state.update(prefix);
        Self {
            prefix: prefix.to_vec(),
            start: state,
            tail: tail(HASH, &dst_prime),
            dst_prime,
        }
    }

    /// The group element of a message.
    #[must_use]
    pub fn hash(&self, message: &[u8]) -> Point {
        Point(RistrettoPoint::from_uniform_bytes(&self.uniform(message)))
    }

    /// The same for messages of one width, as the kernel of eight lanes wants it.
    pub(crate) fn layout(&self, width: usize) -> Layout {
        Layout::new(&self.prefix, width, &self.tail, &self.dst_prime)
    }

    /// 64 bytes are one block of SHA-512, so only b_1 is needed. Both digests are functions of a person's number, and wiped.
    fn uniform(&self, message: &[u8]) -> Zeroizing<[u8; HASH]> {
        let (mut b0, mut b1) = (Zeroizing::new([0; HASH]), Zeroizing::new([0; HASH]));
        self.start
            .clone()
            .chain_update(message)
            .chain_update(&self.tail)
            .finalize_into((&mut *b0).into());
        Sha512::new()
            .chain_update(b0.as_slice())
            .chain_update([1u8])
            .chain_update(&self.dst_prime)
            .finalize_into((&mut *b1).into());
        b1
    }
}

/// `expand_message_xmd(message, dst, length)` with SHA-512; used as it stands for hashing to a scalar.
///
/// # Panics
/// Never for lengths up to 255 blocks (16,320 bytes); longer ones are cut to that, which RFC 9380 forbids to ask for.
#[must_use]
pub fn expand_message_xmd(message: &[u8], dst: &[u8], length: usize) -> Vec<u8> {
    let dst_prime = dst_prime(dst);
    let b0 = Sha512::new()
        .chain_update([0u8; BLOCK])
        .chain_update(message)
        .chain_update(tail(length, &dst_prime))
        .finalize();
    let mut out = Vec::with_capacity(length + HASH);
    let mut previous = [0u8; HASH];
    for i in 1..=u8::MAX {
        if out.len() >= length {
            break;
        }
        let mixed: Vec<u8> = b0.iter().zip(previous).map(|(a, b)| a ^ b).collect();
        previous = Sha512::new()
            .chain_update(mixed)
            .chain_update([i])
            .chain_update(&dst_prime)
            .finalize()
            .into();
        out.extend_from_slice(&previous);
    }
    out.truncate(length);
    out
}

/// DST ‖ I2OSP(len(DST), 1); a long tag is hashed first (RFC 9380, section 5.3.3).
pub(crate) fn dst_prime(dst: &[u8]) -> Vec<u8> {
    let mut prime = match u8::try_from(dst.len()) {
        Ok(_) => dst.to_vec(),
        Err(_) => Sha512::new()
            .chain_update(b"H2C-OVERSIZE-DST-")
            .chain_update(dst)
            .finalize()
            .to_vec(),
    };
    // Truncation safety: both arms leave at most 255 bytes.
    #[allow(clippy::cast_possible_truncation)]
    prime.push(prime.len() as u8);
    prime
}

pub(crate) fn tail(length: usize, dst_prime: &[u8]) -> Vec<u8> {
    // Truncation safety: the longest output is 16,320 bytes.
    #[allow(clippy::cast_possible_truncation)]
    let mut tail = (length as u16).to_be_bytes().to_vec();
    tail.push(0);
    tail.extend_from_slice(dst_prime);
    tail
}
