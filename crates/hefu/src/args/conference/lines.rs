//! The ledger: what is on it, what of it is this agency's, assistance plans, and revisits.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand};
use hefu_casework::conference::{ItemKind, ItemState, MeasureState};
use jiff::civil::Date;

use super::{SheetCommand, WhichArgs};

#[derive(Subcommand)]
pub(crate) enum LinesCommand {
    /// 工作台账：各单位之间的事项，逐件一行，不含个人信息 The ledger: one line for each matter between two agencies, without a person
    #[command(subcommand)]
    Ledger(ConferenceLedgerCommand),
    /// 本单位的台账事项，对应到本节点的疑点、移送、协查；人员已遮掩 The lines that are one's own, joined here to what they are of; people are masked
    Own {
        #[command(flatten)]
        of: LineFilterArgs,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 帮扶方案：各单位对被移送人员的措施，只有相关单位可见 The plan for a referred person; only the agencies involved see it
    #[command(subcommand)]
    Plan(PlanCommand),
    /// 回访：设定回访日期，或者登记回访所见 Set the day on which somebody looks again, or record what was seen
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Revisit {
        #[command(flatten)]
        of: LineArgs,
        /// 设定回访日期 The day on which somebody looks again
        #[arg(long, group = "what")]
        due: Option<Date>,
        /// 取消回访日期 No day any more
        #[arg(long, group = "what")]
        clear: bool,
        /// 回访时问题仍在 The matter was still there
        #[arg(long, group = "what")]
        seen: bool,
        /// 回访时问题已消除 The matter was not there any more
        #[arg(long, group = "what")]
        not_seen: bool,
        /// 实际回访的日期；不给即今天 The day of the visit; today where it is left out
        #[arg(long, conflicts_with_all = ["due", "clear"])]
        on: Option<Date>,
        #[command(flatten)]
        which: WhichArgs,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConferenceLedgerCommand {
    /// 列出本节点可见的台账：办公室可见全部，成员可见涉及本单位的 List the lines that this node may read: at the office all of them
    List {
        #[command(flatten)]
        of: LineFilterArgs,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 查看一行 Show one line
    Show {
        #[command(flatten)]
        of: LineArgs,
        #[command(flatten)]
        which: WhichArgs,
    },
    #[command(flatten)]
    Sheet(SheetCommand),
}

#[derive(Subcommand)]
pub(crate) enum PlanCommand {
    /// 登记本单位的一项措施，告知相关单位；同一措施再次登记即更新 Say one's own measure; the same once more takes its place
    Add {
        #[command(flatten)]
        of: LineArgs,
        /// 措施，例如“低保”“临时救助”；不得写入个人信息 What is done, without the person
        #[arg(long)]
        measure: String,
        /// 日期 When
        #[arg(long)]
        on: Date,
        /// 拟办 planned，办理中 under_way，已落实 done，不予办理 refused How far it is
        #[arg(long, value_parser = measure())]
        state: MeasureState,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 查看方案 Show the plan
    Show {
        #[command(flatten)]
        of: LineArgs,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 移送单位邀请另一成员单位参加方案 The agency that referred takes another member into the plan
    Invite {
        #[command(flatten)]
        of: LineArgs,
        /// 成员单位名称，或其节点公钥的前几位 The member, by name or the first digits of its node key
        agency: String,
        #[command(flatten)]
        which: WhichArgs,
    },
}

/// Which line.
#[derive(ClapArgs)]
pub(crate) struct LineArgs {
    /// 事项编号，或其前几位 The line's number, or its first digits
    pub(crate) item: String,
}

/// Which lines.
#[derive(ClapArgs)]
pub(crate) struct LineFilterArgs {
    /// 疑点 finding，移送 referral，协查 inquiry，线索 lead Only those of this kind
    #[arg(long, value_parser = kind())]
    pub(crate) kind: Option<ItemKind>,
    /// 待办 open，办理中 under_way，已反馈 answered，已办结 settled，已更正 corrected Only those that have come so far
    #[arg(long, value_parser = state())]
    pub(crate) state: Option<ItemState>,
    /// 只列逾期的 Only those that are late
    #[arg(long)]
    pub(crate) late: bool,
    /// 只列在此日期之前到期的 Only those in which something is due until this day
    #[arg(long)]
    pub(crate) due: Option<Date>,
    /// 以哪一天为准判断逾期；不给即今天 On which day it is seen what is late
    #[arg(long)]
    pub(crate) on: Option<Date>,
    /// 从第几行之后开始 Begin after so many
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    /// 最多多少行 The most lines
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u16,
}

/// One of a closed list, by its code.
fn code<T: Clone + Send + Sync + 'static>(
    all: &[T],
    code: fn(T) -> &'static str,
    read: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    let codes: Vec<_> = all.iter().cloned().map(code).collect();
    PossibleValuesParser::new(codes).try_map(move |code| read(&code).ok_or(code))
}

fn kind() -> impl TypedValueParser<Value = ItemKind> {
    code(ItemKind::ALL, ItemKind::code, ItemKind::from_code)
}

fn state() -> impl TypedValueParser<Value = ItemState> {
    code(ItemState::ALL, ItemState::code, ItemState::from_code)
}

fn measure() -> impl TypedValueParser<Value = MeasureState> {
    code(MeasureState::ALL, MeasureState::code, MeasureState::from_code)
}
