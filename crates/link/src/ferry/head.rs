//! What the parts of a set say about it, and what each says about itself.

use std::fmt;
use std::str::FromStr;

use hefu_casework::{Hex, canonical};
use rand::CryptoRng;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::seal::{MIN_SEALED_BYTES, content_bytes};
use crate::card::MAX_CARD_BYTES;
use crate::error::{Error, Result};
use crate::keys::{Keys, sha256};

const LABEL: &[u8] = b"hefu/3 ferry part\0";
const FORMAT: &str = "hefu-ferry";
const VERSION: u64 = 1;
/// A header is shorter than this, so that a line of it passes any gateway.
pub(super) const MAX_HEADER_BYTES: usize = 899;
/// The most parts of a set: what five digits in a file's name hold.
pub(super) const MAX_PARTS: u32 = 99_999;

/// The number of a set: 16 random bytes, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetId(Hex<16>);

impl SetId {
    /// A number that no other set has.
    pub fn random(rng: &mut dyn CryptoRng) -> SetId {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        SetId(Hex(bytes))
    }

    /// The number as bytes.
    #[must_use]
    pub fn bytes(&self) -> [u8; 16] {
        self.0.0
    }

    /// Its first eight digits, for names and for messages to people.
    #[must_use]
    pub fn short(&self) -> String {
        short(&self.0.0)
    }
}

impl From<[u8; 16]> for SetId {
    fn from(bytes: [u8; 16]) -> SetId {
        SetId(Hex(bytes))
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SetId {
    type Err = Error;

    fn from_str(text: &str) -> Result<SetId> {
        Hex::parse(text).map(SetId).ok_or(Error::FerryHeader)
    }
}

/// What a set is about, as its header says to whoever carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matter {
    /// An agreement with the signatures that it has so far.
    Agreement,
    /// The answer to an opening.
    Answer,
    /// A card, not sealed, for anyone.
    Card,
    /// The end of a session, and why.
    Ended,
    /// That a session's end was heard of.
    Heard,
    /// A note about one person.
    Note,
    /// That a note was taken, or why not.
    Noted,
    /// The opening of a session.
    Opening,
    /// The signed receipt that closes a session.
    Receipt,
    /// What a member says to the office of a conference, and how far it has read.
    Record,
    /// The record of a conference, from where a member has read.
    Records,
    /// That something is wanted once more.
    Wanted,
}

impl Matter {
    /// All of them, in the order in which a header lists them.
    pub const ALL: [Matter; 12] = [
        Matter::Agreement,
        Matter::Answer,
        Matter::Card,
        Matter::Ended,
        Matter::Heard,
        Matter::Note,
        Matter::Noted,
        Matter::Opening,
        Matter::Receipt,
        Matter::Record,
        Matter::Records,
        Matter::Wanted,
    ];

    /// Its name in headers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Matter::Agreement => "agreement",
            Matter::Answer => "answer",
            Matter::Card => "card",
            Matter::Ended => "ended",
            Matter::Heard => "heard",
            Matter::Note => "note",
            Matter::Noted => "noted",
            Matter::Opening => "opening",
            Matter::Receipt => "receipt",
            Matter::Record => "record",
            Matter::Records => "records",
            Matter::Wanted => "wanted",
        }
    }
}

/// What all parts of a set say alike. Only ever one that a set can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "HeadFields", into = "HeadFields")]
pub struct SetHead(HeadFields);

/// As it is stored beside a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadFields {
    pub(super) bytes: u64,
    pub(super) digest: Hex<32>,
    pub(super) from: Hex<32>,
    pub(super) matters: Vec<Matter>,
    pub(super) set: SetId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<Hex<32>>,
}

impl SetHead {
    /// The set's number.
    #[must_use]
    pub fn set(&self) -> SetId {
        self.0.set
    }

    /// The sender's node key.
    #[must_use]
    pub fn from(&self) -> [u8; 32] {
        self.0.from.0
    }

    /// The recipient's node key; none where the set is a card.
    #[must_use]
    pub fn to(&self) -> Option<[u8; 32]> {
        self.0.to.map(|to| to.0)
    }

    /// What the set is about: in the order of [`Matter`], each once, at least one.
    #[must_use]
    pub fn matters(&self) -> &[Matter] {
        &self.0.matters
    }

    /// Bytes of the set, sealed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Bytes of its content.
    #[must_use]
    pub fn content_bytes(&self) -> u64 {
        match self.0.to {
            Some(_) => content_bytes(self.0.bytes).unwrap_or_default(),
            None => self.0.bytes,
        }
    }

    /// SHA-256 of the set, sealed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.0.digest.0
    }

    /// A name for the folder of its [`Assembly`](super::Assembly): the sender's key and the set's number, because
    /// another sender may choose the same number.
    #[must_use]
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.0.from, self.0.set)
    }

    pub(super) fn short_from(&self) -> String {
        short(&self.0.from.0)
    }

    pub(super) fn short_to(&self) -> String {
        self.0.to.map_or_else(|| "anyone".to_owned(), |to| short(&to.0))
    }
}

impl TryFrom<HeadFields> for SetHead {
    type Error = Error;

    fn try_from(fields: HeadFields) -> Result<SetHead> {
        let ascending = fields.matters.is_sorted_by(|a, b| a < b) && !fields.matters.is_empty();
        let is_card = fields.matters.contains(&Matter::Card);
        let fits = match fields.to {
            Some(_) => !is_card && fields.bytes >= MIN_SEALED_BYTES && content_bytes(fields.bytes).is_some(),
            None => fields.matters == [Matter::Card] && (1..=MAX_CARD_BYTES as u64).contains(&fields.bytes),
        };
        if ascending && fits && hefu_psi::is_sound_signature_key(&fields.from.0) {
            Ok(SetHead(fields))
        } else {
            Err(Error::FerryHeader)
        }
    }
}

impl From<SetHead> for HeadFields {
    fn from(head: SetHead) -> HeadFields {
        head.0
    }
}

/// Which slice of a set a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) start: u64,
    pub(super) bytes: u64,
}

impl Slice {
    /// Slice `part` of `parts`, counted from 1: equal ones but the last. None where nothing is left for it.
    pub(super) fn of(bytes: u64, part: u32, parts: u32) -> Option<Slice> {
        if part == 0 || part > parts || parts > MAX_PARTS {
            return None;
        }
        let each = bytes.div_ceil(u64::from(parts));
        let start = each.checked_mul(u64::from(part) - 1)?;
        let left = bytes.checked_sub(start).filter(|left| *left > 0)?;
        Some(Slice {
            start,
            bytes: each.min(left),
        })
    }
}

/// A part's header line, but for what the set's head has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    bytes: u64,
    digest: Hex<32>,
    format: String,
    from: Hex<32>,
    matters: Vec<Matter>,
    part: u32,
    parts: u32,
    payload: Hex<32>,
    set: SetId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Hex<32>>,
    version: u64,
}

/// A part's header, read and checked against itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) head: SetHead,
    pub(super) part: u32,
    pub(super) parts: u32,
    pub(super) payload: [u8; 32],
    pub(super) slice: Slice,
}

impl Header {
    /// The header line, canonical JSON in ASCII.
    pub(super) fn line(&self) -> Vec<u8> {
        let HeadFields {
            bytes,
            digest,
            from,
            matters,
            set,
            to,
        } = self.head.0.clone();
        canonical::to_vec(&Line {
            bytes,
            digest,
            format: FORMAT.to_owned(),
            from,
            matters,
            part: self.part,
            parts: self.parts,
            payload: Hex(self.payload),
            set,
            to,
            version: VERSION,
        })
    }

    /// Reads a header line and accepts only what [`Header::line`] writes.
    pub(super) fn parse(line: &[u8]) -> Result<Header> {
        check_version(line)?;
        let fields: Line = canonical::from_slice(line).map_err(|_| Error::FerryHeader)?;
        let Line {
            bytes,
            digest,
            from,
            matters,
            set,
            to,
            part,
            parts,
            payload,
            ..
        } = fields;
        let slice = Slice::of(bytes, part, parts).ok_or(Error::FerryHeader)?;
        // There are no more parts than slices.
        Slice::of(bytes, parts, parts).ok_or(Error::FerryHeader)?;
        let head = SetHead::try_from(HeadFields {
            bytes,
            digest,
            from,
            matters,
            set,
            to,
        })?;
        Ok(Header {
            head,
            part,
            parts,
            payload: payload.0,
            slice,
        })
    }

    /// The sender's signature of a header line.
    pub(super) fn sign(line: &[u8], keys: &Keys) -> Hex<64> {
        Hex(keys.sign(LABEL, &sha256(line)))
    }

    /// Whether the sender signed this line.
    pub(super) fn verify(&self, line: &[u8], signature: &[u8]) -> Result<()> {
        std::str::from_utf8(signature)
            .ok()
            .and_then(Hex::<64>::parse)
            .and_then(|signature| {
                UnparsedPublicKey::new(&ED25519, self.head.from())
                    .verify(&[LABEL, &sha256(line)].concat(), &signature.0)
                    .ok()
            })
            .ok_or_else(|| Error::FerrySignature {
                from: self.head.short_from(),
            })
    }
}

/// Read loosely and first, so that a file of a later version is called that, and not damaged.
fn check_version(line: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    struct Loose {
        format: String,
        version: u64,
    }
    let Ok(loose) = serde_json::from_slice::<Loose>(line) else {
        return Err(if line.starts_with(b"{\"bytes\":") {
            Error::FerryHeader
        } else {
            Error::FerryForeign
        });
    };
    match (loose.format.as_str(), loose.version) {
        (FORMAT, VERSION) => Ok(()),
        (FORMAT, version) => Err(Error::FerryVersion {
            version,
            supported: VERSION,
        }),
        _ => Err(Error::FerryForeign),
    }
}

/// The first eight digits of a key or number.
pub(super) fn short(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
