//! The operators' interface: JSON over HTTP on this machine, described by the document that it serves itself.
//!
//! Handlers are thin: `routes` reads requests, `operations` meets the node, `view` has what goes in and out. Before each
//! handler stand the host, the token or the session with its role (`rights`), and the actor (`gate`).

mod error;
mod extract;
mod gate;
pub(crate) mod listen;
mod operations;
mod reporting;
pub mod rights;
mod routes;
pub(crate) mod tls;
mod token;
mod uploads;
pub mod view;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::config::Config;
use crate::metrics::Imports;
use crate::{Error, Node, Result};
use error::ApiError;
use gate::Hosts;
pub use gate::{ACTOR_HEADER, SESSION_HEADER, Watching};
use operations::Operations;
pub use operations::Wordings;
pub use tls::{Line, call};
pub use token::Token;
use uploads::Uploads;

/// JSON bodies are small; exports are uploaded as they are.
const MAX_BODY_BYTES: usize = 2 << 20;

/// What the database alone answers.
const QUICK: Duration = Duration::from_secs(30);

/// What reads whole registers, or waits for a peer.
const PATIENT: Duration = Duration::from_secs(3600);

/// How often it is looked for uploads that nobody imports.
const FORGET: Duration = Duration::from_secs(3600);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hefu 合符",
        description = "What an agency's own people and programs ask of its node. 不得仅凭比对结果停发或追缴。",
        version = "1"
    ),
    modifiers(&Callers),
    security(("token" = []), ("session" = []))
)]
struct Document;

/// Who calls: a program by the token, or a person by a session.
struct Callers;

impl Modify for Callers {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let session = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(SESSION_HEADER)));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", token);
        components.add_security_scheme("session", session);
    }
}

/// The document that describes the interface: OpenAPI 3.1 as JSON.
///
/// # Errors
/// [`Error::Internal`] where it has no JSON.
pub fn document() -> Result<String> {
    let (_, document) = assemble().split_for_parts();
    document
        .to_pretty_json()
        .map(|text| text + "\n")
        .map_err(|_| Error::Internal { what: "the document" })
}

/// The interface of one node.
pub(crate) struct Api {
    operations: Arc<Operations>,
    token: Arc<Token>,
    hosts: Arc<Hosts>,
}

impl Api {
    /// Prepares the interface of a node in `folder`: its token, and an empty place for uploads.
    pub(crate) fn open(
        node: Arc<Node>,
        config: Arc<Config>,
        folder: &Path,
        wordings: Wordings,
    ) -> std::io::Result<Self> {
        let token = Token::of_file(&config.token_file(folder))?;
        let uploads = Uploads::open(
            folder.join("spool").join("uploads"),
            config.operators.max_upload_bytes,
        )?;
        let hosts = Hosts::of(&config.operators);
        Ok(Self {
            hosts: Arc::new(hosts),
            operations: Arc::new(Operations {
                node,
                config,
                uploads,
                wordings,
                started_at: Timestamp::now(),
                imports: Imports::default(),
            }),
            token: Arc::new(token),
        })
    }

    /// Wipes uploads that nobody imports, until it is dropped.
    pub(crate) fn forgetting(&self) -> impl Future<Output = ()> + Send + use<> {
        let operations = Arc::clone(&self.operations);
        async move {
            loop {
                sleep(FORGET).await;
                let of = Arc::clone(&operations);
                let wiped = spawn_blocking(move || of.uploads.wipe_forgotten()).await;
                if let Ok(Err(error)) = wiped {
                    tracing::error!(%error, "uploads that nobody imports could not be wiped");
                }
            }
        }
    }

    /// The service behind the port, with what is put over it: pages, which ask it as anybody else does.
    pub(crate) fn router(self, over: impl FnOnce(Router) -> Router) -> Router {
        let open = assemble_open();
        let closed = assemble_closed()
            .route_layer(from_fn_with_state(Arc::clone(&self.operations), gate::actor))
            .route_layer(from_fn_with_state(
                (self.token, Arc::clone(&self.operations)),
                gate::caller,
            ));
        let (router, _) = open.merge(closed).split_for_parts();
        let router = router
            .fallback(async || ApiError::Route)
            .method_not_allowed_fallback(async || ApiError::Method)
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(map_response(gate::unkept))
            .with_state(self.operations);
        over(router).layer(from_fn_with_state(self.hosts, gate::host))
    }
}

type Routes = OpenApiRouter<Arc<Operations>>;

fn assemble() -> Routes {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(assemble_open())
        .merge(assemble_closed())
}

/// What anybody may ask who reaches the port.
fn assemble_open() -> Routes {
    within(routes::open(), QUICK)
}

/// What only those with the token or a session may ask.
fn assemble_closed() -> Routes {
    within(routes::quick(), QUICK).merge(within(routes::patient(), PATIENT))
}

fn within(routes: Routes, limit: Duration) -> Routes {
    routes.route_layer(from_fn_with_state(limit, gate::deadline))
}
