//! 统计、公示、质量评查: what is told of a round, what is published of money, and what is drawn to be looked at.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hefu_casework::conference::{
    Counts, DoneLeg, Draw, Funds, Leg, LegState, Line, Lot, RoundFigures, SignedEntry, State, Word, funds,
    round_figures,
};
use hefu_casework::figures::{Published, Row, Sum, publish};
use hefu_casework::note::Item;
use hefu_casework::{
    Agreement, AidRecord, Error as CaseworkError, Hex, HouseholdNo, Known, Month, MonthRange, Per,
    ProgrammeCode, Protection, is_referral,
};
use hefu_psi::wire::Abort;
use jiff::civil::Date;

use crate::agreement::policy;
use crate::node::today;
use crate::{Error, Node, Result};

/// Figures of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The smallest count that is told in them.
    pub smallest: u64,
    /// Whether all members see them.
    pub published: bool,
    /// The figures.
    pub figures: RoundFigures,
    /// The legs that were done, with whoever learned and the other.
    pub legs: BTreeMap<Leg, [Hex<32>; 2]>,
}

/// What is published of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedFunds {
    /// By the office: what findings came to, by agency.
    Findings(Vec<Funds>),
    /// By a member: what it paid, by programme and month. A figure counts payments.
    Paid(Published<ProgrammeCode>),
}

/// A matter that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its line.
    pub line: Line,
    /// Its lot.
    pub lot: Lot,
}

/// How many are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// So many of a hundred: each member can tell of its own.
    Percent(u8),
    /// So many in all, of those that are known here.
    Count(usize),
}

/// What figures of a round are made of, as the record has it.
struct Made {
    smallest: u64,
    months: MonthRange,
    done: Vec<(Leg, [Hex<32>; 2], Agreement)>,
    told: Option<RoundFigures>,
    is_closed: bool,
    counts: BTreeMap<Hex<32>, Counts>,
    /// Who learned, and has not reported.
    missing: BTreeSet<Hex<32>>,
}

impl Made {
    fn legs(&self) -> Vec<DoneLeg<'_>> {
        let done = self.done.iter();
        done.map(|(leg, _, agreement)| DoneLeg { leg: *leg, agreement })
            .collect()
    }
}

impl Node {
    /// The figures of a round: as all members see them, or at the office, before they are published, as they would. With
    /// `exact`, at the office alone, nothing is withheld.
    ///
    /// # Errors
    /// When there is no such round, and at a member before they are published; where a member has not reported, or its
    /// counts can't be those of the round.
    pub fn round_figures(&self, conference: &Hex<32>, round: u32, exact: bool) -> Result<Figures> {
        let made = self.made(conference, round)?;
        let published = made.told.is_some();
        let figures = match (&made.told, exact) {
            (Some(told), false) => told.clone(),
            (_, true) => self.at_office(conference).and_then(|()| of_counts(&made, 0))?,
            (None, false) => {
                self.at_office(conference)
                    .map_err(|_| policy("conference_figures_none", Abort::Policy))?;
                of_counts(&made, made.smallest)?
            }
        };
        Ok(Figures {
            smallest: if exact { 0 } else { made.smallest },
            published: published && !exact,
            figures,
            legs: made.done.into_iter().map(|(leg, pair, _)| (leg, pair)).collect(),
        })
    }

    /// Puts the figures of a round on record, for all members. They are told once.
    ///
    /// # Errors
    /// As [`Node::round_figures`]; the record's.
    pub fn publish_figures(&self, conference: &Hex<32>, round: u32, actor: &str) -> Result<()> {
        let made = self.made(conference, round)?;
        self.at_office(conference)?;
        let figures = Box::new(of_counts(&made, made.smallest)?);
        self.say(conference, Word::Figures { round, figures }, None, actor)?;
        Ok(())
    }

    /// 资金公示 of a round, with the smallest number of which a sum is told: at the office what findings came to, once the
    /// round is closed and counts change no more, or two sums would tell apart what came between them: single people. At a
    /// member what it paid in the round's months by its own records. Both without minors and victims.
    ///
    /// # Errors
    /// As [`Node::round_figures`]; at the office when the round is not closed; when records can't be read.
    pub fn round_funds(&self, conference: &Hex<32>, round: u32) -> Result<(u64, PublishedFunds)> {
        let made = self.made(conference, round)?;
        let funds = if self.conference(conference)?.is_office {
            if !made.is_closed {
                return Err(policy("conference_not_closed", Abort::Policy));
            }
            must_be_complete(&made)?;
            PublishedFunds::Findings(funds_of(&made)?)
        } else {
            let datasets = self.current_datasets()?;
            let paid = self.with_records(&datasets, |records| paid(made.smallest, made.months, records))?;
            PublishedFunds::Paid(paid)
        };
        Ok((made.smallest, funds))
    }

    /// 质量评查: which lines of a closed round are drawn, of those that this node can read, by their lots.
    ///
    /// # Errors
    /// When there is no such round, it is not closed, or no member has said anything since.
    pub fn draw_sample(&self, conference: &Hex<32>, round: u32, share: Share) -> Result<Vec<Drawn>> {
        let (closed, office, lines) = self
            .with_conference(conference, |state| {
                let of_round = state.round(round)?;
                let lines = state.lines().filter(|line| line.round == Some(round));
                let closed = of_round.closed.as_ref().map(|closing| closing.head);
                Some((closed, state.office()?, lines.cloned().collect::<Vec<_>>()))
            })?
            .ok_or_else(|| no_round(round))?;
        let closed = closed.ok_or_else(|| policy("conference_not_closed", Abort::Policy))?;
        let next = self.first_of_a_member(conference, closed.seq, &office)?;
        let draw = next.map(|next| Draw::new(&closed, &next));
        let draw = draw.ok_or_else(|| policy("conference_not_drawn", Abort::Policy))?;
        let drawn: BTreeSet<Item> = match share {
            Share::Percent(percent) => {
                let items = lines.iter().map(|line| line.item);
                items.filter(|item| draw.takes(item, percent)).collect()
            }
            Share::Count(count) => {
                let items = lines.iter().map(|line| line.item);
                draw.lowest(items, count).into_iter().collect()
            }
        };
        let drawn = lines.into_iter().filter(|line| drawn.contains(&line.item));
        let mut drawn: Vec<Drawn> = drawn
            .map(|line| Drawn {
                lot: draw.lot(&line.item),
                line,
            })
            .collect();
        drawn.sort_by_key(|drawn| (drawn.lot, drawn.line.item));
        Ok(drawn)
    }

    /// The first entry after a place whose author is a member that had read so far, by digest.
    fn first_of_a_member(
        &self,
        conference: &Hex<32>,
        closed: u64,
        office: &Hex<32>,
    ) -> Result<Option<Hex<32>>> {
        const PAGE: usize = 256;
        let mut after = closed;
        loop {
            let page = self.store.conference_entries(&conference.0, after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            after = last.seq;
            for stored in &page {
                let signed = SignedEntry::parse(&stored.bytes)?;
                if signed.entry.author != *office && closed <= signed.entry.seen.seq {
                    return Ok(Some(signed.digest()));
                }
            }
        }
    }

    pub(super) fn at_office(&self, conference: &Hex<32>) -> Result<()> {
        match self.conference(conference)?.is_office {
            true => Ok(()),
            false => Err(policy("conference_office_only", Abort::Policy)),
        }
    }

    fn made(&self, conference: &Hex<32>, round: u32) -> Result<Made> {
        self.with_conference(conference, |state| made(state, round))?
            .ok_or_else(|| no_round(round))
    }
}

fn no_round(round: u32) -> Error {
    Error::Missing {
        what: "round",
        name: round.to_string(),
    }
}

fn made(state: &State, round: u32) -> Option<Made> {
    let of_round = state.round(round)?;
    let edition = state.edition(&of_round.announced.framework)?;
    let legs = of_round.legs.iter();
    let legs = legs.filter(|(_, run)| matches!(run.state, LegState::Done(_)));
    let done: Vec<_> = legs
        .filter_map(|(leg, run)| {
            let agreement = state.narrowed(round, &leg.annex)?;
            Some((*leg, [run.receiver, run.sender], agreement))
        })
        .collect();
    let has_reported = |key: &Hex<32>| of_round.parties.get(key).is_some_and(|party| party.reported);
    let learned = done.iter().map(|(_, [receiver, _], _)| *receiver);
    Some(Made {
        smallest: edition.framework.smallest,
        months: of_round.announced.months,
        missing: learned.filter(|key| !has_reported(key)).collect(),
        done,
        told: of_round.figures.clone(),
        is_closed: of_round.closed.is_some(),
        counts: state
            .counts(round)
            .map(|(key, counts)| (*key, counts.clone()))
            .collect(),
    })
}

/// They are told once: so nobody's may be missing.
fn must_be_complete(made: &Made) -> Result<()> {
    match made.missing.first() {
        None => Ok(()),
        Some(who) => Err(Error::NotReported { who: *who }),
    }
}

fn of_counts(made: &Made, smallest: u64) -> Result<RoundFigures> {
    must_be_complete(made)?;
    Ok(round_figures(smallest, made.months, &made.legs(), &made.counts)?)
}

/// Beside the figures as they were told, or as they will be.
fn funds_of(made: &Made) -> Result<Vec<Funds>> {
    let figures = match &made.told {
        Some(told) => told.clone(),
        None => of_counts(made, made.smallest)?,
    };
    Ok(funds(
        made.smallest,
        made.months,
        &made.legs(),
        &made.counts,
        &figures,
    )?)
}

/// What was paid in these months, by programme: each payment once, and none to a person who is a minor or a victim, or of
/// whom nobody has said that they are not.
fn paid(
    smallest: u64,
    months: MonthRange,
    records: &mut dyn Iterator<Item = AidRecord>,
) -> Result<Published<ProgrammeCode>> {
    let today: Date = today();
    let mut sums: BTreeMap<ProgrammeCode, BTreeMap<Month, Sum>> = BTreeMap::new();
    let mut households: HashSet<(HouseholdNo, ProgrammeCode, Month)> = HashSet::new();
    for record in records {
        let is_public = record.protection == Protection::No
            && record.circumstances.victim.is_none()
            && Known::minor(&record.person, today) == Known::No;
        let Some(amount) = record.amount.filter(|_| is_public && !record.is_recovery()) else {
            continue;
        };
        if is_referral(&record.programme) {
            continue;
        }
        for month in record.paid_months(months).iter() {
            if let (Per::Household, Some(household)) = (amount.per, &record.household)
                && !households.insert((household.clone(), record.programme.clone(), month))
            {
                continue;
            }
            let by_month = sums.entry(record.programme.clone()).or_default();
            let sum = by_month.entry(month).or_default();
            sum.findings += 1;
            sum.fen = sum
                .fen
                .checked_add(amount.fen)
                .ok_or(CaseworkError::AmountOverflow)?;
        }
    }
    let columns: Vec<Option<Month>> = months.iter().map(Some).collect();
    let row = |(programme, by_month): (ProgrammeCode, BTreeMap<Month, Sum>)| {
        let sum = |month: Month| by_month.get(&month).copied().unwrap_or_default();
        Row::Whole(programme, months.iter().map(sum).collect())
    };
    let rows: Vec<_> = sums.into_iter().map(row).collect();
    Ok(publish(smallest, &columns, &rows, &[])?)
}
