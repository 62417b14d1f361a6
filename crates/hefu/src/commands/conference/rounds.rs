//! Rounds of a conference.

use hefu_node::api::view::{
    AnnounceRequest, BoardLegView, BoardPartyView, BoardView, CloseRequest, ConferenceStanding, LeaveRequest,
    RerunRequest, RoundReason, RoundSaid, ToDoView,
};
use hyper::Method;

use super::path;
use crate::args::{OfRound, RoundsCommand, WhichArgs};
use crate::client::{Client, read};
use crate::commands::{headings, json, local, short};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: RoundsCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        RoundsCommand::Status { which } => {
            let standing = format!("{}/standing", path(&which, client).await?);
            show_standing(&client.get(&standing).await?, printer);
        }
        RoundsCommand::Start(start) => {
            let (from, until) = start.months.unzip();
            let request = AnnounceRequest {
                from,
                until,
                annexes: None,
                freeze_by: start.freeze_by,
                run_until: start.run_until,
                review_until: start.review_until,
            };
            let rounds = format!("{}/rounds", path(&start.which, client).await?);
            show_board(&client.post(&rounds, &request).await?, printer);
        }
        RoundsCommand::Board { of } => show_board(&board(&of, client).await?, printer),
        RoundsCommand::Join { of } => bare("join", &of, client, printer).await?,
        RoundsCommand::Freeze { of } => bare("freeze", &of, client, printer).await?,
        RoundsCommand::Begin { of } => bare("begin", &of, client, printer).await?,
        RoundsCommand::Report { of } => bare("report", &of, client, printer).await?,
        RoundsCommand::Decline { reason, of } => {
            let decline = step(&of, "decline", client).await?;
            said(&client.post(&decline, &RoundReason { reason }).await?, printer);
        }
        RoundsCommand::Rerun {
            annex,
            to,
            reason,
            of,
        } => {
            let board = board(&of, client).await?;
            let leg = board.legs.iter().find(|leg| leg.annex == annex && leg.to == to);
            let leg = leg.ok_or_else(|| {
                Failure::new(
                    Exit::Input,
                    "conference_no_such_leg",
                    [("annex", annex), ("to", to)],
                )
            })?;
            let request = RerunRequest {
                annex: leg.annex_digest,
                receiver: leg.receiver,
                reason,
            };
            let rerun = format!("{}/rounds/{}/rerun", path(&of.which, client).await?, board.round);
            said(&client.post(&rerun, &request).await?, printer);
        }
        RoundsCommand::Close { end, of } => {
            let request = CloseRequest {
                end: end.code().to_owned(),
            };
            let close = step(&of, "close", client).await?;
            said(&client.post(&close, &request).await?, printer);
        }
        RoundsCommand::Leave {
            member,
            reason,
            which,
        } => leave(member, reason, &which, client, printer).await?,
    }
    Ok(())
}

async fn leave(
    member: Option<String>,
    reason: String,
    which: &WhichArgs,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    let conference = path(which, client).await?;
    let member = match member {
        Some(named) => {
            Some(naming::seat(&named, client.get(&format!("{conference}/seats")).await?)?.node_key)
        }
        None => None,
    };
    let request = LeaveRequest { member, reason };
    show_standing(
        &client.post(&format!("{conference}/leave"), &request).await?,
        printer,
    );
    Ok(())
}

async fn board(of: &OfRound, client: &Client) -> Result<BoardView, Failure> {
    let asked = of
        .round
        .map_or_else(String::new, |round| format!("?round={round}"));
    let board = format!("{}/board{asked}", path(&of.which, client).await?);
    client.get(&board).await
}

/// The path of a step in the round that is meant.
pub(super) async fn step(of: &OfRound, name: &str, client: &Client) -> Result<String, Failure> {
    let round = match of.round {
        Some(round) => round,
        None => board(of, client).await?.round,
    };
    Ok(format!(
        "{}/rounds/{round}/{name}",
        path(&of.which, client).await?
    ))
}

async fn bare(name: &str, of: &OfRound, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let step = step(of, name, client).await?;
    said(&read(&client.command(Method::POST, &step).await?)?, printer);
    Ok(())
}

fn said(said: &RoundSaid, printer: &Printer) {
    let params = [
        ("round", said.round.to_string()),
        (
            "place",
            said.place.map_or_else(String::new, |place| place.to_string()),
        ),
    ];
    printer.result(&json(said), |lang| match said.place {
        Some(_) => lang.say("conference_said", &params),
        None => lang.say("conference_said_waits", &params),
    });
}

fn show_board(board: &BoardView, printer: &Printer) {
    printer.result(&json(board), |lang| board_text(board, lang));
}

/// The same on every node that has read the record as far.
pub(crate) fn board_text(board: &BoardView, lang: Lang) -> String {
    let stage = match &board.end {
        Some(end) => lang.word(&format!("round_end_{end}")),
        None => lang.word(&format!("stage_{}", board.stage)),
    };
    let params = [
        ("round", board.round.to_string()),
        ("stage", stage),
        ("from", board.from.clone()),
        ("until", board.until.clone()),
        ("freeze_by", local(&board.freeze_by)),
        ("run_until", local(&board.run_until)),
        ("review_until", board.review_until.to_string()),
        ("entries", board.entries.to_string()),
        ("hash", short(&board.hash)),
    ];
    let parties: Vec<_> = std::iter::once(headings(lang, &["col_member", "col_state", "col_error"]))
        .chain(board.parties.iter().map(|party| party_row(party, lang)))
        .collect();
    let codes = [
        "col_annex",
        "col_learns",
        "col_of",
        "col_state",
        "col_error",
        "col_run",
        "col_entered",
        "col_receipt",
    ];
    let legs: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(board.legs.iter().map(|leg| leg_row(leg, lang)))
        .collect();
    lang.say("board_head", &params) + "\n" + &table(&parties) + &table(&legs)
}

fn party_row(party: &BoardPartyView, lang: Lang) -> Vec<String> {
    vec![
        party.name.clone(),
        lang.word(&format!("party_{}", party.state)),
        party.reason.clone().unwrap_or_else(|| "—".to_owned()),
    ]
}

fn leg_row(leg: &BoardLegView, lang: Lang) -> Vec<String> {
    let elements = |frozen: Option<u64>| frozen.map_or_else(|| "—".to_owned(), |count| count.to_string());
    let reason = match &leg.reason {
        Some(code) => lang.word(code),
        None => "—".to_owned(),
    };
    vec![
        leg.annex.clone(),
        leg.to.clone(),
        leg.from.clone(),
        lang.word(&format!("leg_{}", leg.state)),
        reason,
        leg.run.to_string(),
        format!(
            "{} / {}",
            elements(leg.receiver_frozen),
            elements(leg.sender_frozen)
        ),
        leg.receipt.as_ref().map_or_else(|| "—".to_owned(), short),
    ]
}

fn show_standing(standing: &ConferenceStanding, printer: &Printer) {
    printer.result(&json(standing), |lang| standing_text(standing, lang));
}

fn standing_text(standing: &ConferenceStanding, lang: Lang) -> String {
    let mut lines = vec![lang.say(
        "standing_head",
        &[
            ("name", standing.name.clone()),
            ("entries", standing.entries.to_string()),
        ],
    )];
    if let Some(framework) = &standing.framework {
        let list = |names: &[String]| match names {
            [] => "—".to_owned(),
            names => names.join(" "),
        };
        let params = [
            ("number", framework.number.clone()),
            ("edition", framework.edition.to_string()),
            ("signed", list(&framework.signed)),
            ("refused", list(&framework.refused)),
            ("awaited", list(&framework.awaited)),
        ];
        lines.push(match framework.in_force {
            true => lang.say("standing_in_force", &params),
            false => lang.say("standing_not_in_force", &params),
        });
    }
    if let (Some(round), Some(stage)) = (standing.round, &standing.stage) {
        let stage = lang.word(&format!("stage_{stage}"));
        lines.push(lang.say(
            "standing_round",
            &[("round", round.to_string()), ("stage", stage)],
        ));
    }
    lines.extend(standing.to_do.iter().map(|to_do| to_do_line(to_do, lang)));
    if standing.to_do.is_empty() {
        lines.push(lang.word("to_do_nothing"));
    }
    lines.join("\n")
}

fn to_do_line(to_do: &ToDoView, lang: Lang) -> String {
    let round = to_do.round.map_or_else(String::new, |round| round.to_string());
    let until = to_do.until.map_or_else(|| "—".to_owned(), |at| local(&at));
    let line = lang.say(&to_do.code, &[("round", round), ("until", until)]);
    match &to_do.hindrance {
        Some(code) => {
            let params: Vec<(&str, String)> = to_do
                .hindrance_params
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            line + "\n  " + &lang.say(code, &params)
        }
        None => line,
    }
}
