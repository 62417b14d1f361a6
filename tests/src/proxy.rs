//! A line between two nodes that can be cut after so many bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Passes on whatever comes to its address, until it has passed on enough.
pub struct Proxy {
    /// Where callers call.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    /// Bytes that may still pass, both ways together; below zero nothing is counted.
    left: AtomicI64,
    passed: AtomicU64,
    down: AtomicBool,
    silent: AtomicBool,
    cut: Notify,
}

impl Proxy {
    /// A line to `target` that holds.
    pub async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            left: AtomicI64::new(-1),
            passed: AtomicU64::new(0),
            down: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            cut: Notify::new(),
        });
        let server = tokio::spawn(serve(listener, target, Arc::clone(&shared)));
        Self {
            address,
            shared,
            server,
        }
    }

    /// From now on the line is cut once this many bytes have passed; after that it holds.
    pub fn cut_after(&self, bytes: u64) {
        self.shared
            .left
            .store(i64::try_from(bytes).unwrap(), Ordering::SeqCst);
    }

    /// Cuts every line at once, and lets none through until [`Proxy::mend`].
    pub fn tear(&self) {
        self.shared.down.store(true, Ordering::SeqCst);
        self.shared.cut.notify_waiters();
    }

    /// From now on lines stand, and nothing that is sent arrives, until [`Proxy::mend`].
    pub fn fall_silent(&self) {
        self.shared.silent.store(true, Ordering::SeqCst);
    }

    /// From now on lines hold.
    pub fn mend(&self) {
        self.shared.down.store(false, Ordering::SeqCst);
        self.shared.silent.store(false, Ordering::SeqCst);
    }

    /// Bytes that have passed so far.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, target: String, shared: Arc<Shared>) {
    while let Ok((near, _)) = listener.accept().await {
        let (target, shared) = (target.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            if shared.down.load(Ordering::SeqCst) {
                return;
            }
            let Ok(far) = TcpStream::connect(&target).await else {
                return;
            };
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            let both =
                async { tokio::join!(pass(near_in, far_out, &shared), pass(far_in, near_out, &shared)) };
            // What is under way when it is cut is lost, as on a real one.
            tokio::select! {
                _ = both => {}
                () = shared.cut.notified() => {}
            }
        });
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    shared: &Shared,
) {
    let mut buffer = vec![0; 4096];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        if shared.down.load(Ordering::SeqCst) {
            return;
        }
        if shared.silent.load(Ordering::SeqCst) {
            continue;
        }
        let before = shared.left.load(Ordering::SeqCst);
        let passing = if before < 0 {
            read
        } else {
            read.min(before as usize)
        };
        shared.passed.fetch_add(passing as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..passing]).await.is_err() {
            break;
        }
        if before >= 0 && shared.left.fetch_sub(passing as i64, Ordering::SeqCst) <= passing as i64 {
            shared.left.store(-1, Ordering::SeqCst);
            shared.cut.notify_waiters();
            return;
        }
    }
    // An end in order is passed on, so that an orderly close stays one.
    let _ = to.shutdown().await;
}
