//! Agencies of a benchmark, each the release binary in a process of its own.
#![allow(dead_code, reason = "each benchmark uses its own part")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) const SEED: u64 = 20_261_201;
pub(crate) const PROGRAMME: &str = "extreme_poverty";

/// A node, served by a process of its own.
pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    child: Child,
}

impl Party {
    /// Made and served. `more` is what its settings say besides.
    pub(crate) fn started(
        dir: &Path,
        name: &str,
        role: &str,
        address: &str,
        listens: SocketAddr,
        more: &str,
    ) -> Self {
        let folder = dir.join(name);
        let (listens, operators) = (listens.to_string(), free().to_string());
        let init = [
            "init",
            "--json",
            "--name",
            name,
            "--role",
            role,
            "--address",
            address,
            "--peers-listen",
            &listens,
            "--operators-listen",
            &operators,
        ];
        hefu(&folder, &init).unwrap();
        let file = folder.join("node.toml");
        let mut settings: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        settings.extend(more.parse::<toml::Table>().unwrap());
        std::fs::write(file, settings.to_string()).unwrap();
        let log = std::fs::File::create(folder.with_extension("log")).unwrap();
        let mut child = Command::new(binary())
            .args(["serve", "--json", "--node"])
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("operators"), "{line}");
        Self {
            name: name.to_owned(),
            folder,
            child,
        }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Result<String, String> {
        hefu(&self.folder, args)
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let said = self.run(&[args, &["--json"]].concat());
        let said = said.unwrap_or_else(|why| panic!("{}: {args:?}: {why}", self.name));
        serde_json::from_str(&said).unwrap()
    }

    pub(crate) fn import(&self, people: &[u64]) {
        let mut csv =
            std::io::BufWriter::new(std::fs::File::create(self.folder.with_extension("csv")).unwrap());
        writeln!(csv, "身份证号,金额").unwrap();
        for person in people {
            let number = hefu_fixtures::number_at(SEED, *person);
            writeln!(csv, "{},650", std::str::from_utf8(&number).unwrap()).unwrap();
        }
        csv.flush().unwrap();
        let mapping = self.folder.with_extension("toml");
        let text = format!(
            "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\namount = \"金额\"\n[programme]\nconstant = \"{PROGRAMME}\"\n\
             [period]\nconstant = \"2026-07\"\n[amount]\nunit = \"yuan\"\nper = \"person\"\n"
        );
        std::fs::write(&mapping, text).unwrap();
        let file = self.folder.with_extension("csv");
        let [mapping, file] = [&mapping, &file].map(|path| path.to_str().unwrap());
        self.json(&["import", "--name", "register", "--mapping", mapping, file]);
    }

    /// From here on its peak is that of the round; gives the seconds that it has used.
    pub(crate) fn begins(&self) -> f64 {
        let reset = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
        reset.expect("Linux resets a peak");
        self.core_seconds()
    }

    /// The processor's time of its threads (Linux: nanoseconds, the first field of `schedstat`).
    pub(crate) fn core_seconds(&self) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanoseconds = threads.map(|thread| {
            let told = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
            let first = told.split_whitespace().next();
            first.map_or(0, |field| field.parse::<u64>().unwrap())
        });
        nanoseconds.sum::<u64>() as f64 * 1e-9
    }

    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// Sent and received in sessions.
    pub(crate) fn bytes(&self) -> [u64; 2] {
        let rounds = self.json(&["round", "list"]);
        let sum = |of: &str| {
            let rounds = rounds["rounds"].as_array().unwrap().iter();
            rounds.map(|round| round[of].as_u64().unwrap()).sum()
        };
        [sum("bytes_out"), sum("bytes_in")]
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A time as a number of seconds.
pub(crate) fn seconds(at: &Value) -> f64 {
    let at: Timestamp = at.as_str().unwrap().parse().unwrap();
    at.as_microsecond() as f64 * 1e-6
}

fn hefu(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new(binary())
        .args(["--actor", "bench", "--node"])
        .arg(folder)
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    match output.status.success() {
        true => Ok(said),
        false => Err(said + &String::from_utf8_lossy(&output.stderr)),
    }
}

/// The release binary, in the folder above that of this executable.
fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let binary = own.ancestors().nth(2).unwrap().join("hefu");
    assert!(binary.exists(), "first: cargo build --release -p hefu");
    binary
}

/// An address that nobody listens on at the moment.
pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) fn until(what: &str, met: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !met() {
        assert!(
            begun.elapsed() < Duration::from_secs(4 * 3_600),
            "waited too long: {what}"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
}
