//! What an XLSX book would unpack to, looked at before anything of it is kept in memory.
//!
//! A book of a few hundred kilobytes can say of itself that it holds gigabytes, and be right. Sizes are bounded by what
//! the largest honest export has, and by the file itself: what shrinks to less than a two-hundredth is no table. Parts
//! that a reader keeps whole are read through once as well, for it keeps more of them than they are long.

mod scan;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::detect::{MAX_BOOK_BYTES, MAX_HELD_PART_BYTES, MAX_SHEET_BYTES};
use crate::error::Error;
use scan::Scan;

/// What a part may unpack to however small it is packed; not even held in memory does it do harm.
const FREE_BYTES: u64 = 64 << 20;

/// How many times its size a part, or the book, may unpack to beyond that. Tables shrink to a tenth, to a fortieth where a
/// column says one thing over and over; a deflated stream can grow to the thousandfold.
const MAX_GROWTH: u64 = 200;

/// How a part is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Row by row.
    Sheet,
    /// As a whole: shared strings, styles, the list of sheets.
    Whole,
    /// Not at all: pictures, macros.
    Never,
}

impl Held {
    fn of(name: &str) -> Self {
        let whole = ["sharedstrings.xml", "styles.xml", "workbook.xml", ".rels"];
        if whole.iter().any(|end| name.ends_with(end)) {
            Self::Whole
        } else if !name.ends_with(".xml") {
            Self::Never
        } else if name.contains("worksheets/") {
            Self::Sheet
        } else {
            Self::Whole
        }
    }

    fn limit_bytes(self) -> u64 {
        match self {
            Self::Sheet => MAX_SHEET_BYTES,
            Self::Whole => MAX_HELD_PART_BYTES,
            Self::Never => FREE_BYTES,
        }
    }
}

/// Checks that nothing in the file unpacks beyond the bounds. Zip readers stop at the size that an entry declares, so the
/// declared sizes bound what will be unpacked.
pub(crate) fn check(path: &Path, file: File) -> Result<(), Error> {
    let damaged = |part| Error::Damaged {
        file: path.to_owned(),
        part,
    };
    let too_large = |part: &str, limit_bytes| Error::TooLarge {
        file: path.to_owned(),
        part: part.to_owned(),
        limit_bytes,
    };
    let file_bytes = file.metadata().map_err(Error::io(path))?.len();
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| damaged("zip"))?;
    let mut total = 0u64;
    let mut is_book = false;
    let mut to_scan = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| damaged("zip"))?;
        let name = entry.name().map_err(|_| damaged("zip"))?.to_ascii_lowercase();
        if entry.encrypted() {
            return Err(Error::PasswordProtected {
                file: path.to_owned(),
            });
        }
        is_book |= name.ends_with("workbook.xml");
        let held = Held::of(&name);
        let limit = held.limit_bytes().min(grown(entry.compressed_size()));
        if entry.size() > limit {
            return Err(too_large(&name, limit));
        }
        total = total.saturating_add(entry.size());
        // A sheet costs memory only by its longest cell, which is no longer than the sheet.
        if held == Held::Whole || held == Held::Sheet && entry.size() > FREE_BYTES {
            to_scan.push(index);
        }
    }
    // Entries may share their bytes, so that none of them is out of proportion and all of them are.
    let limit = MAX_BOOK_BYTES.min(grown(file_bytes));
    if total > limit {
        return Err(too_large("the whole book", limit));
    }
    if !is_book {
        return Err(Error::UnknownFormat {
            file: path.to_owned(),
            found: "an archive without an Excel book",
        });
    }
    for index in to_scan {
        let part = archive.by_index(index).map_err(|_| damaged("zip"))?;
        scan_part(part, &damaged)?;
    }
    Ok(())
}

/// What so many packed bytes may unpack to.
fn grown(packed: u64) -> u64 {
    packed.saturating_mul(MAX_GROWTH).max(FREE_BYTES)
}

fn scan_part(mut part: impl Read, damaged: &impl Fn(&'static str) -> Error) -> Result<(), Error> {
    let mut scan = Scan::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = part.read(&mut buffer).map_err(|_| damaged("zip"))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        scan.take(bytes).map_err(|_| damaged("xml"))?;
    }
}
