//! The arguments of the commands that run a node or ask one.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use hefu_casework::AgencyRole;

use super::{CarrierArg, DirectionArg, FindingArgs, ReviewCommand};

/// Which node, and on whose behalf.
#[derive(ClapArgs)]
pub(crate) struct NodeArgs {
    /// 节点文件夹 The node's folder
    #[arg(
        id = "node",
        long,
        alias = "folder",
        value_name = "DIR",
        global = true,
        env = "HEFU_NODE",
        hide_env_values = true,
        default_value = "."
    )]
    pub(crate) folder: PathBuf,
    /// 操作人，记入审计日志；不给则为登录名 Who acts, for the audit log; the login name otherwise
    #[arg(long, global = true, env = "HEFU_ACTOR", hide_env_values = true)]
    actor: Option<String>,
}

impl NodeArgs {
    pub(crate) fn actor(&self) -> String {
        let login = || {
            ["USER", "LOGNAME", "USERNAME"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok())
        };
        self.actor
            .clone()
            .or_else(login)
            .filter(|actor| !actor.is_empty())
            .unwrap_or_else(|| "operator".to_owned())
    }
}

#[derive(ClapArgs)]
pub(crate) struct InitArgs {
    /// 单位名称，写在名片上 The agency's name, for its card
    #[arg(long)]
    pub(crate) name: String,
    /// 单位类别 What kind of agency it is: court, civil_affairs, …
    #[arg(long, value_parser = role)]
    pub(crate) role: AgencyRole,
    /// 对方访问本节点的地址 host:port where peers reach the node
    #[arg(long)]
    pub(crate) address: String,
    #[command(flatten)]
    pub(crate) unlock: UnlockArgs,
    /// 对方连接的监听地址 Where to listen for peers
    #[arg(long)]
    pub(crate) peers_listen: Option<std::net::SocketAddr>,
    /// 操作接口的监听地址，仅限本机 Where to listen for operators, on this machine only
    #[arg(long)]
    pub(crate) operators_listen: Option<std::net::SocketAddr>,
}

/// What opens a node. A new one gets a key file beside its folder where none is named; one that is there says in its
/// settings what opens it.
#[derive(ClapArgs)]
#[group(multiple = false)]
pub(crate) struct UnlockArgs {
    /// 已有的密钥文件 A key file that is there
    #[arg(long)]
    pub(crate) key_file: Option<PathBuf>,
    /// 口令文件 A file with a passphrase
    #[arg(long)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// 服务管理器交付的口令凭据名 The name of a credential with a passphrase
    #[arg(long)]
    pub(crate) credential: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct ImportArgs {
    /// 名册名称 The register's name
    #[arg(long)]
    pub(crate) name: String,
    /// 映射文件（TOML） How the columns are read
    #[arg(long)]
    pub(crate) mapping: PathBuf,
    /// 导出文件 The files of the export
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum DatasetCommand {
    /// 列出数据快照 List what was imported
    List,
    /// 删除一个数据快照；正在比对的不能删 Delete one that no running round uses
    Delete {
        /// 数据快照编号 Its number
        id: i64,
    },
}

#[derive(Subcommand)]
pub(crate) enum PeerCommand {
    /// 输出本节点的名片 Print this node's card
    Card {
        /// 写到此文件 Write it to this file
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// 收下对方名片；指纹须经电话核对 Take a peer's card, once its fingerprint was read aloud
    Add {
        /// 名片文件，或装有名片的摆渡文件 The card's file, or the carried file with it
        card: PathBuf,
        /// 对方在电话中读出的指纹 The fingerprint that the other agency read aloud
        #[arg(long)]
        fingerprint: String,
    },
    /// 列出对方单位 List the peers
    List,
    /// 与对方怎样往来：直接连接，或摆渡文件 How the two nodes meet: over a line, or by files that are carried
    Carrier {
        /// 对方名称，或节点公钥的前几位 Its name, or the first digits of its node key
        peer: String,
        /// 直接连接为 line，摆渡文件为 files How: line where one node reaches the other, files where they are carried
        #[arg(value_enum)]
        carrier: CarrierArg,
        /// 文件能走的方向：双向 both，只能发出 out，只能收进 in Which ways files can go, seen from here
        #[arg(long, value_enum, default_value_t = DirectionArg::Both)]
        direction: DirectionArg,
    },
    /// 移除对方单位，此后不再接受其连接 Remove a peer: it can't call any more
    Remove {
        /// 对方名称，或节点公钥的前几位 Its name, or the first digits of its node key
        peer: String,
    },
    /// 更换本节点的 TLS 密钥：先停下节点，之后重新发放名片 A new TLS key, while the node does not run; then the card is to be handed out anew
    Renew,
}

#[derive(Subcommand)]
pub(crate) enum AgreementCommand {
    /// 按文件起草协议 Draft one from a file
    Draft {
        /// 协议要点（TOML） What is to be agreed
        file: PathBuf,
    },
    /// 签署：先列明各方将得知什么 Sign, after reading what each side will learn
    Sign {
        /// 协议文号，或摘要的前几位 Its number, or the first digits of its digest
        agreement: String,
        /// 不再询问 Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// 拒绝，并告知对方理由 Refuse; the other party is told why
    Refuse {
        /// 协议文号，或摘要的前几位 Its number, or the first digits of its digest
        agreement: String,
        /// 理由 Why
        #[arg(long)]
        reason: String,
    },
    /// 查看全文及各方将得知什么 Show it, and what each side learns
    Show {
        /// 协议文号，或摘要的前几位 Its number, or the first digits of its digest
        agreement: String,
        /// 另存为文件，以便转交对方 Write it to this file, to be carried to the other party
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// 列出协议 List agreements
    List,
    /// 收下对方的协议文件，或向对方节点收取 Take the other party's file, or ask its node
    Receive {
        /// 对方转交的文件 The file
        #[arg(required_unless_present = "peer")]
        file: Option<PathBuf>,
        /// 对方名称，或节点公钥的前几位 The peer's name, or the first digits of its node key
        #[arg(long, conflicts_with = "file")]
        peer: Option<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum RoundCommand {
    /// 发起一轮比对，本单位为结果接收方 Run a round in which this node learns
    Run {
        /// 协议文号，或摘要的前几位 The agreement's number, or the first digits of its digest
        agreement: String,
        /// 不等待结束 Do not wait for its end
        #[arg(long)]
        no_wait: bool,
    },
    /// 列出各轮比对 List the rounds
    List,
    /// 查看一轮比对 Show one
    Show {
        /// 比对编号，或其前几位 Its id, or the first digits of it
        round: String,
    },
    /// 终止正在进行的一轮 End one that is under way
    Cancel {
        /// 比对编号，或其前几位 Its id, or the first digits of it
        round: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum FindingCommand {
    /// 列出一轮比对的疑点 List what a round found
    List {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 前面已列出多少条 How many were listed before
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// 最多列出多少条 The most to list
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// 只列重点人群 yes、非重点人群 no、待核实 unknown Only key groups, only others, or only whom to ask after
        #[arg(long, value_enum)]
        key_group: Option<KeyGroupArg>,
    },
    /// 逾期未办的疑点，重点人群在前 What is late in all rounds, key groups first
    Overdue {
        /// 截至哪一日；缺省为今日 On which day; today where it is left out
        #[arg(long)]
        on: Option<jiff::civil::Date>,
    },
    /// 本单位自己的记录之间的疑点，不涉及对方 What the agency's own records break among themselves, without any peer
    Local {
        /// 地区，六位代码 The region whose rules hold, six digits
        #[arg(long)]
        place: String,
        /// 起始月份 The first month, 2026-07
        #[arg(long)]
        from: String,
        /// 截止月份（含） The last month, included
        #[arg(long)]
        until: String,
        /// 只列重点人群 yes、非重点人群 no、待核实 unknown Only key groups, only others, or only whom to ask after
        #[arg(long, value_enum)]
        key_group: Option<KeyGroupArg>,
    },
    /// 查看一条疑点 Show one
    Show {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 疑点序号 Its number
        seq: u64,
    },
    #[command(flatten)]
    Act(ReviewCommand),
    /// 办理记录：谁在何日做了什么，下一步是什么 What was done about one, by whom, and what comes next
    History(FindingArgs),
    /// 当事人查阅单：比对了什么、依据、谁看过、如何提出异议 The record for the person concerned
    Record {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 疑点序号 Its number
        seq: u64,
        /// 写到此文件：.txt 为文本，其余为供打印的网页 The file to write: text where it ends in .txt, a page to print otherwise
        #[arg(long)]
        out: PathBuf,
    },
}

/// Whose findings are listed: of a key group (重点人群), of none, or of whom it is not known.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KeyGroupArg {
    Yes,
    No,
    Unknown,
}

impl KeyGroupArg {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Yes => hefu_casework::Known::Yes.code(),
            Self::No => hefu_casework::Known::No.code(),
            Self::Unknown => hefu_casework::Known::Unknown.code(),
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    /// 导出一轮比对的已签名报告 Export the signed report of a round
    Export {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 内部使用 internal：逐条列出；报送使用 submission：仅汇总 For whom: with a line for each finding, or aggregates only
        #[arg(long, value_enum, default_value_t = ReportFormArg::Internal)]
        form: ReportFormArg,
        /// 已签名的报告（JSON）写到此文件 The file to write, signed JSON
        #[arg(long)]
        out: PathBuf,
        /// 另写一份供打印的网页 A page to print as well
        #[arg(long)]
        page: Option<PathBuf>,
        /// 另写一份 Excel 工作簿 A workbook as well
        #[arg(long)]
        xlsx: Option<PathBuf>,
    },
    /// 核验一份报告：只需文件与名片，不需节点 Verify one, from the file and cards alone
    Verify {
        /// 报告文件（JSON） The signed file
        file: PathBuf,
        /// 各单位名片；可给多个 Cards of the agencies
        #[arg(long = "card", value_name = "CARD", num_args = 1..)]
        cards: Vec<PathBuf>,
    },
}

/// For whom a report is.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ReportFormArg {
    Internal,
    Submission,
}

impl ReportFormArg {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Internal => hefu_node::report::Form::Internal.code(),
            Self::Submission => hefu_node::report::Form::Submission.code(),
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// 从留存的材料重新推导一条疑点，逐步说明 Derive one finding anew from what was kept, step by step
    Explain {
        /// 比对编号，或其前几位 The round's id, or the first digits of it
        round: String,
        /// 疑点序号 Its number
        seq: u64,
    },
    /// 从头核对审计日志 Follow the chain from its beginning
    Verify,
    /// 导出审计日志，每行一条 JSON Export it, one JSON object a line
    Export {
        /// 写到此文件 The file to write
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LedgerArgs {
    /// 列出逐笔记录，而非本月剩余额度 List every debit instead of what is left
    #[arg(long)]
    pub(crate) debits: bool,
    #[command(subcommand)]
    pub(crate) command: Option<LedgerCommand>,
}

#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// 逐笔列出提供过的身份信息：给谁、依据、哪两人同意 List each identity that was given: to whom, under what, on whose word
    Disclosures,
    /// 解除恢复备份后本月的锁定 Lift the lock that a restore put on this month
    Unlock {
        /// 由谁决定、为什么，记入审计日志 On whose authority and why, for the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(ClapArgs)]
pub(crate) struct DoctorArgs {
    /// 一并检查与此对方的连接（名称，或节点公钥的前几位） A peer to call as well: its name, or the first digits of its node key
    #[arg(long)]
    pub(crate) peer: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct BackupArgs {
    /// 备份到此文件夹，它不能已经存在 Where to, a folder that is not there yet
    pub(crate) folder: PathBuf,
}

#[derive(ClapArgs)]
pub(crate) struct RestoreArgs {
    /// 备份所在文件夹 The folder of the backup
    #[arg(value_name = "BACKUP")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) unlock: UnlockArgs,
}

pub(super) fn role(code: &str) -> Result<AgencyRole, String> {
    AgencyRole::from_code(code).ok_or_else(|| {
        let known: Vec<_> = AgencyRole::ALL.iter().map(|role| role.code()).collect();
        format!("[{}]", known.join(", "))
    })
}
