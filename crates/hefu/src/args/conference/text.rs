//! The text of a conference, and its ledger as a workbook.

use std::path::PathBuf;

use clap::Subcommand;

use super::WhichArgs;

#[derive(Subcommand)]
pub(crate) enum TextCommand {
    /// 起草框架协议；仅限办公室 Draft a framework agreement; at the office only
    Draft {
        /// 要素表，样例见 samples/framework.toml The draft in TOML, as samples/framework.toml shows it
        file: PathBuf,
        /// 所修订的文本：摘要的前几位 The text that it amends, by the first digits of its digest
        #[arg(long)]
        amends: Option<String>,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 查看框架协议：各方将得知什么、是否超出本单位规定 Show a text: what each party learns, and where it goes beyond one's own policy
    Show {
        /// 文本摘要的前几位；只有一个文本时可不给 The first digits of its digest; not needed where there is one
        text: Option<String>,
        /// 列出全部文本 List all texts
        #[arg(long, conflicts_with = "text")]
        all: bool,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 签署；超出本单位规定的不能签署 Sign; refused where it goes beyond one's own policy
    Sign {
        /// 文本摘要的前几位；只有一个文本时可不给 The first digits of its digest; not needed where there is one
        text: Option<String>,
        /// 不再询问 Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 拒绝签署，理由各方可见 Refuse; all see the reason
    Refuse {
        /// 文本摘要的前几位；只有一个文本时可不给 The first digits of its digest; not needed where there is one
        text: Option<String>,
        /// 理由 Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 登记盖章文本的文号与扫描件摘要；扫描件不保存 Record the number of the sealed paper and the digest of its scan, which is not kept
    Stamp {
        /// 文本摘要的前几位；只有一个文本时可不给 The first digits of its digest; not needed where there is one
        text: Option<String>,
        /// 文号 The paper's number
        #[arg(long)]
        document: String,
        /// 扫描件 The scan
        #[arg(long, value_name = "FILE")]
        scan: PathBuf,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 打印文本与签署页 Write the text for print, with a page for the seals
    Print {
        /// 文本摘要的前几位；只有一个文本时可不给 The first digits of its digest; not needed where there is one
        text: Option<String>,
        /// 写到此文件：.docx 或 .html；不覆盖已有文件 The file to write, .docx or .html; never one that is there
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        which: WhichArgs,
    },
}

#[derive(Subcommand)]
pub(crate) enum SheetCommand {
    /// 导出台账为工作簿 Write the ledger as a workbook
    Export {
        /// 写到此文件（.xlsx） The file to write (.xlsx)
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 导入改过的工作簿，或者原有台账；不加 --apply 只列出，不改动 Read back a workbook that was changed, or an old ledger; nothing is changed without --apply
    Import {
        /// 工作簿 The workbook
        file: PathBuf,
        /// 采用没有冲突的行 Apply the rows without conflict
        #[arg(long)]
        apply: bool,
        /// 原有台账的对照表，样例见 samples/ledger.toml How an old ledger is to be read, as samples/ledger.toml shows it
        #[arg(long, value_name = "FILE")]
        mapping: Option<PathBuf>,
        /// 冲突与未采用的行写到此文件（.xlsx 或 .csv） Write conflicts and refused rows to this file (.xlsx or .csv)
        #[arg(long, value_name = "FILE")]
        conflicts: Option<PathBuf>,
        #[command(flatten)]
        which: WhichArgs,
    },
}
