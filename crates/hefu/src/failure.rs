//! How a command fails: an exit code, a code of the table of words, its parameters.

use std::borrow::Cow;
use std::fmt::Display;
use std::path::Path;

use hefu_node::api::view::ErrorView;
use hefu_node::config::ConfigError;
use hefu_node::daemon::DaemonError;

/// The exit codes, as the README lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Internal = 1,
    Usage = 2,
    Input = 3,
    Peer = 4,
    Policy = 5,
    Interrupted = 130,
}

/// A name of this program's own, or one that a node answered.
type Word = Cow<'static, str>;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) code: Word,
    pub(crate) params: Vec<(Word, String)>,
}

impl Failure {
    pub(crate) fn new(
        exit: Exit,
        code: &'static str,
        params: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        Self {
            exit,
            code: code.into(),
            params: params
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        }
    }

    pub(crate) fn internal(what: &str, cause: &dyn Display) -> Self {
        let params = [("what", what.to_string()), ("cause", cause.to_string())];
        Self::new(Exit::Internal, "internal", params)
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted", [])
    }

    /// A file that can't be written.
    pub(crate) fn write(file: &Path, cause: &dyn Display) -> Self {
        let params = [("file", file.display().to_string()), ("cause", cause.to_string())];
        Self::new(Exit::Internal, "write_failed", params)
    }

    /// A file that can't be read.
    pub(crate) fn read(file: &Path, cause: &dyn Display) -> Self {
        let params = [("file", file.display().to_string()), ("cause", cause.to_string())];
        Self::new(Exit::Input, "read_failed", params)
    }

    /// What a node answered, with the status it answered by.
    pub(crate) fn answered(status: u16, error: ErrorView) -> Self {
        let exit = match status {
            403 => Exit::Policy,
            502 | 504 => Exit::Peer,
            400..500 => Exit::Input,
            _ => Exit::Internal,
        };
        Self {
            exit,
            code: error.code.into(),
            params: error
                .params
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        }
    }

    /// A parameter by its name.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl From<hefu_ingest::Error> for Failure {
    fn from(error: hefu_ingest::Error) -> Self {
        let exit = match error {
            hefu_ingest::Error::Write { .. } | hefu_ingest::Error::Unreconciled { .. } => Exit::Internal,
            _ => Exit::Input,
        };
        Self::new(exit, error.code(), error.params())
    }
}

impl From<hefu_node::Error> for Failure {
    fn from(error: hefu_node::Error) -> Self {
        use hefu_node::Error;
        let exit = match error {
            Error::Ingest(error) => return error.into(),
            Error::Casework(_) | Error::EmptySide { .. } | Error::KeyTaken { .. } | Error::Missing { .. } => {
                Exit::Input
            }
            Error::BrokenOff { cause, .. } => return (*cause).into(),
            Error::Psi(hefu_psi::Error::Arithmetic(_)) => Exit::Internal,
            Error::Link(_) | Error::Psi(_) => Exit::Peer,
            Error::Policy { .. } => Exit::Policy,
            _ => Exit::Internal,
        };
        Self::new(exit, error.code(), error.params())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Input, error.code(), error.params())
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Config(error) => error.into(),
            DaemonError::Node(error) => error.into(),
            other => Self::new(Exit::Internal, other.code(), other.params()),
        }
    }
}
