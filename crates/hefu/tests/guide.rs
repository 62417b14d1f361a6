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
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::node::free;
use hefu_fixtures::SEED;

const GUIDE: &str = include_str!("../../../packaging/INSTALL.md");
const README: &str = include_str!("../../../README.md");
const UNIT: &str = include_str!("../../../packaging/hefu.service");

/// Lines that begin so need a real machine, its network or another tool: users, the firewall, containers, a build.
const LEFT_OUT: [&str; 12] = [
    "useradd ",
    "chown ",
    "firewall-cmd ",
    "systemctl daemon-reload",
    "podman ",
    "cargo ",
    "target/release/hefu ",
    "tar xf ",
    "cd hefu-0.1.0-",
    "grep x86_64-unknown-linux-gnu SHA256SUMS ",
    "grep vendored SHA256SUMS ",
    // An older system's; the folder does not exist here.
    "printf '[Service]",
];

/// Placeholders, as they stand in the text.
const ROUND: &str = "4c81e0a97b25";
const REFUSED: &str = "县联席协〔2026〕2号";

/// A machine: where things lie on it, and what runs on it.
struct Machine {
    root: PathBuf,
    work: PathBuf,
    /// What the guide says, and what this machine has instead.
    instead: Vec<(String, String)>,
    environment: BTreeMap<String, String>,
    service: Option<Child>,
    typed: usize,
}

impl Machine {
    fn new(root: &Path, instead: Vec<(String, String)>) -> Self {
        let work = root.join("work");
        for folder in ["work/bin", "usr/bin", "etc/systemd/system", "var/lib"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_hefu"), work.join("bin/hefu")).unwrap();
        let path = format!(
            "{}:{}",
            root.join("usr/bin").display(),
            std::env::var("PATH").unwrap()
        );
        Self {
            root: root.to_owned(),
            work,
            instead,
            environment: [
                ("PATH".to_owned(), path),
                ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
            ]
            .into(),
            service: None,
            typed: 0,
        }
    }

    /// Types one line as a person would, and gives what it printed.
    fn types(&mut self, line: &str) -> String {
        let line = self.here(line);
        let line = line.strip_prefix("sudo ").unwrap_or(&line);
        if LEFT_OUT.iter().any(|start| line.starts_with(start)) {
            return String::new();
        }
        self.typed += 1;
        if let Some(order) = line.strip_prefix("systemctl ") {
            self.serves(order);
            return String::new();
        }
        let output = Command::new("bash")
            .args(["-c", line])
            .current_dir(&self.work)
            .envs(&self.environment)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "$ {line}\n{said}");
        said
    }

    /// The line with this machine's folders, ports and files, without what needs a user of its own.
    fn here(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for (said, instead) in &self.instead {
            line = line.replace(said, instead);
        }
        for folder in ["/etc/", "/usr/", "/var/"] {
            line = line.replace(folder, &format!("{}{folder}", self.root.display()));
        }
        line.replace("-o hefu -g hefu ", "")
            .replace("-o root -g hefu ", "")
    }

    /// What the unit says is run, on this machine's paths.
    fn serves(&mut self, order: &str) {
        match order {
            "enable --now hefu" | "start hefu" => {
                let run = UNIT.lines().find_map(|line| line.strip_prefix("ExecStart="));
                let run = self.here(run.unwrap());
                let mut words = run.split(' ');
                let child = Command::new(words.next().unwrap())
                    .args(words)
                    .envs(&self.environment)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                self.service = Some(child);
                let begun = Instant::now();
                while !self.answers() {
                    assert!(begun.elapsed() < Duration::from_secs(20), "it does not start");
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            "stop hefu" => {
                let mut child = self.service.take().unwrap();
                let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
                assert!(told.success() && child.wait().unwrap().success());
            }
            other => panic!("systemctl {other}"),
        }
    }

    fn answers(&self) -> bool {
        let asked = Command::new("hefu")
            .args(["peer", "list", "--json"])
            .envs(&self.environment)
            .current_dir(&self.work)
            .output()
            .unwrap();
        asked.status.success()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(child) = &mut self.service {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The lines of a text that begin with `$ `, section by section.
fn sections(text: &str) -> Vec<(String, Vec<String>)> {
    let mut sections = vec![(String::new(), Vec::new())];
    let mut typing = false;
    for line in text.lines() {
        match line {
            "```console" => typing = true,
            line if line.starts_with("```") => typing = false,
            line if !typing && line.starts_with("## ") => sections.push((line[3..].to_owned(), Vec::new())),
            line if typing => {
                let typed = line.strip_prefix("$ ").expect("a line that is typed");
                sections.last_mut().unwrap().1.push(typed.to_owned());
            }
            _ => {}
        }
    }
    sections
}

fn section<'a>(sections: &'a [(String, Vec<String>)], named: &str) -> &'a [String] {
    let found = sections.iter().find(|(name, _)| name.contains(named));
    &found.unwrap_or_else(|| panic!("no section {named}")).1
}

/// The block of settings in a text.
fn toml_block(text: &str) -> &str {
    let (_, rest) = text.split_once("```toml\n").unwrap();
    rest.split("```").next().unwrap()
}

/// A draft that may be used on any day.
fn of_today(draft: &str) -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let dates = [
        ("valid_from", today.yesterday().unwrap()),
        ("expires", today.saturating_add(jiff::Span::new().days(300))),
    ];
    let line = |line: &str| {
        let dated = dates
            .iter()
            .find(|(name, _)| line.starts_with(&format!("{name} =")));
        dated.map_or_else(|| line.to_owned(), |(name, date)| format!("{name} = \"{date}\""))
    };
    draft.lines().map(|each| line(each) + "\n").collect()
}

/// What stands after `--fingerprint` in the text is what the other agency has read aloud.
fn with_fingerprint(line: &str, read_aloud: &str) -> String {
    match line.split_once("--fingerprint '") {
        Some((before, after)) => {
            let rest = after.split_once('\'').unwrap().1;
            format!("{before}--fingerprint '{read_aloud}'{rest}")
        }
        None => line.to_owned(),
    }
}

/// The digits after the last colon that `hefu peer card` ends with.
fn fingerprint(said: &str) -> String {
    let digits = said
        .trim_end()
        .rsplit(['：', ':'])
        .next()
        .unwrap()
        .trim()
        .to_owned();
    assert_eq!(digits.split(' ').count(), 8, "{said}");
    digits
}

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
    let ports = ["7600", "7601", "7700", "7701"].map(|port| {
        let address = free();
        (format!("127.0.0.1:{port}"), address)
    });
    let mut machine = Machine::new(dir.path(), ports.into());
    symlink(env!("CARGO_BIN_EXE_hefu"), dir.path().join("usr/bin/hefu")).unwrap();
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
        let round = machine_round(&last);
        last = machine.types(&line.replace(ROUND, &round));
        if line.contains("peer card") {
            fingerprints.insert(card.to_owned(), fingerprint(&last));
        }
    }
    assert!(
        last.contains("不得仅凭比对结果停发或追缴") && last.contains("X3"),
        "{last}"
    );
    for mut child in served {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// The id of the newest round, where a list of them was printed.
fn machine_round(listed: &str) -> String {
    let newest = listed.lines().nth(1).unwrap_or_default();
    newest.split_whitespace().next().unwrap_or_default().to_owned()
}

fn serve(machine: &Machine, line: &str) -> Child {
    let mut words = line.split(' ').skip(1);
    let mut child = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .args(&mut words)
        .current_dir(&machine.work)
        .envs(&machine.environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut out = std::io::BufReader::new(child.stdout.as_mut().unwrap());
    std::io::BufRead::read_line(&mut out, &mut said).unwrap();
    assert!(!said.is_empty(), "{line}");
    child
}
