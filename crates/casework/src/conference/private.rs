//! What entries say to some only.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Change;
use crate::{AgencyRole, Fen, Hex, Month, RuleId, Text, codes::codes, note::Item};

/// What stands in an enclosure. Its bytes are a nonce of 16 bytes and its canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Private {
    /// Lines of the ledger, all between the same two agencies; at most 500.
    Items(Vec<Change>),
    /// What a member's round came to, for the office.
    Counts(Counts),
    /// One agency's measures for a referred person.
    Plan(Plan),
    /// What a consultation decided on these matters.
    Decided(Vec<Decision>),
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
    /// Which agency.
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
    /// What was decided, without the person.
    pub text: Text<300>,
    /// Who is to do it.
    pub by: Hex<32>,
    /// Until when.
    pub due: Option<Date>,
}
