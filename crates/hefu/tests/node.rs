//! A node from its making to its end, as an operator does it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::path::Path;

use common::node::Node;
use common::{hefu, number, write};

const MAPPING: &str = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n\
    [programme]\nconstant = \"minimum_living\"\n[period]\nconstant = \"2026-07\"\n";

fn civil_affairs(dir: &Path) -> Node {
    Node::made(dir, "civil_affairs", "县民政局", "civil_affairs")
}

fn court(dir: &Path) -> Node {
    Node::made(dir, "court", "县人民法院", "court")
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn from_its_making_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let node = civil_affairs(dir.path());
    let serving = node.serve();
    let mapping = write(&node.dir, "mapping.toml", MAPPING);
    let export = write(
        &node.dir,
        "低保.csv",
        format!(
            "身份证号\n{}\n{}\n{}\n290105194912310021\n",
            number(1),
            number(2),
            number(1)
        ),
    );
    let imported = node.json(&[
        "import",
        "--name",
        "minimum_living",
        "--mapping",
        mapping.to_str().unwrap(),
        export.to_str().unwrap(),
    ]);
    let account = &imported["account"];
    assert_eq!(
        (
            &account["rows_read"],
            &account["accepted"],
            &account["duplicates"]
        ),
        (&4.into(), &3.into(), &1.into())
    );
    assert!(Path::new(imported["quarantine"].as_str().unwrap()).exists());
    assert!(is_empty(&node.folder.join("spool/uploads")));

    let list = node.json(&["dataset", "list"]);
    assert_eq!(list["datasets"][0]["name"], "minimum_living");
    assert_eq!(
        (&list["datasets"][0]["rows"], &list["datasets"][0]["persons"]),
        (&3.into(), &2.into())
    );
    let shown = node.run(&["dataset", "list", "--lang", "zh"]);
    assert!(
        shown.stdout.contains("minimum_living") && shown.stdout.contains("人数"),
        "{}",
        shown.stdout
    );

    let verified = node.json(&["audit", "verify"]);
    assert_eq!(verified["intact"], true);
    let log = node.dir.join("log.jsonl");
    node.json(&["audit", "export", "--out", log.to_str().unwrap()]);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("\"actor\":\"王科长\""), "{log}");
    for secret in [number(1), number(2)] {
        assert!(!log.contains(&secret));
    }

    let id = list["datasets"][0]["id"].to_string();
    node.json(&["dataset", "delete", &id]);
    let (code, failure) = node.run(&["dataset", "delete", &id, "--json"]).failure();
    assert_eq!((code, failure.as_str()), (3, "node_missing"));
    assert_eq!(serving.told("-TERM"), Some(0));

    // Interrupted it ends in order as well, and what it held is there again.
    let serving = node.serve();
    assert!(node.json(&["audit", "verify"])["head"]["seq"].as_u64() > verified["head"]["seq"].as_u64());
    assert_eq!(serving.told("-INT"), Some(0));
}

#[test]
fn cards_are_exchanged_by_fingerprint() {
    let dir = tempfile::tempdir().unwrap();
    let (court, civil) = (court(dir.path()), civil_affairs(dir.path()));
    let _serving = [court.serve(), civil.serve()];
    let card = court.dir.join("card.json");
    let card = card.to_str().unwrap();
    let fingerprint = court.json(&["peer", "card", "--out", card])["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let printed = court.run(&["peer", "card"]);
    assert_eq!(printed.stdout.trim_end(), std::fs::read_to_string(card).unwrap());
    assert!(printed.stderr.contains(&fingerprint));
    let wrong = civil.run(&["peer", "add", card, "--fingerprint", "00000", "--json"]);
    assert_eq!(wrong.failure(), (3, "api_fingerprint".to_owned()));
    let added = civil.json(&["peer", "add", card, "--fingerprint", &fingerprint]);
    assert_eq!(added["fingerprint"], fingerprint);
    assert_eq!(
        civil.json(&["peer", "list"])["peers"].as_array().unwrap().len(),
        1
    );
    let own = court.run(&["peer", "add", card, "--fingerprint", &fingerprint, "--json"]);
    assert_eq!(own.failure(), (3, "node_key_taken".to_owned()));
}

#[test]
fn without_a_running_node_it_is_said_how_to_start_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = civil_affairs(dir.path());
    let run = node.run(&["dataset", "list", "--lang", "zh"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("hefu serve --node"), "{}", run.stderr);
    let again = node.run(&[
        "init",
        "--json",
        "--name",
        "a",
        "--role",
        "court",
        "--address",
        "a:1",
    ]);
    assert_eq!(again.failure(), (3, "init_folder_used".to_owned()));
    let (code, failure) = hefu(["dataset", "list", "--json", "--node", node.dir.to_str().unwrap()]).failure();
    assert_eq!((code, failure.as_str()), (3, "config_read"));
}

/// Nothing is left behind by one that can't stand on a card.
#[test]
fn a_node_that_no_peer_could_reach_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("node");
    let key = write(dir.path(), "key", [7; 32]);
    std::process::Command::new("chmod")
        .arg("600")
        .arg(&key)
        .status()
        .unwrap();
    let init = |address: &str, operators: &str| {
        hefu([
            "init",
            "--json",
            "--node",
            folder.to_str().unwrap(),
            "--name",
            "县法院",
            "--role",
            "court",
            "--key-file",
            key.to_str().unwrap(),
            "--address",
            address,
            "--operators-listen",
            operators,
        ])
    };
    assert_eq!(init("no port", "127.0.0.1:1").failure().1, "card_field");
    assert_eq!(
        init("a:7600", "0.0.0.0:7601").failure(),
        (3, "config_not_loopback".to_owned())
    );
    assert!(!folder.exists());
    assert_eq!(init("a:7600", "127.0.0.1:7601").code, 0);
}

/// The first account is made on the machine itself, by the token.
#[test]
fn accounts_are_made_locked_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let node = civil_affairs(dir.path());
    let _serving = node.serve();
    let secret = "床前明月光疑是地上霜举头";
    let file = write(&node.dir, "密码.txt", format!("{secret}\n"));
    let file = file.to_str().unwrap();
    let add = |account, person, role| {
        node.run(&[
            "account",
            "add",
            account,
            "--role",
            role,
            "--person",
            person,
            "--password-file",
            file,
        ])
    };
    assert_eq!(add("wang.jianguo", "王建国", "it").code, 0);
    assert_eq!(add("li.si", "李四", "office").code, 0);
    let twice = add("wang2", "王建国", "compliance");
    assert_eq!(twice.code, 3);
    assert!(twice.stderr.contains("此人已有账号") || twice.stderr.contains("has an account"));
    assert_eq!(add("zhao", "赵六", "root").code, 2);
    let short = write(&node.dir, "短.txt", "short\n");
    let refused = node.run(&[
        "account",
        "password",
        "li.si",
        "--password-file",
        short.to_str().unwrap(),
    ]);
    assert_eq!(refused.code, 3);
    node.shown(&["account", "password", "li.si", "--password-file", file]);

    node.shown(&["account", "lock", "li.si"]);
    let list = node.shown(&["account", "list"]);
    let line = |name: &str| {
        list.lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert!(line("wang.jianguo").contains("信息技术人员") && line("wang.jianguo").contains("可登录"));
    assert!(line("li.si").contains("联席会议办公室") && line("li.si").contains("已锁定"));
    node.shown(&["account", "unlock", "li.si"]);
    node.shown(&["account", "remove", "li.si"]);
    let list = node.json(&["account", "list"]);
    assert_eq!(list["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(node.run(&["account", "lock", "li.si"]).code, 3);
    assert!(!node.said().contains(secret) && !node.logged().contains(secret));
}
