//! Why a request failed: a status for the protocol, a code and parameters for people.

use std::io;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::{ErrorBody, ErrorView};
use crate::Error;
use crate::account::{AccountRefusal, AccountRole};
use crate::report::Fault;
use crate::unmasking::UnmaskingRefusal;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The node refused or failed.
    #[error(transparent)]
    Node(#[from] Error),
    /// No token, or another one.
    #[error("the request bears no valid token")]
    Token,
    /// No such account, or another password: which is not said.
    #[error("account or password is wrong")]
    SignIn,
    /// The account is locked.
    #[error("the account is locked")]
    Locked,
    /// Too many sign in at a time.
    #[error("too many sign in at the moment")]
    Busy,
    /// The session has ended, or never was one.
    #[error("the session has ended")]
    Session,
    /// Beside a session stands something else that says who asks.
    #[error("beside hefu-session, a request bears neither a token nor hefu-actor")]
    BesideSession,
    /// The role does not allow it.
    #[error("the role {} does not allow this", role.code())]
    Role {
        /// The role of the account.
        role: AccountRole,
    },
    /// The request names another machine: a page of a stranger's, opened on this one.
    #[error("the request is for another host")]
    Host,
    /// Nobody stands behind a change.
    #[error("the header hefu-actor must name who asks, in 1 to 64 printable characters")]
    Actor,
    /// There is no such path.
    #[error("there is no such path")]
    Route,
    /// The path knows no such method.
    #[error("this path has no such method")]
    Method,
    /// The body can't be read.
    #[error("the body can't be read: {problem}")]
    Body {
        /// The status that fits.
        status: StatusCode,
        /// What is wrong.
        problem: String,
    },
    /// Something in the path or the query can't be read.
    #[error("the request's path or query can't be read: {problem}")]
    Parameter {
        /// What is wrong.
        problem: String,
    },
    /// The body is too large.
    #[error("the body is larger than {max_bytes} bytes")]
    TooLarge {
        /// The most that is taken.
        max_bytes: u64,
    },
    /// The request took too long, or its body stopped coming.
    #[error("the request took longer than {seconds} seconds")]
    TooSlow {
        /// The time it had.
        seconds: u64,
    },
    /// The fingerprint that was read aloud is not the card's.
    #[error("the fingerprint is not that of the card, which is {fingerprint}")]
    Fingerprint {
        /// The card's.
        fingerprint: String,
    },
    /// No such upload.
    #[error("there is no upload {id}")]
    UploadUnknown {
        /// The id.
        id: String,
    },
    /// A name under which no file may be kept.
    #[error("an upload must have a plain file name")]
    UploadName,
    /// A name under which a person can make no backup.
    #[error("a backup that is asked for in a session has a plain name, and lies among the node's backups")]
    BackupName,
    /// Too many uploads wait.
    #[error("{max} uploads wait to be imported already")]
    UploadsFull {
        /// The most that may wait.
        max: usize,
    },
    /// The disk refused.
    #[error("the upload can't be kept: {source}")]
    Disk {
        /// The system's reason.
        #[from]
        source: io::Error,
    },
    /// A report that was handed in does not hold.
    #[error(transparent)]
    Report(#[from] Fault),
    /// The database does not answer. Asked without a token, so nothing more is said.
    #[error("the node's database does not answer")]
    NotReady,
    /// `/metrics` is switched off.
    #[error("operators.metrics is off")]
    MetricsOff,
}

/// The result of an operation.
pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// The parameters that stand beside the code under names of their own.
const PLACES: [&str; 4] = ["step", "file", "row", "field"];

impl ApiError {
    /// A stable name for the table of words.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Node(error) => error.code(),
            Self::Token => "api_token",
            Self::SignIn => "api_sign_in",
            Self::Locked => "api_locked",
            Self::Busy => "api_busy",
            Self::Session => "api_session",
            Self::BesideSession => "api_beside_session",
            Self::Role { .. } => "api_role",
            Self::Host => "api_host",
            Self::Actor => "api_actor",
            Self::Route => "api_route",
            Self::Method => "api_method",
            Self::Body { .. } => "api_body",
            Self::Parameter { .. } => "api_parameter",
            Self::TooLarge { .. } => "api_too_large",
            Self::TooSlow { .. } => "api_too_slow",
            Self::Fingerprint { .. } => "api_fingerprint",
            Self::UploadUnknown { .. } => "api_upload_unknown",
            Self::UploadName => "api_upload_name",
            Self::BackupName => "api_backup_name",
            Self::UploadsFull { .. } => "api_uploads_full",
            Self::Disk { .. } => "api_disk",
            Self::Report(fault) => fault.code(),
            Self::NotReady => "api_not_ready",
            Self::MetricsOff => "api_metrics_off",
        }
    }

    /// The parameters of its words.
    pub(crate) fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Node(error) => error.params(),
            Self::Role { role } => vec![("role", role.code().to_owned())],
            Self::Token
            | Self::SignIn
            | Self::Locked
            | Self::Busy
            | Self::Session
            | Self::BesideSession
            | Self::Host
            | Self::Actor
            | Self::Route
            | Self::Method
            | Self::UploadName
            | Self::BackupName
            | Self::NotReady
            | Self::MetricsOff => Vec::new(),
            Self::Body { problem, .. } | Self::Parameter { problem } => vec![("problem", problem.clone())],
            Self::TooLarge { max_bytes } => vec![("max", max_bytes.to_string())],
            Self::TooSlow { seconds } => vec![("seconds", seconds.to_string())],
            Self::Fingerprint { fingerprint } => vec![("fingerprint", fingerprint.clone())],
            Self::UploadUnknown { id } => vec![("id", id.clone())],
            Self::UploadsFull { max } => vec![("max", max.to_string())],
            Self::Report(fault) => fault.params(),
            Self::Disk { source } => vec![("source", source.to_string())],
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Node(error) => status_of(error),
            Self::Token | Self::SignIn | Self::Session => StatusCode::UNAUTHORIZED,
            Self::Host | Self::Locked | Self::Role { .. } => StatusCode::FORBIDDEN,
            Self::Actor | Self::BesideSession | Self::Parameter { .. } => StatusCode::BAD_REQUEST,
            Self::Route | Self::UploadUnknown { .. } | Self::MetricsOff => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Body { status, .. } => *status,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Fingerprint { .. } | Self::UploadName | Self::BackupName | Self::Report(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::UploadsFull { .. } => StatusCode::CONFLICT,
            Self::Disk { .. } => StatusCode::INSUFFICIENT_STORAGE,
            Self::NotReady | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Whose fault it was: the request's (4xx), the peer's (502), the node's own (500).
fn status_of(error: &Error) -> StatusCode {
    use hefu_link::Error as Link;
    use hefu_store::Error as Store;
    match error {
        Error::Ingest(hefu_ingest::Error::Write { .. } | hefu_ingest::Error::Unreconciled { .. }) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Error::Ingest(_) | Error::Casework(_) | Error::EmptySide { .. } | Error::UnknownSender { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::Account(refusal) => match refusal {
            AccountRefusal::Taken | AccountRefusal::PersonTaken | AccountRefusal::TooMany => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        },
        Error::Unmasking(refusal) => match refusal {
            UnmaskingRefusal::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            UnmaskingRefusal::Waits | UnmaskingRefusal::Decided | UnmaskingRefusal::TooOld => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::FORBIDDEN,
        },
        Error::IsClue { .. }
        | Error::NotAClue { .. }
        | Error::NotReferrals
        | Error::Number { .. }
        | Error::ReservedName { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Store(Store::Unknown { .. }) | Error::Missing { .. } => StatusCode::NOT_FOUND,
        Error::Store(Store::ActedMeanwhile | Store::MatterExists { .. }) | Error::CorrectedBefore { .. } => {
            StatusCode::CONFLICT
        }
        Error::Store(Store::Immutable { .. } | Store::TooManySets { .. } | Store::TooMuchComing { .. })
        | Error::KeyTaken { .. }
        | Error::TooManyCards { .. }
        | Error::Conference(_)
        | Error::NotPinned { .. }
        | Error::NotYet { .. }
        | Error::LegUnsettled { .. } => StatusCode::CONFLICT,
        Error::Link(
            Link::CardMalformed { .. }
            | Link::CardVersion { .. }
            | Link::CardField { .. }
            | Link::CardSignature,
        ) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Link(Link::FerryIo { .. } | Link::FerryFolder { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Link(error) if error.code().starts_with("ferry_") => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Link(_) | Error::Psi(_) => StatusCode::BAD_GATEWAY,
        Error::BrokenOff { cause, .. } => status_of(cause),
        Error::Policy { .. }
        | Error::Breach(_)
        | Error::OneWay { .. }
        | Error::OtherCarrier { .. }
        | Error::Store(Store::ChecksSpent { .. }) => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<hefu_store::Error> for ApiError {
    fn from(error: hefu_store::Error) -> Self {
        Self::Node(error.into())
    }
}

impl From<ApiError> for ErrorView {
    fn from(error: ApiError) -> Self {
        let mut view = Self {
            code: error.code().to_owned(),
            params: error
                .params()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            step: None,
            file: None,
            row: None,
            field: None,
        };
        let [step, file, row, field] = PLACES.map(|place| view.params.get(place).cloned());
        (view.step, view.file, view.row, view.field) = (step, file, row, field);
        view
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(code = self.code(), "request failed: {self}");
        }
        (status, Json(ErrorBody { error: self.into() })).into_response()
    }
}
