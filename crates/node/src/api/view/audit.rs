use hefu_store::{LogEntry, LogHead};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Hex32;

/// The end of the audit log, which stands for all of it. Kept elsewhere, it shows whether the log was cut or rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeadView {
    /// The last entry's number.
    pub seq: u64,
    /// The last entry's hash.
    #[schema(value_type = String)]
    pub hash: Hex32,
}

/// What following the chain from its beginning came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Verified {
    /// Whether every entry follows from the one before.
    pub intact: bool,
    /// The end of the chain, where it is intact.
    pub head: Option<HeadView>,
    /// The first entry that does not follow.
    pub bad_entry: Option<u64>,
}

/// Entries of the audit log, in order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// One entry of the audit log, with all that its hash covers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it: an operator, or `node`.
    pub actor: String,
    /// What happened.
    pub kind: String,
    /// What belongs to it: counts, digests, reasons.
    pub body: Value,
    /// The hash of the entry before.
    #[schema(value_type = String)]
    pub previous: Hex32,
    /// Its own.
    #[schema(value_type = String)]
    pub hash: Hex32,
}

impl From<LogHead> for HeadView {
    fn from(head: LogHead) -> Self {
        Self {
            seq: head.seq,
            hash: hefu_casework::Hex(head.hash),
        }
    }
}

impl From<LogEntry> for EntryView {
    fn from(entry: LogEntry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor,
            kind: entry.kind,
            body: entry.body,
            previous: hefu_casework::Hex(entry.previous),
            hash: hefu_casework::Hex(entry.hash),
        }
    }
}
