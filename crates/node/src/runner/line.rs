//! What carries the messages of a side, seen from blocking code: files, or a connection. Of a connection it sees two
//! bounded channels, and two tasks serve them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hefu_link::{Connection, Receiver as Reading, Sender as Writing, Traffic};
use hefu_psi::wire::{Abort, Document, Kind, Open};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::filed::Filed;
use crate::exchange::most_bytes;
use crate::{Error, Result};

/// Frames that may wait in each direction: enough to overlap, little enough to keep the memory small.
const WAITING: usize = 4;

/// While the session computes without sending, the peer is told this often that it is alive.
const ALIVE: Duration = Duration::from_secs(10);

/// Names the writer's failure until its own error is known.
const WRITER: &str = "the line's writer";

/// A caller has this long to open a session: it holds one of the listener's places meanwhile.
const OPENING: Duration = Duration::from_secs(30);

/// What carries the messages of a side.
pub(super) enum Line {
    /// A connection. A session that was cut goes on where it stopped.
    Wired(Wired),
    /// Files. Each has all that its side has to say, from the beginning.
    Filed(Filed),
}

/// The blocking end of a connection.
pub(super) struct Wired {
    outgoing: mpsc::Sender<Outgoing>,
    incoming: mpsc::Receiver<hefu_link::Result<(u8, Vec<u8>)>>,
    accepted: Arc<AtomicBool>,
}

struct Outgoing {
    kind: Kind,
    head: Vec<u8>,
    body: Vec<u8>,
}

/// The tasks behind a line.
pub(super) struct Tasks {
    writer: JoinHandle<(Writing, hefu_link::Result<()>)>,
    reader: JoinHandle<()>,
    /// Whether the sender's acceptance has gone over the line: from then on a failure is no refusal.
    accepted: Arc<AtomicBool>,
}

/// What a peer that calls wants.
pub enum Said {
    /// A session.
    Open(Call),
    /// To hand over papers.
    Document(Visit),
}

/// A peer's call whose opening message has come; nothing is promised to it yet.
pub struct Call {
    /// What the peer opens with.
    pub open: Open,
    writing: Writing,
    reading: Reading,
}

/// A line over which papers go, and no session.
pub struct Visit {
    /// The first paper.
    pub first: (u8, Vec<u8>),
    /// The writing half.
    pub writing: Writing,
    /// The reading half.
    pub reading: Reading,
}

impl Call {
    /// Waits for the opening message.
    ///
    /// # Errors
    /// When the line fails, or something else comes first; the peer is then told so.
    pub async fn take(connection: Connection) -> Result<Said> {
        let (writing, mut reading) = connection.split();
        let mut payload = Vec::new();
        let Ok(frame) = timeout(OPENING, reading.recv(&mut payload)).await else {
            let seconds = u32::try_from(OPENING.as_secs()).unwrap_or(u32::MAX);
            let _ = writing.abort(&Abort::Inactive { seconds }).await;
            return Err(hefu_psi::Error::Refused(Abort::Inactive { seconds }).into());
        };
        let frame = frame?;
        let said = match Kind::from_byte(frame.kind) {
            Some(Kind::Open) => Open::decode(&payload).map(Ok).map_err(hefu_psi::Error::Refused),
            Some(Kind::Document) => Document::decode_within(&payload, most_bytes)
                .map(|paper| Err((paper.kind, paper.bytes.to_vec())))
                .map_err(hefu_psi::Error::Refused),
            _ => Err(unexpected(Kind::Open)),
        };
        match said {
            Ok(Ok(open)) => Ok(Said::Open(Self {
                open,
                writing,
                reading,
            })),
            Ok(Err(first)) => Ok(Said::Document(Visit {
                first,
                writing,
                reading,
            })),
            Err(error) => {
                let _ = writing.abort(&error.abort().unwrap_or(Abort::Internal)).await;
                Err(error.into())
            }
        }
    }

    /// Waits for `work` and meanwhile tells the peer that this side is alive.
    pub(crate) async fn while_alive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match timeout(ALIVE, &mut work).await {
                Ok(done) => return done,
                // A peer that is gone is found out by the session.
                Err(_) => drop(self.writing.alive().await),
            }
        }
    }

    /// Ends the call with a reason. A peer that is gone does not hear it; this node's log has it already.
    pub async fn refuse(self, reason: &Abort) {
        let _ = self.writing.abort(reason).await;
    }

    pub(super) fn into_line(self) -> (Open, Line, Tasks) {
        let (line, tasks) = Line::over(self.writing, self.reading);
        (self.open, line, tasks)
    }
}

impl Line {
    pub(super) fn new(connection: Connection) -> (Self, Tasks) {
        let (writing, reading) = connection.split();
        Self::over(writing, reading)
    }

    fn over(writing: Writing, reading: Reading) -> (Self, Tasks) {
        let (outgoing, to_write) = mpsc::channel(WAITING);
        let (have_read, incoming) = mpsc::channel(WAITING);
        let writer = tokio::spawn(write(writing, to_write));
        let reader = tokio::spawn(read(reading, have_read));
        let accepted = Arc::new(AtomicBool::new(false));
        let wired = Wired {
            outgoing,
            incoming,
            accepted: Arc::clone(&accepted),
        };
        (
            Self::Wired(wired),
            Tasks {
                writer,
                reader,
                accepted,
            },
        )
    }

    /// Says a message.
    pub(super) fn send(&mut self, kind: Kind, head: Vec<u8>, body: Vec<u8>) -> Result<()> {
        match self {
            Self::Wired(wired) => wired.send(kind, head, body),
            Self::Filed(filed) => filed.send(kind, &head, &body),
        }
    }

    /// Takes the next message, which must be of this kind.
    pub(super) fn receive(&mut self, kind: Kind) -> Result<Vec<u8>> {
        match self {
            Self::Wired(wired) => wired.receive(kind),
            Self::Filed(filed) => filed.receive(kind),
        }
    }

    /// Whether what the other side says comes whole, from the beginning, however often this side takes it up.
    pub(super) fn is_filed(&self) -> bool {
        matches!(self, Self::Filed(_))
    }

    /// Makes sure that the other side's turn ends with the message that came last, of this kind. A connection says more
    /// only when it is that side's turn again.
    pub(super) fn end_of_turn(&mut self, last: Kind) -> Result<()> {
        match self {
            Self::Wired(_) => Ok(()),
            Self::Filed(filed) => filed.end(last),
        }
    }

    /// Ends this side's turn: what it has said waits nowhere.
    pub(super) fn flush(&mut self) -> Result<()> {
        match self {
            Self::Wired(_) => Ok(()),
            Self::Filed(filed) => filed.flush(),
        }
    }
}

impl Wired {
    /// Hands a message to the writer; waits while too many are under way.
    fn send(&mut self, kind: Kind, head: Vec<u8>, body: Vec<u8>) -> Result<()> {
        self.look_for_abort(kind)?;
        self.note(kind);
        if self.outgoing.blocking_send(Outgoing { kind, head, body }).is_ok() {
            return Ok(());
        }
        // The writer has stopped, and `Tasks::close` knows why.
        Err(Error::Internal { what: WRITER })
    }

    /// Waits for the next message, which must be of this kind.
    fn receive(&mut self, kind: Kind) -> Result<Vec<u8>> {
        match self.incoming.blocking_recv() {
            Some(Ok((byte, payload))) if byte == kind as u8 => {
                self.note(kind);
                Ok(payload)
            }
            Some(Ok(_)) => Err(unexpected(kind).into()),
            Some(Err(error)) => Err(error.into()),
            None => Err(Error::Internal {
                what: "the line's reader",
            }),
        }
    }

    fn note(&self, kind: Kind) {
        if kind == Kind::Accept {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }

    /// A peer that gives up while this side sends is heard at once, and a message out of turn too.
    fn look_for_abort(&mut self, sending: Kind) -> Result<()> {
        match (self.incoming.try_recv(), sending) {
            (Err(_), _) => Ok(()),
            (Ok(Err(error)), _) => Err(error.into()),
            (Ok(Ok(_)), _) => Err(unexpected(sending).into()),
        }
    }
}

impl Tasks {
    /// Ends the line: in order after a success, with the reason after a failure of this side's finding.
    pub(super) async fn close<T>(mut self, outcome: Result<T>) -> Result<(T, Traffic)> {
        // The session has dropped its end, so the writer is done as soon as the last frame is out.
        let Ok((writing, written)) = (&mut self.writer).await else {
            return Err(Error::Internal { what: WRITER });
        };
        let traffic = writing.traffic();
        let error = match (outcome, written) {
            (Ok(value), _) => {
                // Everything is signed by both: a peer that closes badly changes nothing.
                let _ = writing.close().await;
                return Ok((value, traffic));
            }
            (Err(Error::Internal { what: WRITER }), Err(error)) => error.into(),
            (Err(error), _) => error,
        };
        match error.abort() {
            Some(reason) => drop(writing.abort(&reason).await),
            // What the peer must not be told must not show in how the line ends either.
            None if matches!(error, Error::Psi(_)) => drop(writing.close().await),
            None => (),
        }
        if self.accepted.load(Ordering::Relaxed) {
            return Err(Error::BrokenOff {
                cause: Box::new(error),
                traffic,
            });
        }
        Err(error)
    }
}

/// A session that is given up takes its line with it, and the thread that waits on the line ends too.
impl Drop for Tasks {
    fn drop(&mut self) {
        self.reader.abort();
        self.writer.abort();
    }
}

async fn write(
    mut writing: Writing,
    mut messages: mpsc::Receiver<Outgoing>,
) -> (Writing, hefu_link::Result<()>) {
    let result = loop {
        let step = match timeout(ALIVE, messages.recv()).await {
            Err(_) => writing.alive().await,
            Ok(None) => break writing.flush().await,
            Ok(Some(message)) => {
                let sent = writing
                    .send_parts(message.kind as u8, &[&message.head, &message.body])
                    .await;
                match (sent, messages.is_empty()) {
                    (Ok(()), true) => writing.flush().await,
                    (sent, _) => sent,
                }
            }
        };
        if step.is_err() {
            break step;
        }
    };
    (writing, result)
}

async fn read(mut reading: Reading, messages: mpsc::Sender<hefu_link::Result<(u8, Vec<u8>)>>) {
    loop {
        let mut payload = Vec::new();
        let message = reading
            .recv(&mut payload)
            .await
            .map(|frame| (frame.kind, payload));
        let last = message.is_err();
        if messages.send(message).await.is_err() || last {
            return;
        }
    }
}

pub(super) fn unexpected(awaited: Kind) -> hefu_psi::Error {
    Abort::Unexpected {
        awaited: awaited.name().to_string(),
    }
    .into()
}
