//! Hefu 合符: agencies find what fits, and show each other nothing else.
//!
//! Arguments become settings, settings a command, and one printer prints. Only this crate prints and exits.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod commands;
mod failure;
mod printer;
mod progress;
mod words;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use args::{Args, Command};
use failure::{Exit, Failure};
use printer::Printer;

fn main() -> ExitCode {
    log_to_stderr();
    let args = Args::parse();
    let printer = Printer::new(args.lang(), args.json());
    match run(args, &printer) {
        Ok(()) => ExitCode::from(Exit::Done as u8),
        Err(failure) => {
            printer.failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Silent unless `HEFU_LOG` asks for it (`HEFU_LOG=info`). Logs name peers, codes and counts, never a person.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("HEFU_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    tracing::info!(backend = hefu_curve::backend(), "arithmetic");
}

fn run(args: Args, printer: &Printer) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal("runtime", &error))?;
    runtime.block_on(async {
        tokio::select! {
            result = dispatch(args, printer) => result,
            _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
        }
    })
}

async fn dispatch(args: Args, printer: &Printer) -> Result<(), Failure> {
    match args.command {
        Command::Demo(demo) => commands::demo::run(demo, printer).await,
        Command::Check(check) => commands::check::run(check, printer),
        Command::Match(lists) => commands::match_lists::run(lists, printer).await,
        Command::Bench(_) => commands::bench::run(printer),
    }
}
