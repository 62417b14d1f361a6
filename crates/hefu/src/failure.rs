//! How a command fails: an exit code, a code of the table of words, its parameters.

use std::fmt::Display;

/// The exit codes, as the README lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Internal = 1,
    Input = 3,
    Peer = 4,
    Policy = 5,
    Interrupted = 130,
}

/// Why a command failed.
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) code: &'static str,
    pub(crate) params: Vec<(&'static str, String)>,
}

impl Failure {
    pub(crate) fn internal(what: &str, cause: &dyn Display) -> Self {
        let params = vec![("what", what.to_string()), ("cause", cause.to_string())];
        Self {
            exit: Exit::Internal,
            code: "internal",
            params,
        }
    }

    pub(crate) fn interrupted() -> Self {
        Self {
            exit: Exit::Interrupted,
            code: "interrupted",
            params: Vec::new(),
        }
    }

    /// A file that can't be written.
    pub(crate) fn write(file: &std::path::Path, cause: &dyn Display) -> Self {
        let params = vec![("file", file.display().to_string()), ("cause", cause.to_string())];
        Self {
            exit: Exit::Internal,
            code: "write_failed",
            params,
        }
    }

    /// A parameter by its name.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl From<hefu_ingest::Error> for Failure {
    fn from(error: hefu_ingest::Error) -> Self {
        let exit = match error {
            hefu_ingest::Error::Write { .. } | hefu_ingest::Error::Unreconciled { .. } => Exit::Internal,
            _ => Exit::Input,
        };
        Self {
            exit,
            code: error.code(),
            params: error.params(),
        }
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
            Error::Link(_) | Error::Psi(_) => Exit::Peer,
            Error::Policy { .. } => Exit::Policy,
            _ => Exit::Internal,
        };
        Self {
            exit,
            code: error.code(),
            params: error.params(),
        }
    }
}
