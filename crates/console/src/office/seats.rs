//! Who has a seat: the directory, members that are taken in, and that leave.

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use hefu_node::api::view::{DirectoryView, EnrolRequest, Hex32, LeaveRequest, PeerList, SeatView};

use super::at::At;
use super::reason::{self, Ask};
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};

#[derive(Template)]
#[template(path = "office/seats.html")]
struct Seats {
    p: Page,
    f: Form,
    at: At,
    seats: Vec<SeatView>,
    /// Peers that have no seat: node key and name.
    peers: Vec<(String, String)>,
}

impl Seats {
    async fn of(who: &Who, id: &str, f: Form) -> Result<Self> {
        let at = At::find(who, id, "/seats").await?;
        let seats: DirectoryView = who.api().get(&at.api("/seats")).await?;
        let seats = seats.seats;
        let peers: PeerList = who.api().get("/api/v1/peers").await?;
        let seated = |key: &Hex32| {
            seats
                .iter()
                .any(|seat| seat.node_key == *key && seat.seat != "left")
        };
        let free = peers.peers.into_iter().filter(|peer| !seated(&peer.node_key));
        let peers = free.map(|peer| (peer.node_key.to_string(), peer.name)).collect();
        Ok(Self {
            p: who.page("office.seats").wrong(f.problems()),
            f,
            at,
            seats,
            peers,
        })
    }
}

pub(super) async fn list(Path(id): Path<String>, who: Who) -> Result<Response> {
    html(&Seats::of(&who, &id, Form::new()).await?)
}

pub(super) async fn enrol(Path(id): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["peer"]);
    let at = At::find(&who, &id, "/seats").await?;
    let peer = Hex32::parse(fields.text("peer")).ok_or(Fault::Form)?;
    match who.api().order(&at.api("/seats"), &EnrolRequest { peer }).await {
        Ok(()) => Ok(done(&at.page("/seats"), "office.done_enrolled")),
        Err(fault) => {
            f.refused(
                &who.visit,
                &*fault.of_the_form()?,
                &[("conference_not_pinned", "peer")],
            );
            refused(&Seats::of(&who, &id, f).await?)
        }
    }
}

/// The card that the record has, to be compared and taken in by whoever does not have it yet.
pub(super) async fn card(Path((id, key)): Path<(String, String)>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/seats").await?;
    let seat = seat(&who, &at, &key).await?;
    let named = format!(
        "attachment; filename=\"card-{:.12}.json\"",
        seat.node_key.to_string()
    );
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, named),
    ];
    Ok((headers, seat.card).into_response())
}

async fn seat(who: &Who, at: &At, key: &str) -> Result<SeatView> {
    let key = Hex32::parse(key).ok_or(Fault::NoPage)?;
    let seats: DirectoryView = who.api().get(&at.api("/seats")).await?;
    let mut seats = seats.seats.into_iter();
    seats.find(|seat| seat.node_key == key).ok_or(Fault::NoPage)
}

pub(super) async fn removal(Path((id, key)): Path<(String, String)>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/seats").await?;
    let seat = seat(&who, &at, &key).await?;
    let asked = asked_removal(&who, &at, &seat);
    reason::ask(&who, at, asked)
}

pub(super) async fn remove(
    Path((id, key)): Path<(String, String)>,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let at = At::find(&who, &id, "/seats").await?;
    let seat = seat(&who, &at, &key).await?;
    let asked = asked_removal(&who, &at, &seat);
    let member = Some(seat.node_key);
    let path = at.api("/leave");
    let of = |reason| LeaveRequest { member, reason };
    reason::give(&who, &fields, at, asked, &path, of, "office.done_left").await
}

fn asked_removal(who: &Who, at: &At, seat: &SeatView) -> Ask {
    Ask {
        title: "office.remove_member",
        about: who
            .page("office.seats")
            .w1("office.remove_member_about", &seat.name),
        action: at.page(&format!("/seats/{}/remove", seat.node_key)),
        back: at.page("/seats"),
    }
}

pub(super) async fn leaving(Path(id): Path<String>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/seats").await?;
    let asked = asked_leave(&who, &at);
    reason::ask(&who, at, asked)
}

pub(super) async fn leave(Path(id): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let at = At::find(&who, &id, "/seats").await?;
    let asked = asked_leave(&who, &at);
    let path = at.api("/leave");
    let of = |reason| LeaveRequest { member: None, reason };
    reason::give(&who, &fields, at, asked, &path, of, "office.done_left").await
}

fn asked_leave(who: &Who, at: &At) -> Ask {
    Ask {
        title: "office.leave",
        about: who.page("office.seats").w1("office.leave_about", at.name()),
        action: at.page("/leave"),
        back: at.page("/seats"),
    }
}
