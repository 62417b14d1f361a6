//! `hefu audit`: the chained log, and what can be shown of a finding from what was kept.

use hefu_node::api::view::{EntryPage, ExplanationView, Verified};
use hyper::Method;

use super::{json, write_whole};
use crate::args::AuditCommand;
use crate::client::{Client, read};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::paper;
use crate::printer::Printer;

pub(crate) async fn run(command: AuditCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        AuditCommand::Explain { round, seq } => {
            let round = naming::round(&round, client).await?;
            let path = format!("/api/v1/rounds/{round}/findings/{seq}/explanation");
            let view: ExplanationView = read(&client.command(Method::POST, &path).await?)?;
            printer.result(&json(&view), |lang| paper::explanation(&view, lang).text());
        }
        AuditCommand::Verify => {
            let verified: Verified = client.get("/api/v1/audit/verify").await?;
            let Some(head) = verified.head.as_ref().filter(|_| verified.intact) else {
                let seq = verified.bad_entry.unwrap_or_default().to_string();
                return Err(Failure::new(Exit::Internal, "log_bad_entry", [("seq", seq)]));
            };
            printer.result(&json(&verified), |lang| {
                let params = [("seq", head.seq.to_string()), ("hash", head.hash.to_string())];
                lang.say("audit_intact", &params)
            });
        }
        AuditCommand::Export { out } => {
            let mut lines = String::new();
            let (mut after, mut entries) = (0, 0);
            loop {
                let path = format!("/api/v1/audit/entries?after={after}&limit=1000");
                let page: EntryPage = client.get(&path).await?;
                entries += page.entries.len();
                for entry in &page.entries {
                    lines.push_str(&json(entry).to_string());
                    lines.push('\n');
                }
                match page.next {
                    Some(next) => after = next,
                    None => break,
                }
            }
            write_whole(&out, lines.as_bytes())?;
            let params = [
                ("entries", entries.to_string()),
                ("file", out.display().to_string()),
            ];
            printer.done("audit_exported", &params);
        }
    }
    Ok(())
}
