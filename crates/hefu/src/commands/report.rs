//! `hefu report`: what a third person can verify without the node.

use hyper::Method;

use super::write_whole;
use crate::args::ReportCommand;
use crate::client::Client;
use crate::failure::Failure;
use crate::naming;
use crate::printer::Printer;

pub(crate) async fn run(command: ReportCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let ReportCommand::Export { round, out } = command;
    let round = naming::round(&round, client).await?;
    let report = client
        .command(Method::POST, &format!("/api/v1/rounds/{round}/report"))
        .await?;
    write_whole(&out, &report)?;
    printer.done("report_written", &[("file", out.display().to_string())]);
    Ok(())
}
