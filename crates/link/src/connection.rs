//! An authenticated line to one peer, as two halves, so that one task writes while another reads.

use std::future::Future;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use hefu_psi::wire::{Abort, decode_abort, encode_abort};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsStream;

use crate::card::Card;
use crate::error::{Error, Result};
use crate::frame::{self, HEADER_BYTES, Header, MAX_KIND};
use crate::limits::Limits;
use crate::listen::Place;
use crate::tls;

/// Which way a frame went, seen from this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From here to the peer.
    Sent,
    /// From the peer to here.
    Received,
}

/// Sees every frame in clear, before encryption or after decryption. For tests and captures.
pub trait Tap: Send + Sync {
    /// Called once a frame, in the order of each direction; `peer` is the name on the card.
    fn frame(&self, direction: Direction, peer: &str, kind: u8, payload: &[u8]);
}

/// What has gone over a connection so far; bytes count headers and payloads, not TLS's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames sent.
    pub frames_sent: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Frames received.
    pub frames_received: u64,
    /// Bytes received.
    pub bytes_received: u64,
}

/// What a received frame is; its payload stands in the caller's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The type that the sender gave it, at most [`MAX_KIND`].
    pub kind: u8,
    /// Its place among the peer's frames.
    pub sequence: u64,
}

/// A line to the peer whose card it carries.
pub struct Connection {
    sender: Sender,
    receiver: Receiver,
}

/// The writing half.
///
/// A call that is dropped before it ends may have written part of a frame; the half then refuses to go on.
pub struct Sender {
    shared: Arc<Shared>,
    io: WriteHalf<Stream>,
    sequence: u64,
    inside_frame: bool,
}

/// The reading half. A dropped [`Receiver::recv`] is harmless unless a frame had begun to arrive.
pub struct Receiver {
    shared: Arc<Shared>,
    sequence: u64,
    inside_frame: bool,
}

type Stream = TlsStream<TcpStream>;

struct Shared {
    peer: Card,
    limits: Limits,
    tap: Option<Arc<dyn Tap>>,
    counters: Counters,
    /// Here and not in the receiver, because the half that closes must be able to read on for a while.
    incoming: Mutex<ReadHalf<Stream>>,
    peer_aborted: OnceLock<Abort>,
    _place: Option<Place>,
}

#[derive(Default)]
struct Counters {
    frames_sent: AtomicU64,
    bytes_sent: AtomicU64,
    frames_received: AtomicU64,
    bytes_received: AtomicU64,
}

impl Connection {
    pub(crate) fn new(
        stream: Stream,
        peer: Card,
        limits: Limits,
        tap: Option<Arc<dyn Tap>>,
        place: Option<Place>,
    ) -> Connection {
        let (incoming, io) = tokio::io::split(stream);
        let shared = Arc::new(Shared {
            peer,
            limits,
            tap,
            counters: Counters::default(),
            incoming: Mutex::new(incoming),
            peer_aborted: OnceLock::new(),
            _place: place,
        });
        Connection {
            sender: Sender {
                shared: shared.clone(),
                io,
                sequence: 0,
                inside_frame: false,
            },
            receiver: Receiver {
                shared,
                sequence: 0,
                inside_frame: false,
            },
        }
    }

    /// The peer's card, whose TLS key it has proven to hold.
    #[must_use]
    pub fn peer(&self) -> &Card {
        &self.sender.shared.peer
    }

    /// The writing half and the reading half.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    pub(crate) fn sender(&mut self) -> &mut Sender {
        &mut self.sender
    }

    pub(crate) fn receiver(&mut self) -> &mut Receiver {
        &mut self.receiver
    }
}

impl Sender {
    /// Sends one frame; `kind` is at most [`MAX_KIND`]. It may rest in a buffer until [`Sender::flush`].
    pub async fn send(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        self.send_parts(kind, &[payload]).await
    }

    /// Sends one frame whose payload is the concatenation of `parts`, without joining them first.
    pub async fn send_parts(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        if kind > MAX_KIND {
            return Err(Error::Kind {
                peer: self.shared.name(),
                kind,
            });
        }
        self.write(kind, parts).await
    }

    /// Tells the peer that this side is alive and at work, so that its time-out begins anew; sent at once.
    pub async fn alive(&mut self) -> Result<()> {
        self.own(frame::ALIVE, &[]).await
    }

    /// Sends on what rests in buffers.
    pub async fn flush(&mut self) -> Result<()> {
        self.shared.timed(self.io.flush()).await
    }

    /// Ends the session and gives the peer the reason; returns when the peer has closed too, or after
    /// `linger_seconds`. Whatever the peer still sends is dropped.
    pub async fn abort(mut self, reason: &Abort) -> Result<()> {
        let limits = self.shared.limits;
        match timeout(limits.linger(), self.own(frame::ABORT, &encode_abort(reason))).await {
            Ok(sent) => sent?,
            Err(_) => {
                return Err(Error::Inactive {
                    peer: self.shared.name(),
                    seconds: limits.linger_seconds,
                });
            }
        }
        self.close().await
    }

    /// Ends the session in order, once nothing more is wanted from the peer; waits like [`Sender::abort`].
    pub async fn close(mut self) -> Result<()> {
        let limits = self.shared.limits;
        let closed = match timeout(limits.linger(), self.io.shutdown()).await {
            Ok(result) => result.map_err(|error| self.shared.explain(error)),
            Err(_) => Err(Error::Inactive {
                peer: self.shared.name(),
                seconds: limits.linger_seconds,
            }),
        };
        // A socket closed with unread data resets the line, and the peer may lose the last frame (RFC 9293
        // section 3.6.1). So the rest is read away.
        let _ = timeout(limits.linger(), async {
            let mut incoming = self.shared.incoming.lock().await;
            tokio::io::copy(&mut *incoming, &mut tokio::io::sink()).await
        })
        .await;
        closed
    }

    /// The peer's card.
    #[must_use]
    pub fn peer(&self) -> &Card {
        &self.shared.peer
    }

    /// What has gone over the connection so far, both ways.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.counters.read()
    }

    pub(crate) async fn own(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        self.write(kind, &[payload]).await?;
        self.flush().await
    }

    async fn write(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        let shared = &*self.shared;
        if let Some(abort) = shared.peer_aborted.get() {
            return Err(Error::PeerAborted {
                peer: shared.name(),
                abort: abort.clone(),
            });
        }
        if self.inside_frame {
            return Err(Error::OutOfStep { peer: shared.name() });
        }
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        let length = shared.allowed_length(bytes as u64)?;
        if let Some(tap) = &shared.tap {
            tap.frame(Direction::Sent, shared.peer.name(), kind, &parts.concat());
        }

        let header = Header {
            length,
            kind,
            sequence: self.sequence,
        }
        .encode();
        let mut slices: Vec<IoSlice<'_>> = Vec::with_capacity(parts.len() + 1);
        slices.push(IoSlice::new(&header));
        slices.extend(parts.iter().map(|part| IoSlice::new(part)));
        let mut left = slices.as_mut_slice();
        self.inside_frame = true;
        while !left.is_empty() {
            match shared.timed(self.io.write_vectored(left)).await? {
                0 => return Err(Error::Cut { peer: shared.name() }),
                written => IoSlice::advance_slices(&mut left, written),
            }
        }
        self.inside_frame = false;
        self.sequence += 1;
        Counters::add(&shared.counters.frames_sent, &shared.counters.bytes_sent, length);
        Ok(())
    }
}

impl Receiver {
    /// Waits for the next frame and puts its payload into `payload`, whose room is used again.
    ///
    /// [`Error::Closed`] when the peer has ended in order, [`Error::PeerAborted`] when it gave a reason.
    pub async fn recv(&mut self, payload: &mut Vec<u8>) -> Result<Frame> {
        let limits = self.shared.limits;
        let busy = Instant::now() + limits.busy();
        loop {
            let frame = self.read(payload).await?;
            if frame.kind == frame::ALIVE && Instant::now() > busy {
                return Err(Error::Inactive {
                    peer: self.shared.name(),
                    seconds: limits.busy_seconds,
                });
            }
            match frame.kind {
                0..=MAX_KIND => return Ok(frame),
                frame::ALIVE if payload.is_empty() => {}
                frame::ABORT => return Err(self.aborted(payload)),
                kind => {
                    return Err(Error::Kind {
                        peer: self.shared.name(),
                        kind,
                    });
                }
            }
        }
    }

    /// The peer's card.
    #[must_use]
    pub fn peer(&self) -> &Card {
        &self.shared.peer
    }

    /// What has gone over the connection so far, both ways.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.counters.read()
    }

    /// The next frame, one of the link's own too.
    pub(crate) async fn read(&mut self, payload: &mut Vec<u8>) -> Result<Frame> {
        let shared = self.shared.clone();
        if self.inside_frame {
            return Err(Error::OutOfStep { peer: shared.name() });
        }
        let mut io = shared.incoming.lock().await;
        let mut header = [0; HEADER_BYTES];
        let first = shared.timed(io.read(&mut header)).await?;
        if first == 0 {
            return Err(Error::Closed { peer: shared.name() });
        }
        self.inside_frame = true;
        let mut rest = header.get_mut(first..).unwrap_or_default();
        while !rest.is_empty() {
            let read = shared.timed(io.read(rest)).await?;
            if read == 0 {
                return Err(Error::Cut { peer: shared.name() });
            }
            rest = rest.get_mut(read..).unwrap_or_default();
        }
        let Header {
            length,
            kind,
            sequence,
        } = Header::decode(header);
        if sequence != self.sequence {
            return Err(Error::Sequence {
                peer: shared.name(),
                expected: self.sequence,
                received: sequence,
            });
        }
        let length = shared.allowed_length(length.into())?;

        payload.clear();
        payload.reserve(length as usize);
        let mut body = (&mut *io).take(length.into());
        while body.limit() > 0 {
            if shared.timed(body.read_buf(payload)).await? == 0 {
                return Err(Error::Cut { peer: shared.name() });
            }
        }
        self.inside_frame = false;
        self.sequence += 1;
        Counters::add(
            &shared.counters.frames_received,
            &shared.counters.bytes_received,
            length,
        );
        if let Some(tap) = &shared.tap {
            tap.frame(Direction::Received, shared.peer.name(), kind, payload);
        }
        Ok(Frame { kind, sequence })
    }

    pub(crate) fn aborted(&self, payload: &[u8]) -> Error {
        let peer = self.shared.name();
        match decode_abort(payload) {
            Some(abort) => {
                let abort = self.shared.peer_aborted.get_or_init(|| abort).clone();
                Error::PeerAborted { peer, abort }
            }
            None => Error::PeerAbortedUnread { peer },
        }
    }
}

impl Shared {
    fn name(&self) -> String {
        self.peer.name().to_owned()
    }

    fn explain(&self, error: io::Error) -> Error {
        tls::explain(self.peer.name(), error)
    }

    fn allowed_length(&self, bytes: u64) -> Result<u32> {
        let max = self.limits.max_frame_bytes;
        match u32::try_from(bytes) {
            Ok(length) if length <= max => Ok(length),
            _ => Err(Error::FrameTooLarge {
                peer: self.name(),
                bytes,
                max,
            }),
        }
    }

    /// One read or write, within the time in which something has to move.
    async fn timed<T>(&self, operation: impl Future<Output = io::Result<T>>) -> Result<T> {
        match timeout(self.limits.inactivity(), operation).await {
            Ok(result) => result.map_err(|error| self.explain(error)),
            Err(_) => Err(Error::Inactive {
                peer: self.name(),
                seconds: self.limits.inactivity_seconds,
            }),
        }
    }
}

impl Counters {
    fn add(frames: &AtomicU64, bytes: &AtomicU64, length: u32) {
        frames.fetch_add(1, Ordering::Relaxed);
        bytes.fetch_add(HEADER_BYTES as u64 + u64::from(length), Ordering::Relaxed);
    }

    fn read(&self) -> Traffic {
        Traffic {
            frames_sent: self.frames_sent.load(Ordering::Relaxed),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            frames_received: self.frames_received.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
        }
    }
}
