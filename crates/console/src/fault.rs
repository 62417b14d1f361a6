//! What goes wrong, as a page that says it and what to do.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use hefu_node::api::view::ErrorView;

use crate::api::part;
use crate::guard::Visit;
use crate::page::Page;
use crate::session::{has_cookie, no_cookie};
use crate::{Lang, Shared};

/// Why there is no page.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The interface refused or failed.
    Refused {
        /// Its status.
        status: StatusCode,
        /// Its reason.
        error: Box<ErrorView>,
    },
    /// Nobody is signed in, or no longer.
    SignIn,
    /// The page belongs to other roles.
    Role,
    /// A form that this console did not give, or gave to another session.
    Forged,
    /// A form that can't be read.
    Form,
    /// There is no such page.
    NoPage,
    /// Something that must not be.
    Broken {
        /// In what, a word for whoever reads the log.
        what: &'static str,
    },
}

pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused { status, .. } => *status,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Role | Self::Forged => StatusCode::FORBIDDEN,
            Self::Form => StatusCode::BAD_REQUEST,
            Self::NoPage => StatusCode::NOT_FOUND,
            Self::Broken { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What a person can correct in the form that they sent; everything else stays a failure.
    pub(crate) fn of_the_form(self) -> Result<Box<ErrorView>> {
        match self {
            Self::Refused { status, error }
                if status.is_client_error() && !Self::is_final(status, &error) =>
            {
                Ok(error)
            }
            // The peer's failures are said beside the form too: it can be sent again.
            Self::Refused {
                status: StatusCode::BAD_GATEWAY,
                error,
            } => Ok(error),
            other => Err(other),
        }
    }

    fn is_final(status: StatusCode, error: &ErrorView) -> bool {
        status == StatusCode::FORBIDDEN && matches!(error.code.as_str(), "api_role" | "api_host")
    }

    /// The key of the heading.
    fn heading(&self) -> &'static str {
        match self {
            Self::SignIn => "shell.fault_sign_in",
            Self::Role => "shell.fault_role",
            Self::Refused { error, .. } if error.code == "api_role" => "shell.fault_role",
            Self::Forged => "shell.fault_forged",
            Self::Form => "shell.fault_form",
            Self::NoPage => "shell.fault_no_page",
            Self::Refused { status, .. } if *status == StatusCode::NOT_FOUND => "shell.fault_no_page",
            Self::Refused { status, .. } if status.is_client_error() => "shell.fault_refused",
            Self::Refused { .. } | Self::Broken { .. } => "shell.fault_broken",
        }
    }

    /// The key of what to do.
    fn advice(&self) -> &'static str {
        match self.heading() {
            "shell.fault_role" => "shell.advice_role",
            "shell.fault_forged" => "shell.advice_forged",
            "shell.fault_form" => "shell.advice_form",
            "shell.fault_no_page" => "shell.advice_no_page",
            "shell.fault_refused" => "shell.advice_refused",
            _ => "shell.advice_broken",
        }
    }
}

/// A fault goes out as its status alone; [`render`] makes a page of it, which knows the language and the session.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

#[derive(Template)]
#[template(path = "shell/fault.html")]
struct FaultPage {
    p: Page,
    advice: &'static str,
    words: Option<String>,
    code: Option<String>,
}

/// Makes pages of faults.
pub(crate) async fn render(State(console): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::of(&console, &mut parts);
    // Asked for a page, not for a form to be taken: after signing in it can be asked for again.
    let again = matches!(parts.method, Method::GET | Method::HEAD).then(|| visit.here.to_string());
    let asked = Lang::asked(&parts.uri);
    // A link of another site brings no cookie along. Whoever followed one is signed in all the same.
    let over_tls = console.over_tls;
    let bore = has_cookie(&parts.headers, over_tls);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let fault = response.extensions_mut().remove::<Arc<Fault>>();
    let fault = fault.or_else(|| unsaid(&response).map(Arc::new));
    if let Some(fault) = fault {
        response = match &*fault {
            Fault::SignIn => to_sign_in(again.as_deref(), bore.then(|| no_cookie(over_tls))),
            fault => page_of(fault, visit).await,
        };
    }
    if let Some(lang) = asked {
        let cookie = format!(
            "{}={}; Path=/; SameSite=Lax; Max-Age=31536000",
            crate::lang::COOKIE,
            lang.short()
        );
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// What was refused before any handler saw it, which has a bare line of text for an answer: an address or a query that
/// can't be read, a form that is too large.
fn unsaid(response: &Response) -> Option<Fault> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        _ if !bare => None,
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Some(Fault::NoPage)
        }
        status if status.is_client_error() => Some(Fault::Form),
        _ => None,
    }
}

fn to_sign_in(again: Option<&str>, no_cookie: Option<Result<HeaderValue>>) -> Response {
    let next = again.filter(|path| *path != "/");
    let address = next.map_or_else(
        || "/sign-in".to_owned(),
        |path| format!("/sign-in?next={}", part(path)),
    );
    let mut response = Redirect::to(&address).into_response();
    // What is no session any more need not be sent again.
    if let Some(Ok(no_cookie)) = no_cookie {
        response.headers_mut().append(header::SET_COOKIE, no_cookie);
    }
    response
}

async fn page_of(fault: &Fault, visit: Visit) -> Response {
    if let Fault::Broken { what } = fault {
        tracing::error!(what, "a page could not be made");
    }
    let said = match fault {
        Fault::Refused { error, .. } => Some((visit.words_of(error), error.code.clone())),
        _ => None,
    };
    let (words, code) = said.unzip();
    let page = FaultPage {
        p: visit.page_for_anybody(fault.heading()).await,
        advice: fault.advice(),
        words,
        code,
    };
    let mut response = match page.render() {
        Ok(html) => axum::response::Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    *response.status_mut() = fault.status();
    response
}
