//! The account of a reading: no row may vanish.

use std::collections::BTreeMap;

use hefu_identity::{Parsed, PersonKey};
use rand::TryRng;
use ring::hmac;

use crate::error::Error;

/// The account of one reading. Every row that was read is accepted, rejected for one reason, or blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Rows below the headings.
    pub rows_read: u64,
    /// Rows that count, the repeats of a person too.
    pub accepted: u64,
    /// Rows that do not count, by the code of the reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Rows with nothing in them.
    pub blank: u64,
    /// Accepted rows less the distinct persons in them.
    pub duplicates: u64,
    /// Accepted rows that a person should look at, by the code of the warning.
    pub warnings: BTreeMap<&'static str, u64>,
    /// Accepted rows whose number had to be normalised, by the code of what was done.
    pub cleaned: BTreeMap<&'static str, u64>,
}

impl Reconciliation {
    /// Rejected rows, all reasons together.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Distinct persons among the accepted rows.
    pub fn persons(&self) -> u64 {
        self.accepted.saturating_sub(self.duplicates)
    }

    /// Checks that rows read = accepted + rejected + blank.
    pub fn check(&self) -> Result<(), Error> {
        let rejected = self.rejected_total();
        match self.accepted + rejected + self.blank == self.rows_read {
            true => Ok(()),
            false => Err(Error::Unreconciled {
                rows_read: self.rows_read,
                accepted: self.accepted,
                rejected,
                blank: self.blank,
            }),
        }
    }
}

/// Keeps the account while rows go by.
///
/// Rows read are counted where tables are read, the outcomes here, so that the sum means something.
pub(crate) struct Account {
    reconciliation: Reconciliation,
    persons: Persons,
}

impl Account {
    pub(crate) fn new() -> Self {
        Account {
            reconciliation: Reconciliation::default(),
            persons: Persons::new(),
        }
    }

    pub(crate) fn accept(&mut self, parsed: &Parsed) {
        let account = &mut self.reconciliation;
        account.accepted += 1;
        for cleaning in parsed.cleaned.iter() {
            *account.cleaned.entry(cleaning.code()).or_default() += 1;
        }
        for warning in parsed.warnings.iter() {
            *account.warnings.entry(warning.code()).or_default() += 1;
        }
        self.persons.note(&parsed.key);
    }

    pub(crate) fn warn(&mut self, code: &'static str) {
        *self.reconciliation.warnings.entry(code).or_default() += 1;
    }

    pub(crate) fn reject(&mut self, code: &'static str) {
        *self.reconciliation.rejected.entry(code).or_default() += 1;
    }

    pub(crate) fn blank(&mut self, rows: u64) {
        self.reconciliation.blank += rows;
    }

    /// Closes the account against the number of rows that the tables had.
    pub(crate) fn close(self, rows_read: u64) -> Result<Reconciliation, Error> {
        let mut account = self.reconciliation;
        account.rows_read = rows_read;
        account.duplicates = account.accepted.saturating_sub(self.persons.count());
        account.check()?;
        Ok(account)
    }
}

/// Counts distinct persons exactly but for a chance of 2^-80 among ten million: 16 bytes each, under a key that
/// nobody keeps, so that the list of numbers is not held twice.
struct Persons {
    key: hmac::Key,
    digests: Vec<u128>,
    /// How many were left when repeats were last removed.
    distinct: usize,
}

impl Persons {
    fn new() -> Self {
        let mut key = [0; 32];
        // A system without randomness cannot make any key of the protocol either; counting needs none that is good.
        let _ = rand::rngs::SysRng.try_fill_bytes(&mut key);
        Persons {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            digests: Vec::new(),
            distinct: 0,
        }
    }

    fn note(&mut self, key: &PersonKey) {
        let tag = hmac::sign(&self.key, &key.stored());
        let (digest, _) = tag.as_ref().split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        self.digests.push(u128::from_le_bytes(*digest));
        // Ten rows a person need the memory of one.
        if self.digests.len() >= 2 * self.distinct.max(1 << 20) {
            self.fold();
        }
    }

    fn fold(&mut self) {
        self.digests.sort_unstable();
        self.digests.dedup();
        self.distinct = self.digests.len();
    }

    fn count(mut self) -> u64 {
        self.fold();
        self.distinct as u64
    }
}

/// Numbers that a spreadsheet has damaged, in one file's column.
#[derive(Default)]
pub(crate) struct DigitsLost {
    count: u64,
    rows: Vec<u64>,
    seen: u64,
}

/// Rows that an error names.
const NAMED_ROWS: usize = 10;

impl DigitsLost {
    pub(crate) fn note(&mut self, row: u64, is_lost: bool) {
        self.seen += 1;
        if is_lost {
            self.count += 1;
            if self.rows.len() < NAMED_ROWS {
                self.rows.push(row);
            }
        }
    }

    /// Refuses the file where so many are damaged that the rest cannot be trusted, and begins anew.
    pub(crate) fn check(&mut self, file: &std::path::Path, column: &str) -> Result<(), Error> {
        let DigitsLost { count, rows, seen } = std::mem::take(self);
        match hefu_identity::many_digits_lost(count, seen) {
            true => Err(Error::DigitsLostFile {
                file: file.to_owned(),
                column: column.to_owned(),
                count,
                rows,
            }),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use hefu_identity::{Kind, parse};

    use super::*;

    #[test]
    fn a_sum_that_does_not_hold_is_an_error() {
        let mut account = Account::new();
        account.accept(&parse(Kind::Resident, "11010519491231002X").unwrap_or_else(|_| unreachable!()));
        account.reject("missing");
        account.blank(2);
        assert!(matches!(
            account.close(5),
            Err(Error::Unreconciled {
                rows_read: 5,
                rejected: 1,
                ..
            })
        ));
    }

    #[test]
    fn persons_are_counted_once_however_often_they_stand() {
        let mut account = Account::new();
        for number in [
            "11010519491231002X",
            "110105491231002",
            "440524188001010014",
            "11010519491231002x",
        ] {
            account.accept(&parse(Kind::Resident, number).unwrap_or_else(|_| unreachable!()));
        }
        let account = account.close(4).unwrap();
        assert_eq!((account.duplicates, account.persons()), (2, 2));
        assert_eq!(account.cleaned.get("lower_case"), Some(&1));
    }
}
