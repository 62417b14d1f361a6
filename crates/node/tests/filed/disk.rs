//! The memory of a side, which outlives its crashes; and the crashes.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use hefu_node::runner::{Chunks, Forgetful, Journal, Spool};
use hefu_node::{Error, Result};
use hefu_psi::wire::{Abort, ReceiptMessage};
use hefu_psi::{LogHead, Root, SignedReceipt};

/// A journal that keeps what a node must, and crashes when it is told to.
pub(crate) struct Disk {
    kept: Mutex<Kept>,
    spools: Forgetful,
}

#[derive(Default)]
pub(crate) struct Kept {
    open: Option<Vec<u8>>,
    pub(crate) accept: Option<Vec<u8>>,
    pub(crate) commit: Option<Vec<u8>>,
    blinded: Vec<Root>,
    pub(crate) evaluated: Vec<Root>,
    tags: Option<[u8; 32]>,
    pub(crate) receipt: Option<Vec<u8>>,
    /// Keys seen in other sessions.
    pub(crate) seen: Vec<[u8; 32]>,
    /// Grows by itself, as a log does: a receipt that is signed again must not have the newer head.
    head: u64,
    /// The log stays empty.
    no_log: bool,
    /// The call behind which the side crashes: what it noted is on the disk.
    crash: Option<usize>,
    /// Calls so far.
    pub(crate) calls: usize,
}

impl Disk {
    pub(crate) fn new(spool: &Path) -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::default(),
            spools: Forgetful::new(spool),
        })
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// Lets the log stay empty, as it is for sides that remember nothing.
    pub(crate) fn without_a_log(&self) {
        self.kept().no_log = true;
    }

    pub(crate) fn crash_behind(&self, call: usize) {
        let mut kept = self.kept();
        (kept.crash, kept.calls) = (Some(call), 0);
    }

    pub(crate) fn go_on(&self) {
        self.kept().crash = None;
    }

    fn call<T>(&self, note: impl FnOnce(&mut Kept) -> Result<T>) -> Result<T> {
        let mut kept = self.kept();
        kept.calls += 1;
        let noted = note(&mut kept)?;
        match kept.crash {
            Some(call) if call == kept.calls => Err(crashed()),
            _ => Ok(noted),
        }
    }
}

fn crashed() -> Error {
    Error::Spool {
        source: std::io::Error::other("crash"),
    }
}

fn once<T: PartialEq + Clone>(place: &mut Option<T>, value: &T, what: &'static str) -> Result<()> {
    match place.get_or_insert_with(|| value.clone()) == value {
        true => Ok(()),
        false => Err(hefu_psi::Error::Local { what }.into()),
    }
}

impl Journal for Disk {
    fn opened(&self, open: &[u8]) -> Result<()> {
        self.call(|kept| once(&mut kept.open, &open.to_vec(), "open"))
    }

    fn accepted(&self, accept: &[u8], fresh: Option<&[u8; 32]>) -> Result<()> {
        self.call(|kept| {
            if kept.accept.is_none() && fresh.is_some_and(|key| kept.seen.contains(key)) {
                return Err(hefu_psi::Error::Refused(Abort::PublicKey).into());
            }
            once(&mut kept.accept, &accept.to_vec(), "accept")
        })
    }

    fn committed(&self, commit: &[u8]) -> Result<()> {
        self.call(|kept| once(&mut kept.commit, &commit.to_vec(), "commit"))
    }

    fn chunks(&self, of: Chunks) -> Result<Vec<Root>> {
        self.call(|kept| {
            Ok(match of {
                Chunks::Blinded => kept.blinded.clone(),
                Chunks::Evaluated => kept.evaluated.clone(),
            })
        })
    }

    fn chunk(&self, of: Chunks, number: u32, root: &Root) -> Result<()> {
        self.call(|kept| {
            let chunks = match of {
                Chunks::Blinded => &mut kept.blinded,
                Chunks::Evaluated => &mut kept.evaluated,
            };
            match chunks.get(number as usize) {
                Some(known) if known == root => Ok(()),
                None if chunks.len() == number as usize => {
                    chunks.push(*root);
                    Ok(())
                }
                _ => Err(hefu_psi::Error::Local { what: "chunk" }.into()),
            }
        })
    }

    fn tags(&self, root: &[u8; 32]) -> Result<()> {
        self.call(|kept| once(&mut kept.tags, root, "tags"))
    }

    fn tags_noted(&self) -> Result<Option<[u8; 32]>> {
        self.call(|kept| Ok(kept.tags))
    }

    fn receipt(&self) -> Result<Option<Vec<u8>>> {
        self.call(|kept| Ok(kept.receipt.clone()))
    }

    fn receipt_signed(&self, receipt: &[u8]) -> Result<()> {
        self.call(|kept| once(&mut kept.receipt, &receipt.to_vec(), "receipt"))
    }

    fn conclude(&self, _: &SignedReceipt, _: &ReceiptMessage, _: &ReceiptMessage) -> Result<()> {
        panic!("a sender by files has no such end")
    }

    fn head(&self) -> Result<LogHead> {
        self.call(|kept| {
            if kept.no_log {
                return Ok(LogHead::default());
            }
            kept.head += 1;
            Ok(LogHead {
                seq: kept.head,
                hash: [1; 32],
            })
        })
    }

    fn spool(&self, name: &'static str) -> Result<Spool> {
        self.call(|_| self.spools.spool(name))
    }
}
