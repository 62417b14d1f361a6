//! What a side of a session keeps, so that it can go on after a crash or a cut line.

use std::path::{Path, PathBuf};

use hefu_psi::wire::ReceiptMessage;
use hefu_psi::{LogHead, Root, SignedReceipt};

use super::spool::Spool;
use crate::Result;

/// Which chunks are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunks {
    /// Blinded elements, receiver to sender.
    Blinded,
    /// Evaluations, sender to receiver.
    Evaluated,
}

/// The memory of one side of one session.
///
/// Each note is durable when its method returns, and that is before the message it stands for leaves. The same note a
/// second time changes nothing, another one in its place is an error that ends the session: so whatever a side says
/// after a crash is what it said before.
pub trait Journal: Send + Sync {
    /// The opening, before it is sent: the one with which this session began.
    fn opened(&self, open: &[u8]) -> Result<()>;
    /// The acceptance, by which the session's id and key are fixed. `fresh` is the digest of a key that this side must
    /// never have seen in another session.
    fn accepted(&self, accept: &[u8], fresh: Option<&[u8; 32]>) -> Result<()>;
    /// The receiver's signature over what it has sent: from here on both have signed for what they entered.
    fn committed(&self, commit: &[u8]) -> Result<()>;
    /// The roots of the chunks noted so far.
    fn chunks(&self, of: Chunks) -> Result<Vec<Root>>;
    /// A chunk.
    fn chunk(&self, of: Chunks, number: u32, root: &Root) -> Result<()>;
    /// The root over the tags, with their labels.
    fn tags(&self, root: &[u8; 32]) -> Result<()>;
    /// The root over the tags, if they were noted.
    fn tags_noted(&self) -> Result<Option<[u8; 32]>>;
    /// This side's own receipt, if it was signed before: the receiver's, or that of a sender by files.
    fn receipt(&self) -> Result<Option<Vec<u8>>>;
    /// The same, before it is sent. Of one size whatever matched, so that the time tells nothing.
    fn receipt_signed(&self, receipt: &[u8]) -> Result<()>;
    /// The end of a sender over a line: both have signed, and `own` can be said again whenever the receiver repeats `theirs`.
    fn conclude(&self, signed: &SignedReceipt, theirs: &ReceiptMessage, own: &ReceiptMessage) -> Result<()>;
    /// The head of this node's log, for the receipt.
    fn head(&self) -> Result<LogHead>;
    /// The file under this name, with what was written into it before.
    fn spool(&self, name: &'static str) -> Result<Spool>;
}

/// Remembers nothing: for two parties in one process, who end together.
pub struct Forgetful {
    spool: PathBuf,
}

impl Forgetful {
    /// Chunks wait in this folder, in files without a name.
    #[must_use]
    pub fn new(spool: &Path) -> Self {
        Self {
            spool: spool.to_path_buf(),
        }
    }
}

impl Journal for Forgetful {
    fn opened(&self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn accepted(&self, _: &[u8], _: Option<&[u8; 32]>) -> Result<()> {
        Ok(())
    }

    fn committed(&self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn chunks(&self, _: Chunks) -> Result<Vec<Root>> {
        Ok(Vec::new())
    }

    fn chunk(&self, _: Chunks, _: u32, _: &Root) -> Result<()> {
        Ok(())
    }

    fn tags(&self, _: &[u8; 32]) -> Result<()> {
        Ok(())
    }

    fn tags_noted(&self) -> Result<Option<[u8; 32]>> {
        Ok(None)
    }

    fn receipt(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn receipt_signed(&self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn conclude(&self, _: &SignedReceipt, _: &ReceiptMessage, _: &ReceiptMessage) -> Result<()> {
        Ok(())
    }

    fn head(&self) -> Result<LogHead> {
        Ok(LogHead::default())
    }

    fn spool(&self, _: &'static str) -> Result<Spool> {
        Spool::unnamed(&self.spool)
    }
}
