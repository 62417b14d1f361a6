//! Of whom a matter is. A number in clear is taken only from whoever has the person's paper on the desk.

use hefu_casework::{AidRecord, Care, Known};
use hefu_identity::{Kind, PersonKey};
use zeroize::Zeroizing;

use super::{Kept, missing};
use crate::node::today;
use crate::{Error, Node, Result};

/// How somebody says of whom a matter is.
pub enum Whose {
    /// The person of a finding.
    Finding {
        /// The round.
        round: [u8; 32],
        /// The finding's number in it, from 1.
        seq: u64,
    },
    /// The person in a row of the newest snapshot of a register.
    Row {
        /// The register's name.
        dataset: String,
        /// The file within the snapshot, from 1.
        file: u32,
        /// The sheet, from 1.
        sheet: u32,
        /// The row.
        row: u64,
    },
    /// The person of another matter.
    Matter {
        /// Its number in the ledger.
        number: String,
    },
    /// A document number.
    Number {
        /// The kind of document.
        kind: Kind,
        /// What stands on it.
        number: Zeroizing<String>,
    },
}

/// Of whom a matter is.
#[derive(Clone, Debug)]
pub struct Person {
    /// The number.
    pub key: PersonKey,
    /// With how much care the person is to be dealt with.
    pub care: Care,
}

impl Person {
    /// Somebody of whom no more is known than the number.
    #[must_use]
    pub fn of_number(key: PersonKey) -> Person {
        let care = Care {
            minor: Known::minor(&key, today()),
            ..Care::default()
        };
        Person { key, care }
    }
}

impl Node {
    /// The person, and what is known of the care that is needed: of somebody in a row, what all rows say of them.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is no such finding, row or matter; [`Error::Number`] for what is no number of
    /// this kind; the store's.
    pub fn whose(&self, whose: &Whose) -> Result<Person> {
        match whose {
            Whose::Finding { round, seq } => {
                let (_, finding) = self.found(round, *seq)?;
                Ok(Person {
                    key: finding.person.clone(),
                    care: finding.care,
                })
            }
            Whose::Matter { number } => {
                let Kept { person, care, .. } = self.matter_numbered(number)?;
                Ok(Person { key: person, care })
            }
            Whose::Number { kind, number } => match hefu_identity::parse(*kind, number) {
                Ok(parsed) => Ok(Person::of_number(parsed.key)),
                Err(refusal) => Err(Error::Number { refusal }),
            },
            Whose::Row {
                dataset,
                file,
                sheet,
                row,
            } => self.in_row(dataset, *file, *sheet, *row),
        }
    }

    fn in_row(&self, dataset: &str, file: u32, sheet: u32, row: u64) -> Result<Person> {
        let all = self.store.datasets()?;
        let newest = all
            .iter()
            .filter(|known| known.info.name == dataset)
            .max_by_key(|known| known.id);
        let newest = newest.ok_or_else(|| Error::Missing {
            what: "dataset",
            name: dataset.to_owned(),
        })?;
        // Files are numbered through all imports.
        let file = newest.info.first_file.saturating_add(file.saturating_sub(1));
        let mut found = None;
        self.store.records(newest.id, &mut |record: AidRecord| {
            let at = record.row;
            if (at.file, at.sheet, at.row) == (file, sheet, row) {
                found = Some(record.person);
            }
            Ok::<_, Error>(())
        })?;
        let key = found.ok_or_else(|| missing(&format!("{dataset} {sheet}:{row}")))?;
        Ok(Person {
            care: self.care_of(&key)?,
            key,
        })
    }

    /// What the newest snapshots of all registers say of somebody under all their numbers, as findings have it. Whoever
    /// names one row does not choose what is known.
    fn care_of(&self, person: &PersonKey) -> Result<Care> {
        Ok(Care::of_rows(&self.rows_by_now(person)?, person, today()))
    }
}
