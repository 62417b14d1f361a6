//! What has been deleted since: the signed record of it, or what that says without who did it.

use hefu_casework::{Hex, canonical};
use hefu_store::{DatasetId, Deleted as DeletedOf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::verify::holds;
use crate::deletion;
use crate::digest::sha256;

/// What has been deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deleted {
    /// Whether the session's secrets are gone, so that no match can be made again with them.
    pub session_secrets: bool,
    /// The signed record of each deletion that concerns this round; none in a report for submission, since it names the
    /// officer.
    pub records: Vec<DeletionRecord>,
    /// In a report for submission, what each of those says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<DeletionTold>,
}

/// A signed record of a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionRecord {
    /// What was deleted, when, by whom, and what it covered.
    pub deletion: Value,
    /// The node's signature.
    pub signature: Hex<64>,
}

/// What a signed record of a deletion says, without who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionTold {
    /// When it was done.
    pub at: Timestamp,
    /// What went.
    pub deleted: Gone,
    /// SHA-256 of the signed record, by which it is known again. It covers the signature, so nobody finds the officer's
    /// name by trying.
    pub digest: Hex<32>,
}

/// What went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Gone {
    /// A round's findings, what proves them and what was done about them; or what was kept of a round without findings:
    /// what a check said, or what the other side asked.
    #[serde(alias = "check", alias = "inquiries")]
    Findings {
        /// The round.
        round: Hex<32>,
    },
    /// A snapshot's records.
    Dataset {
        /// Its number on the node.
        dataset: i64,
    },
}

impl DeletionRecord {
    /// What it says, where this key has signed that.
    pub(crate) fn told(&self, node_key: &Hex<32>) -> Option<DeletionTold> {
        let message = [deletion::LABEL, &sha256(&canonical::to_vec(&self.deletion))].concat();
        holds(node_key, &message, &self.signature).then_some(())?;
        let field = |name| self.deletion.get(name).cloned();
        Some(DeletionTold {
            at: serde_json::from_value(field("at")?).ok()?,
            deleted: serde_json::from_value(field("deleted")?).ok()?,
            digest: Hex(sha256(&canonical::to_vec(self))),
        })
    }
}

impl Gone {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Gone::Findings { .. } => "findings",
            Gone::Dataset { .. } => "dataset",
        }
    }
}

impl From<DeletedOf> for Gone {
    fn from(of: DeletedOf) -> Self {
        match of {
            DeletedOf::Findings(round) => Gone::Findings { round: Hex(round) },
            DeletedOf::Dataset(DatasetId(dataset)) => Gone::Dataset { dataset },
        }
    }
}
