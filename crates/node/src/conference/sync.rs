//! At a member: what it says goes to the office, and what is on record comes from there.

use std::sync::Arc;

use hefu_casework::Hex;
use hefu_casework::conference::{Fault, Head, SignedEntry, State, Word};
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{Conference as Stored, ConferenceHead, Entry, HeadSignature, SaidEntry, SignedAnew};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::live::{Live, go_on, lock};
use super::wire::{Parcel, Record, Recorded, Room, SignedHead};
use super::{CONFERENCE_FORKED, CONFERENCE_UNSOUND, standing};
use crate::agreement::policy;
use crate::exchange::malformed;
use crate::{Error, Node, Result};

/// Papers that one visit brings.
const MANY_PAPERS: usize = 256;

impl Node {
    /// Visits the office over the line: brings what waits, and fetches the record as far as it goes.
    ///
    /// # Errors
    /// When there is no such conference, this node is its office or does not follow it any more, the office can't be
    /// reached, or is reached by files, or answers what can't be.
    pub async fn sync_conference(self: &Arc<Self>, id: &Hex<32>) -> Result<Head> {
        let stored = self.known_conference(id)?;
        if stored.founded {
            return Err(policy("conference_is_office", Abort::Policy));
        }
        let card = self.peer_card(&stored.office)?;
        self.must_be_carried(&card, false)?;
        let mut papers = self.visit(&card).await?;
        for _ in 0..MANY_PAPERS {
            let (node, conference) = (Arc::clone(self), *id);
            let paper = apart(move || node.record_paper(&conference)).await?;
            let answer = papers.say_record(&paper).await?;
            let (node, from) = (Arc::clone(self), card.clone());
            if !apart(move || node.hear_recorded(&answer, &from)).await? {
                break;
            }
        }
        papers.leave().await;
        self.with_conference(id, State::head)
    }

    /// A member's paper over the line; on a thread of its own, because there is much to verify.
    pub(crate) async fn take_record_apart(
        self: &Arc<Self>,
        paper: Vec<u8>,
        from: &Card,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let (node, from) = (Arc::clone(self), from.clone());
        apart(move || node.take_record(&paper, &from)).await
    }

    fn record_paper(&self, id: &Hex<32>) -> Result<Zeroizing<Vec<u8>>> {
        let papers = self.record_papers(id, 1)?;
        papers.into_iter().next().ok_or_else(malformed)
    }

    /// The papers that bring the office what waits, and how far this node has read: one, and more where the first does not
    /// hold all.
    pub(super) fn record_papers(&self, id: &Hex<32>, most: usize) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        let live = self.conferences.get(id)?;
        let live = lock(&live);
        let stored = self.known_conference(id)?;
        match standing(&stored, &live) {
            None | Some(super::CONFERENCE_RESTORED) => {}
            Some(code) => return Err(policy(code, Abort::Policy)),
        }
        let signed = self.last_signed(&stored)?;
        let record = || Record::new(*id, live.state.head(), signed);
        let mut papers = Vec::new();
        let mut lost = stored.wanted;
        let mut waiting = match stored.restored {
            // What a restored node has said before it does not know, nor how it is numbered.
            Some(_) => Vec::new(),
            None => self.store.said_waiting(&id.0)?,
        };
        waiting.reverse();
        while papers.len() < most {
            let mut room = Room::new();
            let back = match lost {
                Some(after) => self.lost_after(id, after, &mut room)?,
                None => Vec::new(),
            };
            let entries = match lost {
                Some(_) => Vec::new(),
                None => self.said_parcels(id, &mut waiting, &mut room)?,
            };
            if papers.is_empty() || !entries.is_empty() || !back.is_empty() {
                papers.push(record().write(&entries, &back));
            }
            lost = lost.map(|after| after + back.len() as u64);
            if entries.is_empty() && back.is_empty() {
                break;
            }
        }
        Ok(papers)
    }

    fn said_parcels(
        &self,
        id: &Hex<32>,
        waiting: &mut Vec<SaidEntry>,
        room: &mut Room,
    ) -> Result<Vec<Parcel>> {
        let mut parcels = Vec::new();
        while let Some(said) = waiting.last() {
            let parcel = Parcel {
                signed: SignedEntry::parse(&said.bytes)?,
                enclosures: self.store.said_enclosures(&id.0, &said.id)?,
            };
            if !room.take(&parcel) {
                break;
            }
            parcels.push(parcel);
            waiting.pop();
        }
        Ok(parcels)
    }

    fn last_signed(&self, stored: &Stored) -> Result<Option<SignedHead>> {
        let known = self.store.conference_head(&stored.id, &stored.office)?;
        Ok(known.and_then(|known| {
            Some(SignedHead {
                head: Head {
                    seq: known.seq,
                    hash: Hex(known.hash),
                },
                at: known.signature?.at,
                signature: Hex(known.signature?.bytes),
            })
        }))
    }

    /// The office has answered. Says whether there is more to be had or brought now.
    ///
    /// # Errors
    /// Where the paper is malformed, or not signed by the office; where it proves that there are two records, or one
    /// against the rules, which is not followed any more then; the store's.
    pub(crate) fn hear_recorded(&self, paper: &[u8], from: &Card) -> Result<bool> {
        let (came, parcels) = Recorded::read(paper)?;
        let id = came.conference;
        let stored = self.store.conference(&id.0)?.ok_or_else(malformed)?;
        let is_office = !stored.founded && stored.office == from.node_key();
        if !is_office || !came.signed.is_by(&stored.office, &id) {
            return Err(malformed());
        }
        let live = self.conferences.get(&id)?;
        let mut live = lock(&live);
        if let Some(alarm) = standing(&stored, &live).filter(|code| *code != super::CONFERENCE_RESTORED) {
            return Err(policy(alarm, Abort::Policy));
        }
        let before = live.state.head();
        let Some(parcels) = self.new_parcels(&id, before, &came, parcels)? else {
            return Ok(false);
        };
        if came.restoring {
            self.store.set_conference_wanted(&id.0, came.wanted)?;
            return Ok(came.wanted.is_some());
        }
        self.store.set_conference_wanted(&id.0, None)?;
        let grown = parcels.len();
        let refused = self.follow_on(&mut live, &stored, &came, parcels)?;
        let me = Hex(self.node_key());
        for said in self.store.said_waiting(&id.0)? {
            if let Some(fault) = refused.iter().find(|(entry, _)| entry.0 == said.digest) {
                self.refuse_said(&id, &said, fault.1)?;
            }
        }
        live.forget_ahead();
        let at_end = came.of == came.signed.head.seq;
        if at_end && stored.restored.is_some() {
            let body = json!({ "conference": id, "seq": came.of });
            let entry = Entry {
                actor: "node",
                kind: "conference_caught_up",
                body: &body,
            };
            self.store.set_conference_restored(&id.0, None, &entry)?;
        }
        let anew = at_end && self.settle(&mut live, &id, &me)?;
        drop(live);
        if grown > 0 {
            self.dispute(&id)?;
            self.conferences.grew();
            self.ferry.notify();
        }
        // Before, nothing was brought.
        let held_back = stored.restored.is_some() || stored.wanted.is_some();
        // Whoever has left is told no more, however much there is.
        let goes_on = !at_end && grown > 0;
        Ok(goes_on || anew || (held_back && self.store.said_counts(&id.0)?.0 > 0))
    }

    /// The entries that follow on what is here; nothing where there is a gap between. By files papers come in any order.
    fn new_parcels(
        &self,
        id: &Hex<32>,
        head: Head,
        came: &Recorded,
        parcels: Vec<Parcel>,
    ) -> Result<Option<Vec<Parcel>>> {
        let length = parcels.len() as u64;
        let first = came.signed.head.seq.checked_sub(length).ok_or_else(malformed)?;
        if came.of < came.signed.head.seq {
            return Err(malformed());
        }
        if first > head.seq {
            return Ok(None);
        }
        // Of what both have, the signed head must say the same.
        let forked = match length {
            0 => !self.has_hash(id, came.signed.head)?,
            _ => {
                let hash = self.store.conference_hash(&id.0, first)?.ok_or_else(malformed)?;
                let mut at = Head {
                    seq: first,
                    hash: Hex(hash),
                };
                let mut differs = false;
                for parcel in &parcels {
                    at = at.next(&parcel.signed.digest());
                    differs |= at.seq <= head.seq && !self.has_hash(id, at)?;
                }
                differs || at != came.signed.head
            }
        };
        if forked {
            self.raise_alarm(id, CONFERENCE_FORKED, Some(&came.signed))?;
            return Err(policy(CONFERENCE_FORKED, Abort::Policy));
        }
        let known = usize::try_from(head.seq - first).unwrap_or(usize::MAX);
        Ok(Some(parcels.into_iter().skip(known).collect()))
    }

    /// Takes what is new. Gives the entries of this node's that the record refuses.
    fn follow_on(
        &self,
        live: &mut Live,
        stored: &Stored,
        came: &Recorded,
        parcels: Vec<Parcel>,
    ) -> Result<Vec<(Hex<32>, Fault)>> {
        let id = Hex(stored.id);
        let me = Hex(self.node_key());
        let (mut placed, mut refused) = (Vec::new(), Vec::new());
        for parcel in parcels {
            let parcel = parcel.with_known_enclosures();
            let opened = self.open_private(&parcel);
            if let Word::Rejected {
                author, entry, fault, ..
            } = &parcel.signed.entry.word
                && *author == me
            {
                refused.push((*entry, *fault));
            }
            match live.apply(parcel, opened) {
                Ok(entry) => placed.push(entry),
                Err(fault) => {
                    live.reload(&self.store, &id)?;
                    self.raise_alarm(&id, CONFERENCE_UNSOUND, Some(&came.signed))?;
                    return Err(Error::Conference(fault));
                }
            }
        }
        let head = live.state.head();
        if placed.is_empty() && came.signed.head != head {
            // Signed for what is here already; the last signature stays the furthest.
            return Ok(refused);
        }
        let known = self.store.conference_head(&stored.id, &stored.office)?;
        let signed = ConferenceHead {
            seq: head.seq,
            hash: head.hash.0,
            signature: Some(HeadSignature {
                bytes: came.signed.signature.0,
                at: came.signed.at,
            }),
            heard_at: Timestamp::now(),
        };
        if placed.is_empty() && known.is_some_and(|known| known.signature.is_some() && known.seq == head.seq)
        {
            return Ok(refused);
        }
        let body = json!({
            "conference": id, "seq": head.seq, "hash": head.hash, "entries": placed.len(),
        });
        let entries = [Entry {
            actor: "node",
            kind: "conference_grown",
            body: &body,
        }];
        let logged = entries.get(..usize::from(!placed.is_empty())).unwrap_or_default();
        let stored = self
            .store
            .place_entries(&id.0, &placed, Some((&stored.office, &signed)), logged);
        if stored.is_err() {
            live.reload(&self.store, &id)?;
        }
        stored?;
        Ok(refused)
    }

    fn refuse_said(&self, id: &Hex<32>, said: &SaidEntry, fault: Fault) -> Result<()> {
        let body = json!({ "conference": id, "entry": Hex(said.id), "code": fault.code() });
        let entry = Entry {
            actor: "node",
            kind: "conference_said_refused",
            body: &body,
        };
        self.store.refuse_said(&id.0, &said.id, fault.code(), &entry)?;
        Ok(())
    }

    /// Once the record is here to its end: what waits is numbered after what is on it, and what the record has overtaken is
    /// refused here as it would be there. Says whether something is to be brought anew.
    fn settle(&self, live: &mut Live, id: &Hex<32>, me: &Hex<32>) -> Result<bool> {
        let mut ahead = live.state.clone();
        let mut anew = Vec::new();
        for said in self.store.said_waiting(&id.0)? {
            let mut signed = SignedEntry::parse(&said.bytes)?;
            let private = said
                .opened
                .as_deref()
                .map(|opened| hefu_casework::conference::Private::parse(opened).map_err(Error::from));
            let private = private.transpose()?;
            let number = ahead.next_number(me);
            let is_numbered = signed.entry.number == number;
            if !is_numbered {
                let entry = hefu_casework::conference::Entry {
                    number,
                    ..signed.entry
                };
                signed = entry.sign(self.keys.signing_key())?;
            }
            match go_on(&mut ahead, signed.clone(), private.as_ref()) {
                Err(fault) => self.refuse_said(id, &said, fault)?,
                Ok(()) if !is_numbered => {
                    anew.push((said.id, signed.digest(), number, signed.to_bytes()));
                }
                Ok(()) => {}
            }
        }
        let signed: Vec<_> = anew
            .iter()
            .map(|(id, digest, number, bytes)| SignedAnew {
                id,
                digest: &digest.0,
                number: *number,
                bytes,
            })
            .collect();
        self.store.sign_said_anew(&id.0, &signed)?;
        live.forget_ahead();
        Ok(!signed.is_empty())
    }

    /// Says of what is enclosed for this node and does not open, or is against the rules, that it is so.
    fn dispute(&self, id: &Hex<32>) -> Result<()> {
        let me = Hex(self.node_key());
        let live = self.conferences.get(id)?;
        let wrong: Vec<(Hex<32>, Fault)> = {
            let mut live = lock(&live);
            live.ahead(&self.store, id)?;
            let faulty = live.state.faulty().map(|faulty| (faulty.entry, faulty.fault));
            let unopened = live.unopened.iter().map(|entry| (*entry, Fault::EnclosedWrong));
            let said = live.furthest().disputes();
            let is_new = |(entry, _): &(Hex<32>, Fault)| {
                !said.iter().any(|said| said.entry == *entry && said.by == me)
            };
            faulty.chain(unopened).filter(is_new).collect()
        };
        for (entry, fault) in wrong {
            match self.say(id, Word::Disputed { entry, fault }, None, "node") {
                Err(error @ (Error::Store(_) | Error::Internal { .. })) => return Err(error),
                Err(error) => tracing::warn!(node = self.name(), code = error.code(), "not disputed"),
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(Error::Internal {
            what: "a record's thread",
        }))
}
