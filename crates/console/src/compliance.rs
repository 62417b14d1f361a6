//! The pages of compliance officers 合规.

use axum::Router;

use crate::Shared;
use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;

/// The menu; the first line is the home page.
pub(crate) const MENU: &[Entry] = &[];

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    let routes = Router::new();
    only(routes, console, &[Role::Compliance])
}
