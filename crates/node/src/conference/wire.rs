//! The papers by which a record is carried, byte for byte the same over a line and by files.
//!
//! ```text
//! record    id (16): the first half of the conference's id
//!           length (4, big-endian) ‖ head: canonical JSON ‖ enclosures, one after another
//! recorded  the same
//! ```
//!
//! A head lists entries, each with the recipients and lengths of the enclosures that go with it, in their order.

use hefu_casework::conference::{Head, MAX_PRIVATE_BYTES, SignedEntry};
use hefu_casework::{Hex, canonical};
use hefu_link::Keys;
use hefu_psi::wire::Abort;
use hefu_store::Enclosure;
use jiff::Timestamp;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Result;
use crate::agreement::policy;
use crate::exchange::malformed;

/// A member's paper.
pub(crate) const RECORD: u8 = 8;
/// What the office answers.
pub(crate) const RECORDED: u8 = 9;

/// The longest of both. A frame has 1 MiB, of which its kind and, by files, an enclosure's key and tag take some.
pub(crate) const MAX_PAPER_BYTES: usize = (1 << 20) - 256;
/// The most entries that a paper brings.
pub(super) const MANY_ENTRIES: usize = 512;
/// The longest enclosure: a private part with the key and the tag of its seal.
const MAX_SEALED_BYTES: usize = MAX_PRIVATE_BYTES + 32 + 16;
/// What else stands in a paper's head, beside entries.
const ROOM: usize = 4096;

const HEAD_LABEL: &[u8] = b"hefu/3 conference record\0";

/// A head that the office signed: Ed25519 over a label, the conference, the number of entries, the hash and the time (numbers
/// with 64 bits, big-endian).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedHead {
    pub(super) head: Head,
    /// When it was signed, in microseconds since 1970.
    pub(super) at: i64,
    pub(super) signature: Hex<64>,
}

/// What a member says to the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) conference: Hex<32>,
    /// How far it has read.
    pub(super) head: Head,
    /// The last head that the office signed for it.
    pub(super) signed: Option<SignedHead>,
    /// What it says, in the order of its numbers.
    entries: Vec<Listed>,
    /// What the office has lost and wants, in the order of the record.
    lost: Vec<Listed>,
}

/// What the office answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    pub(super) conference: Hex<32>,
    /// How far the record goes with these entries.
    pub(super) signed: SignedHead,
    /// How many entries there are in all.
    pub(super) of: u64,
    /// What follows on the head that the member has.
    entries: Vec<Listed>,
    /// After which entry the office wants the record, that it has lost.
    pub(super) wanted: Option<u64>,
    /// Whether it is not whole again since, and takes nothing.
    pub(super) restoring: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    signed: SignedEntry,
    sealed: Vec<Length>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Length {
    to: Hex<32>,
    bytes: u32,
}

/// An entry with what is enclosed in it, as far as that is here.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) signed: SignedEntry,
    pub(super) enclosures: Vec<Enclosure>,
}

/// Room for parcels in a paper.
pub(super) struct Room {
    bytes: usize,
    entries: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            bytes: MAX_PAPER_BYTES - ROOM,
            entries: MANY_ENTRIES,
        }
    }

    /// Takes the room that a parcel needs; `false` where there is not so much.
    pub(super) fn take(&mut self, parcel: &Parcel) -> bool {
        let left = self.bytes.checked_sub(parcel.bytes());
        let fits = left.zip(self.entries.checked_sub(1));
        if let Some((bytes, entries)) = fits {
            *self = Self { bytes, entries };
        }
        fits.is_some()
    }
}

impl Parcel {
    /// What it takes of a paper, at most.
    pub(super) fn bytes(&self) -> usize {
        let listed = canonical::to_vec(&self.listed()).len() + 1;
        let sealed: usize = self.enclosures.iter().map(|each| each.sealed.len()).sum();
        listed + sealed
    }

    /// Whether a paper has room for it, and nothing that is enclosed is longer than a private part can be.
    pub(super) fn is_bounded(&self) -> bool {
        let mut sealed = self.enclosures.iter();
        sealed.all(|each| each.sealed.len() <= MAX_SEALED_BYTES) && Room::new().take(self)
    }

    /// Itself, where a paper has room for it.
    pub(super) fn fitting(self) -> Result<Self> {
        match self.is_bounded() {
            true => Ok(self),
            false => Err(policy("conference_too_large", Abort::Policy)),
        }
    }

    fn listed(&self) -> Listed {
        let length = |each: &Enclosure| Length {
            to: Hex(each.recipient),
            bytes: u32::try_from(each.sealed.len()).unwrap_or(u32::MAX),
        };
        Listed {
            signed: self.signed.clone(),
            sealed: self.enclosures.iter().map(length).collect(),
        }
    }
}

impl SignedHead {
    pub(super) fn sign(keys: &Keys, conference: &Hex<32>, head: Head) -> Self {
        let at = Timestamp::now().as_microsecond();
        Self {
            head,
            at,
            signature: Hex(keys.sign(HEAD_LABEL, &said(conference, &head, at))),
        }
    }

    pub(super) fn is_by(&self, office: &[u8; 32], conference: &Hex<32>) -> bool {
        let message = [HEAD_LABEL, &said(conference, &self.head, self.at)].concat();
        UnparsedPublicKey::new(&ED25519, office)
            .verify(&message, &self.signature.0)
            .is_ok()
    }
}

fn said(conference: &Hex<32>, head: &Head, at: i64) -> Vec<u8> {
    let (seq, at) = (head.seq.to_be_bytes(), at.to_be_bytes());
    [conference.0.as_slice(), &seq, &head.hash.0, &at].concat()
}

impl Record {
    pub(super) fn new(conference: Hex<32>, head: Head, signed: Option<SignedHead>) -> Self {
        Self {
            conference,
            head,
            signed,
            entries: Vec::new(),
            lost: Vec::new(),
        }
    }

    pub(super) fn write(mut self, entries: &[Parcel], lost: &[Parcel]) -> Zeroizing<Vec<u8>> {
        self.entries = entries.iter().map(Parcel::listed).collect();
        self.lost = lost.iter().map(Parcel::listed).collect();
        write(&self.conference, &self, entries.iter().chain(lost))
    }

    /// The paper, what it says and what it brings back.
    pub(super) fn read(paper: &[u8]) -> Result<(Self, Vec<Parcel>, Vec<Parcel>)> {
        let (mut record, rest): (Self, _) = read(paper)?;
        let (entries, lost) = (
            std::mem::take(&mut record.entries),
            std::mem::take(&mut record.lost),
        );
        if entries.len() + lost.len() > MANY_ENTRIES || !is_of(paper, &record.conference) {
            return Err(malformed());
        }
        let (entries, rest) = parcels(entries, rest)?;
        let (lost, rest) = parcels(lost, rest)?;
        match rest {
            [] => Ok((record, entries, lost)),
            _ => Err(malformed()),
        }
    }
}

impl Recorded {
    pub(super) fn new(conference: Hex<32>, signed: SignedHead, of: u64) -> Self {
        Self {
            conference,
            signed,
            of,
            entries: Vec::new(),
            wanted: None,
            restoring: false,
        }
    }

    /// Of an office that is not whole again, and may want what it has lost.
    pub(super) fn restoring(conference: Hex<32>, signed: SignedHead, wanted: Option<u64>) -> Self {
        Self {
            wanted,
            restoring: true,
            ..Self::new(conference, signed, signed.head.seq)
        }
    }

    pub(super) fn write(mut self, entries: &[Parcel]) -> Zeroizing<Vec<u8>> {
        self.entries = entries.iter().map(Parcel::listed).collect();
        write(&self.conference, &self, entries.iter())
    }

    pub(super) fn read(paper: &[u8]) -> Result<(Self, Vec<Parcel>)> {
        let (mut recorded, rest): (Self, _) = read(paper)?;
        let entries = std::mem::take(&mut recorded.entries);
        if entries.len() > MANY_ENTRIES || !is_of(paper, &recorded.conference) {
            return Err(malformed());
        }
        match parcels(entries, rest)? {
            (entries, []) => Ok((recorded, entries)),
            _ => Err(malformed()),
        }
    }
}

fn write<'a>(
    conference: &Hex<32>,
    head: &impl Serialize,
    parcels: impl Iterator<Item = &'a Parcel>,
) -> Zeroizing<Vec<u8>> {
    let head = canonical::to_vec(head);
    let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
    let mut paper = Vec::with_capacity(MAX_PAPER_BYTES);
    paper.extend_from_slice(conference.0.first_chunk::<16>().unwrap_or(&[0; 16]));
    paper.extend_from_slice(&length.to_be_bytes());
    paper.extend_from_slice(&head);
    for enclosure in parcels.flat_map(|parcel| &parcel.enclosures) {
        paper.extend_from_slice(&enclosure.sealed);
    }
    Zeroizing::new(paper)
}

fn read<T: Serialize + for<'de> Deserialize<'de>>(paper: &[u8]) -> Result<(T, &[u8])> {
    let taken = paper.split_first_chunk::<16>();
    let taken = taken.and_then(|(_, rest)| rest.split_first_chunk::<4>());
    let (length, rest) = taken.ok_or_else(malformed)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (head, rest) = rest.split_at_checked(length).ok_or_else(malformed)?;
    let head = canonical::from_slice_within(head, MAX_PAPER_BYTES).map_err(|_| malformed())?;
    Ok((head, rest))
}

fn is_of(paper: &[u8], conference: &Hex<32>) -> bool {
    paper.first_chunk::<16>() == conference.0.first_chunk::<16>()
}

fn parcels(listed: Vec<Listed>, mut rest: &[u8]) -> Result<(Vec<Parcel>, &[u8])> {
    let mut parcels = Vec::with_capacity(listed.len());
    for Listed { signed, sealed } in listed {
        let mut enclosures = Vec::with_capacity(sealed.len());
        for Length { to, bytes } in sealed {
            let (sealed, after) = rest.split_at_checked(bytes as usize).ok_or_else(malformed)?;
            enclosures.push(Enclosure {
                recipient: to.0,
                sealed: sealed.to_vec(),
            });
            rest = after;
        }
        parcels.push(Parcel { signed, enclosures });
    }
    Ok((parcels, rest))
}
