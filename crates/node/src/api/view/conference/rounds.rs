//! Rounds of a conference.

use std::collections::BTreeMap;

use hefu_casework::conference::{Leg, RoundEnd};
use hefu_casework::{Month, MonthRange, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::view::{Hex32, strings};
use crate::conference::{Announcement, Board, BoardLeg, BoardParty, ToDo, Where};
use crate::{Error, Result};

/// A round, as every party shows it that has read the record as far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardView {
    /// The conference.
    #[schema(value_type = String)]
    pub conference: Hex32,
    /// How many entries of the record were read.
    pub entries: u64,
    /// The chained hash over them.
    #[schema(value_type = String)]
    pub hash: Hex32,
    /// The round's number.
    pub round: u32,
    /// How far it is.
    pub stage: String,
    /// How it ended.
    pub end: Option<String>,
    /// The first month of which records are entered.
    pub from: String,
    /// The last of those months.
    pub until: String,
    /// Until when members freeze what they enter.
    pub freeze_by: Timestamp,
    /// Until when pairs may run.
    pub run_until: Timestamp,
    /// Until when findings are in review.
    #[schema(value_type = String)]
    pub review_until: Date,
    /// The members, by name.
    pub parties: Vec<BoardPartyView>,
    /// The legs, by annex, and then by who learns.
    pub legs: Vec<BoardLegView>,
}

/// A member in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardPartyView {
    /// Its name.
    pub name: String,
    /// Its node key.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// How far it is.
    pub state: String,
    /// Why it does not take part, in its own words.
    pub reason: Option<String>,
    /// Whether it has joined; who is absent may have, without freezing in time.
    #[serde(default)]
    pub joined: bool,
    /// Whether it froze after the round had begun.
    pub late: bool,
}

/// A leg of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardLegView {
    /// The annex's code in the framework.
    pub annex: String,
    /// The annex's digest.
    #[schema(value_type = String)]
    pub annex_digest: Hex32,
    /// The index of who learns.
    pub receiver: u8,
    /// Who learns.
    pub to: String,
    /// Of whom.
    pub from: String,
    /// How far it is.
    pub state: String,
    /// Why it is not done: a code.
    pub reason: Option<String>,
    /// Which run it is, from 1.
    pub run: u32,
    /// What the receiver has frozen for it, in elements.
    pub receiver_frozen: Option<u64>,
    /// What the sender has frozen for it, in elements.
    pub sender_frozen: Option<u64>,
    /// The digest of what both have signed, once it is done.
    #[schema(value_type = Option<String>)]
    pub receipt: Option<Hex32>,
}

/// What was said of a round.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoundSaid {
    /// The round.
    pub round: u32,
    /// The entry, by digest.
    #[schema(value_type = String)]
    pub entry: Hex32,
    /// Its place on the record; none as long as it is on its way.
    pub place: Option<u64>,
}

/// A round that is to be. What is left out follows from the schedule.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnnounceRequest {
    /// The first month of which records are entered, such as `2026-07`; together with `until`, or not at all.
    pub from: Option<String>,
    /// The last of those months.
    pub until: Option<String>,
    /// Which annexes run; otherwise all whose two parties have signed the framework.
    #[schema(value_type = Option<Vec<String>>)]
    pub annexes: Option<Vec<Hex32>>,
    /// Until when members freeze what they enter.
    pub freeze_by: Option<Timestamp>,
    /// Until when pairs may run.
    pub run_until: Option<Timestamp>,
    /// Until when findings are in review.
    #[schema(value_type = Option<String>)]
    pub review_until: Option<Date>,
}

/// Why, in words that all are shown: without a person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundReason {
    /// Up to 200 characters.
    pub reason: String,
}

/// A leg that is to run once more.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RerunRequest {
    /// The annex's digest.
    #[schema(value_type = String)]
    pub annex: Hex32,
    /// The index of who learns.
    pub receiver: u8,
    /// Why, in up to 200 characters.
    pub reason: String,
}

/// The end of a round.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// `completed`, `not_held` or `called_off`.
    pub end: String,
}

/// Who leaves.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveRequest {
    /// The member's node key; this node itself where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub member: Option<Hex32>,
    /// Why, in up to 200 characters.
    pub reason: String,
}

/// Where a conference stands, and what this node has to do in it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConferenceStanding {
    /// The conference.
    #[schema(value_type = String)]
    pub conference: Hex32,
    /// Its name.
    pub name: String,
    /// How many entries of the record were read.
    pub entries: u64,
    /// The framework that is in force today, or the last that was drafted.
    pub framework: Option<FrameworkStanding>,
    /// The number of the last round.
    pub round: Option<u32>,
    /// How far that is.
    pub stage: Option<String>,
    /// What this node has to do.
    pub to_do: Vec<ToDoView>,
}

/// Where a framework stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FrameworkStanding {
    /// Its digest.
    #[schema(value_type = String)]
    pub digest: Hex32,
    /// Its number in the office's files.
    pub number: String,
    /// Its edition.
    pub edition: u32,
    /// Whether it is in force today.
    pub in_force: bool,
    /// Who has signed, by name.
    pub signed: Vec<String>,
    /// Who has refused, by name.
    pub refused: Vec<String>,
    /// Who has said nothing, by name.
    pub awaited: Vec<String>,
}

/// Something that this node has to do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ToDoView {
    /// What: a code of the table of words.
    pub code: String,
    /// Of which round.
    pub round: Option<u32>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Why it can't be done as it is: a code.
    pub hindrance: Option<String>,
    /// What that one's words are filled with.
    pub hindrance_params: BTreeMap<String, String>,
}

impl From<Board> for BoardView {
    fn from(board: Board) -> Self {
        Self {
            conference: board.conference,
            entries: board.head.seq,
            hash: board.head.hash,
            round: board.round,
            stage: board.stage.to_owned(),
            end: board.end.map(str::to_owned),
            from: board.months.from.to_string(),
            until: board
                .months
                .iter()
                .last()
                .unwrap_or(board.months.from)
                .to_string(),
            freeze_by: board.freeze_by,
            run_until: board.run_until,
            review_until: board.review_until,
            parties: board.parties.into_iter().map(BoardPartyView::from).collect(),
            legs: board.legs.into_iter().map(BoardLegView::from).collect(),
        }
    }
}

impl From<BoardParty> for BoardPartyView {
    fn from(party: BoardParty) -> Self {
        Self {
            name: party.name,
            node_key: party.node_key,
            state: party.state.to_owned(),
            reason: party.reason,
            joined: party.joined,
            late: party.late,
        }
    }
}

impl From<BoardLeg> for BoardLegView {
    fn from(leg: BoardLeg) -> Self {
        Self {
            annex: leg.annex,
            annex_digest: leg.annex_digest,
            receiver: leg.receiver,
            to: leg.to,
            from: leg.from,
            state: leg.state.to_owned(),
            reason: leg.reason,
            run: leg.run,
            receiver_frozen: leg.receiver_frozen,
            sender_frozen: leg.sender_frozen,
            receipt: leg.receipt,
        }
    }
}

impl From<Where> for ConferenceStanding {
    fn from(at: Where) -> Self {
        Self {
            conference: at.conference,
            name: at.name,
            entries: at.head.seq,
            framework: at.framework.map(|framework| FrameworkStanding {
                digest: framework.digest,
                number: framework.number,
                edition: framework.edition,
                in_force: framework.in_force,
                signed: framework.signed,
                refused: framework.refused,
                awaited: framework.awaited,
            }),
            round: at.round.map(|(number, _)| number),
            stage: at.round.map(|(_, stage)| stage.to_owned()),
            to_do: at.to_do.into_iter().map(ToDoView::from).collect(),
        }
    }
}

impl From<ToDo> for ToDoView {
    fn from(to_do: ToDo) -> Self {
        let (hindrance, params) = to_do.hindrance.unzip();
        Self {
            code: to_do.what.code().to_owned(),
            round: to_do.round,
            until: to_do.until,
            hindrance: hindrance.map(str::to_owned),
            hindrance_params: strings(params.unwrap_or_default()),
        }
    }
}

impl AnnounceRequest {
    pub(crate) fn announcement(self) -> Result<Announcement> {
        let months = match (self.from, self.until) {
            (Some(from), Some(until)) => Some(MonthRange {
                from: from.parse::<Month>()?,
                to: until.parse::<Month>()?.next(),
            }),
            (None, None) => None,
            _ => return Err(hefu_casework::Error::Months { max: 12 }.into()),
        };
        Ok(Announcement {
            months,
            annexes: self.annexes,
            freeze_by: self.freeze_by,
            run_until: self.run_until,
            review_until: self.review_until,
        })
    }
}

impl RoundReason {
    pub(crate) fn text(self) -> Result<Text<200>> {
        Ok(Text::new(self.reason)?)
    }
}

impl RerunRequest {
    pub(crate) fn leg(&self) -> Leg {
        Leg {
            annex: self.annex,
            receiver: self.receiver,
        }
    }
}

impl CloseRequest {
    pub(crate) fn round_end(&self) -> Result<RoundEnd> {
        RoundEnd::from_code(&self.end).ok_or_else(|| Error::Missing {
            what: "round_end",
            name: self.end.clone(),
        })
    }
}
