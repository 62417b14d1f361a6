//! `hefu conference`: rounds among many agencies, by one record.

mod lines;
mod office;
mod record;
mod rounds;
mod sheet;
mod text;

pub(crate) use lines::list_text as lines_text;
pub(crate) use office::{minutes_of, publication};
pub(crate) use rounds::board_text;
pub(crate) use sheet::{book, edits_of};

use crate::args::{ConferenceCommand, WhichArgs};
use crate::client::Client;
use crate::failure::Failure;
use crate::naming;
use crate::printer::Printer;

pub(crate) async fn run(
    command: ConferenceCommand,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    match command {
        ConferenceCommand::Record(command) => record::run(command, client, printer).await,
        ConferenceCommand::Lines(command) => lines::run(command, client, printer).await,
        ConferenceCommand::Rounds(command) => rounds::run(command, client, printer).await,
        ConferenceCommand::Text(command) => text::run(command, client, printer).await,
        ConferenceCommand::Office(command) => office::run(command, client, printer).await,
    }
}

/// The path of the conference that is meant.
async fn path(which: &WhichArgs, client: &Client) -> Result<String, Failure> {
    let id = naming::conference(which.conference.as_deref(), client).await?;
    Ok(format!("/api/v1/conferences/{id}"))
}
