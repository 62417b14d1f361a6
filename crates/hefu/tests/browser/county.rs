//! `hefu demo --serve`: the county whose consoles are looked at.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::chromium::Browser;
use crate::desk::Desk;

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
}

impl County {
    pub(crate) fn begin() -> Self {
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

    /// Where somebody has just signed in, and chosen the language.
    pub(crate) fn signed_in(&self, browser: &Browser, node: &str, account: &str, lang: Lang) -> Desk {
        let desk = Desk {
            tab: browser.tab(),
            base: self.address(node).to_owned(),
            lang,
        };
        desk.tab.wide(1280);
        desk.open(&format!("/?lang={}", lang.short()));
        let form = "form[action='/sign-in']";
        desk.fill(form, &[("account", account), ("password", self.password())]);
        desk.press("form[action='/sign-in'] button");
        assert!(!desk.here().contains("sign-in"), "{account}: {}", desk.tab.text());
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
