//! The receiver merges the sender's tags with its own.

use ring::signature::Ed25519KeyPair;
use zeroize::Zeroizing;

use super::Entered;
use super::waiting::{AwaitReceipt, Matched, SealedLabel};
use crate::keys::LABEL_KEY_BYTES;
use crate::signing::Side;
use crate::tags::{Layout, TagReader};
use crate::wire::{ReceiptMessage, Tags};
use crate::{CallId, Error, InputCommitment, LogHead, Place, Receipt, Tag, Terms};

/// All evaluations have verified; the receiver merges the sender's tags with its own.
pub struct Merging {
    terms: Terms,
    call: CallId,
    receipt: Receipt,
    order: Vec<u32>,
    input: InputCommitment,
    own: Vec<(Tag, u32)>,
    /// In the mode labels, the key of each position's label, packed.
    label_keys: Zeroizing<Vec<u8>>,
    /// How far the merge has come in `own`.
    at: usize,
    reader: TagReader,
    matched: Vec<Matched>,
}

impl Merging {
    pub(super) fn new(
        entered: Entered,
        receipt: Receipt,
        own: Vec<(Tag, u32)>,
        label_keys: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self {
            reader: TagReader::new(Layout::of(&entered.terms), receipt.sender_elements),
            terms: entered.terms,
            call: entered.call,
            receipt,
            order: entered.set.order,
            input: entered.input,
            own,
            label_keys,
            at: 0,
            matched: Vec::new(),
        }
    }

    /// Tags that are still to come.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.reader.remaining()
    }

    /// Merges a chunk of the sender's tags: both lists ascend, so one pass over each is enough. Labels stay sealed until
    /// the receipts are exchanged.
    ///
    /// # Errors
    /// When the chunk is out of turn, has another size, or does not ascend strictly.
    pub fn tags(&mut self, message: &Tags<'_>) -> Result<(), Error> {
        for (entry, theirs, bytes) in self.reader.read(message)? {
            while let Some((own, position)) = self.own.get(self.at).copied() {
                if own > *theirs {
                    break;
                }
                if own == *theirs {
                    self.keep(Place { position, entry }, bytes);
                }
                self.at += 1;
            }
        }
        Ok(())
    }

    fn keep(&mut self, place: Place, entry: &[u8]) {
        let position = place.position as usize;
        let label = self
            .label_keys
            .as_chunks::<LABEL_KEY_BYTES>()
            .0
            .get(position)
            .map(|key| SealedLabel {
                key: Zeroizing::new(*key),
                entry: entry.to_vec(),
            });
        if let Some(index) = self.order.get(position) {
            self.matched.push(Matched {
                index: *index,
                place,
                label: label.map(Box::new),
            });
        }
    }

    /// Signs the receipt, once all announced tags have come. `head` is the end of this side's own log.
    ///
    /// # Errors
    /// When tags are missing.
    pub fn finish(
        mut self,
        key: &Ed25519KeyPair,
        head: LogHead,
    ) -> Result<(AwaitReceipt, ReceiptMessage), Error> {
        self.receipt.tags = self.reader.finish()?;
        self.matched.sort_unstable_by_key(|matched| matched.index);
        let signed = self.receipt.sign(Side::Receiver, head, key);
        let message = signed.message(&self.receipt);
        let next = AwaitReceipt::new(
            self.terms,
            self.call,
            self.receipt,
            signed,
            self.input,
            self.matched,
        );
        Ok((next, message))
    }
}
