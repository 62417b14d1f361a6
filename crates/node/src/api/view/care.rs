use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hex32, strings};
use crate::{Check, Verdict};

/// What is to be looked at.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorRequest {
    /// The node key of a peer that is to be called as well.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub peer: Option<Hex32>,
}

/// What was looked at.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DoctorView {
    /// In order.
    pub checks: Vec<CheckView>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// What was looked at.
    pub step: String,
    /// What was found.
    pub outcome: CheckOutcome,
    /// A code of the table of words: what was found, and what to do; empty where nothing is to be said.
    pub code: String,
    /// What its words are filled with.
    pub params: BTreeMap<String, String>,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It is as it should be.
    Passed,
    /// It does not stop a round, and should be looked at.
    Warning,
    /// It stops rounds.
    Failed,
    /// It was not looked at, because something before it failed.
    Skipped,
}

/// Where a backup goes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    /// A folder on the node's machine that is not there yet; in a session, a name alone, under which it lies among the
    /// node's backups.
    pub folder: String,
}

/// A backup that was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupView {
    /// Where it is.
    pub folder: String,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        Self {
            step: check.step.to_owned(),
            outcome: match check.verdict {
                Verdict::Passed => CheckOutcome::Passed,
                Verdict::Warning => CheckOutcome::Warning,
                Verdict::Failed => CheckOutcome::Failed,
                Verdict::Skipped => CheckOutcome::Skipped,
            },
            code: check.code.to_owned(),
            params: strings(check.params),
        }
    }
}
