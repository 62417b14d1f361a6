//! Whether a compound file (MS-CFB) holds a book of Excel 97 that can be read safely.
//!
//! The reader of these books trusts what they say about themselves: on a file cut off by a broken copy it panics,
//! and a cell in the far corner makes it allocate gigabytes. So the records are walked once before it sees them.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::detect::MAX_XLS_BYTES;
use crate::error::Error;

/// Cells between the first and the last row and column of a sheet; all are held in memory.
const MAX_SHEET_CELLS: u64 = 65_536 * 128;

// Types of records (MS-XLS 2.3).
const FORMULA: u16 = 0x0006;
const END_OF_FILE: u16 = 0x000a;
const FILE_PASS: u16 = 0x002f;
const BOUND_SHEET: u16 = 0x0085;
const MULTIPLE_RK: u16 = 0x00bd;
const RICH_STRING: u16 = 0x00d6;
const LABEL_SST: u16 = 0x00fd;
const DIMENSIONS: u16 = 0x0200;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const BOOL_OR_ERROR: u16 = 0x0205;
const RK: u16 = 0x027e;
const BEGIN_OF_FILE: u16 = 0x0809;

/// Refuses encrypted books, files that are no books, and books whose records do not hold together.
pub(crate) fn check(path: &Path, file: File) -> Result<(), Error> {
    let book_too_large = |limit_bytes| Error::TooLarge {
        file: path.to_owned(),
        part: "the whole book".to_owned(),
        limit_bytes,
    };
    if file.metadata().map_err(Error::io(path))?.len() > MAX_XLS_BYTES {
        return Err(book_too_large(MAX_XLS_BYTES));
    }
    let damaged = || Error::Damaged {
        file: path.to_owned(),
        part: "compound file",
    };
    let mut compound = cfb::CompoundFile::open(BufReader::new(file)).map_err(|_| damaged())?;
    // MS-OFFCRYPTO 2.3.4.4: an encrypted XLSX book.
    if compound.is_stream("/EncryptedPackage") {
        return Err(Error::PasswordProtected {
            file: path.to_owned(),
        });
    }
    let Some(name) = ["/Workbook", "/Book"]
        .into_iter()
        .find(|name| compound.is_stream(name))
    else {
        return Err(Error::UnknownFormat {
            file: path.to_owned(),
            found: "a document that is no Excel book",
        });
    };
    let mut stream = Vec::new();
    compound
        .open_stream(name)
        .and_then(|mut book| book.read_to_end(&mut stream))
        .map_err(|_| damaged())?;
    match check_book(&stream) {
        Ok(()) => Ok(()),
        Err(Fault::Encrypted) => Err(Error::PasswordProtected {
            file: path.to_owned(),
        }),
        Err(Fault::Broken) => Err(Error::Damaged {
            file: path.to_owned(),
            part: "workbook",
        }),
        Err(Fault::TooWide) => Err(book_too_large(MAX_XLS_BYTES)),
    }
}

#[derive(Debug, PartialEq)]
enum Fault {
    Encrypted,
    Broken,
    TooWide,
}

fn check_book(stream: &[u8]) -> Result<(), Fault> {
    let mut sheets = Vec::new();
    walk(stream, |kind, body| match kind {
        FILE_PASS => Err(Fault::Encrypted),
        BOUND_SHEET => {
            let (start, _) = body.split_first_chunk::<4>().ok_or(Fault::Broken)?;
            sheets.push(u32::from_le_bytes(*start));
            Ok(())
        }
        _ => Ok(()),
    })?;
    for start in sheets {
        let sheet = usize::try_from(start)
            .ok()
            .and_then(|start| stream.get(start..))
            .ok_or(Fault::Broken)?;
        let mut area = Area::default();
        walk(sheet, |kind, body| area.take(kind, body))?;
    }
    Ok(())
}

/// Goes through the records of one substream, those of charts within it too.
fn walk(mut stream: &[u8], mut take: impl FnMut(u16, &[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut depth = 0usize;
    loop {
        let (&[k0, k1, l0, l1], rest) = stream.split_first_chunk::<4>().ok_or(Fault::Broken)?;
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        let (body, rest) = rest.split_at_checked(length).ok_or(Fault::Broken)?;
        stream = rest;
        match u16::from_le_bytes([k0, k1]) {
            BEGIN_OF_FILE => depth += 1,
            END_OF_FILE if depth <= 1 => return Ok(()),
            END_OF_FILE => depth -= 1,
            kind => take(kind, body)?,
        }
    }
}

/// The rows and columns between which a sheet has cells.
#[derive(Default)]
struct Area {
    rows: Option<(u64, u64)>,
    columns: Option<(u64, u64)>,
}

impl Area {
    fn take(&mut self, kind: u16, body: &[u8]) -> Result<(), Fault> {
        let half = |at: usize| -> Result<u64, Fault> {
            let bytes = body
                .get(at..at + 2)
                .and_then(|bytes| bytes.first_chunk::<2>())
                .ok_or(Fault::Broken)?;
            Ok(u64::from(u16::from_le_bytes(*bytes)))
        };
        match kind {
            NUMBER | LABEL | RICH_STRING | BOOL_OR_ERROR | LABEL_SST | RK | FORMULA => {
                self.extend(half(0)?, half(2)?)
            }
            MULTIPLE_RK => {
                let (row, first, last) = (half(0)?, half(2)?, half(body.len().saturating_sub(2))?);
                if last < first {
                    return Err(Fault::Broken);
                }
                self.extend(row, first)?;
                self.extend(row, last)
            }
            // Rows take four bytes each from BIFF8 on and two before, columns two; each end is one too far.
            DIMENSIONS => {
                let word = |at| -> Result<u64, Fault> { Ok(half(at)? | half(at + 2)? << 16) };
                let (rows, columns) = match body.len() {
                    10 => ((half(0)?, half(2)?), (half(4)?, half(6)?)),
                    _ => ((word(0)?, word(4)?), (half(8)?, half(10)?)),
                };
                if rows.1 == 0 || columns.1 == 0 {
                    return Ok(());
                }
                // Some writers give nonsense as the first column.
                let first_column = if columns.0 > 0xff || columns.1 < columns.0 {
                    0
                } else {
                    columns.0
                };
                if rows.1 <= rows.0 || columns.1 <= first_column {
                    return Err(Fault::Broken);
                }
                match (rows.1 - rows.0).saturating_mul(columns.1 - first_column) > MAX_SHEET_CELLS {
                    true => Err(Fault::TooWide),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn extend(&mut self, row: u64, column: u64) -> Result<(), Fault> {
        let grow = |range: &mut Option<(u64, u64)>, at: u64| {
            let (first, last) = range.map_or((at, at), |(first, last)| (first.min(at), last.max(at)));
            *range = Some((first, last));
            last - first + 1
        };
        match grow(&mut self.rows, row) * grow(&mut self.columns, column) > MAX_SHEET_CELLS {
            true => Err(Fault::TooWide),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes(), &(body.len() as u16).to_le_bytes(), body].concat()
    }

    fn sheet(records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut sheet = record(BEGIN_OF_FILE, &[0; 16]);
        sheet.extend(records.iter().flat_map(|(kind, body)| record(*kind, body)));
        sheet.extend(record(END_OF_FILE, &[]));
        sheet
    }

    fn check_sheet(records: &[(u16, &[u8])]) -> Result<(), Fault> {
        // The globals take 20 + 12 + 4 bytes.
        let mut book = sheet(&[(BOUND_SHEET, &[36, 0, 0, 0, 0, 0, 0, 0])]);
        assert_eq!(book.len(), 36);
        book.extend(sheet(records));
        check_book(&book)
    }

    #[test]
    fn what_would_take_gigabytes_is_too_wide() {
        assert_eq!(check_sheet(&[(NUMBER, &[0; 14])]), Ok(()));
        let far = [&[255, 255, 255, 255][..], &[0; 10]].concat();
        assert_eq!(
            check_sheet(&[(NUMBER, &[0; 14]), (NUMBER, &far)]),
            Err(Fault::TooWide)
        );
        assert_eq!(check_sheet(&[(DIMENSIONS, &[0; 14])]), Ok(()));
        let all = [0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 255, 0, 0];
        assert_eq!(check_sheet(&[(DIMENSIONS, &all)]), Err(Fault::TooWide));
    }

    #[test]
    fn records_that_do_not_hold_together_are_broken() {
        assert_eq!(check_sheet(&[(NUMBER, &[0; 3])]), Err(Fault::Broken));
        assert_eq!(
            check_sheet(&[(DIMENSIONS, &[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0])]),
            Err(Fault::Broken)
        );
        let whole = sheet(&[(BOUND_SHEET, &[0; 8])]);
        assert_eq!(check_book(&whole), Ok(()));
        for cut in 0..whole.len() {
            assert_eq!(check_book(&whole[..cut]), Err(Fault::Broken), "{cut}");
        }
        assert_eq!(
            check_book(&sheet(&[(BOUND_SHEET, &[0xff; 8])])),
            Err(Fault::Broken)
        );
    }
}
