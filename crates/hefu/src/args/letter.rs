//! The arguments of `hefu letter`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use hefu_casework::letter::LetterKind;

#[derive(ClapArgs)]
pub(crate) struct LetterArgs {
    /// 函件种类 The kind of letter
    #[arg(value_parser = kinds())]
    pub(crate) kind: LetterKind,
    /// 填好的要素表 The file of facts, filled in
    #[arg(long, value_name = "FILE", required_unless_present_any = ["template", "wording_template"], requires = "out")]
    pub(crate) facts: Option<PathBuf>,
    /// 写到此文件：.docx 可编辑，.html 供打印；不覆盖已有文件 The file to write, .docx to edit or .html to print; never one that is there
    #[arg(long, value_name = "FILE", requires = "facts")]
    pub(crate) out: Option<PathBuf>,
    /// 本地文本，替换全国文本中的相应部分 Local wording in place of parts of the national one
    #[arg(long, value_name = "FILE", requires = "facts")]
    pub(crate) wording: Option<PathBuf>,
    /// 输出空白要素表 Print an empty file of facts
    #[arg(long, conflicts_with_all = ["facts", "wording_template"])]
    pub(crate) template: bool,
    /// 输出全国文本，供改写为本地文本 Print the national wording, to be changed into a local one
    #[arg(long, conflicts_with = "facts")]
    pub(crate) wording_template: bool,
}

fn kinds() -> impl TypedValueParser<Value = LetterKind> {
    let kinds = LetterKind::ALL
        .iter()
        .map(|kind| PossibleValue::new(kind.code()).help(kind.name()));
    PossibleValuesParser::new(kinds).try_map(|code| LetterKind::from_code(&code).ok_or(code))
}
