//! `hefu ferry`: what is carried to peers and from them as files.

mod files;
mod incoming;
mod outgoing;
mod status;

use hefu_node::api::view::{CutRequest, FerryView, FileForm};

use crate::args::{CutArgs, FerryCommand, FormArg};
use crate::client::Client;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::words::Lang;

pub(crate) use incoming::card_of;

pub(crate) async fn run(command: FerryCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        FerryCommand::Out(args) => outgoing::out(args, client, printer).await,
        FerryCommand::Card { to, form, slips } => {
            outgoing::card(&to, form.into(), &slips, client, printer).await
        }
        FerryCommand::In(args) => incoming::run(args, client, printer).await,
        FerryCommand::Drop { set, peer } => incoming::give_up(&set, &peer, client, printer).await,
        FerryCommand::Status => status::run(client, printer).await,
    }
}

/// Everything that is under way.
async fn fetch(client: &Client) -> Result<FerryView, Failure> {
    client.get("/api/v1/ferry").await
}

/// The matters of letters, each with how many there are.
fn counted<'a>(matters: impl IntoIterator<Item = &'a str>, lang: Lang) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for matter in matters {
        match counts.iter_mut().find(|(known, _)| *known == matter) {
            Some((_, count)) => *count += 1,
            None => counts.push((matter, 1)),
        }
    }
    let each = counts.iter().map(|(matter, count)| {
        let params = [("matter", (*matter).to_owned()), ("count", count.to_string())];
        lang.say("ferry_counted", &params)
    });
    each.collect::<Vec<_>>().join(&lang.word("list_comma"))
}

impl From<FormArg> for FileForm {
    fn from(form: FormArg) -> Self {
        match form {
            FormArg::Binary => Self::Binary,
            FormArg::Text => Self::Text,
        }
    }
}

impl From<&CutArgs> for CutRequest {
    fn from(cut: &CutArgs) -> Self {
        Self {
            form: cut.form.into(),
            max_file_bytes: cut.max_size,
        }
    }
}
