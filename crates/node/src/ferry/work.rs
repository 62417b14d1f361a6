//! Sets that are whole are opened, and what their letters bring is taken.

use std::path::PathBuf;
use std::sync::Arc;

use hefu_casework::{Dossier, Hex};
use hefu_link::Card;
use hefu_link::ferry::{Assembly, open};
use hefu_psi::wire::{Kind, Open};
use hefu_store::{Entry, IncomingSet, Matter, Role, TakenLetter};
use jiff::Timestamp;
use serde_json::json;

use super::content::{Piece, Scanned, first_of, malformed, paper, scan};
use super::folder::{Half, gone};
use super::view::{LetterFacts, Worked};
use crate::conference::{RECORD, RECORDED};
use crate::digest::sha256;
use crate::exchange::{AGREEMENT, ENDED, HEARD};
use crate::notes::{NOTE, NOTED};
use crate::{Error, Node, Result};

/// A set that is being worked through.
pub(super) struct Coming {
    /// Whose it is.
    pub(super) card: Card,
    /// Its number.
    set: [u8; 16],
    /// The file that has what it holds.
    pub(super) content: PathBuf,
}

impl Node {
    /// Works through the sets that are whole, the oldest first, and makes the letters that are due. It can be called at any
    /// time, and after a crash goes on where it stopped.
    ///
    /// # Errors
    /// When the disk or the database gives way. What fails so is tried again at the next call, and does not keep the rest.
    pub async fn ferry_work(self: &Arc<Self>) -> Result<Worked> {
        let worked = self.work_alone().await;
        self.conclude_heard().await?;
        worked
    }

    /// As [`Node::ferry_work`], and does not wait until the results of answers that came are looked at.
    ///
    /// # Errors
    /// As [`Node::ferry_work`].
    pub async fn ferry_work_on(self: &Arc<Self>) -> Result<Worked> {
        let worked = self.work_alone().await;
        self.conclude_unless_watched();
        worked
    }

    pub(super) async fn work_alone(self: &Arc<Self>) -> Result<Worked> {
        let _alone = self.ferry.working.lock().await;
        self.work().await
    }

    pub(super) async fn work(self: &Arc<Self>) -> Result<Worked> {
        let mut worked = Worked::default();
        let mut failed = self.expire().await;
        for set in self.store.sets_coming()? {
            if let Err(error) = self.work_through(&set, &mut worked).await {
                tracing::error!(
                    node = self.name(),
                    peer = self.peer_name(&set.peer),
                    set = %Hex(set.id),
                    code = error.code(),
                    "a set waits to be worked through: {error}"
                );
                failed = failed.and(Err(error));
            }
        }
        worked.made += self.make_due().await?;
        failed.map(|()| worked)
    }

    async fn work_through(self: &Arc<Self>, set: &IncomingSet, worked: &mut Worked) -> Result<()> {
        // What a peer that was withdrawn has brought waits for its card.
        let Some(card) = self.book().by_node_key(&set.peer) else {
            return Ok(());
        };
        let assembly = {
            let _alone = self.ferry.parts();
            Assembly::open(&self.coming_folder(&set.peer, &set.id))?
        };
        if !assembly.is_complete() {
            return Ok(());
        }
        let coming = Coming {
            card,
            set: set.id,
            content: self.content_file(&set.peer, &set.id),
        };
        let (assembly, opened) = self.open_set(assembly, coming.content.clone()).await?;
        let mut unreadable = 0_usize;
        let (refused, letters) = match opened {
            Ok(scanned) => {
                self.store.acknowledge_letters(&set.peer, &scanned.acknowledged)?;
                let mut ids = Vec::with_capacity(scanned.letters.len());
                for (piece, number) in scanned.letters.iter().zip(0..) {
                    // A few bytes make one: all of a set together are as good as the first.
                    unreadable += usize::from(piece.header.is_none());
                    if piece.header.is_none() && unreadable > 1 {
                        continue;
                    }
                    ids.push(id_of(&coming.set, piece, number));
                    worked.letters += usize::from(self.take(&coming, piece, number).await?);
                }
                (None, ids)
            }
            Err(error) => {
                tracing::warn!(
                    node = self.name(),
                    peer = coming.card.name(),
                    code = error.code(),
                    "a set is refused"
                );
                (Some(error.code()), Vec::new())
            }
        };
        // A file of it that comes once more meanwhile must not begin it anew.
        let mut open = self.ferry.parts();
        *open = None;
        self.end_set(set, &coming, refused, &letters, unreadable)?;
        gone(std::fs::remove_file(&coming.content))?;
        assembly.discard()?;
        worked.sets += 1;
        Ok(())
    }

    /// Opens a whole set into a file; the inner error is about the set itself.
    async fn open_set(
        self: &Arc<Self>,
        assembly: Assembly,
        content: PathBuf,
    ) -> Result<(Assembly, Result<Scanned>)> {
        let keys = Arc::clone(&self.keys);
        let opening = move || {
            let (Some(head), Some(mut sealed)) = (assembly.head().cloned(), assembly.sealed()) else {
                return Err(Error::Internal { what: "a whole set" });
            };
            let half = Half::begin(&content)?;
            match open(&keys, &head, &mut sealed, &mut half.writer()?) {
                Ok(()) => {
                    half.keep()?;
                    let scanned = scan(&content)?;
                    Ok((assembly, Ok(scanned)))
                }
                Err(error) if is_about_the_disk(&error) => Err(error.into()),
                Err(error) => Ok((assembly, Err(error.into()))),
            }
        };
        tokio::task::spawn_blocking(opening)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "a set's thread",
            }))
    }

    fn end_set(
        &self,
        set: &IncomingSet,
        coming: &Coming,
        refused: Option<&str>,
        letters: &[[u8; 16]],
        unreadable: usize,
    ) -> Result<()> {
        let body = json!({
            "peer": coming.card.name(), "set": Hex(set.id), "bytes": set.bytes, "digest": Hex(set.digest),
            "letters": letters.len(), "unreadable": unreadable, "refused": refused,
        });
        let entry = Entry {
            actor: "node",
            kind: "set_taken",
            body: &body,
        };
        Ok(self.store.end_set(&set.peer, &set.id, letters, refused, &entry)?)
    }

    /// Takes one letter, unless it was taken before. A refused one is on record with its reason and stands in nobody's way.
    async fn take(self: &Arc<Self>, coming: &Coming, piece: &Piece, number: u32) -> Result<bool> {
        let peer = coming.card.node_key();
        let id = id_of(&coming.set, piece, number);
        if self.store.taken(&peer, &id)?.is_some() {
            return Ok(false);
        }
        let facts = match &piece.header {
            Some(letter) => Some(LetterFacts {
                agreement: self.borne_out(coming, piece, letter)?,
                ..*letter
            }),
            None => None,
        };
        let outcome = match &facts {
            Some(letter) if piece.whole => self.take_letter(coming, piece, letter).await,
            _ => Err(malformed(Kind::Document)),
        };
        let refused = match &outcome {
            Ok(_) => None,
            Err(error) if error.can_go_on() => return outcome.map(|_| true),
            Err(error) => Some(error.code()),
        };
        let taken = TakenLetter {
            peer,
            id,
            set: coming.set,
            matter: facts.as_ref().map(|facts| facts.matter),
            about: facts.as_ref().and_then(|facts| facts.about),
            agreement: facts.as_ref().and_then(|facts| facts.agreement),
            detail: outcome.unwrap_or_default(),
            refused: refused.map(str::to_owned),
            taken_at: Timestamp::now(),
        };
        // A peer can make as many that are refused as it likes.
        let untold = match refused {
            Some(code) => self.ferry.refusals.one_more(Some(peer), code),
            None => Some(0),
        };
        let mut body = json!({
            "peer": coming.card.name(), "set": Hex(coming.set), "letter": Hex(id), "about": taken.about.map(Hex),
            "matter": taken.matter.map(Matter::code), "refused": refused,
        });
        if refused.is_some()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("untold".to_owned(), untold.into());
        }
        let kind = if refused.is_some() {
            "letter_refused"
        } else {
            "letter_taken"
        };
        let entry = Entry {
            actor: "node",
            kind,
            body: &body,
        };
        self.store.put_taken(&taken, untold.map(|_| &entry))?;
        Ok(true)
    }

    /// The agreement that a letter names, where what it holds or its session bears that out. Another would stand on the
    /// slip, and in what answers the letter.
    fn borne_out(&self, coming: &Coming, piece: &Piece, letter: &LetterFacts) -> Result<Option<[u8; 32]>> {
        let Some(named) = letter.agreement else {
            return Ok(None);
        };
        let own = match letter.matter {
            Matter::Opening => {
                let open = first_of(&mut piece.frames(&coming.content)?, Kind::Open).ok();
                let open = open.and_then(|open| Open::decode(&open).ok());
                open.is_some_and(|open| open.agreement == named)
            }
            Matter::Agreement => {
                let paper = piece.paper(&coming.content, AGREEMENT).ok();
                let dossier = paper.and_then(|paper| Dossier::parse(&paper).ok());
                dossier.is_some_and(|dossier| dossier.agreement().digest() == named)
            }
            Matter::Note => self.is_between(&named, &coming.card)?,
            Matter::Noted | Matter::Record | Matter::Records => false,
            Matter::Answer | Matter::Receipt | Matter::Ended | Matter::Heard | Matter::Wanted => {
                let Some(call) = letter.about else { return Ok(None) };
                let mut known = Vec::new();
                for role in [Role::Receiver, Role::Sender] {
                    if let Some(session) = self.with_peer(role, &call, &coming.card)? {
                        known.extend(self.store.round(&session.round)?);
                    }
                }
                match known.is_empty() {
                    false => known.iter().any(|round| round.agreement == named),
                    // It was given up before it came here, say: of what is between the two, the peer knows best.
                    true => self.is_between(&named, &coming.card)?,
                }
            }
        };
        Ok(own.then_some(named))
    }

    /// Whether this node knows the agreement as one with this peer.
    fn is_between(&self, agreement: &[u8; 32], card: &Card) -> Result<bool> {
        let Some(known) = self.store.agreement(agreement)? else {
            return Ok(false);
        };
        let dossier = Dossier::parse(&known.signed)?;
        let mut parties = dossier.agreement().parties.iter();
        Ok(parties.any(|party| party.node_key.0 == card.node_key()))
    }

    /// What a letter brings; gives by what a later one is compared with it.
    async fn take_letter(
        self: &Arc<Self>,
        coming: &Coming,
        piece: &Piece,
        letter: &LetterFacts,
    ) -> Result<Option<Vec<u8>>> {
        match letter.matter {
            Matter::Opening => self.take_opening(coming, piece, letter).await.map(|()| None),
            Matter::Answer => self.take_answer(coming, piece, letter).await.map(|()| None),
            Matter::Receipt => self.take_receipt(coming, piece, letter).await.map(|()| None),
            Matter::Agreement => {
                let bytes = piece.paper(&coming.content, AGREEMENT)?;
                let theirs = Dossier::parse(&bytes)?;
                let digest = Some(theirs.agreement().digest());
                if letter.about != digest || letter.agreement != digest {
                    return Err(malformed(Kind::Document));
                }
                self.take_dossier(bytes, &coming.card).await?;
                Ok(Some(theirs.standing().to_vec()))
            }
            Matter::Ended => {
                let told = piece.paper(&coming.content, ENDED)?;
                if told.first_chunk::<32>() != letter.about.as_ref() {
                    return Err(malformed(Kind::Document));
                }
                let (call, heard) = self.hear_ended(&told, &coming.card).await?;
                let about = [Some(&call), letter.agreement.as_ref()];
                let heard = paper(HEARD, &heard.encode())?;
                self.put_reply(&coming.card, &letter.id, Matter::Heard, about, None, &heard)?;
                Ok(None)
            }
            Matter::Heard => {
                let heard = piece.paper(&coming.content, HEARD)?;
                if heard.first_chunk::<32>() != letter.about.as_ref() {
                    return Err(malformed(Kind::Document));
                }
                self.note_heard(&heard, &coming.card)?;
                Ok(None)
            }
            Matter::Wanted => self.take_wanted(piece, letter, &coming.card).map(|()| None),
            Matter::Note => {
                let enclosed = piece.paper(&coming.content, NOTE)?;
                let said = self.disclosed(NOTE, &enclosed, &coming.card)?;
                self.take_note_apart(said, &coming.card).await?;
                let note = enclosed.first_chunk().ok_or_else(|| malformed(Kind::Document))?;
                let id = self.reply_id(&coming.card, &letter.id, Matter::Noted);
                self.put_note_letter(&coming.card.node_key(), &id, Matter::Noted, None, note)?;
                Ok(None)
            }
            Matter::Record | Matter::Records => {
                let kind = if letter.matter == Matter::Record {
                    RECORD
                } else {
                    RECORDED
                };
                let mut papers = Vec::new();
                for enclosed in piece.papers(&coming.content, kind)? {
                    papers.push(self.disclosed(kind, &enclosed, &coming.card)?);
                }
                self.take_records(letter.matter, papers, &coming.card).await?;
                Ok(None)
            }
            Matter::Noted => {
                let enclosed = piece.paper(&coming.content, NOTED)?;
                let said = self.disclosed(NOTED, &enclosed, &coming.card)?;
                self.hear_noted(&said, &coming.card)?;
                Ok(None)
            }
        }
    }
}

/// Whether it says nothing about the set.
fn is_about_the_disk(error: &hefu_link::Error) -> bool {
    matches!(
        error,
        hefu_link::Error::FerryIo { .. } | hefu_link::Error::FerryFolder { .. }
    )
}

/// What has no id that can be read has one by its place.
fn id_of(set: &[u8; 16], piece: &Piece, number: u32) -> [u8; 16] {
    let header = piece.header.as_ref();
    header.map_or_else(|| place(set, number), |header| header.id)
}

fn place(set: &[u8; 16], number: u32) -> [u8; 16] {
    let digest = sha256(&[set.as_slice(), &number.to_be_bytes()].concat());
    let mut id = [0; 16];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}
