//! What was paid, each payment once, less what was taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hefu_identity::PersonKey;
use jiff::civil::Date;

use super::{Finding, Payee, Payment, When};
use crate::{
    Error, Fen, Month, Per, Window,
    ledger::{Ledger, Line},
};

/// The sum of what is to be verified in all of them: a household's money once, though each member's finding shows it,
/// and a payment once, though it may break two rules. What was taken back lessens the payment that it is of, down to
/// nothing, and no other. The findings must be of one agency.
///
/// # Errors
/// [`Error::AmountOverflow`].
pub fn total_to_verify(findings: &[Finding]) -> Result<Fen, Error> {
    left(
        findings
            .iter()
            .flat_map(|finding| finding.payments.iter().map(|payment| (&finding.person, payment))),
    )
}

/// What is left of payments to these people.
pub(super) fn left<'a>(payments: impl Iterator<Item = (&'a PersonKey, &'a Payment)>) -> Result<Fen, Error> {
    let mut once: HashMap<_, HashMap<Option<Fen>, Fen>> = HashMap::new();
    for (person, payment) in payments {
        let Payment {
            programme,
            when,
            payee,
            case,
            fen,
        } = payment;
        let payee = match payee {
            Payee::Person => (Some(person), None),
            Payee::Household(no) => (None, Some(no)),
        };
        let apart = apart(payee.1.is_some(), *fen);
        let amounts = once.entry((payee, programme, *when, case)).or_default();
        let most = amounts.entry(apart).or_insert(*fen);
        *most = (*most).max(*fen);
    }
    let left = once
        .into_values()
        .map(|amounts| Ok(sum(amounts.into_values())?.max(Fen(0))))
        .collect::<Result<Vec<_>, Error>>()?;
    sum(left.into_iter())
}

fn sum(mut amounts: impl Iterator<Item = Fen>) -> Result<Fen, Error> {
    amounts.try_fold(Fen(0), |sum, fen| {
        sum.checked_add(fen).ok_or(Error::AmountOverflow)
    })
}

/// The amount where the same amount is the same money. Of a household's payments the largest counts, whatever they are;
/// what was taken back is never the same money as what was paid.
fn apart(household: bool, fen: Fen) -> Option<Fen> {
    Some(fen).filter(|fen| !household || fen.0 < 0)
}

/// What makes one payment, whatever its amount: when, under which programme, to which household, in which case.
type Once = (When, u32, Option<u32>, Option<u32>);

/// What an agency paid and took back.
pub(super) struct Money<'a> {
    ledger: &'a Ledger,
    recoveries: HashMap<u32, Vec<Recovery<'a>>>,
}

struct Recovery<'a> {
    line: &'a Line,
    /// The day of the one-off payment that was taken back.
    of: Option<Date>,
}

impl<'a> Money<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Money<'a> {
        let mut recoveries: HashMap<u32, Vec<Recovery<'_>>> = HashMap::new();
        for line in &ledger.recoveries {
            let recovery = Recovery { line, of: None };
            recoveries.entry(line.person).or_default().push(recovery);
        }
        for line in ledger.lines.iter().filter(|line| line.day.is_some()) {
            for recovery in recoveries.get_mut(&line.person).into_iter().flatten() {
                recovery.may_be_of(line);
            }
        }
        Money { ledger, recoveries }
    }

    /// Of lines, each with its months that are in question. Exports repeat rows. To one person, the same amount under the same programme for the same month (or on the same
    /// day in the same case) is one payment; to a household, whatever is listed for the month is, and the largest counts.
    /// What was taken back of these payments follows them with its minus.
    pub(super) fn payments(
        &self,
        person: u32,
        window: Window,
        lines: impl Iterator<Item = (Vec<Month>, &'a Line)>,
    ) -> Result<Vec<Payment>, Error> {
        let recoveries = self.recoveries.get(&person).map_or(&[][..], Vec::as_slice);
        let mut paid: BTreeMap<Once, BTreeMap<Option<Fen>, Fen>> = BTreeMap::new();
        let mut back: BTreeMap<Once, BTreeSet<(Option<Date>, Fen)>> = BTreeMap::new();
        for (months, line) in lines {
            let Some(amount) = line.amount else { continue };
            let household = household(line);
            let (whens, case) = match line.day {
                Some(day) => (vec![When::Day(day)], line.case),
                None => (months.into_iter().map(When::Month).collect(), None),
            };
            for when in whens {
                let once = (when, line.programme, household, case);
                let amounts = paid.entry(once).or_default();
                let most = amounts
                    .entry(apart(household.is_some(), amount.fen))
                    .or_insert(amount.fen);
                *most = (*most).max(amount.fen);
                let taken = recoveries
                    .iter()
                    .filter(|recovery| recovery.is_of(line, when, window))
                    .filter_map(|recovery| Some((recovery.line.day, recovery.line.amount?.fen)));
                back.entry(once).or_default().extend(taken);
            }
        }
        let mut payments = Vec::new();
        for (once, amounts) in paid {
            payments.extend(amounts.into_values().map(|fen| self.payment(once, fen)));
            let taken = back.remove(&once).unwrap_or_default();
            if !taken.is_empty() {
                payments.push(self.payment(once, sum(taken.into_iter().map(|(_, fen)| fen))?));
            }
        }
        Ok(payments)
    }

    fn payment(&self, (when, programme, household, case): Once, fen: Fen) -> Payment {
        let ledger = self.ledger;
        Payment {
            programme: ledger.programmes[programme as usize].clone(),
            when,
            payee: household.map_or(Payee::Person, |no| {
                Payee::Household(ledger.households[no as usize].clone())
            }),
            case: case.map(|case| ledger.cases[case as usize].clone()),
            fen,
        }
    }
}

impl Recovery<'_> {
    /// No export says which payment was taken back: of those that it may be of, it is taken to be of the last one before.
    fn may_be_of(&mut self, paid: &Line) {
        if self.is_like(paid) && paid.day <= self.line.day && self.of < paid.day {
            self.of = paid.day;
        }
    }

    /// Whether it is of the money that was paid then.
    fn is_of(&self, paid: &Line, when: When, window: Window) -> bool {
        let same_time = match (when, self.line.day) {
            (When::Month(month), None) => self.line.paid.contains(month),
            (When::Day(day), Some(back)) => {
                let near = window.is_month() || window.holds(Month::of(day), Month::of(back));
                self.of == Some(day) && near
            }
            _ => false,
        };
        same_time && self.is_like(paid)
    }

    fn is_like(&self, paid: &Line) -> bool {
        let one_off = |line: &Line| line.day.map(|_| (line.case, line.cause));
        let like = |line: &Line| (line.programme, household(line), one_off(line));
        paid.amount.is_some() && like(self.line) == like(paid)
    }
}

/// The household to which the money went, where it went to one.
fn household(line: &Line) -> Option<u32> {
    line.household
        .filter(|_| line.amount.is_some_and(|amount| amount.per == Per::Household))
}
