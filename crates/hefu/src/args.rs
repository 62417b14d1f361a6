//! The command line.

mod account;
mod clue;
mod conference;
mod ferry;
mod inquiry;
mod letter;
mod matter;
mod operating;
mod precheck;
mod review;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use hefu_identity::Kind;

use crate::words::Lang;

pub(crate) use account::{AccountCommand, PasswordArgs};
pub(crate) use clue::{ClueCommand, LeadCommand, NoticeCommand};
pub(crate) use conference::{
    ConferenceCommand, ConferenceLedgerCommand, LineFilterArgs, LinesCommand, OfRound, OfficeCommand, OnDay,
    PlanCommand, RecordCommand, RoundsCommand, SheetCommand, TextCommand, WhichArgs,
};
pub(crate) use ferry::{CarrierArg, CutArgs, DirectionArg, FerryCommand, FerryInArgs, FerryOutArgs, FormArg};
pub(crate) use inquiry::InquiryCommand;
pub(crate) use letter::LetterArgs;
pub(crate) use matter::{ListArgs, MatterArgs, ReferralCommand, WhoseArgs};
pub(crate) use operating::{
    AgreementCommand, AuditCommand, BackupArgs, DatasetCommand, DoctorArgs, FindingCommand, ImportArgs,
    InitArgs, KeyGroupArg, LedgerArgs, LedgerCommand, NodeArgs, PeerCommand, ReportCommand, RestoreArgs,
    RoundCommand, UnlockArgs,
};
pub(crate) use precheck::{PrecheckCommand, PrecheckRunArgs};
pub(crate) use review::{FindingArgs, ReviewCommand};

/// 合符：各单位只见相符之处，其余互不相见。 Agencies find what fits, and show each other nothing else.
#[derive(Parser)]
#[command(name = "hefu", version, propagate_version = true)]
pub(crate) struct Args {
    /// 界面语言 Language of the output; otherwise the locale decides
    #[arg(long, global = true, value_enum)]
    lang: Option<LangArg>,
    /// 以 JSON 输出 Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
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
    /// 五个单位与联席会议办公室的完整一轮：导入、协议、比对、疑点、台账 A round of the conference of five agencies and their office
    Demo(DemoArgs),
    /// 导入之前，先看文件有什么问题 What is wrong with a file, before anything is imported
    Check(CheckArgs),
    /// 在一个进程内比对两份名单 Match two lists, both parties in one process, by the real protocol
    Match(MatchArgs),
    /// 本机一分钟测速 A one-minute figure for this machine
    Bench(BenchArgs),
    /// 建立节点：文件夹、密钥、设置 Make a node: its folder, keys and settings
    Init(InitArgs),
    /// 运行节点 Run the node
    Serve,
    /// 把本单位的导出文件导入节点 Import an export of the agency's own
    Import(ImportArgs),
    /// 已导入的数据快照 What was imported
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// 名片与对方单位 The node's card, and the peers it knows
    #[command(subcommand)]
    Peer(PeerCommand),
    /// 协议：起草、签署、拒绝、查看 Agreements
    #[command(subcommand)]
    Agreement(AgreementCommand),
    /// 比对轮次 Rounds
    #[command(subcommand)]
    Round(RoundCommand),
    /// 受理查重：给付之前，就少数人向对方查询 A few people checked before they are paid
    #[command(subcommand)]
    Precheck(PrecheckCommand),
    /// 摆渡：与对方的网络不通时，用文件往来 Files carried to a peer that no line leads to
    #[command(subcommand)]
    Ferry(FerryCommand),
    /// 疑点 What a round found
    #[command(subcommand)]
    Finding(FindingCommand),
    /// 协查：请对方就一条疑点核实，或者答复对方 Inquiries: asking the other agency about one finding, and answering
    #[command(subcommand)]
    Inquiry(InquiryCommand),
    /// 移送：司法救助转社会救助的台账 Referrals from judicial to social assistance
    #[command(subcommand)]
    Referral(ReferralCommand),
    /// 告知申请：告知本人可申请司法救助 People who were told that they may apply for judicial aid
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// 移送线索：向检察院移送的救助线索 Leads that an agency passes on to a procuratorate
    #[command(subcommand)]
    Lead(LeadCommand),
    /// 内部线索：比对出的救助线索、未见对应记录，由谁办理 What rounds found of people who may be without help
    #[command(subcommand)]
    Clue(ClueCommand),
    /// 联席会议：多单位的框架协议、按月轮次、台账 The joint conference of many agencies: its texts, rounds and ledger
    #[command(subcommand)]
    Conference(ConferenceCommand),
    /// 已签名的比对报告 Signed reports
    #[command(subcommand)]
    Report(ReportCommand),
    /// 函件：移送、建议、协查、签收、反馈、告知、回访 Letters, from facts that a case worker fills in
    Letter(LetterArgs),
    /// 审计日志 The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// 披露台账与本月剩余额度 What peers had evaluated, and what is left this month
    Ledger(LedgerArgs),
    /// 账号：谁可以登录 Accounts: who may sign in
    #[command(subcommand)]
    Account(AccountCommand),
    /// 检查节点，或与一个对方的连接 Look at the node, or at the line to a peer
    Doctor(DoctorArgs),
    /// 备份节点 Back the node up
    Backup(BackupArgs),
    /// 从备份恢复节点 Make a node from a backup
    Restore(RestoreArgs),
}

#[derive(ClapArgs)]
pub(crate) struct DemoArgs {
    /// 节点、样例数据与文书放在何处；不给则用临时文件夹 Where to keep the nodes, the exports and the papers; a temporary folder otherwise
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// 各单位之间不连网，只经文件夹摆渡 No line connects the agencies: everything goes by files
    #[arg(long)]
    pub(crate) by_files: bool,
    /// 演示后六个节点继续运行，可用浏览器打开 All six nodes run on afterwards, with pages for a browser and sample accounts
    #[arg(long, conflicts_with = "by_files")]
    pub(crate) serve: bool,
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
}

#[derive(ClapArgs)]
pub(crate) struct BenchArgs {
    /// 每一步测多少秒 How many seconds each step is measured
    #[arg(long, default_value_t = 6)]
    pub(crate) seconds: u8,
}

impl Args {
    pub(crate) fn lang(&self) -> Lang {
        match self.lang {
            Some(LangArg::Zh) => Lang::Zh,
            Some(LangArg::En) => Lang::En,
            None => Lang::of_locale(),
        }
    }
}
