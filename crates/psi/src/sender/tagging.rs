//! The sender tags its own set.

use std::sync::Arc;

use hefu_curve::Pool;
use zeroize::Zeroizing;

use super::Session;
use crate::commitment::InputCommitter;
use crate::keys::TagKeys;
use crate::suite::Packed;
use crate::tags::Layout;
use crate::{Error, Mode, Suite, TagSet, Terms, labels};

/// The sender tags its own set, chunk by chunk.
pub struct Tagging<S: Suite> {
    session: Arc<Session<S>>,
    hasher: S::Hasher,
    keys: TagKeys,
    doubled: S::Scalar,
    committer: InputCommitter,
    points: Zeroizing<Vec<u8>>,
    layout: Layout,
    entries: Vec<u8>,
}

impl<S: Suite> Tagging<S> {
    pub(super) fn new(session: Arc<Session<S>>) -> Self {
        let layout = Layout::of(&session.terms);
        let elements = usize::try_from(session.input.elements).unwrap_or(0);
        Self {
            hasher: S::hasher(&session.call.0),
            keys: TagKeys::new(&session.sid),
            doubled: S::doubled(&session.key),
            committer: InputCommitter::again(&session.terms, &session.input),
            points: Zeroizing::new(Vec::new()),
            layout,
            entries: Vec::with_capacity(elements * layout.entry),
            session,
        }
    }

    /// Tags packed elements and seals their packed labels, which are empty in the mode members; at most [`crate::CHUNK`] at a
    /// time keeps the memory small.
    ///
    /// # Errors
    /// When there is not one label for each element.
    pub fn tag(&mut self, pool: &Pool, packed: &[u8], labels: &[u8]) -> Result<(), Error> {
        let Terms {
            mode, width, label, ..
        } = self.session.terms;
        let (width, label) = (usize::from(width).max(1), usize::from(label));
        let elements = Packed { bytes: packed, width };
        let count = packed.len() / width;
        if labels.len() != count * label {
            return Err(Error::Local { what: "labels" });
        }
        self.committer.update(packed, labels);
        self.points.resize(count * S::ELEMENT, 0);
        S::hash_multiply(pool, &self.hasher, elements, &self.doubled, &mut self.points);
        let tokens = Packed {
            bytes: &self.points,
            width: S::ELEMENT,
        };
        let (done, entry) = (self.entries.len(), self.layout.entry);
        self.entries.resize(done + count * entry, 0);
        let out = self.entries.get_mut(done..).unwrap_or_default();
        match mode {
            Mode::Members => self
                .keys
                .each(pool, elements, tokens, out, entry, |_, derived, out| {
                    out.copy_from_slice(&derived.tag());
                }),
            Mode::Labels => self
                .keys
                .each(pool, elements, tokens, out, entry, |index, derived, out| {
                    let label = labels.get(index * label..(index + 1) * label).unwrap_or_default();
                    labels::seal(
                        &self.session.sid,
                        &derived.label_key(),
                        &derived.tag(),
                        label,
                        out,
                    );
                }),
        }
        Ok(())
    }

    /// Sorts the tags, once the whole set that was committed to has been handed in.
    ///
    /// # Errors
    /// When set or labels are others than those committed to, or an element stands in the set twice.
    pub fn finish(self) -> Result<TagSet, Error> {
        if self.committer.finish().root != self.session.input.root {
            return Err(Error::Local { what: "own set" });
        }
        TagSet::new(self.layout, self.entries).ok_or(Error::Local {
            what: "an element entered twice",
        })
    }
}
