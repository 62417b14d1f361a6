//! Which backend computes: each command that computes says where it is not the one that was asked for, and whichever it is,
//! the results are the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::node::{draft, two};
use common::{Run, number, write};
use hefu_curve::{BACKEND_VARIABLE, Backend};
use serde_json::Value;

/// What no backend is called; a person may have taken it for one.
const WRONG: &str = "avx512";

const SAID: [(&str, &str); 2] = [
    ("zh", "既不是 ifma 也不是 dalek"),
    ("en", "names neither ifma nor dalek"),
];

fn by(backend: &str, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .env(BACKEND_VARIABLE, backend)
        .args(args)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn list(dir: &Path, name: &str, people: std::ops::Range<u64>) -> PathBuf {
    let rows: String = people.map(|person| format!("{}\n", number(person))).collect();
    write(dir, name, format!("身份证号\n{rows}"))
}

#[test]
fn each_command_that_computes_says_so_once() {
    let dir = tempfile::tempdir().unwrap();
    let [left, right] = [
        list(dir.path(), "left.csv", 0..5),
        list(dir.path(), "right.csv", 3..9),
    ];
    let [left, right] = [&left, &right].map(|path| path.to_str().unwrap());
    for ((lang, said), json) in SAID.into_iter().flat_map(|each| [(each, false), (each, true)]) {
        let node = dir.path().join(format!("{lang}-{json}"));
        for args in [
            vec!["match", left, right],
            vec!["bench", "--seconds", "0"],
            vec![
                "init",
                "--name",
                "县民政局",
                "--role",
                "civil_affairs",
                "--address",
                "127.0.0.1:7446",
                "--node",
                node.to_str().unwrap(),
            ],
        ] {
            let more = ["--lang", lang].into_iter().chain(json.then_some("--json"));
            let run = by(WRONG, &args.iter().copied().chain(more).collect::<Vec<_>>());
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_eq!(run.stderr.matches(said).count(), 1, "{args:?}: {}", run.stderr);
            assert!(!run.stdout.contains(said), "what programs read stays as it is");
        }
    }
    let sound = by("dalek", &["match", left, right, "--json"]);
    assert!(!sound.stderr.contains(BACKEND_VARIABLE), "{}", sound.stderr);
    // Commands that compute nothing neither test a backend nor speak of one.
    let other = by(WRONG, &["check", left]);
    assert_eq!((other.code, other.stderr.contains(BACKEND_VARIABLE)), (0, false));
}

/// The one place that says it is the one that gives compute threads.
#[test]
fn no_command_takes_threads_past_it() {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => files(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let takes = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|source| source.contains("Pool::"));
    found.retain(takes);
    let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(names, ["arithmetic.rs"]);
}

#[test]
fn a_bench_tells_both_backends() {
    let told = by("dalek", &["bench", "--seconds", "0", "--json"]).json();
    assert_eq!(told["backend"], Backend::dalek().name());
    for own in Backend::all().map(Backend::name) {
        let forced = if own == "ifma" { "ifma" } else { "dalek" };
        let told = by(forced, &["bench", "--seconds", "0", "--json"]).json();
        assert_eq!(told["backend"], own);
        assert_eq!(told["dalek_backend"], Backend::dalek().name());
        for figure in ["pass_a_us", "pass_b_us", "dalek_pass_a_us", "dalek_pass_b_us"] {
            assert!(told[figure].as_f64().unwrap() > 0.0, "{figure}: {told}");
        }
    }
}

/// One node with the kernel, where the machine has it, and one without; then the other way round.
#[test]
fn nodes_with_different_backends_understand_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, federation) = two(dir.path());
    let fastest = Backend::all().next().unwrap().name();
    let fastest = if fastest == "ifma" { "ifma" } else { "dalek" };
    let (mut agreement, mut found) = (String::new(), Vec::new());
    for (turn, backends) in [[fastest, "dalek"], ["dalek", fastest]].into_iter().enumerate() {
        let _serving = [civil.serve_by(backends[0]), federation.serve_by(backends[1])];
        if turn == 0 {
            civil.meet(&federation);
            federation.meet(&civil);
            civil.import_people("extreme_poverty", (0..60).map(number));
            federation.import_people("disabled_living", (40..100).map(number));
            agreement = civil.agree(&federation, &draft(4));
        }
        let round = civil.json(&["round", "run", &agreement]);
        assert_eq!((&round["state"], &round["matched"]), (&"done".into(), &20.into()));
        let findings = civil.findings(round["id"].as_str().unwrap());
        let shown = |finding: &Value| {
            [&finding["person"], &finding["rule"], &finding["months"]].map(Value::to_string)
        };
        found.push(findings.iter().map(shown).collect::<Vec<_>>());
    }
    assert_eq!(found[0].len(), 20);
    assert_eq!(found[0], found[1]);
}
