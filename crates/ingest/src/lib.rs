//! Agencies' files as they really look, into document numbers, aid records, and an account of every row.
//!
//! A file's content decides what it is, not its name: CSV in any of the encodings in use, XLSX, XLS, or HTML and
//! tab-separated text under the name of either; folders of files, books with a sheet a month, tables split where
//! a sheet was full. What is found out about a file is shown in its [`Reading`]; where two things fit, nothing is
//! chosen. Rows are counted on their way in and on their way out, and a reading whose [`Reconciliation`] does not
//! add up fails.
//!
//! This crate must never open a socket or know of peers, never repair a number, and never let a row's content
//! into an error or a log: refused rows leave by the [`Quarantine`] file alone, with the number masked.

mod error;

// A file becomes rows ...
mod archive;
mod book;
mod compound;
mod detect;
mod encoding;
mod markup;
mod row;
mod text;
// ... under known headings ...
mod header;
mod synonyms;
mod table;
// ... and these become numbers, records, or a copy, with an account.
mod care;
mod columns;
mod copy;
mod field;
mod ledger;
mod mapping;
mod numbers;
mod propose;
mod quarantine;
mod reconcile;
mod records;
mod referral;

pub use care::{CareColumn, CareMapping, Declared, OfAll};
pub use columns::{MAX_LEDGER_ROWS, read_columns};
pub use copy::copy_rows;
pub use detect::{Format, MAX_BOOK_BYTES, MAX_HELD_PART_BYTES, MAX_SHEET_BYTES, MAX_XLS_BYTES};
pub use error::{Error, Stop};
pub use field::Unit;
pub use header::Chosen;
pub use ledger::{LedgerColumns, LedgerConstants, LedgerMapping, LedgerWords};
pub use mapping::{
    AmountMapping, CaseMapping, ColumnMapping, Mapping, PeriodEnd, PeriodMapping, PeriodSource,
    ProgrammeMapping, ReferralMapping, SourceMapping, StatusMapping,
};
pub use numbers::{ReadOptions, Reading, check_numbers, read_numbers};
pub use propose::{Proposal, propose};
pub use quarantine::{Quarantine, Refused, Wording, harmless, read_refused};
pub use reconcile::Reconciliation;
pub use records::{PeriodFound, read_records};
pub use table::{FileRead, SheetRead, SheetState, expand};
