//! A case worker checks people before they are paid: from a file or from standard input, with a receipt for the case file.

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

use common::node::{draft, files_under, two};
use common::{number, write};

#[test]
fn people_are_checked_before_they_are_paid() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, federation) = two(dir.path());
    let _serving = [civil.serve(), federation.serve()];
    civil.meet(&federation);
    federation.meet(&civil);
    federation.import_people("disabled_living", (1..4).map(number));
    let text = draft(4)
        .replace("\"duplicates\"", "\"precheck\"")
        .replace("rounds_a_month = 4\n", "checks_a_day = 2\n")
        .replace("max_own_elements = 20_000\n", "");
    let agreement = civil.agree(&federation, &text);
    let shown = federation.shown(&["agreement", "show", &agreement]);
    assert!(
        shown.contains("看不出查的是几个人") && shown.contains("256"),
        "{shown}"
    );

    // The case file is asked for, and so is an authority.
    let table = format!(
        "证件号码,救助项目,起始月份\n{},特困供养,2026-07\n{},特困供养,2026-07\n",
        number(1),
        number(9)
    );
    let people = write(&civil.dir, "people.csv", &table);
    let people = people.to_str().unwrap();
    let bare = civil.run(&["precheck", "run", "--people", people, "--case-file", "卷1"]);
    assert_eq!(bare.code, 2, "{}", bare.stderr);
    let out = civil.dir.join("receipts");
    std::fs::create_dir(&out).unwrap();
    let consent = [
        "--consent",
        "授权书〔2026〕1号",
        "--case-file",
        "民低申〔2026〕1号",
    ];
    let run = [
        &[
            "precheck",
            "run",
            "--people",
            people,
            "--out",
            out.to_str().unwrap(),
        ],
        &consent[..],
    ]
    .concat();
    let said = civil.shown(&run);
    for words in [
        "疑似重复：如给付，须先核实。 规则 X3，月份 2026-07。",
        "未见对应记录（以所比规则、项目、月份为限）。",
        "不得仅凭查重结果拒绝受理",
        "查重回执已写入",
    ] {
        assert!(said.contains(words), "{said}");
    }

    // From standard input, and on a duty; the second of the day is the last.
    let mut child = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .args(["--json", "--actor", "王科长", "--node"])
        .arg(&civil.folder)
        .args([
            "precheck",
            "run",
            "--people",
            "-",
            "--case-file",
            "民低申〔2026〕2号",
        ])
        .args([
            "--law",
            "社会救助暂行办法",
            "--article",
            "第五十八条",
            "--document",
            "申请〔2026〕2号",
        ])
        .args(["--agreement", "联席〔2026〕1号"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let view: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdicts = ["0", "1"].map(|person| view.pointer(&format!("/results/{person}/at/0/verdict")).unwrap());
    assert_eq!(verdicts, ["would_break", "no_record"]);
    let spent = civil.run(&[&run[..], &["--json"]].concat()).failure();
    assert_eq!(spent, (5, "budget_checks_spent".to_owned()));
    let list = civil.json(&["precheck", "list"]);
    assert_eq!(list["today"][0]["left"], 0);
    assert_eq!(federation.json(&["precheck", "list"])["today"][0]["used"], 2);

    // The receipt holds by itself, and its page says the same.
    let mut files = files_under(&out);
    files.sort();
    let [page, signed] = &files[..] else {
        panic!("{files:?}")
    };
    let card = civil.dir.join("card.json");
    let verify = |file: &std::path::Path| {
        civil.run(&[
            "precheck",
            "verify",
            file.to_str().unwrap(),
            "--card",
            card.to_str().unwrap(),
            "--json",
        ])
    };
    assert_eq!(verify(signed).json()["signer"], "县民政局");
    let page = std::fs::read_to_string(page).unwrap();
    for words in [
        "受理查重回执",
        "民低申〔2026〕1号",
        "本人授权：授权书〔2026〕1号",
        "王科长",
        "不得仅凭比对结果停发或追缴",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let mut changed = std::fs::read(signed).unwrap();
    let at = changed.windows(9).position(|part| part == b"no_record").unwrap();
    changed[at..at + 2].copy_from_slice(b"on");
    let changed = write(&civil.dir, "changed.json", String::from_utf8(changed).unwrap());
    assert_eq!(verify(&changed).code, 3);

    // Nobody's number was printed, logged or written down.
    for text in [civil.said(), civil.logged(), federation.logged(), page] {
        assert!(!text.contains(&number(1)) && !text.contains(&number(9)));
    }
}
