use std::collections::BTreeMap;
use std::path::Path;

use hefu_ingest::Reconciliation;
use hefu_store::Dataset;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An export that waits to be imported.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UploadView {
    /// Names it in an import.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// An import of files that were uploaded before. They are wiped, whatever comes of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The name under which snapshots of this register follow each other.
    pub name: String,
    /// The ids of the uploads.
    pub uploads: Vec<String>,
    /// How the columns are read: a mapping in TOML.
    pub mapping: String,
}

/// What became of an import.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportView {
    /// The snapshot.
    pub dataset: i64,
    /// The account: no row may vanish.
    pub account: AccountView,
    /// The file of refused rows on the node's machine; none where no row was refused.
    pub quarantine: Option<String>,
}

/// The account of a reading: rows read = accepted + rejected + blank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Rows below the headings.
    pub rows_read: u64,
    /// Rows that count.
    pub accepted: u64,
    /// Rows that do not count, by the code of the reason.
    pub rejected: BTreeMap<String, u64>,
    /// Rows with nothing in them.
    pub blank: u64,
    /// Accepted rows less the distinct persons in them.
    pub duplicates: u64,
    /// Accepted rows that a person should look at, by the code of the warning.
    pub warnings: BTreeMap<String, u64>,
    /// Accepted rows whose number had to be normalised, by the code of what was done.
    pub cleaned: BTreeMap<String, u64>,
}

/// Snapshots of registers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DatasetList {
    /// The newest first.
    pub datasets: Vec<DatasetView>,
}

/// One snapshot of a register.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DatasetView {
    /// Names it.
    pub id: i64,
    /// The register's name.
    pub name: String,
    /// The files that it was read from.
    pub files: Vec<String>,
    /// The kind of document.
    pub kind: String,
    /// The form of case number, where one is declared.
    pub case_scheme: Option<String>,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// Its rows.
    pub rows: u64,
    /// The distinct persons in them.
    pub persons: u64,
    /// Whether a round entered it: then it can't be deleted.
    pub used: bool,
}

impl From<&Reconciliation> for AccountView {
    fn from(account: &Reconciliation) -> Self {
        let owned = |counts: &BTreeMap<&'static str, u64>| {
            counts
                .iter()
                .map(|(code, count)| ((*code).to_owned(), *count))
                .collect()
        };
        Self {
            rows_read: account.rows_read,
            accepted: account.accepted,
            rejected: owned(&account.rejected),
            blank: account.blank,
            duplicates: account.duplicates,
            warnings: owned(&account.warnings),
            cleaned: owned(&account.cleaned),
        }
    }
}

impl From<Dataset> for DatasetView {
    fn from(dataset: Dataset) -> Self {
        // Where the file lay while it was read is of no use to anybody.
        let name = |file: &String| {
            Path::new(file)
                .file_name()
                .map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned())
        };
        Self {
            id: dataset.id.0,
            name: dataset.info.name,
            files: dataset.info.files.iter().map(name).collect(),
            kind: dataset.info.kind.code().to_owned(),
            case_scheme: dataset.info.case_scheme,
            imported_at: dataset.finished_at,
            rows: dataset.counts.rows,
            persons: dataset.counts.persons,
            used: dataset.used,
        }
    }
}
