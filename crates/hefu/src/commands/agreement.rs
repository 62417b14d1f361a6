//! `hefu agreement`: what is agreed, by whom, and what each side learns by it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use hefu_casework::Hex;
use hefu_node::api::view::{
    AgreementDetail, AgreementList, AgreementView, Carried, DraftRequest, Exchanged, Hex32, Learns, Received,
    RefuseRequest,
};
use hyper::Method;

use super::{headings, json, short, write_whole};
use crate::args::AgreementCommand;
use crate::client::{self, Client};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(
    command: AgreementCommand,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    match command {
        AgreementCommand::Draft { file } => draft(&file, client, printer).await,
        AgreementCommand::Sign { agreement, yes } => {
            let digest = naming::agreement(&agreement, client).await?;
            sign(&digest, yes, client, printer).await
        }
        AgreementCommand::Refuse { agreement, reason } => {
            let digest = naming::agreement(&agreement, client).await?;
            let path = format!("/api/v1/agreements/{digest}/refuse");
            let refused: Carried = client.post(&path, &RefuseRequest { reason }).await?;
            carried(&refused, "agreement_refused_here", printer);
            Ok(())
        }
        AgreementCommand::Show { agreement, out } => {
            let digest = naming::agreement(&agreement, client).await?;
            show(&digest, out.as_deref(), client, printer).await
        }
        AgreementCommand::List => {
            let list: AgreementList = client.get("/api/v1/agreements").await?;
            printer.result(&json(&list), |lang| list_text(&list, lang));
            Ok(())
        }
        AgreementCommand::Receive { file, peer } => match (file, peer) {
            (_, Some(peer)) => exchange(&naming::peer(&peer, client).await?, client, printer).await,
            (Some(file), None) => {
                let received: Received = client.send_file("/api/v1/agreements/received", &file).await?;
                printer.result(&json(&received), |lang| {
                    lang.say(
                        "agreement_received",
                        &[("digest", received.agreement.to_string())],
                    )
                });
                Ok(())
            }
            // The arguments see to it that one of them is there.
            (None, None) => Err(Failure::internal("arguments", &"receive")),
        },
    }
}

async fn draft(file: &Path, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::read(file, &error))?;
    let unreadable = |error: toml::de::Error| {
        let params = [("file", file.display().to_string()), ("cause", error.to_string())];
        Failure::new(Exit::Input, "draft_unreadable", params)
    };
    let (peer, draft) = named_peer(&text).map_err(unreadable)?;
    let peer = naming::peer(&peer, client).await?;
    let request = DraftRequest { peer, ..draft };
    let drafted: Carried = client.post("/api/v1/agreements/drafts", &request).await?;
    carried(&drafted, "agreement_drafted", printer);
    Ok(())
}

/// A draft as people write it, in which the peer goes by its name: that name, and the draft with nobody in its place.
fn named_peer(text: &str) -> Result<(String, DraftRequest), toml::de::Error> {
    let mut draft: toml::Table = toml::from_str(text)?;
    let peer = match draft.get_mut("peer") {
        Some(toml::Value::String(peer)) => std::mem::replace(peer, Hex([0; 32]).to_string()),
        // Whatever else stands there is said to be wrong below.
        _ => String::new(),
    };
    Ok((peer, draft.try_into()?))
}

/// Nobody signs what was not on the screen.
async fn sign(digest: &Hex32, yes: bool, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let detail: AgreementDetail = client.get(&format!("/api/v1/agreements/{digest}")).await?;
    let lang = printer.lang();
    if !printer.json() {
        printer.say(&detail_text(&detail, lang));
    }
    if !yes && !confirmed(lang)? {
        return Err(Failure::new(Exit::Policy, "sign_not_confirmed", []));
    }
    let path = format!("/api/v1/agreements/{digest}/sign");
    let signed: Carried = client::read(&client.command(Method::POST, &path).await?)?;
    carried(&signed, "agreement_signed", printer);
    Ok(())
}

/// Only a person at a terminal can be asked.
pub(crate) fn confirmed(lang: Lang) -> Result<bool, Failure> {
    let mut input = std::io::stdin().lock();
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, "sign_needs_yes", []));
    }
    let failed = |error: std::io::Error| Failure::internal("terminal", &error);
    let mut screen = std::io::stderr();
    write!(screen, "{} [y/N] ", lang.word("sign_question")).map_err(failed)?;
    screen.flush().map_err(failed)?;
    let mut answer = String::new();
    input.read_line(&mut answer).map_err(failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "是"))
}

async fn show(digest: &Hex32, out: Option<&Path>, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let detail: AgreementDetail = client.get(&format!("/api/v1/agreements/{digest}")).await?;
    if let Some(out) = out {
        let dossier = client
            .bytes(&format!("/api/v1/agreements/{digest}/dossier"))
            .await?;
        write_whole(out, &dossier)?;
    }
    printer.result(&json(&detail), |lang| detail_text(&detail, lang));
    Ok(())
}

async fn exchange(peer: &Hex32, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let path = format!("/api/v1/peers/{peer}/exchange");
    let exchanged: Exchanged = client::read(&client.command(Method::POST, &path).await?)?;
    printer.result(&json(&exchanged), |lang| {
        let params = [
            ("program", exchanged.program.clone()),
            ("seconds", exchanged.ahead_seconds.to_string()),
        ];
        lang.say("agreement_exchanged", &params)
    });
    Ok(())
}

/// What was done to an agreement, and whether the other party knows.
fn carried(carried: &Carried, code: &str, printer: &Printer) {
    printer.result(&json(carried), |lang| {
        let said = lang.say(code, &[("digest", short(&carried.agreement))]);
        let delivered = lang.word(match (carried.by_files, carried.delivered) {
            (true, _) => "agreement_to_be_carried",
            (false, true) => "agreement_delivered",
            (false, false) => "agreement_not_delivered",
        });
        format!("{said}\n{delivered}")
    });
}

fn list_text(list: &AgreementList, lang: Lang) -> String {
    let codes = [
        "col_digest",
        "col_number",
        "col_purpose",
        "col_parties",
        "col_state",
        "col_expires",
    ];
    let row = |agreement: &AgreementView| {
        let parties: Vec<_> = agreement
            .parties
            .iter()
            .map(|party| party.name.as_str())
            .collect();
        vec![
            short(&agreement.digest),
            agreement.number.clone(),
            lang.word(&format!("purpose_{}", agreement.purpose)),
            parties.join("、"),
            lang.word(&format!("agreement_state_{}", agreement.state)),
            agreement.expires.to_string(),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.agreements.iter().map(row))
        .collect();
    table(&rows)
}

/// The text that is signed, then what each side learns, in plain words.
fn detail_text(detail: &AgreementDetail, lang: Lang) -> String {
    let mut text = serde_json::to_string_pretty(&detail.agreement).unwrap_or_default();
    text.push_str("\n\n");
    text.push_str(&learns_text(&detail.learns, lang));
    let days = detail.agreement["retention_days"].to_string();
    text.push_str(&lang.say("agreement_retention", &[("days", days)]));
    text.push('\n');
    text.push_str(&lang.word("not_a_decision"));
    text
}

/// What each side learns, under its name.
pub(crate) fn learns_text(learns: &[Learns], lang: Lang) -> String {
    let mut text = lang.word("agreement_learns") + "\n";
    let mut party = "";
    for learns in learns {
        if learns.party != party {
            party = &learns.party;
            text.push_str(&format!("{party}\n"));
        }
        let params: Vec<(&str, String)> = learns
            .params
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        text.push_str(&format!("  - {}\n", lang.say(&learns.code, &params)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With what is left out as it stands, and with all of it.
    #[test]
    fn the_sample_is_a_draft() {
        let sample = include_str!("../../samples/draft.toml");
        let (peer, draft) = named_peer(sample).unwrap();
        assert_eq!((peer.as_str(), draft.rules), ("县残疾人联合会", None));
        let all: String = sample
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|line| line.contains(" = "))
                    .unwrap_or(line)
                    .to_owned()
                    + "\n"
            })
            .collect();
        let (_, draft) = named_peer(&all).unwrap();
        assert_eq!(draft.rules.map(|rules| rules.len()), Some(3));
        assert!(draft.retention_days.is_some() && draft.peer_case_scheme.is_some());
        for wrong in [
            format!("{sample}colour = 1\n"),
            sample.replace("peer = ", "peers = "),
            sample.replace("peer = \"县残疾人联合会\"", "peer = 1"),
        ] {
            assert!(named_peer(&wrong).is_err(), "{wrong}");
        }
    }
}
