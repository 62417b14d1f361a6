//! Messages in files: frames one after another, read and written by blocking code.
//!
//! ```text
//! u8 type, u32 length of the payload in big-endian order, payload
//! ```
//!
//! A file has all that a side says until it is the other's turn, and ends behind its last frame. Nothing in it is
//! trusted to be there, or to be the last.

use std::io::{BufReader, BufWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hefu_psi::wire::{Abort, Kind, decode_abort, encode_abort};

use super::line::unexpected;
use super::session::refused;
use crate::{Error, Result};

/// The type of a frame that has an abort's reason, as the link has it.
pub const ABORT: u8 = 255;

/// No frame is longer: what a connection allows by itself.
const LONGEST_FRAME: u32 = 1 << 20;

/// What a file goes on with.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A frame: its type and its payload.
    Frame(u8, Vec<u8>),
    /// Nothing: the file ends where a frame does.
    End,
    /// A frame that is cut short, or longer than any may be.
    Broken,
}

/// Reads the next frame.
///
/// # Errors
/// When the file can't be read.
pub fn next_frame(from: &mut dyn Read) -> Result<Next> {
    let mut header = Vec::with_capacity(5);
    from.take(5).read_to_end(&mut header).map_err(unread)?;
    let (kind, length) = match header.as_slice() {
        [] => return Ok(Next::End),
        [kind, a, b, c, d] => (*kind, u32::from_be_bytes([*a, *b, *c, *d])),
        _ => return Ok(Next::Broken),
    };
    if length > LONGEST_FRAME {
        return Ok(Next::Broken);
    }
    let mut payload = Vec::new();
    from.take(u64::from(length))
        .read_to_end(&mut payload)
        .map_err(unread)?;
    if payload.len() < length as usize {
        return Ok(Next::Broken);
    }
    Ok(Next::Frame(kind, payload))
}

/// Writes a frame whose payload comes in parts.
///
/// # Errors
/// When the file can't be written, or no reader would take a frame as long as this.
pub fn write_frame(to: &mut dyn Write, kind: u8, parts: &[&[u8]]) -> Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(length)
        .ok()
        .filter(|length| *length <= LONGEST_FRAME)
        .ok_or(Error::Internal {
            what: "a frame's length",
        })?;
    to.write_all(&[kind]).map_err(unread)?;
    to.write_all(&length.to_be_bytes()).map_err(unread)?;
    parts
        .iter()
        .try_for_each(|part| to.write_all(part))
        .map_err(unread)
}

/// An answer that says no and why: one frame.
///
/// # Errors
/// None that is known: memory takes what is written.
pub fn refusal(reason: &Abort) -> Result<Vec<u8>> {
    let mut frame = Vec::new();
    write_frame(&mut frame, ABORT, &[&encode_abort(reason)])?;
    Ok(frame)
}

/// The files of one side: what it hears and where it writes what it says.
pub(super) struct Filed {
    from: Option<BufReader<Box<dyn Read + Send>>>,
    to: Option<BufWriter<Box<dyn Write + Send>>>,
    /// Who may have answered with a refusal instead, as long as nothing else was read.
    refuser: Option<String>,
    accepted: Arc<AtomicBool>,
}

impl Filed {
    /// What the receiver says at once.
    pub(super) fn asking(to: impl Write + Send + 'static) -> Self {
        Self::new(None, Some(Box::new(to)), None)
    }

    /// The answer to it, by `peer`. What the receiver said before is not said again.
    pub(super) fn hearing(from: impl Read + Send + 'static, peer: String) -> Self {
        Self::new(Some(Box::new(from)), None, Some(peer))
    }

    /// What the sender is asked, behind the opening, and where its answer goes.
    pub(super) fn answering(from: impl Read + Send + 'static, to: impl Write + Send + 'static) -> Self {
        Self::new(Some(Box::new(from)), Some(Box::new(to)), None)
    }

    fn new(
        from: Option<Box<dyn Read + Send>>,
        to: Option<Box<dyn Write + Send>>,
        refuser: Option<String>,
    ) -> Self {
        Self {
            from: from.map(BufReader::new),
            to: to.map(BufWriter::new),
            refuser,
            accepted: Arc::default(),
        }
    }

    /// Whether the sender's acceptance has been written or read: from then on a failure is no refusal.
    pub(super) fn accepted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.accepted)
    }

    pub(super) fn send(&mut self, kind: Kind, head: &[u8], body: &[u8]) -> Result<()> {
        self.note(kind);
        match &mut self.to {
            Some(to) => write_frame(to, kind as u8, &[head, body]),
            None => Ok(()),
        }
    }

    pub(super) fn receive(&mut self, kind: Kind) -> Result<Vec<u8>> {
        let refuser = self.refuser.take();
        match (self.next()?, refuser) {
            (Next::Frame(byte, payload), _) if byte == kind as u8 => {
                self.note(kind);
                Ok(payload)
            }
            (Next::Frame(ABORT, reason), Some(peer)) => {
                self.end(kind)?;
                Err(match decode_abort(&reason) {
                    Some(abort) => hefu_link::Error::PeerAborted { peer, abort },
                    None => hefu_link::Error::PeerAbortedUnread { peer },
                }
                .into())
            }
            (Next::Frame(..) | Next::End, _) => Err(unexpected(kind).into()),
            (Next::Broken, _) => Err(malformed(kind)),
        }
    }

    /// Makes sure that nothing stands behind the last message, which was of this kind.
    pub(super) fn end(&mut self, last: Kind) -> Result<()> {
        match self.next()? {
            Next::End => Ok(()),
            _ => Err(malformed(last)),
        }
    }

    /// Hands on what is written and waits in memory still.
    pub(super) fn flush(&mut self) -> Result<()> {
        match &mut self.to {
            Some(to) => to.flush().map_err(unread),
            None => Ok(()),
        }
    }

    fn next(&mut self) -> Result<Next> {
        match &mut self.from {
            Some(from) => next_frame(from),
            None => Ok(Next::End),
        }
    }

    fn note(&self, kind: Kind) {
        if kind == Kind::Accept {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }
}

fn malformed(step: Kind) -> Error {
    refused(Abort::Malformed {
        step: step.name().to_string(),
    })
    .into()
}

/// A disk that gives way: the round can be taken up again.
fn unread(source: std::io::Error) -> Error {
    Error::Spool { source }
}
