//! Entries of the record: signed by their authors, put in order by the office.

use jiff::Timestamp;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::{MAX_FRAMEWORK_BYTES, Word};
use crate::{Error, Hex, canonical, rule::sha256};

/// The largest entry, in bytes of its canonical JSON and without the framework that it may bring.
pub const MAX_ENTRY_BYTES: usize = 64 << 10;

const CONFERENCE: &[u8] = b"hefu/3 conference\0";
const ENTRY: &[u8] = b"hefu/3 conference entry\0";
const HEAD: &[u8] = b"hefu/3 conference head\0";

/// By what a conference is known everywhere: SHA-256 over a label, the office's node key and the nonce of its founding.
pub fn conference_id(office: &Hex<32>, nonce: &Hex<16>) -> Hex<32> {
    Hex(sha256(&[CONFERENCE, &office.0, &nonce.0].concat()))
}

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

impl Entry {
    /// The only version of this form.
    pub const VERSION: u32 = 1;

    /// What is signed by its digest: canonical JSON.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// SHA-256 of [`Entry::canonical_bytes`]. By this an entry is known: two signatures under one are no second one.
    pub fn digest(&self) -> Hex<32> {
        Hex(sha256(&self.canonical_bytes()))
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`Error::NotAParty`] where the key is not its author's.
    pub fn sign(self, key: &Ed25519KeyPair) -> Result<SignedEntry, Error> {
        if key.public_key().as_ref() != self.author.0 {
            return Err(Error::NotAParty);
        }
        let signature = key.sign(&message(&self.digest())).as_ref().try_into();
        Ok(SignedEntry {
            signature: Hex(signature.map_err(|_| Error::NotAParty)?),
            entry: self,
        })
    }

    /// Its digest, where it is one that every reader of the record reads: of this version, not too long, and with
    /// numbers that all programs hold exactly.
    pub(super) fn readable(&self) -> Option<Hex<32>> {
        let bytes = canonical::exact(self)?;
        let room = match &self.word {
            Word::Drafted(_) | Word::Figures { .. } => MAX_FRAMEWORK_BYTES,
            _ => 0,
        };
        (self.version == Entry::VERSION && bytes.len() <= MAX_ENTRY_BYTES + room).then(|| Hex(sha256(&bytes)))
    }
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

impl Head {
    /// Before anything was said.
    pub const NONE: Head = Head {
        seq: 0,
        hash: Hex([0; 32]),
    };

    /// The head with one more entry, by its digest: SHA-256 over a label, the hash so far, the number of entries with this
    /// one (64 bits, big-endian), and the digest.
    #[must_use]
    pub fn next(self, entry: &Hex<32>) -> Head {
        let seq = self.seq.saturating_add(1);
        let hash = sha256(&[HEAD, &self.hash.0, &seq.to_be_bytes(), &entry.0].concat());
        Head { seq, hash: Hex(hash) }
    }
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

impl SignedEntry {
    /// The most bytes of one.
    pub const MAX_BYTES: usize = MAX_FRAMEWORK_BYTES + MAX_ENTRY_BYTES + 1024;

    /// Reads what [`SignedEntry::to_bytes`] wrote. Whether its signature holds is not asked here.
    ///
    /// # Errors
    /// As [`canonical::from_slice`].
    pub fn parse(bytes: &[u8]) -> Result<SignedEntry, Error> {
        canonical::from_slice_within(bytes, SignedEntry::MAX_BYTES)
    }

    /// Canonical JSON, `{"entry":{…},"signature":"…"}`.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// The digest of the entry, in which the signature has no part.
    pub fn digest(&self) -> Hex<32> {
        self.entry.digest()
    }

    /// Whether its author signed it.
    pub fn verify(&self) -> bool {
        self.is_signed(&self.digest())
    }

    pub(super) fn is_signed(&self, digest: &Hex<32>) -> bool {
        is_signed(&self.entry.author, digest, &self.signature)
    }
}

/// Whether this author signed the entry of this digest.
pub(super) fn is_signed(author: &Hex<32>, digest: &Hex<32>, signature: &Hex<64>) -> bool {
    UnparsedPublicKey::new(&ED25519, &author.0)
        .verify(&message(digest), &signature.0)
        .is_ok()
}

fn message(digest: &Hex<32>) -> Vec<u8> {
    [ENTRY, &digest.0].concat()
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
