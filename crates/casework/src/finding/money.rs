//! What was paid, each payment once, less what was taken back.

use std::collections::{BTreeMap, HashMap};

use super::{Finding, Payee, Payment, When, months};
use crate::{
    Error, Fen, Per,
    element::At,
    ledger::{Ledger, Line},
};

/// The sum of what is to be verified in all of them: a household's money once, though each member's finding shows it,
/// and a payment once, though it may break two rules. The findings must be of one agency.
///
/// # Errors
/// [`Error::AmountOverflow`].
pub fn total_to_verify(findings: &[Finding]) -> Result<Fen, Error> {
    let mut once: HashMap<_, Fen> = HashMap::new();
    for finding in findings {
        for payment in &finding.payments {
            let Payment {
                programme,
                when,
                payee,
                case,
                fen,
            } = payment;
            let (payee, apart) = match payee {
                Payee::Person => ((Some(&finding.person), None), Some(*fen)),
                Payee::Household(no) => ((None, Some(no)), taken_back(*fen)),
            };
            let most = once.entry((payee, programme, *when, case, apart)).or_insert(*fen);
            *most = (*most).max(*fen);
        }
    }
    sum(once.into_values())
}

pub(super) fn sum(mut amounts: impl Iterator<Item = Fen>) -> Result<Fen, Error> {
    amounts.try_fold(Fen(0), |sum, fen| {
        sum.checked_add(fen).ok_or(Error::AmountOverflow)
    })
}

/// What was taken back is never the same money as what was paid.
fn taken_back(fen: Fen) -> Option<Fen> {
    Some(fen).filter(|fen| fen.0 < 0)
}

/// What makes one payment: when, under which programme, to which household, in which case, and the amount where the same
/// amount is the same money.
type Once = (When, u32, Option<u32>, Option<u32>, Option<Fen>);

/// What an agency paid and took back.
pub(super) struct Money<'a> {
    ledger: &'a Ledger,
    recoveries: HashMap<u32, Vec<&'a Line>>,
}

impl<'a> Money<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Money<'a> {
        let mut recoveries: HashMap<u32, Vec<&Line>> = HashMap::new();
        for line in &ledger.recoveries {
            recoveries.entry(line.person).or_default().push(line);
        }
        Money { ledger, recoveries }
    }

    /// Exports repeat rows. To one person, the same amount under the same programme for the same month (or on the same
    /// day in the same case) is one payment; to a household, whatever is listed for the month is, and the largest counts.
    /// What was taken back of these payments follows them with its minus.
    pub(super) fn payments(&self, person: u32, lines: impl Iterator<Item = (At, &'a Line)>) -> Vec<Payment> {
        let ledger = self.ledger;
        let mut once: BTreeMap<Once, Fen> = BTreeMap::new();
        let mut pay = |at: At, line: &Line| {
            let Some(amount) = line.amount else { return };
            let household = line.household.filter(|_| amount.per == Per::Household);
            let apart = if household.is_some() {
                taken_back(amount.fen)
            } else {
                Some(amount.fen)
            };
            let mut note = |when, case| {
                let most = once
                    .entry((when, line.programme, household, case, apart))
                    .or_insert(amount.fen);
                *most = (*most).max(amount.fen);
            };
            match line.day {
                Some(day) => note(When::Day(day), line.case),
                None => months(at, line)
                    .iter()
                    .for_each(|month| note(When::Month(month), None)),
            }
        };
        let recoveries = self.recoveries.get(&person).map_or(&[][..], Vec::as_slice);
        for (at, line) in lines {
            pay(at, line);
            for back in recoveries.iter().filter(|back| is_of(back, at, line)) {
                pay(at, back);
            }
        }
        let payment = |((when, programme, household, case, _), fen): (Once, Fen)| Payment {
            programme: ledger.programmes[programme as usize].clone(),
            when,
            payee: household.map_or(Payee::Person, |no| {
                Payee::Household(ledger.households[no as usize].clone())
            }),
            case: case.map(|case| ledger.cases[case as usize].clone()),
            fen,
        };
        once.into_iter().map(payment).collect()
    }
}

/// Whether a recovery is of the money that this line says was paid at this time.
fn is_of(back: &Line, at: At, line: &Line) -> bool {
    if back.programme != line.programme || back.day.is_some() != line.day.is_some() {
        return false;
    }
    match (at, line.day) {
        (At::Month(month), None) => back.paid.contains(month),
        (_, None) => !back.paid.intersect(line.paid).is_empty(),
        (_, Some(_)) => back.case == line.case && back.cause == line.cause,
    }
}
