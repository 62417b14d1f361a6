//! Rounds: announced, the board over all pairs, and what each party does in one.

mod announce;
mod steps;

use std::time::Duration;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Redirect, Response};
use hefu_node::api::view::{BoardLegView, BoardPartyView, BoardView, ConferenceStanding, NodeView};
use http_body_util::Channel;
use serde_json::json;
use tokio::time::sleep;

pub(super) use announce::{announce, announcement, day};
pub(super) use steps::{begin, close, decline, declining, freeze, join, report, rerun, rerunning};

use super::at::{self, At};
use crate::fault::Result;
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html};

/// How often a board that is looked at asks whether something was said.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// As many rounds as the way to others shows: a year of them.
const SHOWN: u32 = 12;

#[derive(Template)]
#[template(path = "office/no_round.html")]
struct NoRound {
    p: Page,
    at: At,
}

/// The last round.
pub(super) async fn last(Path(id): Path<String>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let number = match &at.view.name {
        Some(_) => {
            let standing: ConferenceStanding = who.api().get(&at.api("/standing")).await?;
            standing.round
        }
        None => None,
    };
    match number {
        Some(number) => Ok(Redirect::to(&at.page(&format!("/rounds/{number}"))).into_response()),
        None => html(&NoRound {
            p: who.page("office.rounds"),
            at,
        }),
    }
}

#[derive(Template)]
#[template(path = "office/board.html")]
struct Board {
    p: Page,
    f: Form,
    at: At,
    board: BoardView,
    /// The last round's number.
    last: u32,
    /// This node's own part; nothing at the office, which enters nothing.
    own: Option<BoardPartyView>,
    ends: [(&'static str, String); 3],
}

pub(super) async fn show(Path((id, number)): Path<(String, u32)>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let board: BoardView = who.api().get(&at.api(&format!("/board?round={number}"))).await?;
    let standing: ConferenceStanding = who.api().get(&at.api("/standing")).await?;
    let node: NodeView = who.api().get("/api/v1/node").await?;
    let own = board.parties.iter().find(|party| party.node_key == node.node_key);
    let p = who.page("office.rounds");
    let ends = ["completed", "not_held", "called_off"].map(|end| (end, p.said("round_end_", end)));
    html(&Board {
        p: p.titled(who.page("office.rounds").w1("office.round_no", number)),
        f: Form::new(),
        last: standing.round.unwrap_or(number),
        own: own.cloned(),
        at,
        board,
        ends,
    })
}

impl Board {
    /// The first round that the way to other rounds shows.
    fn first(&self) -> u32 {
        self.last.saturating_sub(SHOWN - 1).max(1)
    }

    fn step(&self, name: &str) -> String {
        self.at.page(&format!("/rounds/{}{name}", self.board.round))
    }

    fn goes_on(&self) -> bool {
        self.board.end.is_none()
    }

    /// Whether this node's part in the round is one of these.
    fn own_is(&self, states: &[&str]) -> bool {
        let own = self.own.as_ref();
        self.goes_on() && own.is_some_and(|own| states.contains(&own.state.as_str()))
    }

    fn may_join(&self) -> bool {
        self.at.binds() && self.own_is(&["asked", "absent"])
    }

    fn may_decline(&self) -> bool {
        self.at.binds() && self.own_is(&["asked", "joined"])
    }

    fn may_freeze(&self) -> bool {
        self.at.moves() && self.own_is(&["joined", "late"])
    }

    fn may_report(&self) -> bool {
        let legs_may_be_over = ["running", "in_review", "reported"].contains(&self.board.stage.as_str());
        legs_may_be_over && self.at.moves() && self.own_is(&["frozen", "reported", "late"])
    }

    fn may_begin(&self) -> bool {
        self.at.leads() && self.goes_on() && ["announced", "frozen"].contains(&self.board.stage.as_str())
    }

    fn may_close(&self) -> bool {
        self.at.leads() && self.goes_on()
    }

    fn may_rerun(&self, leg: &BoardLegView) -> bool {
        self.at.leads() && self.goes_on() && ["failed", "differs", "not_run"].contains(&leg.state.as_str())
    }

    /// The legs by whom learns and of whom.
    fn cell(&self, to: &BoardPartyView, from: &BoardPartyView) -> Vec<&BoardLegView> {
        let legs = self.board.legs.iter();
        legs.filter(|leg| leg.to == to.name && leg.from == from.name)
            .collect()
    }

    fn stage(&self) -> String {
        stage(&self.p, &self.board)
    }

    /// How many legs are done, and of how many.
    fn done(&self) -> (u64, u64) {
        let done = self.board.legs.iter().filter(|leg| leg.state == "done").count();
        (done as u64, self.board.legs.len() as u64)
    }
}

fn stage(p: &Page, board: &BoardView) -> String {
    match &board.end {
        Some(end) => p.said("round_end_", end),
        None => p.said("stage_", &board.stage),
    }
}

fn leg_class(state: &str) -> &'static str {
    match state {
        "done" => "good",
        "failed" | "differs" => "bad",
        "not_run" => "warn",
        _ => "calm",
    }
}

fn party_class(state: &str) -> &'static str {
    match state {
        "frozen" | "reported" => "good",
        "declined" | "absent" | "late" | "left" => "warn",
        _ => "calm",
    }
}

fn elements(p: &Page, frozen: &Option<u64>) -> String {
    frozen.map_or_else(|| "—".to_owned(), |count| p.count(&count))
}

/// Tells when something was said of a round since the page was made: then it is loaded anew. Nothing is typed on it that
/// could be lost.
pub(super) async fn events(Path((id, number)): Path<(String, u32)>, who: Who) -> Result<Response> {
    let path = at::api(&id, &format!("/board?round={number}"))?;
    let p = who.page("office.rounds");
    let first: BoardView = who.api().get(&path).await?;
    let (mut events, body) = Channel::<Bytes, std::io::Error>::new(4);
    tokio::spawn(async move {
        loop {
            let board = who.api().get::<BoardView>(&path).await;
            let same = board.as_ref().ok().filter(|board| board.hash == first.hash);
            let event = match same {
                Some(board) => format!(
                    "event: progress\ndata: {}\n\n",
                    json!({ "stage": stage(&p, board) })
                ),
                None => "event: end\ndata: {}\n\n".to_owned(),
            };
            if events.send_data(event.into()).await.is_err() || same.is_none() {
                return;
            }
            sleep(ASK_AGAIN).await;
        }
    });
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::new(body)).into_response())
}
