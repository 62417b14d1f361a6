//! Where what a session has found can be looked up.

use hefu_casework::Purpose;
use hefu_fixtures::Agency;
use hefu_fixtures::conference::Leg;

use super::purpose;

/// A session, by its receiver's number of it.
pub struct Session {
    /// What for.
    pub purpose: Purpose,
    /// Who learned.
    pub receiver: Agency,
    /// From whom.
    pub sender: Agency,
    /// The round on the receiver's node.
    pub round: [u8; 32],
}

impl Session {
    pub(super) fn of(leg: Leg, round: [u8; 32]) -> Session {
        Session {
            purpose: purpose(leg.purpose),
            receiver: leg.receiver,
            sender: leg.sender,
            round,
        }
    }
}
