//! Backup and restore of a node's folder.
//!
//! A backup leaves out what only an open session needs: its secrets and its chunks. A node that was restored voids those
//! sessions, and never counts less against a peer's budget than before: it takes the debits of the folder that it
//! replaces, and where there is none, the budgets of the month count as spent until a person frees them.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hefu_casework::{Hex, Month, canonical};
use hefu_psi::wire::{Abort, encode_abort};
use hefu_store::{Store, Unlock, Vault, forget_sessions};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::digest::sha256;
use crate::ferry::want_after_restore;
use crate::node::{private_folder, today, unsealed_keys};
use crate::{Error, Node, Result, rules};

const MANIFEST: &str = "manifest.json";
const BACKUPS: &str = "backups";
const MAX_NAME_BYTES: usize = 64;
const DATABASE: &str = "hefu.db";
const VAULT: &str = "vault.json";
const LABEL: &[u8] = b"hefu/2 backup\0";

/// What else makes a node. What is sealed stays sealed: the key file or passphrase is kept elsewhere.
const FILES: [(&str, bool); 7] = [
    (VAULT, true),
    ("node.toml", false),
    (rules::FILE_NAME, false),
    ("keys/node.sealed", true),
    ("keys/tls.sealed", true),
    ("keys/seal.sealed", false), // a backup of before has none
    ("aliases.sealed", false),
];

/// What stands in a backup.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    name: String,
    node_key: Hex<32>,
    at: Timestamp,
    log_seq: u64,
    log_head: Hex<32>,
    files: BTreeMap<String, Hex<32>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedManifest {
    manifest: Manifest,
    signature: Hex<64>,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub backed_up_at: Timestamp,
    /// Sessions that were open then and are void now.
    pub voided: u64,
    /// Where the folder that was replaced has gone; its debits were taken over.
    pub replaced: Option<PathBuf>,
    /// Whether the budgets of this month are locked, because no older folder could tell what was spent since.
    pub budgets_locked: bool,
}

impl Node {
    /// Where a backup goes that somebody asks for by a name alone; nothing where that could lead elsewhere.
    pub(crate) fn folder_for_backup(&self, name: &str) -> Result<Option<PathBuf>> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fit = (1..=MAX_NAME_BYTES).contains(&name.len())
            && name.bytes().all(plain)
            && !name.starts_with('.')
            && !name.ends_with(".partial");
        if !fit {
            return Ok(None);
        }
        let backups = self.folder.join(BACKUPS);
        private_folder(&backups).map_err(|source| Error::folder(&backups, source))?;
        Ok(Some(backups.join(name)))
    }

    /// Writes a backup of this node into a new folder.
    ///
    /// # Errors
    /// When `folder` is there already, or what is left of one that was not finished; the disk's.
    pub fn backup(&self, folder: &Path, actor: &str) -> Result<()> {
        let failed = |source| Error::folder(folder, source);
        if folder.exists() {
            return Err(failed(ErrorKind::AlreadyExists.into()));
        }
        // Under another name until it is whole.
        let building = with_suffix(folder, "partial");
        if building.exists() {
            return Err(Error::folder(&building, ErrorKind::AlreadyExists.into()));
        }
        private_folder(&building.join("keys")).map_err(failed)?;
        self.log_by(actor, "backed_up", &json!({}))?;
        self.store.backup(&building.join(DATABASE))?;
        let mut files = BTreeMap::new();
        files.insert(DATABASE.to_owned(), digest_of(&building.join(DATABASE))?);
        for (name, needed) in FILES {
            let from = self.folder.join(name);
            if needed || from.exists() {
                fs::copy(&from, building.join(name)).map_err(failed)?;
                files.insert(name.to_owned(), digest_of(&building.join(name))?);
            }
        }
        let head = self.store.head()?;
        let manifest = Manifest {
            version: 1,
            name: self.name().to_owned(),
            node_key: Hex(self.node_key()),
            at: Timestamp::now(),
            log_seq: head.seq,
            log_head: Hex(head.hash),
            files,
        };
        let signature = self.sign_labelled(LABEL, &sha256(&canonical::to_vec(&manifest)));
        let signed = canonical::to_vec(&SignedManifest { manifest, signature });
        fs::write(building.join(MANIFEST), signed).map_err(failed)?;
        fs::rename(&building, folder).map_err(failed)
    }

    /// Makes a node's folder anew from a backup. A folder that is there already is kept under another name, without what
    /// its sessions could be gone on with.
    ///
    /// # Errors
    /// When the backup is damaged, is signed by another key than the one in it or is of another node than the folder's,
    /// or can't be unlocked: nothing is changed then. When the old folder's sessions can't be erased: the restored node
    /// is in its place all the same.
    pub fn restore(backup: &Path, folder: &Path, unlock: &Unlock, actor: &str) -> Result<Restored> {
        let manifest = signed_manifest(backup)?;
        let building = with_suffix(folder, "partial");
        let restored = rebuilt(&manifest, backup, &building, folder, unlock, actor)
            .and_then(|restored| put_in_place(&building, folder, restored));
        if restored.is_err() {
            // Nobody would look for it there, and it has all that the backup has.
            let _ = fs::remove_dir_all(&building);
        }
        let restored = restored?;
        restored
            .replaced
            .as_deref()
            .map_or(Ok(()), forget_open_sessions)?;
        Ok(restored)
    }
}

/// The node of a backup as it may run again, beside the folder in which it will.
fn rebuilt(
    manifest: &Manifest,
    backup: &Path,
    building: &Path,
    folder: &Path,
    unlock: &Unlock,
    actor: &str,
) -> Result<Restored> {
    let failed = |source| Error::folder(folder, source);
    if building.exists() {
        fs::remove_dir_all(building).map_err(failed)?;
    }
    for name in ["keys", "spool", "quarantine"] {
        private_folder(&building.join(name)).map_err(failed)?;
    }
    for (name, digest) in &manifest.files {
        let copy = building.join(name);
        match fs::copy(backup.join(name), &copy) {
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(failed(source)),
            // What was copied is checked, not what may stand in the backup a moment later.
            Ok(_) if digest_of(&copy)? == *digest => {}
            _ => return Err(damaged(backup, name)),
        }
    }
    // A manifest names its own key: only the one that this vault has sealed says that it is this node's.
    let vault = Vault::open(&building.join(VAULT), unlock)?;
    let unsealed = unsealed_keys(&vault, building)?;
    let store = Store::open(building, unlock)?;
    if unsealed.logged(&store)?.node_key() != manifest.node_key.0 {
        return Err(Error::ForeignBackup {
            folder: backup.display().to_string(),
        });
    }
    let older = folder.join(DATABASE).exists();
    let voided = store.restore_marks(&encode_abort(&Abort::Voided), Abort::Voided.code())?;
    want_after_restore(&store)?;
    if older {
        store.merge_ledger(folder, unlock)?;
    } else {
        store.lock_budgets(Month::of(today()), "restored")?;
    }
    store.append(
        actor,
        "restored_from_backup",
        &json!({ "backed_up_at": manifest.at, "budgets_locked": !older }),
    )?;
    Ok(Restored {
        backed_up_at: manifest.at,
        voided,
        replaced: None,
        budgets_locked: !older,
    })
}

fn put_in_place(building: &Path, folder: &Path, mut restored: Restored) -> Result<Restored> {
    let failed = |source| Error::folder(folder, source);
    if folder.exists() {
        let aside = with_suffix(folder, &format!("before-{}", Timestamp::now().as_second()));
        fs::rename(folder, &aside).map_err(failed)?;
        restored.replaced = Some(aside);
    }
    fs::rename(building, folder).map_err(failed)?;
    Ok(restored)
}

/// What the folder that was replaced could go on with, by secrets that no session needs any more.
fn forget_open_sessions(replaced: &Path) -> Result<()> {
    forget_sessions(replaced)?;
    let (spool, failed) = (replaced.join("spool"), |source| Error::folder(replaced, source));
    match fs::remove_dir_all(&spool) {
        Err(source) if source.kind() != ErrorKind::NotFound => return Err(failed(source)),
        _ => {}
    }
    private_folder(&spool).map_err(failed)
}

/// The manifest, once it names the files that make a node and is signed by the key that it names.
fn signed_manifest(backup: &Path) -> Result<Manifest> {
    let damaged = |name| damaged(backup, name);
    let bytes = fs::read(backup.join(MANIFEST)).map_err(|_| damaged(MANIFEST))?;
    let SignedManifest { manifest, signature } =
        canonical::from_slice(&bytes).map_err(|_| damaged(MANIFEST))?;
    let message = [LABEL, &sha256(&canonical::to_vec(&manifest))].concat();
    let holds = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, manifest.node_key.0)
        .verify(&message, &signature.0)
        .is_ok();
    if !holds || manifest.version != 1 {
        return Err(damaged(MANIFEST));
    }
    let known = |name: &str| name == DATABASE || FILES.iter().any(|(known, _)| *known == name);
    if let Some(other) = manifest.files.keys().find(|name| !known(name)) {
        return Err(damaged(other));
    }
    let needed = FILES.iter().filter(|(_, needed)| *needed).map(|(name, _)| *name);
    match needed
        .chain([DATABASE])
        .find(|name| !manifest.files.contains_key(*name))
    {
        Some(missing) => Err(damaged(missing)),
        None => Ok(manifest),
    }
}

fn damaged(backup: &Path, name: &str) -> Error {
    Error::Missing {
        what: "backup_file",
        name: backup.join(name).display().to_string(),
    }
}

/// SHA-256 of a file, read in pieces: a database may be larger than memory.
fn digest_of(path: &Path) -> Result<Hex<32>> {
    let failed = |source| Error::folder(path, source);
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match std::io::Read::read(&mut file, &mut buffer).map_err(failed)? {
            0 => break,
            read => context.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    Ok(Hex(digest))
}

/// `/var/lib/hefu` becomes `/var/lib/hefu.suffix`.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}
