//! What is said once more: a peer has lost what it acknowledged, had no room for it, or can't open what it was sealed in.

use hefu_link::Card;
use hefu_psi::wire::{Abort, Kind};
use hefu_store::{Carrier, Matter, NewLetter, Role, Store};
use jiff::{SignedDuration, Timestamp};

use super::content::{Piece, malformed};
use super::view::LetterFacts;
use crate::agreement::policy;
use crate::dossier::NO_ROOM;
use crate::{Node, Result};

/// What a peer may want once more in a day: all that one who lost everything asks for, twice over.
const MANY_WANTED: u64 = 128;

impl Node {
    /// A peer wants to hear again how agreements stand, one of them or all, or how this node's part in a session ended.
    pub(super) fn take_wanted(&self, piece: &Piece, letter: &LetterFacts, card: &Card) -> Result<()> {
        if piece.bytes() != 0 {
            return Err(malformed(Kind::Document));
        }
        let peer = card.node_key();
        let a_day_ago = Timestamp::now() - SignedDuration::from_hours(24);
        if self.store.taken_since(&peer, Matter::Wanted, a_day_ago)? >= MANY_WANTED {
            // Each has letters written anew, which stay on record.
            return Err(policy("wanted_too_often", Abort::Policy));
        }
        let Some(about) = letter.about else {
            return Ok(self.store.want_agreements(&peer, None)?);
        };
        if self.dossiers.is_with(&about, &peer) {
            return Ok(self.store.want_agreements(&peer, Some(&about))?);
        }
        for matter in [Matter::Receipt, Matter::Ended] {
            if let Some(said) = self.store.newest_letter(&peer, matter, &about)? {
                self.store.repeat_letter(&said.id, &fresh_id())?;
            }
        }
        Ok(())
    }

    /// Asks for agreements that found no room here, as many as find it now. Says how many; none before the peer has heard
    /// what it was asked for last.
    pub(super) fn want_refused(&self, card: &Card) -> Result<usize> {
        let peer = card.node_key();
        let room = self.dossiers.change().room_for(&peer);
        let digests = self.store.agreements_refused(&peer, NO_ROOM, room)?;
        let asking = |due: &[hefu_store::Letter]| due.iter().any(|letter| letter.matter == Matter::Wanted);
        if digests.is_empty() || asking(&self.store.letters_due(Some(&peer))?) {
            return Ok(0);
        }
        for digest in &digests {
            want(&self.store, &peer, Some(digest), Some(digest))?;
        }
        Ok(digests.len())
    }

    /// Before a card with another seal key takes the place of a peer's: whatever is in a set and not acknowledged is to
    /// be sealed anew.
    pub(crate) fn seal_anew(&self, card: &Card) -> Result<()> {
        let peer = card.node_key();
        let known = self.store.all_peers()?.into_iter();
        let known = known.map(|(known, _)| known).find(|known| known.node_key == peer);
        let Some(known) = known else { return Ok(()) };
        if Card::parse(&known.card).is_ok_and(|known| known.seal_key() == card.seal_key()) {
            return Ok(());
        }
        for letter in self.store.letters_due(Some(&peer))? {
            self.store.repeat_letter(&letter.id, &fresh_id())?;
        }
        Ok(())
    }
}

/// After a restore: peers by files have acknowledged words, and had words acknowledged, of which the backup knows nothing.
pub(crate) fn want_after_restore(store: &Store) -> Result<()> {
    for peer in store.peers()? {
        if store.carrier(&peer.node_key).is_ok_and(Carrier::by_files) {
            want(store, &peer.node_key, None, None)?;
        }
    }
    for session in store.sessions_by_files()? {
        let Some(round) = store.round(&session.round)? else {
            continue;
        };
        if session.role == Role::Sender && session.answered_at.is_some() && session.end.is_none() {
            want(store, &round.peer, Some(&session.call), Some(&round.agreement))?;
        }
    }
    Ok(())
}

fn want(
    store: &Store,
    peer: &[u8; 32],
    about: Option<&[u8; 32]>,
    agreement: Option<&[u8; 32]>,
) -> Result<()> {
    Ok(store.put_letter(
        &NewLetter {
            id: &fresh_id(),
            peer,
            matter: Matter::Wanted,
            about,
            agreement,
            detail: None,
            body: Some(&[]),
        },
        None,
    )?)
}

/// A number that no other letter has.
pub(crate) fn fresh_id() -> [u8; 16] {
    let mut id = [0; 16];
    crate::runner::system_randomness().fill_bytes(&mut id);
    id
}
