//! What stands before every operation: the host, the token or the session, the role, the actor, the time.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hefu_casework::text;
use serde_json::json;
use tokio::time::timeout;

use super::error::{ApiError, Result};
use super::operations::Operations;
use super::rights;
use super::token::Token;
use crate::account::SignedIn;
use crate::config::OperatorsConfig;

/// The header that names who asks for a change.
pub const ACTOR_HEADER: &str = "hefu-actor";
/// The header that bears the session of a person who has signed in.
pub const SESSION_HEADER: &str = "hefu-session";
const MAX_ACTOR_CHARS: usize = 64;

const ACCOUNTS: &str = "/api/v1/accounts/";
/// How paths begin that name an account.
const ACCOUNT: &str = "/api/v1/accounts/{account}";

/// Put on a request that a page makes by itself, in the node's own process: it is no use of the session that it bears. No
/// request that comes over a line can bear it.
#[derive(Clone, Copy, Debug)]
pub struct Watching;

/// Who asks for a change: an operator's name, as it goes to the audit log.
#[derive(Clone)]
pub(super) struct Actor(pub(super) Arc<str>);

/// A page that a stranger serves can have its own name point at this machine and so pass for ours (DNS rebinding); the
/// name that the browser believes in is in the request.
pub(super) async fn host(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let named = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let mut names = named
        .into_iter()
        .chain(request.uri().authority().map(|host| host.as_str()));
    if named.is_none() || !names.all(|host| hosts.has(host)) {
        return ApiError::Host.into_response();
    }
    next.run(request).await
}

/// What a node is called by.
pub(super) struct Hosts {
    names: Vec<String>,
    /// Where it listens, if that is one address: no name can be made to lead there in its place.
    address: Option<IpAddr>,
}

impl Hosts {
    pub(super) fn of(config: &OperatorsConfig) -> Self {
        Self {
            names: config.names.clone(),
            address: Some(config.listen.ip()).filter(|address| !address.is_unspecified()),
        }
    }

    fn has(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let address = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(name)
            .parse::<IpAddr>();
        match address {
            Ok(address) => address.is_loopback() || self.address == Some(address),
            Err(_) => {
                let own = self.names.iter().map(String::as_str);
                own.chain(["localhost"]).any(|own| own.eq_ignore_ascii_case(name))
            }
        }
    }
}

/// A program on this machine bears the token, and may do what it likes; a person who has signed in bears the session, and
/// may do what the role allows.
pub(super) async fn caller(
    State((token, operations)): State<(Arc<Token>, Arc<Operations>)>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.headers().contains_key(SESSION_HEADER) {
        return match by_session(&operations, &request) {
            Ok(who) => {
                request.extensions_mut().insert(who);
                next.run(request).await
            }
            Err(error) => error.into_response(),
        };
    }
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if !shown.is_some_and(|shown| token.is(shown)) {
        return ApiError::Token.into_response();
    }
    next.run(request).await
}

fn by_session(operations: &Operations, request: &Request) -> Result<SignedIn> {
    let headers = request.headers();
    let mut shown = headers.get_all(SESSION_HEADER).iter();
    let (Some(secret), None) = (shown.next(), shown.next()) else {
        return Err(ApiError::Session);
    };
    // Two answers to who asks are none.
    if headers.contains_key(header::AUTHORIZATION) || headers.contains_key(ACTOR_HEADER) {
        return Err(ApiError::BesideSession);
    }
    let node = &operations.node;
    let who = match request.extensions().get::<Watching>() {
        Some(Watching) => node.watched_session(secret.as_bytes()),
        None => node.session(secret.as_bytes()),
    };
    let who = who.ok_or(ApiError::Session)?;
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if !path.is_some_and(|path| rights::may(who.role, request.method(), path)) {
        let method = request.method().as_str();
        operations
            .node
            .note_overstepping(&who, method, path.unwrap_or_default())?;
        return Err(ApiError::Role { role: who.role });
    }
    Ok(who)
}

/// Whoever changes something is on record before it is done; what came of it, the node's own entries say.
pub(super) async fn actor(
    State(operations): State<Arc<Operations>>,
    mut request: Request,
    next: Next,
) -> Response {
    let who = request.extensions().get::<SignedIn>();
    let actor = match who {
        Some(who) => Ok(Actor(Arc::clone(&who.person))),
        None => named(request.headers()),
    };
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        // Some answers tell whoever is in charge more than others.
        if let Ok(actor) = actor {
            request.extensions_mut().insert(actor);
        }
        return next.run(request).await;
    }
    let noted = actor.and_then(|actor| {
        let path = path_on_record(&operations, &request)?;
        let mut asked = json!({ "method": request.method().as_str(), "path": path });
        if let Some((who, asked)) = who.zip(asked.as_object_mut()) {
            asked.insert("account".to_owned(), (*who.account).into());
        }
        operations.note(&actor.0, "asked", &asked)?;
        Ok(actor)
    });
    match noted {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// The path as it was asked, unless an account is named in it that is not there: that may be a password which was typed in
/// the wrong place.
fn path_on_record<'a>(operations: &Operations, request: &'a Request) -> Result<&'a str> {
    let path = request.uri().path();
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some(template) = matched.filter(|path| path.starts_with(ACCOUNT)) else {
        return Ok(path);
    };
    let named = path.get(ACCOUNTS.len()..).and_then(|rest| rest.split('/').next());
    match operations.node.is_account(named.unwrap_or_default())? {
        true => Ok(path),
        false => Ok(template),
    }
}

/// The header is UTF-8: names are Chinese. What the node does by itself stands in the log under `node`, and nobody else
/// may.
fn named(headers: &HeaderMap) -> Result<Actor> {
    headers
        .get(ACTOR_HEADER)
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .filter(|actor| text::check(actor, MAX_ACTOR_CHARS).is_ok())
        .filter(|actor| !text::same_person(actor, "node"))
        .map(|actor| Actor(actor.into()))
        .ok_or(ApiError::Actor)
}

/// What the node answers is kept by no browser: it may be a session, or somebody's number.
pub(super) async fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Gives up on a request after some time; the connection is free again.
pub(super) async fn deadline(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::TooSlow {
            seconds: limit.as_secs(),
        }
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_this_machine() {
        let hosts = Hosts::of(&OperatorsConfig::default());
        for ours in [
            "localhost",
            "LOCALHOST:7601",
            "127.0.0.1:7601",
            "127.9.9.9",
            "[::1]:7601",
            "[::1]",
        ] {
            assert!(hosts.has(ours), "{ours}");
        }
        for other in [
            "hefu.example",
            "localhost.example:7601",
            "127.0.0.1.example",
            "10.0.0.1:7601",
            "[::]:7601",
            "",
            ":7601",
            "localhost:x",
        ] {
            assert!(!hosts.has(other), "{other}");
        }
    }

    #[test]
    fn a_node_is_called_by_the_names_of_its_settings() {
        let hosts = |listen: &str| {
            Hosts::of(&OperatorsConfig {
                listen: listen.parse().unwrap(),
                names: vec!["hefu.minzheng.example".to_owned()],
                ..OperatorsConfig::default()
            })
        };
        let one = hosts("10.0.0.1:7601");
        for ours in [
            "hefu.minzheng.example:7601",
            "HEFU.minzheng.example",
            "10.0.0.1:7601",
            "localhost",
        ] {
            assert!(one.has(ours), "{ours}");
        }
        for other in ["minzheng.example", "x.hefu.minzheng.example", "10.0.0.2:7601"] {
            assert!(!one.has(other), "{other}");
        }
        let any = hosts("0.0.0.0:7601");
        assert!(!any.has("0.0.0.0:7601") && !any.has("10.0.0.1:7601") && any.has("127.0.0.1"));
    }

    #[test]
    fn an_actor_is_a_name_of_printable_characters() {
        let headers = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(ACTOR_HEADER, axum::http::HeaderValue::from_bytes(bytes).unwrap());
            headers
        };
        assert_eq!(
            &*named(&headers("王科长".as_bytes()))
                .unwrap_or_else(|_| panic!())
                .0,
            "王科长"
        );
        assert!(named(&HeaderMap::new()).is_err());
        let long = "王".repeat(MAX_ACTOR_CHARS + 1);
        let turned = "王\u{202e}科长".as_bytes();
        for wrong in [
            b"".as_slice(),
            b"  ",
            b"a\tb",
            b"\xff\xfe",
            long.as_bytes(),
            turned,
            b"node",
            b"Node",
            "ｎｏｄｅ".as_bytes(),
            b"no de",
        ] {
            assert!(named(&headers(wrong)).is_err(), "{wrong:?}");
        }
    }
}
