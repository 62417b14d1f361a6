//! 协查 as officers see it: two nodes that run, and two people who approve.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::time::{Duration, Instant};

use common::node::{Node, draft, files_under, two};
use common::{Run, hefu, number};
use serde_json::Value;

const DOCUMENT: &str = "某民协查〔2026〕1号";

/// As [`Node::run`], by somebody.
fn by(node: &Node, actor: &str, args: &[&str]) -> Run {
    let who = [
        "--node",
        node.folder.to_str().unwrap(),
        "--actor",
        actor,
        "--json",
    ];
    hefu(who.iter().chain(args))
}

fn done(node: &Node, actor: &str, args: &[&str]) -> Value {
    let run = by(node, actor, args);
    assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    run.json()
}

/// What the list comes to once its only inquiry is so far.
fn once(node: &Node, stage: &str) -> Value {
    let patience = Instant::now();
    loop {
        let list = node.json(&["inquiry", "list"]);
        if list["inquiries"][0]["stage"] == stage {
            return list["inquiries"][0].clone();
        }
        assert!(patience.elapsed() < Duration::from_secs(30), "{list}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_question_is_drafted_released_by_two_and_answered() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, federation) = two(dir.path());
    let _serving = [civil.serve(), federation.serve()];
    civil.meet(&federation);
    federation.meet(&civil);
    civil.import_people("extreme_poverty", (0..3).map(number));
    federation.import_people("disabled_living", (1..4).map(number));
    let agreement = civil.agree(&federation, &draft(4));
    civil.json(&["round", "run", &agreement]);
    let rounds = civil.json(&["round", "list"]);
    let round = rounds["rounds"][0]["id"].as_str().unwrap().to_owned();
    let person = civil.json(&["finding", "show", &round, "1"])["finding"]["person"].clone();

    let ask = [
        "inquiry",
        "draft",
        &round,
        "1",
        "--document",
        DOCUMENT,
        "--days",
        "10",
    ];
    let until = |days: i64| {
        let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
        now.date()
            .checked_add(jiff::Span::new().days(days))
            .unwrap()
            .to_string()
    };
    let last = until(12);
    let in_words = [&ask[..], &["--until", &last, "--question", "请核对"]].concat();
    assert_eq!(by(&civil, "王科长", &in_words).failure().1, "kept_back");
    let drafted = done(&civil, "王科长", &[&ask[..], &["--until", &last]].concat());
    assert_eq!(drafted["inquiry"]["person"], person);
    let item = drafted["inquiry"]["item"].as_str().unwrap().to_owned();
    let facts = civil.dir.join("facts.toml");
    let letter = ["inquiry", "letter", DOCUMENT, "--out", facts.to_str().unwrap()];
    assert_eq!(by(&civil, "王科长", &letter).failure().1, "inquiry_not_released");

    let approve = ["inquiry", "approve", DOCUMENT];
    assert_eq!(
        done(&civil, "王科长", &approve)["inquiry"]["stage"],
        "inquiry_stage_approved"
    );
    assert_eq!(by(&civil, "王科长", &approve).failure().1, "same_approver");
    let shown = civil.shown(&["inquiry", "show", DOCUMENT]);
    assert!(shown.contains("由另一人签发"), "{shown}");
    assert!(civil.shown(&["ledger", "disclosures"]).contains("没有提供过"));
    done(&civil, "李主任", &approve);
    let ledger = civil.json(&["ledger", "disclosures"]);
    let line = &ledger["disclosures"][0];
    assert_eq!(
        [
            &line["approved_by"],
            &line["released_by"],
            &line["item"],
            &line["person"]
        ],
        [
            &Value::from("王科长"),
            &"李主任".into(),
            &item.as_str().into(),
            &person
        ]
    );
    assert!(ledger["disclosures"][1].is_null());
    let listed = civil.shown(&["ledger", "disclosures"]);
    assert!(
        listed.contains("证件号码、证件种类、规则、月份、文号"),
        "{listed}"
    );

    // At the other agency, under the same number.
    let came = once(&federation, "reply_stage_received");
    assert_eq!(came["item"], item.as_str());
    let seen = federation.json(&["inquiry", "show", &item]);
    assert_eq!(seen["records"]["suggested"], "paid_then");
    assert_eq!(seen["records"]["rows"].as_array().unwrap().len(), 1);
    let shown = federation.shown(&["inquiry", "show", &item[..8]]);
    assert!(shown.contains("本单位的登记提示：确有发放"), "{shown}");
    done(&federation, "赵科员", &["inquiry", "take", &item]);
    let answer = |more: &[&'static str]| {
        let said = [
            "inquiry",
            "answer",
            &item,
            "--answer",
            "other-person",
            "--document",
            "残复1号",
        ];
        by(&federation, "赵科员", &[&said[..], more].concat())
    };
    assert_eq!(answer(&["--text", "另有其人"]).failure().1, "kept_back");
    assert_eq!(answer(&[]).code, 0);

    once(&civil, "inquiry_stage_answered");
    let follows = "并非同一人：两人共用一个号码。请据此记录核实结果";
    for shown in [
        civil.shown(&["finding", "show", &round, "1"]),
        civil.shown(&["finding", "history", &round, "1"]),
    ] {
        assert!(shown.contains(follows) && shown.contains(DOCUMENT), "{shown}");
    }
    let page = civil.dir.join("record.txt");
    civil.json(&["finding", "record", &round, "1", "--out", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains(&format!("向县残疾人联合会发函（{DOCUMENT}）")),
        "{page}"
    );
    assert!(!civil.shown(&["finding", "show", &round, "2"]).contains(DOCUMENT));

    done(&civil, "王科长", &letter);
    let facts = std::fs::read_to_string(facts).unwrap();
    for line in [
        format!("item = \"{item}\""),
        format!("number = \"{DOCUMENT}\""),
        "approval = \"披露台账第1号\"".to_owned(),
        format!("due = \"{last}\""),
        "person_number = \"\"".to_owned(),
    ] {
        assert!(facts.contains(&line), "{line}\n{facts}");
    }
    let close = ["inquiry", "close", &item, "--reason", "另行核实"];
    done(&civil, "王科长", &close);
    let open = civil.json(&["inquiry", "list", "--open"]);
    assert_eq!(open["inquiries"].as_array().unwrap().len(), 0);

    // Nobody's number was printed, logged, or stands in a file in clear.
    let numbers: Vec<String> = (0..4).map(number).collect();
    for node in [&civil, &federation] {
        let mut said = vec![node.said(), node.logged()];
        for file in files_under(&node.folder) {
            said.push(String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned());
        }
        for text in said {
            assert!(!numbers.iter().any(|number| text.contains(number)));
        }
    }
}
