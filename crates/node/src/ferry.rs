//! Whole rounds by files: what one node has for another, carried in sealed sets of letters where no line may be.
//!
//! ```text
//! ferry/letters/    the frames of letters that are too long for the database
//! ferry/out/        sealed sets, as long as something in them is not settled
//! ferry/in/         parts of sets that came, until the set is worked through
//! ferry/opened/     what a set holds, while it is worked through
//! ferry/heard/      answers that are signed for, until the result is looked at
//! ```
//!
//! Letters and sets are durable before anything appears for a carrier, and nothing is deleted before what replaces it is
//! durable. Which letters are due is read off the records ([`ferry_work`](crate::Node::ferry_work)), so that a node that was
//! killed at any point goes on as if it had not been. No secret of a session stands in any of these files: they hold what the
//! peer gets.

mod anew;
mod carrier;
mod conclude;
mod content;
mod due;
mod folder;
mod incoming;
mod outgoing;
mod sessions;
pub mod slip;
mod status;
mod view;
mod watch;
mod work;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hefu_link::ferry::Assembly;
use tokio::sync::Notify;

use crate::guard::Repeats;

pub(crate) use anew::{fresh_id, want_after_restore};
pub(crate) use content::paper;
pub use hefu_store::Matter;
pub use view::{
    CardWaiting, Due, FerryStatus, LetterFacts, LetterIn, LetterOut, LetterState, PartFile, PartNews,
    PartTaken, RefusedFile, SetFacts, SetIn, SetOut, WaitStep, Waiting, Worked,
};
pub use watch::{Folders, Slips};

/// The part of a node that goes by files, in memory.
#[derive(Default)]
pub(crate) struct Ferry {
    /// Held by whoever works through sets or makes letters and sets.
    working: tokio::sync::Mutex<()>,
    /// Held by whoever has the folder of a set's parts open. The set whose part came last stays open: one of very many
    /// parts is not read anew for each.
    parts: Mutex<Option<Assembly>>,
    notify: Notify,
    /// Held by whoever looks at results; never together with `working`.
    concluding: tokio::sync::Mutex<()>,
    /// The answer that was heard last, so that it need not be heard again.
    heard_last: Mutex<Option<conclude::Heard>>,
    /// Whether the watched folders say when results are looked at.
    watched: AtomicBool,
    /// Files of the inbox that were refused, as they were then.
    refused: Mutex<BTreeMap<PathBuf, Refusal>>,
    /// Rounds of which a peer's word that they have ended stands in the log already, though it changed nothing.
    heard: Mutex<HashSet<[u8; 32]>>,
    /// Openings that began nothing, as far as the log tells of them.
    calls: Repeats,
    /// Letters that were refused, as far as the log tells of them.
    refusals: Repeats,
}

/// A file of the inbox that was refused.
struct Refusal {
    stamp: Stamp,
    /// Whether another file is needed; otherwise this one may fare better later.
    is_about_the_file: bool,
    file: RefusedFile,
}

/// By which a changed file is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    changed_at: Option<SystemTime>,
}

impl Ferry {
    /// There is something to do.
    pub(crate) fn notify(&self) {
        self.notify.notify_one();
    }

    /// Whether a peer's word about this round is to be logged, though it changed nothing: once a process.
    pub(crate) fn first_heard(&self, round: &[u8; 32]) -> bool {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*round)
    }

    /// One at a time: who opens a set's folder clears away what it takes for half written.
    fn parts(&self) -> MutexGuard<'_, Option<Assembly>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Refusal>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
