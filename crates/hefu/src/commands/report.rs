//! `hefu report`: what a third person can verify without the node.

use std::path::{Path, PathBuf};

use hefu_link::Card;
use hefu_node::report::{Fault, Verified, verify};
use hyper::Method;
use serde_json::json;

use super::write_whole;
use crate::args::{NodeArgs, ReportCommand};
use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::paper;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: ReportCommand, node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    match command {
        ReportCommand::Export {
            round,
            form,
            out,
            page,
            xlsx,
        } => {
            let client = Client::of(node)?;
            let round = naming::round(&round, &client).await?;
            let path = format!("/api/v1/rounds/{round}/report?form={}", form.code());
            let report = client.command(Method::POST, &path).await?;
            write_whole(&out, &report)?;
            // Page and workbook are made from what was signed, as anybody could make them.
            let verified = verify(&report, &[])?;
            let paper = paper::report(&verified, printer.lang());
            if let Some(page) = &page {
                write_whole(page, paper.page().as_bytes())?;
            }
            if let Some(xlsx) = &xlsx {
                let book = paper.workbook().map_err(|error| Failure::write(xlsx, &error))?;
                write_whole(xlsx, &book)?;
            }
            let more = [page, xlsx]
                .into_iter()
                .flatten()
                .map(|file| file.display().to_string());
            let params = [
                ("file", out.display().to_string()),
                ("more", more.collect::<Vec<_>>().join("、")),
                ("digest", verified.digest.to_string()),
            ];
            printer.done("report_written", &params);
        }
        ReportCommand::Verify { file, cards } => verified(&file, &cards, printer)?,
    }
    Ok(())
}

/// From the file and the cards alone: no node is asked.
fn verified(file: &Path, cards: &[PathBuf], printer: &Printer) -> Result<(), Failure> {
    let read = |file: &Path| std::fs::read(file).map_err(|error| Failure::read(file, &error));
    let card = |file: &PathBuf| {
        Card::parse(read(file)?.trim_ascii_end())
            .map_err(|error| Failure::from(hefu_node::Error::from(error)))
    };
    let cards = cards.iter().map(card).collect::<Result<Vec<_>, _>>()?;
    let verified = verify(&read(file)?, &cards)?;
    let about = &verified.report.sections.about;
    let value = json!({
        "holds": true,
        "digest": verified.digest,
        "form": verified.report.head.form,
        "copy": about.copy,
        "round": verified.report.sections.round.id,
        "by": about.by,
        "node_key": verified.report.head.node_key,
        "signer": verified.signer,
        "parties": verified.parties,
    });
    printer.result(&value, |lang| text(&verified, lang));
    Ok(())
}

fn text(verified: &Verified, lang: Lang) -> String {
    let sections = &verified.report.sections;
    let form = match verified.report.head.form {
        hefu_node::report::Form::Internal => "paper_internal",
        hefu_node::report::Form::Submission => "paper_submission",
    };
    let copy = [("copy", sections.about.copy.to_string())];
    let signer = match &verified.signer {
        Some(name) => lang.say("report_signer", &[("name", name.clone())]),
        None => lang.say("report_signer_open", &[("by", sections.about.by.clone())]),
    };
    let receipt = if sections.receipt.is_some() {
        "report_receipt_checked"
    } else {
        "paper_receipt_none"
    };
    let rows = [
        ("paper_about", lang.say(form, &copy)),
        ("paper_round", sections.round.id.to_string()),
        ("paper_node_key", verified.report.head.node_key.to_string()),
        ("report_by", signer),
        (
            "paper_agreement",
            lang.say(
                "report_agreement_checked",
                &[("number", sections.agreement.text.number.clone())],
            ),
        ),
        ("paper_receipt", lang.word(receipt)),
        ("paper_file_digest", verified.digest.to_string()),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(code, said)| vec![lang.word(code), said])
        .collect();
    format!(
        "{}\n{}{}",
        lang.word("report_holds"),
        table(&rows),
        lang.word("not_a_decision")
    )
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(Exit::Input, fault.code(), fault.params())
    }
}
