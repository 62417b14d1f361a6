//! The receiver's states. Each is consumed on the way to the next, so no step can be taken twice or out of turn.
//!
//! All of them follow from the seed, the set and the sender's messages: to resume, a receiver goes through them again.

mod evaluating;
mod merging;
mod waiting;

use hefu_curve::Pool;
use ring::signature::Ed25519KeyPair;

pub use evaluating::Evaluating;
pub use merging::Merging;
pub use waiting::{AwaitReceipt, Matches};

use crate::keys::{BlindKey, SessionBlinds};
use crate::seed::Draws;
use crate::session::check_size;
use crate::signing::{check_accept, sign_commit};
use crate::suite::Packed;
use crate::wire::{Abort, Accept, Blinded, Commit, Have, Open};
use crate::{
    CHUNK, Elements, Error, InputCommitment, InputCommitter, Possession, Root, RootBuilder, SessionId,
    SessionSeed, Suite, Terms, element_root,
};

/// The height of a full chunk in the tree over all elements.
pub(crate) const CHUNK_HEIGHT: u32 = CHUNK.trailing_zeros();

/// The receiver has opened and waits for the sender's key.
pub struct AwaitAccept {
    terms: Terms,
    open: Open,
    set: Shuffled,
    input: InputCommitment,
    blinds: BlindKey,
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
    blinds: SessionBlinds,
}

/// The receiver blinds its elements, chunk by chunk.
pub struct Blinding<S: Suite> {
    session: Session<S>,
    hasher: S::Hasher,
    root: RootBuilder,
    roots: Vec<Root>,
}

impl AwaitAccept {
    /// Opens a session over `elements`, which must be free of repeats. The same seed over the same set gives the same
    /// opening.
    ///
    /// # Errors
    /// When the set is larger than agreed or of another width, or the terms contradict themselves.
    pub fn open<S: Suite>(
        terms: Terms,
        elements: Elements,
        seed: &SessionSeed,
    ) -> Result<(Self, Open), Error> {
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
        let nonce = *seed.derive_short("hefu/2 receiver nonce", &[]);
        let open = terms.open::<S>(nonce, input.elements, input.root);
        Ok((
            Self {
                terms,
                open: open.clone(),
                set,
                input,
                blinds: BlindKey::new(seed),
            },
            open,
        ))
    }

    /// Takes the sender's key. The caller has made sure that this key was never seen before, but in this session.
    ///
    /// # Errors
    /// When the key is malformed, the identity, unproven or not signed by the sender, or the sender's set is larger than
    /// agreed.
    pub fn accept<S: Suite>(self, accept: &Accept) -> Result<Blinding<S>, Error> {
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
        let session = Session {
            terms: self.terms,
            sid,
            public: accept.public.clone(),
            key,
            sender_elements: accept.elements,
            set: self.set,
            input: self.input,
            blinds: self.blinds.of(sid),
        };
        Ok(Blinding {
            session,
            hasher: S::hasher(&sid.0),
            root: RootBuilder::default(),
            roots: Vec::new(),
        })
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

    /// How many chunks the sender says it holds. In a replay they are blinded once more, but not sent.
    ///
    /// # Errors
    /// When it claims more than there are.
    pub fn held(&self, have: &Have) -> Result<u32, Error> {
        let chunks = self.session.chunks();
        if have.chunks > chunks || have.tags {
            return Err(Abort::Chunk { expected: chunks }.into());
        }
        Ok(have.chunks)
    }

    /// Blinds the next chunk into `out`; `None` when all are done. The caller sends the message and keeps its
    /// elements, which [`Evaluating::evaluated`] asks back.
    pub fn next<'a>(&mut self, pool: &Pool, out: &'a mut Vec<u8>) -> Option<Blinded<'a>> {
        let chunk = u32::try_from(self.roots.len()).unwrap_or(u32::MAX);
        if chunk >= self.session.chunks() {
            return None;
        }
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
        Some(Blinded { chunk, elements: out })
    }

    /// The roots of the chunks blinded so far. Each must be durable before its chunk is sent, and in a replay equal to
    /// the one that is.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Signs the root over everything sent.
    ///
    /// # Errors
    /// When chunks are still to be blinded.
    pub fn commit(self, key: &Ed25519KeyPair) -> Result<(Evaluating<S>, Commit), Error> {
        if self.roots.len() != self.session.chunks() as usize {
            return Err(Error::Local {
                what: "unblinded chunks",
            });
        }
        let blinded = self.root.finish();
        let elements = self.session.set.elements.len() as u64;
        let commit = sign_commit(&self.session.sid, blinded, elements, key);
        Ok((Evaluating::new(self.session, blinded, self.roots), commit))
    }
}
