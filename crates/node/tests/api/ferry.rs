//! Files that operators hand in and fetch.

use axum::body::Body;
use hefu_casework::AgencyRole;
use hefu_link::ferry::{Cut, Form, SetId, enclose_card};
use hefu_link::{Card, Keys};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Answer, Running};

const NOBODY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const NOTHING: &str = "00000000000000000000000000000000";

async fn hand_in(node: &Running, file: &[u8]) -> Answer {
    let request = node.request(Method::POST, "/api/v1/ferry/parts");
    node.send(request.body(Body::from(file.to_vec())).unwrap()).await
}

/// Another agency's card, and the file that its node would write.
fn card_file(form: Form) -> (Card, Vec<u8>) {
    let keys = Keys::generate().unwrap();
    let card = Card::new(
        &keys,
        "县残疾人联合会",
        AgencyRole::DisabledFederation,
        "10.0.0.6:7600",
    )
    .unwrap();
    let (head, sealed) = enclose_card(&keys, SetId::from([7; 16]), &card).unwrap();
    let cutting = Cut::new(form, None).unwrap().of(&head).unwrap();
    let mut file = Vec::new();
    cutting
        .write(&keys, 1, &mut std::io::Cursor::new(sealed), &mut file)
        .unwrap();
    (card, file)
}

fn said(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.code())
}

/// In both forms; of no effect until somebody has heard its fingerprint.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_came_in_a_file_waits_for_its_fingerprint() {
    for form in [Form::Binary, Form::Text] {
        let node = Running::start().await;
        let (card, file) = card_file(form);
        let taken = hand_in(&node, &file).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.json());
        assert_eq!(taken.json()["news"], "card");
        assert_eq!(taken.json()["from_name"], "县残疾人联合会");
        assert_eq!(node.get("/api/v1/peers").await.json()["peers"], json!([]));
        let waiting = node.get("/api/v1/ferry").await.json()["cards"].clone();
        assert_eq!(waiting.as_array().unwrap().len(), 1);
        // What was read aloud is not told to whoever should have heard it.
        assert!(!waiting.to_string().contains(&card.fingerprint()));

        let wrong = json!({ "card": waiting[0]["card"], "fingerprint": "00000" });
        assert_eq!(node.post("/api/v1/peers", &wrong).await.code(), "api_fingerprint");
        let right = json!({ "card": waiting[0]["card"], "fingerprint": card.fingerprint() });
        let added = node.post("/api/v1/peers", &right).await;
        assert_eq!(
            (added.status, &added.json()["carrier"]),
            (StatusCode::CREATED, &json!("line"))
        );
        assert_eq!(node.get("/api/v1/ferry").await.json()["cards"], json!([]));
        assert_eq!(hand_in(&node, &file).await.json()["news"], "already");
        node.stop().await;
    }
}

/// Its own card as a file, which it takes for its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_card_is_given_as_a_file_with_a_name() {
    let node = Running::start().await;
    for (form, ending) in [("", "binary"), ("?form=binary", "binary"), ("?form=text", "text")] {
        let file = node.get(&format!("/api/v1/ferry/card{form}")).await;
        assert_eq!(file.status, StatusCode::OK);
        let text = file.bytes.starts_with(b"-----BEGIN HEFU FERRY-----\n");
        assert_eq!(text, ending == "text");
        assert_eq!(hand_in(&node, &file.bytes).await.json()["news"], "already");
    }
    let other = node.get("/api/v1/ferry/card?form=pdf").await;
    assert_eq!(
        said(&other),
        (StatusCode::BAD_REQUEST, "api_parameter".to_owned())
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_peer_is_met_is_said_and_shown() {
    let node = Running::start().await;
    let (card, _) = card_file(Form::Binary);
    let request =
        json!({ "card": String::from_utf8(card.to_bytes()).unwrap(), "fingerprint": card.fingerprint() });
    node.post("/api/v1/peers", &request).await;
    let key = hefu_casework::Hex(card.node_key());
    for carrier in ["files", "files_out", "files_in", "line"] {
        let path = format!("/api/v1/peers/{key}/carrier");
        let set = node.post(&path, &json!({ "carrier": carrier })).await;
        assert_eq!(set.status, StatusCode::NO_CONTENT);
        assert_eq!(
            node.get("/api/v1/peers").await.json()["peers"][0]["carrier"],
            carrier
        );
    }
    let unknown = node
        .post(
            &format!("/api/v1/peers/{NOBODY}/carrier"),
            &json!({ "carrier": "files" }),
        )
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.json());
    let no_way = node
        .post(
            &format!("/api/v1/peers/{key}/carrier"),
            &json!({ "carrier": "pigeon" }),
        )
        .await;
    assert_eq!(no_way.code(), "api_body");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_ours_is_refused_by_name() {
    let node = Running::start().await;
    let (_, file) = card_file(Form::Binary);
    let mut changed = file.clone();
    *changed.last_mut().unwrap() ^= 1;
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    for (given, code) in [
        (&b"PK\x03\x04"[..], "ferry_foreign"),
        (&file[..file.len() - 1], "ferry_truncated"),
        (&changed, "ferry_payload"),
    ] {
        assert_eq!(said(&hand_in(&node, given).await), (unfit, code.to_owned()));
    }
    // One that the node's own limit of uploads keeps out.
    let large = hand_in(&node, &vec![b' '; (1 << 20) + 1]).await;
    assert_eq!(
        said(&large),
        (StatusCode::PAYLOAD_TOO_LARGE, "api_too_large".to_owned())
    );
    assert_eq!(hand_in(&node, &file).await.json()["news"], "card");
    let uploads = node.folder.path().join("spool/uploads");
    assert_eq!(std::fs::read_dir(uploads).unwrap().count(), 0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_due_makes_no_set_and_a_set_that_is_not_here_is_missing() {
    let node = Running::start().await;
    let made = node.post("/api/v1/ferry/sets", &json!({ "cut": {} })).await;
    assert_eq!(
        (made.status, made.json()),
        (StatusCode::CREATED, json!({ "sets": [] }))
    );
    let small = json!({ "cut": { "form": "text", "max_file_bytes": 4095 } });
    let small = node.post("/api/v1/ferry/sets", &small).await;
    assert_eq!(
        said(&small),
        (StatusCode::UNPROCESSABLE_ENTITY, "ferry_file_limit".to_owned())
    );
    let again = node
        .post(&format!("/api/v1/ferry/sets/{NOTHING}/again"), &json!({}))
        .await;
    let part = node.get(&format!("/api/v1/ferry/sets/{NOTHING}/parts/1")).await;
    let slip = node.get(&format!("/api/v1/ferry/sets/{NOTHING}/slip")).await;
    let from = "ab".repeat(32);
    let came = node
        .get(&format!("/api/v1/ferry/sets/{NOTHING}/slip?from={from}"))
        .await;
    let dropped = node
        .post(
            &format!("/api/v1/ferry/sets/{NOTHING}/drop"),
            &json!({ "peer": from }),
        )
        .await;
    for missing in [again, part, slip, came, dropped] {
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{}", missing.json());
    }
    let worked = node
        .send(
            node.request(Method::POST, "/api/v1/ferry/work")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(worked.json(), json!({ "sets": 0, "letters": 0, "made": 0 }));
    let quiet = node.get("/api/v1/ferry").await.json();
    for (name, list) in quiet.as_object().unwrap() {
        assert_eq!(list, &Value::Array(vec![]), "{name}");
    }
    node.stop().await;
}
