//! `hefu doctor`: what is wrong with the node or the line to a peer, and what to do.

use hefu_node::api::view::{CheckOutcome, CheckView, DoctorRequest, DoctorView};

use super::json;
use crate::args::DoctorArgs;
use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(args: DoctorArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let peer = match args.peer {
        Some(peer) => Some(naming::peer(&peer, client).await?),
        None => None,
    };
    let request = DoctorRequest { peer };
    let view: DoctorView = client.post("/api/v1/doctor", &request).await?;
    printer.result(&json(&view), |lang| {
        let rows: Vec<_> = view.checks.iter().map(|check| row(check, lang)).collect();
        table(&rows)
    });
    let failed = view
        .checks
        .iter()
        .filter(|check| check.outcome == CheckOutcome::Failed)
        .count();
    if failed > 0 {
        let params = [("count", failed.to_string())];
        return Err(Failure::new(Exit::Internal, "doctor_failed", params));
    }
    Ok(())
}

fn row(check: &CheckView, lang: Lang) -> Vec<String> {
    let outcome = match check.outcome {
        CheckOutcome::Passed => "check_passed",
        CheckOutcome::Warning => "check_warning",
        CheckOutcome::Failed => "check_failed",
        CheckOutcome::Skipped => "check_skipped",
    };
    let params: Vec<(&str, String)> = check
        .params
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let said = match check.code.as_str() {
        "" => String::new(),
        code => lang.say(code, &params),
    };
    vec![
        lang.word(outcome),
        lang.word(&format!("doctor_step_{}", check.step)),
        said,
    ]
}
