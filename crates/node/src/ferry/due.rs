//! Which letters are due, read off the records: whatever lacks is made, and what is there is not made twice.

use std::sync::Arc;

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_psi::wire::{Abort, Kind, encode_abort};
use hefu_store::{Entry, Matter, NewLetter, Role, Session};
use serde_json::json;

use super::content::{one_frame, paper};
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
                match self.make_agreements(&card) {
                    Ok(done) => made += done,
                    Err(error) => failed = failed.and(Err(error)),
                }
            }
        }
        failed.and(self.keep_needed()).map(|()| made)
    }

    async fn make_of_session(self: &Arc<Self>, session: &Session, card: &Card) -> Result<bool> {
        let (peer, call) = (card.node_key(), session.call);
        let newest = |matter| self.store.newest_letter(&peer, matter, &call);
        match (&session.end, session.role) {
            (None, Role::Receiver) if newest(Matter::Opening)?.is_none() => self.ask(session, card).await,
            (None, _) => Ok(false),
            (Some(end), Role::Receiver) if end.reason.is_empty() => {
                let Some(receipt) = session.receipt.as_deref() else {
                    return Ok(false);
                };
                if newest(Matter::Receipt)?.is_some() {
                    return Ok(false);
                }
                let frames = one_frame(Kind::Receipt, &[receipt])?;
                self.put_small(card, Matter::Receipt, session, &frames)?;
                Ok(true)
            }
            (Some(end), _) if end.reason.is_empty() || end.told => Ok(false),
            (Some(end), role) => {
                let opening = newest(Matter::Opening)?;
                let went_out = opening.is_some_and(|opening| opening.sent_at.is_some());
                // A restored node does not know what it sent since its backup.
                let voided = end.reason == encode_abort(&Abort::Voided);
                if role == Role::Receiver && !went_out && !voided {
                    self.store.mark_told(&session.round)?;
                    return Ok(false);
                }
                if newest(Matter::Ended)?.is_some() {
                    return Ok(false);
                }
                let word = self.tell_ended(&call, &end.reason);
                self.put_small(card, Matter::Ended, session, &paper(ENDED, &word.encode())?)?;
                Ok(true)
            }
        }
    }

    fn put_small(&self, card: &Card, matter: Matter, session: &Session, frames: &[u8]) -> Result<()> {
        let agreement = self.store.round(&session.round)?.map(|round| round.agreement);
        Ok(self.store.put_letter(
            &NewLetter {
                id: &self.fresh_id(),
                peer: &card.node_key(),
                matter,
                about: &session.call,
                agreement: agreement.as_ref(),
                detail: None,
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
            let heard = self.store.newest_taken(&peer, Matter::Agreement, &digest)?;
            let details = [
                told.and_then(|letter| letter.detail),
                heard.and_then(|letter| letter.detail),
            ];
            if details.iter().flatten().any(|detail| *detail == known.standing) {
                continue;
            }
            let frames = paper(AGREEMENT, &self.written(&digest)?)?;
            let id = self.fresh_id();
            self.store.put_letter(
                &NewLetter {
                    id: &id,
                    peer: &peer,
                    matter: Matter::Agreement,
                    about: &digest,
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

    /// Keeps a letter that answers another: the same one, however often that comes.
    pub(super) fn put_reply(
        &self,
        card: &Card,
        to: &[u8; 16],
        matter: Matter,
        [about, agreement]: [Option<&[u8; 32]>; 2],
        frames: &[u8],
    ) -> Result<()> {
        let Some(about) = about else { return Ok(()) };
        let body = json!({ "peer": card.name(), "matter": matter.code(), "about": Hex(*about) });
        Ok(self.store.put_letter(
            &NewLetter {
                id: &self.reply_id(to, matter),
                peer: &card.node_key(),
                matter,
                about,
                agreement,
                detail: None,
                body: Some(frames),
            },
            Some(&Entry {
                actor: "node",
                kind: "letter_answered",
                body: &body,
            }),
        )?)
    }

    /// The id of the letter that answers another.
    pub(super) fn reply_id(&self, to: &[u8; 16], matter: Matter) -> [u8; 16] {
        let parts = [b"hefu/3 reply\0", to.as_slice(), matter.code().as_bytes()];
        let digest = sha256(&[parts.concat().as_slice(), &self.node_key()].concat());
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        id
    }

    pub(super) fn fresh_id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        crate::runner::system_randomness().fill_bytes(&mut id);
        id
    }
}
