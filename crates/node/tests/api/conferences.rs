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

/// A card of an agency's node that nobody runs, in the book and with a seat; its node key.
async fn enrolled(node: &Running, id: &str, name: &str, role: AgencyRole) -> String {
    let keys = Keys::generate().unwrap();
    let card = Card::new(&keys, name, role, "10.0.0.6:7600").unwrap();
    let text = String::from_utf8(card.to_bytes()).unwrap();
    let peer = json!({ "card": text, "fingerprint": card.fingerprint() });
    node.post("/api/v1/peers", &peer).await;
    let key = hefu_casework::Hex(card.node_key()).to_string();
    let enrol = json!({ "peer": key });
    let seats = format!("/api/v1/conferences/{id}/seats");
    let enrolled = node.post(&seats, &enrol).await;
    assert_eq!(enrolled.status, StatusCode::OK, "{}", enrolled.json());
    key
}

async fn founded(node: &Running) -> String {
    let founded = node
        .post("/api/v1/conferences", &json!({ "name": "联席会议" }))
        .await;
    founded.json()["conference"].as_str().unwrap().to_owned()
}

const DRAFT: &str = r#"
number = "县联席〔2026〕1号"
title = "框架协议"
members = ["县民政局", "县残联"]
valid_from = "2026-10-01"
expires = "2027-09-30"
smallest = 5
absent = "without_them"
late = "admitted"
[schedule]
day = 5
freeze_hours = 72
run_hours = 96
review_days = 30
[[annexes]]
code = "附件1"
purpose = "duplicates"
place = "290101"
from = "2026-07"
until = "2027-06"
[[annexes.parties]]
name = "县民政局"
programmes = ["minimum_living", "extreme_poverty"]
max_elements = 100000
[[annexes.parties]]
name = "县残联"
programmes = ["disabled_living", "disabled_care"]
max_elements = 50000
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_seen_before_anybody_is_told_of_it() {
    let node = office().await;
    let id = founded(&node).await;
    enrolled(&node, &id, "县民政局", AgencyRole::CivilAffairs).await;
    enrolled(&node, &id, "县残联", AgencyRole::DisabledFederation).await;
    let texts = format!("/api/v1/conferences/{id}/texts");
    let draft = json!({ "draft": DRAFT });
    let seen = node.post(&format!("{texts}/preview"), &draft).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.json());
    let seen = seen.json();
    let learned = seen["annexes"][0]["learns"].as_array().unwrap();
    for party in ["县民政局", "县残联"] {
        assert!(learned.iter().any(|each| each["party"] == party), "{party}");
    }
    assert_eq!(node.get(&texts).await.json()["editions"], json!([]));
    let record = node.get(&format!("/api/v1/conferences/{id}/record")).await;
    assert_eq!(
        record.json()["head"]["seq"],
        3,
        "founded, and two that have a seat"
    );
    let drafted = node.post(&texts, &draft).await.json();
    assert_eq!(drafted["text"], seen["text"]);
    assert_eq!(drafted["annexes"], seen["annexes"]);
    let stranger = json!({ "draft": DRAFT.replace("县残联", "县工会") });
    let refused = node.post(&format!("{texts}/preview"), &stranger).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.json()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_in_the_order_that_is_asked_for() {
    let node = office().await;
    let id = founded(&node).await;
    let civil = enrolled(&node, &id, "b民政局", AgencyRole::CivilAffairs).await;
    let disabled = enrolled(&node, &id, "a残联", AgencyRole::DisabledFederation).await;
    let court = enrolled(&node, &id, "c法院", AgencyRole::Court).await;
    let line = |kind: &str, from: &str, to: &str, opened: &str, due: &str| {
        json!({
            "item": "00".repeat(16), "kind": kind, "from": from, "to": to, "letter": null, "round": null,
            "opened": opened, "due": due, "state": "open", "outcome": null, "closed": null, "escalation": "none",
            "revisit": null, "revision": 1,
        })
    };
    let lines = json!([
        line("referral", &court, &civil, "2026-11-03", "2026-12-01"),
        line("finding", &civil, &disabled, "2026-11-01", "2026-12-03"),
        line("inquiry", &disabled, &court, "2026-11-02", "2026-12-02"),
    ]);
    let request = json!({ "lines": lines, "draw_items": true });
    let ledger = format!("/api/v1/conferences/{id}/ledger");
    let put = node.post(&format!("{ledger}/changes"), &request).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    for (asked, wanted) in [
        ("", ["referral", "inquiry", "finding"]),
        ("sort=due&descending=true", ["finding", "inquiry", "referral"]),
        ("sort=opened", ["finding", "inquiry", "referral"]),
        ("sort=from", ["inquiry", "finding", "referral"]),
        ("sort=to", ["finding", "referral", "inquiry"]),
        ("sort=kind", ["finding", "referral", "inquiry"]),
    ] {
        let page = node.get(&format!("{ledger}?{asked}")).await.json();
        assert_eq!(names(&page["lines"], "kind"), wanted, "{asked}");
    }
    let of_court = node.get(&format!("{ledger}?agency={court}")).await.json();
    assert_eq!(names(&of_court["lines"], "kind"), ["referral", "inquiry"]);
    let unknown = node.get(&format!("{ledger}?sort=person")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn programmes_go_by_their_names() {
    let node = Running::start().await;
    let list = node.get("/api/v1/programmes").await.json();
    let programmes = list["programmes"].as_array().unwrap();
    let named = programmes.iter().find(|each| each["code"] == "minimum_living");
    assert_eq!(named.unwrap()["name"], "低保");
}
