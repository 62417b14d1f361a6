//! An office's conference, over its operators' port.

use hefu_casework::AgencyRole;
use hefu_link::{Card, Keys};
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::running::{Running, new_node};

async fn office() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut config = new_node(folder.path());
    config.node.role = AgencyRole::ConferenceOffice;
    Running::with(folder, config).await
}

fn names<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let each = list.as_array().unwrap().iter();
    each.map(|each| each[field].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_founds_enrols_and_shows_its_record() {
    let node = office().await;
    assert_eq!(
        node.get("/api/v1/conferences").await.json()["conferences"],
        json!([])
    );
    let founded = node
        .post("/api/v1/conferences", &json!({ "name": "联席会议" }))
        .await;
    assert_eq!(founded.status, StatusCode::OK, "{}", founded.json());
    let id = founded.json()["conference"].as_str().unwrap().to_owned();
    assert_eq!(founded.json()["is_office"], true);
    assert_eq!(founded.json()["standing"], "conference_in_step");

    let keys = Keys::generate().unwrap();
    let card = Card::new(&keys, "县残联", AgencyRole::DisabledFederation, "10.0.0.6:7600").unwrap();
    let enrol = json!({ "peer": hefu_casework::Hex(card.node_key()) });
    let seats = format!("/api/v1/conferences/{id}/seats");
    let early = node.post(&seats, &enrol).await;
    assert_eq!(
        (early.status, early.code()),
        (StatusCode::NOT_FOUND, "node_missing".to_owned())
    );
    let text = String::from_utf8(card.to_bytes()).unwrap();
    let peer = json!({ "card": text, "fingerprint": card.fingerprint() });
    assert_eq!(
        node.post("/api/v1/peers", &peer).await.status,
        StatusCode::CREATED
    );
    let directory = node.post(&seats, &enrol).await.json();
    assert_eq!(directory, node.get(&seats).await.json());
    assert_eq!(names(&directory["seats"], "seat"), ["office", "member"]);
    assert_eq!(names(&directory["seats"], "pinned"), ["own", "same"]);
    assert_eq!(directory["seats"][1]["card"], text);
    assert_eq!(directory["seats"][1]["fingerprint"], card.fingerprint());
    let again = node.post(&seats, &enrol).await;
    let refused = (again.status, again.code());
    assert_eq!(
        refused,
        (StatusCode::CONFLICT, "conference_said_before".to_owned())
    );

    let record = format!("/api/v1/conferences/{id}/record");
    let page = node.get(&record).await.json();
    assert_eq!(names(&page["entries"], "word"), ["founded", "enrolled"]);
    assert_eq!(page["head"]["seq"], 2);
    assert_eq!(page["entries"][1]["hash"], page["head"]["hash"]);
    let rest = node.get(&format!("{record}?after=1&limit=5")).await.json();
    assert_eq!(names(&rest["entries"], "word"), ["enrolled"]);
    let verified = node.post(&format!("{record}/verify"), &json!({})).await.json();
    assert_eq!(verified["head"], page["head"]);
    let sync = node
        .post(&format!("/api/v1/conferences/{id}/sync"), &json!({}))
        .await;
    let refused = (sync.status, sync.code());
    assert_eq!(
        refused,
        (StatusCode::FORBIDDEN, "conference_is_office".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_follows_an_office_that_it_knows() {
    let node = Running::start().await;
    let founded = node
        .post("/api/v1/conferences", &json!({ "name": "联席会议" }))
        .await;
    let refused = (founded.status, founded.code());
    assert_eq!(
        refused,
        (StatusCode::FORBIDDEN, "conference_office_only".to_owned())
    );
    let keys = Keys::generate().unwrap();
    let card = Card::new(
        &keys,
        "联席会议办公室",
        AgencyRole::ConferenceOffice,
        "127.0.0.1:1",
    )
    .unwrap();
    let id = "07".repeat(32);
    let follow = json!({ "conference": id, "office": hefu_casework::Hex(card.node_key()) });
    let early = node.post("/api/v1/conferences/followed", &follow).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND);
    let text = String::from_utf8(card.to_bytes()).unwrap();
    let peer = json!({ "card": text, "fingerprint": card.fingerprint() });
    node.post("/api/v1/peers", &peer).await;
    let followed = node.post("/api/v1/conferences/followed", &follow).await;
    assert_eq!(followed.status, StatusCode::OK, "{}", followed.json());
    assert_eq!(followed.json()["office_name"], "联席会议办公室");
    assert_eq!(followed.json()["name"], Value::Null);
    let list = node.get("/api/v1/conferences").await.json();
    assert_eq!(names(&list["conferences"], "conference"), [id.as_str()]);
    // Nobody listens there.
    let sync = node
        .post(&format!("/api/v1/conferences/{id}/sync"), &json!({}))
        .await;
    assert_eq!(sync.status, StatusCode::BAD_GATEWAY, "{}", sync.json());
    let unknown = "08".repeat(32);
    let seats = node.get(&format!("/api/v1/conferences/{unknown}/seats")).await;
    assert_eq!(
        (seats.status, seats.code()),
        (StatusCode::NOT_FOUND, "node_missing".to_owned())
    );
}
