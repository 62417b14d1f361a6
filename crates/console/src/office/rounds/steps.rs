//! What a party says in a round: that it joins or declines, what it enters, that pairs run, what it came to, its end.

use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{BoardLegView, BoardView, CloseRequest, RerunRequest, RoundReason};

use crate::fault::{Fault, Result};
use crate::form::{Sent, done};
use crate::guard::Who;
use crate::office::at::{self, At};
use crate::office::reason::{self, Ask};

type Of = Path<(String, u32)>;

pub(in crate::office) async fn join(of: Of, sent: Sent) -> Result<Response> {
    step(of, sent, "join", "office.done_joined").await
}

pub(in crate::office) async fn freeze(of: Of, sent: Sent) -> Result<Response> {
    step(of, sent, "freeze", "office.done_frozen").await
}

pub(in crate::office) async fn begin(of: Of, sent: Sent) -> Result<Response> {
    step(of, sent, "begin", "office.done_round_begun").await
}

pub(in crate::office) async fn report(of: Of, sent: Sent) -> Result<Response> {
    step(of, sent, "report", "office.done_reported").await
}

async fn step(
    Path((id, number)): Of,
    Sent { who, .. }: Sent,
    name: &str,
    said: &'static str,
) -> Result<Response> {
    let path = at::api(&id, &format!("/rounds/{number}/{name}"))?;
    who.api().command(Method::POST, &path).await?;
    Ok(done(&at::page(&id, &format!("/rounds/{number}"))?, said))
}

pub(in crate::office) async fn close(Path((id, number)): Of, Sent { who, fields }: Sent) -> Result<Response> {
    let path = at::api(&id, &format!("/rounds/{number}/close"))?;
    let end = fields.text("end").to_owned();
    who.api().order(&path, &CloseRequest { end }).await?;
    Ok(done(
        &at::page(&id, &format!("/rounds/{number}"))?,
        "office.done_closed",
    ))
}

pub(in crate::office) async fn declining(Path((id, number)): Of, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let asked = asked_decline(&who, &at, number);
    reason::ask(&who, at, asked)
}

pub(in crate::office) async fn decline(
    Path((id, number)): Of,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let asked = asked_decline(&who, &at, number);
    let path = at.api(&format!("/rounds/{number}/decline"));
    let of = |reason| RoundReason { reason };
    reason::give(&who, &fields, at, asked, &path, of, "office.done_declined").await
}

fn asked_decline(who: &Who, at: &At, number: u32) -> Ask {
    Ask {
        title: "office.decline",
        about: who.page("office.rounds").w1("office.decline_about", number),
        action: at.page(&format!("/rounds/{number}/decline")),
        back: at.page(&format!("/rounds/{number}")),
    }
}

/// Which leg: its place on the board.
type OfLeg = Path<(String, u32, usize)>;

pub(in crate::office) async fn rerunning(Path((id, number, leg)): OfLeg, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let found = find_leg(&who, &at, number, leg).await?;
    let asked = asked_rerun(&who, &at, number, leg, &found);
    reason::ask(&who, at, asked)
}

pub(in crate::office) async fn rerun(
    Path((id, number, leg)): OfLeg,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let found = find_leg(&who, &at, number, leg).await?;
    let asked = asked_rerun(&who, &at, number, leg, &found);
    let path = at.api(&format!("/rounds/{number}/rerun"));
    let of = |reason| RerunRequest {
        annex: found.annex_digest,
        receiver: found.receiver,
        reason,
    };
    reason::give(&who, &fields, at, asked, &path, of, "office.done_rerun").await
}

/// The legs of a round never change their order.
async fn find_leg(who: &Who, at: &At, number: u32, leg: usize) -> Result<BoardLegView> {
    let board: BoardView = who.api().get(&at.api(&format!("/board?round={number}"))).await?;
    board.legs.into_iter().nth(leg).ok_or(Fault::NoPage)
}

fn asked_rerun(who: &Who, at: &At, number: u32, leg: usize, found: &BoardLegView) -> Ask {
    let p = who.page("office.rounds");
    let pair = format!("{} {} ← {}", found.annex, found.to, found.from);
    Ask {
        title: "office.rerun",
        about: p.w2("office.rerun_about", number, pair),
        action: at.page(&format!("/rounds/{number}/legs/{leg}/rerun")),
        back: at.page(&format!("/rounds/{number}")),
    }
}
