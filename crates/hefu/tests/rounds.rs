//! Rounds whose peer is away, nodes that come back from a backup, keys that are renewed: as an operator sees them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::node::{Node, Serving, draft, two};
use common::{hefu, number, write};

/// Two nodes with three people each, two of them in common, and what they have agreed on.
fn agreed(dir: &Path) -> ([Node; 2], [Serving; 2], String) {
    let (civil, federation) = two(dir);
    let serving = [civil.serve(), federation.serve()];
    civil.meet(&federation);
    federation.meet(&civil);
    civil.import_people("extreme_poverty", (0..3).map(number));
    federation.import_people("disabled_living", (1..4).map(number));
    let agreement = civil.agree(&federation, &draft(4));
    ([civil, federation], serving, agreement)
}

#[test]
fn a_round_waits_for_a_peer_that_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let ([civil, federation], [_serving, peer], agreement) = agreed(dir.path());
    assert_eq!(peer.told("-TERM"), Some(0));

    let started = civil.json(&["round", "run", &agreement, "--no-wait"]);
    let first = started["round"].as_str().unwrap();
    while civil.json(&["round", "show", first])["interrupted"].is_null() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let shown = civil.shown(&["round", "show", &first[..8]]);
    assert!(shown.contains("等待连接，会自动继续"), "{shown}");
    let again = civil.run(&["round", "run", &agreement, "--json"]).failure();
    assert_eq!(again, (5, "round_already_open".to_owned()));
    civil.json(&["round", "cancel", &first[..6]]);
    let cancelled = civil.shown(&["round", "show", first]);
    assert!(cancelled.contains("操作人员取消了这一轮比对"), "{cancelled}");

    // Whoever waits is told once, and then gets the findings all the same.
    let mut waiting = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .args(["--lang", "zh", "round", "run", &agreement, "--node"])
        .arg(&civil.folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let mut stderr = BufReader::new(waiting.stderr.take().unwrap());
    stderr.read_line(&mut told).unwrap();
    assert!(told.contains("县残疾人联合会暂时不可达，节点会继续"), "{told}");
    let _back = federation.serve();
    let output = waiting.wait_with_output().unwrap();
    assert!(output.status.success());
    let done = String::from_utf8(output.stdout).unwrap();
    assert!(done.contains("已完成"), "{done}");
    let rounds = civil.json(&["round", "list"]);
    let newest = rounds["rounds"][0]["id"].as_str().unwrap();
    assert_eq!(civil.findings(&newest[..12]).len(), 2);
}

#[test]
fn an_agreement_waits_for_a_peer_that_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let ([civil, federation], [_serving, peer], agreement) = agreed(dir.path());
    assert_eq!(peer.told("-TERM"), Some(0));
    let second = draft(4).replace("1号", "2号");
    let file = write(&civil.dir, "second.toml", second);
    let said = civil.shown(&["agreement", "draft", file.to_str().unwrap()]);
    assert!(said.contains("暂未送达"), "{said}");
    let wrong = write(
        &civil.dir,
        "wrong.toml",
        draft(4).replace("县残疾人联合会", "县残联"),
    );
    let unknown = civil.run(&["agreement", "draft", wrong.to_str().unwrap(), "--json"]);
    assert_eq!(unknown.failure(), (2, "name_unknown".to_owned()));

    let _back = federation.serve();
    let signed = civil.json(&["agreement", "sign", "联席〔2026〕2号", "--yes"]);
    assert_eq!(signed["delivered"], true);
    let there = federation.json(&["agreement", "show", "联席〔2026〕2号"]);
    assert_ne!(there["summary"]["digest"].as_str().unwrap()[..12], agreement);
    let refused = federation.shown(&[
        "agreement",
        "refuse",
        "联席〔2026〕2号",
        "--reason",
        "人数上限过高",
    ]);
    assert!(refused.contains("已送达对方"), "{refused}");
    let told = civil.json(&["agreement", "show", "联席〔2026〕2号"]);
    assert_eq!(told["summary"]["reason"], "人数上限过高");
}

#[test]
fn a_backup_in_another_place_brings_the_node_back_with_its_budgets_locked() {
    let dir = tempfile::tempdir().unwrap();
    let ([civil, federation], [own, _peer], agreement) = agreed(dir.path());
    let backup = dir.path().join("backup");
    let backup = backup.to_str().unwrap();
    // What the peer has open when the backup is made is void once it is back.
    civil.json(&["backup", backup]);
    let twice = civil.run(&["backup", backup, "--json"]).failure();
    assert_eq!(twice.0, 1);
    assert_eq!(own.told("-TERM"), Some(0));

    let elsewhere = dir.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    write(&elsewhere, "letter.txt", "not a node's");
    let restore = |folder: &Path, more: &[&str]| {
        let node = ["restore", backup, "--node", folder.to_str().unwrap()];
        hefu(node.iter().chain(more))
    };
    let spared = restore(&elsewhere, &["--json"]).failure();
    assert_eq!(spared, (3, "restore_not_a_node".to_owned()));
    assert!(elsewhere.join("letter.txt").exists());
    let wrong = write(dir.path(), "wrong.key", [7; 32]);
    Command::new("chmod").arg("600").arg(&wrong).status().unwrap();
    let anew = dir.path().join("anew");
    let closed = restore(&anew, &["--json", "--key-file", wrong.to_str().unwrap()]).failure();
    assert_eq!(closed.1, "vault_wrong_key");
    assert!(!anew.exists());

    let restored = restore(&anew, &["--json"]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert_eq!(restored.json()["budgets_locked"], true);
    assert_eq!(restored.json()["replaced"], serde_json::Value::Null);
    let civil = civil.moved_to(&anew);
    let serving = civil.serve();
    assert_eq!(civil.json(&["audit", "verify"])["intact"], true);
    assert!(civil.shown(&["ledger"]).contains("本月已锁定"));
    civil.json(&["ledger", "unlock", "--reason", "联席会议决定"]);
    assert!(!civil.shown(&["ledger"]).contains("本月已锁定"));
    civil.json(&["round", "run", &agreement]);
    assert_eq!(
        federation.json(&["ledger", "--debits"])["debits"][0]["elements"],
        3
    );

    // Once more over what is there: it is kept, and nothing is locked.
    assert_eq!(serving.told("-TERM"), Some(0));
    let over = restore(&anew, &["--json"]).json();
    assert_eq!(over["budgets_locked"], false);
    assert!(
        Path::new(over["replaced"].as_str().unwrap())
            .join("hefu.db")
            .exists()
    );
}

#[test]
fn a_new_tls_key_needs_a_node_at_rest_and_a_new_card() {
    let dir = tempfile::tempdir().unwrap();
    let ([civil, federation], [own, _peer], agreement) = agreed(dir.path());
    let card = |node: &Node| node.json(&["peer", "card"])["fingerprint"].clone();
    let before = card(&civil);
    let in_use = civil.run(&["peer", "renew", "--json"]).failure();
    assert_eq!(in_use, (1, "store_in_use".to_owned()));
    assert_eq!(own.told("-TERM"), Some(0));
    let said = civil.shown(&["peer", "renew"]);
    assert!(said.contains("重新核对指纹"), "{said}");
    let _serving = civil.serve();
    assert_ne!(card(&civil), before);
    federation.meet(&civil);
    assert_eq!(
        civil.json(&["doctor", "--peer", "县残疾人联合会"])["checks"]
            .as_array()
            .unwrap()
            .len(),
        12
    );
    let shown = federation.json(&["agreement", "show", &agreement]);
    assert_eq!(shown["summary"]["state"], "signed");
    assert_eq!(civil.json(&["round", "run", &agreement])["state"], "done");
}
