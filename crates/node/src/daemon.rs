//! A node that runs: two listeners, from its start to a clean end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use hefu_casework::Hex;
use hefu_link::{Card, Keys, Listener};
use hefu_store::Costs;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::api::tls::{self, Unusable};
use crate::api::{Api, Token, Wordings, listen};
use crate::config::{Config, ConfigError, NodeConfig};
use crate::ferry::slip::printed;
use crate::ferry::{Folders, Slips};
use crate::{Error, Node, Surroundings, rules};

/// Why a node can't run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// Its settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The node itself.
    #[error(transparent)]
    Node(#[from] Error),
    /// The operators' port.
    #[error("{address}: {source}; does another program listen there?")]
    Operators {
        /// Where it was to listen.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The certificate of the operators' port, or its key.
    #[error("{file}: the certificate or key of the operators' port can't be used: {problem}")]
    Certificate {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The token or the place for uploads.
    #[error("{folder}: the operators' interface can't be prepared: {source}")]
    Prepare {
        /// The node's folder.
        folder: String,
        /// The system's reason.
        source: io::Error,
    },
}

impl DaemonError {
    fn prepare(folder: &Path, source: io::Error) -> Self {
        Self::Prepare {
            folder: folder.display().to_string(),
            source,
        }
    }

    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Node(error) => error.code(),
            Self::Operators { .. } => "daemon_operators",
            Self::Certificate { .. } => "daemon_certificate",
            Self::Prepare { .. } => "daemon_prepare",
        }
    }

    /// The parameters of its words.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Config(error) => error.params(),
            Self::Node(error) => error.params(),
            Self::Operators { address, source } => {
                vec![("address", address.to_string()), ("source", source.to_string())]
            }
            Self::Certificate { file, problem } => {
                vec![("file", file.clone()), ("problem", problem.clone())]
            }
            Self::Prepare { folder, source } => {
                vec![("folder", folder.clone()), ("source", source.to_string())]
            }
        }
    }
}

impl From<Unusable> for DaemonError {
    fn from(why: Unusable) -> Self {
        match why {
            Unusable::Exposed(error) => Self::Config(error),
            Unusable::File { file, problem } => Self::Certificate {
                file: file.display().to_string(),
                problem,
            },
        }
    }
}

/// Makes a new node in `folder` as these settings say, and its token; gives the card that peers are handed. The settings
/// themselves are the caller's to write down.
///
/// # Errors
/// When name or address can't stand on a card, before anything is made; when the folder holds a node already.
pub fn create(config: &Config, folder: &Path, surroundings: Surroundings) -> Result<Card, DaemonError> {
    let NodeConfig { name, role, address } = &config.node;
    let trial = Keys::generate().and_then(|keys| Card::new(&keys, name, *role, address));
    trial.map_err(Error::from)?;
    let unlock = config.unlock.fetch(folder)?;
    let node = Node::create(folder, &unlock, Costs::STANDARD, config.profile(), surroundings)?;
    Token::of_file(&config.token_file(folder)).map_err(|source| DaemonError::prepare(folder, source))?;
    Ok(node.card(address)?)
}

/// A node with both its ports open.
pub struct Daemon {
    node: Arc<Node>,
    peers: Listener,
    operators: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    /// Wipes uploads that nobody imports.
    forgetting: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Folders that a gateway synchronises, where there are some.
    watched: Option<(Folders, Slips)>,
}

impl Daemon {
    /// Opens the node in `folder` and both its ports. Nobody is answered yet. `over` takes the operators' interface and
    /// gives what is served on its port: the interface, and pages over it. Requests for another host reach neither.
    ///
    /// # Errors
    /// When the node can't be unlocked, or a port is taken.
    pub async fn start(
        config: Config,
        folder: &Path,
        surroundings: Surroundings,
        wordings: Wordings,
        over: impl FnOnce(Router) -> Router + Send,
    ) -> Result<Self, DaemonError> {
        let tls = tls::acceptor(&config, folder)?;
        let unlock = config.unlock.fetch(folder)?;
        let surroundings = Surroundings {
            limits: config.limits(),
            policy: config.policy.clone(),
            assessment: config.assessment.clone(),
            max_incoming_bytes: config.ferry.max_incoming_bytes,
            rules: rules::of_folder(folder)?,
            deadlines: config.deadlines,
            conference: config.conference.clone(),
            ..surroundings
        };
        let node = Arc::new(Node::open(folder, &unlock, config.profile(), surroundings)?);
        drop(unlock);
        let peers = node.listen(&config.peers.listen.to_string()).await?;
        let address = config.operators.listen;
        let operators = TcpListener::bind(address)
            .await
            .map_err(|source| DaemonError::Operators { address, source })?;
        let started = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "configuration": Hex(config.digest()),
        });
        let watched = config.ferry.folders(folder).map_err(Error::from)?;
        let watched = watched.map(|folders| (folders, printed(Arc::clone(&wordings.slips))));
        let api = Api::open(Arc::clone(&node), Arc::new(config), folder, wordings)
            .map_err(|source| DaemonError::prepare(folder, source))?;
        let forgetting = Box::pin(api.forgetting());
        let router = api.router(over);
        node.log("started", &started)?;
        Ok(Self {
            node,
            peers,
            operators,
            tls,
            router,
            forgetting,
            watched,
        })
    }

    /// Where peers call.
    #[must_use]
    pub fn peers_address(&self) -> SocketAddr {
        self.peers.local_addr()
    }

    /// Where operators ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where the system does not say.
    pub fn operators_address(&self) -> Result<SocketAddr, DaemonError> {
        self.operators.local_addr().map_err(|_| {
            DaemonError::Node(Error::Internal {
                what: "the operators' port",
            })
        })
    }

    /// Answers peers and operators until `shutdown` comes, then ends: no new call is taken, requests under way have ten
    /// seconds, sessions with peers are cut and can be resumed.
    ///
    /// # Errors
    /// When the log can't be written at the end.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), DaemonError> {
        let Self {
            node,
            peers,
            operators,
            tls,
            router,
            forgetting,
            watched,
        } = self;
        tracing::info!(
            node = node.name(),
            peers = %peers.local_addr(),
            operators = ?operators.local_addr().ok(),
            "serving"
        );
        // Each is one task in a set of its own, which takes it along wherever this ends.
        let (mut answering, mut asked) = (JoinSet::new(), JoinSet::new());
        let (stop, stopped) = watch::channel(());
        answering.spawn(Arc::clone(&node).serve(peers));
        answering.spawn(Arc::clone(&node).keep());
        answering.spawn(forgetting);
        if let Some((folders, slips)) = watched {
            answering.spawn(Arc::clone(&node).watch_folders(folders, Some(slips)));
        }
        asked.spawn(listen::serve(operators, tls, router, stopped));
        shutdown.await;
        answering.shutdown().await;
        drop(stop);
        if asked.join_next().await.is_some_and(|ended| ended.is_err()) {
            tracing::error!(node = node.name(), "the operators' port has failed");
        }
        node.log("stopped", &json!({}))?;
        tracing::info!(node = node.name(), "stopped");
        Ok(())
    }
}
