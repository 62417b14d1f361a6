//! Where the secret lies that opens a node.

use std::fs;
use std::path::{Component, Path, PathBuf};

use hefu_store::Unlock;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::ConfigError;

/// `[unlock]`: exactly one of these. The secret itself never stands in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlockConfig {
    /// A file of 32 random bytes. It should lie outside the node's folder, so that a copy of the folder opens nothing.
    KeyFile(PathBuf),
    /// A file with a passphrase; the line's end is not part of it.
    PassphraseFile(PathBuf),
    /// The name of a credential with a passphrase, which the service manager puts under `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

impl UnlockConfig {
    /// Fetches the secret, for a node in `folder`.
    ///
    /// # Errors
    /// [`ConfigError::Secret`], [`ConfigError::SecretExposed`], [`ConfigError::NoCredentials`],
    /// [`ConfigError::CredentialName`].
    pub fn fetch(&self, folder: &Path) -> Result<Unlock, ConfigError> {
        match self {
            // The vault reads it, and looks at its mode.
            Self::KeyFile(file) => Ok(Unlock::KeyFile(folder.join(file))),
            Self::PassphraseFile(file) => {
                let file = folder.join(file);
                refuse_exposed(&file)?;
                passphrase(&file)
            }
            Self::Credential(name) => {
                let mut parts = Path::new(name).components();
                let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
                    return Err(ConfigError::CredentialName { name: name.clone() });
                };
                // Its mode is the service manager's affair: it may have let its user in by an access list.
                match std::env::var_os("CREDENTIALS_DIRECTORY") {
                    Some(credentials) => passphrase(&Path::new(&credentials).join(name)),
                    None => Err(ConfigError::NoCredentials { name: name.clone() }),
                }
            }
        }
    }
}

fn passphrase(file: &Path) -> Result<Unlock, ConfigError> {
    let text = fs::read_to_string(file).map_err(secret(file))?;
    let text = Zeroizing::new(text);
    let mut passphrase = Zeroizing::new(String::with_capacity(text.len()));
    passphrase.push_str(text.trim_end_matches(['\r', '\n']));
    Ok(Unlock::Passphrase(passphrase))
}

/// A secret that others can read is none.
#[cfg(unix)]
pub(crate) fn refuse_exposed(file: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file).map_err(secret(file))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(ConfigError::SecretExposed {
            file: file.to_owned(),
        });
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn refuse_exposed(_: &Path) -> Result<(), ConfigError> {
    Ok(())
}

fn secret(file: &Path) -> impl FnOnce(std::io::Error) -> ConfigError {
    let file = file.to_owned();
    |source| ConfigError::Secret { file, source }
}
