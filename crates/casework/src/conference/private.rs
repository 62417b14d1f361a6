//! What entries say to some only.

use hefu_identity::bears_number;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Change;
use crate::{
    AgencyRole, Agreement, Error, Fen, Hex, Month, RuleId, Text, canonical, codes::codes, note::Item,
    rule::sha256,
};

/// The largest private part, in bytes: sealed to three, it goes in one paper with its entry.
pub const MAX_PRIVATE_BYTES: usize = 288 << 10;
/// How many lines one entry can bring.
pub const MAX_CHANGES: usize = 250;

/// How many cells a member's counts can have. An announcement by which a member could come to more is not taken.
pub(super) const MAX_CELLS: usize = 560;
/// The most money of one cell, 10,000,000,000 yuan: sums of 16 members' 560 cells are exact in all programs.
const MAX_CELL: Fen = Fen(1_000_000_000_000);

const COMMITMENT: &[u8] = b"hefu/3 conference enclosure\0";
const NONCE_BYTES: usize = 16;

/// What stands in an enclosure. Its bytes are a nonce of 16 bytes and its canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Private {
    /// Lines of the ledger, all between the same two agencies, none twice; at most [`MAX_CHANGES`].
    Items(Vec<Change>),
    /// What a member's round came to, for the office.
    Counts(Counts),
    /// One agency's measures for a referred person.
    Plan(Plan),
    /// What a consultation decided on these matters, all between the same two agencies.
    Decided(Vec<Decision>),
}

impl Private {
    /// What is sealed: the nonce, fresh for each entry, and canonical JSON.
    pub fn to_bytes(&self, nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
        [nonce.as_slice(), &canonical::to_vec(self)].concat()
    }

    /// Reads what [`Private::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::DocumentTooLarge`] beyond [`MAX_PRIVATE_BYTES`]; as [`canonical::from_slice`].
    pub fn parse(bytes: &[u8]) -> Result<Private, Error> {
        if bytes.len() > MAX_PRIVATE_BYTES {
            return Err(Error::DocumentTooLarge {
                bytes: bytes.len(),
                max: MAX_PRIVATE_BYTES,
            });
        }
        let (_, document) = bytes
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(Error::Document { line: 0, column: 0 })?;
        canonical::from_slice(document)
    }

    /// Whether all for whom it is can read it: it is not too large, and programs hold its numbers exactly.
    pub(super) fn readable(&self) -> bool {
        canonical::exact(self).is_some_and(|document| NONCE_BYTES + document.len() <= MAX_PRIVATE_BYTES)
    }

    /// Whether a text in it has in it what reads as the number of a person's document.
    pub(super) fn bears_number(&self) -> bool {
        match self {
            Private::Items(lines) => lines
                .iter()
                .filter_map(|line| line.letter.as_ref())
                .any(|letter| bears_number(letter.as_str())),
            Private::Counts(_) => false,
            Private::Plan(plan) => bears_number(plan.measure.as_str()),
            Private::Decided(decisions) => decisions
                .iter()
                .any(|decision| bears_number(decision.text.as_str())),
        }
    }

    /// What the record has of these bytes: SHA-256 over a label and them. Without the nonce it can't be guessed at.
    pub fn commitment(bytes: &[u8]) -> Hex<32> {
        Hex(sha256(&[COMMITMENT, bytes].concat()))
    }
}

/// What a round came to for one member, of the legs in which it learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The round.
    pub round: u32,
    /// Findings, each counted once.
    pub cells: Vec<Cell>,
}

impl Counts {
    /// How many cells there can be of a leg under this agreement: of each rule for each month and for none, of key
    /// groups and others, public and withheld.
    pub(super) fn most_cells(agreement: &Agreement) -> usize {
        let months = agreement.selection.months.iter().take(MAX_CELLS).count();
        let of_each = 2 * 2 * (months + 1);
        agreement.rules.len().max(1).saturating_mul(of_each)
    }
}

impl Cell {
    /// No more has become of findings than there are, and amounts are amounts.
    pub(super) fn holds(&self) -> bool {
        let Settled {
            verified,
            verified_fen,
            stopped,
            stopped_fen,
            recovered,
            recovered_fen,
            corrected,
            corrected_fen,
        } = self.settled;
        let amounts = [
            self.to_verify,
            verified_fen,
            stopped_fen,
            recovered_fen,
            corrected_fen,
        ];
        // Only what was verified is decided, and only what was decided is corrected.
        let decided = stopped.checked_add(recovered);
        self.findings > 0
            && verified <= self.findings
            && decided.is_some_and(|decided| decided <= verified)
            && corrected <= verified
            && amounts.iter().all(|amount| (Fen(0)..=MAX_CELL).contains(amount))
    }
}

/// Findings of one leg that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The annex.
    pub annex: Hex<32>,
    /// The other agency.
    pub other: Hex<32>,
    /// The rule, where there is one.
    pub rule: Option<RuleId>,
    /// The first of their months, where they have one.
    pub month: Option<Month>,
    /// Whether they are of key groups (重点群体): minors, disabled people.
    pub key_group: bool,
    /// Whether they are of people of whom nothing is published: minors, victims.
    pub withheld: bool,
    /// How many.
    pub findings: u64,
    /// 待核实金额
    pub to_verify: Fen,
    /// What has become of them so far.
    pub settled: Settled,
}

/// What has become of findings: exact, as agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Verified, whatever came of it.
    pub verified: u64,
    /// The amounts of those.
    pub verified_fen: Fen,
    /// Stopped.
    pub stopped: u64,
    /// What is not paid any more, a month.
    pub stopped_fen: Fen,
    /// Recovered.
    pub recovered: u64,
    /// What was taken back.
    pub recovered_fen: Fen,
    /// Corrected.
    pub corrected: u64,
    /// The amounts of those.
    pub corrected_fen: Fen,
}

/// One agency's measures in the assistance plan (帮扶方案) of a referred person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The referral's line in the ledger.
    pub item: Item,
    /// The agency that referred the person, by node key: it alone brings others in.
    pub from: Hex<32>,
    /// The agency that it referred the person to.
    pub to: Hex<32>,
    /// Which agency does it: one of these, or one that was brought in.
    pub agency: Hex<32>,
    /// Of which kind it is.
    pub role: AgencyRole,
    /// What it does, in the terms of its trade and without the person.
    pub measure: Text<60>,
    /// When.
    pub on: Date,
    /// How far that has come.
    pub state: MeasureState,
}

codes! {
    /// How far a measure has come.
    MeasureState {
        /// 拟办
        Planned = "planned",
        /// 办理中
        UnderWay = "under_way",
        /// 已落实
        Done = "done",
        /// 不予办理
        Refused = "refused",
    }
}

/// What a consultation decided on one matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The matter's line in the ledger.
    pub item: Item,
    /// The agency that owns it, by node key.
    pub from: Hex<32>,
    /// What was decided, without the person.
    pub text: Text<300>,
    /// Who is to do it.
    pub by: Hex<32>,
    /// Until when.
    pub due: Option<Date>,
}
