//! What a set holds, once it is open.
//!
//! ```text
//! frame 0x81: the ids of letters that came from the peer, 16 bytes each, at most 1,024
//! for each letter:
//!     frame 0x80: its header, canonical JSON
//!     its frames, of types below 0x80, or 0xff for a refusal
//! ```

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

use hefu_casework::{Hex, canonical};
use hefu_psi::wire::{Abort, Document, Kind};
use hefu_store::{Letter, Matter};
use serde::{Deserialize, Serialize};

use super::folder::disk;
use super::view::LetterFacts;
use crate::conference::MANY_PAPERS;
use crate::runner::filed::{Next, next_frame, write_frame};
use crate::{Error, Result};

const HEADER: u8 = 0x80;
const TAKEN: u8 = 0x81;
/// The most letters in one set: each leaves a line in the records for good.
pub(super) const MANY_LETTERS: usize = 1024;
/// The most letters that one set acknowledges: all of the last set that came.
pub(super) const MANY_TAKEN: usize = MANY_LETTERS;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<Hex<32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agreement: Option<Hex<32>>,
    id: Hex<16>,
    matter: String,
}

/// What a set was found to hold.
#[derive(Default)]
pub(super) struct Scanned {
    /// Letters that have come.
    pub(super) acknowledged: Vec<[u8; 16]>,
    /// The letters, in order.
    pub(super) letters: Vec<Piece>,
}

/// One letter in a set.
pub(super) struct Piece {
    /// None where it can't be read.
    pub(super) header: Option<LetterFacts>,
    /// Where its frames begin.
    start: u64,
    /// How long they are.
    bytes: u64,
    /// Whether it ends where a frame does.
    pub(super) whole: bool,
}

/// What goes before the letters of a set.
pub(super) fn acknowledgement(taken: &[[u8; 16]]) -> Result<Vec<u8>> {
    let mut frame = Vec::new();
    write_frame(&mut frame, TAKEN, &[taken.as_flattened()])?;
    Ok(frame)
}

/// The frame that goes before a letter's own.
pub(super) fn header_of(letter: &Letter) -> Result<Vec<u8>> {
    let header = Header {
        about: letter.about.map(Hex),
        agreement: letter.agreement.map(Hex),
        id: Hex(letter.id),
        matter: letter.matter.code().to_owned(),
    };
    let mut frame = Vec::new();
    write_frame(&mut frame, HEADER, &[&canonical::to_vec(&header)])?;
    Ok(frame)
}

/// The one frame of a letter that holds a paper.
pub(crate) fn paper(kind: u8, bytes: &[u8]) -> Result<Vec<u8>> {
    let paper = Document { kind, bytes };
    one_frame(Kind::Document, &[&paper.header(), bytes])
}

/// The one frame of a letter.
pub(super) fn one_frame(kind: Kind, parts: &[&[u8]]) -> Result<Vec<u8>> {
    let mut frame = Vec::new();
    write_frame(&mut frame, kind as u8, parts)?;
    Ok(frame)
}

/// Finds the letters. What is wrong in one of them does not touch the others, as far as it can be seen where they begin.
pub(super) fn scan(path: &Path) -> Result<Scanned> {
    let file = File::open(path).map_err(disk)?;
    let mut reading = BufReader::with_capacity(1 << 16, file);
    let mut scanned = Scanned::default();
    let (mut at, mut first) = (0_u64, true);
    loop {
        let end = at;
        let (kind, payload) = match next_frame(&mut reading)? {
            Next::End => break,
            Next::Frame(kind, payload) => (kind, payload),
            Next::Broken => {
                if let Some(piece) = scanned.open_piece(end) {
                    piece.whole = false;
                }
                break;
            }
        };
        at += 5 + payload.len() as u64;
        match (kind, first) {
            (TAKEN, true) => match payload.as_chunks::<16>() {
                (ids, []) if ids.len() <= MANY_TAKEN => scanned.acknowledged = ids.to_vec(),
                _ => scanned.broken_piece(at),
            },
            (HEADER, _) => {
                if scanned.letters.len() >= MANY_LETTERS {
                    scanned.broken_piece(at);
                    break;
                }
                scanned.letters.push(Piece {
                    header: facts(&payload),
                    start: at,
                    bytes: 0,
                    whole: true,
                });
            }
            _ => {
                if let Some(piece) = scanned.open_piece(end) {
                    piece.bytes = at - piece.start;
                }
            }
        }
        first = false;
    }
    Ok(scanned)
}

impl Scanned {
    /// The letter that the last frame belongs to. One before any header belongs to none that can be read.
    fn open_piece(&mut self, at: u64) -> Option<&mut Piece> {
        if self.letters.is_empty() {
            self.broken_piece(at);
        }
        self.letters.last_mut()
    }

    fn broken_piece(&mut self, at: u64) {
        self.letters.push(Piece {
            header: None,
            start: at,
            bytes: 0,
            whole: false,
        });
    }
}

impl Piece {
    /// Its frames, from the first to the last.
    pub(super) fn frames(&self, content: &Path) -> Result<Take<File>> {
        let mut file = File::open(content).map_err(disk)?;
        file.seek(SeekFrom::Start(self.start)).map_err(disk)?;
        Ok(file.take(self.bytes))
    }

    /// How long they are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The payload of the only frame of a letter, which must be of this kind.
    pub(super) fn only(&self, content: &Path, kind: Kind) -> Result<Vec<u8>> {
        let mut frames = self.frames(content)?;
        let payload = first_of(&mut frames, kind)?;
        match next_frame(&mut frames)? {
            Next::End => Ok(payload),
            _ => Err(malformed(kind)),
        }
    }

    /// The paper that is all of a letter, which must be of this kind.
    pub(super) fn paper(&self, content: &Path, kind: u8) -> Result<Vec<u8>> {
        let payload = self.only(content, Kind::Document)?;
        let paper = Document::decode(&payload).map_err(hefu_psi::Error::Refused)?;
        match paper.kind == kind {
            true => Ok(paper.bytes.to_vec()),
            false => Err(malformed(Kind::Document)),
        }
    }

    /// The papers that are all of a letter, each of this kind and as long as any paper over a line.
    pub(super) fn papers(&self, content: &Path, kind: u8) -> Result<Vec<Vec<u8>>> {
        let mut frames = self.frames(content)?;
        let mut papers = Vec::new();
        loop {
            let payload = match next_frame(&mut frames)? {
                Next::End => return Ok(papers),
                Next::Frame(byte, payload) if byte == Kind::Document as u8 => payload,
                _ => return Err(malformed(Kind::Document)),
            };
            let paper = Document::decode_within(&payload, |_| payload.len());
            let paper = paper.map_err(hefu_psi::Error::Refused)?;
            if paper.kind != kind || papers.len() >= MANY_PAPERS {
                return Err(malformed(Kind::Document));
            }
            papers.push(paper.bytes.to_vec());
        }
    }
}

/// The payload of the next frame, which must be of this kind.
pub(super) fn first_of(frames: &mut dyn Read, kind: Kind) -> Result<Vec<u8>> {
    match next_frame(frames)? {
        Next::Frame(byte, payload) if byte == kind as u8 => Ok(payload),
        Next::Frame(..) | Next::End => Err(hefu_psi::Error::Refused(Abort::Unexpected {
            awaited: kind.name().to_owned(),
        })
        .into()),
        Next::Broken => Err(malformed(kind)),
    }
}

/// What a letter holds is not what its matter wants.
pub(super) fn malformed(kind: Kind) -> Error {
    hefu_psi::Error::Refused(Abort::Malformed {
        step: kind.name().to_owned(),
    })
    .into()
}

fn facts(payload: &[u8]) -> Option<LetterFacts> {
    let header: Header = canonical::from_slice(payload).ok()?;
    Some(LetterFacts {
        id: header.id.0,
        matter: Matter::from_code(&header.matter)?,
        agreement: header.agreement.map(|digest| digest.0),
        about: header.about.map(|about| about.0),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
