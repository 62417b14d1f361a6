//! `hefu peer`: the node's own card, and the cards it holds.

use std::io::ErrorKind;
use std::path::Path;

use hefu_node::Node;
use hefu_node::api::view::{AddPeer, CarrierRequest, FerryView, NodeView, PeerCarrier, PeerList, PeerView};
use hefu_node::config::{self, Config};
use hyper::Method;
use serde_json::{Value, json};

use super::{ferry, headings, json as to_json, short, write_whole};
use crate::args::{CarrierArg, DirectionArg, NodeArgs, PeerCommand};
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
            let client = client()?;
            let card = card_text(&card, &client).await?;
            let request = AddPeer { card, fingerprint };
            let peer: PeerView = client.post("/api/v1/peers", &request).await?;
            printer.result(&to_json(&peer), |lang| {
                lang.say("peer_added", &[("peer", peer.name.clone())])
            });
        }
        PeerCommand::List => {
            let list: PeerList = client()?.get("/api/v1/peers").await?;
            printer.result(&to_json(&list), |lang| text(&list, lang));
        }
        PeerCommand::Carrier {
            peer,
            carrier,
            direction,
        } => {
            let client = client()?;
            let node_key = naming::peer(&peer, &client).await?;
            let carrier = carrier_of(carrier, direction);
            client
                .order(
                    &format!("/api/v1/peers/{node_key}/carrier"),
                    &CarrierRequest { carrier },
                )
                .await?;
            printer.done(
                "peer_carrier_set",
                &[("peer", peer), ("carrier", ending(carrier).to_owned())],
            );
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

/// A card as it was handed over: its own file, one that was carried, or one that lay in the watched folder and is named
/// by its agency.
async fn card_text(named: &Path, client: &Client) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::read(named, &error);
    let bytes = match std::fs::read(named) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let view: FerryView = client.get("/api/v1/ferry").await?;
            let named = named.to_string_lossy();
            let waiting = view.cards.into_iter().find(|card| card.name == named);
            return waiting.map(|card| card.card).ok_or_else(|| unreadable(error));
        }
        Err(error) => return Err(unreadable(error)),
    };
    match ferry::card_of(&bytes)? {
        Some(card) => Ok(card),
        None => String::from_utf8(bytes)
            .map_err(|error| unreadable(std::io::Error::new(ErrorKind::InvalidData, error))),
    }
}

fn carrier_of(carrier: CarrierArg, direction: DirectionArg) -> PeerCarrier {
    match (carrier, direction) {
        (CarrierArg::Line, _) => PeerCarrier::Line,
        (CarrierArg::Files, DirectionArg::Both) => PeerCarrier::Files,
        (CarrierArg::Files, DirectionArg::Out) => PeerCarrier::FilesOut,
        (CarrierArg::Files, DirectionArg::In) => PeerCarrier::FilesIn,
    }
}

/// The ending of its words.
fn ending(carrier: PeerCarrier) -> &'static str {
    match carrier {
        PeerCarrier::Line => "line",
        PeerCarrier::Files => "files",
        PeerCarrier::FilesOut => "files_out",
        PeerCarrier::FilesIn => "files_in",
    }
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
        "col_carrier",
        "col_address",
        "col_fingerprint",
        "col_node_key",
    ];
    let row = |peer: &PeerView| {
        vec![
            peer.name.clone(),
            lang.word(&format!("role_{}", peer.role)),
            lang.word(&format!("carrier_{}", ending(peer.carrier))),
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
