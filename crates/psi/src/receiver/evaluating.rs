//! The receiver verifies evaluations and takes its blinds off.

use hefu_curve::Pool;
use zeroize::{Zeroize, Zeroizing};

use super::{Accepted, CHUNK_HEIGHT, Entered, Merging};
use crate::keys::{LABEL_KEY_BYTES, TagKeys, array};
use crate::proof::ChunkStatement;
use crate::suite::Packed;
use crate::wire::{Abort, Evaluated};
use crate::{
    CHUNK, ChunkProof, Error, Mode, Receipt, Root, RootBuilder, Suite, TAG_BYTES, Tag, element_root,
};

/// The receiver verifies evaluations and takes its blinds off.
pub struct Evaluating<S: Suite> {
    entered: Entered,
    accepted: Accepted<S>,
    table: S::Table,
    keys: TagKeys,
    blinded: Root,
    /// Of each blinded chunk, so that what the caller hands back is what was sent.
    blinded_roots: Vec<Root>,
    evaluated: RootBuilder,
    next: u32,
    tags: Vec<(Tag, u32)>,
    /// In the mode labels, the key of each position's label, packed.
    label_keys: Zeroizing<Vec<u8>>,
    scratch: Scratch<S>,
}

/// Reused from chunk to chunk.
struct Scratch<S: Suite> {
    blinded: S::Points,
    evaluated: S::Points,
    tokens: Vec<u8>,
}

impl<S: Suite> Evaluating<S> {
    pub(super) fn new(
        entered: Entered,
        accepted: Accepted<S>,
        blinded: Root,
        blinded_roots: Vec<Root>,
    ) -> Self {
        let elements = entered.set.elements.len();
        let labels = match entered.terms.mode {
            Mode::Members => 0,
            Mode::Labels => elements,
        };
        Self {
            table: S::table_of_doubled(&accepted.key),
            keys: TagKeys::new(&accepted.sid),
            blinded,
            blinded_roots,
            evaluated: RootBuilder::default(),
            next: 0,
            tags: Vec::with_capacity(elements),
            label_keys: Zeroizing::new(Vec::with_capacity(labels * LABEL_KEY_BYTES)),
            scratch: Scratch {
                blinded: S::Points::default(),
                evaluated: S::Points::default(),
                tokens: Vec::new(),
            },
            entered,
            accepted,
        }
    }

    /// Chunks whose evaluations are still to come.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        self.entered.chunks() - self.next
    }

    /// Verifies a chunk of evaluations, new or spooled, takes the blinds off and keeps the tags. `blinded` are the packed elements that
    /// were sent as this chunk.
    ///
    /// # Errors
    /// When the chunk is out of turn, has a bad element, or its proof does not hold; when `blinded` is not what was sent;
    /// or when this machine's arithmetic fails.
    pub fn evaluated(&mut self, pool: &Pool, message: &Evaluated<'_>, blinded: &[u8]) -> Result<(), Error> {
        let chunk = self.next;
        if message.chunk != chunk || self.remaining() == 0 {
            return Err(Abort::Chunk { expected: chunk }.into());
        }
        // The own spool first: a chunk lost from it must not be laid at the sender's door.
        if self.blinded_roots.get(chunk as usize) != Some(&element_root(blinded, S::ELEMENT)) {
            return Err(Error::Local {
                what: "blinded chunk",
            });
        }
        if message.elements.len() != blinded.len() {
            return Err(Abort::Chunk { expected: chunk }.into());
        }
        let bad = |index: usize| Abort::BadElement {
            chunk,
            index: u32::try_from(index).unwrap_or(u32::MAX),
        };
        let scratch = &mut self.scratch;
        S::decode_batch(pool, blinded, &mut scratch.blinded).map_err(|_| Error::Local {
            what: "blinded chunk",
        })?;
        S::decode_batch(pool, message.elements, &mut scratch.evaluated).map_err(|e| bad(e.index))?;
        let statement = ChunkStatement {
            sid: &self.accepted.sid,
            chunk,
            public: &self.accepted.public,
            blinded,
            evaluated: message.elements,
        };
        let proof = ChunkProof::from_bytes(message.proof);
        if !proof.verify::<S>(
            pool,
            &statement,
            &self.accepted.key,
            &scratch.blinded,
            &scratch.evaluated,
        )? {
            return Err(Abort::Proof { chunk }.into());
        }
        self.keep_tags(pool, chunk);
        self.evaluated
            .push(element_root(message.elements, S::ELEMENT), CHUNK_HEIGHT);
        self.next += 1;
        Ok(())
    }

    fn keep_tags(&mut self, pool: &Pool, chunk: u32) {
        let first = u64::from(chunk) * CHUNK as u64;
        let packed = self.entered.packed(chunk);
        let tokens = &mut self.scratch.tokens;
        tokens.resize(packed.bytes.len() / packed.width * S::ELEMENT, 0);
        S::unblind(
            pool,
            &self.scratch.evaluated,
            &self.table,
            &self.entered.blinds,
            first,
            tokens,
        );
        let positions = chunk * CHUNK as u32..;
        match self.entered.terms.mode {
            Mode::Members => {
                let tags = self.keys.tags(pool, packed, tokens, S::ELEMENT);
                self.tags.extend(tags.into_iter().zip(positions));
            }
            Mode::Labels => {
                let derived = tags_and_label_keys(&self.keys, pool, packed, tokens, S::ELEMENT);
                for (derived, position) in derived.as_chunks::<DERIVED>().0.iter().zip(positions) {
                    let (tag, key) = derived.split_at(TAG_BYTES);
                    self.tags.push((array(tag), position));
                    self.label_keys.extend_from_slice(key);
                }
            }
        }
        tokens.zeroize();
    }

    /// Goes on to the tags, once every chunk has verified. Only now may anything derived from a token leave.
    ///
    /// # Errors
    /// When chunks are missing, or an element of the own set stands in it twice.
    pub fn finish(mut self) -> Result<Merging, Error> {
        if self.remaining() != 0 {
            return Err(Abort::Chunk { expected: self.next }.into());
        }
        self.tags.sort_unstable();
        if !self.tags.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(Error::Local {
                what: "an element entered twice",
            });
        }
        let (entered, accepted) = (self.entered, self.accepted);
        let receipt = Receipt {
            sid: accepted.sid,
            agreement: entered.terms.agreement,
            receiver_elements: entered.set.elements.len() as u64,
            sender_elements: accepted.sender_elements,
            blinded: self.blinded,
            evaluated: self.evaluated.finish(),
            tags: [0; 32],
        };
        Ok(Merging::new(entered, receipt, self.tags, self.label_keys))
    }
}

/// A tag and the key of its label.
const DERIVED: usize = TAG_BYTES + LABEL_KEY_BYTES;

fn tags_and_label_keys(
    keys: &TagKeys,
    pool: &Pool,
    elements: Packed<'_>,
    tokens: &[u8],
    token: usize,
) -> Zeroizing<Vec<u8>> {
    let count = elements.bytes.len() / elements.width.max(1);
    let mut out = Zeroizing::new(vec![0; count * DERIVED]);
    let tokens = Packed {
        bytes: tokens,
        width: token,
    };
    keys.each(pool, elements, tokens, &mut out, DERIVED, |_, derived, out| {
        let (tag, key) = out.split_at_mut(TAG_BYTES);
        tag.copy_from_slice(&derived.tag());
        key.copy_from_slice(derived.label_key().as_slice());
    });
    out
}
