//! Entries of the record: signed by their authors, put in order by the office.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Word;
use crate::Hex;

/// What a party puts on the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The version of this form: 1.
    pub version: u32,
    /// The conference: SHA-256 over a label, the office's node key and the nonce of its founding.
    pub conference: Hex<32>,
    /// The author, by node key.
    pub author: Hex<32>,
    /// The author's own numbering, from 1 without gaps.
    pub number: u64,
    /// How far the author had read when it wrote this.
    pub seen: Head,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// What it says to all.
    pub word: Word,
    /// What it says to some.
    pub enclosed: Option<Enclosed>,
}

/// A place in the record: nothing before it can be otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How many entries there are.
    pub seq: u64,
    /// The chained hash over them; zeros where there are none.
    pub hash: Hex<32>,
}

/// A part that only some can open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enclosed {
    /// SHA-256 over a label and the bytes of the [`Private`](super::Private) part, which begins with a nonce: all who
    /// open it see the same.
    pub commitment: Hex<32>,
    /// For whom, by node key and in ascending order.
    pub to: Vec<Recipient>,
}

/// One who can open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Its node key.
    pub node: Hex<32>,
    /// SHA-256 of what is sealed to it; that goes beside the entry.
    pub digest: Hex<32>,
}

/// An entry with its author's signature: Ed25519 over a label and the digest of the entry's canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedEntry {
    /// What is said.
    pub entry: Entry,
    /// By whom.
    pub signature: Hex<64>,
}

/// An entry at its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Its place, from 1 without gaps.
    pub seq: u64,
    /// What stands there.
    pub signed: SignedEntry,
}
