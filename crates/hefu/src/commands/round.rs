//! `hefu round`: runs of the protocol with a peer.

use std::time::Duration;

use hefu_casework::Purpose;
use hefu_node::api::view::{AgreementDetail, Hex32, RoundList, RoundView, StartRound, Started};
use hyper::Method;

use super::{headings, json, local, short};
use crate::args::RoundCommand;
use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::{Printer, grouped, table};
use crate::progress::RoundBar;
use crate::words::Lang;

/// How often a round is asked after.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn run(command: RoundCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        RoundCommand::Run { agreement, no_wait } => {
            let agreement = naming::agreement(&agreement, client).await?;
            let started: Started = client.post("/api/v1/rounds", &StartRound { agreement }).await?;
            // Nobody waits at a terminal for what takes days.
            let by_files = fetch(&started.round, client).await?.by_files;
            if !no_wait && !by_files {
                return follow(&started.round, client, printer).await;
            }
            printer.result(&json(&started), |lang| {
                let code = match by_files {
                    true => "round_started_by_files",
                    false => "round_started",
                };
                lang.say(code, &[("id", started.round.to_string())])
            });
            Ok(())
        }
        RoundCommand::List => {
            let list: RoundList = client.get("/api/v1/rounds").await?;
            printer.result(&json(&list), |lang| list_text(&list, lang));
            Ok(())
        }
        RoundCommand::Show { round } => {
            let round = fetch(&naming::round(&round, client).await?, client).await?;
            printer.result(&json(&round), |lang| text(&round, lang));
            Ok(())
        }
        RoundCommand::Cancel { round } => {
            let id = naming::round(&round, client).await?;
            client
                .command(Method::POST, &format!("/api/v1/rounds/{id}/cancel"))
                .await?;
            printer.done("round_cancelled", &[("id", id.to_string())]);
            Ok(())
        }
    }
}

/// Waits for a round's end, however often it is interrupted on the way: the node takes it up again by itself.
async fn follow(id: &Hex32, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let mut bar = RoundBar::new(printer.lang(), printer.json());
    let mut told: Option<String> = None;
    let round = loop {
        let round = fetch(id, client).await?;
        if round.ended_at.is_some() {
            break round;
        }
        bar.show(round.progress.as_ref());
        if round.interrupted.is_some() && round.interrupted != told {
            bar.clear();
            printer.note(&interrupted(&round, printer.lang()));
        }
        told = round.interrupted;
        tokio::time::sleep(PAUSE).await;
    };
    drop(bar);
    let Some(code) = round.reason.clone().or_else(|| round.error.clone()) else {
        printer.result(&json(&round), |lang| text(&round, lang));
        return what_next(&round, client, printer).await;
    };
    let exit = if round.state == "refused" {
        Exit::Policy
    } else {
        Exit::Peer
    };
    let mut params = vec![("round".into(), round.id.to_string())];
    params.extend(
        round
            .reason_params
            .into_iter()
            .map(|(name, value)| (name.into(), value)),
    );
    Err(Failure {
        exit,
        code: code.into(),
        params,
    })
}

/// What the receiver does with what it learned, where that is no finding against anybody.
async fn what_next(round: &RoundView, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let agreement: AgreementDetail = client
        .get(&format!("/api/v1/agreements/{}", round.agreement))
        .await?;
    let hint = match Purpose::from_code(&agreement.summary.purpose) {
        Some(Purpose::Referrals) => "round_confirm",
        Some(Purpose::Leads | Purpose::Omissions) => "round_clues",
        _ => return Ok(()),
    };
    if round.role == "receiver" {
        printer.note(&printer.lang().say(hint, &[("id", short(&round.id))]));
    }
    Ok(())
}

/// Why a round rests at the moment: the line to the peer, or something here.
fn interrupted(round: &RoundView, lang: Lang) -> String {
    let params = [("peer", peer(round)), ("id", short(&round.id))];
    match round.interrupted.as_deref() {
        Some(code) if code.starts_with("peer_") => lang.say("round_peer_away", &params),
        _ => lang.say("round_interrupted_here", &params),
    }
}

async fn fetch(id: &Hex32, client: &Client) -> Result<RoundView, Failure> {
    client.get(&format!("/api/v1/rounds/{id}")).await
}

fn list_text(list: &RoundList, lang: Lang) -> String {
    let codes = [
        "col_id",
        "col_peer",
        "col_part",
        "col_carrier",
        "col_state",
        "col_waits_for",
        "col_started_at",
    ];
    let row = |round: &RoundView| {
        vec![
            short(&round.id),
            peer(round),
            lang.word(&format!("as_{}", round.role)),
            carrier(round, lang),
            state(round, lang),
            waits_for(round, lang),
            local(&round.started_at),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.rounds.iter().map(row))
        .collect();
    table(&rows)
}

fn text(round: &RoundView, lang: Lang) -> String {
    let size = |elements: Option<u64>| elements.map_or_else(|| "—".to_owned(), grouped);
    let mut rows = vec![
        ("col_id", round.id.to_string()),
        ("col_agreement", round.agreement.to_string()),
        ("col_peer", peer(round)),
        ("col_part", lang.word(&format!("as_{}", round.role))),
        ("col_carrier", carrier(round, lang)),
        ("col_state", state(round, lang)),
        ("col_started_at", local(&round.started_at)),
    ];
    if let Some(waiting) = &round.waiting {
        rows.push(("col_waits_for", waits_for(round, lang)));
        rows.push(("col_since", local(&waiting.since)));
        rows.extend(waiting.until.map(|until| ("col_until", local(&until))));
        if waiting.remind {
            rows.push(("col_next", lang.word("ferry_next_remind")));
        }
    }
    if let Some(ended) = &round.ended_at {
        rows.push(("col_ended_at", local(ended)));
    }
    rows.extend([
        ("col_own_elements", size(round.own_elements)),
        ("col_peer_elements", size(round.peer_elements)),
        ("col_bytes_out", grouped(round.bytes_out)),
        ("col_bytes_in", grouped(round.bytes_in)),
    ]);
    if let Some(code) = round.reason.as_ref().or(round.error.as_ref()) {
        let params: Vec<(&str, String)> = round
            .reason_params
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        rows.push(("col_error", lang.say(code, &params)));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(code, value)| vec![lang.word(code), value])
        .collect();
    table(&rows) + &lang.word("not_a_decision")
}

fn peer(round: &RoundView) -> String {
    round.peer_name.clone().unwrap_or_else(|| short(&round.peer))
}

fn carrier(round: &RoundView, lang: Lang) -> String {
    lang.word(match round.by_files {
        true => "carrier_files",
        false => "carrier_line",
    })
}

fn waits_for(round: &RoundView, lang: Lang) -> String {
    let waiting = round.waiting.as_ref();
    waiting.map_or_else(
        || "—".to_owned(),
        |waiting| lang.word(&format!("wait_{}", waiting.step)),
    )
}

/// Nothing that runs is left to its peer alone: what rests goes on by itself, and that is said.
fn state(round: &RoundView, lang: Lang) -> String {
    match (round.state.as_str(), &round.progress) {
        ("running", None) if !round.by_files => lang.word("state_resting"),
        (state, _) => lang.word(&format!("state_{state}")),
    }
}
