//! What goes to stderr beside results: peers, codes and counts, never a person.

use std::io::IsTerminal as _;

use hefu_node::config::{LogConfig, LogFormat};
use tracing_subscriber::EnvFilter;

/// Silent unless `HEFU_LOG` asks for it (`HEFU_LOG=info`).
pub(crate) fn on_request() {
    start(LogFormat::Text, "off");
}

/// As a node's settings say, unless `HEFU_LOG` says otherwise.
pub(crate) fn of_node(config: &LogConfig) {
    start(config.format, &config.filter);
}

fn start(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_env("HEFU_LOG").unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
