//! 资金公示: what findings came to in money, by agency.
//!
//! Who has the figures of a round takes what these tell of an agency's money from what is published of it: what is left
//! must be of no few findings either. Of the amounts verified the figures tell sums in two ways, with those to be verified
//! in every row, and with those that are verified of each leg; of what was stopped and recovered in the latter only.

use std::collections::BTreeMap;

use super::{Came, DoneLeg, Exact, Found, RoundFigures, added, added_fen, findings_told};
use crate::{
    Error, Fen, Hex, Month, MonthRange, RuleId,
    conference::{Counts, Settled},
};

/// What is published of an agency's money in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funds {
    /// Which agency.
    pub agency: Hex<32>,
    /// 经核实涉及金额
    pub verified: Option<Fen>,
    /// 停发金额, a month.
    pub stopped: Option<Fen>,
    /// 追回金额
    pub recovered: Option<Fen>,
}

/// 资金公示 beside the figures of the same counts: what each agency's findings came to in money, without those of minors and
/// victims. A sum is there where it is of no few findings, none was left out of it or no few were, and nothing is left of
/// it, or of no few findings something, for whoever takes from it what the figures tell.
///
/// # Errors
/// As [`round_figures`](super::round_figures).
pub fn funds(
    smallest: u64,
    months: MonthRange,
    done: &[DoneLeg<'_>],
    counts: &BTreeMap<Hex<32>, Counts>,
    figures: &RoundFigures,
) -> Result<Vec<Funds>, Error> {
    let mut agencies: BTreeMap<Hex<32>, Vec<Money>> = BTreeMap::new();
    for leg in done {
        let found = Found::of(leg, months, done, counts)?;
        let money = Money::of(&found, figures)?;
        agencies.entry(found.learned).or_default().push(money);
    }
    let funds = |(agency, legs): (Hex<32>, Vec<Money>)| {
        Ok(Funds {
            agency,
            verified: told(smallest, legs.iter().map(|leg| leg.verified))?,
            stopped: told(smallest, legs.iter().map(|leg| leg.stopped))?,
            recovered: told(smallest, legs.iter().map(|leg| leg.recovered))?,
        })
    };
    agencies.into_iter().map(funds).collect()
}

/// The sum of an agency's legs, where it may be told.
fn told(smallest: u64, legs: impl Iterator<Item = Share>) -> Result<Option<Fen>, Error> {
    let mut all = Share::default();
    for leg in legs {
        all = Share {
            public: added(all.public, leg.public)?,
            left_out: added(all.left_out, leg.left_out)?,
            fen: added_fen(all.fen, leg.fen)?,
            beyond: match (all.beyond, leg.beyond) {
                (Some(all), Some(leg)) => Some(added(all, leg)?),
                (all, leg) => all.or(leg),
            },
        };
    }
    let is_few = |count: u64| (1..smallest).contains(&count);
    let may_be =
        all.public >= smallest && !is_few(all.left_out) && all.beyond.is_none_or(|beyond| beyond >= smallest);
    Ok(may_be.then_some(all.fen))
}

/// What a leg has in a sum.
#[derive(Clone, Copy, Default)]
struct Share {
    /// Of how many findings.
    public: u64,
    /// How many are left out of it.
    left_out: u64,
    fen: Fen,
    /// Of how few findings something can be left of it, for whoever adds and takes away what the figures tell; nothing where
    /// these tell it themselves.
    beyond: Option<u64>,
}

/// What a leg came to in money.
struct Money {
    verified: Share,
    stopped: Share,
    recovered: Share,
}

impl Money {
    fn of(found: &Found<'_>, figures: &RoundFigures) -> Result<Money, Error> {
        let mut sums = [Settled::default(); 2];
        for (_, cell) in &found.cells {
            let sum = &mut sums[usize::from(cell.withheld)];
            *sum = sum.with(&cell.settled)?;
        }
        let [public, withheld] = sums;
        let of_leg = figures.progress.iter().find(|of| of.leg == found.leg);
        let came = of_leg.and_then(|of| of.came);
        let is_told = |exact: fn(&Came) -> Exact| came.is_some_and(|came| exact(&came).fen.is_some());
        let share = |count: fn(&Settled) -> u64, fen: fn(&Settled) -> Fen, is_told: bool| {
            let (public_count, left_out) = (count(&public), count(&withheld));
            let is_known = public_count == 0 || is_told && left_out == 0;
            let beyond = if is_told {
                public_count.min(left_out)
            } else {
                public_count
            };
            Share {
                public: public_count,
                left_out,
                fen: fen(&public),
                beyond: (!is_known).then_some(beyond),
            }
        };
        let is_verified_told = is_told(|came| came.verified);
        let mut verified = share(|of| of.verified, |of| of.verified_fen, is_verified_told);
        let findings = found.findings()?;
        // Then the row of the leg has the same sum.
        let is_row = verified.public == findings && findings_told(&figures.purposes, found.leg) == findings;
        verified.beyond = match verified.beyond {
            Some(_) if !is_row => Some(least_beyond(&kinds(found)?, is_verified_told)?),
            _ => None,
        };
        Ok(Money {
            verified,
            stopped: share(|of| of.stopped, |of| of.stopped_fen, is_told(|came| came.stopped)),
            recovered: share(
                |of| of.recovered,
                |of| of.recovered_fen,
                is_told(|came| came.recovered),
            ),
        })
    }
}

/// Findings that all rows tell together: those of one rule, key group and month.
#[derive(Clone, Copy, Default)]
struct Kind {
    /// Those that are verified and stand, and those that are corrected: first how many are public, then how many are not.
    settled: [[u64; 2]; 2],
    /// Those that are not verified.
    open: u64,
}

fn kinds(found: &Found<'_>) -> Result<Vec<Kind>, Error> {
    let mut kinds: BTreeMap<(Option<&RuleId>, bool, Option<Month>), Kind> = BTreeMap::new();
    for (rule, cell) in &found.cells {
        let kind = kinds.entry((*rule, cell.key_group, cell.month)).or_default();
        let Settled {
            verified, corrected, ..
        } = cell.settled;
        // No more are corrected than verified, and no more verified than there are.
        let standing = verified.saturating_sub(corrected);
        let open = cell.findings.saturating_sub(verified);
        let at = usize::from(cell.withheld);
        kind.settled[0][at] = added(kind.settled[0][at], standing)?;
        kind.settled[1][at] = added(kind.settled[1][at], corrected)?;
        kind.open = added(kind.open, open)?;
    }
    Ok(kinds.into_values().collect())
}

/// Of how few findings something is left of what is verified and public, when of each kind the amount to be verified is
/// taken away so many times, and of all kinds alike, where that is told, the amount of those that are verified and stand,
/// and of those that are corrected. Rows tell more than one kind, or none of it: so it can be of no fewer.
fn least_beyond(kinds: &[Kind], is_told: bool) -> Result<u64, Error> {
    let times = if is_told { -1..=2 } else { 0..=0 };
    let mut least = u64::MAX;
    for (standing, corrected) in times.clone().flat_map(|a| times.clone().map(move |b| (a, b))) {
        let mut left = 0;
        for kind in kinds {
            let of_kind = (-3..=3).map(|all| {
                let open = if all == 0 { 0 } else { kind.open };
                let settled = kind.settled.iter().zip([all + standing, all + corrected]);
                let settled = settled.map(|([public, left_out], times)| match times {
                    0 => *public,
                    1 => *left_out,
                    _ => public.saturating_add(*left_out),
                });
                settled.fold(open, u64::saturating_add)
            });
            left = added(left, of_kind.min().unwrap_or_default())?;
        }
        least = least.min(left);
    }
    Ok(least)
}
