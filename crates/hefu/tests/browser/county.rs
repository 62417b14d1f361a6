//! `hefu demo --serve`: the county whose consoles are looked at.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::chromium::Browser;
use crate::desk::Desk;
use crate::eye::Eye;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

impl Lang {
    pub(crate) const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// As in an address.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

/// Six nodes that run, and end with the value.
pub(crate) struct County {
    child: Child,
    serving: Value,
    dir: TempDir,
    pub(crate) eye: Rc<Eye>,
}

impl County {
    pub(crate) fn begin(eye: Eye) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_hefu"))
            .args(["demo", "--serve", "--json", "--lang", "zh", "--dir"])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let day: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(day["as_expected"], true, "{day}");
        let serving = lines.next().expect("the nodes do not run on").unwrap();
        Self {
            serving: serde_json::from_str(&serving).unwrap(),
            child,
            dir,
            eye: Rc::new(eye),
        }
    }

    /// Where a node's console is, without a slash at the end.
    pub(crate) fn address(&self, node: &str) -> &str {
        let address = self.node(node)["address"].as_str().unwrap();
        address.trim_end_matches('/')
    }

    /// The accounts of a node.
    pub(crate) fn accounts(&self, node: &str) -> Vec<&str> {
        let accounts = self.node(node)["accounts"].as_array().unwrap();
        accounts
            .iter()
            .map(|each| each["account"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn password(&self) -> &str {
        self.serving["password"].as_str().unwrap()
    }

    /// A paper of the day.
    pub(crate) fn paper(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join("papers").join(path)
    }

    /// A folder for what people carry about: one of its own for each name.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.dir.path().join("carried").join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// What a command prints that is given to a node on the command line.
    pub(crate) fn command(&self, node: &str, args: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_hefu"))
            .args(["--json", "--node"])
            .arg(self.dir.path().join("nodes").join(node))
            .args(args)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}: {said}");
        serde_json::from_str(&said).unwrap()
    }

    /// Drafts an agreement from a file, on the command line. Gives its digest.
    pub(crate) fn drafted(&self, node: &str, draft: &str) -> String {
        let file = self.folder("drafts").join("draft.toml");
        fs::write(&file, draft).unwrap();
        let drafted = self.command(node, &["agreement", "draft", file.to_str().unwrap()]);
        drafted["agreement"].as_str().unwrap().to_owned()
    }

    /// Where somebody has just signed in, and chosen the language.
    pub(crate) fn signed_in(&self, browser: &Browser, node: &str, account: &str, lang: Lang) -> Desk {
        let desk = self.at_the_door(browser, node, lang);
        desk.sign_in(account, self.password());
        desk
    }

    /// Where nobody has signed in yet.
    pub(crate) fn at_the_door(&self, browser: &Browser, node: &str, lang: Lang) -> Desk {
        let desk = Desk {
            tab: browser.tab(),
            base: self.address(node).to_owned(),
            lang,
            eye: Rc::clone(&self.eye),
        };
        desk.tab.wide(1280);
        desk.open(&format!("/?lang={}", lang.short()));
        desk
    }

    /// Tells it to end, and says how it did.
    pub(crate) fn end(mut self) -> i32 {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the nodes do not end");
    }

    fn node(&self, code: &str) -> &Value {
        let nodes = self.serving["serving"].as_array().unwrap();
        nodes.iter().find(|node| node["code"] == code).unwrap()
    }
}

impl Drop for County {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
