//! Which characters the bytes of a text file mean, and the file read as UTF-8 with every line ended by `\n`.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{CoderResult, Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::Error;

/// Bytes looked at before anything is decided about a file.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;
const CHUNK_BYTES: usize = 64 * 1024;

/// The encoding of a file: as told, by its byte order mark, UTF-16 by where its zero bytes stand, UTF-8 if all of
/// it is, and otherwise GB18030, in which Chinese spreadsheets save CSV.
pub(crate) fn detect(file: &Path, head: &[u8], told: Option<&str>) -> Result<&'static Encoding, Error> {
    if let Some(name) = told {
        let label = name.trim().as_bytes();
        return Encoding::for_label_no_replacement(label).ok_or_else(|| Error::UnknownEncoding {
            name: name.to_owned(),
        });
    }
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    if let Some(encoding) = utf16_without_mark(head) {
        return Ok(encoding);
    }
    if head.contains(&0) {
        return Err(Error::UnknownFormat {
            file: file.to_owned(),
            found: "binary data",
        });
    }
    let reader = File::open(file).map_err(Error::io(file))?;
    match is_utf8(reader).map_err(Error::io(file))? {
        true => Ok(UTF_8),
        false => Ok(GB18030),
    }
}

/// UTF-8 and GB18030 text has no zero byte. In UTF-16 each digit, delimiter and line end has one, always in the
/// same half of its pair.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let units = head.len() / 2;
    // One unit in twenty at least, and next to none in the other half.
    match (even, odd) {
        _ if (even + odd) * 20 < units || units == 0 => None,
        (even, odd) if odd > even.saturating_mul(20) => Some(UTF_16LE),
        (even, odd) if even > odd.saturating_mul(20) => Some(UTF_16BE),
        _ => None,
    }
}

fn is_utf8(mut reader: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut kept = 0;
    loop {
        let (_, free) = buffer.split_at_mut(kept);
        let read = reader.read(free)?;
        let filled = buffer.get(..kept + read).unwrap_or_default();
        match std::str::from_utf8(filled) {
            Ok(_) if read == 0 => return Ok(true),
            Ok(_) => kept = 0,
            // A character cut by the end of the chunk: at most three bytes, kept for the next.
            Err(error) if error.error_len().is_none() && read > 0 => {
                let start = error.valid_up_to();
                let end = filled.len();
                buffer.copy_within(start..end, 0);
                kept = end - start;
            }
            Err(_) => return Ok(false),
        }
    }
}

/// The first part of a text, decoded.
pub(crate) fn decode_head(encoding: &'static Encoding, head: &[u8]) -> String {
    let mut text = String::new();
    let mut decoder = encoding.new_decoder_with_bom_removal();
    if let Some(size) = decoder.max_utf8_buffer_length(head.len()) {
        text.reserve(size);
        // `last` stays false: the head may end within a character.
        let _ = decoder.decode_to_string(head, &mut text, false);
    }
    text
}

/// A file as UTF-8, whatever it was. Bytes that mean nothing become U+FFFD.
///
/// The last line is ended if the file does not end it, and lines ended by a lone `\r` are ended by `\n`, so that a
/// line is one `\n` for whoever counts.
pub(crate) struct Utf8Reader {
    file: File,
    decoder: Decoder,
    input: Vec<u8>,
    input_range: std::ops::Range<usize>,
    output: Vec<u8>,
    output_range: std::ops::Range<usize>,
    lone_returns: bool,
    last_byte: u8,
    state: State,
    allowance: Allowance,
}

#[derive(PartialEq)]
enum State {
    Reading,
    Flushing,
    Done,
}

impl Utf8Reader {
    pub(crate) fn new(
        file: File,
        encoding: &'static Encoding,
        lone_returns: bool,
        allowance: Allowance,
    ) -> Self {
        Utf8Reader {
            file,
            decoder: encoding.new_decoder_with_bom_removal(),
            input: vec![0; CHUNK_BYTES],
            input_range: 0..0,
            output: vec![0; CHUNK_BYTES],
            output_range: 0..0,
            lone_returns,
            last_byte: b'\n',
            state: State::Reading,
            allowance,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.output_range.is_empty() && self.state != State::Done {
            if self.input_range.is_empty() && self.state == State::Reading {
                let read = self.file.read(&mut self.input)?;
                self.input_range = 0..read;
                if read == 0 {
                    self.state = State::Flushing;
                }
            }
            let input = self.input.get(self.input_range.clone()).unwrap_or_default();
            let last = self.state == State::Flushing;
            let (result, read, written, _) = self.decoder.decode_to_utf8(input, &mut self.output, last);
            self.input_range.start += read;
            self.output_range = 0..written;
            if last && result == CoderResult::InputEmpty {
                self.state = State::Done;
            }
            let decoded = self.output.get_mut(..written).unwrap_or_default();
            if self.lone_returns {
                decoded
                    .iter_mut()
                    .filter(|byte| **byte == b'\r')
                    .for_each(|byte| *byte = b'\n');
            }
            self.last_byte = decoded.last().copied().unwrap_or(self.last_byte);
        }
        Ok(())
    }
}

impl Read for Utf8Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let mut decoded = self.output.get(self.output_range.clone()).unwrap_or_default();
        let end_of_last_line = decoded.is_empty() && self.last_byte != b'\n';
        if end_of_last_line {
            decoded = b"\n";
        }
        let count = decoded.len().min(out.len());
        if let (Some(out), Some(decoded)) = (out.get_mut(..count), decoded.get(..count)) {
            out.copy_from_slice(decoded);
        }
        if end_of_last_line && count > 0 {
            self.last_byte = b'\n';
        } else {
            self.output_range.start += count;
        }
        self.allowance.spend(count)?;
        Ok(count)
    }
}

/// How many more bytes may be read before a record must have ended, shared between the reader below a parser and
/// whoever takes the parser's records.
#[derive(Clone)]
pub(crate) struct Allowance {
    left: Rc<Cell<usize>>,
    full: usize,
}

impl Allowance {
    pub(crate) fn new(bytes: usize) -> Self {
        Allowance {
            left: Rc::new(Cell::new(bytes)),
            full: bytes,
        }
    }

    pub(crate) fn renew(&self) {
        self.left.set(self.full);
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    fn spend(&self, bytes: usize) -> io::Result<()> {
        self.left.set(self.left.get().saturating_sub(bytes));
        match self.is_spent() && bytes > 0 {
            true => Err(io::Error::other("record too long")),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_judged_over_chunk_borders() {
        // 3-byte characters: 65,536 is no multiple of 3, so one is cut by every border.
        let long = "号".repeat(100_000);
        assert!(is_utf8(long.as_bytes()).unwrap());
        let cut = long.as_bytes().split_last().unwrap().1;
        assert!(!is_utf8(cut).unwrap());
        assert!(!is_utf8(&b"\xc9\xed\xb7\xdd\xd6\xa4"[..]).unwrap());
        assert!(is_utf8(&b""[..]).unwrap());
    }

    #[test]
    fn utf16_is_known_by_its_zero_bytes() {
        let units: Vec<u16> = "姓名,身份证号\n张三,11010519491231002X\n"
            .encode_utf16()
            .collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(utf16_without_mark(&little), Some(UTF_16LE));
        assert_eq!(utf16_without_mark(&big), Some(UTF_16BE));
        assert_eq!(utf16_without_mark("姓名,身份证号\n".as_bytes()), None);
        assert_eq!(utf16_without_mark(&[0; 64]), None);
    }
}
