//! What can be wrong with a node's settings.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why settings can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is not what it must be.
    #[error("{file}, line {line}, {field}: {problem}")]
    Syntax {
        /// The file; empty where a text was read.
        file: PathBuf,
        /// The line, from 1; 0 where something is missing that would stand nowhere.
        line: usize,
        /// The field, `operators.listen`.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The operators' interface would be open to the network.
    #[error(
        "{file}: operators.listen = {listen} is not on this machine alone, which needs operators.certificate and \
         operators.key"
    )]
    NotLoopback {
        /// The file; empty where a text was read.
        file: PathBuf,
        /// The address.
        listen: SocketAddr,
    },
    /// A certificate without its key, or the other way round.
    #[error("{file}: operators.certificate and operators.key stand together, or not at all")]
    HalfTls {
        /// The file; empty where a text was read.
        file: PathBuf,
    },
    /// A folder for files to go, and none for files to come, or the other way round.
    #[error("{file}: ferry.outbox and ferry.inbox stand together, or not at all")]
    HalfFerry {
        /// The file; empty where a text was read.
        file: PathBuf,
    },
    /// Settings that TOML can't express.
    #[error("the settings can't be written: a path in them is not Unicode")]
    Unwritable,
    /// The secret that opens the node can't be read.
    #[error("{file}: {source}; this file must hold what opens the node")]
    Secret {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Others can read the secret.
    #[error("{file} can be read by other users. Run `chmod 600` on it, and think about who has seen it")]
    SecretExposed {
        /// The file.
        file: PathBuf,
    },
    /// A credential is named, and none were handed over.
    #[error(
        "unlock.credential = {name}, but $CREDENTIALS_DIRECTORY is not set: start the node by its service"
    )]
    NoCredentials {
        /// The credential.
        name: String,
    },
    /// A credential's name that would lead out of the folder of credentials.
    #[error("unlock.credential = {name} is no plain name")]
    CredentialName {
        /// The credential.
        name: String,
    },
}

impl ConfigError {
    pub(super) fn syntax(text: &str, field: String, error: &toml::de::Error) -> Self {
        let line = error.span().map_or(0, |span| {
            text.get(..span.start).unwrap_or(text).matches('\n').count() + 1
        });
        Self::Syntax {
            file: PathBuf::new(),
            line,
            field,
            problem: error.message().to_owned(),
        }
    }

    pub(super) fn in_file(mut self, path: &Path) -> Self {
        if let Self::Syntax { file, .. }
        | Self::NotLoopback { file, .. }
        | Self::HalfTls { file }
        | Self::HalfFerry { file } = &mut self
        {
            path.clone_into(file);
        }
        self
    }

    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "config_read",
            Self::Syntax { .. } => "config_syntax",
            Self::NotLoopback { .. } => "config_not_loopback",
            Self::HalfTls { .. } => "config_half_tls",
            Self::HalfFerry { .. } => "config_ferry_half",
            Self::Unwritable => "config_unwritable",
            Self::Secret { .. } => "config_secret",
            Self::SecretExposed { .. } => "config_secret_exposed",
            Self::NoCredentials { .. } => "config_no_credentials",
            Self::CredentialName { .. } => "config_credential_name",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        let file = |file: &Path| ("file", file.display().to_string());
        match self {
            Self::Read { file: path, source } | Self::Secret { file: path, source } => {
                vec![file(path), ("source", source.to_string())]
            }
            Self::Syntax {
                file: path,
                line,
                field,
                problem,
            } => vec![
                file(path),
                (
                    "row",
                    if *line == 0 {
                        String::new()
                    } else {
                        line.to_string()
                    },
                ),
                ("field", field.clone()),
                ("problem", problem.clone()),
            ],
            Self::NotLoopback { file: path, listen } => vec![
                file(path),
                ("field", "operators.listen".to_owned()),
                ("listen", listen.to_string()),
            ],
            Self::Unwritable => Vec::new(),
            Self::SecretExposed { file: path }
            | Self::HalfTls { file: path }
            | Self::HalfFerry { file: path } => vec![file(path)],
            Self::NoCredentials { name } | Self::CredentialName { name } => vec![("name", name.clone())],
        }
    }
}
