//! The pages of IT over canned answers: what stands in them, what they ask, what they refuse.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::desk::Desk;

/// In every text that an agency, a peer or a person could have written.
const EVIL: &str = "<script>alert('x')</script>\"'&";

const KEY: &str = "abababababababababababababababababababababababababababababababab";
const SET: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
const SETTLED: &str = "fedcba9876543210fedcba9876543210";
const AT: &str = "2026-11-30T16:00:00Z";

/// What each page asks for, with the worst in every text.
pub(crate) fn canned(desk: &Desk) {
    let node = json!({
        "name": EVIL, "role": EVIL, "address": EVIL, "node_key": KEY, "fingerprint": EVIL, "version": EVIL,
        "config_digest": KEY, "started_at": AT, "log": { "seq": 250, "hash": KEY }, "peers": 1, "datasets": 1,
    });
    let peer = json!({
        "node_key": KEY, "name": EVIL, "role": EVIL, "carrier": "files", "address": EVIL, "fingerprint": EVIL,
    });
    let dataset = |id: i64, used: bool| {
        json!({
            "id": id, "name": EVIL, "files": [EVIL, EVIL], "kind": EVIL, "case_scheme": EVIL, "imported_at": AT,
            "rows": 1234567, "persons": 7, "used": used,
        })
    };
    let agreement = json!({
        "digest": KEY, "number": EVIL, "purpose": EVIL, "state": "signed", "reason": EVIL,
        "parties": [{ "name": EVIL, "node_key": KEY, "receives": true, "signed": false }],
        "valid_from": "2026-01-01", "expires": "2026-12-31", "changed_at": AT,
    });
    let waiting = json!({
        "round": KEY, "peer": KEY, "peer_name": EVIL, "agreement": KEY, "role": EVIL, "step": EVIL, "since": AT,
        "until": null, "remind": true,
    });
    let letter = json!({ "matter": EVIL, "agreement": KEY, "state": EVIL, "refused": EVIL, "taken_at": AT });
    let set = json!({
        "set": SET, "number": EVIL, "peer": KEY, "peer_name": EVIL, "made_at": AT, "bytes": 5000, "parts": 3,
        "letters": [letter], "first_at": AT, "missing": [2], "opened_at": null, "refused": null,
    });
    let [mut under_way, mut settled] = [set.clone(), set.clone()];
    under_way["letters"][0]["state"] = json!("sent");
    settled["letters"][0]["state"] = json!("acknowledged");
    settled["set"] = json!(SETTLED);
    let account = json!({
        "account": EVIL, "name": EVIL, "role": EVIL, "locked": true, "failures": 0, "created_at": AT,
        "password_set_at": AT,
    });
    let entry = json!({
        "seq": 250, "at": AT, "actor": EVIL, "kind": EVIL, "body": { EVIL: EVIL }, "previous": KEY, "hash": KEY,
    });
    let row = json!({ "file": EVIL, "sheet": EVIL, "row": 4, "code": EVIL, "number": EVIL });
    let answers = [
        ("/api/v1/node", node),
        ("/api/v1/peers", json!({ "peers": [peer] })),
        (
            "/api/v1/datasets",
            json!({ "datasets": [dataset(1, true), dataset(2, false)] }),
        ),
        (
            "/api/v1/datasets/1/refused",
            json!({ "rows": [row], "next": 100 }),
        ),
        ("/api/v1/agreements", json!({ "agreements": [agreement] })),
        (
            &format!("/api/v1/agreements/{KEY}"),
            json!({
                "summary": agreement, "agreement": { "text": EVIL },
                "learns": [{ "party": EVIL, "code": EVIL, "params": { "a": EVIL } }],
            }),
        ),
        (
            "/api/v1/rounds",
            json!({ "rounds": [round("running"), round("done")] }),
        ),
        (&format!("/api/v1/rounds/{KEY}"), round("running")),
        (
            "/api/v1/ferry",
            json!({
                "due": [{ "peer": KEY, "peer_name": EVIL, "matters": [EVIL] }], "out": [under_way, settled], "coming": [set],
                "refused": [{ "file": EVIL, "code": EVIL, "params": { "a": EVIL }, "at": AT }],
                "cards": [{ "node_key": KEY, "name": EVIL, "card": EVIL, "came_at": AT }], "waiting": [waiting],
            }),
        ),
        (&format!("/api/v1/ferry/sets/{SET}/slip"), json!({ "x": EVIL })),
        (
            "/api/v1/audit/entries",
            json!({ "entries": [entry], "next": null }),
        ),
        ("/api/v1/accounts", json!({ "accounts": [account] })),
    ];
    for (path, answer) in answers {
        desk.fake.answer(&format!("GET {path}"), 200, answer);
    }
}

fn round(state: &str) -> Value {
    json!({
        "id": KEY, "agreement": KEY, "peer": KEY, "peer_name": EVIL, "role": EVIL, "state": state, "error": EVIL,
        "reason": EVIL, "reason_params": { "a": EVIL }, "started_at": AT, "ended_at": AT, "datasets": [1],
        "own_elements": 7, "peer_elements": 8, "matched": 1, "bytes_out": 2048, "bytes_in": 10,
        "progress": { "step": EVIL, "done": 5, "total": 10 }, "by_files": true, "waiting": null, "interrupted": EVIL,
    })
}

fn pages() -> Vec<String> {
    let plain = [
        "/it/health",
        "/it/imports",
        "/it/imports/new",
        "/it/datasets",
        "/it/datasets/1/refused",
        "/it/peers",
        "/it/agreements",
        "/it/rounds",
        "/it/ferry",
        "/it/log",
        "/it/accounts",
        "/it/backup",
        "/it/accounts/%3Cscript%3Ealert/password",
    ];
    let mut pages = plain.map(str::to_owned).to_vec();
    pages.push(format!("/it/agreements/{KEY}"));
    pages.push(format!("/it/rounds/{KEY}"));
    pages
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    for page in pages() {
        for lang in ["zh", "en"] {
            let answer = desk.get(&format!("{page}?lang={lang}")).await;
            let text = &answer.text;
            assert_eq!(answer.status, StatusCode::OK, "{page}: {text}");
            assert!(
                !text.contains("<script>") && !text.contains("<script>alert"),
                "{page}"
            );
            let shows_texts = !["/it/backup"].contains(&page.as_str());
            assert_eq!(text.contains("&#60;script&#62;alert"), shows_texts, "{page}");
            assert!(text.len() < 300 << 10, "{page} is {} bytes", text.len());
            assert!(
                answer.headers[CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap()
                    .starts_with("default-src 'none'")
            );
            assert!(
                !text.contains(" style=") && !text.contains("javascript:"),
                "{page}"
            );
            assert_eq!(text.matches("<h1").count(), 1, "{page}");
            assert_eq!(text.matches("aria-current=\"page\"").count(), 1, "{page}");
            // A key that has no words would stand there as it is, and a blank that nothing fills too.
            for left in [">it.", ">shell.", "{0}", "{1}"] {
                assert!(!text.contains(left), "{page}: {left}");
            }
            every_form_has_its_token(&page, text);
            every_field_has_its_label(&page, text);
        }
    }
}

fn every_form_has_its_token(page: &str, text: &str) {
    for form in text.split("<form ").skip(1) {
        let (head, rest) = form.split_once('>').unwrap();
        // What only asks changes nothing, and leaves no token in an address.
        let has_token = rest
            .trim_start()
            .starts_with("<input type=\"hidden\" name=\"csrf\"");
        assert_eq!(has_token, head.contains("method=\"post\""), "{page}: {head}");
    }
}

pub(crate) fn every_field_has_its_label(page: &str, text: &str) {
    for kind in ["<input ", "<select ", "<textarea "] {
        for field in text.split(kind).skip(1) {
            let head = field.split('>').next().unwrap();
            if head.contains("type=\"hidden\"") || head.contains("type=\"search\"") {
                continue;
            }
            let id = head.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let labelled = id.is_some_and(|id| text.contains(&format!("<label for=\"{id}\"")));
            assert!(labelled || head.contains("aria-label=\""), "{page}: {head}");
        }
    }
}

#[tokio::test]
async fn no_page_of_it_is_another_roles() {
    for role in ["case_worker", "compliance", "office"] {
        let mut desk = Desk::of(role).await;
        canned(&desk);
        for page in pages() {
            // An export is fetched by whoever has it.
            let of_both = page.starts_with("/it/imports") || page.ends_with("/refused");
            let expected = match of_both && role == "case_worker" {
                true => StatusCode::OK,
                false => StatusCode::FORBIDDEN,
            };
            assert_eq!(desk.get(&page).await.status, expected, "{role} {page}");
        }
        for act in [
            "/it/rounds",
            "/it/backup",
            "/it/accounts",
            "/it/ferry/work",
            "/it/datasets/1/delete",
        ] {
            assert_eq!(
                desk.submit(act, &[]).await.status,
                StatusCode::FORBIDDEN,
                "{role} {act}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_of_it_is_done_without_a_token() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    for act in [
        "/it/health",
        "/it/backup",
        "/it/imports/new",
        "/it/datasets/1/delete",
        "/it/rounds",
        "/it/ferry/sets",
        "/it/ferry/work",
        "/it/log",
        "/it/accounts",
        "/it/accounts/a/lock",
        "/it/accounts/a/unlock",
        "/it/accounts/a/remove",
        "/it/accounts/a/password",
    ] {
        assert_eq!(
            desk.post(act, &[("csrf", "no")]).await.status,
            StatusCode::FORBIDDEN,
            "{act}"
        );
    }
    for files in ["/it/imports", "/it/ferry", "/it/peers"] {
        let forged = multipart(files, &[("csrf", None, "no"), ("file", Some("a.csv"), "1")]);
        assert_eq!(
            desk.send(forged.0, forged.1).await.status,
            StatusCode::FORBIDDEN,
            "{files}"
        );
        // The token must come first: what is before it would be read on trust.
        let late = multipart(files, &[("file", Some("a.csv"), "1"), ("csrf", None, "no")]);
        assert_eq!(
            desk.send(late.0, late.1).await.status,
            StatusCode::FORBIDDEN,
            "{files}"
        );
    }
    let asked = desk.fake.asked.lock().unwrap();
    let changed = asked
        .iter()
        .filter(|(method, path, _)| method != "GET" && path != "/api/v1/session");
    assert_eq!(changed.count(), 0);
}

pub(crate) fn multipart(
    path: &str,
    fields: &[(&str, Option<&str>, &str)],
) -> (axum::http::request::Builder, Body) {
    let mut body = String::new();
    for (name, file, content) in fields {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        body.push_str(&format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str("--XX--\r\n");
    let request = Request::post(path)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .header("sec-fetch-site", "same-origin");
    (request, Body::from(body))
}

#[tokio::test]
async fn an_export_is_sent_on_tried_and_imported() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let token = desk.get("/it/imports").await.token();
    desk.fake.answer(
        "POST /api/v1/uploads",
        201,
        json!({ "id": "0123", "name": "a.csv", "bytes": 9 }),
    );
    let proposal = json!({ "columns": [EVIL], "titles": [EVIL], "mapping": "[columns]\n", "files": [] });
    desk.fake.answer("POST /api/v1/mappings/proposal", 200, proposal);
    let fields = [
        ("csrf", None, token.as_str()),
        ("name", None, "低保"),
        ("file", Some("a.csv"), "号码\n1\n"),
        ("mapping", Some(""), ""),
    ];
    let sent = multipart("/it/imports", &fields);
    let editor = desk.send(sent.0, sent.1).await;
    assert_eq!(editor.status, StatusCode::OK, "{}", editor.text);
    assert_eq!(desk.fake.bodies("POST /api/v1/uploads"), ["号码\n1\n".as_bytes()]);
    assert!(editor.text.contains("name=\"uploads\" value=\"0123\"") && editor.text.contains("[programme]"));
    assert!(!editor.text.contains("<script>alert"));

    let syntax = json!({ "error": { "code": "mapping_syntax", "params": { "cause": "line 3" } } });
    desk.fake.answer("POST /api/v1/mappings/preview", 422, syntax);
    let fields = [
        ("uploads", "0123"),
        ("name", "低保"),
        ("mapping", "[x\n</textarea>"),
        ("act", "preview"),
    ];
    let refused = desk.submit("/it/imports/new", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("href=\"#f-mapping\"") && refused.text.contains("line 3"));
    assert!(
        refused.text.contains("[x\n&#60;/textarea&#62;"),
        "what was typed stays"
    );

    let account = json!({
        "rows_read": 4, "accepted": 2, "rejected": { "wrong_check_digit": 1 }, "blank": 1, "duplicates": 0,
        "warnings": {}, "cleaned": {},
    });
    let row = json!({
        "file": 1, "sheet": 1, "row": 2, "number": "29**************01", "programme": "minimum_living",
        "from": "2026-07", "until": "2026-07", "fen": 123456, "status": "paid",
    });
    let preview = json!({ "account": account, "rows": [row], "files": [] });
    desk.fake.answer("POST /api/v1/mappings/preview", 200, preview);
    let tried = desk.submit("/it/imports/new", &fields).await;
    assert!(
        tried.text.contains("29**************01") && tried.text.contains("1,234.56"),
        "{}",
        tried.text
    );
    assert!(desk.fake.bodies("POST /api/v1/imports").is_empty());

    desk.fake.answer(
        "POST /api/v1/imports",
        201,
        json!({ "dataset": 7, "account": account, "quarantine": "x" }),
    );
    let fields = [
        ("uploads", "0123"),
        ("name", "低保"),
        ("mapping", "[x]"),
        ("act", "import"),
    ];
    let imported = desk.submit("/it/imports/new", &fields).await;
    assert!(
        imported.text.contains("/it/datasets/7/refused"),
        "{}",
        imported.text
    );
    let asked: Value = serde_json::from_slice(&desk.fake.bodies("POST /api/v1/imports")[0]).unwrap();
    assert_eq!(
        asked,
        json!({ "name": "低保", "uploads": ["0123"], "mapping": "[x]" })
    );
}

#[tokio::test]
async fn refused_rows_are_a_file_that_spreadsheets_open_rightly() {
    let mut desk = Desk::of("it").await;
    let row =
        json!({ "file": "=cmd|x", "sheet": "七\"月", "row": 4, "code": "number_missing", "number": "" });
    desk.fake.answer(
        "GET /api/v1/datasets/1/refused",
        200,
        json!({ "rows": [row], "next": null }),
    );
    let file = desk.get("/it/datasets/1/refused.csv").await;
    assert!(file.text.starts_with('\u{feff}'));
    assert!(
        file.text
            .contains("\"'=cmd|x\",\"七\"\"月\",\"4\",\"number_missing Zh \""),
        "{}",
        file.text
    );
    let named = file.headers[CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(named, "attachment; filename=\"refused-1.csv\"");
}

#[tokio::test]
async fn a_round_tells_how_far_it_is_until_it_is_over() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let fake = std::sync::Arc::clone(&desk.fake);
    let ending = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        fake.answer(&format!("GET /api/v1/rounds/{KEY}"), 200, round("done"));
    });
    let told = desk.get(&format!("/it/rounds/{KEY}/events")).await;
    ending.await.unwrap();
    assert_eq!(told.headers[CONTENT_TYPE], "text/event-stream");
    assert!(told.text.starts_with("event: progress\ndata: {"), "{}", told.text);
    assert!(
        told.text.contains("\"done\":5,") && told.text.contains("\"total\":10}"),
        "{}",
        told.text
    );
    assert!(told.text.ends_with("event: end\ndata: {}\n\n"), "{}", told.text);
    assert_eq!(
        desk.get("/it/rounds/nonsense/events").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_fingerprint_that_was_misheard_stands_beside_its_field() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let token = desk.get("/it/peers").await.token();
    let wrong = json!({ "error": { "code": "api_fingerprint", "params": { "fingerprint": "9999" } } });
    desk.fake.answer("POST /api/v1/peers", 422, wrong);
    let fields = [
        ("csrf", None, token.as_str()),
        ("card", Some("card.json"), "{}"),
        ("fingerprint", None, "1234"),
    ];
    let sent = multipart("/it/peers", &fields);
    let refused = desk.send(sent.0, sent.1).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("id=\"e-fingerprint\""), "{}", refused.text);
    desk.fake.answer("POST /api/v1/peers", 201, json!({}));
    let sent = multipart("/it/peers", &fields);
    assert_eq!(desk.send(sent.0, sent.1).await.status, StatusCode::SEE_OTHER);
    let asked: Value = serde_json::from_slice(&desk.fake.bodies("POST /api/v1/peers")[0]).unwrap();
    assert_eq!(asked, json!({ "card": "{}", "fingerprint": "1234" }));
}

#[tokio::test]
async fn an_account_is_added_and_its_password_never_shown() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let taken = json!({ "error": { "code": "account_taken", "params": {} } });
    desk.fake.answer("POST /api/v1/accounts", 409, taken);
    let fields = [
        ("account", "li"),
        ("name", "李"),
        ("role", "compliance"),
        ("password", "correct horse battery"),
    ];
    let refused = desk.submit("/it/accounts", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("value=\"li\"") && !refused.text.contains("correct horse"));
    assert!(refused.text.contains("<option value=\"compliance\" selected>"));
    desk.fake.answer("POST /api/v1/accounts", 201, Value::Null);
    let added = desk.submit("/it/accounts", &fields).await;
    assert_eq!(added.location(), "/it/accounts?done=it.done_account");
    desk.fake
        .answer("POST /api/v1/accounts/a%2Fb/lock", 204, Value::Null);
    assert_eq!(
        desk.submit("/it/accounts/a%2Fb/lock", &[]).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn of_a_set_that_has_arrived_no_files_are_offered() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let page = desk.get("/it/ferry").await;
    for (set, offered) in [(SET, true), (SETTLED, false)] {
        let of_set = |what: &str| page.text.contains(&format!("/it/ferry/sets/{set}/{what}"));
        assert!(of_set("slip"), "what was approved is kept");
        assert_eq!([of_set("parts/3"), of_set("again")], [offered; 2], "{set}");
    }
}

#[tokio::test]
async fn a_slip_is_a_page_of_its_own_that_runs_nothing() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let slip = desk.get(&format!("/it/ferry/sets/{SET}/slip")).await;
    assert_eq!(slip.status, StatusCode::OK);
    let policy = slip.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script")
    );
}

/// What IT looks through is asked of the interface, which reads the whole log for it.
#[tokio::test]
async fn security_events_are_chosen_by_kind_and_day() {
    let mut desk = Desk::of("it").await;
    canned(&desk);
    let mut entries = desk.fake.answers.lock().unwrap()["GET /api/v1/audit/entries"]
        .1
        .clone();
    entries["next"] = 250.into();
    desk.fake.answer("GET /api/v1/audit/entries", 200, entries);
    for (query, asked) in [
        ("", "before=0&limit=100"),
        ("?what=security", "before=0&limit=100&security=true"),
        ("?what=sign_in_failed", "before=0&limit=100&kind=sign_in_failed"),
        (
            "?what=security&from=2026-11-01&until=2026-11-30&before=200",
            "before=200&limit=100&security=true&from=2026-11-01&until=2026-11-30",
        ),
    ] {
        let page = desk.get(&format!("/it/log{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        let last = desk.fake.asked.lock().unwrap().pop().unwrap().1;
        assert_eq!(last, format!("/api/v1/audit/entries?{asked}"), "{query}");
        // What comes before is of the same kind.
        let own = query.trim_start_matches('?').split("&before").next().unwrap();
        let between = if own.is_empty() { "" } else { "&#38;" };
        let earlier = format!("/it/log?{}{between}before=250", own.replace('&', "&#38;"));
        assert!(page.text.contains(&earlier), "{earlier}: {}", page.text);
    }
    let page = desk.get("/it/log?what=security").await;
    assert!(
        page.text.contains("<option value=\"security\" selected>"),
        "{}",
        page.text
    );
    let wrong = desk.get("/it/log?from=soon").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("id=\"e-from\""), "{}", wrong.text);
}
