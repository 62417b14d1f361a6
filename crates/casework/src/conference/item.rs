//! 工作台账: one line for each matter between two agencies, without a person.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    /// What came of it; there if, and only if, it is settled or corrected.
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

/// A line as it is to be from now on: new, or in place of the one of the revision before.
pub type Change = Line;
