//! The findings of all rounds as one list: filtered, sorted, and as they are now.

use std::time::{Duration, Instant};

use hefu_casework::{Care, Fen, Finding, Known, RuleId};
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::findings::{NUMBERS, finding, put_findings};
use crate::reviews::{WANG, done, taken, verified};
use crate::running::{Running, new_node};

const LIST: &str = "/api/v1/findings";

async fn node_with(findings: &[Finding]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    let dataset = dataset["dataset"].as_i64().unwrap();
    put_findings(folder.path(), &config, dataset, findings);
    Running::with(folder, config).await
}

/// The second is of a key group, the third of a larger sum in a later month under another rule.
fn three() -> Vec<Finding> {
    let no = Known::No;
    let care = |disabled| Care {
        protected: false,
        minor: no,
        disabled,
    };
    let [one, two, three] = [0, 1, 2].map(|n| finding(NUMBERS[n], n as u64 + 2));
    vec![
        Finding {
            care: care(no),
            ..one
        },
        Finding {
            care: care(Known::Yes),
            to_verify: None,
            ..two
        },
        Finding {
            care: care(no),
            rule: Some("X1".parse().unwrap()),
            peer: Some("县总工会".to_owned()),
            months: vec!["2026-08".parse().unwrap(), "2026-09".parse().unwrap()],
            to_verify: Some(Fen(100_000)),
            ..three
        },
    ]
}

async fn seqs(node: &Running, query: &str) -> Vec<u64> {
    let page = node.get(&format!("{LIST}?{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.json());
    let page = page.json();
    let findings = page["findings"].as_array().unwrap();
    let seqs: Vec<u64> = findings
        .iter()
        .map(|each| each["finding"]["seq"].as_u64().unwrap())
        .collect();
    if !query.contains("limit") {
        assert_eq!(page["total"], seqs.len(), "{query}");
    }
    seqs
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_filtered_and_sorted() {
    let node = node_with(&three()).await;
    let all = node.get(LIST).await.json();
    assert_eq!(all["notice"], "不得仅凭比对结果停发或追缴。");
    assert_eq!(
        (&all["rules"], &all["peers"]),
        (&json!(["X1", "X3"]), &json!(["县总工会", "县残疾人联合会"]))
    );
    assert_eq!(all["findings"][0]["finding"]["person"], "29**************0X");
    for (query, expected) in [
        // Key groups first.
        ("", vec![2, 1, 3]),
        ("descending=true", vec![3, 1, 2]),
        ("rule=X1", vec![3]),
        ("peer=%E5%8E%BF%E6%80%BB%E5%B7%A5%E4%BC%9A", vec![3]),
        ("key_group=yes", vec![2]),
        ("key_group=no", vec![1, 3]),
        ("min_fen=65050", vec![1, 3]),
        ("min_fen=65051", vec![3]),
        ("max_fen=65050", vec![1]),
        ("from=2026-08", vec![3]),
        ("from=2026-09", vec![3]),
        ("from=2026-10", vec![]),
        ("until=2026-07", vec![2, 1]),
        // What has no sum comes last, whichever way.
        ("sort=fen", vec![1, 3, 2]),
        ("sort=fen&descending=true", vec![3, 1, 2]),
        ("sort=month&descending=true", vec![3, 2, 1]),
        ("sort=rule", vec![3, 2, 1]),
        ("kind=duplicate", vec![2, 1, 3]),
        ("kind=lead", vec![]),
        ("clues=true", vec![]),
        ("stage=stage_open", vec![2, 1, 3]),
        ("stage=stage_taken,stage_told", vec![]),
        ("limit=2", vec![2, 1]),
        ("limit=2&after=2", vec![3]),
    ] {
        assert_eq!(seqs(&node, query).await, expected, "{query}");
    }
    // Nobody has taken them within five working days of 2 March 2026.
    assert_eq!(seqs(&node, "late=true").await, [2, 1, 3]);
    assert_eq!(node.get(LIST).await.json()["late"], 3);
    for wrong in ["stage=x", "kind=x", "from=x", "sort=x", "limit=-1", "other=1"] {
        let refused = node.get(&format!("{LIST}?{wrong}")).await;
        assert!(refused.status.is_client_error(), "{wrong}: {}", refused.status);
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_what_was_done_since() {
    // Two findings of one person and rule are the same: what corrects one keeps the other away.
    let mut findings = three();
    findings.push(findings[0].clone());
    let node = node_with(&findings).await;
    assert_eq!(seqs(&node, "stage=stage_open").await, [2, 1, 3, 4]);
    done(&node, WANG, 3, "2026-03-03", &taken()).await;
    assert_eq!(seqs(&node, "stage=stage_open").await, [2, 1, 4]);
    let mine = format!("owner={}", percent(WANG));
    assert_eq!(seqs(&node, &mine).await, [3]);
    assert_eq!(seqs(&node, "owner=nobody").await, Vec::<u64>::new());
    done(&node, WANG, 1, "2026-03-03", &taken()).await;
    done(&node, WANG, 1, "2026-03-04", &verified("refuted")).await;
    assert_eq!(seqs(&node, "stage=stage_verified").await, [1]);
    let lawful = json!({ "decided": { "decision": { "lawful": {} }, "authority": "县民政局", "document": "民决〔2026〕1号", "reason": "不属实" } });
    done(&node, WANG, 1, "2026-03-04", &lawful).await;
    assert_eq!(seqs(&node, "stage=stage_decided").await, [1]);
    assert_eq!(seqs(&node, "objected=true").await, Vec::<u64>::new());
    let objected = json!({ "objected": { "document": "异议书1号", "reason": "两人一号" } });
    done(&node, WANG, 1, "2026-03-05", &objected).await;
    assert_eq!(seqs(&node, "objected=true").await, [1]);
    assert_eq!(seqs(&node, "objected=false").await.len(), 4);
    let corrected = json!({ "corrected": { "authority": "县民政局", "document": "民更〔2026〕1号", "reason": "两人一号" } });
    done(&node, "李主任", 1, "2026-03-05", &corrected).await;
    assert_eq!(seqs(&node, "objected=true").await, Vec::<u64>::new());
    assert_eq!(seqs(&node, "stage=stage_corrected").await, [1, 4]);
    assert_eq!(seqs(&node, "stage=stage_open,stage_taken").await, [2, 3]);
    let shown = node.get(&format!("{LIST}?stage=stage_corrected")).await.json();
    let before = &shown["findings"][1]["finding"]["review"]["corrected_before"];
    assert_eq!(before["seq"], 1);
    assert_eq!(shown["findings"][1]["finding"]["due"], Value::Null);
    node.stop().await;
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A number of the region that no person has, with its check digit (GB 11643-1999).
fn number(n: u64) -> String {
    let (day, serial) = (n / 1000, n % 1000);
    let body = format!(
        "290105{}{:02}{:02}{serial:03}",
        1950 + day / 336,
        1 + day / 28 % 12,
        1 + day % 28
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| usize::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", char::from(b"10X98765432"[sum % 11]))
}

/// Prints how long lists of 100,000 findings take: once the node has read them, each within 300 ms in a release build.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; takes a minute in a debug build"]
async fn a_hundred_thousand_findings_are_listed_in_time() {
    let rules: [RuleId; 3] = ["X1", "X3", "X8"].map(|rule| rule.parse().unwrap());
    let findings: Vec<Finding> = (0..100_000_u64)
        .map(|n| Finding {
            rule: Some(rules[n as usize % rules.len()].clone()),
            to_verify: Some(Fen((n * 7919 % 500_000) as i64)),
            ..finding(&number(n), n + 2)
        })
        .collect();
    let node = node_with(&findings).await;
    let begun = Instant::now();
    node.get(LIST).await;
    eprintln!("read once after the start: {:?}", begun.elapsed());
    done(&node, WANG, 77, "2026-03-03", &taken()).await;
    let mut slowest = Duration::ZERO;
    for query in [
        "",
        "after=50000",
        "rule=X3",
        "stage=stage_taken",
        "min_fen=100000&max_fen=200000",
        "key_group=no&late=true",
        "sort=fen&descending=true",
        "sort=due",
        "sort=month",
        "sort=peer&after=99900",
    ] {
        let begun = Instant::now();
        let page = node.get(&format!("{LIST}?{query}")).await;
        let took = begun.elapsed();
        assert_eq!(page.status, StatusCode::OK);
        eprintln!("{took:?} for {query:?}, {} KiB", page.bytes.len() >> 10);
        slowest = slowest.max(took);
    }
    let begun = Instant::now();
    node.get(&crate::reviews::path(99_999, "")).await;
    eprintln!("{:?} for one finding", begun.elapsed());
    let budget = if cfg!(debug_assertions) { 10 } else { 1 };
    assert!(slowest < Duration::from_millis(300) * budget, "{slowest:?}");
    node.stop().await;
}
