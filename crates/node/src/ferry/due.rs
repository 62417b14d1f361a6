//! Which letters are due, read off the records: whatever lacks is made, and what is there is not made twice.

use std::sync::Arc;

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_psi::wire::{Abort, encode_abort};
use hefu_store::{Entry, Matter, NewLetter, Role, Session};
use serde_json::json;

use super::anew::fresh_id;
use super::content::paper;
use crate::digest::sha256;
use crate::exchange::{AGREEMENT, ENDED};
use crate::{Node, Result};

impl Node {
    /// Makes the letters that lack. Says how many. A session that can't be gone on with now does not keep the others.
    pub(super) async fn make_due(self: &Arc<Self>) -> Result<usize> {
        let mut made = 0;
        let mut failed = Ok(());
        self.store.overtake_ended()?;
        for session in self.store.sessions_by_files()? {
            let round = self.store.round(&session.round)?;
            let Some(card) = round.and_then(|round| self.book().by_node_key(&round.peer)) else {
                // A card that was withdrawn leaves nobody to write to.
                if session.end.is_some_and(|end| !end.told) {
                    self.store.mark_told(&session.round)?;
                }
                continue;
            };
            match self.make_of_session(&session, &card).await {
                Ok(done) => made += usize::from(done),
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        for card in self.peers() {
            let carrier = self.store.carrier(&card.node_key())?;
            if carrier.by_files() && carrier.goes_out() {
                let dues = [
                    self.make_agreements(&card),
                    self.want_refused(&card),
                    self.make_notes(&card),
                    self.make_records(&card),
                ];
                for done in dues {
                    match done {
                        Ok(done) => made += done,
                        Err(error) => failed = failed.and(Err(error)),
                    }
                }
            }
        }
        failed.and(self.keep_needed()).map(|()| made)
    }

    async fn make_of_session(self: &Arc<Self>, session: &Session, card: &Card) -> Result<bool> {
        let (peer, call) = (card.node_key(), session.call);
        let newest = |matter| self.store.newest_letter(&peer, matter, &call);
        match (&session.end, session.role) {
            // A process was killed between the signature and the letter.
            (None, Role::Receiver) if session.is_heard() => self.put_receipt(card, session),
            (None, Role::Receiver) if newest(Matter::Opening)?.is_none() => self.ask(session, card).await,
            (None, _) => Ok(false),
            (Some(end), Role::Receiver) if end.reason.is_empty() => self.put_receipt(card, session),
            (Some(end), _) if end.reason.is_empty() || end.told => Ok(false),
            (Some(end), role) => {
                let went_out = self.store.was_sent(&peer, Matter::Opening, &call)?;
                // A restored node does not know what it sent since its backup.
                let voided = end.reason == encode_abort(&Abort::Voided);
                if role == Role::Receiver && !went_out && !voided {
                    self.store.mark_told(&session.round)?;
                    return Ok(false);
                }
                // Another reason, said before, does not tell this one.
                let said = newest(Matter::Ended)?.and_then(|letter| letter.detail);
                if said.as_ref() == Some(&end.reason) {
                    return Ok(false);
                }
                let word = self.tell_ended(&call, &end.reason, &peer);
                self.put_small(card, Matter::Ended, session, &paper(ENDED, &word.encode())?)?;
                Ok(true)
            }
        }
    }

    pub(super) fn put_small(
        &self,
        card: &Card,
        matter: Matter,
        session: &Session,
        frames: &[u8],
    ) -> Result<()> {
        let agreement = self.store.round(&session.round)?.map(|round| round.agreement);
        let reason = session.end.as_ref().map(|end| end.reason.as_slice());
        Ok(self.store.put_letter(
            &NewLetter {
                id: &fresh_id(),
                peer: &card.node_key(),
                matter,
                about: Some(&session.call),
                agreement: agreement.as_ref(),
                detail: reason.filter(|_| matter == Matter::Ended),
                body: Some(frames),
            },
            None,
        )?)
    }

    /// Each agreement of which neither the peer's last letter nor the last one to it says how it stands here.
    fn make_agreements(&self, card: &Card) -> Result<usize> {
        let peer = card.node_key();
        let mut made = 0;
        for (digest, known) in self.known_with(card) {
            let told = self.store.newest_letter(&peer, Matter::Agreement, &digest)?;
            let told = told.filter(|letter| letter.overtaken_at.is_none());
            let heard = self.store.last_standing(&peer, &digest)?;
            let details = [told.and_then(|letter| letter.detail), heard];
            if details.iter().flatten().any(|detail| *detail == known.standing) {
                continue;
            }
            let frames = paper(AGREEMENT, &self.written(&digest)?)?;
            let id = fresh_id();
            self.store.put_letter(
                &NewLetter {
                    id: &id,
                    peer: &peer,
                    matter: Matter::Agreement,
                    about: Some(&digest),
                    agreement: Some(&digest),
                    detail: Some(&known.standing),
                    body: Some(&frames),
                },
                None,
            )?;
            self.store
                .overtake_letters(&peer, Matter::Agreement, &digest, Some(&id))?;
            made += 1;
        }
        Ok(made)
    }

    /// Keeps a letter that answers another: the same one, however often that comes. `reason` is why a session ended, if
    /// it tells that.
    pub(super) fn put_reply(
        &self,
        card: &Card,
        to: &[u8; 16],
        matter: Matter,
        [about, agreement]: [Option<&[u8; 32]>; 2],
        reason: Option<&[u8]>,
        frames: &[u8],
    ) -> Result<()> {
        let Some(about) = about else { return Ok(()) };
        let body = json!({ "peer": card.name(), "matter": matter.code(), "about": Hex(*about) });
        Ok(self.store.put_letter(
            &NewLetter {
                id: &self.reply_id(card, to, matter),
                peer: &card.node_key(),
                matter,
                about: Some(about),
                agreement,
                detail: reason,
                body: Some(frames),
            },
            Some(&Entry {
                actor: "node",
                kind: "letter_answered",
                body: &body,
            }),
        )?)
    }

    /// The id of the letter that answers another: letters of two peers may have the same.
    pub(super) fn reply_id(&self, peer: &Card, to: &[u8; 16], matter: Matter) -> [u8; 16] {
        let parts = [b"hefu/3 reply\0", to.as_slice(), matter.code().as_bytes()];
        let digest = sha256(&[parts.concat().as_slice(), &self.node_key(), &peer.node_key()].concat());
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        id
    }
}
