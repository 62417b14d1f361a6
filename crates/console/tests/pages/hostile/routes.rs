//! Each route and who has it; each form and whose it is.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{Request, StatusCode};

use super::table::{CASE, IT, Kind, OPEN, ROLES, address, all};
use crate::desk::{Answer, Desk};
use crate::it::multipart;

/// The routers, as they are written.
const SOURCES: [&str; 6] = [
    include_str!("../../../src/assets.rs"),
    include_str!("../../../src/shell.rs"),
    include_str!("../../../src/it.rs"),
    include_str!("../../../src/case.rs"),
    include_str!("../../../src/compliance.rs"),
    include_str!("../../../src/office.rs"),
];

/// Method and path of every route in a source.
fn written(source: &str) -> Vec<(bool, String)> {
    // The one router that shortens its paths.
    let one = source
        .split("let one = \"")
        .nth(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned());
    let mut found = Vec::new();
    for rest in source.split(".route(").skip(1) {
        let mut depth = 1;
        let end = rest.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let call = rest[..end.unwrap()].trim();
        let quoted = || call.split('"').nth(1).unwrap().to_owned();
        let path = match call {
            _ if call.starts_with('"') => quoted(),
            _ if call.starts_with("one,") => one.clone().unwrap(),
            _ if call.starts_with("&of_one(") => format!("{}/{}", one.as_ref().unwrap(), quoted()),
            _ => panic!("a route that is written in a new way: {call}"),
        };
        let methods = call.rsplit_once(['"', ',']).map_or(call, |_| {
            let after = call.find(',').unwrap();
            &call[after..]
        });
        for (method, posts) in [("get(", false), ("post(", true)] {
            if methods.contains(method) {
                found.push((posts, path.clone()));
            }
        }
        let others = ["put(", "delete(", "patch(", "any(", "on("];
        assert!(!others.iter().any(|other| methods.contains(other)), "{call}");
    }
    found
}

#[test]
fn every_route_has_its_line_and_no_line_is_stale() {
    let written: Vec<_> = SOURCES.iter().flat_map(|source| written(source)).collect();
    let as_set: BTreeSet<_> = written.iter().cloned().collect();
    assert_eq!(as_set.len(), written.len());
    // Routers may stand nowhere else.
    let lines: Vec<_> = all()
        .map(|(_, kind, path)| (kind, path))
        .chain(OPEN)
        .map(|(kind, path)| (kind != Kind::Page, path.to_owned()))
        .collect();
    let table: BTreeSet<_> = lines.iter().cloned().collect();
    assert_eq!(table.len(), lines.len(), "a line stands there twice");
    assert_eq!(table, as_set);
    assert!(table.len() > 150, "{}", table.len());
}

async fn ask(desk: &mut Desk, kind: Kind, path: &str, csrf: &[(&str, &str)]) -> Answer {
    match kind {
        Kind::Page => desk.get(&address(path)).await,
        Kind::Form => desk.post(&address(path), csrf).await,
        Kind::Files => {
            let fields: Vec<_> = csrf.iter().map(|(name, value)| (*name, None, *value)).collect();
            let sent = multipart(&address(path), &fields);
            desk.send(sent.0, sent.1).await
        }
    }
}

/// What the interface was asked but for who is signed in.
fn asked(desk: &Desk) -> Vec<String> {
    let asked = desk.fake.asked.lock().unwrap();
    let asked = asked.iter().map(|(method, path, _)| format!("{method} {path}"));
    asked.filter(|asked| asked != "GET /api/v1/session").collect()
}

fn forget(desk: &Desk) {
    desk.fake.asked.lock().unwrap().clear();
}

#[tokio::test]
async fn another_roles_url_shows_and_does_nothing() {
    let (mut refused, mut let_through) = (0, 0);
    for role in ROLES {
        let mut desk = Desk::of(role).await;
        let token = desk.get("/password").await.token();
        for (roles, kind, path) in all() {
            if path == "/sign-out" {
                continue;
            }
            forget(&desk);
            let answer = ask(&mut desk, kind, path, &[("csrf", &token)]).await;
            if roles.contains(&role) {
                assert_ne!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{role} {path}: {}",
                    answer.text
                );
                assert!(!answer.text.contains("您没有此页面的权限"), "{role} {path}");
                let_through += 1;
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {path}");
                assert!(
                    answer.text.contains("<h1>您没有此页面的权限</h1>"),
                    "{role} {path}"
                );
                assert_eq!(asked(&desk), [""; 0], "{role} {path}");
                refused += 1;
            }
        }
    }
    assert!(refused > 300 && let_through > 150, "{refused} {let_through}");
}

/// Ways of writing an address that a router could take for another's.
#[tokio::test]
async fn an_address_that_is_written_otherwise_opens_nothing() {
    let mut desk = Desk::of(CASE).await;
    for path in [
        "//it/health",
        "/it//health",
        "/it/health/",
        "/IT/health",
        "/it/./health",
        "/case/../it/health",
        "/case/%2e%2e/it/health",
        "/it%2Fhealth",
        "/%69t/health",
        "/it/health;a=b",
        "/it/health%00",
        "/it/health%0d%0aset-cookie:a=b",
    ] {
        forget(&desk);
        let answer = desk.get(path).await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
        assert!(refused.contains(&answer.status), "{path}: {}", answer.status);
        assert_eq!(asked(&desk), [""; 0], "{path}");
    }
    // A method that only looks may do as the page does, and no other may do anything.
    for method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let request = Request::builder().method(method).uri("/it/health");
        let answer = desk.send(request, Body::empty()).await;
        assert!(answer.status.is_client_error(), "{method}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_stranger_is_shown_nothing_and_does_nothing() {
    let mut desk = Desk::new();
    for (_, kind, path) in all() {
        forget(&desk);
        let answer = ask(&mut desk, kind, path, &[("csrf", &"00".repeat(32))]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        let location = answer.headers[LOCATION].to_str().unwrap();
        assert!(location.starts_with("/sign-in"), "{path}: {location}");
        assert_eq!(answer.text, "", "{path}");
        assert_eq!(desk.fake.asked.lock().unwrap().len(), 0, "{path}");
    }
}

#[tokio::test]
async fn a_form_without_its_own_token_does_nothing() {
    for role in ROLES {
        let mut desk = Desk::of(role).await;
        let own = desk.get("/password").await.token();
        // Of the same person in another session, and of somebody else.
        let again = Desk::of(role).await.get("/password").await.token();
        let other = Desk::of(if role == IT { CASE } else { IT })
            .await
            .get("/password")
            .await
            .token();
        let secret = desk.cookies["hefu_session"].clone();
        let zeros = "00".repeat(32);
        let (cut, longer) = (&own[1..], format!("{own}0"));
        let forms: Vec<_> = all()
            .filter(|(roles, kind, _)| roles.contains(&role) && *kind != Kind::Page)
            .collect();
        assert!(forms.len() > 5, "{role}");
        for (_, kind, path) in forms {
            forget(&desk);
            let none: &[(&str, &str)] = &[];
            for wrong in [
                none,
                &[("csrf", "")],
                &[("csrf", &zeros)],
                &[("csrf", cut)],
                &[("csrf", &longer)],
                &[("csrf", &again)],
                &[("csrf", &other)],
                &[("csrf", &secret)],
                // The first one counts.
                &[("csrf", ""), ("csrf", &own)],
                &[("CSRF", &own)],
                &[("csrf[]", &own)],
            ] {
                let refused = ask(&mut desk, kind, path, wrong).await;
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role} {path} {wrong:?}");
                assert!(refused.text.contains("<h1>"), "{role} {path} {wrong:?}");
            }
            // The token in the address is none, nor is it in another kind of form.
            let in_address = format!("{}?csrf={own}", address(path));
            let refused = desk.post(&in_address, &[]).await;
            assert!(refused.status.is_client_error(), "{role} {path}");
            let other_kind = match kind {
                Kind::Files => Kind::Form,
                _ => Kind::Files,
            };
            let refused = ask(&mut desk, other_kind, path, &[("csrf", &own)]).await;
            assert!(refused.status.is_client_error(), "{role} {path}");
            for kind in ["application/json", "text/plain"] {
                let request = Request::post(address(path)).header(CONTENT_TYPE, kind);
                let body = format!("{{\"csrf\":\"{own}\"}}");
                let refused = desk.send(request, Body::from(body)).await;
                assert!(refused.status.is_client_error(), "{role} {path} {kind}");
            }
            assert_eq!(asked(&desk), [""; 0], "{role} {path}");
        }
    }
}

/// Even with the token: a page that could read it could send it.
#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    for role in ROLES {
        let mut desk = Desk::of(role).await;
        let own = desk.get("/password").await.token();
        for (_, kind, path) in all().filter(|(roles, kind, _)| roles.contains(&role) && *kind != Kind::Page) {
            forget(&desk);
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", ""),
                ("origin", "https://evil.example"),
                ("origin", "http://127.0.0.1:7602"),
                ("origin", "http://127.0.0.1:7601.evil.example"),
                ("origin", "null"),
            ] {
                let (form, body) = match kind {
                    Kind::Files => multipart(&address(path), &[("csrf", None, &own)]),
                    _ => (
                        Request::post(address(path))
                            .header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
                        Body::from(format!("csrf={own}")),
                    ),
                };
                let kind_of_form = form.headers_ref().unwrap()[CONTENT_TYPE].clone();
                let request = Request::post(address(path))
                    .header(CONTENT_TYPE, kind_of_form)
                    .header(name, value);
                let refused = desk.send(request, body).await;
                assert_eq!(
                    refused.status,
                    StatusCode::FORBIDDEN,
                    "{role} {path} {name}: {value}"
                );
            }
            assert_eq!(asked(&desk), [""; 0], "{role} {path}");
        }
    }
}

/// Whatever is answered, to whomever: nothing in it runs that does not stand in our own files.
#[tokio::test]
async fn every_answer_says_what_a_browser_may_run() {
    let mut desks = vec![Desk::new()];
    for role in ROLES {
        desks.push(Desk::of(role).await);
    }
    for desk in &mut desks {
        for (kind, path) in all().map(|(_, kind, path)| (kind, path)).chain(OPEN) {
            let answer = ask(desk, kind, path, &[]).await;
            let policy = answer.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            for lax in ["unsafe-eval", "http:", "https:", "*"] {
                assert!(!policy.contains(lax), "{path}: {policy}");
            }
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
            assert_eq!(
                answer.headers["cross-origin-opener-policy"], "same-origin",
                "{path}"
            );
        }
    }
}
