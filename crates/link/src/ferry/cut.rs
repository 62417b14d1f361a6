//! The sender's side: a sealed set into files of bounded size.

use std::io::{Read, Seek, SeekFrom, Write};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::hashed::{Sum, fill};
use super::head::{Header, MAX_HEADER_BYTES, MAX_PARTS, SetHead, Slice};
use crate::error::{Error, Result};
use crate::keys::Keys;

pub(super) const BEGIN: &[u8] = b"-----BEGIN HEFU FERRY-----";
pub(super) const END: &[u8] = b"-----END HEFU FERRY-----";
/// Payload in a line of the text form: 960 characters.
pub(super) const BYTES_A_LINE: usize = 720;
pub(super) const CHARS_A_LINE: usize = BYTES_A_LINE / 3 * 4;
pub(super) const SIGNATURE_CHARS: usize = 128;
/// Header and signature, each with its line end, which a gateway may make two bytes of.
const LINES_BYTES: u64 = (MAX_HEADER_BYTES + 2 + SIGNATURE_CHARS + 2) as u64;
const TEXT_LINES_BYTES: u64 = LINES_BYTES + (BEGIN.len() + 2 + END.len() + 2) as u64;
const MIN_FILE_BYTES: u64 = 4096;

/// How a part is written. A reader sees by itself which it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Payload as it is.
    Binary,
    /// Printable ASCII in lines of at most 1,000 characters, for gateways that let nothing else through.
    Text,
}

impl Form {
    /// The end of its files' names.
    fn suffix(self) -> &'static str {
        match self {
            Form::Binary => "hefu",
            Form::Text => "txt",
        }
    }

    fn default_max_file_bytes(self) -> u64 {
        match self {
            Form::Binary => 100 << 20,
            Form::Text => 1_000_000,
        }
    }
}

/// In what form, and how large, the files may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    form: Form,
    max_file_bytes: u64,
}

impl Cut {
    /// Files of at most `max_file_bytes`, all counted and even after a gateway made two bytes of each line end; without
    /// it, 100 MiB in binary form and 1,000,000 bytes in text.
    ///
    /// # Errors
    /// [`Error::FerryFileLimit`] below 4,096 bytes.
    pub fn new(form: Form, max_file_bytes: Option<u64>) -> Result<Cut> {
        let max_file_bytes = max_file_bytes.unwrap_or(form.default_max_file_bytes());
        if max_file_bytes < MIN_FILE_BYTES {
            return Err(Error::FerryFileLimit {
                bytes: max_file_bytes,
                min: MIN_FILE_BYTES,
            });
        }
        Ok(Cut { form, max_file_bytes })
    }

    /// The form of the files.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The longest file, in bytes.
    #[must_use]
    pub fn max_file_bytes(&self) -> u64 {
        self.max_file_bytes
    }

    /// A set cut like this: into as few parts as do.
    ///
    /// # Errors
    /// [`Error::FerryTooManyParts`] where that is more than 99,999.
    pub fn of(&self, head: &SetHead) -> Result<Cutting> {
        let parts = head.bytes().div_ceil(self.max_payload_bytes());
        match u32::try_from(parts) {
            Ok(parts) if parts <= MAX_PARTS => Ok(Cutting {
                head: head.clone(),
                form: self.form,
                parts,
            }),
            _ => Err(Error::FerryTooManyParts {
                parts,
                max: MAX_PARTS,
            }),
        }
    }

    fn max_payload_bytes(&self) -> u64 {
        match self.form {
            Form::Binary => self.max_file_bytes.saturating_sub(LINES_BYTES),
            Form::Text => {
                let lines = self.max_file_bytes.saturating_sub(TEXT_LINES_BYTES) / (CHARS_A_LINE as u64 + 2);
                lines * BYTES_A_LINE as u64
            }
        }
    }
}

/// A set and how it is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutting {
    head: SetHead,
    form: Form,
    parts: u32,
}

impl Cutting {
    /// How many files.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// The name for the file of a part, counted from 1: recipient, sender and set by the first eight digits of each.
    /// Nobody trusts it.
    ///
    /// # Errors
    /// [`Error::FerryNoPart`].
    pub fn file_name(&self, part: u32) -> Result<String> {
        self.slice(part)?;
        Ok(format!(
            "hefu-{}-{}-{}-p{part:05}of{:05}.{}",
            self.head.short_to(),
            self.head.short_from(),
            self.head.set().short(),
            self.parts,
            self.form.suffix()
        ))
    }

    /// Writes the file of a part, counted from 1; `sealed` is what [`seal`](super::seal) wrote. The same each time.
    ///
    /// # Errors
    /// [`Error::FerryNoPart`]; [`Error::Keys`] where the keys are not the sender's; [`Error::FerryDigest`] where `sealed`
    /// is shorter than the set; [`Error::FerryIo`].
    pub fn write<S: Read + Seek>(
        &self,
        keys: &Keys,
        part: u32,
        sealed: &mut S,
        out: &mut dyn Write,
    ) -> Result<()> {
        if keys.node_key() != self.head.from() {
            return Err(Error::Keys { part: "node" });
        }
        let slice = self.slice(part)?;
        let mut sum = Sum::new();
        self.each_piece(sealed, slice, |piece| {
            sum.update(piece);
            Ok(())
        })?;
        let line = Header {
            head: self.head.clone(),
            part,
            parts: self.parts,
            payload: sum.finish().1,
            slice,
        }
        .line();
        let signature = Header::sign(&line, keys).to_string();
        let lines = [&line, b"\n".as_slice(), signature.as_bytes(), b"\n"].concat();
        match self.form {
            Form::Binary => {
                out.write_all(&lines).map_err(Error::ferry_io)?;
                self.each_piece(sealed, slice, |piece| {
                    out.write_all(piece).map_err(Error::ferry_io)
                })
            }
            Form::Text => {
                out.write_all(&[BEGIN, b"\n", &lines].concat())
                    .map_err(Error::ferry_io)?;
                let mut text = String::new();
                self.each_piece(sealed, slice, |piece| {
                    text.clear();
                    for line in piece.chunks(BYTES_A_LINE) {
                        BASE64.encode_append(line, &mut text);
                        text.push('\n');
                    }
                    out.write_all(text.as_bytes()).map_err(Error::ferry_io)
                })?;
                out.write_all(&[END, b"\n"].concat()).map_err(Error::ferry_io)
            }
        }
    }

    fn slice(&self, part: u32) -> Result<Slice> {
        Slice::of(self.head.bytes(), part, self.parts).ok_or(Error::FerryNoPart {
            part,
            parts: self.parts,
        })
    }

    /// The slice in pieces that are whole lines of text, but for the last.
    fn each_piece<S: Read + Seek>(
        &self,
        sealed: &mut S,
        slice: Slice,
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        sealed
            .seek(SeekFrom::Start(slice.start))
            .map_err(Error::ferry_io)?;
        let mut buffer = vec![0; 64 * BYTES_A_LINE];
        let mut left = slice.bytes;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..wanted).unwrap_or_default();
            if fill(sealed, piece)? < wanted {
                return Err(Error::FerryDigest {
                    set: self.head.set().short(),
                });
            }
            each(piece)?;
            left -= wanted as u64;
        }
        Ok(())
    }
}
