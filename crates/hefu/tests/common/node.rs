//! Nodes as their operators have them: a folder, a process that serves, and the command line.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use super::{Run, hefu, write};

/// One agency's node. All that it ever printed is kept.
pub(crate) struct Node {
    pub(crate) dir: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) name: &'static str,
    said: Mutex<String>,
}

impl Node {
    /// Makes one under `dir`, on ports that are free.
    pub(crate) fn made(dir: &Path, code: &str, name: &'static str, role: &str) -> Self {
        let dir = dir.join(code);
        std::fs::create_dir_all(&dir).unwrap();
        let node = Self {
            folder: dir.join("node"),
            dir,
            name,
            said: Mutex::default(),
        };
        let (peers, operators) = (free(), free());
        let made = node.run(&[
            "init",
            "--json",
            "--name",
            name,
            "--role",
            role,
            "--address",
            &peers,
            "--peers-listen",
            &peers,
            "--operators-listen",
            &operators,
        ]);
        assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
        assert_eq!(made.json()["fingerprint"].as_str().unwrap().split(' ').count(), 8);
        node
    }

    /// The same node in another folder.
    pub(crate) fn moved_to(self, folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            ..self
        }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let node = ["--node", self.folder.to_str().unwrap(), "--actor", "王科长"];
        let run = hefu(node.iter().chain(args));
        let mut said = self.said.lock().unwrap();
        said.push_str(&run.stdout);
        said.push_str(&run.stderr);
        run
    }

    /// What a command prints that must not fail.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--json"]].concat());
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
        run.json()
    }

    /// What a person sees of it.
    pub(crate) fn shown(&self, args: &[&str]) -> String {
        let run = self.run(&[args, &["--lang", "zh"]].concat());
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
        run.stdout
    }

    /// Runs it, and waits until it answers.
    pub(crate) fn serve(&self) -> Serving {
        self.served_by(Command::new(env!("CARGO_BIN_EXE_hefu")))
    }

    /// As [`Node::serve`], with this backend of the arithmetic.
    pub(crate) fn serve_by(&self, backend: &str) -> Serving {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hefu"));
        command.env(hefu_curve::BACKEND_VARIABLE, backend);
        self.served_by(command)
    }

    /// As [`Node::serve`], with a clock that is wrong by so much (`+9h`), where the machine has what it takes.
    pub(crate) fn serve_with_clock(&self, wrong_by: &str) -> Serving {
        if Command::new("faketime").arg("--version").output().is_err() {
            #[allow(
                clippy::print_stdout,
                reason = "whoever runs the tests is told what was left out"
            )]
            {
                println!("faketime is not installed: the clock is left as it is");
            }
            return self.serve();
        }
        let mut command = Command::new("faketime");
        command.args(["-f", wrong_by, env!("CARGO_BIN_EXE_hefu")]);
        self.served_by(command)
    }

    fn served_by(&self, mut command: Command) -> Serving {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let mut child = command
            .args(["serve", "--json", "--node"])
            .arg(&self.folder)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("operators"), "{line}{}", self.logged());
        Serving(child)
    }

    /// What it wrote about itself while it served.
    pub(crate) fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.dir.join("serve.log")
    }

    /// What its commands have printed.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Changes its settings, for the next start.
    pub(crate) fn set(&self, change: impl FnOnce(&mut toml::Table)) {
        let file = self.folder.join("node.toml");
        let mut settings = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        change(&mut settings);
        std::fs::write(file, settings.to_string()).unwrap();
    }

    /// Takes another's card, by the fingerprint that it read aloud.
    pub(crate) fn meet(&self, other: &Node) {
        let card = other.dir.join("card.json");
        let card = card.to_str().unwrap();
        let shown = other.json(&["peer", "card", "--out", card]);
        let fingerprint = shown["fingerprint"].as_str().unwrap();
        self.json(&["peer", "add", card, "--fingerprint", fingerprint]);
    }

    pub(crate) fn import(&self, name: &str, mapping: &Path, files: &[PathBuf]) -> Value {
        let mapping = mapping.to_str().unwrap();
        let mut args = vec!["import", "--name", name, "--mapping", mapping];
        args.extend(files.iter().map(|file| file.to_str().unwrap()));
        self.json(&args)
    }

    /// Imports people who each got 650 yuan in July.
    pub(crate) fn import_people(&self, programme: &str, people: impl IntoIterator<Item = String>) -> Value {
        let mapping = format!(
            "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\namount = \"金额\"\n\
             [programme]\nconstant = \"{programme}\"\n[period]\nconstant = \"2026-07\"\n\
             [amount]\nunit = \"yuan\"\nper = \"person\"\n"
        );
        let mapping = write(&self.dir, "mapping.toml", mapping);
        let lines: String = people
            .into_iter()
            .map(|number| format!("{number},650\n"))
            .collect();
        let file = write(&self.dir, "list.csv", format!("身份证号,金额\n{lines}"));
        self.import(programme, &mapping, &[file])
    }

    /// Drafts what the text says, which reaches the other party at once; both read and sign it. Gives the digits by
    /// which both know it.
    pub(crate) fn agree(&self, other: &Node, draft: &str) -> String {
        let file = write(&self.dir, "draft.toml", draft);
        let drafted = self.json(&["agreement", "draft", file.to_str().unwrap()]);
        assert_eq!(drafted["delivered"], true, "{}", self.logged());
        let digits = drafted["agreement"].as_str().unwrap()[..12].to_owned();
        let listed = other.shown(&["agreement", "list"]);
        assert!(listed.contains(&digits), "{listed}");
        let read = other.shown(&["agreement", "sign", &digits, "--yes"]);
        for party in [self.name, other.name] {
            assert!(read.contains(&format!("\n{party}\n  - ")), "{read}");
        }
        assert!(!read.contains("learn_") && read.contains("已送达对方"), "{read}");
        assert_eq!(
            self.json(&["agreement", "sign", &digits, "--yes"])["delivered"],
            true
        );
        for party in [self, other] {
            let shown = party.json(&["agreement", "show", &digits]);
            assert_eq!(shown["summary"]["state"], "signed");
        }
        digits
    }

    /// Every finding of a round, page by page.
    pub(crate) fn findings(&self, round: &str) -> Vec<Value> {
        let (mut after, mut all) = ("0".to_owned(), Vec::new());
        loop {
            let page = self.json(&["finding", "list", round, "--limit", "1000", "--after", &after]);
            assert_eq!(page["notice"], hefu_node::NOTICE);
            all.extend(page["findings"].as_array().unwrap().iter().cloned());
            match page["next"].as_u64() {
                Some(next) => after = next.to_string(),
                None => return all,
            }
        }
    }
}

/// Civil affairs and the disabled persons' federation, who between them must not pay one person twice (X3).
pub(crate) fn two(dir: &Path) -> (Node, Node) {
    (
        Node::made(dir, "civil", "县民政局", "civil_affairs"),
        Node::made(dir, "federation", "县残疾人联合会", "disabled_federation"),
    )
}

/// What the first of them drafts: July, by the first, so often a month.
pub(crate) fn draft(rounds_a_month: u32) -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    // Clocks of the two may differ by a day; a test must run on any day.
    let (from, until) = (
        today.yesterday().unwrap(),
        today.saturating_add(jiff::Span::new().days(300)),
    );
    format!(
        "number = \"联席〔2026〕1号\"\npurpose = \"duplicates\"\npeer = \"县残疾人联合会\"\n\
         own_programmes = [\"extreme_poverty\"]\npeer_programmes = [\"disabled_living\"]\n\
         from = \"2026-07\"\nuntil = \"2026-07\"\nplace = \"290101\"\nrounds_a_month = {rounds_a_month}\n\
         max_own_elements = 20_000\nmax_peer_elements = 20_000\n\
         valid_from = \"{from}\"\nexpires = \"{until}\"\n"
    )
}

/// A node that runs, until it is told to stop or dropped.
pub(crate) struct Serving(Child);

impl Serving {
    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn told(mut self, signal: &str) -> Option<i32> {
        let told = Command::new("kill")
            .args([signal, &self.0.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success());
        self.0.wait().unwrap().code()
    }

    /// SIGKILL: nothing is said and nothing put in order.
    pub(crate) fn killed(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Ended already, unless a test has failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An address that nobody listens on at the moment.
pub(crate) fn free() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// Every file under a folder.
pub(crate) fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_under(&path)),
            false => files.push(path),
        }
    }
    files
}
