//! The sender's states. Collecting the receiver's chunks and tagging the own set need each other's results only at the
//! end, so they are two values that the caller may drive side by side.
//!
//! All of them follow from the seed, the set and the receiver's messages: to resume, a sender goes through them again.

use hefu_curve::Pool;
use rand::CryptoRng;
use ring::signature::Ed25519KeyPair;
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::commitment::InputCommitter;
use crate::keys::TagKeys;
use crate::proof::ChunkStatement;
use crate::receiver::{CHUNK_HEIGHT, chunk_count};
use crate::session::check_size;
use crate::signing::{Side, check_commit, sign_accept};
use crate::suite::Packed;
use crate::tags::Layout;
use crate::wire::{Abort, Accept, Blinded, Commit, Have, Open, ReceiptMessage};
use crate::{
    CHUNK, ChunkProof, Error, InputCommitment, LogHead, Mode, Possession, Receipt, Root, RootBuilder,
    SessionId, SessionSeed, SignedReceipt, Suite, TagSet, Terms, element_root, labels,
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
    /// Of the chunks that were on record before the line was cut.
    recorded: Vec<Root>,
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
    layout: Layout,
    entries: Vec<u8>,
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
        terms.check()?;
        terms.check_open::<S>(&open)?;
        Ok(Self { terms, open })
    }

    /// |X| as announced: what a budget is debited by.
    #[must_use]
    pub fn announced(&self) -> u64 {
        self.open.elements
    }

    /// Accepts. `input` commits to the own set, which [`Tagging`] will be handed. The same seed, opening and set give the
    /// same acceptance.
    ///
    /// The key derives from the seed, the whole opening and the commitment: whatever a receiver changes in its opening,
    /// and whatever changes here, gives another key.
    ///
    /// # Errors
    /// When the own set is larger than agreed.
    pub fn accept<S: Suite>(
        self,
        input: InputCommitment,
        seed: &SessionSeed,
        node_key: &Ed25519KeyPair,
    ) -> Result<(Collecting<S>, Tagging<S>, Accept), Error> {
        if input.elements > self.terms.sender_cap {
            return Err(Error::Local {
                what: "own set larger than agreed",
            });
        }
        check_size(input.elements, self.terms.sender_cap)?;
        let opening = self.open.encode();
        let key = S::reduce(&seed.derive("hefu/2 sender key", &[&opening, &input.root]));
        let mut accept = Accept {
            nonce: *seed.derive_short("hefu/2 sender nonce", &[&opening, &input.root]),
            public: S::encode(&S::multiply(&S::generator(), &key)),
            elements: input.elements,
            input: input.root,
            challenge: Vec::new(),
            response: Vec::new(),
            signature: Vec::new(),
        };
        let sid = SessionId::new(&self.open, &accept);
        let possession = Possession::prove::<S>(&sid, &key, &accept.public, seed);
        accept.challenge = possession.challenge;
        accept.response = possession.response;
        accept.signature = sign_accept(&sid, node_key);
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
            recorded: Vec::new(),
            root: RootBuilder::default(),
            received: 0,
        }
    }

    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> SessionId {
        self.session.sid
    }

    /// The roots of chunks that are on record from before the line was cut, from the first: chunks that come again must
    /// have the same.
    pub fn expect(&mut self, recorded: Vec<Root>) {
        self.recorded = recorded;
    }

    /// Takes the next chunk, new or spooled. The caller keeps its elements, which [`Replying::evaluate`] asks back.
    /// Whether each is a sound element shows only there: nothing is computed for a receiver that has not signed.
    ///
    /// # Errors
    /// When the chunk is out of turn, has another size than announced, or is another than it was before.
    pub fn blinded(&mut self, message: &Blinded<'_>) -> Result<(), Error> {
        let expected = u32::try_from(self.roots.len()).unwrap_or(u32::MAX);
        let size = (self.session.receiver_elements - self.received).min(CHUNK as u64);
        if message.chunk != expected || size == 0 || message.elements.len() as u64 != size * S::ELEMENT as u64
        {
            return Err(Abort::Chunk { expected }.into());
        }
        let root = element_root(message.elements, S::ELEMENT);
        if self
            .recorded
            .get(self.roots.len())
            .is_some_and(|before| *before != root)
        {
            return Err(Abort::ChunkChanged { chunk: expected }.into());
        }
        self.root.push(root, CHUNK_HEIGHT);
        self.roots.push(root);
        self.received += size;
        Ok(())
    }

    /// The roots of the chunks taken so far. Each must be durable before the first evaluation.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
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
        let layout = Layout::of(&session.terms);
        let elements = usize::try_from(session.input.elements).unwrap_or(0);
        Self {
            hasher: S::hasher(&session.sid.0),
            keys: TagKeys::new(&session.sid),
            doubled: S::doubled(&session.key),
            committer: InputCommitter::again(&session.terms, &session.input),
            points: Zeroizing::new(Vec::new()),
            layout,
            entries: Vec::with_capacity(elements * layout.entry),
            session,
        }
    }

    /// Tags packed elements and seals their packed labels, which are empty in the mode members; at most [`CHUNK`] at a
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

impl<S: Suite> Replying<S> {
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
    /// When an element is bad, or `blinded` is not what came.
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
        let proof = ChunkProof::prove::<S>(pool, &statement, &self.points, &self.session.key, rng);
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
