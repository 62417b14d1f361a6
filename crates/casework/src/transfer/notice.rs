//! 告知申请: an agency of social assistance tells a person that they may apply for judicial aid. Whether they do is
//! theirs to say, so nothing of the person goes to the procuratorate with it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Awaited, Awaiting, Office};
use crate::{Error, Event, Text, calendar::Deadline, history::Trail};

/// With what it begins: the person was informed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeOpening {
    /// Its number in the ledger.
    pub number: Text<100>,
    /// The day on which the person was informed.
    pub on: Date,
    /// The agency that informed.
    pub from: Office,
    /// Where the person may apply.
    pub to: Office,
    /// Until when the agency is to ask whether the person applied: a period that begins with that day.
    pub due: Deadline,
}

/// What can come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NoticeAct {
    /// 已申请
    Applied {
        /// The number of the application or of its receipt.
        document: Text<100>,
    },
    /// 未申请
    NotApplied {
        /// Why not, as far as the person says.
        reason: Text<500>,
    },
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeStage {
    /// 已告知
    Informed,
    /// 已申请
    Applied,
    /// 未申请
    NotApplied,
}

/// One person who was told that they may apply.
#[derive(Clone, Debug)]
pub struct Notice {
    opening: NoticeOpening,
    trail: Trail,
    stage: NoticeStage,
}

impl Notice {
    /// # Errors
    /// [`Error::Deadline`] for a period that no calendar gives.
    pub fn new(opening: NoticeOpening) -> Result<Notice, Error> {
        opening.due.must_begin_on(opening.on)?;
        Ok(Notice {
            trail: Trail::new(opening.on),
            opening,
            stage: NoticeStage::Informed,
        })
    }

    /// How far it is after these acts.
    ///
    /// # Errors
    /// Those of [`Notice::new`], and of [`Notice::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        opening: NoticeOpening,
        events: impl IntoIterator<Item = &'a Event<NoticeAct>>,
    ) -> Result<Notice, Error> {
        let mut notice = Notice::new(opening)?;
        for event in events {
            notice.record(event)?;
        }
        Ok(notice)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] once it is known whether the person applied; [`Error::OutOfOrder`],
    /// [`Error::RecordOrder`], [`Error::TooManyActs`].
    pub fn record(&mut self, event: &Event<NoticeAct>) -> Result<(), Error> {
        let stage = match (self.stage, &event.act) {
            (NoticeStage::Informed, NoticeAct::Applied { .. }) => NoticeStage::Applied,
            (NoticeStage::Informed, NoticeAct::NotApplied { .. }) => NoticeStage::NotApplied,
            (stage, act) => {
                return Err(Error::OutOfTurn {
                    act: act.code(),
                    stage: stage.code(),
                });
            }
        };
        self.trail = self.trail.follow(event)?;
        self.stage = stage;
        Ok(())
    }

    /// With what it began.
    pub fn opening(&self) -> &NoticeOpening {
        &self.opening
    }

    /// How far it is.
    pub fn stage(&self) -> NoticeStage {
        self.stage
    }
}

impl Awaiting for Notice {
    fn number(&self) -> &str {
        self.opening.number.as_str()
    }

    fn awaited(&self) -> Vec<(Awaited, Date)> {
        match self.stage {
            NoticeStage::Informed => vec![(Awaited::Application, self.opening.due.until())],
            NoticeStage::Applied | NoticeStage::NotApplied => vec![],
        }
    }
}

impl NoticeAct {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            NoticeAct::Applied { .. } => "notice_applied",
            NoticeAct::NotApplied { .. } => "notice_not_applied",
        }
    }
}

impl NoticeStage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            NoticeStage::Informed => "notice_stage_informed",
            NoticeStage::Applied => "notice_stage_applied",
            NoticeStage::NotApplied => "notice_stage_not_applied",
        }
    }
}
