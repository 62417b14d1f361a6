//! Figures that leave the house: tables by month, in which no small count is told and none follows from what is told.
//!
//! A count below the agreed smallest is withheld, nothing at all as well as one or two. Then, so that sums do not give
//! it back, more is withheld, until whoever knows every figure that is told, in all tables together, and that counts are
//! not negative, must hold it possible that each small count is zero, and also that it is not small. What is withheld
//! for the one reason and for the other looks the same.
//!
//! Why it is enough to look at each table by itself: all tables count the same findings, so all that joins them are the
//! totals of the months. A total that is told is a constant. A month whose total is small is withheld in all tables, with
//! every sum over the months, so that no equation is left in which its cells stand. And given the totals, each table can
//! be as it likes whatever the others are: for any tables of non-negative counts with one total there are findings that
//! give them all.
//!
//! Who knows how this program chooses what to withhold can exclude some of what the figures alone allow; and figures of
//! two times about the same months are two tables that this does not see together.

use petgraph::{
    algo::dinics,
    graph::{DiGraph, NodeIndex},
};
use serde::{Deserialize, Serialize};

use crate::{Error, Fen, Month};

/// How many findings, and what sum is to be verified in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Findings.
    pub findings: u64,
    /// 待核实金额
    pub fen: Fen,
}

/// One way to divide all findings, by agency pair, rule or key group: a row for each part, each with a sum for each
/// month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<L> {
    /// What each row is of, and its sums.
    pub rows: Vec<(L, Vec<Sum>)>,
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

/// Tables as they leave the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published<L> {
    /// The smallest count that is told.
    pub smallest: u64,
    /// The months.
    pub months: Vec<Month>,
    /// The total of each month.
    pub month_totals: Vec<Shown>,
    /// The total of all.
    pub total: Shown,
    /// The tables, in the order in which they were given.
    pub tables: Vec<Vec<PublishedRow<L>>>,
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
}

/// Makes figures fit to be told: no count below `smallest` is told or can be found from what is.
///
/// # Errors
/// [`Error::Figures`] where a table has another number of months than there are, or totals of months that are not those
/// of the first table; [`Error::AmountOverflow`].
pub fn publish<L: Clone>(
    smallest: u64,
    months: &[Month],
    tables: &[Table<L>],
) -> Result<Published<L>, Error> {
    let grid = |(at, table)| Grid::of(table, months.len())?.ok_or(Error::Figures { table: at });
    let grids: Vec<Grid> = tables.iter().enumerate().map(grid).collect::<Result<_, _>>()?;
    let totals = grids
        .first()
        .map_or_else(|| vec![Sum::default(); months.len()], |grid| grid.columns.clone());
    if let Some(table) = grids.iter().position(|grid| grid.columns != totals) {
        return Err(Error::Figures { table });
    }
    let small: Vec<bool> = totals.iter().map(|total| total.findings < smallest).collect();
    let any_small = small.contains(&true);
    let total = sum(&totals)?;
    let shown = |sum: Sum, withheld: bool| {
        if withheld {
            Shown::Withheld {}
        } else {
            Shown::Told(sum)
        }
    };
    let rows = |(table, grid): (&Table<L>, &Grid)| {
        let withheld = Withheld::in_table(grid, smallest, &small);
        let row = |(at, (of, _)): (usize, &(L, Vec<Sum>))| PublishedRow {
            of: of.clone(),
            months: grid.cells[at]
                .iter()
                .zip(&withheld.cells[at])
                .map(|(sum, withheld)| shown(*sum, *withheld))
                .collect(),
            total: shown(grid.rows[at], withheld.rows[at]),
        };
        table.rows.iter().enumerate().map(row).collect()
    };
    Ok(Published {
        smallest,
        months: months.to_vec(),
        total: shown(total, any_small || total.findings < smallest),
        month_totals: totals
            .iter()
            .zip(&small)
            .map(|(sum, small)| shown(*sum, *small))
            .collect(),
        tables: tables.iter().zip(&grids).map(rows).collect(),
    })
}

/// A table with its sums.
struct Grid {
    cells: Vec<Vec<Sum>>,
    rows: Vec<Sum>,
    columns: Vec<Sum>,
}

impl Grid {
    /// None where a row has another number of months.
    fn of<L>(table: &Table<L>, months: usize) -> Result<Option<Grid>, Error> {
        let cells: Vec<Vec<Sum>> = table.rows.iter().map(|(_, sums)| sums.clone()).collect();
        if cells.iter().any(|sums| sums.len() != months) {
            return Ok(None);
        }
        let column = |month: usize| sum(cells.iter().map(|sums| &sums[month]));
        Ok(Some(Grid {
            rows: cells.iter().map(sum).collect::<Result<_, _>>()?,
            columns: (0..months).map(column).collect::<Result<_, _>>()?,
            cells,
        }))
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

/// One figure of a table: a cell, or without a month the sum of a row.
type At = (usize, Option<usize>);

/// Which figures of one table are withheld.
struct Withheld {
    cells: Vec<Vec<bool>>,
    rows: Vec<bool>,
}

impl Withheld {
    fn in_table(grid: &Grid, smallest: u64, small_months: &[bool]) -> Withheld {
        let any_small = small_months.contains(&true);
        let is_small = |sum: &Sum| sum.findings < smallest;
        let cells = grid.cells.iter().map(|row| {
            let cells = row.iter().zip(small_months);
            cells.map(|(sum, small)| *small || is_small(sum)).collect()
        });
        let mut withheld = Withheld {
            cells: cells.collect(),
            rows: grid.rows.iter().map(|sum| any_small || is_small(sum)).collect(),
        };
        let figures: Vec<At> = withheld.figures(small_months).collect();
        // What more is withheld leaves more open of every other figure, so each needs to be looked at once.
        for at in figures.iter().filter(|at| is_small(grid.at(**at))) {
            while !withheld.leaves_open(grid, small_months, *at, smallest) {
                let told = figures.iter().filter(|other| !withheld.has(**other));
                let near = |other: &At| other.0 == at.0 || other.1.is_some() && other.1 == at.1;
                let Some(next) = told.min_by_key(|other| (!near(other), grid.at(**other).findings)) else {
                    // Only the totals of the months are told, and each is of several rows or no small figure.
                    break;
                };
                withheld.withhold(*next);
            }
        }
        withheld
    }

    /// Every figure that stands in an equation with others.
    fn figures(&self, small_months: &[bool]) -> impl Iterator<Item = At> {
        let months: Vec<Option<usize>> = (0..small_months.len())
            .filter(|month| !small_months[*month])
            .map(Some)
            .chain([None])
            .collect();
        (0..self.rows.len()).flat_map(move |row| months.clone().into_iter().map(move |month| (row, month)))
    }

    fn has(&self, (row, month): At) -> bool {
        month.map_or(self.rows[row], |month| self.cells[row][month])
    }

    fn withhold(&mut self, (row, month): At) {
        match month {
            Some(month) => self.cells[row][month] = true,
            None => self.rows[row] = true,
        }
    }

    /// Whether the figure can, for all that is told, be zero, and can be no small one.
    ///
    /// The equations of a table are those of a flow: what goes from a hub to a row is the row's sum, what goes from a row
    /// to a month is a cell, and what leaves a month is its total. To make one figure larger or smaller others must give
    /// way around it, as far as they are withheld and stay counts; that is a maximum flow from one of its ends to the
    /// other, and counts being whole numbers, it is exact.
    fn leaves_open(&self, grid: &Grid, small_months: &[bool], at: At, smallest: u64) -> bool {
        let count = grid.at(at).findings;
        let (from, to) = grid.ends(at);
        let up = smallest.saturating_sub(count);
        self.gives_way(grid, small_months, at, (to, from), up)
            && self.gives_way(grid, small_months, at, (from, to), count)
    }

    fn gives_way(
        &self,
        grid: &Grid,
        small_months: &[bool],
        but: At,
        (source, sink): (usize, usize),
        needed: u64,
    ) -> bool {
        /// More than any count.
        const UNBOUNDED: u64 = u64::MAX >> 8;
        if needed == 0 {
            return true;
        }
        let node = NodeIndex::new;
        let mut network = DiGraph::<(), u64>::new();
        for _ in 0..=grid.hub() + 1 {
            network.add_node(());
        }
        let beginning = node(grid.hub() + 1);
        network.add_edge(beginning, node(source), needed);
        for at in self
            .figures(small_months)
            .filter(|at| *at != but && self.has(*at))
        {
            let (from, to) = grid.ends(at);
            network.add_edge(node(from), node(to), UNBOUNDED);
            network.add_edge(node(to), node(from), grid.at(at).findings);
        }
        dinics(&network, beginning, node(sink)).0 == needed
    }
}

impl Grid {
    fn at(&self, (row, month): At) -> &Sum {
        month.map_or(&self.rows[row], |month| &self.cells[row][month])
    }

    /// Rows come first among the nodes of the network, then months, then the hub.
    fn ends(&self, (row, month): At) -> (usize, usize) {
        match month {
            Some(month) => (row, self.rows.len() + month),
            None => (self.hub(), row),
        }
    }

    fn hub(&self) -> usize {
        self.rows.len() + self.columns.len()
    }
}
