//! What both sides of a session have in common.

use hefu_psi::wire::{Abort, Have, Kind};

use super::journal::Journal;
use super::line::Line;
use super::{Progress, Runner, Step};
use crate::{Error, Result};

/// A session under way.
pub(super) struct Running<'a> {
    pub(super) runner: &'a Runner,
    pub(super) journal: &'a dyn Journal,
    pub(super) line: Line,
}

impl Running<'_> {
    /// Tells the peer what need not come again.
    pub(super) fn say_have(&mut self, chunks: u32, tags: bool) -> Result<()> {
        self.line
            .send(Kind::Have, Have { chunks, tags }.encode(), Vec::new())
    }

    pub(super) fn have(&mut self) -> Result<Have> {
        Ok(Have::decode(&self.line.receive(Kind::Have)?).map_err(refused)?)
    }

    pub(super) fn tell(&self, step: Step, done: u64, total: u64) {
        (self.runner.watcher)(Progress { step, done, total });
    }
}

pub(super) fn refused(abort: Abort) -> hefu_psi::Error {
    hefu_psi::Error::Refused(abort)
}

/// The peer says that it has what it can't have.
pub(super) fn out_of_turn(expected: usize) -> Error {
    refused(Abort::Chunk {
        expected: u32::try_from(expected).unwrap_or(u32::MAX),
    })
    .into()
}
