//! The pages of case workers 经办人.

mod entry;
mod finding;
mod findings;

use axum::Router;
use axum::routing::{get, post};

use crate::Shared;
use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;

/// The menu; the first line is the home page.
pub(crate) const MENU: &[Entry] = &[("/case/findings", "case.findings")];

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    let routes = Router::new()
        .route("/case/findings", get(findings::list))
        .route("/case/findings/{round}/{seq}", get(finding::show))
        .route("/case/findings/{round}/{seq}/acts", post(finding::act))
        .route(
            "/case/findings/{round}/{seq}/explanation",
            post(finding::explanation),
        )
        .route("/case/findings/{round}/{seq}/record", post(finding::record));
    only(routes, console, &[Role::CaseWorker])
}
