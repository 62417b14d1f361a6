//! The elements of a set: byte strings of one width, packed.

use zeroize::Zeroizing;

/// A set's elements, each an injective encoding padded to one width, without separators.
///
/// One width for all, so that hashing takes the same time for every kind of document. It has no `Debug`: elements hold
/// document numbers. The memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Elements {
    width: usize,
    bytes: Zeroizing<Vec<u8>>,
}

/// The packed bytes are not a whole number of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes are not a whole number of elements of {width} bytes (1 to 128)")]
pub struct ElementsError {
    /// Bytes handed in.
    pub length: usize,
    /// The width claimed.
    pub width: usize,
}

impl Elements {
    /// Packs `bytes` as elements of `width` bytes each.
    ///
    /// # Errors
    /// When the width is not from 1 to 128, or the length is not a multiple of it.
    pub fn new(width: usize, bytes: Vec<u8>) -> Result<Self, ElementsError> {
        if !(1..=128).contains(&width) || !bytes.len().is_multiple_of(width) {
            return Err(ElementsError {
                length: bytes.len(),
                width,
            });
        }
        Ok(Self {
            width,
            bytes: Zeroizing::new(bytes),
        })
    }

    /// Bytes of one element.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One element; empty when there is none at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> &[u8] {
        self.bytes
            .get(index * self.width..(index + 1) * self.width)
            .unwrap_or_default()
    }

    /// The packed elements in chunks of `count` elements.
    pub fn chunks(&self, count: usize) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.width * count.max(1))
    }

    /// The packed elements from `first`, at most `count` of them.
    pub(crate) fn slice(&self, first: usize, count: usize) -> &[u8] {
        let end = (first + count).min(self.len());
        self.bytes
            .get(first * self.width..end * self.width)
            .unwrap_or_default()
    }

    pub(crate) fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        let (low, high) = (a.min(b) * self.width, a.max(b) * self.width);
        let (head, tail) = self.bytes.split_at_mut(high);
        head[low..low + self.width].swap_with_slice(&mut tail[..self.width]);
    }
}
