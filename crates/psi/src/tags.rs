//! Tags: what the sender hands out of its own set, sorted so that no order leaks.

use crate::wire::{Abort, Tags};
use crate::{RootBuilder, TAG_CHUNK, element_root};

/// Bytes of a tag: enough for |X|·|Y| up to 2^88 at a false match in 2^40.
pub const TAG_BYTES: usize = 16;

/// A tag.
pub type Tag = [u8; TAG_BYTES];

/// The height of a full tag chunk in the tree over all tags.
const TAG_CHUNK_HEIGHT: u32 = TAG_CHUNK.trailing_zeros();

/// A set's tags in strictly ascending order: 16 bytes an element.
pub struct TagSet(Vec<Tag>);

impl TagSet {
    /// Sorts the tags; `None` when two are equal, that is, when an element was entered twice.
    #[must_use]
    pub fn new(mut tags: Vec<Tag>) -> Option<Self> {
        tags.sort_unstable();
        tags.is_sorted_by(|a, b| a < b).then_some(Self(tags))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The chunks as they go over the wire.
    pub fn chunks(&self) -> impl Iterator<Item = Tags<'_>> {
        (0u32..)
            .zip(self.0.as_flattened().chunks(TAG_CHUNK * TAG_BYTES))
            .map(|(chunk, tags)| Tags { chunk, tags })
    }

    /// The root over all tags.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let mut root = RootBuilder::default();
        for tags in self.chunks() {
            root.push(element_root(tags.tags, TAG_BYTES), TAG_CHUNK_HEIGHT);
        }
        root.finish()
    }
}

/// Reads a peer's tags in order: checks the chunks' numbers and sizes, and that the tags ascend strictly.
pub(crate) struct TagReader {
    announced: u64,
    received: u64,
    chunk: u32,
    last: Option<Tag>,
    root: RootBuilder,
}

impl TagReader {
    pub(crate) fn new(announced: u64) -> Self {
        Self {
            announced,
            received: 0,
            chunk: 0,
            last: None,
            root: RootBuilder::default(),
        }
    }

    /// Checks one chunk and hands out its tags.
    pub(crate) fn read<'a>(&mut self, tags: &Tags<'a>) -> Result<&'a [Tag], Abort> {
        let expected = (self.announced - self.received).min(TAG_CHUNK as u64);
        let (packed, rest) = tags.tags.as_chunks::<TAG_BYTES>();
        if tags.chunk != self.chunk || !rest.is_empty() || packed.len() as u64 != expected || expected == 0 {
            return Err(Abort::Chunk { expected: self.chunk });
        }
        let ascending = packed.is_sorted_by(|a, b| a < b) && self.last.as_ref() < packed.first();
        if !ascending {
            return Err(Abort::TagOrder { chunk: self.chunk });
        }
        self.last = packed.last().copied();
        self.received += packed.len() as u64;
        self.chunk += 1;
        self.root
            .push(element_root(tags.tags, TAG_BYTES), TAG_CHUNK_HEIGHT);
        Ok(packed)
    }

    /// The root over all tags, once all have come.
    pub(crate) fn finish(self) -> Result<[u8; 32], Abort> {
        if self.received != self.announced {
            return Err(Abort::Count {
                announced: self.announced,
                received: self.received,
            });
        }
        Ok(self.root.finish())
    }
}
