//! The side that answers.

use hefu_identity::PersonKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::must_keep_back;
use crate::{
    AidRecord, Care, Error, Event, Known, Month, MonthRange, Protection, Text,
    history::Trail,
    note::{Answered, Found},
};

/// What can be done with a question that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReplyAct {
    /// 认领: whoever records it is in charge from now on; also from who was before.
    Taken {},
    /// 答复, by whoever is in charge.
    Answered(Answered),
    /// 发出: it is on its way.
    Sent {},
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplyStage {
    /// 已收到
    Received,
    /// 已认领
    Taken,
    /// 已答复
    Answered,
    /// 已复函
    Sent,
}

/// The answer to one question on its way.
#[derive(Clone, Debug)]
pub struct Reply {
    trail: Trail,
    until: Date,
    care: Care,
    owner: Option<Text<64>>,
    answer: Option<Answered>,
    stage: ReplyStage,
}

impl Reply {
    /// A question came on `received`, a day of Beijing time, and asks for an answer until `until`; the person is to be
    /// dealt with by so much care.
    pub fn new(received: Date, until: Date, care: Care) -> Reply {
        Reply {
            trail: Trail::new(received),
            until,
            care,
            owner: None,
            answer: None,
            stage: ReplyStage::Received,
        }
    }

    /// How far an answer is after these acts. Whether it might be given in these words was seen when it was given.
    ///
    /// # Errors
    /// Those of [`Reply::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        received: Date,
        until: Date,
        care: Care,
        events: impl IntoIterator<Item = &'a Event<ReplyAct>>,
    ) -> Result<Reply, Error> {
        let free = Care {
            protected: false,
            ..care
        };
        let mut reply = Reply::new(received, until, free);
        for event in events {
            reply.record(event)?;
        }
        reply.care = care;
        Ok(reply)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act that the path does not have here; [`Error::NotInCharge`] for an answer by anybody
    /// but who took it; those of [`must_keep_back`]; [`Error::OutOfOrder`], [`Error::RecordOrder`],
    /// [`Error::TooManyActs`].
    pub fn record(&mut self, event: &Event<ReplyAct>) -> Result<(), Error> {
        let stage = self.next(event)?;
        self.trail = self.trail.follow(event)?;
        match &event.act {
            ReplyAct::Taken {} => self.owner = Some(event.by.clone()),
            ReplyAct::Answered(answer) => self.answer = Some(answer.clone()),
            ReplyAct::Sent {} => {}
        }
        self.stage = stage;
        Ok(())
    }

    /// With how much care the person is to be dealt with.
    pub fn care(&self) -> Care {
        self.care
    }

    /// How far it is.
    pub fn stage(&self) -> ReplyStage {
        self.stage
    }

    /// Who is in charge.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_ref().map(Text::as_str)
    }

    /// The answer, once it is given.
    pub fn answer(&self) -> Option<&Answered> {
        self.answer.as_ref()
    }

    /// Whether something is still to be done.
    pub fn is_open(&self) -> bool {
        self.stage != ReplyStage::Sent
    }

    /// Whether on this day the answer is late. On the last day it is in time.
    pub fn is_overdue(&self, on: Date) -> bool {
        self.is_open() && self.until < on
    }

    fn next(&self, event: &Event<ReplyAct>) -> Result<ReplyStage, Error> {
        Ok(match (self.stage, &event.act) {
            (ReplyStage::Received | ReplyStage::Taken, ReplyAct::Taken {}) => ReplyStage::Taken,
            (ReplyStage::Taken, ReplyAct::Answered(answer)) => {
                let owner = self.owner.as_ref();
                if !owner.is_some_and(|owner| owner.is_same_person(&event.by)) {
                    return Err(Error::NotInCharge);
                }
                must_keep_back(&self.care, answer.text.as_ref())?;
                ReplyStage::Answered
            }
            (ReplyStage::Answered, ReplyAct::Sent {}) => ReplyStage::Sent,
            (stage, act) => {
                return Err(Error::OutOfTurn {
                    act: act.code(),
                    stage: stage.code(),
                });
            }
        })
    }
}

impl Care {
    /// What the asked agency's own rows of one person say on the day `on`. Where it has none, nobody has said anything.
    pub fn of_rows(rows: &[AidRecord], person: &PersonKey, on: Date) -> Care {
        Care {
            protected: rows.is_empty() || rows.iter().any(|row| row.protection != Protection::No),
            minor: Known::minor(person, on),
            disabled: Known::of(rows.iter().map(|row| row.disabled)),
        }
    }
}

impl Found {
    /// What the asked agency's own rows of the person suggest. Whoever answers decides: only they can see that two
    /// people have one number, or that a row is wrong.
    pub fn suggested<'a>(rows: impl IntoIterator<Item = &'a AidRecord>, months: &[Month]) -> Found {
        let paid = |row: &AidRecord| {
            months.iter().any(|month| {
                let asked = MonthRange {
                    from: *month,
                    to: month.next(),
                };
                !row.paid_months(asked).is_empty()
            })
        };
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            Found::NoRecord
        } else if rows.any(paid) {
            Found::PaidThen
        } else {
            Found::NotPaidThen
        }
    }
}

impl ReplyAct {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ReplyAct::Taken {} => "reply_taken",
            ReplyAct::Answered(_) => "reply_answered",
            ReplyAct::Sent {} => "reply_sent",
        }
    }
}

impl ReplyStage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            ReplyStage::Received => "reply_stage_received",
            ReplyStage::Taken => "reply_stage_taken",
            ReplyStage::Answered => "reply_stage_answered",
            ReplyStage::Sent => "reply_stage_sent",
        }
    }
}
