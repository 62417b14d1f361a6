//! `hefu restore`: a node from its backup. No node may run in the folder.

use crate::args::{NodeArgs, RestoreArgs};
use crate::failure::{Exit, Failure};
use crate::printer::Printer;

pub(crate) fn run(_: &RestoreArgs, _: &NodeArgs, _: &Printer) -> Result<(), Failure> {
    let params = [("operation", "restore".to_owned())];
    Err(Failure::new(Exit::Internal, "api_not_yet", params))
}
