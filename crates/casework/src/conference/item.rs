//! 工作台账: one line for each matter between two agencies, without a person.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Fault;
use crate::{Hex, Text, codes::codes, note::Item};

codes! {
    /// What a line is about.
    ItemKind {
        /// 疑点
        Finding = "finding",
        /// 移送
        Referral = "referral",
        /// 协查
        Inquiry = "inquiry",
        /// 线索
        Lead = "lead",
    }
}

codes! {
    /// How far a matter has come.
    ItemState {
        /// 待办
        Open = "open",
        /// 办理中
        UnderWay = "under_way",
        /// 已反馈: the other agency has said what it had to say.
        Answered = "answered",
        /// 已办结
        Settled = "settled",
        /// 已更正: it should not have been there.
        Corrected = "corrected",
    }
}

codes! {
    /// What came of it.
    ItemOutcome {
        /// 合规
        Lawful = "lawful",
        /// 数据有误
        DataError = "data_error",
        /// 停发
        Stopped = "stopped",
        /// 追缴
        Recovered = "recovered",
        /// 移送
        Referred = "referred",
        /// 已救助
        Aided = "aided",
        /// 不符合
        NotEligible = "not_eligible",
        /// 已享受
        AlreadyAided = "already_aided",
        /// 查无
        NotFound = "not_found",
        /// 已答复
        Answered = "answered",
        /// 未采用
        NotTaken = "not_taken",
    }
}

codes! {
    /// Whether somebody has to be reminded.
    Escalation {
        /// No.
        None = "none",
        /// 催办
        Reminded = "reminded",
        /// 提交会商
        Consultation = "consultation",
        /// 会商已决
        Decided = "decided",
    }
}

/// One line of the ledger. Whoever opened it owns it, and alone can tell whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Random; where two agencies already have a number for the matter, that.
    pub item: Item,
    /// What it is about.
    pub kind: ItemKind,
    /// The agency that opened it, by node key.
    pub from: Hex<32>,
    /// The other agency.
    pub to: Hex<32>,
    /// 函号
    pub letter: Option<Text<100>>,
    /// The round that it came of, where it did.
    pub round: Option<u32>,
    /// When it was opened.
    pub opened: Date,
    /// Until when something is to be done.
    pub due: Option<Date>,
    /// How far it has come.
    pub state: ItemState,
    /// What came of it; always there where it is settled or corrected, and it can be where it is answered.
    pub outcome: Option<ItemOutcome>,
    /// When it came to that.
    pub closed: Option<Date>,
    /// Whether somebody has to be reminded. The office sets it.
    pub escalation: Escalation,
    /// When somebody looks again (回访).
    pub revisit: Option<Date>,
    /// 1, and one more with each change.
    pub revision: u32,
}

impl Line {
    /// Whether this author may put it on the ledger: the agency that owns it, or the office, which brings in the ledger
    /// that there was before, with what was escalated, and with no round.
    ///
    /// # Errors
    /// [`Fault::LineWrong`].
    pub fn may_open(&self, author: &Hex<32>, office: &Hex<32>) -> Result<(), Fault> {
        let theirs = match self.escalation {
            Escalation::None => self.from == *author || author == office,
            Escalation::Reminded | Escalation::Consultation => author == office,
            Escalation::Decided => false,
        };
        let of_round = self.round.is_none() || self.from == *author;
        ensure(theirs && of_round && self.revision == 1 && self.holds())
    }

    /// Whether this author may put `to` in its place, which is the next revision of the same matter:
    ///
    /// - the agency that owns it may change all but the escalation, and all but the due date where a consultation has
    ///   decided; a settled line may be taken up again or corrected, a corrected one never changes;
    /// - the other agency may say that it is at work, or answer, with an outcome where there is one, until the line is
    ///   settled or corrected;
    /// - the office may change the escalation, except that only a decision makes it decided, and that stays so.
    ///
    /// # Errors
    /// [`Fault::LineWrong`].
    pub fn may_change(&self, author: &Hex<32>, office: &Hex<32>, to: &Line) -> Result<(), Fault> {
        let allowed = if *author == self.from {
            self.by_owner(to)
        } else if *author == self.to {
            self.by_other(to)
        } else if author == office {
            self.by_office(to)
        } else {
            None
        };
        let next = self.revision.checked_add(1);
        let allowed = allowed
            .zip(next)
            .map(|(line, revision)| Line { revision, ..line });
        ensure(to.holds() && allowed.as_ref() == Some(to))
    }

    /// This line with what its owner may change taken from another; none where it can't go from state to state.
    fn by_owner(&self, to: &Line) -> Option<Line> {
        let goes = match self.state {
            ItemState::Open | ItemState::UnderWay | ItemState::Answered => true,
            ItemState::Settled => !matches!(to.state, ItemState::Open | ItemState::Answered),
            ItemState::Corrected => false,
        };
        let decided = self.escalation == Escalation::Decided;
        goes.then(|| Line {
            letter: to.letter.clone(),
            due: if decided { self.due } else { to.due },
            state: to.state,
            outcome: to.outcome,
            closed: to.closed,
            revisit: to.revisit,
            ..self.clone()
        })
    }

    fn by_other(&self, to: &Line) -> Option<Line> {
        let goes = !self.state.is_final() && matches!(to.state, ItemState::UnderWay | ItemState::Answered);
        goes.then(|| Line {
            state: to.state,
            outcome: to.outcome,
            ..self.clone()
        })
    }

    fn by_office(&self, to: &Line) -> Option<Line> {
        let decided = [self.escalation, to.escalation].contains(&Escalation::Decided);
        (!decided).then(|| Line {
            escalation: to.escalation,
            ..self.clone()
        })
    }

    /// Whether it contradicts itself nowhere.
    fn holds(&self) -> bool {
        let over = self.state.is_final();
        let outcome = match self.state {
            ItemState::Settled | ItemState::Corrected => self.outcome.is_some(),
            ItemState::Answered => true,
            ItemState::Open | ItemState::UnderWay => self.outcome.is_none(),
        };
        let dates = [self.due, self.closed, self.revisit];
        self.from != self.to
            && outcome
            && self.closed.is_some() == over
            && dates.iter().flatten().all(|date| self.opened <= *date)
    }
}

impl ItemState {
    /// Whether nothing more is to be done.
    pub fn is_final(self) -> bool {
        matches!(self, ItemState::Settled | ItemState::Corrected)
    }
}

fn ensure(holds: bool) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::LineWrong) }
}

/// A line as it is to be from now on: new, or in place of the one of the revision before.
pub type Change = Line;
