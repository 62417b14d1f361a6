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
    /// Why it left, where it did.
    pub left: Option<Text<200>>,
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
    let spelled = canonical::from_slice_within::<serde_json::Value>(card.as_bytes(), MAX_CARD_BYTES);
    let Card { card } = spelled
        .ok()
        .and_then(|card| serde_json::from_value(card).ok())
        .ok_or(Fault::SeatWrong)?;
    let holder = card.name == seat.name && card.node_key == seat.node_key && card.role == seat.role;
    ensure(holder, Fault::SeatWrong)
}
