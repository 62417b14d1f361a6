//! A number in clear, on the one page that answers whoever may look at it.

use askama::Template;
use axum::http::header::REFRESH;
use axum::response::Response;
use hefu_node::api::view::{Clear, UnmaskedView};
use jiff::Timestamp;

use crate::fault::{Fault, Result};
use crate::guard::Who;
use crate::live;
use crate::page::{Page, html};

/// How long a number stays on the screen.
const SHOWN_SECONDS: i64 = 60;

#[derive(Template)]
#[template(path = "shell/look.html")]
struct Look {
    p: Page,
    n: u64,
    /// Where whoever looked goes back to.
    back: String,
    /// Stands on this page alone, which answers a form: it has no address that shows it again, and no cache keeps it.
    number: Clear,
    until: String,
}

/// Looks, which the node logs, and shows the number; afterwards it goes back to the page at `back`.
pub(crate) async fn look(who: &Who, n: u64, back: String) -> Result<Response> {
    let shown: UnmaskedView = who.api().act(&format!("/api/v1/unmaskings/{n}/look")).await?;
    let p = who.page("shell.look").at(&back).with_findings();
    let left = shown.expires_at.duration_since(Timestamp::now()).as_secs();
    // Without script too, an empty chair shows it no longer than that.
    let seconds = left.clamp(1, SHOWN_SECONDS);
    let leave = format!("{seconds}; url={back}?{}=1", live::RELOADED);
    let leave = leave.parse().map_err(|_| Fault::Broken { what: "header" })?;
    let mut response = html(&Look {
        until: p.time(&shown.expires_at),
        p,
        n,
        back,
        number: shown.number,
    })?;
    response.headers_mut().insert(REFRESH, leave);
    Ok(response)
}

/// The class of the badge of a state.
pub(crate) fn class(state: &str) -> &'static str {
    match state {
        "unmasking_asked" => "warn",
        "unmasking_granted" => "good",
        "unmasking_refused" => "bad",
        _ => "calm",
    }
}
