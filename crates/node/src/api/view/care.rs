use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Hex32;

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
    /// A code of the table of words: what was looked at.
    pub step: String,
    /// What was found.
    pub outcome: CheckOutcome,
    /// A code of the table of words: what was found, and what to do.
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
    /// It is not.
    Failed,
    /// It was not looked at, because something before it failed.
    Skipped,
}

/// Where a backup goes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    /// An empty or missing folder on the node's machine.
    pub folder: String,
}

/// A backup that was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupView {
    /// Where it is.
    pub folder: String,
}
