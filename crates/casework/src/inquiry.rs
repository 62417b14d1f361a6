//! 协查: one agency asks the other about one person, in whose payments both have part.
//!
//! ```text
//! asks      起草 → 审核 → 签发 → 发出 → 收到复函 → 办结        退回 and 撤回 before 签发
//! answers   收到 → 认领 → 答复 → 发出
//! ```
//!
//! A question is the one thing in which a person's number leaves an agency, so two people release it: no one alone can
//! have a number sent, and there is no way back once the second has. An answer is in codes; what is known of a person in
//! words crosses only where the person is known not to be protected.

mod reply;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Care, Error, Hex, Month, RuleId, Text,
    calendar::{Calendar, DayUnit, Deadline},
    history::Trail,
    note::Answered,
};

pub use reply::{Reply, ReplyAct, ReplyStage};

/// One act of the side that asks.
pub type Event = crate::Event<Act>;

/// With what a question begins: somebody drafts it. The day of drafting is that of the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The day on which it was drafted.
    pub on: Date,
    /// Who drafted it.
    pub by: Text<64>,
    /// With how much care the person is to be dealt with, as the finding says: [`Care::stored`].
    pub care: Hex<3>,
    /// The rule of the finding that gives reason to ask, where it has one.
    pub rule: Option<RuleId>,
    /// The months asked about, in order.
    pub months: Vec<Month>,
    /// The number of the letter (文号).
    pub document: Text<100>,
    /// What is asked, in words; none where the person may be protected.
    pub question: Option<Text<500>>,
    /// How long the other agency has for its answer.
    pub term: Term,
}

/// A period that begins with the day of release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// How many days.
    pub days: u16,
    /// In which days.
    pub unit: DayUnit,
    /// The last day, where somebody has reckoned it, as when the notice of the next year's holidays is not known here.
    pub until: Option<Date>,
}

/// What can be done with a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// 审核: the first of two people approves.
    Approved {},
    /// 签发: the second does, and from now on the number may leave.
    Released {
        /// Until when an answer is asked for: a period that begins with this day.
        due: Deadline,
    },
    /// 发出: it is on its way.
    Sent {},
    /// 收到复函
    Answered(Answered),
    /// 办结: the answer was read, or none came in time.
    Closed {
        /// What follows from it.
        reason: Text<500>,
    },
    /// 退回: not approved, by somebody else than who drafted it.
    Refused {
        /// Why.
        reason: Text<500>,
    },
    /// 撤回, by who drafted it.
    Withdrawn {
        /// Why.
        reason: Text<500>,
    },
}

/// How far a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// 已起草
    Drafted,
    /// 已审核
    Approved,
    /// 已签发
    Released,
    /// 已发出
    Sent,
    /// 已收到复函
    Answered,
    /// 已办结
    Closed,
    /// 已退回
    Refused,
    /// 已撤回
    Withdrawn,
}

/// A question on its way.
#[derive(Clone, Debug)]
pub struct Inquiry {
    opening: Opening,
    trail: Trail,
    stage: Stage,
    first: Option<Text<64>>,
    second: Option<Text<64>>,
    due: Option<Deadline>,
    answer: Option<Answered>,
}

impl Opening {
    /// With how much care the person is to be dealt with.
    pub fn care(&self) -> Care {
        Care::from_stored(&self.care.0).unwrap_or_default()
    }
}

impl Term {
    /// The period that begins on `start`.
    ///
    /// # Errors
    /// Those of [`Calendar::deadline`] and [`Calendar::stated`].
    pub fn from(&self, start: Date, calendar: &Calendar) -> Result<Deadline, Error> {
        match self.until {
            Some(until) => calendar.stated(start, self.days, self.unit, until),
            None => calendar.deadline(start, self.days, self.unit),
        }
    }
}

impl Inquiry {
    /// A question that was just drafted.
    ///
    /// # Errors
    /// Those of [`must_keep_back`]; [`Error::Deadline`] for a period that no calendar gives.
    pub fn new(opening: Opening) -> Result<Inquiry, Error> {
        must_keep_back(&opening.care(), opening.question.as_ref())?;
        if let Some(until) = opening.term.until {
            Deadline::stated(opening.term.days, opening.term.unit, until).must_begin_on(opening.on)?;
        }
        Ok(Inquiry::begun(opening))
    }

    /// How far a question is after these acts. Whether it might have been asked was seen when it was drafted.
    ///
    /// # Errors
    /// Those of [`Inquiry::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        opening: Opening,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Inquiry, Error> {
        let mut inquiry = Inquiry::begun(opening);
        for event in events {
            inquiry.record(event)?;
        }
        Ok(inquiry)
    }

    fn begun(opening: Opening) -> Inquiry {
        Inquiry {
            trail: Trail::new(opening.on),
            opening,
            stage: Stage::Drafted,
            first: None,
            second: None,
            due: None,
            answer: None,
        }
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act that the path does not have here; [`Error::SameApprover`] where one person would
    /// be both of the two; [`Error::OwnDraft`] where who drafted it refuses it; [`Error::NotInCharge`] where somebody
    /// else withdraws it; [`Error::AnswerAwaited`] where it is closed before the answer or the last day for one;
    /// [`Error::Deadline`], [`Error::OutOfOrder`], [`Error::RecordOrder`], [`Error::TooManyActs`].
    pub fn record(&mut self, event: &Event) -> Result<(), Error> {
        let stage = self.next(event)?;
        self.trail = self.trail.follow(event)?;
        match &event.act {
            Act::Approved {} => self.first = Some(event.by.clone()),
            Act::Released { due } => {
                self.second = Some(event.by.clone());
                self.due = Some(*due);
            }
            Act::Answered(answer) => self.answer = Some(answer.clone()),
            _ => {}
        }
        self.stage = stage;
        Ok(())
    }

    /// With what it began.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether something is still to come: of one finding there is one such question at a time.
    pub fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Closed | Stage::Refused | Stage::Withdrawn)
    }

    /// Who approved, in order: nobody, one, or two different people.
    pub fn approvers(&self) -> impl Iterator<Item = &str> {
        self.first.iter().chain(&self.second).map(Text::as_str)
    }

    /// The answer, once it came.
    pub fn answer(&self) -> Option<&Answered> {
        self.answer.as_ref()
    }

    /// Until when an answer is asked for.
    pub fn due(&self) -> Option<Deadline> {
        self.due
    }

    /// Whether on this day an answer is late. On the last day it is in time.
    pub fn is_overdue(&self, on: Date) -> bool {
        matches!(self.stage, Stage::Released | Stage::Sent) && self.is_over(on)
    }

    fn is_over(&self, on: Date) -> bool {
        self.due.is_some_and(|due| due.until() < on)
    }

    fn next(&self, event: &Event) -> Result<Stage, Error> {
        let Event { by, on, act, .. } = event;
        Ok(match (self.stage, act) {
            (Stage::Drafted, Act::Approved {}) => Stage::Approved,
            (Stage::Approved, Act::Released { due }) => {
                if self.first.as_ref().is_some_and(|first| first.is_same_person(by)) {
                    return Err(Error::SameApprover);
                }
                due.must_begin_on(*on)?;
                Stage::Released
            }
            (Stage::Drafted | Stage::Approved, Act::Refused { .. }) => {
                if self.opening.by.is_same_person(by) {
                    return Err(Error::OwnDraft);
                }
                Stage::Refused
            }
            (Stage::Drafted | Stage::Approved, Act::Withdrawn { .. }) => {
                if !self.opening.by.is_same_person(by) {
                    return Err(Error::NotInCharge);
                }
                Stage::Withdrawn
            }
            (Stage::Released, Act::Sent {}) => Stage::Sent,
            // The other side may be quicker than the record that the question went.
            (Stage::Released | Stage::Sent, Act::Answered(_)) => Stage::Answered,
            // What comes after all is known, and read once more.
            (Stage::Closed, Act::Answered(_)) if self.answer.is_none() => Stage::Answered,
            (Stage::Released | Stage::Sent, Act::Closed { .. }) => {
                if !self.is_over(*on) {
                    let until = self.due.map_or(*on, |due| due.until());
                    return Err(Error::AnswerAwaited { until });
                }
                Stage::Closed
            }
            (Stage::Answered, Act::Closed { .. }) => Stage::Closed,
            (stage, act) => {
                return Err(Error::OutOfTurn {
                    act: act.code(),
                    stage: stage.code(),
                });
            }
        })
    }
}

/// The one place where it is decided whether words about a person may cross: not where the person is protected, or may
/// be.
///
/// # Errors
/// [`Error::KeptBack`].
pub fn must_keep_back(care: &Care, text: Option<&Text<500>>) -> Result<(), Error> {
    if text.is_none() || care.may_tell_place() {
        Ok(())
    } else {
        Err(Error::KeptBack)
    }
}

impl Act {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Act::Approved {} => "inquiry_approved",
            Act::Released { .. } => "inquiry_released",
            Act::Sent {} => "inquiry_sent",
            Act::Answered(_) => "inquiry_answered",
            Act::Closed { .. } => "inquiry_closed",
            Act::Refused { .. } => "inquiry_refused",
            Act::Withdrawn { .. } => "inquiry_withdrawn",
        }
    }
}

impl Stage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Drafted => "inquiry_stage_drafted",
            Stage::Approved => "inquiry_stage_approved",
            Stage::Released => "inquiry_stage_released",
            Stage::Sent => "inquiry_stage_sent",
            Stage::Answered => "inquiry_stage_answered",
            Stage::Closed => "inquiry_stage_closed",
            Stage::Refused => "inquiry_stage_refused",
            Stage::Withdrawn => "inquiry_stage_withdrawn",
        }
    }
}
