//! Folders that a gateway synchronises: what lies in the inbox is taken, what is due is put into the outbox.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hefu_link::ferry::Cut;
use hefu_store::OutgoingSet;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{sleep, timeout};

use super::folder::{disk, gone, sync_folder};
use super::outgoing::cutting_of;
use super::view::{PartFile, RefusedFile, SetFacts};
use super::{Ferry, Refusal, Stamp};
use crate::node::private_folder;
use crate::{Error, Node, Result};

/// How often it is looked into the inbox.
const PACE: Duration = Duration::from_secs(2);
/// After which a file is tried again that was refused for another reason than itself.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// How often it is looked for work, beside whenever something changes here.
const SELDOM: Duration = Duration::from_secs(30);

/// The most files of the inbox that are tried in one turn: what goes out must not wait for all that lies there.
const MANY_FILES: usize = 1_024;

/// What is watched, and how sets are cut that go there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Where files are put.
    pub outbox: PathBuf,
    /// Where files are taken from.
    pub inbox: PathBuf,
    /// Where the approval slips of what goes out and of what came are put: not in the outbox, where a gateway would take
    /// them for files.
    pub slips: PathBuf,
    /// How sets are cut.
    pub cut: Cut,
}

/// Prints the approval slips of a set that was made, or has come.
pub type Slips = Arc<dyn Fn(&Node, &SetFacts) -> Result<Vec<PartFile>> + Send + Sync>;

impl Node {
    /// Works through what came and makes what is due, until it is dropped.
    pub(crate) async fn keep_ferry(self: Arc<Self>) {
        loop {
            if let Err(error) = self.ferry_work_on().await {
                tracing::error!(node = self.name(), code = error.code(), "letters are not kept");
            }
            let _ = timeout(SELDOM, self.ferry.notify.notified()).await;
        }
    }

    /// Takes files from one folder and puts files into another, until it is dropped. A file that was taken is removed once
    /// it is durable; one that was refused stays, and is tried again when it changes.
    pub async fn watch_folders(self: Arc<Self>, folders: Folders, slips: Option<Slips>) {
        self.ferry.watched.store(true, Ordering::Relaxed);
        loop {
            for done in [
                self.take_inbox(&folders).await,
                self.print_slips(&folders, slips.as_ref()).await,
                self.fill_outbox(&folders, slips.as_ref()).await,
            ] {
                if let Err(error) = done {
                    tracing::error!(
                        node = self.name(),
                        code = error.code(),
                        "the watched folders are not kept: {error}"
                    );
                }
            }
            // What is due lies in the outbox: from here on nobody sees how long results take.
            self.conclude_later();
            sleep(PACE).await;
        }
    }

    /// Looks into the inbox once.
    ///
    /// # Errors
    /// When the folder can't be read, or a file can't be removed.
    pub(super) async fn take_inbox(self: &Arc<Self>, folders: &Folders) -> Result<()> {
        let (node, inbox) = (Arc::clone(self), folders.inbox.clone());
        for (path, stamp) in in_a_thread(move || node.files_to_try(&inbox)).await? {
            let Ok(file) = File::open(&path) else { continue };
            let taken = self.take_file(file).await;
            // One that can't be removed keeps nobody else's: it is refused, for no fault of its own.
            match taken.and_then(|taken| gone(fs::remove_file(&path)).map(|()| taken)) {
                Ok(taken) => {
                    tracing::info!(
                        node = self.name(),
                        peer = taken.from_name,
                        part = taken.part,
                        parts = taken.parts,
                        news = taken.news.code(),
                        "a file is taken"
                    );
                    self.ferry.refused().remove(&path);
                }
                Err(error) => {
                    tracing::warn!(
                        node = self.name(),
                        code = error.code(),
                        "a file is refused: {error}"
                    );
                    self.ferry.refuse(path, stamp, &error);
                }
            }
        }
        self.work_alone().await.map(drop)
    }

    /// The first files of the inbox that are worth a try. Of refused ones that lie there no more nothing is kept.
    fn files_to_try(&self, inbox: &Path) -> Result<Vec<(PathBuf, Stamp)>> {
        let mut files = files_in(inbox)?;
        let mut refused = self.ferry.refused();
        let there: HashSet<_> = files.iter().map(|(path, _)| path.as_os_str()).collect();
        refused.retain(|path, _| there.contains(path.as_os_str()));
        files.retain(|(path, stamp)| !refused.get(path).is_some_and(|known| known.stands(*stamp)));
        files.truncate(MANY_FILES);
        Ok(files)
    }

    /// Makes a set for each peer to whom something new is due, and writes the files of all that were not written yet.
    ///
    /// # Errors
    /// When a folder can't be written; those of [`Node::ferry_out`].
    pub(super) async fn fill_outbox(
        self: &Arc<Self>,
        folders: &Folders,
        slips: Option<&Slips>,
    ) -> Result<()> {
        let mut failed = Ok(());
        let due = self.store.letters_due(None)?;
        let unsent = due.iter().filter(|letter| letter.sent_at.is_none());
        let peers: BTreeSet<_> = unsent.map(|letter| letter.peer).collect();
        for peer in peers {
            // One peer's lack of a seal key keeps nobody else's files.
            if let Err(error) = self.ferry_out(&peer, folders.cut, "node").await {
                failed = failed.and(Err(error));
            }
        }
        for set in self.store.sets_needed()? {
            if set.written_at.is_some() {
                continue;
            }
            let (node, folders, slips) = (Arc::clone(self), folders.clone(), slips.cloned());
            // Nor does one set that can't be written, whatever it lacks.
            let writing = in_a_thread(move || node.write_set(&set, &folders, slips.as_ref())).await;
            failed = failed.and(writing);
        }
        failed
    }

    /// Prints the slips of sets that have come, which say what those of their senders say.
    async fn print_slips(self: &Arc<Self>, folders: &Folders, slips: Option<&Slips>) -> Result<()> {
        let Some(slips) = slips else { return Ok(()) };
        let mut failed = Ok(());
        for set in self.store.sets_without_slip()? {
            let (node, folder, slips) = (Arc::clone(self), folders.slips.clone(), Arc::clone(slips));
            let printing = move || {
                print(&folder, slips(&node, &node.facts_in(&set)?)?)?;
                Ok(node.store.mark_slip(&set.peer, &set.id)?)
            };
            failed = failed.and(in_a_thread(printing).await);
        }
        failed
    }

    fn write_set(&self, set: &OutgoingSet, folders: &Folders, slips: Option<&Slips>) -> Result<()> {
        let cutting = cutting_of(set)?;
        if let Some(slips) = slips {
            print(&folders.slips, slips(self, &self.facts_out(set)?)?)?;
        }
        let mut sealed = File::open(self.set_file(&set.id)).map_err(disk)?;
        for part in 1..=cutting.parts() {
            write_file(&folders.outbox, &cutting.file_name(part)?, |file| {
                Ok(cutting.write(&self.keys, part, &mut sealed, file)?)
            })?;
        }
        Ok(self.store.mark_written(&set.id)?)
    }
}

impl Ferry {
    fn refuse(&self, path: PathBuf, stamp: Stamp, error: &Error) {
        let refused = RefusedFile {
            path: path.clone(),
            code: error.code(),
            params: error.params(),
            at: Timestamp::now(),
        };
        let refusal = Refusal {
            stamp,
            is_about_the_file: is_about_the_file(error),
            file: refused,
        };
        self.refused().insert(path, refusal);
    }
}

impl Refusal {
    /// Whether there is no use in trying the file again yet.
    fn stands(&self, stamp: Stamp) -> bool {
        let since = Timestamp::now().duration_since(self.file.at);
        self.stamp == stamp && (self.is_about_the_file || since < AGAIN)
    }
}

/// Others are about what this node knows, allows or has room for, or about its disk.
fn is_about_the_file(error: &Error) -> bool {
    use hefu_link::Error as Link;
    match error {
        Error::Link(Link::FerryIo { .. } | Link::FerryFolder { .. }) => false,
        Error::Link(_) => true,
        _ => false,
    }
}

/// The files that lie in a folder under names that don't begin with a dot, by name.
fn files_in(folder: &Path) -> Result<Vec<(PathBuf, Stamp)>> {
    private_folder(folder).map_err(disk)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(disk)? {
        let entry = entry.map_err(disk)?;
        // One that is gone meanwhile is no file.
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_file() && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            let stamp = Stamp {
                bytes: meta.len(),
                changed_at: meta.modified().ok(),
            };
            files.push((entry.path(), stamp));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

fn print(folder: &Path, pages: Vec<PartFile>) -> Result<()> {
    pages.into_iter().try_for_each(|page| {
        write_file(folder, &page.name, |file| {
            std::io::Write::write_all(file, &page.bytes).map_err(disk)
        })
    })
}

async fn in_a_thread<T: Send + 'static>(doing: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(doing)
        .await
        .unwrap_or(Err(Error::Internal {
            what: "a watched folder's thread",
        }))
}

/// Whole under its name, or not there. Others may write into this folder: whatever they laid at the name of the half
/// file is removed and not written through.
fn write_file(folder: &Path, name: &str, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    private_folder(folder).map_err(disk)?;
    let half = folder.join(format!(".{name}"));
    gone(fs::remove_file(&half))?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(&half).map_err(disk)?;
    write(&mut file)?;
    file.sync_all().map_err(disk)?;
    fs::rename(&half, folder.join(name)).map_err(disk)?;
    sync_folder(folder)
}
