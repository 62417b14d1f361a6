//! The operators' port: every connection belongs to one set, so that nothing of it outlives the node.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// Connections at a time; further callers wait.
const MOST: usize = 256;

/// TLS must stand within this time.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// A request's head must come within this time.
const HEAD: Duration = Duration::from_secs(15);

/// Requests under way have this long to end once the node is told to.
const GRACE: Duration = Duration::from_secs(10);

/// Answers until the other end of `stop` is dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MOST => match accepted {
                Ok((line, _)) => {
                    connections.spawn(admit(line, tls.clone(), router.clone(), stop.clone()));
                }
                // Out of file descriptors, most often: without a pause this would spin.
                Err(error) => {
                    tracing::warn!(%error, "an operator's call could not be taken");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop(listener);
    let ended = timeout(GRACE, async { while connections.join_next().await.is_some() {} });
    if ended.await.is_err() {
        tracing::warn!("requests under way were cut");
    }
    connections.shutdown().await;
}

async fn admit(line: TcpStream, tls: Option<TlsAcceptor>, router: Router, mut stop: watch::Receiver<()>) {
    let Some(tls) = tls else {
        return answer(line, router, stop).await;
    };
    let shaken = tokio::select! {
        shaken = timeout(HANDSHAKE, tls.accept(line)) => shaken,
        _ = stop.changed() => return,
    };
    match shaken {
        Ok(Ok(line)) => answer(line, router, stop).await,
        // A browser that does not trust the certificate hangs up here.
        Ok(Err(error)) => tracing::debug!(%error, "an operator's handshake failed"),
        Err(_) => tracing::debug!("an operator's handshake took too long"),
    }
}

async fn answer<Line>(line: Line, router: Router, mut stop: watch::Receiver<()>)
where
    Line: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(line), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = &mut connection => return,
        _ = stop.changed() => connection.as_mut().graceful_shutdown(),
    }
    // A caller that hangs up is its own affair.
    let _ = connection.await;
}
