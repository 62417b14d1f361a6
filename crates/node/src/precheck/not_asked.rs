//! Who could not be asked when a check was begun, and is on record for that.

use hefu_casework::Hex;
use hefu_casework::precheck::About;
use serde::{Deserialize, Serialize};

use crate::{Error, Node, Result};

/// A peer that a check might have asked, and did not. Nothing is said of anybody for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotAsked {
    /// The peer's name in the agreement.
    pub name: String,
    /// The peer's node key.
    pub node_key: Hex<32>,
    /// The agreement's number.
    pub agreement: String,
    /// The agreement's digest.
    pub digest: Hex<32>,
    /// Why, a code of the table of words.
    pub reason: String,
}

/// What stays of a check while it may be kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) about: About,
    pub(super) not_asked: Vec<NotAsked>,
}

impl Node {
    pub(super) fn not_asked(&self, agreement: &[u8; 32], reason: &str) -> Result<NotAsked> {
        let signed = self.signed(agreement)?;
        let peer = signed.agreement.party(signed.peer)?;
        Ok(NotAsked {
            name: peer.name.clone(),
            node_key: peer.node_key,
            agreement: signed.agreement.number.clone(),
            digest: Hex(*agreement),
            reason: reason.to_owned(),
        })
    }
}

/// Why a check may go on without this agreement, which only holds up the next check under it: a code.
pub(super) fn why_not(error: &Error) -> Option<&'static str> {
    match error {
        Error::Policy {
            reason: "round_already_open",
            ..
        } => Some("precheck_busy"),
        Error::Store(hefu_store::Error::ChecksSpent { .. }) => Some("precheck_spent"),
        _ => None,
    }
}
