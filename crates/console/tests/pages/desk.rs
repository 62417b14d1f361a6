//! Somebody at a desk: a browser as far as a test needs one, before a console whose interface is a fake.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use hefu_console::{Binary, Lang, Paper, Printed, SheetEdits, Unprinted};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const HERE: &str = "127.0.0.1:7601";

/// Says codes as they are, with their parameters.
struct Plain;

impl Binary for Plain {
    fn say(&self, lang: Lang, code: &str, params: &[(&str, String)]) -> String {
        let params: Vec<String> = params
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{code} {lang:?} {}", params.join(" "))
    }

    fn print(&self, _: Lang, _: Paper, given: &[u8]) -> Result<Printed, Unprinted> {
        if given.windows(6).any(|part| part == b"WRONG!") {
            return Err(Unprinted {
                code: "letter_empty",
                params: vec![("field", "from".to_owned())],
            });
        }
        Ok(Printed {
            name: "paper.html".to_owned(),
            media: "text/html; charset=utf-8",
            bytes: given.to_vec(),
        })
    }

    fn sheet_edits(&self, _: Lang, _: &[u8], book: &[u8]) -> Result<SheetEdits, Unprinted> {
        let text = String::from_utf8_lossy(book).into_owned();
        if text == "other" {
            return Err(Unprinted {
                code: "sheet_not_ours",
                params: Vec::new(),
            });
        }
        Ok(SheetEdits {
            lines: vec![json!({ "item": text })],
            changes: vec![vec![text.clone()]],
            problems: vec![vec![text]],
            ..SheetEdits::default()
        })
    }

    fn letter_template(&self, kind: &str) -> Option<String> {
        let template = "# 要素表。\n\n# 发文机关\nfrom = \"\"\n\n# 证件号码\nperson_number = \"\"\n\n\
                        # 证件种类，只能是：居民身份证、护照\nperson_document = \"居民身份证\"\n\n# 材料（选填）\npapers = [\"\"]\n";
        (kind == "notice").then(|| template.to_owned())
    }
}

/// No two sessions are alike, at whatever desk.
static SECRETS: AtomicU64 = AtomicU64::new(0xabcd);

/// What a fake interface was asked: method, path, body.
pub(crate) type Asked = (String, String, Vec<u8>);

/// An interface of canned answers, but for its sessions.
#[derive(Default)]
pub(crate) struct Fake {
    /// By `METHOD path`, without the query.
    pub(crate) answers: Mutex<BTreeMap<String, (StatusCode, Value)>>,
    pub(crate) asked: Mutex<Vec<Asked>>,
    sessions: Mutex<BTreeMap<String, String>>,
}

impl Fake {
    pub(crate) fn answer(&self, ask: &str, status: u16, answer: Value) {
        let status = StatusCode::from_u16(status).unwrap();
        self.answers
            .lock()
            .unwrap()
            .insert(ask.to_owned(), (status, answer));
    }

    /// What was asked under `METHOD path`, the last first.
    pub(crate) fn bodies(&self, ask: &str) -> Vec<Vec<u8>> {
        let asked = self.asked.lock().unwrap();
        let fitting = asked
            .iter()
            .rev()
            .filter(|(method, path, _)| format!("{method} {}", path.split('?').next().unwrap()) == ask);
        fitting.map(|(_, _, body)| body.clone()).collect()
    }

    pub(crate) fn end_sessions(&self) {
        self.sessions.lock().unwrap().clear();
    }

    fn refusal(status: StatusCode, code: &str) -> Response {
        let body = json!({ "error": { "code": code, "params": {} } });
        (status, axum::Json(body)).into_response()
    }

    fn session(&self, method: &str, headers: &HeaderMap, body: &[u8]) -> Response {
        let secret = headers
            .get("hefu-session")
            .map(|value| value.to_str().unwrap().to_owned());
        let mut sessions = self.sessions.lock().unwrap();
        if method == "POST" {
            let sent: Value = serde_json::from_slice(body).unwrap();
            if sent["password"] != "right" {
                return Self::refusal(StatusCode::UNAUTHORIZED, "api_sign_in");
            }
            let role = sent["account"].as_str().unwrap().to_owned();
            let secret = format!("{:064x}", SECRETS.fetch_add(1, Ordering::Relaxed));
            sessions.insert(secret.clone(), role.clone());
            let mut view = seen(&role);
            view["session"] = secret.into();
            return (StatusCode::CREATED, axum::Json(view)).into_response();
        }
        let role = secret.as_ref().and_then(|secret| sessions.get(secret).cloned());
        match (method, role) {
            (_, None) => Self::refusal(StatusCode::UNAUTHORIZED, "api_session"),
            ("DELETE", Some(_)) => {
                sessions.remove(&secret.unwrap());
                StatusCode::NO_CONTENT.into_response()
            }
            (_, Some(role)) => axum::Json(seen(&role)).into_response(),
        }
    }

    async fn take(self: Arc<Self>, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map(|body| body.to_bytes().to_vec())
            .unwrap_or_default();
        let (method, path) = (parts.method.to_string(), parts.uri.to_string());
        let ask = format!("{method} {}", parts.uri.path());
        assert_eq!(
            parts.headers[HOST], HERE,
            "the name by which the node was reached is handed on"
        );
        self.asked
            .lock()
            .unwrap()
            .push((method.clone(), path, body.clone()));
        if parts.uri.path() == "/api/v1/session" {
            return self.session(&method, &parts.headers, &body);
        }
        let known = parts.headers.get("hefu-session").is_some_and(|secret| {
            let sessions = self.sessions.lock().unwrap();
            sessions.contains_key(secret.to_str().unwrap())
        });
        if !known {
            return Self::refusal(StatusCode::UNAUTHORIZED, "api_session");
        }
        match self.answers.lock().unwrap().get(&ask) {
            Some((status, Value::Null)) => status.into_response(),
            Some((status, answer)) => (*status, axum::Json(answer.clone())).into_response(),
            None => Self::refusal(StatusCode::NOT_FOUND, "api_route"),
        }
    }
}

fn seen(role: &str) -> Value {
    json!({ "account": role, "name": "<script>王", "role": role, "expires_at": "2026-12-01T10:00:00Z" })
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    /// The token of the first form that has one.
    pub(crate) fn token(&self) -> String {
        let marked = self.text.split("name=\"csrf\" value=\"").nth(1).expect("a form");
        marked.split('"').next().unwrap().to_owned()
    }
}

/// Somebody before the console.
pub(crate) struct Desk {
    console: Router,
    pub(crate) fake: Arc<Fake>,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let fake = Arc::new(Fake::default());
        let taking = Arc::clone(&fake);
        let api = Router::new().fallback(move |request: Request<Body>| Arc::clone(&taking).take(request));
        Self {
            fake,
            ..Self::before(api)
        }
    }

    /// Before a console over this interface.
    pub(crate) fn before(api: Router) -> Self {
        Self::over(api, false)
    }

    /// The same on a port that speaks TLS.
    pub(crate) fn over(api: Router, tls: bool) -> Self {
        Self {
            console: hefu_console::router(api, Arc::new(Plain), tls),
            fake: Arc::default(),
            cookies: BTreeMap::new(),
        }
    }

    /// With somebody of this role signed in.
    pub(crate) async fn of(role: &str) -> Self {
        let mut desk = Self::new();
        let answer = desk
            .post("/sign-in", &[("account", role), ("password", "right")])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        desk
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Sends a form as our own page would, without a token.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(encoded.join("&"))).await
    }

    /// Sends a form with the session's token.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.get("/password").await.token();
        let fields: Vec<(&str, &str)> = [("csrf", token.as_str())]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        self.post(path, &fields).await
    }

    pub(crate) async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = request.header(HOST, HERE);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let response = self
            .console
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value.is_empty() {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

pub(crate) fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
