//! Figures that somebody else made: whether they agree with each other, and whether a small count follows from them.

use super::{At, Published, PublishedRow, Shown, Sum, Summed, Tree, Withheld, network::Network, sum};
use crate::Fen;

/// The most findings that all figures of a tree say together: sums stay exact.
const MAX_SAID: u64 = 1 << 53;

impl<L> Published<L> {
    /// Whether figures that somebody else made agree with each other, tell no small count, and leave it open of each that is
    /// withheld that it is no small one. What is withheld for its own sake looks like what is withheld for another's: that a
    /// small one could also be zero, and what is open to those who know rows of their own, is for whoever makes them to see
    /// to.
    #[must_use]
    pub fn can_be_told(&self) -> bool {
        Told::of(self).is_some_and(|told| told.leaves_open())
    }
}

/// Figures as whoever is told them has them: with counts instead of those that are withheld by which all sums hold.
struct Told {
    smallest: u64,
    tree: Tree,
    withheld: Withheld,
}

impl Told {
    /// Nothing where the figures contradict themselves: where no counts have the sums that are told, or what is withheld is
    /// told by its parts, or a sum stands over a month of which nothing is told. Nor where a small count is told.
    fn of<L>(figures: &Published<L>) -> Option<Told> {
        let mut told = Told::read(figures)?;
        let bound = |at: At| match told.withheld.has(at) {
            true => (at, 0, None),
            false => (at, told.tree.at(at).findings, Some(told.tree.at(at).findings)),
        };
        let bounds: Vec<_> = told.withheld.figures().map(bound).collect();
        let counts = Network::new(&told.tree).counts(&bounds, &told.withheld.months)?;
        for ((at, ..), count) in bounds.into_iter().zip(counts) {
            if let (row, Some(month)) = at {
                told.tree.rows[row].months[month].findings = count;
            }
        }
        Some(told)
    }

    /// Whether every count that is withheld could be no small one, for all that is told.
    fn leaves_open(&self) -> bool {
        let mut network = self.network();
        let hides = self.withheld.months.contains(&true);
        let mut withheld = self.withheld.figures().filter(|at| self.withheld.has(*at));
        withheld.all(|at| {
            let more = self.smallest.saturating_sub(self.withheld.count(&self.tree, at));
            let is_free = at.1.is_none() && hides;
            more == 0 || is_free || network.without(at, |network| network.takes_more(at, more))
        })
    }

    /// In which everything that is withheld gives way.
    fn network(&self) -> Network<'_> {
        let mut network = Network::new(&self.tree);
        for at in self.withheld.figures().filter(|at| self.withheld.has(*at)) {
            network.give_way(at, self.withheld.count(&self.tree, at));
        }
        network
    }

    fn is_small(&self, shown: &Shown) -> bool {
        matches!(shown, Shown::Told(sum) if sum.findings < self.smallest)
    }

    fn read<L>(figures: &Published<L>) -> Option<Told> {
        let columns = figures.months.len();
        let hidden: Vec<bool> = figures.month_totals.iter().map(is_withheld).collect();
        let hides = hidden.contains(&true);
        let ordered = columns > 0 && hidden.len() == columns && is_withheld(&figures.total) == hides;
        if !ordered {
            return None;
        }
        let mut told = Told {
            smallest: figures.smallest,
            tree: Tree {
                rows: Vec::new(),
                totals: figures.month_totals.iter().map(said).collect(),
            },
            withheld: Withheld {
                cells: Vec::new(),
                totals: Vec::new(),
                months: hidden,
            },
        };
        for (top, row) in figures.rows.iter().enumerate() {
            told.enter(row, None, top)?;
        }
        let totals = figures.month_totals.iter().chain([&figures.total]);
        if totals.into_iter().any(|total| told.is_small(total)) {
            return None;
        }
        // Sums of a month over rows, and over months: these are told where the month is.
        for (month, total) in figures.month_totals.iter().enumerate() {
            let rows = figures.rows.iter().map(|row| row.months.get(month));
            agrees(total, &rows.collect::<Option<Vec<_>>>()?)?;
        }
        agrees(
            &figures.total,
            &figures.rows.iter().map(|row| &row.total).collect::<Vec<_>>(),
        )?;
        agrees(&figures.total, &figures.month_totals.iter().collect::<Vec<_>>())?;
        let rows = told.tree.rows.iter();
        let all = rows.flat_map(|row| row.months.iter().chain([&row.total]));
        let all = sum(all.chain(&told.tree.totals)).ok()?;
        (all.findings <= MAX_SAID).then_some(told)
    }

    fn enter<L>(&mut self, row: &PublishedRow<L>, above: Option<usize>, top: usize) -> Option<()> {
        let at = self.tree.rows.len();
        let hidden = &self.withheld.months;
        let withheld: Vec<bool> = row.months.iter().map(is_withheld).collect();
        let no_month = hidden
            .iter()
            .zip(&withheld)
            .all(|(hidden, withheld)| *withheld || !hidden);
        let no_sum = is_withheld(&row.total) || !hidden.contains(&true);
        // What is withheld is not told by its parts.
        let no_part = above.is_none_or(|above| {
            let cells = self.withheld.cells[above].iter().zip(&withheld);
            let total = self.withheld.totals[above] && !is_withheld(&row.total);
            !total && cells.into_iter().all(|(whole, part)| *part || !whole)
        });
        let small = row
            .months
            .iter()
            .chain([&row.total])
            .any(|shown| self.is_small(shown));
        if withheld.len() != hidden.len() || small || !(no_month && no_sum && no_part) {
            return None;
        }
        agrees(&row.total, &row.months.iter().collect::<Vec<_>>())?;
        self.tree.rows.push(Summed {
            above,
            top,
            is_parted: !row.parts.is_empty(),
            months: row.months.iter().map(said).collect(),
            total: said(&row.total),
        });
        self.withheld.cells.push(withheld);
        self.withheld.totals.push(is_withheld(&row.total));
        for part in &row.parts {
            self.enter(part, Some(at), top)?;
        }
        if !row.parts.is_empty() {
            for (month, whole) in row.months.iter().enumerate() {
                let parts = row.parts.iter().map(|part| part.months.get(month));
                agrees(whole, &parts.collect::<Option<Vec<_>>>()?)?;
            }
            agrees(
                &row.total,
                &row.parts.iter().map(|part| &part.total).collect::<Vec<_>>(),
            )?;
        }
        Some(())
    }
}

/// That what is told of the parts is no more than the whole, and is the whole where all are told.
fn agrees(whole: &Shown, parts: &[&Shown]) -> Option<()> {
    let Shown::Told(whole) = whole else {
        return Some(());
    };
    let told = sum(&parts.iter().map(|part| said(part)).collect::<Vec<_>>()).ok()?;
    let all = !parts.iter().any(|part| is_withheld(part));
    let fits = match all {
        true => told == *whole,
        false => told.findings <= whole.findings && told.fen <= whole.fen,
    };
    (fits && whole.fen >= Fen(0)).then_some(())
}

fn is_withheld(shown: &Shown) -> bool {
    matches!(shown, Shown::Withheld {})
}

fn said(shown: &Shown) -> Sum {
    match shown {
        Shown::Told(sum) => *sum,
        Shown::Withheld {} => Sum::default(),
    }
}
