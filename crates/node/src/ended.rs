//! That a session was given up, so that either side can prove it: who gives it up signs the reason, and who hears it
//! signs how it ended there. The same papers go over a line and by files.
//!
//! ```text
//! paper     call (32), signature (64), reason: an abort as on the wire; empty where the session ended as agreed
//! signature Ed25519 by the node key over "hefu/3 ended\0" ‖ call ‖ reason, or "hefu/3 heard\0" ‖ call ‖ reason
//! ```

use std::sync::Arc;

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_psi::wire::{Abort, decode_abort};
use hefu_store::{Role, Session};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::error::passing;
use crate::exchange::malformed;
use crate::{Error, Node, Result};

const ENDED: &[u8] = b"hefu/3 ended\0";
const HEARD: &[u8] = b"hefu/3 heard\0";

/// One side's word on how a session ended, with its signature.
pub(crate) struct Word {
    call: [u8; 32],
    signature: [u8; 64],
    reason: Vec<u8>,
}

impl Word {
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.call.as_slice(), &self.signature, &self.reason].concat()
    }

    /// A word that `by` signed; none where it did not.
    fn decode(bytes: &[u8], label: &[u8], by: &Card) -> Option<Self> {
        let (call, rest) = bytes.split_first_chunk::<32>()?;
        let (signature, reason) = rest.split_first_chunk::<64>()?;
        let signed = [label, call, reason].concat();
        UnparsedPublicKey::new(&ED25519, by.node_key())
            .verify(&signed, signature)
            .ok()?;
        Some(Self {
            call: *call,
            signature: *signature,
            reason: reason.to_vec(),
        })
    }

    fn logged(&self, by: &[u8; 32]) -> Value {
        let reason: String = self.reason.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "by": Hex(*by), "reason": reason, "signature": Hex(self.signature) })
    }
}

impl Node {
    fn word(&self, label: &[u8], call: &[u8; 32], reason: &[u8]) -> Word {
        let signature = self.keys.signing_key().sign(&[label, call, reason].concat());
        let mut bytes = [0; 64];
        bytes.copy_from_slice(signature.as_ref());
        Word {
            call: *call,
            signature: bytes,
            reason: reason.to_vec(),
        }
    }

    /// What tells a peer that a session was given up here.
    pub(crate) fn tell_ended(&self, call: &[u8; 32], reason: &[u8]) -> Word {
        self.word(ENDED, call, reason)
    }

    /// A peer has given a session up. What this node does not know, or has ended itself, stays as it is. Gives the call and
    /// the answer: how it ended here.
    ///
    /// # Errors
    /// When the paper is malformed, not signed by the peer, or gives a reason that ends nothing; the store's.
    pub(crate) async fn hear_ended(
        self: &Arc<Self>,
        paper: &[u8],
        caller: &Card,
    ) -> Result<([u8; 32], Word)> {
        let told = Word::decode(paper, ENDED, caller).ok_or_else(malformed)?;
        // A reason that ends nothing, or that no peer ever gives, would stand as the end of both sides' records.
        let reason = decode_abort(&told.reason).filter(|reason| !passing(reason) && *reason != Abort::Label);
        let reason = reason.ok_or_else(malformed)?;
        for role in [Role::Sender, Role::Receiver] {
            let Some(session) = self.with_peer(role, &told.call, caller)? else {
                continue;
            };
            let ended_now = self
                .end_session_as(&session.round, &reason, caller.name())
                .await?;
            let end = self.store.session(&session.round)?;
            let end = end.and_then(|session| session.end).ok_or(Error::Internal {
                what: "a session's end",
            })?;
            let heard = self.word(HEARD, &told.call, &end.reason);
            // Also the word of a peer that comes too late is kept: both may have given it up, or this side be done.
            if ended_now || self.ferry.first_heard(&session.round) {
                self.log_words(
                    &session.round,
                    &told,
                    &caller.node_key(),
                    &heard,
                    &self.node_key(),
                )?;
            }
            if !end.told {
                self.store.mark_told(&session.round)?;
            }
            return Ok((told.call, heard));
        }
        // Nothing began here, and nothing will.
        let heard = self.word(HEARD, &told.call, &told.reason);
        Ok((told.call, heard))
    }

    /// A peer has heard that a session was given up here, and says how it ended there. Both words go into the log.
    ///
    /// # Errors
    /// When the paper is malformed, is not signed by the peer, or is about no session that ended here; the store's.
    pub(crate) fn note_heard(&self, paper: &[u8], from: &Card) -> Result<[u8; 32]> {
        let heard = Word::decode(paper, HEARD, from).ok_or_else(malformed)?;
        for role in [Role::Receiver, Role::Sender] {
            let Some(session) = self.with_peer(role, &heard.call, from)? else {
                continue;
            };
            let Some(end) = session.end.filter(|end| !end.reason.is_empty()) else {
                continue;
            };
            let told = self.tell_ended(&heard.call, &end.reason);
            if self.ferry.first_heard(&session.round) {
                self.log_words(&session.round, &told, &self.node_key(), &heard, &from.node_key())?;
            }
            self.store.mark_told(&session.round)?;
            return Ok(heard.call);
        }
        Err(malformed())
    }

    /// The session of a call, if it is with this peer.
    pub(crate) fn with_peer(&self, role: Role, call: &[u8; 32], peer: &Card) -> Result<Option<Session>> {
        let Some(session) = self.store.session_by_call(role, call)? else {
            return Ok(None);
        };
        let round = self.store.round(&session.round)?;
        Ok(round
            .is_some_and(|round| round.peer == peer.node_key())
            .then_some(session))
    }

    fn log_words(
        &self,
        round: &[u8; 32],
        told: &Word,
        teller: &[u8; 32],
        heard: &Word,
        hearer: &[u8; 32],
    ) -> Result<()> {
        let body = json!({
            "round": Hex(*round),
            "call": Hex(told.call),
            "ended": told.logged(teller),
            "heard": heard.logged(hearer),
        });
        self.log("end_exchanged", &body)
    }
}
