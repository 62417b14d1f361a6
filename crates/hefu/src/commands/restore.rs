//! `hefu restore`: a node from its backup. No node may run in the folder.

use std::path::Path;

use hefu_node::Node;
use hefu_node::config::{self, Config, UnlockConfig};
use serde_json::json;

use super::{local, whole_path};
use crate::args::{NodeArgs, RestoreArgs, UnlockArgs};
use crate::failure::{Exit, Failure};
use crate::printer::Printer;

pub(crate) fn run(args: RestoreArgs, node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    let folder = whole_path(&node.folder)?;
    spare_others(&folder)?;
    let unlock = match args.unlock.config()? {
        Some(unlock) => unlock,
        None => Config::load(&args.from.join(config::FILE_NAME))?.unlock,
    };
    let unlock = unlock.fetch(&folder)?;
    let restored = Node::restore(&args.from, &folder, &unlock, &node.actor())?;
    let replaced = restored.replaced.as_ref().map(|path| path.display().to_string());
    let value = json!({
        "folder": folder.display().to_string(),
        "backed_up_at": restored.backed_up_at,
        "voided": restored.voided,
        "replaced": replaced,
        "budgets_locked": restored.budgets_locked,
    });
    printer.result(&value, |lang| {
        let params = [
            ("folder", folder.display().to_string()),
            ("at", local(&restored.backed_up_at)),
            ("voided", restored.voided.to_string()),
            ("replaced", replaced.clone().unwrap_or_default()),
        ];
        let mut lines = vec![lang.say("restored", &params)];
        if restored.voided > 0 {
            lines.push(lang.say("restored_voided", &params));
        }
        lines.push(match replaced {
            Some(_) => lang.say("restored_replaced", &params),
            None => lang.word("restored_anew"),
        });
        if restored.budgets_locked {
            lines.push(lang.word("restored_locked"));
        }
        lines.join("\n")
    });
    Ok(())
}

/// A folder that holds something else than a node was named by mistake, and is not moved aside.
fn spare_others(folder: &Path) -> Result<(), Failure> {
    let mut held = match std::fs::read_dir(folder) {
        Ok(held) => held,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::read(folder, &error)),
    };
    if folder.join(config::FILE_NAME).exists() || held.next().is_none() {
        return Ok(());
    }
    let params = [("folder", folder.display().to_string())];
    Err(Failure::new(Exit::Input, "restore_not_a_node", params))
}

impl UnlockArgs {
    /// What was named on the command line. Settings are read from wherever the node is started, so paths are whole.
    pub(crate) fn config(self) -> Result<Option<UnlockConfig>, Failure> {
        Ok(match (self.key_file, self.passphrase_file, self.credential) {
            (Some(file), ..) => Some(UnlockConfig::KeyFile(whole_path(&file)?)),
            (_, Some(file), _) => Some(UnlockConfig::PassphraseFile(whole_path(&file)?)),
            (_, _, Some(name)) => Some(UnlockConfig::Credential(name)),
            (None, None, None) => None,
        })
    }
}
