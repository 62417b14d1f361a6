//! The sender's side of a session as blocking code over a line or over files.

use std::sync::atomic::{AtomicBool, Ordering};

use hefu_psi::wire::{Blinded, Commit, Kind, Open, ReceiptMessage};
use hefu_psi::{
    CHUNK, Collecting, Elements, Incoming, InputCommitment, InputCommitter, Receipt, ReceiptDue, Replying,
    SessionSeed, SignedReceipt, Suite, TagSet, Tagging, Terms, element_root,
};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::journal::{Chunks, Journal};
use super::session::{Running, refused};
use super::spool::{BLINDED, Spool, TAGS};
use super::{Progress, Randomness, Runner, Step};
use crate::{Error, Result};

/// What a sender enters.
pub struct Own {
    /// Its elements, free of repeats.
    pub elements: Elements,
    /// The labels behind them, packed; empty where the session has none.
    pub labels: Zeroizing<Vec<u8>>,
}

impl Running<'_> {
    /// Over a connection: answers, and signs the receipt once the receiver has.
    pub(super) fn send<S: Suite>(
        mut self,
        terms: Terms,
        open: Open,
        own: &Own,
        seed: &SessionSeed,
        randomness: Randomness,
    ) -> Result<SignedReceipt> {
        let due = self.reply::<S>(terms, open, own, seed, randomness)?;
        let receipt = self.line.receive(Kind::Receipt)?;
        let receipt = ReceiptMessage::decode(&receipt).map_err(refused)?;
        let (signed, answer) = due.receipt(&receipt, self.runner.keys.signing_key(), self.journal.head()?)?;
        self.journal.conclude(&signed, &receipt, &answer)?;
        self.line.send(Kind::Receipt, answer.encode(), Vec::new())?;
        Ok(signed)
    }

    /// By files: answers, and signs the receipt ahead of the receiver. Nothing secret is needed for what is left to do.
    pub(super) fn send_ahead<S: Suite>(
        mut self,
        terms: Terms,
        open: Open,
        own: &Own,
        seed: &SessionSeed,
        randomness: Randomness,
    ) -> Result<(Receipt, ReceiptMessage)> {
        let due = self.reply::<S>(terms, open, own, seed, randomness)?;
        let head = self.head(self.signed_before()?.as_ref())?;
        let (receipt, message) = due.sign_ahead(self.runner.keys.signing_key(), head);
        self.journal.receipt_signed(&message.encode())?;
        self.line.send(Kind::Receipt, message.encode(), Vec::new())?;
        self.line.flush()?;
        Ok((receipt, message))
    }

    /// Check the opening, accept, collect all chunks while tagging the own set, and answer.
    fn reply<S: Suite>(
        &mut self,
        terms: Terms,
        open: Open,
        own: &Own,
        seed: &SessionSeed,
        mut randomness: Randomness,
    ) -> Result<ReceiptDue> {
        let incoming = Incoming::new::<S>(terms.clone(), open)?;
        let announced = incoming.announced();
        let input = commit_to(own, &terms, seed);
        let (collecting, tagging, accept) =
            incoming.accept::<S>(input, seed, self.runner.keys.signing_key())?;
        self.journal.accepted(&accept.encode(), None)?;
        self.line.send(Kind::Accept, accept.encode(), Vec::new())?;

        let (runner, journal) = (self.runner, self.journal);
        let stop = AtomicBool::new(false);
        let (answered, tags) = std::thread::scope(|scope| {
            let tags = scope.spawn(|| match spooled_tags(&terms, journal)? {
                Some(tags) => Ok(tags),
                None => tag_all(tagging, own, &terms, runner, journal, &stop),
            });
            let answered = self.answer(collecting, announced, &mut *randomness);
            stop.store(answered.is_err(), Ordering::Relaxed);
            let tags = tags.join().unwrap_or(Err(Error::Internal {
                what: "the tagging thread",
            }));
            // The first failure counts; a refusal of the peer's message says more than a cancelled tagging.
            Ok::<_, Error>((answered?, tags?))
        })?;
        let (replying, receiver_has_tags) = answered;

        if !receiver_has_tags {
            for chunk in tags.chunks() {
                self.line
                    .send(Kind::Tags, chunk.header().to_vec(), chunk.entries.to_vec())?;
            }
        }
        Ok(replying.finish(&tags)?)
    }

    /// Takes the blinded chunks and, once the receiver has signed for them, evaluates those that it has not got.
    fn answer<S: Suite>(
        &mut self,
        mut state: Collecting<S>,
        total: u64,
        randomness: &mut dyn CryptoRng,
    ) -> Result<(Replying<S>, bool)> {
        let mut spool = self.journal.spool(BLINDED)?;
        let mut chunk = Vec::new();
        state.expect(self.journal.chunks(Chunks::Blinded)?);
        let mut number = match self.line.is_filed() {
            true => 0,
            false => self.collected(&mut state, &mut spool, &mut chunk)?,
        };
        self.say_have(number, false)?;
        let mut received = (u64::from(number) * CHUNK as u64).min(total);
        while received < total {
            let payload = self.line.receive(Kind::Blinded)?;
            let message = Blinded::decode(&payload).map_err(refused)?;
            state.blinded(&message)?;
            let root = element_root(message.elements, S::ELEMENT);
            spool.push(&[message.elements])?;
            self.journal.chunk(Chunks::Blinded, number, &root)?;
            number += 1;
            received += (message.elements.len() / S::ELEMENT) as u64;
        }
        let commit = Commit::decode(&self.line.receive(Kind::Commit)?).map_err(refused)?;
        let mut state = state.commit(&commit)?;
        self.journal.committed(&commit.encode())?;

        let have = self.have()?;
        self.line.end_of_turn(Kind::Have)?;
        let evaluated = self.journal.chunks(Chunks::Evaluated)?;
        let held = state.held(&have, evaluated.len() as u32)?;
        for root in evaluated.iter().take(held as usize) {
            state.skip(*root)?;
        }
        spool.back_to(held)?;
        let mut number = held;
        let mut done = (u64::from(held) * CHUNK as u64).min(total);
        while state.remaining() > 0 {
            let blinded = spool.next(CHUNK * S::ELEMENT, &mut chunk)?.unwrap_or_default();
            let mut message = Vec::new();
            let root = state.evaluate(&self.runner.pool, blinded, randomness, &mut message)?;
            self.journal.chunk(Chunks::Evaluated, number, &root)?;
            self.line.send(Kind::Evaluated, message, Vec::new())?;
            number += 1;
            done += (blinded.len() / S::ELEMENT) as u64;
            self.tell(Step::Evaluate, done, total);
        }
        Ok((state, have.tags))
    }

    /// Hands the chunks on record in again; says how many there are.
    fn collected<S: Suite>(
        &mut self,
        state: &mut Collecting<S>,
        spool: &mut Spool,
        chunk: &mut Vec<u8>,
    ) -> Result<u32> {
        let mut number = 0;
        for root in self.journal.chunks(Chunks::Blinded)? {
            let Some(elements) = spool.next(CHUNK * S::ELEMENT, chunk)? else {
                break;
            };
            // A damaged file is no loss: the receiver sends the chunk again, and its root is on record.
            if element_root(elements, S::ELEMENT) != root {
                break;
            }
            state.blinded(&Blinded {
                chunk: number,
                elements,
            })?;
            number += 1;
        }
        spool.back_to(number)?;
        Ok(number)
    }

    /// Says once more what was said in a session that has ended well: the receiver lost the last reply.
    pub(super) fn repeat(mut self, accept: Vec<u8>, chunks: u32, theirs: &[u8], own: Vec<u8>) -> Result<()> {
        self.line.send(Kind::Accept, accept, Vec::new())?;
        self.say_have(chunks, false)?;
        self.line.receive(Kind::Commit)?;
        self.have()?;
        let receipt = self.line.receive(Kind::Receipt)?;
        // The receiver asks with the receipt that it signed then; anything else is not this session.
        if receipt != theirs {
            return Err(hefu_psi::Error::Receipt.into());
        }
        self.line.send(Kind::Receipt, own, Vec::new())
    }
}

fn commit_to(own: &Own, terms: &Terms, seed: &SessionSeed) -> InputCommitment {
    let mut committer = InputCommitter::for_sender(terms, seed);
    let labels = CHUNK * usize::from(terms.label);
    let mut labels = own.labels.chunks(labels.max(1));
    for chunk in own.elements.chunks(CHUNK) {
        committer.update(chunk, labels.next().unwrap_or_default());
    }
    committer.finish()
}

/// The tags of an earlier run: they need not be made again.
fn spooled_tags(terms: &Terms, journal: &dyn Journal) -> Result<Option<TagSet>> {
    let Some(root) = journal.tags_noted()? else {
        return Ok(None);
    };
    let mut spool = journal.spool(TAGS)?;
    let most = terms.entry_bytes() * terms.tags_in_chunk();
    let (mut entries, mut record) = (Vec::new(), Vec::new());
    while let Some(chunk) = spool.next(most, &mut record)? {
        entries.extend_from_slice(chunk);
    }
    Ok(TagSet::from_spooled(terms, entries, &root).ok())
}

/// Tags the whole set, unless the session has failed meanwhile, and keeps the tags before the first of them leaves.
fn tag_all<S: Suite>(
    mut state: Tagging<S>,
    own: &Own,
    terms: &Terms,
    runner: &Runner,
    journal: &dyn Journal,
    stop: &AtomicBool,
) -> Result<TagSet> {
    let total = own.elements.len() as u64;
    let label = usize::from(terms.label);
    let mut done = 0;
    for chunk in own.elements.chunks(CHUNK) {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Internal {
                what: "tagging after the session's end",
            });
        }
        let count = chunk.len() / own.elements.width();
        let labels = done * label..(done + count) * label;
        let labels = own.labels.get(labels).ok_or(Error::Internal { what: "labels" })?;
        state.tag(&runner.pool, chunk, labels)?;
        done += count;
        (runner.watcher)(Progress {
            step: Step::Tag,
            done: done as u64,
            total,
        });
    }
    let tags = state.finish()?;
    let mut spool = journal.spool(TAGS)?;
    for chunk in tags.chunks() {
        spool.push(&[chunk.entries])?;
    }
    journal.tags(&tags.root())?;
    Ok(tags)
}
