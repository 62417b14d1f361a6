//! The file of refused rows: where they stand and why, for whoever corrects the export.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hefu_casework::RowId;

use crate::error::Error;
use crate::table::Table;

/// The words of a quarantine file, in the language of whoever reads it.
pub struct Wording {
    /// The headings over file, sheet, row, reason code, reason and number.
    pub headings: [String; 6],
    /// A reason in words, by its code.
    pub reason: Box<dyn Fn(&str) -> String>,
}

/// A CSV file (UTF-8 with byte order mark, which Chinese spreadsheets need) of the rows that were refused: file,
/// sheet, row, reason code, reason in words, number masked. Nothing else of a row is written.
///
/// It appears under its name only when [`Quarantine::finish`] is called; dropped before, it leaves nothing.
pub struct Quarantine {
    path: PathBuf,
    part: PathBuf,
    writer: Option<csv::Writer<BufWriter<File>>>,
    wording: Wording,
    rows: u64,
}

/// A row that was refused, as the quarantine file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
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

/// Reads rows of a quarantine file: at most `limit` of them, after the first `after`. The reasons' words are left out:
/// their codes say the same in every language.
///
/// # Errors
/// [`Error::Io`] where the file is not there any more, or is none of those that are written here.
pub fn read_refused(path: &Path, after: u64, limit: usize) -> Result<Vec<Refused>, Error> {
    let unreadable = |error: csv::Error| Error::io(path)(io::Error::from(error));
    let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    for record in reader.records().skip(after).take(limit) {
        let record = record.map_err(unreadable)?;
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let row = cell(2).parse().map_err(|_| {
            let foreign = io::Error::new(io::ErrorKind::InvalidData, "not a file of refused rows");
            Error::io(path)(foreign)
        })?;
        rows.push(Refused {
            file: cell(0),
            sheet: cell(1),
            row,
            code: cell(3),
            number: cell(5),
        });
    }
    Ok(rows)
}

/// Where rows come from, as the quarantine file names it.
#[derive(Default)]
pub(crate) struct Place {
    file: String,
    sheet: String,
}

impl Place {
    pub(crate) fn of(table: &Table<'_>) -> Self {
        let file = table.path.file_name().unwrap_or(table.path.as_os_str());
        Place {
            file: file.to_string_lossy().into_owned(),
            sheet: table.sheet.unwrap_or_default().to_owned(),
        }
    }
}

impl Quarantine {
    /// Begins a quarantine file.
    pub fn create(path: &Path, wording: Wording) -> Result<Self, Error> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut file = BufWriter::new(File::create(&part).map_err(Error::write(path))?);
        file.write_all("\u{feff}".as_bytes())
            .map_err(Error::write(path))?;
        let mut writer = csv::Writer::from_writer(file);
        let headings = writer
            .write_record(&wording.headings)
            .map_err(|error| failed(path, error));
        let quarantine = Quarantine {
            path: path.to_owned(),
            part,
            writer: Some(writer),
            wording,
            rows: 0,
        };
        headings.map(|()| quarantine)
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Puts the file under its name.
    pub fn finish(mut self) -> Result<PathBuf, Error> {
        let failed = Error::write;
        if let Some(writer) = self.writer.take() {
            let buffer = writer
                .into_inner()
                .map_err(|error| failed(&self.path)(io::Error::other(error.to_string())))?;
            let file = buffer
                .into_inner()
                .map_err(|error| failed(&self.path)(error.into_error()))?;
            file.sync_all().map_err(failed(&self.path))?;
        }
        fs::rename(&self.part, &self.path).map_err(failed(&self.path))?;
        Ok(self.path.clone())
    }

    pub(crate) fn add(&mut self, place: &Place, id: RowId, code: &str, number: &str) -> Result<(), Error> {
        self.rows += 1;
        let record = [
            harmless(&place.file),
            harmless(&place.sheet),
            id.row.to_string(),
            code.to_owned(),
            (self.wording.reason)(code),
            harmless(&hefu_identity::mask_raw(number)),
        ];
        match &mut self.writer {
            Some(writer) => writer
                .write_record(record)
                .map_err(|error| failed(&self.path, error)),
            None => Ok(()),
        }
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        drop(self.writer.take());
        // After `finish` there is no such file any more.
        let _ = fs::remove_file(&self.part);
    }
}

/// A field of a CSV file such that no spreadsheet that opens it takes it for a formula.
pub fn harmless(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

fn failed(path: &Path, error: csv::Error) -> Error {
    Error::write(path)(io::Error::from(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording() -> Wording {
        let headings = ["file", "sheet", "row", "code", "reason", "number"].map(str::to_owned);
        Wording {
            headings,
            reason: Box::new(|code| format!("<{code}>")),
        }
    }

    #[test]
    fn it_appears_when_finished_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("quarantine.csv");
        let mut quarantine = Quarantine::create(&path, wording()).unwrap();
        let place = Place {
            file: "=低保.csv".to_owned(),
            sheet: String::new(),
        };
        let id = RowId {
            file: 1,
            sheet: 1,
            row: 7,
        };
        quarantine
            .add(&place, id, "wrong_check_digit", "290105194912310021")
            .unwrap();
        assert!(!path.exists());
        quarantine.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "\u{feff}file,sheet,row,code,reason,number\n\
             '=低保.csv,,7,wrong_check_digit,<wrong_check_digit>,29**************21\n"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let read = read_refused(&path, 0, 10).unwrap();
        let first = Refused {
            file: "'=低保.csv".to_owned(),
            sheet: String::new(),
            row: 7,
            code: "wrong_check_digit".to_owned(),
            number: "29**************21".to_owned(),
        };
        assert_eq!(read, [first]);
        assert!(read_refused(&path, 1, 10).unwrap().is_empty());
        assert!(read_refused(&path, 0, 0).unwrap().is_empty());
        assert!(read_refused(&folder.path().join("none.csv"), 0, 10).is_err());
    }

    #[test]
    fn dropped_it_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(Quarantine::create(&folder.path().join("quarantine.csv"), wording()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
