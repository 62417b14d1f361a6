//! What a round came to, as a signed file. Printable pages and tables are made from the file, and say nothing else.

mod checks;
mod deleted;
mod facts;
mod gather;
mod place;
mod receipt;
mod tables;
mod verify;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hefu_casework::review::Act;
use hefu_casework::{Hex, canonical};
use serde_json::{Value, json};

pub use deleted::{Deleted, DeletionRecord, DeletionTold, Gone};
pub use facts::{
    About, AgreementFacts, Assessment, CannotFind, Cared, Cell, Export, FORMAT, Feedback, Form, Group, Head,
    Input, Inputs, Learns, Line, LogEnd, Protocol, ReceiptFacts, Report, Results, Retention, Reviewed,
    RoundFacts, Row, RuleFacts, Sections, Snapshot, Tables, There, VERSION,
};
pub use tables::SMALLEST;
pub use verify::{Fault, Verified, verify};

use crate::digest::sha256;
use crate::review::Standing;
use crate::{Node, Result};

const LABEL: &[u8] = b"hefu/3 report\0";
/// The entry of the log about a report.
const MADE: &str = "report_made";

/// Stands on every report.
pub const NOTICE: &str = "不得仅凭比对结果停发或追缴。";

/// Two reports at once would be the same copy.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Node {
    /// The report of a round, signed by this node, and one entry in the log about it.
    ///
    /// # Errors
    /// When there is no such round; the store's.
    pub fn report(&self, round: &[u8; 32], form: Form, actor: &str) -> Result<Vec<u8>> {
        self.must_have_findings(round)?;
        let _one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = self.entries_about(round)?;
        let of_form = |entry: &&hefu_store::LogEntry| entry.kind == MADE && entry.body["form"] == form.code();
        let copy = earlier.iter().filter(of_form).count() as u64 + 1;
        let sections = self.facts(round, form, copy)?;
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            form,
            node_key: Hex(self.node_key()),
            sections: digests(&serde_json::to_value(&sections).unwrap_or_default()),
        };
        let signature = self.sign_labelled(LABEL, &sha256(&canonical::to_vec(&head)));
        let report = canonical::to_vec(&Report {
            head,
            sections,
            signature,
        });
        let entry = json!({
            "round": Hex(*round),
            "form": form.code(),
            "copy": copy,
            "digest": Hex(sha256(&report)),
        });
        self.log_by(actor, MADE, &entry)?;
        Ok(report)
    }

    /// Of a finding that was corrected: the copies of internal reports that were made before and say otherwise. Whoever
    /// has one is to be told, in the agency too.
    ///
    /// # Errors
    /// The store's.
    pub fn copies_to_recall(&self, round: &[u8; 32], standing: &Standing) -> Result<Vec<Export>> {
        let corrected = standing
            .events
            .iter()
            .find(|event| matches!(event.act, Act::Corrected(_)));
        let Some(corrected) = corrected else {
            return Ok(Vec::new());
        };
        let entries = self.entries_about(round)?;
        let mut copies: Vec<_> = entries
            .iter()
            .filter_map(|entry| gather::export(entry, Form::Internal))
            .collect();
        copies.retain(|copy| copy.form == Form::Internal && copy.at <= corrected.at);
        Ok(copies)
    }

    /// The newest entry of this kind about a round.
    pub(crate) fn entry_of(&self, round: &[u8; 32], kind: &str) -> Result<Value> {
        let entries = self.entries_about(round)?.into_iter();
        let newest = entries.rev().find(|entry| entry.kind == kind);
        Ok(newest.map_or(Value::Null, |entry| entry.body))
    }

    /// Ed25519 by the node key over a label and a digest.
    pub(crate) fn sign_labelled(&self, label: &[u8], digest: &[u8; 32]) -> Hex<64> {
        let signature = self.keys.signing_key().sign(&[label, digest].concat());
        let mut bytes = [0; 64];
        bytes.copy_from_slice(signature.as_ref());
        Hex(bytes)
    }
}

/// The digest of each section, by its name.
fn digests(sections: &Value) -> BTreeMap<String, Hex<32>> {
    let digest = |section| Hex(sha256(&canonical::to_vec(section)));
    let each = sections.as_object().into_iter().flatten();
    each.map(|(name, section)| (name.clone(), digest(section)))
        .collect()
}
