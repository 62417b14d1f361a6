//! A session's journal in the node's store, and its chunks in a folder of their own under `spool/`.

use std::path::PathBuf;
use std::sync::Arc;

use hefu_casework::Hex;
use hefu_psi::wire::ReceiptMessage;
use hefu_psi::{LogHead, Root, SignedReceipt};
use hefu_store::{Direction, Role, RoundState};

use super::receipt_entry;
use crate::runner::{Chunks, Journal, Pending, Spool};
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
}

impl Journal for Kept {
    fn accepted(&self, accept: &[u8], fresh: Option<&[u8; 32]>) -> Result<()> {
        let store = &self.node.store;
        let known = self.session()?.accept.is_some();
        store.note_accept(&self.round, accept)?;
        // After a crash the key is this session's own, and no stranger.
        if let Some(key) = fresh
            && !store.remember_public_key(key)?
            && !known
        {
            return Err(hefu_psi::Error::Refused(hefu_psi::wire::Abort::PublicKey).into());
        }
        Ok(())
    }

    fn committed(&self, commit: &[u8]) -> Result<()> {
        if self.session()?.commit.is_none() {
            // On record on both sides before the first answer: a peer that breaks off later has signed for its input.
            let session = self.session()?;
            self.node.log(
                "session_committed",
                &serde_json::json!({
                    "round": Hex(self.round),
                    "open": hex(&session.open),
                    "accept": hex(session.accept.as_deref().unwrap_or_default()),
                    "commit": hex(commit),
                }),
            )?;
        }
        Ok(self.node.store.note_commit(&self.round, commit)?)
    }

    fn commit(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.session()?.commit)
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

    fn pending(&self) -> Result<Option<Pending>> {
        let Some(state) = self.node.store.session_pending(&self.round)? else {
            return Ok(None);
        };
        let receipt = self.session()?.receipt.ok_or(Error::Internal {
            what: "a session's record",
        })?;
        Ok(Some(Pending { state, receipt }))
    }

    fn keep_pending(&self, pending: &Pending) -> Result<()> {
        Ok(self
            .node
            .store
            .put_pending(&self.round, &pending.state, &pending.receipt)?)
    }

    fn conclude(&self, signed: &SignedReceipt, theirs: &ReceiptMessage, own: &ReceiptMessage) -> Result<()> {
        let mut round = self.node.store.round(&self.round)?.ok_or(Error::Internal {
            what: "a session's round",
        })?;
        debug_assert_eq!(round.role, Role::Sender);
        round.own_elements = Some(signed.receipt.sender_elements);
        round.peer_elements = Some(signed.receipt.receiver_elements);
        round.state = RoundState::Done;
        self.node.end_done(
            &mut round,
            signed,
            &[],
            &[],
            Some(&theirs.encode()),
            Some(&own.encode()),
        )
    }

    fn in_vain(&self, signed: &SignedReceipt) -> Result<()> {
        let round = self.node.store.round(&self.round)?.ok_or(Error::Internal {
            what: "a session's round",
        })?;
        self.node.log("receipt_in_vain", &receipt_entry(&round, signed))
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
