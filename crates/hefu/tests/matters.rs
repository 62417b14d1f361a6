//! The ledger of people who are sent on, as officers keep it on the command line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::io::Write as _;
use std::process::{Command, Stdio};

use common::node::Node;
use common::{number, write};

/// Where a transfer goes.
const ENDS: [&str; 10] = [
    "--place",
    "290101",
    "--other",
    "县民政局",
    "--other-role",
    "civil_affairs",
    "--other-place",
    "290101",
    "--on",
    "2026-09-24",
];

#[test]
fn a_transfer_from_its_opening_until_it_is_late() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::made(dir.path(), "procuratorate", "县人民检察院", "procuratorate");
    let serving = node.serve();
    // A copy brings spaces and a line end along.
    let paper = write(&node.dir, "号码.txt", format!(" {}\n", number(1)));
    let open = |ledger: &'static str, more: &[&'static str]| {
        [&["referral", "open", ledger], &ENDS[..], more].concat()
    };
    let from = ["--trigger", "still-poor", "--number-from"];
    let mut opening = open("移1", &from);
    opening.push(paper.to_str().unwrap());
    let shown = node.shown(&opening);
    assert!(shown.contains("移1") && shown.contains("已决定移送"), "{shown}");
    assert_eq!(
        node.run(&[&opening[..], &["--json"]].concat()).failure(),
        (3, "matter_exists".to_owned())
    );
    // Nobody is named, or two ways at once; and a number itself is no argument.
    for whose in [
        &["--trigger", "still-poor"][..],
        &[
            "--trigger",
            "still-poor",
            "--same-as",
            "移1",
            "--number-from",
            "-",
        ],
        &["--trigger", "still-poor", "--number", "290105194912310028"],
    ] {
        assert_eq!(node.run(&open("移2", whose)).code, 2, "{whose:?}");
    }
    for paper in ["case-facts", "aid-given", "recommendation"] {
        let on = ["--on", "2026-09-24", "--document", "附件"];
        node.shown(&[&["referral", "file", "移1", "--paper", paper], &on[..]].concat());
    }
    let sent = [
        "referral",
        "send",
        "移1",
        "--letter",
        "合检救助移〔2026〕7号",
        "--on",
    ];
    let sent = node.shown(&[&sent[..], &["2026-09-24"]].concat());
    // Five working days from Thursday 24 September 2026: 28, 29, 30, then 8 and 9 October.
    assert!(sent.contains("签收") && sent.contains("2026-10-09"), "{sent}");
    let late = |on: &str| node.shown(&["referral", "overdue", "--on", on]);
    assert!(late("2026-10-09").contains("没有逾期事项"));
    assert!(late("2026-10-10").contains("移1"));
    // Written another way, it is the same one; the same person once more, from standard input.
    let show = node.shown(&["referral", "show", "移１"]);
    assert!(
        show.contains("合检救助移〔2026〕7号") && show.contains("移送"),
        "{show}"
    );
    let typed = piped(&node, &[&open("移2", &from)[..], &["-"]].concat(), &number(2));
    assert!(typed.contains("移2"), "{typed}");
    let wrong = piped(
        &node,
        &[&open("移3", &from)[..], &["-"]].concat(),
        "290105194912310021",
    );
    assert!(wrong.contains("证件号码有误"), "{wrong}");
    let same = node.shown(&open("移4", &["--trigger", "not-eligible", "--same-as", "移2"]));
    assert!(same.contains("移4"), "{same}");

    let list = node.shown(&["referral", "list"]);
    for ledger in ["移1", "移2", "移4"] {
        assert!(list.contains(ledger), "{list}");
    }
    let due = node.json(&["referral", "list", "--due"]);
    assert_eq!(due["total"], 1);
    let registered = node.shown(&["referral", "register"]);
    assert!(registered.contains("共 1 条"), "{registered}");
    let unknown = node.run(&["referral", "show", "移9", "--json"]);
    assert_eq!(unknown.failure(), (3, "node_missing".to_owned()));
    let log = node.dir.join("log.jsonl");
    node.json(&["audit", "export", "--out", log.to_str().unwrap()]);
    assert_eq!(serving.told("-TERM"), Some(0));
    let everything = node.said() + &typed + &wrong + &node.logged() + &std::fs::read_to_string(log).unwrap();
    for number in [number(1), number(2), "290105194912310021".to_owned()] {
        assert!(!everything.contains(&number), "{everything}");
    }
}

/// What it says where a number comes through a pipe.
fn piped(node: &Node, args: &[&str], number: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .args(["--node", node.folder.to_str().unwrap(), "--actor", "王科长"])
        .args(args)
        .args(["--lang", "zh"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{number}").unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}
