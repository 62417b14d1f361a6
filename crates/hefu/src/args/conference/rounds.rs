//! Rounds of a conference.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::WhichArgs;

#[derive(Subcommand)]
pub(crate) enum RoundsCommand {
    /// 会议进展：框架协议、签署、轮次、本单位待办 Where the conference stands, and what this node has to do
    Status {
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 发布本轮启动通知；仅限办公室 Announce the next round, as its office
    Start(StartArgs),
    /// 参加本轮比对：签署本轮各附件 Take part in a round
    Join {
        #[command(flatten)]
        of: OfRound,
    },
    /// 不参加本轮比对 Do not take part in a round
    Decline {
        /// 理由，各单位可见，不得涉及个人 Why, shown to all and without a person
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        of: OfRound,
    },
    /// 固定本轮提交的数据：各名册的最新一次导入 Fix what this node enters: the newest import of each register
    Freeze {
        #[command(flatten)]
        of: OfRound,
    },
    /// 开始比对；仅限办公室，各单位就绪或者期满后自动开始 Have pairs run, as the office; it does by itself when all are ready or the time is up
    Begin {
        #[command(flatten)]
        of: OfRound,
    },
    /// 本轮总表：各单位、各附件的进度与原因 All parties and legs of a round
    Board {
        #[command(flatten)]
        of: OfRound,
    },
    /// 失败或者两端不一致的一次比对，再做一次；仅限办公室 Have a leg run once more, as the office
    Rerun {
        /// 附件代号 The annex's code
        annex: String,
        /// 得知结果的单位 Who learns in it
        #[arg(long)]
        to: String,
        /// 理由 Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        of: OfRound,
    },
    /// 再次向办公室报告本轮情况与办理进度 Tell the office once more what the round came to, and what became of it
    Report {
        #[command(flatten)]
        of: OfRound,
    },
    /// 结束本轮；仅限办公室 End a round, as the office
    Close {
        /// 如何结束 How
        #[arg(long, value_enum, default_value_t = EndArg::Completed)]
        end: EndArg,
        #[command(flatten)]
        of: OfRound,
    },
    /// 退出联席会议；办公室可令成员退出 Leave the conference, or have a member leave it
    Leave {
        /// 退出的单位；不给则为本单位 Who leaves; this node where it is left out
        #[arg(long)]
        member: Option<String>,
        /// 理由 Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        which: WhichArgs,
    },
}

/// A round that is to be.
#[derive(ClapArgs)]
pub(crate) struct StartArgs {
    /// 数据月份，首尾都算在内，如 2026-07..2026-09；不给则为上个月 Months, both ends included; last month where it is left out
    #[arg(long, value_parser = months)]
    pub(crate) months: Option<(String, String)>,
    /// 固定数据的期限（北京时间），如 2026-10-12T18:00 Until when members freeze, in Beijing time
    #[arg(long, value_parser = moment)]
    pub(crate) freeze_by: Option<Timestamp>,
    /// 比对的期限 Until when pairs may run
    #[arg(long, value_parser = moment)]
    pub(crate) run_until: Option<Timestamp>,
    /// 核实反馈的期限，如 2026-10-31 Until when findings are in review
    #[arg(long)]
    pub(crate) review_until: Option<Date>,
    #[command(flatten)]
    pub(crate) which: WhichArgs,
}

/// Which round.
#[derive(ClapArgs)]
pub(crate) struct OfRound {
    /// 轮次；不给则为最近一轮 Its number; the last one where it is left out
    #[arg(long)]
    pub(crate) round: Option<u32>,
    #[command(flatten)]
    pub(crate) which: WhichArgs,
}

/// How a round ends.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum EndArg {
    /// 比对、核实完毕 It was run and reviewed
    Completed,
    /// 有单位缺席，未举行 Somebody was absent
    NotHeld,
    /// 取消 It is called off
    CalledOff,
}

impl EndArg {
    pub(crate) fn code(self) -> &'static str {
        match self {
            EndArg::Completed => "completed",
            EndArg::NotHeld => "not_held",
            EndArg::CalledOff => "called_off",
        }
    }
}

fn months(text: &str) -> Result<(String, String), String> {
    text.split_once("..")
        .map(|(from, until)| (from.to_owned(), until.to_owned()))
        .ok_or_else(|| "2026-07..2026-09".to_owned())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let civil: DateTime = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let beijing = jiff::tz::offset(8);
    beijing.to_timestamp(civil).map_err(|error| error.to_string())
}
