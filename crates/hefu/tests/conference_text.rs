//! From the command line: an office drafts a conference's text, members sign it, it is printed; the ledger goes out as a
//! workbook and an old one comes in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod common;

use common::node::Node;
use common::write;

const SAMPLE: &str = include_str!("../samples/framework.toml");
const MAPPING: &str = include_str!("../samples/ledger.toml");

/// The sample's first annex for these two, valid from today on.
fn draft() -> String {
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
        .date();
    let end = today.saturating_add(jiff::Span::new().days(300));
    let first = SAMPLE
        .split("[[annexes]]")
        .take(2)
        .collect::<Vec<_>>()
        .join("[[annexes]]");
    first
        .replace("\"县人民检察院\", \"县人民法院\", ", "")
        .replace("2026-10-01", &today.to_string())
        .replace("2027-09-30", &end.to_string())
}

#[test]
fn a_text_and_a_ledger_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let office = Node::made(dir.path(), "office", "县联席会议办公室", "conference_office");
    let (civil, federation) = common::node::two(dir.path());
    let running = [office.serve(), civil.serve(), federation.serve()];
    for member in [&civil, &federation] {
        member.meet(&office);
        office.meet(member);
    }
    civil.meet(&federation);
    federation.meet(&civil);
    let id = office.json(&["conference", "found", "县联席会议"])["conference"]
        .as_str()
        .unwrap()
        .to_owned();
    for member in [&civil, &federation] {
        office.json(&["conference", "enrol", member.name]);
        member.json(&["conference", "follow", &id, "--office", office.name]);
        member.json(&["conference", "sync"]);
    }

    let file = write(&office.dir, "framework.toml", draft());
    let shown = office.shown(&["conference", "draft", file.to_str().unwrap()]);
    assert!(
        shown.contains("附件1") && shown.contains("县民政局\n  - ") && !shown.contains("learn_"),
        "{shown}"
    );
    let no = civil.run(&["conference", "draft", file.to_str().unwrap()]);
    assert_eq!(
        (no.code, no.stdout.contains("conference_")),
        (5, false),
        "{}",
        no.stderr
    );
    for member in [&civil, &federation] {
        member.json(&["conference", "sync"]);
        let signed = member.shown(&["conference", "sign", "--yes"]);
        assert!(signed.contains("已签署"), "{signed}");
        member.json(&["conference", "sync"]);
    }
    let scan = write(&civil.dir, "scan.pdf", "扫描件");
    let stamp = [
        "conference",
        "stamp",
        "--document",
        "县民〔2026〕8号",
        "--scan",
        scan.to_str().unwrap(),
    ];
    let stamped = civil.json(&stamp);
    let party = &stamped["parties"][1];
    // As sha256sum says.
    assert_eq!(party["document"], "县民〔2026〕8号");
    assert_eq!(
        party["scan"],
        "d8c5ccb5b51ace062bab5d83614d05710115b4f02adf6094ce9b7f8e770a575a"
    );
    civil.json(&["conference", "sync"]);
    let shown = office.json(&["conference", "show"]);
    let states: Vec<_> = shown["summary"]["parties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|party| &party["state"])
        .collect();
    assert_eq!(states, ["office", "signed", "signed"]);
    assert_eq!(shown["summary"]["in_force"], true);
    let out = office.dir.join("text.html");
    let print = ["conference", "print", "--out", out.to_str().unwrap()];
    office.json(&print);
    let page = std::fs::read_to_string(&out).unwrap();
    let digest = shown["summary"]["framework"].as_str().unwrap();
    assert!(
        page.contains(digest) && page.contains("签署页") && page.contains("县民〔2026〕8号"),
        "{page}"
    );
    // Never over a file that is there.
    assert_eq!(office.run(&print).code, 3);

    let mapping = MAPPING.replace("县检\" = \"县人民检察院", "残联\" = \"县残疾人联合会");
    let mapping = write(&office.dir, "ledger.toml", mapping);
    let rows = "移送单位,接收单位,事项,文号,登记时间,办理时限,办理情况,处理结果,办结时间,姓名\n\
        县民政局,残联,移送,县民移〔2025〕3号,2025-03-02,2025-04-01,在办,,,某人\n\
        县民政局,县医保局,移送,,2025-03-02,,在办,,,某人\n";
    let old = write(&office.dir, "old.csv", rows);
    let list = office.dir.join("refused.csv");
    let import = [
        "conference",
        "ledger",
        "import",
        old.to_str().unwrap(),
        "--mapping",
        mapping.to_str().unwrap(),
    ];
    let looked = office.json(&[&import[..], &["--conflicts", list.to_str().unwrap()]].concat());
    assert_eq!(
        (
            looked["applied"].as_bool(),
            looked["changes"].as_array().unwrap().len()
        ),
        (Some(false), 1)
    );
    assert_eq!(looked["refused"][0]["why"], "seat_unknown");
    assert!(std::fs::read_to_string(&list).unwrap().contains("\n3,,接收单位,"));
    office.json(&[&import[..], &["--apply"]].concat());
    civil.json(&["conference", "sync"]);
    let book = civil.dir.join("ledger.xlsx");
    let exported = civil.json(&["conference", "ledger", "export", "--out", book.to_str().unwrap()]);
    assert_eq!(exported["lines"], 1);
    let back = civil.shown(&["conference", "ledger", "import", book.to_str().unwrap()]);
    assert!(back.contains("未改动 1 行"), "{back}");
    drop(running);
}
