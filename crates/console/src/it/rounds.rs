//! Rounds: started under an agreement, watched while they run. What they find is not IT's to see.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use hefu_node::api::view::{AgreementList, AgreementView, Hex32, RoundList, RoundView, StartRound, Started};
use serde_json::json;

use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::live::{self, Told};
use crate::page::{Page, html, refused};
use crate::table::{Asked, Part};

/// How often a page that is looked at asks how far a round has come.
const ASK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Template)]
#[template(path = "it/rounds.html")]
struct Rounds {
    p: Page,
    f: Form,
    rounds: Vec<RoundView>,
    part: Part,
    /// Agreements under which this node may start one: digest, and number with the parties.
    agreements: Vec<(String, String)>,
}

impl Rounds {
    async fn of(who: &Who, f: Form, asked: &Asked) -> Result<Self> {
        let p = who.page("it.rounds").at("/it/rounds").wrong(f.problems());
        let rounds: RoundList = who.api().get("/api/v1/rounds").await?;
        let agreements: AgreementList = who.api().get("/api/v1/agreements").await?;
        let startable = |agreement: &AgreementView| agreement.state == "signed";
        let (rounds, part) = asked.page("/it/rounds", rounds.rounds, |round| text(&p, round));
        Ok(Self {
            p,
            f,
            rounds,
            part,
            agreements: agreements
                .agreements
                .into_iter()
                .filter(startable)
                .map(named)
                .collect(),
        })
    }
}

/// What a row of the list says.
fn text(p: &Page, round: &RoundView) -> String {
    let peer = round.peer_name.clone();
    [
        p.short(round.id),
        peer.unwrap_or_else(|| p.short(round.peer)),
        p.said("as_", &round.role),
        state(p, round),
        p.time(&round.started_at),
    ]
    .join(" ")
}

fn named(agreement: AgreementView) -> (String, String) {
    let parties: Vec<String> = agreement.parties.into_iter().map(|party| party.name).collect();
    let words = format!("{}（{}）", agreement.number, parties.join("、"));
    (agreement.digest.to_string(), words)
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    html(&Rounds::of(&who, Form::new(), &asked).await?)
}

pub(super) async fn start(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["agreement"]);
    let agreement = Hex32::parse(fields.text("agreement")).ok_or(Fault::Form)?;
    match who
        .api()
        .post::<Started>("/api/v1/rounds", &StartRound { agreement })
        .await
    {
        Ok(started) => Ok(Redirect::to(&format!("/it/rounds/{}", started.round)).into_response()),
        Err(fault) => {
            f.refused(&who.visit, &*fault.of_the_form()?, &[]);
            refused(&Rounds::of(&who, f, &Asked::default()).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "it/round.html")]
struct Round {
    p: Page,
    round: RoundView,
}

pub(super) async fn show(Path(id): Path<String>, who: Who) -> Result<Response> {
    html(&Round {
        round: who.api().get(&path_of(&id)?).await?,
        p: who.page("it.round"),
    })
}

pub(super) async fn cancel(Path(id): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    let path = path_of(&id)?;
    who.api().command(Method::POST, &format!("{path}/cancel")).await?;
    Ok(done(&format!("/it/rounds/{id}"), "it.done_cancelled"))
}

/// How far a round has come, told until it is over: events `progress` with words and figures, then one `end`. Each is
/// asked of the interface with the session of whoever looks, so that it ends with that.
pub(super) async fn events(Path(id): Path<String>, who: Who) -> Result<Response> {
    let path = path_of(&id)?;
    let p = who.page("it.round");
    let asked = Arc::new((path, p));
    Ok(live::events(who, ASK_AGAIN, move |api| {
        let asked = Arc::clone(&asked);
        async move {
            let (path, p) = &*asked;
            let round: RoundView = api.get(path).await?;
            Ok(match is_running(&round) {
                true => Told::Progress(progress(p, &round)),
                false => Told::End,
            })
        }
    }))
}

/// One line of JSON.
fn progress(p: &Page, round: &RoundView) -> serde_json::Value {
    let (done, total) = round.progress.as_ref().map_or((0, 0), |at| (at.done, at.total));
    json!({
        "state": state(p, round),
        "step": step(p, round),
        "elements": format!("{} / {}", p.count(&done), p.count(&total)),
        "done": done,
        "total": total,
    })
}

fn is_running(round: &RoundView) -> bool {
    round.state == "running"
}

/// Nothing that runs is left to its peer alone: what rests goes on by itself, and that is said.
fn state(p: &Page, round: &RoundView) -> String {
    match (is_running(round), &round.progress) {
        (true, None) if !round.by_files => p.said("state_", "resting"),
        _ => p.said("state_", &round.state),
    }
}

fn step(p: &Page, round: &RoundView) -> String {
    round
        .progress
        .as_ref()
        .map_or_else(|| "—".to_owned(), |at| p.said("step_", &at.step))
}

/// The class of the badge of a state.
fn class(state: &str) -> &'static str {
    match state {
        "done" => "good",
        "failed" => "bad",
        "refused" => "warn",
        _ => "calm",
    }
}

/// The words of why it ended.
fn reason(p: &Page, round: &RoundView) -> Option<String> {
    let code = round.reason.as_ref().or(round.error.as_ref())?;
    Some(p.said_with("", code, &round.reason_params))
}

fn path_of(id: &str) -> Result<String> {
    let id = Hex32::parse(id).ok_or(Fault::NoPage)?;
    Ok(format!("/api/v1/rounds/{id}"))
}
