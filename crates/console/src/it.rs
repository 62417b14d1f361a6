//! The pages of the agency's IT 信息技术人员.

mod health;

use axum::Router;
use axum::routing::get;

use crate::Shared;
use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;

/// The menu; the first line is the home page.
pub(crate) const MENU: &[Entry] = &[("/it/health", "it.health")];

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    let routes = Router::new().route("/it/health", get(health::show));
    only(routes, console, &[Role::It])
}
