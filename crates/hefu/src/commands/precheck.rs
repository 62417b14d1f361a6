//! `hefu precheck`: a few people are checked before they are paid.

mod people;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hefu_link::Card;
use hefu_node::api::view::{
    Hex16, PrecheckBudgetView, PrecheckList, PrecheckNotAskedView, PrecheckPeerView, PrecheckStarted,
    PrecheckView, StartPrecheck,
};
use hefu_node::precheck::{Receipt, read};
use hyper::Method;
use serde_json::{Value, json};

use super::{headings, json as value_of, local, short, write_new};
use crate::args::{NodeArgs, PrecheckCommand, PrecheckRunArgs};
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::naming;
use crate::paper;
use crate::printer::{Printer, grouped, table};
use crate::words::Lang;

/// How often a check is asked after.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn run(command: PrecheckCommand, node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    match command {
        PrecheckCommand::Run(args) => started(&args, &Client::of(node)?, printer).await,
        PrecheckCommand::List => {
            let list: PrecheckList = Client::of(node)?.get("/api/v1/prechecks").await?;
            printer.result(&value_of(&list), |lang| list_text(&list, lang));
            Ok(())
        }
        PrecheckCommand::Show { check } => {
            let client = Client::of(node)?;
            let check = naming::precheck(&check, &client).await?;
            let view = fetch(&check, &client).await?;
            // What the others have said is there, whatever one of them has not said yet.
            let answered = view.peers.iter().any(|peer| peer.state == "precheck_answered");
            match view.waiting && !answered {
                true => printer.result(&value_of(&view), |lang| text(&view, lang)),
                false => shown(&check, &client, printer).await?,
            }
            Ok(())
        }
        PrecheckCommand::Receipt { check, out } => {
            let client = Client::of(node)?;
            let check = naming::precheck(&check, &client).await?;
            receipt(&check, &out, &client, printer).await
        }
        PrecheckCommand::Verify { file, cards } => verified(&file, &cards, printer),
    }
}

async fn started(args: &PrecheckRunArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let people = people::read(&args.people)?;
    let mut agreements = Vec::with_capacity(args.agreements.len());
    for named in &args.agreements {
        agreements.push(naming::agreement(named, client).await?);
    }
    let request = StartPrecheck {
        people,
        authority: args.authority(),
        case_file: args.case_file.clone(),
        agreements,
    };
    let started: PrecheckStarted = client.post("/api/v1/prechecks", &request).await?;
    let check = started.check;
    if args.no_wait || !answered(&check, client, printer).await? {
        printer.result(&value_of(&started), |lang| {
            lang.say("precheck_started", &[("id", check.to_string())])
        });
        return Ok(());
    }
    shown(&check, client, printer).await?;
    match &args.out {
        Some(folder) => receipt(&check, folder, client, printer).await,
        None => Ok(()),
    }
}

/// Waits for the answers that come over a line; `false` where one is awaited by files, which takes days.
async fn answered(check: &Hex16, client: &Client, printer: &Printer) -> Result<bool, Failure> {
    let mut told = BTreeSet::new();
    loop {
        let view = fetch(check, client).await?;
        let awaited = |peer: &&PrecheckPeerView| peer.state == "precheck_waiting";
        let (files, lines): (Vec<_>, Vec<_>) =
            view.peers.iter().filter(awaited).partition(|peer| peer.by_files);
        if lines.is_empty() {
            return Ok(files.is_empty());
        }
        for peer in lines {
            let away = peer
                .reason
                .as_deref()
                .is_some_and(|code| code.starts_with("peer_"));
            if away && told.insert(peer.round) {
                let params = [("peer", peer.peer.clone()), ("id", short(check))];
                printer.note(&printer.lang().say("precheck_peer_away", &params));
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn fetch(check: &Hex16, client: &Client) -> Result<PrecheckView, Failure> {
    client.get(&format!("/api/v1/prechecks/{check}")).await
}

/// Whoever sees what it says is on record for it.
async fn shown(check: &Hex16, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let path = format!("/api/v1/prechecks/{check}/results");
    let view: PrecheckView = client::read(&client.command(Method::POST, &path).await?)?;
    printer.result(&value_of(&view), |lang| text(&view, lang));
    Ok(())
}

async fn receipt(check: &Hex16, folder: &Path, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let path = format!("/api/v1/prechecks/{check}/receipt");
    let bytes = client.command(Method::POST, &path).await?;
    // The page is made from what was signed, as anybody could make it.
    let receipt = read(&bytes)?;
    let name = format!("precheck-{}-{}", short(check), receipt.precheck.copy);
    let file = folder.join(format!("{name}.json"));
    let page = folder.join(format!("{name}.html"));
    write_new(&file, &bytes)?;
    write_new(&page, paper::precheck(&receipt, printer.lang()).page().as_bytes())?;
    let params = [
        ("file", file.display().to_string()),
        ("page", page.display().to_string()),
    ];
    printer.done("precheck_receipt_written", &params);
    Ok(())
}

/// From the file and the cards alone: no node is asked.
fn verified(file: &Path, cards: &[PathBuf], printer: &Printer) -> Result<(), Failure> {
    let bytes = |file: &Path| std::fs::read(file).map_err(|error| Failure::read(file, &error));
    let card = |file: &PathBuf| {
        Card::parse(bytes(file)?.trim_ascii_end())
            .map_err(|error| Failure::from(hefu_node::Error::from(error)))
    };
    let cards = cards.iter().map(card).collect::<Result<Vec<_>, _>>()?;
    let receipt = read(&bytes(file)?)?;
    let signer = signer(&receipt, &cards);
    let value: Value = json!({ "holds": true, "check": receipt.precheck.check, "signer": signer });
    printer.result(&value, |lang| {
        let by = receipt.precheck.by.clone();
        let signer = match &signer {
            Some(name) => lang.say("report_signer", &[("name", name.clone())]),
            None => lang.say("report_signer_open", &[("by", by)]),
        };
        format!(
            "{}\n{signer}\n{}",
            lang.word("precheck_holds"),
            lang.word("not_a_decision")
        )
    });
    Ok(())
}

fn signer(receipt: &Receipt, cards: &[Card]) -> Option<String> {
    let of_key = |card: &&Card| card.node_key() == receipt.precheck.node_key.0;
    cards.iter().find(of_key).map(|card| card.name().to_owned())
}

fn list_text(list: &PrecheckList, lang: Lang) -> String {
    let codes = ["col_id", "col_started_at", "col_by", "col_people", "col_answered"];
    let row = |check: &PrecheckView| {
        let answered = check
            .peers
            .iter()
            .filter(|peer| peer.state == "precheck_answered");
        vec![
            short(&check.check),
            local(&check.begun_at),
            check.actor.clone(),
            check.people.to_string(),
            format!("{}/{}", answered.count(), check.peers.len()),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.prechecks.iter().map(row))
        .collect();
    format!("{}\n{}", table(&rows), today_text(&list.today, lang))
}

fn today_text(today: &[PrecheckBudgetView], lang: Lang) -> String {
    let codes = [
        "col_agreement",
        "col_peer",
        "col_part",
        "col_batch",
        "col_limit_today",
        "col_left_today",
    ];
    let row = |budget: &PrecheckBudgetView| {
        let part = if budget.asks { "as_receiver" } else { "as_sender" };
        vec![
            budget.number.clone(),
            budget.peer.clone(),
            lang.word(part),
            grouped(budget.batch),
            grouped(budget.limit),
            grouped(budget.left),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(today.iter().map(row))
        .collect();
    table(&rows)
}

fn text(view: &PrecheckView, lang: Lang) -> String {
    let codes = ["col_peer", "col_agreement", "col_state"];
    let peer = |peer: &PrecheckPeerView| {
        let reason = peer.reason.as_ref().map(|code| lang.word(code));
        let state = [Some(lang.word(&peer.state)), reason].into_iter().flatten();
        vec![
            peer.peer.clone(),
            peer.number.clone(),
            state.collect::<Vec<_>>().join(" "),
        ]
    };
    let not_asked = |not: &PrecheckNotAskedView| {
        let state = format!("{} {}", lang.word("precheck_not_asked"), lang.word(&not.reason));
        vec![not.peer.clone(), not.number.clone(), state]
    };
    let peers: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(view.peers.iter().map(peer))
        .chain(view.not_asked.iter().map(not_asked))
        .collect();
    let mut text = format!("{} {}\n{}", lang.word("col_id"), view.check, table(&peers));
    if !view.results.is_empty() {
        let codes = [
            "col_order",
            "col_person",
            "col_programme",
            "col_meant_for",
            "col_peer",
            "col_result",
        ];
        let results = paper::precheck_rows(&view.results, lang);
        let rows: Vec<_> = std::iter::once(headings(lang, &codes)).chain(results).collect();
        text.push_str(&format!("\n{}", table(&rows)));
    }
    for notice in ["not_a_decision", "precheck_not_a_refusal"] {
        text.push_str(&format!("\n{}", lang.word(notice)));
    }
    text
}
