//! Counting findings, and keeping small counts to oneself.
//!
//! A report for submission tells no count from 1 to 4. Such a count would follow from a total, or from another table that
//! gives the same total, by subtraction. So where any table has one, only the table by rule is told, its small rows as
//! such, and neither a total nor another table beside it: the report is then the same whether a small row is 1, 2, 3 or
//! 4. Where findings stand in several rows of a table, small counts follow from rows and total by inclusion and exclusion:
//! such a table is not told at all. How many elements matched is told in none: less the total, it is how many were corrected. This does not protect
//! against whoever knows the total from elsewhere, such as a report of another day, and a large payment to one person
//! shows in a sum that is told.

use std::collections::BTreeMap;

use hefu_casework::{Finding, Month, Payment, When, total_to_verify};

use super::facts::{CannotFind, Cell, Form, Group, Row, Tables};
use crate::Result;
use crate::outcome::Outcomes;
use crate::review::Reviews;

/// The smallest count that a report for submission tells.
pub const SMALLEST: u64 = 5;

/// How many findings are not as they were found any more, or not undisputed.
#[derive(Clone, Copy, Default)]
pub(super) struct Changed {
    corrected: u64,
    contradictory: u64,
    corrected_there: u64,
}

impl Changed {
    pub(super) fn of(reviews: &Reviews) -> Self {
        let contradictory = reviews
            .told
            .keys()
            .filter(|seq| reviews.contradiction(**seq).is_some());
        // What stands there: as the line of the finding tells.
        let withdrawn = |told: &&Outcomes| told.last().is_some_and(|there| there.decision.is_none());
        Self {
            corrected: reviews.corrected(),
            contradictory: contradictory.count() as u64,
            corrected_there: reviews.told.values().filter(withdrawn).count() as u64,
        }
    }
}

/// The tables of these findings, in this form.
pub(super) fn tables(
    findings: &[Finding],
    changed: Changed,
    matched: Option<u64>,
    cannot_find: Vec<CannotFind>,
    form: Form,
) -> Result<Tables> {
    let mut tables = Tables {
        smallest: None,
        matched,
        total: told(findings)?,
        corrected: Some(changed.corrected),
        contradictory: Some(changed.contradictory),
        corrected_there: Some(changed.corrected_there),
        by_rule: rows(findings, by_rule)?,
        by_month: Some(rows(findings, by_month)?),
        by_pair: Some(rows(findings, by_pair)?),
        cannot_find,
    };
    if form == Form::Submission {
        tables.smallest = Some(SMALLEST);
        // Where rows overlap, how many stand in two of them, or not in one, follows from rows and total.
        let apart =
            |groups: fn(&Finding) -> Vec<Group>| findings.iter().all(|finding| groups(finding).len() == 1);
        tables.by_month = tables.by_month.filter(|_| apart(by_month));
        tables.by_pair = tables.by_pair.filter(|_| apart(by_pair));
        suppress(&mut tables);
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

fn is_small(row: &Row) -> bool {
    matches!(&row.cell, Cell::Told { findings, .. } if !is_told(findings))
}

/// A count that is told in a report for submission.
pub(super) fn is_told(count: &u64) -> bool {
    !(1..SMALLEST).contains(count)
}

fn suppress(tables: &mut Tables) {
    tables.matched = None;
    for count in [
        &mut tables.corrected,
        &mut tables.contradictory,
        &mut tables.corrected_there,
    ] {
        *count = count.filter(is_told);
    }
    for unfound in &mut tables.cannot_find {
        unfound.rows = unfound.rows.filter(is_told);
    }
    let others = [&tables.by_month, &tables.by_pair].into_iter().flatten();
    if !others.chain([&tables.by_rule]).flatten().any(is_small) {
        return;
    }
    for row in tables.by_rule.iter_mut().filter(|row| is_small(row)) {
        row.cell = Cell::Small {};
    }
    tables.total = Cell::Withheld {};
    tables.by_month = None;
    tables.by_pair = None;
}

#[cfg(test)]
mod tests {
    use hefu_casework::{Fen, RuleId};

    use super::*;

    fn row((at, findings): (usize, &u64)) -> Row {
        Row {
            of: Group::Rule {
                kind: "duplicate".to_owned(),
                rule: Some(RuleId::new(&format!("X{at}")).unwrap()),
            },
            cell: Cell::Told {
                findings: *findings,
                to_verify_fen: Some(Fen(100 * i64::try_from(*findings).unwrap())),
            },
        }
    }

    fn suppressed(by_rule: &[u64], by_month: &[u64]) -> Tables {
        let table = |counts: &[u64]| counts.iter().enumerate().map(row).collect::<Vec<_>>();
        let sum = by_rule.iter().sum();
        let mut tables = Tables {
            smallest: Some(SMALLEST),
            matched: Some(sum),
            total: row((0, &sum)).cell,
            corrected: Some(0),
            contradictory: Some(0),
            corrected_there: Some(0),
            by_rule: table(by_rule),
            by_month: Some(table(by_month)),
            by_pair: Some(table(&[sum])),
            cannot_find: Vec::new(),
        };
        suppress(&mut tables);
        tables
    }

    #[test]
    fn where_nothing_is_small_all_is_told() {
        let tables = suppressed(&[5, 12], &[17]);
        assert_eq!(tables.corrected, Some(0));
        assert_eq!(tables.total, row((0, &17)).cell);
        // Nor does what was corrected follow from what matched.
        assert_eq!(tables.matched, None);
        assert_eq!(tables.by_rule.len(), 2);
        assert!(tables.by_month.is_some() && tables.by_pair.is_some());
        // Nothing found is no small count.
        assert!(suppressed(&[], &[]).by_month.is_some());
    }

    #[test]
    fn a_small_number_of_corrections_is_not_told() {
        for (corrected, told) in [(0, Some(0)), (1, None), (4, None), (5, Some(5))] {
            let (contradictory, corrected_there) = (corrected, corrected);
            let changed = Changed {
                corrected,
                contradictory,
                corrected_there,
            };
            let counts = |tables: Tables| [tables.corrected, tables.contradictory, tables.corrected_there];
            let submitted = tables(&[], changed, None, Vec::new(), Form::Submission).unwrap();
            assert_eq!(counts(submitted), [told; 3]);
            let internal = tables(&[], changed, None, Vec::new(), Form::Internal).unwrap();
            assert_eq!(counts(internal), [Some(corrected); 3]);
        }
    }

    #[test]
    fn a_report_is_the_same_whatever_a_small_count_is() {
        for (by_rule, by_month) in [
            (vec![0, 7], vec![5, 6]),
            (vec![7, 0, 30, 0], vec![40]),
            (vec![0], vec![0]),
            (vec![0, 0, 0, 0], vec![5]),
        ] {
            let with = |small: u64| -> Vec<u64> {
                by_rule
                    .iter()
                    .map(|count| if *count == 0 { small } else { *count })
                    .collect()
            };
            let first = suppressed(&with(1), &by_month);
            assert!(first.total == Cell::Withheld {} && first.matched.is_none());
            for small in 2..SMALLEST {
                assert_eq!(suppressed(&with(small), &by_month), first, "{by_rule:?} {small}");
            }
            assert_ne!(suppressed(&with(SMALLEST), &by_month), first);
        }
        // One in another table: what adds up to it is not told either.
        let tables = suppressed(&[9], &[7, 2]);
        assert!(tables.by_month.is_none() && tables.by_pair.is_none());
        assert_eq!(tables.by_rule[0].cell, row((0, &9)).cell);
    }

    /// A finding in these months, under one own programme each.
    fn finding(months: &[i8], programmes: &[&str]) -> Finding {
        Finding {
            kind: hefu_casework::FindingKind::Duplicate,
            rule: Some(RuleId::new("X1").unwrap()),
            peer: Some("某县残联".to_owned()),
            person: hefu_identity::parse(hefu_identity::Kind::Resident, "11010519491231002X")
                .unwrap()
                .key,
            rows: vec![],
            months: months
                .iter()
                .map(|month| Month::new(2026, *month).unwrap())
                .collect(),
            changeover: vec![],
            case: None,
            letter: None,
            feedback: None,
            programmes: programmes
                .iter()
                .map(|code| hefu_casework::ProgrammeCode::new(code).unwrap())
                .collect(),
            to_verify: None,
            payments: vec![],
            care: hefu_casework::Care::default(),
            name: None,
        }
    }

    fn submitted(findings: &[Finding], corrected: u64, matched: u64, unfound: u64) -> Tables {
        let cannot_find = match unfound {
            0 => vec![],
            rows => vec![CannotFind {
                rule: RuleId::new("X8").unwrap(),
                reason: "case_missing".to_owned(),
                rows: Some(rows),
            }],
        };
        let changed = Changed {
            corrected,
            ..Changed::default()
        };
        tables(findings, changed, Some(matched), cannot_find, Form::Submission).unwrap()
    }

    /// What is withheld in one place would follow from another: ten people, by person; some of those that
    /// matched were corrected.
    #[test]
    fn a_small_number_of_corrections_does_not_follow_from_what_matched() {
        let findings = vec![finding(&[7], &["extreme_poverty"]); 10];
        let first = submitted(&findings, 1, 11, 0);
        for corrected in 2..SMALLEST {
            assert_eq!(submitted(&findings, corrected, 10 + corrected, 0), first);
        }
    }

    /// With no finding at all, as where the purpose is omissions, or all are corrected.
    #[test]
    fn a_small_number_of_matches_is_not_told() {
        let first = submitted(&[], 0, 1, 0);
        for matched in 2..SMALLEST {
            assert_eq!(submitted(&[], 0, matched, 0), first);
        }
    }

    /// Rows that could not be compared.
    #[test]
    fn a_small_number_of_rows_that_cannot_be_found_is_not_told() {
        let first = submitted(&[], 0, 0, 1);
        for rows in 2..SMALLEST {
            assert_eq!(submitted(&[], 0, 0, rows), first);
        }
    }

    /// Findings stand in several rows, so small counts would follow from large ones. Five in July, five in
    /// August, nine in all: one is in both, and its money is the difference of the sums. The table by rule gives the total as well.
    #[test]
    fn how_many_stand_in_two_rows_does_not_follow_from_the_total() {
        let by_month: Vec<_> = [&[7][..], &[7], &[7], &[7], &[7, 8], &[8], &[8], &[8], &[8]]
            .map(|months| finding(months, &["extreme_poverty"]))
            .into();
        let told = submitted(&by_month, 0, 9, 0);
        assert!(told.by_month.is_none(), "{told:?}");
        let (one, other) = ("extreme_poverty", "orphan");
        let by_pair: Vec<_> = [
            &[one][..],
            &[one],
            &[one],
            &[one],
            &[one, other],
            &[other],
            &[other],
            &[other],
            &[other],
        ]
        .map(|programmes| finding(&[7], programmes))
        .into();
        let told = submitted(&by_pair, 0, 9, 0);
        assert!(told.by_pair.is_none(), "{told:?}");
    }

    /// Ten in July, seven of them in August too. Three are in July alone.
    #[test]
    fn how_many_do_not_stand_in_a_row_does_not_follow_from_the_total() {
        let findings: Vec<_> = (0..10)
            .map(|n| match n {
                0..7 => finding(&[7, 8], &["extreme_poverty"]),
                _ => finding(&[7], &["extreme_poverty"]),
            })
            .collect();
        let told = submitted(&findings, 0, 10, 0);
        assert!(told.by_month.is_none(), "{told:?}");
    }
}
