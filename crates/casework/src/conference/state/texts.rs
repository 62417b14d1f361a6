//! The texts: drafted, signed, refused, and which of them rounds can be held under.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::{Public, State, ensure};
use crate::{
    Hex, Text,
    conference::{Annex, Entry, Fault, Framework, framework::beijing_day},
};

/// How many texts there can be.
const MAX_EDITIONS: usize = 128;
/// How many times one party can say what stands on its paper: numbers are mistyped.
const MAX_STAMPS: u32 = 8;

/// A text, and what was said of it.
#[derive(Clone, Debug, Serialize)]
pub struct Edition {
    /// Its digest.
    pub digest: Hex<32>,
    /// The text.
    pub framework: Framework,
    /// When it was drafted, by the office's clock.
    pub drafted_at: Timestamp,
    /// Who has signed it and has a seat still, by node key, and when.
    pub signed: BTreeMap<Hex<32>, Timestamp>,
    /// Who has refused it, and why. That is final.
    pub refused: BTreeMap<Hex<32>, Text<200>>,
    /// Whose paper bears a seal (公章).
    pub stamped: BTreeMap<Hex<32>, Stamp>,
    /// Its annexes by the digest of their agreements.
    annexes: BTreeMap<Hex<32>, usize>,
}

/// What stands on a party's paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// 文号
    pub document: Text<100>,
    /// SHA-256 of the scan.
    pub scan: Hex<32>,
    /// How many times the party has said so; the last counts.
    pub times: u32,
}

impl Edition {
    /// The annex whose agreement has this digest.
    pub fn annex(&self, digest: &Hex<32>) -> Option<&Annex> {
        self.framework.annexes.get(*self.annexes.get(digest)?)
    }

    fn is_valid_on(&self, day: Date) -> bool {
        self.framework.valid_from <= day && day <= self.framework.expires
    }
}

impl State {
    /// All texts, in the order in which they were drafted.
    pub fn editions(&self) -> impl Iterator<Item = &Edition> {
        self.public.editions.iter()
    }

    /// The text of this digest.
    pub fn edition(&self, digest: &Hex<32>) -> Option<&Edition> {
        self.public.edition(digest)
    }

    /// Who is bound by a text on a day, by node key: who has signed it and has a seat, and has not signed an amendment of it
    /// that is valid from that day on or an earlier one.
    pub fn signers(&self, digest: &Hex<32>, on: Date) -> Vec<Hex<32>> {
        self.public.signers(digest, on)
    }

    /// The text that counts on a day: of those that are valid then and bind two members or more, the last drafted.
    pub fn in_force(&self, on: Date) -> Option<&Edition> {
        let mut last_first = self.public.editions.iter().rev();
        let binds = |edition: &Edition| self.public.signers(&edition.digest, on).len() >= 2;
        last_first.find(|edition| edition.is_valid_on(on) && binds(edition))
    }
}

impl Public {
    pub(super) fn edition(&self, digest: &Hex<32>) -> Option<&Edition> {
        self.editions.get(*self.drafted.get(digest)?)
    }

    fn edition_mut(&mut self, digest: &Hex<32>) -> Option<&mut Edition> {
        self.editions.get_mut(*self.drafted.get(digest)?)
    }

    pub(super) fn signers(&self, digest: &Hex<32>, on: Date) -> Vec<Hex<32>> {
        let Some(edition) = self.edition(digest) else {
            return Vec::new();
        };
        // A text amends one that was there before: those that amend it, or an amendment of it, come after it.
        let mut amended = BTreeSet::from([*digest]);
        let mut unbound: BTreeSet<&Hex<32>> = BTreeSet::new();
        for later in &self.editions {
            if later
                .framework
                .amends
                .is_some_and(|earlier| amended.contains(&earlier))
            {
                amended.insert(later.digest);
                if later.framework.valid_from <= on {
                    unbound.extend(later.signed.keys());
                }
            }
        }
        let bound = edition.signed.keys().filter(|member| !unbound.contains(member));
        bound.copied().collect()
    }

    pub(super) fn may_draft(&self, framework: &Framework) -> Result<(), Fault> {
        framework.validate().map_err(|_| Fault::FrameworkWrong)?;
        let office = self.founded.as_ref().map(|founded| &founded.office);
        ensure(office == Some(&framework.office), Fault::FrameworkWrong)?;
        let seated = framework.members.iter().all(|seat| {
            let member = self.seats.get(&seat.node_key);
            member.is_some_and(|member| member.left.is_none() && member.seat == *seat)
        });
        ensure(seated, Fault::FrameworkWrong)?;
        if let Some(amended) = &framework.amends {
            let amended = self.edition(amended).ok_or(Fault::FrameworkUnknown)?;
            let next = amended.framework.edition.checked_add(1);
            ensure(next == Some(framework.edition), Fault::FrameworkWrong)?;
        }
        ensure(self.edition(&framework.digest()).is_none(), Fault::SaidBefore)?;
        ensure(self.editions.len() < MAX_EDITIONS, Fault::TooMany)
    }

    pub(super) fn draft(&mut self, entry: &Entry, framework: &Framework) {
        let annexes = framework.annexes.iter().map(Annex::digest).zip(0..).collect();
        let digest = framework.digest();
        self.drafted.insert(digest, self.editions.len());
        self.editions.push(Edition {
            digest,
            framework: framework.clone(),
            drafted_at: entry.at,
            signed: BTreeMap::new(),
            refused: BTreeMap::new(),
            stamped: BTreeMap::new(),
            annexes,
        });
    }

    fn text_for(&self, entry: &Entry, framework: &Hex<32>) -> Result<&Edition, Fault> {
        let edition = self.edition(framework).ok_or(Fault::FrameworkUnknown)?;
        let named = edition.framework.member(&entry.author).is_some();
        ensure(named, Fault::FrameworkNotOpen)?;
        Ok(edition)
    }

    pub(super) fn may_sign(&self, entry: &Entry, framework: &Hex<32>) -> Result<(), Fault> {
        let edition = self.text_for(entry, framework)?;
        ensure(!edition.signed.contains_key(&entry.author), Fault::SaidBefore)?;
        let open = !edition.refused.contains_key(&entry.author);
        ensure(open, Fault::FrameworkNotOpen)?;
        let valid = beijing_day(self.latest(entry)) <= edition.framework.expires;
        ensure(valid, Fault::OutOfTime)
    }

    pub(super) fn sign(&mut self, entry: &Entry, framework: &Hex<32>) {
        if let Some(edition) = self.edition_mut(framework) {
            edition.signed.insert(entry.author, entry.at);
        }
    }

    pub(super) fn may_refuse(&self, entry: &Entry, framework: &Hex<32>) -> Result<(), Fault> {
        let edition = self.text_for(entry, framework)?;
        ensure(!edition.refused.contains_key(&entry.author), Fault::SaidBefore)?;
        let open = !edition.signed.contains_key(&entry.author);
        ensure(open, Fault::FrameworkNotOpen)
    }

    pub(super) fn refuse(&mut self, entry: &Entry, framework: &Hex<32>, reason: &Text<200>) {
        if let Some(edition) = self.edition_mut(framework) {
            edition.refused.insert(entry.author, reason.clone());
        }
    }

    /// What is stamped is what was signed: the paper of a party that has not signed is nobody's word.
    pub(super) fn may_stamp(&self, entry: &Entry, framework: &Hex<32>) -> Result<(), Fault> {
        let edition = self.edition(framework).ok_or(Fault::FrameworkUnknown)?;
        let signed = self.is_office(&entry.author) || edition.signed.contains_key(&entry.author);
        ensure(signed, Fault::FrameworkNotOpen)?;
        let times = edition.stamped.get(&entry.author).map_or(0, |stamp| stamp.times);
        ensure(times < MAX_STAMPS, Fault::TooMany)
    }

    pub(super) fn stamp(&mut self, entry: &Entry, framework: &Hex<32>, document: &Text<100>, scan: Hex<32>) {
        if let Some(edition) = self.edition_mut(framework) {
            let times = edition.stamped.get(&entry.author).map_or(0, |stamp| stamp.times);
            let stamp = Stamp {
                document: document.clone(),
                scan,
                times: times.saturating_add(1),
            };
            edition.stamped.insert(entry.author, stamp);
        }
    }
}
