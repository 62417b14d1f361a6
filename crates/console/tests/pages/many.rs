//! Lists of very many findings: how long their pages take on the server, and how much they weigh.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use hefu_casework::{Dossier, Fen, Finding, Known, RuleId};

use crate::case_real::{agreement, finding, imported, put_findings};
use crate::desk::Desk;
use crate::real::Real;

/// Of a page, with all that a browser loads for it.
pub(crate) const WEIGHT: usize = 300 << 10;

/// A number of the region that no person has, with its check digit (GB 11643-1999).
fn number(n: u64) -> String {
    let (day, serial) = (n / 1000, n % 1000);
    let (year, month, day) = (1950 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
    let body = format!("290105{year}{month:02}{day:02}{serial:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = body.bytes().map(|digit| usize::from(digit - b'0'));
    let sum: usize = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    format!("{body}{}", char::from(b"10X98765432"[sum % 11]))
}

/// A node that has so many findings, of three rules and two agencies, over a year.
async fn node_with(count: u64) -> Real {
    let rules: [RuleId; 3] = ["X1", "X3", "X8"].map(|rule| rule.parse().unwrap());
    let care = [Known::No, Known::No, Known::Unknown, Known::Yes];
    let findings: Vec<Finding> = (0..count)
        .map(|n| Finding {
            rule: Some(rules[n as usize % rules.len()].clone()),
            peer: Some(["县残疾人联合会", "县总工会"][n as usize % 2].to_owned()),
            months: vec![format!("2026-{:02}", 1 + n % 12).parse().unwrap()],
            to_verify: Some(Fen((n * 7919 % 500_000) as i64)),
            ..finding(&number(n), n + 2, care[n as usize % care.len()])
        })
        .collect();
    let agreed = Dossier::draft(agreement()).unwrap();
    imported()
        .await
        .again(|store| put_findings(store, &agreed.to_bytes(), &findings))
        .await
}

/// How each list is opened, sorted and narrowed down.
const QUERIES: [&str; 24] = [
    "",
    "?after=100",
    "?after=AFTER",
    "?sort=rule",
    "?sort=peer",
    "?sort=month",
    "?sort=fen",
    "?sort=stage",
    "?sort=due",
    "?sort=first&descending=true",
    "?sort=fen&descending=true&after=AFTER",
    "?sort=due&descending=true",
    "?rule=X3",
    "?peer=%E5%8E%BF%E6%80%BB%E5%B7%A5%E4%BC%9A",
    "?stage=undecided",
    "?stage=stage_taken",
    "?whose=mine",
    "?from=2026-03&until=2026-05",
    "?least=1000&most=2000",
    "?key_group=unknown",
    "?key_group=yes&late=true",
    "?late=true&sort=due",
    "?what=clues",
    "?rule=X1&stage=stage_open&sort=month&descending=true&after=100",
];

/// The slowest of all pages, each loaded so many times and taken at its best.
async fn slowest(real: &Real, count: u64, times: usize) -> Duration {
    let mut slowest = Duration::ZERO;
    for (account, pages) in [
        ("liu", &["/case/home", "/case/findings"][..]),
        ("zhao", &["/compliance/todo", "/compliance/findings"]),
    ] {
        let mut desk = real.desk(account).await;
        for page in pages {
            let queries = if page.ends_with("/findings") {
                &QUERIES[..]
            } else {
                &[""]
            };
            for query in queries {
                let path = format!("{page}{}", query.replace("AFTER", &(count / 2).to_string()));
                let took = best(&mut desk, &path, times).await;
                say(&format!("{took:?} for {path}"));
                slowest = slowest.max(took);
            }
        }
    }
    slowest
}

async fn best(desk: &mut Desk, path: &str, times: usize) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..times {
        let begun = Instant::now();
        let page = desk.get(path).await;
        best = best.min(begun.elapsed());
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        let weight = page.text.len() + assets(desk, &page.text).await;
        assert!(weight < WEIGHT, "{path} weighs {weight} bytes");
    }
    best
}

/// How much all files weigh that a page loads.
pub(crate) async fn assets(desk: &mut Desk, page: &str) -> usize {
    let mut weight = 0;
    let loaded = page.split(['"', ' ']).filter(|part| part.starts_with("/assets/"));
    for address in loaded.collect::<std::collections::BTreeSet<_>>() {
        let asset = desk.get(address).await;
        assert_eq!(asset.status, StatusCode::OK, "{address}");
        weight += asset.text.len();
    }
    assert!(weight > 0, "{page}");
    weight
}

#[allow(clippy::print_stderr, reason = "what is measured is for whoever asked for it")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// A fifth of the largest list, in whatever build: a page that opened what it does not show, or asked finding by finding,
/// would take a minute.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_findings_are_shown_in_time() {
    let count = 20_000;
    let real = node_with(count).await;
    let slowest = slowest(&real, count, 2).await;
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
}

/// Prints how long each page takes: within 300 ms in a release build.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; takes minutes in a debug build"]
async fn a_hundred_thousand_findings_are_shown_in_time() {
    let count = 100_000;
    let real = node_with(count).await;
    let mut zhao = real.desk("zhao").await;
    let begun = Instant::now();
    zhao.get("/compliance/findings").await;
    say(&format!(
        "{:?} for the first list after the start",
        begun.elapsed()
    ));
    let begun = Instant::now();
    let file = zhao.get("/compliance/findings.csv").await;
    say(&format!(
        "{:?} for all of them as a file of {} KiB",
        begun.elapsed(),
        file.text.len() >> 10
    ));
    let slowest = slowest(&real, count, 3).await;
    let budget = if cfg!(debug_assertions) { 10 } else { 1 };
    assert!(slowest < Duration::from_millis(300) * budget, "{slowest:?}");
}
