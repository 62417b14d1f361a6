//! The sender's states. Collecting the receiver's chunks and tagging the own set need each other's results only at the
//! end, so they are two values that the caller may drive side by side.
//!
//! All of them follow from the seed, the set and the receiver's messages: to resume, a sender goes through them again.

mod collecting;
mod replying;
mod tagging;

use std::sync::Arc;

use ring::signature::Ed25519KeyPair;

pub use collecting::Collecting;
pub use replying::{ReceiptDue, Replying};
pub use tagging::Tagging;

use crate::session::check_size;
use crate::signing::sign_accept;
use crate::wire::{Accept, Open};
use crate::{CallId, Error, InputCommitment, Possession, SessionId, SessionSeed, Suite, Terms};

/// An opening that agrees with the terms; nothing has been computed yet, so the announced size can be debited now.
pub struct Incoming {
    terms: Terms,
    open: Open,
}

/// The session's key and what both halves of the sender need.
struct Session<S: Suite> {
    terms: Terms,
    call: CallId,
    sid: SessionId,
    key: S::Scalar,
    public: Vec<u8>,
    receiver_elements: u64,
    input: InputCommitment,
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
        let key = S::reduce(&seed.derive("hefu/3 sender key", &[&opening, &input.root]));
        let mut accept = Accept {
            nonce: *seed.derive_short("hefu/3 sender nonce", &[&opening, &input.root]),
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
            call: self.open.call(),
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
