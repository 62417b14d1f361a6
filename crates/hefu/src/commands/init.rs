//! `hefu init`: a new node's folder, keys, settings and token.

use std::path::{Path, PathBuf};

use hefu_link::Card;
use hefu_node::Surroundings;
use hefu_node::config::{self, Config, NodeConfig, UnlockConfig};
use hefu_node::daemon;
use hefu_store::Vault;
use serde_json::json;

use super::{whole_path, write_whole};
use crate::args::{InitArgs, NodeArgs};
use crate::arithmetic;
use crate::failure::{Exit, Failure};
use crate::printer::{Printer, table};

pub(crate) fn run(args: InitArgs, node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    let folder = whole_path(&node.folder)?;
    let file = folder.join(config::FILE_NAME);
    if file.exists() {
        let params = [("folder", folder.display().to_string())];
        return Err(Failure::new(Exit::Input, "init_folder_used", params));
    }
    let config = settings(args, &folder)?;
    let card = make(&config, &folder, printer)?;
    write_whole(&file, config.to_toml()?.as_bytes())?;
    show(&config, &card, &folder, printer);
    Ok(())
}

fn settings(args: InitArgs, folder: &Path) -> Result<Config, Failure> {
    let unlock = match args.unlock.config()? {
        Some(unlock) => unlock,
        // Beside the folder and not in it, so that a copy of the folder opens nothing.
        None => {
            let mut file = folder.as_os_str().to_owned();
            file.push(".key");
            let file = PathBuf::from(file);
            Vault::create_key_file(&file).map_err(hefu_node::Error::from)?;
            UnlockConfig::KeyFile(file)
        }
    };
    let node = NodeConfig {
        name: args.name,
        role: args.role,
        address: args.address,
    };
    let mut config = Config::new(node, unlock);
    if let Some(listen) = args.peers_listen {
        config.peers.listen = listen;
    }
    if let Some(listen) = args.operators_listen {
        config.operators.listen = listen;
    }
    // What can't be read again is not written.
    Ok(Config::parse(&config.to_toml()?)?)
}

fn make(config: &Config, folder: &Path, printer: &Printer) -> Result<Card, Failure> {
    let pool = arithmetic::pool(1, printer)?;
    Ok(daemon::create(config, folder, Surroundings::new(pool))?)
}

fn show(config: &Config, card: &Card, folder: &Path, printer: &Printer) {
    let unlock = match &config.unlock {
        UnlockConfig::KeyFile(file) | UnlockConfig::PassphraseFile(file) => file.display().to_string(),
        UnlockConfig::Credential(name) => name.clone(),
    };
    let value = json!({
        "folder": folder.display().to_string(),
        "unlock": config.unlock,
        "fingerprint": card.fingerprint(),
        "node_key": hefu_casework::Hex(card.node_key()),
        "operators": config.operators.listen,
        "peers": config.peers.listen,
    });
    printer.result(&value, |lang| {
        let rows = [
            ("col_folder", folder.display().to_string()),
            ("col_unlock", unlock),
            ("col_fingerprint", card.fingerprint()),
        ];
        let rows: Vec<_> = rows.map(|(code, value)| vec![lang.word(code), value]).into();
        let next = lang.say("init_next", &[("folder", folder.display().to_string())]);
        format!("{}\n{next}", table(&rows))
    });
}
