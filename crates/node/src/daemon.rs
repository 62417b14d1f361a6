//! A node that runs: two listeners, from its start to a clean end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::Hex;
use hefu_link::Listener;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::api::{Api, Wordings};
use crate::config::{Config, ConfigError};
use crate::{Error, Node, Surroundings};

/// Requests under way have this long to end once the node is told to.
const GRACE: Duration = Duration::from_secs(10);

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
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Node(error) => error.code(),
            Self::Operators { .. } => "daemon_operators",
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
            Self::Prepare { folder, source } => {
                vec![("folder", folder.clone()), ("source", source.to_string())]
            }
        }
    }
}

/// A node with both its ports open.
pub struct Daemon {
    node: Arc<Node>,
    peers: Listener,
    operators: TcpListener,
    api: Api,
}

impl Daemon {
    /// Opens the node in `folder` and both its ports. Nobody is answered yet.
    ///
    /// # Errors
    /// When the node can't be unlocked, or a port is taken.
    pub async fn start(
        config: Config,
        folder: &Path,
        surroundings: Surroundings,
        wording: Wordings,
    ) -> Result<Self, DaemonError> {
        let unlock = config.unlock.fetch(folder)?;
        let surroundings = Surroundings {
            limits: config.limits(),
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
        let api = Api::open(Arc::clone(&node), Arc::new(config), folder, wording).map_err(|source| {
            DaemonError::Prepare {
                folder: folder.display().to_string(),
                source,
            }
        })?;
        node.log("started", &started)?;
        Ok(Self {
            node,
            peers,
            operators,
            api,
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
    /// When the operators' port fails, or the log can't be written at the end.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), DaemonError> {
        let Self {
            node,
            peers,
            operators,
            api,
        } = self;
        tracing::info!(
            node = node.name(),
            peers = %peers.local_addr(),
            operators = ?operators.local_addr().ok(),
            "serving"
        );
        // Dropping the set at the end leaves no task behind.
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&node).serve(peers));
        let (stop, stopped) = oneshot::channel::<()>();
        let answering = axum::serve(operators, api.router()).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let mut answering = std::pin::pin!(answering.into_future());
        tokio::select! {
            () = shutdown => {}
            ended = &mut answering => return Err(failed(ended).into()),
        }
        tasks.shutdown().await;
        drop(stop);
        if timeout(GRACE, answering).await.is_err() {
            tracing::warn!(node = node.name(), "requests under way were cut");
        }
        node.log("stopped", &json!({}))?;
        tracing::info!(node = node.name(), "stopped");
        Ok(())
    }
}

/// The port is served until it is told to stop, so any earlier end is a fault.
fn failed(ended: io::Result<()>) -> Error {
    tracing::error!(?ended, "the operators' port has failed");
    Error::Internal {
        what: "the operators' port",
    }
}
