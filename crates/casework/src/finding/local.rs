//! What one agency's records break among themselves, without any peer.

use std::collections::BTreeMap;

use hefu_identity::AliasTable;
use jiff::civil::Date;

use super::{
    Compared, FindingKind, Hit, Outcome, assemble, changeover,
    money::{Money, left},
};
use crate::{
    AidRecord, Basis, CannotFind, CannotFindReason, CauseCode, Error, Limit, Month, MonthRange, Place, Rule,
    RuleKind, RuleSet,
    element::At,
    ledger::{Intake, Ledger, Line},
};

/// What one agency's records break among themselves under the rules that hold at `place`, without any peer. How old people are is
/// asked on the day `on`.
///
/// The payments of a finding are those of both sides: which of the two stands is for verification to say. Rows that lack
/// what a rule goes by, and rules that lack what they reckon with, are in [`Outcome::cannot_find`].
///
/// # Errors
/// [`Error::AmountOverflow`], [`Error::TooManyElements`].
pub fn local_findings(
    rules: &RuleSet,
    place: &Place,
    months: MonthRange,
    aliases: &AliasTable,
    records: &mut dyn Iterator<Item = AidRecord>,
    on: Date,
) -> Result<Outcome, Error> {
    let held: Vec<_> = rules
        .rules()
        .iter()
        .filter(|rule| rule.kind != RuleKind::Lawful)
        .map(|rule| (rule, rules.months_at(rule, place)))
        .filter(|(_, held)| !held.is_empty())
        .collect();
    let mut intake = Intake::new(aliases, months);
    let mut marks: Vec<Mark> = Vec::new();
    for record in records {
        let stands = |((rule, held), index): (&(&Rule, Vec<MonthRange>), u16)| {
            let left = rule.left.contains(&record.programme);
            let paid: Vec<_> = held
                .iter()
                .filter(|_| left || rule.right.contains(&record.programme))
                .map(|held| rule.months_of(&record, held.intersect(months)))
                .filter(|paid| !paid.is_empty())
                .collect();
            paid.into_iter().map(move |paid| (index, left, paid))
        };
        let standings: Vec<_> = held.iter().zip(0u16..).flat_map(stands).collect();
        if standings.is_empty() {
            continue;
        }
        if record.is_recovery() {
            intake.recover(&record)?;
            continue;
        }
        let line = intake.enter(&record)?;
        let person = intake.ledger.lines[line as usize].person;
        marks.extend(standings.into_iter().map(|(rule, left, paid)| Mark {
            rule,
            person,
            line,
            left,
            paid,
        }));
    }
    let ledger = intake.ledger;
    let rules: Vec<_> = held.iter().map(|(rule, held)| (*rule, held.as_slice())).collect();
    marks.sort_unstable_by_key(|mark| (mark.rule, mark.person, mark.line, mark.paid.from));
    let money = Money::new(&ledger);
    let mut hits = Vec::new();
    for marks in marks.chunk_by(|a, b| (a.rule, a.person) == (b.rule, b.person)) {
        if let Some((rule, _)) = rules.get(usize::from(marks[0].rule)) {
            hits.extend(breaches(rule, &ledger, &money, marks)?);
        }
    }
    let cannot_find = cannot_find(&rules, &ledger, &marks);
    let kind = |rule: Option<&Rule>, _| match rule.map(|rule| rule.kind) {
        Some(RuleKind::LookOnly) => FindingKind::LookOnly,
        Some(RuleKind::Ends) => FindingKind::ShouldEnd,
        _ => FindingKind::Local,
    };
    Ok(Outcome {
        findings: assemble(
            &ledger,
            &rules,
            Compared { peer: None, on },
            kind,
            changeover::seen,
            |_| None,
            hits,
        )?,
        cannot_find,
    })
}

/// By rule, then by reason.
fn cannot_find(rules: &[(&Rule, &[MonthRange])], ledger: &Ledger, marks: &[Mark]) -> Vec<CannotFind> {
    let mut counted: BTreeMap<(u16, CannotFindReason), u64> = BTreeMap::new();
    // A row that stands on both sides of a rule, or in two spans of its force, is one row.
    for marks in marks.chunk_by(|a, b| (a.rule, a.line) == (b.rule, b.line)) {
        let Some((rule, _)) = rules.get(usize::from(marks[0].rule)) else {
            continue;
        };
        for reason in lacking(rule, marks[0].line(ledger)) {
            *counted.entry((marks[0].rule, reason)).or_default() += 1;
        }
    }
    let found = |((rule, reason), rows)| {
        Some(CannotFind {
            rule: rules.get(usize::from(rule))?.0.id.clone(),
            reason,
            rows,
        })
    };
    counted.into_iter().filter_map(found).collect()
}

/// Why the rule may miss this row.
fn lacking(rule: &Rule, line: &Line) -> impl Iterator<Item = CannotFindReason> {
    let cause = rule.same_cause && !line.cause.is_some_and(CauseCode::is_definite);
    let standard = rule.limit.is_some_and(|limit| limit.lacks_standard());
    let sum = rule.limit.as_ref().and_then(Limit::ceiling).is_some() && line.amount.is_none();
    [
        (rule.basis == Basis::Case && line.case.is_none()).then_some(CannotFindReason::CaseMissing),
        cause.then_some(CannotFindReason::CauseMissing),
        sum.then_some(CannotFindReason::SumMissing),
        standard.then_some(CannotFindReason::StandardMissing),
    ]
    .into_iter()
    .flatten()
}

/// One row of one person under one rule.
struct Mark {
    rule: u16,
    person: u32,
    line: u32,
    left: bool,
    paid: MonthRange,
}

impl Mark {
    fn line<'a>(&self, ledger: &'a Ledger) -> &'a Line {
        &ledger.lines[self.line as usize]
    }

    fn hit(&self, ledger: &Ledger, at: At) -> Hit {
        Hit::new(ledger, self.rule, at, self.line)
    }
}

/// What one person's rows break under one rule.
fn breaches<'a>(
    rule: &Rule,
    ledger: &'a Ledger,
    money: &Money<'a>,
    marks: &[Mark],
) -> Result<Vec<Hit>, Error> {
    match (rule.kind, rule.basis) {
        (RuleKind::Limit, _) => above(rule, ledger, money, marks),
        (_, Basis::Case) => Ok(once(ledger, marks)),
        _ => Ok(together(rule, ledger, marks)),
    }
}

/// Rows in whose months the other side is there too.
fn together(rule: &Rule, ledger: &Ledger, marks: &[Mark]) -> Vec<Hit> {
    let opposite = |a: &Mark, b: &Mark| {
        if rule.symmetric {
            !a.line(ledger).repeats(b.line(ledger))
        } else {
            a.left != b.left
        }
    };
    let near = |month: Month, paid: MonthRange| {
        if rule.window.is_month() {
            paid.contains(month)
        } else {
            paid.iter().any(|other| rule.window.holds(month, other))
        }
    };
    let at = |month| {
        if rule.window.is_month() {
            At::Month(month)
        } else {
            At::Window(month, None)
        }
    };
    let mut hits = Vec::new();
    for mark in marks {
        let met = |month: &Month| {
            marks
                .iter()
                .any(|other| opposite(mark, other) && near(*month, other.paid))
        };
        hits.extend(
            mark.paid
                .iter()
                .filter(met)
                .map(|month| mark.hit(ledger, at(month))),
        );
    }
    hits
}

/// Several payments in one case, but for the parts of an aid that was decided together.
fn once(ledger: &Ledger, marks: &[Mark]) -> Vec<Hit> {
    let mut by_case: BTreeMap<u32, Vec<&Mark>> = BTreeMap::new();
    for mark in marks {
        if let Some(case) = mark.line(ledger).case {
            by_case.entry(case).or_default().push(mark);
        }
    }
    let twice = |marks: &[&Mark]| {
        let first = marks.first().map(|mark| mark.line(ledger));
        let another = |mark: &&Mark| first.is_some_and(|first| !mark.line(ledger).repeats(first));
        marks.iter().any(another) && !marks.iter().all(|mark| mark.line(ledger).linked)
    };
    by_case
        .into_iter()
        .filter(|(_, marks)| twice(marks))
        .flat_map(|(case, marks)| {
            marks
                .into_iter()
                .map(move |mark| mark.hit(ledger, At::Case(case)))
        })
        .collect()
}

/// Grants of one window that are more, or come to more, than is allowed.
fn above<'a>(rule: &Rule, ledger: &'a Ledger, money: &Money<'a>, marks: &[Mark]) -> Result<Vec<Hit>, Error> {
    let Some(limit) = rule.limit else {
        return Ok(vec![]);
    };
    let mut hits = Vec::new();
    for first in marks {
        let since = first.paid.from;
        let in_window = |month: Month| since <= month && rule.window.holds(since, month);
        let of_cause = |line: &Line| {
            let cause = first.line(ledger).cause;
            !rule.same_cause || line.cause == cause && cause.is_some_and(CauseCode::is_definite)
        };
        let grants: Vec<_> = marks
            .iter()
            .filter(|mark| in_window(mark.paid.from) && of_cause(mark.line(ledger)))
            .collect();
        let mut counted: Vec<&Line> = Vec::new();
        for line in grants.iter().map(|mark| mark.line(ledger)) {
            if !counted.iter().any(|other| other.repeats(line)) {
                counted.push(line);
            }
        }
        let paid = grants.iter().map(|mark| {
            let months = mark.paid.iter().filter(|month| in_window(*month));
            (months.collect(), mark.line(ledger))
        });
        let payments = money.payments(first.person, rule.window, paid)?;
        let person = &ledger.numbers[first.person as usize];
        let sum = left(payments.iter().map(|payment| (person, payment)))?;
        let too_often = limit.times.is_some_and(|times| counted.len() > times as usize);
        if too_often || limit.ceiling().is_some_and(|ceiling| sum > ceiling) {
            hits.extend(
                grants
                    .iter()
                    .map(|mark| mark.hit(ledger, At::Window(mark.paid.from, None))),
            );
        }
    }
    Ok(hits)
}
