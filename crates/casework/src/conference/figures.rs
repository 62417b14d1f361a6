//! 统计: the figures of a round, as all members see them, and what is published of its money (资金公示).
//!
//! They are made by the office of what each member counted of the legs in which it learned: for each purpose, by leg, that
//! is by agency pair, within by rule, within by key group, and by month. What of this is told is for
//! [`figures`](crate::figures) to say, with the k of the framework, and with each member as one who knows its own. Counts
//! of a round have in them what was new in that round alone, and its figures are told once: so figures of different rounds
//! are of different findings, also where the rounds have months in common, and no sum joins them. No figure has noise.
//!
//! Where both parties of an annex learn which of their records meet, both find the same meetings. Those are counted once,
//! as the party found them that the annex names first: otherwise what is withheld of the one could be read from the other.
//! And where one party alone learns, the other knows how many they are too: each has brought it a line of the ledger.
//!
//! How far findings have come is exact, as the framework has it (核实、停发、追缴、更正). It says that there are at least so
//! many findings, and, being told at all, that they are no few. So it is told of legs whose own figures say as much
//! already, and adds nothing to them.
//! Sums of money are exact, and told where they are of so many findings that none of them can be one person's.

mod funds;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Cell, Counts, Leg, Settled};
use crate::{
    Agreement, Error, Fen, Hex, Month, MonthRange, Purpose, RuleId,
    figures::{Published, PublishedRow, Row, Shown, Sum, publish},
};

pub use funds::{Funds, funds};

/// What is told of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundFigures {
    /// Of each purpose for which legs were done, in order.
    pub purposes: Vec<OfPurpose>,
    /// How far findings have come, of each leg that was done, in order.
    pub progress: Vec<Progress>,
}

impl RoundFigures {
    /// Whether they are of these legs and months, agree with each other, and give whoever is told them no count below the
    /// smallest: it is neither told, nor is there a figure that could only be one. What members know besides, nobody can
    /// look at here.
    pub(super) fn can_be_told(&self, smallest: u64, months: MonthRange, done: &[DoneLeg<'_>]) -> bool {
        let nothing = BTreeMap::new();
        let legs = done.iter().map(|leg| Found::of(leg, months, done, &nothing));
        let Ok(mut legs) = legs.collect::<Result<Vec<_>, _>>() else {
            return false;
        };
        legs.sort_by_key(|found| found.leg);
        let purposes: BTreeSet<Purpose> = legs.iter().map(|found| found.purpose).collect();
        let dated: Vec<_> = months.iter().map(Some).collect();
        let fits = |of: &OfPurpose| {
            let counted = |found: &&Found<'_>| found.purpose == of.purpose && found.counted_as == found.leg;
            let counted: Vec<_> = legs.iter().filter(counted).collect();
            of.dated.is_of(smallest, &dated, &counted)
                && of.undated.is_of(smallest, &[None], &counted)
                && [&of.dated, &of.undated].into_iter().all(Published::can_be_told)
        };
        let says_no_more = |(of, found): (&Progress, &Found<'_>)| {
            let told = findings_told(&self.purposes, found.counted_as);
            of.came.is_none_or(|came| came.adds_nothing_to(told))
        };
        let progress = self.progress.iter().map(|of| &of.leg);
        !legs.is_empty()
            && purposes.iter().eq(self.purposes.iter().map(|of| &of.purpose))
            && legs.iter().map(|found| &found.leg).eq(progress)
            && self.purposes.iter().all(fits)
            && self.progress.iter().zip(&legs).all(says_no_more)
            && self.progress.iter().all(|of| of.can_be_told(smallest))
    }
}

impl Published<Part> {
    /// Whether they are of these months and legs, by all by which those are divided.
    fn is_of(&self, smallest: u64, months: &[Option<Month>], counted: &[&Found<'_>]) -> bool {
        let rows = counted.iter().map(|found| found.row(months));
        let rows = rows.collect::<Result<Vec<_>, _>>();
        self.smallest == smallest && self.months == months && rows.is_ok_and(|rows| are_of(&self.rows, &rows))
    }
}

/// Whether these are figures of these rows, whatever they say.
fn are_of(published: &[PublishedRow<Part>], rows: &[Row<Part>]) -> bool {
    let is_of = |(published, row): (&PublishedRow<Part>, &Row<Part>)| {
        let (of, parts) = match row {
            Row::Whole(of, _) => (of, &[][..]),
            Row::Parted(of, parts) => (of, parts.as_slice()),
        };
        published.of == *of && are_of(&published.parts, parts)
    };
    published.len() == rows.len() && published.iter().zip(rows).all(is_of)
}

/// Findings of one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfPurpose {
    /// Which.
    pub purpose: Purpose,
    /// Those that have months, by the first of them.
    pub dated: Published<Part>,
    /// Those that have none, as where a rule counts by case.
    pub undated: Published<Part>,
}

/// By what findings are divided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Part {
    /// The leg that found them.
    Leg(Leg),
    /// The rule that would be broken.
    Rule(RuleId),
    /// Whether they are of key groups.
    KeyGroup(bool),
}

/// How far the findings of a leg have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Which.
    pub leg: Leg,
    /// Nothing where there are few, or where less is told of the leg than it would say that there is.
    pub came: Option<Came>,
}

impl Progress {
    /// Whether no more has become of findings than there are, and no sum is of few.
    fn can_be_told(&self, smallest: u64) -> bool {
        self.came.is_none_or(|came| {
            let Came {
                verified,
                stopped,
                recovered,
                corrected,
            } = came;
            let is_sum = |exact: &Exact| {
                let few = (1..smallest).contains(&exact.findings);
                exact.fen.is_none_or(|fen| fen >= Fen(0) && !few)
            };
            let decided = stopped.findings.checked_add(recovered.findings);
            decided.is_some_and(|decided| decided <= verified.findings)
                && corrected.findings <= verified.findings
                && [verified, stopped, recovered, corrected].iter().all(is_sum)
        })
    }
}

/// How many findings have come how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Came {
    /// 已核实
    pub verified: Exact,
    /// 停发, with what is not paid any more a month.
    pub stopped: Exact,
    /// 追缴
    pub recovered: Exact,
    /// 更正
    pub corrected: Exact,
}

impl Came {
    /// Whether so many findings as are told are as many as this says that there are. Of nothing that is told nothing is said
    /// either: that something is would tell which legs have few.
    fn adds_nothing_to(&self, told: u64) -> bool {
        told > 0 && self.verified.findings <= told
    }
}

/// An exact count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exact {
    /// Findings.
    pub findings: u64,
    /// Their sum; nothing where it would be that of few.
    pub fen: Option<Fen>,
}

/// A leg that is done.
#[derive(Clone, Copy)]
pub struct DoneLeg<'a> {
    /// Which.
    pub leg: Leg,
    /// The agreement under which it ran.
    pub agreement: &'a Agreement,
}

/// The figures of a round with these months, fit to be told, from what each member counted: of 0, the smallest number that
/// is told, nothing is withheld. Counts of legs that are not among `done` are left out.
///
/// # Errors
/// [`Error::Counts`] where somebody's are not what its legs could find; [`Error::AmountOverflow`].
pub fn round_figures(
    smallest: u64,
    months: MonthRange,
    done: &[DoneLeg<'_>],
    counts: &BTreeMap<Hex<32>, Counts>,
) -> Result<RoundFigures, Error> {
    let mut legs: Vec<Found<'_>> = done
        .iter()
        .map(|leg| Found::of(leg, months, done, counts))
        .collect::<Result<_, _>>()?;
    legs.sort_by_key(|found| found.leg);
    let dated: Vec<_> = months.iter().map(Some).collect();
    let mut purposes = Vec::new();
    for purpose in legs.iter().map(|found| found.purpose).collect::<BTreeSet<_>>() {
        let counted = |found: &&Found<'_>| found.purpose == purpose && found.counted_as == found.leg;
        let counted: Vec<_> = legs.iter().filter(counted).collect();
        purposes.push(OfPurpose {
            purpose,
            dated: told(smallest, &dated, &counted)?,
            undated: told(smallest, &[None], &counted)?,
        });
    }
    let progress = legs.iter().map(|found| found.progress(smallest, &purposes));
    let progress = progress.collect::<Result<_, _>>()?;
    Ok(RoundFigures { purposes, progress })
}

/// What a leg found.
struct Found<'a> {
    leg: Leg,
    purpose: Purpose,
    learned: Hex<32>,
    /// The leg as which it is counted: the other one of the annex, where that finds the same.
    counted_as: Leg,
    /// Who knows how many there are: whoever learned, and the other, that a line of the ledger tells of each.
    known_to: [Hex<32>; 2],
    /// Under which rules findings could be, whether there are any or not.
    rules: Vec<RuleId>,
    /// With the rule, where there are rules.
    cells: Vec<(Option<&'a RuleId>, &'a Cell)>,
}

impl<'a> Found<'a> {
    fn of(
        DoneLeg { leg, agreement }: &DoneLeg<'_>,
        months: MonthRange,
        done: &[DoneLeg<'_>],
        counts: &'a BTreeMap<Hex<32>, Counts>,
    ) -> Result<Found<'a>, Error> {
        let learned = agreement.party(leg.receiver.into())?.node_key;
        let of = agreement.parties.iter().find(|party| party.node_key != learned);
        let of = of.ok_or(Error::NotAParty)?.node_key;
        let both = done.iter().find(|other| {
            let finds_the_same = matches!(agreement.purpose, Purpose::Duplicates | Purpose::Leads);
            other.leg.annex == leg.annex && other.leg.receiver != leg.receiver && finds_the_same
        });
        let counts = counts.get(&learned).map_or(&[][..], |counts| &counts.cells);
        let cells = counts.iter().filter(|cell| cell.annex == leg.annex);
        let cells: Vec<_> = cells.map(|cell| (cell.rule.as_ref(), cell)).collect();
        let fits = |(rule, cell): &(Option<&RuleId>, &Cell)| {
            let known_rule = match rule {
                Some(rule) => agreement.rules.contains(rule),
                None => agreement.rules.is_empty(),
            };
            known_rule
                && cell.other == of
                && cell.month.is_none_or(|month| months.contains(month))
                && cell.holds()
        };
        if !cells.iter().all(fits) {
            return Err(Error::Counts { who: learned });
        }
        Ok(Found {
            leg: *leg,
            purpose: agreement.purpose,
            learned,
            counted_as: both.map_or(*leg, |other| other.leg.min(*leg)),
            known_to: [learned, of],
            rules: agreement.rules.clone(),
            cells,
        })
    }

    /// As a row of a tree.
    fn row(&self, months: &[Option<Month>]) -> Result<Row<Part>, Error> {
        let group = |rule: Option<&RuleId>, key_group| {
            let sum = |month: &Option<Month>| self.sum(rule, key_group, *month);
            let sums = months.iter().map(sum).collect::<Result<_, _>>()?;
            Ok::<_, Error>(Row::Whole(Part::KeyGroup(key_group), sums))
        };
        let groups = |rule: Option<&RuleId>| Ok::<_, Error>(vec![group(rule, true)?, group(rule, false)?]);
        let of_rule = |rule: &RuleId| Ok(Row::Parted(Part::Rule(rule.clone()), groups(Some(rule))?));
        let parts = match self.rules.as_slice() {
            [] => groups(None)?,
            rules => rules.iter().map(of_rule).collect::<Result<_, Error>>()?,
        };
        Ok(Row::Parted(Part::Leg(self.leg), parts))
    }

    fn sum(&self, rule: Option<&RuleId>, key_group: bool, month: Option<Month>) -> Result<Sum, Error> {
        let of_it = |(of, cell): &&(Option<&RuleId>, &Cell)| {
            *of == rule && cell.key_group == key_group && cell.month == month
        };
        let mut cells = self.cells.iter().filter(of_it);
        cells.try_fold(Sum::default(), |sum, (_, cell)| {
            Ok(Sum {
                findings: added(sum.findings, cell.findings)?,
                fen: added_fen(sum.fen, cell.to_verify)?,
            })
        })
    }

    fn findings(&self) -> Result<u64, Error> {
        let mut cells = self.cells.iter();
        cells.try_fold(0, |sum, (_, cell)| added(sum, cell.findings))
    }

    fn progress(&self, smallest: u64, purposes: &[OfPurpose]) -> Result<Progress, Error> {
        let findings = self.findings()?;
        let mut settled = Settled::default();
        for (_, cell) in &self.cells {
            settled = settled.with(&cell.settled)?;
        }
        let told = findings_told(purposes, self.counted_as);
        let came = settled.told(smallest, findings);
        let may_be_told = smallest == 0 || findings >= smallest && came.adds_nothing_to(told);
        Ok(Progress {
            leg: self.leg,
            came: may_be_told.then_some(came),
        })
    }
}

/// How many findings are told of a leg that is counted, with months and without: where their sum is not told, those of
/// the months that are.
fn findings_told(purposes: &[OfPurpose], leg: Leg) -> u64 {
    let told = |shown: &Shown| match shown {
        Shown::Told(sum) => sum.findings,
        Shown::Withheld {} => 0,
    };
    let rows = purposes
        .iter()
        .flat_map(|of| of.dated.rows.iter().chain(&of.undated.rows));
    let of_leg = rows.filter(|row| row.of == Part::Leg(leg));
    let sums = of_leg.map(|row| match &row.total {
        Shown::Told(sum) => sum.findings,
        Shown::Withheld {} => row.months.iter().map(told).fold(0, u64::saturating_add),
    });
    sums.fold(0, u64::saturating_add)
}

/// The tree of legs, fit to be told to all who know some of them.
fn told(smallest: u64, months: &[Option<Month>], counted: &[&Found<'_>]) -> Result<Published<Part>, Error> {
    let agencies: BTreeSet<&Hex<32>> = counted.iter().flat_map(|found| &found.known_to).collect();
    let own = |agency| {
        let known = |(_, found): &(usize, &&Found<'_>)| found.known_to.contains(agency);
        let rows = counted.iter().enumerate().filter(known);
        rows.map(|(at, _)| at).collect()
    };
    let own: Vec<Vec<usize>> = agencies.into_iter().map(own).collect();
    let rows = counted.iter().map(|found| found.row(months));
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    publish(smallest, months, &rows, &own)
}

impl Settled {
    fn with(&self, other: &Settled) -> Result<Settled, Error> {
        Ok(Settled {
            verified: added(self.verified, other.verified)?,
            verified_fen: added_fen(self.verified_fen, other.verified_fen)?,
            stopped: added(self.stopped, other.stopped)?,
            stopped_fen: added_fen(self.stopped_fen, other.stopped_fen)?,
            recovered: added(self.recovered, other.recovered)?,
            recovered_fen: added_fen(self.recovered_fen, other.recovered_fen)?,
            corrected: added(self.corrected, other.corrected)?,
            corrected_fen: added_fen(self.corrected_fen, other.corrected_fen)?,
        })
    }

    /// What is told of so many findings. The amounts of those that are verified and of those that are corrected are parts of
    /// the amount of all: they are told where no part is one of few.
    fn told(&self, smallest: u64, findings: u64) -> Came {
        let is_told = |count: u64| count == 0 || count >= smallest;
        let parts = [
            findings.saturating_sub(self.verified),
            self.verified.saturating_sub(self.corrected),
            self.corrected,
        ];
        let parts_told = parts.into_iter().all(is_told);
        let exact = |findings, fen, told: bool| Exact {
            findings,
            fen: told.then_some(fen),
        };
        Came {
            verified: exact(self.verified, self.verified_fen, parts_told),
            stopped: exact(self.stopped, self.stopped_fen, is_told(self.stopped)),
            recovered: exact(self.recovered, self.recovered_fen, is_told(self.recovered)),
            corrected: exact(self.corrected, self.corrected_fen, parts_told),
        }
    }
}

fn added(a: u64, b: u64) -> Result<u64, Error> {
    a.checked_add(b).ok_or(Error::AmountOverflow)
}

fn added_fen(a: Fen, b: Fen) -> Result<Fen, Error> {
    a.checked_add(b).ok_or(Error::AmountOverflow)
}
