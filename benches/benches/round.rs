//! A county's day: one round between two nodes that run, each the release binary in a process of its own, over mutual TLS
//! on loopback, from imported snapshots, by `person` keys.
//!
//! ```text
//! cargo build --release -p hefu
//! cargo bench -p hefu-benches --bench round [-- --own 400 --peer 50000 --shared 56 --rounds 7]
//! ```
//!
//! The times are the nodes' own. Of the receiver: from the moment at which it began the round until both had signed, and until
//! its findings were on disk, which is when its log has them. Of the sender: from the call until it had signed. The last
//! column has the time until a client that waits, and looks every half second, has its answer.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a failed expectation ends it"
)]

mod common;

use std::path::Path;
use std::time::Instant;

use common::{PROGRAMME, Party, free, seconds};
use jiff::Timestamp;
use serde_json::Value;

struct Setting {
    own: u64,
    peer: u64,
    /// How many people both have.
    shared: u64,
    rounds: u64,
}

fn main() {
    let setting = Setting::asked();
    let dir = tempfile::tempdir().unwrap();
    let [asks, answers] = ["县人民检察院", "县民政局"].map(|name| {
        let listens = free();
        Party::started(
            dir.path(),
            name,
            "civil_affairs",
            &listens.to_string(),
            listens,
            "",
        )
    });
    introduce(&asks, &answers);
    let own: Vec<u64> = (0..setting.own).collect();
    let theirs: Vec<u64> = (setting.own - setting.shared..)
        .take(setting.peer as usize)
        .collect();
    asks.import(&own);
    answers.import(&theirs);
    let agreement = agree(&asks, &answers, &setting, dir.path());
    println!(
        "{} against {} people, {} in common; load {}",
        setting.own,
        setting.peer,
        setting.shared,
        std::fs::read_to_string("/proc/loadavg")
            .unwrap_or_default()
            .trim()
    );
    let rounds: Vec<Ran> = (0..setting.rounds)
        .map(|_| Ran::once(&asks, &answers, &agreement, &setting))
        .collect();
    let logged = logged(&asks, dir.path());
    assert_eq!(logged.len(), rounds.len());
    println!(
        "{:>6} {:>10} {:>10} {:>10} {:>15} {:>13} {:>10}",
        "round", "signed s", "found s", "sender s", "receiver core s", "sender core s", "as seen s"
    );
    let mut found = Vec::new();
    for (number, (round, at)) in (1..).zip(rounds.iter().zip(logged)) {
        let began = seconds(&round.receiver["started_at"]);
        found.push(at - began);
        println!(
            "{number:>6} {:>10.3} {:>10.3} {:>10.3} {:>15.3} {:>13.3} {:>10.3}",
            seconds(&round.receiver["ended_at"]) - began,
            at - began,
            seconds(&round.sender["ended_at"]) - seconds(&round.sender["started_at"]),
            round.core_seconds[0],
            round.core_seconds[1],
            round.seen,
        );
    }
    found.sort_unstable_by(f64::total_cmp);
    println!(
        "found: least {:.3} s, median {:.3} s",
        found[0],
        found[found.len() / 2]
    );
}

/// A round that is over.
struct Ran {
    receiver: Value,
    sender: Value,
    /// Of the receiver, then of the sender.
    core_seconds: [f64; 2],
    seen: f64,
}

impl Ran {
    fn once(asks: &Party, answers: &Party, agreement: &str, setting: &Setting) -> Self {
        let before = [asks, answers].map(Party::core_seconds);
        let begun = Instant::now();
        let receiver = asks.json(&["round", "run", agreement]);
        let seen = begun.elapsed().as_secs_f64();
        let after = [asks, answers].map(Party::core_seconds);
        assert_eq!(receiver["state"], "done", "{receiver}");
        assert_eq!(receiver["matched"], setting.shared, "{receiver}");
        let sizes = [&receiver["own_elements"], &receiver["peer_elements"]];
        assert_eq!(sizes, [&Value::from(setting.own), &Value::from(setting.peer)]);
        let sender = answers.json(&["round", "list"])["rounds"][0].clone();
        Self {
            receiver,
            sender,
            core_seconds: [after[0] - before[0], after[1] - before[1]],
            seen,
        }
    }
}

/// When the findings of each round were written, in turn.
fn logged(asks: &Party, dir: &Path) -> Vec<f64> {
    let file = dir.join("log.jsonl");
    asks.json(&["audit", "export", "--out", file.to_str().unwrap()]);
    let log = std::fs::read_to_string(file).unwrap();
    let entries = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let done = entries.filter(|entry| entry["kind"] == "round_done");
    done.map(|entry| seconds(&entry["at"])).collect()
}

/// Each has the other's card, by the fingerprint that was read aloud.
fn introduce(asks: &Party, answers: &Party) {
    for (one, other) in [(asks, answers), (answers, asks)] {
        let card = one.folder.with_extension("card");
        let card = card.to_str().unwrap();
        let shown = one.json(&["peer", "card", "--out", card]);
        let fingerprint = shown["fingerprint"].as_str().unwrap();
        other.json(&["peer", "add", card, "--fingerprint", fingerprint]);
    }
}

/// 救助线索 by the document number, which both sign.
fn agree(asks: &Party, answers: &Party, setting: &Setting, dir: &Path) -> String {
    let today = jiff::tz::offset(8).to_datetime(Timestamp::now()).date();
    let day = |after: i64| today.saturating_add(jiff::Span::new().days(after));
    let draft = dir.join("draft.toml");
    let text = format!(
        "number = \"联席〔2026〕1号\"\npurpose = \"leads\"\npeer = \"{}\"\n\
         own_programmes = [\"{PROGRAMME}\"]\npeer_programmes = [\"{PROGRAMME}\"]\n\
         from = \"2026-07\"\nuntil = \"2026-07\"\nplace = \"290101\"\nrounds_a_month = {}\n\
         max_own_elements = {}\nmax_peer_elements = {}\nvalid_from = \"{}\"\nexpires = \"{}\"\n",
        answers.name,
        setting.rounds,
        setting.own.max(1_000),
        setting.peer.max(1_000),
        day(-1),
        day(300),
    );
    std::fs::write(&draft, text).unwrap();
    let drafted = asks.json(&["agreement", "draft", draft.to_str().unwrap()]);
    let agreement = drafted["agreement"].as_str().unwrap().to_owned();
    for party in [answers, asks] {
        party.run(&["agreement", "sign", &agreement, "--yes"]).unwrap();
    }
    agreement
}

impl Setting {
    fn asked() -> Self {
        let mut setting = Self {
            own: 400,
            peer: 50_000,
            shared: 56,
            rounds: 7,
        };
        let args: Vec<String> = std::env::args().skip(1).collect();
        for pair in args.windows(2) {
            let value = || pair[1].parse::<u64>().expect("a number");
            match pair[0].as_str() {
                "--own" => setting.own = value(),
                "--peer" => setting.peer = value(),
                "--shared" => setting.shared = value(),
                "--rounds" => setting.rounds = value(),
                _ => {}
            }
        }
        assert!(setting.shared <= setting.own.min(setting.peer) && setting.rounds >= 1);
        setting
    }
}
