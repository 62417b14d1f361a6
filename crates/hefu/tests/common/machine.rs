//! A machine on which somebody types what a page says: a folder in which `/etc`, `/usr` and `/var` are found.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::node::free;

const UNIT: &str = include_str!("../../../../packaging/hefu.service");

/// Lines that begin so need a real machine, its network or another tool: users, the firewall, containers, a build.
pub(crate) const LEFT_OUT: [&str; 12] = [
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

/// A machine: where things lie on it, and what runs on it.
pub(crate) struct Machine {
    pub(crate) root: PathBuf,
    pub(crate) work: PathBuf,
    /// What the guide says, and what this machine has instead.
    pub(crate) instead: Vec<(String, String)>,
    pub(crate) environment: BTreeMap<String, String>,
    service: Option<Child>,
    pub(crate) typed: usize,
}

impl Machine {
    pub(crate) fn new(root: &Path, instead: Vec<(String, String)>) -> Self {
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
    pub(crate) fn types(&mut self, line: &str) -> String {
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
    pub(crate) fn here(&self, line: &str) -> String {
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
pub(crate) fn sections(text: &str) -> Vec<(String, Vec<String>)> {
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

pub(crate) fn section<'a>(sections: &'a [(String, Vec<String>)], named: &str) -> &'a [String] {
    let found = sections.iter().find(|(name, _)| name.contains(named));
    &found.unwrap_or_else(|| panic!("no section {named}")).1
}

/// The block of settings in a text.
pub(crate) fn toml_block(text: &str) -> &str {
    let (_, rest) = text.split_once("```toml\n").unwrap();
    rest.split("```").next().unwrap()
}

/// A draft that may be used on any day.
pub(crate) fn of_today(draft: &str) -> String {
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
pub(crate) fn with_fingerprint(line: &str, read_aloud: &str) -> String {
    match line.split_once("--fingerprint '") {
        Some((before, after)) => {
            let rest = after.split_once('\'').unwrap().1;
            format!("{before}--fingerprint '{read_aloud}'{rest}")
        }
        None => line.to_owned(),
    }
}

/// The digits after the last colon that `hefu peer card` ends with.
pub(crate) fn fingerprint(said: &str) -> String {
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

/// A machine with the program on it, for pages that run two nodes side by side; each of their ports is a free one.
pub(crate) fn two_nodes(root: &Path) -> Machine {
    let ports = ["7600", "7601", "7700", "7701"].map(|port| {
        let address = free();
        (format!("127.0.0.1:{port}"), address)
    });
    let machine = Machine::new(root, ports.into());
    symlink(env!("CARGO_BIN_EXE_hefu"), root.join("usr/bin/hefu")).unwrap();
    machine
}

/// The id of the newest round, where a list of them was printed.
pub(crate) fn newest_round(listed: &str) -> String {
    let newest = listed.lines().nth(1).unwrap_or_default();
    newest.split_whitespace().next().unwrap_or_default().to_owned()
}

/// A node that serves until it is dropped.
pub(crate) struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn serve(machine: &Machine, line: &str) -> Served {
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
    Served(child)
}
