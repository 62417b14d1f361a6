//! Where what a session has found can be looked up.

use hefu_casework::Purpose;
use hefu_fixtures::Agency;

use super::Round;

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

impl Round {
    pub(super) fn session(&self, receiver: Agency, sender: Agency, round: [u8; 32]) -> Session {
        Session {
            purpose: self.purpose,
            receiver,
            sender,
            round,
        }
    }
}
