//! The interface is what its document says, no more and no less.

use std::path::Path;

use axum::body::Body;
use hyper::header::AUTHORIZATION;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::Running;

const DOCUMENT: &str = include_str!("../../openapi.json");

/// One operation of the document.
pub(crate) struct Documented {
    pub(crate) method: Method,
    /// As the document writes it.
    pub(crate) template: String,
    pub(crate) path: String,
    needs_token: bool,
    takes_json: bool,
}

/// To write it anew after a change: `HEFU_WRITE_OPENAPI=1 cargo test -p hefu-node --test api`.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_that_is_kept_is_the_one_that_is_served() {
    let node = Running::start().await;
    let served = node.get("/api/v1/openapi.json").await;
    if std::env::var_os("HEFU_WRITE_OPENAPI").is_some() {
        std::fs::write(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json"),
            &served.bytes,
        )
        .unwrap();
        return;
    }
    assert_eq!(String::from_utf8(served.bytes).unwrap(), DOCUMENT);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_is_there() {
    let node = Running::start().await;
    for each in documented() {
        let request = node.request(each.method.clone(), &each.path);
        let answer = node.send(request.body(Body::empty()).unwrap()).await;
        let there = answer.status != StatusCode::METHOD_NOT_ALLOWED
            && (answer.status != StatusCode::NOT_FOUND || answer.code() != "api_route");
        assert!(there, "{} {}", each.method, each.path);
    }
    // Else the test could not fail.
    let nowhere = node.get("/api/v1/nowhere").await;
    assert_eq!(
        (nowhere.status, nowhere.code()),
        (StatusCode::NOT_FOUND, "api_route".to_owned())
    );
    let nohow = node.delete("/api/v1/node").await;
    assert_eq!(nohow.status, StatusCode::METHOD_NOT_ALLOWED);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_told() {
    let node = Running::start().await;
    let mut open = Vec::new();
    for each in documented() {
        for token in [None, Some("Bearer "), Some("Bearer 0"), Some("Basic x")] {
            let mut request = node.request(each.method.clone(), &each.path);
            let headers = request.headers_mut().unwrap();
            headers.remove(AUTHORIZATION);
            if let Some(token) = token {
                headers.insert(AUTHORIZATION, token.parse().unwrap());
            }
            let answer = node.send(request.body(Body::empty()).unwrap()).await;
            if each.needs_token {
                let told = (answer.status, answer.code());
                assert_eq!(
                    told,
                    (StatusCode::UNAUTHORIZED, "api_token".to_owned()),
                    "{}",
                    each.path
                );
            } else if each.takes_json {
                // Whoever signs in is asked for the password, and for no token.
                assert_eq!(answer.code(), "api_body", "{}", each.path);
            } else {
                assert_eq!(answer.status, StatusCode::OK, "{}", each.path);
            }
        }
        if !each.needs_token {
            open.push(each.path);
        }
    }
    assert_eq!(open, ["/api/v1/session", "/health", "/ready"]);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_nobody_knows_is_refused() {
    let node = Running::start().await;
    let mut asked = 0;
    for each in documented().into_iter().filter(|each| each.takes_json) {
        let answer = node.post(&each.path, &json!({ "colour": "red" })).await;
        let refused = matches!(
            answer.status,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
        );
        assert!(
            refused && answer.code() == "api_body",
            "{}: {}",
            each.path,
            answer.status
        );
        asked += 1;
    }
    assert!(asked >= 7, "{asked}");
    let unknown = node.get("/api/v1/audit/entries?colour=red").await;
    assert_eq!(unknown.code(), "api_parameter");
    node.stop().await;
}

/// Whoever changes something has a name.
#[tokio::test(flavor = "multi_thread")]
async fn every_change_needs_an_actor() {
    let node = Running::start().await;
    for each in documented()
        .into_iter()
        .filter(|each| each.method != Method::GET && each.needs_token)
    {
        let mut request = node.request(each.method.clone(), &each.path);
        request
            .headers_mut()
            .unwrap()
            .remove(hefu_node::api::ACTOR_HEADER);
        let answer = node.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.code(), "api_actor", "{} {}", each.method, each.path);
    }
    node.stop().await;
}

/// The router is put together by `routes!` alone, which writes the document as it goes.
#[test]
fn no_route_gets_past_the_document() {
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let mut files = vec![api.with_extension("rs")];
    for folder in [api.clone(), api.join("routes"), api.join("routes/conference")] {
        let entries = std::fs::read_dir(folder).unwrap();
        files.extend(
            entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file()),
        );
    }
    assert!(files.len() > 12);
    let mut registered = 0;
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        for other_way in [".route(", ".route_service(", ".nest(", ".nest_service("] {
            assert!(!source.contains(other_way), "{} has {other_way}", file.display());
        }
        registered += source.matches("#[utoipa::path(").count();
    }
    assert_eq!(
        registered,
        documented().len(),
        "a handler is documented and not registered"
    );
}

pub(crate) fn documented() -> Vec<Documented> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push(Documented {
                method: method.to_uppercase().parse().unwrap(),
                template: path.clone(),
                path: filled(path, operation),
                needs_token: operation["security"] != json!([{}]),
                takes_json: operation["requestBody"]["content"]["application/json"].is_object(),
            });
        }
    }
    assert!(found.len() > 25, "{}", found.len());
    found
}

/// The path with something that can be read in each place.
fn filled(path: &str, operation: &Value) -> String {
    let mut path = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let value = match (name, parameter["schema"]["type"].as_str()) {
            (_, Some("integer")) => "1".to_owned(),
            ("set" | "item" | "check", _) => "00".repeat(16),
            ("account", _) => "nobody".to_owned(),
            _ => "00".repeat(32),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    if path.ends_with("/uploads") {
        path.push_str("?name=a.csv");
    }
    assert!(!path.contains('{'), "{path}");
    path
}
