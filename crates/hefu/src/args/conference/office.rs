//! What the office makes of rounds and ledger, and what a member sees of it.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

use super::{OfRound, WhichArgs};

#[derive(Subcommand)]
pub(crate) enum OfficeCommand {
    /// 统计：本轮按单位、规则、月份、重点人群的疑点数与金额，小数目不显示 Figures of a round; small counts are withheld
    Figures {
        /// 向各成员公布；每轮只能公布一次，仅限办公室 Put them on record for all members, once; as the office
        #[arg(long, conflicts_with = "exact")]
        publish: bool,
        /// 不隐去小数目，只供办公室自用 With nothing withheld, for the office alone
        #[arg(long)]
        exact: bool,
        /// 写到此文件：.xlsx 或者 .html The file to write, .xlsx or .html
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        of: OfRound,
    },
    /// 资金公示：不含未成年人、被害人；办公室为核实情况，成员为本单位发放情况 What is published of money, without minors and victims
    Publication {
        /// 写到此文件：.docx 或者 .html The file to write, .docx or .html
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        of: OfRound,
    },
    /// 会商议题：逾期、矛盾、提交会商的事项，两端不一致的比对 What is to be spoken about
    Agenda {
        #[command(flatten)]
        of: OnDay,
    },
    /// 催办或者提交会商；仅限办公室 Have agencies reminded of a matter, or put it on the agenda, as the office
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Escalate {
        /// 事项编号，或其前几位 The number of the line, or its first digits
        item: String,
        /// 催办 Remind
        #[arg(long, group = "what")]
        remind: bool,
        /// 提交会商 Put it on the agenda
        #[arg(long, group = "what")]
        consultation: bool,
        /// 撤回 Take that back
        #[arg(long, group = "what")]
        clear: bool,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 登记会商决定：不得写入姓名、证件号码，用事项编号指代；仅限办公室 Record what was decided, without names or numbers of people, as the office
    Decide {
        /// 事项编号，或其前几位 The number of the line, or its first digits
        item: String,
        /// 议定内容 What was decided
        #[arg(long)]
        text: String,
        /// 责任单位 Who is to do it
        #[arg(long)]
        by: String,
        /// 完成期限 Until when
        #[arg(long)]
        due: Option<Date>,
        /// 会商纪要文号 The number of the minutes
        #[arg(long)]
        minutes: String,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 会商纪要 The minutes of a consultation
    Minutes {
        /// 纪要文号；给出后不看日期 The number of the minutes, in place of the day
        #[arg(long)]
        number: Option<String>,
        /// 写到此文件：.docx 或者 .html The file to write, .docx or .html
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        of: OnDay,
    },
    /// 办理时限：各单位各环节按期、逾期件数与用时中位数 Whether agencies keep their time, by pair and step
    Monitor {
        #[command(flatten)]
        of: OnDay,
    },
    /// 质量评查抽样：结束后由会议记录决定，任何人不能挑选，各单位都能复核 What is drawn for a quality review; nobody can choose it, and all can check
    Sample {
        /// 抽取比例，百分之几 So many of a hundred
        #[arg(long, default_value = "5%", value_parser = percent, conflicts_with = "count")]
        share: u8,
        /// 抽取件数 So many in all
        #[arg(long)]
        count: Option<u32>,
        #[command(flatten)]
        of: OfRound,
    },
}

/// As of which day, of which conference.
#[derive(ClapArgs)]
pub(crate) struct OnDay {
    /// 截至哪一天；不给则为今天 As of which day; today where it is left out
    #[arg(long)]
    pub(crate) on: Option<Date>,
    #[command(flatten)]
    pub(crate) which: WhichArgs,
}

fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<u8>().ok();
    number
        .filter(|percent| (1..=100).contains(percent))
        .ok_or_else(|| "1%–100%".to_owned())
}
