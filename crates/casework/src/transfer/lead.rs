//! 移送线索: an agency of social assistance passes on to a procuratorate what it has seen of somebody in need because of
//! a crime or a wrong. It is no application; the procuratorate looks into it by itself.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Awaited, Awaiting, Office};
use crate::{Error, Event, Text, calendar::Deadline, history::Trail};

/// With what it begins: the letter went to the procuratorate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadOpening {
    /// Its number in the ledger.
    pub number: Text<100>,
    /// The day of sending.
    pub on: Date,
    /// The agency that sends.
    pub from: Office,
    /// The procuratorate.
    pub to: Office,
    /// The number of the letter.
    pub letter: Text<100>,
    /// Until when it is to be acknowledged: a period that begins with that day.
    pub due: Deadline,
}

/// What can be done about it. Where something is due after it, the deadline begins with the day of the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LeadAct {
    /// 签收
    Acknowledged {
        /// Until when it is to be looked into.
        due: Deadline,
    },
    /// 采纳: the procuratorate takes it up.
    TakenUp {
        /// Until when it is to feed back.
        due: Deadline,
    },
    /// 不予采纳
    Rejected {
        /// Why.
        reason: Text<500>,
        /// Until when it is to feed back.
        due: Deadline,
    },
    /// 反馈: the last act.
    FedBack {
        /// The number of the letter.
        document: Text<100>,
        /// What came of it.
        result: Text<500>,
    },
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeadStage {
    /// 已移送
    Sent,
    /// 已签收
    Acknowledged,
    /// 已采纳
    TakenUp,
    /// 不予采纳
    Rejected,
    /// 已反馈
    FedBack,
}

/// One lead on its way.
#[derive(Clone, Debug)]
pub struct Lead {
    opening: LeadOpening,
    trail: Trail,
    stage: LeadStage,
    due: Option<Deadline>,
}

impl Lead {
    /// # Errors
    /// [`Error::Deadline`] for a period that no calendar gives.
    pub fn new(opening: LeadOpening) -> Result<Lead, Error> {
        opening.due.must_begin_on(opening.on)?;
        Ok(Lead {
            trail: Trail::new(opening.on),
            due: Some(opening.due),
            opening,
            stage: LeadStage::Sent,
        })
    }

    /// How far it is after these acts.
    ///
    /// # Errors
    /// Those of [`Lead::new`], and of [`Lead::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        opening: LeadOpening,
        events: impl IntoIterator<Item = &'a Event<LeadAct>>,
    ) -> Result<Lead, Error> {
        let mut lead = Lead::new(opening)?;
        for event in events {
            lead.record(event)?;
        }
        Ok(lead)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act that the way does not have here; [`Error::OutOfOrder`],
    /// [`Error::RecordOrder`], [`Error::TooManyActs`]; [`Error::Deadline`] for a period that no calendar gives.
    pub fn record(&mut self, event: &Event<LeadAct>) -> Result<(), Error> {
        let (stage, due) = match (self.stage, &event.act) {
            (LeadStage::Sent, LeadAct::Acknowledged { due }) => (LeadStage::Acknowledged, Some(*due)),
            (LeadStage::Acknowledged, LeadAct::TakenUp { due }) => (LeadStage::TakenUp, Some(*due)),
            (LeadStage::Acknowledged, LeadAct::Rejected { due, .. }) => (LeadStage::Rejected, Some(*due)),
            (LeadStage::TakenUp | LeadStage::Rejected, LeadAct::FedBack { .. }) => (LeadStage::FedBack, None),
            (stage, act) => {
                return Err(Error::OutOfTurn {
                    act: act.code(),
                    stage: stage.code(),
                });
            }
        };
        if let Some(due) = due {
            due.must_begin_on(event.on)?;
        }
        self.trail = self.trail.follow(event)?;
        (self.stage, self.due) = (stage, due);
        Ok(())
    }

    /// With what it began.
    pub fn opening(&self) -> &LeadOpening {
        &self.opening
    }

    /// How far it is.
    pub fn stage(&self) -> LeadStage {
        self.stage
    }
}

impl Awaiting for Lead {
    fn number(&self) -> &str {
        self.opening.number.as_str()
    }

    fn awaited(&self) -> Vec<(Awaited, Date)> {
        let next = match self.stage {
            LeadStage::Sent => Some(Awaited::Acknowledgement),
            LeadStage::Acknowledged => Some(Awaited::Answer),
            LeadStage::TakenUp | LeadStage::Rejected => Some(Awaited::Feedback),
            LeadStage::FedBack => None,
        };
        next.zip(self.due.map(|due| due.until())).into_iter().collect()
    }
}

impl LeadAct {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            LeadAct::Acknowledged { .. } => "lead_acknowledged",
            LeadAct::TakenUp { .. } => "lead_taken_up",
            LeadAct::Rejected { .. } => "lead_rejected",
            LeadAct::FedBack { .. } => "lead_fed_back",
        }
    }
}

impl LeadStage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            LeadStage::Sent => "lead_stage_sent",
            LeadStage::Acknowledged => "lead_stage_acknowledged",
            LeadStage::TakenUp => "lead_stage_taken_up",
            LeadStage::Rejected => "lead_stage_rejected",
            LeadStage::FedBack => "lead_stage_fed_back",
        }
    }
}
