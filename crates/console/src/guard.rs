//! Who looks at a page, and whether the page is theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use hefu_node::api::view::ErrorView;
use serde::Deserialize;

use crate::api::Api;
use crate::fault::{Fault, Result};
use crate::page::Page;
use crate::session::{Role, Secret};
use crate::{Lang, Shared, live};

/// What a request says before anybody was asked: its language, its address, its session if it has one.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) console: Shared,
    pub(crate) api: Api,
    pub(crate) lang: Lang,
    /// Path and query of the page, without what is said only once: `lang`, `done`, and that the script asked.
    pub(crate) here: Arc<str>,
    /// The words of what was just done, which the address carries.
    pub(crate) done: Option<Arc<str>>,
    pub(crate) session: Option<Arc<Secret>>,
}

/// Somebody who is signed in. As a parameter of a handler it stands for: nobody else comes here.
#[derive(Clone)]
pub(crate) struct Who {
    pub(crate) visit: Visit,
    pub(crate) seen: Arc<Seen>,
    secret: Arc<Secret>,
}

/// A session, as the interface shows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Seen {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Routes that only these roles have.
pub(crate) fn only(routes: Router<Shared>, console: &Shared, roles: &'static [Role]) -> Router<Shared> {
    let state = (Arc::clone(console), roles);
    // Not `route_layer`, which an area without routes yet would not take.
    routes.layer(from_fn_with_state(state, for_roles))
}

async fn for_roles(
    State((console, roles)): State<(Shared, &'static [Role])>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match Who::from_request_parts(&mut parts, &console).await {
        Ok(who) if roles.contains(&who.seen.role) => {
            parts.extensions.insert(who);
            next.run(Request::from_parts(parts, body)).await
        }
        Ok(_) => Fault::Role.into_response(),
        Err(fault) => fault.into_response(),
    }
}

impl Visit {
    pub(crate) fn of(console: &Shared, parts: &mut Parts) -> Self {
        let session = Secret::of(&parts.headers, console.over_tls).map(Arc::new);
        let api = Api::new(&console.api, &parts.headers, session.clone());
        Self {
            console: Arc::clone(console),
            api: match live::by_itself(&parts.uri) {
                true => api.watching(),
                false => api,
            },
            lang: Lang::of(&parts.uri, &parts.headers),
            here: here(&parts.uri).into(),
            done: done(&parts.uri).map(Arc::from),
            session,
        }
    }

    /// The words of what the interface refused.
    pub(crate) fn words_of(&self, error: &ErrorView) -> String {
        self.said(&error.code, &error.params)
    }

    /// The words of a code of the node's.
    pub(crate) fn said(&self, code: &str, params: &BTreeMap<String, String>) -> String {
        let params: Vec<(&str, String)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        self.console.binary.say(self.lang, code, &params)
    }

    /// A page for whoever it may be.
    pub(crate) async fn page_for_anybody(self, title: &'static str) -> Page {
        match self.clone().who().await {
            Ok(who) => who.page(title),
            Err(_) => Page::new(self, None, String::new(), title),
        }
    }

    /// Asks the interface whose session this is.
    async fn who(self) -> Result<Who> {
        let secret = self.session.clone().ok_or(Fault::SignIn)?;
        let seen: Seen = self.api.get("/api/v1/session").await?;
        Ok(Who {
            visit: self,
            seen: Arc::new(seen),
            secret,
        })
    }
}

impl Who {
    /// A page with this title, for this person.
    pub(crate) fn page(&self, title: &'static str) -> Page {
        let seen = Some(Arc::clone(&self.seen));
        Page::new(self.visit.clone(), seen, self.secret.form_token(), title)
    }

    pub(crate) fn api(&self) -> &Api {
        &self.visit.api
    }

    /// By which this session's streams are counted.
    pub(crate) fn stream_key(&self) -> String {
        self.secret.form_token()
    }

    /// Whether a form was given to this session.
    pub(crate) fn gave(&self, token: &str) -> bool {
        self.secret.is_form_token(token)
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, console: &Shared) -> Result<Self> {
        Ok(Self::of(console, parts))
    }
}

impl FromRequestParts<Shared> for Who {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, console: &Shared) -> Result<Self> {
        match parts.extensions.get::<Self>() {
            Some(who) => Ok(who.clone()),
            None => Visit::of(console, parts).who().await,
        }
    }
}

/// Whether a form comes from one of our own pages, as far as the browser says. The token says it too; this stands before
/// it, and alone where there is no session yet.
pub(crate) fn from_our_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = text("origin") else {
        // No browser leaves out both for a form of another site.
        return true;
    };
    let named = origin.split_once("://").map(|(_, host)| host);
    named.is_some() && named == text("host")
}

fn here(uri: &axum::http::Uri) -> String {
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("done="))
        .filter(|pair| !live::is_again(pair))
        .collect();
    // Browsers take two slashes at the beginning, of either kind, for that of another machine's address.
    let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
    match kept.is_empty() {
        true => path,
        false => format!("{path}?{}", kept.join("&")),
    }
}

fn done(uri: &axum::http::Uri) -> Option<String> {
    let mut pairs = uri.query().unwrap_or_default().split('&');
    let key = pairs.find_map(|pair| pair.strip_prefix("done="))?;
    // An address can be written by anybody: it chooses among what was meant to be said there, and no other words.
    let meant = key
        .split_once('.')
        .is_some_and(|(_, key)| key.starts_with("done_"));
    meant.then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn forms_of_other_sites_are_known() {
        let host = ("host", "127.0.0.1:7601");
        for ours in [
            vec![host, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            vec![host, ("origin", "http://127.0.0.1:7601")],
            vec![host],
        ] {
            assert!(from_our_page(&headers(&ours)), "{ours:?}");
        }
        for other in [
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![
                host,
                ("sec-fetch-site", "same-site"),
                ("origin", "http://127.0.0.1:7601"),
            ],
            vec![host, ("origin", "http://127.0.0.1:7602")],
            vec![host, ("origin", "null")],
            vec![("origin", "null")],
        ] {
            assert!(!from_our_page(&headers(&other)), "{other:?}");
        }
    }

    #[test]
    fn an_address_can_have_only_said_what_is_meant_to_be() {
        let of = |text: &'static str| done(&axum::http::Uri::from_static(text));
        assert_eq!(of("/a?done=it.done_locked").as_deref(), Some("it.done_locked"));
        assert_eq!(of("/a?done=it.title"), None);
        assert_eq!(of("/a?done=done_x"), None);
        assert_eq!(
            here(&axum::http::Uri::from_static("/a?x=1&lang=en&done=it.done_x")),
            "/a?x=1"
        );
        assert_eq!(here(&axum::http::Uri::from_static("/a?lang=en&again=1")), "/a");
    }

    #[test]
    fn no_page_is_on_another_machine() {
        for elsewhere in ["//evil.example/x", "///evil.example/x", "/\\evil.example/x"] {
            let Ok(uri) = elsewhere.parse() else { continue };
            assert_eq!(here(&uri), "/evil.example/x", "{elsewhere}");
        }
    }
}
