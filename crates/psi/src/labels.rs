//! Labels: a few bytes that the sender hands out with an element, readable only by a receiver that has the element too.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::keys::LABEL_KEY_BYTES;
use crate::{SessionId, TAG_BYTES};

/// Bytes that sealing adds to a label.
pub(crate) const LABEL_OVERHEAD: usize = 16;

/// Opened labels of one size. They tell of persons: no `Debug`, and the memory is wiped when it is dropped.
pub struct Labels {
    size: usize,
    bytes: Zeroizing<Vec<u8>>,
}

impl Labels {
    pub(crate) fn with_capacity(size: usize, count: usize) -> Self {
        Self {
            size,
            bytes: Zeroizing::new(Vec::with_capacity(size * count)),
        }
    }

    pub(crate) fn push(&mut self, label: &[u8]) {
        self.bytes.extend_from_slice(label);
    }

    /// Bytes of a label; 0 in the mode members.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// One label; empty when there is none at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> &[u8] {
        self.bytes
            .get(index * self.size..(index + 1) * self.size)
            .unwrap_or_default()
    }
}

/// Writes tag ‖ sealed label into `entry`, which is as long as both.
pub(crate) fn seal(
    sid: &SessionId,
    key: &[u8; LABEL_KEY_BYTES],
    tag: &[u8; TAG_BYTES],
    label: &[u8],
    entry: &mut [u8],
) {
    let (head, sealed) = entry.split_at_mut(TAG_BYTES);
    let (text, seal) = sealed.split_at_mut(label.len());
    head.copy_from_slice(tag);
    text.copy_from_slice(label);
    // ring refuses only keys of another length and texts of 256 GiB.
    let sealed = cipher(key).and_then(|cipher| {
        let made = cipher.seal_in_place_separate_tag(nonce(), Aad::from(associated(sid, tag)), text)?;
        seal.copy_from_slice(made.as_ref());
        Ok(())
    });
    if sealed.is_err() {
        debug_assert!(false, "a key of 32 bytes seals a short text");
        text.fill(0);
    }
}

/// The label of tag ‖ sealed label; `None` when it was not sealed so.
pub(crate) fn open(sid: &SessionId, key: &[u8; LABEL_KEY_BYTES], entry: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, sealed) = entry.split_first_chunk::<TAG_BYTES>()?;
    let mut text = Zeroizing::new(sealed.to_vec());
    let length = cipher(key)
        .ok()?
        .open_in_place(nonce(), Aad::from(associated(sid, tag)), &mut text)
        .ok()?
        .len();
    text.truncate(length);
    Some(text)
}

fn cipher(key: &[u8; LABEL_KEY_BYTES]) -> Result<LessSafeKey, ring::error::Unspecified> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new)
}

/// Always zero: a key seals one label, for it derives from the session and the element, and the session's id covers the
/// commitment to the labels.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn associated(sid: &SessionId, tag: &[u8; TAG_BYTES]) -> [u8; 32 + TAG_BYTES] {
    let mut data = [0; 32 + TAG_BYTES];
    data[..32].copy_from_slice(&sid.0);
    data[32..].copy_from_slice(tag);
    data
}
