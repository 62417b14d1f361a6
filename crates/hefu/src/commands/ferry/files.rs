//! Files on a stick or in a folder that others read while it is written.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use hefu_node::ferry::slip::SLIP_ENDINGS;

use crate::failure::{Exit, Failure};

/// A stick that is not plugged in must not become a folder on the disk.
pub(super) fn must_be_folder(folder: &Path) -> Result<(), Failure> {
    match folder.is_dir() {
        true => Ok(()),
        false => {
            let params = [("folder", folder.display().to_string())];
            Err(Failure::new(Exit::Input, "ferry_no_folder", params))
        }
    }
}

/// Writes under a name that begins with a dot, and renames when all of it is on the disk: whoever reads the folder sees
/// whole files only. A file that is there already and is another one stays as it is.
pub(super) fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |cause: &dyn std::fmt::Display| Failure::write(file, cause);
    match fs::read(file) {
        Ok(there) if there == bytes => return Ok(()),
        Ok(_) => {
            let params = [("file", file.display().to_string())];
            return Err(Failure::new(Exit::Input, "ferry_other_file", params));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(&error)),
    }
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hefu-");
    // Readable as the folder's other files are: a gateway's program is another user.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut part = builder.tempfile_in(folder).map_err(|error| failed(&error))?;
    part.write_all(bytes).map_err(|error| failed(&error))?;
    part.as_file().sync_all().map_err(|error| failed(&error))?;
    part.persist(file).map_err(|error| failed(&error))?;
    // The name too; some network folders can't promise that.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// The files that are named, and those in the folders that are named, by name. Names that begin with a dot are of files
/// that somebody is writing still; slips are for people.
pub(super) fn named(from: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in from {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| Failure::read(path, &error);
        let mut within = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let left_out = name.starts_with('.') || SLIP_ENDINGS.iter().any(|ending| name.ends_with(ending));
            if !left_out && entry.path().is_file() {
                within.push(entry.path());
            }
        }
        within.sort();
        files.extend(within);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn another_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.hefu");
        write_new(&file, b"1").unwrap();
        write_new(&file, b"1").unwrap();
        let refused = write_new(&file, b"2").unwrap_err();
        assert_eq!(refused.code, "ferry_other_file");
        assert_eq!(fs::read(&file).unwrap(), b"1");
        assert_eq!(names(folder.path()), ["a.hefu"]);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // A name that is too long for any file system.
        let file = folder.path().join("a".repeat(300));
        assert_eq!(write_new(&file, b"1").unwrap_err().code, "write_failed");
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_is_written() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode()
        };
        write_new(&folder.path().join("a"), b"1").unwrap();
        fs::write(folder.path().join("b"), b"1").unwrap();
        assert_eq!(mode("a"), mode("b"));
    }

    #[test]
    fn hidden_files_slips_and_folders_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.hefu", "a.txt", ".c.hefu", "d.slip.html", "d.slip.txt"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        fs::create_dir(folder.path().join("e")).unwrap();
        let alone = folder.path().join(".c.hefu");
        let found = named(&[folder.path().to_owned(), alone.clone()]).unwrap();
        let wanted = ["a.txt", "b.hefu"].map(|name| folder.path().join(name));
        assert_eq!(found, [&wanted[..], &[alone]].concat());
    }
}
