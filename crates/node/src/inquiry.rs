//! What peers write in notes.

use hefu_casework::note::Note;
use hefu_link::Card;
use hefu_psi::wire::Abort;

use crate::agreement::policy;
use crate::{Node, Result};

impl Node {
    /// Takes what a note tells.
    ///
    /// # Errors
    /// Always: there is nothing here that notes could be about.
    pub(crate) fn hear_note(&self, _from: &Card, _note: &Note) -> Result<()> {
        Err(policy("note_item", Abort::Policy))
    }
}
