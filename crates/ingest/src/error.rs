//! What can stop a reading, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Everything that stops a reading. A single bad row never does: it is counted, and goes to the quarantine file.
///
/// No variant carries a row's content: headings that hold data are not listed either.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be opened or read.
    #[error("{}: cannot be read; check that it exists, is not open elsewhere, and that you may read it", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder without a file that could be a table.
    #[error("{}: the folder has no file to read", folder.display())]
    EmptyFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder inside the folder: reading or leaving it would both be a guess.
    #[error("{}: holds the folder {inner:?}; name that one on its own or move it away", folder.display())]
    NestedFolder {
        /// The folder.
        folder: PathBuf,
        /// The folder inside.
        inner: String,
    },
    /// A file of no bytes, or of nothing but blank lines.
    #[error("{}: the file is empty; export it again", file.display())]
    EmptyFile {
        /// The file.
        file: PathBuf,
    },
    /// A header and nothing below it.
    #[error("{}: a header and no rows; say so if an empty roll is meant", file.display())]
    NoRows {
        /// The file, the first of several.
        file: PathBuf,
    },
    /// The content is no table that can be read.
    #[error("{}: {found} is not a table; export it as CSV, XLSX or XLS", file.display())]
    UnknownFormat {
        /// The file.
        file: PathBuf,
        /// What the content looks like.
        found: &'static str,
    },
    /// A book that opens with a password only.
    #[error("{}: protected by a password; save a copy without one", file.display())]
    PasswordProtected {
        /// The file.
        file: PathBuf,
    },
    /// A part of the file is larger than any honest export.
    #[error("{}: {part} is larger than {limit_bytes} bytes; split the export", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The part, as named inside the file.
        part: String,
        /// The bound.
        limit_bytes: u64,
    },
    /// A ledger of more rows than any has.
    #[error("{}: more than {max} rows; a ledger has fewer", file.display())]
    TooManyRows {
        /// The file.
        file: PathBuf,
        /// The bound.
        max: usize,
    },
    /// A book whose inside does not hold together.
    #[error("{}: the file is damaged ({part}); open it, save it again as XLSX, and retry", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Which layer: `zip`, `xml`, `workbook`, `cell`.
        part: &'static str,
    },
    /// An encoding nobody knows.
    #[error("the encoding {name:?} is not known; use utf-8, gb18030, utf-16le or utf-16be")]
    UnknownEncoding {
        /// As given.
        name: String,
    },
    /// A quotation mark was opened and not closed.
    #[error(
        "{}: the record at line {row} is longer than {limit_bytes} bytes; a quotation mark there is not closed",
        file.display()
    )]
    RecordTooLong {
        /// The file.
        file: PathBuf,
        /// The physical line at which the record starts.
        row: u64,
        /// The bound.
        limit_bytes: u64,
    },
    /// No row of headings at the top of the file.
    #[error("{}{}: no row of headings; add one, or name its row", file.display(), in_sheet(sheet))]
    NoHeader {
        /// The file.
        file: PathBuf,
        /// The sheet, where the file has sheets.
        sheet: Option<String>,
    },
    /// The sheet asked for is not there.
    #[error("{}: no sheet {sheet:?}; there are {}", file.display(), list(found))]
    SheetMissing {
        /// The file.
        file: PathBuf,
        /// As asked for.
        sheet: String,
        /// The sheets that are there.
        found: Vec<String>,
    },
    /// A sheet holds document numbers, and no heading that says so: leaving it out would lose rows.
    #[error(
        "{}{}: holds document numbers under no known heading; give it the first sheet's headings, or name the sheets to read",
        file.display(), in_sheet(sheet)
    )]
    SheetUnread {
        /// The file.
        file: PathBuf,
        /// The sheet, where the file has sheets.
        sheet: Option<String>,
    },
    /// The column asked for is not there.
    #[error("{}{}: no column {wanted:?}; the columns are {}", file.display(), in_sheet(sheet), list(found))]
    ColumnMissing {
        /// The file.
        file: PathBuf,
        /// The sheet, where the file has sheets.
        sheet: Option<String>,
        /// The heading asked for; `number` where no heading was named.
        wanted: String,
        /// The headings that are there.
        found: Vec<String>,
    },
    /// Several columns fit, and choosing would be a guess.
    #[error(
        "{}{}: the columns {} all fit {wanted:?}; name one (all columns: {})",
        file.display(), in_sheet(sheet), list(fits), list(found)
    )]
    ColumnAmbiguous {
        /// The file.
        file: PathBuf,
        /// The sheet, where the file has sheets.
        sheet: Option<String>,
        /// The heading asked for; `number` where no heading was named.
        wanted: String,
        /// Those that fit.
        fits: Vec<String>,
        /// The headings that are there.
        found: Vec<String>,
    },
    /// A spreadsheet has destroyed the numbers of a whole column.
    #[error(
        "{}: a spreadsheet has dropped digits in {count} cells of the column {column:?} (first rows: {}); format the column as text and export it again",
        file.display(), list(rows)
    )]
    DigitsLostFile {
        /// The file.
        file: PathBuf,
        /// The heading.
        column: String,
        /// How many cells.
        count: u64,
        /// The first few rows.
        rows: Vec<u64>,
    },
    /// The mapping is not well-formed.
    #[error("the mapping cannot be read: {0}")]
    MappingSyntax(#[from] Box<toml::de::Error>),
    /// The mapping says something that cannot be followed.
    #[error("the mapping's {field}: {problem}")]
    Mapping {
        /// The field, as `table.key`.
        field: &'static str,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// The place that should give the month names none.
    #[error("{}{}: its {place} names no month; give the period in the mapping", file.display(), in_sheet(sheet))]
    PeriodNotFound {
        /// The file.
        file: PathBuf,
        /// The sheet, where the file has sheets.
        sheet: Option<String>,
        /// `file_name`, `sheet` or `title`.
        place: &'static str,
    },
    /// The place that should give the month names several.
    #[error("{}{}: its {place} names several months ({}); give the period in the mapping", file.display(), in_sheet(sheet), list(months))]
    PeriodAmbiguous {
        /// The file.
        file: PathBuf,
        /// The sheet, where the file has sheets.
        sheet: Option<String>,
        /// `file_name`, `sheet` or `title`.
        place: &'static str,
        /// The months it names.
        months: Vec<String>,
    },
    /// The sum does not hold: rows were lost or counted twice. A fault of ours, never of the file.
    #[error(
        "the reconciliation does not add up: {rows_read} rows read, {accepted} accepted, {rejected} rejected, {blank} blank; report this"
    )]
    Unreconciled {
        /// Rows read.
        rows_read: u64,
        /// Rows accepted.
        accepted: u64,
        /// Rows rejected, all reasons together.
        rejected: u64,
        /// Blank rows.
        blank: u64,
    },
    /// A result could not be written.
    #[error("{}: cannot be written; check the folder and the space on the disk", file.display())]
    Write {
        /// The file being written, `-` where a stream was given.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Whoever receives the records asked to stop.
    #[error("the reading was stopped: {0}")]
    Stopped(#[source] Stop),
}

/// Why the receiver of records wants no more of them.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Stop(pub Box<dyn std::error::Error + Send + Sync>);

impl Error {
    /// A stable name for programs and for translation.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Io { .. } => "file_io",
            Error::EmptyFolder { .. } => "folder_empty",
            Error::NestedFolder { .. } => "folder_nested",
            Error::EmptyFile { .. } => "file_empty",
            Error::NoRows { .. } => "file_no_rows",
            Error::UnknownFormat { .. } => "file_format_unknown",
            Error::PasswordProtected { .. } => "file_password_protected",
            Error::TooLarge { .. } => "file_too_large",
            Error::TooManyRows { .. } => "file_too_many_rows",
            Error::Damaged { .. } => "file_damaged",
            Error::UnknownEncoding { .. } => "encoding_unknown",
            Error::RecordTooLong { .. } => "record_too_long",
            Error::NoHeader { .. } => "header_missing",
            Error::SheetMissing { .. } => "sheet_missing",
            Error::SheetUnread { .. } => "sheet_unread",
            Error::ColumnMissing { .. } => "column_missing",
            Error::ColumnAmbiguous { .. } => "column_ambiguous",
            Error::DigitsLostFile { .. } => "file_digits_lost",
            Error::MappingSyntax(_) => "mapping_syntax",
            Error::Mapping { .. } => "mapping_invalid",
            Error::PeriodNotFound { .. } => "period_not_found",
            Error::PeriodAmbiguous { .. } => "period_ambiguous",
            Error::Unreconciled { .. } => "unreconciled",
            Error::Write { .. } => "write_failed",
            Error::Stopped(_) => "stopped",
        }
    }

    /// What the message names, for translation. Never a document number, a name or a row's content.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        let path = |file: &Path| ("file", file.display().to_string());
        let sheet = |sheet: &Option<String>| ("sheet", sheet.clone().unwrap_or_default());
        match self {
            Error::Io { file, source } | Error::Write { file, source } => {
                vec![path(file), ("cause", source.to_string())]
            }
            Error::EmptyFolder { folder } => vec![path(folder)],
            Error::NestedFolder { folder, inner } => vec![path(folder), ("inner", inner.clone())],
            Error::EmptyFile { file } | Error::NoRows { file } | Error::PasswordProtected { file } => {
                vec![path(file)]
            }
            Error::UnknownFormat { file, found } => vec![path(file), ("found", (*found).to_owned())],
            Error::TooLarge {
                file,
                part,
                limit_bytes,
            } => {
                vec![
                    path(file),
                    ("part", part.clone()),
                    ("limit_bytes", limit_bytes.to_string()),
                ]
            }
            Error::TooManyRows { file, max } => vec![path(file), ("max", max.to_string())],
            Error::Damaged { file, part } => vec![path(file), ("part", (*part).to_owned())],
            Error::UnknownEncoding { name } => vec![("name", name.clone())],
            Error::RecordTooLong {
                file,
                row,
                limit_bytes,
            } => {
                vec![
                    path(file),
                    ("row", row.to_string()),
                    ("limit_bytes", limit_bytes.to_string()),
                ]
            }
            Error::NoHeader { file, sheet: at } | Error::SheetUnread { file, sheet: at } => {
                vec![path(file), sheet(at)]
            }
            Error::SheetMissing { file, sheet, found } => {
                vec![path(file), ("sheet", sheet.clone()), ("found", list(found))]
            }
            Error::ColumnMissing {
                file,
                sheet: at,
                wanted,
                found,
            } => {
                vec![
                    path(file),
                    sheet(at),
                    ("wanted", wanted.clone()),
                    ("found", list(found)),
                ]
            }
            Error::ColumnAmbiguous {
                file,
                sheet: at,
                wanted,
                fits,
                found,
            } => vec![
                path(file),
                sheet(at),
                ("wanted", wanted.clone()),
                ("fits", list(fits)),
                ("found", list(found)),
            ],
            Error::DigitsLostFile {
                file,
                column,
                count,
                rows,
            } => vec![
                path(file),
                ("column", column.clone()),
                ("count", count.to_string()),
                ("rows", list(rows)),
            ],
            Error::MappingSyntax(cause) => vec![("cause", cause.to_string())],
            Error::Mapping { field, problem } => {
                vec![("field", (*field).to_owned()), ("problem", problem.clone())]
            }
            Error::PeriodNotFound {
                file,
                sheet: at,
                place,
            } => {
                vec![path(file), sheet(at), ("place", (*place).to_owned())]
            }
            Error::PeriodAmbiguous {
                file,
                sheet: at,
                place,
                months,
            } => {
                vec![
                    path(file),
                    sheet(at),
                    ("place", (*place).to_owned()),
                    ("months", list(months)),
                ]
            }
            Error::Unreconciled {
                rows_read,
                accepted,
                rejected,
                blank,
            } => vec![
                ("rows_read", rows_read.to_string()),
                ("accepted", accepted.to_string()),
                ("rejected", rejected.to_string()),
                ("blank", blank.to_string()),
            ],
            Error::Stopped(stop) => vec![("cause", stop.to_string())],
        }
    }

    pub(crate) fn io(file: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
        move |source| Error::Io {
            file: file.to_owned(),
            source,
        }
    }

    pub(crate) fn write(file: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
        move |source| Error::Write {
            file: file.to_owned(),
            source,
        }
    }
}

fn in_sheet(sheet: &Option<String>) -> String {
    sheet
        .as_ref()
        .map_or_else(String::new, |sheet| format!(", sheet {sheet:?}"))
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
