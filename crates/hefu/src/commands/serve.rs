//! `hefu serve`: the node, until it is told to stop.

use std::path::Path;
use std::sync::Arc;

use hefu_node::Surroundings;
use hefu_node::api::Wordings;
use hefu_node::config::{self, Config};
use hefu_node::daemon::Daemon;
use serde_json::json;

use super::wording;
use crate::args::NodeArgs;
use crate::failure::Failure;
use crate::pages::Program;
use crate::printer::Printer;
use crate::slip;
use crate::words::Lang;
use crate::{arithmetic, logging};

pub(crate) async fn run(node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    // First of all, so that a signal during the start ends the node in order too.
    let stop = told_to_stop()?;
    let config = Config::load(&node.folder.join(config::FILE_NAME))?;
    logging::of_node(&config.log);
    let pool = arithmetic::pool(config.compute.threads, printer)?;
    let daemon = start(config, &node.folder, Surroundings::new(pool), printer.lang()).await?;
    let (peers, operators) = (daemon.peers_address(), daemon.operators_address()?);
    printer.result(&json!({ "peers": peers, "operators": operators }), |lang| {
        let params = [("peers", peers.to_string()), ("operators", operators.to_string())];
        lang.say("serving", &params)
    });
    Ok(daemon.serve(stop).await?)
}

/// The node in `folder` with its pages.
pub(super) async fn start(
    config: Config,
    folder: &Path,
    surroundings: Surroundings,
    lang: Lang,
) -> Result<Daemon, Failure> {
    let wordings = Wordings {
        quarantine: Arc::new(move || wording(lang)),
        slips: Arc::new(move |facts| slip::pages(facts, lang)),
    };
    let over_tls = config.operators.speaks_tls();
    let over = |api| hefu_console::router(api, Arc::new(Program), over_tls);
    Ok(Daemon::start(config, folder, surroundings, wordings, over).await?)
}

/// Both signals are taken over at once; what comes gives the one who asks.
#[cfg(unix)]
pub(super) fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let taken = |kind| signal(kind).map_err(|error| Failure::internal("signals", &error));
    let (mut terminate, mut interrupt) = (taken(SignalKind::terminate())?, taken(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub(super) fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        // Without the signal it can only be killed, which loses nothing.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
