//! Months in which one aid ended and the other began. Whole months are compared, and where a changeover falls within a
//! month the two may share no day, so it is told apart for whoever verifies.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Hit;
use crate::{
    Month, ProgrammeCode, Rule, RuleKind,
    element::At,
    ledger::{Ledger, Line},
};

/// All that the people of the findings were paid by the month, whether or not it is in question.
pub(super) struct Paid<'a> {
    ledger: &'a Ledger,
    lines: HashMap<u32, Vec<&'a Line>>,
}

impl<'a> Paid<'a> {
    pub(super) fn new(ledger: &'a Ledger, hits: &[Hit]) -> Paid<'a> {
        let people: HashSet<_> = hits.iter().map(|hit| hit.person).collect();
        let mut lines: HashMap<u32, Vec<&Line>> = HashMap::new();
        let monthly = |line: &&Line| line.day.is_none() && people.contains(&line.person);
        for line in ledger.lines.iter().filter(monthly) {
            lines.entry(line.person).or_default().push(line);
        }
        Paid { ledger, lines }
    }

    fn months(&self, person: u32, programme: impl Fn(&ProgrammeCode) -> bool) -> BTreeSet<Month> {
        let lines = self.lines.get(&person).map_or(&[][..], Vec::as_slice);
        lines
            .iter()
            .filter(|line| programme(&self.ledger.programmes[line.programme as usize]))
            .flat_map(|line| line.paid.iter())
            .collect()
    }
}

/// Between two agencies: the receiver knows when its own aid ended or began, and from the months that did not match
/// that the other's had not begun, or had ended.
pub(super) fn met(rule: &Rule, paid: &Paid<'_>, hits: &[Hit]) -> Vec<Month> {
    let Some(person) = changes(rule, hits) else {
        return vec![];
    };
    let programmes: HashSet<_> = hits
        .iter()
        .map(|hit| paid.ledger.lines[hit.line as usize].programme)
        .map(|programme| &paid.ledger.programmes[programme as usize])
        .collect();
    let own = paid.months(person, |programme| programmes.contains(programme));
    let both = matched(hits);
    let alone = |month: Month| own.contains(&month) && !both.contains(&month);
    // Beyond the selection nothing is known.
    let unpaid = |month: Month| !own.contains(&month) && paid.ledger.selected.contains(month);
    let changed = |month: &&Month| {
        let (before, after) = (month.plus(-1), month.plus(1));
        alone(before) && unpaid(after) || alone(after) && unpaid(before)
    };
    both.iter().filter(changed).copied().collect()
}

/// Within one agency, which sees both sides.
pub(super) fn seen(rule: &Rule, paid: &Paid<'_>, hits: &[Hit]) -> Vec<Month> {
    let Some(person) = changes(rule, hits) else {
        return vec![];
    };
    let left = paid.months(person, |programme| rule.left.contains(programme));
    let right = paid.months(person, |programme| rule.right.contains(programme));
    let only = |one: &BTreeSet<Month>, other: &BTreeSet<Month>, month: Month| {
        one.contains(&month) && !other.contains(&month)
    };
    let changed = |month: &&Month| {
        let (before, after) = (month.plus(-1), month.plus(1));
        only(&left, &right, before) && only(&right, &left, after)
            || only(&right, &left, before) && only(&left, &right, after)
    };
    matched(hits).iter().filter(changed).copied().collect()
}

/// The person of the hits, where the rule is of two aids by the month.
fn changes(rule: &Rule, hits: &[Hit]) -> Option<u32> {
    let monthly = matches!(rule.kind, RuleKind::Exclusive | RuleKind::Choose) && !rule.symmetric;
    hits.first().filter(|_| monthly).map(|hit| hit.person)
}

fn matched(hits: &[Hit]) -> BTreeSet<Month> {
    let month = |hit: &Hit| match hit.at {
        At::Month(month) => Some(month),
        _ => None,
    };
    hits.iter().filter_map(month).collect()
}
