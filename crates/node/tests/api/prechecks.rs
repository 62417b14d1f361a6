//! Checks before a payment, as they are asked for: what is wrong with a request is said, and nobody's number with it.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::running::{Answer, Running};

const PATH: &str = "/api/v1/prechecks";
/// Invented, with the check characters of GB 11643-1999.
const NUMBER: &str = crate::findings::NUMBERS[0];

fn person(number: &Value) -> Value {
    json!({ "number": number, "programme": "extreme_poverty", "from": "2026-07" })
}

fn request(people: Vec<Value>) -> Value {
    json!({
        "people": people,
        "authority": { "consent": { "document": "授权书〔2026〕1号" } },
        "case_file": "民低申〔2026〕1号",
    })
}

fn with(mut request: Value, field: &str, value: Value) -> Value {
    request[field] = value;
    request
}

fn one() -> Value {
    request(vec![person(&NUMBER.into())])
}

fn refused(answer: &Answer, status: StatusCode, code: &str) {
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(answer.code(), code, "{text}");
    // The reader of JSON calls some of what it can't read a fault of the syntax.
    let syntax = code == "api_body" && answer.status == StatusCode::BAD_REQUEST;
    assert!(answer.status == status || syntax, "{} {text}", answer.status);
    assert!(!text.contains(NUMBER) && !text.contains(&NUMBER[6..14]), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_and_no_number_is_said_again() {
    let node = Running::start().await;
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    let many = (1..=21).map(|month| {
        json!({ "number": NUMBER, "programme": "extreme_poverty", "from": format!("{}-01", 2000 + month) })
    });
    let mut by_day = person(&NUMBER.into());
    by_day["day"] = "2026-07-15".into();
    let mut strange = person(&NUMBER.into());
    strange["programme"] = "特困".into();
    let mut unknown = person(&NUMBER.into());
    unknown["kind"] = "library_card".into();
    let number = person(&NUMBER.parse::<u64>().unwrap().into());
    for (body, code) in [
        (request(many.collect()), "precheck_people"),
        (request(vec![]), "precheck_people"),
        (request(vec![person(&NUMBER[..17].into())]), "precheck_number"),
        (
            request(vec![person(&NUMBER.into()), person(&NUMBER.into())]),
            "precheck_person",
        ),
        (request(vec![by_day]), "precheck_person"),
        (request(vec![strange]), "precheck_person"),
        (request(vec![unknown]), "precheck_person"),
        // No authority, or an empty one, is none.
        (with(one(), "authority", Value::Null), "api_body"),
        (with(one(), "authority", json!({ "consent": {} })), "api_body"),
        (
            with(one(), "authority", json!({ "consent": { "document": " " } })),
            "text_unusable",
        ),
        (with(one(), "case_file", "".into()), "text_unusable"),
        // What can't be read is not repeated.
        (request(vec![number]), "api_body"),
        (request(vec![NUMBER.into()]), "api_body"),
    ] {
        refused(&node.post(PATH, &body).await, unfit, code);
    }
    let mut without = one();
    without.as_object_mut().unwrap().remove("authority");
    refused(&node.post(PATH, &without).await, unfit, "api_body");
    refused(
        &node.post(PATH, &one()).await,
        StatusCode::FORBIDDEN,
        "precheck_no_agreement",
    );
    let named = with(one(), "agreements", json!(["00".repeat(32)]));
    refused(
        &node.post(PATH, &named).await,
        StatusCode::FORBIDDEN,
        "agreement_unknown",
    );

    let list = node.get(PATH).await.json();
    assert_eq!(list, json!({ "prechecks": [], "today": [] }));
    for (path, method) in [("", "get"), ("/results", "post"), ("/receipt", "post")] {
        let path = format!("{PATH}/{}{path}", "00".repeat(16));
        let answer = match method {
            "get" => node.get(&path).await,
            _ => node.post(&path, &json!({})).await,
        };
        refused(&answer, StatusCode::NOT_FOUND, "node_missing");
    }
    let log = node.get("/api/v1/audit/entries?limit=1000").await;
    let log = String::from_utf8(log.bytes).unwrap();
    assert!(log.contains("precheck_failed") && !log.contains(NUMBER) && !log.contains("民低申"));
    node.stop().await;
}
