//! Figures that leave the house: counts by month, in a tree of rows, in which no small count is told and none follows from
//! what is told.
//!
//! A count below the agreed smallest is withheld, nothing at all as well as one or two. Then, so that sums do not give
//! it back, more is withheld, until whoever knows every figure that is told, and that counts are not negative, must hold it
//! possible that each small count is zero, and also that it is not small. What is withheld for the one reason and for the
//! other looks the same, and what is withheld is not told by its parts either.
//!
//! Those who are told figures know some of them already: their own. So each small count is open in this sense to whoever
//! knows the rows of any one of them besides, too. Where that can't be done otherwise, the total of a month is withheld,
//! with every figure of the month and every sum over the months, so that no equation is left in which its cells stand.
//!
//! Why one tree, and not a table by each of the things that can be told apart: which rules a pair of agencies has agreed
//! on is known to all, and people who have a benefit for disabled people are disabled. So a row of one table can be one of
//! another, and what one table withholds would stand in the other. In a tree each finding stands in one row, and in those
//! above it.
//!
//! Who knows how this program chooses what to withhold can exclude some of what the figures alone allow; and figures of
//! two times about the same findings are two trees that this does not see together: whoever publishes sees to it that each
//! finding is counted at one time only.

mod network;
mod told;

use serde::{Deserialize, Serialize};

use crate::{Error, Fen, Month};
use network::Network;

/// How many findings, and what sum is to be verified in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Findings.
    pub findings: u64,
    /// 待核实金额
    pub fen: Fen,
}

/// A row, of which findings are counted by month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row<L> {
    /// What it is of, and a sum for each month.
    Whole(L, Vec<Sum>),
    /// What it is of, and the rows whose sum it is.
    Parted(L, Vec<Row<L>>),
}

/// A figure as it leaves the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shown {
    /// It is told.
    Told(Sum),
    /// It is small, or would give a small one away.
    Withheld {},
}

/// A tree as it leaves the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published<L> {
    /// The smallest count that is told.
    pub smallest: u64,
    /// The months; none for the column of what has no month.
    pub months: Vec<Option<Month>>,
    /// The total of each month.
    pub month_totals: Vec<Shown>,
    /// The total of all.
    pub total: Shown,
    /// The rows, in the order in which they were given.
    pub rows: Vec<PublishedRow<L>>,
}

/// A row as it leaves the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedRow<L> {
    /// What it is of.
    pub of: L,
    /// The figure of each month.
    pub months: Vec<Shown>,
    /// Their sum.
    pub total: Shown,
    /// The rows whose sum it is; none where it is not divided.
    pub parts: Vec<PublishedRow<L>>,
}

/// Makes figures fit to be told: no count below `smallest` is told or can be found from what is. `own` has, of each of those
/// who are told them, the rows that they know already: indices into the rows at the top.
///
/// # Errors
/// [`Error::Figures`] where a row has another number of months than there are; [`Error::AmountOverflow`].
pub fn publish<L: Clone>(
    smallest: u64,
    months: &[Option<Month>],
    rows: &[Row<L>],
    own: &[Vec<usize>],
) -> Result<Published<L>, Error> {
    let tree = Tree::of(rows, months.len())?;
    let withheld = Withheld::of(&tree, smallest, own);
    let shown = |sum: Sum, withheld: bool| match withheld {
        true => Shown::Withheld {},
        false => Shown::Told(sum),
    };
    let any_hidden = withheld.months.contains(&true);
    let total = sum(&tree.totals)?;
    let mut nodes = 0..tree.rows.len();
    Ok(Published {
        smallest,
        months: months.to_vec(),
        total: shown(total, any_hidden || total.findings < smallest),
        month_totals: (tree.totals.iter().zip(&withheld.months))
            .map(|(sum, hidden)| shown(*sum, *hidden))
            .collect(),
        rows: published(rows, &mut nodes, &|row| PublishedRow {
            of: (),
            months: (tree.rows[row].months.iter().zip(&withheld.cells[row]))
                .map(|(sum, withheld)| shown(*sum, *withheld))
                .collect(),
            total: shown(tree.rows[row].total, withheld.totals[row]),
            parts: Vec::new(),
        }),
    })
}

/// The rows with what is shown of each, in the order in which [`Tree::of`] numbers them.
fn published<L: Clone>(
    rows: &[Row<L>],
    numbers: &mut impl Iterator<Item = usize>,
    figures: &impl Fn(usize) -> PublishedRow<()>,
) -> Vec<PublishedRow<L>> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(number) = numbers.next() else { break };
        let PublishedRow { months, total, .. } = figures(number);
        let (of, parts) = match row {
            Row::Whole(of, _) => (of, Vec::new()),
            Row::Parted(of, parts) => (of, published(parts, numbers, figures)),
        };
        all.push(PublishedRow {
            of: of.clone(),
            months,
            total,
            parts,
        });
    }
    all
}

/// All rows with their sums, each before its parts.
struct Tree {
    rows: Vec<Summed>,
    /// Of each month.
    totals: Vec<Sum>,
}

struct Summed {
    above: Option<usize>,
    /// The row at the top of the tree that it is part of, counting those from 0.
    top: usize,
    is_parted: bool,
    months: Vec<Sum>,
    total: Sum,
}

impl Tree {
    fn of<L>(rows: &[Row<L>], months: usize) -> Result<Tree, Error> {
        let mut tree = Tree {
            rows: Vec::new(),
            totals: vec![Sum::default(); months],
        };
        for (top, row) in rows.iter().enumerate() {
            let at = tree.enter(row, None, top)?;
            for (total, month) in tree.totals.iter_mut().zip(&tree.rows[at].months) {
                *total = sum([&*total, month])?;
            }
        }
        Ok(tree)
    }

    fn enter<L>(&mut self, row: &Row<L>, above: Option<usize>, top: usize) -> Result<usize, Error> {
        let at = self.rows.len();
        self.rows.push(Summed {
            above,
            top,
            is_parted: matches!(row, Row::Parted(..)),
            months: vec![Sum::default(); self.totals.len()],
            total: Sum::default(),
        });
        match row {
            Row::Whole(_, sums) if sums.len() != self.totals.len() => {
                return Err(Error::Figures { row: top });
            }
            Row::Whole(_, sums) => self.rows[at].months.clone_from(sums),
            Row::Parted(_, parts) => {
                for part in parts {
                    let part = self.enter(part, Some(at), top)?;
                    let pairs = self.rows[at].months.iter().zip(&self.rows[part].months);
                    self.rows[at].months = pairs
                        .map(|(whole, part)| sum([whole, part]))
                        .collect::<Result<_, _>>()?;
                }
            }
        }
        self.rows[at].total = sum(&self.rows[at].months)?;
        Ok(at)
    }

    fn at(&self, (row, month): At) -> &Sum {
        month.map_or(&self.rows[row].total, |month| &self.rows[row].months[month])
    }

    /// Whether `row` is `above`, or a part of it, or of a part of that.
    fn is_within(&self, row: usize, above: usize) -> bool {
        row == above
            || self.rows[row]
                .above
                .is_some_and(|next| self.is_within(next, above))
    }
}

fn sum<'a>(sums: impl IntoIterator<Item = &'a Sum>) -> Result<Sum, Error> {
    sums.into_iter().try_fold(Sum::default(), |total, each| {
        Ok(Sum {
            findings: total
                .findings
                .checked_add(each.findings)
                .ok_or(Error::AmountOverflow)?,
            fen: total.fen.checked_add(each.fen).ok_or(Error::AmountOverflow)?,
        })
    })
}

/// One figure: what a row has in a month, or without a month the sum of the row.
type At = (usize, Option<usize>);

/// Which figures are withheld.
struct Withheld {
    cells: Vec<Vec<bool>>,
    totals: Vec<bool>,
    /// The months of which nothing is told.
    months: Vec<bool>,
}

impl Withheld {
    fn of(tree: &Tree, smallest: u64, own: &[Vec<usize>]) -> Withheld {
        let mut hidden: Vec<bool> = (tree.totals.iter())
            .map(|total| total.findings < smallest)
            .collect();
        loop {
            let mut withheld = Withheld::small(tree, smallest, &hidden);
            let Err((_, month)) = withheld.complete(tree, smallest, own) else {
                return withheld;
            };
            let told = (0..hidden.len()).filter(|month| !hidden[*month]);
            let smallest_told = told.min_by_key(|month| tree.totals[*month].findings);
            // A month is hidden each time. With none told there is no equation, and nothing that is not open.
            match month.or(smallest_told) {
                Some(month) => hidden[month] = true,
                None => return withheld,
            }
        }
    }

    /// What is small itself, and what is of a hidden month.
    fn small(tree: &Tree, smallest: u64, hidden: &[bool]) -> Withheld {
        let any_hidden = hidden.contains(&true);
        let is_small = |sum: &Sum| sum.findings < smallest;
        let cells = |row: &Summed| {
            let cells = row.months.iter().zip(hidden);
            cells.map(|(sum, hidden)| *hidden || is_small(sum)).collect()
        };
        Withheld {
            cells: tree.rows.iter().map(cells).collect(),
            totals: (tree.rows.iter())
                .map(|row| any_hidden || is_small(&row.total))
                .collect(),
            months: hidden.to_vec(),
        }
    }

    /// Withholds more, until every small figure is open. The error is one that can't be.
    fn complete(&mut self, tree: &Tree, smallest: u64, own: &[Vec<usize>]) -> Result<(), At> {
        let figures: Vec<At> = self.figures().collect();
        // Whoever has rows of their own, and outsiders.
        let viewers: Vec<&[usize]> = own.iter().map(Vec::as_slice).chain([&[][..]]).collect();
        let mut networks: Vec<Network<'_>> = (viewers.iter())
            .map(|known| self.network(tree, |row| !known.contains(&tree.rows[row].top)))
            .collect();
        // What more is withheld leaves more open of every other figure, so each needs to be looked at once.
        for at in figures.iter().filter(|at| tree.at(**at).findings < smallest) {
            let top = tree.rows[at.0].top;
            // What is open by the figures of its own row alone is open to all to whom that row is.
            let mut within = self.network(tree, |row| tree.rows[row].top == top);
            if self.leaves_open(&mut within, tree, smallest, *at) {
                continue;
            }
            for (known, viewer) in viewers.iter().zip(0..).filter(|(known, _)| !known.contains(&top)) {
                while !self.leaves_open(&mut networks[viewer], tree, smallest, *at) {
                    let told = figures.iter().filter(|other| !self.has(**other));
                    let of_use = told.filter(|(row, _)| !known.contains(&tree.rows[*row].top));
                    let near = |other: &At| Network::touch(tree, *at, *other);
                    let next = of_use.min_by_key(|other| (!near(other), self.count(tree, **other)));
                    for more in self.withhold(tree, *next.ok_or(*at)?) {
                        let less = self.count(tree, more);
                        let unknown = |known: &[usize]| !known.contains(&tree.rows[more.0].top);
                        let open = networks
                            .iter_mut()
                            .zip(&viewers)
                            .filter(|(_, known)| unknown(known));
                        open.for_each(|(network, _)| network.give_way(more, less));
                    }
                }
            }
        }
        Ok(())
    }

    /// In which the figures that are withheld give way, of the rows of which `open` holds: those are not known otherwise.
    fn network<'a>(&self, tree: &'a Tree, open: impl Fn(usize) -> bool) -> Network<'a> {
        let mut network = Network::new(tree);
        let withheld = self
            .figures()
            .filter(|(row, _)| open(*row))
            .filter(|at| self.has(*at));
        for at in withheld {
            network.give_way(at, self.count(tree, at));
        }
        network
    }

    /// Every figure that stands in an equation with others.
    fn figures(&self) -> impl Iterator<Item = At> + use<> {
        let months: Vec<Option<usize>> = (0..self.months.len())
            .filter(|month| !self.months[*month])
            .map(Some)
            .chain([None])
            .collect();
        (0..self.totals.len()).flat_map(move |row| months.clone().into_iter().map(move |month| (row, month)))
    }

    fn has(&self, (row, month): At) -> bool {
        month.map_or(self.totals[row], |month| self.cells[row][month])
    }

    /// Withholds a figure and its parts. Says which were not before.
    fn withhold(&mut self, tree: &Tree, (above, month): At) -> Vec<At> {
        let rows = (above..tree.rows.len()).take_while(|row| tree.is_within(*row, above));
        let more: Vec<At> = rows.map(|row| (row, month)).filter(|at| !self.has(*at)).collect();
        for (row, month) in &more {
            match month {
                Some(month) => self.cells[*row][*month] = true,
                None => self.totals[*row] = true,
            }
        }
        more
    }

    /// Whether the figure can, for all that is told, be zero, and can be no small one, where what gives way in this network
    /// is what is not known.
    fn leaves_open(&self, network: &mut Network<'_>, tree: &Tree, smallest: u64, at: At) -> bool {
        // A sum over months of which one is hidden can be anything above.
        let is_free = at.1.is_none() && self.months.contains(&true);
        let more = smallest.saturating_sub(tree.at(at).findings);
        let less = self.count(tree, at);
        network.without(at, |network| {
            network.takes_less(at, less) && (is_free || network.takes_more(at, more))
        })
    }

    /// Findings, as far as they stand in an equation: those of a hidden month do not.
    fn count(&self, tree: &Tree, at: At) -> u64 {
        let (row, None) = at else {
            return tree.at(at).findings;
        };
        let months = tree.rows[row].months.iter().zip(&self.months);
        months
            .map(|(sum, hidden)| if *hidden { 0 } else { sum.findings })
            .sum()
    }
}
