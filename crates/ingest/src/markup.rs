//! Tables in HTML, or in Excel's XML of 2003, as rows.
//!
//! Exports of this kind close few tags and follow no schema, so this reads what it knows (tables, rows, cells and
//! how far they span) and steps over everything else. It streams, and holds one row.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::detect::Detected;
use crate::encoding::{Allowance, Utf8Reader};
use crate::error::Error;
use crate::row::{MAX_COLUMNS, Row};
use crate::table::Rows;

/// The longest row, or the longest run without one, its tags included.
const MAX_ROW_BYTES: usize = 8 << 20;
/// A cell that spans more rows than a sheet has is a mistake.
const MAX_ROW_SPAN: usize = 1_048_576;

/// Hands on the rows of every table.
pub(crate) fn read(path: &Path, detected: &Detected, rows: &mut dyn Rows) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let encoding = detected.encoding.unwrap_or(encoding_rs::UTF_8);
    let allowance = Allowance::new(MAX_ROW_BYTES);
    let mut reader = BufReader::new(Utf8Reader::new(file, encoding, false, allowance.clone()));
    let mut tables = Tables::new(rows);
    let (mut text, mut tag) = (Vec::new(), Vec::new());
    loop {
        text.clear();
        tag.clear();
        let read =
            read_piece(&mut reader, &mut text, &mut tag).map_err(|source| match allowance.is_spent() {
                true => Error::RecordTooLong {
                    file: path.to_owned(),
                    row: tables.number,
                    limit_bytes: MAX_ROW_BYTES as u64,
                },
                false => Error::Io {
                    file: path.to_owned(),
                    source,
                },
            })?;
        tables.text(&text);
        if !read {
            return tables.end_row();
        }
        tables.tag(&String::from_utf8_lossy(&tag))?;
        if !tables.in_row {
            allowance.renew();
        }
    }
}

/// The text up to the next tag, and what stands between that tag's brackets. `false` at the end of the file.
fn read_piece(reader: &mut impl BufRead, text: &mut Vec<u8>, tag: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        reader.read_until(b'<', text)?;
        if text.pop_if(|byte| *byte == b'<').is_none() {
            return Ok(false);
        }
        // "<5" in a note is no tag.
        match reader.fill_buf()?.first() {
            Some(b'/' | b'!' | b'?') => break,
            Some(byte) if byte.is_ascii_alphabetic() => break,
            _ => text.push(b'<'),
        }
    }
    loop {
        let more = reader.read_until(b'>', tag)? > 0;
        let closed = tag.ends_with(b">");
        let complete = match tag.as_slice() {
            [b'!', b'-', b'-', ..] => tag.len() >= 6 && tag.ends_with(b"-->"),
            [b'!', b'[', b'C', b'D', ..] => tag.ends_with(b"]]>"),
            [b'!' | b'?' | b'/', ..] => true,
            // A ">" inside an attribute's quotation marks closes nothing.
            tag => tag.iter().filter(|byte| **byte == b'"').count() % 2 == 0,
        };
        if !more || (closed && complete) {
            tag.pop_if(|byte| *byte == b'>');
            return Ok(true);
        }
    }
}

struct Tables<'a> {
    rows: &'a mut dyn Rows,
    row: Row,
    /// The text of the cell being read.
    cell: Option<Vec<u8>>,
    /// How many columns the cell being read spans, and how many rows.
    span: (usize, usize),
    /// By column, for how many rows more a cell above reaches down.
    reaching_down: Vec<usize>,
    /// Rows of the table so far.
    number: u64,
    in_row: bool,
    in_sheet: bool,
    is_wanted: bool,
    /// The element whose text is no text: a style, a script.
    skipped: Option<&'static str>,
}

impl<'a> Tables<'a> {
    fn new(rows: &'a mut dyn Rows) -> Self {
        Tables {
            rows,
            row: Row::default(),
            cell: None,
            span: (1, 1),
            reaching_down: Vec::new(),
            number: 0,
            in_row: false,
            in_sheet: false,
            is_wanted: false,
            skipped: None,
        }
    }

    fn text(&mut self, text: &[u8]) {
        if let (Some(cell), None) = (&mut self.cell, self.skipped) {
            cell.extend_from_slice(text);
        }
    }

    fn tag(&mut self, tag: &str) -> Result<(), Error> {
        if let Some(text) = tag.strip_prefix("![CDATA[") {
            self.text(text.trim_end_matches("]]").as_bytes());
            return Ok(());
        }
        let (closing, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let end = tag
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(end);
        let name = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        if let Some(skipped) = self.skipped {
            if closing && name == skipped {
                self.skipped = None;
            }
            return Ok(());
        }
        match (closing, &*name) {
            (false, "style") => self.skipped = Some("style"),
            (false, "script") => self.skipped = Some("script"),
            (false, "worksheet") => {
                self.begin_sheet(attribute(attributes, "name").as_deref())?;
                self.in_sheet = true;
            }
            (true, "worksheet") => {
                self.end_row()?;
                self.in_sheet = false;
            }
            // In XML the table is all there is in a sheet.
            (false, "table") if !self.in_sheet => self.begin_sheet(None)?,
            (true, "table") => self.end_row()?,
            (false, "tr" | "row") => self.begin_row(number(attributes, "index"))?,
            (true, "tr" | "row") => self.end_row()?,
            (false, "td" | "th" | "cell") if self.in_row => {
                self.begin_cell(attributes);
                if tag.ends_with('/') {
                    self.end_cell();
                }
            }
            (true, "td" | "th" | "cell") => self.end_cell(),
            (false, "br" | "p" | "div") => self.text(b" "),
            _ => {}
        }
        Ok(())
    }

    fn begin_sheet(&mut self, name: Option<&str>) -> Result<(), Error> {
        self.end_row()?;
        self.is_wanted = self.rows.sheet(name)?;
        self.number = 0;
        self.reaching_down.clear();
        Ok(())
    }

    /// `index` is where XML says that rows have been left out.
    fn begin_row(&mut self, index: Option<usize>) -> Result<(), Error> {
        self.end_row()?;
        if self.number == 0 && !self.is_wanted && !self.in_sheet {
            // Rows without a table around them.
            self.is_wanted = self.rows.sheet(None)?;
        }
        let next = self.number + 1;
        let number = index.map_or(next, |index| next.max((index as u64).min(MAX_ROW_SPAN as u64)));
        if self.is_wanted {
            self.rows.blank(number - next)?;
        }
        self.number = number;
        self.row.clear(number);
        self.in_row = true;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Error> {
        self.end_cell();
        if !std::mem::take(&mut self.in_row) {
            return Ok(());
        }
        self.reaching_down
            .iter_mut()
            .for_each(|rows| *rows = rows.saturating_sub(1));
        match self.is_wanted {
            true => self.rows.row(&self.row),
            false => Ok(()),
        }
    }

    fn begin_cell(&mut self, attributes: &str) {
        self.end_cell();
        while self
            .reaching_down
            .get(self.row.len())
            .is_some_and(|rows| *rows > 0)
        {
            self.row.push_empty();
        }
        if let Some(index) = number(attributes, "index") {
            while self.row.len() + 1 < index.min(MAX_COLUMNS) {
                self.row.push_empty();
            }
        }
        let merged = |name| number(attributes, name).map(|more| more.saturating_add(1));
        let columns = number(attributes, "colspan")
            .or_else(|| merged("mergeacross"))
            .unwrap_or(1);
        let rows = number(attributes, "rowspan")
            .or_else(|| merged("mergedown"))
            .unwrap_or(1);
        self.span = (columns.clamp(1, MAX_COLUMNS), rows.clamp(1, MAX_ROW_SPAN));
        self.cell = Some(Vec::new());
    }

    fn end_cell(&mut self) {
        let Some(cell) = self.cell.take() else { return };
        let first = self.row.len();
        if first >= MAX_COLUMNS {
            return;
        }
        let text = unescape(&collapse(&String::from_utf8_lossy(&cell)));
        self.row.damaged |= text.contains(char::REPLACEMENT_CHARACTER);
        self.row.push_text(&text);
        let (columns, rows) = self.span;
        let last = first.saturating_add(columns).min(MAX_COLUMNS);
        while self.row.len() < last {
            self.row.push_empty();
        }
        if rows > 1 {
            self.reaching_down.resize(self.reaching_down.len().max(last), 0);
            self.reaching_down
                .iter_mut()
                .take(last)
                .skip(first)
                .for_each(|down| *down = rows);
        }
    }
}

/// White space as HTML shows it: a run is one space, none at the ends. Non-breaking spaces are written as
/// entities or as characters of their own, and stay.
fn collapse(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        match after
            .split_once(';')
            .and_then(|(name, rest)| Some((entity(name)?, rest)))
        {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    let code = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "ensp" => Some('\u{2002}'),
        "emsp" => Some('\u{2003}'),
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(digits) => code(digits, 16),
            None => code(name.strip_prefix('#')?, 10),
        },
    }
}

/// The value of an attribute, whatever its letter case and name space, quoted or not.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before
            .trim_end()
            .rsplit(|c: char| c.is_whitespace() || c == ':')
            .next()?;
        let after = after.trim_start();
        let (value, next) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after.get(1..)?.split_once(quote)?,
            _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(unescape(value.trim_end_matches('/')));
        }
        rest = next;
    }
    None
}

fn number(attributes: &str, wanted: &str) -> Option<usize> {
    attribute(attributes, wanted)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_quoted_or_not() {
        let text = r#" style='a:b' ss:Index="3" COLSPAN=2 x:num"#;
        assert_eq!(number(text, "index"), Some(3));
        assert_eq!(number(text, "colspan"), Some(2));
        assert_eq!(attribute(text, "style").as_deref(), Some("a:b"));
        assert_eq!(attribute(text, "num"), None);
    }

    #[test]
    fn entities_become_characters_and_the_rest_stays() {
        assert_eq!(
            unescape("&lt;5&nbsp;&#20803;&#x5143; A&B &unknown; &"),
            "<5\u{a0}元元 A&B &unknown; &"
        );
    }

    #[test]
    fn a_tag_ends_at_its_own_bracket() {
        let mut reader = io::Cursor::new(b"a<5 b<td title=\"x>y\">c<!-- <td> -->d<br/>".as_slice());
        let mut pieces = Vec::new();
        let (mut text, mut tag) = (Vec::new(), Vec::new());
        while read_piece(&mut reader, &mut text, &mut tag).unwrap() {
            pieces.push((
                String::from_utf8(text.clone()).unwrap(),
                String::from_utf8(tag.clone()).unwrap(),
            ));
            text.clear();
            tag.clear();
        }
        let expected = [("a<5 b", "td title=\"x>y\""), ("c", "!-- <td> --"), ("d", "br/")];
        assert_eq!(
            pieces,
            expected.map(|(text, tag)| (text.to_owned(), tag.to_owned()))
        );
    }
}
