//! Clues (线索): what a comparison shows of a person who may be left without help, and what the agency makes of it
//! inside. Nothing is said against anybody, so it takes none of the steps of [`crate::review`].
//!
//! ```text
//! of a lead:      认领 → 移交控告申诉检察部门 → 受理 / 不予受理
//! of an omission: 认领 → 核查: 告知申请 / 移送 / 无须救助
//! ```
//!
//! A lead is somebody on another agency's list of victims or of people in need. Whoever handles it may reject it before
//! handing it over. An omission is an own recipient of whom the other agency has no record. What was rejected, or found
//! to need nothing, may be reopened, by somebody else: nobody is forgotten on one person's word.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Error, FindingKind, Hex, Text,
    calendar::Deadline,
    codes::codes,
    history::Trail,
    transfer::{Awaited, Awaiting},
};

/// One act on a clue.
pub type ClueEvent = crate::Event<ClueAct>;

/// With what a clue begins: it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClueOpening {
    /// Its number in the ledger.
    pub number: Text<100>,
    /// The day of the match, in Beijing time.
    pub on: Date,
    /// What it is.
    pub kind: ClueKind,
    /// The round that found it.
    pub round: Hex<32>,
    /// The finding's number in it, from 1.
    pub finding: u64,
}

codes! {
    /// What a clue is.
    ClueKind {
        /// 救助线索: the person is on the other agency's list.
        Lead = "lead",
        /// 未见对应记录: an own recipient of whom the other agency has none.
        Omission = "omission",
    }
}

codes! {
    /// Why a lead is not followed.
    ClueReason {
        /// 已获救助
        AlreadyHelped = "already_helped",
        /// 不符合条件
        NotEligible = "not_eligible",
        /// 无生活困难
        NoHardship = "no_hardship",
        /// 本人放弃
        Declined = "declined",
        /// 迁出或死亡
        Gone = "gone",
        /// 其他
        Other = "other",
    }
}

/// What can be done about a clue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClueAct {
    /// 认领: whoever records it is in charge from now on; also in another's place who did not get on with it.
    Taken {},
    /// 移交控告申诉检察部门
    HandedOver {
        /// Who is in charge there from now on.
        to: Text<64>,
        /// Until when it is to be answered: a period that begins with the day of the act.
        due: Deadline,
    },
    /// 受理: an examination for judicial aid begins.
    Accepted {
        /// The number of its own case.
        case: Text<100>,
    },
    /// 不予受理
    Rejected {
        /// Why, in short.
        reason: ClueReason,
        /// What was looked at, and what it showed.
        text: Text<500>,
    },
    /// 核查: what an omission came to.
    Checked {
        /// The result.
        result: Checked,
        /// What was looked at, and what it showed.
        text: Text<500>,
    },
    /// 重新办理: whoever records it is in charge from now on.
    Reopened {
        /// Why.
        reason: Text<500>,
    },
}

/// What an omission came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Checked {
    /// 不符合对方条件
    NotEligible {},
    /// 已告知可以申请
    Informed {
        /// The notice's number in the ledger.
        notice: Text<100>,
    },
    /// 已移送
    Referred {
        /// The transfer's number in the ledger.
        transfer: Text<100>,
    },
    /// 已由他处救助
    HelpedElsewhere {},
    /// 本人放弃
    Declined {},
}

/// How far a clue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClueStage {
    /// 待认领
    Found,
    /// 已认领
    Taken,
    /// 已移交
    HandedOver,
    /// 已受理
    Accepted,
    /// 不予受理
    Rejected,
    /// 已核查: it led on, to a notice or a transfer.
    LedOn,
    /// 已核查: nothing is to be done.
    Settled,
}

/// One clue on its way.
#[derive(Clone, Debug)]
pub struct Clue {
    opening: ClueOpening,
    trail: Trail,
    stage: ClueStage,
    owner: Option<Text<64>>,
    due: Option<Deadline>,
    /// Who said that nothing is to be done.
    closed_by: Option<Text<64>>,
}

impl ClueKind {
    /// As what a finding of this kind is dealt with; none where it takes the steps of a review.
    pub fn of(kind: FindingKind) -> Option<ClueKind> {
        match kind {
            FindingKind::Lead => Some(ClueKind::Lead),
            FindingKind::NoCounterpart => Some(ClueKind::Omission),
            FindingKind::Duplicate
            | FindingKind::LookOnly
            | FindingKind::Local
            | FindingKind::ShouldEnd
            | FindingKind::Referral
            | FindingKind::NoFeedback => None,
        }
    }
}

impl Clue {
    /// A clue that nobody has begun with.
    pub fn new(opening: ClueOpening) -> Clue {
        Clue {
            trail: Trail::new(opening.on),
            opening,
            stage: ClueStage::Found,
            owner: None,
            due: None,
            closed_by: None,
        }
    }

    /// How far a clue is after these acts.
    ///
    /// # Errors
    /// Those of [`Clue::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        opening: ClueOpening,
        events: impl IntoIterator<Item = &'a ClueEvent>,
    ) -> Result<Clue, Error> {
        let mut clue = Clue::new(opening);
        for event in events {
            clue.record(event)?;
        }
        Ok(clue)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act that the way does not have here; [`Error::OtherClue`] for a lead that is checked
    /// or an omission that is handed over or rejected; [`Error::NotInCharge`] for a step by anybody but who is in
    /// charge; [`Error::SameRejecter`] for reopening by who closed it; [`Error::OutOfOrder`], [`Error::RecordOrder`],
    /// [`Error::TooManyActs`]; [`Error::Deadline`] for a period that no calendar gives.
    pub fn record(&mut self, event: &ClueEvent) -> Result<(), Error> {
        let stage = self.next(event)?;
        if let ClueAct::HandedOver { due, .. } = &event.act {
            due.must_begin_on(event.on)?;
        }
        self.trail = self.trail.follow(event)?;
        self.stage = stage;
        match &event.act {
            ClueAct::Taken {} | ClueAct::Reopened { .. } => self.owner = Some(event.by.clone()),
            ClueAct::HandedOver { to, due } => {
                self.owner = Some(to.clone());
                self.due = Some(*due);
            }
            ClueAct::Rejected { .. } | ClueAct::Checked { .. } => self.closed_by = Some(event.by.clone()),
            ClueAct::Accepted { .. } => {}
        }
        Ok(())
    }

    /// With what it began.
    pub fn opening(&self) -> &ClueOpening {
        &self.opening
    }

    /// How far it is.
    pub fn stage(&self) -> ClueStage {
        self.stage
    }

    /// Who is in charge.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_ref().map(Text::as_str)
    }

    /// The way, step by step; what is not listed is not allowed.
    fn next(&self, event: &ClueEvent) -> Result<ClueStage, Error> {
        let ClueEvent { by, act, .. } = event;
        self.must_be_its_kind(act)?;
        match (self.stage, act) {
            (ClueStage::Found, ClueAct::Taken {}) => Ok(ClueStage::Taken),
            (ClueStage::Taken, ClueAct::Taken {}) if !self.is_owner(by) => Ok(ClueStage::Taken),
            (ClueStage::Taken, ClueAct::HandedOver { .. }) => self.owned(by, ClueStage::HandedOver),
            (ClueStage::HandedOver, ClueAct::Accepted { .. }) => self.owned(by, ClueStage::Accepted),
            (ClueStage::Taken | ClueStage::HandedOver, ClueAct::Rejected { .. }) => {
                self.owned(by, ClueStage::Rejected)
            }
            (ClueStage::Taken, ClueAct::Checked { result, .. }) => match result {
                Checked::Informed { .. } | Checked::Referred { .. } => self.owned(by, ClueStage::LedOn),
                Checked::NotEligible {} | Checked::HelpedElsewhere {} | Checked::Declined {} => {
                    self.owned(by, ClueStage::Settled)
                }
            },
            (ClueStage::Rejected | ClueStage::Settled, ClueAct::Reopened { .. }) => {
                if self
                    .closed_by
                    .as_ref()
                    .is_some_and(|closed| closed.is_same_person(by))
                {
                    return Err(Error::SameRejecter);
                }
                Ok(ClueStage::Taken)
            }
            _ => Err(Error::OutOfTurn {
                act: act.code(),
                stage: self.stage.code(),
            }),
        }
    }

    fn must_be_its_kind(&self, act: &ClueAct) -> Result<(), Error> {
        let fits = match act {
            ClueAct::Taken {} | ClueAct::Reopened { .. } => true,
            ClueAct::HandedOver { .. } | ClueAct::Accepted { .. } | ClueAct::Rejected { .. } => {
                self.opening.kind == ClueKind::Lead
            }
            ClueAct::Checked { .. } => self.opening.kind == ClueKind::Omission,
        };
        if fits { Ok(()) } else { Err(Error::OtherClue) }
    }

    fn owned(&self, by: &Text<64>, next: ClueStage) -> Result<ClueStage, Error> {
        if self.is_owner(by) {
            Ok(next)
        } else {
            Err(Error::NotInCharge)
        }
    }

    fn is_owner(&self, by: &Text<64>) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.is_same_person(by))
    }
}

impl Awaiting for Clue {
    fn number(&self) -> &str {
        self.opening.number.as_str()
    }

    fn awaited(&self) -> Vec<(Awaited, Date)> {
        let due = self.due.filter(|_| self.stage == ClueStage::HandedOver);
        due.map(|due| (Awaited::Answer, due.until()))
            .into_iter()
            .collect()
    }
}

impl ClueAct {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ClueAct::Taken {} => "clue_taken",
            ClueAct::HandedOver { .. } => "clue_handed_over",
            ClueAct::Accepted { .. } => "clue_accepted",
            ClueAct::Rejected { .. } => "clue_rejected",
            ClueAct::Checked { .. } => "clue_checked",
            ClueAct::Reopened { .. } => "clue_reopened",
        }
    }
}

impl Checked {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Checked::NotEligible {} => "checked_not_eligible",
            Checked::Informed { .. } => "checked_informed",
            Checked::Referred { .. } => "checked_referred",
            Checked::HelpedElsewhere {} => "checked_helped_elsewhere",
            Checked::Declined {} => "checked_declined",
        }
    }
}

impl ClueStage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            ClueStage::Found => "clue_stage_found",
            ClueStage::Taken => "clue_stage_taken",
            ClueStage::HandedOver => "clue_stage_handed_over",
            ClueStage::Accepted => "clue_stage_accepted",
            ClueStage::Rejected => "clue_stage_rejected",
            ClueStage::LedOn => "clue_stage_led_on",
            ClueStage::Settled => "clue_stage_settled",
        }
    }
}
