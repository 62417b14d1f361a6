//! Who meets, and the record that all keep.

use std::path::PathBuf;

use clap::Subcommand;

use super::WhichArgs;

#[derive(Subcommand)]
pub(crate) enum RecordCommand {
    /// 发起联席会议；仅限联席会议办公室的节点 Found a conference; at the node of its office only
    Found {
        /// 名称 Its name
        name: String,
    },
    /// 列出本节点发起或者加入的联席会议 List the conferences that this node founded or follows
    List,
    /// 列为成员单位：其名片须已当面或电话核对并加入本节点 Give an agency a seat, by the card that this node has of it
    Enrol {
        /// 成员单位名称，或其节点公钥的前几位 The agency, by name or the first digits of its node key
        peer: String,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 加入联席会议：办公室的名片须已加入本节点 Follow a conference whose office's card this node has
    Follow {
        /// 联席会议编号，由办公室告知 The conference's id, as its office says it
        conference: String,
        /// 办公室名称，或其节点公钥的前几位 The office, by name or the first digits of its node key
        #[arg(long)]
        office: String,
    },
    /// 成员名录：名称、指纹、本节点是否已有其名片 Who has a seat, with fingerprints, and whether this node has their cards
    Directory {
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 写出名录中一个单位的名片；电话核对指纹后用 hefu peer add 加入 Write an agency's card from the record; compare its fingerprint, then `hefu peer add`
    Card {
        /// 单位名称，或其节点公钥的前几位 The agency, by name or the first digits of its node key
        seat: String,
        /// 写到此文件 The file to write
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 会议记录：谁在何时说了什么 The record: who said what, and when
    Record {
        /// 从此序号之后开始 Begin after this entry
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// 最多多少条 The most entries
        #[arg(long, default_value_t = 100)]
        limit: u16,
        /// 重新核验全部签名与哈希链 Verify every signature and the whole chain
        #[arg(long, conflicts_with_all = ["after", "limit"])]
        verify: bool,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 立即与办公室同步 Visit the office now
    Sync {
        #[command(flatten)]
        which: WhichArgs,
    },
    /// 办公室从备份恢复后，不再等候尚未联系的成员 At an office that was restored: go on without members not heard from yet
    Resume {
        #[command(flatten)]
        which: WhichArgs,
    },
}
