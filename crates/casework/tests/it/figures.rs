//! No small count can be found from figures that are told: asked of a solver that knows them all together.

use hefu_casework::figures::{Published, Shown, Sum, Table, publish};
use hefu_casework::{Error, Fen, Month};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, SolveOutcome, Variable};
use proptest::prelude::*;

fn months(count: usize) -> Vec<Month> {
    (1..=count)
        .map(|month| Month::new(2026, i8::try_from(month).unwrap()).unwrap())
        .collect()
}

fn table(counts: &[Vec<u64>]) -> Table<usize> {
    let sum = |findings: &u64| Sum {
        findings: *findings,
        fen: Fen(100 * i64::try_from(*findings).unwrap()),
    };
    let row = |(at, row): (usize, &Vec<u64>)| (at, row.iter().map(sum).collect());
    Table {
        rows: counts.iter().enumerate().map(row).collect(),
    }
}

/// A figure of the joint system: a cell of a table, a row's sum, a month's total, or the total.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Cell(usize, usize, usize),
    Row(usize, usize),
    Month(usize),
    Total,
}

fn all(published: &Published<usize>) -> Vec<(At, Shown)> {
    let mut all = vec![(At::Total, published.total)];
    all.extend(
        published
            .month_totals
            .iter()
            .enumerate()
            .map(|(month, shown)| (At::Month(month), *shown)),
    );
    for (table, rows) in published.tables.iter().enumerate() {
        for (row, published) in rows.iter().enumerate() {
            all.push((At::Row(table, row), published.total));
            let cells = published.months.iter().enumerate();
            all.extend(cells.map(|(month, shown)| (At::Cell(table, row, month), *shown)));
        }
    }
    all
}

/// The least and the most that a figure can be, for whoever knows all that is told.
fn bounds(published: &Published<usize>, of: At) -> (f64, f64) {
    let solve = |direction| {
        let mut problem = Problem::new(direction);
        let variables: Vec<(At, Variable)> = all(published)
            .into_iter()
            .map(|(at, shown)| {
                let range = match shown {
                    Shown::Told(sum) => (sum.findings as f64, sum.findings as f64),
                    // High enough to be no bound, low enough for the solver.
                    Shown::Withheld {} => (0.0, 1_000.0),
                };
                (at, problem.add_var(if at == of { 1.0 } else { 0.0 }, range))
            })
            .collect();
        let variable = |at: At| variables.iter().find(|(other, _)| *other == at).unwrap().1;
        let mut equation = |parts: Vec<At>, sum: At| {
            let mut left = LinearExpr::empty();
            parts.into_iter().for_each(|part| left.add(variable(part), 1.0));
            left.add(variable(sum), -1.0);
            problem.add_constraint(left, ComparisonOp::Eq, 0.0);
        };
        let count = published.months.len();
        equation((0..count).map(At::Month).collect(), At::Total);
        for (table, rows) in published.tables.iter().enumerate() {
            for row in 0..rows.len() {
                equation(
                    (0..count).map(|month| At::Cell(table, row, month)).collect(),
                    At::Row(table, row),
                );
            }
            for month in 0..count {
                equation(
                    (0..rows.len()).map(|row| At::Cell(table, row, month)).collect(),
                    At::Month(month),
                );
            }
        }
        match problem.solve().unwrap() {
            SolveOutcome::Solution(solution) => solution.objective(),
            SolveOutcome::Interrupted(_) => unreachable!("no limit was set"),
        }
    };
    (
        solve(OptimizationDirection::Minimize),
        solve(OptimizationDirection::Maximize),
    )
}

fn count_of(tables: &[Vec<Vec<u64>>], at: At) -> u64 {
    match at {
        At::Cell(table, row, month) => tables[table][row][month],
        At::Row(table, row) => tables[table][row].iter().sum(),
        At::Month(month) => tables[0].iter().map(|row| row[month]).sum(),
        At::Total => tables[0].iter().flatten().sum(),
    }
}

fn check(smallest: u64, counts: &[Vec<Vec<u64>>]) -> Published<usize> {
    let tables: Vec<_> = counts.iter().map(|counts| table(counts)).collect();
    let published = publish(smallest, &months(counts[0][0].len()), &tables).unwrap();
    for (at, shown) in all(&published) {
        let count = count_of(counts, at);
        match shown {
            Shown::Told(sum) => {
                assert_eq!(sum.findings, count);
                assert!(count >= smallest, "{count} is told");
            }
            Shown::Withheld {} if count < smallest => {
                let (least, most) = bounds(&published, at);
                assert!(
                    least < 0.5 && most > smallest as f64 - 0.5,
                    "a count of {count} lies between {least} and {most}: {counts:?}"
                );
            }
            Shown::Withheld {} => {}
        }
    }
    published
}

/// Findings by what three tables divide them by, and by month: all tables are of the same findings.
fn findings() -> impl Strategy<Value = Vec<Vec<Vec<u64>>>> {
    (2..=4_usize, 1..=4_usize, 1..=3_usize, 1..=3_usize).prop_flat_map(|(months, pairs, rules, groups)| {
        let cell = prop_oneof![4 => Just(0_u64), 3 => 1..5_u64, 2 => 5..40_u64];
        prop::collection::vec(cell, months * pairs * rules * groups).prop_map(move |cube| {
            let mut tables = vec![
                vec![vec![0; months]; pairs],
                vec![vec![0; months]; rules],
                vec![vec![0; months]; groups],
            ];
            for (at, count) in cube.into_iter().enumerate() {
                let (month, at) = (at % months, at / months);
                let (pair, at) = (at % pairs, at / pairs);
                tables[0][pair][month] += count;
                tables[1][at % rules][month] += count;
                tables[2][at / rules][month] += count;
            }
            tables
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_small_count_can_be_found(counts in findings(), smallest in 2..12_u64) {
        check(smallest, &counts);
    }
}

#[test]
fn where_nothing_is_small_all_is_told() {
    let counts = vec![vec![vec![5, 9], vec![7, 6]]];
    let published = check(5, &counts);
    assert!(
        all(&published)
            .iter()
            .all(|(_, shown)| matches!(shown, Shown::Told(_)))
    );
}

/// By hand: 2 in a row of 2 and 20, beside 30 and 40. Without it alone, 22 − 20 or 32 − 30 would be it; so one more is
/// withheld in its row, and one in its month, and the smallest of each are chosen.
#[test]
fn sums_do_not_give_a_small_count_back() {
    let published = check(5, &[vec![vec![2, 20], vec![30, 40], vec![50, 60]]]);
    let told = |shown: &Shown| match shown {
        Shown::Told(sum) => Some(sum.findings),
        Shown::Withheld {} => None,
    };
    let rows: Vec<Vec<_>> = published.tables[0]
        .iter()
        .map(|row| row.months.iter().chain([&row.total]).map(told).collect())
        .collect();
    assert_eq!(rows[0][0], None);
    let withheld = rows.iter().flatten().filter(|shown| shown.is_none()).count();
    assert!((4..=6).contains(&withheld), "{rows:?}");
    assert_eq!(told(&published.total), Some(202));
}

/// A sum that is a whole month's, and small, is in no figure that is told.
#[test]
fn a_small_month_stands_in_no_sum() {
    let published = check(5, &[vec![vec![1, 20], vec![2, 40]], vec![vec![3, 60]]]);
    assert_eq!(published.total, Shown::Withheld {});
    assert_eq!(published.month_totals[0], Shown::Withheld {});
    assert!(
        published
            .tables
            .iter()
            .flatten()
            .all(|row| row.total == Shown::Withheld {})
    );
    assert_eq!(published.tables[1][0].months[1], published.month_totals[1]);
}

#[test]
fn tables_of_other_findings_are_refused() {
    let first = table(&[vec![5, 9]]);
    for (other, at) in [
        (table(&[vec![5, 8]]), 1),
        (table(&[vec![5]]), 1),
        (table(&[vec![5, 9], vec![0, 1]]), 1),
    ] {
        let refused = publish(5, &months(2), &[first.clone(), other]);
        assert!(matches!(refused, Err(Error::Figures { table }) if table == at));
    }
}
