//! The arguments of notices, leads and clues.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use hefu_casework::Text;
use hefu_casework::clue::{Checked, ClueReason};
use hefu_node::api::view::{
    ClueActRequest, LeadActRequest, MatterActRequest, NoticeActRequest, OpeningRequest,
};
use jiff::civil::Date;

use super::matter::{EndsArgs, ListArgs, MatterArgs, NumberArg, PeriodArgs, WhoseArgs};

#[derive(Subcommand)]
pub(crate) enum NoticeCommand {
    /// 已告知本人可以申请司法救助 A person was told that they may apply for judicial aid
    Inform(Box<InformArgs>),
    #[command(flatten)]
    Act(NoticeAct),
    /// 告知台账 The notices of the ledger
    List(ListArgs),
    /// 查看一项及办理记录 Show one, and what was done
    Show(NumberArg),
}

#[derive(ClapArgs)]
pub(crate) struct InformArgs {
    #[command(flatten)]
    whose: WhoseArgs,
    #[command(flatten)]
    ends: EndsArgs,
    #[command(flatten)]
    due: PeriodArgs,
}

#[derive(Subcommand)]
pub(crate) enum NoticeAct {
    /// 本人已申请 The person applied
    Applied {
        #[command(flatten)]
        at: MatterArgs,
        /// 申请书或受理凭证文号 The number of the application or of its receipt
        #[arg(long)]
        document: String,
    },
    /// 本人未申请 The person did not apply
    NotApplied {
        #[command(flatten)]
        at: MatterArgs,
        /// 本人所述原因 Why not, as far as the person says
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum LeadCommand {
    /// 线索移送函已发往检察院 A letter about somebody in need went to a procuratorate
    Send(Box<SendArgs>),
    #[command(flatten)]
    Act(LeadAct),
    /// 线索台账 The leads of the ledger
    List(ListArgs),
    /// 查看一项及办理记录 Show one, and what was done
    Show(NumberArg),
}

#[derive(ClapArgs)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    whose: WhoseArgs,
    #[command(flatten)]
    ends: EndsArgs,
    /// 函号 The number of the letter
    #[arg(long)]
    letter: String,
    /// 外单位移送来的：登记对方来函 It came here from the other agency
    #[arg(long)]
    received: bool,
    #[command(flatten)]
    due: PeriodArgs,
}

#[derive(Subcommand)]
pub(crate) enum LeadAct {
    /// 签收 Acknowledged
    Acknowledge {
        #[command(flatten)]
        at: MatterArgs,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 采纳 The procuratorate takes it up
    TakeUp {
        #[command(flatten)]
        at: MatterArgs,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 不予采纳 The procuratorate does not take it up
    Reject {
        #[command(flatten)]
        at: MatterArgs,
        /// 理由 Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 反馈 Feedback
    FeedBack {
        #[command(flatten)]
        at: MatterArgs,
        /// 文号 The number of the letter
        #[arg(long)]
        document: String,
        /// 结果 What came of it
        #[arg(long)]
        result: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum ClueCommand {
    /// 认领一条救助线索或未见对应记录 Take up a lead or an omission that a round found
    Take {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 疑点序号 The finding's number
        seq: u64,
        /// 台账编号 The clue's number in the ledger
        #[arg(long)]
        number: String,
        /// 办理日期；不给则为今天 The day; today otherwise
        #[arg(long)]
        on: Option<Date>,
    },
    #[command(flatten)]
    Act(ClueAct),
    /// 列出：一轮比对的线索，或台账中的全部 List those of a round, or all of the ledger
    List {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// 查看一项及办理记录 Show one, and what was done
    Show(NumberArg),
}

#[derive(Subcommand)]
pub(crate) enum ClueAct {
    /// 接手他人未办完的线索 Take over one that another person did not get on with
    TakeOver {
        #[command(flatten)]
        at: MatterArgs,
    },
    /// 移交控告申诉检察部门 Hand it over to complaints-and-appeals prosecution
    HandOver {
        #[command(flatten)]
        at: MatterArgs,
        /// 该部门的经办人，与其 --actor 一致 Who is in charge there, as in their --actor
        #[arg(long)]
        to: String,
        #[command(flatten)]
        due: PeriodArgs,
    },
    /// 受理，启动司法救助审查 Accept it: an examination for judicial aid begins
    Accept {
        #[command(flatten)]
        at: MatterArgs,
        /// 案号 The number of its own case
        #[arg(long)]
        case: String,
    },
    /// 不予受理 Reject it
    Reject {
        #[command(flatten)]
        at: MatterArgs,
        /// 已获救助 already_helped，不符合条件 not_eligible，无生活困难 no_hardship，本人放弃 declined，迁出或死亡 gone，其他 other Why
        #[arg(long, value_parser = reason)]
        reason: ClueReason,
        /// 查了什么、结果如何 What was looked at, and what it showed
        #[arg(long)]
        text: String,
    },
    /// 未见对应记录的核查结果 What an omission came to
    Check {
        #[command(flatten)]
        at: MatterArgs,
        #[command(flatten)]
        result: CheckArgs,
        /// 查了什么、结果如何 What was looked at, and what it showed
        #[arg(long)]
        text: String,
    },
    /// 重新办理；作出不予受理的人不得重新办理 Reopen it, by somebody else than who closed it
    Reopen {
        #[command(flatten)]
        at: MatterArgs,
        /// 理由 Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct CheckArgs {
    /// 已告知可以申请：告知台账编号（先用 hefu notice inform） The notice's number in the ledger
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    informed: Option<Text<100>>,
    /// 已移送：移送台账编号（先用 hefu referral open） The transfer's number in the ledger
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    referred: Option<Text<100>>,
    /// 无须救助：不符合对方条件 not-eligible，已由他处救助 helped-elsewhere，本人放弃 declined Why nothing is to be done
    #[arg(long, value_enum)]
    nothing: Option<NothingArg>,
}

#[derive(Clone, Copy, ValueEnum)]
enum NothingArg {
    NotEligible,
    HelpedElsewhere,
    Declined,
}

impl InformArgs {
    pub(crate) fn request(self) -> (WhoseArgs, OpeningRequest) {
        let opening = OpeningRequest::Notice {
            ends: self.ends.request(false),
            due: self.due.request(),
        };
        (self.whose, opening)
    }
}

impl SendArgs {
    pub(crate) fn request(self) -> (WhoseArgs, OpeningRequest) {
        let opening = OpeningRequest::Lead {
            ends: self.ends.request(self.received),
            letter: self.letter,
            due: self.due.request(),
        };
        (self.whose, opening)
    }
}

impl NoticeAct {
    pub(crate) fn request(self) -> (MatterArgs, MatterActRequest) {
        let (at, act) = match self {
            NoticeAct::Applied { at, document } => (at, NoticeActRequest::Applied { document }),
            NoticeAct::NotApplied { at, reason } => (at, NoticeActRequest::NotApplied { reason }),
        };
        (at, MatterActRequest::Notice(act))
    }
}

impl LeadAct {
    pub(crate) fn request(self) -> (MatterArgs, MatterActRequest) {
        let (at, act) = match self {
            LeadAct::Acknowledge { at, due } => {
                let due = due.request();
                (at, LeadActRequest::Acknowledged { due })
            }
            LeadAct::TakeUp { at, due } => {
                let due = due.request();
                (at, LeadActRequest::TakenUp { due })
            }
            LeadAct::Reject { at, reason, due } => {
                let due = due.request();
                (at, LeadActRequest::Rejected { reason, due })
            }
            LeadAct::FeedBack { at, document, result } => (at, LeadActRequest::FedBack { document, result }),
        };
        (at, MatterActRequest::Lead(act))
    }
}

impl ClueAct {
    pub(crate) fn request(self) -> (MatterArgs, MatterActRequest) {
        let (at, act) = match self {
            ClueAct::TakeOver { at } => (at, ClueActRequest::Taken {}),
            ClueAct::HandOver { at, to, due } => {
                let due = due.request();
                (at, ClueActRequest::HandedOver { to, due })
            }
            ClueAct::Accept { at, case } => (at, ClueActRequest::Accepted { case }),
            ClueAct::Reject { at, reason, text } => (at, ClueActRequest::Rejected { reason, text }),
            ClueAct::Check { at, result, text } => {
                let result = result.request();
                (at, ClueActRequest::Checked { result, text })
            }
            ClueAct::Reopen { at, reason } => (at, ClueActRequest::Reopened { reason }),
        };
        (at, MatterActRequest::Clue(act))
    }
}

impl CheckArgs {
    /// One of the three is given.
    fn request(self) -> Checked {
        match (self.informed, self.referred, self.nothing) {
            (Some(notice), ..) => Checked::Informed { notice },
            (_, Some(transfer), _) => Checked::Referred { transfer },
            (.., Some(NothingArg::HelpedElsewhere)) => Checked::HelpedElsewhere {},
            (.., Some(NothingArg::Declined)) => Checked::Declined {},
            (.., Some(NothingArg::NotEligible) | None) => Checked::NotEligible {},
        }
    }
}

fn number(text: &str) -> Result<Text<100>, hefu_casework::Error> {
    Text::new(text)
}

fn reason(code: &str) -> Result<ClueReason, String> {
    ClueReason::from_code(code).ok_or_else(|| {
        let known: Vec<_> = ClueReason::ALL.iter().map(|reason| reason.code()).collect();
        format!("[{}]", known.join(", "))
    })
}
