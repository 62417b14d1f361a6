//! Chunks that wait on disk for their answer, so that memory is bounded by a chunk.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::{Error, Result};

/// Packed blinded elements in the order of the wire, in an unnamed file that is gone with the process.
///
/// They are not secret (the peer has them as well), and what comes back is checked against its digest.
pub(crate) struct Spool {
    file: File,
}

impl Spool {
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        tempfile::tempfile_in(folder)
            .map(|file| Self { file })
            .map_err(|source| Error::Spool { source })
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<()> {
        self.file
            .write_all(chunk)
            .map_err(|source| Error::Spool { source })
    }

    /// Goes back to the first chunk.
    pub(crate) fn rewind(&mut self) -> Result<()> {
        self.file
            .seek(SeekFrom::Start(0))
            .map(|_| ())
            .map_err(|source| Error::Spool { source })
    }

    /// Reads the next chunk of at most `bytes`; a shorter one is the last.
    pub(crate) fn next<'a>(&mut self, bytes: usize, chunk: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        chunk.clear();
        (&self.file)
            .take(bytes as u64)
            .read_to_end(chunk)
            .map_err(|source| Error::Spool { source })?;
        Ok(chunk)
    }
}
