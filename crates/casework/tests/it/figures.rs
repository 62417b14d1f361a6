//! No small count can be found from figures that are told: asked of a solver that knows them all together.

use hefu_casework::figures::{Published, PublishedRow, Row, Shown, Sum, publish};
use hefu_casework::{Error, Fen, Month};
use proptest::prelude::*;

use crate::solver::Known;

fn months(count: usize) -> Vec<Option<Month>> {
    let month = |month| Month::new(2026, i8::try_from(month).unwrap()).unwrap();
    (1..=count).map(|at| Some(month(at))).collect()
}

fn sum(findings: u64) -> Sum {
    Sum {
        findings,
        fen: Fen(100 * i64::try_from(findings).unwrap()),
    }
}

/// Rows without parts.
fn flat(counts: &[Vec<u64>]) -> Vec<Row<usize>> {
    let row = |(at, row): (usize, &Vec<u64>)| Row::Whole(at, row.iter().copied().map(sum).collect());
    counts.iter().enumerate().map(row).collect()
}

/// What somebody knows who is told these figures, and the rows of `own` besides, where `whole` are the true ones; and
/// each count that is small, unless it is in one of those, by the variables that it is the sum of.
fn told_to(
    published: &Published<usize>,
    whole: &Published<usize>,
    own: &[usize],
) -> (Known, Vec<(Vec<usize>, u64)>) {
    let mut known = Known::default();
    let mut small = Vec::new();
    let mut by_month = vec![Vec::new(); published.months.len()];
    let mut say = |known: &mut Known, shown: &Shown, count: u64, of: Vec<usize>, is_known: bool| match shown {
        Shown::Told(sum) => {
            assert_eq!(sum.findings, count);
            assert!(count >= published.smallest, "{count} is told");
            known.sum_is(of, count);
        }
        Shown::Withheld {} if is_known => known.sum_is(of, count),
        Shown::Withheld {} if count < published.smallest => small.push((of, count)),
        Shown::Withheld {} => {}
    };
    fn count(shown: &Shown) -> u64 {
        match shown {
            Shown::Told(sum) => sum.findings,
            Shown::Withheld {} => panic!("the true figures are all told"),
        }
    }
    fn enter(
        known: &mut Known,
        row: &PublishedRow<usize>,
        whole: &PublishedRow<usize>,
        is_known: bool,
        say: &mut impl FnMut(&mut Known, &Shown, u64, Vec<usize>, bool),
    ) -> Vec<Vec<usize>> {
        let mut cells: Vec<Vec<usize>> = vec![Vec::new(); row.months.len()];
        for (part, whole) in row.parts.iter().zip(&whole.parts) {
            let of_part = enter(known, part, whole, is_known, say);
            cells
                .iter_mut()
                .zip(of_part)
                .for_each(|(cell, part)| cell.extend(part));
        }
        if row.parts.is_empty() {
            cells.iter_mut().for_each(|cell| cell.push(known.count()));
        }
        for ((shown, whole), cell) in row.months.iter().zip(&whole.months).zip(&cells) {
            say(known, shown, count(whole), cell.clone(), is_known);
        }
        say(known, &row.total, count(&whole.total), cells.concat(), is_known);
        cells
    }
    for (at, (row, whole)) in published.rows.iter().zip(&whole.rows).enumerate() {
        let cells = enter(&mut known, row, whole, own.contains(&at), &mut say);
        by_month
            .iter_mut()
            .zip(cells)
            .for_each(|(month, cell)| month.extend(cell));
    }
    // A total that is withheld is looked at for outsiders: of those with rows in it, it says their own.
    let totals = published
        .month_totals
        .iter()
        .zip(&whole.month_totals)
        .zip(by_month.clone());
    let all = [((&published.total, &whole.total), by_month.concat())];
    for ((shown, whole), of) in totals.chain(all) {
        if own.is_empty() || is_told(shown) {
            say(&mut known, shown, count(whole), of, false);
        }
    }
    (known, small)
}

fn check(
    smallest: u64,
    rows: &[Row<usize>],
    months: &[Option<Month>],
    own: &[Vec<usize>],
) -> Published<usize> {
    let published = publish(smallest, months, rows, own).unwrap();
    let whole = publish(0, months, rows, &[]).unwrap();
    assert!(published.can_be_told(), "what is made can be told: {rows:?}");
    for own in own.iter().chain([&Vec::new()]) {
        let (known, small) = told_to(&published, &whole, own);
        for (of, count) in small {
            assert!(
                known.leaves_open(&of, smallest),
                "a count of {count} lies between {:?} for whoever knows {own:?}: {rows:?}",
                known.bounds(&of),
            );
        }
    }
    published
}

/// Counts of a row in each month.
fn cells(months: usize) -> impl Strategy<Value = Vec<u64>> {
    let cell = prop_oneof![4 => Just(0_u64), 3 => 1..5_u64, 2 => 5..40_u64];
    prop::collection::vec(cell, months)
}

/// Rows, some with parts, of which some have parts again.
fn rows(months: usize) -> impl Strategy<Value = Vec<Row<usize>>> {
    let whole = || cells(months).prop_map(|cells| Row::Whole(0, cells.into_iter().map(sum).collect()));
    let parted = |row: BoxedStrategy<Row<usize>>| {
        prop::collection::vec(row, 1..=3)
            .prop_map(|parts| Row::Parted(1, parts))
            .boxed()
    };
    let inner = prop_oneof![whole().boxed(), parted(whole().boxed())].boxed();
    let outer = prop_oneof![1 => whole().boxed(), 2 => parted(inner)];
    prop::collection::vec(outer, 1..=4)
}

fn trees() -> impl Strategy<Value = (usize, Vec<Row<usize>>, Vec<Vec<usize>>)> {
    let owned = prop::collection::vec(prop::collection::btree_set(0..4_usize, 0..3), 0..3);
    (1..=4_usize)
        .prop_flat_map(rows_of)
        .prop_flat_map(move |(months, rows)| {
            (Just(months), Just(rows), owned.clone()).prop_map(|(months, rows, own)| {
                let of_rows = |own: std::collections::BTreeSet<usize>| {
                    own.into_iter().filter(|at| *at < rows.len()).collect()
                };
                let own = own.into_iter().map(of_rows).collect();
                (months, rows, own)
            })
        })
}

fn rows_of(count: usize) -> impl Strategy<Value = (usize, Vec<Row<usize>>)> {
    (Just(count), rows(count))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_small_count_can_be_found((count, rows, own) in trees(), smallest in 2..12_u64) {
        check(smallest, &rows, &months(count), &own);
    }

    /// Figures that tell one more than they should, or sums in which a small count was left: of these too it is known
    /// whether a small count follows, as the solver has it.
    #[test]
    fn figures_can_be_told_where_no_small_count_follows(
        (count, rows, _) in trees(),
        smallest in 2..12_u64,
        more in any::<prop::sample::Index>(),
    ) {
        let months = months(count);
        let published = publish(smallest, &months, &rows, &[]).unwrap();
        let whole = publish(0, &months, &rows, &[]).unwrap();
        // Rows at the top, which are parts of nothing.
        let (mut told, mut hidden) = (published.clone(), vec![]);
        for (at, row) in published.rows.iter().enumerate() {
            for (month, shown) in row.months.iter().enumerate() {
                let Shown::Told(sum) = whole.rows[at].months[month] else { continue };
                if !is_told(shown) && is_told(&published.month_totals[month]) && sum.findings >= smallest {
                    hidden.push((at, month, Shown::Told(sum)));
                }
            }
        }
        if !hidden.is_empty() {
            let (at, month, shown) = hidden[more.index(hidden.len())];
            told.rows[at].months[month] = shown;
        }
        let (known, small) = told_to(&told, &whole, &[]);
        let follows = small.iter().any(|(of, _)| known.bounds(of).1 < smallest as f64 - 0.5);
        prop_assert_eq!(told.can_be_told(), !follows, "{:?}", told);
    }
}

fn is_told(shown: &Shown) -> bool {
    matches!(shown, Shown::Told(_))
}

#[test]
fn where_nothing_is_small_all_is_told() {
    let rows = flat(&[vec![5, 9], vec![7, 6]]);
    let rows = [Row::Parted(0, rows.clone()), Row::Parted(1, rows)];
    let published = check(5, &rows, &months(2), &[]);
    assert!(is_told(&published.total) && published.month_totals.iter().all(is_told));
    for row in published
        .rows
        .iter()
        .flat_map(|row| row.parts.iter().chain([row]))
    {
        assert!(is_told(&row.total) && row.months.iter().all(is_told));
    }
    // Also to those who know some of it.
    assert_eq!(check(5, &rows, &months(2), &[vec![0], vec![1]]), published);
}

/// By hand: 2 in a row of 2 and 20, beside 30 and 40. Without it alone, 22 − 20 or 32 − 30 would be it; so one more is
/// withheld in its row, and one in its month, and the smallest of each are chosen.
#[test]
fn sums_do_not_give_a_small_count_back() {
    let rows = flat(&[vec![2, 20], vec![30, 40], vec![50, 60]]);
    let published = check(5, &rows, &months(2), &[]);
    let told = |shown: &Shown| match shown {
        Shown::Told(sum) => Some(sum.findings),
        Shown::Withheld {} => None,
    };
    let rows: Vec<Vec<_>> = published
        .rows
        .iter()
        .map(|row| row.months.iter().chain([&row.total]).map(told).collect())
        .collect();
    assert_eq!(rows[0][0], None);
    let withheld = rows.iter().flatten().filter(|shown| shown.is_none()).count();
    assert!((4..=6).contains(&withheld), "{rows:?}");
    assert_eq!(told(&published.total), Some(202));
}

/// By hand: three rows of 2, 20 and 30. To withhold the second beside the first is of no use against whoever has it: the
/// third is withheld, and those two have 32 together, one can't tell how.
#[test]
fn who_knows_own_counts_finds_no_other() {
    let rows = flat(&[vec![2], vec![20], vec![30]]);
    let of = |own: Vec<Vec<usize>>| {
        let published = check(5, &rows, &months(1), &own);
        published
            .rows
            .iter()
            .map(|row| is_told(&row.total))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(vec![]), [false, false, true]);
    assert_eq!(of(vec![vec![1]]), [false, true, false]);
    // With two rows of one agency and one of another, the total gives the other's away: it is not told.
    let published = check(5, &rows, &months(1), &[vec![1, 2]]);
    assert_eq!(published.month_totals, [Shown::Withheld {}]);
    assert_eq!(published.total, Shown::Withheld {});
}

/// What is withheld, as of 20 here beside 3 of 23, does not stand in its parts.
#[test]
fn what_is_withheld_is_not_told_by_its_parts() {
    let parts = flat(&[vec![8, 60], vec![12, 60]]);
    let rows = [Row::Parted(0, parts), Row::Whole(1, vec![sum(3), sum(60)])];
    let published = check(5, &rows, &months(2), &[]);
    let [parted, _] = &published.rows[..] else {
        panic!("two rows")
    };
    assert!(!is_told(&parted.months[0]));
    assert!(parted.parts.iter().all(|part| !is_told(&part.months[0])));
}

/// A sum that is a whole month's, and small, is in no figure that is told.
#[test]
fn a_small_month_stands_in_no_sum() {
    let rows = [Row::Parted(0, flat(&[vec![1, 20], vec![2, 40]]))];
    let published = check(5, &rows, &months(2), &[]);
    assert_eq!(published.total, Shown::Withheld {});
    assert_eq!(published.month_totals[0], Shown::Withheld {});
    assert!(is_told(&published.month_totals[1]));
    let [row] = &published.rows[..] else {
        panic!("one row")
    };
    assert_eq!(row.total, Shown::Withheld {});
    assert_eq!(row.months[1], published.month_totals[1]);
    // The other month's cells stay told.
    assert!(
        row.parts
            .iter()
            .all(|part| is_told(&part.months[1]) && !is_told(&part.total))
    );
}

#[test]
fn rows_of_other_months_are_refused() {
    let refused = publish(5, &months(2), &flat(&[vec![5, 9], vec![5]]), &[]);
    assert!(matches!(refused, Err(Error::Figures { row: 1 })));
}
