//! The book of peers.

use hefu_link::Card;
use jiff::Timestamp;

use super::Operations;
use crate::Error;
use crate::api::error::{ApiError, Result};
use crate::api::view::{AddPeer, CarrierRequest, Exchanged, Hex32, PeerList, PeerView};

impl Operations {
    pub(in crate::api) fn peers(&self) -> Result<PeerList> {
        Ok(PeerList {
            peers: self
                .node
                .peers()
                .iter()
                .map(|card| Ok(PeerView::of(card, self.node.carrier(&card.node_key())?)))
                .collect::<Result<_>>()?,
        })
    }

    /// Only a card whose fingerprint was read aloud and compared gets into the book.
    pub(in crate::api) fn add_peer(&self, request: &AddPeer) -> Result<PeerView> {
        let card = Card::parse(request.card.trim_end().as_bytes()).map_err(Error::from)?;
        let digits = |text: &str| text.split_whitespace().collect::<String>();
        if digits(&request.fingerprint) != digits(&card.fingerprint()) {
            return Err(ApiError::Fingerprint {
                fingerprint: card.fingerprint(),
            });
        }
        self.node.add_peer(&card)?;
        Ok(PeerView::of(&card, self.node.carrier(&card.node_key())?))
    }

    pub(in crate::api) fn remove_peer(&self, peer: &Hex32, actor: &str) -> Result<()> {
        Ok(self.node.remove_peer(&peer.0, actor)?)
    }

    /// Brings the agreements with a peer to the same state on both sides.
    pub(in crate::api) async fn exchange(&self, peer: &Hex32) -> Result<Exchanged> {
        let greeting = self.node.exchange(&peer.0).await?;
        Ok(Exchanged {
            ahead_seconds: greeting.ahead_seconds(Timestamp::now()),
            program: greeting.program,
            protocol: greeting.protocol,
        })
    }

    /// What has begun goes on as it began.
    pub(in crate::api) fn set_carrier(
        &self,
        peer: &Hex32,
        request: CarrierRequest,
        actor: &str,
    ) -> Result<()> {
        Ok(self.node.set_carrier(&peer.0, request.carrier.into(), actor)?)
    }
}
