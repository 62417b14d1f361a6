//! The bulk messages: a chunk number, for evaluations a proof, then packed elements or tags. And documents.

use super::{Abort, MAX_DOCUMENT_BYTES};

/// A chunk of blinded elements.
#[derive(Clone, Copy)]
pub struct Blinded<'a> {
    /// Its number, from 0.
    pub chunk: u32,
    /// The packed elements.
    pub elements: &'a [u8],
}

/// A chunk of evaluations with its proof.
#[derive(Clone, Copy)]
pub struct Evaluated<'a> {
    /// Its number: the same as of the blinded chunk that it answers.
    pub chunk: u32,
    /// The challenge and the response of the proof.
    pub proof: &'a [u8],
    /// The packed elements, in the order of the blinded ones.
    pub elements: &'a [u8],
}

/// A chunk of tags.
#[derive(Clone, Copy)]
pub struct Tags<'a> {
    /// Its number, from 0.
    pub chunk: u32,
    /// The packed entries, each a tag and, in the mode labels, its sealed label; the tags ascend strictly.
    pub entries: &'a [u8],
}

/// What nodes say to each other outside of a session; it has no meaning here.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// What it is.
    pub kind: u8,
    /// At most [`MAX_DOCUMENT_BYTES`].
    pub bytes: &'a [u8],
}

impl<'a> Blinded<'a> {
    /// The header that goes before the elements.
    #[must_use]
    pub fn header(&self) -> [u8; 4] {
        self.chunk.to_be_bytes()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is too short for its header.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Abort> {
        let (chunk, elements) = number(bytes, "blinded")?;
        Ok(Self { chunk, elements })
    }
}

impl<'a> Evaluated<'a> {
    /// Reads a message whose proof has `proof` bytes.
    ///
    /// # Errors
    /// When it is too short for its header.
    pub fn decode(bytes: &'a [u8], proof: usize) -> Result<Self, Abort> {
        let (chunk, rest) = number(bytes, "evaluated")?;
        let (proof, elements) = rest
            .split_at_checked(proof)
            .ok_or_else(|| malformed("evaluated"))?;
        Ok(Self {
            chunk,
            proof,
            elements,
        })
    }
}

impl<'a> Tags<'a> {
    /// The header that goes before the tags.
    #[must_use]
    pub fn header(&self) -> [u8; 4] {
        self.chunk.to_be_bytes()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is too short for its header.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Abort> {
        let (chunk, entries) = number(bytes, "tags")?;
        Ok(Self { chunk, entries })
    }
}

impl<'a> Document<'a> {
    /// The header that goes before the bytes.
    #[must_use]
    pub fn header(&self) -> [u8; 1] {
        [self.kind]
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is longer than any document, or has no kind.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Abort> {
        Self::decode_within(bytes, |_| MAX_DOCUMENT_BYTES)
    }

    /// As [`Document::decode`], where documents of some kinds may have more bytes.
    ///
    /// # Errors
    /// As [`Document::decode`].
    pub fn decode_within(bytes: &'a [u8], most: impl FnOnce(u8) -> usize) -> Result<Self, Abort> {
        match bytes.split_first() {
            Some((kind, bytes)) if bytes.len() <= most(*kind) => Ok(Self { kind: *kind, bytes }),
            _ => Err(malformed("document")),
        }
    }
}

fn number<'a>(bytes: &'a [u8], step: &str) -> Result<(u32, &'a [u8]), Abort> {
    let (chunk, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| malformed(step))?;
    Ok((u32::from_be_bytes(*chunk), rest))
}

fn malformed(step: &str) -> Abort {
    Abort::Malformed {
        step: step.to_string(),
    }
}
