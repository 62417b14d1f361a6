//! Who has a seat, and whether the record holds.

use std::collections::BTreeMap;

use hefu_casework::Hex;
use hefu_casework::conference::{Fault, Head, Placed, Private, SignedEntry, State};
use hefu_link::Card;
use hefu_store::ConferenceHead;

use super::enclosing::card_of;
use super::live::lock;
use crate::{Error, Node, Result};

/// Entries that are read at once.
const BATCH: usize = 512;

/// A seat at a conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatAt {
    /// The card that the record has.
    pub card: Card,
    /// Whose seat it is.
    pub sits: Sits,
    /// What this node has of it.
    pub pinned: Pinned,
    /// At the office, how far a member said that it has read, and when it said so last.
    pub read: Option<ConferenceHead>,
}

/// Whose seat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sits {
    /// The office's.
    Office,
    /// A member's.
    Member,
    /// That of a member that has left.
    Left,
}

/// What a node has of a card on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// It is its own.
    Own,
    /// The same card.
    Same,
    /// Another one of the same node.
    Other,
    /// Nothing.
    None,
}

impl Node {
    /// Who has a seat, or had one: the office first, then the members by name.
    ///
    /// # Errors
    /// When there is no such conference; the store's.
    pub fn conference_directory(&self, id: &Hex<32>) -> Result<Vec<SeatAt>> {
        let stored = self.known_conference(id)?;
        let cards = self.with_conference(id, |state| {
            let office = state.office().map(|office| (office, Sits::Office));
            let members = state.seats().map(|(node, seat)| match seat.left {
                Some(_) => (*node, Sits::Left),
                None => (*node, Sits::Member),
            });
            let seats = office.into_iter().chain(members);
            let cards = seats.filter_map(|(node, sits)| Some((card_of(state, &node)?, sits)));
            cards.collect::<Vec<_>>()
        })?;
        let mut seats = Vec::with_capacity(cards.len());
        for (card, sits) in cards {
            let node = card.node_key();
            let pinned = match self.book().by_node_key(&node) {
                _ if node == self.node_key() => Pinned::Own,
                Some(known) if known == card => Pinned::Same,
                Some(_) => Pinned::Other,
                None => Pinned::None,
            };
            let read = match stored.founded && sits != Sits::Office {
                true => self.store.conference_head(&id.0, &node)?,
                false => None,
            };
            seats.push(SeatAt {
                card,
                sits,
                pinned,
                read,
            });
        }
        seats.sort_by(|a, b| (a.sits, a.card.name()).cmp(&(b.sits, b.card.name())));
        Ok(seats)
    }

    /// The names of all who have a seat, or had one, by node key.
    ///
    /// # Errors
    /// When there is no such conference.
    pub fn conference_names(&self, id: &Hex<32>) -> Result<BTreeMap<Hex<32>, String>> {
        self.with_conference(id, |state| {
            let office = state.founded().map(|founded| &founded.office);
            let members = state.seats().map(|(_, member)| &member.seat);
            let seats = office.into_iter().chain(members);
            seats.map(|seat| (seat.node_key, seat.name.clone())).collect()
        })
    }

    /// Verifies every signature of the record and its chain, from the store. Gives how far it goes, and the digest of what
    /// it comes to for all.
    ///
    /// # Errors
    /// [`Error::Conference`] where an entry does not stand as it must; the store's.
    pub fn verify_conference(&self, id: &Hex<32>) -> Result<(Head, Hex<32>)> {
        let live = self.conferences.get(id)?;
        // Nobody waits meanwhile for what is on record now: it may grow.
        let head = lock(&live).state.head();
        let mut state = State::new(*id);
        while let left @ 1.. = head.seq.saturating_sub(state.head().seq) {
            let many = usize::try_from(left).unwrap_or(BATCH).min(BATCH);
            let page = self.store.conference_entries(&id.0, state.head().seq, many)?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                let signed = SignedEntry::parse(&stored.bytes)?;
                let private = stored.opened.as_deref().map(|opened| Private::parse(opened));
                let seq = stored.seq;
                let applied = match signed.verify() {
                    true => state.apply(&Placed { seq, signed }, private.transpose()?.as_ref()),
                    false => Err(Fault::Unsigned),
                };
                applied.map_err(Error::Conference)?;
                if state.head().hash.0 != stored.hash {
                    return Err(Error::Conference(Fault::Forked));
                }
            }
        }
        match state.head() == head {
            true => Ok((state.head(), state.public_digest())),
            false => Err(Error::Conference(Fault::Forked)),
        }
    }
}
