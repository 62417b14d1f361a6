//! One finding derived once more from what was kept, when the session's keys are gone; and what the person concerned is
//! told of it.
//!
//! The proof of a finding has the elements that matched. From the agency's own rows the same elements must come out, and from those elements the same finding: then nothing between the export and the finding
//! rests on anybody's word but the other party's signature.

use hefu_casework::{Care, Finding, Hex, Rule, SignedAgreement, elements, findings};
use hefu_psi::SignedReceipt;
use hefu_store::{ACTED, Deleted, Round, RoundState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::review::{Standing, matched_on};
use crate::round::{Proven, signed_receipt};
use crate::{Error, Node, Result};

/// An officer has had a finding explained.
const EXPLAINED: &str = "finding_explained";
/// The record for the person concerned was made.
const RECORD_MADE: &str = "finding_record_made";

/// What was found when a finding was derived once more.
pub struct Explanation {
    /// The round.
    pub round: Round,
    /// The number by which officers speak of the finding.
    pub item: Hex<8>,
    /// As it was stored.
    pub finding: Finding,
    /// The agreement, whose signatures hold.
    pub signed: SignedAgreement,
    /// The party that this node is.
    pub me: usize,
    /// The rule as this node has it, where its rules are those of the agreement.
    pub rule: Option<Rule>,
    /// How far it is, and what was done about it.
    pub standing: Standing,
    /// What both signed at the end.
    pub receipt: ReceiptCheck,
    /// Whether the match is proven.
    pub proof: Proof,
    /// Whether the same finding comes out of the agency's own rows.
    pub derived: Derived,
    /// Whether every entry of this node's log follows from the one before.
    pub log_intact: bool,
    /// The entries about the round, in order.
    pub entries: Vec<Noted>,
    /// Who has looked at the finding, in order.
    pub looked: Vec<Noted>,
}

/// The receipt, and whether both signatures hold now.
pub struct ReceiptCheck {
    /// The session.
    pub session: Hex<32>,
    /// The digest that was signed.
    pub digest: Hex<32>,
    /// Whether both signatures hold.
    pub holds: bool,
}

/// Whether the match behind a finding is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Proof {
    /// Just now, for this many elements.
    Proven {
        /// Elements of the set that matched.
        elements: u64,
    },
    /// The finding is that nothing matched, which nothing can prove.
    NothingMatched,
    /// No proof was kept.
    NotKept,
    /// What was kept does not prove it.
    Fails {
        /// The code of what does not fit.
        code: String,
    },
}

/// Whether the same finding comes out of the agency's own rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Derived {
    /// It does, in every field.
    Same,
    /// Another one does: the rows or the finding were changed.
    Differs,
    /// The rows were deleted.
    RowsDeleted,
    /// This node's rules are not those of the agreement any more.
    OtherRules,
    /// Without a proof there is nothing to derive it from.
    NotProven,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Noted {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What, a stable name.
    pub kind: String,
}

impl Node {
    /// Derives the finding with this number in its round, from 1, once more. One entry in the log says who asked.
    ///
    /// # Errors
    /// When there is no such finding, or not any more; the store's.
    pub fn explain(&self, round: &[u8; 32], seq: u64, actor: &str) -> Result<Explanation> {
        self.looked_into(round, seq, actor, EXPLAINED)
    }

    /// As [`Node::explain`], for the record that the person concerned is given.
    ///
    /// # Errors
    /// As [`Node::explain`].
    pub fn explain_to_person(&self, round: &[u8; 32], seq: u64, actor: &str) -> Result<Explanation> {
        self.looked_into(round, seq, actor, RECORD_MADE)
    }

    fn looked_into(&self, round: &[u8; 32], seq: u64, actor: &str, kind: &str) -> Result<Explanation> {
        let (record, finding) = self.found(round, seq)?;
        let standing = self.standing_of(&record, seq, &finding)?;
        let item = self.item(round, seq);
        let body = json!({ "round": Hex(*round), "finding": seq, "item": item });
        self.log_by(actor, kind, &body)?;

        let signed = self.signed_agreement(&record.agreement)?;
        let me = signed
            .agreement()
            .index_of(&self.node_key())
            .ok_or(Error::Internal {
                what: "a round's agreement",
            })?;
        let same_rules = self.rules.digest() == signed.agreement().rules_digest.0;
        let (proof, proven) = self.proof(&record, seq - 1);
        let derived = match &proof {
            Proof::Proven { .. } if !same_rules => Derived::OtherRules,
            Proof::Proven { .. } => self.derive(&record, &finding, &signed, me, &proven)?,
            _ => Derived::NotProven,
        };
        let about = self.entries_about(round)?;
        let noted = |entry: &hefu_store::LogEntry| Noted {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor.clone(),
            kind: entry.kind.clone(),
        };
        // What was done about a finding, and asked about it, is told whole, of this one alone.
        let (looked, entries): (Vec<_>, Vec<_>) = about
            .iter()
            .filter(|entry| entry.kind != ACTED && !entry.kind.starts_with("inquiry_"))
            .partition(|entry| entry.kind == EXPLAINED || entry.kind == RECORD_MADE);
        let of_this = |entry: &&&hefu_store::LogEntry| entry.body["finding"] == seq;
        Ok(Explanation {
            item,
            rule: match &finding.rule {
                Some(id) if same_rules => self.rules.get(id).cloned(),
                _ => None,
            },
            finding,
            standing,
            receipt: self.receipt_check(&record, &signed, me)?,
            signed,
            me,
            proof,
            derived,
            log_intact: self.log_is_intact()?,
            entries: entries.into_iter().map(noted).collect(),
            looked: looked.iter().filter(of_this).map(|entry| noted(entry)).collect(),
            round: record,
        })
    }

    /// What cannot be proven is said, and is no failure of the explanation.
    fn proof(&self, record: &Round, index: u64) -> (Proof, Vec<Proven>) {
        match self.proven_elements(&record.id, index) {
            Ok(proven) if !proven.is_empty() => {
                let elements = proven.len() as u64;
                (Proof::Proven { elements }, proven)
            }
            Ok(none) => {
                let kept = record.state == RoundState::Done && self.keeps_evidence(record);
                (
                    if kept {
                        Proof::NothingMatched
                    } else {
                        Proof::NotKept
                    },
                    none,
                )
            }
            Err(error) => {
                let code = error.code().to_owned();
                (Proof::Fails { code }, Vec::new())
            }
        }
    }

    /// Whether evidence was kept of whatever matched in this round.
    fn keeps_evidence(&self, record: &Round) -> bool {
        let done = self.entry_of(&record.id, "round_done");
        done.is_ok_and(|entry| entry["evidence"] == true)
    }

    /// The finding that follows from the agency's own rows and from what was proven to have matched.
    fn derive(
        &self,
        record: &Round,
        finding: &Finding,
        signed: &SignedAgreement,
        me: usize,
        proven: &[Proven],
    ) -> Result<Derived> {
        let agreement = signed.agreement();
        let aliases = self.aliases(&record.datasets);
        // All that was entered, as the round had it: a finding may say something of rows beside its own.
        let entered = self.with_records(&record.datasets, |records| {
            Ok(elements(agreement, &self.rules, me, me, &aliases, records)?)
        });
        let set = match entered {
            Ok(set) => set,
            Err(Error::Store(hefu_store::Error::Deleted { .. })) => {
                let entered =
                    |of: &Deleted| matches!(of, Deleted::Dataset(id) if record.datasets.contains(id));
                self.deletions(entered)?;
                return Ok(Derived::RowsDeleted);
            }
            Err(error) => return Err(error),
        };
        let (mut matched, mut labels) = (Vec::new(), Vec::new());
        for (position, element) in (0_u32..).zip(set.bytes().chunks_exact(set.width())) {
            if let Some(proven) = proven.iter().find(|proven| *proven.element == *element) {
                matched.push(position);
                labels.extend_from_slice(&proven.label);
            }
        }
        let outcome = findings(agreement, me, &set, &matched, &labels, matched_on(record))?;
        let mut again = outcome.findings.into_iter();
        let same = matched.len() == proven.len() && again.any(|again| is_the_same(again, finding));
        Ok(if same { Derived::Same } else { Derived::Differs })
    }

    fn receipt_check(&self, record: &Round, signed: &SignedAgreement, me: usize) -> Result<ReceiptCheck> {
        let receipt: SignedReceipt = signed_receipt(&self.entry_of(&record.id, "round_done")?)?;
        let key = |index: usize| Ok::<_, Error>(signed.agreement().party(index)?.node_key.0);
        // Findings are the receiver's.
        let (receiver, sender) = (key(me)?, key(1 - me.min(1))?);
        Ok(ReceiptCheck {
            session: Hex(receipt.receipt.sid.0),
            digest: Hex(receipt.receipt.digest()),
            holds: receipt.receipt.agreement == record.agreement && receipt.verify(&receiver, &sender),
        })
    }

    fn log_is_intact(&self) -> Result<bool> {
        match self.store.verify() {
            Ok(_) => Ok(true),
            Err(hefu_store::Error::BadLogEntry { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// In every field. Findings of before were kept without their care, which reads as nothing known.
fn is_the_same(again: Finding, kept: &Finding) -> bool {
    let of_before = kept.care == Care::default();
    let care = if of_before { kept.care } else { again.care };
    Finding { care, ..again } == *kept
}

#[cfg(test)]
mod tests {
    use hefu_casework::{FindingKind, Known};
    use hefu_identity::{Kind, parse};

    use super::*;

    #[test]
    fn a_finding_of_before_is_the_same_whatever_is_known_now() {
        let finding = |care| Finding {
            kind: FindingKind::Lead,
            rule: None,
            peer: None,
            person: parse(Kind::Resident, "11010519491231002X").unwrap().key,
            rows: vec![],
            months: vec![],
            changeover: vec![],
            case: None,
            letter: None,
            feedback: None,
            programmes: vec![],
            to_verify: None,
            payments: vec![],
            care,
            name: None,
        };
        let known = Care {
            protected: false,
            minor: Known::No,
            disabled: Known::Yes,
        };
        assert!(is_the_same(finding(known), &finding(known)));
        assert!(is_the_same(finding(known), &finding(Care::default())));
        assert!(!is_the_same(finding(Care::default()), &finding(known)));
        let other = Finding {
            peer: Some("县法院".to_owned()),
            ..finding(known)
        };
        assert!(!is_the_same(other, &finding(Care::default())));
    }
}
