//! The two sides of a session as blocking code over a line.

use std::sync::atomic::{AtomicBool, Ordering};

use hefu_psi::wire::{Accept, Blinded, Commit, Evaluated, Have, Kind, Open, ReceiptMessage, Tags};
use hefu_psi::{
    AwaitAccept, Blinding, CHUNK, Collecting, Elements, Evaluating, Incoming, InputCommitment,
    InputCommitter, LogHead, Matches, Merging, Replying, SessionSeed, SignedReceipt, Suite, TagSet, Tagging,
    Terms,
};
use rand::CryptoRng;

use super::line::Line;
use super::spool::Spool;
use super::{Committed, Progress, Randomness, Runner, Step};
use crate::digest::sha256;
use crate::{Error, Result};

/// Every session here is new: neither side holds anything of the other's from before.
const NOTHING_YET: Have = Have {
    chunks: 0,
    tags: false,
};

/// A session under way.
pub(super) struct Running<'a> {
    runner: &'a Runner,
    line: Line,
}

impl<'a> Running<'a> {
    pub(super) fn new(runner: &'a Runner, line: Line) -> Self {
        Self { runner, line }
    }

    /// Receiver: open, blind everything, sign for it, verify the answers, merge the tags, exchange receipts.
    pub(super) fn receive<S: Suite>(
        mut self,
        terms: Terms,
        elements: Elements,
        mut randomness: Randomness,
        fresh: &(dyn Fn(&[u8; 32]) -> Result<bool> + Send + Sync),
    ) -> Result<Matches> {
        let count = elements.len() as u64;
        let seed = SessionSeed::generate(&mut *randomness);
        let (waiting, open) = AwaitAccept::open::<S>(terms, elements, &seed)?;
        self.line.send(Kind::Open, open.encode(), Vec::new())?;
        let accept = Accept::decode(&self.line.receive(Kind::Accept)?).map_err(hefu_psi::Error::Refused)?;
        let blinding = waiting.accept::<S>(&accept)?;
        // A key is remembered by its digest, which has one length for every suite.
        if !fresh(&sha256(&accept.public))? {
            return Err(hefu_psi::Error::Refused(hefu_psi::wire::Abort::PublicKey).into());
        }
        let have = Have::decode(&self.line.receive(Kind::Have)?).map_err(hefu_psi::Error::Refused)?;
        blinding.held(&have)?;
        let mut spool = Spool::new(&self.runner.spool)?;
        let opened = [open.encode(), accept.encode()];
        let evaluating = self.blind(blinding, count, &mut spool, opened)?;
        spool.rewind()?;
        let mut merging = self.evaluated(evaluating, count, &mut spool)?;
        self.merge(&mut merging)?;
        let (waiting, receipt) = merging.finish(self.runner.keys.signing_key(), LogHead::default())?;
        self.line.send(Kind::Receipt, receipt.encode(), Vec::new())?;
        let answer = self.line.receive(Kind::Receipt)?;
        Ok(waiting.receipt(&ReceiptMessage::decode(&answer).map_err(hefu_psi::Error::Refused)?)?)
    }

    fn blind<S: Suite>(
        &mut self,
        mut state: Blinding<S>,
        total: u64,
        spool: &mut Spool,
        opened: [Vec<u8>; 2],
    ) -> Result<Evaluating<S>> {
        let mut done = 0;
        loop {
            let mut body = Vec::new();
            let Some(blinded) = state.next(&self.runner.pool, &mut body) else {
                break;
            };
            let head = blinded.header().to_vec();
            spool.push(&body)?;
            done += (body.len() / S::ELEMENT) as u64;
            self.line.send(Kind::Blinded, head, body)?;
            self.tell(Step::Blind, done, total);
        }
        let (state, commit) = state.commit(self.runner.keys.signing_key())?;
        self.bear_witness(opened, &commit)?;
        self.line.send(Kind::Commit, commit.encode(), Vec::new())?;
        self.line.send(Kind::Have, NOTHING_YET.encode(), Vec::new())?;
        Ok(state)
    }

    fn evaluated<S: Suite>(
        &mut self,
        mut state: Evaluating<S>,
        total: u64,
        spool: &mut Spool,
    ) -> Result<Merging> {
        let mut chunk = Vec::new();
        let mut done = 0;
        while state.remaining() > 0 {
            let payload = self.line.receive(Kind::Evaluated)?;
            let message = Evaluated::decode(&payload, S::proof_bytes()).map_err(hefu_psi::Error::Refused)?;
            let blinded = spool.next(CHUNK * S::ELEMENT, &mut chunk)?;
            state.evaluated(&self.runner.pool, &message, blinded)?;
            done += (blinded.len() / S::ELEMENT) as u64;
            self.tell(Step::Unblind, done, total);
        }
        Ok(state.finish()?)
    }

    fn merge(&mut self, state: &mut Merging) -> Result<()> {
        let total = state.remaining();
        while state.remaining() > 0 {
            let payload = self.line.receive(Kind::Tags)?;
            state.tags(&Tags::decode(&payload).map_err(hefu_psi::Error::Refused)?)?;
            self.tell(Step::Merge, total - state.remaining(), total);
        }
        Ok(())
    }

    /// Sender: check the opening, accept, collect all chunks while tagging the own set, answer, exchange receipts.
    pub(super) fn send<S: Suite>(
        mut self,
        terms: Terms,
        open: Open,
        elements: &Elements,
        mut randomness: Randomness,
    ) -> Result<SignedReceipt> {
        let opening = open.encode();
        let incoming = Incoming::new::<S>(terms.clone(), open)?;
        let announced = incoming.announced();
        let seed = SessionSeed::generate(&mut *randomness);
        let input = commit_to(&terms, elements, &seed);
        let (collecting, tagging, accept) =
            incoming.accept::<S>(input, &seed, self.runner.keys.signing_key())?;
        let opened = [opening, accept.encode()];
        self.line.send(Kind::Accept, accept.encode(), Vec::new())?;
        self.line.send(Kind::Have, NOTHING_YET.encode(), Vec::new())?;

        let runner = self.runner;
        let stop = AtomicBool::new(false);
        let (replying, tags) = std::thread::scope(|scope| {
            let tags = scope.spawn(|| tag_all(tagging, elements, runner, &stop));
            let replying = self.answer(collecting, announced, &mut *randomness, opened);
            stop.store(replying.is_err(), Ordering::Relaxed);
            let tags = tags.join().unwrap_or(Err(Error::Internal {
                what: "the tagging thread",
            }));
            // The first failure counts; a refusal of the peer's message says more than a cancelled tagging.
            Ok::<_, Error>((replying?, tags?))
        })?;

        for chunk in tags.chunks() {
            self.line
                .send(Kind::Tags, chunk.header().to_vec(), chunk.entries.to_vec())?;
        }
        let due = replying.finish(&tags)?;
        let receipt = self.line.receive(Kind::Receipt)?;
        let receipt = ReceiptMessage::decode(&receipt).map_err(hefu_psi::Error::Refused)?;
        let (signed, answer) = due.receipt(&receipt, self.runner.keys.signing_key(), LogHead::default())?;
        self.line.send(Kind::Receipt, answer.encode(), Vec::new())?;
        Ok(signed)
    }

    fn answer<S: Suite>(
        &mut self,
        mut state: Collecting<S>,
        total: u64,
        randomness: &mut dyn CryptoRng,
        opened: [Vec<u8>; 2],
    ) -> Result<Replying<S>> {
        let mut spool = Spool::new(&self.runner.spool)?;
        let mut received = 0;
        while received < total {
            let payload = self.line.receive(Kind::Blinded)?;
            let message = Blinded::decode(&payload).map_err(hefu_psi::Error::Refused)?;
            state.blinded(&message)?;
            spool.push(message.elements)?;
            received += (message.elements.len() / S::ELEMENT) as u64;
        }
        let commit = Commit::decode(&self.line.receive(Kind::Commit)?).map_err(hefu_psi::Error::Refused)?;
        let mut state = state.commit(&commit)?;
        let have = Have::decode(&self.line.receive(Kind::Have)?).map_err(hefu_psi::Error::Refused)?;
        state.held(&have, 0)?;
        self.bear_witness(opened, &commit)?;
        spool.rewind()?;
        let mut chunk = Vec::new();
        let mut done = 0;
        while state.remaining() > 0 {
            let blinded = spool.next(CHUNK * S::ELEMENT, &mut chunk)?;
            let mut message = Vec::new();
            state.evaluate(&self.runner.pool, blinded, randomness, &mut message)?;
            done += (blinded.len() / S::ELEMENT) as u64;
            self.line.send(Kind::Evaluated, message, Vec::new())?;
            self.tell(Step::Evaluate, done, total);
        }
        Ok(state)
    }

    fn bear_witness(&self, [open, accept]: [Vec<u8>; 2], commit: &Commit) -> Result<()> {
        (self.runner.witness)(&Committed {
            open,
            accept,
            commit: commit.encode(),
        })
    }

    fn tell(&self, step: Step, done: u64, total: u64) {
        (self.runner.watcher)(Progress { step, done, total });
    }
}

fn commit_to(terms: &Terms, elements: &Elements, seed: &SessionSeed) -> InputCommitment {
    let mut committer = InputCommitter::for_sender(terms, seed);
    for chunk in elements.chunks(CHUNK) {
        committer.update(chunk, &[]);
    }
    committer.finish()
}

/// Tags the whole set, unless the session has failed meanwhile.
fn tag_all<S: Suite>(
    mut state: Tagging<S>,
    elements: &Elements,
    runner: &Runner,
    stop: &AtomicBool,
) -> Result<TagSet> {
    let total = elements.len() as u64;
    let mut done = 0;
    for chunk in elements.chunks(CHUNK) {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Internal {
                what: "tagging after the session's end",
            });
        }
        state.tag(&runner.pool, chunk, &[])?;
        done += (chunk.len() / elements.width()) as u64;
        (runner.watcher)(Progress {
            step: Step::Tag,
            done,
            total,
        });
    }
    Ok(state.finish()?)
}
