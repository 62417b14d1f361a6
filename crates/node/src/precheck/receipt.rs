//! The receipt of a check, for the case file: a signed file that can be verified without the node. A printable page is
//! made from it, and says nothing else.

use std::sync::{Mutex, PoisonError};

use hefu_casework::precheck::{Authority, Hit, NotCompared, Verdict, When};
use hefu_casework::{Hex, KeyKind, ProgrammeCode, RuleId, canonical};
use hefu_psi::SignedReceipt;
use jiff::Timestamp;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, AtPeer, NotAsked, Precheck, SEEN, damaged};
use crate::agreement::policy;
use crate::digest::sha256;
use crate::explain::Noted;
use crate::report::ReceiptFacts;
use crate::round::signed_receipt;
use crate::{Error, NOTICE, Node, Result};
use hefu_psi::wire::Abort;

const LABEL: &[u8] = b"hefu/3 precheck\0";
/// The entry of the log about a receipt.
const MADE: &str = "precheck_receipt_made";

/// What the file is.
pub const FORMAT: &str = "hefu precheck";
/// The version of its form.
pub const VERSION: u32 = 1;

/// Stand on every receipt: a person decides, about a payment of before and about this application.
pub const NOTICES: [&str; 2] = [
    NOTICE,
    "不得仅凭查重结果拒绝受理；是否受理、是否给付，由经办人核实后决定。",
];

/// Two receipts at once would be the same copy.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The signed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// What is signed.
    pub precheck: Body,
    /// Ed25519 by the node key over `"hefu/3 precheck\0"` and SHA-256 of the canonical JSON of the body.
    pub signature: Hex<64>,
}

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// [`NOTICES`].
    pub notices: Vec<String>,
    /// The agency that checked.
    pub by: String,
    /// Its node's key.
    pub node_key: Hex<32>,
    /// When the file was made.
    pub made_at: Timestamp,
    /// Which copy it is, from 1.
    pub copy: u64,
    /// The check.
    pub check: Hex<16>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Who asked.
    pub asked_by: String,
    /// On what it rests.
    pub authority: Authority,
    /// The number of the case file.
    pub case_file: String,
    /// Who was asked.
    pub peers: Vec<AtPeerFacts>,
    /// Who might have been asked, and could not be then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAsked>,
    /// Who was asked after, in order.
    pub people: Vec<PersonFacts>,
    /// Who has looked at the result, and who had copies made before this one.
    pub looked: Vec<Noted>,
}

/// One agency that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtPeerFacts {
    /// Its name.
    pub name: String,
    /// Its node's key.
    pub node_key: Hex<32>,
    /// The agreement's number.
    pub agreement: String,
    /// The agreement's digest.
    pub digest: Hex<32>,
    /// What was compared.
    pub key_kind: KeyKind,
    /// By which rules.
    pub rules: Vec<RuleId>,
    /// The round.
    pub round: Hex<32>,
    /// Whether it answered.
    pub answered: bool,
    /// When that was, or when it was clear that it would not.
    pub ended_at: Option<Timestamp>,
    /// Why it did not answer, a code.
    pub reason: Option<String>,
    /// The digest that both sides signed.
    pub receipt_digest: Option<Hex<32>>,
    /// What both sides signed.
    pub receipt: Option<ReceiptFacts>,
}

/// One person who was asked after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFacts {
    /// Which, from 1.
    pub number: u64,
    /// The document number, masked.
    pub person: String,
    /// The programme of the payment that is meant.
    pub programme: ProgrammeCode,
    /// For when it is meant.
    pub when: When,
    /// What was learned at each of the peers, in their order. An agency that did not answer has said nothing.
    pub at: Vec<Outcome>,
}

/// What was learned of one person at one agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// In one word; none where the agency did not answer.
    pub verdict: Option<Verdict>,
    /// What stands in the way.
    pub hits: Vec<Hit>,
    /// What could not be compared.
    pub cannot_find: Vec<NotCompared>,
}

impl Node {
    /// The receipt of a check, signed by this node, and one entry in the log about it.
    ///
    /// # Errors
    /// When there is no such check, a peer's answer is still awaited, or something of it was deleted; the store's.
    pub fn precheck_receipt(&self, id: &Hex<16>, actor: &str) -> Result<Vec<u8>> {
        let _one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let check = self.ended_check(id)?;
        let looked: Vec<_> = self
            .entries_with("check", &id.to_string())?
            .into_iter()
            .filter(|entry| entry.kind == SEEN || entry.kind == MADE)
            .map(|entry| Noted {
                seq: entry.seq,
                at: entry.at,
                actor: entry.actor,
                kind: entry.kind,
            })
            .collect();
        let copy = looked.iter().filter(|entry| entry.kind == MADE).count() as u64 + 1;
        let body = self.facts_of_check(&check, copy, looked)?;
        let signature = self.sign_labelled(LABEL, &sha256(&canonical::to_vec(&body)));
        let receipt = canonical::to_vec(&Receipt {
            precheck: body,
            signature,
        });
        let entry = json!({ "check": id, "copy": copy, "digest": Hex(sha256(&receipt)) });
        self.log_by(actor, MADE, &entry)?;
        Ok(receipt)
    }

    fn facts_of_check(&self, check: &Precheck, copy: u64, looked: Vec<Noted>) -> Result<Body> {
        let deleted = check.peers.iter().any(|peer| peer.answer == Answer::Deleted);
        let about = check.about.as_ref().filter(|_| !deleted);
        let about = about.ok_or_else(|| policy("precheck_was_deleted", Abort::Policy))?;
        let people = (1..).zip(&about.people).map(|(number, masked)| PersonFacts {
            number,
            person: masked.person.clone(),
            programme: masked.programme.clone(),
            when: masked.when,
            at: check.peers.iter().map(|peer| Outcome::of(peer, number)).collect(),
        });
        Ok(Body {
            format: FORMAT.to_owned(),
            version: VERSION,
            notices: NOTICES.map(str::to_owned).to_vec(),
            by: self.name().to_owned(),
            node_key: Hex(self.node_key()),
            made_at: Timestamp::now(),
            copy,
            check: check.id,
            asked_at: check.begun_at,
            asked_by: check.actor.clone(),
            authority: about.authority.clone(),
            case_file: about.case_file.as_str().to_owned(),
            people: people.collect(),
            peers: check
                .peers
                .iter()
                .map(|peer| self.facts_at(peer))
                .collect::<Result<_>>()?,
            not_asked: check.not_asked.clone(),
            looked,
        })
    }

    fn facts_at(&self, peer: &AtPeer) -> Result<AtPeerFacts> {
        let answered = peer.answer == Answer::Answered;
        let signed = match answered {
            true => Some(signed_receipt(&self.entry_of(&peer.round.0, "round_done")?)?),
            false => None,
        };
        Ok(AtPeerFacts {
            name: peer.peer.clone(),
            node_key: peer.node_key,
            agreement: peer.number.clone(),
            digest: peer.agreement,
            key_kind: peer.key_kind,
            rules: peer.rules.clone(),
            round: peer.round,
            answered,
            ended_at: peer.ended_at,
            reason: peer.reason.clone(),
            receipt_digest: signed.as_ref().map(|signed| Hex(signed.receipt.digest())),
            receipt: signed.as_ref().map(ReceiptFacts::from),
        })
    }
}

impl Outcome {
    fn of(peer: &AtPeer, person: u64) -> Self {
        let of_person = peer.results.iter().flatten().find(|each| each.person == person);
        match of_person {
            Some(checked) => Self {
                verdict: Some(checked.verdict),
                hits: checked.hits.clone(),
                cannot_find: checked.cannot_find.clone(),
            },
            None => Self {
                verdict: None,
                hits: Vec::new(),
                cannot_find: Vec::new(),
            },
        }
    }
}

/// Reads a receipt from its file alone, and checks every signature in it: the node's, and those of both sides under each
/// answer. Whose the keys are, the cards say.
///
/// # Errors
/// When it is not such a file, or a signature does not hold.
pub fn read(bytes: &[u8]) -> Result<Receipt> {
    let receipt: Receipt = canonical::from_slice(bytes)?;
    let body = &receipt.precheck;
    if body.format != FORMAT || body.version != VERSION {
        return Err(damaged());
    }
    let signed = [LABEL, &sha256(&canonical::to_vec(body))].concat();
    let key = UnparsedPublicKey::new(&ED25519, body.node_key.0);
    let holds = key.verify(&signed, &receipt.signature.0).is_ok();
    must_hold(holds, &body.by)?;
    for peer in &body.peers {
        let of_peer = |facts: &ReceiptFacts| {
            let signed = SignedReceipt::from(facts);
            facts.agreement == peer.digest
                && peer.receipt_digest == Some(Hex(signed.receipt.digest()))
                && signed.verify(&body.node_key.0, &peer.node_key.0)
        };
        must_hold(peer.receipt.as_ref().map_or(!peer.answered, of_peer), &peer.name)?;
    }
    Ok(receipt)
}

fn must_hold(holds: bool, party: &str) -> Result<()> {
    if holds {
        return Ok(());
    }
    let party = party.to_owned();
    Err(Error::Casework(hefu_casework::Error::Signature { party }))
}
