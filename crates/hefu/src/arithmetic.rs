//! The compute threads of a command, and what a person should know of the arithmetic behind them.

use hefu_curve::{Backend, BackendWarning, Pool};

use crate::failure::Failure;
use crate::printer::Printer;

/// Compute threads with the process's backend, 0 for one a core. Every command that computes gets them here, so that each
/// says where the backend is not the one that was asked for, or that the processor could run.
pub(crate) fn pool(threads: usize, printer: &Printer) -> Result<Pool, Failure> {
    tracing::info!(backend = hefu_curve::backend(), "arithmetic");
    if let Some(warning) = hefu_curve::backend_warning() {
        warn(warning, printer);
    }
    Ok(Pool::new(threads).map_err(hefu_node::Error::from)?)
}

/// One thread with dalek's backend, for comparison.
pub(crate) fn dalek() -> Result<Pool, Failure> {
    Ok(Pool::with_backend(1, Backend::dalek()).map_err(hefu_node::Error::from)?)
}

/// In the log where it is shown there, and otherwise beside the result.
fn warn(warning: BackendWarning, printer: &Printer) {
    if tracing::enabled!(tracing::Level::WARN) {
        tracing::warn!(code = warning.code(), "{warning}");
    } else {
        printer.warning(warning.code());
    }
}
