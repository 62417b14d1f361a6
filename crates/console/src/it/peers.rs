//! The book of peers: their fingerprints, how they are met, and new ones by card.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use hefu_node::api::view::{
    AddPeer, CarrierRequest, Exchanged, Hex32, NodeView, PeerCarrier, PeerList, PeerView,
};

use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::upload::{Piece, SentFiles, text};

#[derive(Template)]
#[template(path = "it/peers.html")]
struct Peers {
    p: Page,
    f: Form,
    peers: Vec<PeerView>,
    own: NodeView,
    carriers: Vec<(&'static str, String)>,
    /// What came of calling a peer.
    met: Option<String>,
}

/// How two nodes meet, by the interface's names.
const CARRIERS: [(&str, PeerCarrier); 4] = [
    ("line", PeerCarrier::Line),
    ("files", PeerCarrier::Files),
    ("files_out", PeerCarrier::FilesOut),
    ("files_in", PeerCarrier::FilesIn),
];

impl Peers {
    async fn of(who: &Who, p: Page, f: Form) -> Result<Self> {
        let list: PeerList = who.api().get("/api/v1/peers").await?;
        let carriers = CARRIERS.map(|(name, _)| (name, p.said("carrier_", name)));
        Ok(Self {
            peers: list.peers,
            own: who.api().get("/api/v1/node").await?,
            carriers: carriers.into(),
            p,
            f,
            met: None,
        })
    }

    fn is_carrier(&self, peer: &PeerView, name: &str) -> bool {
        CARRIERS.contains(&(name, peer.carrier))
    }
}

pub(super) async fn list(who: Who) -> Result<Response> {
    html(&Peers::of(&who, who.page("it.peers"), Form::new()).await?)
}

/// Takes a peer into the book: its card from a file or as a text, and the fingerprint that the other agency read aloud.
pub(super) async fn add(mut sent: SentFiles) -> Result<Response> {
    let (mut card, mut fingerprint) = (String::new(), String::new());
    while let Some(piece) = sent.next().await? {
        match piece {
            Piece::File(name, file, mut field) if name == "card" && !file.is_empty() => {
                card = text(&mut field).await?
            }
            Piece::Text(name, value) if name == "pasted" && card.is_empty() => card = value,
            Piece::Text(name, value) if name == "fingerprint" => fingerprint = value,
            Piece::File(..) | Piece::Text(..) => {}
        }
    }
    let who = &sent.who;
    let mut f = Form::new()
        .with("fingerprint", fingerprint.clone())
        .with("pasted", card.clone());
    let p = who.page("it.peers");
    for (name, value) in [("card", &card), ("fingerprint", &fingerprint)] {
        if value.trim().is_empty() {
            f.wrong(name, p.w("shell.form_empty"));
        }
    }
    if f.is_fine() {
        let request = AddPeer {
            card: card.trim().to_owned(),
            fingerprint: fingerprint.trim().to_owned(),
        };
        match who.api().order("/api/v1/peers", &request).await {
            Ok(()) => return Ok(done("/it/peers", "it.done_peer")),
            Err(fault) => {
                let error = fault.of_the_form()?;
                let place = if error.code == "api_fingerprint" {
                    "fingerprint"
                } else {
                    "card"
                };
                f.refused(&who.visit, &error, &[(error.code.as_str(), place)]);
            }
        }
    }
    let p = p.wrong(f.problems());
    refused(&Peers::of(who, p, f).await?)
}

/// The node's own card, as a file for other agencies.
pub(super) async fn own_card(who: Who) -> Result<Response> {
    let bytes = who.api().bytes(Method::GET, "/api/v1/card").await?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"card.json\""),
    ];
    Ok((headers, bytes).into_response())
}

pub(super) async fn remove(Path(key): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    who.api().command(Method::DELETE, &path_of(&key)?).await?;
    Ok(done("/it/peers", "it.done_peer_removed"))
}

pub(super) async fn carrier(Path(key): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let chosen = CARRIERS.iter().find(|(name, _)| *name == fields.text("carrier"));
    let (_, carrier) = chosen.ok_or(Fault::Form)?;
    let path = format!("{}/carrier", path_of(&key)?);
    who.api()
        .order(&path, &CarrierRequest { carrier: *carrier })
        .await?;
    Ok(done("/it/peers", "it.done_carrier"))
}

/// Calls a peer: agreements are brought to the same state, and one sees that the line works.
pub(super) async fn exchange(Path(key): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    let met = who
        .api()
        .act::<Exchanged>(&format!("{}/exchange", path_of(&key)?))
        .await;
    let p = who.page("it.peers").at("/it/peers");
    match met {
        Ok(met) => {
            let mut page = Peers::of(&who, p, Form::new()).await?;
            page.met = Some(page.p.w2("it.peer_met", met.program, met.ahead_seconds));
            html(&page)
        }
        Err(fault) => {
            let mut f = Form::new();
            f.refused(&who.visit, &*fault.of_the_form()?, &[]);
            let p = p.wrong(f.problems());
            refused(&Peers::of(&who, p, f).await?)
        }
    }
}

fn path_of(key: &str) -> Result<String> {
    let key = Hex32::parse(key).ok_or(Fault::NoPage)?;
    Ok(format!("/api/v1/peers/{key}"))
}
