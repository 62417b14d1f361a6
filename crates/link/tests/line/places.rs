//! No peer has all places: each has its share, and gives it back when its line ends.

use hefu_link::{Connection, Keys, Limits};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Duration, timeout};

use crate::support::{CIVIL, House, card, code, impatient};

/// Of a listener with few places, the most that one peer may have.
const SHARE: usize = 4;

/// A listener with room for so many lines, and two agencies that may call it.
struct Two {
    house: House,
    greedy: Keys,
    other: Keys,
    limits: Limits,
}

impl Two {
    async fn with_places(max_connections: usize) -> Self {
        Self::with(Limits {
            max_connections,
            ..impatient()
        })
        .await
    }

    async fn with(limits: Limits) -> Self {
        let keys = || Keys::generate().unwrap();
        let (greedy, other) = (keys(), keys());
        let known = vec![card(&greedy, CIVIL), card(&other, "某县残疾人联合会")];
        Self {
            house: House::open(&keys(), known, limits).await,
            greedy,
            other,
            limits,
        }
    }

    /// A line, with both its ends.
    async fn line(&self, keys: &Keys) -> (Connection, Connection) {
        let (caller, called) = self.house.call(keys, &self.limits).await;
        (caller.unwrap(), called.unwrap())
    }

    async fn lines(&self, keys: &Keys, count: usize) -> Vec<(Connection, Connection)> {
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(self.line(keys).await);
        }
        lines
    }

    async fn is_told_busy(&self, keys: &Keys) {
        let (caller, called) = self.house.call(keys, &self.limits).await;
        assert_eq!((code(caller), code(called)), ("peer_busy", "link_full"));
    }
}

#[tokio::test]
async fn a_peer_that_has_its_share_is_told_busy_and_another_still_gets_in() {
    // An eighth, and at least four.
    for (places, share) in [(8, SHARE), (32, SHARE), (48, 6)] {
        let two = Two::with_places(places).await;
        let _held = two.lines(&two.greedy, share).await;
        two.is_told_busy(&two.greedy).await;
        let _another = two.line(&two.other).await;
        two.is_told_busy(&two.greedy).await;
    }
}

#[tokio::test]
async fn a_share_is_given_back_when_a_line_ends() {
    let two = Two::with_places(64).await;
    let share = 8;
    let mut held = two.lines(&two.greedy, share).await;
    for round in 0..share {
        two.is_told_busy(&two.greedy).await;
        // Each in its turn, and at either end first.
        let (caller, called) = held.remove(0);
        if round % 2 == 0 {
            drop(called);
            drop(caller);
        } else {
            drop(caller);
            drop(called);
        }
        held.push(two.line(&two.greedy).await);
    }
    // A line of which one half is still there is a line.
    let (caller, called) = held.remove(0);
    let (writing, reading) = called.split();
    drop((caller, writing));
    two.is_told_busy(&two.greedy).await;
    drop(reading);
    held.push(two.line(&two.greedy).await);
}

/// Shares do not make places.
#[tokio::test]
async fn all_places_together_are_no_more_than_there_are() {
    let two = Two::with_places(SHARE + 1).await;
    let mut held = two.lines(&two.greedy, SHARE).await;
    held.extend(two.lines(&two.other, 1).await);
    two.is_told_busy(&two.other).await;
    held.remove(0);
    // Nor does one who was turned away keep a share of what it did not get.
    let _more = two.line(&two.other).await;
}

/// Connected from this address of the loopback net, and silent.
async fn silent(from: &str, to: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(from.parse().unwrap()).unwrap();
    socket.connect(to.parse().unwrap()).await.unwrap()
}

/// Whether the other side lets go, long before a handshake's time is over.
async fn is_put_down(stream: &mut TcpStream) -> bool {
    let read = timeout(Duration::from_millis(500), stream.read(&mut [0])).await;
    read.is_ok_and(|read| read.unwrap_or(0) == 0)
}

#[tokio::test]
async fn no_address_has_more_than_a_quarter_of_the_handshakes() {
    let two = Two::with(Limits {
        max_handshakes: 8,
        handshake_seconds: 10,
        ..Limits::default()
    })
    .await;
    let to = two.house.card.address().to_owned();
    let mut held = [silent("127.0.0.2:0", &to).await, silent("127.0.0.2:0", &to).await];
    let mut third = silent("127.0.0.2:0", &to).await;
    assert!(is_put_down(&mut third).await);
    for stream in &mut held {
        assert!(!is_put_down(stream).await);
    }
    let _line = two.line(&two.greedy).await;
    let [first, _second] = held;
    drop(first);
    assert_eq!(code(two.house.listener.accept().await), "peer_cut");
    let mut again = silent("127.0.0.2:0", &to).await;
    assert!(
        !is_put_down(&mut again).await,
        "what was given back can be had again"
    );
}
