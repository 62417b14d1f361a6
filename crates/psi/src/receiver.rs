//! The receiver's states. Each is consumed on the way to the next, so no step can be taken twice or out of turn.
//!
//! What a receiver sends follows from its seed and its set alone, and it can send all of it before anybody has answered
//! the opening; what it learns follows from the sender's messages too. To resume, it goes through its states again.

mod evaluating;
mod merging;
mod waiting;

use std::marker::PhantomData;

use hefu_curve::Pool;
use ring::signature::Ed25519KeyPair;

pub use evaluating::Evaluating;
pub use merging::Merging;
pub use waiting::{AwaitReceipt, Matches};

use crate::keys::CallBlinds;
use crate::seed::Draws;
use crate::session::check_size;
use crate::signing::{check_accept, sign_commit};
use crate::suite::Packed;
use crate::wire::{Abort, Accept, Blinded, Commit, Have, Open};
use crate::{
    CHUNK, CallId, Elements, Error, InputCommitment, InputCommitter, Possession, Root, RootBuilder,
    SessionId, SessionSeed, Suite, Terms, element_root,
};

/// The height of a full chunk in the tree over all elements.
pub(crate) const CHUNK_HEIGHT: u32 = CHUNK.trailing_zeros();

/// What the receiver opens with. It has no secrets; the sender's acceptance is checked against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    terms: Terms,
    open: Open,
    call: CallId,
}

/// The sender's key, proven and signed for one opening.
pub struct Accepted<S: Suite> {
    call: CallId,
    sid: SessionId,
    public: Vec<u8>,
    key: S::Point,
    sender_elements: u64,
}

/// A set in a random order, with the way back: no order of a file or a register leaks.
struct Shuffled {
    elements: Elements,
    /// For each position on the wire, the index the caller knows.
    order: Vec<u32>,
}

/// What the receiver has entered.
struct Entered {
    terms: Terms,
    call: CallId,
    set: Shuffled,
    input: InputCommitment,
    blinds: CallBlinds,
}

/// The receiver blinds its elements, chunk by chunk.
pub struct Blinding<S: Suite> {
    entered: Entered,
    hasher: S::Hasher,
    root: RootBuilder,
    roots: Vec<Root>,
}

/// Everything is blinded and signed for; the sender's key may come now, or has come already.
pub struct Committed<S: Suite> {
    entered: Entered,
    blinded: Root,
    roots: Vec<Root>,
    suite: PhantomData<S>,
}

impl Opening {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &Open {
        &self.open
    }

    /// Its id.
    #[must_use]
    pub fn call(&self) -> CallId {
        self.call
    }

    /// Takes the sender's key. The caller makes sure that this key was never seen before but in this session, and that an
    /// opening is accepted once: a second, other acceptance of it must not be gone on with.
    ///
    /// # Errors
    /// When the key is malformed, the identity, unproven or not signed by the sender for this opening, or the sender's set
    /// is larger than agreed.
    pub fn accept<S: Suite>(&self, accept: &Accept) -> Result<Accepted<S>, Error> {
        check_size(accept.elements, self.terms.sender_cap)?;
        let sid = SessionId::new(&self.open, accept);
        if !check_accept(&sid, &accept.signature, &self.terms.sender) {
            return Err(Abort::PublicKey.into());
        }
        let possession = Possession {
            challenge: accept.challenge.clone(),
            response: accept.response.clone(),
        };
        let key = possession
            .verify::<S>(&sid, &accept.public)
            .ok_or(Abort::PublicKey)?;
        Ok(Accepted {
            call: self.call,
            sid,
            public: accept.public.clone(),
            key,
            sender_elements: accept.elements,
        })
    }
}

impl<S: Suite> Accepted<S> {
    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> SessionId {
        self.sid
    }
}

impl Shuffled {
    /// Fisher and Yates, over the elements and the indices together.
    fn new(mut elements: Elements, mut draws: Draws) -> Self {
        let mut order: Vec<u32> = (0..).take(elements.len()).collect();
        for i in (1..order.len()).rev() {
            let j = draws.below(i as u64 + 1) as usize;
            order.swap(i, j);
            elements.swap(i, j);
        }
        Self { elements, order }
    }
}

impl Entered {
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
    /// Opens a session over `elements`, which must be free of repeats. The same seed over the same set gives the same
    /// opening, and the same blinded elements.
    ///
    /// # Errors
    /// When the set is larger than agreed or of another width, or the terms contradict themselves.
    pub fn open(terms: Terms, elements: Elements, seed: &SessionSeed) -> Result<(Self, Opening), Error> {
        terms.check()?;
        check_size(elements.len() as u64, terms.receiver_cap)?;
        if elements.width() != usize::from(terms.width) {
            return Err(Error::Local {
                what: "element width",
            });
        }
        let set = Shuffled::new(elements, seed.draws());
        let mut committer = InputCommitter::for_receiver(set.elements.width(), seed);
        for chunk in set.elements.chunks(CHUNK) {
            committer.update(chunk, &[]);
        }
        let input = committer.finish();
        let nonce = *seed.derive_short("hefu/3 receiver nonce", &[]);
        let open = terms.open::<S>(nonce, input.elements, input.root);
        let call = open.call();
        let opening = Opening {
            terms: terms.clone(),
            open,
            call,
        };
        let blinding = Self {
            entered: Entered {
                terms,
                call,
                set,
                input,
                blinds: CallBlinds::new(seed, call),
            },
            hasher: S::hasher(&call.0),
            root: RootBuilder::default(),
            roots: Vec::new(),
        };
        Ok((blinding, opening))
    }

    /// How many chunks the sender says it holds. In a replay they are blinded once more, but not sent.
    ///
    /// # Errors
    /// When it claims more than there are.
    pub fn held(&self, have: &Have) -> Result<u32, Error> {
        let chunks = self.entered.chunks();
        if have.chunks > chunks || have.tags {
            return Err(Abort::Chunk { expected: chunks }.into());
        }
        Ok(have.chunks)
    }

    /// Blinds the next chunk into `out`; `None` when all are done. The caller sends the message and keeps its
    /// elements, which [`Evaluating::evaluated`] asks back.
    pub fn next<'a>(&mut self, pool: &Pool, out: &'a mut Vec<u8>) -> Option<Blinded<'a>> {
        let chunk = u32::try_from(self.roots.len()).unwrap_or(u32::MAX);
        if chunk >= self.entered.chunks() {
            return None;
        }
        let packed = self.entered.packed(chunk);
        out.clear();
        out.resize(packed.bytes.len() / packed.width * S::ELEMENT, 0);
        S::blind(
            pool,
            &self.hasher,
            packed,
            &self.entered.blinds,
            u64::from(chunk) * CHUNK as u64,
            out,
        );
        let root = element_root(out, S::ELEMENT);
        self.root.push(root, CHUNK_HEIGHT);
        self.roots.push(root);
        Some(Blinded { chunk, elements: out })
    }

    /// The roots of the chunks blinded so far. Each must be durable before its chunk is sent, and in a replay equal to
    /// the one that is.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Signs the root over everything blinded.
    ///
    /// # Errors
    /// When chunks are still to be blinded.
    pub fn commit(self, key: &Ed25519KeyPair) -> Result<(Committed<S>, Commit), Error> {
        if self.roots.len() != self.entered.chunks() as usize {
            return Err(Error::Local {
                what: "unblinded chunks",
            });
        }
        let blinded = self.root.finish();
        let elements = self.entered.set.elements.len() as u64;
        let commit = sign_commit(&self.entered.call, blinded, elements, key);
        let committed = Committed {
            entered: self.entered,
            blinded,
            roots: self.roots,
            suite: PhantomData,
        };
        Ok((committed, commit))
    }
}

impl<S: Suite> Committed<S> {
    /// Goes on with the key that the sender has for this opening.
    ///
    /// # Errors
    /// When it was accepted for another opening.
    pub fn evaluating(self, accepted: Accepted<S>) -> Result<Evaluating<S>, Error> {
        if accepted.call != self.entered.call {
            return Err(Error::Local {
                what: "accepted opening",
            });
        }
        Ok(Evaluating::new(self.entered, accepted, self.blinded, self.roots))
    }
}
