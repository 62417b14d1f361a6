//! The parts of one set, gathered in a folder until none is missing.
//!
//! ```text
//! head.json                  the set's head, from the first part that came
//! p00002of00003-<digest>     the payload of part 2 of 3, named by its SHA-256
//! .tmp…                      a part being taken; forgotten when the folder is opened again
//! ```
//!
//! Each file is written under another name, flushed and then renamed, so that what has its name is whole.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use hefu_casework::{Hex, canonical};
use tempfile::NamedTempFile;

use super::head::{MAX_PARTS, SetHead};
use super::part::Part;
use crate::error::{Error, Result};

const HEAD: &str = "head.json";
const TEMPORARY: &str = ".tmp";

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was missing; others still are.
    New,
    /// It was here already; others are missing.
    Already,
    /// Nothing is missing, whether it was this part that lacked or not.
    Complete,
}

/// The parts of one set that have come so far. One at a time works on a folder.
///
/// Parts of a set that was cut in two ways are kept apart: either way completes it.
#[derive(Debug)]
pub struct Assembly {
    folder: PathBuf,
    head: Option<SetHead>,
    /// Of the files in the folder together.
    bytes: u64,
    /// By number of parts: the parts that are here, and their digests.
    cuts: BTreeMap<u32, BTreeMap<u32, Hex<32>>>,
}

impl Assembly {
    /// The set in this folder, which is made if it is not there; give each set one of its
    /// [own name](SetHead::folder_name). Parts that were being taken when the program ended are forgotten.
    ///
    /// # Errors
    /// [`Error::FerryFolder`].
    pub fn open(folder: &Path) -> Result<Assembly> {
        let failed = |source| Error::ferry_folder(folder, source);
        create_folder(folder).map_err(failed)?;
        let head = match fs::read(folder.join(HEAD)) {
            Ok(bytes) => {
                Some(canonical::from_slice(&bytes).map_err(|_| failed(ErrorKind::InvalidData.into()))?)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let mut assembly = Assembly {
            folder: folder.to_owned(),
            head,
            bytes: 0,
            cuts: BTreeMap::new(),
        };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // The head is the first to come and the first to go: parts without one are what is left of a set that was
            // being discarded.
            let is_left_over = assembly.head.is_none() && parsed(&name).is_some();
            if name.starts_with(TEMPORARY) || is_left_over {
                fs::remove_file(entry.path()).map_err(failed)?;
                continue;
            }
            assembly.bytes += entry.metadata().map_err(failed)?.len();
            if let Some((part, parts, digest)) = parsed(&name) {
                assembly.cuts.entry(parts).or_default().insert(part, digest);
            }
        }
        Ok(assembly)
    }

    /// Takes a part to its end. It is on the disk when this returns.
    ///
    /// # Errors
    /// Those of [`Part::payload_into`]; [`Error::FerryContradiction`] where its sender has said otherwise about the set
    /// or about this part in another file; [`Error::FerryFolder`].
    pub fn take<R: Read>(&mut self, part: Part<R>) -> Result<Taken> {
        let (number, parts, digest) = (part.part(), part.parts(), Hex(part.payload_digest()));
        let (head, bytes) = (part.head().clone(), part.payload_bytes());
        let known = self.cuts.get(&parts).and_then(|cut| cut.get(&number)).copied();
        if self.head.as_ref().is_some_and(|known| *known != head)
            || known.is_some_and(|known| known != digest)
        {
            return Err(Error::FerryContradiction {
                set: head.set().short(),
                part: number,
            });
        }
        let folder = self.folder.clone();
        let failed = |source| Error::ferry_folder(&folder, source);
        let mut file = self.temporary()?;
        let mut out = BufWriter::new(&mut file);
        part.payload_into(&mut out)?;
        out.flush().map_err(failed)?;
        drop(out);
        if self.head.is_none() {
            let mut file = self.temporary()?;
            let written = canonical::to_vec(&head);
            file.write_all(&written).map_err(failed)?;
            self.keep(file, HEAD)?;
            self.bytes += written.len() as u64;
            self.folder.parent().map_or(Ok(()), sync_folder).map_err(failed)?;
            self.head = Some(head);
        }
        // Also where it is here already: should the disk have lost a bit of that one, this one is whole.
        self.keep(file, &name(number, parts, digest))?;
        self.cuts.entry(parts).or_default().insert(number, digest);
        if known.is_none() {
            self.bytes += bytes;
        }
        Ok(if self.is_complete() {
            Taken::Complete
        } else if known.is_some() {
            Taken::Already
        } else {
            Taken::New
        })
    }

    /// The folder it is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it takes up on the disk: the bytes of its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the parts say about their set; none before the first has come.
    #[must_use]
    pub fn head(&self) -> Option<&SetHead> {
        self.head.as_ref()
    }

    /// Into how many parts the set is cut, in the way that lacks least; 0 before the first has come.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.nearest().map_or(0, |(parts, _)| parts)
    }

    /// The parts that lack, in the way of cutting that lacks least; none before the first has come.
    #[must_use]
    pub fn missing(&self) -> Vec<u32> {
        self.nearest().map_or_else(Vec::new, |(parts, here)| {
            (1..=parts).filter(|part| !here.contains_key(part)).collect()
        })
    }

    /// Whether the set is here.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.nearest()
            .is_some_and(|(parts, here)| lacking(parts, here) == 0)
    }

    /// The set, sealed, once it is complete: its parts one after another. What reads it checks its digest.
    #[must_use]
    pub fn sealed(&self) -> Option<Sealed> {
        let (parts, here) = self.nearest().filter(|_| self.is_complete())?;
        let names = here
            .iter()
            .map(|(part, digest)| self.folder.join(name(*part, parts, *digest)));
        Some(Sealed {
            waiting: names.collect(),
            current: None,
        })
    }

    /// Removes the folder and all in it: the set's content is safe elsewhere, or is to be sent again.
    ///
    /// # Errors
    /// [`Error::FerryFolder`].
    pub fn discard(self) -> Result<()> {
        let head = self.folder.join(HEAD);
        let removed = if head.exists() {
            fs::remove_file(head)
        } else {
            Ok(())
        };
        removed
            .and_then(|()| fs::remove_dir_all(&self.folder))
            .map_err(|source| Error::ferry_folder(&self.folder, source))
    }

    fn nearest(&self) -> Option<(u32, &BTreeMap<u32, Hex<32>>)> {
        let cuts = self.cuts.iter().map(|(parts, here)| (*parts, here));
        cuts.min_by_key(|(parts, here)| lacking(*parts, here))
    }

    fn temporary(&self) -> Result<NamedTempFile> {
        NamedTempFile::with_prefix_in(TEMPORARY, &self.folder)
            .map_err(|source| Error::ferry_folder(&self.folder, source))
    }

    fn keep(&self, file: NamedTempFile, name: &str) -> Result<()> {
        let kept = file.as_file().sync_all().and_then(|()| {
            file.persist(self.folder.join(name))
                .map_err(|error| error.error)?;
            sync_folder(&self.folder)
        });
        kept.map_err(|source| Error::ferry_folder(&self.folder, source))
    }
}

/// The parts of a complete set, read one after another.
#[derive(Debug)]
pub struct Sealed {
    waiting: VecDeque<PathBuf>,
    current: Option<File>,
}

impl Read for Sealed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(file) = &mut self.current {
                let read = file.read(buffer)?;
                if read > 0 {
                    return Ok(read);
                }
            }
            match self.waiting.pop_front() {
                Some(path) => self.current = Some(File::open(path)?),
                None => return Ok(0),
            }
        }
    }
}

fn lacking(parts: u32, here: &BTreeMap<u32, Hex<32>>) -> u64 {
    u64::from(parts).saturating_sub(here.len() as u64)
}

fn name(part: u32, parts: u32, digest: Hex<32>) -> String {
    format!("p{part:05}of{parts:05}-{digest}")
}

/// Only what [`name`] writes.
fn parsed(text: &str) -> Option<(u32, u32, Hex<32>)> {
    let (numbers, digest) = text.strip_prefix('p')?.split_once('-')?;
    let (part, parts) = numbers.split_once("of")?;
    let (part, parts, digest) = (part.parse().ok()?, parts.parse().ok()?, Hex::parse(digest)?);
    let fits = (1..=parts).contains(&part) && parts <= MAX_PARTS && name(part, parts, digest) == text;
    fits.then_some((part, parts, digest))
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A rename survives a power cut only once the folder itself is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}
