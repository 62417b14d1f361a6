//! The pages of case workers 经办人.

mod asks;
mod checks;
mod clues;
mod entry;
mod finding;
mod findings;
mod home;
mod inquiries;
mod letters;
mod local;
mod matters;
mod unmaskings;

use axum::Router;
use axum::routing::{get, post};

use crate::Shared;
use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;

/// The menu; the first line is the home page.
pub(crate) const MENU: &[Entry] = &[
    ("/case/home", "case.home"),
    ("/case/findings", "case.findings"),
    ("/case/inquiries", "case.inquiries"),
    ("/case/matters", "case.matters"),
    ("/case/clues", "case.clues"),
    ("/case/checks", "case.checks"),
    ("/it/imports", "case.imports"),
];

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    let routes = Router::new()
        .route("/case/home", get(home::show))
        .route("/case/findings", get(findings::list))
        .route("/case/findings/{round}/{seq}", get(finding::show))
        .route("/case/findings/{round}/{seq}/acts", post(finding::act))
        .route(
            "/case/findings/{round}/{seq}/explanation",
            post(finding::explanation),
        )
        .route("/case/findings/{round}/{seq}/record", post(finding::record))
        .route("/case/findings/{round}/{seq}/unmaskings", post(unmaskings::ask))
        .route(
            "/case/findings/{round}/{seq}/unmaskings/{n}/look",
            post(unmaskings::look),
        )
        .route(
            "/case/findings/{round}/{seq}/inquiry",
            get(inquiries::drafting).post(inquiries::draft),
        )
        .route("/case/inquiries", get(inquiries::list))
        .route("/case/inquiries/{item}", get(inquiries::show))
        .route("/case/inquiries/{item}/acts", post(inquiries::act))
        .route("/case/matters", get(matters::list))
        .route("/case/matters/new", get(matters::new).post(matters::open))
        .route("/case/matters/register", post(matters::register))
        .route("/case/matters/confirm", post(matters::confirm))
        .route("/case/matters/{number}", get(matters::show))
        .route("/case/matters/{number}/acts", post(matters::act))
        .route("/case/clues", get(clues::list))
        .route("/case/clues/{round}/{seq}", get(clues::taking).post(clues::take))
        .route("/case/local", get(local::show))
        .route("/case/checks", get(checks::list).post(checks::begin))
        .route("/case/checks/{check}", get(checks::show))
        .route("/case/checks/{check}/results", post(checks::results))
        .route("/case/checks/{check}/receipt", post(checks::receipt))
        .route("/case/checks/{check}/events", get(checks::events))
        .route("/case/letters/{kind}", get(letters::show).post(letters::set));
    only(routes, console, &[Role::CaseWorker])
}
