//! The console: pages for the people who use a node, rendered on the server and shipped inside the binary.
//!
//! It is a client of the operators' interface like any other, only in the same process: each page asks that interface
//! with the session of whoever looks at it, and so can show and do nothing that the interface would refuse them. It never
//! touches the protocol, the peers or the database.
//!
//! | module | what it is for |
//! | --- | --- |
//! | `api` | typed questions to the interface |
//! | `session`, `guard` | who is signed in, which pages a role has, forged forms |
//! | `fault` | failures as pages that say what to do |
//! | `headers`, `assets` | what a browser may load, and the files that it loads |
//! | `page`, `words`, `lang` | the shell around every page, its texts in both languages |
//! | `form`, `table`, `chart`, `show` | forms, tables, charts, and how values are written |
//! | `findings` | what lists of findings are asked for, and how a finding is said |
//! | `upload`, `live` | files that are sent, and pages that say by themselves how something goes on |
//! | `shell` | sign-in, home, own password |
//! | `it`, `case`, `compliance`, `office` | the pages of each role |
//!
//! # How a page is made
//! A handler takes a `guard::Who`, asks `who.api()` for the views that it shows, and gives a template that holds a
//! `page::Page` as `p` to `page::html`. What can go wrong is a `fault::Fault`, which becomes a page by itself. A
//! form's handler takes a `form::Sent` (or an `upload::SentFiles`), whose token was checked then; it keeps what may be
//! shown again in a `form::Form` `f`, asks the interface, and either leads on with `form::done` (a key that begins
//! with `done_`) or shows the form once more with `page::refused`. Templates extend `shell/base.html` and take fields,
//! badges and the like from `shell/macros.html`. Texts stand in `words/AREA.toml`; a page says them with `p.w("area.key")`.
//! Pages that show findings are made with `who.page(…).with_findings()`.

mod agreements;
mod api;
mod assets;
mod binary;
mod case;
mod catalogue;
mod chart;
mod compliance;
mod fault;
mod findings;
mod form;
mod guard;
mod headers;
mod it;
mod lang;
mod live;
mod log;
mod look;
mod office;
mod page;
mod session;
mod shell;
mod show;
mod table;
mod terms;
mod upload;
mod words;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tower::ServiceExt as _;

pub use binary::{Binary, Paper, Printed, SheetEdits, Unprinted};
pub use lang::Lang;

use fault::Fault;

/// What every handler can reach.
pub(crate) struct Console {
    api: Router,
    binary: Arc<dyn Binary>,
    /// Whether the port speaks TLS.
    over_tls: bool,
    streams: live::Streams,
    turns: Arc<Semaphore>,
}

impl Console {
    /// Has the binary do what takes a processor for a while, on a thread that may be held up, and no more than a few at
    /// once: whoever sends large files holds up others who do, and nobody else.
    pub(crate) async fn lent<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Binary) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let broken = |_| Fault::Broken { what: "printing" };
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(broken)?;
        let binary = Arc::clone(&self.binary);
        let done = spawn_blocking(move || {
            let _turn = turn;
            work(&*binary)
        });
        done.await.map_err(|_| Fault::Broken { what: "printing" })
    }
}

/// The state of every route.
pub(crate) type Shared = Arc<Console>;

/// Forms are small, but for a mapping or a card; exports are streamed and have a limit of the interface's own.
const MAX_FORM_BYTES: usize = 1 << 20;

/// Papers and workbooks that the binary works on at the same time.
const LENT_AT_ONCE: usize = 2;

/// The most that a form with files may have in all, where the interface counts for each of them itself.
const MAX_FILES_BYTES: usize = 16 << 30;

/// The same where a file is read here: a workbook, a signed report, a scan.
const MAX_FILE_FORM_BYTES: usize = 128 << 20;

/// Puts the pages over the operators' interface: pages and their assets at every path but those of `api`, which are
/// answered by it as they are.
/// `over_tls` says whether the port speaks TLS; then cookies never leave it, and browsers are told to ask no other way.
pub fn router(api: Router, binary: Arc<dyn Binary>, over_tls: bool) -> Router {
    let console = Arc::new(Console {
        api: api.clone(),
        binary,
        over_tls,
        streams: live::Streams::default(),
        turns: Arc::new(Semaphore::new(LENT_AT_ONCE)),
    });
    let pages = Router::new()
        .merge(assets::routes())
        .merge(shell::routes())
        .merge(it::routes(&console))
        .merge(case::routes(&console))
        .merge(compliance::routes(&console))
        .merge(office::routes(&console))
        .fallback(async || Fault::NoPage)
        .method_not_allowed_fallback(async || Fault::NoPage)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn_with_state(Arc::clone(&console), fault::render))
        .with_state(console);
    // Which of the two answers is settled before either routes: an interface below a wildcard would find the wildcard's
    // part among the parameters of its own paths.
    let either = tower::service_fn(move |request: Request| {
        let chosen = if of_the_interface(request.uri().path()) {
            api.clone()
        } else {
            pages.clone()
        };
        async move {
            let answered: Result<_, Infallible> = chosen.oneshot(request).await;
            answered
        }
    });
    Router::new()
        .fallback_service(either)
        .layer(from_fn_with_state(over_tls, headers::strict))
}

/// Paths that the interface has had from the beginning, and that monitors and the command line ask.
fn of_the_interface(path: &str) -> bool {
    path.starts_with("/api/") || ["/health", "/ready", "/metrics"].contains(&path)
}
