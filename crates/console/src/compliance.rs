//! The pages of compliance officers 合规.

mod agreements;
mod draft;
mod finding;
mod findings;
mod inquiries;
mod ledger;
mod log;
mod reports;
mod said;
mod todo;
mod unmaskings;
mod verify;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::guard::only;
use crate::page::Entry;
use crate::session::Role;
use crate::{MAX_FILE_FORM_BYTES, Shared};

/// The menu; the first line is the home page.
pub(crate) const MENU: &[Entry] = &[
    ("/compliance/todo", "compliance.todo"),
    ("/compliance/findings", "compliance.findings"),
    ("/compliance/reports", "compliance.reports"),
    ("/compliance/inquiries", "compliance.inquiries"),
    ("/compliance/unmaskings", "compliance.unmaskings"),
    ("/compliance/agreements", "compliance.agreements"),
    ("/compliance/ledger", "compliance.ledger"),
    ("/compliance/log", "compliance.log"),
    ("/compliance/verify", "compliance.verify"),
];

pub(crate) fn routes(console: &Shared) -> Router<Shared> {
    let one = "/compliance/findings/{round}/{seq}";
    let of_one = |act: &str| format!("{one}/{act}");
    // A report can be larger than a form; how large, its page says for itself.
    let files = Router::new()
        .route("/compliance/verify", get(verify::show).post(verify::verify))
        .layer(DefaultBodyLimit::max(MAX_FILE_FORM_BYTES));
    let routes = Router::new()
        .route("/compliance/todo", get(todo::show))
        .route("/compliance/reports", get(reports::list))
        .route(
            "/compliance/reports/{round}",
            get(reports::show).post(reports::export),
        )
        .route("/compliance/findings", get(findings::list))
        .route("/compliance/findings.csv", get(findings::file))
        .route(one, get(finding::show))
        .route(&of_one("explanation"), post(finding::explanation))
        .route(&of_one("record"), post(finding::record))
        .route(&of_one("objected"), post(finding::objected))
        .route(&of_one("reviewed"), post(finding::reviewed))
        .route(&of_one("corrected"), post(finding::corrected))
        .route(&of_one("unmaskings"), post(unmaskings::ask))
        .route("/compliance/unmaskings", get(unmaskings::list))
        .route("/compliance/unmaskings/{n}/grant", post(unmaskings::grant))
        .route("/compliance/unmaskings/{n}/refuse", post(unmaskings::refuse))
        .route("/compliance/unmaskings/{n}/look", post(unmaskings::look))
        .route("/compliance/inquiries", get(inquiries::list))
        .route("/compliance/inquiries/{item}", get(inquiries::show))
        .route("/compliance/inquiries/{item}/approve", post(inquiries::approve))
        .route("/compliance/inquiries/{item}/refuse", post(inquiries::refuse))
        .route("/compliance/agreements", get(agreements::list))
        .route(
            "/compliance/agreements/new",
            get(draft::drafting).post(draft::draft),
        )
        .route("/compliance/agreements/{digest}", get(agreements::show))
        .route(
            "/compliance/agreements/{digest}/dossier",
            get(agreements::dossier),
        )
        .route("/compliance/agreements/{digest}/sign", post(agreements::sign))
        .route("/compliance/agreements/{digest}/refuse", post(agreements::refuse))
        .route("/compliance/ledger", get(ledger::show).post(ledger::unlock))
        .route("/compliance/ledger/debits", get(ledger::debits))
        .route("/compliance/ledger/disclosures", get(ledger::disclosures))
        .route("/compliance/ledger/disclosures.csv", get(ledger::file))
        .route("/compliance/log", get(log::list).post(log::verify));
    only(routes.merge(files), console, &[Role::Compliance])
}
