//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use hefu_identity::Kind;

use crate::words::Lang;

/// 合符：各机关只见相符之处，其余互不相见。 Agencies find what fits, and show each other nothing else.
#[derive(Parser)]
#[command(name = "hefu", version, propagate_version = true)]
pub(crate) struct Args {
    /// 界面语言 Language of the output; otherwise the locale decides
    #[arg(long, global = true, value_enum)]
    lang: Option<LangArg>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum LangArg {
    Zh,
    En,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// 四个机关的完整一轮：导入、协议、比对、疑点 A whole round among four agencies of one county
    Demo(DemoArgs),
    /// 导入之前，先看文件有什么问题 What is wrong with a file, before anything is imported
    Check(CheckArgs),
    /// 在一个进程内比对两份名单 Match two lists, both parties in one process, by the real protocol
    Match(MatchArgs),
    /// 本机一分钟测速 A one-minute figure for this machine
    Bench(BenchArgs),
}

#[derive(ClapArgs)]
pub(crate) struct DemoArgs {
    /// 节点与样例数据放在何处；不给则用临时文件夹 Where to keep the nodes and the exports; a temporary folder otherwise
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// 以 JSON 输出 Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs)]
pub(crate) struct CheckArgs {
    /// 文件或文件夹 A file or a folder
    pub(crate) file: PathBuf,
    /// 证件号码所在列 The heading over the document numbers
    #[arg(long)]
    pub(crate) column: Option<String>,
    /// 工作表 The sheet; * stands for any characters
    #[arg(long)]
    pub(crate) sheet: Option<String>,
    /// 字符编码，如 gb18030 The encoding of a text
    #[arg(long)]
    pub(crate) encoding: Option<String>,
    /// 以 JSON 输出 Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs)]
pub(crate) struct MatchArgs {
    /// 接收方名单 The receiver's list
    pub(crate) left: PathBuf,
    /// 发送方名单 The sender's list
    pub(crate) right: PathBuf,
    /// 左侧证件号码所在列 The heading over the numbers on the left
    #[arg(long)]
    pub(crate) left_column: Option<String>,
    /// 右侧证件号码所在列 The heading over the numbers on the right
    #[arg(long)]
    pub(crate) right_column: Option<String>,
    /// 左侧证件种类 The kind of document on the left
    #[arg(long)]
    pub(crate) left_kind: Option<Kind>,
    /// 右侧证件种类 The kind of document on the right
    #[arg(long)]
    pub(crate) right_kind: Option<Kind>,
    /// 允许名单为空 An empty list is meant
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// 把左侧相符的行写到此文件 Write the matched rows of the left side to this CSV file
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// 以 JSON 输出 Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs)]
pub(crate) struct BenchArgs {
    /// 以 JSON 输出 Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Args {
    pub(crate) fn lang(&self) -> Lang {
        match self.lang {
            Some(LangArg::Zh) => Lang::Zh,
            Some(LangArg::En) => Lang::En,
            None => Lang::of_locale(),
        }
    }

    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Demo(args) => args.json,
            Command::Check(args) => args.json,
            Command::Match(args) => args.json,
            Command::Bench(args) => args.json,
        }
    }
}
