//! Sending people on from one kind of assistance to the other, both ways.
//!
//! From judicial to social assistance a case is transferred (移送): [`Transfer`]. The other way are two things that are
//! kept apart: a person is told that they may apply (告知申请): [`Notice`]; or an agency passes on what it has seen
//! (移送线索): [`Lead`]. None of them names the person: whoever keeps them knows whose they are.
//!
//! The way of a transfer, what it holds, and that it goes through the procuratorate of the place of application, are
//! those of 闫召华, 数字检察赋能司法救助+社会救助融合模式构建 (2025-10-26). Periods are agreed locally; 5 working days each
//! way are those of 最高人民检察院、国务院扶贫办 2019.

mod confirm;
mod lead;
mod notice;
mod overdue;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    AgencyRole, Error, Feedback, Place, ReasonCode, ReferralState, Text, Wrong, calendar::Deadline,
    fold::fold, history::Trail,
};

pub use confirm::{Confirmed, confirm};
pub use lead::{Lead, LeadAct, LeadOpening, LeadStage};
pub use notice::{Notice, NoticeAct, NoticeOpening, NoticeStage};
pub use overdue::{Awaited, Awaiting, Overdue, overdue};

/// One act in a transfer.
pub type Event = crate::Event<Act>;

/// An agency at one end of a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Its name.
    pub name: Text<100>,
    /// What kind of agency it is.
    pub role: AgencyRole,
    /// For which region it is.
    pub place: Place,
}

impl Office {
    /// Whether it is the agency of this name and kind, however the name is typed: width, brackets and blanks make no other.
    pub fn is(&self, name: &str, role: AgencyRole) -> bool {
        self.role == role && fold(self.name.as_str()) == fold(name)
    }
}

/// With what a transfer begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Its number in the ledger (台账).
    pub number: Text<100>,
    /// The day on which it was decided.
    pub on: Date,
    /// Why.
    pub trigger: Trigger,
    /// The procuratorate that handles the case.
    pub from: Office,
    /// The agency of social assistance where the person is to apply.
    pub to: Office,
    /// The procuratorate of the place of application; there if, and only if, that place is not of the first one's
    /// region.
    pub via: Option<Office>,
}

/// Why a person is transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// 不符合司法救助条件
    NotEligible,
    /// 司法救助后仍有困难
    StillPoor,
}

/// What goes with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// 案件情况
    CaseFacts,
    /// 司法救助情况: also where none was given.
    AidGiven,
    /// 社会救助建议
    Recommendation,
}

/// What can be done in a transfer. Where something is due after it, the deadline begins with the day of the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// One of the three documents is on file; each once.
    Filed {
        /// Which.
        paper: Paper,
        /// Its number.
        document: Text<100>,
    },
    /// 先行救助: emergency help came before the papers, which are owed.
    HelpedFirst {
        /// What was given.
        help: Text<500>,
        /// Until when the three documents are to be on file.
        papers: Deadline,
    },
    /// 转请: to the procuratorate of the place of application, where places differ.
    PassedOn {
        /// The number of the letter.
        document: Text<100>,
        /// Until when that procuratorate is to send it.
        due: Deadline,
    },
    /// 移送: the letter went to the agency.
    Sent {
        /// The number of the letter.
        letter: Text<100>,
        /// Until when it is to be acknowledged.
        due: Deadline,
    },
    /// 签收
    Acknowledged {
        /// Until when it is to be answered.
        due: Deadline,
    },
    /// 办理结果
    Answered {
        /// What the agency answers.
        answer: Answer,
        /// Until when it is to feed back.
        due: Deadline,
    },
    /// 反馈: what came of it, in writing.
    FedBack {
        /// The number of the letter.
        document: Text<100>,
        /// What came of an application that was accepted; there if, and only if, it was.
        came: Option<Came>,
        /// What was given, or why nothing.
        result: Text<500>,
        /// Until when the person is to be visited.
        due: Deadline,
    },
    /// 回访: the last act.
    Visited {
        /// How the person fares.
        result: Text<500>,
    },
}

/// What an agency answers to a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// 已受理
    Accepted {},
    /// 不予救助
    Refused {
        /// Why.
        reason: ReasonCode,
    },
    /// 已在享受
    AlreadyHelped {},
    /// 查无此人
    NotFound {},
}

/// What came of an application that an agency accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Came {
    /// 已救助
    Helped {},
    /// 不予救助
    Refused {
        /// Why.
        reason: ReasonCode,
    },
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Decided.
    Open,
    /// With the procuratorate of the place of application.
    PassedOn,
    /// 已移送
    Sent,
    /// 已签收
    Acknowledged,
    /// 已受理
    Accepted,
    /// 不予救助
    Refused,
    /// 已在享受
    AlreadyHelped,
    /// 查无此人
    NotFound,
    /// 已反馈
    FedBack,
    /// 已回访
    Visited,
}

/// One person on the way to social assistance.
#[derive(Clone, Debug)]
pub struct Transfer {
    opening: Opening,
    trail: Trail,
    stage: Stage,
    due: Option<Deadline>,
    papers: Vec<Paper>,
    letter: Option<Text<100>>,
    answer: Option<(Date, Answer)>,
    came: Option<(Date, Came)>,
    acknowledged: Option<Date>,
    /// Since emergency help came first.
    owed: Option<Deadline>,
}

impl Transfer {
    /// # Errors
    /// [`Error::Route`] where the place of application is of another region and no procuratorate of it is named, where
    /// that procuratorate is of another place again, or where one is named and not needed.
    pub fn new(opening: Opening) -> Result<Transfer, Error> {
        let elsewhere = !opening.from.place.covers(&opening.to.place);
        let wrong = match &opening.via {
            None => elsewhere.then_some(Wrong::Missing),
            Some(_) if !elsewhere => Some(Wrong::NotAllowed),
            Some(via) => (!via.place.covers(&opening.to.place)).then_some(Wrong::OutOfRange),
        };
        if let Some(wrong) = wrong {
            return Err(Error::Route { wrong });
        }
        Ok(Transfer {
            trail: Trail::new(opening.on),
            opening,
            stage: Stage::Open,
            due: None,
            papers: Vec::new(),
            letter: None,
            answer: None,
            came: None,
            acknowledged: None,
            owed: None,
        })
    }

    /// How far a transfer is after these acts.
    ///
    /// # Errors
    /// Those of [`Transfer::new`], and of [`Transfer::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        opening: Opening,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Transfer, Error> {
        let mut transfer = Transfer::new(opening)?;
        for event in events {
            transfer.record(event)?;
        }
        Ok(transfer)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act that the way does not have here; [`Error::Papers`] for a document filed twice,
    /// for sending before the three are on file unless emergency help came first, and for the end while they are owed;
    /// [`Error::Came`] for feedback on an accepted application that does not say what came of it, and for feedback that
    /// says so of another; [`Error::OutOfOrder`], [`Error::RecordOrder`], [`Error::TooManyActs`]; [`Error::Deadline`] for a period that no
    /// calendar gives.
    pub fn record(&mut self, event: &Event) -> Result<(), Error> {
        let stage = self.next(&event.act)?;
        if let Some(due) = event.act.due() {
            due.must_begin_on(event.on)?;
        }
        self.trail = self.trail.follow(event)?;
        self.stage = stage;
        match &event.act {
            Act::Filed { paper, .. } => self.papers.push(*paper),
            Act::HelpedFirst { papers, .. } => self.owed = Some(*papers),
            act => self.due = act.due().copied(),
        }
        match &event.act {
            Act::Sent { letter, .. } => self.letter = Some(letter.clone()),
            Act::Acknowledged { .. } => self.acknowledged = Some(event.on),
            Act::Answered { answer, .. } => self.answer = Some((event.on, *answer)),
            Act::FedBack { came, .. } => self.came = came.map(|came| (event.on, came)),
            _ => {}
        }
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

    /// The letter by which it was sent.
    pub fn letter(&self) -> Option<&str> {
        self.letter.as_ref().map(Text::as_str)
    }

    /// What a register of received letters has of it, and of which day; nothing before it is acknowledged.
    pub fn state(&self) -> Option<Feedback> {
        let said = |date, state, reason| Feedback {
            date: Some(date),
            state,
            reason,
        };
        let acknowledged = self
            .acknowledged
            .map(|on| said(on, ReferralState::Acknowledged, None));
        let answered = self.answer.map(|(on, answer)| match answer {
            Answer::Accepted {} => said(on, ReferralState::Accepted, None),
            Answer::Refused { reason } => said(on, ReferralState::Refused, Some(reason)),
            Answer::AlreadyHelped {} => said(on, ReferralState::AlreadyHelped, None),
            Answer::NotFound {} => said(on, ReferralState::NotFound, None),
        });
        let came = self.came.map(|(on, came)| match came {
            Came::Helped {} => said(on, ReferralState::Helped, None),
            Came::Refused { reason } => said(on, ReferralState::Refused, Some(reason)),
        });
        came.or(answered).or(acknowledged)
    }

    /// The way, step by step; what is not listed is not allowed.
    fn next(&self, act: &Act) -> Result<Stage, Error> {
        let direct = self.opening.via.is_none();
        match (self.stage, act) {
            (Stage::Visited, Act::Filed { .. }) => self.out_of_turn(act),
            (stage, Act::Filed { paper, .. }) => {
                papers(!self.papers.contains(paper), Wrong::Repeated)?;
                Ok(stage)
            }
            (Stage::Open, Act::HelpedFirst { .. }) if self.owed.is_none() => Ok(Stage::Open),
            (Stage::Open, Act::PassedOn { .. }) if !direct => {
                papers(self.complete() || self.owed.is_some(), Wrong::Missing)?;
                Ok(Stage::PassedOn)
            }
            (Stage::Open, Act::Sent { .. }) if direct => {
                papers(self.complete() || self.owed.is_some(), Wrong::Missing)?;
                Ok(Stage::Sent)
            }
            (Stage::PassedOn, Act::Sent { .. }) => Ok(Stage::Sent),
            (Stage::Sent, Act::Acknowledged { .. }) => Ok(Stage::Acknowledged),
            (Stage::Acknowledged, Act::Answered { answer, .. }) => Ok(match answer {
                Answer::Accepted {} => Stage::Accepted,
                Answer::Refused { .. } => Stage::Refused,
                Answer::AlreadyHelped {} => Stage::AlreadyHelped,
                Answer::NotFound {} => Stage::NotFound,
            }),
            (
                Stage::Accepted | Stage::Refused | Stage::AlreadyHelped | Stage::NotFound,
                Act::FedBack { came, .. },
            ) => match (self.stage == Stage::Accepted, came) {
                (true, None) => Err(Error::Came {
                    wrong: Wrong::Missing,
                }),
                (false, Some(_)) => Err(Error::Came {
                    wrong: Wrong::NotAllowed,
                }),
                (true, Some(_)) | (false, None) => Ok(Stage::FedBack),
            },
            (Stage::FedBack, Act::Visited { .. }) => {
                papers(self.complete(), Wrong::Missing)?;
                Ok(Stage::Visited)
            }
            _ => self.out_of_turn(act),
        }
    }

    fn complete(&self) -> bool {
        [Paper::CaseFacts, Paper::AidGiven, Paper::Recommendation]
            .iter()
            .all(|paper| self.papers.contains(paper))
    }

    fn out_of_turn(&self, act: &Act) -> Result<Stage, Error> {
        Err(Error::OutOfTurn {
            act: act.code(),
            stage: self.stage.code(),
        })
    }
}

impl Awaiting for Transfer {
    fn number(&self) -> &str {
        self.opening.number.as_str()
    }

    fn awaited(&self) -> Vec<(Awaited, Date)> {
        let next = match self.stage {
            Stage::PassedOn => Some(Awaited::Sending),
            Stage::Sent => Some(Awaited::Acknowledgement),
            Stage::Acknowledged => Some(Awaited::Answer),
            Stage::Accepted | Stage::Refused | Stage::AlreadyHelped | Stage::NotFound => {
                Some(Awaited::Feedback)
            }
            Stage::FedBack => Some(Awaited::Visit),
            Stage::Open | Stage::Visited => None,
        };
        let owed = self.owed.filter(|_| !self.complete());
        let papers = owed.map(|owed| (Awaited::Papers, owed.until()));
        let next = next.zip(self.due.map(|due| due.until()));
        papers.into_iter().chain(next).collect()
    }
}

impl Act {
    fn due(&self) -> Option<&Deadline> {
        match self {
            Act::HelpedFirst { papers: due, .. }
            | Act::PassedOn { due, .. }
            | Act::Sent { due, .. }
            | Act::Acknowledged { due }
            | Act::Answered { due, .. }
            | Act::FedBack { due, .. } => Some(due),
            Act::Filed { .. } | Act::Visited { .. } => None,
        }
    }

    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Act::Filed { .. } => "transfer_filed",
            Act::HelpedFirst { .. } => "transfer_helped_first",
            Act::PassedOn { .. } => "transfer_passed_on",
            Act::Sent { .. } => "transfer_sent",
            Act::Acknowledged { .. } => "transfer_acknowledged",
            Act::Answered { .. } => "transfer_answered",
            Act::FedBack { .. } => "transfer_fed_back",
            Act::Visited { .. } => "transfer_visited",
        }
    }
}

impl Stage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Open => "transfer_stage_open",
            Stage::PassedOn => "transfer_stage_passed_on",
            Stage::Sent => "transfer_stage_sent",
            Stage::Acknowledged => "transfer_stage_acknowledged",
            Stage::Accepted => "transfer_stage_accepted",
            Stage::Refused => "transfer_stage_refused",
            Stage::AlreadyHelped => "transfer_stage_already_helped",
            Stage::NotFound => "transfer_stage_not_found",
            Stage::FedBack => "transfer_stage_fed_back",
            Stage::Visited => "transfer_stage_visited",
        }
    }
}

fn papers(hold: bool, wrong: Wrong) -> Result<(), Error> {
    if hold {
        Ok(())
    } else {
        Err(Error::Papers { wrong })
    }
}
