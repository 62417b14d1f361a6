//! What the page about files tells people to type is typed here, in its order, by two agencies whose nodes share nothing
//! but two folders.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::machine::{
    Machine, fingerprint, newest_round, of_today, section, sections, serve, toml_block, two_nodes,
    with_fingerprint,
};
use common::secret::Numbers;
use hefu_fixtures::{County, SEED, all_numbers};
use hefu_node::config::Config;

const PAGE: &str = include_str!("../../../packaging/FERRY.md");

/// Placeholders, as they stand in the text.
const ROUND: &str = "4c81e0a97b25";
const SET: &str = "18274 90361 55820 04417";

const NODES: [&str; 2] = ["civil", "federation"];

/// Somebody who reads the page, and what the screen showed last that is needed later.
struct Reader {
    machine: Machine,
    fingerprints: BTreeMap<String, String>,
    round: String,
    set: String,
}

impl Reader {
    /// Types a line with what the screen said in the place of what the page has.
    fn types(&mut self, line: &str) -> String {
        let node = node_of(line);
        // Each takes the card of the other.
        let other = self.fingerprints.iter().find(|(of, _)| **of != node);
        let line = match other {
            Some((_, read_aloud)) => with_fingerprint(line, read_aloud),
            None => line.to_owned(),
        };
        let line = line.replace(ROUND, &self.round).replace(SET, &self.set);
        // Each side has a printer of its own.
        let line = line.replace("--slips 审批单", &format!("--slips 审批单/{node}"));
        let said = self.machine.types(&line);
        if line.contains("ferry card") {
            self.fingerprints.insert(node, fingerprint(&said));
        }
        if line.contains("round list") {
            self.round = newest_round(&said);
        }
        if let Some(number) = said.lines().find_map(|line| line.strip_prefix("批号")) {
            self.set = number.trim().to_owned();
        }
        said
    }
}

/// Which node a line is about.
fn node_of(line: &str) -> String {
    let (_, rest) = line.split_once("--node ").unwrap_or_default();
    rest.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn the_page_leads_two_agencies_through_rounds_by_files() {
    let dir = tempfile::tempdir().unwrap();
    let sections = sections(PAGE);
    let mut reader = Reader {
        machine: two_nodes(dir.path()),
        fingerprints: BTreeMap::new(),
        round: String::new(),
        set: String::new(),
    };
    let work = reader.machine.work.clone();
    fs::write(work.join("协议.toml"), of_today(toml_block(PAGE))).unwrap();
    let mut served = Vec::new();
    let mut county = None;
    let mut said: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for named in ["走一遍", "缺片", "只放行文本", "终止", "单向"] {
        for line in section(&sections, named) {
            if line.starts_with("hefu demo ") {
                county = Some(hefu_fixtures::generate(SEED, &work.join("demo/exports")).unwrap());
                continue;
            }
            if let Some(served_by) = line.strip_suffix(" &") {
                served.push(serve(&reader.machine, &reader.machine.here(served_by)));
                continue;
            }
            let shown = reader.types(line);
            if line.starts_with("mkdir ") {
                for node in NODES {
                    fs::create_dir(work.join("审批单").join(node)).unwrap();
                }
            }
            said.entry(named).or_default().push((line.clone(), shown));
        }
    }
    let last = |named: &str, command: &str| {
        let lines = said[named].iter().rev();
        let found = lines
            .filter(|(line, _)| line.contains(command))
            .map(|(_, shown)| shown.as_str());
        found.collect::<Vec<_>>()
    };

    // The walk: findings, a receipt on both sides.
    let findings = last("走一遍", "finding list")[0];
    assert!(
        findings.contains("不得仅凭比对结果停发或追缴") && findings.contains("X3"),
        "{findings}"
    );
    for listed in last("走一遍", "round list").iter().take(1) {
        assert!(listed.contains("已完成") && listed.contains("摆渡"), "{listed}");
    }
    let waiting = last("走一遍", "ferry status")[0];
    assert!(waiting.contains("对方的答复"), "{waiting}");

    // A part was lost, and named, and the set made whole by the same files.
    let lacks = last("缺片", "ferry in");
    assert!(lacks[1].contains("还缺第 2 片"), "{}", lacks[1]);
    assert!(
        lacks[0].contains("这一批齐了") && lacks[0].contains("收到比对请求"),
        "{}",
        lacks[0]
    );

    // Text files only, each within its limit, and a result.
    let came = last("只放行文本", "ferry in");
    assert!(
        came[1].contains("收到比对答复") && came[0].contains("收到回执"),
        "{came:?}"
    );
    for file in files(&work)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|end| end == "txt"))
    {
        let text = fs::read(&file).unwrap();
        if text.starts_with(b"-----BEGIN HEFU FERRY-----") {
            assert!(text.len() <= 1_000_000 && text.is_ascii());
            assert!(text.split(|byte| *byte == b'\n').all(|line| line.len() <= 1_000));
        }
    }

    // An end that both sides can prove.
    let ended = last("终止", "ferry in");
    assert!(
        ended[1].contains("收到终止通知") && ended[0].contains("收到终止回复"),
        "{ended:?}"
    );
    let quiet = last("终止", "ferry status")[0];
    assert!(quiet.contains("没有在途的文件"), "{quiet}");

    let one_way = last("单向", "--direction out")[0];
    assert!(
        one_way.contains("只能发出") && one_way.contains("finding local"),
        "{one_way}"
    );

    both_sides_have_the_same_slips(&work, &county.unwrap());
    drop(served);
}

/// What both sides printed of a set is the same, word by word; and no number of the exports stands on any slip.
fn both_sides_have_the_same_slips(work: &Path, county: &County) {
    let [civil, federation] = NODES.map(|node| slips(&work.join("审批单").join(node)));
    let mut shared = 0;
    for (name, page) in &civil {
        if let Some(other) = federation.get(name) {
            assert!(page == other, "the two sides differ on {name}");
            shared += 1;
        }
    }
    // Both pages of: cards, agreements both ways, and what three rounds and an end were carried by.
    assert!(
        shared >= 20,
        "{shared} of {} and {}",
        civil.len(),
        federation.len()
    );
    let numbers = all_numbers(county);
    let numbers = Numbers::new(numbers.iter().map(String::as_str));
    for (name, page) in civil.iter().chain(&federation) {
        numbers.are_not_in(page.as_bytes(), name);
    }
}

fn slips(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let read = |entry: fs::DirEntry| {
        let page = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), page)
    };
    entries.map(read).collect()
}

/// Every file in the two folders.
fn files(work: &Path) -> Vec<std::path::PathBuf> {
    ["去程", "回程"]
        .iter()
        .flat_map(|folder| fs::read_dir(work.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect()
}

/// The settings that the page shows are settings.
#[test]
fn the_settings_of_watched_folders_are_read() {
    let block = PAGE
        .split("```toml\n")
        .nth(2)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert!(block.starts_with("[ferry]"));
    let minimal = include_str!("../../node/samples/minimal.toml");
    let config = Config::parse(&format!("{minimal}\n{block}")).unwrap();
    let folders = config
        .ferry
        .folders(Path::new("/srv/hefu/node"))
        .unwrap()
        .unwrap();
    assert_eq!(folders.outbox, Path::new("/srv/hefu/发出"));
    assert_eq!(folders.inbox, Path::new("/srv/hefu/收进"));
    assert_eq!(folders.slips, Path::new("/srv/hefu/审批单"));
}
