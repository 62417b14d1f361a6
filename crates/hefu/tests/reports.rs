//! Reports, explanations and records for the person concerned, as officers, auditors and the person get them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};

use calamine::{Data, Reader as _, Xlsx};
use common::node::{Node, Serving, draft, two};
use common::office::printed;
use common::secret::Numbers;
use common::{hefu, number};
use jiff::{Timestamp, ToSpan};

/// People of each side, three of whom are on one list only.
const PEOPLE: u64 = 10;
const IN_COMMON: u64 = 7;

struct Done {
    civil: Node,
    federation: Node,
    _serving: [Serving; 2],
    round: String,
    dir: tempfile::TempDir,
}

/// A round between two agencies, at its end.
fn done() -> Done {
    let dir = tempfile::tempdir().unwrap();
    let (civil, federation) = two(dir.path());
    civil.set(|settings| {
        let assessment = "number = \"影评〔2026〕3号\"\ndate = \"2026-03-02\"".parse::<toml::Table>();
        settings.insert("assessment".to_owned(), assessment.unwrap().into());
    });
    let serving = [civil.serve(), federation.serve()];
    civil.meet(&federation);
    federation.meet(&civil);
    civil.import_people("extreme_poverty", (0..PEOPLE).map(number));
    federation.import_people(
        "disabled_living",
        (PEOPLE - IN_COMMON..2 * PEOPLE - IN_COMMON).map(number),
    );
    let agreement = civil.agree(&federation, &draft(4));
    civil.json(&["round", "run", &agreement]);
    let rounds = civil.json(&["round", "list"]);
    let round = rounds["rounds"][0]["id"].as_str().unwrap().to_owned();
    Done {
        civil,
        federation,
        _serving: serving,
        round,
        dir,
    }
}

impl Done {
    /// The three files of a report.
    fn export(&self, form: &str) -> [PathBuf; 3] {
        let files = ["json", "html", "xlsx"].map(|kind| self.dir.path().join(format!("{form}.{kind}")));
        let [json, page, book] = files.each_ref().map(|file| file.to_str().unwrap());
        let args = [
            "report",
            "export",
            &self.round,
            "--form",
            form,
            "--out",
            json,
            "--page",
            page,
            "--xlsx",
            book,
        ];
        let said = self.civil.shown(&args);
        assert!(said.contains("不得仅凭比对结果停发或追缴"), "{said}");
        files
    }

    fn numbers(&self) -> Vec<String> {
        (0..2 * PEOPLE).map(number).collect()
    }
}

#[test]
fn a_report_is_verified_with_only_the_file_and_the_cards() {
    let done = done();
    let [json, page, book] = done.export("internal");
    let card = done.civil.dir.join("card.json");
    let other = done.federation.dir.join("card.json");
    // A folder in which there is no node.
    let elsewhere = tempfile::tempdir().unwrap();
    let verify = |args: &[&Path]| {
        let fixed = ["--lang", "zh", "report", "verify", "--node"].map(Path::new);
        hefu(fixed.iter().chain(&[elsewhere.path()]).chain(args).copied())
    };
    let both = verify(&[&json, "--card".as_ref(), &card, &other]);
    assert_eq!(both.code, 0, "{}", both.stderr);
    for said in [
        "未被改动",
        "县民政局（按所给名片）",
        "内部使用 第1份",
        "联席〔2026〕1号",
    ] {
        assert!(both.stdout.contains(said), "{}", both.stdout);
    }
    let alone = verify(&[&json]);
    assert!(
        alone.code == 0 && alone.stdout.contains("签名属于谁尚未核对"),
        "{}",
        alone.stdout
    );
    let stranger = verify(&[&json, "--card".as_ref(), &other]);
    assert!(
        stranger.code == 3 && stranger.stderr.contains("没有签署此报告的节点"),
        "{}",
        stranger.stderr
    );
    for made in [&page, &book] {
        let said = verify(&[made, "--card".as_ref(), &card]);
        assert!(
            said.code == 3 && said.stderr.contains("只有 JSON 文件有签名"),
            "{}",
            said.stderr
        );
    }
    let text = std::fs::read_to_string(&json).unwrap();
    let changed = elsewhere.path().join("changed.json");
    std::fs::write(&changed, text.replace("影评〔2026〕3号", "影评〔2026〕4号")).unwrap();
    let said = verify(&[&changed, "--card".as_ref(), &card]);
    assert!(
        said.code == 3 && said.stderr.contains("“影响评估”部分与签名时不同"),
        "{}",
        said.stderr
    );
}

#[test]
fn all_renderings_say_the_same_and_no_number() {
    let done = done();
    let numbers = done.numbers();
    let secrets = Numbers::new(numbers.iter().map(String::as_str));
    for form in ["internal", "submission"] {
        let [json, page, book] = done.export(form);
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        let html = std::fs::read_to_string(&page).unwrap();
        // Nothing is fetched from anywhere.
        for outside in [
            "http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "<img",
        ] {
            assert!(!html.contains(outside), "{outside}");
        }
        let verified = hefu(["report", "verify", "--json", json.to_str().unwrap()]).json();
        let digest = verified["digest"].as_str().unwrap();
        let cells = cells(&book);
        let items = report["sections"]["findings"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        assert_eq!(items.len() as u64, if form == "internal" { IN_COMMON } else { 0 });
        let items = items.iter().map(|line| line["item"].as_str().unwrap().to_owned());
        // 650 yuan each.
        let told = [
            digest,
            "联席〔2026〕1号",
            "影评〔2026〕3号，2026-03-02",
            "不得仅凭比对结果停发或追缴。",
            "以下均为疑点，尚待核实，不是结论。",
            "疑点：7；待核实金额（元）：4,550.00。同一笔款项只计一次。",
        ];
        for said in told.map(str::to_owned).into_iter().chain(items) {
            assert!(html.contains(said.as_str()), "{form}: no {said} on the page");
            let told = cells.iter().any(|cell| cell.contains(said.as_str()));
            assert!(told, "{form}: no {said} in the workbook");
        }
        assert!(cells.iter().any(|cell| cell == "4550"), "{form}");
        for (bytes, what) in
            [&json, &page].map(|file| (std::fs::read(file).unwrap(), file.display().to_string()))
        {
            secrets.are_not_in(&bytes, &what);
        }
        secrets.are_not_in(cells.join("\n").as_bytes(), "a workbook");
        printed(&[book, page]);
    }
    secrets.are_not_in(done.civil.said().as_bytes(), "what was printed");
}

#[test]
fn small_counts_stay_untold() {
    let done = done();
    // Another round on two people fewer than are told.
    done.civil
        .import_people("extreme_poverty", (PEOPLE - 3..PEOPLE).map(number));
    let agreements = done.civil.json(&["agreement", "list"]);
    let agreement = agreements["agreements"][0]["digest"].as_str().unwrap();
    done.civil.json(&["round", "run", agreement]);
    let rounds = done.civil.json(&["round", "list"]);
    let round = rounds["rounds"][0]["id"].as_str().unwrap().to_owned();
    let done = Done { round, ..done };
    let [json, page, book] = done.export("submission");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let tables = &report["sections"]["results"]["learned"];
    assert_eq!(tables["total"], serde_json::json!({ "withheld": {} }));
    assert_eq!(tables["by_rule"][0]["cell"], serde_json::json!({ "small": {} }));
    for withheld in ["matched", "by_month", "by_pair"] {
        assert!(tables[withheld].is_null(), "{withheld}");
    }
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("疑点：不列；待核实金额（元）：—"), "{html}");
    // Three times 650.
    assert!(!html.contains("1,950") && !cells(&book).iter().any(|cell| cell.contains("1950")));
}

#[test]
fn a_finding_is_explained_and_the_person_gets_a_record() {
    let done = done();
    let said = done.civil.shown(&["audit", "explain", &done.round[..12], "1"]);
    for step in [
        "一、比对了什么",
        "特困",
        "X3",
        "联席〔2026〕1号",
        "刚刚核验成立",
        "得出的疑点与留存的完全相同",
        "双方签名刚刚核对，均成立",
        "从头核对，逐条相连",
        "王科长：查看疑点说明",
        "不得仅凭比对结果停发或追缴",
    ] {
        assert!(said.contains(step), "no {step} in {said}");
    }
    assert!(!said.contains("paper_") && !said.contains("log_"), "{said}");
    let json = done.civil.json(&["audit", "explain", &done.round, "1"]);
    assert_eq!(json["derived"], "same");
    assert_eq!(json["proof"]["state"], "proven");

    let page = done.dir.path().join("record.html");
    let text = done.dir.path().join("record.txt");
    for file in [&page, &text] {
        done.civil.shown(&[
            "finding",
            "record",
            &done.round,
            "1",
            "--out",
            file.to_str().unwrap(),
        ]);
        let record = std::fs::read_to_string(file).unwrap();
        for said in [
            "当事人查阅单",
            "联席〔2026〕1号",
            "2026-07",
            "650.00",
            "王科长：查看疑点说明",
            "尚无核实、告知、听取意见或决定的记录",
            "如何提出异议",
            "受保护或未声明：本单不载明",
            "不得仅凭比对结果停发或追缴",
        ] {
            assert!(record.contains(said), "no {said} in {record}");
        }
        // The person is told nothing that only officers need.
        assert!(
            !record.contains("会话编号") && !record.contains("extreme_poverty 1/1"),
            "{record}"
        );
        Numbers::new(done.numbers().iter().map(String::as_str)).are_not_in(record.as_bytes(), "a record");
    }
    printed(&[page]);
    let missing = done
        .civil
        .run(&["audit", "explain", &done.round, "99", "--json"])
        .failure();
    assert_eq!(missing, (3, "node_missing".to_owned()));
    // The sender has no findings.
    let rounds = done.federation.json(&["round", "list"]);
    let answered = rounds["rounds"][0]["id"].as_str().unwrap();
    let none = done
        .federation
        .run(&["audit", "explain", answered, "1", "--json"])
        .failure();
    assert_eq!(none.1, "node_missing");
}

/// What may not be done yet is refused in words; what was done shows in the list, in the record and in the report.
#[test]
fn an_officer_is_led_to_a_decision_and_past_no_step() {
    fn acting<'a>(round: &'a str, what: &[&'a str]) -> Vec<&'a str> {
        let (verb, rest) = what.split_first().unwrap();
        [&["finding", verb, round, "1"], rest].concat()
    }
    let done = done();
    let round = &done.round[..12];
    let recovered = acting(
        round,
        &[
            "decide",
            "--decision",
            "recovered",
            "--yuan",
            "650.50",
            "--authority",
            "县民政局",
            "--document",
            "民决〔2026〕1号",
            "--reason",
            "核实属实",
        ],
    );
    let refused = |args: &[&str], zh: &str, en: &str| {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let run = done.civil.run(&[args, &["--lang", lang]].concat());
            assert_eq!(run.code, 3, "{}", run.stdout);
            assert!(run.stderr.contains(words), "{}", run.stderr);
        }
    };
    refused(
        &recovered,
        "尚无经办人，不能登记“决定”",
        "At the stage “nobody in charge”",
    );
    assert!(
        done.civil
            .shown(&acting(round, &["take"]))
            .contains("下一步：核实")
    );
    let verify = acting(
        round,
        &["verify", "--result", "confirmed", "--reason", "已核对流水"],
    );
    assert!(done.civil.shown(&verify).contains("先告知当事人"));
    refused(
        &recovered,
        "须先告知当事人并听取陈述申辩",
        "before the person was told and heard",
    );
    // In favour of the person, and within what the period allows.
    let until = jiff::tz::offset(8)
        .to_datetime(Timestamp::now())
        .date()
        .checked_add(30.days())
        .unwrap()
        .to_string();
    let tell = ["tell", "--document", "民告1号", "--days", "5", "--until", &until];
    assert!(
        done.civil
            .shown(&acting(round, &tell))
            .contains(&format!("期限到 {until} 为止"))
    );
    refused(
        &acting(round, &["hear", "--none"]),
        "期满后才能登记逾期未陈述",
        &format!("until {until}"),
    );
    done.civil
        .shown(&acting(round, &["hear", "--document", "笔录1号"]));
    done.civil.shown(&recovered);
    let review = acting(
        round,
        &[
            "review",
            "--result",
            "upheld",
            "--authority",
            "县民政局",
            "--document",
            "民复1号",
            "--reason",
            "无误",
        ],
    );
    refused(
        &review,
        "作出或者变更过决定的人不得复核",
        "Whoever decided, or changed a decision, may not review",
    );

    let history = done.civil.shown(&acting(round, &["history"]));
    for said in [
        "认领",
        "属实 / 已核对流水",
        &format!("民告1号 / 陈述申辩至 {until}"),
        "追缴 / 650.50",
        "王科长",
    ] {
        assert!(history.contains(said), "no {said} in {history}");
    }
    // The register says of nobody whether they are protected: reasons stay with who is in charge.
    let other = done
        .civil
        .shown(&[&acting(round, &["history"])[..], &["--actor", "李主任"]].concat());
    assert!(
        other.contains("属实 / *") && !other.contains("已核对流水") && other.contains("理由（*）"),
        "{other}"
    );
    let listed = done.civil.shown(&["finding", "list", &done.round]);
    assert!(listed.contains("已作出决定 属实 追缴 王科长"), "{listed}");
    assert!(listed.contains("请核实是否重点人群 受保护或未声明"), "{listed}");
    let said = done.civil.shown(&["audit", "explain", &done.round, "1"]);
    assert!(
        said.contains("目前：已作出决定，追缴。") && !said.contains("已核对流水"),
        "{said}"
    );
    let [json, page, book] = done.export("internal");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let line = &report["sections"]["findings"][0]["review"];
    assert_eq!(line["outcome"], "decision_recovered");
    assert_eq!(line["verdict"], "verdict_confirmed");
    let line = "已作出决定 王科长 属实 追缴";
    assert!(std::fs::read_to_string(page).unwrap().contains(line));
    // Whether names agree stands before it.
    assert!(cells(&book).iter().any(|cell| cell.ends_with(line)));
    let care = &report["sections"]["findings"][0]["care"];
    assert_eq!(
        *care,
        serde_json::json!({ "protected": true, "key_group": "unknown" })
    );
}

/// Every cell of a workbook, as text.
fn cells(book: &Path) -> Vec<String> {
    let mut book: Xlsx<_> = calamine::open_workbook(book).unwrap();
    let mut all = Vec::new();
    for (_, range) in book.worksheets() {
        for cell in range.rows().flatten().filter(|cell| **cell != Data::Empty) {
            all.push(cell.to_string());
        }
    }
    all
}
