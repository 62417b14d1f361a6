//! The receiver's side of a session as blocking code over a line.
//!
//! A session that was cut is run again from its beginning: the same seed gives the same messages, and what is on record
//! is compared, not trusted. Only what the other side has not got yet goes over the line.

use hefu_psi::wire::{Accept, Commit, Evaluated, Kind, ReceiptMessage, Tags};
use hefu_psi::{
    AwaitAccept, AwaitReceipt, Blinding, CHUNK, Elements, Evaluating, LogHead, Matches, Merging, Root,
    SessionSeed, SignedReceipt, Suite, Terms, element_root,
};

use super::journal::Chunks;
use super::session::{Running, out_of_turn, refused};
use super::spool::{BLINDED, EVALUATED, Spool, TAGS};
use super::{LONGEST, Step};
use crate::digest::sha256;
use crate::{Error, Result};

/// Both have signed, and the result is not looked at yet.
pub struct Concluded {
    waiting: AwaitReceipt,
    answer: ReceiptMessage,
    /// What both have signed; it stands whatever comes of the result.
    pub signed: SignedReceipt,
}

impl Concluded {
    /// The result.
    ///
    /// # Errors
    /// When a matched label does not open. The sender must not hear of it.
    pub fn matches(self) -> Result<Matches> {
        Ok(self.waiting.receipt(&self.answer)?)
    }
}

impl Running<'_> {
    /// Open, blind everything, sign for it, verify the answers, merge the tags, exchange receipts.
    ///
    /// What comes of it is looked at by the caller, once the line is closed: neither how much matched nor whether it can
    /// be used may show in what this side says, or when.
    pub(super) fn receive<S: Suite>(
        mut self,
        terms: Terms,
        elements: Elements,
        seed: &SessionSeed,
    ) -> Result<Concluded> {
        let total = elements.len() as u64;
        let (waiting, open) = AwaitAccept::open::<S>(terms, elements, seed)?;
        let open = open.encode();
        self.journal.opened(&open)?;
        self.line.send(Kind::Open, open, Vec::new())?;
        let accept = self.line.receive(Kind::Accept)?;
        let accept = Accept::decode(&accept).map_err(refused)?;
        let blinding = waiting.accept::<S>(&accept)?;
        // A key is remembered by its digest, which has one length for every suite.
        self.journal
            .accepted(&accept.encode(), Some(&sha256(&accept.public)))?;
        let sender_has = blinding.held(&self.have()?)?;
        let sent = self.journal.chunks(Chunks::Blinded)?;
        if sender_has as usize > sent.len() {
            return Err(out_of_turn(sent.len()));
        }
        // A receipt that was signed before stays the same, with the head that the log had then.
        let signed = self.journal.receipt()?;
        let signed = signed.map(|bytes| ReceiptMessage::decode(&bytes)).transpose();
        let signed = signed.map_err(refused)?;

        let mut blinded = self.journal.spool(BLINDED)?;
        let (evaluating, commit) = self.blind(blinding, total, &mut blinded, &sent, sender_has)?;
        self.line.send(Kind::Commit, commit.encode(), Vec::new())?;
        blinded.back_to(0)?;
        let merging = self.evaluations(evaluating, total, &mut blinded, signed.is_some())?;
        let merging = match signed {
            Some(_) => self.merge_spooled(merging)?,
            None => self.merge(merging)?,
        };
        let head = match &signed {
            Some(receipt) => LogHead {
                seq: receipt.head_seq,
                hash: receipt.head,
            },
            None => self.journal.head()?,
        };
        let (waiting, receipt) = merging.finish(self.runner.keys.signing_key(), head)?;
        self.journal.receipt_signed(&receipt.encode())?;
        self.line.send(Kind::Receipt, receipt.encode(), Vec::new())?;
        let answer = self.line.receive(Kind::Receipt)?;
        let answer = ReceiptMessage::decode(&answer).map_err(refused)?;
        let signed = waiting.signed(&answer)?;
        Ok(Concluded {
            waiting,
            answer,
            signed,
        })
    }

    /// Blinds the whole set again, compares what is on record, and sends what the sender has not got.
    fn blind<S: Suite>(
        &mut self,
        mut state: Blinding<S>,
        total: u64,
        spool: &mut Spool,
        sent: &[Root],
        sender_has: u32,
    ) -> Result<(Evaluating<S>, Commit)> {
        let mut done = 0;
        let mut number = 0;
        loop {
            let mut body = Vec::new();
            let Some(blinded) = state.next(&self.runner.pool, &mut body) else {
                break;
            };
            let head = blinded.header().to_vec();
            let root = element_root(&body, S::ELEMENT);
            match sent.get(number as usize) {
                // Other records, another order or another blind under a session that has begun: sending both would
                // give away what the difference is made of.
                Some(known) if *known != root => {
                    return Err(Error::Internal {
                        what: "a blinded chunk changed",
                    });
                }
                Some(_) => {}
                None => self.journal.chunk(Chunks::Blinded, number, &root)?,
            }
            spool.push(&[&body])?;
            done += (body.len() / S::ELEMENT) as u64;
            if number >= sender_has {
                self.line.send(Kind::Blinded, head, body)?;
            }
            number += 1;
            self.tell(Step::Blind, done, total);
        }
        let (state, commit) = state.commit(self.runner.keys.signing_key())?;
        self.journal.committed(&commit.encode())?;
        Ok((state, commit))
    }

    /// Verifies the evaluations: first those that came before the line was cut, then the rest.
    fn evaluations<S: Suite>(
        &mut self,
        mut state: Evaluating<S>,
        total: u64,
        blinded: &mut Spool,
        all_came: bool,
    ) -> Result<Merging> {
        let mut came = self.journal.spool(EVALUATED)?;
        let (mut chunk, mut message) = (Vec::new(), Vec::new());
        let mut done = 0;
        let most = 4 + S::proof_bytes() + CHUNK * S::ELEMENT;
        let known = self.journal.chunks(Chunks::Evaluated)?;
        let mut held = 0;
        for root in &known {
            let Some(payload) = came.next(most, &mut message)? else {
                break;
            };
            // A file that does not fit its roots is no loss: the chunk comes again.
            let Ok(evaluated) = Evaluated::decode(payload, S::proof_bytes()) else {
                break;
            };
            if element_root(evaluated.elements, S::ELEMENT) != *root {
                break;
            }
            let own = blinded.next(CHUNK * S::ELEMENT, &mut chunk)?.unwrap_or_default();
            state.evaluated(&self.runner.pool, &evaluated, own)?;
            held += 1;
            done += (own.len() / S::ELEMENT) as u64;
            self.tell(Step::Unblind, done, total);
        }
        if all_came && state.remaining() > 0 {
            // The sender may have ended by now, and sends nothing more.
            return Err(hefu_psi::Error::Local {
                what: "spooled evaluations",
            }
            .into());
        }
        came.back_to(held)?;
        self.say_have(held, all_came)?;
        while state.remaining() > 0 {
            let payload = self.line.receive(Kind::Evaluated)?;
            let evaluated = Evaluated::decode(&payload, S::proof_bytes()).map_err(refused)?;
            let own = blinded.next(CHUNK * S::ELEMENT, &mut chunk)?.unwrap_or_default();
            state.evaluated(&self.runner.pool, &evaluated, own)?;
            came.push(&[&payload])?;
            let root = element_root(evaluated.elements, S::ELEMENT);
            self.journal.chunk(Chunks::Evaluated, held, &root)?;
            held += 1;
            done += (own.len() / S::ELEMENT) as u64;
            self.tell(Step::Unblind, done, total);
        }
        Ok(state.finish()?)
    }

    fn merge(&mut self, mut state: Merging) -> Result<Merging> {
        let total = state.remaining();
        // Kept for the evidence of what matches.
        let mut came = self.journal.spool(TAGS)?;
        while state.remaining() > 0 {
            let payload = self.line.receive(Kind::Tags)?;
            let tags = Tags::decode(&payload).map_err(refused)?;
            state.tags(&tags)?;
            came.push(&[tags.entries])?;
            self.tell(Step::Merge, total - state.remaining(), total);
        }
        Ok(state)
    }

    /// Everything came before: only the sender's signature is missing.
    fn merge_spooled(&mut self, mut state: Merging) -> Result<Merging> {
        let mut came = self.journal.spool(TAGS)?;
        let mut record = Vec::new();
        for chunk in 0.. {
            if state.remaining() == 0 {
                break;
            }
            let entries = came.next(LONGEST, &mut record)?.unwrap_or_default();
            state
                .tags(&Tags { chunk, entries })
                .map_err(|_| hefu_psi::Error::Local { what: "spooled tags" })?;
        }
        Ok(state)
    }
}
