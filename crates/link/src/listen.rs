//! How a connection begins: a listener that knows its callers by their keys, and a call to the address on a card.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use hefu_casework::Hex;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::card::Card;
use crate::connection::{Connection, Tap};
use crate::error::{Error, Result};
use crate::frame;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::tls;

/// The cards that a node holds. Asked at each handshake, so that a withdrawn card ends at once.
pub trait PeerBook: Send + Sync {
    /// The card with this TLS key; a book holds at most one.
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card>;
}

/// A port on which peers call. Handshakes run beside each other; dropping it ends those under way, and leaves the
/// connections that were handed out.
pub struct Listener {
    address: SocketAddr,
    arrivals: Mutex<mpsc::Receiver<Result<Connection>>>,
    _door: JoinSet<()>,
}

/// One of a listener's places.
pub(crate) struct Place {
    _place: OwnedSemaphorePermit,
    _share: Share<[u8; 32]>,
}

/// What each handshake needs.
struct Door {
    acceptor: TlsAcceptor,
    book: Arc<dyn PeerBook>,
    limits: Limits,
    tap: Option<Arc<dyn Tap>>,
    places: Arc<Semaphore>,
    /// How many handshakes each address has under way.
    callers: Arc<Counts<IpAddr>>,
    /// How many connections each peer has, by its TLS key.
    peers: Arc<Counts<[u8; 32]>>,
}

/// How many of something each one has, so that no one has all.
pub(crate) struct Counts<K: Eq + Hash + Copy>(StdMutex<HashMap<K, usize>>);

/// One of them, counted until it is dropped.
pub(crate) struct Share<K: Eq + Hash + Copy> {
    counts: Arc<Counts<K>>,
    of: K,
}

impl<K: Eq + Hash + Copy> Default for Counts<K> {
    fn default() -> Self {
        Self(StdMutex::default())
    }
}

impl<K: Eq + Hash + Copy> Counts<K> {
    fn share(self: &Arc<Self>, of: K, most: usize) -> Option<Share<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(of).or_default();
        (*count < most).then(|| {
            *count += 1;
            Share {
                counts: Arc::clone(self),
                of,
            }
        })
    }
}

impl<K: Eq + Hash + Copy> Drop for Share<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.of) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.of);
            }
        }
    }
}

impl Listener {
    /// Listens on `address` (`host:port`, port 0 for any free one) as the node that has `keys`.
    pub async fn bind(
        address: &str,
        keys: &Keys,
        book: Arc<dyn PeerBook>,
        limits: Limits,
        tap: Option<Arc<dyn Tap>>,
    ) -> Result<Listener> {
        let bind_error = |source| Error::Bind {
            address: address.to_owned(),
            source,
        };
        let listener = TcpListener::bind(address).await.map_err(bind_error)?;
        let local = listener.local_addr().map_err(bind_error)?;
        let config = tls::server_config(keys, book.clone()).map_err(|_| Error::Keys { part: "tls" })?;
        let door = Door {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            book,
            limits,
            tap,
            places: Arc::new(Semaphore::new(limits.max_connections)),
            callers: Arc::default(),
            peers: Arc::default(),
        };
        let (found, arrivals) = mpsc::channel(1);
        let mut task = JoinSet::new();
        task.spawn(keep_door(listener, Arc::new(door), found));
        Ok(Listener {
            address: local,
            arrivals: Mutex::new(arrivals),
            _door: task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The next caller that proved a key on a card. An error tells of one caller that failed, for the log; the
    /// listener goes on.
    pub async fn accept(&self) -> Result<Connection> {
        match self.arrivals.lock().await.recv().await {
            Some(arrival) => arrival,
            None => Err(Error::Accept {
                source: io::ErrorKind::BrokenPipe.into(),
            }),
        }
    }
}

/// Calls the node on the card; returns once each side has accepted the other.
pub async fn dial(
    keys: &Keys,
    peer: &Card,
    limits: &Limits,
    tap: Option<Arc<dyn Tap>>,
) -> Result<Connection> {
    let name = || peer.name().to_owned();
    let unreachable = |source| Error::Unreachable {
        peer: name(),
        address: peer.address().to_owned(),
        source,
    };
    let tcp = match timeout(limits.handshake(), TcpStream::connect(peer.address())).await {
        Ok(connected) => connected.map_err(unreachable)?,
        Err(_) => return Err(unreachable(io::ErrorKind::TimedOut.into())),
    };
    timeout(limits.handshake(), call(keys, peer, limits, tap, tcp))
        .await
        .unwrap_or_else(|_| {
            Err(Error::HandshakeTimeout {
                peer: name(),
                seconds: limits.handshake_seconds,
            })
        })
}

async fn call(
    keys: &Keys,
    peer: &Card,
    limits: &Limits,
    tap: Option<Arc<dyn Tap>>,
    tcp: TcpStream,
) -> Result<Connection> {
    tcp.set_nodelay(true)
        .map_err(|error| tls::explain(peer.name(), error))?;
    let config = tls::client_config(keys, peer.tls_key()).map_err(|_| Error::Keys { part: "tls" })?;
    // rustls wants a name; with SNI off it is sent nowhere and checked by nobody.
    let nobody = ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into());
    let stream = match TlsConnector::from(Arc::new(config))
        .connect(nobody, tcp)
        .into_fallible()
        .await
    {
        Ok(stream) => TlsStream::from(stream),
        Err((error, tcp)) => {
            let_go(tcp, limits).await;
            return Err(tls::explain(peer.name(), error));
        }
    };
    check_version(peer.name(), &stream)?;

    let mut connection = Connection::new(stream, peer.clone(), *limits, tap, None);
    let receiver = connection.receiver();
    let mut payload = Vec::new();
    match receiver.read(&mut payload).await?.kind {
        frame::READY => Ok(connection),
        frame::BUSY => Err(Error::Busy {
            peer: peer.name().to_owned(),
        }),
        frame::ABORT => Err(receiver.aborted(&payload)),
        kind => Err(Error::Kind {
            peer: peer.name().to_owned(),
            kind,
        }),
    }
}

async fn keep_door(listener: TcpListener, door: Arc<Door>, found: mpsc::Sender<Result<Connection>>) {
    let mut handshakes = JoinSet::new();
    loop {
        while handshakes.try_join_next().is_some() {}
        while handshakes.len() >= door.limits.max_handshakes.max(1) {
            handshakes.join_next().await;
        }
        match listener.accept().await {
            Ok((tcp, from)) => {
                // A caller that holds its share of the handshakes already is put down, so that others get through.
                let Some(share) = door.share_of(from.ip()) else {
                    continue;
                };
                let (door, found) = (door.clone(), found.clone());
                handshakes.spawn(async move {
                    let arrival = door.admit(tcp, from).await;
                    drop(share);
                    let _ = found.send(arrival).await;
                });
            }
            Err(source) => {
                if found.send(Err(Error::Accept { source })).await.is_err() {
                    return;
                }
                // Out of file descriptors, most often: without a pause this would spin.
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Door {
    /// A quarter of all handshakes is the most that one address may have under way; at least one.
    fn share_of(&self, address: IpAddr) -> Option<Share<IpAddr>> {
        self.callers
            .share(caller(address), (self.limits.max_handshakes / 4).max(1))
    }

    /// An eighth of all connections is the most that one peer may have; at least four, so that a call can follow one
    /// whose line was cut.
    fn place_of(&self, peer: &Card) -> Option<Place> {
        let share = self
            .peers
            .share(peer.tls_key(), (self.limits.max_connections / 8).max(4))?;
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place {
            _place: place,
            _share: share,
        })
    }

    async fn admit(&self, tcp: TcpStream, from: SocketAddr) -> Result<Connection> {
        timeout(self.limits.handshake(), self.handshake(tcp, from))
            .await
            .unwrap_or_else(|_| {
                Err(Error::HandshakeTimeout {
                    peer: from.to_string(),
                    seconds: self.limits.handshake_seconds,
                })
            })
    }

    async fn handshake(&self, tcp: TcpStream, from: SocketAddr) -> Result<Connection> {
        let caller = from.to_string();
        tcp.set_nodelay(true)
            .map_err(|error| tls::explain(&caller, error))?;
        let stream = match self.acceptor.accept(tcp).into_fallible().await {
            Ok(stream) => TlsStream::from(stream),
            Err((error, tcp)) => {
                let_go(tcp, &self.limits).await;
                return Err(tls::explain(&caller, error));
            }
        };
        check_version(&caller, &stream)?;
        let peer = self.card_of(&caller, &stream)?;

        let place = self.place_of(&peer);
        let served = place.is_some();
        let mut connection = Connection::new(stream, peer, self.limits, self.tap.clone(), place);
        if served {
            connection.sender().own(frame::READY, &[]).await?;
            return Ok(connection);
        }
        let peer = connection.peer().name().to_owned();
        let (mut sender, _) = connection.split();
        sender.own(frame::BUSY, &[]).await?;
        sender.close().await?;
        Err(Error::Full {
            peer,
            max: self.limits.max_connections,
        })
    }

    fn card_of(&self, caller: &str, stream: &TlsStream<TcpStream>) -> Result<Card> {
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(|chain| chain.first());
        let key = certificate
            .and_then(|certificate| tls::key_of(certificate).ok())
            .ok_or_else(|| Error::Handshake {
                peer: caller.to_owned(),
                reason: "no certificate".to_owned(),
            })?;
        self.book.by_tls_key(&key).ok_or_else(|| Error::UnknownPeer {
            peer: caller.to_owned(),
            tls_key: Hex(key).to_string(),
        })
    }
}

/// What counts as one caller: an IPv4 address, however it is written, or all that one host can have of IPv6.
fn caller(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        // A host has a /64 to itself (RFC 4291 section 2.5.1).
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

/// A side that offers no protocol at all passes rustls's own check.
fn check_version(peer: &str, stream: &TlsStream<TcpStream>) -> Result<()> {
    let (_, session) = stream.get_ref();
    match session.alpn_protocol() {
        Some(tls::ALPN) => Ok(()),
        _ => Err(Error::Version {
            peer: peer.to_owned(),
        }),
    }
}

/// Closes after a refusal so that the alert arrives: unread bytes would reset the line and could swallow it.
async fn let_go(mut tcp: TcpStream, limits: &Limits) {
    const MOST: u64 = 64 << 10;
    let _ = timeout(limits.linger(), async {
        tcp.shutdown().await?;
        tokio::io::copy(&mut (&mut tcp).take(MOST), &mut tokio::io::sink()).await
    })
    .await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_caller_whatever_address_it_takes() {
        for (one, other, same) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            // As a socket of both families has them (RFC 4291 section 2.5.5.2): one /64, and as many hosts as ever.
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("::ffff:192.0.2.1", "::1", false),
        ] {
            let [one, other] = [one, other].map(|address| caller(address.parse().unwrap()));
            assert_eq!(one == other, same, "{one} and {other}");
        }
    }

    #[test]
    fn nobody_has_more_than_its_share_and_what_is_given_back_can_be_had_again() {
        let counts = Arc::new(Counts::default());
        let first = counts.share(1, 2).unwrap();
        let second = counts.share(1, 2).unwrap();
        assert!(counts.share(1, 2).is_none());
        assert!(counts.share(2, 2).is_some(), "another has its own");
        drop(first);
        assert!(counts.share(1, 2).is_some());
        drop(second);
        assert!(counts.0.lock().unwrap().is_empty(), "nobody is remembered");
    }
}
