//! The commands, and what several of them show alike.

pub(crate) mod account;
pub(crate) mod agreement;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod conference;
pub(crate) mod dataset;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod ferry;
pub(crate) mod finding;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod inquiry;
pub(crate) mod ledger;
pub(crate) mod letter;
pub(crate) mod match_lists;
pub(crate) mod matter;
pub(crate) mod peer;
pub(crate) mod people;
pub(crate) mod precheck;
mod reading;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod review;
pub(crate) mod round;
pub(crate) mod serve;
mod there;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use hefu_ingest::Wording;
use hefu_node::api::view::RowView;
use serde::Serialize;
use serde_json::Value;

use crate::failure::{Exit, Failure};
use crate::words::Lang;

/// The words of a quarantine file.
fn wording(lang: Lang) -> Wording {
    Wording {
        headings: ["file", "sheet", "row", "code", "reason", "number"]
            .map(|name| lang.word(&format!("quarantine_{name}"))),
        reason: Box::new(move |code| lang.word(code)),
    }
}

/// What `--json` prints of a view.
fn json(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

/// The first row of a table.
fn headings(lang: Lang, codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| lang.word(code)).collect()
}

/// The first digits of a key or digest, enough to tell those of one node apart.
pub(crate) fn short(digest: &impl ToString) -> String {
    digest.to_string().chars().take(12).collect()
}

/// A time stamp as people in China read it.
pub(crate) fn local(at: &jiff::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A path that means the same wherever it is read.
fn whole_path(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map(|path| path.components().collect())
        .map_err(|error| Failure::read(path, &error))
}

/// `register 2/1:17` is row 17 of sheet 1 of the snapshot's second file.
pub(crate) fn rows_at(rows: &[RowView]) -> String {
    let each = rows
        .iter()
        .map(|row| format!("{} {}/{}:{}", row.dataset, row.file, row.sheet, row.row));
    each.collect::<Vec<_>>().join(", ")
}

/// Written beside its place and renamed, so that nothing half-written stays.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let part = written_beside(file, bytes)?;
    part.persist(file).map_err(|error| Failure::write(file, &error))?;
    Ok(())
}

/// As [`write_whole`], and never in place of a file that is there.
fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let part = written_beside(file, bytes)?;
    match part.persist_noclobber(file) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let params = [("file", file.display().to_string())];
            Err(Failure::new(Exit::Input, "file_exists", params))
        }
        Err(error) => Err(Failure::write(file, &error)),
    }
}

fn written_beside(file: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, Failure> {
    let failed = |error: std::io::Error| Failure::write(file, &error);
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut part = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    part.write_all(bytes).map_err(failed)?;
    Ok(part)
}
