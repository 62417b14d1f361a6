//! Keys at rest: one random root key, wrapped under a passphrase or a key file, from which all others derive.
//!
//! ```text
//! passphrase ── Argon2id ──┐
//!                          ├─ HKDF ─ wrapping key ── seals ── root key   (vault.json)
//! key file ────────────────┘                                   │
//!                                     HKDF ┌───────────────────┴──────────────────┐
//!                              one sealing key a label (AES-256-GCM)     lookup key (HMAC-SHA256)
//! ```
//! Without `vault.json` nothing sealed can be opened again, so its deletion wipes the store.

use std::fs;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use hefu_casework::Hex;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::files;

const HEADER_VERSION: u32 = 1;
/// First byte of everything sealed; another cipher or layout takes another number.
const SEALED_VERSION: u8 = 1;
pub(crate) const KEY_LEN: usize = 32;
const SALT_LEN: usize = 16;
const TAG_LEN: usize = 16;
/// Where the ciphertext begins, after the version and the nonce.
const BODY: usize = 1 + NONCE_LEN;

/// Associated data of the root key and of sealed files, whose place is their own file.
const ROOT: &[u8] = b"vault root";
const FILE: &[u8] = b"file";

/// Bytes of a keyed digest: 128 bits keep accidental meetings out of reach at 10^8 people.
pub(crate) const LOOKUP_LEN: usize = 16;

/// How the vault is opened.
#[derive(Clone)]
pub enum Unlock {
    /// A passphrase, stretched by Argon2id (RFC 9106).
    Passphrase(Zeroizing<String>),
    /// A file of 32 random bytes that only its owner can read; see [`Vault::create_key_file`].
    KeyFile(PathBuf),
}

/// What one guess at the passphrase costs (Argon2id, RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Costs {
    /// 64 MiB and three passes: the second recommended choice of RFC 9106 §4, on one lane.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// 19 MiB and two passes, for passwords of accounts: what a small machine bears when several people sign in. What it
    /// gives is sealed, so that it is the second wall and not the first (OWASP, Password Storage Cheat Sheet).
    pub const OF_ACCOUNTS: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };

    /// The header is read before anything is authenticated, so it must not be able to ask for all memory.
    pub(crate) fn params(self, path: &Path) -> Result<Params, Error> {
        let costs = || Error::Costs {
            path: path.to_owned(),
        };
        if self.memory_kib > 1 << 20 || self.passes > 64 || self.lanes > 16 {
            return Err(costs());
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_LEN)).map_err(|_| costs())
    }
}

/// The node's keys at rest. Cheap to use from many threads; shows nothing of itself.
pub struct Vault {
    root: hkdf::Prk,
    lookup: hmac::Key,
    random: SystemRandom,
}

impl Vault {
    /// Makes a new root key and writes it, wrapped, to `path` (mode 0600).
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::EmptyPassphrase`], [`Error::Costs`], those of the key file, or the disk's.
    pub fn create(path: &Path, unlock: &Unlock, costs: Costs) -> Result<Self, Error> {
        let random = SystemRandom::new();
        let by = match unlock {
            Unlock::Passphrase(_) => {
                let mut salt = [0; SALT_LEN];
                random.fill(&mut salt)?;
                OpenedBy::Passphrase {
                    costs,
                    salt: Hex(salt),
                }
            }
            Unlock::KeyFile(_) => OpenedBy::KeyFile,
        };
        let wrapping = by.wrapping_key(unlock, path)?;
        let mut root = Zeroizing::new([0; KEY_LEN]);
        random.fill(root.as_mut())?;
        let sealed = seal(&wrapping, &random, ROOT, root.as_ref())?;
        let header = Header {
            version: HEADER_VERSION,
            opened_by: by,
            root: Hex(sealed.try_into().map_err(|_| Error::Cryptography)?),
        };
        let text = serde_json::to_vec_pretty(&header).map_err(|_| Error::Header {
            path: path.to_owned(),
        })?;
        files::write_new(path, &text)?;
        Self::from_root(root.as_ref(), random)
    }

    /// Opens the root key in `path`.
    ///
    /// # Errors
    /// [`Error::WrongKey`] where the passphrase or key file is another, [`Error::WrongUnlock`] where the kind is.
    pub fn open(path: &Path, unlock: &Unlock) -> Result<Self, Error> {
        let text = fs::read(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::NotAStore {
                path: path.to_owned(),
            },
            _ => Error::Io {
                path: path.to_owned(),
                source,
            },
        })?;
        let header: Header = serde_json::from_slice(&text)
            .ok()
            .filter(|header: &Header| header.version == HEADER_VERSION)
            .ok_or_else(|| Error::Header {
                path: path.to_owned(),
            })?;
        let wrapping = header.opened_by.wrapping_key(unlock, path)?;
        let root = open(&wrapping, ROOT, &header.root.0).ok_or_else(|| Error::WrongKey {
            path: path.to_owned(),
        })?;
        Self::from_root(&root, SystemRandom::new())
    }

    /// Writes 32 random bytes to a new file that only its owner can read.
    ///
    /// # Errors
    /// [`Error::Exists`], or the disk's.
    pub fn create_key_file(path: &Path) -> Result<(), Error> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        SystemRandom::new().fill(key.as_mut())?;
        files::write_new(path, key.as_ref())
    }

    /// Seals `plain` under the key of `label`. `associated` says where it belongs (table and row): bytes moved
    /// elsewhere do not open. Gives 29 bytes more than `plain`.
    ///
    /// Nonces are random, which NIST SP 800-38D §8.3 bounds at 2^32 seals a key, so each column has its label.
    ///
    /// # Errors
    /// [`Error::Cryptography`] where the system has no randomness.
    pub fn seal(&self, label: &str, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        seal(&sealing_key(&self.root, label)?, &self.random, associated, plain)
    }

    /// Gives back what [`Vault::seal`] gave for the same label and place.
    ///
    /// # Errors
    /// [`Error::Sealed`] where a single bit differs.
    pub fn unseal(&self, label: &str, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        open(&sealing_key(&self.root, label)?, associated, sealed).ok_or_else(|| Error::Sealed {
            what: label.to_owned(),
        })
    }

    /// The key of one label, for many seals: it is derived once, and not for each of them.
    pub(crate) fn column(&self, label: &'static str) -> Result<Column, Error> {
        Ok(Column {
            label,
            key: sealing_key(&self.root, label)?,
        })
    }

    /// A random key for what must be lost at once, by losing the key. Kept sealed under the vault.
    pub(crate) fn fresh_key(&self) -> Result<Zeroizing<[u8; KEY_LEN]>, Error> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        self.random.fill(key.as_mut())?;
        Ok(key)
    }

    /// As [`Vault::seal`], under a key of [`Vault::fresh_key`].
    pub(crate) fn seal_under(
        &self,
        key: &[u8; KEY_LEN],
        label: &str,
        associated: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Error> {
        seal(&sealing_key(&prk(key), label)?, &self.random, associated, plain)
    }

    /// As [`Vault::unseal`], under a key of [`Vault::fresh_key`].
    pub(crate) fn unseal_under(
        &self,
        key: &[u8; KEY_LEN],
        label: &str,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        open(&sealing_key(&prk(key), label)?, associated, sealed).ok_or_else(|| Error::Sealed {
            what: label.to_owned(),
        })
    }

    /// Whether two secrets are equal, in a time that says nothing of where they differ.
    pub(crate) fn equal(&self, one: &[u8], other: &[u8]) -> bool {
        self.lookup("equal", one) == self.lookup("equal", other)
    }

    /// Whether both vaults hold one root key.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.lookup("vault", &[]) == other.lookup("vault", &[])
    }

    /// Seals `plain` into `path`, all or nothing, mode 0600. For the node's own keys.
    ///
    /// # Errors
    /// The disk's.
    pub fn seal_file(&self, path: &Path, label: &str, plain: &[u8]) -> Result<(), Error> {
        files::write(path, &self.seal(label, FILE, plain)?)
    }

    /// Opens a file that [`Vault::seal_file`] wrote under the same label.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be read, [`Error::Sealed`] where it does not open.
    pub fn open_file(&self, path: &Path, label: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sealed = fs::read(path).map_err(Error::io(path))?;
        self.unseal(label, FILE, &sealed).map_err(|_| Error::Sealed {
            what: path.display().to_string(),
        })
    }

    /// A keyed digest, equal for equal bytes under one label: what a sealed column is looked up by.
    pub fn lookup(&self, label: &str, bytes: &[u8]) -> [u8; LOOKUP_LEN] {
        let mut context = self.keyed_digest(label);
        context.update(bytes);
        let mut digest = [0; LOOKUP_LEN];
        digest.copy_from_slice(&context.sign().as_ref()[..LOOKUP_LEN]);
        digest
    }

    /// A keyed digest in the making. Labels hold no zero byte, so that none is the beginning of another.
    pub(crate) fn keyed_digest(&self, label: &str) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.lookup);
        context.update(label.as_bytes());
        context.update(&[0]);
        context
    }

    fn from_root(root: &[u8], random: SystemRandom) -> Result<Self, Error> {
        let root = prk(root);
        let lookup = root.expand(&[b"lookup"], hmac::HMAC_SHA256)?.into();
        Ok(Self { root, lookup, random })
    }
}

/// `vault.json`. Whoever changes it makes the vault unopenable, and can do no more: the root key's tag is the check
/// value of the passphrase.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u32,
    opened_by: OpenedBy,
    /// The root key, sealed.
    root: Hex<{ BODY + KEY_LEN + TAG_LEN }>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum OpenedBy {
    Passphrase { costs: Costs, salt: Hex<SALT_LEN> },
    KeyFile,
}

impl OpenedBy {
    fn wrapping_key(&self, unlock: &Unlock, header: &Path) -> Result<LessSafeKey, Error> {
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        match (self, unlock) {
            (Self::Passphrase { costs, salt }, Unlock::Passphrase(passphrase)) => {
                if passphrase.is_empty() {
                    return Err(Error::EmptyPassphrase);
                }
                Argon2::new(Algorithm::Argon2id, Version::V0x13, costs.params(header)?)
                    .hash_password_into(passphrase.as_bytes(), &salt.0, secret.as_mut())
                    .map_err(|_| Error::Cryptography)?;
            }
            (Self::KeyFile, Unlock::KeyFile(path)) => read_key_file(path, &mut secret)?,
            (Self::Passphrase { .. }, Unlock::KeyFile(_)) => {
                return Err(Error::WrongUnlock {
                    path: header.to_owned(),
                    expected: "passphrase",
                });
            }
            (Self::KeyFile, Unlock::Passphrase(_)) => {
                return Err(Error::WrongUnlock {
                    path: header.to_owned(),
                    expected: "key file",
                });
            }
        }
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hefu/1 vault wrapping").extract(secret.as_ref());
        Ok(LessSafeKey::new(secret.expand(&[], &AES_256_GCM)?.into()))
    }
}

fn read_key_file(path: &Path, key: &mut [u8; KEY_LEN]) -> Result<(), Error> {
    if files::others_can_read(path)? {
        return Err(Error::KeyFileExposed {
            path: path.to_owned(),
        });
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(Error::io(path))?);
    if bytes.len() != KEY_LEN {
        return Err(Error::KeyFile {
            path: path.to_owned(),
        });
    }
    key.copy_from_slice(&bytes);
    Ok(())
}

fn prk(key: &[u8]) -> hkdf::Prk {
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"hefu/1 vault root").extract(key)
}

fn sealing_key(root: &hkdf::Prk, label: &str) -> Result<LessSafeKey, Error> {
    let info = [b"seal\0".as_slice(), label.as_bytes()];
    Ok(LessSafeKey::new(root.expand(&info, &AES_256_GCM)?.into()))
}

/// Opens what [`Vault::seal`] gave for one label.
pub(crate) struct Column {
    pub(crate) label: &'static str,
    key: LessSafeKey,
}

impl Column {
    /// As [`Vault::unseal`]; none where a single bit differs.
    pub(crate) fn unseal(&self, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.key, associated, sealed)
    }
}

/// version ‖ nonce ‖ ciphertext ‖ tag
fn seal(key: &LessSafeKey, random: &SystemRandom, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce)?;
    let mut sealed = Vec::with_capacity(BODY + plain.len() + TAG_LEN);
    sealed.push(SEALED_VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = key.seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(associated),
        &mut sealed[BODY..],
    )?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

fn open(key: &LessSafeKey, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&SEALED_VERSION, rest) = sealed.split_first()? else {
        return None;
    };
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
    let mut plain = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(associated),
            &mut plain,
        )
        .ok()?
        .len();
    plain.truncate(length);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: Costs = Costs {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    fn passphrase(text: &str) -> Unlock {
        Unlock::Passphrase(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn opens_with_its_own_passphrase_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.json");
        let sealed = Vault::create(&path, &passphrase("合符"), LOW)
            .unwrap()
            .seal("a", b"1", b"plain")
            .unwrap();

        let again = Vault::open(&path, &passphrase("合符")).unwrap();
        assert_eq!(again.unseal("a", b"1", &sealed).unwrap().as_slice(), b"plain");
        assert!(matches!(
            Vault::open(&path, &passphrase("合符 ")),
            Err(Error::WrongKey { .. })
        ));
        assert!(matches!(
            Vault::open(&path, &passphrase("")),
            Err(Error::EmptyPassphrase)
        ));
        let file = Unlock::KeyFile(dir.path().join("none"));
        assert!(matches!(
            Vault::open(&path, &file),
            Err(Error::WrongUnlock {
                expected: "passphrase",
                ..
            })
        ));
        assert!(matches!(
            Vault::create(&path, &passphrase("合符"), LOW),
            Err(Error::Exists { .. })
        ));
    }

    #[test]
    fn opens_with_its_own_key_file_only() {
        let dir = tempfile::tempdir().unwrap();
        let [vault, key, other, short] =
            ["vault.json", "key", "other", "short"].map(|name| dir.path().join(name));
        Vault::create_key_file(&key).unwrap();
        Vault::create_key_file(&other).unwrap();
        files::write_new(&short, &[7; KEY_LEN - 1]).unwrap();
        Vault::create(&vault, &Unlock::KeyFile(key.clone()), LOW).unwrap();

        assert!(Vault::open(&vault, &Unlock::KeyFile(key.clone())).is_ok());
        assert!(matches!(
            Vault::open(&vault, &Unlock::KeyFile(other)),
            Err(Error::WrongKey { .. })
        ));
        assert!(matches!(
            Vault::open(&vault, &Unlock::KeyFile(short)),
            Err(Error::KeyFile { .. })
        ));
        assert!(matches!(Vault::create_key_file(&key), Err(Error::Exists { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_their_owners_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let [header, key, sealed] = ["vault.json", "key", "node.sealed"].map(|name| dir.path().join(name));
        Vault::create_key_file(&key).unwrap();
        let unlock = Unlock::KeyFile(key.clone());
        let vault = Vault::create(&header, &unlock, LOW).unwrap();
        vault.seal_file(&sealed, "node key", b"secret").unwrap();
        for path in [&header, &key, &sealed] {
            assert_eq!(
                fs::metadata(path).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
        }
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            Vault::open(&header, &unlock),
            Err(Error::KeyFileExposed { .. })
        ));
    }

    #[test]
    fn sealed_bytes_open_unchanged_and_in_place_only() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::create(&dir.path().join("vault.json"), &passphrase("p"), LOW).unwrap();
        let sealed = vault.seal("records.person", b"row 1", b"plain").unwrap();
        assert_eq!(sealed.len(), 5 + 29);
        assert_ne!(sealed, vault.seal("records.person", b"row 1", b"plain").unwrap());
        assert!(vault.unseal("records.case", b"row 1", &sealed).is_err());
        assert!(vault.unseal("records.person", b"row 2", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                vault.unseal("records.person", b"row 1", &changed).is_err(),
                "byte {at}"
            );
            assert!(
                vault.unseal("records.person", b"row 1", &sealed[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn a_sealed_file_is_replaced_whole_and_opens_under_its_label() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::create(&dir.path().join("vault.json"), &passphrase("p"), LOW).unwrap();
        let path = dir.path().join("node.sealed");
        vault.seal_file(&path, "node key", b"first").unwrap();
        vault.seal_file(&path, "node key", b"second").unwrap();
        assert_eq!(vault.open_file(&path, "node key").unwrap().as_slice(), b"second");
        assert!(matches!(
            vault.open_file(&path, "tls key"),
            Err(Error::Sealed { .. })
        ));
    }

    #[test]
    fn lookups_meet_within_a_label_and_a_vault() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["1.json", "2.json"]
            .map(|name| Vault::create(&dir.path().join(name), &passphrase("p"), LOW).unwrap());
        assert_eq!(one.lookup("person", b"a"), one.lookup("person", b"a"));
        assert_ne!(one.lookup("person", b"a"), one.lookup("person", b"b"));
        assert_ne!(one.lookup("person", b"a"), one.lookup("case", b"a"));
        assert_ne!(one.lookup("person", b"a"), two.lookup("person", b"a"));
    }

    #[test]
    fn a_header_cannot_ask_for_all_memory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.json");
        let greedy = Costs {
            memory_kib: u32::MAX,
            ..LOW
        };
        assert!(matches!(
            Vault::create(&path, &passphrase("p"), greedy),
            Err(Error::Costs { .. })
        ));
        Vault::create(&path, &passphrase("p"), LOW).unwrap();
        let text = fs::read_to_string(&path)
            .unwrap()
            .replace("\"memory_kib\": 64", "\"memory_kib\": 4294967295");
        fs::write(&path, text).unwrap();
        assert!(matches!(
            Vault::open(&path, &passphrase("p")),
            Err(Error::Costs { .. })
        ));
    }
}
