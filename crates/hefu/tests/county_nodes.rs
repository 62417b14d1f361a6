//! The county's day by five separate processes: what the demonstration does in one, done by hand through the command
//! line. Findings are those that a plain join expects.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;

use common::found::finding;
use common::node::{Node, Serving};
use common::secret::Numbers;
use hefu::county;
use hefu_fixtures::conference::{ANNEXES, Annex, Leg, Purpose};
use hefu_fixtures::{Agency, LOCAL_RULES, SEED, all_numbers, expected};
use serde_json::Value;

#[test]
fn five_processes_find_what_a_plain_join_expects() {
    let dir = tempfile::tempdir().unwrap();
    let exports = hefu_fixtures::generate(SEED, &dir.path().join("exports")).unwrap();
    let expected = county::expectation().unwrap();
    let nodes: BTreeMap<Agency, Node> = Agency::ALL
        .into_iter()
        .map(|agency| {
            let (code, name) = (agency.code(), county::name(agency));
            let node = Node::made(dir.path(), code, name, code);
            std::fs::write(node.folder.join("rules.toml"), LOCAL_RULES).unwrap();
            (agency, node)
        })
        .collect();
    let serving: Vec<Serving> = nodes.values().map(Node::serve).collect();
    for (agency, node) in &nodes {
        for (_, other) in nodes.iter().filter(|(other, _)| *other != agency) {
            node.meet(other);
        }
    }
    for import in &exports.imports {
        let imported = nodes[&import.agency].import(import.dataset, &import.mapping, &import.files);
        let known = expected
            .datasets
            .iter()
            .find(|each| each.agency == import.agency.code() && each.dataset == import.dataset);
        let account = account(&imported["account"]);
        assert_eq!(account, known.unwrap().account, "{}", import.dataset);
    }

    let mut found = BTreeMap::new();
    for annex in &ANNEXES {
        let (receiver, sender) = (&nodes[&annex.receiver], &nodes[&annex.sender]);
        let agreement = receiver.agree(sender, &draft(annex));
        for leg in annex.legs() {
            found.insert(leg.key(), run(leg, &nodes[&leg.receiver], &agreement));
        }
    }
    for (agency, node) in &nodes {
        let quarter = ["--place", "290101", "--from", "2026-07", "--until", "2026-09"];
        let page = node.json(&[["finding", "local"].as_slice(), &quarter].concat());
        let mut findings: Vec<_> = page["findings"].as_array().unwrap().iter().map(finding).collect();
        findings.sort();
        found.insert(format!("local:{}", agency.code()), findings);
    }
    for (key, round) in &expected.rounds {
        assert_eq!(found.get(key), Some(&round.findings), "{key}");
    }
    assert_eq!(found.len(), expected.rounds.len());

    let numbers = all_numbers(&exports);
    let numbers = Numbers::new(numbers.iter().map(String::as_str));
    for node in nodes.values() {
        assert_eq!(node.json(&["audit", "verify"])["intact"], true);
        let log = node.dir.join("log.jsonl");
        node.json(&["audit", "export", "--out", log.to_str().unwrap()]);
        numbers.are_not_in(&std::fs::read(log).unwrap(), "an exported audit log");
    }
    for node in serving {
        assert_eq!(node.told("-TERM"), Some(0));
    }
    for node in nodes.values() {
        numbers.are_not_in(node.said().as_bytes(), node.name);
        assert!(node.logged().contains("serving"));
        numbers.are_not_in(node.logged().as_bytes(), node.name);
    }
}

fn run(leg: Leg, receiver: &Node, agreement: &str) -> Vec<expected::Finding> {
    let round = receiver.json(&["round", "run", agreement]);
    assert_eq!(round["state"], "done");
    let id = round["id"].as_str().unwrap();
    let mut findings: Vec<_> = receiver.findings(id).iter().map(finding).collect();
    findings.sort();
    let shown = receiver.shown(&["finding", "list", &id[..6]]);
    assert!(shown.contains("不得仅凭比对结果停发或追缴。"), "{shown}");
    let first = receiver.shown(&["finding", "show", &id[..6], "1"]);
    assert!(first.contains("不得仅凭比对结果停发或追缴。"), "{first}");
    if leg.purpose == Purpose::Referrals {
        for part in ["对方反馈", "已救助", "对方未登记"] {
            assert!(shown.contains(part), "{shown}");
        }
    }
    findings
}

fn draft(annex: &Annex) -> String {
    let quoted = |codes: &[&str]| {
        let each: Vec<_> = codes.iter().map(|code| format!("\"{code}\"")).collect();
        format!("[{}]", each.join(", "))
    };
    // Clocks of the two may differ by a day; the test must run on any day.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (from, until) = (
        today.yesterday().unwrap(),
        today.saturating_add(jiff::Span::new().days(300)),
    );
    let scheme = match annex.sender {
        Agency::Court | Agency::Police => "peer_case_scheme = \"criminal_case\"\n",
        _ => "",
    };
    format!(
        "number = \"县联席协〔2026〕{}-{}-{}\"\npurpose = \"{}\"\npeer = \"{}\"\nreceivers = \"{}\"\n\
         own_programmes = {}\npeer_programmes = {}\nrules = {}\n{scheme}\
         from = \"2026-07\"\nuntil = \"2026-09\"\nplace = \"290101\"\n\
         max_own_elements = 200_000\nmax_peer_elements = 200_000\n\
         valid_from = \"{from}\"\nexpires = \"{until}\"\n",
        annex.purpose.code(),
        annex.receiver.code(),
        annex.sender.code(),
        annex.purpose.code(),
        county::name(annex.sender),
        if annex.both { "both" } else { "own" },
        quoted(annex.programmes[0]),
        quoted(annex.programmes[1]),
        quoted(annex.rules),
    )
}

fn account(json: &Value) -> expected::Account {
    let count = |name: &str| json[name].as_u64().unwrap();
    let rejected = json["rejected"].as_object().unwrap().iter();
    expected::Account {
        rows_read: count("rows_read"),
        accepted: count("accepted"),
        rejected: rejected
            .map(|(reason, count)| (reason.clone(), count.as_u64().unwrap()))
            .collect(),
        blank: count("blank"),
        duplicates: count("duplicates"),
    }
}
