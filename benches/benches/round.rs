//! A county's day: one round between two nodes that run, each the release binary in a process of its own, over mutual TLS
//! on loopback, from imported snapshots, by `person` keys.
//!
//! ```text
//! cargo build --release -p hefu
//! cargo bench -p hefu-benches --bench round [-- --own 400 --peer 50000 --shared 56 --rounds 7]
//! ```
//!
//! The times are the receiving node's own: from the moment at which it began the round to the one at which both had signed
//! and the result was its to look at, as its record has them. The round's record and findings are on disk a moment later;
//! the last column has the time until a client that asks sees them.

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
    println!(
        "{:>8} {:>12} {:>12} {:>14} {:>16} {:>12}",
        "round", "receiver s", "sender s", "receiver core s", "sender core s", "as seen s"
    );
    let mut walls: Vec<f64> = (1..=setting.rounds)
        .map(|number| round(number, &asks, &answers, &agreement, &setting))
        .collect();
    walls.sort_unstable_by(f64::total_cmp);
    println!("least {:.3} s, median {:.3} s", walls[0], walls[walls.len() / 2]);
}

/// Runs one; gives the receiver's own seconds.
fn round(number: u64, asks: &Party, answers: &Party, agreement: &str, setting: &Setting) -> f64 {
    let before = [asks, answers].map(Party::core_seconds);
    let begun = Instant::now();
    let done = asks.json(&["round", "run", agreement]);
    let seen = begun.elapsed().as_secs_f64();
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(done["matched"], setting.shared, "{done}");
    let sizes = [&done["own_elements"], &done["peer_elements"]];
    assert_eq!(sizes, [&Value::from(setting.own), &Value::from(setting.peer)]);
    let cores: Vec<f64> = [asks, answers]
        .iter()
        .zip(before)
        .map(|(party, before)| party.core_seconds() - before)
        .collect();
    let there = answers.json(&["round", "list"]);
    let (own, theirs) = (lasted(&done), lasted(&there["rounds"][0]));
    println!(
        "{number:>8} {own:>12.3} {theirs:>12.3} {:>14.3} {:>16.3} {seen:>12.3}",
        cores[0], cores[1]
    );
    own
}

fn lasted(round: &Value) -> f64 {
    seconds(&round["ended_at"]) - seconds(&round["started_at"])
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
