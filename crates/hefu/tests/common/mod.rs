//! Runs the built binary.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod forbidden;
pub(crate) mod found;
#[cfg(unix)]
pub(crate) mod machine;
#[cfg(unix)]
pub(crate) mod node;
pub(crate) mod office;
pub(crate) mod secret;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// What `--json` printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }

    /// The code of the failure that `--json` printed.
    pub(crate) fn failure(&self) -> (i32, String) {
        let json = self.json();
        (
            self.code,
            json["error"]["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

pub(crate) fn hefu<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .args(args)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn write(dir: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// An invented citizen's number.
pub(crate) fn number(index: u64) -> String {
    String::from_utf8(hefu_fixtures::number_at(11, index).to_vec()).unwrap()
}

/// The number before the digits of the century and the check were added: people born in the nineteen hundreds only.
pub(crate) fn old_number(number: &str) -> String {
    assert_eq!(&number[6..8], "19");
    format!("{}{}", &number[..6], &number[8..17])
}
