//! Exports that wait to be imported. They hold numbers in clear, so they are wiped as soon as they were read, and what
//! a killed node left behind at the next start.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use http_body_util::BodyExt as _;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::error::{ApiError, Result};
use super::view::UploadView;

/// The most that may wait at a time.
const MAX_WAITING: usize = 64;

/// An upload that nobody imports is wiped once it is as old as this: it holds numbers in clear.
const FORGOTTEN: Duration = Duration::from_secs(4 * 3600);

/// A body of which nothing comes for so long is given up.
const IDLE: Duration = Duration::from_secs(30);

const MAX_NAME_BYTES: usize = 200;

pub(super) struct Uploads {
    folder: PathBuf,
    max_bytes: u64,
}

impl Uploads {
    /// Begins with an empty folder.
    pub(super) fn open(folder: PathBuf, max_bytes: u64) -> io::Result<Self> {
        wipe_folder(&folder)?;
        private_folder(&folder)?;
        Ok(Self { folder, max_bytes })
    }

    /// Takes a file's bytes as they come; a body that breaks off leaves nothing.
    pub(super) async fn receive(&self, name: &str, mut body: Body) -> Result<UploadView> {
        if !is_plain(name) {
            return Err(ApiError::UploadName);
        }
        let too_large = || ApiError::TooLarge {
            max_bytes: self.max_bytes,
        };
        // What says beforehand that it is too large need not come.
        if body.size_hint().lower() > self.max_bytes {
            return Err(too_large());
        }
        self.wipe_forgotten()?;
        if fs::read_dir(&self.folder)?.count() >= MAX_WAITING {
            return Err(ApiError::UploadsFull { max: MAX_WAITING });
        }
        let id = random_id()?;
        let mut waiting = Waiting::new(self.folder.join(&id))?;
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(waiting.folder.join(name)).await?;
        let mut bytes = 0;
        while let Some(frame) = next_frame(&mut body).await? {
            bytes += frame.len() as u64;
            if bytes > self.max_bytes {
                return Err(too_large());
            }
            file.write_all(&frame).await?;
        }
        file.flush().await?;
        waiting.keep = true;
        Ok(UploadView {
            id,
            name: name.to_owned(),
            bytes,
        })
    }

    /// Takes the files of these uploads; they are wiped when it is dropped.
    pub(super) fn take(&self, ids: &[String]) -> Result<Taken> {
        let mut taken = Taken(Vec::with_capacity(ids.len()));
        for id in ids {
            taken.0.push(Waiting {
                folder: self.folder_of(id)?,
                keep: false,
            });
        }
        Ok(taken)
    }

    /// The files of these uploads, which go on waiting.
    pub(super) fn look(&self, ids: &[String]) -> Result<Vec<PathBuf>> {
        let folders = ids.iter().map(|id| self.folder_of(id));
        Ok(files_in(&folders.collect::<Result<Vec<_>>>()?)?)
    }

    /// Wipes what nobody has imported.
    pub(super) fn wipe_forgotten(&self) -> io::Result<()> {
        self.wipe_older_than(FORGOTTEN)
    }

    fn wipe_older_than(&self, age: Duration) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // A clock that was put back makes nothing old.
            let old = || -> io::Result<bool> {
                Ok(entry.metadata()?.modified()?.elapsed().is_ok_and(|old| old > age))
            };
            if gone_is(old(), false)? {
                gone_is(wipe_folder(&entry.path()), ())?;
            }
        }
        Ok(())
    }

    fn folder_of(&self, id: &str) -> Result<PathBuf> {
        // An id is only ever one that this node made, so it leads nowhere else.
        let made_here = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let folder = Some(self.folder.join(id)).filter(|folder| made_here && folder.is_dir());
        folder.ok_or_else(|| ApiError::UploadUnknown { id: id.to_owned() })
    }
}

/// The files of an import.
pub(super) struct Taken(Vec<Waiting>);

impl Taken {
    pub(super) fn files(&self) -> io::Result<Vec<PathBuf>> {
        let folders: Vec<PathBuf> = self.0.iter().map(|upload| upload.folder.clone()).collect();
        files_in(&folders)
    }
}

fn files_in(folders: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::with_capacity(folders.len());
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path());
        }
    }
    Ok(files)
}

/// One upload's folder, wiped when dropped unless it is to be kept.
struct Waiting {
    folder: PathBuf,
    keep: bool,
}

impl Waiting {
    fn new(folder: PathBuf) -> io::Result<Self> {
        private_folder(&folder)?;
        Ok(Self { folder, keep: false })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = wipe_folder(&self.folder) {
            tracing::error!(%error, "an upload could not be wiped; it will be at the next start");
        }
    }
}

async fn next_frame(body: &mut Body) -> Result<Option<axum::body::Bytes>> {
    loop {
        let Ok(frame) = timeout(IDLE, body.frame()).await else {
            return Err(ApiError::TooSlow {
                seconds: IDLE.as_secs(),
            });
        };
        match frame.transpose().map_err(io::Error::other)? {
            None => return Ok(None),
            Some(frame) => {
                // Trailers say nothing here.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// What an import has just taken is no failure.
fn gone_is<T>(result: io::Result<T>, gone: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(gone),
        other => other,
    }
}

fn random_id() -> io::Result<String> {
    let mut id = [0; 16];
    SystemRandom::new()
        .fill(&mut id)
        .map_err(|_| io::Error::other("the system's random generator failed"))?;
    Ok(hefu_casework::Hex(id).to_string())
}

/// A name that stays where it is put, on every system that a folder may be copied to.
fn is_plain(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name.starts_with('.')
        && !name.chars().any(|c| c.is_control() || "/\\:*?\"<>|".contains(c))
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes zeros over every file before it is removed. A file system that copies on write, or a disk that spreads its
/// writes, may keep older blocks all the same: encrypt the disk.
fn wipe_folder(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            wipe_folder(&entry.path())?;
        } else {
            wipe_file(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

fn wipe_file(path: &Path) -> io::Result<()> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let step = left.min(ZEROS.len() as u64);
        file.write_all(ZEROS.get(..step as usize).unwrap_or(&ZEROS))?;
        left -= step;
    }
    file.sync_all()?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path, max_bytes: u64) -> Uploads {
        Uploads::open(folder.join("uploads"), max_bytes).unwrap()
    }

    #[tokio::test]
    async fn an_upload_waits_until_it_is_taken_and_is_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = open(folder.path(), 100);
        let made = uploads.receive("低保.csv", Body::from("a,b\n")).await.unwrap();
        assert_eq!(made.bytes, 4);
        let taken = uploads.take(std::slice::from_ref(&made.id)).unwrap();
        let [file] = &taken.files().unwrap()[..] else {
            panic!()
        };
        assert_eq!(file.file_name().unwrap(), "低保.csv");
        assert_eq!(fs::read(file).unwrap(), b"a,b\n");
        drop(taken);
        assert!(matches!(
            uploads.take(&[made.id]),
            Err(ApiError::UploadUnknown { .. })
        ));
        assert_eq!(fs::read_dir(&uploads.folder).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_too_large_or_was_left_behind_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = open(folder.path(), 3);
        let large = uploads.receive("a.csv", Body::from("1234")).await;
        assert!(matches!(large, Err(ApiError::TooLarge { max_bytes: 3 })));
        assert_eq!(fs::read_dir(&uploads.folder).unwrap().count(), 0);
        uploads.receive("a.csv", Body::from("123")).await.unwrap();
        let uploads = open(folder.path(), 3);
        assert_eq!(fs::read_dir(&uploads.folder).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_looked_at_goes_on_waiting_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = open(folder.path(), 100);
        let made = uploads.receive("a.csv", Body::from("1")).await.unwrap();
        let ids = [made.id];
        for _ in 0..2 {
            let files = uploads.look(&ids).unwrap();
            assert_eq!(fs::read(&files[0]).unwrap(), b"1");
        }
        uploads.wipe_older_than(FORGOTTEN).unwrap();
        assert!(uploads.look(&ids).is_ok());
        std::thread::sleep(Duration::from_millis(20));
        uploads.wipe_older_than(Duration::from_millis(1)).unwrap();
        assert!(matches!(uploads.look(&ids), Err(ApiError::UploadUnknown { .. })));
        assert!(uploads.look(&["../..".to_owned()]).is_err());
    }

    #[tokio::test]
    async fn names_and_ids_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = open(folder.path(), 3);
        for name in ["", ".", "..", "../a", "a/b", "a\\b", ".hidden", "a\nb"] {
            let refused = uploads.receive(name, Body::empty()).await;
            assert!(matches!(refused, Err(ApiError::UploadName)), "{name}");
        }
        fs::write(folder.path().join("node.toml"), "x").unwrap();
        for id in ["..", "../..", "", "/"] {
            assert!(uploads.take(&[id.to_owned()]).is_err(), "{id}");
        }
        assert!(folder.path().join("node.toml").exists());
    }
}
