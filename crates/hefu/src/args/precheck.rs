//! The arguments of `hefu precheck`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use hefu_node::api::view::AuthorityRequest;

#[derive(Subcommand)]
pub(crate) enum PrecheckCommand {
    /// 查重：给付之前，就 1 至 20 人向对方查询；同一卷宗一次 Check 1 to 20 people before they are paid, those of one case file
    Run(PrecheckRunArgs),
    /// 列出查重，及各协议今日剩余次数 List checks, and what is left of them today
    List,
    /// 查看一次查重及其结果；谁看过会记入审计日志 Show one and what it says; that you looked is logged
    Show {
        /// 查重编号，或其前几位 Its id, or the first digits of it
        check: String,
    },
    /// 写出查重回执，入卷：已签名的 JSON 与供打印的网页 Write the receipt for the case file: signed JSON, and a page to print
    Receipt {
        /// 查重编号，或其前几位 Its id, or the first digits of it
        check: String,
        /// 写到此文件夹；不覆盖已有文件 The folder to write it to; no file that is there is replaced
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
    /// 核验一份查重回执：只需文件，不需节点 Verify a receipt, from its file alone
    Verify {
        /// 回执文件（JSON） The signed file
        file: PathBuf,
        /// 各单位名片；可给多个 Cards of the agencies
        #[arg(long = "card", value_name = "CARD", num_args = 1..)]
        cards: Vec<PathBuf>,
    },
}

#[derive(ClapArgs)]
#[command(group = clap::ArgGroup::new("authority").required(true))]
pub(crate) struct PrecheckRunArgs {
    /// 名单文件，CSV 或 TOML；- 为标准输入。号码不写在命令行上 The people, CSV or TOML, or - for standard input: no number is ever an argument
    #[arg(long, value_name = "FILE")]
    pub(crate) people: PathBuf,
    /// 授权书文号：本人同意查询 The number of the paper by which the person consents
    #[arg(long, group = "authority")]
    consent: Option<String>,
    /// 法定职责所依据的法律 The law that gives the agency the duty
    #[arg(long, group = "authority", requires_all = ["article", "document"])]
    law: Option<String>,
    /// 条款 Its article
    #[arg(long, requires = "law")]
    article: Option<String>,
    /// 申请或案件的文号 The number of the application or of the case
    #[arg(long, requires = "law")]
    document: Option<String>,
    /// 卷宗号 The number of the case file
    #[arg(long)]
    pub(crate) case_file: String,
    /// 协议文号，或摘要的前几位；可给多个，不给则为所有适用的 Under which agreements; all that fit otherwise
    #[arg(long = "agreement", value_name = "AGREEMENT")]
    pub(crate) agreements: Vec<String>,
    /// 结束后把回执写到此文件夹 Write the receipt to this folder when it has ended
    #[arg(long, value_name = "DIR", conflicts_with = "no_wait")]
    pub(crate) out: Option<PathBuf>,
    /// 不等待结束 Do not wait for its end
    #[arg(long)]
    pub(crate) no_wait: bool,
}

impl PrecheckRunArgs {
    /// One of the two is given; what is empty would be refused by the node.
    pub(crate) fn authority(&self) -> AuthorityRequest {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match &self.consent {
            Some(document) => AuthorityRequest::Consent {
                document: document.clone(),
            },
            None => AuthorityRequest::Duty {
                law: text(&self.law),
                article: text(&self.article),
                document: text(&self.document),
            },
        }
    }
}
