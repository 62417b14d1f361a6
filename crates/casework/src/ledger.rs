//! An agency's own records as a round or a rule needs them: each number, household and case held once, rows by index.

use std::collections::HashMap;

use hefu_identity::{AliasTable, PersonKey};
use jiff::civil::Date;

use crate::{
    AidRecord, Amount, Care, CaseNumber, CauseCode, Error, HouseholdNo, Known, LetterNo, MonthRange, Period,
    ProgrammeCode, Protection, RowId,
};

/// What is kept of the records.
pub(crate) struct Ledger {
    /// The months of which records are looked at.
    pub(crate) selected: MonthRange,
    pub(crate) numbers: Vec<PersonKey>,
    pub(crate) households: Vec<HouseholdNo>,
    pub(crate) cases: Vec<CaseNumber>,
    pub(crate) letters: Vec<LetterNo>,
    pub(crate) programmes: Vec<ProgrammeCode>,
    pub(crate) lines: Vec<Line>,
    /// What was taken back; no element stands for it.
    pub(crate) recoveries: Vec<Line>,
}

impl Ledger {
    /// What these lines, which are of one person, say of the person on `day`.
    pub(crate) fn care<'a>(&self, lines: impl Iterator<Item = &'a Line> + Clone, day: Date) -> Care {
        let minor = |line: &Line| Known::minor(&self.numbers[line.number as usize], day);
        Care {
            protected: lines.clone().any(|line| line.protection != Protection::No),
            minor: Known::of(lines.clone().map(minor)),
            disabled: Known::of(lines.map(|line| line.disabled)),
        }
    }
}

/// What is kept of one record. Indices are into the ledger's tables.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) row: RowId,
    /// The number that stands for the person, whichever of the person's numbers the row shows.
    pub(crate) person: u32,
    pub(crate) programme: u32,
    /// The months of the selection in which it was paid.
    pub(crate) paid: MonthRange,
    /// The day of a one-off payment.
    pub(crate) day: Option<Date>,
    pub(crate) amount: Option<Amount>,
    pub(crate) household: Option<u32>,
    pub(crate) case: Option<u32>,
    pub(crate) letter: Option<u32>,
    pub(crate) cause: Option<CauseCode>,
    /// Whether it is part of an aid that several agencies decided together.
    pub(crate) linked: bool,
    /// The number that the row shows.
    pub(crate) number: u32,
    pub(crate) protection: Protection,
    pub(crate) disabled: Known,
}

impl Line {
    /// Whether both say the same of the same money, as where an export lists a payment twice.
    pub(crate) fn repeats(&self, other: &Line) -> bool {
        let said = |line: &Line| {
            (
                line.person,
                line.programme,
                line.paid,
                line.day,
                line.amount,
                line.household,
                line.case,
                line.cause,
            )
        };
        said(self) == said(other)
    }
}

/// Fills a ledger.
pub(crate) struct Intake<'a> {
    pub(crate) ledger: Ledger,
    aliases: &'a AliasTable,
    people: HashMap<PersonKey, u32>,
    households: HashMap<HouseholdNo, u32>,
    cases: HashMap<CaseNumber, u32>,
    letters: HashMap<LetterNo, u32>,
    programmes: HashMap<ProgrammeCode, u32>,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(aliases: &'a AliasTable, selected: MonthRange) -> Intake<'a> {
        Intake {
            ledger: Ledger {
                selected,
                numbers: Vec::new(),
                households: Vec::new(),
                cases: Vec::new(),
                letters: Vec::new(),
                programmes: Vec::new(),
                lines: Vec::new(),
                recoveries: Vec::new(),
            },
            aliases,
            people: HashMap::new(),
            households: HashMap::new(),
            cases: HashMap::new(),
            letters: HashMap::new(),
            programmes: HashMap::new(),
        }
    }

    /// Enters a record and returns the index of its line.
    pub(crate) fn enter(&mut self, record: &AidRecord) -> Result<u32, Error> {
        let line = self.line(record)?;
        let index = index_of(self.ledger.lines.len())?;
        self.ledger.lines.push(line);
        Ok(index)
    }

    /// Enters what was taken back.
    pub(crate) fn recover(&mut self, record: &AidRecord) -> Result<(), Error> {
        let line = self.line(record)?;
        self.ledger.recoveries.push(line);
        Ok(())
    }

    fn line(&mut self, record: &AidRecord) -> Result<Line, Error> {
        let ledger = &mut self.ledger;
        let principal = self.aliases.principal(&record.person);
        Ok(Line {
            row: record.row,
            person: intern(&mut self.people, &mut ledger.numbers, principal)?,
            programme: intern(&mut self.programmes, &mut ledger.programmes, &record.programme)?,
            paid: record.paid_months(ledger.selected),
            day: match record.period {
                Period::OneOff(day) => Some(day),
                Period::Months(_) => None,
            },
            amount: record.amount,
            household: record
                .household
                .as_ref()
                .map(|no| intern(&mut self.households, &mut ledger.households, no))
                .transpose()?,
            case: record
                .case
                .as_ref()
                .map(|case| intern(&mut self.cases, &mut ledger.cases, case))
                .transpose()?,
            letter: record
                .referral
                .as_ref()
                .map(|referral| intern(&mut self.letters, &mut ledger.letters, &referral.letter))
                .transpose()?,
            cause: record.circumstances.cause,
            linked: record.circumstances.linked_with.is_some(),
            number: intern(&mut self.people, &mut ledger.numbers, &record.person)?,
            protection: record.protection,
            disabled: record.disabled,
        })
    }

    /// The indices of all numbers of the person who has `number`: the counterpart may know any one of them.
    pub(crate) fn numbers<'s>(
        &'s mut self,
        number: &'s PersonKey,
    ) -> impl Iterator<Item = Result<u32, Error>> {
        let (people, numbers, aliases) = (&mut self.people, &mut self.ledger.numbers, self.aliases);
        aliases.group(number).map(|each| intern(people, numbers, each))
    }
}

fn intern<T: Clone + Eq + std::hash::Hash>(
    known: &mut HashMap<T, u32>,
    table: &mut Vec<T>,
    item: &T,
) -> Result<u32, Error> {
    if let Some(index) = known.get(item) {
        return Ok(*index);
    }
    let index = index_of(table.len())?;
    table.push(item.clone());
    known.insert(item.clone(), index);
    Ok(index)
}

/// Tables and sets have 32-bit indices.
pub(crate) fn index_of(len: usize) -> Result<u32, Error> {
    let max = u64::from(u32::MAX);
    u32::try_from(len).map_err(|_| Error::TooManyElements {
        elements: u64::try_from(len).unwrap_or(u64::MAX),
        max,
    })
}
