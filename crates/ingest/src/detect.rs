//! What a file is. Its content decides; names like `.xls` are given to anything.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::Encoding;

use crate::archive;
use crate::compound;
use crate::encoding::{self, HEAD_BYTES};
use crate::error::Error;

/// The largest XLSX part that has to be held in memory (shared strings, styles, the list of sheets).
pub const MAX_HELD_PART_BYTES: u64 = 256 << 20;
/// The largest XLSX sheet, which is streamed: 1,048,576 rows of some thirty columns.
pub const MAX_SHEET_BYTES: u64 = 2 << 30;
/// The largest XLSX book, all its parts unpacked.
pub const MAX_BOOK_BYTES: u64 = 8 << 30;
/// The largest XLS file. It is held in memory as a whole; 65,536 rows of thirty columns take about 30 MiB.
pub const MAX_XLS_BYTES: u64 = 128 << 20;

/// What a file's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited text.
    Text,
    /// Tables in HTML, or Excel's XML of 2003, as many systems write under the name `.xls`.
    Markup,
    /// A book of Excel 2007 or later.
    Xlsx,
    /// A book of Excel 97 to 2003.
    Xls,
}

impl Format {
    /// A stable name: `text`, `markup`, `xlsx`, `xls`.
    pub fn code(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Markup => "markup",
            Format::Xlsx => "xlsx",
            Format::Xls => "xls",
        }
    }
}

/// A file whose content is known.
pub(crate) struct Detected {
    pub(crate) format: Format,
    /// Of text and markup.
    pub(crate) encoding: Option<&'static Encoding>,
    /// The first part of text and markup, decoded.
    pub(crate) head: String,
}

/// Looks into the file and checks that nothing in it unpacks beyond the bounds.
pub(crate) fn detect(path: &Path, told_encoding: Option<&str>) -> Result<Detected, Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut head = Vec::new();
    (&mut file)
        .take(HEAD_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(Error::io(path))?;
    file.seek(SeekFrom::Start(0)).map_err(Error::io(path))?;

    let unknown = |found| {
        Err(Error::UnknownFormat {
            file: path.to_owned(),
            found,
        })
    };
    let book = |format| {
        Ok(Detected {
            format,
            encoding: None,
            head: String::new(),
        })
    };
    match head.as_slice() {
        [] => Err(Error::EmptyFile {
            file: path.to_owned(),
        }),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => {
            archive::check(path, file)?;
            book(Format::Xlsx)
        }
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => {
            compound::check(path, file)?;
            book(Format::Xls)
        }
        [b'%', b'P', b'D', b'F', ..] => unknown("a PDF document"),
        [0x1f, 0x8b, ..] | [b'R', b'a', b'r', b'!', ..] | [b'7', b'z', 0xbc, 0xaf, ..] => {
            unknown("an archive")
        }
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => unknown("a picture"),
        _ => detect_text(path, &head, told_encoding),
    }
}

fn detect_text(path: &Path, head: &[u8], told_encoding: Option<&str>) -> Result<Detected, Error> {
    // What HTML declares about itself is often wrong; its bytes are judged as those of any text.
    let encoding = encoding::detect(path, head, told_encoding)?;
    let head = encoding::decode_head(encoding, head);
    let format = if is_markup(&head) {
        Format::Markup
    } else {
        Format::Text
    };
    Ok(Detected {
        format,
        encoding: Some(encoding),
        head,
    })
}

fn is_markup(head: &str) -> bool {
    let start = head.trim_start_matches(crate::row::is_invisible);
    if !start.starts_with('<') {
        return false;
    }
    let start = start.to_ascii_lowercase();
    [
        "<html",
        "<table",
        "<!doctype html",
        "<tr",
        "<?xml",
        "<workbook",
        "<meta",
    ]
    .iter()
    .any(|tag| start.contains(tag))
}
