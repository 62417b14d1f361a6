//! What a round came to, as a signed file.

use hefu_casework::{Finding, Hex, canonical};
use hefu_store::LogEntry;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::digest::sha256;
use crate::{Error, Node, Result};

const LABEL: &[u8] = b"hefu/2 report\0";

/// Stands on every report.
pub const NOTICE: &str = "不得仅凭比对结果停发或追缴。";

impl Node {
    /// The report of a round: canonical JSON with masked numbers, signed by this node.
    ///
    /// # Errors
    /// When there is no such round; the store's.
    pub fn report(&self, round: &[u8; 32], actor: &str) -> Result<Vec<u8>> {
        let record = self.store.round(round)?.ok_or_else(|| Error::Missing {
            what: "round",
            name: Hex(*round).to_string(),
        })?;
        let dossier = self.agreement(&record.agreement)?;
        let agreement = dossier.agreement();
        let findings = self.store.findings(round)?;
        let by_files = self.store.session(round)?.is_some_and(|session| session.by_files);
        let body = json!({
            "version": 1,
            "notice": NOTICE,
            "by": self.name(),
            "node_key": Hex(self.node_key()),
            "made_at": Timestamp::now(),
            "round": Hex(*round),
            "role": record.role.code(),
            "state": record.state.code(),
            "carrier": if by_files { "files" } else { "line" },
            "reason": record.reason,
            "started_at": record.started_at,
            "ended_at": record.ended_at,
            "agreement": { "digest": Hex(record.agreement), "number": agreement.number, "purpose": agreement.purpose },
            "own_elements": record.own_elements,
            "peer_elements": record.peer_elements,
            "matched": record.matched,
            "receipt": self.entry_of(round, "round_done")?,
            "findings": findings.iter().map(masked).collect::<Vec<_>>(),
        });
        let digest = sha256(&canonical::to_vec(&body));
        let signature = self.sign_labelled(LABEL, &digest);
        self.log_by(
            actor,
            "report_made",
            &json!({ "round": Hex(*round), "digest": Hex(digest), "findings": findings.len() }),
        )?;
        Ok(canonical::to_vec(
            &json!({ "report": body, "signature": signature }),
        ))
    }

    /// The newest entry of this kind about a round.
    pub(crate) fn entry_of(&self, round: &[u8; 32], kind: &str) -> Result<Value> {
        const PAGE: usize = 1024;
        let id = Hex(*round).to_string();
        let (mut after, mut found) = (0, Value::Null);
        loop {
            let page = self.store.entries(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.seq;
            let about = |entry: &LogEntry| entry.kind == kind && entry.body["round"] == id.as_str();
            if let Some(entry) = page.into_iter().rfind(about) {
                found = entry.body;
            }
        }
    }

    /// Ed25519 by the node key over a label and a digest.
    pub(crate) fn sign_labelled(&self, label: &[u8], digest: &[u8; 32]) -> Hex<64> {
        let signature = self.keys.signing_key().sign(&[label, digest].concat());
        let mut bytes = [0; 64];
        bytes.copy_from_slice(signature.as_ref());
        Hex(bytes)
    }
}

/// A finding as it may leave the person's case worker: the number masked, amounts and rows as they are.
fn masked(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.code(),
        "rule": finding.rule,
        "peer": finding.peer,
        "person": finding.person.masked().to_string(),
        "rows": finding.rows,
        "months": finding.months,
        "changeover": finding.changeover,
        "programmes": finding.programmes,
        "to_verify_fen": finding.to_verify,
        "feedback": finding.feedback.as_ref().map(|feedback| json!({
            "state": feedback.state.code(),
            "date": feedback.date,
            "reason": feedback.reason.map(|reason| reason.code()),
        })),
    })
}
