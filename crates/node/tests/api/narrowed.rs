//! Of many findings or entries, those that are asked for; and reports of others, checked.

use hefu_casework::{Fen, Finding, Hex};
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::findings::{ID, NUMBERS, finding, put_findings};
use crate::reviews::{WANG, done, taken};
use crate::running::{Running, new_node};

fn of(number: &str, rule: &str, month: &str, fen: Option<i64>) -> Finding {
    Finding {
        rule: Some(rule.parse().unwrap()),
        months: vec![month.parse().unwrap()],
        to_verify: fen.map(Fen),
        ..finding(number, 2)
    }
}

fn seqs(page: &Value) -> Vec<u64> {
    let findings = page["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_narrowed_down_and_put_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    let findings = [
        of(NUMBERS[0], "X3", "2026-05", Some(10_000)),
        of(NUMBERS[1], "X1", "2026-06", Some(30_000)),
        of(NUMBERS[2], "X3", "2026-07", None),
    ];
    put_findings(
        folder.path(),
        &config,
        dataset["dataset"].as_i64().unwrap(),
        &findings,
    );
    let node = Running::with(folder, config).await;
    done(&node, WANG, 2, "2026-03-03", &taken()).await;

    let list = format!("/api/v1/rounds/{}/findings", Hex(ID));
    for (asked, expected) in [
        ("", vec![1, 2, 3]),
        ("rule=X3", vec![1, 3]),
        ("rule=X9", vec![]),
        ("stage=stage_taken", vec![2]),
        ("stage=stage_open", vec![1, 3]),
        ("from=2026-06", vec![2, 3]),
        ("until=2026-06", vec![1, 2]),
        ("from=2026-06&until=2026-06", vec![2]),
        ("least_fen=10001", vec![2]),
        ("most_fen=10000", vec![1]),
        ("rule=X3&least_fen=10000&most_fen=10000", vec![1]),
        ("key_group=no&rule=X1", vec![2]),
        ("key_group=yes", vec![]),
    ] {
        let page = node.get(&format!("{list}?{asked}")).await.json();
        let mut found = seqs(&page);
        found.sort_unstable();
        assert_eq!(found, expected, "{asked}");
        assert_eq!(page["total"], expected.len(), "{asked}");
    }
    // What has no amount comes after all that have one.
    let largest = node.get(&format!("{list}?sort=amount")).await.json();
    assert_eq!(seqs(&largest), [2, 1, 3]);
    let second = node
        .get(&format!("{list}?sort=amount&after=1&limit=1"))
        .await
        .json();
    assert_eq!((seqs(&second), &second["next"]), (vec![1], &json!(2)));
    for wrong in ["from=2026", "least_fen=x", "sort=colour", "colour=red"] {
        let refused = node.get(&format!("{list}?{wrong}")).await;
        assert_eq!(refused.code(), "api_parameter", "{wrong}");
    }
    node.stop().await;
}

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

/// That a report which holds is said to hold is tested where two nodes have made one.
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
