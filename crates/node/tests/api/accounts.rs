//! Accounts, signing in, and sessions.

use axum::body::Body;
use hefu_node::api::{ACTOR_HEADER, SESSION_HEADER};
use hyper::header::AUTHORIZATION;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Answer, PASSWORD, Running};

const SESSION: &str = "/api/v1/session";

fn told(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.code())
}

fn expect(status: StatusCode, code: &str) -> (StatusCode, String) {
    (status, code.to_owned())
}

async fn log(node: &Running) -> Vec<Value> {
    let entries = node.get("/api/v1/audit/entries?limit=1000").await.json();
    entries["entries"].as_array().unwrap().clone()
}

fn kinds(log: &[Value]) -> Vec<&str> {
    log.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_acts_under_their_name_and_signs_out() {
    let node = Running::start().await;
    node.add_account("wang", "王建国", "it").await;
    let begun = node.sign_in("wang", PASSWORD).await.json();
    let secret = begun["session"].as_str().unwrap();
    assert!(secret.len() == 64 && secret.bytes().all(|digit| digit.is_ascii_hexdigit()));
    assert_eq!(
        (&begun["account"], &begun["name"], &begun["role"]),
        (&json!("wang"), &json!("王建国"), &json!("it"))
    );
    let who = node.within(secret, Method::GET, SESSION, None).await.json();
    assert_eq!(who["name"], "王建国");
    assert!(who["session"].is_null(), "the secret is given once");
    assert!(who["expires_at"].as_str().unwrap() >= begun["expires_at"].as_str().unwrap());

    let doctor = node
        .within(secret, Method::POST, "/api/v1/doctor", Some(json!({})))
        .await;
    assert_eq!(doctor.status, StatusCode::OK, "{}", doctor.json());
    let out = node.within(secret, Method::DELETE, SESSION, None).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let after = node.within(secret, Method::GET, SESSION, None).await;
    assert_eq!(told(&after), expect(StatusCode::UNAUTHORIZED, "api_session"));

    let log = log(&node).await;
    for kind in ["account_added", "signed_in", "signed_out"] {
        assert!(kinds(&log).contains(&kind), "{kind}");
    }
    let asked = log
        .iter()
        .find(|entry| entry["body"]["path"] == "/api/v1/doctor")
        .unwrap();
    assert_eq!(
        (&asked["actor"], &asked["body"]["account"]),
        (&json!("王建国"), &json!("wang"))
    );
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains(secret));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_wrong_password_nor_an_unknown_account_is_told_apart() {
    let node = Running::start().await;
    node.add_account("wang", "王建国", "it").await;
    let wrong = node.sign_in("wang", "another password").await;
    let unknown = node.sign_in("my secret password", PASSWORD).await;
    assert_eq!(told(&wrong), expect(StatusCode::UNAUTHORIZED, "api_sign_in"));
    assert_eq!(wrong.bytes, unknown.bytes);
    // Both lock after five, and then not even the right password is looked at.
    for account in ["wang", "nobody"] {
        for _ in 0..5 {
            node.sign_in(account, "another password").await;
        }
        let locked = node.sign_in(account, PASSWORD).await;
        assert_eq!(
            told(&locked),
            expect(StatusCode::FORBIDDEN, "api_locked"),
            "{account}"
        );
        assert_eq!(locked.json()["error"]["params"], json!({}), "{account}");
    }
    let log = log(&node).await;
    let text = serde_json::to_string(&log).unwrap();
    assert!(kinds(&log).contains(&"account_locked_by_failures"));
    assert!(text.contains("unknown_account") && text.contains("wrong_password"));
    for never in ["my secret password", "another password", "nobody"] {
        assert!(!text.contains(never), "{never}");
    }
    // The person who runs the node lifts it.
    let unlocked = node.post("/api/v1/accounts/wang/unlock", &json!({})).await;
    assert_eq!(unlocked.status, StatusCode::NO_CONTENT);
    assert_eq!(node.sign_in("wang", PASSWORD).await.status, StatusCode::CREATED);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_session_or_one_with_another_name_beside_it_is_refused() {
    let node = Running::start().await;
    let session = node.signed_in("wang", "王建国", "it").await;
    let mut forged = session.clone();
    forged.replace_range(..1, if session.starts_with('0') { "1" } else { "0" });
    for wrong in [
        &forged,
        "",
        "0",
        &"0".repeat(64),
        &session.to_uppercase(),
        &session[1..],
    ] {
        if wrong == session {
            continue;
        }
        let answer = node.within(wrong, Method::GET, "/api/v1/node", None).await;
        assert_eq!(
            told(&answer),
            expect(StatusCode::UNAUTHORIZED, "api_session"),
            "{wrong}"
        );
    }
    for (header, value) in [
        (ACTOR_HEADER, "李科长".to_owned()),
        (AUTHORIZATION.as_str(), format!("Bearer {}", node.token)),
    ] {
        let mut request = node.request(Method::GET, "/api/v1/node");
        let headers = request.headers_mut().unwrap();
        headers.remove(ACTOR_HEADER);
        headers.remove(AUTHORIZATION);
        headers.insert(SESSION_HEADER, session.parse().unwrap());
        let name = hyper::header::HeaderName::from_bytes(header.as_bytes()).unwrap();
        headers.insert(
            name,
            hyper::header::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
        let answer = node.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            told(&answer),
            expect(StatusCode::BAD_REQUEST, "api_beside_session"),
            "{header}"
        );
    }
    // The token is nobody's account.
    assert_eq!(
        told(&node.get(SESSION).await),
        expect(StatusCode::UNAUTHORIZED, "api_session")
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_an_account_is_locked_removed_or_has_another_password() {
    let node = Running::start().await;
    let other = node.signed_in("li.si", "李四", "it").await;
    node.add_account("wang", "王建国", "compliance").await;
    let session = async || {
        let begun = node.sign_in("wang", PASSWORD).await;
        begun.json()["session"].as_str().unwrap_or_default().to_owned()
    };
    let holds = async |session: &str| {
        let answer = node.within(session, Method::GET, SESSION, None).await;
        answer.status == StatusCode::OK
    };
    let same = json!({ "password": PASSWORD });
    for (path, body) in [("lock", json!({})), ("unlock", json!({})), ("password", same)] {
        let before = session().await;
        let path = format!("/api/v1/accounts/wang/{path}");
        let done = node.within(&other, Method::POST, &path, Some(body)).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{path}");
        assert!(!holds(&before).await, "{path}");
    }
    let locked = node
        .within(&other, Method::POST, "/api/v1/accounts/wang/lock", None)
        .await;
    assert_eq!(locked.status, StatusCode::NO_CONTENT);
    let refused = node.sign_in("wang", PASSWORD).await;
    assert_eq!(told(&refused), expect(StatusCode::FORBIDDEN, "api_locked"));
    // As one that is none: that somebody has locked it would tell that it is one.
    assert_eq!(refused.json()["error"]["params"], json!({}));
    node.post("/api/v1/accounts/wang/unlock", &json!({})).await;

    let before = session().await;
    assert!(holds(&before).await);
    let removed = node
        .within(&other, Method::DELETE, "/api/v1/accounts/wang", None)
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert!(!holds(&before).await);
    assert_eq!(told(&node.sign_in("wang", PASSWORD).await).1, "api_sign_in");
    assert!(holds(&other).await, "nobody else's ended");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changes_the_own_password_by_knowing_it() {
    let node = Running::start().await;
    let session = node.signed_in("wang", "王建国", "office").await;
    let second = node.sign_in("wang", PASSWORD).await.json()["session"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = "/api/v1/session/password";
    let change = |old: &str, new: &str| Some(json!({ "old": old, "new": new }));
    let new = "低头思故乡低头思故乡了呢";
    let wrong = node
        .within(&session, Method::POST, path, change("another password", new))
        .await;
    assert_eq!(told(&wrong), expect(StatusCode::UNAUTHORIZED, "api_sign_in"));
    let short = node
        .within(&session, Method::POST, path, change(PASSWORD, "short"))
        .await;
    assert_eq!(
        told(&short),
        expect(StatusCode::UNPROCESSABLE_ENTITY, "account_password_short")
    );
    let changed = node
        .within(&session, Method::POST, path, change(PASSWORD, new))
        .await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    for ended in [&session, &second] {
        let answer = node.within(ended, Method::GET, SESSION, None).await;
        assert_eq!(answer.code(), "api_session");
    }
    assert_eq!(told(&node.sign_in("wang", PASSWORD).await).1, "api_sign_in");
    assert_eq!(node.sign_in("wang", new).await.status, StatusCode::CREATED);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unfit_accounts_are_refused_with_the_reason() {
    let node = Running::start().await;
    node.add_account("wang", "王建国", "it").await;
    let good = json!({ "account": "li.si", "name": "李四", "role": "case_worker", "password": PASSWORD });
    for (field, value, status, code) in [
        ("account", "wang", 409, "account_taken"),
        ("account", "Li", 422, "account_name"),
        ("name", "王 建国", 409, "account_person_taken"),
        ("name", "Node", 422, "account_person"),
        ("name", "李\u{202e}四", 422, "account_person"),
        ("role", "root", 400, "api_parameter"),
        ("password", "short", 422, "account_password_short"),
        ("password", "123456789012", 422, "account_password_usual"),
    ] {
        let mut request = good.clone();
        request[field] = value.into();
        let answer = node.post("/api/v1/accounts", &request).await;
        assert_eq!(
            told(&answer),
            expect(status.try_into().unwrap(), code),
            "{field} {value}"
        );
        let said = String::from_utf8(answer.bytes).unwrap();
        assert!(
            !said.contains(PASSWORD) && !said.contains("123456789012"),
            "{said}"
        );
    }
    assert_eq!(
        node.post("/api/v1/accounts", &good).await.status,
        StatusCode::CREATED
    );
    let list = node.get("/api/v1/accounts").await;
    let accounts = list.json()["accounts"].clone();
    let names: Vec<_> = accounts
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["account"].clone())
        .collect();
    assert_eq!(names, ["li.si", "wang"]);
    assert_eq!(
        (&accounts[0]["role"], &accounts[0]["locked"]),
        (&json!("case_worker"), &json!(false))
    );
    let missing = node.post("/api/v1/accounts/nobody/lock", &json!({})).await;
    assert_eq!(told(&missing), expect(StatusCode::NOT_FOUND, "node_missing"));
    // A body that can't be read is not said again: it may hold a password.
    let broken = node
        .post("/api/v1/accounts", &json!({ "password": PASSWORD, "account": 7 }))
        .await;
    assert_eq!(broken.code(), "api_body");
    assert!(!String::from_utf8(broken.bytes).unwrap().contains('7'));
    node.stop().await;
}

/// In the place of an account's name somebody types a password.
#[tokio::test(flavor = "multi_thread")]
async fn no_name_is_on_record_that_is_no_accounts() {
    let node = Running::start().await;
    let session = node.signed_in("zhao", "赵敏", "it").await;
    node.add_account("wang", "王建国", "it").await;
    let mut paths = Vec::new();
    for name in ["mypassword123", "%77ang", "li.si"] {
        let path = format!("/api/v1/accounts/{name}/lock");
        node.within(&session, Method::POST, &path, None).await;
        paths.push(path);
    }
    let removed = node
        .within(&session, Method::DELETE, "/api/v1/accounts/mypassword123", None)
        .await;
    assert_eq!(removed.status, StatusCode::NOT_FOUND);
    node.post("/api/v1/accounts/wang/unlock", &json!({})).await;
    let asked: Vec<String> = log(&node)
        .await
        .iter()
        .filter(|entry| entry["kind"] == "asked")
        .map(|entry| entry["body"]["path"].as_str().unwrap().to_owned())
        .collect();
    assert!(asked.contains(&"/api/v1/accounts/wang/unlock".to_owned()));
    assert!(asked.contains(&"/api/v1/accounts/{account}/lock".to_owned()));
    assert!(
        !asked.iter().any(|path| path.contains("mypassword123")),
        "{asked:?}"
    );
    assert!(!paths.iter().any(|path| asked.contains(path)), "{asked:?}");
    node.stop().await;
}

/// A person has the pages, not the machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_session_stays_among_the_nodes_own() {
    let node = Running::start().await;
    let session = node.signed_in("wang", "王建国", "it").await;
    let elsewhere = tempfile::tempdir().unwrap();
    let ask = async |name: &str| {
        let body = Some(json!({ "folder": name }));
        node.within(&session, Method::POST, "/api/v1/backup", body).await
    };
    let absolute = elsewhere.path().join("copy");
    for name in [
        absolute.to_str().unwrap(),
        "../copy",
        "a/b",
        "a\\b",
        "..",
        ".",
        "",
        ".hidden",
        "x.partial",
        "c:copy",
        &"x".repeat(65),
    ] {
        assert_eq!(
            told(&ask(name).await),
            expect(StatusCode::UNPROCESSABLE_ENTITY, "api_backup_name"),
            "{name}"
        );
    }
    assert!(!absolute.exists());
    let made = ask("2026-11-30").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    let backups = node.folder.path().join("backups");
    assert_eq!(
        made.json()["folder"],
        backups.join("2026-11-30").to_str().unwrap()
    );
    assert!(backups.join("2026-11-30").join("manifest.json").is_file());
    // What is left of another one is for somebody at the machine to remove.
    let left = backups.join("later.partial");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("kept"), "x").unwrap();
    assert_ne!(ask("later").await.status, StatusCode::CREATED);
    assert!(left.join("kept").is_file() && !backups.join("later").exists());
    // The token is the machine's.
    let to = json!({ "folder": absolute.to_str().unwrap() });
    let made = node.post("/api/v1/backup", &to).await;
    assert_eq!(made.status, StatusCode::CREATED);
    node.stop().await;
}

/// Sessions live in memory: a restart ends them, and accounts stay.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_ends_sessions_and_keeps_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let config = crate::running::new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let session = node.signed_in("wang", "王建国", "it").await;
    let folder = node.stop().await;
    let node = Running::with(folder, config).await;
    let answer = node.within(&session, Method::GET, SESSION, None).await;
    assert_eq!(told(&answer), expect(StatusCode::UNAUTHORIZED, "api_session"));
    assert_eq!(node.sign_in("wang", PASSWORD).await.status, StatusCode::CREATED);
    node.stop().await;
}
