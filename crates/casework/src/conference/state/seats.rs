//! Who has a seat.

use serde::{Deserialize, Serialize};

use super::{Public, State, ensure};
use crate::{
    AgencyRole, Hex, Text, canonical,
    conference::{Enrolled, Fault, Seat},
    text,
};

/// How many seats there can have been.
const MAX_SEATS: usize = 64;
const MAX_CARD_BYTES: usize = 4 << 10;
const MAX_NAME_CHARS: usize = 256;

/// Who has a seat, or had one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The seat.
    pub seat: Seat,
    /// Its card, as the office has put it on record last.
    pub card: String,
    /// How it left, where it did.
    pub left: Option<Gone>,
}

/// How a member left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// Who said so, by node key: itself, or the office.
    pub by: Hex<32>,
    /// Why, in the words of that one.
    pub reason: Text<200>,
}

impl State {
    /// All who have a seat or had one, by node key; the office is not among them.
    pub fn seats(&self) -> impl Iterator<Item = (&Hex<32>, &Member)> {
        self.public.seats.iter()
    }

    /// Who has the seat of this node key, or had it.
    pub fn seat(&self, node_key: &Hex<32>) -> Option<&Member> {
        self.public.seats.get(node_key)
    }

    /// Whether the node of this key has a seat now.
    pub fn is_seated(&self, node_key: &Hex<32>) -> bool {
        self.public.is_seated(node_key)
    }
}

impl Public {
    pub(super) fn is_seated(&self, node_key: &Hex<32>) -> bool {
        self.seats
            .get(node_key)
            .is_some_and(|member| member.left.is_none())
    }

    /// A seat has one name and one kind for good; what is new of a card is how it is reached.
    pub(super) fn may_enrol(&self, enrolled: &Enrolled) -> Result<(), Fault> {
        let Enrolled { seat, card } = enrolled;
        let sits = seat.role != AgencyRole::ConferenceOffice && !self.is_office(&seat.node_key);
        ensure(sits, Fault::SeatWrong)?;
        card_is_of(seat, card)?;
        match self.seats.get(&seat.node_key) {
            Some(before) => {
                ensure(before.seat == *seat, Fault::SeatWrong)?;
                let new = before.card != *card || before.left.is_some();
                ensure(new, Fault::SaidBefore)?;
            }
            None => ensure(self.seats.len() < MAX_SEATS, Fault::TooMany)?,
        }
        let others = self.seats.values().filter(|member| member.left.is_none());
        let taken = |member: &Member| member.seat.node_key != seat.node_key && member.seat.name == seat.name;
        ensure(!others.into_iter().any(taken), Fault::SeatWrong)
    }

    /// Whether another seat has a name that people would take for this one. No rule of the record: it would have to have
    /// one table of Unicode for all time.
    pub(super) fn looks_like_another(&self, seat: &Seat) -> bool {
        let others = self.seats.values().filter(|member| member.left.is_none());
        let alike = |member: &Member| {
            member.seat.node_key != seat.node_key && text::same_person(&member.seat.name, &seat.name)
        };
        others.into_iter().any(alike)
    }

    /// Whoever comes back signs anew.
    pub(super) fn enrol(&mut self, enrolled: &Enrolled) {
        let Enrolled { seat, card } = enrolled;
        let member = Member {
            seat: seat.clone(),
            card: card.clone(),
            left: None,
        };
        self.seats.insert(seat.node_key, member);
    }
}

/// Whether this can be an office, with this card.
pub(super) fn presides(seat: &Seat, card: &str) -> Result<(), Fault> {
    ensure(seat.role == AgencyRole::ConferenceOffice, Fault::SeatWrong)?;
    card_is_of(seat, card)
}

/// Of a card, whose signature and addresses are for the nodes to look at, the seat must have name, kind and key.
fn card_is_of(seat: &Seat, card: &str) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Card {
        card: Fields,
    }
    #[derive(Deserialize)]
    struct Fields {
        name: String,
        node_key: Hex<32>,
        role: AgencyRole,
    }
    ensure(text::check(&seat.name, MAX_NAME_CHARS).is_ok(), Fault::SeatWrong)?;
    ensure(!is_of_small_order(&seat.node_key), Fault::SeatWrong)?;
    let spelled = canonical::from_slice_within::<serde_json::Value>(card.as_bytes(), MAX_CARD_BYTES);
    let Card { card } = spelled
        .ok()
        .and_then(|card| serde_json::from_value(card).ok())
        .ok_or(Fault::SeatWrong)?;
    let holder = card.name == seat.name && card.node_key == seat.node_key && card.role == seat.role;
    ensure(holder, Fault::SeatWrong)
}

/// The points of curve25519 whose order is 1, 2, 4 or 8, as they are written without the sign of x: under such a key one
/// signature holds for everything (RFC 8032, section 5.1.7, does not ask).
const SMALL_ORDER: [Hex<32>; 7] = [
    written(1, 0, 0),
    written(0, 0, 0),
    // p - 1, and what is not below p.
    written(0xec, 0xff, 0x7f),
    written(0xed, 0xff, 0x7f),
    written(0xee, 0xff, 0x7f),
    Hex([
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ]),
    Hex([
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ]),
];

const fn written(first: u8, others: u8, last: u8) -> Hex<32> {
    let mut bytes = [others; 32];
    bytes[0] = first;
    bytes[31] = last;
    Hex(bytes)
}

fn is_of_small_order(key: &Hex<32>) -> bool {
    let mut key = *key;
    if let Some(last) = key.0.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&key)
}
