//! Members visit the office by themselves: at once when they have something to say, every few seconds while a round is on,
//! and otherwise every now and then. By files, letters take the place of visits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::Hex;
use hefu_casework::conference::{Stage, State};
use hefu_link::Card;
use hefu_store::{Conference as Stored, Letter, Matter, NewLetter};
use tokio::task::{Id, JoinSet};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::live::lock;
use super::standing;
use super::wire::{RECORD, RECORDED, Recorded, SignedHead};
use crate::digest::sha256;
use crate::exchange::malformed;
use crate::ferry::{fresh_id, paper};
use crate::{Error, Node, Result};

/// How often it looks, beside whenever something is said.
const PACE: Duration = Duration::from_secs(1);
/// The first pause before the office is called again; it doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A visit takes no longer: the rest goes with the next one.
const VISIT: Duration = Duration::from_secs(120);
/// The most papers that one letter holds.
pub(crate) const MANY_PAPERS: usize = 64;

/// When the office is visited next.
struct Next {
    /// Not before this, whatever waits.
    rests_until: Instant,
    /// In any case then.
    due_at: Instant,
    pause: Duration,
}

/// What came of a visit.
struct Visited {
    /// The office has all that waited.
    is_settled: bool,
    pace: Duration,
}

impl Next {
    fn after(visited: &Visited, pause: Duration) -> Self {
        let now = Instant::now();
        // What still waits was said meanwhile, or the office takes no more of it now.
        let (rests, pause) = match visited.is_settled {
            true => (Duration::ZERO, FIRST_PAUSE),
            false => (pause, (pause * 2).min(LONGEST_PAUSE)),
        };
        Self {
            rests_until: now + rests,
            due_at: now + visited.pace,
            pause,
        }
    }
}

impl Node {
    /// Follows the conferences of this node until it is dropped.
    pub(crate) async fn keep_conferences(self: Arc<Self>) {
        let mut next: HashMap<[u8; 32], Next> = HashMap::new();
        // An office that is slow to answer keeps no other waiting.
        let mut visits: JoinSet<Option<Visited>> = JoinSet::new();
        let mut under_way: HashMap<Id, Hex<32>> = HashMap::new();
        loop {
            let node = Arc::clone(&self);
            let to_sync = tokio::task::spawn_blocking(move || node.conferences_to_sync()).await;
            let now = Instant::now();
            for (id, waits) in to_sync.unwrap_or_default() {
                let is_due = next
                    .get(&id.0)
                    .is_none_or(|next| next.rests_until <= now && (waits || next.due_at <= now));
                if is_due && under_way.values().all(|visited| *visited != id) {
                    let visit = visits.spawn(Arc::clone(&self).visit_in_time(id));
                    under_way.insert(visit.id(), id);
                }
            }
            let told = async {
                let _ = timeout(PACE, self.conferences.notify.notified()).await;
            };
            tokio::select! {
                Some(ended) = visits.join_next_with_id() => {
                    let (visit, visited) = match ended {
                        Ok((visit, visited)) => (visit, visited),
                        Err(error) => (error.id(), None),
                    };
                    let id = under_way.remove(&visit);
                    if let Some((id, visited)) = id.zip(visited) {
                        let pause = next.get(&id.0).map_or(FIRST_PAUSE, |next| next.pause);
                        next.insert(id.0, Next::after(&visited, pause));
                    }
                }
                () = told => {}
            }
        }
    }

    async fn visit_in_time(self: Arc<Self>, id: Hex<32>) -> Option<Visited> {
        let synced = self.sync_in_time(&id).await;
        let looks = tokio::task::spawn_blocking(move || Visited {
            is_settled: synced && !self.waits(&id),
            pace: self.pace_of(&id),
        });
        looks.await.ok()
    }

    /// Those whose office is reached over a line, and whether something waits for it.
    fn conferences_to_sync(&self) -> Vec<(Hex<32>, bool)> {
        let stored = self.store.conferences().unwrap_or_else(|error| {
            tracing::error!(
                node = self.name(),
                code = error.code(),
                "conferences are not kept"
            );
            Vec::new()
        });
        let by_line = |office: &[u8; 32]| {
            let carrier = self.store.carrier(office);
            self.book().by_node_key(office).is_some() && carrier.is_ok_and(|carrier| !carrier.by_files())
        };
        let followed = stored
            .into_iter()
            .filter(|stored| !stored.founded && stored.alarm.is_none() && by_line(&stored.office));
        followed
            .map(|stored| (Hex(stored.id), self.waits(&Hex(stored.id))))
            .collect()
    }

    fn waits(&self, id: &Hex<32>) -> bool {
        self.store
            .said_counts(&id.0)
            .is_ok_and(|(waiting, _)| waiting > 0)
    }

    fn pace_of(&self, id: &Hex<32>) -> Duration {
        let settings = &self.surroundings.conference;
        let is_on = self.with_conference(id, is_on).unwrap_or(false);
        Duration::from_secs(match is_on {
            true => settings.running_pace_seconds,
            false => settings.pace_seconds,
        })
    }

    async fn sync_in_time(self: &Arc<Self>, id: &Hex<32>) -> bool {
        let code = match timeout(VISIT, self.sync_conference(id)).await {
            Ok(Ok(_)) => return true,
            Ok(Err(error)) => error.code(),
            Err(_) => "visit_too_long",
        };
        tracing::info!(node = self.name(), conference = %id, code, "the office was not visited");
        false
    }

    /// Makes the letters that are due to a peer by files: to an office, what waits and how far this node has read; to a
    /// member, what it has not read. Says how many.
    pub(crate) fn make_records(&self, card: &Card) -> Result<usize> {
        let peer = card.node_key();
        let mut made = 0;
        for stored in self.store.conferences()? {
            let due = match stored.founded {
                true => self.due_to_member(&stored, &peer)?,
                false if stored.office == peer => self.due_to_office(&stored)?,
                false => None,
            };
            let matter = if stored.founded {
                Matter::Records
            } else {
                Matter::Record
            };
            let Some(detail) = due else { continue };
            let told = self.store.newest_letter(&peer, matter, &stored.id)?;
            let told = told.filter(|letter| letter.overtaken_at.is_none());
            if told.is_some_and(|letter| letter.detail.as_deref() == Some(&detail)) {
                continue;
            }
            let id = fresh_id();
            self.store.put_letter(
                &NewLetter {
                    id: &id,
                    peer: &peer,
                    matter,
                    about: Some(&stored.id),
                    agreement: None,
                    detail: Some(&detail),
                    body: None,
                },
                None,
            )?;
            self.store
                .overtake_letters(&peer, matter, &stored.id, Some(&id))?;
            made += 1;
        }
        Ok(made)
    }

    /// By what a letter to the office is known to say the same as another.
    fn due_to_office(&self, stored: &Stored) -> Result<Option<[u8; 32]>> {
        let live = self.conferences.get(&Hex(stored.id))?;
        let live = lock(&live);
        if stored.alarm.is_some() || live.unsound.is_some() {
            return Ok(None);
        }
        let mut says = live.state.head().hash.0.to_vec();
        if let Some(wanted) = stored.wanted {
            says.extend(wanted.to_be_bytes());
        }
        if stored.restored.is_none() {
            for said in self.store.said_waiting(&stored.id)? {
                says.extend(said.digest);
            }
        }
        Ok(Some(sha256(&says)))
    }

    /// As [`Node::due_to_office`], to a member; none where it has never written, or has read all.
    fn due_to_member(&self, stored: &Stored, peer: &[u8; 32]) -> Result<Option<[u8; 32]>> {
        let id = Hex(stored.id);
        let Some(read) = self.store.conference_head(&stored.id, peer)? else {
            return Ok(None);
        };
        let live = self.conferences.get(&id)?;
        let live = lock(&live);
        let head = live.state.head();
        let has_read = (read.seq, read.hash) == (head.seq, head.hash.0);
        let is_followed = matches!(standing(stored, &live), None | Some(super::CONFERENCE_RESTORED));
        let waits = stored.restored.is_some() && !live.heard.contains(&Hex(*peer));
        if live.state.seat(&Hex(*peer)).is_none() || !is_followed || (has_read && !waits) {
            return Ok(None);
        }
        let asks: &[u8] = if stored.restored.is_some() {
            b"restoring"
        } else {
            b""
        };
        Ok(Some(sha256(&[&head.hash.0, &read.hash, asks].concat())))
    }

    /// The frames of such a letter, sealed to the peer as its card is now: as many papers as there are, up to a limit.
    pub(crate) fn record_frames(&self, letter: &Letter, to: &Card) -> Result<Option<Vec<u8>>> {
        let id = Hex(letter.about.ok_or_else(malformed)?);
        let (kind, papers) = match letter.matter {
            Matter::Record => (RECORD, self.record_papers(&id, MANY_PAPERS)),
            _ => (RECORDED, self.recorded_papers(&id, &Hex(letter.peer))),
        };
        let papers = match papers {
            // It is not followed any more.
            Err(Error::Policy { .. }) => return Ok(None),
            papers => papers?,
        };
        let mut frames = Vec::new();
        for said in papers {
            frames.extend(paper(kind, &self.enclosed(kind, &said, to)?)?);
        }
        Ok(Some(frames))
    }

    /// What a member has not read, from where it said that it had.
    fn recorded_papers(&self, id: &Hex<32>, member: &Hex<32>) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        let stored = self.known_conference(id)?;
        let live = self.conferences.get(id)?;
        let live = lock(&live);
        let read = self
            .store
            .conference_head(&id.0, &member.0)?
            .ok_or_else(malformed)?;
        if let Some(restored) = stored.restored {
            let signed = SignedHead::sign(&self.keys, id, live.state.head());
            let wanted = (!live.heard.contains(member)).then_some(restored);
            return Ok(vec![Recorded::restoring(*id, signed, wanted).write(&[])]);
        }
        let mut head = hefu_casework::conference::Head {
            seq: read.seq,
            hash: Hex(read.hash),
        };
        let mut papers = Vec::new();
        while papers.len() < MANY_PAPERS {
            let said = self.recorded_after(&live, id, member, head)?;
            let (recorded, parcels) = Recorded::read(&said)?;
            papers.push(said);
            head = recorded.signed.head;
            if parcels.is_empty() || head.seq == recorded.of {
                break;
            }
        }
        Ok(papers)
    }

    /// Takes what such a letter brings, paper by paper.
    pub(crate) async fn take_records(
        self: &Arc<Self>,
        matter: Matter,
        papers: Vec<Zeroizing<Vec<u8>>>,
        from: &Card,
    ) -> Result<()> {
        for paper in papers {
            match matter {
                Matter::Record => {
                    self.take_record_apart(paper.to_vec(), from).await?;
                }
                _ => {
                    let (node, from) = (Arc::clone(self), from.clone());
                    let heard = tokio::task::spawn_blocking(move || node.hear_recorded(&paper, &from));
                    heard.await.unwrap_or(Err(Error::Internal {
                        what: "a record's thread",
                    }))?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a round is announced and has not ended.
fn is_on(state: &State) -> bool {
    state.rounds().any(|round| {
        matches!(
            round.stage(),
            Stage::Announced | Stage::Frozen | Stage::Running | Stage::InReview
        )
    })
}
