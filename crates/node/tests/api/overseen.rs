//! What an overseer asks: the log from its end and by what happened, and whether a report is one.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_from_its_end_and_by_what_happened() {
    let node = Running::start().await;
    for reason in ["一", "二", "三"] {
        let unlocked = node
            .post("/api/v1/ledger/unlock", &json!({ "reason": reason }))
            .await;
        assert_eq!(unlocked.status, StatusCode::NO_CONTENT);
    }
    let all = node.get("/api/v1/audit/entries").await.json();
    let seqs = |page: &Value| -> Vec<u64> {
        let entries = page["entries"].as_array().unwrap();
        entries
            .iter()
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect()
    };
    let mut backwards = seqs(&all);
    backwards.reverse();
    let newest = node.get("/api/v1/audit/entries?before=0").await.json();
    assert_eq!(
        (seqs(&newest), &newest["next"]),
        (backwards.clone(), &Value::Null)
    );

    let entries = all["entries"].as_array().unwrap();
    let kind = entries.last().unwrap()["kind"].as_str().unwrap().to_owned();
    let of_kind = entries.iter().rev().filter(|entry| entry["kind"] == kind);
    let of_kind: Vec<u64> = of_kind.map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(of_kind.len(), 3);
    let (mut found, mut before) = (Vec::new(), Some(0));
    while let Some(from) = before {
        let path = format!("/api/v1/audit/entries?before={from}&limit=1&kind={kind}");
        let page = node.get(&path).await.json();
        found.extend(seqs(&page));
        before = page["next"].as_u64();
    }
    assert_eq!(found, of_kind);
    let first_of_kind = node
        .get(&format!("/api/v1/audit/entries?kind={kind}&limit=1"))
        .await
        .json();
    assert_eq!(seqs(&first_of_kind), of_kind[2..]);
    let nobody = node
        .get("/api/v1/audit/entries?before=0&actor=nobody")
        .await
        .json();
    assert_eq!((seqs(&nobody), &nobody["next"]), (vec![], &Value::Null));
    for (asked, expected) in [
        ("from=2000-01-01", backwards.len()),
        ("until=2000-01-01", 0),
        ("from=2999-01-01", 0),
    ] {
        let page = node
            .get(&format!("/api/v1/audit/entries?before=0&{asked}"))
            .await
            .json();
        assert_eq!(seqs(&page).len(), expected, "{asked}");
    }
    node.stop().await;
}

/// What holds is for `report::verify` to say, which has tests of its own; here it is how a failure is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_report_is_said_to_be_none() {
    let node = Running::start().await;
    for (report, code) in [
        ("", "report_unreadable"),
        ("{}", "report_head"),
        ("<!doctype html><p>", "report_rendering"),
        ("PK\u{3}\u{4}", "report_rendering"),
    ] {
        let refused = node
            .post("/api/v1/reports/verify", &json!({ "report": report }))
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned()),
            "{report}"
        );
    }
    let no_card = json!({ "report": "{}", "cards": ["{}"] });
    let refused = node.post("/api/v1/reports/verify", &no_card).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.code().starts_with("card_"), "{}", refused.code());
    // Larger than other bodies, and read all the same.
    let large = json!({ "report": " ".repeat(4 << 20) });
    let refused = node.post("/api/v1/reports/verify", &large).await;
    assert_eq!(refused.code(), "report_unreadable");
    node.stop().await;
}
