//! What operators can have done.

use axum::body::Body;
use hefu_casework::AgencyRole;
use hefu_link::{Card, Keys};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::Running;

const MAPPING: &str = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n\
    [programme]\nconstant = \"minimum_living\"\n[period]\nconstant = \"2026-07\"\n";

/// Numbers of the unassigned province 29: two that hold, one whose check character does not, and an empty row.
const EXPORT: &str = "身份证号\n29010119500101100X\n290101195001011018\n290105194912310029\n,\n";

async fn upload(node: &Running, name: &str, content: &str) -> crate::running::Answer {
    let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let request = node.request(Method::POST, &format!("/api/v1/uploads?name={encoded}"));
    node.send(request.body(Body::from(content.to_owned())).unwrap())
        .await
}

/// Imports a register of minimum living.
pub(crate) async fn import(node: &Running, content: &str) -> Value {
    let uploaded = upload(node, "低保.csv", content).await;
    assert_eq!(uploaded.status, StatusCode::CREATED);
    let id = uploaded.json()["id"].clone();
    let request = json!({ "name": "minimum_living", "uploads": [id], "mapping": MAPPING });
    let imported = node.post("/api/v1/imports", &request).await;
    assert_eq!(imported.status, StatusCode::CREATED, "{}", imported.json());
    // What was imported can't be imported once more.
    let again = node.post("/api/v1/imports", &request).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::NOT_FOUND, "api_upload_unknown".to_owned())
    );
    imported.json()
}

fn log_of(entries: &Value) -> Vec<(String, String)> {
    let entries = entries["entries"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|entry| (text(&entry["actor"]), text(&entry["kind"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_becomes_a_snapshot_and_leaves_nothing_else() {
    let node = Running::start().await;
    let imported = import(&node, EXPORT).await;
    let account = &imported["account"];
    let rejected: u64 = account["rejected"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(
        account["rows_read"].as_u64().unwrap(),
        account["accepted"].as_u64().unwrap() + rejected + account["blank"].as_u64().unwrap()
    );
    assert_eq!((&account["accepted"], rejected), (&2.into(), 1));
    assert!(imported["quarantine"].is_string());

    let datasets = node.get("/api/v1/datasets").await.json();
    assert_eq!(datasets["datasets"][0]["name"], "minimum_living");
    assert_eq!(datasets["datasets"][0]["files"], json!(["低保.csv"]));
    assert_eq!(datasets["datasets"][0]["rows"], account["accepted"]);
    let uploads = node.folder.path().join("spool/uploads");
    assert_eq!(std::fs::read_dir(uploads).unwrap().count(), 0);
    let metrics = String::from_utf8(node.get("/metrics").await.bytes).unwrap();
    assert!(
        metrics.contains(&format!(
            "hefu_import_rows_total{{outcome=\"accepted\"}} {}",
            account["accepted"]
        )),
        "{metrics}"
    );
    for figure in ["hefu_log_seq", "hefu_elements_debited_total 0"] {
        assert!(metrics.contains(figure), "{metrics}");
    }

    let path = format!("/api/v1/datasets/{}", imported["dataset"]);
    assert_eq!(node.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(node.delete(&path).await.status, StatusCode::NOT_FOUND);
    let log = log_of(&node.get("/api/v1/audit/entries").await.json());
    let said = |actor: &str, kind: &str| log.contains(&(actor.to_owned(), kind.to_owned()));
    assert!(
        said("王科长", "asked") && said("node", "imported") && said("王科长", "deleted"),
        "{log:?}"
    );
    node.stop().await;
}

/// A mapping is looked at before anything is imported by it, as often as it takes.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_tried_and_its_refused_rows_are_read() {
    let node = Running::start().await;
    let id = upload(&node, "低保.csv", EXPORT).await.json()["id"].clone();
    let proposal = node
        .post("/api/v1/mappings/proposal", &json!({ "uploads": [id] }))
        .await
        .json();
    assert_eq!(proposal["columns"], json!(["身份证号"]));
    let proposed = proposal["mapping"].as_str().unwrap();
    assert!(proposed.contains("number = \"身份证号\""), "{proposed}");

    let request = json!({ "uploads": [id], "mapping": "[columns\n" });
    let wrong = node.post("/api/v1/mappings/preview", &request).await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "mapping_syntax".to_owned())
    );
    let request = json!({ "uploads": [id], "mapping": MAPPING });
    let preview = node.post("/api/v1/mappings/preview", &request).await.json();
    assert_eq!(preview["account"]["rows_read"], 4);
    assert_eq!(preview["account"]["accepted"], 2);
    let rows = preview["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["programme"], &rows[0]["from"], &rows[0]["until"]),
        (&json!("minimum_living"), &json!("2026-07"), &json!("2026-07"))
    );
    // Nothing was kept, and no number stands in it.
    let said = preview.to_string();
    assert!(
        !said.contains("29010119500101100X") && said.contains('*'),
        "{said}"
    );
    let held = node.get("/api/v1/datasets").await.json();
    assert_eq!(held["datasets"], json!([]));

    let request = json!({ "name": "minimum_living", "uploads": [id], "mapping": MAPPING });
    let imported = node.post("/api/v1/imports", &request).await.json();
    let path = format!("/api/v1/datasets/{}/refused", imported["dataset"]);
    let refused = node.get(&path).await.json();
    let rows = refused["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{refused}");
    // The third row below the headings, whose check character does not fit.
    assert_eq!(
        (&rows[0]["file"], &rows[0]["row"]),
        (&json!("低保.csv"), &json!(4))
    );
    assert!(!refused.to_string().contains("290105194912310029"));
    assert_eq!(refused["next"], Value::Null);
    let rest = node.get(&format!("{path}?after=1")).await.json();
    assert_eq!(rest["rows"], json!([]));
    let none = node.get("/api/v1/datasets/77/refused").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unfit_is_refused_by_name() {
    let node = Running::start().await;
    let large = upload(&node, "a.csv", &"x".repeat((1 << 20) + 1)).await;
    assert_eq!(
        (large.status, large.code()),
        (StatusCode::PAYLOAD_TOO_LARGE, "api_too_large".to_owned())
    );
    let named = upload(&node, "../a.csv", "x").await;
    assert_eq!(named.code(), "api_upload_name");

    let id = upload(&node, "a.csv", "姓名\n甲\n").await.json()["id"].clone();
    let request = json!({ "name": "x", "uploads": [id], "mapping": MAPPING });
    let refused = node.post("/api/v1/imports", &request).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "column_missing".to_owned())
    );
    assert!(
        refused.json()["error"]["file"]
            .as_str()
            .unwrap()
            .ends_with("a.csv")
    );

    let body = "x".repeat(3 << 20);
    let request = node
        .request(Method::POST, "/api/v1/imports")
        .header("content-type", "application/json");
    let too_large = node.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(too_large.code(), "api_too_large");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_taken_in_by_the_fingerprint_that_was_read_aloud() {
    let node = Running::start().await;
    let card = Card::new(
        &Keys::generate().unwrap(),
        "县人民法院",
        AgencyRole::Court,
        "127.0.0.1:7700",
    )
    .unwrap();
    let text = String::from_utf8(card.to_bytes()).unwrap();
    let wrong = json!({ "card": text, "fingerprint": "00000 ".repeat(8) });
    let refused = node.post("/api/v1/peers", &wrong).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "api_fingerprint".to_owned())
    );
    assert_eq!(node.get("/api/v1/peers").await.json(), json!({ "peers": [] }));

    let right = json!({ "card": format!("{text}\n"), "fingerprint": card.fingerprint().replace(' ', "") });
    assert_eq!(
        node.post("/api/v1/peers", &right).await.status,
        StatusCode::CREATED
    );
    let peers = node.get("/api/v1/peers").await.json();
    assert_eq!(peers["peers"][0]["name"], "县人民法院");
    assert_eq!(peers["peers"][0]["fingerprint"], card.fingerprint());

    let own = String::from_utf8(node.get("/api/v1/card").await.bytes).unwrap();
    let own_card = Card::parse(own.as_bytes()).unwrap();
    let own = json!({ "card": own, "fingerprint": own_card.fingerprint() });
    assert_eq!(
        node.post("/api/v1/peers", &own).await.status,
        StatusCode::CONFLICT
    );
    let broken = json!({ "card": "{}", "fingerprint": "" });
    assert_eq!(
        node.post("/api/v1/peers", &broken).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_read_page_by_page_and_verified() {
    let node = Running::start().await;
    for _ in 0..5 {
        upload(&node, "a.csv", "x").await;
    }
    let verified = node.get("/api/v1/audit/verify").await.json();
    assert_eq!(verified["intact"], true);
    let mut after = 0;
    let mut seqs = Vec::new();
    loop {
        let page = node
            .get(&format!("/api/v1/audit/entries?after={after}&limit=3"))
            .await
            .json();
        let entries = page["entries"].as_array().unwrap();
        seqs.extend(entries.iter().map(|entry| entry["seq"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(
        seqs,
        (1..=verified["head"]["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_here_is_missing() {
    let node = Running::start().await;
    let id = "ab".repeat(32);
    for path in [
        format!("/api/v1/rounds/{id}"),
        format!("/api/v1/rounds/{id}/findings"),
        format!("/api/v1/rounds/{id}/findings/1"),
        format!("/api/v1/agreements/{id}"),
        format!("/api/v1/agreements/{id}/dossier"),
    ] {
        let answer = node.get(&path).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, "node_missing".to_owned()),
            "{path}"
        );
    }
    let report = node
        .post(&format!("/api/v1/rounds/{id}/report"), &json!({}))
        .await;
    assert_eq!(report.code(), "node_missing");
    for path in ["/api/v1/rounds/xyz", "/api/v1/agreements/ABCD"] {
        assert_eq!(node.get(path).await.code(), "api_parameter", "{path}");
    }
    node.stop().await;
}
