//! Rounds: announced, the board over all pairs, and what each party does in one.

mod announce;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use hefu_node::api::view::{
    BoardLegView, BoardPartyView, BoardView, ConferenceStanding, NodeView, RecordPage,
};
use jiff::Timestamp;
use serde_json::json;

pub(super) use announce::{announce, announcement, day};
pub(super) use steps::{begin, close, decline, declining, freeze, join, report, rerun, rerunning};

use super::at::{self, At};
use crate::fault::Result;
use crate::form::Form;
use crate::guard::Who;
use crate::live::{self, Told};
use crate::page::{Page, html};
use crate::show;

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
    /// What this node has said that the record does not have yet, by name: the board is of the record alone.
    waiting: Vec<String>,
    /// The ways in which the office could end it now.
    ends: Vec<(&'static str, String)>,
}

pub(super) async fn show(Path((id, number)): Path<(String, u32)>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    // Before the board: what comes on record meanwhile is in one of the two.
    let waiting = match at.view.waiting {
        0 => Vec::new(),
        _ => waiting(&who, &at).await?,
    };
    let board: BoardView = who.api().get(&at.api(&format!("/board?round={number}"))).await?;
    let standing: ConferenceStanding = who.api().get(&at.api("/standing")).await?;
    let node: NodeView = who.api().get("/api/v1/node").await?;
    let own = board.parties.iter().find(|party| party.node_key == node.node_key);
    let p = who.page("office.rounds");
    let ends = ends(&board).iter().map(|end| (*end, p.said("round_end_", end)));
    let ends = ends.collect();
    html(&Board {
        p: p.titled(who.page("office.rounds").w1("office.round_no", number)),
        f: Form::new(),
        last: standing.round.unwrap_or(number),
        own: own.cloned(),
        ends,
        at,
        board,
        waiting,
    })
}

/// What a member says in a round.
const STEPS: [&str; 4] = ["joined", "declined", "frozen", "reported"];

async fn waiting(who: &Who, at: &At) -> Result<Vec<String>> {
    let path = at.api(&format!("/record?after={}&limit=1", at.view.head.seq));
    let record: RecordPage = who.api().get(&path).await?;
    let said = record.said.into_iter().filter(|said| said.refused.is_none());
    let words = said.map(|said| said.word);
    Ok(words.filter(|word| STEPS.contains(&word.as_str())).collect())
}

/// That one was not held is known when pairs begin, and nobody says it.
fn ends(board: &BoardView) -> &'static [&'static str] {
    let time_up = board.run_until < Timestamp::now() || board.review_until < show::today();
    match board.stage.as_str() {
        "announced" | "frozen" => &["called_off"],
        "reported" => &["completed", "called_off"],
        _ if time_up => &["completed", "called_off"],
        _ => &["called_off"],
    }
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

    /// Whether this node has said one of these, and it is on its way.
    fn waits(&self, words: &[&str]) -> bool {
        self.waiting.iter().any(|word| words.contains(&word.as_str()))
    }

    fn has_joined(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.joined)
    }

    fn may_join(&self) -> bool {
        let asked = self.own_is(&["asked"]) || (self.own_is(&["absent"]) && !self.has_joined());
        self.at.binds() && asked && !self.waits(&["joined", "declined"])
    }

    fn may_decline(&self) -> bool {
        self.at.binds() && self.own_is(&["asked", "joined"]) && !self.waits(&["declined", "frozen"])
    }

    fn may_freeze(&self) -> bool {
        // Whoever is absent can still come, where the text admits who is late.
        let awaited = self.own_is(&["asked", "joined", "absent"]);
        let joined = self.has_joined() || self.waits(&["joined"]);
        self.at.moves() && awaited && joined && !self.waits(&["declined", "frozen"])
    }

    fn may_report(&self) -> bool {
        let legs_may_be_over = ["running", "in_review", "reported"].contains(&self.board.stage.as_str());
        let there = self.own_is(&["frozen", "reported", "late"]);
        legs_may_be_over && self.at.moves() && there && !self.waits(&["reported"])
    }

    /// Whether all have answered, or their time is up: before that nobody may.
    fn may_begin(&self) -> bool {
        let may = match self.board.stage.as_str() {
            "frozen" => true,
            stage => stage == "announced" && self.board.freeze_by <= Timestamp::now(),
        };
        self.at.leads() && self.goes_on() && may
    }

    fn may_complete(&self) -> bool {
        self.ends.iter().any(|(end, _)| *end == "completed")
    }

    /// What is on its way, in words.
    fn on_its_way(&self) -> String {
        let words = self.waiting.iter();
        let words = words.map(|word| self.p.said("conference_word_", word));
        words.collect::<Vec<_>>().join("、")
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
    let asked = Arc::new((path, p, first.hash));
    Ok(live::events(who, ASK_AGAIN, move |api| {
        let asked = Arc::clone(&asked);
        async move {
            let (path, p, first) = &*asked;
            let board: BoardView = api.get(path).await?;
            Ok(match board.hash == *first {
                true => Told::Progress(json!({ "stage": stage(p, &board) })),
                false => Told::End,
            })
        }
    }))
}
