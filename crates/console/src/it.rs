//! The pages of the agency's IT 信息技术人员.

mod accounts;
mod agreements;
mod datasets;
mod ferry;
mod health;
mod imports;
mod log;
mod peers;
mod rounds;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;
use crate::{MAX_FILES_BYTES, Shared};

/// The menu; the first line is the home page.
pub(crate) const MENU: &[Entry] = &[
    ("/it/health", "it.health"),
    ("/it/imports", "it.imports"),
    ("/it/datasets", "it.datasets"),
    ("/it/peers", "it.peers"),
    ("/it/agreements", "it.agreements"),
    ("/it/rounds", "it.rounds"),
    ("/it/ferry", "it.ferry"),
    ("/it/log", "it.log"),
    ("/it/accounts", "it.accounts"),
    ("/it/backup", "it.backup"),
];

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    // Files are as large as the interface takes them; it counts for itself.
    let files = Router::new()
        .route("/it/ferry", get(ferry::show).post(ferry::take))
        .layer(DefaultBodyLimit::max(MAX_FILES_BYTES));
    // An export is fetched by whoever has it: case workers import as well.
    let importing = Router::new()
        .route("/it/imports", get(imports::begin).post(imports::upload))
        .layer(DefaultBodyLimit::max(MAX_FILES_BYTES))
        .route("/it/imports/new", get(imports::edit).post(imports::act))
        .route("/it/datasets/{id}/refused", get(datasets::refused))
        .route("/it/datasets/{id}/refused.csv", get(datasets::refused_file));
    let routes = Router::new()
        .route("/it/health", get(health::show).post(health::examine))
        .route("/it/backup", get(health::backup).post(health::make_backup))
        .route("/it/datasets", get(datasets::list))
        .route("/it/datasets/{id}/delete", post(datasets::delete))
        .route("/it/peers", get(peers::list).post(peers::add))
        .route("/it/peers/card", get(peers::own_card))
        .route("/it/peers/{key}/remove", post(peers::remove))
        .route("/it/peers/{key}/carrier", post(peers::carrier))
        .route("/it/peers/{key}/exchange", post(peers::exchange))
        .route("/it/agreements", get(agreements::list))
        .route("/it/agreements/{digest}", get(agreements::show))
        .route("/it/rounds", get(rounds::list).post(rounds::start))
        .route("/it/rounds/{id}", get(rounds::show))
        .route("/it/rounds/{id}/events", get(rounds::events))
        .route("/it/rounds/{id}/cancel", post(rounds::cancel))
        .route("/it/ferry/sets", post(ferry::make))
        .route("/it/ferry/work", post(ferry::work))
        .route("/it/ferry/card", get(ferry::card))
        .route("/it/ferry/sets/{set}/parts/{part}", get(ferry::part))
        .route("/it/ferry/sets/{set}/slip", get(ferry::slip))
        .route("/it/ferry/sets/{set}/again", post(ferry::again))
        .route("/it/ferry/sets/{set}/drop", post(ferry::give_up))
        .route("/it/log", get(log::list).post(log::verify))
        .route("/it/accounts", get(accounts::list).post(accounts::add))
        .route("/it/accounts/{account}/lock", post(accounts::lock))
        .route("/it/accounts/{account}/unlock", post(accounts::unlock))
        .route("/it/accounts/{account}/remove", post(accounts::remove))
        .route(
            "/it/accounts/{account}/password",
            get(accounts::password).post(accounts::reset),
        );
    only(routes.merge(files), console, &[Role::It]).merge(only(
        importing,
        console,
        &[Role::It, Role::CaseWorker],
    ))
}
