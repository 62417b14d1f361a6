//! `hefu backup`: a whole and consistent copy, while the node runs.

use hefu_node::api::view::{BackupRequest, BackupView};

use super::{json, whole_path};
use crate::args::BackupArgs;
use crate::client::Client;
use crate::failure::Failure;
use crate::printer::Printer;

pub(crate) async fn run(args: BackupArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    // The node may have been started elsewhere.
    let folder = whole_path(&args.folder)?;
    let request = BackupRequest {
        folder: folder.display().to_string(),
    };
    let backup: BackupView = client.post("/api/v1/backup", &request).await?;
    printer.result(&json(&backup), |lang| {
        lang.say("backup_made", &[("folder", backup.folder.clone())])
    });
    Ok(())
}
