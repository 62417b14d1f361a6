//! Files that come: each is checked by itself, and durable when it is taken.

use std::io::{Cursor, Read};
use std::sync::Arc;

use hefu_casework::Hex;
use hefu_link::ferry::{Assembly, Matter as SetMatter, Part, Taken, enclosed_card};
use hefu_store::{Coming, IncomingLimits};
use serde_json::json;

use super::folder::disk;
use super::view::{PartNews, PartTaken};
use crate::{Error, Node, Result};

/// The most sets of one peer that may wait to be whole.
const MANY_SETS: u64 = 64;
/// The most cards that may wait to be compared: anybody can make one.
const MANY_CARDS: usize = 64;

impl Node {
    /// Takes one file. What it belongs to is worked through by [`Node::ferry_work`], once it is whole.
    ///
    /// # Errors
    /// When it is no file for this node, damaged, of a sender that is not known here or that may not send, or more than a
    /// peer may have waiting here; the disk's.
    pub async fn ferry_take(self: &Arc<Self>, file: Vec<u8>) -> Result<PartTaken> {
        self.take_file(Cursor::new(file)).await
    }

    pub(super) async fn take_file(self: &Arc<Self>, file: impl Read + Send + 'static) -> Result<PartTaken> {
        let node = Arc::clone(self);
        let taking = move || node.take_part(file);
        tokio::task::spawn_blocking(taking)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "a file's thread",
            }))
    }

    fn take_part<R: Read>(&self, file: R) -> Result<PartTaken> {
        let limit = self.surroundings.max_incoming_bytes;
        let part = Part::read(file, limit)?;
        part.must_be_for(&self.node_key())?;
        let _alone = self.ferry.parts();
        if part.head().matters() == [SetMatter::Card] {
            return self.take_card(part);
        }
        let (from, set) = (part.head().from(), part.head().set().bytes());
        let card = self
            .book()
            .by_node_key(&from)
            .ok_or_else(|| Error::UnknownSender {
                key: Hex(from).to_string().chars().take(8).collect(),
            })?;
        part.must_be_from(&card)?;
        if !self.store.carrier(&from)?.comes_in() {
            return Err(Error::OneWay {
                peer: card.name().to_owned(),
                missing: "in",
            });
        }
        let (number, of) = (part.part(), part.parts());
        let taken = |news, parts, missing| PartTaken {
            set,
            from,
            from_name: card.name().to_owned(),
            part: number,
            parts,
            news,
            missing,
        };
        let known = self.store.begin_set(
            &Coming {
                peer: &from,
                id: &set,
                bytes: part.head().bytes(),
                digest: &part.head().digest(),
                parts: of,
            },
            IncomingLimits {
                sets: MANY_SETS,
                bytes: limit,
            },
        );
        let known = known.map_err(|error| match error {
            hefu_store::Error::SessionChanged { .. } => Error::Link(hefu_link::Error::FerryContradiction {
                set: part.head().set().short(),
                part: number,
            }),
            other => other.into(),
        })?;
        if known.done_at.is_some() {
            return Ok(taken(PartNews::Already, of, Vec::new()));
        }
        let folder = self.coming_folder(&from, &set);
        let mut assembly = Assembly::open(&folder)?;
        let room = most_on_disk(known.bytes).saturating_sub(bytes_in(&folder)?);
        let news = match part.payload_bytes() > room {
            true => Err(hefu_store::Error::TooMuchComing {
                limit: most_on_disk(known.bytes),
            }
            .into()),
            false => assembly.take(part).map_err(Error::from),
        };
        if assembly.head().is_none() {
            // Nothing of it is here: it takes up no place.
            self.store.drop_set(&from, &set)?;
            assembly.discard()?;
            return Err(news.err().unwrap_or(Error::Internal {
                what: "taking a part",
            }));
        }
        let news = match news? {
            Taken::New => PartNews::New,
            Taken::Already => PartNews::Already,
            Taken::Complete => PartNews::Complete,
        };
        if news == PartNews::Complete {
            self.ferry.notify();
        }
        Ok(taken(news, assembly.parts(), assembly.missing()))
    }

    /// Kept until somebody has compared its fingerprint.
    fn take_card<R: Read>(&self, part: Part<R>) -> Result<PartTaken> {
        let head = part.head().clone();
        let mut payload = Vec::new();
        let (number, parts) = (part.part(), part.parts());
        part.payload_into(&mut payload)?;
        let card = enclosed_card(&head, &mut payload.as_slice())?;
        let from = card.node_key();
        let known = self.book().by_node_key(&from).is_some_and(|known| known == card);
        let news = if known || from == self.node_key() {
            PartNews::Already
        } else {
            PartNews::Card
        };
        if news == PartNews::Card {
            let before = self.store.waiting_cards()?;
            if !self.store.put_waiting_card(&from, &card.to_bytes(), MANY_CARDS)? {
                return Err(Error::TooManyCards { limit: MANY_CARDS });
            }
            if !before.iter().any(|waiting| waiting.card == card.to_bytes()) {
                self.log(
                    "card_came",
                    &json!({ "name": card.name(), "fingerprint": card.fingerprint() }),
                )?;
            }
        }
        Ok(PartTaken {
            set: head.set().bytes(),
            from,
            from_name: card.name().to_owned(),
            part: number,
            parts,
            news,
            missing: Vec::new(),
        })
    }
}

/// What the parts of a set may take on the disk, with what is kept of each: it may come in more than one cut, and not in
/// any number of them.
fn most_on_disk(bytes: u64) -> u64 {
    bytes.saturating_mul(3).saturating_add(1 << 16)
}

/// Of the files in a folder.
fn bytes_in(folder: &std::path::Path) -> Result<u64> {
    let mut bytes = 0_u64;
    for entry in std::fs::read_dir(folder).map_err(disk)? {
        bytes = bytes.saturating_add(entry.and_then(|entry| entry.metadata()).map_err(disk)?.len());
    }
    Ok(bytes)
}
