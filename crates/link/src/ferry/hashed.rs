//! Readers and writers that take the SHA-256 of what passes.

use std::io::{self, Read, Write};

use ring::digest::{Context, SHA256};

use crate::error::{Error, Result};

/// The digest of bytes as they come, and how many they were.
pub(super) struct Sum {
    context: Context,
    bytes: u64,
}

impl Sum {
    pub(super) fn new() -> Sum {
        Sum {
            context: Context::new(&SHA256),
            bytes: 0,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
    }

    pub(super) fn finish(self) -> (u64, [u8; 32]) {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.context.finish().as_ref());
        (self.bytes, digest)
    }
}

/// Writes on, and sums.
pub(super) struct Hashed<'a> {
    out: &'a mut dyn Write,
    pub(super) sum: Sum,
}

impl<'a> Hashed<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Hashed<'a> {
        Hashed { out, sum: Sum::new() }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes).map_err(Error::ferry_io)
    }
}

/// Reads until `buffer` is full or nothing comes any more; how much came.
pub(super) fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::ferry_io(error)),
        }
    }
    Ok(filled)
}
