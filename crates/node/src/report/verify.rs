//! Whether a report is what its node signed: from the file and cards alone.

use std::collections::BTreeMap;

use hefu_casework::{Error as Casework, Hex, SignedAgreement, canonical};
use hefu_link::Card;
use hefu_psi::wire::{Accept, Open};
use hefu_psi::{SessionId, SignedReceipt};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::facts::{Cell, FORMAT, Form, Group, Head, Report, Results, Sections, VERSION};
use super::place::place;
use super::{LABEL, digests};
use crate::deletion;
use crate::digest::sha256;

/// The longest report that is read: some 100,000 findings.
const MAX_BYTES: usize = 64 << 20;

/// A report that holds.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it says.
    pub report: Report,
    /// SHA-256 of the file: what tables and pages that were made from it bear.
    pub digest: Hex<32>,
    /// The name on the card of the node that signed it; nothing where no card was given, and whose key it is, is open.
    pub signer: Option<String>,
    /// The parties of the agreement for which a card was given.
    pub parties: Vec<String>,
}

/// Why a report does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A table or a page that was made from a report.
    #[error("this is a {form} made from a report; only the JSON file is signed")]
    Rendering {
        /// `xlsx` or `html`.
        form: &'static str,
    },
    /// Too long for a report.
    #[error("{bytes} bytes are too many for a report")]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// Not JSON from some byte on.
    #[error("the file can't be read from byte {at} on, in {section}")]
    Unreadable {
        /// The number of the byte, from 1.
        at: usize,
        /// The section.
        section: String,
    },
    /// JSON that the node would have written otherwise.
    #[error("the file is not as a node writes it, first at byte {at}, in {section}")]
    NotCanonical {
        /// The number of the byte, from 1.
        at: usize,
        /// The section.
        section: String,
    },
    /// No report, or of another version.
    #[error("this is not a report of version {VERSION}")]
    Head,
    /// The node's signature does not hold.
    #[error("the signature does not hold: the head or the signature was changed")]
    Signature,
    /// A section is not the one that was signed.
    #[error("the section {section} is not the one that was signed")]
    Section {
        /// Its name.
        section: String,
    },
    /// The cards that were given are of other nodes.
    #[error("none of the cards is that of the node that signed")]
    OtherCard {
        /// The key that signed.
        node_key: Hex<32>,
    },
    /// A party stands in the agreement under another name than on its card.
    #[error("the report calls {card} by another name: {party}")]
    OtherName {
        /// The name in the agreement.
        party: String,
        /// That on the card.
        card: String,
    },
    /// It is signed, and yet two things in it do not go together, or a signature in it does not hold.
    #[error("signed, and yet {part} does not hold")]
    Contradiction {
        /// What does not hold.
        part: &'static str,
    },
}

impl Fault {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Rendering { .. } => "report_rendering",
            Fault::TooLarge { .. } => "report_too_large",
            Fault::Unreadable { .. } => "report_unreadable",
            Fault::NotCanonical { .. } => "report_not_canonical",
            Fault::Head => "report_head",
            Fault::Signature => "report_signature",
            Fault::Section { .. } => "report_section",
            Fault::OtherCard { .. } => "report_other_card",
            Fault::OtherName { .. } => "report_other_name",
            Fault::Contradiction { .. } => "report_contradiction",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Fault::Rendering { form } => vec![("form", (*form).to_owned())],
            Fault::TooLarge { bytes } => vec![("bytes", bytes.to_string())],
            Fault::Unreadable { at, section } | Fault::NotCanonical { at, section } => {
                vec![("at", at.to_string()), ("section", section.clone())]
            }
            Fault::Head | Fault::Signature => Vec::new(),
            Fault::Section { section } => vec![("section", section.clone())],
            Fault::OtherCard { node_key } => vec![("node_key", node_key.to_string())],
            Fault::OtherName { party, card } => vec![("party", party.clone()), ("card", card.clone())],
            Fault::Contradiction { part } => vec![("part", (*part).to_owned())],
        }
    }
}

/// Checks a report: its form, its signature, each section, and whatever in it was signed by others.
///
/// # Errors
/// [`Fault`] with what does not hold, and where.
pub fn verify(bytes: &[u8], cards: &[Card]) -> Result<Verified, Fault> {
    let value = canonical_value(bytes)?;
    let head = head(&value)?;
    let message = [LABEL, &sha256(&canonical::to_vec(&head))].concat();
    let signature = part::<Hex<64>>(&value, "signature").ok_or(Fault::Signature)?;
    holds(&head.node_key, &message, &signature)
        .then_some(())
        .ok_or(Fault::Signature)?;
    same_sections(&head.sections, &value)?;
    // What a node has signed in this version can be read, and is written again to the same bytes.
    let report: Report = serde_json::from_value(value).map_err(|_| Fault::Head)?;
    if canonical::to_vec(&report) != bytes {
        return Err(Fault::Head);
    }
    let signer = cards.iter().find(|card| card.node_key() == head.node_key.0);
    if signer.is_none() && !cards.is_empty() {
        return Err(Fault::OtherCard {
            node_key: head.node_key,
        });
    }
    for (part, check) in CHECKS {
        check(&report).ok_or(Fault::Contradiction { part })?;
    }
    Ok(Verified {
        digest: Hex(sha256(bytes)),
        signer: signer.map(|card| card.name().to_owned()),
        parties: known_parties(&report, cards)?,
        report,
    })
}

/// The parties of which there is a card, if that calls them so as well.
fn known_parties(report: &Report, cards: &[Card]) -> Result<Vec<String>, Fault> {
    let mut known = Vec::new();
    for party in &report.sections.agreement.text.parties {
        let Some(card) = cards.iter().find(|card| card.node_key() == party.node_key.0) else {
            continue;
        };
        if card.name() != party.name || card.role() != party.role {
            return Err(Fault::OtherName {
                party: party.name.clone(),
                card: card.name().to_owned(),
            });
        }
        known.push(party.name.clone());
    }
    Ok(known)
}

fn canonical_value(bytes: &[u8]) -> Result<Value, Fault> {
    // A workbook is a ZIP archive (APPNOTE 4.3.7); a page begins as HTML says.
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(Fault::Rendering { form: "xlsx" });
    }
    if bytes
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype"))
    {
        return Err(Fault::Rendering { form: "html" });
    }
    match canonical::from_slice_within::<Value>(bytes, MAX_BYTES) {
        Ok(value) => Ok(value),
        Err(Casework::DocumentTooLarge { bytes, .. }) => Err(Fault::TooLarge { bytes }),
        Err(_) => Err(not_canonical(bytes)),
    }
}

/// Where it goes wrong.
fn not_canonical(bytes: &[u8]) -> Fault {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
            let at = before + error.column();
            return Fault::Unreadable {
                at,
                section: place(bytes, at.saturating_sub(1)),
            };
        }
    };
    // A fraction has no canonical spelling at all: it shows as what it would be without one.
    let whole = canonical::to_vec(&without_fractions(value));
    let same = bytes
        .iter()
        .zip(&whole)
        .take_while(|(one, other)| one == other)
        .count();
    Fault::NotCanonical {
        at: same + 1,
        section: place(bytes, same),
    }
}

fn without_fractions(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(items) => items.into_iter().map(without_fractions).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            fields
                .map(|(name, value)| (name, without_fractions(value)))
                .collect()
        }
        other => other,
    }
}

fn head(value: &Value) -> Result<Head, Fault> {
    let head: Head = part(value, "head").ok_or(Fault::Head)?;
    let ours = head.format == FORMAT && head.version == VERSION;
    ours.then_some(head).ok_or(Fault::Head)
}

fn part<T: serde::de::DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    serde_json::from_value(value.get(name)?.clone()).ok()
}

/// The sections that are there against those that were signed; the first that differs is named.
fn same_sections(signed: &BTreeMap<String, Hex<32>>, value: &Value) -> Result<(), Fault> {
    let found = value.get("sections").map(digests).unwrap_or_default();
    let names = signed.keys().chain(found.keys());
    let differs = |name: &&String| signed.get(*name) != found.get(*name);
    match names.filter(differs).min() {
        Some(section) => Err(Fault::Section {
            section: section.clone(),
        }),
        None => Ok(()),
    }
}

type Check = fn(&Report) -> Option<()>;

/// What must go together in a report that is signed; each is `None` where it does not.
const CHECKS: [(&str, Check); 4] = [
    ("agreement", agreement),
    ("receipt", receipt),
    ("deletion", deletions),
    ("counts", counts),
];

/// The agreement is the one of this digest, signed by every party, and the node is one of them.
fn agreement(report: &Report) -> Option<()> {
    let facts = &report.sections.agreement;
    let signed = SignedAgreement::new(facts.text.clone(), facts.signatures.clone()).ok()?;
    let agreement = signed.agreement();
    agreement.index_of(&report.head.node_key.0)?;
    (agreement.digest() == facts.digest.0).then_some(())
}

/// The receipt is of the session that the two openings make, under this agreement, over these inputs, and signed by both
/// of its parties.
fn receipt(report: &Report) -> Option<()> {
    let Sections {
        agreement,
        inputs,
        protocol,
        receipt,
        round,
        ..
    } = &report.sections;
    let (Some(open), Some(accept)) = (&protocol.open, &protocol.accept) else {
        return receipt.is_none().then_some(());
    };
    let open = Open::decode(&unhex(open)?).ok()?;
    let accept = Accept::decode(&unhex(accept)?).ok()?;
    let parties = [open.receiver, open.sender];
    let of_agreement = open.agreement == agreement.digest.0
        && parties.iter().all(|key| agreement.text.index_of(key).is_some())
        && open.suite == protocol.suite
        && Some(open.version) == protocol.version;
    let (own, peer) = match round.role.as_str() {
        "receiver" => (open.receiver, [open.input, accept.input]),
        _ => (open.sender, [accept.input, open.input]),
    };
    let committed = [&inputs.own, &inputs.peer].map(|input| input.commitment);
    if !of_agreement || own != report.head.node_key.0 || committed != peer.map(|input| Some(Hex(input))) {
        return None;
    }
    let Some(receipt) = receipt else {
        return Some(());
    };
    let elements = match round.role.as_str() {
        "receiver" => [inputs.own.elements, inputs.peer.elements],
        _ => [inputs.peer.elements, inputs.own.elements],
    };
    let signed = SignedReceipt::from(receipt);
    let of_session = signed.receipt.sid == SessionId::new(&open, &accept)
        && signed.receipt.agreement == agreement.digest.0
        && [receipt.receiver_elements, receipt.sender_elements].map(Some) == elements;
    (of_session && signed.verify(&open.receiver, &open.sender)).then_some(())
}

/// Each deletion is signed by this node.
fn deletions(report: &Report) -> Option<()> {
    let signed = |record: &super::DeletionRecord| {
        let message = [deletion::LABEL, &sha256(&canonical::to_vec(&record.deletion))].concat();
        holds(&report.head.node_key, &message, &record.signature)
    };
    report.sections.deleted.records.iter().all(signed).then_some(())
}

/// The numbers are those of the lines, and a report for submission has none.
fn counts(report: &Report) -> Option<()> {
    let sections = &report.sections;
    let (Form::Internal, Some(lines), Results::Learned(tables)) =
        (report.head.form, &sections.findings, &sections.results)
    else {
        return (report.head.form == Form::Internal || sections.findings.is_none()).then_some(());
    };
    let mut counted: BTreeMap<Group, u64> = BTreeMap::new();
    let corrected = |line: &&super::Line| {
        let stage = hefu_casework::review::Stage::Corrected.code();
        line.corrected_before || line.review.as_ref().is_some_and(|review| review.stage == stage)
    };
    let (corrected, counting): (Vec<_>, Vec<_>) = lines.iter().partition(corrected);
    for line in counting {
        let group = Group::Rule {
            kind: line.kind.clone(),
            rule: line.rule.clone(),
        };
        *counted.entry(group).or_default() += 1;
    }
    let told = |cell: &Cell| match cell {
        Cell::Told { findings, .. } => Some(*findings),
        Cell::Small {} | Cell::Withheld {} => None,
    };
    let total: u64 = counted.values().sum();
    let rows = tables
        .by_rule
        .iter()
        .map(|row| Some((row.of.clone(), told(&row.cell)?)));
    let same = told(&tables.total) == Some(total) && tables.corrected == Some(corrected.len() as u64);
    (same && rows.collect::<Option<BTreeMap<_, _>>>()? == counted).then_some(())
}

fn holds(key: &Hex<32>, message: &[u8], signature: &Hex<64>) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, &key.0);
    key.verify(message, &signature.0).is_ok()
}

/// Lower-case hexadecimal, whose one spelling the canonical form does not ask for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| Some(Hex::<1>::parse(std::str::from_utf8(pair).ok()?)?.0[0]);
    let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())
}
