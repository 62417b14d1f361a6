//! What both sides of a session have in common.

use hefu_psi::LogHead;
use hefu_psi::wire::{Abort, Have, Kind, ReceiptMessage};

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
        let have = Have::decode(&self.line.receive(Kind::Have)?).map_err(refused)?;
        // Who files what it has to say files all of it, so nothing of it can be held yet.
        if self.line.is_filed() && (have.chunks > 0 || have.tags) {
            return Err(out_of_turn(0));
        }
        Ok(have)
    }

    /// This side's own receipt, if it was signed before: it stays the same, with the head that the log had then.
    pub(super) fn signed_before(&self) -> Result<Option<ReceiptMessage>> {
        let signed = self.journal.receipt()?;
        let signed = signed.map(|bytes| ReceiptMessage::decode(&bytes)).transpose();
        Ok(signed.map_err(refused)?)
    }

    /// The head of this node's log that the own receipt names.
    pub(super) fn head(&self, signed_before: Option<&ReceiptMessage>) -> Result<LogHead> {
        match signed_before {
            Some(receipt) => Ok(LogHead {
                seq: receipt.head_seq,
                hash: receipt.head,
            }),
            None => self.journal.head(),
        }
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
