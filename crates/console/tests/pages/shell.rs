//! Signing in and out, forged forms, failures, languages, what every page carries.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, SET_COOKIE,
};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::desk::Desk;

fn node() -> Value {
    json!({
        "name": "<script>县民政局", "role": "civil_affairs", "address": "10.0.0.1:7600",
        "node_key": "ab".repeat(32), "fingerprint": "1234 5678", "version": "0.1.0",
        "config_digest": "cd".repeat(32), "started_at": "2026-11-30T16:00:00Z",
        "log": { "seq": 7, "hash": "ef".repeat(32) }, "peers": 2, "datasets": 3,
    })
}

#[tokio::test]
async fn a_stranger_is_asked_who_they_are_and_led_on() {
    let mut desk = Desk::new();
    let refused = desk.get("/it/health?a=b").await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    assert_eq!(refused.location(), "/sign-in?next=%2Fit%2Fhealth%3Fa%3Db");
    let asked = desk.get(refused.location().to_owned().as_str()).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(
        asked.text.contains("name=\"next\" value=\"/it/health?a=b\""),
        "{}",
        asked.text
    );
    let fields = [
        ("account", "it"),
        ("password", "right"),
        ("next", "/it/health?a=b"),
    ];
    let signed_in = desk.post("/sign-in", &fields).await;
    assert_eq!(
        (signed_in.status, signed_in.location()),
        (StatusCode::SEE_OTHER, "/it/health?a=b")
    );
    let cookie = signed_in.headers[SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    desk.fake.answer("GET /api/v1/node", 200, node());
    desk.fake.answer("GET /api/v1/peers", 200, json!({ "peers": [] }));
    let page = desk.get("/it/health").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("1234 5678"));
    // In Beijing it was the first of December already.
    assert!(page.text.contains("2026-12-01 00:00"));
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown_again() {
    let mut desk = Desk::new();
    let refused = desk
        .post(
            "/sign-in",
            &[("account", "王\"><script>"), ("password", "s3cret-wrong")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("api_sign_in"));
    assert!(!refused.text.contains("s3cret-wrong"));
    assert!(!refused.text.contains("<script>") && refused.text.contains("&#60;script&#62;"));
    assert!(desk.cookies.is_empty());
    let empty = desk.post("/sign-in", &[("account", ""), ("password", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("href=\"#f-password\""));
    // Nobody was asked for what was not filled in.
    assert_eq!(desk.fake.bodies("POST /api/v1/session").len(), 1);
}

#[tokio::test]
async fn signing_in_leads_to_no_other_site() {
    for next in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/sign-out",
    ] {
        let mut desk = Desk::new();
        let fields = [("account", "it"), ("password", "right"), ("next", next)];
        let signed_in = desk.post("/sign-in", &fields).await;
        assert_eq!(signed_in.location(), "/", "{next}");
    }
}

#[tokio::test]
async fn a_form_without_its_token_does_nothing() {
    let mut desk = Desk::of("it").await;
    let other = Desk::of("it").await.get("/password").await.token();
    let fields = [("old", "a"), ("new", "b"), ("again", "b")];
    for token in ["", "00", &"00".repeat(32), other.as_str()] {
        let mut forged = vec![("csrf", token)];
        forged.extend(fields);
        let refused = desk.post("/password", &forged).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{token}");
        assert!(refused.text.contains("<h1>"), "a page says it");
    }
    assert!(desk.fake.bodies("POST /api/v1/session/password").is_empty());
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let mut desk = Desk::of("it").await;
    let token = desk.get("/password").await.token();
    let body = format!("csrf={token}&old=a&new=b&again=b");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = Request::post("/password")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value);
        let refused = desk.send(request, Body::from(body.clone())).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert!(desk.fake.bodies("POST /api/v1/session/password").is_empty());
    desk.fake
        .answer("POST /api/v1/session/password", 204, Value::Null);
    let changed = desk
        .submit("/password", &[("old", "a"), ("new", "b"), ("again", "b")])
        .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.fake.bodies("POST /api/v1/session/password").len(), 1);
    let said = desk.get(changed.location().to_owned().as_str()).await;
    assert!(said.text.contains("密码已修改"));
}

#[tokio::test]
async fn another_role_is_told_that_the_page_is_not_theirs() {
    for role in ["case_worker", "compliance", "office"] {
        let mut desk = Desk::of(role).await;
        let refused = desk.get("/it/health").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
        assert!(refused.text.contains("<h1>您没有此页面的权限</h1>"));
        assert!(desk.fake.bodies("GET /api/v1/node").is_empty());
    }
}

#[tokio::test]
async fn a_forged_or_ended_session_is_none() {
    let mut desk = Desk::of("it").await;
    desk.cookies.insert("hefu_session".to_owned(), "00".repeat(32));
    assert_eq!(
        desk.get("/it/health").await.location(),
        "/sign-in?next=%2Fit%2Fhealth"
    );
    let mut desk = Desk::of("it").await;
    desk.fake.end_sessions();
    assert_eq!(
        desk.get("/password").await.location(),
        "/sign-in?next=%2Fpassword"
    );
    assert!(desk.cookies.is_empty(), "what is over is taken away");
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let mut desk = Desk::of("it").await;
    let out = desk.submit("/sign-out", &[]).await;
    assert_eq!(out.location(), "/sign-in?done=shell.done_signed_out");
    assert!(desk.cookies.is_empty());
    assert!(
        desk.get(out.location().to_owned().as_str())
            .await
            .text
            .contains("已退出登录")
    );
    assert_eq!(desk.get("/password").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn failures_are_pages() {
    let mut desk = Desk::of("it").await;
    let none = desk.get("/no/such/page").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.text.contains("没有这个页面") && none.text.contains("<nav class=\"menu\""));
    desk.fake.answer("GET /api/v1/peers", 200, json!({ "peers": [] }));
    desk.fake.answer(
        "GET /api/v1/node",
        500,
        json!({ "error": { "code": "internal", "params": { "what": "<script>" } } }),
    );
    let broken = desk.get("/it/health").await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(broken.text.contains("internal") && !broken.text.contains("what=<script>"));
    desk.fake.answer("GET /api/v1/node", 200, json!({ "name": 7 }));
    assert_eq!(
        desk.get("/it/health").await.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

/// What is refused before any handler sees it is a page too.
#[tokio::test]
async fn what_cannot_be_read_is_said_on_a_page() {
    let mut desk = Desk::of("it").await;
    for (path, status) in [
        ("/it/datasets/x/refused", StatusCode::NOT_FOUND),
        ("/it/datasets/1/refused?after=-1", StatusCode::NOT_FOUND),
    ] {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text.contains("<h1>没有这个页面</h1>"), "{}", answer.text);
    }
    let method = desk.send(Request::delete("/it/health"), Body::empty()).await;
    assert!(method.text.contains("<h1>"), "{}", method.text);
    let large = "x".repeat(2 << 20);
    let request = Request::post("/sign-in")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let refused = desk.send(request, Body::from(large)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("<h1>无法读取表单</h1>"), "{}", refused.text);
}

#[tokio::test]
async fn a_language_once_chosen_stays() {
    let mut desk = Desk::new();
    let chinese = desk.get("/sign-in").await;
    assert!(chinese.text.contains("<html lang=\"zh-CN\">") && chinese.text.contains("登录"));
    let english = desk.get("/sign-in?lang=en").await;
    assert!(english.text.contains("<html lang=\"en\">") && english.text.contains("Sign in"));
    assert!(desk.get("/sign-in").await.text.contains("<html lang=\"en\">"));
    let back = desk.get("/sign-in?lang=zh").await;
    assert!(back.text.contains("<html lang=\"zh-CN\">"));
    // What nobody offers changes nothing.
    assert!(
        desk.get("/sign-in?lang=%3Cscript%3E")
            .await
            .text
            .contains("<html lang=\"zh-CN\">")
    );
}

#[tokio::test]
async fn every_answer_is_strict() {
    let mut desk = Desk::of("it").await;
    for path in [
        "/sign-in",
        "/password",
        "/no/such/page",
        "/it/health",
        "/api/v1/node",
        "/assets/0/console.css",
    ] {
        let answer = desk.get(path).await;
        let policy = answer.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; ") && !policy.contains("'unsafe-inline'"),
            "{path}"
        );
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store", "{path}");
        // Styles and script in a page would be refused by the policy, so none may be there.
        assert!(
            !answer.text.contains(" style=") && !answer.text.contains("<style"),
            "{path}"
        );
        assert!(
            !answer.text.contains(" onclick=") && !answer.text.contains("<script>"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn assets_are_kept_for_as_long_as_they_stay_the_same() {
    let mut desk = Desk::new();
    let page = desk.get("/sign-in").await;
    let mut seen = 0;
    for name in ["console.css", "console.js", "mark.svg"] {
        let address = page
            .text
            .split('"')
            .find(|part| part.ends_with(name))
            .unwrap()
            .to_owned();
        let asset = desk.get(&address).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert!(
            asset.headers[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert!(
            asset.text.len() < 30 << 10,
            "{name} is {} bytes",
            asset.text.len()
        );
        let tag = asset.headers[ETAG].clone();
        let again = desk
            .send(Request::get(&address).header(IF_NONE_MATCH, tag), Body::empty())
            .await;
        assert_eq!((again.status, again.text.len()), (StatusCode::NOT_MODIFIED, 0));
        let old = address.replace(address.split('/').nth(2).unwrap(), "0000000000000000");
        assert_eq!(desk.get(&old).await.status, StatusCode::NOT_FOUND);
        seen += 1;
    }
    assert_eq!(seen, 3);
}
