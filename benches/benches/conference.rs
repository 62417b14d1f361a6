//! A round of a conference: agencies and an office, each a process of its own, every two agencies with an annex between
//! them. What it costs each party, from the moment at which the office begins it.
//!
//! ```text
//! cargo build --release -p hefu
//! cargo bench -p hefu-benches --bench conference [-- --agencies 4 --rows 2000 --shared 20]
//! ```
//!
//! Without arguments it is twelve agencies with 100,000 people each: 66 legs. The binary is the one in the target folder.

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

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{PROGRAMME, Party, free, seconds, until};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How often the parties and the office look.
const OFTEN: &str = "[conference]\npace_seconds = 1\nrunning_pace_seconds = 1\njoin = \"automatic\"\n";

const OFFICE: &str = "联席会议办公室";

struct Setting {
    agencies: usize,
    rows: u64,
    /// How many people each two agencies have in common.
    shared: u64,
}

fn main() {
    let setting = Setting::asked();
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::to(free());
    let office = Party::started(
        dir.path(),
        OFFICE,
        "conference_office",
        &relay.listens.to_string(),
        relay.to,
        OFTEN,
    );
    let agencies: Vec<_> = (0..setting.agencies)
        .map(|at| {
            let listens = free();
            let name = format!("第{}机关", at + 1);
            Party::started(
                dir.path(),
                &name,
                "civil_affairs",
                &listens.to_string(),
                listens,
                OFTEN,
            )
        })
        .collect();
    introduce(&office, &agencies);
    for (at, agency) in agencies.iter().enumerate() {
        agency.import(&setting.list(at));
    }
    let legs = agree(&office, &agencies, &setting, dir.path());
    println!(
        "{} agencies, {} people each, {} legs, {} people in common in each",
        setting.agencies, setting.rows, legs, setting.shared
    );
    let before = everybody(&office, &agencies)
        .map(|party| party.begins())
        .collect::<Vec<_>>();
    let carried = relay.bytes();
    let begun_at = run(&office, &agencies);
    let record = office.json(&["conference", "record", "--limit", "10000"]);
    check(&agencies, &setting);
    println!(
        "{:>24} {:>8} {:>8} {:>13} {:>13} {:>8}",
        "party", "wall s", "core s", "bytes out", "bytes in", "peak MB"
    );
    for (party, cores) in everybody(&office, &agencies).zip(before) {
        let wall = last_leg_of(&record, (party.name != OFFICE).then_some(party.name.as_str())) - begun_at;
        let [sent, received] = match party.name == OFFICE {
            true => {
                let [sent, received] = relay.bytes();
                [sent - carried[0], received - carried[1]]
            }
            false => party.bytes(),
        };
        println!(
            "{:>24} {:>8.1} {:>8.1} {:>13} {:>13} {:>8.0}",
            party.name,
            wall,
            party.core_seconds() - cores,
            sent,
            received,
            party.peak_kib() as f64 / 1024.0,
        );
    }
    println!("Every leg found exactly those whom its two agencies have in common.");
}

/// Announces, has all freeze, and waits until everybody has reported. Gives the second at which the office began it.
fn run(office: &Party, agencies: &[Party]) -> f64 {
    let beijing = |hours: i64| {
        let at = Timestamp::now() + SignedDuration::from_hours(hours);
        jiff::tz::offset(8).to_datetime(at).to_string()
    };
    office.json(&[
        "conference",
        "start",
        "--months",
        "2026-07..2026-07",
        "--freeze-by",
        &beijing(1),
        "--run-until",
        &beijing(3),
    ]);
    for agency in agencies {
        until("it joins", || own_state(agency) == "joined");
        agency.json(&["conference", "freeze"]);
    }
    until("all report", || {
        let board = office.json(&["conference", "board"]);
        for leg in board["legs"].as_array().unwrap() {
            let sound = ["waiting", "running", "one_sided", "done"];
            assert!(sound.contains(&leg["state"].as_str().unwrap()), "{leg}");
        }
        board["stage"] == "reported"
    });
    let record = office.json(&["conference", "record", "--limit", "10000"]);
    let entries = record["entries"].as_array().unwrap();
    seconds(&entries.iter().find(|entry| entry["word"] == "begun").unwrap()["at"])
}

/// The second at which a party, or anybody, had said its last of a leg.
fn last_leg_of(record: &Value, party: Option<&str>) -> f64 {
    let entries = record["entries"].as_array().unwrap().iter();
    let legs = entries
        .filter(|entry| entry["word"] == "leg" && party.is_none_or(|party| entry["author_name"] == party));
    legs.map(|entry| seconds(&entry["at"])).fold(0.0, f64::max)
}

/// How far an agency has come in a round of the conference, as it says itself.
fn own_state(agency: &Party) -> String {
    let Ok(board) = agency.run(&["conference", "board", "--json"]) else {
        return String::new();
    };
    let board: Value = serde_json::from_str(&board).unwrap();
    let parties = board["parties"].as_array().unwrap();
    let own = parties.iter().find(|party| party["name"] == agency.name.as_str());
    own.unwrap()["state"].as_str().unwrap().to_owned()
}

/// Every leg is done, over all rows of both, and found exactly those who are in common.
fn check(agencies: &[Party], setting: &Setting) {
    let mut done = 0;
    for agency in agencies {
        for round in agency.json(&["round", "list"])["rounds"].as_array().unwrap() {
            assert_eq!(round["state"], "done", "{round}");
            let sizes = [&round["own_elements"], &round["peer_elements"]];
            let rows = Value::from(setting.rows);
            assert_eq!(sizes, [&rows, &rows]);
            if round["role"] == "receiver" {
                assert_eq!(round["matched"], setting.shared, "{round}");
                done += 1;
            }
        }
    }
    assert_eq!(done, setting.agencies * (setting.agencies - 1) / 2);
}

/// Everybody has everybody's card, by the fingerprints that were read aloud.
fn introduce(office: &Party, agencies: &[Party]) {
    for party in everybody(office, agencies) {
        let card = party.folder.with_extension("card");
        let shown = party.json(&["peer", "card", "--out", card.to_str().unwrap()]);
        let fingerprint = shown["fingerprint"].as_str().unwrap();
        for other in everybody(office, agencies).filter(|other| other.name != party.name) {
            other.json(&[
                "peer",
                "add",
                card.to_str().unwrap(),
                "--fingerprint",
                fingerprint,
            ]);
        }
    }
}

/// A conference in which each two agencies have an annex, which all sign. Says how many.
fn agree(office: &Party, agencies: &[Party], setting: &Setting, dir: &Path) -> usize {
    let founded = office.json(&["conference", "found", "测速联席会议"]);
    let id = founded["conference"].as_str().unwrap();
    for agency in agencies {
        office.json(&["conference", "enrol", &agency.name]);
        agency.json(&["conference", "follow", id, "--office", OFFICE]);
    }
    let names: Vec<_> = agencies
        .iter()
        .map(|agency| format!("\"{}\"", agency.name))
        .collect();
    let today = jiff::tz::offset(8).to_datetime(Timestamp::now()).date();
    let day = |after: i64| today.saturating_add(jiff::Span::new().days(after));
    let mut text = format!(
        "number = \"联席〔2026〕1号\"\ntitle = \"测速框架协议\"\nmembers = [{}]\nvalid_from = \"{}\"\nexpires = \"{}\"\n\
         smallest = 5\nabsent = \"without_them\"\nlate = \"admitted\"\n\
         [schedule]\nday = 5\nfreeze_hours = 1\nrun_hours = 1\nreview_days = 0\n",
        names.join(", "),
        day(-1),
        day(300),
    );
    let pairs: Vec<_> = (0..agencies.len())
        .flat_map(|one| (one + 1..agencies.len()).map(move |other| (one, other)))
        .collect();
    for (number, (one, other)) in (1..).zip(&pairs) {
        // Everybody learns about as often as everybody else.
        let parties = if (one + other) % 2 == 0 {
            [one, other]
        } else {
            [other, one]
        };
        let _ = write!(
            text,
            "[[annexes]]\ncode = \"附件{number}\"\npurpose = \"leads\"\nplace = \"290101\"\nfrom = \"2026-07\"\nuntil = \"2026-07\"\n"
        );
        for party in parties {
            let _ = write!(
                text,
                "[[annexes.parties]]\nname = \"{}\"\nprogrammes = [\"{PROGRAMME}\"]\nmax_elements = {}\n",
                agencies[*party].name,
                setting.rows.max(1_000),
            );
        }
    }
    let draft = dir.join("framework.toml");
    std::fs::write(&draft, text).unwrap();
    office.json(&["conference", "draft", draft.to_str().unwrap()]);
    for agency in agencies {
        until("the text", || {
            agency.run(&["conference", "show", "--json"]).is_ok()
        });
        agency.run(&["conference", "sign", "--yes"]).unwrap();
    }
    until("the signatures", || {
        let standing = office.json(&["conference", "status"]);
        standing["framework"]["signed"].as_array().unwrap().len() == agencies.len()
    });
    pairs.len()
}

fn everybody<'a>(office: &'a Party, agencies: &'a [Party]) -> impl Iterator<Item = &'a Party> {
    agencies.iter().chain([office])
}

impl Setting {
    fn asked() -> Self {
        let mut setting = Self {
            agencies: 12,
            rows: 100_000,
            shared: 100,
        };
        let args: Vec<String> = std::env::args().skip(1).collect();
        for pair in args.windows(2) {
            let value = || pair[1].parse::<u64>().expect("a number");
            match pair[0].as_str() {
                "--agencies" => setting.agencies = value() as usize,
                "--rows" => setting.rows = value(),
                "--shared" => setting.shared = value(),
                _ => {}
            }
        }
        let others = setting.agencies as u64 - 1;
        assert!(setting.agencies >= 2 && setting.rows >= others * setting.shared);
        setting
    }

    /// Whom an agency has: with each other agency some that nobody else has, and people of its own.
    fn list(&self, agency: usize) -> Vec<u64> {
        let (agency, agencies) = (agency as u64, self.agencies as u64);
        let pair = |other: u64| agency.min(other) * agencies + agency.max(other);
        let others = (0..agencies).filter(|other| *other != agency);
        let mut list: Vec<u64> = others
            .flat_map(|other| pair(other) * self.shared..(pair(other) + 1) * self.shared)
            .collect();
        let own = agencies * agencies * self.shared + agency * self.rows;
        list.extend(own..own + self.rows - list.len() as u64);
        list
    }
}

/// Stands before the office, which never calls anybody, and counts what passes.
struct Relay {
    listens: SocketAddr,
    to: SocketAddr,
    counts: Arc<BTreeMap<bool, AtomicU64>>,
}

impl Relay {
    fn to(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listens = listener.local_addr().unwrap();
        let counts = Arc::new([false, true].map(|inwards| (inwards, AtomicU64::new(0))).into());
        let counted = Arc::clone(&counts);
        std::thread::spawn(move || {
            for from in listener.incoming().flatten() {
                if let Ok(behind) = TcpStream::connect(to) {
                    pass(
                        from.try_clone().unwrap(),
                        behind.try_clone().unwrap(),
                        true,
                        &counted,
                    );
                    pass(behind, from, false, &counted);
                }
            }
        });
        Self { listens, to, counts }
    }

    /// Sent and received by whoever is behind it.
    fn bytes(&self) -> [u64; 2] {
        [false, true].map(|inwards| self.counts[&inwards].load(Ordering::Relaxed))
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, inwards: bool, counts: &Arc<BTreeMap<bool, AtomicU64>>) {
    let counts = Arc::clone(counts);
    std::thread::spawn(move || {
        let mut piece = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            counts[&inwards].fetch_add(length as u64, Ordering::Relaxed);
            if to.write_all(&piece[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
