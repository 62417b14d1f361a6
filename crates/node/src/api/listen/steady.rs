//! A line to a caller who reads what is sent: one that takes nothing for some time is cut, and its place is free. One that
//! still sends when it was answered is heard out for a while: where a line is closed over bytes that nobody has read, the
//! other machine's system may throw the answer away with them (RFC 9112, section 9.6).

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// What is sent must go on within this time.
const STALLED: Duration = Duration::from_secs(30);

/// Who goes on sending after the answer is heard out for so long, if as much as [`ENOUGH`] comes every [`QUIET`]. Of whom
/// nothing is under way, that is seen after [`BRIEF`].
const HEARD_OUT: Duration = Duration::from_secs(20);
const QUIET: Duration = Duration::from_secs(2);
const ENOUGH: usize = 64 << 10;
const BRIEF: Duration = Duration::from_millis(200);

/// A line whose writes fail once they have stood still for too long.
pub(super) struct Steady<Line> {
    line: Line,
    /// How long a write may wait.
    within: Duration,
    /// Runs while a write waits, and while a caller is heard out.
    patience: Option<Pin<Box<Sleep>>>,
    ending: Ending,
}

/// How far the end of a line is.
#[derive(Clone, Copy)]
enum Ending {
    /// It is open.
    Not,
    /// Nothing more is sent on it.
    Shut,
    /// What still comes is thrown away, until then at most; and how much came of late.
    HearingOut(Instant, usize),
}

impl<Line> Steady<Line> {
    pub(super) fn new(line: Line) -> Self {
        Self::within(line, STALLED)
    }

    fn within(line: Line, within: Duration) -> Self {
        Self {
            line,
            within,
            patience: None,
            ending: Ending::Not,
        }
    }

    fn in_time<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.patience = None;
            return written;
        }
        let within = self.within;
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(patience.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<Line: AsyncRead + Unpin> Steady<Line> {
    /// Throws away what still comes. Ready once nothing does.
    fn hear_out(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut space = [MaybeUninit::uninit(); 16 << 10];
        loop {
            let mut buffer = ReadBuf::uninit(&mut space);
            let read = Pin::new(&mut self.line).poll_read(context, &mut buffer);
            match (read, self.ending) {
                (Poll::Ready(Ok(())), ending) if !buffer.filled().is_empty() => {
                    let (until, before) = match ending {
                        Ending::HearingOut(until, heard) => (until, heard),
                        Ending::Not | Ending::Shut => (Instant::now() + HEARD_OUT, ENOUGH),
                    };
                    if Instant::now() >= until {
                        return Poll::Ready(());
                    }
                    let mut heard = before + buffer.filled().len();
                    if heard >= ENOUGH {
                        heard = 0;
                        self.patience = None;
                    }
                    self.ending = Ending::HearingOut(until, heard);
                }
                (Poll::Pending, ending) => {
                    let quiet = match ending {
                        Ending::HearingOut(..) => QUIET,
                        Ending::Not | Ending::Shut => BRIEF,
                    };
                    let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(quiet)));
                    return patience.as_mut().poll(context);
                }
                // The other end has hung up as well.
                (Poll::Ready(_), _) => return Poll::Ready(()),
            }
        }
    }
}

impl<Line: AsyncRead + Unpin> AsyncRead for Steady<Line> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_read(context, buffer)
    }
}

impl<Line: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Steady<Line> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.line).poll_write(context, bytes);
        self.in_time(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.line).poll_write_vectored(context, pieces);
        self.in_time(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.line.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.line).poll_flush(context);
        // A flush that has nothing to do must not grant a stalled write more time.
        match (flushed, self.patience.is_some()) {
            (Poll::Ready(Ok(())), true) => Poll::Ready(Ok(())),
            (flushed, _) => self.in_time(flushed, context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.ending, Ending::Not) {
            let shut = Pin::new(&mut self.line).poll_shutdown(context);
            ready!(self.in_time(shut, context))?;
            self.ending = Ending::Shut;
        }
        ready!(self.hear_out(context));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    /// As a connection ends that was refused in the middle of what it sent.
    #[tokio::test]
    async fn who_still_sends_is_heard_out() {
        let (line, mut caller) = duplex(10);
        let mut line = Steady::new(line);
        let sending = tokio::spawn(async move {
            caller.write_all(&[7; 100_000]).await.unwrap();
            let mut answer = Vec::new();
            caller.read_to_end(&mut answer).await.unwrap();
            answer
        });
        line.write_all(b"no").await.unwrap();
        let mut first = [0];
        line.read_exact(&mut first).await.unwrap();
        timeout(Duration::from_secs(60), line.shutdown())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(sending.await.unwrap(), b"no");
        // Who says nothing more is not waited for.
        let (line, _caller) = duplex(10);
        let begun = Instant::now();
        Steady::new(line).shutdown().await.unwrap();
        assert!(begun.elapsed() < QUIET);
    }

    #[tokio::test]
    async fn who_reads_nothing_is_cut() {
        let (line, _deaf) = duplex(10);
        let mut line = Steady::within(line, Duration::from_millis(200));
        let cut = timeout(Duration::from_secs(60), line.write_all(&[7; 100])).await;
        let error = cut.expect("it must not wait for ever").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    /// In all it takes longer than a write may wait.
    #[tokio::test]
    async fn who_reads_slowly_is_served() {
        let (line, mut slow) = duplex(10);
        let mut line = Steady::within(line, Duration::from_secs(2));
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            let mut piece = [0; 10];
            while all.len() < 100 {
                sleep(Duration::from_millis(250)).await;
                let read = slow.read(&mut piece).await.unwrap();
                all.extend_from_slice(&piece[..read]);
            }
            all
        });
        line.write_all(&[7; 100]).await.unwrap();
        assert_eq!(reading.await.unwrap(), [7; 100]);
    }
}
