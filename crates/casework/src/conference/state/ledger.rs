//! The ledger, plans, counts and decisions: what follows from enclosures, for those who can open them.

use std::collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry as Slot};

use jiff::{Timestamp, civil::Date};

use super::{Public, State, ensure};
use crate::{
    Agreement, Hex, Text,
    conference::{
        Change, Counts, Decision, Enclosed, Entry, Escalation, Fault, ItemKind, ItemOutcome, ItemState, Leg,
        LegState, Line, MAX_CHANGES, Plan, Private, Round, Word, framework::beijing_day, private::MAX_CELLS,
    },
    note::Item,
};

/// How many lines one agency can own towards another: nobody fills the ledger for all. The three who can read one of them
/// can read all of them, and count alike.
const MAX_OWNED: usize = 20_000;
/// How many measures one agency can have for one person.
const MAX_MEASURES: usize = 100;
const MAX_DECISIONS: usize = 200;
/// How many faulty enclosures are kept in mind.
const MAX_FAULTY: usize = 1024;

/// A line's number, and the agency that owns it: whoever is asked knows the number of the question before its line comes, and
/// keeps nobody from it by a line of its own.
type OfOwner = (Item, Hex<32>);

/// What follows from the enclosures that the holder could open.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    lines: BTreeMap<OfOwner, Kept>,
    /// How many of them each agency owns towards another.
    owned: BTreeMap<[Hex<32>; 2], usize>,
    plans: BTreeMap<OfOwner, Planned>,
    counts: BTreeMap<u32, BTreeMap<Hex<32>, Counts>>,
    decisions: Vec<Decided>,
    faulty: VecDeque<Faulty>,
}

#[derive(Clone, Debug)]
struct Kept {
    line: Line,
    opened_by: Hex<32>,
    past: Past,
}

/// How a line has come to where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// On which day, in Beijing, the record last brought it into each of the states that it was in.
    pub reached: BTreeMap<ItemState, Date>,
    /// The last day that it was given for what was to be done.
    pub due: Option<Date>,
    /// What the addressed agency last answered, where it said what came of it.
    pub answered: Option<ItemOutcome>,
}

#[derive(Clone, Debug)]
struct Planned {
    /// The agency that referred, and the one that was asked.
    pair: [Hex<32>; 2],
    /// Those who were told a measure by the agency that referred.
    involved: BTreeSet<Hex<32>>,
    /// In the order in which each was first told.
    measures: Vec<Measure>,
}

/// A measure of an assistance plan, as it was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The measure.
    pub plan: Plan,
    /// When it was told, by its agency's clock.
    pub at: Timestamp,
}

/// What a consultation decided on one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The entry that says so, by digest.
    pub entry: Hex<32>,
    /// The number of the minutes.
    pub minutes: Text<100>,
    /// When, by the office's clock.
    pub at: Timestamp,
    /// The decision.
    pub decision: Decision,
}

/// An enclosure that its holder could open, and that is against the rules. It changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faulty {
    /// The entry, by digest.
    pub entry: Hex<32>,
    /// Its place.
    pub seq: u64,
    /// In what way.
    pub fault: Fault,
}

impl State {
    /// The lines of the ledger that the holder can read, by item.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.ledger.lines.values().map(|kept| &kept.line)
    }

    /// One of them, by its number and the agency that owns it.
    pub fn line(&self, item: &Item, from: &Hex<32>) -> Option<&Line> {
        self.kept(item, from).map(|kept| &kept.line)
    }

    /// Of which agency's matter a number is understood where none is named: the holder's own, or else the only one that has a
    /// line under it; where there is no line, a plan.
    pub fn owner(&self, item: &Item, holder: &Hex<32>) -> Option<Hex<32>> {
        let all = (*item, Hex([0; 32]))..=(*item, Hex([255; 32]));
        let lines = self.ledger.lines.range(all.clone()).map(|(key, _)| key.1);
        let mut owners: Vec<Hex<32>> = lines.collect();
        if owners.is_empty() {
            owners.extend(self.ledger.plans.range(all).map(|(key, _)| key.1));
        }
        match owners.as_slice() {
            [only] => Some(*only),
            several => several.iter().find(|owner| *owner == holder).copied(),
        }
    }

    /// Who put a line on the ledger, by node key: the agency that owns it, or the office.
    pub fn opened_by(&self, item: &Item, from: &Hex<32>) -> Option<Hex<32>> {
        self.kept(item, from).map(|kept| kept.opened_by)
    }

    /// On which day, in Beijing, the record last brought a line into each of the states that it was in.
    pub fn reached(&self, item: &Item, from: &Hex<32>) -> Option<&BTreeMap<ItemState, Date>> {
        self.past(item, from).map(|past| &past.reached)
    }

    /// How a line has come to where it is.
    pub fn past(&self, item: &Item, from: &Hex<32>) -> Option<&Past> {
        self.kept(item, from).map(|kept| &kept.past)
    }

    fn kept(&self, item: &Item, from: &Hex<32>) -> Option<&Kept> {
        self.ledger.lines.get(&(*item, *from))
    }

    fn planned(&self, item: &Item, from: &Hex<32>) -> Option<&Planned> {
        self.ledger.plans.get(&(*item, *from))
    }

    /// The measures for a referred person, so far as the holder was told of them.
    pub fn plans(&self, item: &Item, from: &Hex<32>) -> &[Measure] {
        self.planned(item, from)
            .map_or(&[], |planned| planned.measures.as_slice())
    }

    /// The agency that referred a person, and the one that it referred the person to, by node key: as the line has it, or
    /// the plan where the holder has no line to look at.
    pub fn referral(&self, item: &Item, from: &Hex<32>) -> Option<[Hex<32>; 2]> {
        let planned = || self.planned(item, from).map(|planned| planned.pair);
        let line = self.line(item, from).map(|line| [line.from, line.to]);
        line.or_else(planned)
    }

    /// Who is involved in the assistance plan of a referred person and has a seat, by node key: the two agencies of the
    /// referral, and those to whom the one that referred has told a measure.
    pub fn involved(&self, item: &Item, from: &Hex<32>) -> BTreeSet<Hex<32>> {
        let told = self.planned(item, from).map(|planned| &planned.involved);
        let mut involved: BTreeSet<Hex<32>> = self.referral(item, from).into_iter().flatten().collect();
        involved.extend(told.into_iter().flatten());
        involved.retain(|node| self.is_seated(node));
        involved
    }

    /// What each member has reported of a round, by node key, and of what its figures were made once these are told. The
    /// office alone can read more than its own.
    pub fn counts(&self, round: u32) -> impl Iterator<Item = (&Hex<32>, &Counts)> {
        self.ledger.counts.get(&round).into_iter().flatten()
    }

    /// What was decided on matters that the holder can read, in order.
    pub fn decisions(&self) -> &[Decided] {
        &self.ledger.decisions
    }

    /// Which enclosures the holder could open and found to be against the rules, the last 1024 of them.
    pub fn faulty(&self) -> impl Iterator<Item = &Faulty> {
        self.ledger.faulty.iter()
    }

    /// For whom an author has to enclose this, by node key in ascending order. None where it has no business with it.
    pub fn readers(&self, author: &Hex<32>, private: &Private) -> Option<Vec<Hex<32>>> {
        let office = self.office()?;
        let mut readers: BTreeSet<Hex<32>> = BTreeSet::from([*author]);
        match private {
            Private::Items(lines) => readers.extend(lines.first().map(|line| [office, line.from, line.to])?),
            Private::Counts(_) => readers.extend([office]),
            Private::Plan(plan) => {
                let pair = [plan.from, plan.to].into_iter();
                readers.extend(pair.filter(|node| self.is_seated(node)));
                readers.extend(self.involved(&plan.item, &plan.from));
            }
            Private::Decided(decisions) => {
                let first = decisions.first()?;
                let line = self.line(&first.item, &first.from)?;
                readers.extend([office, line.from, line.to]);
            }
        }
        Some(readers.into_iter().collect())
    }
}

impl Ledger {
    /// Whether what is enclosed can be said.
    pub(super) fn judge(&self, public: &Public, entry: &Entry, private: &Private) -> Result<(), Fault> {
        let readers = readers_of(entry);
        let office = public.office().ok_or(Fault::EnclosedWrong)?;
        match (&entry.word, private) {
            (Word::Items {}, Private::Items(lines)) => {
                let mut items = BTreeSet::new();
                let once = lines.iter().all(|line| items.insert(key_of(line)));
                let bounded = (1..=MAX_CHANGES).contains(&lines.len()) && once;
                ensure(bounded, Fault::LineWrong)?;
                self.must_have_room(lines)?;
                lines
                    .iter()
                    .try_for_each(|line| self.may_change(public, entry, &office, &readers, line))
            }
            (Word::Reported { round }, Private::Counts(counts)) => {
                ensure(counts.round == *round, Fault::CountsWrong)?;
                let round = public.round(*round)?;
                counts_hold(public, round, &entry.author, counts)
            }
            (Word::Planned {}, Private::Plan(plan)) => self.may_plan(public, entry, &readers, plan),
            (Word::Decided { .. }, Private::Decided(decisions)) => {
                let bounded = (1..=MAX_DECISIONS).contains(&decisions.len());
                ensure(bounded, Fault::LineWrong)?;
                let mut items = BTreeSet::new();
                let of = |decision: &Decision| (decision.item, decision.from);
                let once = decisions.iter().all(|decision| items.insert(of(decision)));
                ensure(once, Fault::LineWrong)?;
                decisions
                    .iter()
                    .try_for_each(|decision| self.may_decide(&office, &readers, decision))
            }
            _ => Err(Fault::EnclosedWrong),
        }
    }

    /// Takes what was judged well.
    pub(super) fn take(&mut self, public: &Public, entry: &Entry, digest: Hex<32>, private: &Private) {
        let on = beijing_day(entry.at);
        match (&entry.word, private) {
            (Word::Items {}, Private::Items(lines)) => {
                for line in lines {
                    self.put(line, &entry.author, on);
                }
            }
            (Word::Reported { .. }, Private::Counts(counts)) => {
                // Figures are of the counts that there were: so is all that is published beside them.
                let told = public
                    .round(counts.round)
                    .is_ok_and(|round| round.figures.is_some());
                let of_round = self.counts.entry(counts.round).or_default();
                if !told || !of_round.contains_key(&entry.author) {
                    of_round.insert(entry.author, counts.clone());
                }
            }
            (Word::Planned {}, Private::Plan(plan)) => self.plan(entry, plan),
            (Word::Decided { minutes }, Private::Decided(decisions)) => {
                for decision in decisions {
                    self.decide(decision, &entry.author, on);
                    self.decisions.push(Decided {
                        entry: digest,
                        minutes: minutes.clone(),
                        at: entry.at,
                        decision: decision.clone(),
                    });
                }
            }
            _ => {}
        }
    }

    pub(super) fn note_faulty(&mut self, entry: Hex<32>, seq: u64, fault: Fault) {
        if self.faulty.len() == MAX_FAULTY {
            self.faulty.pop_front();
        }
        self.faulty.push_back(Faulty { entry, seq, fault });
    }

    fn must_have_room(&self, lines: &[Line]) -> Result<(), Fault> {
        let mut owned = BTreeMap::new();
        for line in lines
            .iter()
            .filter(|line| !self.lines.contains_key(&key_of(line)))
        {
            let pair = [line.from, line.to];
            let before = self.owned.get(&pair).copied().unwrap_or(0);
            let count = owned.entry(pair).or_insert(before);
            *count += 1;
            ensure(*count <= MAX_OWNED, Fault::TooMany)?;
        }
        Ok(())
    }

    fn may_change(
        &self,
        public: &Public,
        entry: &Entry,
        office: &Hex<32>,
        readers: &BTreeSet<Hex<32>>,
        line: &Change,
    ) -> Result<(), Fault> {
        ensure(
            *readers == BTreeSet::from([*office, line.from, line.to]),
            Fault::EnclosedWrong,
        )?;
        match self.lines.get(&key_of(line)) {
            Some(kept) => kept.line.may_change(&entry.author, office, line),
            None => {
                if let Some(round) = line.round {
                    let done = public.round(round)?.legs.values().any(|run| {
                        let between = run.receiver == line.from && run.sender == line.to;
                        between && matches!(run.state, LegState::Done(_))
                    });
                    ensure(done, Fault::LineWrong)?;
                }
                let seated = public.is_seated(&line.from) && public.is_seated(&line.to);
                ensure(seated, Fault::NotSeated)?;
                line.may_open(&entry.author, office)
            }
        }
    }

    fn put(&mut self, line: &Line, author: &Hex<32>, on: Date) {
        let key = key_of(line);
        let before = self.lines.get(&key);
        let mut past = before.map(|kept| kept.past.clone()).unwrap_or_default();
        if before.is_none() {
            *self.owned.entry([line.from, line.to]).or_default() += 1;
            // What was told before there was a line was told by somebody whose matter it was not.
            let planned = self.plans.get(&key);
            let of_another =
                |planned: &Planned| line.kind != ItemKind::Referral || planned.pair != [line.from, line.to];
            if planned.is_some_and(of_another) {
                self.plans.remove(&key);
            }
        }
        let opened_by = before.map_or(*author, |kept| kept.opened_by);
        if before.is_none_or(|kept| kept.line.state != line.state) {
            past.reached.insert(line.state, on);
        }
        past.due = line.due.or(past.due);
        if *author == line.to {
            past.answered = line.outcome.or(past.answered);
        }
        let line = line.clone();
        let kept = Kept {
            line,
            opened_by,
            past,
        };
        self.lines.insert(key, kept);
    }

    /// Who is told of a person is decided by the agency that referred it; others tell those of whom they know. An agency
    /// that was brought in has no line to look at: it goes by what the one that referred has told it first.
    fn may_plan(
        &self,
        public: &Public,
        entry: &Entry,
        readers: &BTreeSet<Hex<32>>,
        plan: &Plan,
    ) -> Result<(), Fault> {
        let seat = public.seats.get(&entry.author).ok_or(Fault::NotSeated)?;
        let own = plan.agency == entry.author && plan.role == seat.seat.role;
        ensure(own, Fault::LineWrong)?;
        let key = (plan.item, plan.from);
        let planned = self.plans.get(&key);
        let owner = entry.author == plan.from;
        let pair = [plan.from, plan.to];
        let known = match (self.lines.get(&key), planned) {
            (Some(Kept { line, .. }), _) => line.kind == ItemKind::Referral && pair == [line.from, line.to],
            (None, Some(planned)) => pair == planned.pair,
            (None, None) => owner && plan.from != plan.to,
        };
        ensure(known, Fault::LineWrong)?;
        let told = planned.map(|planned| &planned.involved);
        let involved: BTreeSet<&Hex<32>> = pair.iter().chain(told.into_iter().flatten()).collect();
        let reads = |node: &Hex<32>| !public.is_seated(node) || readers.contains(node);
        // Whoever was brought in is told all that the one that referred tells. So all who are involved know of each other.
        let fits = if owner {
            involved.iter().all(|node| reads(node))
        } else {
            pair.iter().all(reads) && readers.iter().all(|reader| involved.contains(reader))
        };
        ensure(fits, Fault::EnclosedWrong)?;
        let measures = planned.map_or(&[][..], |planned| &planned.measures);
        let again = measures.iter().any(|measure| is_same(&measure.plan, plan));
        let own = measures
            .iter()
            .filter(|measure| measure.plan.agency == plan.agency);
        ensure(again || own.count() < MAX_MEASURES, Fault::TooMany)
    }

    fn plan(&mut self, entry: &Entry, plan: &Plan) {
        let planned = self
            .plans
            .entry((plan.item, plan.from))
            .or_insert_with(|| Planned {
                pair: [plan.from, plan.to],
                involved: BTreeSet::new(),
                measures: Vec::new(),
            });
        if entry.author == plan.from {
            planned.involved.extend(readers_of(entry));
        }
        let told = Measure {
            plan: plan.clone(),
            at: entry.at,
        };
        match planned
            .measures
            .iter_mut()
            .find(|measure| is_same(&measure.plan, plan))
        {
            Some(measure) => *measure = told,
            None => planned.measures.push(told),
        }
    }

    fn may_decide(
        &self,
        office: &Hex<32>,
        readers: &BTreeSet<Hex<32>>,
        decision: &Decision,
    ) -> Result<(), Fault> {
        let key = (decision.item, decision.from);
        let kept = self.lines.get(&key).ok_or(Fault::LineWrong)?;
        let concerned = BTreeSet::from([*office, kept.line.from, kept.line.to]);
        ensure(*readers == concerned, Fault::EnclosedWrong)?;
        let open = kept.line.state != ItemState::Corrected;
        let due = decision.due.is_none_or(|due| kept.line.opened <= due);
        let counted = kept.line.revision < u32::MAX;
        ensure(
            open && due && counted && concerned.contains(&decision.by),
            Fault::LineWrong,
        )
    }

    fn decide(&mut self, decision: &Decision, author: &Hex<32>, on: Date) {
        if let Some(Kept { line, .. }) = self.lines.get(&(decision.item, decision.from)) {
            let line = Line {
                escalation: Escalation::Decided,
                due: decision.due.or(line.due),
                revision: line.revision.saturating_add(1),
                ..line.clone()
            };
            self.put(&line, author, on);
        }
    }
}

fn key_of(line: &Line) -> OfOwner {
    (line.item, line.from)
}

fn readers_of(entry: &Entry) -> BTreeSet<Hex<32>> {
    let to = entry.enclosed.iter().flat_map(|Enclosed { to, .. }| to);
    to.map(|recipient| recipient.node).collect()
}

/// A measure is known by its words: what is said of it later takes the place of what was said before.
fn is_same(a: &Plan, b: &Plan) -> bool {
    a.agency == b.agency && a.measure == b.measure
}

/// Whether counts are of legs in which their author learned and that are done, each kind of finding once.
fn counts_hold(public: &Public, round: &Round, author: &Hex<32>, counts: &Counts) -> Result<(), Fault> {
    ensure(counts.cells.len() <= MAX_CELLS, Fault::TooMany)?;
    let mut agreements: BTreeMap<Hex<32>, Agreement> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    // Of each leg, how many findings there can still be: each is of an element of its own.
    let mut left: BTreeMap<Hex<32>, u64> = BTreeMap::new();
    for cell in &counts.cells {
        let agreement = match agreements.entry(cell.annex) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(slot) => {
                let narrowed = public.narrowed(round, &cell.annex);
                slot.insert(narrowed.ok_or(Fault::CountsWrong)?)
            }
        };
        let receiver = agreement
            .index_of(&author.0)
            .and_then(|index| u8::try_from(index).ok());
        let leg = receiver.and_then(|receiver| {
            let annex = cell.annex;
            round.legs.get(&Leg { annex, receiver })
        });
        let leg = leg.filter(|run| run.sender == cell.other).map(|run| &run.state);
        let Some(LegState::Done(receipt)) = leg else {
            return Err(Fault::CountsWrong);
        };
        let left = left.entry(cell.annex).or_insert(receipt.receiver_elements);
        *left = left.checked_sub(cell.findings).ok_or(Fault::CountsWrong)?;
        let agreed = cell
            .rule
            .as_ref()
            .is_none_or(|rule| agreement.rules.contains(rule));
        let months = agreement.selection.months;
        let timely = cell.month.is_none_or(|month| months.contains(month));
        let kind = (
            cell.annex,
            cell.rule.clone(),
            cell.month,
            cell.key_group,
            cell.withheld,
        );
        let holds = agreed && timely && cell.holds() && seen.insert(kind);
        ensure(holds, Fault::CountsWrong)?;
    }
    Ok(())
}
