//! What can go wrong in a session.

use hefu_curve::BadSum;

use crate::wire::Abort;

/// Why a session can't go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The other side broke the protocol or the agreement; [`Error::abort`] says what it is told.
    #[error("the session is refused: {}", .0.code())]
    Refused(Abort),
    /// What the caller handed in (elements, a spooled chunk, tags) is not what it committed to.
    #[error("local data changed during the session ({what}): start a new round from the same snapshot")]
    Local {
        /// Which data.
        what: &'static str,
    },
    /// This machine's arithmetic gave what can't be: no result of it may be used.
    #[error(transparent)]
    Arithmetic(#[from] BadSum),
    /// A signature could not be made or a receipt does not hold.
    #[error("the receipt is not signed by the other side over what was exchanged")]
    Receipt,
    /// The evidence does not prove that this element matched in this session.
    #[error("the evidence does not prove this match in this session")]
    Evidence,
}

impl Error {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Refused(abort) => abort.code(),
            Error::Local { .. } => "psi_local_changed",
            Error::Arithmetic(_) => "psi_arithmetic",
            Error::Receipt => "psi_receipt",
            Error::Evidence => "psi_evidence",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Error::Refused(abort) => abort.params(),
            Error::Local { what } => vec![("what", (*what).to_string())],
            Error::Arithmetic(_) | Error::Receipt | Error::Evidence => Vec::new(),
        }
    }

    /// What the other side is told; nothing where that would tell it of the result.
    ///
    /// A sender that seals one label wrongly would learn from [`Abort::Label`] whether that person is in the receiver's
    /// set. The line must then end as after a success.
    #[must_use]
    pub fn abort(&self) -> Option<Abort> {
        match self {
            Error::Refused(Abort::Label) => None,
            Error::Refused(abort) => Some(abort.clone()),
            Error::Local { .. } | Error::Arithmetic(_) | Error::Evidence => Some(Abort::Internal),
            Error::Receipt => Some(Abort::Receipt),
        }
    }
}

impl From<Abort> for Error {
    fn from(abort: Abort) -> Self {
        Error::Refused(abort)
    }
}
