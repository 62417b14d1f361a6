//! The recipient's side: one file, checked as far as the file alone can tell.

use std::io::{BufRead, BufReader, Read, Write};

use data_encoding::BASE64;

use super::cut::{BEGIN, BYTES_A_LINE, CHARS_A_LINE, END, Form, SIGNATURE_CHARS};
use super::hashed::{Hashed, fill};
use super::head::{Header, MAX_HEADER_BYTES, SetHead, short};
use crate::card::Card;
use crate::error::{Error, Result};

/// Empty lines that may stand behind the text form.
const MAX_BLANK_LINES: usize = 16;

/// A file of which the header is read, is sound and is signed by the sender that it names. The payload is still to come.
pub struct Part<R: Read> {
    header: Header,
    form: Form,
    lines: Lines<R>,
}

impl<R: Read> Part<R> {
    /// Reads the lines before the payload, in either form. The reader need not be buffered.
    ///
    /// # Errors
    /// [`Error::FerryForeign`], [`Error::FerryTruncated`], [`Error::FerryVersion`], [`Error::FerryHeader`],
    /// [`Error::FerrySignature`]; [`Error::FerryTooLarge`] where the payload is announced to be longer than
    /// `max_payload_bytes`; [`Error::FerryIo`].
    pub fn read(input: R, max_payload_bytes: u64) -> Result<Part<R>> {
        let mut lines = Lines {
            input: BufReader::new(input),
            form: Form::Binary,
            number: 0,
        };
        let mut line = match lines.next(MAX_HEADER_BYTES)? {
            Found::Line(line) => line,
            Found::Ended(start) if BEGIN.starts_with(without_return(&start)) || start.starts_with(b"{") => {
                return Err(Error::FerryTruncated);
            }
            Found::Ended(_) | Found::Long => return Err(Error::FerryForeign),
        };
        if without_return(&line) == BEGIN {
            lines.form = Form::Text;
            line = lines.whole(MAX_HEADER_BYTES, || Error::FerryHeader)?;
        }
        let header = Header::parse(&line)?;
        let unsigned = || Error::FerrySignature {
            from: header.head.short_from(),
        };
        let signature = lines.whole(SIGNATURE_CHARS, unsigned)?;
        header.verify(&line, &signature)?;
        if header.slice.bytes > max_payload_bytes {
            return Err(Error::FerryTooLarge {
                bytes: header.slice.bytes,
                max: max_payload_bytes,
            });
        }
        Ok(Part {
            header,
            form: lines.form,
            lines,
        })
    }

    /// What it says about its set.
    #[must_use]
    pub fn head(&self) -> &SetHead {
        &self.header.head
    }

    /// Which part it is, counted from 1.
    #[must_use]
    pub fn part(&self) -> u32 {
        self.header.part
    }

    /// Of how many.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.header.parts
    }

    /// The form of the file.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// Bytes of payload.
    #[must_use]
    pub fn payload_bytes(&self) -> u64 {
        self.header.slice.bytes
    }

    pub(super) fn payload_digest(&self) -> [u8; 32] {
        self.header.payload
    }

    /// That it is for the node with this key, or for anyone.
    ///
    /// # Errors
    /// [`Error::FerryRecipient`].
    pub fn must_be_for(&self, node_key: &[u8; 32]) -> Result<()> {
        match self.header.head.to() {
            Some(to) if to != *node_key => Err(Error::FerryRecipient {
                to: short(&to),
                own: short(node_key),
            }),
            _ => Ok(()),
        }
    }

    /// That it is from the node with this card.
    ///
    /// # Errors
    /// [`Error::FerrySender`].
    pub fn must_be_from(&self, card: &Card) -> Result<()> {
        if card.node_key() == self.header.head.from() {
            return Ok(());
        }
        Err(Error::FerrySender {
            peer: card.name().to_owned(),
            from: self.header.head.short_from(),
            expected: short(&card.node_key()),
        })
    }

    /// Reads the payload to the end of the file and writes it to `out`, where it counts for nothing unless this
    /// succeeds.
    ///
    /// # Errors
    /// [`Error::FerryTruncated`], [`Error::FerryText`], [`Error::FerryPayload`], [`Error::FerryTrailing`],
    /// [`Error::FerryIo`].
    pub fn payload_into(mut self, out: &mut dyn Write) -> Result<()> {
        let mut out = Hashed::new(out);
        match self.form {
            Form::Binary => self.binary_into(&mut out)?,
            Form::Text => self.text_into(&mut out)?,
        }
        if out.sum.finish().1 != self.header.payload {
            return Err(Error::FerryPayload {
                part: self.header.part,
                parts: self.header.parts,
            });
        }
        Ok(())
    }

    fn binary_into(&mut self, out: &mut Hashed<'_>) -> Result<()> {
        let mut buffer = vec![0; 1 << 16];
        let mut left = self.header.slice.bytes;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..wanted).unwrap_or_default();
            if fill(&mut self.lines.input, piece)? < wanted {
                return Err(Error::FerryTruncated);
            }
            out.write(piece)?;
            left -= wanted as u64;
        }
        self.lines.must_end()
    }

    fn text_into(&mut self, out: &mut Hashed<'_>) -> Result<()> {
        let mut left = self.header.slice.bytes;
        while left > 0 {
            let number = self.lines.number + 1;
            let damaged = || Error::FerryText { line: number };
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(BYTES_A_LINE);
            let line = self.lines.whole(CHARS_A_LINE, damaged)?;
            let piece = BASE64.decode(&line).map_err(|_| damaged())?;
            if piece.len() != wanted {
                return Err(damaged());
            }
            out.write(&piece)?;
            left -= wanted as u64;
        }
        let number = self.lines.number + 1;
        let damaged = || Error::FerryText { line: number };
        if self.lines.whole(END.len(), damaged)? != END {
            return Err(damaged());
        }
        for _ in 0..MAX_BLANK_LINES {
            match self.lines.next(0)? {
                Found::Line(line) if without_return(&line).is_empty() => {}
                Found::Ended(rest) if rest.is_empty() => return Ok(()),
                _ => return Err(Error::FerryTrailing),
            }
        }
        self.lines.must_end()
    }
}

/// Lines of bounded length.
struct Lines<R: Read> {
    input: BufReader<R>,
    form: Form,
    number: u64,
}

enum Found {
    /// Without its line feed.
    Line(Vec<u8>),
    /// The file ended first, after these bytes.
    Ended(Vec<u8>),
    /// No line feed within the bound.
    Long,
}

impl<R: Read> Lines<R> {
    /// The next line of at most `max` characters and perhaps a carriage return.
    fn next(&mut self, max: usize) -> Result<Found> {
        let mut line = Vec::new();
        let bound = max as u64 + 2;
        self.input
            .by_ref()
            .take(bound)
            .read_until(b'\n', &mut line)
            .map_err(Error::ferry_io)?;
        self.number += 1;
        Ok(match line.pop() {
            Some(b'\n') => Found::Line(line),
            Some(last) => {
                line.push(last);
                if (line.len() as u64) < bound {
                    Found::Ended(line)
                } else {
                    Found::Long
                }
            }
            None => Found::Ended(line),
        })
    }

    /// The next line, as it was written: in the text form a gateway may have put a carriage return at its end.
    fn whole(&mut self, max: usize, damaged: impl FnOnce() -> Error) -> Result<Vec<u8>> {
        match self.next(max)? {
            Found::Line(mut line) => {
                if self.form == Form::Text && line.last() == Some(&b'\r') {
                    line.pop();
                }
                if line.len() > max {
                    return Err(damaged());
                }
                Ok(line)
            }
            Found::Ended(_) => Err(Error::FerryTruncated),
            Found::Long => Err(damaged()),
        }
    }

    fn must_end(&mut self) -> Result<()> {
        if fill(&mut self.input, &mut [0])? > 0 {
            return Err(Error::FerryTrailing);
        }
        Ok(())
    }
}

/// Without the carriage return that a gateway may have put before a line feed.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
