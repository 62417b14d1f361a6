//! The arrows between the workspace's crates: what a crate may not use, it can't leak or confuse.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Our own crates that each crate may use: `hefu → {console, node} → {link, store, ingest} → {psi, casework}`,
/// `psi → curve`, `casework → identity`, and what follows from them.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("hefu-identity", &[]),
    ("hefu-curve", &[]),
    ("hefu-fixtures", &[]),
    ("hefu-psi", &["hefu-curve"]),
    ("hefu-casework", &["hefu-identity"]),
    ("hefu-ingest", &["hefu-casework", "hefu-identity"]),
    ("hefu-store", &["hefu-casework", "hefu-identity"]),
    ("hefu-link", &["hefu-casework", "hefu-psi"]),
    (
        "hefu-node",
        &[
            "hefu-casework",
            "hefu-curve",
            "hefu-identity",
            "hefu-ingest",
            "hefu-link",
            "hefu-psi",
            "hefu-store",
        ],
    ),
    // Views of the operators' interface, and nothing below them.
    ("hefu-console", &["hefu-node"]),
    (
        "hefu",
        &[
            "hefu-casework",
            "hefu-console",
            "hefu-curve",
            "hefu-fixtures",
            "hefu-identity",
            "hefu-ingest",
            "hefu-link",
            "hefu-node",
            "hefu-psi",
            "hefu-store",
        ],
    ),
    ("hefu-benches", &["hefu-curve", "hefu-psi"]),
    (
        "hefu-tests",
        &[
            "hefu-casework",
            "hefu-curve",
            "hefu-fixtures",
            // Parties without a node enter records of their own.
            "hefu-identity",
            "hefu-ingest",
            "hefu-link",
            "hefu-node",
            "hefu-psi",
            "hefu-store",
        ],
    ),
];

/// Those that may run tasks.
const MAY_USE_TOKIO: [&str; 5] = ["hefu", "hefu-console", "hefu-link", "hefu-node", "hefu-tests"];

/// Crates without files, sockets and clock.
const PURE: [&str; 4] = ["casework", "curve", "identity", "psi"];

/// Ways to files, sockets, processes and the clock.
const OUTSIDE: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio",
];

/// What tests of theirs need all the same: whether the machine must have lanes, and its own stack.
const TESTS_MAY: [(&str, &str); 2] = [
    ("curve/src/ifma/tests.rs", "std::env"),
    ("curve/src/stack/tests.rs", "std::fs"),
];

#[test]
fn each_crate_uses_only_what_stands_below_it() {
    let crates = normal_dependencies();
    let known: Vec<&str> = crates.keys().map(String::as_str).collect();
    let mut listed: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(known, listed, "a new crate needs its arrows");
    for (name, allowed) in ALLOWED {
        for used in &crates[name] {
            let ours = known.contains(&used.as_str());
            assert!(
                !ours || allowed.contains(&used.as_str()),
                "{name} must not use {used}"
            );
            assert!(
                used != "tokio" || MAY_USE_TOKIO.contains(&name),
                "{name} must not use tokio"
            );
        }
    }
    // Else the test would pass on an empty answer.
    assert!(crates["hefu-node"].contains(&"hefu-ingest".to_string()));
    assert!(crates["hefu-link"].contains(&"tokio".to_string()));
}

#[test]
fn unsafe_stands_in_the_kernel_of_curve_alone() {
    let kernel = root().join("crates/curve/src/ifma");
    // A test speaks to valgrind by an instruction.
    let valgrind = root().join("crates/curve/tests/poisoned.rs");
    let kernel = [
        kernel.join("kernel.rs"),
        kernel.join("kernel/native.rs"),
        valgrind,
    ];
    assert!(kernel.iter().all(|file| file.is_file()));
    let mut files = 0;
    for krate in std::fs::read_dir(root().join("crates")).unwrap() {
        for file in sources(&krate.unwrap().path()) {
            if kernel.contains(&file) {
                continue;
            }
            files += 1;
            let code = std::fs::read_to_string(&file).unwrap();
            for (line, code) in (1..).zip(without_comments(&code)) {
                // A page's policy for styles, in a text.
                let code = code.replace("'unsafe-inline'", "").replace("\"unsafe-eval\"", "");
                let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
                assert!(
                    !words.into_iter().any(|word| word == "unsafe"),
                    "{}:{line}",
                    file.display()
                );
            }
        }
    }
    assert!(files > 50, "{files} files");
}

#[test]
fn pure_crates_reach_nothing_outside() {
    for krate in PURE {
        let files = sources(&root().join("crates").join(krate).join("src"));
        assert!(!files.is_empty());
        for file in files {
            let code = std::fs::read_to_string(&file).unwrap();
            let allowed = |way: &str| {
                TESTS_MAY
                    .iter()
                    .any(|(test, own)| file.ends_with(test) && way == *own)
            };
            for (line, code) in (1..).zip(without_comments(&code)) {
                let way = OUTSIDE.iter().find(|way| code.contains(**way) && !allowed(way));
                assert!(
                    way.is_none(),
                    "{}:{line} has {}",
                    file.display(),
                    way.unwrap_or(&"")
                );
            }
        }
    }
}

/// Two cryptographic providers in one tree would panic at start.
#[test]
fn ring_is_the_only_provider() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let locked = |name: &str| lock.contains(&format!("name = \"{name}\"\n"));
    assert!(locked("ring") && locked("rustls"));
    for other in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"] {
        assert!(!locked(other), "{other}");
    }
}

/// By crate, what it uses to be built, its tests apart.
fn normal_dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap();
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let normal = dependencies.filter(|dependency| dependency["kind"] != "dev");
            (
                text(&package["name"]),
                normal.map(|dependency| text(&dependency["name"])).collect(),
            )
        })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The Rust files under a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn without_comments(code: &str) -> impl Iterator<Item = &str> {
    code.lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
}
