//! A line to a caller who reads what is sent: one that takes nothing for some time is cut, and its place is free.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What is sent must go on within this time.
const STALLED: Duration = Duration::from_secs(30);

/// A line whose writes fail once they have stood still for too long.
pub(super) struct Steady<Line> {
    line: Line,
    /// How long a write may wait.
    within: Duration,
    /// Runs while a write waits.
    patience: Option<Pin<Box<Sleep>>>,
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

impl<Line: AsyncRead + Unpin> AsyncRead for Steady<Line> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_read(context, buffer)
    }
}

impl<Line: AsyncWrite + Unpin> AsyncWrite for Steady<Line> {
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
        let shut = Pin::new(&mut self.line).poll_shutdown(context);
        self.in_time(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

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
