//! What the record comes to.

use super::{Fault, Head, Placed, Private};
use crate::Hex;

/// What the record of a conference comes to, so far as its holder can read it. The public part is the same for all.
#[derive(Clone, Debug)]
pub struct State {
    conference: Hex<32>,
    head: Head,
}

impl State {
    /// Before anything was said.
    pub fn new(conference: Hex<32>) -> State {
        State {
            conference,
            head: Head {
                seq: 0,
                hash: Hex([0; 32]),
            },
        }
    }

    /// How far it has come.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Takes the next entry, with what its holder could open of it. Nothing changes where it is not taken.
    ///
    /// # Errors
    /// Why it can't stand there.
    pub fn apply(&mut self, placed: &Placed, private: Option<&Private>) -> Result<(), Fault> {
        let _ = (placed, private, self.conference);
        Err(Fault::Malformed)
    }
}
