//! `hefu peer`: the node's own card, and the cards it holds.

use std::path::Path;

use hefu_node::Node;
use hefu_node::api::view::{AddPeer, NodeView, PeerList, PeerView};
use hefu_node::config::{self, Config};
use hyper::Method;
use serde_json::{Value, json};

use super::{headings, json as to_json, short, write_whole};
use crate::args::{NodeArgs, PeerCommand};
use crate::client::Client;
use crate::failure::Failure;
use crate::naming;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: PeerCommand, node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    let client = || Client::of(node);
    match command {
        PeerCommand::Card { out } => card(out.as_deref(), &client()?, printer).await?,
        PeerCommand::Add { card, fingerprint } => {
            let text = std::fs::read_to_string(&card).map_err(|error| Failure::read(&card, &error))?;
            let request = AddPeer {
                card: text,
                fingerprint,
            };
            let peer: PeerView = client()?.post("/api/v1/peers", &request).await?;
            printer.result(&to_json(&peer), |lang| {
                lang.say("peer_added", &[("peer", peer.name.clone())])
            });
        }
        PeerCommand::List => {
            let list: PeerList = client()?.get("/api/v1/peers").await?;
            printer.result(&to_json(&list), |lang| text(&list, lang));
        }
        PeerCommand::Remove { peer } => {
            let client = client()?;
            let node_key = naming::peer(&peer, &client).await?;
            client
                .command(Method::DELETE, &format!("/api/v1/peers/{node_key}"))
                .await?;
            printer.done("peer_removed", &[("id", node_key.to_string())]);
        }
        PeerCommand::Renew => renew(node, printer)?,
    }
    Ok(())
}

/// In the folder itself: a node that runs has its old key in memory, and would be asked for by the new card in vain.
fn renew(node: &NodeArgs, printer: &Printer) -> Result<(), Failure> {
    let config = Config::load(&node.folder.join(config::FILE_NAME))?;
    let unlock = config.unlock.fetch(&node.folder)?;
    Node::renew_tls_key(&node.folder, &unlock, &node.actor())?;
    printer.done("peer_renewed", &[("folder", node.folder.display().to_string())]);
    Ok(())
}

/// The card goes where it is wanted, byte for byte; its fingerprint is for the telephone.
async fn card(out: Option<&Path>, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let card = client.bytes("/api/v1/card").await?;
    let fingerprint = client.get::<NodeView>("/api/v1/node").await?.fingerprint;
    let read_aloud = printer
        .lang()
        .say("peer_read_aloud", &[("fingerprint", fingerprint.clone())]);
    let value = json!({
        "card": serde_json::from_slice::<Value>(&card).unwrap_or_default(),
        "fingerprint": fingerprint,
    });
    match out {
        Some(out) => {
            write_whole(out, &card)?;
            printer.result(&value, |_| read_aloud);
        }
        None => {
            printer.result(&value, |_| String::from_utf8_lossy(&card).into_owned());
            printer.note(&read_aloud);
        }
    }
    Ok(())
}

fn text(list: &PeerList, lang: Lang) -> String {
    let codes = [
        "col_name",
        "col_role",
        "col_address",
        "col_fingerprint",
        "col_node_key",
    ];
    let row = |peer: &PeerView| {
        vec![
            peer.name.clone(),
            lang.word(&format!("role_{}", peer.role)),
            peer.address.clone(),
            peer.fingerprint.clone(),
            short(&peer.node_key),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.peers.iter().map(row))
        .collect();
    table(&rows)
}
