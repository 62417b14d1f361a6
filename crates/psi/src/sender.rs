//! The sender's states. Collecting the receiver's chunks and tagging the own set need each other's results only at the
//! end, so they are two values that the caller may drive side by side.

use hefu_curve::Pool;
use rand::CryptoRng;
use ring::signature::Ed25519KeyPair;
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::commitment::InputCommitter;
use crate::keys::{TagKeys, array};
use crate::proof::ChunkStatement;
use crate::receipt::{Side, check_commit};
use crate::receiver::{CHUNK_HEIGHT, chunk_count};
use crate::session::check_size;
use crate::suite::Packed;
use crate::wire::{Abort, Accept, Blinded, Commit, Open, ReceiptMessage};
use crate::{
    CHUNK, ChunkProof, Error, InputCommitment, Possession, Receipt, Root, RootBuilder, SessionId,
    SignedReceipt, Suite, Tag, TagSet, Terms, element_root,
};

/// An opening that agrees with the terms; nothing has been computed yet, so the announced size can be debited now.
pub struct Incoming {
    terms: Terms,
    open: Open,
}

/// The session's key and what both halves of the sender need.
struct Session<S: Suite> {
    terms: Terms,
    sid: SessionId,
    key: S::Scalar,
    public: Vec<u8>,
    receiver_elements: u64,
    input: InputCommitment,
}

/// The sender takes the receiver's blinded chunks. It answers none before the receiver has signed for all.
pub struct Collecting<S: Suite> {
    session: Arc<Session<S>>,
    roots: Vec<Root>,
    root: RootBuilder,
    received: u64,
}

/// The sender tags its own set, chunk by chunk.
pub struct Tagging<S: Suite> {
    session: Arc<Session<S>>,
    hasher: S::Hasher,
    keys: TagKeys,
    doubled: S::Scalar,
    committer: InputCommitter,
    points: Zeroizing<Vec<u8>>,
    tags: Vec<Tag>,
}

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

impl Incoming {
    /// Checks a receiver's opening against the terms of the agreement it names.
    ///
    /// # Errors
    /// Whatever is unequal, by name; a set larger than agreed.
    pub fn new<S: Suite>(terms: Terms, open: Open) -> Result<Self, Error> {
        terms.check_open::<S>(&open)?;
        Ok(Self { terms, open })
    }

    /// |X| as announced: what a budget is debited by.
    #[must_use]
    pub fn announced(&self) -> u64 {
        self.open.elements
    }

    /// Accepts with a fresh key. `input` commits to the own set, which [`Tagging`] will be handed.
    ///
    /// # Errors
    /// When the own set is larger than agreed.
    pub fn accept<S: Suite>(
        self,
        input: InputCommitment,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Collecting<S>, Tagging<S>, Accept), Error> {
        if input.elements > self.terms.sender_cap {
            return Err(Error::Local {
                what: "own set larger than agreed",
            });
        }
        check_size(input.elements, self.terms.sender_cap)?;
        let key = S::random(rng);
        let mut nonce = [0u8; 32];
        rng.fill_bytes(&mut nonce);
        let mut accept = Accept {
            nonce,
            public: S::encode(&S::multiply(&S::generator(), &key)),
            elements: input.elements,
            input: input.root,
            challenge: Vec::new(),
            response: Vec::new(),
        };
        let sid = SessionId::new(&self.open, &accept);
        let possession = Possession::prove::<S>(&sid, &key, &accept.public, rng);
        accept.challenge = possession.challenge;
        accept.response = possession.response;
        let session = Arc::new(Session {
            terms: self.terms,
            sid,
            key,
            public: accept.public.clone(),
            receiver_elements: self.open.elements,
            input,
        });
        Ok((
            Collecting::new(Arc::clone(&session)),
            Tagging::new(session),
            accept,
        ))
    }
}

impl<S: Suite> Collecting<S> {
    fn new(session: Arc<Session<S>>) -> Self {
        Self {
            session,
            roots: Vec::new(),
            root: RootBuilder::default(),
            received: 0,
        }
    }

    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> SessionId {
        self.session.sid
    }

    /// Takes the next chunk. The caller keeps its elements, which [`Replying::evaluate`] asks back.
    ///
    /// # Errors
    /// When the chunk is out of turn or has another size than announced.
    pub fn blinded(&mut self, message: &Blinded<'_>) -> Result<(), Error> {
        let expected = u32::try_from(self.roots.len()).unwrap_or(u32::MAX);
        let size = (self.session.receiver_elements - self.received).min(CHUNK as u64);
        if message.chunk != expected || size == 0 || message.elements.len() as u64 != size * S::ELEMENT as u64
        {
            return Err(Abort::Chunk { expected }.into());
        }
        let root = element_root(message.elements, S::ELEMENT);
        self.root.push(root, CHUNK_HEIGHT);
        self.roots.push(root);
        self.received += size;
        Ok(())
    }

    /// Takes the receiver's signature over all it has sent.
    ///
    /// # Errors
    /// When chunks are missing, or the signed root is not theirs.
    pub fn commit(self, commit: &Commit) -> Result<Replying<S>, Error> {
        let announced = self.session.receiver_elements;
        if self.received != announced || commit.elements != announced {
            return Err(Abort::Count {
                announced,
                received: self.received.min(commit.elements),
            }
            .into());
        }
        let blinded = self.root.finish();
        if commit.root != blinded || !check_commit(&self.session.sid, commit, &self.session.terms.receiver) {
            return Err(Abort::Root.into());
        }
        Ok(Replying {
            halved: S::halved(&self.session.key),
            session: self.session,
            blinded,
            roots: self.roots,
            next: 0,
            evaluated: RootBuilder::default(),
            points: S::Points::default(),
        })
    }
}

impl<S: Suite> Tagging<S> {
    fn new(session: Arc<Session<S>>) -> Self {
        let width = usize::from(session.terms.width);
        Self {
            hasher: S::hasher(&session.sid.0),
            keys: TagKeys::new(&session.sid),
            doubled: S::doubled(&session.key),
            committer: InputCommitter::with_salt(width, Zeroizing::new(*session.input.salt())),
            points: Zeroizing::new(Vec::new()),
            tags: Vec::with_capacity(usize::try_from(session.input.elements).unwrap_or(0)),
            session,
        }
    }

    /// Tags packed elements; at most [`CHUNK`] at a time keeps the memory small.
    pub fn tag(&mut self, pool: &Pool, packed: &[u8]) {
        let width = usize::from(self.session.terms.width);
        let packed = Packed { bytes: packed, width };
        self.committer.update(packed.bytes);
        self.points
            .resize(packed.bytes.len() / width.max(1) * S::ELEMENT, 0);
        S::hash_multiply(pool, &self.hasher, packed, &self.doubled, &mut self.points);
        self.tags
            .extend(self.keys.tags(pool, packed, &self.points, S::ELEMENT));
    }

    /// Sorts the tags, once the whole set that was committed to has been handed in.
    ///
    /// # Errors
    /// When the set is another than the one committed to, or has an element twice.
    pub fn finish(self) -> Result<TagSet, Error> {
        if self.committer.finish().root != self.session.input.root {
            return Err(Error::Local { what: "own set" });
        }
        TagSet::new(self.tags).ok_or(Error::Local {
            what: "an element entered twice",
        })
    }
}

impl<S: Suite> Replying<S> {
    /// Chunks still to be evaluated.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        chunk_count(self.session.receiver_elements) - self.next
    }

    /// Evaluates the next chunk: `blinded` are its packed elements as they came. Gives the message: chunk number, proof,
    /// elements, in `out`.
    ///
    /// # Errors
    /// When an element is bad, or `blinded` is not what came.
    pub fn evaluate(
        &mut self,
        pool: &Pool,
        blinded: &[u8],
        rng: &mut dyn CryptoRng,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
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
        let proof = ChunkProof::prove::<S>(pool, &statement, &self.points, &self.session.key, rng);
        let (number, proof_bytes) = head.split_at_mut(4);
        number.copy_from_slice(&chunk.to_be_bytes());
        proof_bytes.copy_from_slice(&proof.to_bytes());
        self.evaluated
            .push(element_root(evaluated, S::ELEMENT), CHUNK_HEIGHT);
        self.next += 1;
        Ok(())
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
    /// Checks the receiver's signature and answers with the own.
    ///
    /// # Errors
    /// When the receiver signed something else.
    pub fn receipt(
        self,
        message: &ReceiptMessage,
        key: &Ed25519KeyPair,
    ) -> Result<(SignedReceipt, ReceiptMessage), Error> {
        let by_receiver = self
            .receipt
            .check(Side::Receiver, &self.terms.receiver, message)?;
        let answer = self.receipt.sign(Side::Sender, key);
        let signed = SignedReceipt {
            receipt: self.receipt,
            by_receiver,
            by_sender: array(&answer.signature),
        };
        Ok((signed, answer))
    }
}
