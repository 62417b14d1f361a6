//! Who meets, and the record that all keep.

use hefu_node::api::view::{
    ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest, FoundConferenceRequest,
    RecordEntryView, RecordPage, RecordVerified, SaidView, SeatView,
};
use hyper::Method;

use super::path;
use crate::args::RecordCommand;
use crate::client::{Client, read};
use crate::commands::{headings, json, local, short, write_whole};
use crate::failure::Failure;
use crate::naming;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: RecordCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        RecordCommand::Found { name } => {
            let request = FoundConferenceRequest { name };
            let founded: ConferenceView = client.post("/api/v1/conferences", &request).await?;
            let params = [("id", founded.conference.to_string())];
            printer.result(&json(&founded), |lang| lang.say("conference_founded", &params));
        }
        RecordCommand::List => {
            let list: ConferenceList = client.get("/api/v1/conferences").await?;
            printer.result(&json(&list), |lang| list_text(&list.conferences, lang));
        }
        RecordCommand::Enrol { peer, which } => {
            let request = EnrolRequest {
                peer: naming::peer(&peer, client).await?,
            };
            let seats = format!("{}/seats", path(&which, client).await?);
            let directory: DirectoryView = client.post(&seats, &request).await?;
            printer.result(&json(&directory), |lang| directory_text(&directory, lang));
        }
        RecordCommand::Follow { conference, office } => {
            let request = FollowRequest {
                conference: naming::whole("conference", &conference)?,
                office: naming::peer(&office, client).await?,
            };
            let followed: ConferenceView = client.post("/api/v1/conferences/followed", &request).await?;
            let params = [("id", followed.conference.to_string())];
            printer.result(&json(&followed), |lang| lang.say("conference_followed", &params));
        }
        RecordCommand::Directory { which } => {
            let seats = format!("{}/seats", path(&which, client).await?);
            let directory: DirectoryView = client.get(&seats).await?;
            printer.result(&json(&directory), |lang| directory_text(&directory, lang));
        }
        RecordCommand::Card { seat, out, which } => {
            let seats = format!("{}/seats", path(&which, client).await?);
            let seat = naming::seat(&seat, client.get(&seats).await?)?;
            write_whole(&out, seat.card.as_bytes())?;
            let params = [("fingerprint", seat.fingerprint.clone())];
            printer.result(&json(&seat), |lang| lang.say("conference_card_written", &params));
        }
        RecordCommand::Record {
            verify: true, which, ..
        } => {
            let verify = format!("{}/record/verify", path(&which, client).await?);
            let verified: RecordVerified = read(&client.command(Method::POST, &verify).await?)?;
            let params = [
                ("entries", verified.head.seq.to_string()),
                ("hash", verified.head.hash.to_string()),
            ];
            printer.result(&json(&verified), |lang| lang.say("conference_verified", &params));
        }
        RecordCommand::Record {
            after, limit, which, ..
        } => {
            let record = path(&which, client).await?;
            let record = format!("{record}/record?after={after}&limit={limit}");
            let page: RecordPage = client.get(&record).await?;
            printer.result(&json(&page), |lang| record_text(&page, lang));
        }
        RecordCommand::Sync { which } => order("sync", &which, client, printer).await?,
        RecordCommand::Resume { which } => order("resume", &which, client, printer).await?,
    }
    Ok(())
}

/// What needs no more than its name, and shows how the conference stands then.
async fn order(
    what: &str,
    which: &crate::args::WhichArgs,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    let order = format!("{}/{what}", path(which, client).await?);
    let stands: ConferenceView = read(&client.command(Method::POST, &order).await?)?;
    printer.result(&json(&stands), |lang| {
        list_text(std::slice::from_ref(&stands), lang)
    });
    Ok(())
}

fn list_text(conferences: &[ConferenceView], lang: Lang) -> String {
    if conferences.is_empty() {
        return lang.word("conference_none");
    }
    let codes = [
        "col_conference",
        "col_name",
        "col_conference_office",
        "col_entries",
        "col_waiting",
        "col_refused",
        "col_standing",
    ];
    let row = |each: &ConferenceView| {
        vec![
            each.conference.to_string(),
            each.name.clone().unwrap_or_else(|| "—".to_owned()),
            match each.is_office {
                true => lang.word("conference_here"),
                false => each.office_name.clone(),
            },
            each.head.seq.to_string(),
            each.waiting.to_string(),
            each.refused.to_string(),
            lang.word(&each.standing),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(conferences.iter().map(row))
        .collect();
    table(&rows)
}

fn directory_text(directory: &DirectoryView, lang: Lang) -> String {
    let codes = [
        "col_name",
        "col_role",
        "col_seat",
        "col_pinned",
        "col_read",
        "col_fingerprint",
        "col_node_key",
    ];
    let row = |seat: &SeatView| {
        vec![
            seat.name.clone(),
            lang.word(&format!("role_{}", seat.role)),
            lang.word(&format!("conference_seat_{}", seat.seat)),
            lang.word(&format!("conference_pinned_{}", seat.pinned)),
            seat.read.map_or_else(|| "—".to_owned(), |seq| seq.to_string()),
            seat.fingerprint.clone(),
            short(&seat.node_key),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(directory.seats.iter().map(row))
        .collect();
    table(&rows)
}

fn record_text(page: &RecordPage, lang: Lang) -> String {
    let codes = ["col_seq", "col_said_at", "col_author", "col_word", "col_hash"];
    let row = |entry: &RecordEntryView| {
        vec![
            entry.seq.to_string(),
            local(&entry.at),
            entry.author_name.clone(),
            lang.word(&format!("conference_word_{}", entry.word)),
            short(&entry.hash),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(page.entries.iter().map(row))
        .collect();
    let said = page.said.iter().map(|said| said_line(said, lang));
    table(&rows) + &said.collect::<String>()
}

/// What is not on record.
fn said_line(said: &SaidView, lang: Lang) -> String {
    let params = [
        ("at", local(&said.at)),
        ("word", format!("conference_word_{}", said.word)),
        ("code", said.refused.clone().unwrap_or_default()),
    ];
    let line = match said.refused {
        Some(_) => lang.say("conference_said_refused", &params),
        None => lang.say("conference_said_waiting", &params),
    };
    line + "\n"
}
