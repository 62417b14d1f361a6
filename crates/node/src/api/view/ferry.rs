use std::collections::BTreeMap;

use hefu_casework::Hex;
use hefu_link::ferry::Form;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hex16, Hex32, strings};
use crate::Carrier;
use crate::ferry::slip::set_number;
use crate::ferry::{
    CardWaiting, Due, FerryStatus, LetterIn, LetterOut, PartTaken, RefusedFile, SetIn, SetOut, Waiting,
    Worked,
};

/// In which form files are written, and how large one may be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CutRequest {
    /// `binary`, or `text` where only text may pass.
    #[serde(default)]
    pub form: FileForm,
    /// The most that one file may have, headers included, in bytes; 100 MiB of the binary form and 1,000,000 of the text
    /// form otherwise.
    #[serde(default)]
    pub max_file_bytes: Option<u64>,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    /// A line of text, a signature, and bytes.
    #[default]
    Binary,
    /// Printable ASCII in lines of at most 1,000 characters.
    Text,
}

/// Sets to be made of all that is due.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FerryOut {
    /// For this peer only, by its node key; otherwise for each that files are carried to.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub peer: Option<Hex32>,
    /// How they are cut into files.
    pub cut: CutRequest,
}

/// A peer's set to be given up.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FerryDrop {
    /// Whose it is, by its node key: two peers may give their sets one number.
    #[schema(value_type = String)]
    pub peer: Hex32,
}

/// Sets of files.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SetList {
    /// One for each peer that something was due for.
    pub sets: Vec<SetOutView>,
}

/// A set of files for a peer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SetOutView {
    /// Names it.
    #[schema(value_type = String)]
    pub set: Hex16,
    /// Its name as people compare it: four groups of five digits.
    pub number: String,
    /// Whom it is for.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// The peer's name.
    pub peer_name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its sealed content, in bytes.
    pub bytes: u64,
    /// Into how many files it is cut.
    pub parts: u32,
    /// What is in it, and whether the peer has it.
    pub letters: Vec<LetterOutView>,
}

/// A letter in a set that was made here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LetterOutView {
    /// What it is: `opening`, `answer`, `receipt`, `agreement`, `ended`, `heard`, `wanted`.
    pub matter: String,
    /// The agreement that it is about.
    #[schema(value_type = Option<String>)]
    pub agreement: Option<Hex32>,
    /// `sent`; `acknowledged` once the peer's node has said that it came; `overtaken` by what came after it.
    pub state: String,
}

/// What became of a file that was handed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartView {
    /// Its set.
    #[schema(value_type = String)]
    pub set: Hex16,
    /// The set's name as people compare it.
    pub number: String,
    /// The node that made it.
    #[schema(value_type = String)]
    pub from: Hex32,
    /// Its agency's name.
    pub from_name: String,
    /// Which file of its set it is, from 1.
    pub part: u32,
    /// How many files the set has.
    pub parts: u32,
    /// `new`, `already` here, `complete` with it, or a `card` that waits for its fingerprint to be compared.
    pub news: String,
    /// Which files of the set are not here yet.
    pub missing: Vec<u32>,
}

/// What was worked through.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkedView {
    /// Sets that were opened.
    pub sets: usize,
    /// Letters that were taken or refused.
    pub letters: usize,
    /// Letters that were made for peers.
    pub made: usize,
}

/// Everything that is under way or waited for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FerryView {
    /// Letters that are in no set yet, peer by peer.
    pub due: Vec<DueView>,
    /// Sets that were made here and are not acknowledged as a whole.
    pub out: Vec<SetOutView>,
    /// Sets of peers, of which files came.
    pub coming: Vec<SetInView>,
    /// Files in the watched folder that were refused.
    pub refused: Vec<RefusedView>,
    /// Cards that came and wait for their fingerprints to be compared.
    pub cards: Vec<CardWaitingView>,
    /// Rounds that wait for files.
    pub waiting: Vec<WaitingView>,
}

/// Letters for a peer that are in no set yet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DueView {
    /// The peer.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// Its name.
    pub peer_name: String,
    /// What they are, in their order.
    pub matters: Vec<String>,
}

/// A peer's set.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SetInView {
    /// Names it.
    #[schema(value_type = String)]
    pub set: Hex16,
    /// Its name as people compare it.
    pub number: String,
    /// The peer.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// The peer's name.
    pub peer_name: String,
    /// When its first file came.
    pub first_at: Timestamp,
    /// How many files it has.
    pub parts: u32,
    /// Which of them are not here yet.
    pub missing: Vec<u32>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// Why it could not be, though it is complete: a code of the table of words.
    pub refused: Option<String>,
    /// What was in it, and what came of it.
    pub letters: Vec<LetterInView>,
}

/// A letter that came.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LetterInView {
    /// What it is; absent where that can't be read.
    pub matter: Option<String>,
    /// The agreement that it is about.
    #[schema(value_type = Option<String>)]
    pub agreement: Option<Hex32>,
    /// Why it was refused: a code of the table of words.
    pub refused: Option<String>,
    /// When it was taken.
    pub taken_at: Timestamp,
}

/// A file in the watched folder that was refused. It is tried again when it changes, and from time to time where the
/// reason is not in the file.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RefusedView {
    /// Where it lies.
    pub file: String,
    /// Why: a code of the table of words.
    pub code: String,
    /// What its words are filled with.
    pub params: BTreeMap<String, String>,
    /// When it was looked at.
    pub at: Timestamp,
}

/// A card that came in a file.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardWaitingView {
    /// The key by which agreements would name its node.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// The name that it gives itself.
    pub name: String,
    /// The card, as `POST /api/v1/peers` takes it together with the fingerprint that was read aloud.
    pub card: String,
    /// When it came.
    pub came_at: Timestamp,
}

/// A round that waits for files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingView {
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// The peer.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// Its name.
    pub peer_name: String,
    /// The agreement.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// This node's part: `receiver` or `sender`.
    pub role: String,
    /// For what: `carrying` of its opening, an `answer`, a `receipt`, or only for this node (`concluding`).
    pub step: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, where it ends by itself.
    pub until: Option<Timestamp>,
    /// Whether half of that time is over.
    pub remind: bool,
}

/// How a peer is met.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarrierRequest {
    /// `line`; or `files`, of which `files_out` go to the peer only and `files_in` come from it only.
    pub carrier: PeerCarrier,
}

/// How the nodes of two agencies meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeerCarrier {
    /// One calls the other.
    Line,
    /// Files are carried both ways.
    Files,
    /// Files can go to the peer, and none comes back.
    FilesOut,
    /// Files can come from the peer, and none can go.
    FilesIn,
}

impl From<FileForm> for Form {
    fn from(form: FileForm) -> Self {
        match form {
            FileForm::Binary => Self::Binary,
            FileForm::Text => Self::Text,
        }
    }
}

impl From<PeerCarrier> for Carrier {
    fn from(carrier: PeerCarrier) -> Self {
        match carrier {
            PeerCarrier::Line => Self::Line,
            PeerCarrier::Files => Self::Files,
            PeerCarrier::FilesOut => Self::FilesOut,
            PeerCarrier::FilesIn => Self::FilesIn,
        }
    }
}

impl From<Carrier> for PeerCarrier {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Line => Self::Line,
            Carrier::Files => Self::Files,
            Carrier::FilesOut => Self::FilesOut,
            Carrier::FilesIn => Self::FilesIn,
        }
    }
}

impl From<SetOut> for SetOutView {
    fn from(set: SetOut) -> Self {
        Self {
            number: set_number(&Hex(set.set)),
            set: Hex(set.set),
            peer: Hex(set.peer),
            peer_name: set.peer_name,
            made_at: set.made_at,
            bytes: set.bytes,
            parts: set.parts,
            letters: set.letters.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LetterOut> for LetterOutView {
    fn from(letter: LetterOut) -> Self {
        Self {
            matter: letter.letter.matter.code().to_owned(),
            agreement: letter.letter.agreement.map(Hex),
            state: letter.state.code().to_owned(),
        }
    }
}

impl From<PartTaken> for PartView {
    fn from(taken: PartTaken) -> Self {
        Self {
            number: set_number(&Hex(taken.set)),
            set: Hex(taken.set),
            from: Hex(taken.from),
            from_name: taken.from_name,
            part: taken.part,
            parts: taken.parts,
            news: taken.news.code().to_owned(),
            missing: taken.missing,
        }
    }
}

impl From<Worked> for WorkedView {
    fn from(worked: Worked) -> Self {
        Self {
            sets: worked.sets,
            letters: worked.letters,
            made: worked.made,
        }
    }
}

impl From<FerryStatus> for FerryView {
    fn from(status: FerryStatus) -> Self {
        Self {
            due: status.due.into_iter().map(Into::into).collect(),
            out: status.out.into_iter().map(Into::into).collect(),
            coming: status.coming.into_iter().map(Into::into).collect(),
            refused: status.refused.into_iter().map(Into::into).collect(),
            cards: status.cards.into_iter().map(Into::into).collect(),
            waiting: status.waiting.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Due> for DueView {
    fn from(due: Due) -> Self {
        Self {
            peer: Hex(due.peer),
            peer_name: due.peer_name,
            matters: due
                .letters
                .iter()
                .map(|letter| letter.matter.code().to_owned())
                .collect(),
        }
    }
}

impl From<SetIn> for SetInView {
    fn from(set: SetIn) -> Self {
        Self {
            number: set_number(&Hex(set.set)),
            set: Hex(set.set),
            peer: Hex(set.peer),
            peer_name: set.peer_name,
            first_at: set.first_at,
            parts: set.parts,
            missing: set.missing,
            opened_at: set.opened_at,
            refused: set.refused,
            letters: set.letters.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LetterIn> for LetterInView {
    fn from(letter: LetterIn) -> Self {
        Self {
            matter: letter
                .letter
                .as_ref()
                .map(|letter| letter.matter.code().to_owned()),
            agreement: letter.letter.and_then(|letter| letter.agreement).map(Hex),
            refused: letter.refused,
            taken_at: letter.taken_at,
        }
    }
}

impl From<RefusedFile> for RefusedView {
    fn from(refused: RefusedFile) -> Self {
        Self {
            file: refused.path.display().to_string(),
            code: refused.code.to_owned(),
            params: strings(refused.params),
            at: refused.at,
        }
    }
}

impl From<CardWaiting> for CardWaitingView {
    fn from(card: CardWaiting) -> Self {
        Self {
            node_key: Hex(card.node_key),
            name: card.name,
            card: String::from_utf8_lossy(&card.card).into_owned(),
            came_at: card.came_at,
        }
    }
}

impl From<Waiting> for WaitingView {
    fn from(waiting: Waiting) -> Self {
        Self {
            round: Hex(waiting.round),
            peer: Hex(waiting.peer),
            peer_name: waiting.peer_name,
            agreement: Hex(waiting.agreement),
            role: waiting.role.code().to_owned(),
            step: waiting.step.code().to_owned(),
            since: waiting.since,
            until: waiting.until,
            remind: waiting.remind,
        }
    }
}
