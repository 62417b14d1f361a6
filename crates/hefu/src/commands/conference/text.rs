//! The text of a conference: what it says, who signs it, what bears the seal.

use std::path::Path;

use hefu_casework::Hex;
use hefu_node::api::view::{
    DraftFrameworkRequest, EditionDetail, EditionList, EditionParty, EditionView, Hex32, RefuseRequest,
    StampRequest,
};
use hyper::Method;

use super::path;
use crate::args::{TextCommand, WhichArgs};
use crate::client::{Client, read};
use crate::commands::agreement::{confirmed, learns_text};
use crate::commands::letter::Form;
use crate::commands::{headings, json, local, short};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::paper;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: TextCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        TextCommand::Draft { file, amends, which } => {
            let draft = std::fs::read_to_string(&file).map_err(|error| Failure::read(&file, &error))?;
            let texts = format!("{}/texts", path(&which, client).await?);
            let amends = match amends {
                Some(named) => Some(naming::text(Some(&named), client.get(&texts).await?)?),
                None => None,
            };
            let drafted: EditionDetail = client
                .post(&texts, &DraftFrameworkRequest { draft, amends })
                .await?;
            printer.result(&json(&drafted), |lang| detail_text(&drafted, lang));
        }
        TextCommand::Show { all: true, which, .. } => {
            let list: EditionList = client
                .get(&format!("{}/texts", path(&which, client).await?))
                .await?;
            printer.result(&json(&list), |lang| list_text(&list, lang));
        }
        TextCommand::Show { text, which, .. } => {
            let detail = detail(text.as_deref(), &which, client).await?.1;
            printer.result(&json(&detail), |lang| detail_text(&detail, lang));
        }
        TextCommand::Sign { text, yes, which } => {
            let (at, detail) = detail(text.as_deref(), &which, client).await?;
            // Nobody signs what was not on the screen.
            if !printer.json() {
                printer.say(&detail_text(&detail, printer.lang()));
            }
            if !yes && !confirmed(printer.lang())? {
                return Err(Failure::new(Exit::Policy, "sign_not_confirmed", []));
            }
            let signed: EditionView = read(&client.command(Method::POST, &format!("{at}/sign")).await?)?;
            said(&signed, "conference_text_signed", printer);
        }
        TextCommand::Refuse { text, reason, which } => {
            let at = text_path(text.as_deref(), &which, client).await?;
            let refused: EditionView = client
                .post(&format!("{at}/refuse"), &RefuseRequest { reason })
                .await?;
            said(&refused, "conference_text_refused", printer);
        }
        TextCommand::Stamp {
            text,
            document,
            scan,
            which,
        } => {
            let at = text_path(text.as_deref(), &which, client).await?;
            let bytes = std::fs::read(&scan).map_err(|error| Failure::read(&scan, &error))?;
            let scan = Hex(hefu_node::sha256(&bytes));
            let stamped: EditionView = client
                .post(&format!("{at}/stamp"), &StampRequest { document, scan })
                .await?;
            said(&stamped, "conference_text_stamped", printer);
        }
        TextCommand::Print { text, out, which } => {
            let detail = detail(text.as_deref(), &which, client).await?.1;
            print(&detail, &out)?;
            let params = [("file", out.display().to_string())];
            let value = serde_json::json!({ "framework": detail.summary.framework, "file": out });
            printer.result(&value, |lang| lang.say("conference_text_printed", &params));
        }
    }
    Ok(())
}

async fn text_path(named: Option<&str>, which: &WhichArgs, client: &Client) -> Result<String, Failure> {
    let texts = format!("{}/texts", path(which, client).await?);
    let digest: Hex32 = naming::text(named, client.get(&texts).await?)?;
    Ok(format!("{texts}/{digest}"))
}

async fn detail(
    named: Option<&str>,
    which: &WhichArgs,
    client: &Client,
) -> Result<(String, EditionDetail), Failure> {
    let at = text_path(named, which, client).await?;
    let detail = client.get(&at).await?;
    Ok((at, detail))
}

fn print(detail: &EditionDetail, out: &Path) -> Result<(), Failure> {
    let form = Form::of(out)?;
    let letter = paper::framework(detail).map_err(|error| Failure::internal("answer", &error))?;
    form.write(&letter, out)
}

fn said(edition: &EditionView, code: &'static str, printer: &Printer) {
    printer.result(&json(edition), |lang| {
        let params = [("digest", short(&edition.framework))];
        format!("{}\n{}", lang.say(code, &params), parties_text(edition, lang))
    });
}

fn list_text(list: &EditionList, lang: Lang) -> String {
    let codes = [
        "col_digest",
        "col_number",
        "col_edition",
        "col_expires",
        "col_state",
    ];
    let row = |edition: &EditionView| {
        let signed = edition
            .parties
            .iter()
            .filter(|party| party.state == "signed")
            .count();
        let params = [
            ("signed", signed.to_string()),
            ("members", edition.parties.len().saturating_sub(1).to_string()),
        ];
        vec![
            short(&edition.framework),
            edition.number.clone(),
            edition.edition.to_string(),
            edition.expires.to_string(),
            match edition.in_force {
                true => lang.say("conference_text_in_force", &params),
                false => lang.say("conference_text_not_in_force", &params),
            },
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.editions.iter().map(row))
        .collect();
    table(&rows)
}

fn parties_text(edition: &EditionView, lang: Lang) -> String {
    let codes = ["col_name", "col_state", "col_when", "col_document", "col_why"];
    let row = |party: &EditionParty| {
        vec![
            party.name.clone(),
            lang.word(&format!("conference_text_state_{}", party.state)),
            party.signed_at.as_ref().map(local).unwrap_or_default(),
            party.document.clone().unwrap_or_default(),
            party.reason.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(edition.parties.iter().map(row))
        .collect();
    table(&rows)
}

/// The text that is signed, what each party learns by each annex, and where it goes beyond one's own policy.
fn detail_text(detail: &EditionDetail, lang: Lang) -> String {
    let mut text = serde_json::to_string_pretty(&detail.text).unwrap_or_default() + "\n\n";
    for annex in &detail.annexes {
        let purpose = lang.word(&format!("purpose_{}", annex.purpose));
        text += &format!("{} {purpose} {}\n", annex.code, short(&annex.annex));
        text += &learns_text(&annex.learns, lang);
        if let Some(breach) = &annex.breach {
            let params: Vec<_> = breach
                .params
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let why = lang.say(&breach.code, &params);
            text += &lang.say("conference_text_breach", &[("why", why)]);
            text += "\n";
        }
    }
    text += "\n";
    text += &lang.say(
        "conference_text_digest",
        &[("digest", detail.summary.framework.to_string())],
    );
    text += "\n";
    text += &parties_text(&detail.summary, lang);
    text + &lang.word("not_a_decision")
}
