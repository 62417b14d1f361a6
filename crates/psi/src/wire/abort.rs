//! Why a session ended early, as both sides see it. Never carries anything about a person.

use serde::{Deserialize, Serialize};

/// The typed reason that one side sends before it closes; the other side shows the same words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Abort {
    /// The two programs speak different versions of the protocol.
    Version {
        /// What the sender of this message speaks.
        ours: u16,
        /// What it was offered.
        theirs: u16,
    },
    /// The suite offered is not the agreement's.
    Suite,
    /// No agreement with this digest is signed here by every party.
    AgreementUnknown,
    /// The agreement has expired, or has not begun.
    AgreementNotInForce,
    /// The parties, roles, mode or caps of the opening are not what the agreement says.
    AgreementMismatch,
    /// More elements announced than agreed.
    SetTooLarge {
        /// Elements announced.
        announced: u64,
        /// The agreed maximum.
        cap: u64,
    },
    /// The peer's policy does not allow this round.
    Policy,
    /// The public key of the session is the identity, malformed, unproven or was seen before.
    PublicKey,
    /// An element is not a canonical encoding of a group element, or is the identity.
    BadElement {
        /// The chunk it stands in.
        chunk: u32,
        /// Its position in the chunk.
        index: u32,
    },
    /// A chunk came out of turn, twice, with the wrong length, or is missing.
    Chunk {
        /// The chunk that was expected.
        expected: u32,
    },
    /// Fewer or more elements than announced.
    Count {
        /// Elements announced.
        announced: u64,
        /// Elements received.
        received: u64,
    },
    /// The signed root does not belong to the elements received.
    Root,
    /// The proof of a chunk of evaluations does not hold.
    Proof {
        /// The chunk.
        chunk: u32,
    },
    /// The tags are not strictly ascending.
    TagOrder {
        /// The chunk.
        chunk: u32,
    },
    /// A message that has no place at this step.
    Unexpected {
        /// What was awaited.
        awaited: String,
    },
    /// A message that cannot be decoded.
    Malformed {
        /// The step it was for.
        step: String,
    },
    /// Nothing came for the agreed time.
    Inactive {
        /// Seconds waited.
        seconds: u32,
    },
    /// A person cancelled the round.
    Cancelled,
    /// The other side failed inside; its own log says why.
    Internal,
    /// The sending side's own set is larger than agreed. How large it is stays its own business.
    OwnSetTooLarge {
        /// The agreed maximum.
        cap: u64,
    },
    /// The session was not taken up again within the agreed time.
    Expired,
    /// What this peer may ask for in the current period, over all agreements, is used up.
    BudgetSpent {
        /// Elements a period.
        limit: u64,
    },
    /// The rounds that the agreement allows in a month have been run.
    RoundsSpent {
        /// Rounds a month.
        limit: u32,
    },
    /// A chunk came a second time and was another.
    ChunkChanged {
        /// The chunk.
        chunk: u32,
    },
    /// The label of an element that both have does not open. Only ever in the receiver's own log: the sender would
    /// learn from it that the element is in both sets.
    Label,
    /// The receipt is not signed over what was exchanged.
    Receipt,
    /// One side's node was restored from a backup, which leaves out sessions under way.
    Voided,
    /// This side can't go on at present, and keeps the session: the receiver is to call again.
    Interrupted,
    /// The checks that the agreement allows on a day have been made.
    ChecksSpent {
        /// Checks a day.
        limit: u32,
    },
}

impl Abort {
    /// Whether it was refused before anything was exchanged, rather than broken off.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Abort::Version { .. }
                | Abort::Suite
                | Abort::AgreementUnknown
                | Abort::AgreementNotInForce
                | Abort::AgreementMismatch
                | Abort::SetTooLarge { .. }
                | Abort::Policy
                | Abort::OwnSetTooLarge { .. }
                | Abort::BudgetSpent { .. }
                | Abort::RoundsSpent { .. }
                | Abort::ChecksSpent { .. }
        )
    }

    /// A stable name, for logs and for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Abort::Version { .. } => "abort_version",
            Abort::Suite => "abort_suite",
            Abort::AgreementUnknown => "abort_agreement_unknown",
            Abort::AgreementNotInForce => "abort_agreement_not_in_force",
            Abort::AgreementMismatch => "abort_agreement_mismatch",
            Abort::SetTooLarge { .. } => "abort_set_too_large",
            Abort::Policy => "abort_policy",
            Abort::PublicKey => "abort_public_key",
            Abort::BadElement { .. } => "abort_bad_element",
            Abort::Chunk { .. } => "abort_chunk",
            Abort::Count { .. } => "abort_count",
            Abort::Root => "abort_root",
            Abort::Proof { .. } => "abort_proof",
            Abort::TagOrder { .. } => "abort_tag_order",
            Abort::Unexpected { .. } => "abort_unexpected",
            Abort::Malformed { .. } => "abort_malformed",
            Abort::Inactive { .. } => "abort_inactive",
            Abort::Cancelled => "abort_cancelled",
            Abort::Internal => "abort_internal",
            Abort::OwnSetTooLarge { .. } => "abort_own_set_too_large",
            Abort::Expired => "abort_expired",
            Abort::BudgetSpent { .. } => "abort_budget_spent",
            Abort::RoundsSpent { .. } => "abort_rounds_spent",
            Abort::ChunkChanged { .. } => "abort_chunk_changed",
            Abort::Label => "abort_label",
            Abort::Receipt => "abort_receipt",
            Abort::Voided => "abort_voided",
            Abort::Interrupted => "abort_interrupted",
            Abort::ChecksSpent { .. } => "abort_checks_spent",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Abort::Version { ours, theirs } => {
                vec![("ours", ours.to_string()), ("theirs", theirs.to_string())]
            }
            Abort::SetTooLarge { announced, cap } => {
                vec![("announced", announced.to_string()), ("cap", cap.to_string())]
            }
            Abort::BadElement { chunk, index } => {
                vec![("chunk", chunk.to_string()), ("index", index.to_string())]
            }
            Abort::Chunk { expected } => vec![("expected", expected.to_string())],
            Abort::Count { announced, received } => {
                vec![
                    ("announced", announced.to_string()),
                    ("received", received.to_string()),
                ]
            }
            Abort::Proof { chunk } | Abort::TagOrder { chunk } | Abort::ChunkChanged { chunk } => {
                vec![("chunk", chunk.to_string())]
            }
            Abort::Unexpected { awaited } => vec![("awaited", awaited.clone())],
            Abort::Malformed { step } => vec![("step", step.clone())],
            Abort::Inactive { seconds } => vec![("seconds", seconds.to_string())],
            Abort::OwnSetTooLarge { cap } => vec![("cap", cap.to_string())],
            Abort::BudgetSpent { limit } => vec![("limit", limit.to_string())],
            Abort::RoundsSpent { limit } | Abort::ChecksSpent { limit } => {
                vec![("limit", limit.to_string())]
            }
            Abort::Suite
            | Abort::AgreementUnknown
            | Abort::AgreementNotInForce
            | Abort::AgreementMismatch
            | Abort::Policy
            | Abort::PublicKey
            | Abort::Root
            | Abort::Cancelled
            | Abort::Internal
            | Abort::Expired
            | Abort::Label
            | Abort::Receipt
            | Abort::Voided
            | Abort::Interrupted => Vec::new(),
        }
    }
}
