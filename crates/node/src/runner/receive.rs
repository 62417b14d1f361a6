//! The receiver's side of a session as blocking code over a line, or over files in two turns.
//!
//! A session that was cut is run again from its beginning: the same seed gives the same messages, and what is on record
//! is compared, not trusted. Only what the other side has not got yet goes over the line.

use hefu_psi::wire::{Accept, Evaluated, Kind, ReceiptMessage, Tags};
use hefu_psi::{
    Accepted, AwaitReceipt, Blinding, CHUNK, Committed, Elements, Evaluating, Matches, Merging, Opening,
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
    /// Over a connection: open, blind everything once the sender has accepted, sign for it, then hear the answers.
    ///
    /// What comes of it is looked at by the caller, once the line is closed: neither how much matched nor whether it can
    /// be used may show in what this side says, or when.
    pub(super) fn receive<S: Suite>(
        mut self,
        terms: Terms,
        elements: Elements,
        seed: &SessionSeed,
    ) -> Result<Concluded> {
        let (blinding, opening) = self.open::<S>(terms, elements, seed)?;
        let accepted = self.accepted(&opening)?;
        let sender_has = blinding.held(&self.have()?)?;
        let (committed, mut blinded) = self.blind(blinding, &opening, sender_has)?;
        let (concluded, _) = self.hear_out(committed.evaluating(accepted)?, &opening, &mut blinded)?;
        Ok(concluded)
    }

    /// By files: says all that depends on this side alone.
    pub(super) fn ask<S: Suite>(
        mut self,
        terms: Terms,
        elements: Elements,
        seed: &SessionSeed,
    ) -> Result<()> {
        let (blinding, opening) = self.open::<S>(terms, elements, seed)?;
        self.blind(blinding, &opening, 0)?;
        self.say_have(0, false)?;
        self.line.flush()
    }

    /// By files: hears what the sender has answered. Gives the receipt that goes back to it besides.
    pub(super) fn hear<S: Suite>(
        mut self,
        terms: Terms,
        elements: Elements,
        seed: &SessionSeed,
    ) -> Result<(Concluded, ReceiptMessage)> {
        let (blinding, opening) = self.open::<S>(terms, elements, seed)?;
        let accepted = self.accepted(&opening)?;
        self.have()?;
        let (committed, mut blinded) = self.blind(blinding, &opening, 0)?;
        self.hear_out(committed.evaluating(accepted)?, &opening, &mut blinded)
    }

    fn open<S: Suite>(
        &mut self,
        terms: Terms,
        elements: Elements,
        seed: &SessionSeed,
    ) -> Result<(Blinding<S>, Opening)> {
        let (blinding, opening) = Blinding::<S>::open(terms, elements, seed)?;
        let open = opening.message().encode();
        self.journal.opened(&open)?;
        self.line.send(Kind::Open, open, Vec::new())?;
        Ok((blinding, opening))
    }

    fn accepted<S: Suite>(&mut self, opening: &Opening) -> Result<Accepted<S>> {
        let accept = self.line.receive(Kind::Accept)?;
        let accept = Accept::decode(&accept).map_err(refused)?;
        let accepted = opening.accept::<S>(&accept)?;
        // A key is remembered by its digest, which has one length for every suite.
        self.journal
            .accepted(&accept.encode(), Some(&sha256(&accept.public)))?;
        Ok(accepted)
    }

    /// Blinds the whole set, again where it was blinded before, compares what is on record, says what the sender has not
    /// got, and signs for all of it. Gives the chunks back to be read from the first.
    fn blind<S: Suite>(
        &mut self,
        mut state: Blinding<S>,
        opening: &Opening,
        sender_has: u32,
    ) -> Result<(Committed<S>, Spool)> {
        let total = opening.message().elements;
        let sent = self.journal.chunks(Chunks::Blinded)?;
        if sender_has as usize > sent.len() {
            return Err(out_of_turn(sent.len()));
        }
        let mut spool = self.journal.spool(BLINDED)?;
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
        let commit = commit.encode();
        self.journal.committed(&commit)?;
        self.line.send(Kind::Commit, commit, Vec::new())?;
        spool.back_to(0)?;
        Ok((state, spool))
    }

    /// Verify the answers, merge the tags, exchange receipts.
    fn hear_out<S: Suite>(
        &mut self,
        evaluating: Evaluating<S>,
        opening: &Opening,
        blinded: &mut Spool,
    ) -> Result<(Concluded, ReceiptMessage)> {
        let signed = self.signed_before()?;
        let all_came = signed.is_some() && !self.line.is_filed();
        let merging = self.evaluations(evaluating, opening.message().elements, blinded, all_came)?;
        let merging = match all_came {
            true => self.merge_spooled(merging)?,
            false => self.merge(merging)?,
        };
        // By files the sender has signed ahead, and this side signs for nothing that it has not.
        let ahead = match self.line.is_filed() {
            true => Some(self.their_receipt()?),
            false => None,
        };
        let head = self.head(signed.as_ref())?;
        let (waiting, receipt) = merging.finish(self.runner.keys.signing_key(), head)?;
        if let Some(answer) = &ahead {
            waiting.signed(answer)?;
        }
        self.journal.receipt_signed(&receipt.encode())?;
        self.line.send(Kind::Receipt, receipt.encode(), Vec::new())?;
        let answer = match ahead {
            Some(answer) => answer,
            None => self.their_receipt()?,
        };
        let signed = waiting.signed(&answer)?;
        let concluded = Concluded {
            waiting,
            answer,
            signed,
        };
        Ok((concluded, receipt))
    }

    fn their_receipt(&mut self) -> Result<ReceiptMessage> {
        let receipt = self.line.receive(Kind::Receipt)?;
        self.line.end_of_turn(Kind::Receipt)?;
        Ok(ReceiptMessage::decode(&receipt).map_err(refused)?)
    }

    /// Verifies the evaluations: first those that came before the line was cut, then the rest. By files all of them come,
    /// and what came before is compared.
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
        let known = match self.line.is_filed() {
            true => Vec::new(),
            false => self.journal.chunks(Chunks::Evaluated)?,
        };
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
