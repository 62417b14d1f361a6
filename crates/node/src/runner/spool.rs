//! Chunks that wait on disk, so that memory is bounded by a chunk and nothing received has to come twice.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::{Error, Result};

/// The file of the blinded elements.
pub(crate) const BLINDED: &str = "blinded";
/// The file of the evaluations, as the messages came.
pub(crate) const EVALUATED: &str = "evaluated";
/// The file of the tags, with their labels.
pub(crate) const TAGS: &str = "tags";

/// Records one behind the other, each with its length before it.
///
/// What stands here has gone over the wire, so it is not secret from the peer; it is checked against its root when it
/// comes back. A record that a crash cut short reads as the end.
pub struct Spool {
    file: File,
    /// Where the next record is read.
    at: u64,
}

impl Spool {
    /// In a file without a name, gone with the process.
    pub(crate) fn unnamed(folder: &Path) -> Result<Self> {
        tempfile::tempfile_in(folder)
            .map(|file| Self { file, at: 0 })
            .map_err(spool)
    }

    /// In a file that outlives the process, for its owner only.
    pub(crate) fn named(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| Self { file, at: 0 }).map_err(spool)
    }

    /// Reads the next record of at most `most` bytes; none at the end, or where the rest is no whole record.
    pub(crate) fn next<'a>(&mut self, most: usize, record: &'a mut Vec<u8>) -> Result<Option<&'a [u8]>> {
        record.clear();
        self.file.seek(SeekFrom::Start(self.at)).map_err(spool)?;
        let mut length = [0; 4];
        let mut reader = (&self.file).take(4);
        if read_up_to(&mut reader, &mut length)? < length.len() {
            return Ok(None);
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > most {
            return Ok(None);
        }
        (&self.file)
            .take(length as u64)
            .read_to_end(record)
            .map_err(spool)?;
        if record.len() < length {
            return Ok(None);
        }
        self.at += 4 + length as u64;
        Ok(Some(record))
    }

    /// Writes a record where the last one read or written ends; what stood behind is gone.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) -> Result<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let head = u32::try_from(length).map_err(|_| Error::Internal { what: "spooling" })?;
        self.file.set_len(self.at).map_err(spool)?;
        self.file.seek(SeekFrom::Start(self.at)).map_err(spool)?;
        self.file.write_all(&head.to_le_bytes()).map_err(spool)?;
        for part in parts {
            self.file.write_all(part).map_err(spool)?;
        }
        self.at += 4 + length as u64;
        Ok(())
    }

    /// Goes back to the record with this number: what is pushed next takes its place.
    pub(crate) fn back_to(&mut self, record: u32) -> Result<()> {
        self.at = 0;
        for _ in 0..record {
            let mut length = [0; 4];
            self.file.seek(SeekFrom::Start(self.at)).map_err(spool)?;
            self.file.read_exact(&mut length).map_err(spool)?;
            self.at += 4 + u64::from(u32::from_le_bytes(length));
        }
        Ok(())
    }
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest).map_err(spool)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn spool(source: std::io::Error) -> Error {
    Error::Spool { source }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_after_opening_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("blinded");
        let mut spool = Spool::named(&path).unwrap();
        spool.push(&[b"one"]).unwrap();
        spool.push(&[b"tw", b"o"]).unwrap();
        let mut again = Spool::named(&path).unwrap();
        let mut record = Vec::new();
        assert_eq!(again.next(8, &mut record).unwrap(), Some(&b"one"[..]));
        assert_eq!(again.next(8, &mut record).unwrap(), Some(&b"two"[..]));
        assert_eq!(again.next(8, &mut record).unwrap(), None);
        again.push(&[b"three"]).unwrap();
        again.back_to(0).unwrap();
        let read = std::iter::from_fn(|| again.next(8, &mut record).unwrap().map(<[u8]>::to_vec));
        assert_eq!(read.collect::<Vec<_>>(), [&b"one"[..], b"two", b"three"]);
    }

    #[test]
    fn a_record_cut_short_is_the_end_and_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("blinded");
        let mut spool = Spool::named(&path).unwrap();
        spool.push(&[b"one"]).unwrap();
        spool.push(&[b"two"]).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for cut in 8..14 {
            file.set_len(cut).unwrap();
            let mut again = Spool::named(&path).unwrap();
            let mut record = Vec::new();
            assert_eq!(again.next(8, &mut record).unwrap(), Some(&b"one"[..]));
            assert_eq!(again.next(8, &mut record).unwrap(), None, "cut at {cut}");
            again.push(&[b"new"]).unwrap();
            again.back_to(0).unwrap();
            again.next(8, &mut record).unwrap();
            assert_eq!(again.next(8, &mut record).unwrap(), Some(&b"new"[..]));
        }
    }
}
