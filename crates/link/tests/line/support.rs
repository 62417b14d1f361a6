//! Agencies with keys and cards, and two of them on one line.

use std::sync::Arc;

use hefu_casework::AgencyRole;
use hefu_link::{Card, Connection, Error, Keys, Limits, Listener, PeerBook, Tap, dial};

/// What the two agencies of most tests are called.
pub(crate) const COURT: &str = "某县人民法院";
pub(crate) const CIVIL: &str = "某县民政局";

/// A book of the cards given to it.
pub(crate) struct Book(pub(crate) Vec<Card>);

impl PeerBook for Book {
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card> {
        self.0.iter().find(|card| card.tls_key() == *key).cloned()
    }
}

/// A card whose address nobody calls.
pub(crate) fn card(keys: &Keys, name: &str) -> Card {
    Card::new(keys, name, AgencyRole::CivilAffairs, "127.0.0.1:1").unwrap()
}

/// A node listening on loopback, and its card with the address it got.
pub(crate) struct House {
    pub(crate) listener: Listener,
    pub(crate) card: Card,
}

impl House {
    /// The court's listener, which knows `known`.
    pub(crate) async fn open(keys: &Keys, known: Vec<Card>, limits: Limits) -> House {
        House::tapped(keys, known, limits, None).await
    }

    pub(crate) async fn tapped(
        keys: &Keys,
        known: Vec<Card>,
        limits: Limits,
        tap: Option<Arc<dyn Tap>>,
    ) -> House {
        let listener = Listener::bind("127.0.0.1:0", keys, Arc::new(Book(known)), limits, tap)
            .await
            .unwrap();
        let card = Card::new(keys, COURT, AgencyRole::Court, &listener.local_addr().to_string()).unwrap();
        House { listener, card }
    }

    /// A caller and this house, both at once: what the caller gets, and what the house gets.
    pub(crate) async fn call(&self, keys: &Keys, limits: &Limits) -> (Outcome, Outcome) {
        tokio::join!(dial(keys, &self.card, limits, None), self.listener.accept())
    }
}

pub(crate) type Outcome = Result<Connection, Error>;

/// The civil affairs bureau has called the court: its end, and the court's.
pub(crate) async fn line(limits: Limits) -> (Connection, Connection) {
    let (court, civil) = (Keys::generate().unwrap(), Keys::generate().unwrap());
    let house = House::open(&court, vec![card(&civil, CIVIL)], limits).await;
    let (caller, called) = house.call(&civil, &limits).await;
    (caller.unwrap(), called.unwrap())
}

/// Limits short enough for tests that wait for them.
pub(crate) fn impatient() -> Limits {
    Limits {
        handshake_seconds: 1,
        inactivity_seconds: 1,
        linger_seconds: 1,
        ..Limits::default()
    }
}

pub(crate) fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}
