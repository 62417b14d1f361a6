//! What is due to a peer is made into a set, and a set is cut into files.

use std::fs::File;
use std::io::{Cursor, Read};
use std::sync::Arc;

use hefu_casework::{Hex, canonical};
use hefu_link::Card;
use hefu_link::ferry::{Cut, Cutting, Form, Matter as SetMatter, SetHead, SetId, enclose_card, seal};
use hefu_store::{Entry, Letter, Matter, NewSet, OutgoingSet};
use serde_json::json;

use super::content::{MANY_LETTERS, MANY_TAKEN, acknowledgement, header_of};
use super::folder::{Half, disk, is_there};
use super::view::{PartFile, SetOut};
use crate::runner::system_randomness;
use crate::{Error, Node, Result};

/// The most letters of a set that its entry in the log names one by one.
const MANY_LISTED: usize = 64;

impl Node {
    /// Makes a set of what is due to a peer: all letters that were in none, and the small ones that the peer has not
    /// acknowledged. None where no letter is new. What is whole of the peer's is worked through first; results are looked
    /// at afterwards, and not waited for.
    ///
    /// # Errors
    /// When there is no such peer, nothing can go to it, or its card has no seal key; the disk's.
    pub async fn ferry_out(
        self: &Arc<Self>,
        peer: &[u8; 32],
        cut: Cut,
        actor: &str,
    ) -> Result<Option<SetOut>> {
        let made = self.make_set_out(peer, cut, actor).await;
        self.conclude_unless_watched();
        made
    }

    async fn make_set_out(
        self: &Arc<Self>,
        peer: &[u8; 32],
        cut: Cut,
        actor: &str,
    ) -> Result<Option<SetOut>> {
        let card = self.peer_card(peer)?;
        if !self.store.carrier(peer)?.goes_out() {
            return Err(Error::OneWay {
                peer: card.name().to_owned(),
                missing: "out",
            });
        }
        let _alone = self.ferry.working.lock().await;
        // What can't be worked through may be another's, and keeps nothing that is due already.
        if let Err(error) = self.work().await {
            tracing::error!(
                node = self.name(),
                code = error.code(),
                "letters may lack: {error}"
            );
        }
        let mut letters = self.store.letters_due(Some(peer))?;
        if letters.iter().all(|letter| letter.sent_at.is_some()) {
            return Ok(None);
        }
        letters.retain(|letter| letter.sent_at.is_none() || letter.matter.is_small());
        fit(&mut letters);
        let (node, actor) = (Arc::clone(self), actor.to_owned());
        let making = move || node.make_set(&card, &letters, cut, &actor);
        let id = tokio::task::spawn_blocking(making)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "a set's thread",
            }))?;
        Ok(Some(self.set_out(&self.known_set(&id)?)?))
    }

    fn make_set(&self, card: &Card, letters: &[Letter], cut: Cut, actor: &str) -> Result<[u8; 16]> {
        let mut randomness = system_randomness();
        let set = SetId::random(&mut *randomness);
        let mut matters: Vec<SetMatter> = SetMatter::ALL
            .into_iter()
            .filter(|matter| letters.iter().any(|letter| letter.matter.code() == matter.code()))
            .collect();
        matters.sort_unstable();
        let mut content = self.content_of(card, letters)?;
        let half = Half::begin(&self.set_file(&set.bytes()))?;
        let head = seal(
            &self.keys,
            card,
            set,
            &matters,
            &mut *content,
            &mut half.writer()?,
            &mut *randomness,
        )?;
        half.keep()?;
        let now = self.peer_card(&card.node_key())?;
        if now != *card {
            // Its seal key may be another since, and this set would be of no use.
            return self.make_set(&now, letters, cut, actor);
        }
        let ids: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        let listed: Vec<_> = letters
            .iter()
            .take(MANY_LISTED)
            .map(|letter| {
                json!({ "letter": Hex(letter.id), "matter": letter.matter.code(), "about": letter.about.map(Hex) })
            })
            .collect();
        let body = json!({
            "peer": card.name(), "set": Hex(set.bytes()), "bytes": head.bytes(), "digest": Hex(head.digest()),
            "letters": listed, "unlisted": letters.len().saturating_sub(MANY_LISTED),
        });
        self.store.put_set(
            &NewSet {
                id: &set.bytes(),
                peer: &card.node_key(),
                bytes: head.bytes(),
                digest: &head.digest(),
                head: &canonical::to_vec(&head),
                form: form_code(cut.form()),
                max_file_bytes: cut.max_file_bytes(),
                letters: &ids,
            },
            &Entry {
                actor,
                kind: "set_made",
                body: &body,
            },
        )?;
        Ok(set.bytes())
    }

    /// What a set holds, read as it is sealed.
    fn content_of(&self, card: &Card, letters: &[Letter]) -> Result<Box<dyn Read>> {
        let taken = self.store.latest_taken(&card.node_key(), MANY_TAKEN)?;
        let mut content: Box<dyn Read> = Box::new(Cursor::new(acknowledgement(&taken)?));
        for letter in letters {
            let header = Cursor::new(header_of(letter)?);
            content = match (&letter.body, letter.matter) {
                (Some(body), _) => Box::new(content.chain(header).chain(Cursor::new(body.clone()))),
                (None, Matter::Note | Matter::Noted) => {
                    // Where it was answered over a line meanwhile, the letter is not due any more, and the set is made anew.
                    let frames = self.note_frames(letter, card)?.ok_or(Error::Stopped)?;
                    Box::new(content.chain(header).chain(Cursor::new(frames)))
                }
                (None, Matter::Record | Matter::Records) => {
                    // A record that is not followed any more has nothing to tell.
                    let frames = self.record_frames(letter, card)?.unwrap_or_default();
                    Box::new(content.chain(header).chain(Cursor::new(frames)))
                }
                (None, _) => {
                    let frames = File::open(self.letter_file(&letter.file())).map_err(disk)?;
                    Box::new(content.chain(header).chain(frames))
                }
            };
        }
        Ok(content)
    }

    /// Cuts a set in another way: the same sealed bytes, in other files.
    ///
    /// # Errors
    /// When there is no such set any more, or the files would be too many.
    pub fn ferry_recut(&self, set: &[u8; 16], cut: Cut) -> Result<SetOut> {
        let known = self.needed_set(set)?;
        cut.of(&head_of(&known)?)?;
        self.store
            .recut_set(set, form_code(cut.form()), cut.max_file_bytes())?;
        self.ferry.notify();
        self.set_out(&self.known_set(set)?)
    }

    /// One of a set's files, counted from 1; the same bytes each time.
    ///
    /// # Errors
    /// When there is no such set any more, or no such file of it.
    pub fn ferry_part(&self, set: &[u8; 16], number: u32) -> Result<PartFile> {
        let known = self.needed_set(set)?;
        let cutting = cutting_of(&known)?;
        let mut sealed = File::open(self.set_file(set)).map_err(disk)?;
        let mut bytes = Vec::new();
        let name = cutting.file_name(number)?;
        cutting.write(&self.keys, number, &mut sealed, &mut bytes)?;
        Ok(PartFile { name, bytes })
    }

    /// This node's card as a file, for a node that peers reach at `address`. It is not sealed: whoever reads it compares
    /// its fingerprint.
    ///
    /// # Errors
    /// When the address can't stand on a card.
    pub fn ferry_card(&self, address: &str, cut: Cut) -> Result<PartFile> {
        let card = self.card(address)?;
        let (head, bytes) = enclose_card(&self.keys, card_set(&card), &card)?;
        let cutting = cut.of(&head)?;
        let mut file = Vec::new();
        cutting.write(&self.keys, 1, &mut Cursor::new(bytes), &mut file)?;
        Ok(PartFile {
            name: cutting.file_name(1)?,
            bytes: file,
        })
    }

    fn known_set(&self, set: &[u8; 16]) -> Result<OutgoingSet> {
        self.store.set_out(set)?.ok_or_else(|| missing_set(set))
    }

    /// A set whose sealed bytes are here.
    pub(super) fn needed_set(&self, set: &[u8; 16]) -> Result<OutgoingSet> {
        let known = self.known_set(set)?;
        match is_there(&self.set_file(set))? {
            true => Ok(known),
            false => Err(missing_set(set)),
        }
    }
}

/// Leaves what one set can hold, in the order of the letters: first all that was in none, and others again in the room
/// that is left. So each set brings something new, whatever the peer acknowledges.
fn fit(letters: &mut Vec<Letter>) {
    let unsent = letters.iter().filter(|letter| letter.sent_at.is_none()).count();
    let mut room = [MANY_LETTERS, MANY_LETTERS.saturating_sub(unsent)];
    letters.retain(|letter| {
        let [of_unsent, of_sent] = &mut room;
        let room = if letter.sent_at.is_none() {
            of_unsent
        } else {
            of_sent
        };
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        fits
    });
}

/// One card is one set: the same file whenever it is asked for.
fn card_set(card: &Card) -> SetId {
    let digest = crate::digest::sha256(&[b"hefu/3 card\0", card.to_bytes().as_slice()].concat());
    let mut id = [0; 16];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    SetId::from(id)
}

pub(super) fn missing_set(set: &[u8; 16]) -> Error {
    Error::Missing {
        what: "set",
        name: Hex(*set).to_string(),
    }
}

/// What the files of a set say of it.
pub(super) fn head_of(set: &OutgoingSet) -> Result<SetHead> {
    canonical::from_slice(&set.head).map_err(|_| damaged())
}

/// How a set is cut.
pub(super) fn cutting_of(set: &OutgoingSet) -> Result<Cutting> {
    let cut = Cut::new(form_of(set)?, Some(set.max_file_bytes))?;
    Ok(cut.of(&head_of(set)?)?)
}

pub(super) fn form_of(set: &OutgoingSet) -> Result<Form> {
    [Form::Binary, Form::Text]
        .into_iter()
        .find(|form| form_code(*form) == set.form)
        .ok_or_else(damaged)
}

fn form_code(form: Form) -> &'static str {
    match form {
        Form::Binary => "binary",
        Form::Text => "text",
    }
}

fn damaged() -> Error {
    Error::Internal {
        what: "a set's record",
    }
}
