//! From a finding to a decision. A finding is a 疑点 and does not change; what is done about it is a history of acts.
//!
//! ```text
//! 认领 → 核实 → 告知 → 陈述申辩 → 决定 → （异议）→ 复核 / 更正
//! ```
//!
//! No decision is made without a person's verification (个人信息保护法 art. 24), and nothing is stopped or recovered
//! before the person was told and heard, but under a statutory exception whose article is recorded. An exception
//! excuses telling and hearing and never verification: no law lets a comparison alone decide.

mod basis;
mod codes;
mod due;
mod surroundings;
mod there;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Error, Fen, Hex, Text, calendar::Deadline, history::Trail, note::OutcomeCode};

pub use basis::{basis, subject};
pub use due::{Awaited, Due, Late, Periods};
pub use surroundings::Surroundings;
pub use there::{Contradiction, contradicts};

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
    /// 异议: the person objects to what was decided. It is open until a second review or a correction answers it.
    Objected(Objected),
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
    /// Its kind, as the other agency is told of it.
    pub fn outcome(&self) -> OutcomeCode {
        match self {
            Decision::Lawful {} => OutcomeCode::Lawful,
            Decision::DataError {} => OutcomeCode::DataError,
            Decision::Stopped {} => OutcomeCode::Stopped,
            Decision::Recovered { .. } => OutcomeCode::Recovered,
            Decision::Referred { .. } => OutcomeCode::Referred,
        }
    }

    /// Whether it takes something from the person.
    pub fn is_adverse(&self) -> bool {
        self.outcome().is_adverse()
    }

    /// Whether it takes from the person what the other does not: in another way, or more money.
    fn takes_more_than(&self, other: &Decision) -> bool {
        match (self, other) {
            (Decision::Recovered { fen }, Decision::Recovered { fen: before }) => fen > before,
            _ => self.is_adverse() && self != other,
        }
    }
}

/// What the person says against a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objected {
    /// The number of the record or of the paper handed in.
    pub document: Text<100>,
    /// What the person says.
    pub reason: Text<500>,
    /// The day on which it came: that of the decision at the earliest. It may be registered later.
    pub received: Date,
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
    surroundings: Surroundings,
    trail: Trail,
    owner: Option<Text<64>>,
    /// When the last verification was recorded.
    verified_at: Option<Timestamp>,
    state: State,
    /// The day on which what is awaited now began to be.
    since: Date,
    /// The day of the first objection that nothing has answered.
    objected: Option<Date>,
    /// Who has decided, or changed a decision, since the last verification, and on which day the first did.
    deciders: Vec<Text<64>>,
    decided_on: Option<Date>,
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
    pub fn new(basis: Hex<32>, matched: Date, surroundings: Surroundings) -> Review {
        Review {
            basis,
            surroundings,
            trail: Trail::new(matched),
            owner: None,
            verified_at: None,
            state: State::Open,
            since: matched,
            objected: None,
            deciders: Vec::new(),
            decided_on: None,
        }
    }

    /// How far a finding is after these acts.
    ///
    /// # Errors
    /// Those of [`Review::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        basis: Hex<32>,
        matched: Date,
        surroundings: Surroundings,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Review, Error> {
        let mut review = Review::new(basis, matched, surroundings);
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
    /// [`Error::NamesDiffer`], [`Error::NotConfirmed`] and [`Error::NotHeard`] for a decision against the person;
    /// [`Error::SamePerson`] for a second review or a correction by who decided; [`Error::TakesMore`] for an answer to an
    /// objection that is worse for the person; [`Error::OtherBasis`] for a correction of something else;
    /// [`Error::RecoveredNothing`] for a recovery without an amount.
    pub fn record(&mut self, event: &Event) -> Result<(), Error> {
        let state = self.next(event)?;
        self.trail = self.trail.follow(event)?;
        match &event.act {
            Act::Taken {} => self.owner = Some(event.by.clone()),
            Act::HandedOver(HandedOver { to, .. }) => self.owner = Some(to.clone()),
            Act::Verified(_) => self.verified_at = Some(event.at),
            Act::Decided(_) => {
                self.deciders = vec![event.by.clone()];
                self.decided_on = Some(event.on);
            }
            Act::Objected(act) => self.objected = self.objected.or(Some(act.received)),
            Act::Reviewed(act) => {
                self.objected = None;
                if let ReviewResult::Changed { .. } = act.result {
                    self.deciders.push(event.by.clone());
                }
            }
            Act::Corrected(_) => self.objected = None,
            _ => {}
        }
        if due::begins(&event.act) {
            self.since = event.on;
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

    /// What verification showed; nothing before it, and nothing once the finding is corrected.
    pub fn verdict(&self) -> Option<Verdict> {
        match &self.state {
            State::Open | State::Taken | State::Corrected => None,
            State::Verified(verdict)
            | State::Excepted(verdict)
            | State::Told { verdict, .. }
            | State::Heard(verdict) => Some(*verdict),
            State::Decided { standing, .. } | State::Reviewed { standing, .. } => {
                Some(standing.ground.verdict)
            }
        }
    }

    /// Until when the person may make a statement, while that is awaited.
    pub fn hearing_until(&self) -> Option<Date> {
        match &self.state {
            State::Told { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Since which day the person objects to what was decided, where nothing has answered that.
    pub fn objected(&self) -> Option<Date> {
        self.objected
    }

    /// Whether it is to be verified once more: at `at`, nothing is decided on it, and since it was verified the other agency
    /// has withdrawn its finding on the same matter.
    pub fn must_verify_again(&self, at: Timestamp) -> bool {
        let undecided = matches!(
            self.state,
            State::Verified(_) | State::Excepted(_) | State::Told { .. } | State::Heard(_)
        );
        undecided && self.surroundings.corrected_since(self.verified_at, at)
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
            // The other agency has found its own to be wrong: whatever was shown and said here is looked at once more.
            (_, Act::Verified(Verified { result, .. })) if self.must_verify_again(event.at) => {
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
                self.decide(event, *verdict, false, decided)?
            }
            (State::Heard(verdict) | State::Excepted(verdict), Act::Decided(decided)) => {
                self.decide(event, *verdict, true, decided)?
            }

            // Whoever takes an objection in need not be in charge: it is the person's, and answered by another.
            (state @ (State::Decided { .. } | State::Reviewed { .. }), Act::Objected(objected)) => {
                self.must_have_come(objected.received, *on)?;
                state.clone()
            }

            (State::Reviewed { .. }, Act::Reviewed(_)) if self.objected.is_none() => {
                return self.out_of_turn(act);
            }
            (
                State::Decided {
                    standing,
                    by: decider,
                }
                | State::Reviewed {
                    standing,
                    by: decider,
                },
                Act::Reviewed(reviewed),
            ) => {
                // Nor by who decided before another changed it: by objections alone nobody gets back what was undone.
                for decider in &self.deciders {
                    must_be_another(by, decider)?;
                }
                let (standing, by) = match &reviewed.result {
                    ReviewResult::Upheld {} => {
                        (self.bear(event, standing.ground, &standing.decision)?, decider)
                    }
                    // 行政复议法 art. 63, in its kind: who objects is not worse off for it.
                    ReviewResult::Changed { to }
                        if self.objected.is_some() && to.takes_more_than(&standing.decision) =>
                    {
                        return Err(Error::TakesMore);
                    }
                    ReviewResult::Changed { to } => (self.bear(event, standing.ground, to)?, by),
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
        event: &Event,
        verdict: Verdict,
        heard: bool,
        decided: &Decided,
    ) -> Result<State, Error> {
        self.must_be_owner(&event.by)?;
        let standing = self.bear(event, Ground { verdict, heard }, &decided.decision)?;
        let by = event.by.clone();
        Ok(State::Decided { standing, by })
    }

    /// Whether the decision may be made on this ground, as things stand around it.
    fn bear(&self, event: &Event, ground: Ground, decision: &Decision) -> Result<Standing, Error> {
        if decision.is_adverse() && self.surroundings.names_differ_at(event.at) {
            return Err(Error::NamesDiffer);
        }
        if decision.is_adverse() && self.surroundings.corrected_since(self.verified_at, event.at) {
            return Err(Error::CorrectedThere);
        }
        ground.bear(decision)
    }

    /// An objection comes after what it is against, and is not registered before it came.
    fn must_have_come(&self, received: Date, on: Date) -> Result<(), Error> {
        let earliest = self.decided_on.unwrap_or(self.since);
        if received < earliest || on < received {
            return Err(Error::OutOfOrder {
                date: received,
                earliest,
                latest: on,
            });
        }
        Ok(())
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
