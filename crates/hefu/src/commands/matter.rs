//! `hefu referral`, `hefu notice`, `hefu lead` and `hefu clue`: the ledger of people who are sent on or looked after.

mod text;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use hefu_node::api::view::{
    CluePage, ConfirmRequest, ConfirmationView, InClear, LateList, MatterActRequest, MatterEventRequest,
    MatterHistory, MatterPage, OpenRequest, OpeningRequest, RegisteredView, TakeRequest, WhoseRequest,
};
use serde_json::json;
use zeroize::Zeroizing;

use super::json;
use crate::args::{
    ClueCommand, LeadCommand, ListArgs, MatterArgs, NoticeCommand, ReferralCommand, WhoseArgs,
};
use crate::client::{Client, escaped};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::Printer;

/// A number, with room for what a copy brings along.
const MAX_NUMBER_BYTES: u64 = 1024;

pub(crate) async fn referral(
    command: ReferralCommand,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    match command {
        ReferralCommand::Open(open) => {
            let (whose, opening) = open.request();
            begin(whose, opening, client, printer).await
        }
        ReferralCommand::Act(act) => record(act.request(), client, printer).await,
        ReferralCommand::List(of) => list("transfer", &of, client, printer).await,
        ReferralCommand::Show(of) => show(&of.number, client, printer).await,
        ReferralCommand::Overdue { on } => {
            let on = on.map_or_else(String::new, |on| format!("?on={on}"));
            let late: LateList = client.get(&format!("/api/v1/matters/overdue{on}")).await?;
            printer.result(&json(&late), |lang| text::overdue(&late, lang));
            Ok(())
        }
        ReferralCommand::Confirm { round, working_days } => {
            let round = naming::round(&round, client).await?;
            let path = format!("/api/v1/rounds/{round}/confirmation");
            let view: ConfirmationView = client.post(&path, &ConfirmRequest { working_days }).await?;
            printer.result(&json(&view), |lang| text::confirmation(&view, lang));
            Ok(())
        }
        ReferralCommand::Register => {
            let view: RegisteredView = client.post("/api/v1/matters/register", &json!({})).await?;
            let params = [("count", view.rows.to_string())];
            printer.result(&json(&view), |lang| lang.say("letters_registered", &params));
            Ok(())
        }
    }
}

pub(crate) async fn notice(
    command: NoticeCommand,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    match command {
        NoticeCommand::Inform(inform) => {
            let (whose, opening) = inform.request();
            begin(whose, opening, client, printer).await
        }
        NoticeCommand::Act(act) => record(act.request(), client, printer).await,
        NoticeCommand::List(of) => list("notice", &of, client, printer).await,
        NoticeCommand::Show(of) => show(&of.number, client, printer).await,
    }
}

pub(crate) async fn lead(command: LeadCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        LeadCommand::Send(send) => {
            let (whose, opening) = send.request();
            begin(whose, opening, client, printer).await
        }
        LeadCommand::Act(act) => record(act.request(), client, printer).await,
        LeadCommand::List(of) => list("lead", &of, client, printer).await,
        LeadCommand::Show(of) => show(&of.number, client, printer).await,
    }
}

pub(crate) async fn clue(command: ClueCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        ClueCommand::Take {
            round,
            seq,
            number,
            on,
        } => {
            let round = naming::round(&round, client).await?;
            let path = format!("/api/v1/rounds/{round}/findings/{seq}/clue");
            let view: MatterHistory = client.post(&path, &TakeRequest { number, on }).await?;
            printer.result(&json(&view), |lang| text::recorded(&view, lang));
            Ok(())
        }
        ClueCommand::Act(act) => record(act.request(), client, printer).await,
        ClueCommand::List {
            round: Some(round),
            list: of,
        } => {
            let round = naming::round(&round, client).await?;
            let path = format!(
                "/api/v1/rounds/{round}/clues?after={}&limit={}",
                of.after, of.limit
            );
            let page: CluePage = client.get(&path).await?;
            printer.result(&json(&page), |lang| text::clues(&page, lang));
            Ok(())
        }
        ClueCommand::List {
            round: None,
            list: of,
        } => list("clue", &of, client, printer).await,
        ClueCommand::Show(of) => show(&of.number, client, printer).await,
    }
}

async fn begin(
    whose: WhoseArgs,
    opening: OpeningRequest,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    let whose = request(whose, client).await?;
    let view: MatterHistory = client
        .post("/api/v1/matters", &OpenRequest { whose, opening })
        .await?;
    printer.result(&json(&view), |lang| text::recorded(&view, lang));
    Ok(())
}

async fn record(
    (at, act): (MatterArgs, MatterActRequest),
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    let id = numbered(&at.number, client).await?;
    let request = MatterEventRequest { on: at.on, act };
    let view: MatterHistory = client
        .post(&format!("/api/v1/matters/{id}/events"), &request)
        .await?;
    printer.result(&json(&view), |lang| text::recorded(&view, lang));
    Ok(())
}

async fn list(kind: &str, of: &ListArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let path = format!(
        "/api/v1/matters?kind={kind}&due={}&after={}&limit={}",
        of.due, of.after, of.limit
    );
    let page: MatterPage = client.get(&path).await?;
    printer.result(&json(&page), |lang| text::list(&page, lang));
    Ok(())
}

async fn show(number: &str, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let id = numbered(number, client).await?;
    let view: MatterHistory = client.get(&format!("/api/v1/matters/{id}")).await?;
    printer.result(&json(&view), |lang| text::history(&view, lang));
    Ok(())
}

/// The id of the matter with this number in the ledger.
async fn numbered(number: &str, client: &Client) -> Result<u64, Failure> {
    let path = format!("/api/v1/matters?number={}", escaped(number));
    let page: MatterPage = client.get(&path).await?;
    let found = page.matters.first();
    found
        .map(|matter| matter.id)
        .ok_or_else(|| Failure::internal("answer", &"matters"))
}

async fn request(whose: WhoseArgs, client: &Client) -> Result<WhoseRequest, Failure> {
    if let Some([round, seq]) = whose.finding.as_deref() {
        return Ok(WhoseRequest::Finding {
            round: naming::round(round, client).await?,
            seq: seq.parse().map_err(|_| whose_unreadable(seq))?,
        });
    }
    if let Some([register, at]) = whose.row.as_deref() {
        return row(register, at).ok_or_else(|| whose_unreadable(at));
    }
    if let Some(number) = whose.same_as {
        return Ok(WhoseRequest::Matter { number });
    }
    // One of the four is given.
    let file = whose.number_from.unwrap_or_default();
    Ok(WhoseRequest::Number {
        document: whose.kind.code().to_owned(),
        number: InClear::new(read_number(&file)?),
    })
}

/// `1/2:17` is row 17 of the second sheet of the first file, as lists show it.
fn row(register: &str, at: &str) -> Option<WhoseRequest> {
    let (file, rest) = at.split_once('/')?;
    let (sheet, row) = rest.split_once(':')?;
    Some(WhoseRequest::Row {
        dataset: register.to_owned(),
        file: file.parse().ok()?,
        sheet: sheet.parse().ok()?,
        row: row.parse().ok()?,
    })
}

fn whose_unreadable(given: &str) -> Failure {
    Failure::new(Exit::Usage, "whose_unreadable", [("given", given.to_owned())])
}

/// What stands in a file with one number, or comes from standard input.
fn read_number(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| Failure::read(file, &error);
    let mut text = Zeroizing::new(String::with_capacity(MAX_NUMBER_BYTES as usize));
    if file == Path::new("-") {
        let mut input = std::io::stdin().lock().take(MAX_NUMBER_BYTES);
        input.read_to_string(&mut text).map_err(failed)?;
    } else {
        let mut input = File::open(file).map_err(failed)?.take(MAX_NUMBER_BYTES);
        input.read_to_string(&mut text).map_err(failed)?;
    }
    Ok(text)
}
