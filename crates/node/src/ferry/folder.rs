//! Where letters and sets lie.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hefu_casework::Hex;

use crate::node::private_folder;
use crate::{Error, Node, Result};

const LETTERS: &str = "ferry/letters";
const OUT: &str = "ferry/out";
const IN: &str = "ferry/in";
const OPENED: &str = "ferry/opened";
const HEARD: &str = "ferry/heard";

/// The end of the names of files that are not whole.
const HALF: &str = "half";

/// A file under way: it has its name once it is whole and on the disk.
pub(super) struct Half {
    file: File,
    path: PathBuf,
}

impl Half {
    /// Begins `path` anew.
    pub(super) fn begin(path: &Path) -> Result<Self> {
        let path = path.with_extension(HALF);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(disk)?;
        Ok(Self { file, path })
    }

    /// Another handle to write with.
    pub(super) fn writer(&self) -> Result<File> {
        self.file.try_clone().map_err(disk)
    }

    /// Gives the file its name, durably. Says how long it is.
    pub(super) fn keep(self) -> Result<u64> {
        self.file.sync_all().map_err(disk)?;
        let bytes = self.file.metadata().map_err(disk)?.len();
        fs::rename(&self.path, self.path.with_extension("")).map_err(disk)?;
        self.path.parent().map_or(Ok(()), sync_folder)?;
        Ok(bytes)
    }
}

impl Node {
    /// Makes what is missing of the folders.
    pub(crate) fn prepare_ferry(folder: &Path) -> Result<()> {
        for name in [LETTERS, OUT, IN, OPENED, HEARD] {
            private_folder(&folder.join(name)).map_err(|source| Error::folder(folder, source))?;
        }
        Ok(())
    }

    /// The frames of a letter.
    pub(super) fn letter_file(&self, id: &[u8; 16]) -> PathBuf {
        self.folder.join(LETTERS).join(Hex(*id).to_string())
    }

    /// The sealed bytes of a set that was made.
    pub(super) fn set_file(&self, id: &[u8; 16]) -> PathBuf {
        self.folder.join(OUT).join(Hex(*id).to_string())
    }

    /// The parts of a set that comes.
    pub(super) fn coming_folder(&self, peer: &[u8; 32], id: &[u8; 16]) -> PathBuf {
        self.folder.join(IN).join(coming_name(peer, id))
    }

    /// What a set that came holds.
    pub(super) fn content_file(&self, peer: &[u8; 32], id: &[u8; 16]) -> PathBuf {
        self.folder.join(OPENED).join(coming_name(peer, id))
    }

    /// The answer of a round that is signed for.
    pub(super) fn heard_file(&self, round: &[u8; 32]) -> PathBuf {
        self.folder.join(HEARD).join(Hex(*round).to_string())
    }

    /// Removes what nothing on record needs any more, and what a killed process left half done.
    pub(crate) fn sweep_ferry(&self) -> Result<()> {
        let coming: HashSet<_> = self
            .store
            .sets_coming()?
            .iter()
            .map(|set| coming_name(&set.peer, &set.id))
            .collect();
        let heard = self.store.open_sessions()?;
        let heard = heard.iter().filter(|session| session.is_heard());
        self.keep_needed()?;
        self.keep_only(IN, &coming)?;
        self.keep_only(
            HEARD,
            &heard.map(|session| Hex(session.round).to_string()).collect(),
        )?;
        self.keep_only(OPENED, &HashSet::new())
    }

    /// Removes letters and sets that are settled. Nobody may be writing one.
    pub(super) fn keep_needed(&self) -> Result<()> {
        let name = |id: &[u8; 16]| Hex(*id).to_string();
        let letters = self.store.letters_due(None)?;
        let sets = self.store.sets_needed()?;
        self.keep_only(
            LETTERS,
            &letters.iter().map(|letter| name(&letter.file())).collect(),
        )?;
        self.keep_only(OUT, &sets.iter().map(|set| name(&set.id)).collect())
    }

    fn keep_only(&self, folder: &str, needed: &HashSet<String>) -> Result<()> {
        for entry in fs::read_dir(self.folder.join(folder)).map_err(disk)? {
            let entry = entry.map_err(disk)?;
            if entry
                .file_name()
                .to_str()
                .is_some_and(|name| needed.contains(name))
            {
                continue;
            }
            let removed = match entry.file_type().map_err(disk)?.is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            };
            gone(removed)?;
        }
        Ok(())
    }
}

/// A name that is the sender's own: two senders may give their sets one number.
fn coming_name(peer: &[u8; 32], id: &[u8; 16]) -> String {
    format!("{}-{}", Hex(*peer), Hex(*id))
}

/// Of something that need not be there.
pub(super) fn gone(removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(disk(source)),
        _ => Ok(()),
    }
}

/// Whether a file is there, and not whether it can be read.
pub(super) fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(disk)
}

/// A disk that gives way: what was under way can be taken up again.
pub(super) fn disk(source: std::io::Error) -> Error {
    Error::Spool { source }
}

/// A rename survives a power cut only once the folder itself is on the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(disk)?;
    }
    Ok(())
}
