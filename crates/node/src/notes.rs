//! 公函: notes between agencies, signed, delivered by the node until the other side has answered, and answered once and
//! for all. The same papers go over a line and by files; what stands in them is [`crate::inquiry`]'s.
//!
//! ```text
//! note      id (16), signature (64), note: canonical JSON
//!           Ed25519 by the sender over "hefu/3 note\0" ‖ node key of whom it is for ‖ SHA-256(note)
//! noted     id (16), signature (64), code: why it is not taken; empty where it is
//!           Ed25519 by the hearer over "hefu/3 noted\0" ‖ node key of whom it is said to ‖ id ‖ SHA-256(note) ‖ code
//! ```
//!
//! By files each goes as its id and the rest in an enclosure of its own, since a set is opened into a file.

mod keeper;

use std::sync::{Mutex, PoisonError};

use hefu_casework::note::{Item, MAX_NOTE_BYTES, Note};
use hefu_casework::{Dossier, DossierState, Hex};
use hefu_link::Card;
use hefu_link::ferry::{disclose, enclose};
use hefu_psi::wire::Abort;
use hefu_store::{Entry, NewNote, NewTaken, NoteAnswer, NoteDue, NoteFacts, Put, Quota, SignedNote};
use jiff::{SignedDuration, Timestamp};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::json;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::agreement::policy;
use crate::digest::sha256;
use crate::exchange::malformed;
use crate::guard::Repeats;
use crate::runner::system_randomness;
use crate::{Error, Node, Result};

pub(crate) const NOTE: u8 = 6;
pub(crate) const NOTED: u8 = 7;

const NOTE_LABEL: &[u8] = b"hefu/3 note\0";
const NOTED_LABEL: &[u8] = b"hefu/3 noted\0";
/// The most new notes of one peer in a day, each way: a note is an officer's letter.
const MANY_NOTES: u64 = 200;
/// The longest code of a refusal.
const MAX_CODE_BYTES: usize = 64;
/// By which a note is known again, keyed.
const ID: &str = "note";

/// Notes under way, in memory.
#[derive(Default)]
pub(crate) struct Notes {
    notify: Notify,
    /// Held by whoever takes a note: one that comes twice at once is heard once.
    taking: Mutex<()>,
    /// Notes that were refused, as far as the log tells of them.
    refusals: Repeats,
}

impl Node {
    /// Writes to a peer. The note is durable when this returns, and delivered as soon as the peer can be reached. The same
    /// note to the same peer is one note, however often it is posted: whoever was stopped in between posts it again.
    ///
    /// # Errors
    /// When there is no such peer, both have not signed the agreement, or today's notes to this peer are too many; those
    /// of [`Note::to_bytes`]; the store's.
    pub fn post_note(&self, peer: &[u8; 32], note: &Note, actor: &str) -> Result<Hex<16>> {
        let card = self.peer_card(peer)?;
        if !self.is_agreed_with(&note.agreement.0, &card)? {
            return Err(policy("note_agreement", Abort::Policy));
        }
        let body = note.to_bytes()?;
        let id = self.note_id(peer, &body);
        let digest = sha256(&body);
        let signed = SignedNote {
            digest,
            signature: self.sign_parts(&[NOTE_LABEL, peer, &digest]),
        };
        let entry = json!({
            "peer": card.name(), "note": id, "item": note.item, "word": note.word.code(),
        });
        let put = self.store.put_note(
            &NewNote {
                id: &id.0,
                peer,
                agreement: &note.agreement.0,
                item: &note.item.0,
                word: note.word.code(),
                body: &body,
                signed: &signed,
            },
            today(),
            &Entry {
                actor,
                kind: "note_sent",
                body: &entry,
            },
        )?;
        match put {
            Put::TooMany => return Err(policy("notes_too_many", Abort::Policy)),
            Put::New => {
                self.notes.notify.notify_one();
                self.ferry.notify();
            }
            Put::Known => {}
        }
        Ok(id)
    }

    /// The notes about a matter that went and came, in order of time.
    ///
    /// # Errors
    /// The store's.
    pub fn notes_of(&self, item: &Item) -> Result<Vec<NoteFacts>> {
        Ok(self.store.notes_of(&item.0)?)
    }

    /// The id under which a note goes: nobody else can tell from it what the note says.
    pub(crate) fn note_id(&self, peer: &[u8; 32], body: &[u8]) -> Hex<16> {
        let said = Zeroizing::new([peer.as_slice(), body].concat());
        Hex(self.store.vault().lookup(ID, &said))
    }

    /// A peer's note has come. Gives what is answered: that it was taken, or why not. Both stay as they are, however often
    /// the note comes.
    ///
    /// # Errors
    /// Where the paper is malformed, not signed by the peer for this node, or another one came under its id; where the
    /// peer's notes are too many, or it could not be heard now: then nothing is answered, and it may come again.
    pub(crate) fn take_note(&self, paper: &[u8], from: &Card) -> Result<Vec<u8>> {
        let came = Came::read(paper).ok_or_else(malformed)?;
        let (peer, digest) = (from.node_key(), sha256(came.rest));
        verify(from, &[NOTE_LABEL, &self.node_key(), &digest], came.signature)?;
        let signed = SignedNote {
            digest,
            signature: *came.signature,
        };
        let _alone = self.notes.taking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.store.note_taken(&peer, came.id)? {
            if known.signed.digest != digest {
                return Err(malformed());
            }
            return Ok(answer(came.id, &known.signature, known.refused.as_deref()));
        }
        let quota = today();
        if self.store.notes_taken_since(&peer, quota.since)? >= quota.most {
            return Err(policy("notes_too_many", Abort::Policy));
        }
        let read = Note::parse(came.rest).ok();
        let refused = match &read {
            Some(note) => self.refusal_of(note, from)?,
            None => Some(policy("note_unreadable", Abort::Policy).code()),
        };
        let code = refused.unwrap_or_default();
        let signature = self.sign_parts(&[NOTED_LABEL, &peer, came.id, &digest, code.as_bytes()]);
        let about = read.as_ref().map(|note| (&note.item.0, note.word.code()));
        let untold = match refused {
            Some(code) => self.notes.refusals.one_more(Some(peer), code),
            None => Some(0),
        };
        let mut entry = json!({
            "peer": from.name(), "note": Hex(*came.id), "item": about.map(|(item, _)| Hex(*item)),
            "word": about.map(|(_, word)| word),
        });
        if let Some(code) = refused
            && let Some(entry) = entry.as_object_mut()
        {
            entry.insert("refused".to_owned(), code.into());
            entry.insert("untold".to_owned(), untold.into());
        }
        let kind = if refused.is_some() {
            "note_refused"
        } else {
            "note_taken"
        };
        self.store.take_note(
            &NewTaken {
                peer: &peer,
                id: came.id,
                about,
                signed: &signed,
                answer: NoteAnswer {
                    signature: &signature,
                    refused,
                },
            },
            untold
                .map(|_| Entry {
                    actor: "node",
                    kind,
                    body: &entry,
                })
                .as_ref(),
        )?;
        Ok(answer(came.id, &signature, refused))
    }

    /// Why a note is not taken; the error is one that passes.
    fn refusal_of(&self, note: &Note, from: &Card) -> Result<Option<&'static str>> {
        if !self.is_agreed_with(&note.agreement.0, from)? {
            return Ok(Some(policy("note_agreement", Abort::Policy).code()));
        }
        match self.hear_note(from, note) {
            Ok(()) => Ok(None),
            Err(error @ (Error::Store(_) | Error::Internal { .. })) => Err(error),
            Err(error) if error.can_go_on() => Err(error),
            Err(error) => Ok(Some(error.code())),
        }
    }

    /// A peer has answered a note. An answer to one that is answered changes nothing.
    ///
    /// # Errors
    /// Where the paper is malformed, not signed by the peer, or answers no note to it; the store's.
    pub(crate) fn hear_noted(&self, paper: &[u8], from: &Card) -> Result<()> {
        let came = Came::read(paper).ok_or_else(malformed)?;
        let code = std::str::from_utf8(came.rest)
            .ok()
            .filter(|code| is_code(code))
            .ok_or_else(malformed)?;
        let Some(note) = self
            .store
            .note_unanswered(came.id)?
            .filter(|note| note.peer == from.node_key())
        else {
            let known = self.store.has_note(&from.node_key(), came.id)?;
            return if known { Ok(()) } else { Err(malformed()) };
        };
        let said = [
            NOTED_LABEL,
            &self.node_key(),
            came.id,
            &note.signed.digest,
            came.rest,
        ];
        verify(from, &said, came.signature)?;
        let refused = Some(code).filter(|code| !code.is_empty());
        let body = json!({
            "peer": from.name(), "note": Hex(*came.id), "item": Hex(note.item), "refused": refused,
        });
        self.store.answer_note(
            came.id,
            NoteAnswer {
                signature: came.signature,
                refused,
            },
            &Entry {
                actor: "node",
                kind: "note_answered",
                body: &body,
            },
        )?;
        Ok(())
    }

    /// The paper that brings a note.
    pub(crate) fn note_paper(note: &NoteDue) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([note.id.as_slice(), &note.signed.signature, &note.body].concat())
    }

    /// The paper that answered a peer's note.
    pub(crate) fn noted_paper(&self, peer: &[u8; 32], id: &[u8; 16]) -> Result<Option<Vec<u8>>> {
        let known = self.store.note_taken(peer, id)?;
        Ok(known.map(|known| answer(id, &known.signature, known.refused.as_deref())))
    }

    /// A paper as it goes by files.
    pub(crate) fn enclosed(&self, kind: u8, paper: &[u8], to: &Card) -> Result<Vec<u8>> {
        let (id, rest) = paper.split_first_chunk::<16>().ok_or_else(malformed)?;
        let sealed = enclose(&self.keys, to, kind, id, rest, &mut *system_randomness())?;
        Ok([id.as_slice(), &sealed].concat())
    }

    /// A paper that came by files.
    pub(crate) fn disclosed(&self, kind: u8, enclosed: &[u8], from: &Card) -> Result<Zeroizing<Vec<u8>>> {
        let (id, sealed) = enclosed.split_first_chunk::<16>().ok_or_else(malformed)?;
        let rest = disclose(&self.keys, &from.node_key(), kind, id, sealed).ok_or_else(malformed)?;
        Ok(Zeroizing::new([id.as_slice(), &rest].concat()))
    }

    /// Whether this node and the peer, and nobody else, have both signed it; it may be over by now.
    fn is_agreed_with(&self, agreement: &[u8; 32], card: &Card) -> Result<bool> {
        if !self.dossiers.is_with(agreement, &card.node_key()) {
            return Ok(false);
        }
        let Some(stored) = self.store.agreement(agreement)? else {
            return Ok(false);
        };
        Ok(Dossier::parse(&stored.signed)?.state() == DossierState::Signed)
    }

    fn sign_parts(&self, parts: &[&[u8]]) -> [u8; 64] {
        let signature = self.keys.signing_key().sign(&parts.concat());
        let mut bytes = [0; 64];
        bytes.copy_from_slice(signature.as_ref());
        bytes
    }
}

/// A paper, taken apart.
struct Came<'a> {
    id: &'a [u8; 16],
    signature: &'a [u8; 64],
    rest: &'a [u8],
}

impl<'a> Came<'a> {
    fn read(paper: &'a [u8]) -> Option<Came<'a>> {
        let (id, rest) = paper.split_first_chunk()?;
        let (signature, rest) = rest.split_first_chunk()?;
        (rest.len() <= MAX_NOTE_BYTES).then_some(Came { id, signature, rest })
    }
}

fn answer(id: &[u8; 16], signature: &[u8; 64], refused: Option<&str>) -> Vec<u8> {
    let code = refused.unwrap_or_default();
    [id.as_slice(), signature, code.as_bytes()].concat()
}

fn verify(by: &Card, parts: &[&[u8]], signature: &[u8; 64]) -> Result<()> {
    UnparsedPublicKey::new(&ED25519, by.node_key())
        .verify(&parts.concat(), signature)
        .map_err(|_| malformed())
}

/// It is shown on a terminal.
fn is_code(code: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    code.len() <= MAX_CODE_BYTES && code.bytes().all(plain)
}

fn today() -> Quota {
    Quota {
        most: MANY_NOTES,
        since: Timestamp::now() - SignedDuration::from_hours(24),
    }
}
