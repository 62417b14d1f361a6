//! The papers that the demonstration writes: complete, verifiable, without more of a person than each needs, and such that
//! an office suite opens them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::forbidden::forbidden_in;
use common::hefu;
use common::office::{printed, squeezed};
use common::secret::Numbers;
use hefu_casework::letter::{Facts, Letter, LetterKind};
use hefu_fixtures::conference::ANNEXES;
use hefu_fixtures::{SEED, all_numbers};
use serde_json::Value;

/// Purpose, receiver and sender of each session.
fn sessions() -> impl Iterator<Item = [&'static str; 3]> {
    let legs = ANNEXES.iter().flat_map(|annex| annex.legs());
    legs.map(|leg| [leg.purpose.code(), leg.receiver.code(), leg.sender.code()])
}

/// Stands in every letter and report that rests on a comparison.
const NOTICE: &str = "不得仅凭比对结果停发或追缴";

/// Letters by which the other office has to find the person: the whole number stands in them.
const WHOLE_NUMBER: [LetterKind; 2] = [LetterKind::Transfer, LetterKind::Inquiry];

#[test]
fn what_the_demonstration_writes_holds_and_opens() {
    let dir = tempfile::tempdir().unwrap();
    let run = hefu([
        "demo",
        "--lang",
        "zh",
        "--json",
        "--dir",
        dir.path().to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let papers = dir.path().join("papers");
    let written = files(&papers);
    assert_eq!(run.json()["papers"], written.len(), "{written:?}");
    assert_eq!(written, expected(&papers));
    verified(&papers);
    nobody_is_named(&papers, &written);
    changeover_is_shown(&papers);
    opened(&papers);
}

/// Every file, in order.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn expected(papers: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for [purpose, receiver, sender] in sessions() {
        for form in ["internal", "submission"] {
            for kind in ["json", "html", "xlsx"] {
                files.insert(papers.join(format!("reports/{purpose}-{receiver}-{sender}/{form}.{kind}")));
            }
        }
        files.insert(papers.join(format!("cards/{receiver}.card")));
    }
    files.extend(["explanation", "person"].map(|name| papers.join(format!("findings/{name}.html"))));
    let meeting = [
        "figures.html",
        "framework.docx",
        "framework.html",
        "ledger.xlsx",
        "minutes.docx",
        "minutes.html",
    ];
    files.extend(meeting.map(|name| papers.join("conference").join(name)));
    for kind in LetterKind::ALL {
        files.extend(["docx", "html"].map(|form| papers.join(format!("letters/{}.{form}", kind.code()))));
    }
    files
}

/// Each report holds, by the cards beside it.
fn verified(papers: &Path) {
    for [purpose, receiver, sender] in sessions() {
        let cards = [receiver, sender].map(|agency| papers.join(format!("cards/{agency}.card")));
        for form in ["internal", "submission"] {
            let file = papers.join(format!("reports/{purpose}-{receiver}-{sender}/{form}.json"));
            let args: [&Path; 6] = [
                "report".as_ref(),
                "verify".as_ref(),
                "--json".as_ref(),
                &file,
                "--card".as_ref(),
                &cards[0],
            ];
            let said = hefu(args.into_iter().chain([cards[1].as_path()]));
            assert_eq!(said.code, 0, "{}: {}", file.display(), said.stdout);
            assert_eq!(said.json()["parties"].as_array().unwrap().len(), 2);
            let lines = &report(&file)["sections"]["findings"];
            assert_eq!(lines.is_null(), form == "submission", "{}", file.display());
        }
    }
}

fn report(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// No whole number, but in the two letters that need it, and there that of one person; no word that may not stand.
fn nobody_is_named(papers: &Path, written: &BTreeSet<PathBuf>) {
    let exports = tempfile::tempdir().unwrap();
    let county = hefu_fixtures::generate(SEED, exports.path()).unwrap();
    let all = all_numbers(&county);
    let numbers = Numbers::new(all.iter().map(String::as_str));
    let needs: Vec<_> = WHOLE_NUMBER
        .map(|kind| papers.join(format!("letters/{}.html", kind.code())))
        .into();
    let text = |path: &&PathBuf| path.extension().is_some_and(|of| of == "html" || of == "json");
    for path in written.iter().filter(text) {
        let content = fs::read_to_string(path).unwrap();
        assert_eq!(forbidden_in(&content), [], "{}", path.display());
        if !needs.contains(path) {
            numbers.are_not_in(content.as_bytes(), &path.display().to_string());
            continue;
        }
        let named = county
            .people
            .iter()
            .filter(|person| content.contains(&person.number));
        let named: Vec<_> = named.collect();
        let [person] = named[..] else {
            panic!("{}: {} people", path.display(), named.len())
        };
        assert!(content.contains(&person.name), "the person's own name");
    }
}

/// The finding that is explained is one of which a month may be a changeover, and both pages say so; so do its line and
/// its row.
fn changeover_is_shown(papers: &Path) {
    for name in ["explanation", "person"] {
        let page = fs::read_to_string(papers.join(format!("findings/{name}.html"))).unwrap();
        let said = "2026-08：一项救助在当月结束，另一项在当月开始";
        assert!(page.contains("其中交接月份") && page.contains(said), "{name}");
    }
    let folder = papers.join("reports/duplicates-civil_affairs-disabled_federation");
    let report = report(&folder.join("internal.json"));
    let lines = report["sections"]["findings"].as_array().unwrap();
    let changing = lines
        .iter()
        .filter(|line| line["changeover"] == serde_json::json!(["2026-08"]));
    let expected =
        &hefu::county::expectation().unwrap().rounds["duplicates:civil_affairs<-disabled_federation"];
    let marked = expected
        .findings
        .iter()
        .filter(|finding| !finding.changeover.is_empty());
    assert_eq!(changing.count(), marked.count());
}

/// On paper stand the title, what must not be done, and the sums that a plain join expects.
fn opened(papers: &Path) {
    let expectation = hefu::county::expectation().unwrap();
    let mut must_say: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for [purpose, receiver, sender] in sessions() {
        let round = &expectation.rounds[&format!("{purpose}:{receiver}<-{sender}")];
        // Small sums are not told in a report for submission.
        for form in ["internal", "submission"] {
            let file = papers.join(format!("reports/{purpose}-{receiver}-{sender}/{form}.xlsx"));
            let mut said = vec!["数据比对报告".to_owned(), NOTICE.to_owned()];
            if form == "internal" && purpose == "duplicates" {
                said.extend(round.totals.values().map(|total| yuan(total.fen)));
            }
            must_say.insert(file, said);
        }
    }
    for kind in LetterKind::ALL {
        let compared = [LetterKind::Inquiry, LetterKind::Feedback, LetterKind::Notice].contains(kind);
        let notice = compared.then(|| NOTICE.to_owned());
        let facts = Facts::read(*kind, kind.code(), kind.sample()).unwrap();
        let title = Letter::compose(&facts, None).unwrap().title.to_string();
        let said = [Some(title), notice].into_iter().flatten();
        must_say.insert(
            papers.join(format!("letters/{}.docx", kind.code())),
            said.collect(),
        );
    }
    let files: Vec<_> = must_say.keys().cloned().collect();
    let Some(texts) = printed(&files) else { return };
    for ((file, said), text) in must_say.iter().zip(texts) {
        let Some(text) = text else { continue };
        for said in said {
            assert!(
                text.contains(&squeezed(said)),
                "{}: no {said} in {text}",
                file.display()
            );
        }
    }
}

/// As a workbook shows it.
fn yuan(fen: i64) -> String {
    let (whole, rest) = (fen / 100, fen % 100);
    let digits = whole.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| String::from_utf8_lossy(group))
        .collect();
    format!("{}.{rest:02}", groups.join(","))
}
