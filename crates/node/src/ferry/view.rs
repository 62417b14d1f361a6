//! What a node says of its letters and sets.

use std::path::PathBuf;

use hefu_link::ferry::Form;
use hefu_store::{Matter, Role};
use jiff::Timestamp;

/// One file, to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFile {
    /// What to call it. Nobody trusts it.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTaken {
    /// The set it is a part of.
    pub set: [u8; 16],
    /// The sender's node key.
    pub from: [u8; 32],
    /// The sender's name.
    pub from_name: String,
    /// Which part it is, from 1.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
    /// What it brought.
    pub news: PartNews,
    /// Parts that lack still.
    pub missing: Vec<u32>,
}

/// What a file brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartNews {
    /// A part that was not here.
    New,
    /// Nothing: it was taken before.
    Already,
    /// The last part that lacked.
    Complete,
    /// A card, kept until somebody has compared its fingerprint.
    Card,
}

impl PartNews {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Already => "already",
            Self::Complete => "complete",
            Self::Card => "card",
        }
    }
}

/// What was done at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    /// Sets that were worked through.
    pub sets: usize,
    /// Letters in them that were not known, refused ones too.
    pub letters: usize,
    /// Letters that were made.
    pub made: usize,
}

/// What stands in a letter's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterFacts {
    /// Its id.
    pub id: [u8; 16],
    /// What it is about.
    pub matter: Matter,
    /// The digest of the agreement it is under, where it names one.
    pub agreement: Option<[u8; 32]>,
    /// The session's call, or the agreement's digest.
    pub about: Option<[u8; 32]>,
}

/// What an approval slip says of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetFacts {
    /// The set.
    pub set: [u8; 16],
    /// The sender's node key.
    pub from: [u8; 32],
    /// The recipient's; none for a card.
    pub to: Option<[u8; 32]>,
    /// Sealed bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
    /// Into how many files it is cut; of a set that came, by the cut that came first.
    pub parts: u32,
    /// The names of the first file and the last.
    pub names: [String; 2],
    /// Its letters, in order.
    pub letters: Vec<LetterFacts>,
    /// Whether this node made it.
    pub out: bool,
}

/// A set that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOut {
    /// The set.
    pub set: [u8; 16],
    /// To whom.
    pub peer: [u8; 32],
    /// By what name; empty once the card is gone.
    pub peer_name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Sealed bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
    /// The form of its files.
    pub form: Form,
    /// The largest of them.
    pub max_file_bytes: u64,
    /// How many they are.
    pub parts: u32,
    /// Its letters, in order.
    pub letters: Vec<LetterOut>,
}

/// A letter of a set that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterOut {
    /// The letter.
    pub letter: LetterFacts,
    /// Whether it has come.
    pub state: LetterState,
}

/// How far a letter has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterState {
    /// It is on its way, or lost.
    Sent,
    /// The peer has said that it has it.
    Acknowledged,
    /// It need not come any more.
    Overtaken,
}

impl LetterState {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Overtaken => "overtaken",
        }
    }
}

/// A set of which something came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetIn {
    /// The set.
    pub set: [u8; 16],
    /// From whom.
    pub peer: [u8; 32],
    /// By what name; empty once the card is gone.
    pub peer_name: String,
    /// When its first file came.
    pub first_at: Timestamp,
    /// Sealed bytes in all.
    pub bytes: u64,
    /// Into how many files it is cut.
    pub parts: u32,
    /// Files that lack; of a set that is cut in two ways, those of the way that lacks least.
    pub missing: Vec<u32>,
    /// When it was worked through.
    pub opened_at: Option<Timestamp>,
    /// The code of why it was not opened, though it was whole.
    pub refused: Option<String>,
    /// Its letters, in order, once it was worked through; those too that had come before.
    pub letters: Vec<LetterIn>,
}

/// A letter that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterIn {
    /// Its header; none where that can't be read.
    pub letter: Option<LetterFacts>,
    /// The code of why it was refused.
    pub refused: Option<String>,
    /// When it was taken.
    pub taken_at: Timestamp,
}

/// A file in the inbox that was not taken. It is tried again when it changes, and from time to time where the reason is not
/// in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Why, as a code of the table of words.
    pub code: &'static str,
    /// The parameters of its words.
    pub params: Vec<(&'static str, String)>,
    /// When it was tried.
    pub at: Timestamp,
}

/// A card that came as a file. Adding it as a peer, once its fingerprint is compared, takes it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardWaiting {
    /// The node key on it.
    pub node_key: [u8; 32],
    /// The name on it.
    pub name: String,
    /// To be read aloud.
    pub fingerprint: String,
    /// The card.
    pub card: Vec<u8>,
    /// When it came.
    pub came_at: Timestamp,
}

/// Letters to a peer that were never in a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// To whom.
    pub peer: [u8; 32],
    /// By what name.
    pub peer_name: String,
    /// The letters, in order.
    pub letters: Vec<LetterFacts>,
}

/// A session by files that waits for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitStep {
    /// Its opening is not in a set yet.
    Carrying,
    /// The sender's answer has not come.
    Answer,
    /// The receiver's receipt has not come.
    Receipt,
    /// The answer has come and is signed for: its result is being looked at.
    Concluding,
}

impl WaitStep {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Carrying => "carrying",
            Self::Answer => "answer",
            Self::Receipt => "receipt",
            Self::Concluding => "concluding",
        }
    }
}

/// A session that waits, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its round.
    pub round: [u8; 32],
    /// With whom.
    pub peer: [u8; 32],
    /// By what name; empty once the card is gone.
    pub peer_name: String,
    /// Under which agreement.
    pub agreement: [u8; 32],
    /// This node's part.
    pub role: Role,
    /// What for.
    pub step: WaitStep,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none where it waits however long it takes.
    pub until: Option<Timestamp>,
    /// Whether somebody should ask after it: half of its time is over.
    pub remind: bool,
}

/// All that goes by files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FerryStatus {
    /// Sets that were made, the newest first.
    pub out: Vec<SetOut>,
    /// Letters that no set has yet.
    pub due: Vec<Due>,
    /// Sets of which something came, the newest first.
    pub coming: Vec<SetIn>,
    /// Files of the inbox that were refused.
    pub refused: Vec<RefusedFile>,
    /// Cards that wait for their fingerprints.
    pub cards: Vec<CardWaiting>,
    /// Sessions that wait.
    pub waiting: Vec<Waiting>,
}
