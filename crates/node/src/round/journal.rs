//! A session's journal in the node's store, and its chunks in a folder of their own under `spool/`.

use std::path::PathBuf;
use std::sync::Arc;

use hefu_casework::Hex;
use hefu_psi::wire::ReceiptMessage;
use hefu_psi::{LogHead, Root, SignedReceipt};
use hefu_store::{Direction, Role};

use crate::runner::{Chunks, Journal, Spool};
use crate::{Error, Node, Result};

/// The journal of one round.
pub(crate) struct Kept {
    node: Arc<Node>,
    round: [u8; 32],
    folder: PathBuf,
}

impl Kept {
    pub(crate) fn new(node: Arc<Node>, round: [u8; 32]) -> Result<Self> {
        let folder = node.spool_of(&round);
        crate::node::private_folder(&folder).map_err(|source| Error::Spool { source })?;
        Ok(Self { node, round, folder })
    }

    fn session(&self) -> Result<hefu_store::Session> {
        self.node.store.session(&self.round)?.ok_or(Error::Internal {
            what: "a session's record",
        })
    }

    /// What both have signed for stands in the log before the first answer is given here, or looked at: a peer that
    /// breaks off later has signed for its input. By files a receiver has signed before the acceptance comes.
    fn log_committed(&self, session: &hefu_store::Session, accept: &[u8], commit: &[u8]) -> Result<()> {
        self.node.log(
            "session_committed",
            &serde_json::json!({
                "round": Hex(self.round),
                "open": hex(&session.open),
                "accept": hex(accept),
                "commit": hex(commit),
            }),
        )
    }
}

impl Journal for Kept {
    fn opened(&self, open: &[u8]) -> Result<()> {
        if self.session()?.open == open {
            return Ok(());
        }
        // What this side enters is not what it entered: both would have another session on record.
        Err(hefu_psi::Error::Local { what: "own set" }.into())
    }

    fn accepted(&self, accept: &[u8], fresh: Option<&[u8; 32]>) -> Result<()> {
        let store = &self.node.store;
        let session = self.session()?;
        if let Some(commit) = session.commit.as_ref().filter(|_| session.accept.is_none()) {
            self.log_committed(&session, accept, commit)?;
        }
        if !store.note_accept(&self.round, accept, fresh)? {
            return Err(hefu_psi::Error::Refused(hefu_psi::wire::Abort::PublicKey).into());
        }
        Ok(())
    }

    fn committed(&self, commit: &[u8]) -> Result<()> {
        let session = self.session()?;
        if let Some(accept) = session.accept.as_ref().filter(|_| session.commit.is_none()) {
            self.log_committed(&session, accept, commit)?;
        }
        Ok(self.node.store.note_commit(&self.round, commit)?)
    }

    fn chunks(&self, of: Chunks) -> Result<Vec<Root>> {
        Ok(self.node.store.chunks(&self.round, direction(of))?)
    }

    fn chunk(&self, of: Chunks, number: u32, root: &Root) -> Result<()> {
        Ok(self
            .node
            .store
            .note_chunk(&self.round, direction(of), number, root)?)
    }

    fn tags(&self, root: &[u8; 32]) -> Result<()> {
        Ok(self.node.store.note_tags_root(&self.round, root)?)
    }

    fn tags_noted(&self) -> Result<Option<[u8; 32]>> {
        Ok(self.session()?.tags_root)
    }

    fn receipt(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.session()?.receipt)
    }

    fn receipt_signed(&self, receipt: &[u8]) -> Result<()> {
        Ok(self.node.store.note_receipt(&self.round, receipt)?)
    }

    fn conclude(&self, signed: &SignedReceipt, theirs: &ReceiptMessage, own: &ReceiptMessage) -> Result<()> {
        let mut round = self.node.store.round(&self.round)?.ok_or(Error::Internal {
            what: "a session's round",
        })?;
        debug_assert_eq!(round.role, Role::Sender);
        round.own_elements = Some(signed.receipt.sender_elements);
        round.peer_elements = Some(signed.receipt.receiver_elements);
        self.node
            .end_answering(&mut round, signed, &theirs.encode(), &own.encode())
    }

    fn head(&self) -> Result<LogHead> {
        let head = self.node.store.head()?;
        Ok(LogHead {
            seq: head.seq,
            hash: head.hash,
        })
    }

    fn spool(&self, name: &'static str) -> Result<Spool> {
        Spool::named(&self.folder.join(name))
    }
}

fn direction(of: Chunks) -> Direction {
    match of {
        Chunks::Blinded => Direction::Blinded,
        Chunks::Evaluated => Direction::Evaluated,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
