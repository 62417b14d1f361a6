//! Everything derived from secrets by a one-way function: tags and label keys from tokens, blinds from the seed.

use hefu_curve::{Blinds, Pool};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::suite::Packed;
use crate::{CallId, SessionId, SessionSeed, TAG_BYTES, Tag};

/// Bytes of a key that seals one label.
pub(crate) const LABEL_KEY_BYTES: usize = 32;

/// Derives tags and label keys: prk = HKDF-Extract(sid, x ‖ enc(N)), each output a separate HKDF-Expand.
///
/// The element stands in the input beside its point, so a tag can't be moved to another element.
pub struct TagKeys {
    salt: hkdf::Salt,
}

/// What one element and its token give.
pub(crate) struct Derived(hkdf::Prk);

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
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
        let mut tags = vec![[0u8; TAG_BYTES]; elements.bytes.len() / elements.width.max(1)];
        let tokens = Packed {
            bytes: tokens,
            width: token,
        };
        let out = tags.as_flattened_mut();
        self.each(pool, elements, tokens, out, TAG_BYTES, |_, derived, out| {
            out.copy_from_slice(&derived.tag());
        });
        tags
    }

    /// Hands what each element and its token give to `write`, with the element's number and its `unit` bytes of `out`.
    pub(crate) fn each(
        &self,
        pool: &Pool,
        elements: Packed<'_>,
        tokens: Packed<'_>,
        out: &mut [u8],
        unit: usize,
        write: impl Fn(usize, &Derived, &mut [u8]) + Send + Sync,
    ) {
        const BLOCK: usize = 256;
        pool.for_each_block(out, BLOCK * unit, |block, out| {
            let mut scratch = Zeroizing::new(Vec::with_capacity(elements.width + tokens.width));
            let first = block * BLOCK;
            let elements = elements.bytes.chunks_exact(elements.width.max(1)).skip(first);
            let tokens = tokens.bytes.chunks_exact(tokens.width.max(1)).skip(first);
            let pairs = (first..).zip(elements.zip(tokens));
            for (out, (index, (element, token))) in out.chunks_exact_mut(unit).zip(pairs) {
                write(index, &self.derive(element, token, &mut scratch), out);
            }
        });
    }

    /// `scratch` saves an allocation an element; it is the caller's to wipe.
    pub(crate) fn derive(&self, element: &[u8], token: &[u8], scratch: &mut Vec<u8>) -> Derived {
        scratch.clear();
        scratch.extend_from_slice(element);
        scratch.extend_from_slice(token);
        Derived(self.salt.extract(scratch))
    }
}

impl Derived {
    pub(crate) fn tag(&self) -> Tag {
        let mut tag = [0u8; TAG_BYTES];
        self.expand(b"hefu/3 tag", &mut tag);
        tag
    }

    /// The key of this element's label, used once.
    pub(crate) fn label_key(&self) -> Zeroizing<[u8; LABEL_KEY_BYTES]> {
        let mut key = Zeroizing::new([0u8; LABEL_KEY_BYTES]);
        self.expand(b"hefu/3 label", key.as_mut_slice());
        key
    }

    fn expand(&self, info: &[u8], out: &mut [u8]) {
        // ring refuses only outputs over 255 blocks or of another length than `Length` says.
        let filled = self
            .0
            .expand(&[info], Length(out.len()))
            .and_then(|okm| okm.fill(out));
        debug_assert!(filled.is_ok(), "within HKDF's limit");
    }
}

/// The blinds of one opening: ρ_j is 512 bits of HMAC-SHA-512(key, call ‖ step ‖ j), reduced by the kernel, with a key of
/// 64 bytes from the receiver's seed.
///
/// The opening's id covers the commitment to the receiver's set in its order and all terms, so no ρ ever serves another
/// order, dataset or agreement, even if a seed did.
pub(crate) struct CallBlinds {
    key: hmac::Key,
    call: CallId,
}

impl CallBlinds {
    pub(crate) fn new(seed: &SessionSeed, call: CallId) -> Self {
        let key = seed.derive("hefu/3 receiver blinds", &[]);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA512, key.as_slice()),
            call,
        }
    }
}

impl Blinds for CallBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        let mut message = [0u8; 32 + 8 + 8];
        message[..32].copy_from_slice(&self.call.0);
        message[32..40].copy_from_slice(b"hefu/3 C");
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
