//! What stands between a page and those who are not before it: abandoned desks, other sites, forms without an end.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, HOST, SET_COOKIE, STRICT_TRANSPORT_SECURITY};
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse as _;
use hefu_node::api::Watching;
use http_body_util::{BodyExt as _, Channel};
use serde_json::{Value, json};

use crate::desk::{Desk, HERE};

const SECRET: &str = "ab";

/// An interface that says of each request whether it was a page's own.
fn told(asked: &Arc<Mutex<Vec<(String, bool)>>>) -> Router {
    let asked = Arc::clone(asked);
    Router::new().fallback(move |request: Request<Body>| {
        let watching = request.extensions().get::<Watching>().is_some();
        let path = request.uri().path().to_owned();
        let answer: Value = match path.as_str() {
            "/api/v1/session" => json!({
                "session": SECRET.repeat(32), "account": "it", "name": "王建国", "role": "it",
                "expires_at": "2026-12-01T10:00:00Z",
            }),
            _ => json!({}),
        };
        asked.lock().unwrap().push((path, watching));
        async move { axum::Json(answer).into_response() }
    })
}

#[tokio::test]
async fn what_a_page_asks_by_itself_is_no_use_of_the_session() {
    let asked = Arc::default();
    let mut desk = Desk::before(told(&asked));
    desk.cookies.insert("hefu_session".to_owned(), SECRET.repeat(32));
    let round = format!("/it/rounds/{}", "07".repeat(32));
    // The stream, the page that the script loads at its end, and the one that somebody asks for.
    for (path, watching) in [
        (format!("{round}/events"), true),
        (format!("{round}?again=1"), true),
        (round, false),
    ] {
        asked.lock().unwrap().clear();
        desk.get(&path).await;
        let asked = asked.lock().unwrap();
        assert!(asked.len() >= 2, "{path} {asked:?}");
        assert!(asked.iter().all(|each| each.1 == watching), "{path} {asked:?}");
    }
    // Nobody says so from elsewhere.
    asked.lock().unwrap().clear();
    desk.send(
        Request::get("/password").header("hefu-watching", "1"),
        Body::empty(),
    )
    .await;
    assert!(asked.lock().unwrap().iter().all(|each| !each.1));
}

/// A link on another site brings the cookie not along; whoever follows it stays signed in.
#[tokio::test]
async fn a_link_of_another_site_signs_nobody_out() {
    let mut desk = Desk::of("it").await;
    let cookies = std::mem::take(&mut desk.cookies);
    let followed = desk.get("/it/health").await;
    assert_eq!(followed.location(), "/sign-in?next=%2Fit%2Fhealth");
    assert!(
        !followed.headers.contains_key(SET_COOKIE),
        "{:?}",
        followed.headers
    );
    desk.cookies = cookies;
    assert_eq!(desk.get("/password").await.status, StatusCode::OK);
    desk.fake.end_sessions();
    let over = desk.get("/password").await;
    assert!(over.headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn a_cookie_under_tls_is_the_nodes_alone() {
    let mut desk = Desk::over(told(&Arc::default()), true);
    let begun = desk
        .post("/sign-in", &[("account", "it"), ("password", "right")])
        .await;
    let set = begun.headers[SET_COOKIE].to_str().unwrap();
    assert!(
        set.starts_with("__Host-hefu_session=") && set.contains("; Secure"),
        "{set}"
    );
    assert!(set.contains("; Path=/;") && !set.contains("Domain"), "{set}");
    assert_eq!(begun.headers[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
    assert_eq!(desk.get("/password").await.status, StatusCode::OK);
    // Another name of the same machine, or a page on another port of it, can set this one.
    desk.cookies.clear();
    desk.cookies.insert("hefu_session".to_owned(), SECRET.repeat(32));
    assert_eq!(desk.get("/password").await.status, StatusCode::SEE_OTHER);
    let mut plain = Desk::new();
    let page = plain.get("/sign-in").await;
    assert!(!page.headers.contains_key(STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn of_two_cookies_none_is_the_session() {
    let mut desk = Desk::of("it").await;
    let one = desk.cookies["hefu_session"].clone();
    let two = format!("{one}; hefu_session={}", "0e".repeat(32));
    desk.cookies.insert("hefu_session".to_owned(), two);
    assert_eq!(desk.get("/password").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn no_link_of_a_page_leads_to_another_machine() {
    let mut desk = Desk::of("it").await;
    let page = desk.get("//evil.example/x").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!page.text.contains("\"//"), "{}", page.text);
    assert!(page.text.contains("href=\"/evil.example/x?lang=en\""));
}

/// What a browser would send for ever, piece by piece, and how much of it was taken.
async fn sent_for_ever(desk: &mut Desk, start: String) -> (StatusCode, usize) {
    let (mut pieces, body) = Channel::<Bytes, std::io::Error>::new(1);
    let sending = tokio::spawn(async move {
        let mut sent = start.len();
        if pieces.send_data(start.into()).await.is_err() {
            return sent;
        }
        let piece = Bytes::from(vec![b'a'; 16 << 10]);
        while sent < 64 << 20 && pieces.send_data(piece.clone()).await.is_ok() {
            sent += piece.len();
        }
        sent
    });
    let request = Request::post("/it/imports")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .header("sec-fetch-site", "same-origin");
    let answer = desk.send(request, Body::new(body)).await;
    (answer.status, sending.await.unwrap())
}

#[tokio::test]
async fn headers_of_a_field_that_do_not_end_are_not_kept() {
    let mut desk = Desk::of("it").await;
    let token = desk.get("/password").await.token();
    let with_token =
        format!("--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--XX\r\nX-Long: ");
    for start in [
        "--XX\r\nX-Long: ".to_owned(),
        "no boundary at all".to_owned(),
        with_token,
    ] {
        let (status, sent) = sent_for_ever(&mut desk, start).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(sent < 1 << 20, "{sent} bytes were taken");
    }
}

/// A file is as long as it likes; only what stands between fields is not.
#[tokio::test]
async fn a_long_file_is_passed_on_whole() {
    let received = Arc::new(Mutex::new(0_usize));
    let counted = Arc::clone(&received);
    let api = Router::new().fallback(move |request: Request<Body>| {
        let counted = Arc::clone(&counted);
        async move {
            assert_eq!(request.headers()[HOST], HERE);
            let path = request.uri().path().to_owned();
            let bytes = request.into_body().collect().await.unwrap().to_bytes();
            match path.as_str() {
                "/api/v1/session" => axum::Json(json!({
                    "account": "it", "name": "王建国", "role": "it", "expires_at": "2026-12-01T10:00:00Z",
                }))
                .into_response(),
                "/api/v1/uploads" => {
                    *counted.lock().unwrap() = bytes.len();
                    axum::Json(json!({ "id": "0", "name": "a.csv", "bytes": bytes.len() })).into_response()
                }
                _ => StatusCode::NOT_FOUND.into_response(),
            }
        }
    });
    let mut desk = Desk::before(api);
    desk.cookies.insert("hefu_session".to_owned(), SECRET.repeat(32));
    let token = desk.get("/password").await.token();
    let (mut pieces, body) = Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        let head = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--XX\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{}",
            "a".repeat(300 << 10)
        );
        pieces.send_data(head.into()).await.unwrap();
        for _ in 0..40 {
            pieces.send_data(vec![b'a'; 100 << 10].into()).await.unwrap();
        }
        pieces.send_data("\r\n--XX--\r\n".into()).await.unwrap();
    });
    let request = Request::post("/it/imports")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .header("sec-fetch-site", "same-origin");
    desk.send(request, Body::new(body)).await;
    assert_eq!(*received.lock().unwrap(), (300 << 10) + 40 * (100 << 10));
}
