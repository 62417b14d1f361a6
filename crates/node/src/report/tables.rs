//! Counting findings, and keeping small counts to oneself.
//!
//! A report for submission tells no count from 1 to 4. Whoever knows a total could get such a count back by
//! subtraction, so each table that has one withholds larger rows as well: the smallest ones, until for every way in
//! which its small rows can be 1 to 4 what is withheld beside them still comes out as 5 or more. Where the table has not
//! enough, all of it is withheld. This is done for each table by itself. It does not protect against setting one table
//! against another, or two reports of different days, and a large payment to one person shows in a sum that is told.

use std::collections::BTreeMap;

use hefu_casework::{Finding, Month, Payment, When, total_to_verify};

use super::facts::{CannotFind, Cell, Form, Group, Row, Tables};
use crate::Result;

/// The smallest count that a report for submission tells.
pub const SMALLEST: u64 = 5;

/// The tables of these findings, in this form.
pub(super) fn tables(
    findings: &[Finding],
    matched: Option<u64>,
    cannot_find: Vec<CannotFind>,
    form: Form,
) -> Result<Tables> {
    let mut tables = Tables {
        smallest: None,
        matched,
        total: told(findings)?,
        by_rule: rows(findings, by_rule)?,
        by_month: rows(findings, by_month)?,
        by_pair: rows(findings, by_pair)?,
        cannot_find,
    };
    if form == Form::Submission {
        tables.smallest = Some(SMALLEST);
        if is_small(&tables.total) {
            tables.total = Cell::Small {};
            tables.matched = None;
        }
        for table in [&mut tables.by_rule, &mut tables.by_month, &mut tables.by_pair] {
            suppress(table);
        }
    }
    Ok(tables)
}

fn by_rule(finding: &Finding) -> Vec<Group> {
    vec![Group::Rule {
        kind: finding.kind.code().to_owned(),
        rule: finding.rule.clone(),
    }]
}

fn by_month(finding: &Finding) -> Vec<Group> {
    finding.months.iter().copied().map(Group::Month).collect()
}

fn by_pair(finding: &Finding) -> Vec<Group> {
    let pair = |programme: &hefu_casework::ProgrammeCode| Group::Pair {
        programme: programme.clone(),
        peer: finding.peer.clone(),
    };
    finding.programmes.iter().map(pair).collect()
}

fn rows(findings: &[Finding], groups: fn(&Finding) -> Vec<Group>) -> Result<Vec<Row>> {
    let mut grouped: BTreeMap<Group, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        for group in groups(finding) {
            let mut part = finding.clone();
            part.payments.retain(|payment| is_of(payment, &group));
            part.to_verify = part.to_verify.filter(|_| !part.payments.is_empty());
            grouped.entry(group).or_default().push(part);
        }
    }
    let row = |(of, findings): (Group, Vec<Finding>)| {
        Ok(Row {
            of,
            cell: told(&findings)?,
        })
    };
    grouped.into_iter().map(row).collect()
}

/// Of a finding that stands in several rows, what belongs to this one.
fn is_of(payment: &Payment, group: &Group) -> bool {
    match group {
        Group::Rule { .. } => true,
        Group::Month(month) => match payment.when {
            When::Month(paid) => paid == *month,
            When::Day(day) => Month::of(day) == *month,
        },
        Group::Pair { programme, .. } => payment.programme == *programme,
    }
}

fn told(findings: &[Finding]) -> Result<Cell> {
    let stated = findings.iter().any(|finding| finding.to_verify.is_some());
    let to_verify_fen = match stated {
        true => Some(total_to_verify(findings)?),
        false => None,
    };
    Ok(Cell::Told {
        findings: findings.len() as u64,
        to_verify_fen,
    })
}

fn is_small(cell: &Cell) -> bool {
    count(cell).is_some_and(|count| (1..SMALLEST).contains(&count))
}

fn count(cell: &Cell) -> Option<u64> {
    match cell {
        Cell::Told { findings, .. } => Some(*findings),
        Cell::Small {} | Cell::Withheld {} => None,
    }
}

/// Takes small counts out of a table, and as many larger ones as the head of this file says.
fn suppress(rows: &mut [Row]) {
    let (mut small, mut larger): (Vec<_>, Vec<_>) = rows.iter_mut().partition(|row| is_small(&row.cell));
    if small.is_empty() {
        return;
    }
    let sum = |rows: &[&mut Row]| -> u64 { rows.iter().filter_map(|row| count(&row.cell)).sum() };
    let enough = (SMALLEST - 1) * small.len() as u64 + SMALLEST;
    larger.sort_by_key(|row| count(&row.cell));
    let mut hidden = sum(&small);
    let mut beside = 0;
    while hidden < enough
        && let Some(row) = larger.get(beside)
    {
        hidden += count(&row.cell).unwrap_or_default();
        beside += 1;
    }
    let shown_as = if hidden < enough {
        Cell::Withheld {}
    } else {
        Cell::Small {}
    };
    for row in &mut small {
        row.cell = shown_as;
    }
    for row in larger.into_iter().take(beside) {
        row.cell = Cell::Withheld {};
    }
}

#[cfg(test)]
mod tests {
    use hefu_casework::Fen;

    use super::*;

    fn table(counts: &[u64]) -> Vec<Row> {
        let month = |at: usize| Month::new(2026, i8::try_from(at).unwrap() + 1).unwrap();
        let row = |(at, findings): (usize, &u64)| Row {
            of: Group::Month(month(at)),
            cell: Cell::Told {
                findings: *findings,
                to_verify_fen: Some(Fen(100)),
            },
        };
        counts.iter().enumerate().map(row).collect()
    }

    /// What is shown of each row: its count, `<` or `-`.
    fn shown(counts: &[u64]) -> String {
        let mut rows = table(counts);
        suppress(&mut rows);
        let each = rows.iter().map(|row| match row.cell {
            Cell::Told { findings, .. } => findings.to_string(),
            Cell::Small {} => "<".to_owned(),
            Cell::Withheld {} => "-".to_owned(),
        });
        each.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn small_counts_are_not_told_and_do_not_follow_from_a_total() {
        assert_eq!(shown(&[5, 12, 7]), "5 12 7");
        // One small row of 3: beside it the smallest with which 1, 2, 3 and 4 are all possible.
        assert_eq!(shown(&[12, 3, 6, 40]), "12 < - 40");
        // With a 5 the sum would be 8, from which 4 + 4 is not possible: 5 or more must remain. The 6 goes too.
        assert_eq!(shown(&[3, 5, 6, 40]), "< - - 40");
        // Two small rows: 13 at least.
        assert_eq!(shown(&[1, 2, 10, 40]), "< < - 40");
        assert_eq!(shown(&[1, 2, 9, 40]), "< < - -");
        // Not enough: all of it, and not even which rows are small.
        assert_eq!(shown(&[1, 7]), "- -");
        assert_eq!(shown(&[4]), "-");
        assert_eq!(shown(&[]), "");
    }

    /// For every table of up to four rows of up to 12: whoever knows the total and how a table is made finds for every
    /// small row at least two possible counts.
    #[test]
    fn by_trying_all_tables_no_small_count_is_certain() {
        use std::collections::{HashMap, HashSet};
        let mut possible: HashMap<(u64, String, usize), HashSet<u64>> = HashMap::new();
        let mut tables = vec![vec![]];
        for _ in 0..4 {
            let longer: Vec<Vec<u64>> = tables
                .iter()
                .flat_map(|table: &Vec<u64>| (1..=12).map(|next| [table.as_slice(), &[next]].concat()))
                .collect();
            for table in &longer {
                // A total that is small is not told.
                let total = Some(table.iter().sum::<u64>()).filter(|total| *total >= SMALLEST);
                let shown = shown(table);
                for (at, count) in table.iter().enumerate() {
                    let seen = (total.unwrap_or_default(), shown.clone(), at);
                    possible.entry(seen).or_default().insert(*count);
                }
            }
            tables = longer;
        }
        for ((total, shown, at), counts) in possible {
            let row = shown.split(' ').nth(at).unwrap();
            if row == "<" || row == "-" {
                assert!(counts.len() > 1, "{total} of {shown}: row {at} is {counts:?}");
            }
        }
    }
}
