//! What proves a finding later, when the session's keys are gone: the elements behind it, and for each what was
//! exchanged about it.
//!
//! ```text
//! for each element: u32 length, element, u32 length, evidence        lengths in big-endian order
//! ```

use hefu_casework::{ElementSet, Outcome};
use hefu_psi::wire::{Accept, Evaluated, Open};
use hefu_psi::{
    Evidence, EvidenceBuilder, LogHead, Matches, Place, Receipt, Ristretto255, SessionId, SessionSeed,
    SignedReceipt, Suite, Terms,
};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::runner::{BLINDED, EVALUATED, Journal, TAGS};
use crate::{Error, Node, Result};

/// Matches proven at a time: some 2 KB each in memory.
const AT_A_TIME: usize = 8192;

/// The evidence of every finding, in their order; empty where nothing matched behind one.
pub(super) fn of_findings(
    terms: &Terms,
    seed: &SessionSeed,
    journal: &dyn Journal,
    matches: &Matches,
    set: &ElementSet,
    outcome: &Outcome,
) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    let behind = outcome.behind(set, &matches.indices);
    let wanted: Vec<(usize, usize)> = (0..)
        .zip(&behind)
        .flat_map(|(finding, behind)| behind.iter().map(move |index| (finding, *index)))
        .collect();
    let elements = set.bytes();
    let width = set.width();
    let mut proofs = vec![Zeroizing::new(Vec::new()); outcome.findings.len()];
    for some in wanted.chunks(AT_A_TIME) {
        let places: Vec<Place> = some
            .iter()
            .filter_map(|(_, index)| matches.places.get(*index).copied())
            .collect();
        let evidence = of_places(terms, seed, journal, matches, &places)?;
        for ((finding, index), evidence) in some.iter().zip(evidence) {
            let at = matches.indices.get(*index).map_or(0, |at| *at as usize * width);
            let element = elements.get(at..at + width).unwrap_or_default();
            if let Some(proof) = proofs.get_mut(*finding) {
                part(proof, element);
                part(proof, &evidence.to_bytes());
            }
        }
    }
    Ok(proofs)
}

/// Reads what was exchanged once more.
fn of_places(
    terms: &Terms,
    seed: &SessionSeed,
    journal: &dyn Journal,
    matches: &Matches,
    places: &[Place],
) -> Result<Vec<Evidence>> {
    let receipt = &matches.receipt.receipt;
    let mut builder = EvidenceBuilder::new::<Ristretto255>(terms, seed, matches.call, receipt, places);
    let mut record = Vec::new();
    let mut blinded = journal.spool(BLINDED)?;
    while let Some(elements) = blinded.next(crate::runner::LONGEST, &mut record)? {
        builder.blinded(elements);
    }
    let mut evaluated = journal.spool(EVALUATED)?;
    while let Some(message) = evaluated.next(crate::runner::LONGEST, &mut record)? {
        let message = Evaluated::decode(message, Ristretto255::proof_bytes());
        builder.evaluated(message.map_err(hefu_psi::Error::Refused)?.elements);
    }
    let mut tags = journal.spool(TAGS)?;
    while let Some(entries) = tags.next(crate::runner::LONGEST, &mut record)? {
        builder.tags(entries);
    }
    Ok(builder.finish()?)
}

fn part(proof: &mut Vec<u8>, bytes: &[u8]) {
    proof.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    proof.extend_from_slice(bytes);
}

impl Node {
    /// Proves a finding again from what was kept: that each element behind it was entered here before anything was
    /// answered, what the sender answered, and that the sender's tags have it. Says how many elements those are; 0 for
    /// a finding of what has no counterpart, which nothing can prove.
    ///
    /// # Errors
    /// When something does not fit, or is not there any more.
    pub fn prove_finding(&self, round: &[u8; 32], finding: u64) -> Result<usize> {
        Ok(self.proven_elements(round, finding)?.len())
    }

    /// As [`Node::prove_finding`]: each element with its label, which is empty where the agreement has none.
    pub(crate) fn proven_elements(&self, round: &[u8; 32], finding: u64) -> Result<Vec<Proven>> {
        let Some(proof) = self.store.evidence(round, finding)? else {
            return Ok(Vec::new());
        };
        let committed = self.entry_of(round, "session_committed")?;
        let open = Open::decode(&hex_at(&committed, "/open")?).map_err(hefu_psi::Error::Refused)?;
        let accept = Accept::decode(&hex_at(&committed, "/accept")?).map_err(hefu_psi::Error::Refused)?;
        let signed = signed_receipt(&self.entry_of(round, "round_done")?)?;
        let proven = |(element, evidence): (&[u8], Evidence)| {
            let pool = &self.surroundings.pool;
            let label = evidence.verify::<Ristretto255>(pool, element, &open, &accept, &signed)?;
            Ok(Proven {
                element: Zeroizing::new(element.to_vec()),
                label,
            })
        };
        parts(&proof)?.into_iter().map(proven).collect()
    }
}

/// An element that matched, as its evidence shows.
pub(crate) struct Proven {
    pub(crate) element: Zeroizing<Vec<u8>>,
    pub(crate) label: Zeroizing<Vec<u8>>,
}

/// The receipt as the log has it.
pub(crate) fn signed_receipt(entry: &Value) -> Result<SignedReceipt> {
    let number = |place: &str| entry.pointer(place).and_then(Value::as_u64).ok_or_else(damaged);
    let head = |side: &str| {
        Ok::<_, Error>(LogHead {
            seq: number(&format!("/{side}/seq"))?,
            hash: array_at(entry, &format!("/{side}/hash"))?,
        })
    };
    Ok(SignedReceipt {
        receipt: Receipt {
            sid: SessionId(array_at(entry, "/session")?),
            agreement: array_at(entry, "/agreement")?,
            receiver_elements: number("/receiver_elements")?,
            sender_elements: number("/sender_elements")?,
            blinded: array_at(entry, "/blinded")?,
            evaluated: array_at(entry, "/evaluated")?,
            tags: array_at(entry, "/tags")?,
        },
        receiver_head: head("receiver_head")?,
        by_receiver: array_at(entry, "/by_receiver")?,
        sender_head: head("sender_head")?,
        by_sender: array_at(entry, "/by_sender")?,
    })
}

/// The bytes that stand in hexadecimal at this place of an entry.
pub(crate) fn hex_at(entry: &Value, place: &str) -> Result<Vec<u8>> {
    let text = entry.pointer(place).and_then(Value::as_str).ok_or_else(damaged)?;
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty()).ok_or_else(damaged)
}

fn array_at<const N: usize>(entry: &Value, place: &str) -> Result<[u8; N]> {
    hex_at(entry, place)?.try_into().map_err(|_| damaged())
}

fn damaged() -> Error {
    hefu_psi::Error::Evidence.into()
}

/// The elements and their evidence that stand in a finding's proof.
fn parts(proof: &[u8]) -> Result<Vec<(&[u8], Evidence)>> {
    let mut rest = proof;
    let mut next = || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (bytes, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = behind;
        Some(bytes)
    };
    let mut parts = Vec::new();
    while let Some(element) = next() {
        let evidence = next().ok_or_else(damaged)?;
        parts.push((element, Evidence::from_bytes(evidence)?));
    }
    if rest.is_empty() {
        Ok(parts)
    } else {
        Err(damaged())
    }
}
