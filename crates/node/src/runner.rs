//! Runs a session over a connection or by files: the only bridge between tokio, which moves bytes, and rayon, which
//! computes.
//!
//! The protocol itself is plain blocking code on its own thread (`receive`, `send`), which keeps a journal. Two tasks move
//! frames between it and a connection through bounded channels (`line`), so arithmetic and transfer overlap, and a slow
//! side slows the other instead of filling the memory. By files (`filed`) the same code says the same messages, byte for
//! byte.

pub mod filed;
mod journal;
mod line;
mod receive;
mod send;
mod session;
mod spool;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hefu_curve::Pool;
use hefu_link::{Connection, Keys, Traffic};
use hefu_psi::wire::Open;
use hefu_psi::{Elements, Receipt, SessionSeed, SignedReceipt, Suite, Terms};
use rand::CryptoRng;

use crate::{Error, Result};
use filed::Filed;
pub use journal::{Chunks, Forgetful, Journal};
use line::Line;
pub use line::{Call, Said, Visit};
pub use receive::Concluded;
pub use send::Own;
pub use spool::Spool;
pub(crate) use spool::{BLINDED, EVALUATED, TAGS};

/// A source of randomness for one session: the system's, or a seeded one in tests.
pub type Randomness = Box<dyn CryptoRng + Send>;

/// The operating system's randomness.
#[must_use]
pub fn system_randomness() -> Randomness {
    Box::new(rand::rand_core::UnwrapErr(rand::rngs::SysRng))
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// Elements done in this step.
    pub done: u64,
    /// Elements of this step in all.
    pub total: u64,
}

/// A step of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The receiver blinds its elements.
    Blind,
    /// The sender tags its own set.
    Tag,
    /// The sender evaluates.
    Evaluate,
    /// The receiver verifies and takes its blinds off.
    Unblind,
    /// The receiver merges the tags.
    Merge,
}

impl Step {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Step::Blind => "blind",
            Step::Tag => "tag",
            Step::Evaluate => "evaluate",
            Step::Unblind => "unblind",
            Step::Merge => "merge",
        }
    }
}

/// Told of every chunk. Called from compute threads.
pub type Watcher = Arc<dyn Fn(Progress) + Send + Sync>;

/// What a node lends to its sessions.
#[derive(Clone)]
pub struct Runner {
    /// The compute threads.
    pub pool: Pool,
    /// The folder for chunks that wait for their answer.
    pub spool: PathBuf,
    /// The node's keys, for commitments and receipts.
    pub keys: Arc<Keys>,
    /// Told how far a session has come.
    pub watcher: Watcher,
}

/// Both signatures and what went over the line.
pub struct Sent {
    /// What both sides signed.
    pub receipt: SignedReceipt,
    /// Frames and bytes.
    pub traffic: Traffic,
}

/// What both have signed, with the result behind it, and what went over the line, which is closed.
pub struct Received {
    /// Both signatures, and the result.
    pub concluded: Concluded,
    /// Frames and bytes.
    pub traffic: Traffic,
}

impl Runner {
    /// A runner whose progress nobody watches.
    #[must_use]
    pub fn new(pool: Pool, spool: PathBuf, keys: Arc<Keys>) -> Self {
        Self {
            pool,
            spool,
            keys,
            watcher: Arc::new(|_| ()),
        }
    }

    /// Runs the receiver's side, or what is left of it. `held` is dropped when the session's thread has ended.
    ///
    /// # Errors
    /// Whatever ended the line or the session; the peer has been told the reason where it could be.
    pub async fn receive<S: Suite>(
        &self,
        connection: Connection,
        terms: Terms,
        elements: Elements,
        seed: SessionSeed,
        journal: Arc<dyn Journal>,
        held: impl Send + 'static,
    ) -> Result<Received> {
        let (line, tasks) = Line::new(connection);
        let runner = self.clone();
        let outcome = blocking(move || {
            let _held = held;
            runner.run(line, &*journal).receive::<S>(terms, elements, &seed)
        })
        .await;
        let (concluded, traffic) = tasks.close(outcome).await?;
        Ok(Received { concluded, traffic })
    }

    /// Runs the sender's side for a call that has come, or what is left of it. `held` is dropped when the session's
    /// thread has ended.
    ///
    /// # Errors
    /// Whatever ended the line or the session; the peer has been told the reason where it could be.
    #[allow(clippy::too_many_arguments, reason = "each is one thing that a session needs")]
    pub async fn send<S: Suite>(
        &self,
        call: Call,
        terms: Terms,
        own: Own,
        seed: SessionSeed,
        randomness: Randomness,
        journal: Arc<dyn Journal>,
        held: impl Send + 'static,
    ) -> Result<Sent> {
        let (open, line, tasks) = call.into_line();
        let runner = self.clone();
        let outcome = blocking(move || {
            let _held = held;
            runner
                .run(line, &*journal)
                .send::<S>(terms, open, &own, &seed, randomness)
        })
        .await;
        let (receipt, traffic) = tasks.close(outcome).await?;
        Ok(Sent { receipt, traffic })
    }

    /// Says once more what was said in a session that has ended well: `accept` and the `own` receipt, to a receiver
    /// that shows its receipt, `theirs`.
    ///
    /// # Errors
    /// When the line fails, or the receiver shows another receipt.
    pub async fn repeat(
        &self,
        call: Call,
        accept: Vec<u8>,
        chunks: u32,
        theirs: Vec<u8>,
        own: Vec<u8>,
    ) -> Result<()> {
        let (_, line, tasks) = call.into_line();
        let runner = self.clone();
        let outcome = blocking(move || {
            let nothing = Forgetful::new(&runner.spool);
            runner.run(line, &nothing).repeat(accept, chunks, &theirs, own)
        })
        .await;
        tasks.close(outcome).await.map(|_| ())
    }

    /// By files, the receiver's first turn: writes all that it has to say before it is answered. Said again, it is the
    /// same. `out` is flushed, not synced; what is in it after an error is to be thrown away.
    ///
    /// # Errors
    /// When the set is not the one that the session began with, or something can't be kept or written.
    pub async fn ask_by_file<S: Suite>(
        &self,
        terms: Terms,
        elements: Elements,
        seed: SessionSeed,
        journal: Arc<dyn Journal>,
        out: impl Write + Send + 'static,
        held: impl Send + 'static,
    ) -> Result<()> {
        let filed = Filed::asking(out);
        self.by_file(filed, journal, held, move |running| {
            running.ask::<S>(terms, elements, &seed)
        })
        .await
    }

    /// By files, the receiver's second turn: takes the sender's answer, which `answer` gives from its first frame to its
    /// last. Gives the result and this side's own receipt, which goes back to the sender. Heard again, it is the same.
    ///
    /// # Errors
    /// The sender's refusal as over a line; an answer that is not whole, or does not hold. Nothing is signed then, and
    /// the right answer can still be heard.
    pub async fn hear_by_file<S: Suite>(
        &self,
        terms: Terms,
        elements: Elements,
        seed: SessionSeed,
        journal: Arc<dyn Journal>,
        answer: impl Read + Send + 'static,
        held: impl Send + 'static,
    ) -> Result<(Concluded, Vec<u8>)> {
        let peer: String = terms
            .sender
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let filed = Filed::hearing(answer, peer);
        self.by_file(filed, journal, held, move |running| {
            let (concluded, receipt) = running.hear::<S>(terms, elements, &seed)?;
            Ok((concluded, receipt.encode()))
        })
        .await
    }

    /// By files, the sender's only turn: answers `open` and what the receiver said behind it, which `frames` gives up to
    /// its last frame. Gives what both will have signed and this side's own receipt, signed ahead: with these two and
    /// the receiver's receipt [`Receipt::conclude`] ends the session, and needs none of its secrets. Answered again, it is
    /// the same but for the nonces of the proofs. `out` is flushed, not synced; what is in it after an error is to be
    /// thrown away.
    ///
    /// # Errors
    /// When what the receiver said is not whole, or does not hold; or something can't be kept or written.
    #[allow(clippy::too_many_arguments, reason = "each is one thing that a session needs")]
    pub async fn answer_by_file<S: Suite>(
        &self,
        open: Open,
        frames: impl Read + Send + 'static,
        terms: Terms,
        own: Own,
        seed: SessionSeed,
        randomness: Randomness,
        journal: Arc<dyn Journal>,
        out: impl Write + Send + 'static,
        held: impl Send + 'static,
    ) -> Result<(Receipt, Vec<u8>)> {
        let filed = Filed::answering(frames, out);
        self.by_file(filed, journal, held, move |running| {
            let (receipt, message) = running.send_ahead::<S>(terms, open, &own, &seed, randomness)?;
            Ok((receipt, message.encode()))
        })
        .await
    }

    /// Runs one turn of a side on a thread of its own. `held` is dropped when that has ended.
    async fn by_file<T: Send + 'static>(
        &self,
        filed: Filed,
        journal: Arc<dyn Journal>,
        held: impl Send + 'static,
        turn: impl FnOnce(session::Running<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let runner = self.clone();
        let accepted = filed.accepted();
        let outcome = blocking(move || {
            let _held = held;
            turn(runner.run(Line::Filed(filed), &*journal))
        })
        .await;
        outcome.map_err(|error| match accepted.load(Ordering::Relaxed) {
            true => Error::BrokenOff {
                cause: Box::new(error),
                traffic: Traffic::default(),
            },
            false => error,
        })
    }

    fn run<'a>(&'a self, line: Line, journal: &'a dyn Journal) -> session::Running<'a> {
        session::Running {
            runner: self,
            journal,
            line,
        }
    }
}

/// No record of a session is longer.
pub(crate) const LONGEST: usize = 1 << 20;

/// How many chunks `elements` elements make.
pub(crate) fn chunks_of(elements: u64) -> u32 {
    u32::try_from(elements.div_ceil(hefu_psi::CHUNK as u64)).unwrap_or(u32::MAX)
}

/// Runs blocking work on its own thread; a panic in it is an internal error, not the end of the node.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(Error::Internal {
            what: "the session's thread",
        }))
}
