//! The receiver's states. Each is consumed on the way to the next, so no step can be taken twice or out of turn.

use hefu_curve::Pool;
use rand::{CryptoRng, RngExt};
use ring::signature::Ed25519KeyPair;
use zeroize::Zeroize;

use crate::keys::{BlindSeed, TagKeys, array};
use crate::proof::ChunkStatement;
use crate::receipt::{Side, sign_commit};
use crate::session::check_size;
use crate::suite::Packed;
use crate::tags::TagReader;
use crate::wire::{Abort, Accept, Blinded, Commit, Evaluated, Open, ReceiptMessage, Tags};
use crate::{
    CHUNK, ChunkProof, Elements, Error, InputCommitment, InputCommitter, Possession, Receipt, Root,
    RootBuilder, SessionId, SignedReceipt, Suite, Tag, Terms, element_root,
};

/// The height of a full chunk in the tree over all elements.
pub(crate) const CHUNK_HEIGHT: u32 = CHUNK.trailing_zeros();

/// The receiver has opened and waits for the sender's key.
pub struct AwaitAccept {
    terms: Terms,
    open: Open,
    set: Shuffled,
    input: InputCommitment,
}

/// A set in a random order, with the way back: no order of a file or a register leaks.
struct Shuffled {
    elements: Elements,
    /// For each position on the wire, the index the caller knows.
    order: Vec<u32>,
}

/// What holds for the whole session once the key is known.
struct Session<S: Suite> {
    terms: Terms,
    sid: SessionId,
    public: Vec<u8>,
    key: S::Point,
    sender_elements: u64,
    set: Shuffled,
    input: InputCommitment,
    blinds: BlindSeed,
}

/// The receiver blinds its elements, chunk by chunk.
pub struct Blinding<S: Suite> {
    session: Session<S>,
    hasher: S::Hasher,
    next: u32,
    root: RootBuilder,
    roots: Vec<Root>,
}

/// The receiver verifies evaluations and takes its blinds off.
pub struct Evaluating<S: Suite> {
    session: Session<S>,
    table: S::Table,
    keys: TagKeys,
    blinded: Root,
    /// Of each blinded chunk, so that what the caller hands back is what was sent.
    blinded_roots: Vec<Root>,
    evaluated: RootBuilder,
    next: u32,
    tags: Vec<(Tag, u32)>,
    scratch: Scratch<S>,
}

/// Reused from chunk to chunk.
struct Scratch<S: Suite> {
    blinded: S::Points,
    evaluated: S::Points,
    tokens: Vec<u8>,
}

/// All evaluations have verified; the receiver merges the sender's tags with its own.
pub struct Merging {
    terms: Terms,
    receipt: Receipt,
    order: Vec<u32>,
    input: InputCommitment,
    own: Vec<(Tag, u32)>,
    /// How far the merge has come in `own`.
    at: usize,
    reader: TagReader,
    matched: Vec<u32>,
}

/// The receiver has signed the receipt and waits for the sender's signature.
pub struct AwaitReceipt {
    terms: Terms,
    receipt: Receipt,
    by_receiver: [u8; 64],
    input: InputCommitment,
    matched: Vec<u32>,
}

/// The result.
pub struct Matches {
    /// The matched elements, as indices into the set that was handed in, ascending.
    pub indices: Vec<u32>,
    /// How many elements the sender has.
    pub sender_elements: u64,
    /// What both sides signed.
    pub receipt: SignedReceipt,
    /// What opens the commitment to the receiver's input in an audit.
    pub input: InputCommitment,
}

impl AwaitAccept {
    /// Opens a session over `elements`, which must be free of repeats.
    ///
    /// # Errors
    /// When the set is larger than agreed or of another width.
    pub fn open<S: Suite>(
        terms: Terms,
        elements: Elements,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Open), Error> {
        check_size(elements.len() as u64, terms.receiver_cap)?;
        if elements.width() != usize::from(terms.width) {
            return Err(Error::Local {
                what: "element width",
            });
        }
        let set = Shuffled::new(elements, rng);
        let mut committer = InputCommitter::new(set.elements.width(), rng);
        for chunk in set.elements.chunks(CHUNK) {
            committer.update(chunk);
        }
        let input = committer.finish();
        let mut nonce = [0u8; 32];
        rng.fill_bytes(&mut nonce);
        let open = terms.open::<S>(nonce, input.elements, input.root);
        Ok((
            Self {
                terms,
                open: open.clone(),
                set,
                input,
            },
            open,
        ))
    }

    /// Takes the sender's key. The caller has made sure that this key was never seen before.
    ///
    /// # Errors
    /// When the key is malformed, the identity or unproven, or the sender's set is larger than agreed.
    pub fn accept<S: Suite>(self, accept: &Accept, rng: &mut dyn CryptoRng) -> Result<Blinding<S>, Error> {
        check_size(accept.elements, self.terms.sender_cap)?;
        let sid = SessionId::new(&self.open, accept);
        let possession = Possession {
            challenge: accept.challenge.clone(),
            response: accept.response.clone(),
        };
        let key = possession
            .verify::<S>(&sid, &accept.public)
            .ok_or(Abort::PublicKey)?;
        let session = Session {
            terms: self.terms,
            sid,
            public: accept.public.clone(),
            key,
            sender_elements: accept.elements,
            set: self.set,
            input: self.input,
            blinds: BlindSeed::new(sid, rng),
        };
        let hasher = S::hasher(&sid.0);
        Ok(Blinding {
            session,
            hasher,
            next: 0,
            root: RootBuilder::default(),
            roots: Vec::new(),
        })
    }
}

impl Shuffled {
    /// Fisher and Yates, over the elements and the indices together.
    fn new(mut elements: Elements, rng: &mut dyn CryptoRng) -> Self {
        let mut order: Vec<u32> = (0..).take(elements.len()).collect();
        for i in (1..order.len()).rev() {
            let j = rng.random_range(0..=i);
            order.swap(i, j);
            elements.swap(i, j);
        }
        Self { elements, order }
    }
}

impl<S: Suite> Session<S> {
    fn chunks(&self) -> u32 {
        chunk_count(self.set.elements.len() as u64)
    }

    fn packed(&self, chunk: u32) -> Packed<'_> {
        let bytes = self.set.elements.slice(chunk as usize * CHUNK, CHUNK);
        Packed {
            bytes,
            width: self.set.elements.width(),
        }
    }
}

/// How many chunks `elements` elements make.
pub(crate) fn chunk_count(elements: u64) -> u32 {
    // At most 2^30 elements make 2^18 chunks.
    u32::try_from(elements.div_ceil(CHUNK as u64)).unwrap_or(u32::MAX)
}

impl<S: Suite> Blinding<S> {
    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> SessionId {
        self.session.sid
    }

    /// Blinds the next chunk into `out`; `None` when all are done. The caller sends the message and keeps its
    /// elements, which [`Evaluating::evaluated`] asks back.
    pub fn next<'a>(&mut self, pool: &Pool, out: &'a mut Vec<u8>) -> Option<Blinded<'a>> {
        if self.next >= self.session.chunks() {
            return None;
        }
        let chunk = self.next;
        let packed = self.session.packed(chunk);
        out.clear();
        out.resize(packed.bytes.len() / packed.width * S::ELEMENT, 0);
        S::blind(
            pool,
            &self.hasher,
            packed,
            &self.session.blinds,
            u64::from(chunk) * CHUNK as u64,
            out,
        );
        let root = element_root(out, S::ELEMENT);
        self.root.push(root, CHUNK_HEIGHT);
        self.roots.push(root);
        self.next += 1;
        Some(Blinded { chunk, elements: out })
    }

    /// Signs the root over everything sent.
    ///
    /// # Errors
    /// When chunks are still to be blinded.
    pub fn commit(self, key: &Ed25519KeyPair) -> Result<(Evaluating<S>, Commit), Error> {
        if self.next != self.session.chunks() {
            return Err(Error::Local {
                what: "unblinded chunks",
            });
        }
        let session = self.session;
        let blinded = self.root.finish();
        let commit = sign_commit(&session.sid, blinded, session.set.elements.len() as u64, key);
        let evaluating = Evaluating {
            table: S::table_of_doubled(&session.key),
            keys: TagKeys::new(&session.sid),
            blinded,
            blinded_roots: self.roots,
            evaluated: RootBuilder::default(),
            next: 0,
            tags: Vec::with_capacity(session.set.elements.len()),
            scratch: Scratch {
                blinded: S::Points::default(),
                evaluated: S::Points::default(),
                tokens: Vec::new(),
            },
            session,
        };
        Ok((evaluating, commit))
    }
}

impl<S: Suite> Evaluating<S> {
    /// Chunks whose evaluations are still to come.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        self.session.chunks() - self.next
    }

    /// Verifies a chunk of evaluations, takes the blinds off and keeps the tags. `blinded` are the packed elements that
    /// were sent as this chunk.
    ///
    /// # Errors
    /// When the chunk is out of turn, has a bad element, or its proof does not hold; or when `blinded` is not what was
    /// sent.
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
            sid: &self.session.sid,
            chunk,
            public: &self.session.public,
            blinded,
            evaluated: message.elements,
        };
        let proof = ChunkProof::from_bytes(message.proof);
        if !proof.verify::<S>(
            pool,
            &statement,
            &self.session.key,
            &scratch.blinded,
            &scratch.evaluated,
        ) {
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
        let packed = self.session.packed(chunk);
        let tokens = &mut self.scratch.tokens;
        tokens.resize(packed.bytes.len() / packed.width * S::ELEMENT, 0);
        S::unblind(
            pool,
            &self.scratch.evaluated,
            &self.table,
            &self.session.blinds,
            first,
            tokens,
        );
        let tags = self.keys.tags(pool, packed, tokens, S::ELEMENT);
        self.tags.extend(tags.into_iter().zip(chunk * CHUNK as u32..));
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
        let session = self.session;
        let receipt = Receipt {
            sid: session.sid,
            agreement: session.terms.agreement,
            receiver_elements: session.set.elements.len() as u64,
            sender_elements: session.sender_elements,
            blinded: self.blinded,
            evaluated: self.evaluated.finish(),
            tags: [0; 32],
        };
        Ok(Merging {
            terms: session.terms,
            receipt,
            order: session.set.order,
            input: session.input,
            own: self.tags,
            at: 0,
            reader: TagReader::new(session.sender_elements),
            matched: Vec::new(),
        })
    }
}

impl Merging {
    /// Merges a chunk of the sender's tags: both lists ascend, so one pass over each is enough.
    ///
    /// # Errors
    /// When the chunk is out of turn, has another size, or does not ascend strictly.
    pub fn tags(&mut self, message: &Tags<'_>) -> Result<(), Error> {
        for theirs in self.reader.read(message)? {
            while let Some((own, position)) = self.own.get(self.at) {
                if own > theirs {
                    break;
                }
                if own == theirs {
                    self.matched.extend(self.order.get(*position as usize));
                }
                self.at += 1;
            }
        }
        Ok(())
    }

    /// Signs the receipt, once all announced tags have come.
    ///
    /// # Errors
    /// When tags are missing.
    pub fn finish(mut self, key: &Ed25519KeyPair) -> Result<(AwaitReceipt, ReceiptMessage), Error> {
        self.receipt.tags = self.reader.finish()?;
        let message = self.receipt.sign(Side::Receiver, key);
        self.matched.sort_unstable();
        let next = AwaitReceipt {
            terms: self.terms,
            receipt: self.receipt,
            by_receiver: array(&message.signature),
            input: self.input,
            matched: self.matched,
        };
        Ok((next, message))
    }
}

impl AwaitReceipt {
    /// Takes the sender's signature and gives the result.
    ///
    /// # Errors
    /// When the sender signed something else.
    pub fn receipt(self, message: &ReceiptMessage) -> Result<Matches, Error> {
        let by_sender = self.receipt.check(Side::Sender, &self.terms.sender, message)?;
        Ok(Matches {
            indices: self.matched,
            sender_elements: self.receipt.sender_elements,
            receipt: SignedReceipt {
                receipt: self.receipt,
                by_receiver: self.by_receiver,
                by_sender,
            },
            input: self.input,
        })
    }
}
