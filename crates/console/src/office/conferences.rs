//! The conferences of a node: founded, followed, and where each stands.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{
    ConferenceList, ConferenceStanding, ConferenceView, FollowRequest, FoundConferenceRequest, Hex32,
    PeerList, ToDoView,
};

use super::at::{self, At};
use crate::fault::Result;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::session::Role;

#[derive(Template)]
#[template(path = "office/conferences.html")]
struct Conferences {
    p: Page,
    f: Form,
    conferences: Vec<ConferenceView>,
    /// Node key and name, of peers that may be an office.
    peers: Vec<(String, String)>,
    may_found: bool,
    may_follow: bool,
}

impl Conferences {
    async fn of(who: &Who, f: Form) -> Result<Self> {
        let list: ConferenceList = who.api().get("/api/v1/conferences").await?;
        let peers: PeerList = who.api().get("/api/v1/peers").await?;
        let peers = peers.peers.into_iter();
        Ok(Self {
            p: who.page("office.conferences").wrong(f.problems()),
            f,
            conferences: list.conferences,
            peers: peers.map(|peer| (peer.node_key.to_string(), peer.name)).collect(),
            may_found: who.seen.role == Role::Office,
            may_follow: matches!(who.seen.role, Role::It | Role::Office),
        })
    }
}

pub(super) async fn list(who: Who) -> Result<Response> {
    html(&Conferences::of(&who, Form::new()).await?)
}

pub(super) async fn found(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["name"]);
    f.demand(&who.visit, &fields, &["name"]);
    if f.is_fine() {
        let request = FoundConferenceRequest {
            name: fields.text("name").to_owned(),
        };
        match who
            .api()
            .post::<ConferenceView>("/api/v1/conferences", &request)
            .await
        {
            Ok(founded) => return Ok(begun(&founded)),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[("name", "name")]),
        }
    }
    refused(&Conferences::of(&who, f).await?)
}

pub(super) async fn follow(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["conference", "office"]);
    f.demand(&who.visit, &fields, &["conference", "office"]);
    let conference = Hex32::parse(fields.text("conference"));
    if f.is_fine() && conference.is_none() {
        f.wrong("conference", who.page("office.conferences").w("office.id_wrong"));
    }
    let office = Hex32::parse(fields.text("office"));
    if let (true, Some(conference), Some(office)) = (f.is_fine(), conference, office) {
        let request = FollowRequest { conference, office };
        let path = "/api/v1/conferences/followed";
        match who.api().post::<ConferenceView>(path, &request).await {
            Ok(followed) => return Ok(begun(&followed)),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    let mut page = Conferences::of(&who, f).await?;
    page.p = page.p.at("/conferences");
    refused(&page)
}

fn begun(conference: &ConferenceView) -> Response {
    done(
        &format!("/conferences/{}", conference.conference),
        "office.done_begun",
    )
}

#[derive(Template)]
#[template(path = "office/overview.html")]
struct Overview {
    p: Page,
    at: At,
    /// Nothing before the record has come.
    standing: Option<ConferenceStanding>,
}

pub(super) async fn show(Path(id): Path<String>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "").await?;
    let standing = match &at.view.name {
        Some(_) => Some(who.api().get(&at.api("/standing")).await?),
        None => None,
    };
    html(&Overview {
        p: who.page("office.overview"),
        at,
        standing,
    })
}

/// Where something that is to be done is done.
fn place(at: &At, to_do: &ToDoView) -> String {
    let round = |round: u32| at.page(&format!("/rounds/{round}"));
    match (to_do.code.as_str(), to_do.round) {
        ("to_do_sign", _) => at.page("/texts"),
        ("to_do_lines", _) => at.page("/record"),
        (_, Some(number)) => round(number),
        _ => at.page("/rounds"),
    }
}

/// What is to be done.
fn task(p: &Page, to_do: &ToDoView) -> String {
    let code = to_do.code.strip_prefix("to_do_").unwrap_or(&to_do.code);
    p.wx("office.task_", code)
}

/// Why it can't be done as it is.
fn hindrance(p: &Page, to_do: &ToDoView) -> Option<String> {
    let code = to_do.hindrance.as_ref()?;
    Some(p.said_with("", code, &to_do.hindrance_params))
}

/// The class of the badge of how a conference stands here.
fn standing_class(conference: &ConferenceView) -> &'static str {
    match conference.standing.as_str() {
        "conference_in_step" => "good",
        "conference_unknown" | "conference_waits" => "calm",
        _ => "warn",
    }
}

fn names(names: &[String]) -> String {
    match names {
        [] => "—".to_owned(),
        names => names.join("、"),
    }
}

pub(super) async fn sync(Path(id): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    order(&who, &id, "/sync", "office.done_synced").await
}

pub(super) async fn resume(Path(id): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    order(&who, &id, "/resume", "office.done_resumed").await
}

async fn order(who: &Who, id: &str, what: &str, said: &'static str) -> Result<Response> {
    who.api().command(Method::POST, &at::api(id, what)?).await?;
    Ok(done(&at::page(id, "")?, said))
}
