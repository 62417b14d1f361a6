//! Files that come: each is checked by itself, and durable when it is taken.

use std::fs;
use std::io::{Cursor, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hefu_casework::Hex;
use hefu_link::ferry::{Assembly, Matter as SetMatter, Part, Taken, enclosed_card};
use hefu_store::{Coming, Entry, IncomingLimits, IncomingSet};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::folder::{disk, gone};
use super::outgoing::missing_set;
use super::view::{PartNews, PartTaken};
use crate::{Error, Node, Result};

/// The most sets of one peer that may wait to be whole.
const MANY_SETS: u64 = 64;
/// A set of which no part has come for so long gives way to another of its sender's, where that has no room left.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a card waits at least before the log says that another has taken its place.
const CARD_PACE: SignedDuration = SignedDuration::from_hours(24);
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
        let mut open = self.ferry.parts();
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
        let known = self.begin_coming(
            &mut open,
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
            Error::Store(hefu_store::Error::SessionChanged { .. }) => {
                Error::Link(hefu_link::Error::FerryContradiction {
                    set: part.head().set().short(),
                    part: number,
                })
            }
            other => other,
        })?;
        if known.done_at.is_some() {
            return Ok(taken(PartNews::Already, of, Vec::new()));
        }
        let folder = self.coming_folder(&from, &set);
        let mut assembly = match open.take().filter(|last| last.folder() == folder) {
            Some(last) => last,
            None => Assembly::open(&folder)?,
        };
        let room = most_on_disk(known.bytes).saturating_sub(assembly.bytes());
        let news = match part.payload_bytes() > room {
            true => Err(hefu_store::Error::TooMuchComing {
                limit: most_on_disk(known.bytes),
            }
            .into()),
            false => assembly.take(part).map_err(Error::from),
        };
        if assembly.head().is_none() {
            // Nothing of it is here: it takes up no place.
            self.store.drop_set(&from, &set, None)?;
            assembly.discard()?;
            return Err(news.err().unwrap_or(Error::Internal {
                what: "taking a part",
            }));
        }
        let (parts, missing) = (assembly.parts(), assembly.missing());
        *open = Some(assembly);
        let news = match news? {
            Taken::New => PartNews::New,
            Taken::Already => PartNews::Already,
            Taken::Complete => PartNews::Complete,
        };
        if news == PartNews::Complete {
            self.ferry.notify();
        }
        Ok(taken(news, parts, missing))
    }

    /// Begins a set, or knows it. Where its sender has no room left, the oldest of its sets gives way that is not whole
    /// and of which nothing has come for [`IDLE`]: parts that were lost must not block a way for ever.
    fn begin_coming(
        &self,
        open: &mut Option<Assembly>,
        coming: &Coming<'_>,
        limits: IncomingLimits,
    ) -> Result<IncomingSet> {
        use hefu_store::Error::{TooManySets, TooMuchComing};
        loop {
            let error = match self.store.begin_set(coming, limits) {
                Err(error @ (TooManySets { .. } | TooMuchComing { .. })) => error,
                done => return Ok(done?),
            };
            let Some(idle) = self.idle_set(coming.peer)? else {
                return Err(error.into());
            };
            self.drop_coming(open, &idle, "node")?;
        }
    }

    fn idle_set(&self, peer: &[u8; 32]) -> Result<Option<IncomingSet>> {
        let sets = self.store.sets_coming()?;
        for set in sets.into_iter().filter(|set| set.peer == *peer) {
            let folder = self.coming_folder(peer, &set.id);
            // A folder changes with each part that is put into it.
            let changed = match fs::metadata(&folder).and_then(|folder| folder.modified()) {
                Err(error) if error.kind() == ErrorKind::NotFound => SystemTime::from(set.first_at),
                changed => changed.map_err(disk)?,
            };
            let idle = changed.elapsed().is_ok_and(|since| since >= IDLE);
            if idle && !Assembly::open(&folder).is_ok_and(|parts| parts.is_complete()) {
                return Ok(Some(set));
            }
        }
        Ok(None)
    }

    /// Gives up a peer's set that was not worked through, with all that came of it. It may come again from its first part.
    ///
    /// # Errors
    /// When there is no such set, or it was worked through; the disk's.
    pub async fn ferry_drop(self: &Arc<Self>, peer: &[u8; 32], set: &[u8; 16], actor: &str) -> Result<()> {
        let _alone = self.ferry.working.lock().await;
        let known = self.store.set_in(peer, set)?.ok_or_else(|| missing_set(set))?;
        let (node, actor) = (Arc::clone(self), actor.to_owned());
        tokio::task::spawn_blocking(move || node.drop_coming(&mut node.ferry.parts(), &known, &actor))
            .await
            .unwrap_or(Err(Error::Internal {
                what: "a set's thread",
            }))
    }

    fn drop_coming(&self, open: &mut Option<Assembly>, set: &IncomingSet, actor: &str) -> Result<()> {
        let body = json!({
            "peer": self.peer_name(&set.peer), "set": Hex(set.id), "bytes": set.bytes, "digest": Hex(set.digest),
        });
        let entry = Entry {
            actor,
            kind: "set_dropped",
            body: &body,
        };
        *open = None;
        self.store.drop_set(&set.peer, &set.id, Some(&entry))?;
        gone(fs::remove_dir_all(self.coming_folder(&set.peer, &set.id)))
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
            // Anybody can make one card after another.
            let waits = before.iter().any(|waiting| {
                let since = Timestamp::now().duration_since(waiting.came_at);
                waiting.node_key == from && (waiting.card == card.to_bytes() || since < CARD_PACE)
            });
            if !waits {
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
