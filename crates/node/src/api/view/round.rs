use std::collections::BTreeMap;

use hefu_psi::wire::Abort;
use hefu_store::Round;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hex32, WaitingView, strings};

/// Rounds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoundList {
    /// The newest first.
    pub rounds: Vec<RoundView>,
}

/// One run of the protocol with one peer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoundView {
    /// Names it on this node.
    #[schema(value_type = String)]
    pub id: Hex32,
    /// The agreement that it ran under.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// The peer's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// The peer's name, where its card is still in the book.
    pub peer_name: Option<String>,
    /// This node's part: `receiver` or `sender`.
    pub role: String,
    /// How far it has come.
    pub state: String,
    /// The code of the failure that it ended with.
    pub error: Option<String>,
    /// Why it ended, as both sides show it: a code of the table of words.
    pub reason: Option<String>,
    /// What its words are filled with.
    pub reason_params: BTreeMap<String, String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The snapshots that were entered.
    pub datasets: Vec<i64>,
    /// Elements entered here.
    pub own_elements: Option<u64>,
    /// Elements that the peer entered.
    pub peer_elements: Option<u64>,
    /// Own elements that met one of the peer's.
    pub matched: Option<u64>,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// What it is doing at the moment, where it is running.
    pub progress: Option<ProgressView>,
    /// Whether files are carried for it; otherwise the two nodes call each other.
    pub by_files: bool,
    /// The files that it waits for.
    pub waiting: Option<WaitingView>,
    /// The code of what ended the last attempt, where it is running all the same: the receiver tries again by itself.
    pub interrupted: Option<String>,
}

/// How far a session has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgressView {
    /// What is being done: `blind`, `tag`, `evaluate`, `unblind`, `merge`.
    pub step: String,
    /// Elements done in this step.
    pub done: u64,
    /// Elements of this step in all.
    pub total: u64,
}

/// A round to be run, with this node as its receiver.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRound {
    /// The digest of the agreement.
    #[schema(value_type = String)]
    pub agreement: Hex32,
}

/// A round that was started.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Started {
    /// Names it.
    #[schema(value_type = String)]
    pub round: Hex32,
}

impl RoundView {
    /// A round by its record; what only the running node knows is the caller's to fill in.
    pub(crate) fn of(round: Round, reason: Option<Abort>, peer_name: Option<String>) -> Self {
        Self {
            id: hefu_casework::Hex(round.id),
            agreement: hefu_casework::Hex(round.agreement),
            peer: hefu_casework::Hex(round.peer),
            peer_name,
            role: round.role.code().to_owned(),
            state: round.state.code().to_owned(),
            error: round.error,
            reason: round.reason,
            reason_params: reason.map(|reason| strings(reason.params())).unwrap_or_default(),
            started_at: round.started_at,
            ended_at: round.ended_at,
            datasets: round.datasets.iter().map(|dataset| dataset.0).collect(),
            own_elements: round.own_elements,
            peer_elements: round.peer_elements,
            matched: round.matched,
            bytes_out: round.bytes_out,
            bytes_in: round.bytes_in,
            progress: None,
            by_files: false,
            waiting: None,
            interrupted: None,
        }
    }
}
