//! What is shown of a finding: rows and months, and nobody's number.

use hefu_casework::{Care, Fen, Finding, FindingKind, Known, Payee, Payment, RowId, When};
use hefu_identity::Kind;
use hefu_node::config::Config;
use hefu_store::{AgreementState, DatasetId, Role, Round, RoundState, Store};
use hyper::StatusCode;
use serde_json::json;

use crate::running::{Running, new_node};

pub(crate) const NUMBERS: [&str; 3] = ["290105194912310028", "29010119500101100X", "290101195001011018"];
pub(crate) const ID: [u8; 32] = [7; 32];

pub(crate) fn finding(number: &str, row: u64) -> Finding {
    let month = "2026-07".parse().unwrap();
    Finding {
        kind: FindingKind::Duplicate,
        rule: Some("X3".parse().unwrap()),
        peer: Some("县残疾人联合会".to_owned()),
        person: hefu_identity::parse(Kind::Resident, number).unwrap().key,
        rows: vec![RowId {
            file: 1,
            sheet: 1,
            row,
        }],
        months: vec![month],
        changeover: vec![],
        case: None,
        letter: None,
        feedback: None,
        programmes: vec!["minimum_living".parse().unwrap()],
        to_verify: Some(Fen(65_050)),
        payments: vec![Payment {
            programme: "minimum_living".parse().unwrap(),
            when: When::Month(month),
            payee: Payee::Household(hefu_casework::HouseholdNo::new("HOUSEHOLD-1").unwrap()),
            case: None,
            fen: Fen(65_050),
        }],
        care: Care {
            protected: false,
            minor: Known::No,
            disabled: Known::No,
        },
    }
}

/// A round with three findings, as one that ran on 2 March 2026 would have left it.
pub(crate) fn put_round(folder: &std::path::Path, config: &Config, dataset: i64) {
    let findings: Vec<_> = NUMBERS
        .iter()
        .zip(2..)
        .map(|(number, row)| finding(number, row))
        .collect();
    put_findings(folder, config, dataset, &findings);
}

pub(crate) fn put_findings(folder: &std::path::Path, config: &Config, dataset: i64, findings: &[Finding]) {
    let store = Store::open(folder, &config.unlock.fetch(folder).unwrap()).unwrap();
    store
        .put_agreement(&[1; 32], b"{}", &AgreementState::Signed)
        .unwrap();
    let round = Round {
        id: ID,
        agreement: [1; 32],
        peer: [2; 32],
        role: Role::Receiver,
        datasets: vec![DatasetId(dataset)],
        state: RoundState::Running,
        started_at: "2026-03-02T01:00:00Z".parse().unwrap(),
        ended_at: None,
        own_elements: Some(9),
        peer_elements: Some(8),
        matched: Some(3),
        bytes_out: 77,
        bytes_in: 88,
        error: None,
        reason: None,
    };
    store.put_round(&round).unwrap();
    let done = Round {
        state: RoundState::Done,
        ended_at: Some("2026-03-02T02:00:00Z".parse().unwrap()),
        ..round
    };
    store.end_round(&done, findings).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_by_the_row_and_masked() {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    put_round(folder.path(), &config, dataset["dataset"].as_i64().unwrap());
    let node = Running::with(folder, config).await;

    let id = hefu_casework::Hex(ID).to_string();
    let all = node.get(&format!("/api/v1/rounds/{id}/findings")).await;
    let page = all.json();
    assert_eq!((&page["total"], &page["next"]), (&3.into(), &json!(null)));
    assert_eq!(page["notice"], "不得仅凭比对结果停发或追缴。");
    let first = &page["findings"][0];
    assert_eq!(first["person"], "29**************28");
    assert_eq!(
        first["rows"],
        json!([{ "dataset": "minimum_living", "file": 1, "sheet": 1, "row": 2 }])
    );
    assert_eq!(
        (&first["rule"], &first["to_verify_fen"]),
        (&"X3".into(), &65_050.into())
    );

    let mut seqs = Vec::new();
    let mut after = 0;
    loop {
        let page = node
            .get(&format!("/api/v1/rounds/{id}/findings?after={after}&limit=2"))
            .await
            .json();
        let findings = page["findings"].as_array().unwrap();
        seqs.extend(findings.iter().map(|finding| finding["seq"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seqs, [1, 2, 3]);

    let one = node.get(&format!("/api/v1/rounds/{id}/findings/3")).await;
    assert_eq!(one.json()["payments"][0]["to_household"], true);
    assert_eq!(one.json()["notice"], page["notice"]);
    for past in [0, 4] {
        let missing = node.get(&format!("/api/v1/rounds/{id}/findings/{past}")).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    }
    let metrics = node.get("/metrics").await;
    for answer in [&all, &one, &metrics] {
        let text = String::from_utf8_lossy(&answer.bytes);
        for secret in NUMBERS.iter().chain(&["HOUSEHOLD-1"]) {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let metrics = String::from_utf8(metrics.bytes).unwrap();
    assert!(
        metrics.contains("hefu_rounds_total{role=\"receiver\",outcome=\"done\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("hefu_session_bytes_total{direction=\"out\"} 77"),
        "{metrics}"
    );
    assert_eq!(node.get("/api/v1/rounds").await.json()["rounds"][0]["matched"], 3);
    node.stop().await;
}
