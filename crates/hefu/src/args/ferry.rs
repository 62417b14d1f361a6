//! The arguments of the commands that carry files.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(crate) enum FerryCommand {
    /// 摆渡出：把待发的内容写成文件 Write what is due as files, to be carried over
    Out(FerryOutArgs),
    /// 摆渡入：收下带来的文件 Take in files that were carried over
    In(FerryInArgs),
    /// 在途与等待：谁在等什么、从何时起、到何时止 What waits for what, since when, until when
    Status,
    /// 放弃一批没有收齐的文件，删除已收到的部分，为其他批次让出位置 Give up a set that lacks files, with those that came, to make room for others
    Drop {
        /// 批号，或其编号的前几位 The set's number, or the first digits of its id
        #[arg(value_name = "SET")]
        set: String,
        /// 发出它的对方（名称，或节点公钥的前几位） The peer that made it: its name, or the first digits of its node key
        #[arg(long)]
        peer: String,
    },
    /// 把本节点的名片写成摆渡文件 Write this node's card as a file to be carried over
    Card {
        /// 写到此文件夹（U盘或交换目录） The folder to write to: a stick, or one that is synchronised
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// 文件形式；只放行文本的网闸用 text The form of the file; text for a gateway that lets only text pass
        #[arg(long, value_enum, default_value_t = FormArg::Binary)]
        form: FormArg,
        /// 审批单写到此文件夹；不给则为当前文件夹 The folder for approval slips; the current one otherwise
        #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
        slips: PathBuf,
    },
}

#[derive(ClapArgs)]
pub(crate) struct FerryOutArgs {
    /// 写到此文件夹（U盘或交换目录） The folder to write to: a stick, or one that is synchronised
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// 只发给此对方（名称，或节点公钥的前几位） For this peer only: its name, or the first digits of its node key
    #[arg(long)]
    pub(crate) peer: Option<String>,
    #[command(flatten)]
    pub(crate) cut: CutArgs,
    /// 审批单写到此文件夹；不给则为当前文件夹 The folder for approval slips; the current one otherwise
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) slips: PathBuf,
    /// 重写这一批（批号，或其编号的前几位），内容不变，可另定形式与大小 Write this set again, the same in content, in another form or size if wanted: its number, or the first digits of its id
    #[arg(long, value_name = "SET", conflicts_with = "peer")]
    pub(crate) again: Option<String>,
}

/// In which form, and how large a file may be.
#[derive(ClapArgs)]
pub(crate) struct CutArgs {
    /// 文件形式；只放行文本的网闸用 text The form of the files; text for a gateway that lets only text pass
    #[arg(long, value_enum, default_value_t = FormArg::Binary)]
    pub(crate) form: FormArg,
    /// 单个文件的上限，如 800K、50M；超过即分片 The most that one file may have; what is larger is cut into parts
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_size: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormArg {
    Binary,
    Text,
}

#[derive(ClapArgs)]
pub(crate) struct FerryInArgs {
    /// 文件，或放有文件的文件夹；“.”开头的文件名略过 Files, or folders of them; names that begin with "." are left out
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) from: Vec<PathBuf>,
    /// 收下即返回，不等处理完 Do not wait until what was taken has been worked through
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// 审批单写到此文件夹；不给则为当前文件夹 The folder for approval slips; the current one otherwise
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) slips: PathBuf,
}

/// A peer's carrier.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CarrierArg {
    Line,
    Files,
}

/// Which ways files can go.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    Both,
    Out,
    In,
}

/// Bytes, or thousands, millions, thousand millions of them: counted so, a limit of 1 MB is kept however the one who
/// set it counts.
fn size(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.strip_suffix('B').unwrap_or(&upper);
    let units = [('K', 1_000), ('M', 1_000_000), ('G', 1_000_000_000)];
    let (digits, unit) = units
        .into_iter()
        .find_map(|(letter, unit)| Some((number.strip_suffix(letter)?, unit)))
        .unwrap_or((number, 1));
    let bytes = digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(unit));
    bytes.ok_or_else(|| "800K, 50M, 1G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("4096", 4_096),
            ("800K", 800_000),
            ("800kb", 800_000),
            ("50M", 50_000_000),
            (" 1G ", 1_000_000_000),
            ("7B", 7),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "1.5M", "-1", "1 M", "MB", "1KK", "99999999999G"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
