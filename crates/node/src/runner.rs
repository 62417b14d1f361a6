//! Runs a session over a connection: the only bridge between tokio, which moves bytes, and rayon, which computes.
//!
//! The protocol itself is plain blocking code on its own thread (`session`); two tasks move frames between it and the
//! connection through bounded channels (`line`). So arithmetic and transfer overlap, and a slow side slows the other
//! instead of filling the memory.

mod line;
mod session;
mod spool;

use std::path::PathBuf;
use std::sync::Arc;

use hefu_curve::Pool;
use hefu_link::{Connection, Keys, Traffic};
use hefu_psi::{Elements, Matches, SignedReceipt, Suite, Terms};
use rand::CryptoRng;

use crate::{Error, Result};
pub use line::Call;
use line::Line;

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

/// Asked once a session for the sender's key: whether it was never seen before.
pub type Fresh = Arc<dyn Fn(&[u8; 32]) -> Result<bool> + Send + Sync>;

/// Told of every chunk. Called from compute threads.
pub type Watcher = Arc<dyn Fn(Progress) + Send + Sync>;

/// What both sides have fixed before anything is answered, as it went over the wire. Only public values.
pub struct Committed {
    /// The receiver's opening.
    pub open: Vec<u8>,
    /// The sender's acceptance.
    pub accept: Vec<u8>,
    /// The receiver's signature over all it has sent.
    pub commit: Vec<u8>,
}

/// Told on both sides before the first evaluation leaves, so that a peer that breaks off later has still signed for
/// what it entered.
pub type Witness = Arc<dyn Fn(&Committed) -> Result<()> + Send + Sync>;

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
    /// Told what both sides have fixed.
    pub witness: Witness,
}

/// Both signatures and what went over the line.
pub struct Sent {
    /// What both sides signed.
    pub receipt: SignedReceipt,
    /// Frames and bytes.
    pub traffic: Traffic,
}

/// The result and what went over the line.
pub struct Received {
    /// Which elements match.
    pub matches: Matches,
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
            witness: Arc::new(|_| Ok(())),
        }
    }

    /// Runs the receiver's side. `fresh` is asked whether the sender's session key was never seen before.
    ///
    /// # Errors
    /// Whatever ended the session; the peer has been told the reason where it could be.
    pub async fn receive<S: Suite>(
        &self,
        connection: Connection,
        terms: Terms,
        elements: Elements,
        randomness: Randomness,
        fresh: Fresh,
    ) -> Result<Received> {
        let (line, tasks) = Line::new(connection);
        let runner = self.clone();
        let outcome = blocking(move || {
            session::Running::new(&runner, line).receive::<S>(terms, elements, randomness, &*fresh)
        })
        .await;
        let (matches, traffic) = tasks.close(outcome).await?;
        Ok(Received { matches, traffic })
    }

    /// Runs the sender's side for a call that has come.
    ///
    /// # Errors
    /// Whatever ended the session; the peer has been told the reason where it could be.
    pub async fn send<S: Suite>(
        &self,
        call: Call,
        terms: Terms,
        elements: Elements,
        randomness: Randomness,
    ) -> Result<Sent> {
        let (open, line, tasks) = call.into_line();
        let runner = self.clone();
        let outcome = blocking(move || {
            session::Running::new(&runner, line).send::<S>(terms, open, &elements, randomness)
        })
        .await;
        let (receipt, traffic) = tasks.close(outcome).await?;
        Ok(Sent { receipt, traffic })
    }
}

/// Runs blocking work on its own thread; a panic in it is an internal error, not the end of the node.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(Error::Internal {
            what: "the session's thread",
        }))
}
