//! Files, folders, books and sheets as one run of rows under known columns.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use hefu_casework::RowId;

use crate::detect::{self, Format};
use crate::error::Error;
use crate::header::{Columns, Search, Wanted};
use crate::row::Row;
use crate::{book, markup, text};

/// Where and how to look, the same for every file of one reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(crate) encoding: Option<String>,
    /// A sheet's name; `*` stands for any characters.
    pub(crate) sheet: Option<String>,
    /// The row of the headings, from 1.
    pub(crate) header_row: Option<u64>,
    pub(crate) delimiter: Option<u8>,
    /// Whether a header without rows is meant.
    pub(crate) allow_empty: bool,
}

/// One file, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// The file; `RowId::file` counts these from 1.
    pub path: PathBuf,
    /// What its content is.
    pub format: Format,
    /// The encoding of a text, in lower case: `utf-8`, `gb18030`, `utf-16le`, `utf-16be`.
    pub encoding: Option<String>,
    /// The delimiter of a delimited text.
    pub delimiter: Option<char>,
    /// Its sheets or tables in their order; `RowId::sheet` counts these from 1.
    pub sheets: Vec<SheetRead>,
}

/// One sheet, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRead {
    /// Its name, where sheets have names.
    pub name: Option<String>,
    /// What became of it.
    pub state: SheetState,
    /// Rows read from it, blank ones and rejected ones included.
    pub rows: u64,
}

/// What became of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetState {
    /// Nothing stands in it.
    Empty,
    /// It was not asked for.
    NotWanted,
    /// Its headings stand in this row.
    Read {
        /// The row, from 1.
        header_row: u64,
        /// The heading over the document numbers.
        column: String,
    },
    /// It goes on where the sheet before it was full, without headings of its own.
    Continued,
    /// It has no such headings and no document numbers: notes, a cover.
    Skipped,
}

/// What the readers of the formats hand their rows to.
pub(crate) trait Rows {
    /// The names of all sheets of a book, before any of them.
    fn sheets(&mut self, names: &[String]) -> Result<(), Error>;
    /// The next sheet begins; the answer is whether its rows are wanted.
    fn sheet(&mut self, name: Option<&str>) -> Result<bool, Error>;
    fn row(&mut self, row: &Row) -> Result<(), Error>;
    /// So many rows with nothing in them.
    fn blank(&mut self, rows: u64) -> Result<(), Error>;
}

/// A table whose headings are known.
pub(crate) struct Table<'a> {
    pub(crate) path: &'a Path,
    pub(crate) sheet: Option<&'a str>,
    pub(crate) columns: &'a Columns,
    /// What stands above the headings.
    pub(crate) titles: &'a [String],
}

/// Who takes the rows of tables.
pub(crate) trait Visitor {
    /// A table begins, with headings of its own.
    fn table(&mut self, _table: &Table<'_>) -> Result<(), Error> {
        Ok(())
    }
    fn row(&mut self, id: RowId, row: &Row, columns: &Columns) -> Result<(), Error>;
    fn blank(&mut self, _rows: u64) {}
    /// All rows of the file have been taken.
    fn file_end(&mut self, _file: &FileRead) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads every file in order and hands its rows on. Returns what was read, and the columns of the first table.
pub(crate) fn scan(
    paths: &[PathBuf],
    source: &Source,
    wanted: &Wanted,
    visitor: &mut dyn Visitor,
) -> Result<(Vec<FileRead>, Columns), Error> {
    let mut first_columns: Option<Columns> = None;
    let mut files = Vec::new();
    for path in expand(paths)? {
        let file_number = u32::try_from(files.len() + 1).unwrap_or(u32::MAX);
        let detected = detect::detect(&path, source.encoding.as_deref())?;
        let mut file = FileRead {
            path: path.clone(),
            format: detected.format,
            encoding: detected
                .encoding
                .map(|encoding| encoding.name().to_ascii_lowercase()),
            delimiter: None,
            sheets: Vec::new(),
        };
        let delimiter = source
            .delimiter
            .unwrap_or_else(|| text::sniff_delimiter(&detected.head, &|field| wanted.is_heading(field)));
        if detected.format == Format::Text {
            file.delimiter = Some(char::from(delimiter));
        }
        let mut tables = Tables {
            path: &path,
            file_number,
            source,
            wanted,
            visitor,
            fixed_width: detected.format == Format::Text,
            sheets: Vec::new(),
            columns: None,
            at: At::Nowhere,
            first_columns: &mut first_columns,
            best_guess: None,
        };
        match detected.format {
            Format::Text => text::read(&path, &detected, delimiter, &mut tables)?,
            Format::Markup => markup::read(&path, &detected, &mut tables)?,
            Format::Xlsx => guarded(&path, || book::read_xlsx(&path, &mut tables))?,
            Format::Xls => guarded(&path, || book::read_xls(&path, &mut tables))?,
        }
        file.sheets = tables.finish()?;
        visitor.file_end(&file)?;
        files.push(file);
    }
    let rows: u64 = files
        .iter()
        .flat_map(|file| &file.sheets)
        .map(|sheet| sheet.rows)
        .sum();
    match (first_columns, files.first()) {
        (Some(_), Some(file)) if rows == 0 && !source.allow_empty => Err(Error::NoRows {
            file: file.path.clone(),
        }),
        (Some(columns), _) => Ok((files, columns)),
        // `finish` has refused every file without a table, and `expand` gives one file at least.
        (None, file) => Err(Error::EmptyFile {
            file: file.map(|file| file.path.clone()).unwrap_or_default(),
        }),
    }
}

/// The reader of books panics on some damaged files. What it was reading is dropped, and so is all that was read.
fn guarded(path: &Path, read: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::Damaged {
            file: path.to_owned(),
            part: "workbook",
        })
    })
}

/// The files that a reading of these paths reads, in its order: folders become their files by name.
///
/// # Errors
/// A path that cannot be read; a folder with nothing to read, or with a folder in it.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if !fs::metadata(path).map_err(Error::io(path))?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(Error::io(path))? {
            let entry = entry.map_err(Error::io(path))?.path();
            let name = entry
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            // Hidden files, the lock files that Excel leaves beside an open book, a system's own.
            if name.starts_with('.')
                || name.starts_with("~$")
                || matches!(&*name, "Thumbs.db" | "desktop.ini")
            {
                continue;
            }
            if fs::metadata(&entry).map_err(Error::io(&entry))?.is_dir() {
                return Err(Error::NestedFolder {
                    folder: path.clone(),
                    inner: name,
                });
            }
            inside.push(entry);
        }
        if inside.is_empty() {
            return Err(Error::EmptyFolder { folder: path.clone() });
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// The tables of one file.
struct Tables<'a, 'v> {
    path: &'a Path,
    file_number: u32,
    source: &'a Source,
    wanted: &'a Wanted,
    visitor: &'v mut dyn Visitor,
    /// Every row of a text has as many fields as its header.
    fixed_width: bool,
    sheets: Vec<SheetRead>,
    /// Of the last sheet that had headings.
    columns: Option<Columns>,
    at: At,
    first_columns: &'a mut Option<Columns>,
    /// The headings to list when none of the sheets has the wanted ones.
    best_guess: Option<Error>,
}

/// Where in a sheet the reading is.
enum At {
    Nowhere,
    Above(Search),
    Within,
}

impl Tables<'_, '_> {
    fn sheet_name(&self) -> Option<String> {
        self.sheets.last().and_then(|sheet| sheet.name.clone())
    }

    fn set_state(&mut self, state: SheetState) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.state = state;
        }
    }

    /// A row above the headings, or the headings.
    fn look_for_header(&mut self, row: &Row, mut search: Search) -> Result<(), Error> {
        let sheet = self.sheet_name();
        let first = search.is_empty();
        if let Some(columns) = search.look_at(
            self.path,
            sheet.as_deref(),
            row,
            self.wanted,
            self.source.header_row,
        )? {
            let column = columns.number_name().to_owned();
            self.set_state(SheetState::Read {
                header_row: row.number,
                column,
            });
            self.begin_table(columns, search.titles())?;
        } else if first
            && self
                .columns
                .as_ref()
                .is_some_and(|columns| columns.is_number_in_place(row))
        {
            self.set_state(SheetState::Continued);
            self.at = At::Within;
            return self.take(row);
        } else {
            self.at = At::Above(search);
        }
        Ok(())
    }

    fn begin_table(&mut self, mut columns: Columns, titles: &[String]) -> Result<(), Error> {
        columns.fixed_width = self.fixed_width;
        self.visitor.table(&Table {
            path: self.path,
            sheet: self.sheets.last().and_then(|sheet| sheet.name.as_deref()),
            columns: &columns,
            titles,
        })?;
        self.first_columns.get_or_insert_with(|| columns.clone());
        self.columns = Some(columns);
        self.at = At::Within;
        Ok(())
    }

    fn take(&mut self, row: &Row) -> Result<(), Error> {
        let sheet = u32::try_from(self.sheets.len()).unwrap_or(u32::MAX);
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.rows += 1;
        }
        let id = RowId {
            file: self.file_number,
            sheet,
            row: row.number,
        };
        match &self.columns {
            Some(columns) => self.visitor.row(id, row, columns),
            None => Ok(()),
        }
    }

    /// The sheet that was being read has ended.
    fn end_sheet(&mut self) -> Result<(), Error> {
        let At::Above(search) = std::mem::replace(&mut self.at, At::Nowhere) else {
            return Ok(());
        };
        if search.is_empty() {
            return Ok(());
        }
        self.set_state(SheetState::Skipped);
        if search.has_numbers() && self.columns.is_some() {
            return Err(Error::SheetUnread {
                file: self.path.to_owned(),
                sheet: self.sheet_name(),
            });
        }
        let missing = search.into_error(self.path, self.sheet_name(), self.wanted);
        self.best_guess.get_or_insert(missing);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<SheetRead>, Error> {
        self.end_sheet()?;
        match (&self.columns, self.best_guess) {
            (Some(_), _) => Ok(self.sheets),
            (None, Some(missing)) => Err(missing),
            (None, None) => Err(Error::EmptyFile {
                file: self.path.to_owned(),
            }),
        }
    }
}

impl Rows for Tables<'_, '_> {
    fn sheets(&mut self, names: &[String]) -> Result<(), Error> {
        match &self.source.sheet {
            Some(sheet) if !names.iter().any(|name| fits(sheet, name)) => Err(Error::SheetMissing {
                file: self.path.to_owned(),
                sheet: sheet.clone(),
                found: names.to_vec(),
            }),
            _ => Ok(()),
        }
    }

    fn sheet(&mut self, name: Option<&str>) -> Result<bool, Error> {
        self.end_sheet()?;
        let is_wanted = match (&self.source.sheet, name) {
            (Some(sheet), Some(name)) => fits(sheet, name),
            _ => true,
        };
        let state = if is_wanted {
            SheetState::Empty
        } else {
            SheetState::NotWanted
        };
        self.sheets.push(SheetRead {
            name: name.map(str::to_owned),
            state,
            rows: 0,
        });
        self.at = if is_wanted {
            At::Above(Search::default())
        } else {
            At::Nowhere
        };
        Ok(is_wanted)
    }

    fn row(&mut self, row: &Row) -> Result<(), Error> {
        if row.is_blank() && self.source.header_row != Some(row.number) {
            return self.blank(1);
        }
        match std::mem::replace(&mut self.at, At::Nowhere) {
            At::Nowhere => Ok(()),
            At::Above(search) => self.look_for_header(row, search),
            At::Within => {
                self.at = At::Within;
                self.take(row)
            }
        }
    }

    fn blank(&mut self, rows: u64) -> Result<(), Error> {
        if let (At::Within, Some(sheet)) = (&self.at, self.sheets.last_mut()) {
            sheet.rows += rows;
            self.visitor.blank(rows);
        }
        Ok(())
    }
}

/// Whether the name is the wanted one; each `*` stands for any characters.
fn fits(wanted: &str, name: &str) -> bool {
    let mut parts = wanted.trim().split('*');
    let first = parts.next().unwrap_or_default();
    let name = name.trim();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (wanted, name, expected) in [
            ("7月", "7月", true),
            ("7月", "17月", false),
            ("*月", "7月", true),
            ("*月", "说明", false),
            ("2026*月*", "2026年7月(新)", true),
            ("2026*月*", "2025年7月", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(wanted, name), expected, "{wanted} {name}");
        }
    }
}
