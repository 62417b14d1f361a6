//! The paths. Each handler reads a request, calls one operation, and answers with its view.

mod accounts;
mod agreements;
mod audit;
mod care;
mod conference;
mod datasets;
mod ferry;
mod findings;
mod inquiries;
mod matters;
mod node;
mod peers;
mod prechecks;
mod reviews;
mod rounds;
mod unmaskings;

pub(super) use audit::EntriesAsked;
pub(super) use conference::lines::{LineOrder, LinesAsked};
pub(super) use findings::{AllAsked, SortBy};
pub(super) use matters::Ledger;
pub(super) use rounds::{FindingsAsked, Local};

use axum::extract::DefaultBodyLimit;
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses};
use utoipa_axum::routes;

use super::Routes;
use super::view::ErrorBody;

/// Without a token: whether the node runs, and signing in.
pub(super) fn open() -> Routes {
    Routes::new()
        .routes(routes!(node::health))
        .routes(routes!(node::ready))
        .routes(routes!(accounts::sign_in))
}

/// Answered from the database.
pub(super) fn quick() -> Routes {
    Routes::new()
        .routes(routes!(node::metrics))
        .routes(routes!(accounts::session, accounts::sign_out))
        .routes(routes!(accounts::own_password))
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::remove))
        .routes(routes!(accounts::password))
        .routes(routes!(accounts::lock))
        .routes(routes!(accounts::unlock))
        .routes(routes!(node::document))
        .routes(routes!(node::status))
        .routes(routes!(node::programmes))
        .routes(routes!(node::card))
        .routes(routes!(peers::list, peers::add))
        .routes(routes!(peers::remove))
        .routes(routes!(peers::carrier))
        .routes(routes!(datasets::list))
        .routes(routes!(agreements::list))
        .routes(routes!(agreements::show))
        .routes(routes!(agreements::dossier))
        .routes(routes!(agreements::draft))
        .routes(routes!(agreements::receive))
        .routes(routes!(agreements::sign))
        .routes(routes!(agreements::refuse))
        .routes(routes!(rounds::list))
        .routes(routes!(rounds::show))
        .routes(routes!(ferry::status))
        .routes(routes!(ferry::again))
        .routes(routes!(ferry::slip))
        .routes(routes!(ferry::card))
        .routes(routes!(audit::debits))
        .routes(routes!(audit::budgets))
        .routes(routes!(audit::unlock))
}

/// Reads whole registers, takes whole files, or waits for a peer.
pub(super) fn patient() -> Routes {
    Routes::new()
        .routes(routes!(peers::exchange))
        .routes(routes!(datasets::upload))
        .routes(routes!(datasets::import))
        .routes(routes!(datasets::delete))
        .routes(routes!(datasets::refused))
        .routes(routes!(datasets::propose))
        .routes(routes!(datasets::preview))
        .routes(routes!(rounds::run))
        .routes(routes!(rounds::cancel))
        .routes(routes!(rounds::findings))
        .routes(routes!(findings::all))
        .routes(routes!(rounds::local))
        .routes(routes!(rounds::overdue))
        .routes(routes!(rounds::finding))
        .routes(routes!(reviews::history))
        .routes(routes!(reviews::act))
        .routes(routes!(inquiries::list))
        .routes(routes!(inquiries::show))
        .routes(routes!(inquiries::draft))
        .routes(routes!(inquiries::approve))
        .routes(routes!(inquiries::refuse))
        .routes(routes!(inquiries::withdraw))
        .routes(routes!(inquiries::close))
        .routes(routes!(inquiries::take))
        .routes(routes!(inquiries::answer))
        .routes(routes!(inquiries::disclosures))
        .routes(routes!(matters::list, matters::open))
        .routes(routes!(matters::show))
        .routes(routes!(matters::act))
        .routes(routes!(matters::overdue))
        .routes(routes!(matters::register))
        .routes(routes!(matters::confirm))
        .routes(routes!(matters::clues))
        .routes(routes!(matters::take))
        .routes(routes!(conference::record::list, conference::record::found))
        .routes(routes!(conference::record::follow))
        .routes(routes!(conference::record::directory, conference::record::enrol))
        .routes(routes!(conference::record::record))
        .routes(routes!(conference::record::verify))
        .routes(routes!(conference::record::sync))
        .routes(routes!(conference::record::resume))
        .routes(routes!(conference::lines::list))
        .routes(routes!(conference::lines::show))
        .routes(routes!(conference::lines::own))
        .routes(routes!(conference::lines::revisit))
        .routes(routes!(conference::lines::revisited))
        .routes(routes!(conference::lines::plan, conference::lines::measure))
        .routes(routes!(conference::lines::invite))
        .routes(routes!(conference::rounds::standing))
        .routes(routes!(conference::rounds::board))
        .routes(routes!(conference::rounds::announce))
        .routes(routes!(conference::rounds::join))
        .routes(routes!(conference::rounds::decline))
        .routes(routes!(conference::rounds::freeze))
        .routes(routes!(conference::rounds::begin))
        .routes(routes!(conference::rounds::rerun))
        .routes(routes!(conference::rounds::report))
        .routes(routes!(conference::rounds::close))
        .routes(routes!(conference::rounds::leave))
        .routes(routes!(conference::text::list, conference::text::draft))
        .routes(routes!(conference::text::preview))
        .routes(routes!(conference::text::show))
        .routes(routes!(conference::text::sign))
        .routes(routes!(conference::text::refuse))
        .routes(routes!(conference::text::stamp))
        .routes(routes!(conference::text::sheet))
        .routes(routes!(conference::text::change))
        .routes(routes!(conference::office::figures, conference::office::publish))
        .routes(routes!(conference::office::funds))
        .routes(routes!(conference::office::sample))
        .routes(routes!(conference::office::agenda))
        .routes(routes!(conference::office::escalate))
        .routes(routes!(conference::office::decide))
        .routes(routes!(conference::office::minutes))
        .routes(routes!(conference::office::monitor))
        .routes(routes!(rounds::report))
        .routes(routes!(rounds::explain))
        .routes(routes!(rounds::person_record))
        .routes(routes!(unmaskings::ask, unmaskings::of_finding))
        .routes(routes!(unmaskings::list))
        .routes(routes!(unmaskings::grant))
        .routes(routes!(unmaskings::refuse))
        .routes(routes!(unmaskings::look))
        .routes(routes!(prechecks::list, prechecks::run))
        .routes(routes!(prechecks::show))
        .routes(routes!(prechecks::results))
        .routes(routes!(prechecks::receipt))
        .routes(routes!(ferry::out))
        .routes(routes!(ferry::part))
        .routes(routes!(ferry::give_up))
        .routes(routes!(ferry::take))
        .routes(routes!(ferry::work))
        .routes(routes!(audit::verify))
        .routes(routes!(audit::entries))
        .merge(with_reports())
        .routes(routes!(care::doctor))
        .routes(routes!(care::backup))
}

/// Takes a whole report in its body.
fn with_reports() -> Routes {
    Routes::new()
        .routes(routes!(audit::verify_report))
        .layer(DefaultBodyLimit::max(MAX_REPORT_BODY_BYTES))
}

/// The largest report, written once more as a text of JSON, with some cards.
const MAX_REPORT_BODY_BYTES: usize = 160 << 20;

/// A failure, on every path: 400 and 422 for what can't be read or is unfit, 401 without the token, 403 by policy, 404
/// and 409 for what is not here or contradicts it, 502 for the peer's fault, 500 for the node's own.
#[derive(IntoResponses)]
#[response(status = "default")]
#[allow(dead_code, reason = "for the document")]
struct Failures(ErrorBody);

/// Changes name who asks for them.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "for the document")]
struct ActorHeader {
    /// Who asks, in 1 to 64 printable characters (UTF-8); goes to the audit log.
    #[param(rename = "hefu-actor")]
    actor: String,
}

/// Some answers tell whoever is in charge more than others.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "for the document")]
struct AskingHeader {
    /// Who asks, as for changes.
    #[param(rename = "hefu-actor")]
    actor: Option<String>,
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Page {
    /// Begin after this number; 0 for the beginning.
    #[serde(default)]
    after: u64,
    /// The most items, up to 1000.
    #[serde(default = "Page::usual")]
    limit: u16,
}

impl Page {
    const MOST: u16 = 1000;

    fn usual() -> u16 {
        100
    }

    fn limit(&self) -> usize {
        self.limit.clamp(1, Self::MOST).into()
    }
}
