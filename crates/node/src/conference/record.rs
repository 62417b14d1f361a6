//! At the office: what members say is put in order, and everybody is told.

use hefu_casework::Hex;
use hefu_casework::conference::{Fault, Head, Private, SignedEntry, Word};
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{Conference as Stored, ConferenceHead, Entry};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::live::{Live, is_for, lock};
use super::wire::{Parcel, Record, Recorded, Room, SignedHead};
use super::{CONFERENCE_FORKED, CONFERENCE_RESTORED, Placing, standing};
use crate::agreement::policy;
use crate::exchange::malformed;
use crate::{Node, Result};

/// Entries of a page that are read at once.
const BATCH: usize = 64;
/// How often it is noted that a member has read no further.
const NOTED: i64 = 60;

impl Node {
    /// A member's paper has come. Gives what is answered. Whoever has no seat is answered as if there were no such
    /// conference.
    ///
    /// # Errors
    /// Where the paper is malformed, its sender has no seat, or the record is not followed here any more; the store's.
    pub(crate) fn take_record(&self, paper: &[u8], from: &Card) -> Result<Zeroizing<Vec<u8>>> {
        let unknown = || policy("conference_unknown", Abort::Policy);
        let (came, entries, lost) = Record::read(paper)?;
        let (id, member) = (came.conference, Hex(from.node_key()));
        let stored = self.store.conference(&id.0)?.filter(|known| known.founded);
        let stored = stored.ok_or_else(unknown)?;
        let live = self.conferences.get(&id)?;
        let mut live = lock(&live);
        let left = live.state.seat(&member).ok_or_else(unknown)?.left.is_some();
        let signed = came.signed.filter(|signed| signed.is_by(&self.node_key(), &id));
        let head = live.state.head();
        if let Some(signed) = signed.filter(|signed| is_lost(&stored, signed))
            && !self.has_hash(&id, signed.head)?
        {
            self.note_read(&id, &member, signed.head)?;
            return self.recorded_after(&live, &id, &member, signed.head);
        }
        if let Some(signed) = signed.filter(|signed| signed.head.seq <= head.seq)
            && !self.has_hash(&id, signed.head)?
        {
            self.note_read(&id, &member, signed.head)?;
            // This office signed for two records. Whoever has the other one is shown the signature under this one.
            self.raise_alarm(&id, CONFERENCE_FORKED, Some(&signed))?;
            return self.recorded_after(&live, &id, &member, signed.head);
        }
        match standing(&stored, &live) {
            None | Some(CONFERENCE_RESTORED) => {}
            Some(code) => return Err(policy(code, Abort::Policy)),
        }
        let lacks = signed.is_some_and(|signed| signed.head.seq > head.seq);
        if let Some(restored) = self.restored(&stored, head, lacks)? {
            self.note_read(&id, &member, came.head)?;
            return self.restore_from(&mut live, &id, restored, &member, &came, lost);
        }
        if came.head.seq > head.seq {
            return Err(malformed());
        }
        if self.has_hash(&id, came.head)? {
            self.note_read(&id, &member, came.head)?;
            for parcel in entries.into_iter().take_while(|_| !left) {
                if !self.take_entry(&mut live, &id, parcel, from)? {
                    break;
                }
            }
        }
        self.recorded_after(&live, &id, &member, came.head)
    }

    /// How far this office's record went when something of it was lost; none where it is whole.
    fn restored(&self, stored: &Stored, head: Head, lacks: bool) -> Result<Option<u64>> {
        if stored.restored.is_some() || !lacks {
            return Ok(stored.restored);
        }
        let body = json!({ "conference": Hex(stored.id), "seq": head.seq });
        let entry = Entry {
            actor: "node",
            kind: "conference_behind",
            body: &body,
        };
        self.store
            .set_conference_restored(&stored.id, Some(head.seq), &entry)?;
        Ok(Some(head.seq))
    }

    pub(super) fn has_hash(&self, id: &Hex<32>, head: Head) -> Result<bool> {
        Ok(self.store.conference_hash(&id.0, head.seq)? == Some(head.hash.0))
    }

    /// The record is not followed any more.
    pub(super) fn raise_alarm(
        &self,
        id: &Hex<32>,
        code: &'static str,
        proof: Option<&SignedHead>,
    ) -> Result<()> {
        let proof = proof.map(hefu_casework::canonical::to_vec);
        let body = json!({ "conference": id, "code": code });
        let entry = Entry {
            actor: "node",
            kind: "conference_alarm",
            body: &body,
        };
        if self.store.raise_alarm(&id.0, code, proof.as_deref(), &entry)? {
            tracing::error!(node = self.name(), conference = %id, code, "the record is not followed any more");
            self.conferences.grew();
        }
        Ok(())
    }

    fn note_read(&self, id: &Hex<32>, member: &Hex<32>, head: Head) -> Result<()> {
        let now = Timestamp::now();
        let known = self.store.conference_head(&id.0, &member.0)?;
        let is_noted = known.is_some_and(|known| {
            let age = now.as_second() - known.heard_at.as_second();
            (known.seq, known.hash) == (head.seq, head.hash.0) && age < NOTED
        });
        if is_noted {
            return Ok(());
        }
        let head = ConferenceHead {
            seq: head.seq,
            hash: head.hash.0,
            signature: None,
            heard_at: now,
        };
        Ok(self.store.put_conference_head(&id.0, &member.0, &head)?)
    }

    /// Takes one entry: it stands on record afterwards, or the record says why not. `false` where neither is so, and what
    /// comes after it is not looked at: it is not its sender's, or does not follow on what that has said before.
    fn take_entry(&self, live: &mut Live, id: &Hex<32>, parcel: Parcel, from: &Card) -> Result<bool> {
        let entry = &parcel.signed.entry;
        let author = Hex(from.node_key());
        if entry.author != author || entry.conference != *id {
            return self.drop_entry(id, &author, Fault::Unsigned);
        }
        // What was said again costs no signature.
        let digest = parcel.signed.digest();
        if self.store.conference_place(&id.0, &digest.0)?.is_some() {
            return Ok(true);
        }
        if live.state.rejected().any(|rejected| rejected.entry == digest) {
            return Ok(false);
        }
        if !parcel.signed.verify() {
            return self.drop_entry(id, &author, Fault::Unsigned);
        }
        if entry.number != live.state.next_number(&author) {
            return self.drop_entry(id, &author, Fault::Numbering);
        }
        let opened = self.open_private(&parcel);
        let parcel = parcel.with_known_enclosures();
        let private = opened.as_deref().and_then(|opened| Private::parse(opened).ok());
        let is_read = private.is_some() || !is_for(&parcel.signed, &Hex(self.node_key()));
        // What fits in no paper would keep everybody whom it is for from all that follows.
        let is_whole = parcel.has_all_enclosures() && parcel.is_bounded();
        let checked = match is_whole && is_read {
            true => live.state.check(&parcel.signed, private.as_ref()),
            false => Err(Fault::EnclosedWrong),
        };
        match checked {
            Ok(()) => {
                let placing = Placing {
                    actor: "node",
                    refused: None,
                };
                self.place(live, id, parcel, opened, placing)?;
                Ok(true)
            }
            Err(fault) => self.refuse_entry(live, id, &parcel.signed, fault),
        }
    }

    fn drop_entry(&self, id: &Hex<32>, author: &Hex<32>, fault: Fault) -> Result<bool> {
        if let Some(untold) = self.conferences.dropped.one_more(Some(author.0), fault.code()) {
            let body = json!({ "conference": id, "author": author, "code": fault.code(), "untold": untold });
            self.log("conference_entry_dropped", &body)?;
        }
        Ok(false)
    }

    /// Says on record why an entry is not taken. What its author said after it is signed anew by that.
    fn refuse_entry(
        &self,
        live: &mut Live,
        id: &Hex<32>,
        refused: &SignedEntry,
        fault: Fault,
    ) -> Result<bool> {
        let author = refused.entry.author;
        let word = Word::Rejected {
            author,
            entry: refused.digest(),
            signature: refused.signature,
            fault,
        };
        let number = live.state.next_number(&Hex(self.node_key()));
        let (seen, clock) = (live.state.head(), live.state.clock());
        let signed = self.signed_entry(*id, seen, clock, number, word, None)?;
        if let Err(fault) = live.state.check(&signed, None) {
            // There are too many already.
            return self.drop_entry(id, &author, fault);
        }
        let enclosures = Vec::new();
        let placing = Placing {
            actor: "node",
            refused: Some(fault.code()),
        };
        self.place(live, id, Parcel { signed, enclosures }, None, placing)?;
        Ok(false)
    }

    /// What the office answers to a member that has read up to `head`: what follows, as much as a paper holds, or where
    /// that is not on this record, what stands at its place, or last.
    pub(super) fn recorded_after(
        &self,
        live: &Live,
        id: &Hex<32>,
        member: &Hex<32>,
        head: Head,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let last = live.state.head();
        let of = last.seq;
        let (parcels, at) = match self.store.conference_hash(&id.0, head.seq)? {
            Some(hash) if head.hash.0 == hash => self.page(live, id, member, head)?,
            Some(hash) => {
                let seq = head.seq;
                (Vec::new(), Head { seq, hash: Hex(hash) })
            }
            None => (Vec::new(), last),
        };
        let signed = SignedHead::sign(&self.keys, id, at);
        Ok(Recorded::new(*id, signed, of).write(&parcels))
    }

    /// The entries after `head` with what is enclosed in them for a member, and how far they go. Whoever has left is told
    /// no more than that.
    fn page(&self, live: &Live, id: &Hex<32>, member: &Hex<32>, head: Head) -> Result<(Vec<Parcel>, Head)> {
        let left = live.state.seat(member).is_none_or(|seat| seat.left.is_some());
        let leaves = |signed: &SignedEntry| {
            left && matches!(&signed.entry.word, Word::Left { member: who, .. } if who == member)
        };
        let (mut parcels, mut at, mut room) = (Vec::new(), head, Room::new());
        if let Some(last) = head.seq.checked_sub(1) {
            let last = self.store.conference_entries(&id.0, last, 1)?;
            for stored in last {
                if leaves(&SignedEntry::parse(&stored.bytes)?) {
                    return Ok((parcels, at));
                }
            }
        }
        loop {
            let batch = self.store.conference_entries(&id.0, at.seq, BATCH)?;
            if batch.is_empty() {
                return Ok((parcels, at));
            }
            for stored in batch {
                let signed = SignedEntry::parse(&stored.bytes)?;
                let enclosures = match signed.entry.enclosed {
                    Some(_) => self
                        .store
                        .conference_enclosures(&id.0, stored.seq, Some(&member.0))?,
                    None => Vec::new(),
                };
                let parcel = Parcel { signed, enclosures };
                if !room.take(&parcel) {
                    return Ok((parcels, at));
                }
                at = Head {
                    seq: stored.seq,
                    hash: Hex(stored.hash),
                };
                let is_last = leaves(&parcel.signed);
                parcels.push(parcel);
                if is_last {
                    return Ok((parcels, at));
                }
            }
        }
    }
}

/// Whether a head was signed before people said that this office is not to wait for what it had lost, and may be of that.
/// Whoever has it follows on no more; to all others it is nothing.
fn is_lost(stored: &Stored, signed: &SignedHead) -> bool {
    let resumed = stored.resumed;
    resumed.is_some_and(|resumed| signed.head.seq > resumed.seq && signed.at < resumed.at)
}
