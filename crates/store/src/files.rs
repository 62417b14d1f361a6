//! Small private files, written whole or not at all and readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::Error;

/// Replaces `path`, or leaves it as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    written(path, bytes)?
        .persist(path)
        .map_err(|error| Error::io(path)(error.error))?;
    sync_folder(path)
}

/// Writes `path`, which must not exist.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    persist_new(written(path, bytes)?, path)
}

/// Gives a file its name, which must be free.
pub(crate) fn persist_new(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    file.persist_noclobber(path)
        .map_err(|error| refused(path, error.error))?;
    sync_folder(path)
}

/// Makes an empty file for another writer to fill.
pub(crate) fn create_empty(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| refused(path, error))
}

/// Makes a folder that only its owner can enter, or leaves one that is there.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io(path))
}

/// Whether the file's mode lets anyone but its owner read it; elsewhere than on Unix the folder must see to that.
#[cfg(unix)]
pub(crate) fn others_can_read(path: &Path) -> Result<bool, Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(Error::io(path))?.permissions().mode();
    Ok(mode & 0o077 != 0)
}

/// Whether the file's mode lets anyone but its owner read it; elsewhere than on Unix the folder must see to that.
#[cfg(not(unix))]
pub(crate) fn others_can_read(_: &Path) -> Result<bool, Error> {
    Ok(false)
}

/// A temporary file (mode 0600) beside `path`, so that the rename stays within one file system.
fn written(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, Error> {
    let mut file = NamedTempFile::new_in(folder(path)).map_err(Error::io(path))?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(Error::io(path))?;
    Ok(file)
}

/// A rename survives a power cut only once the folder itself is on the disk.
fn sync_folder(path: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let folder = folder(path);
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::io(folder))?;
    }
    Ok(())
}

pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn refused(path: &Path, error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Exists {
            path: path.to_owned(),
        },
        _ => Error::io(path)(error),
    }
}
