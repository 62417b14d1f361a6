use hefu_casework::{AidRecord, Month, Period};
use hefu_ingest::{FileRead, Proposal, Reading, Refused};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AccountView;

/// Files that were uploaded and wait: they go on waiting.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalRequest {
    /// The ids of the uploads.
    pub uploads: Vec<String>,
}

/// What the headings of files seem to mean. A person confirms it, and adds what no heading says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProposalView {
    /// The headings of the first table.
    pub columns: Vec<String>,
    /// What stands above them: perhaps a title that names the month.
    pub titles: Vec<String>,
    /// The table `[columns]` of a mapping in TOML; where several headings fit one field, they stand in comments.
    pub mapping: String,
    /// The files, as they were read.
    pub files: Vec<FileReadView>,
}

/// An import to be tried. The uploads go on waiting.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The ids of the uploads.
    pub uploads: Vec<String>,
    /// How the columns are read: a mapping in TOML.
    pub mapping: String,
}

/// What an import would come to. Nothing of it was kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewView {
    /// The account, as the import's would be.
    pub account: AccountView,
    /// The first records, as they would be read.
    pub rows: Vec<PreviewRowView>,
    /// The files, as they were read.
    pub files: Vec<FileReadView>,
}

/// One record as it would be read. Names and numbers of households are left out.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewRowView {
    /// Its file, from 1.
    pub file: u32,
    /// Its sheet, from 1.
    pub sheet: u32,
    /// Its row, from 1.
    pub row: u64,
    /// The person's number, masked.
    pub number: String,
    /// The programme's code.
    pub programme: String,
    /// The first month, or the day of what was paid once.
    pub from: String,
    /// The last month; nothing where it was paid once.
    pub until: Option<String>,
    /// How much, in fen, where the export says so.
    pub fen: Option<i64>,
    /// The code of its state.
    pub status: String,
}

/// A file, as it was read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileReadView {
    /// Its name.
    pub name: String,
    /// The encoding of a text.
    pub encoding: Option<String>,
    /// Rows read from it.
    pub rows: u64,
}

/// Rows that were refused at an import, in order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RefusedPage {
    /// The rows.
    pub rows: Vec<RefusedRowView>,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRowView {
    /// The file's name.
    pub file: String,
    /// The sheet's name; empty where the file has no sheets.
    pub sheet: String,
    /// The row, from 1.
    pub row: u64,
    /// The code of the reason.
    pub code: String,
    /// What stood in the column of numbers, masked.
    pub number: String,
}

impl ProposalView {
    pub(crate) fn of(proposal: &Proposal) -> Self {
        Self {
            columns: proposal.columns.clone(),
            titles: proposal.titles.clone(),
            mapping: proposal.to_toml(),
            files: proposal.files.iter().map(Into::into).collect(),
        }
    }
}

impl PreviewView {
    pub(crate) fn of(reading: &Reading, records: &[AidRecord]) -> Self {
        Self {
            account: AccountView::from(&reading.reconciliation),
            rows: records.iter().map(Into::into).collect(),
            files: reading.files.iter().map(Into::into).collect(),
        }
    }
}

impl RefusedPage {
    pub(crate) fn of(rows: Vec<Refused>, after: u64, limit: usize) -> Self {
        let count = rows.len();
        Self {
            rows: rows.into_iter().map(Into::into).collect(),
            next: (count == limit).then_some(after + count as u64),
        }
    }
}

impl From<&AidRecord> for PreviewRowView {
    fn from(record: &AidRecord) -> Self {
        let (from, until) = match record.period {
            Period::OneOff(day) => (day.to_string(), None),
            // The end of a range of months is the first that is not in it.
            Period::Months(months) => {
                let last = months.to.first_day().yesterday().map(Month::of);
                (months.from.to_string(), last.ok().map(|month| month.to_string()))
            }
        };
        Self {
            file: record.row.file,
            sheet: record.row.sheet,
            row: record.row.row,
            number: record.person.masked(),
            programme: record.programme.to_string(),
            from,
            until,
            fen: record.amount.map(|amount| amount.fen.0),
            status: record.status.code().to_owned(),
        }
    }
}

impl From<&FileRead> for FileReadView {
    fn from(file: &FileRead) -> Self {
        let name = file.path.file_name().unwrap_or(file.path.as_os_str());
        Self {
            name: name.to_string_lossy().into_owned(),
            encoding: file.encoding.clone(),
            rows: file.sheets.iter().map(|sheet| sheet.rows).sum(),
        }
    }
}

impl From<Refused> for RefusedRowView {
    fn from(row: Refused) -> Self {
        Self {
            file: row.file,
            sheet: row.sheet,
            row: row.row,
            code: row.code,
            number: row.number,
        }
    }
}
