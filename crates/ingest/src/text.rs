//! Delimited text, as rows.

use std::fs::File;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator};

use crate::detect::Detected;
use crate::encoding::{Allowance, Utf8Reader};
use crate::error::Error;
use crate::row::Row;
use crate::table::Rows;

/// The longest record. A quotation mark that nobody closes makes one record of the rest of the file.
const MAX_RECORD_BYTES: usize = 1 << 20;
/// The reader reads ahead by as much.
const BUFFER_BYTES: usize = 1 << 16;

/// Lines looked at for the delimiter.
const SNIFFED_LINES: usize = 20;
const DELIMITERS: [char; 3] = [',', '\t', ';'];

/// Hands on every record of the file, blank lines too.
pub(crate) fn read(
    path: &Path,
    detected: &Detected,
    delimiter: u8,
    rows: &mut dyn Rows,
) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let encoding = detected.encoding.unwrap_or(encoding_rs::UTF_8);
    let lone_returns = detected.head.contains('\r') && !detected.head.contains('\n');
    let allowance = Allowance::new(MAX_RECORD_BYTES + BUFFER_BYTES);
    let reader = Utf8Reader::new(file, encoding, lone_returns, allowance.clone());
    // Only `\n` ends a record, so that lines can be counted; a `\r` before it is cut from the last field below.
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(reader);

    rows.sheet(None)?;
    let mut record = StringRecord::new();
    let mut row = Row::default();
    loop {
        let first_line = reader.position().line();
        allowance.renew();
        let more = reader
            .read_record(&mut record)
            .map_err(|error| match error.into_kind() {
                _ if allowance.is_spent() => Error::RecordTooLong {
                    file: path.to_owned(),
                    row: first_line,
                    limit_bytes: MAX_RECORD_BYTES as u64,
                },
                csv::ErrorKind::Io(source) => Error::Io {
                    file: path.to_owned(),
                    source,
                },
                _ => Error::Damaged {
                    file: path.to_owned(),
                    part: "text",
                },
            })?;
        let lines = reader.position().line() - first_line;
        // The parser skips blank lines without a word. Every line ends in `\n`: those of the record's own are the
        // ones within its fields and the one that ends it.
        let within = record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        let skipped = if more {
            lines.saturating_sub(within + 1)
        } else {
            lines
        };
        rows.blank(skipped)?;
        if !more {
            return Ok(());
        }
        row.clear(first_line + skipped);
        row.damaged = record.as_slice().contains(char::REPLACEMENT_CHARACTER);
        let last = record.len().saturating_sub(1);
        for (index, field) in record.iter().enumerate() {
            row.push_text(if index == last {
                field.strip_suffix('\r').unwrap_or(field)
            } else {
                field
            });
        }
        rows.row(&row)?;
    }
}

/// The delimiter: the one that makes a known heading a field of its own, otherwise the most frequent one on the
/// first line that has any.
pub(crate) fn sniff_delimiter(head: &str, is_heading: &dyn Fn(&str) -> bool) -> u8 {
    let lines = || {
        head.split(['\n', '\r'])
            .filter(|line| !line.trim().is_empty())
            .take(SNIFFED_LINES)
    };
    let count = |line: &str, delimiter: char| split_outside_quotes(line, delimiter).count();
    let with_heading = lines().find_map(|line| {
        DELIMITERS
            .into_iter()
            .filter(|delimiter| split_outside_quotes(line, *delimiter).any(is_heading))
            .rev()
            .max_by_key(|delimiter| count(line, *delimiter))
    });
    let most_frequent = || {
        lines().find_map(|line| {
            let best = DELIMITERS
                .into_iter()
                .rev()
                .max_by_key(|delimiter| count(line, *delimiter))?;
            (count(line, best) > 1).then_some(best)
        })
    };
    match with_heading.or_else(most_frequent) {
        Some('\t') => b'\t',
        Some(';') => b';',
        _ => b',',
    }
}

fn split_outside_quotes(line: &str, delimiter: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == delimiter && !quoted
    })
    .map(|field| field.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_of_the_header() {
        let is_heading = |field: &str| field == "身份证号";
        let sniff = |text| char::from(sniff_delimiter(text, &is_heading));
        assert_eq!(sniff("姓名,身份证号\n"), ',');
        assert_eq!(sniff("姓名;\"身份证号\";地址\n"), ';');
        assert_eq!(sniff("姓名\t身份证号\n张,三,四,五\t1\n"), '\t');
        // A title with a comma above a table with tabs.
        assert_eq!(sniff("某县民政局,2026年7月\n姓名\t身份证号\n"), '\t');
        // Delimiters inside quotation marks do not count.
        assert_eq!(sniff("\"a,b,c,d\"\t身份证号\n"), '\t');
        assert_eq!(sniff("身份证号\n"), ',');
        assert_eq!(sniff("a;b;c\n"), ';');
        assert_eq!(sniff(""), ',');
    }
}
