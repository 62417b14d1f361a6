use hefu_link::Card;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{HeadView, Hex32, PeerCarrier};
use crate::Carrier;

/// Whether the node runs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`, or a failure is answered instead.
    pub status: String,
}

/// The node and what it holds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NodeView {
    /// The agency's name.
    pub name: String,
    /// What kind of agency it is.
    pub role: String,
    /// Where peers reach the node.
    pub address: String,
    /// The key by which agreements name it.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// Its card's fingerprint, to be read aloud.
    pub fingerprint: String,
    /// The program's version.
    pub version: String,
    /// The digest of the settings in force.
    #[schema(value_type = String)]
    pub config_digest: Hex32,
    /// When it was started.
    pub started_at: Timestamp,
    /// The end of its audit log.
    pub log: HeadView,
    /// How many peers are in its book.
    pub peers: u64,
    /// How many snapshots of registers it holds.
    pub datasets: u64,
}

/// Peers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PeerList {
    /// By name.
    pub peers: Vec<PeerView>,
}

/// One peer, as its card says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PeerView {
    /// The key by which agreements name it.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// The agency's name.
    pub name: String,
    /// What kind of agency it is.
    pub role: String,
    /// How the two nodes meet.
    pub carrier: PeerCarrier,
    /// Where its node listens.
    pub address: String,
    /// The fingerprint of its card.
    pub fingerprint: String,
}

/// A peer to be taken into the book.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPeer {
    /// The card, as it was handed over.
    pub card: String,
    /// The fingerprint that the other agency read aloud. Spaces do not count.
    pub fingerprint: String,
}

impl PeerView {
    pub(crate) fn of(card: &Card, carrier: Carrier) -> Self {
        Self {
            node_key: hefu_casework::Hex(card.node_key()),
            name: card.name().to_owned(),
            role: card.role().code().to_owned(),
            carrier: carrier.into(),
            address: card.address().to_owned(),
            fingerprint: card.fingerprint(),
        }
    }
}
