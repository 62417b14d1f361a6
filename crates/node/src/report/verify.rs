//! Whether a report is what its node signed: from the file and cards alone.

use std::collections::BTreeMap;

use hefu_casework::{Error as Casework, Hex, canonical};
use hefu_link::Card;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::checks::CHECKS;
use super::facts::{FORMAT, Head, Report, VERSION};
use super::place::place;
use super::{LABEL, digests};
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
        // Named by whoever wrote the file.
        Some(section) => Err(Fault::Section {
            section: section.as_bytes().escape_ascii().to_string(),
        }),
        None => Ok(()),
    }
}

pub(super) fn holds(key: &Hex<32>, message: &[u8], signature: &Hex<64>) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, &key.0);
    key.verify(message, &signature.0).is_ok()
}
