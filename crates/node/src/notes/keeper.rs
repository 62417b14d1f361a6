//! Notes are delivered: over the line by visits, and by files as letters that are due until they are answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_store::{Entry, Letter, Matter, NewLetter, NoteDue};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{NOTE, NOTED};
use crate::ferry::{fresh_id, paper};
use crate::{Error, Node, Result};

/// How often it looks, beside whenever a note is posted.
const PACE: Duration = Duration::from_secs(1);
/// The first pause before a peer is called again; it doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A visit takes no longer: the rest goes with the next one.
const VISIT: Duration = Duration::from_secs(60);
/// Notes that one visit or set brings.
const MANY_AT_ONCE: usize = 256;
/// A note with a number in it.
const INQUIRY: &str = "note_inquiry";
/// An answer by files comes with the acknowledgement of its letter, unless the peer has lost it, or takes no more today.
const UNANSWERED: SignedDuration = SignedDuration::from_hours(24);

impl Node {
    /// Delivers notes until the node is dropped.
    pub(crate) async fn keep_notes(self: Arc<Self>) {
        let mut pauses: HashMap<[u8; 32], (Instant, Duration)> = HashMap::new();
        loop {
            let mut visits = JoinSet::new();
            for card in self.peers_to_visit() {
                let rests = pauses
                    .get(&card.node_key())
                    .is_some_and(|(until, _)| *until > Instant::now());
                if !rests {
                    let node = Arc::clone(&self);
                    visits.spawn(async move { (card.node_key(), node.deliver_in_time(&card).await) });
                }
            }
            while let Some(visited) = visits.join_next().await {
                let Ok((peer, delivered)) = visited else { continue };
                if delivered {
                    pauses.remove(&peer);
                    continue;
                }
                let pause = pauses.get(&peer).map_or(FIRST_PAUSE, |(_, pause)| *pause);
                let next = (pause * 2).min(LONGEST_PAUSE);
                pauses.insert(peer, (Instant::now() + pause, next));
            }
            let _ = timeout(PACE, self.notes.notify.notified()).await;
        }
    }

    /// Those over a line for whom there is something.
    fn peers_to_visit(&self) -> Vec<Card> {
        let due = self.store.peers_with_notes_due().unwrap_or_else(|error| {
            tracing::error!(node = self.name(), code = error.code(), "notes are not kept");
            Vec::new()
        });
        let by_line = |peer: &[u8; 32]| self.store.carrier(peer).is_ok_and(|carrier| !carrier.by_files());
        let cards = due.into_iter().filter(by_line);
        cards.filter_map(|peer| self.book().by_node_key(&peer)).collect()
    }

    async fn deliver_in_time(self: &Arc<Self>, card: &Card) -> bool {
        let code = match timeout(VISIT, self.deliver_notes(&card.node_key())).await {
            Ok(Ok(_)) => return true,
            Ok(Err(error)) => error.code(),
            Err(_) => "visit_too_long",
        };
        tracing::info!(
            node = self.name(),
            peer = card.name(),
            code,
            "notes not delivered"
        );
        false
    }

    /// Brings a peer over a line the notes that it has not answered. Says how many it answered now.
    ///
    /// # Errors
    /// When the peer can't be reached, is reached by files, or answers what can't be.
    pub async fn deliver_notes(self: &Arc<Self>, peer: &[u8; 32]) -> Result<usize> {
        let card = self.peer_card(peer)?;
        self.must_be_carried(&card, false)?;
        let due = self.notes_to_go(peer)?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut papers = self.visit(&card).await?;
        for note in &due {
            let answer = papers.say_note(&Self::note_paper(note)).await?;
            self.hear_noted(&answer, &card)?;
        }
        papers.leave().await;
        Ok(due.len())
    }

    /// The notes that a peer has not answered, without the questions about findings of which nobody may be asked any more:
    /// their numbers stay.
    fn notes_to_go(&self, peer: &[u8; 32]) -> Result<Vec<NoteDue>> {
        let due = self.store.notes_due(peer, MANY_AT_ONCE)?.into_iter();
        due.filter_map(|note| self.may_go(note).transpose()).collect()
    }

    /// The note, unless it was withdrawn because it may not go any more.
    fn may_go(&self, note: NoteDue) -> Result<Option<NoteDue>> {
        if note.word != INQUIRY || self.is_askable(&Hex(note.item))? {
            return Ok(Some(note));
        }
        let name = self.peer_card(&note.peer)?.name().to_owned();
        let body = json!({ "peer": name, "note": Hex(note.id), "item": Hex(note.item), "word": note.word });
        self.store.withdraw_note(
            &note.id,
            &Entry {
                actor: "node",
                kind: "note_withdrawn",
                body: &body,
            },
        )?;
        Ok(None)
    }

    /// A peer's note over a line; on a thread of its own, because there are signatures to verify and much to look up.
    pub(crate) async fn take_note_apart(
        self: &Arc<Self>,
        paper: Zeroizing<Vec<u8>>,
        from: &Card,
    ) -> Result<Vec<u8>> {
        let (node, from) = (Arc::clone(self), from.clone());
        tokio::task::spawn_blocking(move || node.take_note(&paper, &from))
            .await
            .unwrap_or(Err(Error::Internal {
                what: "a note's thread",
            }))
    }

    /// Makes the letters that bring a peer by files the notes that it has not answered. Says how many.
    pub(crate) fn make_notes(&self, card: &Card) -> Result<usize> {
        let peer = card.node_key();
        let mut made = 0;
        for note in self.notes_to_go(&peer)? {
            if self
                .store
                .note_has_letter(&note.id, Timestamp::now() - UNANSWERED)?
            {
                continue;
            }
            self.put_note_letter(&peer, &fresh_id(), Matter::Note, Some(&note.agreement), &note.id)?;
            made += 1;
        }
        Ok(made)
    }

    /// Keeps a letter that brings a note or its answer.
    pub(crate) fn put_note_letter(
        &self,
        peer: &[u8; 32],
        letter: &[u8; 16],
        matter: Matter,
        agreement: Option<&[u8; 32]>,
        note: &[u8; 16],
    ) -> Result<()> {
        Ok(self.store.put_letter(
            &NewLetter {
                id: letter,
                peer,
                matter,
                about: None,
                agreement,
                detail: Some(note),
                body: None,
            },
            None,
        )?)
    }

    /// The frames of such a letter, sealed to the peer as its card is now; none where the note was answered meanwhile.
    pub(crate) fn note_frames(&self, letter: &Letter, to: &Card) -> Result<Option<Vec<u8>>> {
        let id: Option<[u8; 16]> = letter.detail.as_deref().and_then(|id| id.try_into().ok());
        let id = id.ok_or(Error::Internal {
            what: "a note's letter",
        })?;
        let (kind, said) = match letter.matter {
            Matter::Note => {
                let due = self.store.note_due(&id)?;
                let due = due.map(|note| self.may_go(note)).transpose()?.flatten();
                (NOTE, due.as_ref().map(Self::note_paper))
            }
            _ => (NOTED, self.noted_paper(&letter.peer, &id)?.map(Zeroizing::new)),
        };
        let enclosed = said.map(|said| self.enclosed(kind, &said, to)).transpose()?;
        enclosed.map(|enclosed| paper(kind, &enclosed)).transpose()
    }
}
