//! The arguments of the ledger: whom a matter is about, between whom it goes, until when something is due.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use hefu_casework::transfer::{Answer, Came, Paper, Trigger};
use hefu_casework::{AgencyRole, ReasonCode};
use hefu_identity::Kind;
use hefu_node::api::view::{
    EndsRequest, MatterActRequest, OfficeRequest, OpeningRequest, PeriodRequest, TransferActRequest,
    UnitRequest,
};
use jiff::civil::Date;

use super::operating::role;

#[derive(Subcommand)]
pub(crate) enum ReferralCommand {
    /// 决定移送一人：记入台账 Decide to send a person on, into the ledger
    Open(Box<OpenArgs>),
    #[command(flatten)]
    Act(ReferralAct),
    /// 移送台账 The transfers of the ledger
    List(ListArgs),
    /// 查看一项及办理记录 Show one, and what was done
    Show(NumberArg),
    /// 逾期未办的事项（移送、告知、线索） What is late, of every kind
    Overdue {
        /// 截至何日；不给则为今天 As of which day; today otherwise
        #[arg(long)]
        on: Option<Date>,
    },
    /// 按一轮移送反馈核对，记入签收、办理结果、反馈；不符的列出待人工核实 Record in the own transfers what a round over letters told of them
    Confirm {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 约定的下一步期限，工作日 The agreed period for each next step, in working days
        #[arg(long, default_value_t = WORKING_DAYS)]
        working_days: u16,
    },
    /// 把台账中已发、已收的函件登记为数据快照，供移送反馈轮次使用 Take a snapshot of the ledger's letters, which rounds over letters enter
    Register,
}

/// 5 working days each way (最高人民检察院、国务院扶贫办 2019), where nothing else is agreed.
const WORKING_DAYS: u16 = 5;

#[derive(Subcommand)]
pub(crate) enum ReferralAct {
    /// 三份材料之一入卷 Put one of the three documents on file
    File {
        #[command(flatten)]
        at: MatterArgs,
        /// 案件情况 case-facts，司法救助情况 aid-given，社会救助建议 recommendation Which
        #[arg(long, value_enum)]
        paper: PaperArg,
        /// 文号 Its number
        #[arg(long)]
        document: String,
    },
    /// 先行救助，材料限期补齐 Emergency help came first, and the documents are owed
    HelpFirst {
        #[command(flatten)]
        at: MatterArgs,
        /// 给予何种救助 What was given
        #[arg(long)]
        given: String,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 转请申请地检察院 Pass it on to the procuratorate of the place of application
    PassOn {
        #[command(flatten)]
        at: MatterArgs,
        /// 文号 The number of the letter
        #[arg(long)]
        document: String,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 移送函已发出 The letter went to the agency
    Send {
        #[command(flatten)]
        at: MatterArgs,
        /// 函号 The number of the letter
        #[arg(long)]
        letter: String,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 签收 Acknowledged
    Acknowledge {
        #[command(flatten)]
        at: MatterArgs,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 办理结果 What the agency answers
    Answer {
        #[command(flatten)]
        at: MatterArgs,
        /// 已受理 accepted，不予救助 refused，已在享受 already-helped，查无此人 not-found The answer
        #[arg(long, value_enum)]
        answer: AnswerArg,
        /// 不予救助的原因 Why it refuses
        #[arg(long, value_parser = reason, required_if_eq("answer", "refused"))]
        reason: Option<ReasonCode>,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 反馈：书面告知结果 Feedback in writing
    FeedBack {
        #[command(flatten)]
        at: MatterArgs,
        /// 文号 The number of the letter
        #[arg(long)]
        document: String,
        /// 受理后的结果：已救助 helped，不予救助 refused；未受理的不填 What came of an accepted application, and only of one
        #[arg(long, value_enum)]
        came: Option<CameArg>,
        /// 受理后不予救助的原因 Why it was refused after all
        #[arg(long, value_parser = reason, required_if_eq("came", "refused"))]
        reason: Option<ReasonCode>,
        /// 给予何种救助，或为何未救助 What was given, or why nothing
        #[arg(long)]
        result: String,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 回访 The person was visited
    Visit {
        #[command(flatten)]
        at: MatterArgs,
        /// 本人现状 How the person fares
        #[arg(long)]
        result: String,
    },
}

#[derive(ClapArgs)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// 不符合司法救助条件 not-eligible，司法救助后仍有困难 still-poor Why
    #[arg(long, value_enum)]
    trigger: TriggerArg,
    #[command(flatten)]
    ends: EndsArgs,
    /// 申请地检察院名称；申请地不在本院辖区时必填 The procuratorate of the place of application, where that is of another region
    #[arg(long, requires = "via_place")]
    via: Option<String>,
    /// 申请地检察院所在地区，六位代码 Its region, six digits
    #[arg(long, requires = "via")]
    via_place: Option<String>,
    /// 外单位移送来的：登记对方来函 It came here from the other agency
    #[arg(long)]
    received: bool,
}

/// Between whom a matter goes, and its number.
#[derive(ClapArgs)]
pub(crate) struct EndsArgs {
    /// 台账编号 Its number in the ledger
    number: String,
    /// 日期；不给则为今天 The day; today otherwise
    #[arg(long)]
    on: Option<Date>,
    /// 本单位所在地区，六位代码 The region of this agency, six digits
    #[arg(long)]
    place: String,
    /// 对方单位名称 The agency at the other end
    #[arg(long)]
    other: String,
    /// 对方单位类别，如 civil_affairs What kind of agency it is
    #[arg(long, value_parser = role)]
    other_role: AgencyRole,
    /// 对方单位所在地区，六位代码 Its region, six digits
    #[arg(long)]
    other_place: String,
}

/// Whom a matter is about. A number never stands among the arguments, which other users of the machine can see.
#[derive(ClapArgs)]
#[group(id = "whose", required = true, multiple = false, args = ["finding", "row", "same_as", "number_from"])]
pub(crate) struct WhoseArgs {
    /// 一条疑点所指的人：比对编号、疑点序号 The person of a finding: its round and number
    #[arg(long, num_args = 2, value_names = ["ROUND", "SEQ"])]
    pub(crate) finding: Option<Vec<String>>,
    /// 名册中一行的人：名册名称、位置（文件/工作表:行） The person in a row of a register: its name, and file/sheet:row
    #[arg(long, num_args = 2, value_names = ["REGISTER", "FILE/SHEET:ROW"])]
    pub(crate) row: Option<Vec<String>>,
    /// 台账中另一项的同一人 The person of another matter, by its number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) same_as: Option<String>,
    /// 证件号码在此文件中，- 为从标准输入读取；号码不得写在命令行 A file with the document number, or - for standard input; never on the command line
    #[arg(long, value_name = "FILE")]
    pub(crate) number_from: Option<PathBuf>,
    /// 证件种类 The kind of document
    #[arg(long, default_value_t = Kind::Resident, requires = "number_from")]
    pub(crate) kind: Kind,
}

/// Which matter, and on which day.
#[derive(ClapArgs)]
pub(crate) struct MatterArgs {
    /// 台账编号 Its number in the ledger
    pub(crate) number: String,
    /// 办理日期；不给则为今天 The day on which it was done; today otherwise
    #[arg(long)]
    pub(crate) on: Option<Date>,
}

#[derive(ClapArgs)]
pub(crate) struct NumberArg {
    /// 台账编号 Its number in the ledger
    pub(crate) number: String,
}

#[derive(ClapArgs)]
pub(crate) struct ListArgs {
    /// 只列有待办期限的 Only those in which something is due
    #[arg(long)]
    pub(crate) due: bool,
    /// 跳过多少项 Begin after so many
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    /// 最多列出多少项 The most to list
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
}

/// Until when the next step is due.
#[derive(ClapArgs)]
pub(crate) struct PeriodArgs {
    /// 下一步的期限，工作日 The period for the next step, in working days
    #[arg(long, default_value_t = WORKING_DAYS)]
    working_days: u16,
    /// 下一步的期限，日 The period for the next step, in days
    #[arg(long, conflicts_with = "working_days")]
    days: Option<u16>,
    /// 期限届满之日；不给则由节点推算 The last day of the period; otherwise the node reckons it
    #[arg(long)]
    until: Option<Date>,
}

#[derive(Clone, Copy, ValueEnum)]
enum TriggerArg {
    NotEligible,
    StillPoor,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PaperArg {
    CaseFacts,
    AidGiven,
    Recommendation,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AnswerArg {
    Accepted,
    Refused,
    AlreadyHelped,
    NotFound,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CameArg {
    Helped,
    Refused,
}

impl OpenArgs {
    /// Of whom, and what is asked of the node.
    pub(crate) fn request(self) -> (WhoseArgs, OpeningRequest) {
        let via = self.via.zip(self.via_place).map(|(name, place)| OfficeRequest {
            name,
            role: AgencyRole::Procuratorate,
            place,
        });
        let opening = OpeningRequest::Transfer {
            ends: self.ends.request(self.received),
            trigger: match self.trigger {
                TriggerArg::NotEligible => Trigger::NotEligible,
                TriggerArg::StillPoor => Trigger::StillPoor,
            },
            via,
        };
        (self.whose, opening)
    }
}

impl EndsArgs {
    pub(super) fn request(self, received: bool) -> EndsRequest {
        EndsRequest {
            number: self.number,
            on: self.on,
            received,
            place: self.place,
            other: OfficeRequest {
                name: self.other,
                role: self.other_role,
                place: self.other_place,
            },
        }
    }
}

impl PeriodArgs {
    pub(super) fn request(&self) -> PeriodRequest {
        let (days, unit) = match self.days {
            Some(days) => (days, UnitRequest::Natural),
            None => (self.working_days, UnitRequest::Working),
        };
        PeriodRequest {
            days,
            unit,
            until: self.until,
        }
    }
}

impl ReferralAct {
    /// Which matter, on which day, and what is asked of the node.
    pub(crate) fn request(self) -> (MatterArgs, MatterActRequest) {
        let (at, act) = match self {
            ReferralAct::File { at, paper, document } => {
                let paper = match paper {
                    PaperArg::CaseFacts => Paper::CaseFacts,
                    PaperArg::AidGiven => Paper::AidGiven,
                    PaperArg::Recommendation => Paper::Recommendation,
                };
                (at, TransferActRequest::Filed { paper, document })
            }
            ReferralAct::HelpFirst { at, given, due } => {
                let due = due.request();
                (at, TransferActRequest::HelpedFirst { help: given, due })
            }
            ReferralAct::PassOn { at, document, due } => {
                let due = due.request();
                (at, TransferActRequest::PassedOn { document, due })
            }
            ReferralAct::Send { at, letter, due } => {
                let due = due.request();
                (at, TransferActRequest::Sent { letter, due })
            }
            ReferralAct::Acknowledge { at, due } => {
                let due = due.request();
                (at, TransferActRequest::Acknowledged { due })
            }
            ReferralAct::Answer {
                at,
                answer,
                reason,
                due,
            } => {
                let answer = match answer {
                    AnswerArg::Accepted => Answer::Accepted {},
                    AnswerArg::Refused => Answer::Refused {
                        reason: given(reason),
                    },
                    AnswerArg::AlreadyHelped => Answer::AlreadyHelped {},
                    AnswerArg::NotFound => Answer::NotFound {},
                };
                let due = due.request();
                (at, TransferActRequest::Answered { answer, due })
            }
            ReferralAct::FeedBack {
                at,
                document,
                came,
                reason,
                result,
                due,
            } => {
                let came = came.map(|came| match came {
                    CameArg::Helped => Came::Helped {},
                    CameArg::Refused => Came::Refused {
                        reason: given(reason),
                    },
                });
                let fed_back = TransferActRequest::FedBack {
                    document,
                    came,
                    result,
                    due: due.request(),
                };
                (at, fed_back)
            }
            ReferralAct::Visit { at, result } => (at, TransferActRequest::Visited { result }),
        };
        (at, MatterActRequest::Transfer(act))
    }
}

/// The arguments ask for a reason wherever one is needed.
fn given(reason: Option<ReasonCode>) -> ReasonCode {
    reason.unwrap_or(ReasonCode::Other)
}

fn reason(code: &str) -> Result<ReasonCode, String> {
    ReasonCode::from_code(code).ok_or_else(|| {
        let known: Vec<_> = ReasonCode::ALL.iter().map(|reason| reason.code()).collect();
        format!("[{}]", known.join(", "))
    })
}
