//! A node in a temporary folder, and a client that can also do it wrong.

use std::convert::identity;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use hefu_casework::AgencyRole;
use hefu_curve::Pool;
use hefu_ingest::Wording;
use hefu_node::Surroundings;
use hefu_node::api::{ACTOR_HEADER, SESSION_HEADER, Token, Wordings};
use hefu_node::config::{Config, NodeConfig, UnlockConfig};
use hefu_node::daemon::{Daemon, DaemonError};
use hefu_node::ferry::slip::SlipPages;
use hefu_node::{Node, Profile};
use hefu_store::{Costs, Unlock, Vault};
use http_body_util::BodyExt as _;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Of every account in these tests.
pub(crate) const PASSWORD: &str = "床前明月光疑是地上霜举头";

pub(crate) struct Running {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), DaemonError>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The code of the failure.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A new node's folder and its settings, on ports that are free.
pub(crate) fn new_node(folder: &Path) -> Config {
    let config = settings(folder);
    let key_file = folder.join("key");
    Vault::create_key_file(&key_file).unwrap();
    let profile = Profile {
        name: config.node.name.clone(),
        role: config.node.role,
    };
    Node::create(
        folder,
        &Unlock::KeyFile(key_file),
        Costs::STANDARD,
        profile,
        surroundings(),
    )
    .unwrap();
    config
}

/// The settings of a node in this folder.
pub(crate) fn settings(folder: &Path) -> Config {
    let node = NodeConfig {
        name: "县民政局".to_owned(),
        role: AgencyRole::CivilAffairs,
        address: "127.0.0.1:7600".to_owned(),
    };
    let mut config = Config::new(node, UnlockConfig::KeyFile(folder.join("key")));
    config.peers.listen = "127.0.0.1:0".parse().unwrap();
    config.operators.listen = "127.0.0.1:0".parse().unwrap();
    config.operators.max_upload_bytes = 1 << 20;
    config
}

/// Passwords cost next to nothing here.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        password_costs: Costs {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        },
        ..Surroundings::new(Pool::new(1).unwrap())
    }
}

/// Words that nobody reads.
pub(crate) fn wordings() -> Wordings {
    Wordings {
        quarantine: Arc::new(|| Wording {
            headings: ["文件", "工作表", "行号", "代码", "原因", "号码"].map(str::to_owned),
            reason: Box::new(str::to_owned),
        }),
        slips: Arc::new(|facts| SlipPages {
            html: facts.number(),
            text: facts.number(),
        }),
    }
}

impl Running {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = new_node(folder.path());
        Self::with(folder, config).await
    }

    pub(crate) async fn with(folder: tempfile::TempDir, config: Config) -> Self {
        let token_file = config.token_file(folder.path());
        let daemon = Daemon::start(config, folder.path(), surroundings(), wordings(), identity)
            .await
            .unwrap();
        let address = daemon.operators_address().unwrap();
        let token = Token::read(&token_file).unwrap().reveal().to_owned();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(daemon.serve(async {
            let _ = stopped.await;
        }));
        Self {
            folder,
            address,
            token,
            stop,
            served,
        }
    }

    /// Ends it and gives its folder back.
    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
        self.folder
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).body(Body::empty()).unwrap())
            .await
    }

    /// Adds an account, by the token.
    pub(crate) async fn add_account(&self, account: &str, person: &str, role: &str) {
        let request = json!({ "account": account, "name": person, "role": role, "password": PASSWORD });
        let added = self.post("/api/v1/accounts", &request).await;
        assert_eq!(added.status, StatusCode::CREATED);
    }

    /// What is answered to somebody who signs in.
    pub(crate) async fn sign_in(&self, account: &str, password: &str) -> Answer {
        let body = json!({ "account": account, "password": password }).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/session")
            .header(HOST, self.address.to_string())
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Adds an account, and signs its person in.
    pub(crate) async fn signed_in(&self, account: &str, person: &str, role: &str) -> String {
        self.add_account(account, person, role).await;
        let answer = self.sign_in(account, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        answer.json()["session"].as_str().unwrap().to_owned()
    }

    /// Asks in a session.
    pub(crate) async fn within(
        &self,
        session: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(SESSION_HEADER, session);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// A request as it should be.
    pub(crate) fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(ACTOR_HEADER, "王科长".as_bytes())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let line = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(line))
            .await
            .unwrap();
        let driving = tokio::spawn(connection);
        let response = sender.send_request(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        driving.abort();
        Answer { status, bytes }
    }
}
