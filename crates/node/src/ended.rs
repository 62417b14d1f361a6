//! That a session was given up, so that either side can prove it: who gives it up signs the reason, and who hears it
//! signs how it ended there. The same papers go over a line and by files.
//!
//! ```text
//! paper     call (32), signature (64), reason: an abort as on the wire; empty where the session ended as agreed, and
//!           where it is not known
//! signature Ed25519 by the node key over label ‖ node key of whom it is said to ‖ call ‖ reason, where label is
//!           "hefu/3 ended\0", "hefu/3 heard\0", or "hefu/3 unknown\0" for what is heard of a session that is not known
//! ```
//!
//! Who signs "unknown", or that it has lost a session of which it has no record, never begins that session: a call that
//! was given up before it came stays given up.

use std::sync::Arc;

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_psi::wire::{Abort, decode_abort, encode_abort};
use hefu_store::{Entry, GivenUp, Role, Session};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::agreement::policy;
use crate::error::passing;
use crate::exchange::malformed;
use crate::{Node, Result};

const ENDED: &[u8] = b"hefu/3 ended\0";
const HEARD: &[u8] = b"hefu/3 heard\0";
const UNKNOWN: &[u8] = b"hefu/3 unknown\0";
/// The most calls of one peer that are given up before they come: each stays on record.
const MANY_GIVEN_UP: u64 = 4096;

/// One side's word on how a session ended, with its signature.
pub(crate) struct Word {
    call: [u8; 32],
    signature: [u8; 64],
    reason: Vec<u8>,
    /// Whether it speaks of a session that its signer has.
    known: bool,
}

impl Word {
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.call.as_slice(), &self.signature, &self.reason].concat()
    }

    /// A word that `by` signed for `to`; none where it did not.
    fn decode(bytes: &[u8], label: &[u8], by: &Card, to: &[u8; 32]) -> Option<Self> {
        let (call, rest) = bytes.split_first_chunk::<32>()?;
        let (signature, reason) = rest.split_first_chunk::<64>()?;
        let known = label != UNKNOWN;
        if !known && !reason.is_empty() {
            return None;
        }
        let signed = [label, to, call, reason].concat();
        UnparsedPublicKey::new(&ED25519, by.node_key())
            .verify(&signed, signature)
            .ok()?;
        Some(Self {
            call: *call,
            signature: *signature,
            reason: reason.to_vec(),
            known,
        })
    }

    fn logged(&self, by: &[u8; 32]) -> Value {
        let reason: String = self.reason.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "by": Hex(*by), "known": self.known, "reason": reason, "signature": Hex(self.signature) })
    }
}

impl Node {
    fn word(&self, label: &[u8], to: &[u8; 32], call: &[u8; 32], reason: &[u8]) -> Word {
        let signed = [label, to, call, reason].concat();
        let signature = self.keys.signing_key().sign(&signed);
        let mut bytes = [0; 64];
        bytes.copy_from_slice(signature.as_ref());
        Word {
            call: *call,
            signature: bytes,
            reason: reason.to_vec(),
            known: label != UNKNOWN,
        }
    }

    /// What tells a peer that a session was given up here.
    pub(crate) fn tell_ended(&self, call: &[u8; 32], reason: &[u8], peer: &[u8; 32]) -> Word {
        self.word(ENDED, peer, call, reason)
    }

    /// What tells a peer that this node has lost what it asked it for: of a call of which it has no record, with
    /// anybody and in any part, and which it will never answer. None where it has.
    ///
    /// # Errors
    /// When the peer has given up too many; the store's.
    pub(crate) fn void_unknown(&self, call: &[u8; 32], peer: &Card) -> Result<Option<Word>> {
        for role in [Role::Sender, Role::Receiver] {
            if self.store.session_by_call(role, call)?.is_some() {
                return Ok(None);
            }
        }
        let word = self.tell_ended(call, &encode_abort(&Abort::Voided), &peer.node_key());
        let body = json!({ "peer": peer.name(), "call": Hex(*call), "ended": word.logged(&self.node_key()) });
        Ok(self.give_up(call, peer, "call_lost", &body)?.then_some(word))
    }

    /// Keeps that a call of this peer is never begun here; `false` where it has begun.
    fn give_up(&self, call: &[u8; 32], peer: &Card, kind: &str, body: &Value) -> Result<bool> {
        let entry = Entry {
            actor: "node",
            kind,
            body,
        };
        match self
            .store
            .give_up(&peer.node_key(), call, MANY_GIVEN_UP, &entry)?
        {
            GivenUp::Kept => Ok(true),
            GivenUp::Begun => Ok(false),
            GivenUp::TooMany => Err(policy("given_up_too_many", Abort::Policy)),
        }
    }

    /// A peer has given a session up. What this node does not know, or has ended itself, stays as it is. Gives the call and
    /// the answer: how it ended here.
    ///
    /// # Errors
    /// When the paper is malformed, not signed by the peer, or gives a reason that ends nothing; when the peer has given
    /// up too many calls that never came; the store's.
    pub(crate) async fn hear_ended(
        self: &Arc<Self>,
        paper: &[u8],
        caller: &Card,
    ) -> Result<([u8; 32], Word)> {
        let told = Word::decode(paper, ENDED, caller, &self.node_key()).ok_or_else(malformed)?;
        // A reason that ends nothing, or that no peer ever gives, would stand as the end of both sides' records.
        let reason = decode_abort(&told.reason).filter(|reason| !passing(reason) && *reason != Abort::Label);
        let reason = reason.ok_or_else(malformed)?;
        if let Some(heard) = self.hear_known(&told, &reason, caller).await? {
            return Ok((told.call, heard));
        }
        // Nothing began here, and nothing will.
        let heard = self.word(UNKNOWN, &caller.node_key(), &told.call, &[]);
        let body = words(None, &told, &caller.node_key(), &heard, &self.node_key());
        if self.give_up(&told.call, caller, "end_exchanged", &body)? {
            return Ok((told.call, heard));
        }
        // It began in between.
        let heard = self.hear_known(&told, &reason, caller).await?;
        Ok((told.call, heard.ok_or_else(malformed)?))
    }

    /// What is said to the word of a peer whose session is known.
    async fn hear_known(
        self: &Arc<Self>,
        told: &Word,
        reason: &Abort,
        caller: &Card,
    ) -> Result<Option<Word>> {
        for role in [Role::Sender, Role::Receiver] {
            let Some(session) = self.with_peer(role, &told.call, caller)? else {
                continue;
            };
            let ended_now = self.end_session_as(&session.round, reason, caller.name()).await?;
            // What is signed for and not looked at ends as agreed.
            let end = self.recorded(&session.round)?.0.end;
            let reason = end.as_ref().map_or(&[][..], |end| &end.reason);
            let heard = self.word(HEARD, &caller.node_key(), &told.call, reason);
            // Also the word of a peer that comes too late is kept: both may have given it up, or this side be done.
            if ended_now || self.ferry.first_heard(&session.round) {
                self.log_words(&session.round, told, &caller.node_key(), &heard, &self.node_key())?;
            }
            if end.is_some_and(|end| !end.told) {
                self.store.mark_told(&session.round)?;
            }
            return Ok(Some(heard));
        }
        Ok(None)
    }

    /// A peer has heard that a session was given up here, and says how it ended there. Both words go into the log.
    ///
    /// # Errors
    /// When the paper is malformed, is not signed by the peer, or is about no session that ended here; the store's.
    pub(crate) fn note_heard(&self, paper: &[u8], from: &Card) -> Result<[u8; 32]> {
        let said = |label| Word::decode(paper, label, from, &self.node_key());
        let heard = said(HEARD).or_else(|| said(UNKNOWN)).ok_or_else(malformed)?;
        for role in [Role::Receiver, Role::Sender] {
            let Some(session) = self.with_peer(role, &heard.call, from)? else {
                continue;
            };
            let Some(end) = session.end.filter(|end| !end.reason.is_empty()) else {
                continue;
            };
            let told = self.tell_ended(&heard.call, &end.reason, &from.node_key());
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
        self.log("end_exchanged", &words(Some(round), told, teller, heard, hearer))
    }
}

/// Both words, as the log has them.
fn words(round: Option<&[u8; 32]>, told: &Word, teller: &[u8; 32], heard: &Word, hearer: &[u8; 32]) -> Value {
    json!({
        "round": round.copied().map(Hex),
        "call": Hex(told.call),
        "ended": told.logged(teller),
        "heard": heard.logged(hearer),
    })
}
