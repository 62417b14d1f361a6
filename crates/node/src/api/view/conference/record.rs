use hefu_casework::conference::{Head, SignedEntry};
use hefu_store::{SaidEntry, StoredConferenceEntry};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::api::view::Hex32;
use crate::conference::{Conference, name_of};

/// Conferences.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConferenceList {
    /// The oldest first.
    pub conferences: Vec<ConferenceView>,
}

/// 联席会议, as it stands at this node.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConferenceView {
    /// Its id: 64 hexadecimal digits, the same everywhere.
    #[schema(value_type = String)]
    pub conference: Hex32,
    /// Its name; nothing before the record has come.
    pub name: Option<String>,
    /// The office's node key.
    #[schema(value_type = String)]
    pub office: Hex32,
    /// The office; its node key where this node does not have its card any more.
    pub office_name: String,
    /// Whether this node is the office.
    pub is_office: bool,
    /// How far the record goes here.
    pub head: ConferenceHeadView,
    /// How many entries of this node's are on their way to the office.
    pub waiting: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// How it stands, a code of the table of words: `conference_in_step`, or why it is not, or not yet.
    pub standing: String,
    /// Since when.
    pub begun_at: Timestamp,
}

/// How far a record goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConferenceHeadView {
    /// How many entries there are.
    pub seq: u64,
    /// The chained hash over them.
    #[schema(value_type = String)]
    pub hash: Hex32,
}

/// A conference to be founded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundConferenceRequest {
    /// Its name, in up to 60 characters.
    pub name: String,
}

/// A conference to be followed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowRequest {
    /// Its id, as the office says it.
    #[schema(value_type = String)]
    pub conference: Hex32,
    /// The office's node key; it must be a peer.
    #[schema(value_type = String)]
    pub office: Hex32,
}

/// A seat to be given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The peer's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
}

/// Who has a seat.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DirectoryView {
    /// The office first, then the members by name.
    pub seats: Vec<SeatView>,
}

/// A seat.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeatView {
    /// The node key of whose it is.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// The agency.
    pub name: String,
    /// What kind of agency it is.
    pub role: String,
    /// Which seat: `office`, `member`, or `left` where the member has left.
    pub seat: String,
    /// Whether this node has its card: `own`, `same` as the record has it, `other`, or `none`.
    pub pinned: String,
    /// Where its node listens, as the record's card says.
    pub address: String,
    /// The fingerprint of the record's card, to be compared before that is added to the peers.
    pub fingerprint: String,
    /// The card that the record has, byte for byte.
    pub card: String,
    /// How far it said that it has read; at the office only.
    pub read: Option<u64>,
    /// When it said so last.
    pub read_at: Option<Timestamp>,
}

/// A page of the record.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordPage {
    /// Entries, in order.
    pub entries: Vec<RecordEntryView>,
    /// How far the record goes here.
    pub head: ConferenceHeadView,
    /// What this node said that is not on record, in the order in which it was said.
    pub said: Vec<SaidView>,
}

/// One entry.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordEntryView {
    /// Its place.
    pub seq: u64,
    /// Its author's node key.
    #[schema(value_type = String)]
    pub author: Hex32,
    /// Its author.
    pub author_name: String,
    /// The author's own numbering.
    pub number: u64,
    /// What it says, by name.
    pub word: String,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// Its digest.
    #[schema(value_type = String)]
    pub entry: Hex32,
    /// The hash of the record up to it.
    #[schema(value_type = String)]
    pub hash: Hex32,
    /// How many can open what is enclosed in it; 0 where nothing is.
    pub readers: u64,
    /// Whether this node could.
    pub opened: bool,
}

/// An entry that this node said and that is not on record.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SaidView {
    /// By which it is known here.
    #[schema(value_type = String)]
    pub entry: Hex32,
    /// What it says, by name.
    pub word: String,
    /// When it was said.
    pub at: Timestamp,
    /// Why it was refused; nothing while it is on its way.
    pub refused: Option<String>,
}

/// A record whose signatures and chain hold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordVerified {
    /// How far it goes.
    pub head: ConferenceHeadView,
    /// The digest of what it comes to for all, equal at every party that has read as far.
    #[schema(value_type = String)]
    pub state: Hex32,
}

impl From<Head> for ConferenceHeadView {
    fn from(Head { seq, hash }: Head) -> Self {
        Self { seq, hash }
    }
}

impl ConferenceView {
    pub(crate) fn of(conference: Conference, office_name: String) -> Self {
        Self {
            conference: conference.id,
            name: conference.name,
            office: conference.office,
            office_name,
            is_office: conference.is_office,
            head: conference.head.into(),
            waiting: conference.waiting,
            refused: conference.refused,
            standing: conference.standing.to_owned(),
            begun_at: conference.begun_at,
        }
    }
}

impl RecordEntryView {
    pub(crate) fn of(stored: &StoredConferenceEntry, name: impl FnOnce(&Hex32) -> String) -> Result<Self> {
        let signed = SignedEntry::parse(&stored.bytes)?;
        let entry = &signed.entry;
        Ok(Self {
            seq: stored.seq,
            author: entry.author,
            author_name: name(&entry.author),
            number: entry.number,
            word: name_of(&entry.word),
            at: entry.at,
            entry: signed.digest(),
            hash: hefu_casework::Hex(stored.hash),
            readers: entry
                .enclosed
                .as_ref()
                .map_or(0, |enclosed| enclosed.to.len() as u64),
            opened: stored.opened.is_some(),
        })
    }
}

impl SaidView {
    pub(crate) fn of(said: &SaidEntry) -> Result<Self> {
        Ok(Self {
            entry: hefu_casework::Hex(said.id),
            word: name_of(&SignedEntry::parse(&said.bytes)?.entry.word),
            at: said.made_at,
            refused: said.refused.clone(),
        })
    }
}
