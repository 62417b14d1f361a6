//! From a finding to a decision. A finding is a 疑点 and does not change; what is done about it is a history of acts.
//!
//! ```text
//! 认领 → 核实 → 告知 → 陈述申辩 → 决定 → 复核 / 更正
//! ```
//!
//! No decision is made without a person's verification (个人信息保护法 art. 24), and nothing is stopped or recovered
//! before the person was told and heard, but under a statutory exception whose article is recorded. An exception
//! excuses telling and hearing and never verification: no law lets a comparison alone decide.

mod basis;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Error, Fen, Hex, Text, calendar::Deadline, history::Trail};

pub use basis::basis;

/// One act in a review.
pub type Event = crate::Event<Act>;

/// What can be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// 认领: whoever records it is in charge from now on.
    Taken {},
    /// 移交经办: another person is in charge from now on; anybody may record it, as where the one in charge is ill.
    HandedOver(HandedOver),
    /// 核实
    Verified(Verified),
    /// 告知: the notice was served on the person.
    Told(Told),
    /// 陈述申辩
    Heard(Statement),
    /// 法定例外: the law excuses telling and hearing.
    Excepted(Excepted),
    /// 决定
    Decided(Decided),
    /// 复核, by somebody else than who decided.
    Reviewed(Reviewed),
    /// 更正, by somebody else than whose decision stands: the finding was wrong, and what rests on it is undone.
    Corrected(Corrected),
}

/// Who is in charge, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedOver {
    /// The person in charge from now on.
    pub to: Text<64>,
    /// Why.
    pub reason: Text<500>,
}

/// What verification showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// The result.
    pub result: Verdict,
    /// What was looked at, and what it showed.
    pub reason: Text<500>,
}

/// The result of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 属实
    Confirmed,
    /// 不属实
    Refuted,
    /// 并非同一人: two people have one number.
    OtherPerson,
    /// 无法查清
    Unclear,
}

/// The notice to the person; the event's day is the day of service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The number of the notice.
    pub document: Text<100>,
    /// Until when the person may make a statement: a period that begins with service.
    pub hearing: Deadline,
}

/// What the person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Statement {
    /// A statement was made, in time or late, and is on file under this number.
    Given {
        /// The number of the record or of the paper handed in.
        document: Text<100>,
    },
    /// 逾期未陈述: the period passed without one.
    NoneInTime {},
}

/// Why the person need not be told or heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excepted {
    /// The law and its article.
    pub legal_basis: Text<200>,
    /// Why it applies.
    pub reason: Text<500>,
}

/// A decision and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// What is decided.
    pub decision: Decision,
    /// The authority that decides.
    pub authority: Text<100>,
    /// The number of the decision.
    pub document: Text<100>,
    /// On what it rests; of an error in data, where the error is.
    pub reason: Text<500>,
}

/// What an agency decides on its own payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// 合规: the payment stands.
    Lawful {},
    /// 数据有误: the payment stands, and the record is put right.
    DataError {},
    /// 停发
    Stopped {},
    /// 追缴
    Recovered {
        /// How much is to be paid back; more than nothing.
        fen: Fen,
    },
    /// 移送 to the authority that has to decide.
    Referred {
        /// To which.
        to: Text<100>,
    },
}

impl Decision {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Decision::Lawful {} => "decision_lawful",
            Decision::DataError {} => "decision_data_error",
            Decision::Stopped {} => "decision_stopped",
            Decision::Recovered { .. } => "decision_recovered",
            Decision::Referred { .. } => "decision_referred",
        }
    }

    /// Whether it takes something from the person.
    pub fn is_adverse(&self) -> bool {
        matches!(self, Decision::Stopped {} | Decision::Recovered { .. })
    }
}

/// The second review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// Its result.
    pub result: ReviewResult,
    /// The authority that reviews.
    pub authority: Text<100>,
    /// The number of its paper.
    pub document: Text<100>,
    /// On what it rests.
    pub reason: Text<500>,
}

/// The result of a second review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewResult {
    /// 维持
    Upheld {},
    /// 变更: this is decided instead.
    Changed {
        /// The decision that stands now.
        to: Decision,
    },
    /// 重新核实: the decision is void, and the path begins again with verification.
    Returned {},
}

/// That the finding was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// What the finding rested on, by [`basis`]. The same finding does not come back until that changes.
    pub basis: Hex<32>,
    /// The authority that corrects.
    pub authority: Text<100>,
    /// The number of its paper.
    pub document: Text<100>,
    /// What was wrong.
    pub reason: Text<500>,
}

/// One finding on its way: there is none whose acts the law does not allow in their order.
#[derive(Clone, Debug)]
pub struct Review {
    basis: Hex<32>,
    trail: Trail,
    owner: Option<Text<64>>,
    state: State,
}

/// How far a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Nobody is in charge.
    Open,
    /// Somebody is in charge.
    Taken,
    /// 已核实
    Verified,
    /// Verified, and the law excuses the rest.
    Excepted,
    /// 已告知
    Told,
    /// 已听取
    Heard,
    /// 已决定
    Decided,
    /// 已复核
    Reviewed,
    /// 已更正
    Corrected,
}

#[derive(Clone, Debug)]
enum State {
    Open,
    Taken,
    Verified(Verdict),
    Excepted(Verdict),
    Told {
        verdict: Verdict,
        until: Date,
    },
    Heard(Verdict),
    Decided {
        standing: Standing,
        by: Text<64>,
    },
    /// By whom what stands now was decided.
    Reviewed {
        standing: Standing,
        by: Text<64>,
    },
    Corrected,
}

/// A decision, and on what ground another may take its place.
#[derive(Clone, Debug)]
struct Standing {
    decision: Decision,
    ground: Ground,
}

#[derive(Clone, Copy, Debug)]
struct Ground {
    verdict: Verdict,
    /// Whether the person was heard, or the law excuses it.
    heard: bool,
}

impl Review {
    /// The review of a finding that was made on `matched`, a day of Beijing time, and rests on `basis`.
    pub fn new(basis: Hex<32>, matched: Date) -> Review {
        Review {
            basis,
            trail: Trail::new(matched),
            owner: None,
            state: State::Open,
        }
    }

    /// How far a finding is after these acts.
    ///
    /// # Errors
    /// Those of [`Review::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        basis: Hex<32>,
        matched: Date,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Review, Error> {
        let mut review = Review::new(basis, matched);
        for event in events {
            review.record(event)?;
        }
        Ok(review)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act that the path does not have here; [`Error::NotInCharge`] for a step by anybody
    /// but the owner; [`Error::OutOfOrder`], [`Error::RecordOrder`], [`Error::TooManyActs`]; [`Error::Deadline`] for a
    /// period that no calendar gives; [`Error::HearingOpen`] where the period for a statement runs;
    /// [`Error::NotConfirmed`] and [`Error::NotHeard`] for a decision against the person; [`Error::SamePerson`] for a
    /// second review or a correction by who decided; [`Error::OtherBasis`] for a correction of something else;
    /// [`Error::RecoveredNothing`] for a recovery without an amount.
    pub fn record(&mut self, event: &Event) -> Result<(), Error> {
        let state = self.next(event)?;
        self.trail = self.trail.follow(event)?;
        match &event.act {
            Act::Taken {} => self.owner = Some(event.by.clone()),
            Act::HandedOver(HandedOver { to, .. }) => self.owner = Some(to.clone()),
            _ => {}
        }
        self.state = state;
        Ok(())
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        match &self.state {
            State::Open => Stage::Open,
            State::Taken => Stage::Taken,
            State::Verified(_) => Stage::Verified,
            State::Excepted(_) => Stage::Excepted,
            State::Told { .. } => Stage::Told,
            State::Heard(_) => Stage::Heard,
            State::Decided { .. } => Stage::Decided,
            State::Reviewed { .. } => Stage::Reviewed,
            State::Corrected => Stage::Corrected,
        }
    }

    /// Who is in charge.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_ref().map(Text::as_str)
    }

    /// The decision that stands.
    pub fn decision(&self) -> Option<&Decision> {
        match &self.state {
            State::Decided { standing, .. } | State::Reviewed { standing, .. } => Some(&standing.decision),
            _ => None,
        }
    }

    /// Until when the person may make a statement, while that is awaited.
    pub fn hearing_until(&self) -> Option<Date> {
        match &self.state {
            State::Told { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether reports count the finding: not once it is corrected.
    pub fn counts(&self) -> bool {
        !matches!(self.state, State::Corrected)
    }

    /// Whether a finding on `basis` must not be shown again: this one rested on the same and was corrected.
    pub fn keeps_away(&self, basis: &Hex<32>) -> bool {
        !self.counts() && self.basis == *basis
    }

    /// The path of the law, step by step; what is not listed is not allowed.
    fn next(&self, event: &Event) -> Result<State, Error> {
        let Event { by, on, act, .. } = event;
        Ok(match (&self.state, act) {
            (State::Open, Act::Taken {}) => State::Taken,
            (State::Open | State::Corrected, Act::HandedOver(_)) => return self.out_of_turn(act),
            (state, Act::HandedOver(_)) => state.clone(),

            (State::Taken, Act::Verified(Verified { result, .. })) => {
                self.must_be_owner(by)?;
                State::Verified(*result)
            }
            (State::Verified(verdict), Act::Told(Told { hearing, .. })) => {
                self.must_be_owner(by)?;
                hearing.must_begin_on(*on)?;
                State::Told {
                    verdict: *verdict,
                    until: hearing.until(),
                }
            }
            (State::Told { verdict, until }, Act::Heard(statement)) => {
                self.must_be_owner(by)?;
                if matches!(statement, Statement::NoneInTime {}) && on <= until {
                    return Err(Error::HearingOpen { until: *until });
                }
                State::Heard(*verdict)
            }
            (State::Verified(verdict) | State::Told { verdict, .. }, Act::Excepted(_)) => {
                self.must_be_owner(by)?;
                State::Excepted(*verdict)
            }

            (State::Verified(verdict) | State::Told { verdict, .. }, Act::Decided(decided)) => {
                self.decide(by, *verdict, false, decided)?
            }
            (State::Heard(verdict) | State::Excepted(verdict), Act::Decided(decided)) => {
                self.decide(by, *verdict, true, decided)?
            }

            (
                State::Decided {
                    standing,
                    by: decider,
                },
                Act::Reviewed(reviewed),
            ) => {
                must_be_another(by, decider)?;
                let (standing, by) = match &reviewed.result {
                    ReviewResult::Upheld {} => (standing.clone(), decider),
                    ReviewResult::Changed { to } => (standing.ground.bear(to)?, by),
                    ReviewResult::Returned {} => return Ok(State::Taken),
                };
                let by = by.clone();
                State::Reviewed { standing, by }
            }
            (
                State::Decided { by: decider, .. } | State::Reviewed { by: decider, .. },
                Act::Corrected(Corrected { basis, .. }),
            ) => {
                // Nobody alone keeps a finding away for ever.
                must_be_another(by, decider)?;
                if *basis != self.basis {
                    return Err(Error::OtherBasis);
                }
                State::Corrected
            }
            _ => return self.out_of_turn(act),
        })
    }

    fn decide(
        &self,
        by: &Text<64>,
        verdict: Verdict,
        heard: bool,
        decided: &Decided,
    ) -> Result<State, Error> {
        self.must_be_owner(by)?;
        let standing = Ground { verdict, heard }.bear(&decided.decision)?;
        let by = by.clone();
        Ok(State::Decided { standing, by })
    }

    fn must_be_owner(&self, by: &Text<64>) -> Result<(), Error> {
        let owner = self.owner.as_ref().filter(|owner| owner.is_same_person(by));
        owner.map(|_| ()).ok_or(Error::NotInCharge)
    }

    fn out_of_turn<T>(&self, act: &Act) -> Result<T, Error> {
        Err(Error::OutOfTurn {
            act: act.code(),
            stage: self.stage().code(),
        })
    }
}

fn must_be_another(by: &Text<64>, decider: &Text<64>) -> Result<(), Error> {
    if by.is_same_person(decider) {
        return Err(Error::SamePerson);
    }
    Ok(())
}

impl Ground {
    /// Whether the decision may be made on it.
    fn bear(self, decision: &Decision) -> Result<Standing, Error> {
        if decision.is_adverse() {
            if self.verdict != Verdict::Confirmed {
                return Err(Error::NotConfirmed);
            }
            if !self.heard {
                return Err(Error::NotHeard);
            }
        }
        if let Decision::Recovered { fen } = decision
            && fen.0 <= 0
        {
            return Err(Error::RecoveredNothing);
        }
        Ok(Standing {
            decision: decision.clone(),
            ground: self,
        })
    }
}

/// In what the decisions of two agencies on one finding do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// To one agency nothing is wrong, and the other takes something from the person.
    OneSaysLawful,
    /// Both take something: of two payments that may not stand together, one may.
    BothTake,
}

/// Whether the decisions of two agencies on one finding contradict each other. Neither is void by it: the two agencies
/// are to speak to each other before anything more is done.
pub fn contradicts(a: &Decision, b: &Decision) -> Option<Contradiction> {
    let stands = |decision: &Decision| matches!(decision, Decision::Lawful {} | Decision::DataError {});
    match (a.is_adverse(), b.is_adverse()) {
        (true, true) => Some(Contradiction::BothTake),
        (true, false) => stands(b).then_some(Contradiction::OneSaysLawful),
        (false, true) => stands(a).then_some(Contradiction::OneSaysLawful),
        (false, false) => None,
    }
}

impl Act {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Act::Taken {} => "review_taken",
            Act::HandedOver(_) => "review_handed_over",
            Act::Verified(_) => "review_verified",
            Act::Told(_) => "review_told",
            Act::Heard(_) => "review_heard",
            Act::Excepted(_) => "review_excepted",
            Act::Decided(_) => "review_decided",
            Act::Reviewed(_) => "review_reviewed",
            Act::Corrected(_) => "review_corrected",
        }
    }
}

impl Verdict {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Verdict::Confirmed => "verdict_confirmed",
            Verdict::Refuted => "verdict_refuted",
            Verdict::OtherPerson => "verdict_other_person",
            Verdict::Unclear => "verdict_unclear",
        }
    }
}

impl ReviewResult {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ReviewResult::Upheld {} => "result_upheld",
            ReviewResult::Changed { .. } => "result_changed",
            ReviewResult::Returned {} => "result_returned",
        }
    }
}

impl Stage {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Open => "stage_open",
            Stage::Taken => "stage_taken",
            Stage::Verified => "stage_verified",
            Stage::Excepted => "stage_excepted",
            Stage::Told => "stage_told",
            Stage::Heard => "stage_heard",
            Stage::Decided => "stage_decided",
            Stage::Reviewed => "stage_reviewed",
            Stage::Corrected => "stage_corrected",
        }
    }
}
