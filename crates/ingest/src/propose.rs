//! A mapping proposed by the headings, for a person to confirm.

use std::path::PathBuf;

use hefu_casework::RowId;
use hefu_identity::Kind;

use crate::error::Error;
use crate::header::{Columns, Wanted};
use crate::numbers::ReadOptions;
use crate::row::Row;
use crate::synonyms::{self, Role};
use crate::table::{self, FileRead, Table, Visitor};

/// What the headings of the first table seem to mean. Nothing of it is used until someone writes a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// All headings.
    pub columns: Vec<String>,
    /// The headings known to stand over document numbers, each with its kind.
    pub numbers: Vec<(String, Kind)>,
    /// For each other field of a mapping's `[columns]`, the headings that fit; none, one, or several to choose from.
    pub fields: Vec<(&'static str, Vec<String>)>,
    /// What stands above the headings: perhaps a title that names the month.
    pub titles: Vec<String>,
    /// The files, as they were read.
    pub files: Vec<FileRead>,
}

impl Proposal {
    /// The heading over the numbers and its kind, if only one fits.
    pub fn number(&self) -> Option<&(String, Kind)> {
        only(&self.numbers)
    }

    /// The heading for a field of `[columns]`, if only one fits.
    pub fn column(&self, field: &str) -> Option<&str> {
        let (_, fits) = self.fields.iter().find(|(name, _)| *name == field)?;
        only(fits).map(String::as_str)
    }

    /// The fields for which several headings fit.
    pub fn ambiguous(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.fields
            .iter()
            .filter(|(_, fits)| fits.len() > 1)
            .map(|(name, fits)| (*name, fits.as_slice()))
    }

    /// The table `[columns]` of a mapping, with what fits several times left in comments.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = String::from("[columns]\n");
        for (heading, kind) in &self.numbers {
            let mark = if self.numbers.len() > 1 { "# " } else { "" };
            out.push_str(&format!(
                "{mark}number = {}\n{mark}kind = \"{}\"\n",
                quoted(heading),
                kind.code()
            ));
        }
        for (field, fits) in &self.fields {
            let mark = if fits.len() > 1 { "# " } else { "" };
            for heading in fits {
                out.push_str(&format!("{mark}{field} = {}\n", quoted(heading)));
            }
        }
        out
    }
}

fn only<T>(fits: &[T]) -> Option<&T> {
    match fits {
        [one] => Some(one),
        _ => None,
    }
}

/// Proposes what the headings mean. Two headings that fit one field are both listed.
///
/// # Errors
/// As [`crate::read_numbers`]; where several headings stand over document numbers, name one in the options.
pub fn propose(files: &[PathBuf], options: &ReadOptions) -> Result<Proposal, Error> {
    let mut proposer = Proposer::default();
    let wanted = Wanted {
        any_number: true,
        ..options.wanted()
    };
    let (files, first) = table::scan(files, &options.source(), &wanted, &mut proposer)?;
    let fields = Role::ALL
        .iter()
        .map(|role| {
            let fits = first
                .names
                .iter()
                .filter(|name| synonyms::fits(*role, name))
                .cloned()
                .collect();
            (role.field(), fits)
        })
        .collect();
    let numbers = match &options.column {
        Some(_) => vec![(first.number_name().to_owned(), first.kind)],
        None => {
            let kinds = |look_up: fn(&str) -> Option<Kind>| -> Vec<(String, Kind)> {
                first
                    .names
                    .iter()
                    .filter_map(|name| Some((name.clone(), look_up(name)?)))
                    .collect()
            };
            let exact = kinds(synonyms::number_kind_exactly);
            if exact.is_empty() {
                kinds(synonyms::number_kind)
            } else {
                exact
            }
        }
    };
    Ok(Proposal {
        columns: first.names,
        numbers,
        fields,
        titles: proposer.titles.unwrap_or_default(),
        files,
    })
}

#[derive(Default)]
struct Proposer {
    /// Of the first table.
    titles: Option<Vec<String>>,
}

impl Visitor for Proposer {
    fn table(&mut self, table: &Table<'_>) -> Result<(), Error> {
        self.titles.get_or_insert_with(|| table.titles.to_vec());
        Ok(())
    }

    fn row(&mut self, _: RowId, _: &Row, _: &Columns) -> Result<(), Error> {
        Ok(())
    }
}
