//! An office that was restored from a backup has forgotten what it put on record since, and its members have not. It takes
//! nothing before it has heard from all of them, or a person says that it is not to wait any longer: whatever it placed
//! where it had placed something else would be another record. What it takes back is what its own signature stands under.

use hefu_casework::Hex;
use hefu_casework::conference::{Head, SignedEntry};
use hefu_psi::wire::Abort;
use hefu_store::{Entry, Resumed};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::live::{Live, lock};
use super::wire::{Parcel, Record, Recorded, Room, SignedHead};
use super::{CONFERENCE_FORKED, Conference};
use crate::agreement::policy;
use crate::exchange::malformed;
use crate::{Node, Result};

/// The most that one member gives back, in memory: nothing of it is known to be of the record before its end.
const MANY_GIVEN_BACK: usize = 1 << 16;
const MAX_GIVEN_BACK_BYTES: usize = 64 << 20;
/// Entries that are read at once.
const BATCH: usize = 64;

/// What a member has given back so far.
#[derive(Default)]
pub(super) struct GivenBack {
    parcels: Vec<Parcel>,
    bytes: usize,
}

impl GivenBack {
    /// Takes what follows, as far as something lacks.
    fn take(&mut self, lost: Vec<Parcel>, lacks: u64) -> Result<()> {
        let lacks = usize::try_from(lacks).unwrap_or(usize::MAX);
        for parcel in lost.into_iter().take(lacks.saturating_sub(self.parcels.len())) {
            let parcel = parcel.with_known_enclosures();
            self.bytes = self.bytes.saturating_add(parcel.bytes());
            if self.bytes > MAX_GIVEN_BACK_BYTES || self.parcels.len() >= MANY_GIVEN_BACK {
                return Err(malformed());
            }
            self.parcels.push(parcel);
        }
        Ok(())
    }
}

impl Node {
    /// At an office that was restored: does not wait for members that it has not heard from since. What only they could
    /// have given back is lost, and whoever has it follows this record no more.
    ///
    /// # Errors
    /// When there is no such conference, or this node is not its office; the store's.
    pub fn resume_conference(&self, id: &Hex<32>, actor: &str) -> Result<Conference> {
        if !self.known_conference(id)?.founded {
            return Err(policy("conference_office_only", Abort::Policy));
        }
        let live = self.conferences.get(id)?;
        let mut live = lock(&live);
        if let Some(seq) = self.known_conference(id)?.restored {
            let at = Timestamp::now().as_microsecond();
            self.whole_again(&mut live, id, Some(Resumed { seq, at }), actor)?;
        }
        drop(live);
        self.conference(id)
    }

    /// At the office: a member has come that may have what was lost since a backup that went up to `restored`.
    pub(super) fn restore_from(
        &self,
        live: &mut Live,
        id: &Hex<32>,
        restored: u64,
        member: &Hex<32>,
        came: &Record,
        lost: Vec<Parcel>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let mut wanted = None;
        // A head that this office signed is as far as a member can give back; what it has said beyond that, it says again.
        let signed = came.signed.filter(|signed| signed.is_by(&self.node_key(), id));
        match signed {
            Some(signed) if signed.head.seq > restored => {
                let mut given = live.given_back.remove(member).unwrap_or_default();
                let lacks = signed.head.seq - restored;
                given.take(lost, lacks)?;
                let many = given.parcels.len() as u64;
                if many < lacks {
                    live.given_back.insert(*member, given);
                    wanted = Some(restored.saturating_add(many));
                } else {
                    self.take_back(live, id, restored, signed, given.parcels)?;
                    live.heard.insert(*member);
                }
            }
            _ => {
                live.given_back.remove(member);
                live.heard.insert(*member);
            }
        }
        if self.has_heard_all(live) {
            self.whole_again(live, id, None, "node")?;
            if self.has_hash(id, came.head)? {
                return self.recorded_after(live, id, member, came.head);
            }
        }
        let signed = SignedHead::sign(&self.keys, id, live.state.head());
        Ok(Recorded::restoring(*id, signed, wanted).write(&[]))
    }

    /// Takes back what follows on the backup and leads to a head that this node signed. What others have given back
    /// before is completed by what is enclosed.
    fn take_back(
        &self,
        live: &mut Live,
        id: &Hex<32>,
        restored: u64,
        signed: SignedHead,
        given: Vec<Parcel>,
    ) -> Result<()> {
        let hash = self.store.conference_hash(&id.0, restored)?;
        let mut head = Head {
            seq: restored,
            hash: Hex(hash.ok_or_else(malformed)?),
        };
        for parcel in &given {
            head = head.next(&parcel.signed.digest());
        }
        if head != signed.head {
            return Err(malformed());
        }
        let tip = live.state.head();
        if tip.seq >= head.seq && !self.has_hash(id, head)? {
            self.raise_alarm(id, CONFERENCE_FORKED, Some(&signed))?;
            return Err(policy(CONFERENCE_FORKED, Abort::Policy));
        }
        let mut placed = Vec::new();
        for (parcel, seq) in given.into_iter().zip(restored + 1..) {
            let opened = self.open_private(&parcel);
            if seq <= tip.seq {
                let enclosures = &parcel.enclosures;
                let opened = opened.as_deref().map(Vec::as_slice);
                self.store.add_enclosures(&id.0, seq, enclosures, opened)?;
                continue;
            }
            match live.apply(parcel, opened) {
                Ok(entry) => placed.push(entry),
                Err(_) => {
                    live.reload(&self.store, id)?;
                    return Err(malformed());
                }
            }
        }
        let body = json!({ "conference": id, "seq": head.seq, "entries": placed.len() });
        let entry = Entry {
            actor: "node",
            kind: "conference_given_back",
            body: &body,
        };
        let stored = self.store.place_entries(&id.0, &placed, None, &[entry]);
        // What is opened by now may have been closed before.
        live.reload(&self.store, id)?;
        Ok(stored?)
    }

    fn has_heard_all(&self, live: &Live) -> bool {
        let mut seats = live.state.seats();
        seats.all(|(node, seat)| seat.left.is_some() || live.heard.contains(node))
    }

    fn whole_again(
        &self,
        live: &mut Live,
        id: &Hex<32>,
        resumed: Option<Resumed>,
        actor: &str,
    ) -> Result<()> {
        let head = live.state.head();
        let body = json!({ "conference": id, "seq": head.seq, "heard": live.heard.len() });
        let entry = Entry {
            actor,
            kind: "conference_resumed",
            body: &body,
        };
        match resumed {
            Some(resumed) => self.store.resume_conference(&id.0, resumed, &entry)?,
            None => self.store.set_conference_restored(&id.0, None, &entry)?,
        }
        live.heard.clear();
        live.given_back.clear();
        self.conferences.grew();
        self.ferry.notify();
        Ok(())
    }

    /// At a member: what the office has lost after an entry, as much as a paper holds.
    pub(super) fn lost_after(&self, id: &Hex<32>, after: u64, room: &mut Room) -> Result<Vec<Parcel>> {
        let mut parcels = Vec::new();
        let mut at = after;
        loop {
            let batch = self.store.conference_entries(&id.0, at, BATCH)?;
            if batch.is_empty() {
                return Ok(parcels);
            }
            for stored in batch {
                let parcel = Parcel {
                    signed: SignedEntry::parse(&stored.bytes)?,
                    enclosures: self.store.conference_enclosures(&id.0, stored.seq, None)?,
                };
                if !room.take(&parcel) {
                    return Ok(parcels);
                }
                at = stored.seq;
                parcels.push(parcel);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation is the report")]
mod tests {
    use hefu_casework::Text;
    use hefu_casework::conference::{Enclosed, Entry, Recipient, Word};
    use hefu_store::Enclosure;

    use super::*;
    use crate::digest::sha256;

    /// An entry that nobody signed, with something enclosed of which it has the digest, and something else.
    fn garbage(bytes: usize) -> Parcel {
        let enclosure = |recipient, with| Enclosure {
            recipient: [recipient; 32],
            sealed: vec![with; bytes],
        };
        let known = enclosure(1, 7);
        let entry = Entry {
            version: Entry::VERSION,
            conference: Hex([3; 32]),
            author: Hex([4; 32]),
            number: 1,
            seen: Head::NONE,
            at: Timestamp::UNIX_EPOCH,
            word: Word::Left {
                member: Hex([4; 32]),
                reason: Text::new("退出").unwrap(),
            },
            enclosed: Some(Enclosed {
                commitment: Hex([5; 32]),
                to: vec![Recipient {
                    node: Hex(known.recipient),
                    digest: Hex(sha256(&known.sealed)),
                }],
            }),
        };
        Parcel {
            signed: SignedEntry {
                entry,
                signature: Hex([6; 64]),
            },
            enclosures: vec![known, enclosure(2, 8)],
        }
    }

    #[test]
    fn no_more_is_kept_than_is_lost_or_fits() {
        let mut given = GivenBack::default();
        given.take(vec![garbage(1000), garbage(1000)], 1).unwrap();
        assert_eq!(given.parcels.len(), 1);
        // What the entry has no digest of is nothing.
        assert_eq!(
            given.parcels.first().map(|parcel| parcel.enclosures.len()),
            Some(1)
        );

        let mut given = GivenBack::default();
        for _ in 0..63 {
            given.take(vec![garbage(1 << 20)], 1000).unwrap();
        }
        assert!(given.take(vec![garbage(1 << 20)], 1000).is_err());
        assert_eq!(given.parcels.len(), 63);
    }
}
