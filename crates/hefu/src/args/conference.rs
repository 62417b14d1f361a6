//! The arguments of `hefu conference`.

mod lines;
mod office;
mod record;
mod rounds;
mod text;

use clap::{Args as ClapArgs, Subcommand};

pub(crate) use lines::{ConferenceLedgerCommand, LineFilterArgs, LinesCommand, PlanCommand};
pub(crate) use office::{OfficeCommand, OnDay};
pub(crate) use record::RecordCommand;
pub(crate) use rounds::{OfRound, RoundsCommand};
pub(crate) use text::{SheetCommand, TextCommand};

#[derive(Subcommand)]
pub(crate) enum ConferenceCommand {
    #[command(flatten)]
    Record(RecordCommand),
    #[command(flatten)]
    Rounds(RoundsCommand),
    #[command(flatten)]
    Text(TextCommand),
    #[command(flatten)]
    Lines(LinesCommand),
    #[command(flatten)]
    Office(OfficeCommand),
}

/// Which conference.
#[derive(ClapArgs)]
pub(crate) struct WhichArgs {
    /// 联席会议名称，或编号的前几位；本单位只加入一个时可不给 The conference's name, or the first digits of its id; not needed where there is one
    #[arg(long)]
    pub(crate) conference: Option<String>,
}
