//! The sender takes the receiver's blinded chunks.

use std::sync::Arc;

use super::{Replying, Session};
use crate::receiver::CHUNK_HEIGHT;
use crate::signing::check_commit;
use crate::wire::{Abort, Blinded, Commit};
use crate::{CHUNK, Error, Root, RootBuilder, SessionId, Suite, element_root};

/// The sender takes the receiver's blinded chunks. It answers none before the receiver has signed for all.
pub struct Collecting<S: Suite> {
    session: Arc<Session<S>>,
    roots: Vec<Root>,
    /// Of the chunks that were on record before the line was cut.
    recorded: Vec<Root>,
    root: RootBuilder,
    received: u64,
}

impl<S: Suite> Collecting<S> {
    pub(super) fn new(session: Arc<Session<S>>) -> Self {
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
        if commit.root != blinded || !check_commit(&self.session.call, commit, &self.session.terms.receiver) {
            return Err(Abort::Root.into());
        }
        Ok(Replying::new(self.session, blinded, self.roots))
    }
}
