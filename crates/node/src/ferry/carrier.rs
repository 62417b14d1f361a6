//! How each peer is reached, and what its path allows.

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_store::{Carrier, Entry};
use serde_json::json;

use crate::{Error, Node, Result};

impl Node {
    /// How a peer is reached.
    ///
    /// # Errors
    /// When there is no such peer; the store's.
    pub fn carrier(&self, peer: &[u8; 32]) -> Result<Carrier> {
        let card = self.peer_card(peer)?;
        Ok(self.store.carrier(&card.node_key())?)
    }

    /// Sets how a peer is reached from now on. Sessions that have begun stay with the carrier they began with.
    ///
    /// # Errors
    /// When there is no such peer; when files are to go to one whose card has no seal key; the store's.
    pub fn set_carrier(&self, peer: &[u8; 32], carrier: Carrier, actor: &str) -> Result<()> {
        let card = self.peer_card(peer)?;
        if carrier.by_files() && carrier.goes_out() && card.seal_key().is_none() {
            return Err(hefu_link::Error::FerryNoSealKey {
                peer: card.name().to_owned(),
            }
            .into());
        }
        let body = json!({ "peer": card.name(), "carrier": carrier.code() });
        self.store.set_carrier(
            peer,
            carrier,
            &Entry {
                actor,
                kind: "carrier_set",
                body: &body,
            },
        )?;
        self.ferry.notify();
        Ok(())
    }

    /// The card of a peer in force.
    pub(crate) fn peer_card(&self, peer: &[u8; 32]) -> Result<Card> {
        self.book().by_node_key(peer).ok_or_else(|| Error::Missing {
            what: "peer",
            name: Hex(*peer).to_string(),
        })
    }

    /// Refuses what needs words both ways with a peer that files reach one way only.
    pub(crate) fn must_go_both_ways(&self, card: &Card) -> Result<()> {
        let carrier = self.store.carrier(&card.node_key())?;
        let missing = match (carrier.goes_out(), carrier.comes_in()) {
            (true, true) => return Ok(()),
            (false, _) => "out",
            (true, false) => "in",
        };
        Err(Error::OneWay {
            peer: card.name().to_owned(),
            missing,
        })
    }

    /// Refuses a session over a line with a peer by files, and the other way round.
    pub(crate) fn must_be_carried(&self, card: &Card, by_files: bool) -> Result<()> {
        let carrier = self.store.carrier(&card.node_key())?;
        if carrier.by_files() == by_files {
            return Ok(());
        }
        Err(Error::OtherCarrier {
            peer: card.name().to_owned(),
            carrier: if carrier.by_files() { "files" } else { "line" },
        })
    }
}
