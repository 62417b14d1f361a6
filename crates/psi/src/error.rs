//! What can go wrong in a session.

use crate::wire::Abort;

/// Why a session can't go on. All but the last two are the other side's doing and are told to it as an [`Abort`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The other side broke the protocol or the agreement; it is told this reason.
    #[error("the session is refused: {}", .0.code())]
    Refused(Abort),
    /// What the caller handed in (elements, a spooled chunk, tags) is not what it committed to.
    #[error("local data changed during the session ({what}): start a new round from the same snapshot")]
    Local {
        /// Which data.
        what: &'static str,
    },
    /// A signature could not be made or a receipt does not hold.
    #[error("the receipt is not signed by the other side over what was exchanged")]
    Receipt,
}

impl Error {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Refused(abort) => abort.code(),
            Error::Local { .. } => "psi_local_changed",
            Error::Receipt => "psi_receipt",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Error::Refused(abort) => abort.params(),
            Error::Local { what } => vec![("what", (*what).to_string())],
            Error::Receipt => Vec::new(),
        }
    }

    /// What the other side is told.
    #[must_use]
    pub fn abort(&self) -> Abort {
        match self {
            Error::Refused(abort) => abort.clone(),
            Error::Local { .. } => Abort::Internal,
            Error::Receipt => Abort::Root,
        }
    }
}

impl From<Abort> for Error {
    fn from(abort: Abort) -> Self {
        Error::Refused(abort)
    }
}
