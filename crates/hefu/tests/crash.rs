//! Two nodes, either of which is killed (SIGKILL) at random moments of a round, started again, and left to themselves:
//! the round ends on both as if nothing had happened.
//!
//! A few dozen kills take minutes; the feature `long` has them all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::node::{Node, Serving, draft, files_under, two};
use common::secret::Numbers;
use hefu_fixtures::number_at;
use serde_json::Value;

const KILLS: usize = if cfg!(feature = "long") { 50 } else { 12 };
/// Several in one round, so that what was resumed is resumed again.
const KILLS_A_ROUND: usize = 3;
const PEOPLE: u64 = 8_000;
const COMMON: u64 = 700;
const SEED: u64 = 29;
/// Interrupted rounds rest for some seconds between attempts.
const PATIENCE: Duration = Duration::from_secs(90);

/// A generator of its own, so that a failure can be repeated from the printed seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Receiver,
    Sender,
}

struct Pair {
    receiver: Node,
    sender: Node,
    serving: [Option<Serving>; 2],
}

impl Pair {
    fn kill(&mut self, side: Side) {
        let (node, at) = match side {
            Side::Receiver => (&self.receiver, 0),
            Side::Sender => (&self.sender, 1),
        };
        self.serving[at].take().unwrap().killed();
        self.serving[at] = Some(node.serve());
    }

    /// The sender's record of a round that the receiver names by its own id: its newest.
    fn at_sender(&self) -> Value {
        self.sender.json(&["round", "list"])["rounds"][0].clone()
    }

    fn has_ended(&self, round: &str) -> bool {
        let here = self.receiver.json(&["round", "show", round]);
        here["ended_at"].is_string() && self.at_sender()["ended_at"].is_string()
    }

    /// Waits until both sides have ended the round.
    fn ended(&self, round: &str) -> [Value; 2] {
        let begun = Instant::now();
        loop {
            let here = self.receiver.json(&["round", "show", round]);
            let there = self.at_sender();
            if here["ended_at"].is_string() && there["ended_at"].is_string() {
                return [here, there];
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not end: {here} {there}\n{}\n{}",
                self.receiver.logged(),
                self.sender.logged()
            );
            sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn whoever_is_killed_the_round_ends_alike_on_both_sides() {
    let seed = std::env::var("HEFU_CRASH_SEED").map_or_else(
        |_| jiff::Timestamp::now().as_microsecond().unsigned_abs(),
        |seed| seed.parse().unwrap(),
    );
    let kind = if cfg!(feature = "long") {
        "all of them"
    } else {
        "the feature `long` has 50"
    };
    println!("{KILLS} kills ({kind}), HEFU_CRASH_SEED={seed}");
    let mut random = Random(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut pair = pair(dir.path());
    let agreement = pair.receiver.agree(&pair.sender, &draft(100));

    // Undisturbed once: how long it takes, and that it finds what a plain join finds.
    let begun = Instant::now();
    let first = pair.receiver.json(&["round", "run", &agreement]);
    let usual = begun.elapsed();
    check(&pair, first["id"].as_str().unwrap());

    let (mut kills, mut inside, mut rounds) = (0, 0, 1);
    // Only a kill inside a round counts; how long rounds take changes with the machine's load.
    while inside < KILLS {
        assert!(rounds < 90, "rounds end before they can be killed");
        let started = pair.receiver.json(&["round", "run", &agreement, "--no-wait"]);
        let round = started["round"].as_str().unwrap().to_owned();
        rounds += 1;
        for _ in 0..KILLS_A_ROUND.min(KILLS - inside) {
            sleep(Duration::from_millis(
                random.below(usual.as_millis() as u64 * 2 / 3),
            ));
            let side = if random.below(2) == 0 {
                Side::Receiver
            } else {
                Side::Sender
            };
            let running = !pair.has_ended(&round);
            pair.kill(side);
            kills += 1;
            inside += usize::from(running);
            if !running {
                break;
            }
        }
        pair.ended(&round);
        check(&pair, &round);
    }
    println!("{rounds} rounds of {usual:?} each when undisturbed; {inside} of {kills} kills inside a round");
    afterwards(&mut pair, rounds);
}

/// Done on both, with the findings that a plain join has.
fn check(pair: &Pair, round: &str) {
    let [here, there] = pair.ended(round);
    for record in [&here, &there] {
        assert_eq!(record["state"], "done", "{here} {there}");
        assert_eq!(record["reason"], Value::Null);
    }
    assert_eq!(
        (&here["role"], &there["role"]),
        (&"receiver".into(), &"sender".into())
    );
    let findings = pair.receiver.findings(round);
    let rows: BTreeSet<u64> = findings
        .iter()
        .map(|finding| finding["rows"][0]["row"].as_u64().unwrap())
        .collect();
    // Row 1 has the headings; the common people are the first of the receiver's list.
    let expected: BTreeSet<u64> = (2..2 + COMMON).collect();
    assert_eq!((findings.len() as u64, rows), (COMMON, expected));
    for finding in findings {
        assert_eq!(
            (&finding["rule"], &finding["months"][0], &finding["to_verify_fen"]),
            (&"X3".into(), &"2026-07".into(), &65_000.into())
        );
    }
}

/// Nothing of a session stays, and every round was debited once.
fn afterwards(pair: &mut Pair, rounds: u64) {
    let debits = pair.sender.json(&["ledger", "--debits"]);
    let debits = debits["debits"].as_array().unwrap();
    assert_eq!(debits.len() as u64, rounds);
    assert!(debits.iter().all(|debit| debit["elements"] == PEOPLE));
    for node in [&pair.receiver, &pair.sender] {
        assert_eq!(node.json(&["audit", "verify"])["intact"], true);
        let done = node.json(&["round", "list"])["rounds"].as_array().unwrap().len();
        assert_eq!(done as u64, rounds);
    }
    for serving in pair.serving.iter_mut() {
        assert_eq!(serving.take().unwrap().told("-TERM"), Some(0));
    }
    let numbers: Vec<_> = people(0..PEOPLE).chain(of_sender()).collect();
    let numbers = Numbers::new(numbers.iter().map(String::as_str));
    for node in [&pair.receiver, &pair.sender] {
        let spool: Vec<_> = std::fs::read_dir(node.folder.join("spool"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "uploads")
            .collect();
        assert!(spool.is_empty(), "{spool:?}");
        for file in files_under(&node.folder) {
            numbers.are_not_in(&std::fs::read(&file).unwrap(), &file.display().to_string());
        }
        numbers.are_not_in(node.said().as_bytes(), node.name);
        numbers.are_not_in(node.logged().as_bytes(), node.name);
    }
}

/// Two nodes that have imported their lists and know each other.
fn pair(dir: &Path) -> Pair {
    let (receiver, sender) = two(dir);
    for node in [&receiver, &sender] {
        node.set(|settings| {
            let policy = settings["policy"].as_table_mut().unwrap();
            policy.insert("max_rounds_a_month".to_owned(), 100.into());
            policy.insert("max_elements_a_month_from_peer".to_owned(), 10_000_000.into());
        });
    }
    let serving = [Some(receiver.serve()), Some(sender.serve())];
    receiver.meet(&sender);
    sender.meet(&receiver);
    for imported in [
        receiver.import_people("extreme_poverty", people(0..PEOPLE)),
        sender.import_people("disabled_living", of_sender()),
    ] {
        assert_eq!(imported["account"]["accepted"], PEOPLE);
    }
    Pair {
        receiver,
        sender,
        serving,
    }
}

fn people(indices: std::ops::Range<u64>) -> impl Iterator<Item = String> {
    indices.map(|index| String::from_utf8(number_at(SEED, index).to_vec()).unwrap())
}

/// The sender's list: the common people, who are the first of the receiver's, then strangers to it.
fn of_sender() -> impl Iterator<Item = String> {
    people(0..COMMON).chain(people(PEOPLE..2 * PEOPLE - COMMON))
}
