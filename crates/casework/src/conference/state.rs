//! What the record comes to.

mod bounds;
mod ledger;
mod legs;
mod rounds;
mod seats;
mod texts;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::{
    Enclosed, Entry, Fault, Founded, Head, Placed, Private, Round, SignedEntry, Word, conference_id,
    entry::is_signed,
};
use crate::{Hex, Text, canonical, rule::sha256};
use ledger::Ledger;

pub use ledger::{Decided, Faulty, Measure, Past};
pub use seats::{Gone, Member};
pub use texts::{Edition, Stamp};

/// How many refused entries are kept in mind, of all authors.
const MAX_REJECTED: usize = 1024;
/// How many refused entries of one author are put on record on a day before it says something that is taken. What is refused
/// beyond that is refused on the next day: none waits for good.
const MAX_REJECTED_IN_A_ROW: u32 = 64;

const STATE: &[u8] = b"hefu/3 conference state\0";

/// What the record of a conference comes to, so far as its holder can read it. The public part is the same for all: it
/// follows from the entries alone, and nothing that is enclosed has a part in it.
#[derive(Clone, Debug)]
pub struct State {
    public: Public,
    ledger: Ledger,
}

/// What everybody derives alike.
#[derive(Clone, Debug, Serialize)]
struct Public {
    conference: Hex<32>,
    head: Head,
    /// The hash after each entry, by its place; that of nothing first.
    hashes: Vec<Hex<32>>,
    founded: Option<Founded>,
    /// When the office last said something, by its clock.
    clock: Option<Timestamp>,
    /// What each author has said last.
    authors: BTreeMap<Hex<32>, Author>,
    /// All entries that were taken or rejected, by digest: what has had its answer is not asked about again.
    answered: BTreeSet<Hex<32>>,
    seats: BTreeMap<Hex<32>, Member>,
    editions: Vec<Edition>,
    /// Their places by digest.
    #[serde(skip)]
    drafted: BTreeMap<Hex<32>, usize>,
    rounds: Vec<Round>,
    /// The sessions of all legs that were done, each with the two parties that had it.
    sessions: BTreeSet<([Hex<32>; 2], Hex<32>)>,
    /// For whom entries enclose something, by digest.
    enclosed: BTreeMap<Hex<32>, Vec<Hex<32>>>,
    disputes: Vec<Dispute>,
    rejected: VecDeque<Rejection>,
    /// How many entries of each author were refused on its last day of those since one was taken.
    refusals: BTreeMap<Hex<32>, (Date, u32)>,
    /// How many entries of each member came on one day.
    came: BTreeMap<Hex<32>, (Date, u32)>,
}

/// What an author has said last.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Author {
    /// Its number.
    number: u64,
    /// How far its author had read.
    read: u64,
}

/// An entry whose enclosure somebody could not open, or found to be against the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// The entry, by digest.
    pub entry: Hex<32>,
    /// Who says so.
    pub by: Hex<32>,
    /// In what way.
    pub fault: Fault,
}

/// An entry that the office did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// Whose.
    pub author: Hex<32>,
    /// The entry, by digest.
    pub entry: Hex<32>,
    /// Why.
    pub fault: Fault,
    /// When, by the office's clock.
    pub at: Timestamp,
}

impl State {
    /// Before anything was said.
    pub fn new(conference: Hex<32>) -> State {
        State {
            public: Public {
                conference,
                head: Head::NONE,
                hashes: vec![Head::NONE.hash],
                founded: None,
                clock: None,
                authors: BTreeMap::new(),
                answered: BTreeSet::new(),
                seats: BTreeMap::new(),
                editions: Vec::new(),
                drafted: BTreeMap::new(),
                rounds: Vec::new(),
                sessions: BTreeSet::new(),
                enclosed: BTreeMap::new(),
                disputes: Vec::new(),
                rejected: VecDeque::new(),
                refusals: BTreeMap::new(),
                came: BTreeMap::new(),
            },
            ledger: Ledger::default(),
        }
    }

    /// Whether an entry would be taken next, with what its holder could open of it: by all rules, also those on what is
    /// enclosed, on what may stand in a text and on names that look alike. The office asks this before it places an entry,
    /// and a member before it says something.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, signed: &SignedEntry, private: Option<&Private>) -> Result<(), Fault> {
        self.public.judge(signed)?;
        self.public.can_be_told(&signed.entry)?;
        if signed.entry.word.bears_number() || private.is_some_and(Private::bears_number) {
            return Err(Fault::BearsNumber);
        }
        if let Word::Enrolled(enrolled) = &signed.entry.word {
            ensure(!self.public.looks_like_another(&enrolled.seat), Fault::SeatWrong)?;
        }
        private.map_or(Ok(()), |private| {
            ensure(private.readable(), Fault::TooMany)?;
            self.ledger.judge(&self.public, &signed.entry, private)
        })
    }

    /// Takes the next entry, with what its holder could open of it. Nothing changes where it is not taken.
    ///
    /// What is enclosed does not decide whether an entry is taken, or those who can open it would have another record than
    /// those who can't. Where it is against the rules, the ledger stays as it was, and it is among the
    /// [`faulty`](State::faulty) ones.
    ///
    /// # Errors
    /// Why it can't stand there.
    pub fn apply(&mut self, placed: &Placed, private: Option<&Private>) -> Result<(), Fault> {
        self.put(placed, private, true)
    }

    /// As [`State::apply`], for an entry that was applied here before: whether its figures can be told, which takes long, is
    /// not asked again.
    ///
    /// # Errors
    /// Why it can't stand there.
    pub fn restore(&mut self, placed: &Placed, private: Option<&Private>) -> Result<(), Fault> {
        self.put(placed, private, false)
    }

    fn put(&mut self, placed: &Placed, private: Option<&Private>, is_new: bool) -> Result<(), Fault> {
        let Placed { seq, signed } = placed;
        if self.public.head.seq.checked_add(1) != Some(*seq) {
            return Err(Fault::Forked);
        }
        let digest = self.public.judge(signed)?;
        if is_new {
            self.public.can_be_told(&signed.entry)?;
        }
        if let Some(private) = private {
            match self.ledger.judge(&self.public, &signed.entry, private) {
                Ok(()) => self.ledger.take(&self.public, &signed.entry, digest, private),
                Err(fault) => self.ledger.note_faulty(digest, *seq, fault),
            }
        }
        self.public.take(&signed.entry, digest);
        Ok(())
    }

    /// The conference.
    pub fn conference(&self) -> Hex<32> {
        self.public.conference
    }

    /// How far it has come.
    pub fn head(&self) -> Head {
        self.public.head
    }

    /// With what it began.
    pub fn founded(&self) -> Option<&Founded> {
        self.public.founded.as_ref()
    }

    /// The office's node key.
    pub fn office(&self) -> Option<Hex<32>> {
        self.public.office()
    }

    /// When the office last said something, by its clock: what it says next is not earlier.
    pub fn clock(&self) -> Option<Timestamp> {
        self.public.clock
    }

    /// The number that an author's next entry has.
    pub fn next_number(&self, author: &Hex<32>) -> u64 {
        self.public.next_number(author)
    }

    /// What the office did not take, the last 1024 of it.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejection> {
        self.public.rejected.iter()
    }

    /// Of which enclosures somebody says that they are wrong.
    pub fn disputes(&self) -> &[Dispute] {
        &self.public.disputes
    }

    /// SHA-256 over all that follows from the entries alone: equal wherever the record is.
    pub fn public_digest(&self) -> Hex<32> {
        Hex(sha256(&[STATE, &canonical::to_vec(&self.public)].concat()))
    }
}

impl Public {
    fn office(&self) -> Option<Hex<32>> {
        self.founded.as_ref().map(|founded| founded.office.node_key)
    }

    fn is_office(&self, node_key: &Hex<32>) -> bool {
        self.office() == Some(*node_key)
    }

    fn next_number(&self, author: &Hex<32>) -> u64 {
        let last = self.authors.get(author).map_or(0, |author| author.number);
        last.saturating_add(1)
    }

    /// The latest that it can be when an entry is written, by its author's clock and by what the office has said before. No
    /// deadline is kept by a clock that is behind the record.
    fn latest(&self, entry: &Entry) -> Timestamp {
        self.clock.map_or(entry.at, |clock| clock.max(entry.at))
    }

    /// Whether an entry is taken next, and if so its digest.
    fn judge(&self, signed: &SignedEntry) -> Result<Hex<32>, Fault> {
        let entry = &signed.entry;
        let digest = entry.readable().ok_or(Fault::Malformed)?;
        ensure(entry.conference == self.conference, Fault::Malformed)?;
        ensure(signed.is_signed(&digest), Fault::Unsigned)?;
        if let Word::Founded(founded) = &entry.word {
            return self.may_found(entry, founded).map(|()| digest);
        }
        let office = self.is_office(&entry.author);
        ensure(office || self.is_seated(&entry.author), Fault::NotSeated)?;
        ensure(entry.number == self.next_number(&entry.author), Fault::Numbering)?;
        // Its author may have said something else under that number since.
        ensure(!self.answered.contains(&digest), Fault::SaidBefore)?;
        ensure(self.has_read(entry, office), Fault::Forked)?;
        let in_order = !office || self.clock <= Some(entry.at);
        ensure(in_order, Fault::OutOfTime)?;
        ensure(office || self.has_room(&entry.author, entry.at), Fault::TooMany)?;
        self.may_speak(entry, office)?;
        self.may_enclose(entry)?;
        self.may_say(entry)?;
        Ok(digest)
    }

    /// Whether an author has read this record. The office puts entries in order: what it says, it says of all that is
    /// there. Nobody has read less than it had read before, or its entry would stand on two records that part later.
    fn has_read(&self, entry: &Entry, office: bool) -> bool {
        if office {
            return entry.seen == self.head;
        }
        let before = self.authors.get(&entry.author).map_or(0, |author| author.read);
        let hash = usize::try_from(entry.seen.seq)
            .ok()
            .and_then(|seq| self.hashes.get(seq));
        before <= entry.seen.seq && hash == Some(&entry.seen.hash)
    }

    /// Who may say what.
    fn may_speak(&self, entry: &Entry, office: bool) -> Result<(), Fault> {
        match &entry.word {
            Word::Founded(_)
            | Word::Enrolled(_)
            | Word::Drafted(_)
            | Word::Announced(_)
            | Word::Begun(_)
            | Word::Rerun { .. }
            | Word::Closed { .. }
            | Word::Decided { .. }
            | Word::Figures { .. }
            | Word::Rejected { .. } => ensure(office, Fault::NotTheOffice),
            Word::Left { member, .. } => ensure(office || *member == entry.author, Fault::NotTheOffice),
            Word::Signed(_)
            | Word::Refused { .. }
            | Word::Joined(_)
            | Word::Declined { .. }
            | Word::Frozen(_)
            | Word::Leg { .. }
            | Word::Reported { .. }
            | Word::Planned {} => ensure(!office, Fault::NotAMember),
            Word::Stamped { .. } | Word::Items {} | Word::Disputed { .. } => Ok(()),
        }
    }

    /// For whom something is enclosed, so far as that can be seen from without.
    fn may_enclose(&self, entry: &Entry) -> Result<(), Fault> {
        let readers: Vec<Hex<32>> = match &entry.enclosed {
            Some(Enclosed { to, .. }) => to.iter().map(|recipient| recipient.node).collect(),
            None => Vec::new(),
        };
        // Whoever has left is a party of its lines still, of which the office knows all. No more is sealed to it.
        let of_lines = matches!(entry.word, Word::Items {} | Word::Decided { .. });
        let known = |node: &Hex<32>| {
            let sat = of_lines && self.seats.contains_key(node);
            sat || self.is_office(node) || self.is_seated(node)
        };
        let well_formed = readers.is_sorted_by(|a, b| a < b) && readers.iter().all(known);
        let for_office = readers.iter().any(|reader| self.is_office(reader));
        let for_author = readers.contains(&entry.author);
        let fits = match &entry.word {
            Word::Items {} | Word::Decided { .. } => readers.len() == 3 && for_author && for_office,
            Word::Reported { .. } => readers.len() == 2 && for_author && for_office,
            Word::Planned {} => readers.len() >= 2 && for_author && !for_office,
            _ => entry.enclosed.is_none(),
        };
        ensure(well_formed && fits, Fault::EnclosedWrong)
    }

    /// Whether it can be said now.
    fn may_say(&self, entry: &Entry) -> Result<(), Fault> {
        match &entry.word {
            Word::Founded(_) => Err(Fault::SaidBefore),
            Word::Enrolled(enrolled) => self.may_enrol(enrolled),
            Word::Drafted(framework) => self.may_draft(framework),
            Word::Signed(framework) => self.may_sign(entry, framework),
            Word::Refused { framework, .. } => self.may_refuse(entry, framework),
            Word::Stamped { framework, .. } => self.may_stamp(entry, framework),
            Word::Left { member, .. } => ensure(self.is_seated(member), Fault::NotSeated),
            Word::Announced(announced) => self.may_announce(entry, announced),
            Word::Joined(joined) => self.may_join(entry, joined),
            Word::Declined { round, .. } => self.may_decline(entry, *round),
            Word::Frozen(frozen) => self.may_freeze(entry, frozen),
            Word::Begun(begun) => self.may_begin(entry, begun),
            Word::Leg { round, leg, news } => self.may_tell(entry, *round, leg, news),
            Word::Rerun { round, leg, .. } => self.may_rerun(entry, *round, leg),
            Word::Reported { round } => self.may_report(entry, *round),
            Word::Closed { round, end } => self.may_close(entry, *round, *end),
            Word::Items {} | Word::Planned {} | Word::Decided { .. } => Ok(()),
            Word::Figures { round, .. } => self.may_publish(*round),
            Word::Disputed { entry: of, .. } => self.may_dispute(entry, of),
            Word::Rejected {
                author,
                entry: of,
                signature,
                ..
            } => self.may_reject(entry, author, of, signature),
        }
    }

    /// What an entry that is taken changes.
    fn take(&mut self, entry: &Entry, digest: Hex<32>) {
        self.head = self.head.next(&digest);
        self.hashes.push(self.head.hash);
        let author = Author {
            number: entry.number,
            read: entry.seen.seq,
        };
        self.authors.insert(entry.author, author);
        self.answered.insert(digest);
        self.refusals.remove(&entry.author);
        let founds = matches!(entry.word, Word::Founded(_));
        if founds || self.is_office(&entry.author) {
            self.clock = Some(entry.at);
        } else {
            self.count(&entry.author, entry.at);
        }
        if let Some(Enclosed { to, .. }) = &entry.enclosed {
            let readers = to.iter().map(|recipient| recipient.node).collect();
            self.enclosed.insert(digest, readers);
        }
        match &entry.word {
            Word::Founded(founded) => self.founded = Some(founded.clone()),
            Word::Enrolled(enrolled) => self.enrol(enrolled),
            Word::Drafted(framework) => self.draft(entry, framework),
            Word::Signed(framework) => self.sign(entry, framework),
            Word::Refused { framework, reason } => self.refuse(entry, framework, reason),
            Word::Stamped {
                framework,
                document,
                scan,
            } => self.stamp(entry, framework, document, *scan),
            Word::Left { member, reason } => self.leave(entry, member, reason),
            Word::Announced(announced) => self.announce(entry, digest, announced),
            Word::Joined(joined) => self.join(entry, joined),
            Word::Declined { round, reason } => self.decline(entry, *round, reason),
            Word::Frozen(frozen) => self.freeze(entry, frozen),
            Word::Begun(begun) => self.begin(entry, begun),
            Word::Leg { round, leg, news } => self.tell(entry, *round, leg, news),
            Word::Rerun { round, leg, .. } => self.rerun(entry, *round, leg),
            Word::Reported { round } => self.report(entry, *round),
            Word::Closed { round, end } => self.close(entry, *round, *end),
            Word::Figures { round, figures } => self.publish(*round, figures),
            Word::Items {} | Word::Planned {} | Word::Decided { .. } => {}
            Word::Disputed { entry: of, fault } => self.disputes.push(Dispute {
                entry: *of,
                by: entry.author,
                fault: *fault,
            }),
            Word::Rejected {
                author,
                entry: of,
                fault,
                ..
            } => self.reject(entry, *author, *of, *fault),
        }
    }

    fn may_found(&self, entry: &Entry, founded: &Founded) -> Result<(), Fault> {
        ensure(self.founded.is_none(), Fault::SaidBefore)?;
        ensure(entry.author == founded.office.node_key, Fault::NotTheOffice)?;
        ensure(entry.number == 1, Fault::Numbering)?;
        ensure(entry.seen == Head::NONE, Fault::Forked)?;
        ensure(entry.enclosed.is_none(), Fault::EnclosedWrong)?;
        let id = conference_id(&founded.office.node_key, &founded.nonce);
        ensure(id == self.conference, Fault::Malformed)?;
        seats::presides(&founded.office, &founded.card)
    }

    fn may_dispute(&self, entry: &Entry, of: &Hex<32>) -> Result<(), Fault> {
        let for_author = self
            .enclosed
            .get(of)
            .is_some_and(|readers| readers.contains(&entry.author));
        ensure(for_author, Fault::EnclosedWrong)?;
        let said = |dispute: &Dispute| dispute.entry == *of && dispute.by == entry.author;
        ensure(!self.disputes.iter().any(said), Fault::SaidBefore)
    }

    /// What is rejected was written, and is not on record.
    fn may_reject(
        &self,
        entry: &Entry,
        author: &Hex<32>,
        of: &Hex<32>,
        signature: &Hex<64>,
    ) -> Result<(), Fault> {
        ensure(self.seats.contains_key(author), Fault::NotSeated)?;
        ensure(is_signed(author, of, signature), Fault::Unsigned)?;
        ensure(!self.answered.contains(of), Fault::SaidBefore)?;
        let (_, in_a_row) = self.refused_in_a_row(author, entry.at);
        let room = in_a_row < MAX_REJECTED_IN_A_ROW && self.has_room(author, entry.at);
        ensure(room, Fault::TooMany)
    }

    fn reject(&mut self, entry: &Entry, author: Hex<32>, of: Hex<32>, fault: Fault) {
        self.answered.insert(of);
        self.count(&author, entry.at);
        let (day, in_a_row) = self.refused_in_a_row(&author, entry.at);
        self.refusals.insert(author, (day, in_a_row.saturating_add(1)));
        if self.rejected.len() == MAX_REJECTED {
            self.rejected.pop_front();
        }
        self.rejected.push_back(Rejection {
            author,
            entry: of,
            fault,
            at: entry.at,
        });
    }

    /// Whoever leaves is bound by nothing any more, and has no part in what has not ended.
    fn leave(&mut self, entry: &Entry, member: &Hex<32>, reason: &Text<200>) {
        let gone = Gone {
            by: entry.author,
            reason: reason.clone(),
        };
        if let Some(seat) = self.seats.get_mut(member) {
            seat.left = Some(gone.clone());
        }
        for edition in &mut self.editions {
            edition.signed.remove(member);
        }
        let seq = self.head.seq;
        for round in self.rounds.iter_mut().filter(|round| round.closed.is_none()) {
            if let Some(party) = round.parties.get_mut(member) {
                party.left = Some(gone.clone());
                legs::settle(round, seq, entry.author);
            }
        }
    }
}

fn ensure(holds: bool, fault: Fault) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault) }
}
