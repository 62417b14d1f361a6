//! The arguments of `hefu inquiry`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use hefu_node::api::view::{FoundRequest, InquiryRequest, UnitRequest};
use jiff::civil::Date;

use super::FindingArgs;

#[derive(Subcommand)]
pub(crate) enum InquiryCommand {
    /// 就一条疑点起草协查；此时不发出任何信息 Draft an inquiry about one finding; nothing leaves by it
    #[command(group = clap::ArgGroup::new("period").required(true))]
    Draft(DraftArgs),
    /// 审核同意；第二人同意即签发：记入披露台账，证件号码随函发往对方 Approve; the second person releases it, and the number goes
    Approve {
        #[command(flatten)]
        of: ItemArgs,
    },
    /// 审核退回 Do not approve
    Refuse {
        #[command(flatten)]
        of: ItemArgs,
        #[command(flatten)]
        why: ReasonArgs,
    },
    /// 撤回本人起草、尚未签发的协查 Take one's own draft back, before it is released
    Withdraw {
        #[command(flatten)]
        of: ItemArgs,
        #[command(flatten)]
        why: ReasonArgs,
    },
    /// 列出协查事项：逾期在前，重点人群优先 List inquiries: what is late first, then key groups
    List {
        /// 只列未办结的 Only what is open
        #[arg(long)]
        open: bool,
    },
    /// 查看一件协查及其经过；对方询问的，并列出本单位的登记 Show one with its acts, and where the other side asks, one's own rows
    Show {
        #[command(flatten)]
        of: ItemArgs,
    },
    /// 认领对方来函，今后由本人答复 Take charge of the answer to the other side's question
    Take {
        #[command(flatten)]
        of: ItemArgs,
    },
    /// 答复对方来函并发出 Answer the other side's question, and send the answer
    Answer {
        #[command(flatten)]
        of: ItemArgs,
        /// 确有发放 paid-then，当期未发放 not-paid-then，并非同一人 other-person，未见对应记录 no-record，无法查清 unclear What was found
        #[arg(long, value_enum)]
        answer: FoundArg,
        /// 复函文号 The number of the letter
        #[arg(long)]
        document: String,
        /// 说明；受保护人员或者不知是否受保护的，不得填写 More of it; not about a person who is protected, or may be
        #[arg(long)]
        text: Option<String>,
    },
    /// 办结：已阅复函，或者逾期未复 Close one: the answer was read, or none came in time
    Close {
        #[command(flatten)]
        of: ItemArgs,
        #[command(flatten)]
        why: ReasonArgs,
    },
    /// 写出协查函要素表，已知的非个人信息已填好 Write the file of facts for the letter, filled in as far as it names nobody
    Letter {
        #[command(flatten)]
        of: ItemArgs,
        /// 写到此文件；不覆盖已有文件 The file to write; never one that is there
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(ClapArgs)]
pub(crate) struct DraftArgs {
    #[command(flatten)]
    pub(crate) finding: FindingArgs,
    /// 协查函文号 The number of the letter
    #[arg(long)]
    document: String,
    /// 请对方核实什么；受保护人员或者不知是否受保护的，不得填写 What is asked; not about a person who is protected, or may be
    #[arg(long)]
    question: Option<String>,
    /// 答复期限，日，自签发次日起算 How long the other side has, in days, from the day after release
    #[arg(long, group = "period")]
    days: Option<u16>,
    /// 答复期限，工作日 The same in working days
    #[arg(long, group = "period")]
    working_days: Option<u16>,
    /// 期限届满之日；不给则由节点推算 The last day of the period; otherwise the node reckons it
    #[arg(long)]
    until: Option<Date>,
}

/// Which inquiry.
#[derive(ClapArgs)]
pub(crate) struct ItemArgs {
    /// 事项编号，或其前几位 The item's number, or the first digits of it
    pub(crate) item: String,
}

#[derive(ClapArgs)]
pub(crate) struct ReasonArgs {
    /// 理由，只留在本单位 Why; it stays at this agency
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FoundArg {
    PaidThen,
    NotPaidThen,
    OtherPerson,
    NoRecord,
    Unclear,
}

impl DraftArgs {
    pub(crate) fn request(self) -> (FindingArgs, InquiryRequest) {
        // One of the two is there, and not both.
        let (days, unit) = match self.working_days {
            Some(days) => (days, UnitRequest::Working),
            None => (self.days.unwrap_or_default(), UnitRequest::Natural),
        };
        let request = InquiryRequest {
            document: self.document,
            question: self.question,
            days,
            unit,
            until: self.until,
        };
        (self.finding, request)
    }
}

impl FoundArg {
    pub(crate) fn request(self) -> FoundRequest {
        match self {
            FoundArg::PaidThen => FoundRequest::PaidThen,
            FoundArg::NotPaidThen => FoundRequest::NotPaidThen,
            FoundArg::OtherPerson => FoundRequest::OtherPerson,
            FoundArg::NoRecord => FoundRequest::NoRecord,
            FoundArg::Unclear => FoundRequest::Unclear,
        }
    }
}
