//! `hefu peer`: the node's own card, and the cards it holds.

use hefu_node::api::view::{AddPeer, NodeView, PeerList, PeerView};
use hyper::Method;
use serde_json::Value;

use super::{headings, json, write_whole};
use crate::args::PeerCommand;
use crate::client::Client;
use crate::failure::Failure;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: PeerCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        PeerCommand::Card { out } => {
            let card = client.bytes("/api/v1/card").await?;
            let node: NodeView = client.get("/api/v1/node").await?;
            if let Some(out) = &out {
                write_whole(out, &card)?;
            }
            let text = String::from_utf8_lossy(&card).into_owned();
            let value = serde_json::json!({
                "card": serde_json::from_slice::<Value>(&card).unwrap_or_default(),
                "fingerprint": node.fingerprint,
            });
            printer.result(&value, |lang| {
                let read_aloud = lang.say("peer_read_aloud", &[("fingerprint", node.fingerprint.clone())]);
                // Without a file the card itself is what is wanted.
                match &out {
                    Some(_) => read_aloud,
                    None => format!("{text}\n{read_aloud}"),
                }
            });
        }
        PeerCommand::Add { card, fingerprint } => {
            let text = std::fs::read_to_string(&card).map_err(|error| Failure::read(&card, &error))?;
            let request = AddPeer {
                card: text,
                fingerprint,
            };
            let peer: PeerView = client.post("/api/v1/peers", &request).await?;
            printer.result(&json(&peer), |lang| {
                lang.say("peer_added", &[("peer", peer.name.clone())])
            });
        }
        PeerCommand::List => {
            let list: PeerList = client.get("/api/v1/peers").await?;
            printer.result(&json(&list), |lang| text(&list, lang));
        }
        PeerCommand::Remove { node_key } => {
            client
                .command(Method::DELETE, &format!("/api/v1/peers/{node_key}"))
                .await?;
            printer.done("peer_removed", &[("id", node_key.to_string())]);
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
            peer.node_key.to_string(),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.peers.iter().map(row))
        .collect();
    table(&rows)
}
