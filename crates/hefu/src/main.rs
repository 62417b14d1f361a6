//! Hefu 合符: agencies find what fits, and show each other nothing else.
//!
//! Arguments become settings, settings a command, and one printer prints. Only this crate prints and exits.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod arithmetic;
mod client;
mod commands;
mod failure;
mod ledger;
mod logging;
mod naming;
mod pages;
mod paper;
mod printer;
mod progress;
mod slip;
mod words;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use client::Client;
use failure::{Exit, Failure};
use printer::Printer;

fn main() -> ExitCode {
    let args = Args::parse();
    let printer = Printer::new(args.lang(), args.json);
    match run(args, &printer) {
        Ok(()) => ExitCode::from(Exit::Done as u8),
        Err(failure) => {
            printer.failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(args: Args, printer: &Printer) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal("runtime", &error))?;
    // A node logs as its settings say, and ends in order when it is told to.
    let node = matches!(args.command, Command::Serve);
    let serves = node || matches!(&args.command, Command::Demo(demo) if demo.serve);
    if !node {
        logging::on_request();
    }
    runtime.block_on(async {
        tokio::select! {
            result = dispatch(args, printer) => result,
            _ = tokio::signal::ctrl_c(), if !serves => Err(Failure::interrupted()),
        }
    })
}

async fn dispatch(args: Args, printer: &Printer) -> Result<(), Failure> {
    let node = &args.node;
    match args.command {
        Command::Demo(demo) if demo.serve => commands::demo::run_and_serve(demo, printer).await,
        Command::Demo(demo) => commands::demo::run(demo, printer).await,
        Command::Check(check) => commands::check::run(check, printer),
        Command::Match(lists) => commands::match_lists::run(lists, printer).await,
        Command::Letter(letter) => commands::letter::run(letter, printer),
        Command::Bench(bench) => commands::bench::run(&bench, printer),
        Command::Serve => commands::serve::run(node, printer).await,
        Command::Init(init) => commands::init::run(init, node, printer),
        Command::Restore(restore) => commands::restore::run(restore, node, printer),
        Command::Import(import) => commands::import::run(import, &Client::of(node)?, printer).await,
        Command::Dataset(dataset) => commands::dataset::run(dataset, &Client::of(node)?, printer).await,
        Command::Peer(peer) => commands::peer::run(peer, node, printer).await,
        Command::Agreement(agreement) => {
            commands::agreement::run(agreement, &Client::of(node)?, printer).await
        }
        Command::Round(round) => commands::round::run(round, &Client::of(node)?, printer).await,
        Command::Precheck(precheck) => commands::precheck::run(precheck, node, printer).await,
        Command::Ferry(ferry) => commands::ferry::run(ferry, &Client::of(node)?, printer).await,
        Command::Finding(finding) => commands::finding::run(finding, &Client::of(node)?, printer).await,
        Command::Inquiry(inquiry) => commands::inquiry::run(inquiry, &Client::of(node)?, printer).await,
        Command::Referral(referral) => {
            commands::matter::referral(referral, &Client::of(node)?, printer).await
        }
        Command::Notice(notice) => commands::matter::notice(notice, &Client::of(node)?, printer).await,
        Command::Lead(lead) => commands::matter::lead(lead, &Client::of(node)?, printer).await,
        Command::Clue(clue) => commands::matter::clue(clue, &Client::of(node)?, printer).await,
        Command::Conference(conference) => {
            commands::conference::run(conference, &Client::of(node)?, printer).await
        }
        Command::Report(report) => commands::report::run(report, node, printer).await,
        Command::Audit(audit) => commands::audit::run(audit, &Client::of(node)?, printer).await,
        Command::Ledger(ledger) => commands::ledger::run(ledger, &Client::of(node)?, printer).await,
        Command::Account(account) => commands::account::run(account, &Client::of(node)?, printer).await,
        Command::Doctor(doctor) => commands::doctor::run(doctor, &Client::of(node)?, printer).await,
        Command::Backup(backup) => commands::backup::run(backup, &Client::of(node)?, printer).await,
    }
}
