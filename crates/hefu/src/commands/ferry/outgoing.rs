//! `hefu ferry out` and `hefu ferry card`: files, and the slips by which their crossing is approved.

use std::path::{Path, PathBuf};

use hefu_node::api::view::{CutRequest, FerryOut, FerryView, FileForm, SetList, SetOutView};
use hefu_node::ferry::slip::SlipFacts;
use serde_json::{Value, json};

use super::files::{must_be_folder, write_new};
use super::incoming::enclosed;
use super::{fetch, status};
use crate::args::FerryOutArgs;
use crate::client::Client;
use crate::commands::json as to_json;
use crate::failure::Failure;
use crate::naming;
use crate::printer::{Printer, grouped, table};
use crate::slip;
use crate::words::Lang;

/// What was written for one set.
struct Written {
    facts: SlipFacts,
    files: Vec<PathBuf>,
    bytes: u64,
    slips: [PathBuf; 2],
}

/// More files than these are not listed one by one.
const LISTED: usize = 6;

pub(super) async fn out(args: FerryOutArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    // Before anything is made: what is in a set is not put into another.
    must_be_folder(&args.to)?;
    must_be_folder(&args.slips)?;
    let sets = match &args.again {
        Some(named) => vec![again(named, (&args.cut).into(), client).await?],
        None => made(&args, client).await?,
    };
    if sets.is_empty() {
        let view = fetch(client).await?;
        printer.result(&json!({ "sets": [] }), |lang| nothing_due(&view, lang));
        return Ok(());
    }
    let mut written = Vec::with_capacity(sets.len());
    for set in &sets {
        let one = write(set, &args, client, printer.lang()).await;
        // What was not written is not lost, and how to get it must be known.
        written.push(one.inspect_err(|_| {
            let params = [("number", set.number.clone())];
            printer.note(&printer.lang().say("ferry_write_again", &params));
        })?);
    }
    let value: Vec<Value> = sets
        .iter()
        .zip(&written)
        .map(|(set, written)| value(to_json(set), written))
        .collect();
    printer.result(&json!({ "sets": value }), |lang| {
        let params = [("folder", args.to.display().to_string())];
        text(&written, lang) + &lang.say("ferry_out_next", &params)
    });
    Ok(())
}

async fn made(args: &FerryOutArgs, client: &Client) -> Result<Vec<SetOutView>, Failure> {
    let peer = match &args.peer {
        Some(peer) => Some(naming::peer(peer, client).await?),
        None => None,
    };
    let request = FerryOut {
        peer,
        cut: (&args.cut).into(),
    };
    let list: SetList = client.post("/api/v1/ferry/sets", &request).await?;
    Ok(list.sets)
}

async fn again(named: &str, cut: CutRequest, client: &Client) -> Result<SetOutView, Failure> {
    let set = naming::set(named, client).await?;
    client
        .post(&format!("/api/v1/ferry/sets/{set}/again"), &cut)
        .await
}

async fn write(
    set: &SetOutView,
    args: &FerryOutArgs,
    client: &Client,
    lang: Lang,
) -> Result<Written, Failure> {
    let mut files = Vec::new();
    let mut bytes = 0;
    for part in 1..=set.parts {
        let path = format!("/api/v1/ferry/sets/{}/parts/{part}", set.set);
        let (name, content) = client.file(&path).await?;
        let file = args.to.join(name);
        write_new(&file, &content)?;
        bytes += content.len() as u64;
        files.push(file);
    }
    let facts: SlipFacts = client
        .get(&format!("/api/v1/ferry/sets/{}/slip", set.set))
        .await?;
    let slips = slip::write(&facts, &args.slips, lang)?;
    Ok(Written {
        facts,
        files,
        bytes,
        slips,
    })
}

pub(super) async fn card(
    to: &Path,
    form: FileForm,
    slips: &Path,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    must_be_folder(to)?;
    must_be_folder(slips)?;
    let form = match form {
        FileForm::Binary => "binary",
        FileForm::Text => "text",
    };
    let (name, content) = client.file(&format!("/api/v1/ferry/card?form={form}")).await?;
    let (head, card) = enclosed(&content)?;
    let file = to.join(&name);
    write_new(&file, &content)?;
    let facts = SlipFacts::of_card(&head, &card, &name);
    let slips = slip::write(&facts, slips, printer.lang())?;
    let written = Written {
        facts,
        files: vec![file],
        bytes: content.len() as u64,
        slips,
    };
    let fingerprint = card.fingerprint();
    let shown = json!({ "fingerprint": fingerprint });
    printer.result(&value(shown, &written), |lang| {
        let read_aloud = lang.say("ferry_card_next", &[("fingerprint", fingerprint.clone())]);
        text(&[written], lang) + &read_aloud
    });
    Ok(())
}

fn value(mut shown: Value, written: &Written) -> Value {
    let paths = |paths: &[PathBuf]| {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
    };
    shown["files"] = paths(&written.files).into();
    shown["slips"] = paths(&written.slips).into();
    shown
}

fn text(written: &[Written], lang: Lang) -> String {
    written.iter().map(|one| one_text(one, lang) + "\n").collect()
}

fn one_text(written: &Written, lang: Lang) -> String {
    let facts = &written.facts;
    let to = facts
        .to
        .as_ref()
        .map_or_else(|| lang.word("slip_to_anyone"), |to| to.name.clone());
    let size = [
        ("count", written.files.len().to_string()),
        ("bytes", grouped(written.bytes)),
    ];
    let mut rows = vec![("slip_set", facts.number()), ("slip_to", to)];
    rows.extend(
        slip::contents(facts, lang)
            .into_iter()
            .map(|line| ("slip_contents", line)),
    );
    rows.push(("slip_files", lang.say("ferry_files", &size)));
    rows.extend(listed(&written.files).into_iter().map(|file| ("", file)));
    rows.extend(
        written
            .slips
            .iter()
            .map(|file| ("ferry_slip", file.display().to_string())),
    );
    let mut before = "";
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(code, value)| {
            // What goes on below has its heading above.
            let heading = if code.is_empty() || code == before {
                String::new()
            } else {
                lang.word(code)
            };
            before = code;
            vec![heading, value]
        })
        .collect();
    table(&rows)
}

fn listed(files: &[PathBuf]) -> Vec<String> {
    let all = || files.iter().map(|file| file.display().to_string());
    match (files.len() <= LISTED, files) {
        (false, [first, .., last]) => {
            vec![
                first.display().to_string(),
                "…".to_owned(),
                last.display().to_string(),
            ]
        }
        _ => all().collect(),
    }
}

/// Nothing new; what was handed out before and did not arrive can be written again.
fn nothing_due(view: &FerryView, lang: Lang) -> String {
    let mut text = lang.word("ferry_nothing_due");
    for set in view.out.iter().filter(|set| status::is_under_way(set)) {
        let params = [("number", set.number.clone()), ("peer", set.peer_name.clone())];
        text.push('\n');
        text.push_str(&lang.say("ferry_unacknowledged", &params));
    }
    text
}
