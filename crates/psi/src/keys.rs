//! Everything derived from secrets by a one-way function: tags from tokens, blinds from a seed.

use hefu_curve::{Blinds, Pool};
use rand::CryptoRng;
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::suite::Packed;
use crate::{SessionId, TAG_BYTES, Tag};

/// Derives tags: prk = HKDF-Extract(sid, x ‖ enc(N)), tag = HKDF-Expand(prk, "tag").
///
/// The element stands in the input beside its point, so a tag can't be moved to another element.
pub struct TagKeys {
    salt: hkdf::Salt,
}

struct TagLength;

impl hkdf::KeyType for TagLength {
    fn len(&self) -> usize {
        TAG_BYTES
    }
}

impl TagKeys {
    /// The keys of a session.
    #[must_use]
    pub fn new(sid: &SessionId) -> Self {
        Self {
            salt: hkdf::Salt::new(hkdf::HKDF_SHA256, &sid.0),
        }
    }

    /// The tags of packed elements and their packed tokens of `token` bytes each.
    #[must_use]
    pub fn tags(&self, pool: &Pool, elements: Packed<'_>, tokens: &[u8], token: usize) -> Vec<Tag> {
        const BLOCK: usize = 256;
        let width = elements.width.max(1);
        let mut tags = vec![[0u8; TAG_BYTES]; elements.bytes.len() / width];
        pool.for_each_block(&mut tags, BLOCK, |block, tags| {
            let mut scratch = Zeroizing::new(Vec::with_capacity(width + token));
            let first = block * BLOCK;
            let elements = elements.bytes.chunks_exact(width).skip(first);
            let tokens = tokens.chunks_exact(token).skip(first);
            for ((tag, element), token) in tags.iter_mut().zip(elements).zip(tokens) {
                *tag = self.tag(element, token, &mut scratch);
            }
        });
        tags
    }

    /// `scratch` saves an allocation an element; it is the caller's to wipe.
    fn tag(&self, element: &[u8], token: &[u8], scratch: &mut Vec<u8>) -> Tag {
        scratch.clear();
        scratch.extend_from_slice(element);
        scratch.extend_from_slice(token);
        let prk = self.salt.extract(scratch);
        let mut tag = [0u8; TAG_BYTES];
        // ring refuses only outputs over 255 blocks or of another length than `TagLength` says.
        if prk
            .expand(&[b"hefu/1 tag"], TagLength)
            .and_then(|okm| okm.fill(&mut tag))
            .is_err()
        {
            debug_assert!(false, "16 bytes are within HKDF's limit");
        }
        tag
    }
}

/// The blinds of one session: ρ_j is 512 bits of HMAC-SHA-512(seed, sid ‖ step ‖ j), reduced by the kernel.
///
/// The seed is fresh for every session, so no ρ ever serves another order or dataset.
pub(crate) struct BlindSeed {
    key: hmac::Key,
    sid: SessionId,
}

impl BlindSeed {
    pub(crate) fn new(sid: SessionId, rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0u8; 64]);
        rng.fill_bytes(seed.as_mut_slice());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA512, seed.as_slice()),
            sid,
        }
    }
}

impl Blinds for BlindSeed {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        let mut message = [0u8; 32 + 8 + 8];
        message[..32].copy_from_slice(&self.sid.0);
        message[32..40].copy_from_slice(b"hefu/1 C");
        message[40..].copy_from_slice(&position.to_be_bytes());
        wide.copy_from_slice(hmac::sign(&self.key, &message).as_ref());
    }
}

/// The first `N` bytes of a digest.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0u8; N];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}
