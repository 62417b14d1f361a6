//! Tags: what the sender hands out of its own set, sorted so that no order leaks. In the mode labels each has its sealed
//! label behind it; tag and label together are an entry.

use crate::wire::{Abort, Tags};
use crate::{Error, Root, RootBuilder, Terms, element_root};

/// Bytes of a tag: enough for |X|·|Y| up to 2^88 at a false match in 2^40.
pub const TAG_BYTES: usize = 16;

/// A tag.
pub type Tag = [u8; TAG_BYTES];

/// How entries lie on the wire.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// Bytes of an entry.
    pub(crate) entry: usize,
    /// Entries in a chunk, a power of two.
    pub(crate) chunk: usize,
}

impl Layout {
    pub(crate) fn of(terms: &Terms) -> Self {
        Self {
            entry: terms.entry_bytes(),
            chunk: terms.tags_in_chunk(),
        }
    }

    /// The height of a full chunk in the tree over all entries.
    pub(crate) fn height(self) -> u32 {
        self.chunk.trailing_zeros()
    }

    fn ascends(self, entries: &[u8]) -> bool {
        entries
            .chunks_exact(self.entry)
            .map(tag_of)
            .is_sorted_by(|a, b| a < b)
    }
}

/// A set's entries with their tags in strictly ascending order.
pub struct TagSet {
    entries: Vec<u8>,
    layout: Layout,
    root: Root,
}

impl TagSet {
    /// Sorts packed entries; `None` when two tags are equal, that is, when an element was entered twice.
    pub(crate) fn new(layout: Layout, mut entries: Vec<u8>) -> Option<Self> {
        if layout.entry == TAG_BYTES {
            entries.as_chunks_mut::<TAG_BYTES>().0.sort_unstable();
        } else {
            entries = sorted(layout, &entries);
        }
        layout.ascends(&entries).then(|| Self::of(layout, entries))
    }

    /// The set whose [`Self::as_bytes`] were kept, to send them again byte for byte; `root` was kept apart from them.
    ///
    /// # Errors
    /// When the bytes are not the set's under these terms.
    pub fn from_spooled(terms: &Terms, entries: Vec<u8>, root: &Root) -> Result<Self, Error> {
        let layout = Layout::of(terms);
        let whole = entries.len().is_multiple_of(layout.entry);
        Some(entries)
            .filter(|entries| whole && layout.ascends(entries))
            .map(|entries| Self::of(layout, entries))
            .filter(|set| set.root == *root)
            .ok_or(Error::Local { what: "spooled tags" })
    }

    fn of(layout: Layout, entries: Vec<u8>) -> Self {
        let mut root = RootBuilder::default();
        for chunk in entries.chunks(layout.chunk * layout.entry) {
            root.push(element_root(chunk, layout.entry), layout.height());
        }
        Self {
            entries,
            layout,
            root: root.finish(),
        }
    }

    /// All entries, packed. They are what goes over the wire, so they are no secret of this side's.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.entries
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() / self.layout.entry
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The chunks as they go over the wire.
    pub fn chunks(&self) -> impl Iterator<Item = Tags<'_>> {
        (0u32..)
            .zip(self.entries.chunks(self.layout.chunk * self.layout.entry))
            .map(|(chunk, entries)| Tags { chunk, entries })
    }

    /// The root over all entries.
    #[must_use]
    pub fn root(&self) -> Root {
        self.root
    }
}

/// Sorts the tags and takes the labels along: one copy at the end, however long they are.
fn sorted(layout: Layout, entries: &[u8]) -> Vec<u8> {
    let mut order: Vec<(Option<&Tag>, &[u8])> = entries
        .chunks_exact(layout.entry)
        .map(|entry| (tag_of(entry), entry))
        .collect();
    order.sort_unstable_by_key(|(tag, _)| *tag);
    let mut packed = Vec::with_capacity(entries.len());
    for (_, entry) in order {
        packed.extend_from_slice(entry);
    }
    packed
}

/// The tag of an entry.
fn tag_of(entry: &[u8]) -> Option<&Tag> {
    entry.first_chunk()
}

/// Reads a peer's entries in order: checks the chunks' numbers and sizes, and that the tags ascend strictly.
pub(crate) struct TagReader {
    layout: Layout,
    announced: u64,
    received: u64,
    chunk: u32,
    last: Option<Tag>,
    root: RootBuilder,
}

impl TagReader {
    pub(crate) fn new(layout: Layout, announced: u64) -> Self {
        Self {
            layout,
            announced,
            received: 0,
            chunk: 0,
            last: None,
            root: RootBuilder::default(),
        }
    }

    /// Tags that are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.announced - self.received
    }

    /// Checks one chunk and hands out its entries, each with its number over all chunks and its tag.
    pub(crate) fn read<'a>(
        &mut self,
        tags: &Tags<'a>,
    ) -> Result<impl Iterator<Item = (u32, &'a Tag, &'a [u8])> + use<'a>, Abort> {
        let Layout { entry, chunk } = self.layout;
        let due = self.remaining().min(chunk as u64);
        if tags.chunk != self.chunk || due == 0 || tags.entries.len() as u64 != due * entry as u64 {
            return Err(Abort::Chunk { expected: self.chunk });
        }
        let follows = self.last.as_ref() < tag_of(tags.entries);
        if !follows || !self.layout.ascends(tags.entries) {
            return Err(Abort::TagOrder { chunk: self.chunk });
        }
        let first = u32::try_from(self.received).unwrap_or(u32::MAX); // at most 2^30 are announced
        let entries = tags.entries.chunks_exact(entry);
        self.last = entries.clone().next_back().and_then(tag_of).copied();
        self.received += due;
        self.chunk += 1;
        self.root
            .push(element_root(tags.entries, entry), self.layout.height());
        Ok((first..)
            .zip(entries)
            .filter_map(|(number, entry)| Some((number, tag_of(entry)?, entry))))
    }

    /// The root over all entries, once all have come.
    pub(crate) fn finish(self) -> Result<Root, Abort> {
        if self.received != self.announced {
            return Err(Abort::Count {
                announced: self.announced,
                received: self.received,
            });
        }
        Ok(self.root.finish())
    }
}
