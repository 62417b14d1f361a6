//! Asks the node that runs in a folder, over its operators' port.

use std::path::{Path, PathBuf};

use hefu_node::api::view::ErrorBody;
use hefu_node::api::{ACTOR_HEADER, Token, call};
use hefu_node::config::{self, Config};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Channel, Empty, Full};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt as _;

use crate::args::NodeArgs;
use crate::failure::{Exit, Failure};

type Body = BoxBody<Bytes, std::io::Error>;

/// What a file is sent in.
const PIECE: usize = 64 << 10;

/// One node, as its own settings say where to find it.
pub(crate) struct Client {
    folder: PathBuf,
    config: Config,
    token: Token,
    actor: String,
}

impl Client {
    pub(crate) fn of(node: &NodeArgs) -> Result<Self, Failure> {
        let config = Config::load(&node.folder.join(config::FILE_NAME))?;
        let token_file = config.token_file(&node.folder);
        let token = Token::read(&token_file).map_err(|source| {
            let params = [
                ("file", token_file.display().to_string()),
                ("source", source.to_string()),
            ];
            Failure::new(Exit::Input, "no_token", params)
        })?;
        Ok(Self {
            folder: node.folder.clone(),
            config,
            token,
            actor: node.actor(),
        })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        read(&self.bytes(path).await?)
    }

    /// What is kept byte for byte: cards, agreements, reports.
    pub(crate) async fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.ask(Method::GET, path, None, nothing()).await
    }

    /// A file with the name that the node gives it, which leads to no other folder.
    pub(crate) async fn file(&self, path: &str) -> Result<(String, Vec<u8>), Failure> {
        let (headers, bytes) = self.answer(Method::GET, path, None, nothing()).await?;
        let named = headers
            .get(CONTENT_DISPOSITION)
            .and_then(|named| named.to_str().ok());
        let name = named
            .and_then(|named| named.split_once("filename=\""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']));
        match name {
            Some(name) => Ok((name.to_owned(), bytes)),
            None => Err(Failure::internal("answer", &"content-disposition")),
        }
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<T, Failure> {
        read(&self.order(path, request).await?)
    }

    /// A change that answers nothing.
    pub(crate) async fn order(&self, path: &str, request: &impl Serialize) -> Result<Vec<u8>, Failure> {
        let json = serde_json::to_vec(request).map_err(|error| Failure::internal("request", &error))?;
        let body = Full::from(json).map_err(|never| match never {}).boxed();
        self.ask(Method::POST, path, Some("application/json"), body).await
    }

    /// A change that needs no more than its path.
    pub(crate) async fn command(&self, method: Method, path: &str) -> Result<Vec<u8>, Failure> {
        self.ask(method, path, None, nothing()).await
    }

    /// Sends a file as it is, piece by piece.
    pub(crate) async fn send_file<T: DeserializeOwned>(&self, path: &str, file: &Path) -> Result<T, Failure> {
        let unreadable = |error: std::io::Error| Failure::read(file, &error);
        let mut from = tokio::fs::File::open(file).await.map_err(unreadable)?;
        // The node would hang up in the middle of it.
        if from.metadata().await.map_err(unreadable)?.len() > self.max_upload_bytes() {
            let params = [("max", self.max_upload_bytes().to_string())];
            return Err(Failure::new(Exit::Input, "api_too_large", params));
        }
        let (mut pieces, body) = Channel::<Bytes, std::io::Error>::new(4);
        let sending = async move {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                match (&mut from).take(PIECE as u64).read_to_end(&mut piece).await {
                    Ok(0) => return,
                    // The node has hung up: its answer says why.
                    Ok(_) if pieces.send_data(piece.into()).await.is_err() => return,
                    Ok(_) => {}
                    Err(error) => return pieces.abort(error),
                }
            }
        };
        let asked = self.ask(Method::POST, path, Some("application/octet-stream"), body.boxed());
        let (answer, ()) = tokio::join!(asked, sending);
        read(&answer?)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        content: Option<&'static str>,
        body: Body,
    ) -> Result<Vec<u8>, Failure> {
        Ok(self.answer(method, path, content, body).await?.1)
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        content: Option<&'static str>,
        body: Body,
    ) -> Result<(HeaderMap, Vec<u8>), Failure> {
        let line = call(&self.config, &self.folder)
            .await
            .map_err(|error| self.no_server(&error))?;
        let broken = |error: hyper::Error| Failure::internal("connection", &error);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(line))
            .await
            .map_err(broken)?;
        let actor = HeaderValue::from_bytes(self.actor.as_bytes());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost")
            .header(AUTHORIZATION, format!("Bearer {}", self.token.reveal()))
            .header(
                ACTOR_HEADER,
                actor.unwrap_or(HeaderValue::from_static("operator")),
            );
        if let Some(content) = content {
            request = request.header(CONTENT_TYPE, content);
        }
        let request = request
            .body(body)
            .map_err(|error| Failure::internal("request", &error))?;
        let answered = async {
            let response = sender.send_request(request).await.map_err(broken)?;
            let (head, body) = response.into_parts();
            let bytes = body.collect().await.map_err(broken)?.to_bytes();
            Ok::<_, Failure>((head, bytes))
        };
        let (head, bytes) = tokio::select! {
            biased;
            answered = answered => answered?,
            // Without the connection driven nothing is answered, and it ends only with the answer or in failure.
            Err(error) = connection => return Err(broken(error)),
        };
        if head.status.is_success() {
            return Ok((head.headers, bytes.into()));
        }
        Err(failure(head.status, &bytes))
    }

    fn max_upload_bytes(&self) -> u64 {
        self.config.operators.max_upload_bytes
    }

    /// Says how to start it, or that its certificate is another one than the node has shown.
    fn no_server(&self, error: &std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::InvalidData {
            return Failure::internal("certificate", error);
        }
        let params = [
            ("address", self.config.operators.listen.to_string()),
            ("folder", self.folder.display().to_string()),
        ];
        Failure::new(Exit::Internal, "no_server", params)
    }
}

fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

/// What a node answered.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure::internal("answer", &error))
}

fn failure(status: StatusCode, bytes: &[u8]) -> Failure {
    match serde_json::from_slice::<ErrorBody>(bytes) {
        Ok(body) => Failure::answered(status.as_u16(), body.error),
        Err(_) => Failure::internal("answer", &status),
    }
}

/// A name as it may stand in a path or query (RFC 3986 section 2.1).
pub(crate) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
