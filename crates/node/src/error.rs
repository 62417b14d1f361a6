//! What can go wrong in a node: mostly what went wrong below it.

use hefu_casework::Hex;
use hefu_curve::PoolError;
use hefu_psi::wire::Abort;

use crate::account::AccountRefusal;
use crate::unmasking::UnmaskingRefusal;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be imported.
    #[error(transparent)]
    Ingest(#[from] hefu_ingest::Error),
    /// A rule, an agreement or a record is not as it must be.
    #[error(transparent)]
    Casework(#[from] hefu_casework::Error),
    /// The database or a sealed file.
    #[error(transparent)]
    Store(#[from] hefu_store::Error),
    /// The line to a peer, or a peer's reason.
    #[error(transparent)]
    Link(#[from] hefu_link::Error),
    /// The protocol.
    #[error(transparent)]
    Psi(#[from] hefu_psi::Error),
    /// A session that both sides had accepted came to no end, for whatever cause.
    #[error("{cause}")]
    BrokenOff {
        /// Why.
        cause: Box<Error>,
        /// What had gone over the line by then.
        traffic: hefu_link::Traffic,
    },
    /// This node's policy, or the agreement, does not allow it.
    #[error("not allowed here: {reason}")]
    Policy {
        /// A code of the table of words.
        reason: &'static str,
        /// What the peer is told.
        abort: Abort,
    },
    /// Both sides have signed, and what came of it can't be used: the sender's labels are not what they should be. The
    /// sender must not hear of it, or it would learn whose label that was.
    #[error("{cause}")]
    InVain {
        /// Why.
        cause: Box<Error>,
    },
    /// Somebody else has taken the session over, or given it up.
    #[error("the session was taken over or given up meanwhile")]
    Stopped,
    /// An agreement asks for more than this node's own policy allows.
    #[error("{0}")]
    Breach(hefu_casework::PolicyBreach),
    /// Something that was asked for is not here.
    #[error("there is no {what} {name} on this node")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Its name or digest.
        name: String,
    },
    /// Two cards must not bear one key.
    #[error("the card of {peer} bears a key of {holder}; do not use it, and ask both agencies")]
    KeyTaken {
        /// Whose card was to be added.
        peer: String,
        /// Who has the key already.
        holder: String,
    },
    /// A backup that another key has signed than the one that is in it.
    #[error("{folder}: the backup is not signed by this node's own key; do not use it")]
    ForeignBackup {
        /// The backup.
        folder: String,
    },
    /// A list with nobody in it, where that was not asked for.
    #[error("{side} has nobody in it after checking; if that is right, allow an empty list")]
    EmptySide {
        /// `left` or `right`, or an agency.
        side: String,
    },
    /// Waiting chunks could not be written or read.
    #[error("waiting chunks could not be kept on disk: {source}; is there room in the spool folder?")]
    Spool {
        /// The system's reason.
        source: std::io::Error,
    },
    /// The node's folder can't be made.
    #[error("{folder}: the node's folder can't be made: {source}")]
    Folder {
        /// The folder.
        folder: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No compute threads, or none whose arithmetic is right.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// What needs words both ways, with a peer that is reached one way only.
    #[error("files go one way only between this node and {peer}: there is no way {missing}")]
    OneWay {
        /// Its name.
        peer: String,
        /// `in`, where nothing comes from it, or `out`, where nothing goes to it.
        missing: &'static str,
    },
    /// A session over a line with a peer that is reached by files, or the other way round.
    #[error("{peer} is reached by {carrier}")]
    OtherCarrier {
        /// Its name.
        peer: String,
        /// `line` or `files`: what it is.
        carrier: &'static str,
    },
    /// A file by a node whose card is not known here.
    #[error("no peer of this node has the key {key}; add its card first")]
    UnknownSender {
        /// The first digits of its node key.
        key: String,
    },
    /// More cards wait than anybody will compare.
    #[error("{limit} cards wait already; add or refuse some first")]
    TooManyCards {
        /// As many as may wait.
        limit: usize,
    },
    /// Something to be done about a finding that a correction keeps away.
    #[error("the same was found before and corrected: finding {seq} of round {round}")]
    CorrectedBefore {
        /// The round in which it was corrected.
        round: hefu_casework::Hex<32>,
        /// The finding's number there.
        seq: u64,
    },
    /// A step towards a decision about a lead or an omission.
    #[error("finding {seq} says nothing against anybody; take it up as a clue")]
    IsClue {
        /// The finding's number.
        seq: u64,
    },
    /// A finding that is no lead and no omission, taken up as a clue.
    #[error("finding {seq} is no lead and no omission; take charge of it as of a finding")]
    NotAClue {
        /// The finding's number.
        seq: u64,
    },
    /// A session of a round of a conference that can't run now, as far as the record has been read here: it may later.
    #[error("not now: {reason}")]
    NotYet {
        /// A code of the table of words.
        reason: &'static str,
    },
    /// A decision that takes something from people, on a finding of a leg whose two ends are not known to agree.
    #[error("the leg of round {round} is not settled on the record ({state}); wait until it is")]
    LegUnsettled {
        /// The round's number in its conference.
        round: u32,
        /// How far the leg is.
        state: &'static str,
    },
    /// Figures of a round on which a member has not reported that learned in it.
    #[error("{who} has not reported on the round; figures are told once, and nobody's may be missing")]
    NotReported {
        /// Whose report is missing, by node key.
        who: Hex<32>,
    },
    /// Letters that were asked after in a round of another purpose.
    #[error("this round was not about letters")]
    NotReferrals,
    /// A document number that is none.
    #[error("the number: {refusal}")]
    Number {
        /// In what way.
        refusal: hefu_identity::Refusal,
    },
    /// An export under a name that is kept for what this node itself takes of its ledger.
    #[error("{name} is a name of the ledger's own registers; give the export another one")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// An entry that can't stand on the record of a conference.
    #[error("not on the record of the conference: {}", .0.code())]
    Conference(hefu_casework::conference::Fault),
    /// Something to be opened by somebody whose card nobody here has compared.
    #[error("this node does not have the card of {peer}; compare its fingerprint, and add it")]
    NotPinned {
        /// Its name, or its node key.
        peer: String,
    },
    /// An account that can't be as it was asked for.
    #[error("the account: {}", .0.code())]
    Account(AccountRefusal),
    /// A number that is not shown.
    #[error("the number is not shown: {}", .0.code())]
    Unmasking(UnmaskingRefusal),
    /// A fault of this program.
    #[error("a fault inside the program ({what}); please report it with the log")]
    Internal {
        /// Where.
        what: &'static str,
    },
}

impl Error {
    pub(crate) fn folder(folder: &std::path::Path, source: std::io::Error) -> Self {
        Error::Folder {
            folder: folder.display().to_string(),
            source,
        }
    }

    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Ingest(error) => error.code(),
            Error::Casework(error) => error.code(),
            Error::Store(error) => error.code(),
            Error::Link(error) => error.code(),
            Error::Psi(error) => error.code(),
            Error::BrokenOff { cause, .. } | Error::InVain { cause } => cause.code(),
            Error::Policy { reason, .. } => reason,
            Error::Breach(breach) => breach.code(),
            Error::Stopped => "node_stopped",
            Error::Missing { .. } => "node_missing",
            Error::KeyTaken { .. } => "node_key_taken",
            Error::ForeignBackup { .. } => "node_foreign_backup",
            Error::EmptySide { .. } => "node_empty_side",
            Error::Spool { .. } => "node_spool",
            Error::Folder { .. } => "node_folder",
            Error::Pool(PoolError::Wrong) => "node_arithmetic",
            Error::Pool(PoolError::Threads(_)) => "node_pool",
            Error::OneWay { .. } => "node_one_way",
            Error::OtherCarrier { .. } => "node_other_carrier",
            Error::UnknownSender { .. } => "node_unknown_sender",
            Error::TooManyCards { .. } => "node_too_many_cards",
            Error::CorrectedBefore { .. } => "node_corrected_before",
            Error::IsClue { .. } => "node_is_clue",
            Error::NotAClue { .. } => "node_not_a_clue",
            Error::NotYet { reason } => reason,
            Error::LegUnsettled { .. } => "node_leg_unsettled",
            Error::NotReported { .. } => "conference_not_reported",
            Error::NotReferrals => "node_not_referrals",
            Error::Number { .. } => "node_number",
            Error::ReservedName { .. } => "node_reserved_name",
            Error::Conference(fault) => fault.code(),
            Error::NotPinned { .. } => "conference_not_pinned",
            Error::Account(refusal) => refusal.code(),
            Error::Unmasking(refusal) => refusal.code(),
            Error::Internal { .. } => "node_internal",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Error::Ingest(error) => error.params(),
            Error::Casework(error) => error.params(),
            Error::Store(error) => error.params(),
            Error::Link(error) => error.params(),
            Error::Psi(error) => error.params(),
            Error::BrokenOff { cause, .. } | Error::InVain { cause } => cause.params(),
            Error::Policy { .. } | Error::NotYet { .. } | Error::Stopped | Error::NotReferrals => Vec::new(),
            Error::NotReported { who } => vec![("who", who.to_string())],
            Error::LegUnsettled { round, state } => {
                vec![("round", round.to_string()), ("state", (*state).to_owned())]
            }
            Error::IsClue { seq } | Error::NotAClue { seq } => vec![("seq", seq.to_string())],
            Error::ReservedName { name } => vec![("name", name.clone())],
            Error::Number { refusal } => vec![("refusal", refusal.code().to_owned())],
            Error::Breach(breach) => breach.params(),
            Error::Missing { what, name } => vec![("what", (*what).to_string()), ("name", name.clone())],
            Error::KeyTaken { peer, holder } => vec![("peer", peer.clone()), ("holder", holder.clone())],
            Error::ForeignBackup { folder } => vec![("folder", folder.clone())],
            Error::EmptySide { side } => vec![("side", side.clone())],
            Error::Spool { source } => vec![("source", source.to_string())],
            Error::Folder { folder, source } => {
                vec![("folder", folder.clone()), ("source", source.to_string())]
            }
            Error::Pool(error) => vec![("source", error.to_string())],
            Error::OneWay { peer, missing } => {
                vec![("peer", peer.clone()), ("missing", (*missing).to_owned())]
            }
            Error::OtherCarrier { peer, carrier } => {
                vec![("peer", peer.clone()), ("carrier", (*carrier).to_owned())]
            }
            Error::UnknownSender { key } => vec![("key", key.clone())],
            Error::TooManyCards { limit } => vec![("limit", limit.to_string())],
            Error::CorrectedBefore { round, seq } => {
                vec![("round", round.to_string()), ("seq", seq.to_string())]
            }
            Error::Conference(_) | Error::Account(_) | Error::Unmasking(_) => Vec::new(),
            Error::NotPinned { peer } => vec![("peer", peer.clone())],
            Error::Internal { what } => vec![("what", (*what).to_string())],
        }
    }

    /// Whether the round was refused, here or there, before anything was exchanged. What a peer calls it once the
    /// session was accepted does not count.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Error::BrokenOff { .. } | Error::InVain { .. } => false,
            _ => self.reason().is_refusal(),
        }
    }

    /// Whether the round is not over: the line or a disk gave way, and it can be taken up where it stopped.
    #[must_use]
    pub fn can_go_on(&self) -> bool {
        use hefu_link::Error as Link;
        match self {
            Error::BrokenOff { cause, .. } => cause.can_go_on(),
            Error::Spool { .. } | Error::Stopped | Error::NotYet { .. } => true,
            Error::Store(hefu_store::Error::Io { .. } | hefu_store::Error::Database(_)) => true,
            Error::Link(error) => match error {
                Link::PeerAborted { abort, .. } => passing(abort),
                Link::Unreachable { .. }
                | Link::HandshakeTimeout { .. }
                | Link::Cut { .. }
                | Link::Closed { .. }
                | Link::Inactive { .. }
                | Link::Io { .. }
                | Link::Busy { .. } => true,
                _ => false,
            },
            Error::Psi(hefu_psi::Error::Refused(abort)) => passing(abort),
            _ => false,
        }
    }

    /// Why it ended, as both sides show it.
    pub(crate) fn reason(&self) -> Abort {
        match self {
            Error::BrokenOff { cause, .. } => cause.reason(),
            Error::Link(hefu_link::Error::PeerAborted { abort, .. }) => abort.clone(),
            _ => self.abort().unwrap_or(Abort::Internal),
        }
    }

    /// Whether the peer gave the reason, and so needs not be told.
    pub(crate) fn peer_knows(&self) -> bool {
        match self {
            Error::BrokenOff { cause, .. } => cause.peer_knows(),
            Error::Link(hefu_link::Error::PeerAborted { .. }) => true,
            // A wrong label shows only after the end, and must not be told at all.
            Error::Psi(error) => error.abort().is_none(),
            _ => false,
        }
    }

    /// What the peer is told; nothing where the line itself has failed or the peer has given the reason.
    #[must_use]
    pub fn abort(&self) -> Option<Abort> {
        use hefu_store::Error as Stored;
        match self {
            Error::Link(hefu_link::Error::Inactive { seconds, .. }) => {
                Some(Abort::Inactive { seconds: *seconds })
            }
            Error::Link(_) => None,
            Error::Psi(error) => error.abort(),
            Error::BrokenOff { cause, .. } => cause.abort(),
            Error::InVain { .. } => None,
            Error::Policy { abort, .. } => Some(abort.clone()),
            Error::Casework(hefu_casework::Error::TooManyElements { max, .. }) => {
                Some(Abort::OwnSetTooLarge { cap: *max })
            }
            Error::Breach(_)
            | Error::OneWay { .. }
            | Error::OtherCarrier { .. }
            | Error::Conference(_)
            | Error::NotPinned { .. } => Some(Abort::Policy),
            Error::Store(Stored::BudgetSpent { limit, .. }) => Some(Abort::BudgetSpent { limit: *limit }),
            Error::Store(Stored::BudgetLocked { .. }) => Some(Abort::BudgetSpent { limit: 0 }),
            Error::Store(Stored::RoundsSpent { limit }) => Some(Abort::RoundsSpent { limit: *limit }),
            Error::Store(Stored::ChecksSpent { limit }) => Some(Abort::ChecksSpent { limit: *limit }),
            // Whoever answers the same opening otherwise than before has lost the session.
            Error::Store(Stored::SessionChanged { part: "accept" } | Stored::SessionVoided) => {
                Some(Abort::Voided)
            }
            Error::Store(Stored::ChunkChanged { chunk }) => Some(Abort::ChunkChanged { chunk: *chunk }),
            _ if self.can_go_on() => Some(Abort::Interrupted),
            _ => Some(Abort::Internal),
        }
    }
}

/// A reason that passes: the peer can be called again.
pub(crate) fn passing(abort: &Abort) -> bool {
    matches!(abort, Abort::Interrupted | Abort::Inactive { .. })
}
