//! How far a round has come, as everybody sees it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{Announced, Consent, Frozen, Gone, Head, Leg, LegNews, LegReceipt, RoundEnd, RoundFigures};
use crate::{Hex, Text, codes::codes};

codes! {
    /// How far a round has come.
    Stage {
        /// Members join, and freeze what they enter.
        Announced = "announced",
        /// Each member has frozen, declined or left: pairs can begin.
        Frozen = "frozen",
        /// Pairs run.
        Running = "running",
        /// Every leg has ended; members look at what they found, and report.
        InReview = "in_review",
        /// Every leg has ended, and all who took part have reported.
        Reported = "reported",
        /// It is over.
        Closed = "closed",
    }
}

codes! {
    /// Where a member stands in a round.
    PartyCode {
        /// It has not said anything yet.
        Asked = "asked",
        /// It takes part.
        Joined = "joined",
        /// It does not.
        Declined = "declined",
        /// What it enters is fixed.
        Frozen = "frozen",
        /// It was not there when pairs began.
        Absent = "absent",
        /// It was not there when pairs began, and has come since.
        Late = "late",
        /// It has told the office what the round came to.
        Reported = "reported",
        /// It left.
        Left = "left",
    }
}

codes! {
    /// In what the two parties of a leg contradict each other, or what they fixed before.
    Difference {
        /// They name two sessions, or one that another leg of the two came of.
        Session = "differs_session",
        /// They name other receipts.
        Receipt = "differs_receipt",
        /// They name other sizes.
        Sizes = "differs_sizes",
        /// The sizes are not those that were frozen.
        Frozen = "differs_frozen",
        /// The one has it that the leg ended well, the other that it failed.
        End = "differs_end",
    }
}

codes! {
    /// Why a leg was not run. Where both parties give reason, it is that of the first.
    NotRun {
        /// A party declined.
        Declined = "not_run_declined",
        /// A party said nothing.
        NotJoined = "not_run_not_joined",
        /// A party joined and did not freeze.
        NotFrozen = "not_run_not_frozen",
        /// A party left the conference.
        Left = "not_run_left",
        /// The time was over.
        TimeUp = "not_run_time_up",
        /// There was no round, because somebody was absent.
        NotHeld = "not_run_not_held",
        /// The office called the round off.
        CalledOff = "not_run_called_off",
    }
}

/// One round.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    /// What was announced.
    pub announced: Announced,
    /// The entry that announced it, by digest.
    pub announced_by: Hex<32>,
    /// When, by the office's clock.
    pub announced_at: Timestamp,
    /// Its parties, by node key: all who have part in an annex that runs.
    pub parties: BTreeMap<Hex<32>, PartyState>,
    /// Its legs.
    #[serde(serialize_with = "as_list")]
    pub legs: BTreeMap<Leg, LegRun>,
    /// When pairs could begin.
    pub begun: Option<Timestamp>,
    /// How it ended.
    pub closed: Option<Closing>,
    /// Its figures, where they were published.
    pub figures: Option<RoundFigures>,
}

/// The end of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closing {
    /// How.
    pub end: RoundEnd,
    /// When, by the office's clock.
    pub at: Timestamp,
    /// The head of the record with the entry that ended it.
    pub head: Head,
}

/// Where a member stands in a round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartyState {
    /// It takes part: with its signatures.
    pub joined: Option<Vec<Consent>>,
    /// It does not: why.
    pub declined: Option<Text<200>>,
    /// What it enters.
    pub frozen: Option<Frozen>,
    /// It was not there when pairs began.
    pub absent: bool,
    /// It has frozen since.
    pub late: bool,
    /// It left the conference: how.
    pub left: Option<Gone>,
    /// It has reported, and none of its legs has changed since.
    pub reported: bool,
    /// How many times it has reported.
    pub reports: u32,
}

/// A leg, and what its parties say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegRun {
    /// What it has come to.
    pub state: LegState,
    /// The node key of the party that learns.
    pub receiver: Hex<32>,
    /// The node key of the other party.
    pub sender: Hex<32>,
    /// Which run it is: 1, and one more with each re-run.
    pub run: u32,
    /// The entry by which it could run, by its place. News of who had not read that far are of another run.
    pub since: u64,
    /// What each party has said of this run.
    pub said: BTreeMap<Hex<32>, Said>,
    /// The entry that last changed its state, by its place.
    pub changed: u64,
    /// Who wrote that.
    pub changed_by: Hex<32>,
}

/// What one party has said of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// It has begun.
    pub began: bool,
    /// It has ended, and how: never [`LegNews::Began`].
    pub end: Option<LegNews>,
}

/// What a leg has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// Not begun.
    Waiting,
    /// Begun by one or both.
    Running,
    /// One party has its receipt; the other has not said anything yet.
    OneSided,
    /// Both have the same receipt, of the frozen sizes.
    Done(LegReceipt),
    /// They contradict each other, or what was frozen. Nothing is made of its findings.
    Differs(Difference),
    /// It failed, for the reason of this code.
    Failed(String),
    /// It was not run.
    NotRun(NotRun),
}

impl LegState {
    /// Every value of [`LegState::code`].
    pub const CODES: &[&str] = &[
        "waiting",
        "running",
        "one_sided",
        "done",
        "differs",
        "failed",
        "not_run",
    ];

    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            LegState::Waiting => "waiting",
            LegState::Running => "running",
            LegState::OneSided => "one_sided",
            LegState::Done(_) => "done",
            LegState::Differs(_) => "differs",
            LegState::Failed(_) => "failed",
            LegState::NotRun(_) => "not_run",
        }
    }

    /// The code of why there is no result, where it is certain that there is none.
    pub fn reason(&self) -> Option<&str> {
        match self {
            LegState::Differs(difference) => Some(difference.code()),
            LegState::Failed(code) => Some(code),
            LegState::NotRun(reason) => Some(reason.code()),
            LegState::Waiting | LegState::Running | LegState::OneSided | LegState::Done(_) => None,
        }
    }

    /// Whether nothing more comes of this run.
    pub fn has_ended(&self) -> bool {
        !matches!(self, LegState::Waiting | LegState::Running | LegState::OneSided)
    }
}

impl PartyState {
    /// Whether it takes part, with what it enters.
    pub fn is_there(&self) -> bool {
        self.missing().is_none()
    }

    /// Whether it has said whether it takes part, and fixed what it enters if so.
    pub fn has_answered(&self) -> bool {
        matches!(self.missing(), None | Some(NotRun::Declined | NotRun::Left))
    }

    /// Why it is not there.
    pub(super) fn missing(&self) -> Option<NotRun> {
        if self.left.is_some() {
            Some(NotRun::Left)
        } else if self.declined.is_some() {
            Some(NotRun::Declined)
        } else if self.joined.is_none() {
            Some(NotRun::NotJoined)
        } else if self.frozen.is_none() {
            Some(NotRun::NotFrozen)
        } else {
            None
        }
    }

    /// Where it stands.
    pub fn code(&self) -> PartyCode {
        match self.missing() {
            Some(NotRun::Left) => PartyCode::Left,
            Some(NotRun::Declined) => PartyCode::Declined,
            Some(_) if self.absent => PartyCode::Absent,
            Some(NotRun::NotJoined) => PartyCode::Asked,
            Some(_) => PartyCode::Joined,
            None if self.reported => PartyCode::Reported,
            None if self.late => PartyCode::Late,
            None => PartyCode::Frozen,
        }
    }
}

impl Round {
    /// How far it has come.
    pub fn stage(&self) -> Stage {
        let parties = || self.parties.values();
        if self.closed.is_some() {
            Stage::Closed
        } else if self.begun.is_some() {
            match (self.has_run(), self.all_reported()) {
                (false, _) => Stage::Running,
                (true, false) => Stage::InReview,
                (true, true) => Stage::Reported,
            }
        } else if parties().all(PartyState::has_answered) && parties().any(PartyState::is_there) {
            Stage::Frozen
        } else {
            Stage::Announced
        }
    }

    /// Whether every leg has ended.
    pub fn has_run(&self) -> bool {
        self.legs.values().all(|run| run.state.has_ended())
    }

    /// Whether all who are there have reported.
    pub fn all_reported(&self) -> bool {
        self.parties
            .values()
            .filter(|party| party.is_there())
            .all(|party| party.reported)
    }

    /// The legs in which a member has part.
    pub fn legs_of(&self, member: &Hex<32>) -> impl Iterator<Item = (&Leg, &LegRun)> {
        self.legs
            .iter()
            .filter(move |(_, run)| run.receiver == *member || run.sender == *member)
    }
}

fn as_list<S: Serializer>(legs: &BTreeMap<Leg, LegRun>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(legs)
}
