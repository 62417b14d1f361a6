//! What the guide and the README tell people to type is typed here, in the order in which it stands there.
//!
//! The guide is followed by two agencies, each on a machine of its own: a folder in which `/etc`, `/usr` and `/var` are
//! found. What only a real machine can do is left out by name.

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
    LEFT_OUT, Machine, fingerprint, newest_round, of_today, section, sections, serve, toml_block, two_nodes,
    with_fingerprint,
};
use common::node::free;
use hefu_fixtures::SEED;

const GUIDE: &str = include_str!("../../../packaging/INSTALL.md");
const README: &str = include_str!("../../../README.md");

/// Placeholders, as they stand in the text.
const ROUND: &str = "4c81e0a97b25";
const REFUSED: &str = "县联席协〔2026〕2号";

#[test]
fn the_guide_leads_two_agencies_to_findings_and_through_a_restore() {
    let dir = tempfile::tempdir().unwrap();
    let exports = dir.path().join("exports");
    hefu_fixtures::generate(SEED, &exports).unwrap();
    let sections = sections(GUIDE);
    let [mut civil, mut federation] = [
        ("civil", ["县民政局", "civil_affairs"], "县残疾人联合会"),
        (
            "federation",
            ["县残疾人联合会", "disabled_federation"],
            "县民政局",
        ),
    ]
    .map(|(folder, [name, role], other)| {
        let (peers, operators) = (free(), free());
        let listen = format!("--peers-listen {peers} --operators-listen {operators} --key-file");
        // The guide speaks as civil affairs.
        let instead = [
            ("县残疾人联合会", "<other>"),
            ("县民政局", name),
            ("<other>", other),
            ("--role civil_affairs", &format!("--role {role}")),
            ("10.0.0.5:7600", &peers),
            ("--key-file", &listen),
        ];
        let instead = instead.map(|(said, here)| (said.to_owned(), here.to_owned()));
        machine(&dir.path().join(folder), instead.into())
    });
    for (machine, export) in [
        (&civil, "civil_affairs/extreme_poverty.xlsx"),
        (&federation, "disabled_federation/subsidies.csv"),
    ] {
        let name = if export.ends_with("csv") {
            "补贴.csv"
        } else {
            "特困.xlsx"
        };
        fs::copy(exports.join(export), machine.work.join(name)).unwrap();
        fs::write(machine.work.join("协议.toml"), of_today(toml_block(GUIDE))).unwrap();
    }

    // From an unpacked archive to a node that serves, twice.
    for machine in [&mut civil, &mut federation] {
        for named in ["核对安装包", "三、安装", "密钥文件", "建立节点"] {
            for line in section(&sections, named) {
                // The demonstration is a test of its own.
                if line != "bin/hefu demo" {
                    machine.types(line);
                }
            }
        }
    }

    // Cards go over; fingerprints are read aloud.
    let cards = section(&sections, "交换名片");
    let (hand_out, take_in) = cards.split_at(1);
    let own = fingerprint(&civil.types(&hand_out[0]));
    let theirs = fingerprint(&federation.types(&hand_out[0]));
    for (from, to, card) in [
        (&civil, &federation, "县民政局.card"),
        (&federation, &civil, "县残疾人联合会.card"),
    ] {
        fs::copy(from.work.join(card), to.work.join(card)).unwrap();
    }
    for line in take_in {
        civil.types(&with_fingerprint(line, &theirs));
        federation.types(&with_fingerprint(line, &own));
    }

    for line in section(&sections, "导入数据") {
        civil.types(line);
        let line = line
            .replace("特困.xlsx", "补贴.csv")
            .replace("extreme_poverty", "subsidies");
        federation.types(&line);
    }

    // One drafts and signs, the other reads, signs the first and refuses the second.
    for line in section(&sections, "八、协议") {
        if line.contains("refuse") {
            let second = of_today(toml_block(GUIDE)).replace("〔2026〕1号", "〔2026〕2号");
            fs::write(civil.work.join("协议.toml"), second).unwrap();
            civil.types("hefu agreement draft 协议.toml");
            federation.types(line);
            let told = civil.types(&format!("hefu agreement show {REFUSED} --json"));
            assert!(told.contains("人数上限过高"), "{told}");
        } else {
            // Nobody can be asked at a terminal here.
            civil.types(&line.replace("agreement sign", "agreement sign --yes"));
        }
    }
    let read = federation.types("hefu agreement show 县联席协〔2026〕1号");
    assert!(read.contains("各方将得知"), "{read}");
    federation.types("hefu agreement sign 县联席协〔2026〕1号 --yes");

    let mut round = String::new();
    for line in section(&sections, "比对与疑点") {
        let said = civil.types(&line.replace(ROUND, &round));
        assert!(!said.contains("未通过"), "{said}");
        if line.ends_with("round list") {
            let newest = said.lines().nth(1).unwrap();
            round = newest.split_whitespace().next().unwrap().to_owned();
        }
        if line.contains("finding list") {
            assert!(
                said.contains("不得仅凭比对结果停发或追缴") && said.contains("X3"),
                "{said}"
            );
        }
    }

    // Backup, restore, upgrade, a new TLS key, and a peer that leaves.
    for line in section(&sections, "备份、恢复、升级") {
        let said = civil.types(line);
        if line.contains("hefu restore") {
            assert!(said.contains("已并入"), "{said}");
        }
    }
    let rounds = civil.types("hefu round list");
    assert!(rounds.contains(&round), "{rounds}");
    assert!(civil.typed > 45, "{}", civil.typed);
    for named in ["服务器要求", "编译", "容器"] {
        for line in section(&sections, named) {
            let line = line.strip_prefix("sudo ").unwrap_or(line);
            assert!(
                LEFT_OUT.iter().any(|start| line.starts_with(start)),
                "nobody types {line}"
            );
        }
    }
    let commands: usize = sections.iter().map(|(_, lines)| lines.len()).sum();
    assert!(commands > 60 && sections.iter().filter(|(_, lines)| !lines.is_empty()).count() == 12);
}

/// An unpacked archive, with the names that the guide uses.
fn machine(root: &Path, instead: Vec<(String, String)>) -> Machine {
    let mut machine = Machine::new(root, instead);
    let product = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (from, to) in [
        ("packaging/INSTALL.md", "INSTALL.md"),
        ("packaging/FERRY.md", "FERRY.md"),
        ("packaging/hefu.service", "hefu.service"),
        ("LICENSE", "LICENSE"),
        // Its text is made when an archive is packed.
        ("LICENSE", "THIRD-PARTY-LICENCES.txt"),
    ] {
        fs::copy(product.join(from), machine.work.join(to)).unwrap();
    }
    fs::create_dir(machine.work.join("mappings")).unwrap();
    for entry in fs::read_dir(product.join("fixtures/mappings")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(
            entry.path(),
            machine.work.join("mappings").join(entry.file_name()),
        )
        .unwrap();
    }
    let exported = GUIDE
        .split('`')
        .find_map(|code| code.strip_prefix("export "))
        .unwrap();
    for pair in exported.split(' ') {
        let (name, value) = pair.split_once('=').unwrap();
        machine.environment.insert(name.to_owned(), machine.here(value));
    }
    machine
}

#[test]
fn the_readme_leads_to_a_round_between_two_nodes() {
    let dir = tempfile::tempdir().unwrap();
    let sections = sections(README);
    let lines = section(&sections, "Two nodes");
    assert!((15..=25).contains(&lines.len()), "{}", lines.len());
    let mut machine = two_nodes(dir.path());
    let sample = include_str!("../samples/draft.toml");
    fs::write(machine.work.join("draft.toml"), of_today(sample)).unwrap();
    machine.instead.push((
        "crates/hefu/samples/draft.toml".to_owned(),
        "draft.toml".to_owned(),
    ));
    let mut fingerprints: BTreeMap<String, String> = BTreeMap::new();
    let mut served = Vec::new();
    let mut last = String::new();
    for line in lines {
        if line.starts_with("hefu demo ") {
            // A test of its own; what is wanted here is what it writes first.
            hefu_fixtures::generate(SEED, &machine.work.join("demo/exports")).unwrap();
            continue;
        }
        if let Some(served_by) = line.strip_suffix(" &") {
            served.push(serve(&machine, &machine.here(served_by)));
            continue;
        }
        // Each takes the card of the other.
        let card = line
            .split(' ')
            .find(|word| word.ends_with(".card"))
            .unwrap_or_default();
        let line = match fingerprints.get(card) {
            Some(read_aloud) => with_fingerprint(line, read_aloud),
            None => line.clone(),
        };
        let round = newest_round(&last);
        last = machine.types(&line.replace(ROUND, &round));
        if line.contains("peer card") {
            fingerprints.insert(card.to_owned(), fingerprint(&last));
        }
    }
    assert!(
        last.contains("不得仅凭比对结果停发或追缴") && last.contains("X3"),
        "{last}"
    );
    drop(served);
}
