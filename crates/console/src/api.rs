//! Typed questions to the operators' interface, with the session of whoever asks.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hefu_node::api::Watching;
use hefu_node::api::view::ErrorBody;
use http_body_util::{BodyExt as _, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

use crate::fault::{Fault, Result};
use crate::session::{HEADER, Secret};

/// No answer that a page is made from is larger; files are passed on as they come.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// The interface, asked by somebody.
#[derive(Clone)]
pub(crate) struct Api {
    router: Router,
    /// Under which name the browser reached this node: the interface refuses those that are not the node's.
    host: Option<HeaderValue>,
    session: Option<Arc<Secret>>,
    /// Whether a page asks by itself, which keeps no session.
    watching: bool,
}

impl Api {
    pub(crate) fn new(router: &Router, headers: &HeaderMap, session: Option<Arc<Secret>>) -> Self {
        Self {
            router: router.clone(),
            host: headers.get(HOST).cloned(),
            session,
            watching: false,
        }
    }

    /// The interface, asked by a page itself and not by whoever may be before it.
    pub(crate) fn watching(&self) -> Self {
        Self {
            watching: true,
            ..self.clone()
        }
    }

    /// Reads a view.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(&self.bytes(Method::GET, path).await?)
    }

    /// Has something done, and reads what came of it.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, request: &impl Serialize) -> Result<T> {
        read(&whole(self.send(Method::POST, path, Some(JSON), json(request)?).await?).await?)
    }

    /// Has something done that answers nothing, or nothing that matters.
    pub(crate) async fn order(&self, path: &str, request: &impl Serialize) -> Result<()> {
        self.send(Method::POST, path, Some(JSON), json(request)?)
            .await
            .map(drop)
    }

    /// Has something done that needs no more than its path.
    pub(crate) async fn command(&self, method: Method, path: &str) -> Result<()> {
        self.send(method, path, None, Body::empty()).await.map(drop)
    }

    /// Has something done that needs no more than its path, and reads what came of it.
    pub(crate) async fn act<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(&self.bytes(Method::POST, path).await?)
    }

    /// What is kept byte for byte: cards, agreements, reports.
    pub(crate) async fn bytes(&self, method: Method, path: &str) -> Result<Bytes> {
        whole(self.send(method, path, None, Body::empty()).await?).await
    }

    /// A file as the interface gives it, with its headers, not held in memory.
    pub(crate) async fn file(&self, path: &str) -> Result<Response> {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// Hands over a file as it comes.
    pub(crate) async fn upload<T: DeserializeOwned>(&self, path: &str, body: Body) -> Result<T> {
        let sent = self.send(Method::POST, path, Some("application/octet-stream"), body);
        read(&whole(sent.await?).await?)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        content: Option<&'static str>,
        body: Body,
    ) -> Result<Response> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(host) = &self.host {
            request = request.header(HOST, host);
        }
        if let Some(session) = &self.session {
            request = request.header(HEADER, session.header()?);
        }
        if let Some(content) = content {
            request = request.header(CONTENT_TYPE, content);
        }
        if self.watching {
            request = request.extension(Watching);
        }
        let request = request.body(body).map_err(|_| Fault::Broken { what: "path" })?;
        // A router never fails: it answers.
        let response = self.router.clone().oneshot(request).await;
        let response = response.unwrap_or_else(|never| match never {});
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = whole(response).await?;
        let body: ErrorBody = serde_json::from_slice(&bytes).map_err(|_| Fault::Broken { what: "answer" })?;
        Err(match status {
            // What was signed in is no more. A wrong password is the sign-in's own affair.
            StatusCode::UNAUTHORIZED if body.error.code != "api_sign_in" => Fault::SignIn,
            status => Fault::Refused {
                status,
                error: Box::new(body.error),
            },
        })
    }
}

const JSON: &str = "application/json";

fn json(request: &impl Serialize) -> Result<Body> {
    serde_json::to_vec(request)
        .map(Body::from)
        .map_err(|_| Fault::Broken { what: "request" })
}

async fn whole(response: Response) -> Result<Bytes> {
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
    let collected = body.collect().await;
    collected
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| Fault::Broken { what: "answer" })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // The error would quote what it could not read.
    serde_json::from_slice(bytes).map_err(|_| Fault::Broken { what: "answer" })
}

/// A part of a path or of a query, with everything encoded that could lead elsewhere.
pub(crate) fn part(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Pairs of a query, encoded.
pub(crate) fn joined(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    let pairs = pairs.map(|(name, value)| format!("{name}={}", part(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_leads_nowhere_else() {
        assert_eq!(part("../a?b=c#d"), "%2E%2E%2Fa%3Fb%3Dc%23d");
        assert_eq!(part("王-1"), "%E7%8E%8B-1");
    }
}
