//! The sender evaluates, and signs the receipt at the end.

use std::sync::Arc;

use hefu_curve::Pool;
use rand::CryptoRng;
use ring::signature::Ed25519KeyPair;

use super::Session;
use crate::proof::ChunkStatement;
use crate::receiver::{CHUNK_HEIGHT, chunk_count};
use crate::signing::Side;
use crate::wire::{Abort, Have, ReceiptMessage};
use crate::{
    ChunkProof, Error, LogHead, Receipt, Root, RootBuilder, SignedReceipt, Suite, TagSet, Terms, element_root,
};

/// The sender evaluates the chunks that it has collected.
pub struct Replying<S: Suite> {
    session: Arc<Session<S>>,
    halved: S::Scalar,
    blinded: Root,
    roots: Vec<Root>,
    next: u32,
    evaluated: RootBuilder,
    points: S::Points,
}

/// Everything is sent; the receiver's receipt is due.
pub struct ReceiptDue {
    terms: Terms,
    receipt: Receipt,
}

impl<S: Suite> Replying<S> {
    pub(super) fn new(session: Arc<Session<S>>, blinded: Root, roots: Vec<Root>) -> Self {
        Self {
            halved: S::halved(&session.key),
            session,
            blinded,
            roots,
            next: 0,
            evaluated: RootBuilder::default(),
            points: S::Points::default(),
        }
    }

    /// Chunks still to be evaluated.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        chunk_count(self.session.receiver_elements) - self.next
    }

    /// How many evaluated chunks the receiver says it holds of the `sent` ones that this side has on record; of those,
    /// none is evaluated again ([`Self::skip`]).
    ///
    /// # Errors
    /// When it claims more than it was sent, or tags without all chunks.
    pub fn held(&self, have: &Have, sent: u32) -> Result<u32, Error> {
        let chunks = chunk_count(self.session.receiver_elements);
        let most = sent.min(chunks);
        if have.chunks > most || (have.tags && have.chunks != chunks) {
            return Err(Abort::Chunk { expected: most }.into());
        }
        Ok(have.chunks)
    }

    /// Passes over the next chunk, which the receiver holds evaluated. `evaluated` is the root of what it was sent.
    ///
    /// # Errors
    /// When there is no such chunk.
    pub fn skip(&mut self, evaluated: Root) -> Result<(), Error> {
        if self.remaining() == 0 {
            return Err(Error::Local {
                what: "evaluated chunks",
            });
        }
        self.evaluated.push(evaluated, CHUNK_HEIGHT);
        self.next += 1;
        Ok(())
    }

    /// Evaluates the next chunk: `blinded` are its packed elements as they came. Gives the message: chunk number, proof,
    /// elements, in `out`; and the root of the elements, which must be durable before the message is sent.
    ///
    /// # Errors
    /// When an element is bad, or `blinded` is not what came; or when this machine's arithmetic fails.
    pub fn evaluate(
        &mut self,
        pool: &Pool,
        blinded: &[u8],
        rng: &mut dyn CryptoRng,
        out: &mut Vec<u8>,
    ) -> Result<Root, Error> {
        let chunk = self.next;
        if self.roots.get(chunk as usize) != Some(&element_root(blinded, S::ELEMENT)) {
            return Err(Error::Local {
                what: "blinded chunk",
            });
        }
        S::decode_batch(pool, blinded, &mut self.points).map_err(|e| Abort::BadElement {
            chunk,
            index: u32::try_from(e.index).unwrap_or(u32::MAX),
        })?;
        let header = 4 + S::proof_bytes();
        out.clear();
        out.resize(header + blinded.len(), 0);
        let (head, evaluated) = out.split_at_mut(header);
        S::multiply_batch(pool, &self.points, &self.halved, evaluated);
        let statement = ChunkStatement {
            sid: &self.session.sid,
            chunk,
            public: &self.session.public,
            blinded,
            evaluated,
        };
        let proof = ChunkProof::prove::<S>(pool, &statement, &self.points, &self.session.key, rng)?;
        let (number, proof_bytes) = head.split_at_mut(4);
        number.copy_from_slice(&chunk.to_be_bytes());
        proof_bytes.copy_from_slice(&proof.to_bytes());
        let root = element_root(evaluated, S::ELEMENT);
        self.evaluated.push(root, CHUNK_HEIGHT);
        self.next += 1;
        Ok(root)
    }

    /// Goes on to the receipt, once all chunks are evaluated and the tags are known. The session's key ends here.
    ///
    /// # Errors
    /// When chunks are still to be evaluated, or the tags are not as many as announced.
    pub fn finish(self, tags: &TagSet) -> Result<ReceiptDue, Error> {
        if self.remaining() != 0 || tags.len() as u64 != self.session.input.elements {
            return Err(Error::Local {
                what: "unfinished session",
            });
        }
        let receipt = Receipt {
            sid: self.session.sid,
            agreement: self.session.terms.agreement,
            receiver_elements: self.session.receiver_elements,
            sender_elements: self.session.input.elements,
            blinded: self.blinded,
            evaluated: self.evaluated.finish(),
            tags: tags.root(),
        };
        Ok(ReceiptDue {
            terms: self.session.terms.clone(),
            receipt,
        })
    }
}

impl ReceiptDue {
    /// Signs before the receiver does, where messages go by files and one crossing must be enough. What the receiver
    /// signs later, [`Receipt::conclude`] joins to it; nothing secret is needed for that any more.
    ///
    /// That the sender has answered, the receiver can then prove before it has signed the same. What the receiver has
    /// entered and asked, its [`crate::wire::Commit`] proves as ever.
    #[must_use]
    pub fn sign_ahead(self, key: &Ed25519KeyPair, head: LogHead) -> (Receipt, ReceiptMessage) {
        let message = self.receipt.sign(Side::Sender, head, key).message(&self.receipt);
        (self.receipt, message)
    }

    /// Checks the receiver's signature and answers with the own. `head` is the end of this side's own log.
    ///
    /// # Errors
    /// When the receiver signed something else.
    pub fn receipt(
        self,
        message: &ReceiptMessage,
        key: &Ed25519KeyPair,
        head: LogHead,
    ) -> Result<(SignedReceipt, ReceiptMessage), Error> {
        let by_receiver = self
            .receipt
            .check(Side::Receiver, &self.terms.receiver, message)?;
        let by_sender = self.receipt.sign(Side::Sender, head, key);
        let answer = by_sender.message(&self.receipt);
        Ok((SignedReceipt::new(self.receipt, by_receiver, by_sender), answer))
    }
}
