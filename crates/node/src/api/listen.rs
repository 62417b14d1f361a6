//! The operators' port: every connection belongs to one set, so that nothing of it outlives the node.

mod steady;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
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

use steady::Steady;

/// Connections at a time; further callers wait.
const MOST: usize = 256;

/// Of one other machine; further ones are hung up on, so that no machine holds the whole port.
const OF_ONE_ADDRESS: usize = 32;

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
    let callers = Callers::default();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MOST => match accepted {
                Ok((line, caller)) => match callers.one_more(caller.ip()) {
                    Some(place) => {
                        let answering = admit(line, tls.clone(), router.clone(), stop.clone());
                        connections.spawn(async move {
                            let _place = place;
                            answering.await;
                        });
                    }
                    None => tracing::debug!("an operator's call is one too many of its machine"),
                },
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

/// How many connections each other machine has.
#[derive(Clone, Default)]
struct Callers(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Callers {
    /// A place for one more connection of a machine. On this one everybody has the same address.
    fn one_more(&self, caller: IpAddr) -> Option<Option<Place>> {
        let caller = caller.to_canonical();
        if caller.is_loopback() {
            return Some(None);
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(caller).or_default();
        if *count >= OF_ONE_ADDRESS {
            return None;
        }
        *count += 1;
        let callers = self.clone();
        Some(Some(Place { callers, caller }))
    }
}

/// One connection of a machine, while it is held.
struct Place {
    callers: Callers,
    caller: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.callers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.caller);
            }
        }
    }
}

async fn admit(line: TcpStream, tls: Option<TlsAcceptor>, router: Router, mut stop: watch::Receiver<()>) {
    let line = Steady::new(line);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_machine_has_some_of_the_port_and_not_all_of_it() {
        let callers = Callers::default();
        let at = |address: &str| address.parse::<IpAddr>().unwrap();
        let mut held: Vec<_> = (0..32)
            .map(|_| callers.one_more(at("10.0.0.7")).unwrap())
            .collect();
        assert!(callers.one_more(at("10.0.0.7")).is_none());
        assert!(callers.one_more(at("::ffff:10.0.0.7")).is_none(), "the same one");
        assert!(callers.one_more(at("10.0.0.8")).is_some());
        held.pop();
        assert!(callers.one_more(at("10.0.0.7")).is_some());
        drop(held);
        assert!(callers.0.lock().unwrap().is_empty());
        let here = (0..100).flat_map(|_| ["127.0.0.1", "::1"]);
        let here: Vec<_> = here.map(|address| callers.one_more(at(address))).collect();
        assert!(
            here.iter().all(Option::is_some),
            "everybody on this machine has one address"
        );
    }
}
