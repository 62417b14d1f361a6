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

/// A report to be checked. It has lines on people, masked; nothing of it is kept.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyReportRequest {
    /// The report's file, as it is.
    pub report: String,
    /// Cards of nodes, each as its file: of who signed, and of the parties. Where there is none, those of this node and of
    /// its peers stand in.
    #[serde(default)]
    pub cards: Vec<String>,
}

/// A report that holds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportVerifiedView {
    /// SHA-256 of the file: what tables and pages that were made from it bear.
    #[schema(value_type = String)]
    pub digest: Hex32,
    /// `internal` or `submission`.
    pub form: String,
    /// Which copy of the round's report of this form.
    pub copy: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// The round, on the node that signed.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// The agreement's number in the parties' files.
    pub agreement: String,
    /// Whose report it says it is.
    pub by: String,
    /// The key that signed.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// The name on the card of the node that signed; nothing where there is no card of it, and whose signature it is, is
    /// open.
    pub signer: Option<String>,
    /// The parties of the agreement for which there is a card.
    pub parties: Vec<String>,
    /// Whether both parties' receipt over the session is in it.
    pub has_receipt: bool,
}

impl From<crate::report::Verified> for ReportVerifiedView {
    fn from(verified: crate::report::Verified) -> Self {
        let sections = verified.report.sections;
        Self {
            digest: verified.digest,
            form: verified.report.head.form.code().to_owned(),
            copy: sections.about.copy,
            made_at: sections.about.made_at,
            round: sections.round.id,
            agreement: sections.agreement.text.number,
            by: sections.about.by,
            node_key: verified.report.head.node_key,
            signer: verified.signer,
            parties: verified.parties,
            has_receipt: sections.receipt.is_some(),
        }
    }
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
