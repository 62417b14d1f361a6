//! `hefu demo`: four agencies of one county, from their exports to their findings.

use crate::args::DemoArgs;
use crate::failure::Failure;
use crate::printer::Printer;

pub(crate) async fn run(_args: DemoArgs, _printer: &Printer) -> Result<(), Failure> {
    Err(Failure::interrupted())
}
