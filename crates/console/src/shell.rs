//! The pages that every role has: sign-in, home, own password.

use askama::Template;
use axum::Router;
use axum::http::{Method, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use crate::Shared;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, SentOpen, done};
use crate::guard::{Visit, Who};
use crate::page::{Page, html, refused};
use crate::session::{Secret, no_cookie};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in).post(signing_in))
        .route("/sign-out", post(sign_out))
        .route("/password", get(password).post(change_password))
}

#[derive(Template)]
#[template(path = "shell/home.html")]
struct Home {
    p: Page,
}

/// The first page of the role's menu.
async fn home(who: Who) -> Result<Response> {
    let p = who.page("shell.home");
    if let Some((path, _)) = p.menu().first() {
        return Ok(Redirect::to(path).into_response());
    }
    html(&Home { p })
}

#[derive(Template)]
#[template(path = "shell/sign_in.html")]
struct SignIn {
    p: Page,
    f: Form,
    next: String,
}

fn sign_in_page(visit: Visit) -> Page {
    Page::new(visit, None, String::new(), "shell.sign_in")
}

async fn sign_in(visit: Visit, uri: Uri) -> Result<Response> {
    let next = asked_before(&uri);
    html(&SignIn {
        p: sign_in_page(visit),
        f: Form::new(),
        next,
    })
}

/// A session, as the interface gives it once.
#[derive(Deserialize)]
struct Begun {
    session: Secret,
}

async fn signing_in(SentOpen { visit, fields }: SentOpen) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["account"]);
    let next = own_path(fields.text("next")).unwrap_or("/").to_owned();
    f.demand(&visit, &fields, &["account", "password"]);
    if f.is_fine() {
        let request = json!({ "account": fields.text("account"), "password": fields.raw("password") });
        match visit.api.post::<Begun>("/api/v1/session", &request).await {
            Ok(Begun { session }) => {
                let mut response = Redirect::to(&next).into_response();
                response
                    .headers_mut()
                    .append(header::SET_COOKIE, session.set_cookie(visit.console.over_tls)?);
                return Ok(response);
            }
            Err(fault) => f.refused(&visit, &*fault.of_the_form()?, &[]),
        }
    }
    let p = sign_in_page(visit).wrong(f.problems());
    refused(&SignIn { p, f, next })
}

async fn sign_out(Sent { who, .. }: Sent) -> Result<Response> {
    match who.api().command(Method::DELETE, "/api/v1/session").await {
        // Who is signed out already is so now too.
        Ok(()) | Err(Fault::SignIn) => {}
        Err(fault) => return Err(fault),
    }
    signed_out(&who, "shell.done_signed_out")
}

/// Leads to the sign-in with a word of what was done: the session is over.
fn signed_out(who: &Who, key: &'static str) -> Result<Response> {
    let mut response = done("/sign-in", key);
    response
        .headers_mut()
        .append(header::SET_COOKIE, no_cookie(who.visit.console.over_tls)?);
    Ok(response)
}

#[derive(Template)]
#[template(path = "shell/password.html")]
struct Password {
    p: Page,
    f: Form,
}

async fn password(who: Who) -> Result<Response> {
    html(&Password {
        p: who.page("shell.own_password"),
        f: Form::new(),
    })
}

/// Beside which field a refusal of a new password stands, by its code.
const PASSWORD_PLACES: [(&str, &str); 5] = [
    ("api_sign_in", "old"),
    ("account_password_short", "new"),
    ("account_password_long", "new"),
    ("account_password_name", "new"),
    ("account_password_usual", "new"),
];

async fn change_password(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::new();
    f.demand(&who.visit, &fields, &["old", "new", "again"]);
    if f.is_fine() && fields.raw("new") != fields.raw("again") {
        f.wrong(
            "again",
            who.page("shell.own_password").w("shell.password_differs"),
        );
    }
    if f.is_fine() {
        let request = json!({ "old": fields.raw("old"), "new": fields.raw("new") });
        match who.api().order("/api/v1/session/password", &request).await {
            // Whoever knew the old one is signed out by it, and so is who changed it.
            Ok(()) => return signed_out(&who, "shell.done_password"),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &PASSWORD_PLACES),
        }
    }
    let p = who.page("shell.own_password").wrong(f.problems());
    refused(&Password { p, f })
}

/// Where somebody wanted to go before they were asked who they are.
fn asked_before(uri: &Uri) -> String {
    #[derive(Deserialize)]
    struct Asked {
        next: Option<String>,
    }
    let asked = axum::extract::Query::<Asked>::try_from_uri(uri);
    let next = asked.ok().and_then(|asked| asked.0.next).unwrap_or_default();
    own_path(&next).unwrap_or_default().to_owned()
}

/// A path of this console. Browsers take `//` and `/\` for the beginning of another machine's address.
fn own_path(path: &str) -> Option<&str> {
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\')
        && !path.starts_with("/sign-");
    ours.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_machine() {
        for ours in ["/", "/it/health", "/it/rounds?after=100"] {
            assert_eq!(own_path(ours), Some(ours));
        }
        for other in [
            "",
            "it",
            "//evil.example",
            "/\\evil.example",
            "http://evil.example",
            "/a\nb",
            "/sign-out",
        ] {
            assert_eq!(own_path(other), None, "{other}");
        }
    }
}
