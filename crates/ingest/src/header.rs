//! Finding the row of headings and the wanted columns in it.

use std::path::Path;

use hefu_identity::Kind;

use crate::error::Error;
use crate::row::{Cell, Row};
use crate::synonyms::{self, normal};

/// Rows with anything in them among which the headings are looked for, below merged titles and notes.
const SEARCHED_ROWS: usize = 20;
/// Titles are kept to find a month in them, not to hold a page of notes.
const KEPT_TITLES: usize = 40;

/// How the number's column was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// It was named.
    Named,
    /// Its heading is the only one that is known to stand over document numbers.
    Synonym,
}

impl Chosen {
    /// A stable name: `named`, `synonym`.
    pub fn code(self) -> &'static str {
        match self {
            Chosen::Named => "named",
            Chosen::Synonym => "synonym",
        }
    }
}

/// The columns that a reading needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// The heading over the document numbers; by synonym where it is not given.
    pub(crate) number: Option<String>,
    /// The kind of document; by the heading where it is not given.
    pub(crate) kind: Option<Kind>,
    /// Further headings, all of them needed.
    pub(crate) others: Vec<String>,
    /// Any of several fitting headings will do, because nothing is read under it.
    pub(crate) any_number: bool,
}

impl Wanted {
    pub(crate) fn is_heading(&self, field: &str) -> bool {
        match &self.number {
            Some(name) => normal(name) == normal(field),
            None => synonyms::number_kind(field).is_some(),
        }
    }
}

/// The headings of one table, and where the wanted ones stand.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// All headings, empty ones at the end left out.
    pub(crate) names: Vec<String>,
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    pub(crate) chosen: Chosen,
    /// In the order of [`Wanted::others`].
    pub(crate) others: Vec<usize>,
    /// The rows are delimited text, whose fields must fit the headings.
    pub(crate) fixed_width: bool,
}

impl Columns {
    pub(crate) fn number_name(&self) -> &str {
        self.names.get(self.number).map_or("", String::as_str)
    }

    /// Whether the row has a document number where this table has its own.
    pub(crate) fn is_number_in_place(&self, row: &Row) -> bool {
        is_number(row.cell(self.number), self.kind)
    }

    /// Whether the row has more fields than there are headings, or ends before a column that is needed. Empty
    /// fields at the end are no matter, whether written or, as Excel does from row 17 on, left out.
    pub(crate) fn is_misshapen(&self, row: &Row) -> bool {
        let last_needed = self.others.iter().copied().fold(self.number, usize::max);
        self.fixed_width && (row.len() <= last_needed || !row.is_blank_from(self.names.len()))
    }
}

enum Unfit {
    Missing { wanted: String },
    Ambiguous { wanted: String, fits: Vec<String> },
}

/// What has been seen of a sheet before its headings.
#[derive(Default)]
pub(crate) struct Search {
    rows: usize,
    titles: Vec<String>,
    has_numbers: bool,
    /// The row that looks most like headings.
    best: Vec<String>,
}

impl Search {
    /// Nothing has been seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// A document number stands somewhere in the sheet.
    pub(crate) fn has_numbers(&self) -> bool {
        self.has_numbers
    }

    /// The texts above the headings.
    pub(crate) fn titles(&self) -> &[String] {
        &self.titles
    }

    /// The columns, if this row holds the headings.
    pub(crate) fn look_at(
        &mut self,
        path: &Path,
        sheet: Option<&str>,
        row: &Row,
        wanted: &Wanted,
        header_row: Option<u64>,
    ) -> Result<Option<Columns>, Error> {
        self.rows += 1;
        let is_candidate = header_row.map_or(self.rows <= SEARCHED_ROWS, |number| row.number == number);
        if is_candidate {
            let names = headings(row);
            match resolve(&names, wanted) {
                Ok(columns) => return Ok(Some(columns)),
                Err(Unfit::Ambiguous { wanted, fits }) => {
                    return Err(Error::ColumnAmbiguous {
                        file: path.to_owned(),
                        sheet: sheet.map(str::to_owned),
                        wanted,
                        fits,
                        found: names,
                    });
                }
                Err(Unfit::Missing { .. }) => {
                    let filled = |names: &[String]| names.iter().filter(|name| !name.is_empty()).count();
                    if filled(&names) > filled(&self.best) {
                        self.best = names;
                    }
                }
            }
        }
        let texts = row.cells().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text.trim().to_owned()),
            _ => None,
        });
        self.titles
            .extend(texts.take(KEPT_TITLES.saturating_sub(self.titles.len())));
        let kind = wanted.kind.unwrap_or(Kind::Resident);
        self.has_numbers = self.has_numbers || row.cells().any(|cell| is_number(cell, kind));
        Ok(None)
    }

    /// Why there was no table in the sheet. Headings are listed unless they look like data.
    pub(crate) fn into_error(self, path: &Path, sheet: Option<String>, wanted: &Wanted) -> Error {
        let file = path.to_owned();
        match resolve(&self.best, wanted) {
            Err(Unfit::Missing { wanted })
                if !self.best.is_empty() && !self.best.iter().any(|name| is_data(name)) =>
            {
                Error::ColumnMissing {
                    file,
                    sheet,
                    wanted,
                    found: self.best,
                }
            }
            _ => Error::NoHeader { file, sheet },
        }
    }
}

/// The row's texts as headings: on one line, empty ones at the end left out.
pub(crate) fn headings(row: &Row) -> Vec<String> {
    let one_line = |cell: Cell<'_>| cell.shown().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut names: Vec<String> = row.cells().map(one_line).collect();
    let filled = names
        .iter()
        .rposition(|name| !name.is_empty())
        .map_or(0, |last| last + 1);
    names.truncate(filled);
    names
}

fn resolve(names: &[String], wanted: &Wanted) -> Result<Columns, Unfit> {
    let (number, implied, chosen) = match &wanted.number {
        Some(name) => {
            let at = find_named(names, name)?;
            let implied = names.get(at).and_then(|name| synonyms::number_kind(name));
            (at, implied, Chosen::Named)
        }
        None => {
            let (at, kind) = find_synonym(names, wanted.kind, wanted.any_number)?;
            (at, Some(kind), Chosen::Synonym)
        }
    };
    let others = wanted
        .others
        .iter()
        .map(|name| find_named(names, name))
        .collect::<Result<_, _>>()?;
    let kind = wanted.kind.or(implied).unwrap_or(Kind::Resident);
    Ok(Columns {
        names: names.to_vec(),
        number,
        kind,
        chosen,
        others,
        fixed_width: false,
    })
}

/// The column of that name: to the letter, or else but for width, case, white space and marks.
fn find_named(names: &[String], wanted: &str) -> Result<usize, Unfit> {
    let matching = |is_match: &dyn Fn(&str) -> bool| -> Vec<usize> {
        names
            .iter()
            .enumerate()
            .filter(|(_, name)| is_match(name))
            .map(|(at, _)| at)
            .collect()
    };
    let mut fits = matching(&|name| name == wanted.trim());
    if fits.is_empty() {
        let wanted = normal(wanted);
        fits = matching(&|name| !name.is_empty() && normal(name) == wanted);
    }
    only(names, &fits, wanted)
}

/// The column whose heading is known to stand over document numbers. With a kind told, headings of that kind go
/// first; a heading that is known as it stands goes before one that only ends like a known one.
fn find_synonym(names: &[String], kind: Option<Kind>, any: bool) -> Result<(usize, Kind), Unfit> {
    let known = |look_up: fn(&str) -> Option<Kind>| -> Vec<(usize, Kind)> {
        let all: Vec<_> = names
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((at, look_up(name)?)))
            .collect();
        let of_kind: Vec<_> = all
            .iter()
            .copied()
            .filter(|(_, implied)| kind == Some(*implied))
            .collect();
        if of_kind.is_empty() { all } else { of_kind }
    };
    let mut fits = known(synonyms::number_kind_exactly);
    if fits.is_empty() {
        fits = known(synonyms::number_kind);
    }
    if any {
        fits.truncate(1);
    }
    let places: Vec<usize> = fits.iter().map(|(at, _)| *at).collect();
    let at = only(names, &places, "number")?;
    let implied = fits.first().map_or(Kind::Resident, |(_, implied)| *implied);
    Ok((at, implied))
}

fn only(names: &[String], fits: &[usize], wanted: &str) -> Result<usize, Unfit> {
    match fits {
        [] => Err(Unfit::Missing {
            wanted: wanted.to_owned(),
        }),
        [at] => Ok(*at),
        several => Err(Unfit::Ambiguous {
            wanted: wanted.to_owned(),
            fits: several.iter().filter_map(|at| names.get(*at).cloned()).collect(),
        }),
    }
}

fn is_number(cell: Cell<'_>, kind: Kind) -> bool {
    cell.exact_text()
        .is_some_and(|text| hefu_identity::parse(kind, &text).is_ok())
}

/// A heading has no run of five digits and is not long; a document number, an account or an address is.
fn is_data(name: &str) -> bool {
    let digits = name
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .max()
        .unwrap_or(0);
    digits >= 5 || name.chars().count() > 40
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str], wanted: &Wanted) -> Result<(usize, Kind), Vec<String>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        match resolve(&names, wanted) {
            Ok(columns) => Ok((columns.number, columns.kind)),
            Err(Unfit::Missing { wanted }) => Err(vec![wanted]),
            Err(Unfit::Ambiguous { fits, .. }) => Err(fits),
        }
    }

    #[test]
    fn one_known_heading_is_taken_and_two_are_not() {
        let by_synonym = Wanted::default();
        assert_eq!(find(&["姓名", "身份证号"], &by_synonym), Ok((1, Kind::Resident)));
        assert_eq!(
            find(&["*身 份 证 号：", "姓名"], &by_synonym),
            Ok((0, Kind::Resident))
        );
        assert_eq!(
            find(&["姓名", "公民身份号码（18位）"], &by_synonym),
            Ok((1, Kind::Resident))
        );
        assert_eq!(
            find(&["姓名", "残疾人证号"], &by_synonym),
            Ok((1, Kind::DisabilityCertificate))
        );
        assert_eq!(
            find(&["姓名", "被救助人身份证号码"], &by_synonym),
            Ok((1, Kind::Resident))
        );
        // The exact heading goes before one that only ends alike.
        assert_eq!(
            find(&["户主身份证号", "身份证号"], &by_synonym),
            Ok((1, Kind::Resident))
        );
        // Another person's number is never proposed.
        assert_eq!(
            find(&["监护人身份证号", "姓名"], &by_synonym),
            Err(vec!["number".to_owned()])
        );
        assert_eq!(
            find(&["身份证号", "残疾人证号"], &by_synonym),
            Err(vec!["身份证号".to_owned(), "残疾人证号".to_owned()])
        );
        assert_eq!(
            find(&["申请人身份证号", "被害人身份证号"], &by_synonym),
            Err(vec!["申请人身份证号".to_owned(), "被害人身份证号".to_owned()])
        );
    }

    #[test]
    fn what_is_told_goes_before_what_is_known() {
        let kind = Wanted {
            kind: Some(Kind::DisabilityCertificate),
            ..Wanted::default()
        };
        assert_eq!(
            find(&["身份证号", "残疾人证号"], &kind),
            Ok((1, Kind::DisabilityCertificate))
        );
        assert_eq!(
            find(&["证件号码", "姓名"], &kind),
            Ok((0, Kind::DisabilityCertificate))
        );
        let named = Wanted {
            number: Some("监护人身份证号".to_owned()),
            ..Wanted::default()
        };
        assert_eq!(
            find(&["身份证号", "监护人身份证号"], &named),
            Ok((1, Kind::Resident))
        );
        assert_eq!(
            find(&["身份证号"], &named),
            Err(vec!["监护人身份证号".to_owned()])
        );
        assert_eq!(
            find(&["监护人身份证号", "监护人身份证号"], &named)
                .unwrap_err()
                .len(),
            2
        );
    }
}
