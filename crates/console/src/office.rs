//! The pages of a conference 联席会议: its office's, and what each role of a member sees of it and does in it.

mod at;
mod conferences;
mod figures;
mod ledger;
mod meeting;
mod own;
mod reason;
mod record;
mod rounds;
mod seats;
mod texts;
mod watch;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::Shared;
use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;

/// The office's menu has no more than what those of all roles end with. A conference has tabs of its own, see [`at`].
pub(crate) const MENU: &[Entry] = &[];

/// The line by which the menus of all roles lead here.
pub(crate) const CONFERENCES: Entry = ("/conferences", "office.conferences");

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    let all = Router::new()
        .route("/conferences", get(conferences::list))
        .route("/conferences/{id}", get(conferences::show))
        .route("/conferences/{id}/seats", get(seats::list))
        .route("/conferences/{id}/seats/{key}/card", get(seats::card))
        .route("/conferences/{id}/texts", get(texts::list))
        .route("/conferences/{id}/texts/{text}", get(texts::show))
        .route("/conferences/{id}/texts/{text}/paper", get(texts::print))
        .route("/conferences/{id}/texts/{text}/file", get(texts::file))
        .route("/conferences/{id}/texts/{text}/whole", get(texts::whole))
        .route("/conferences/{id}/rounds", get(rounds::last))
        .route("/conferences/{id}/rounds/{number}", get(rounds::show))
        .route("/conferences/{id}/rounds/{number}/events", get(rounds::events))
        .route("/conferences/{id}/figures", get(figures::trends))
        .route("/conferences/{id}/rounds/{number}/figures", get(figures::show))
        .route(
            "/conferences/{id}/rounds/{number}/figures/paper",
            get(figures::print),
        )
        .route(
            "/conferences/{id}/rounds/{number}/figures/book",
            get(figures::book),
        )
        .route("/conferences/{id}/record", get(record::list).post(record::verify));
    let lines = Router::new()
        .route("/conferences/{id}/ledger", get(ledger::list))
        .route("/conferences/{id}/ledger/sheet", get(ledger::export))
        .route("/conferences/{id}/ledger/{item}", get(ledger::show));
    let books = Router::new()
        .route("/conferences/{id}/ledger/sheet", post(ledger::import))
        .layer(DefaultBodyLimit::disable());
    let own = Router::new().route("/conferences/{id}/own", get(own::list));
    let working = Router::new()
        .route("/conferences/{id}/ledger/{item}/revisit", post(ledger::revisit))
        .route(
            "/conferences/{id}/ledger/{item}/revisited",
            post(ledger::revisited),
        )
        .route("/conferences/{id}/ledger/{item}/plan", post(ledger::plan));
    let office = Router::new()
        .route(
            "/conferences/{id}/ledger/{item}/escalation",
            post(ledger::escalate),
        )
        .route("/conferences/{id}/ledger/{item}/decision", post(ledger::decide))
        .route("/conferences", post(conferences::found))
        .route("/conferences/{id}/seats", post(seats::enrol))
        .route(
            "/conferences/{id}/seats/{key}/remove",
            get(seats::removal).post(seats::remove),
        );
    let office = office
        .route(
            "/conferences/{id}/rounds/{number}/figures",
            post(figures::publish),
        )
        .route(
            "/conferences/{id}/texts/draft",
            get(texts::drafting).post(texts::draft),
        )
        .route(
            "/conferences/{id}/rounds/new",
            get(rounds::announcement).post(rounds::announce),
        )
        .route("/conferences/{id}/rounds/{number}/begin", post(rounds::begin))
        .route("/conferences/{id}/rounds/{number}/close", post(rounds::close))
        .route(
            "/conferences/{id}/rounds/{number}/legs/{leg}/rerun",
            get(rounds::rerunning).post(rounds::rerun),
        );
    let moving = Router::new()
        .route("/conferences/{id}/rounds/{number}/freeze", post(rounds::freeze))
        .route("/conferences/{id}/rounds/{number}/report", post(rounds::report))
        .route("/conferences/follow", post(conferences::follow))
        .route("/conferences/{id}/sync", post(conferences::sync))
        .route("/conferences/{id}/resume", post(conferences::resume));
    // The scan of a sealed paper is read to its digest piece by piece, whatever its size.
    let scans = Router::new()
        .route("/conferences/{id}/texts/{text}/stamp", post(texts::stamp))
        .layer(DefaultBodyLimit::disable());
    let binding = scans
        .route("/conferences/{id}/rounds/{number}/funds", get(figures::funds))
        .route(
            "/conferences/{id}/rounds/{number}/funds/paper",
            get(figures::print_funds),
        )
        .route(
            "/conferences/{id}/rounds/{number}/funds/file",
            get(figures::file_funds),
        )
        .route("/conferences/{id}/rounds/{number}/sample", get(watch::sample))
        .route("/conferences/{id}/agenda", get(meeting::agenda))
        .route("/conferences/{id}/minutes", get(meeting::minutes))
        .route("/conferences/{id}/minutes/paper", get(meeting::print_minutes))
        .route("/conferences/{id}/minutes/file", get(meeting::file_minutes))
        .route("/conferences/{id}/monitor", get(watch::monitor))
        .route("/conferences/{id}/texts/{text}/sign", post(texts::sign))
        .route(
            "/conferences/{id}/texts/{text}/refuse",
            get(texts::refusing).post(texts::refuse),
        )
        .route("/conferences/{id}/leave", get(seats::leaving).post(seats::leave))
        .route("/conferences/{id}/rounds/{number}/join", post(rounds::join))
        .route(
            "/conferences/{id}/rounds/{number}/decline",
            get(rounds::declining).post(rounds::decline),
        );
    Router::new()
        .merge(only(all, console, &Role::ALL))
        .merge(only(
            lines,
            console,
            &[Role::CaseWorker, Role::Compliance, Role::Office],
        ))
        .merge(only(books, console, &[Role::CaseWorker, Role::Office]))
        .merge(only(own, console, &[Role::CaseWorker, Role::Compliance]))
        .merge(only(working, console, &[Role::CaseWorker]))
        .merge(only(office, console, &[Role::Office]))
        .merge(only(moving, console, &[Role::It, Role::Office]))
        .merge(only(binding, console, &[Role::Compliance, Role::Office]))
}
