//! The arguments of what is done about a finding.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use hefu_node::api::view::{ActRequest, DecisionRequest, ResultRequest, UnitRequest, VerdictRequest};
use jiff::civil::Date;

#[derive(Subcommand)]
pub(crate) enum ReviewCommand {
    /// 认领：今后由本人经办 Take charge of one
    Take {
        #[command(flatten)]
        at: ActArgs,
    },
    /// 移交经办 Give it into another person's charge
    HandOver {
        #[command(flatten)]
        at: ActArgs,
        /// 今后的经办人，与其 --actor 一致 Who is in charge from now on, as in their --actor
        #[arg(long)]
        to: String,
        /// 理由 Why
        #[arg(long)]
        reason: String,
    },
    /// 记录核实结果 Record what verification showed
    Verify {
        #[command(flatten)]
        at: ActArgs,
        /// 属实 confirmed，不属实 refuted，并非同一人 other-person，无法查清 unclear The result
        #[arg(long, value_enum)]
        result: VerdictArg,
        /// 查了什么、结果如何 What was looked at, and what it showed
        #[arg(long)]
        reason: String,
    },
    /// 记录告知书已送达；期限自送达次日起算 Record that the notice was served; the period begins on the day after
    #[command(group = clap::ArgGroup::new("period").required(true))]
    Tell {
        #[command(flatten)]
        at: ActArgs,
        /// 告知书文号 The number of the notice
        #[arg(long)]
        document: String,
        /// 陈述申辩期限，日 The period for a statement, in days
        #[arg(long, group = "period")]
        days: Option<u16>,
        /// 陈述申辩期限，工作日 The period for a statement, in working days
        #[arg(long, group = "period")]
        working_days: Option<u16>,
        /// 期限届满之日；不给则由节点推算 The last day of the period; otherwise the node reckons it
        #[arg(long)]
        until: Option<Date>,
    },
    /// 记录陈述申辩，或逾期未陈述 Record the person's statement, or that none came in time
    #[command(group = clap::ArgGroup::new("statement").required(true))]
    Hear {
        #[command(flatten)]
        at: ActArgs,
        /// 陈述申辩笔录或书面材料的文号 The number of the statement
        #[arg(long, group = "statement")]
        document: Option<String>,
        /// 逾期未陈述 The period passed without one
        #[arg(long, group = "statement")]
        none: bool,
    },
    /// 记录法定例外：依法无须告知或听取 Record that the law excuses telling and hearing
    Except {
        #[command(flatten)]
        at: ActArgs,
        /// 法律及条款 The law and its article
        #[arg(long)]
        legal_basis: String,
        /// 为何适用 Why it applies
        #[arg(long)]
        reason: String,
    },
    /// 记录决定 Record a decision
    Decide {
        #[command(flatten)]
        at: ActArgs,
        #[command(flatten)]
        decision: DecisionArgs,
        #[command(flatten)]
        paper: PaperArgs,
    },
    /// 记录当事人对决定提出的异议，由另一人复核或者更正 Record that the person objects to what was decided; another person answers
    Object {
        #[command(flatten)]
        at: ActArgs,
        /// 异议笔录或书面材料的文号 The number of the record or of the paper handed in
        #[arg(long)]
        document: String,
        /// 当事人的意见 What the person says
        #[arg(long)]
        reason: String,
        /// 收到日期；不给则与办理日期相同 The day on which it came; that of the act otherwise
        #[arg(long)]
        received: Option<Date>,
    },
    /// 记录复核；作出决定的人不得复核 Record a second review, by somebody else than who decided
    Review {
        #[command(flatten)]
        at: ActArgs,
        /// 维持 upheld，重新核实 returned；变更的改给 --decision Upheld, or returned to verification; for a change give --decision
        #[arg(
            long,
            value_enum,
            required_unless_present = "decision",
            conflicts_with = "decision"
        )]
        result: Option<ResultArg>,
        #[command(flatten)]
        changed: ChangedArgs,
        #[command(flatten)]
        paper: PaperArgs,
    },
    /// 更正：疑点有误，撤销其结果；依据不变则不再出现 Correct: the finding was wrong, and does not come back unless its basis changes
    Correct {
        #[command(flatten)]
        at: ActArgs,
        #[command(flatten)]
        paper: PaperArgs,
    },
}

/// Which finding, and on which day.
#[derive(ClapArgs)]
pub(crate) struct ActArgs {
    #[command(flatten)]
    pub(crate) finding: FindingArgs,
    /// 办理日期；不给则为今天 The day on which it was done; today otherwise
    #[arg(long)]
    pub(crate) on: Option<Date>,
}

/// Which finding.
#[derive(ClapArgs)]
pub(crate) struct FindingArgs {
    /// 比对编号，或其前几位 The round's id, or the first digits of it
    pub(crate) round: String,
    /// 疑点序号 Its number
    pub(crate) seq: u64,
}

/// The paper behind an act.
#[derive(ClapArgs)]
pub(crate) struct PaperArgs {
    /// 作出单位 The authority
    #[arg(long)]
    authority: String,
    /// 文号 The number of its paper
    #[arg(long)]
    document: String,
    /// 理由 On what it rests
    #[arg(long)]
    reason: String,
}

#[derive(ClapArgs)]
pub(crate) struct DecisionArgs {
    /// 合规 lawful，数据有误 data-error，停发 stopped，追缴 recovered，移送 referred What is decided
    #[arg(long, value_enum)]
    decision: DecisionArg,
    /// 追缴金额，元 How much is to be paid back, in yuan
    #[arg(long, value_parser = fen, required_if_eq("decision", "recovered"))]
    yuan: Option<i64>,
    /// 移送何单位 To which authority it is referred
    #[arg(long, required_if_eq("decision", "referred"))]
    to: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct ChangedArgs {
    /// 变更为 What is decided instead
    #[arg(long, value_enum)]
    decision: Option<DecisionArg>,
    /// 追缴金额，元 How much is to be paid back, in yuan
    #[arg(long, value_parser = fen, required_if_eq("decision", "recovered"))]
    yuan: Option<i64>,
    /// 移送何单位 To which authority it is referred
    #[arg(long, required_if_eq("decision", "referred"))]
    to: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum VerdictArg {
    Confirmed,
    Refuted,
    OtherPerson,
    Unclear,
}

#[derive(Clone, Copy, ValueEnum)]
enum DecisionArg {
    Lawful,
    DataError,
    Stopped,
    Recovered,
    Referred,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ResultArg {
    Upheld,
    Returned,
}

impl ReviewCommand {
    /// Which finding, on which day, and what is asked of the node.
    pub(crate) fn request(self) -> (ActArgs, ActRequest) {
        match self {
            ReviewCommand::Take { at } => (at, ActRequest::Taken {}),
            ReviewCommand::HandOver { at, to, reason } => (at, ActRequest::HandedOver { to, reason }),
            ReviewCommand::Verify { at, result, reason } => {
                let result = match result {
                    VerdictArg::Confirmed => VerdictRequest::Confirmed,
                    VerdictArg::Refuted => VerdictRequest::Refuted,
                    VerdictArg::OtherPerson => VerdictRequest::OtherPerson,
                    VerdictArg::Unclear => VerdictRequest::Unclear,
                };
                (at, ActRequest::Verified { result, reason })
            }
            ReviewCommand::Tell {
                at,
                document,
                days,
                working_days,
                until,
            } => {
                let unit = match working_days {
                    Some(_) => UnitRequest::Working,
                    None => UnitRequest::Natural,
                };
                // One of the two is given; a period of no days is refused by the node.
                let days = working_days.or(days).unwrap_or_default();
                let told = ActRequest::Told {
                    document,
                    days,
                    unit,
                    until,
                };
                (at, told)
            }
            ReviewCommand::Hear { at, document, .. } => (at, ActRequest::Heard { document }),
            ReviewCommand::Except {
                at,
                legal_basis,
                reason,
            } => (at, ActRequest::Excepted { legal_basis, reason }),
            ReviewCommand::Decide { at, decision, paper } => {
                let decision = decision.decision.request(decision.yuan, decision.to);
                (
                    at,
                    ActRequest::Decided {
                        decision,
                        authority: paper.authority,
                        document: paper.document,
                        reason: paper.reason,
                    },
                )
            }
            ReviewCommand::Object {
                at,
                document,
                reason,
                received,
            } => {
                let objected = ActRequest::Objected {
                    document,
                    reason,
                    received,
                };
                (at, objected)
            }
            ReviewCommand::Review {
                at,
                result,
                changed,
                paper,
            } => {
                let result = match (changed.decision, result) {
                    (Some(decision), _) => ResultRequest::Changed {
                        to: decision.request(changed.yuan, changed.to),
                    },
                    (None, Some(ResultArg::Returned)) => ResultRequest::Returned {},
                    (None, _) => ResultRequest::Upheld {},
                };
                (
                    at,
                    ActRequest::Reviewed {
                        result,
                        authority: paper.authority,
                        document: paper.document,
                        reason: paper.reason,
                    },
                )
            }
            ReviewCommand::Correct { at, paper } => (
                at,
                ActRequest::Corrected {
                    authority: paper.authority,
                    document: paper.document,
                    reason: paper.reason,
                },
            ),
        }
    }
}

impl DecisionArg {
    /// What belongs to a decision is there where it is needed; were it not, the node would refuse what is empty.
    fn request(self, fen: Option<i64>, to: Option<String>) -> DecisionRequest {
        match self {
            DecisionArg::Lawful => DecisionRequest::Lawful {},
            DecisionArg::DataError => DecisionRequest::DataError {},
            DecisionArg::Stopped => DecisionRequest::Stopped {},
            DecisionArg::Recovered => DecisionRequest::Recovered {
                fen: fen.unwrap_or_default(),
            },
            DecisionArg::Referred => DecisionRequest::Referred {
                to: to.unwrap_or_default(),
            },
        }
    }
}

/// Yuan with at most two places, as fen.
fn fen(yuan: &str) -> Result<i64, String> {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = match part.len() {
        1 => format!("{part}0"),
        _ => part.to_owned(),
    };
    let fen = (digits(whole) && digits(&part) && part.len() == 2)
        .then(|| {
            let whole: i64 = whole.parse().ok()?;
            whole.checked_mul(100)?.checked_add(part.parse().ok()?)
        })
        .flatten();
    fen.ok_or_else(|| "650.50".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_to_the_fen() {
        for (yuan, expected) in [
            ("650.50", 65_050),
            ("650.5", 65_050),
            ("650", 65_000),
            ("0.01", 1),
        ] {
            assert_eq!(fen(yuan), Ok(expected), "{yuan}");
        }
        for wrong in [
            "",
            ".5",
            "6.",
            "6.005",
            "-6",
            "6,000",
            "+6",
            "９",
            "99999999999999999999",
        ] {
            assert!(fen(wrong).is_err(), "{wrong}");
        }
    }
}
